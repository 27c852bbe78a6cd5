//! Mistakes of different phases, told together: those that would be there whatever the first ones were meant to say.

use crate::compose::aliases::split;
use crate::compose::arguments::{Selected, Unselected};
use crate::compose::composer::{Composer, Mode, Others, Preludes};
use crate::diag::Error;
use crate::grammar::Override;
use crate::merge::Assignment;
use crate::value::{Key, KeyPath};

/// The same, with what is not looked at when some configs are not known: so many overrides of values.
pub(crate) fn values_unchecked(error: Error, values: usize) -> Error {
    match not_known(values) {
        Some(unchecked) => error.unchecked(unchecked),
        None => error,
    }
}

fn not_known(values: usize) -> Option<String> {
    match values {
        0 => None,
        1 => Some("the override of a value: the configs that it changes are not known".to_owned()),
        n => Some(format!("{n} overrides of values: the configs that they change are not known")),
    }
}

impl Composer {
    /// Errors about arguments that cannot be read, with what is wrong beside them. `unread` are those arguments;
    /// `None` if the primary config, with the aliases in it, cannot be read either.
    pub(crate) fn with_others(
        &self,
        mut errors: Vec<Error>,
        config_name: Option<&str>,
        overrides: &[Override],
        unread: Option<&[String]>,
    ) -> Option<Error> {
        let Some(unread) = unread else {
            return Error::all(errors)
                .map(|error| error.unchecked("all other configs, and what the overrides change"));
        };
        let chooses = unread.iter().any(|text| self.may_choose(text));
        let others = if chooses { Others::May } else { Others::None };
        // Choices that are open are no mistakes here: an argument that cannot be read may make them.
        let unchecked =
            match self.select_beside(config_name, overrides, Mode::Multirun, others, Preludes::Merged) {
                Err(Unselected { error, values }) => {
                    errors.extend(error.each());
                    not_known(values)
                }
                Ok(selected) if chooses => not_known(selected.assignments.len()),
                Ok(selected) => self.check_values(&selected, unread, &mut errors),
            };
        // Files first, then the arguments in order; what is wrong with one of them stays as it was found.
        errors.sort_by_key(|error| error.labels().first().map(|label| label.origin.source));
        let error = Error::all(errors)?;
        Some(match unchecked {
            Some(unchecked) => error.unchecked(unchecked),
            None => error,
        })
    }

    /// Whether an argument that cannot be read may choose a config, and so change which keys there are.
    fn may_choose(&self, text: &str) -> bool {
        let (_, key, _) = split(text);
        let (group, package) =
            key.split_once('@').map_or((key, None), |(group, package)| (group, Some(package)));
        package.is_some() || self.repository.has_group(group).unwrap_or(true)
    }

    /// Looks for what is wrong with the overrides of values that have nothing to do with the unread ones. Returns what
    /// was not looked at.
    fn check_values(
        &self,
        selected: &Selected,
        unread: &[String],
        errors: &mut Vec<Error>,
    ) -> Option<String> {
        let base = match self.base(&selected.selection) {
            Ok(base) => base,
            Err(error) => {
                errors.extend(error.each());
                return not_known(selected.assignments.len());
            }
        };
        let touched = |text: &String| KeyPath::parse(split(text).1).keys().first().cloned();
        let touched: Vec<Key> = unread.iter().filter_map(touched).collect();
        let apart = |one: &&Assignment| one.path.keys().first().is_some_and(|key| !touched.contains(key));
        let apart: Vec<Assignment> = selected.assignments.iter().filter(apart).cloned().collect();
        if let Err(error) = base.apply(&apart, self.merging(&|_| {})) {
            errors.extend(error.each());
        }
        match selected.assignments.len() - apart.len() {
            0 => None,
            1 => Some("an override beside the one that cannot be read".to_owned()),
            n => Some(format!("{n} overrides beside those that cannot be read")),
        }
    }
}
