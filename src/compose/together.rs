//! Mistakes of different phases, told together: those that would be there whatever the first ones were meant to say.

use crate::compose::aliases::split;
use crate::compose::arguments::{Selected, Unselected};
use crate::compose::composer::{Composer, Mode, Others, Preludes};
use crate::diag::{Error, listed};
use crate::grammar::Override;
use crate::merge::{Action, Assignment, assign};
use crate::value::{Key, KeyPath, Node};

/// What is not looked at where configs are not known: overrides of these values.
fn not_known(paths: &[&KeyPath]) -> Option<String> {
    let names: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    match paths.len() {
        0 => None,
        1 => Some(format!("{}: the config that it changes is not known", listed(&names))),
        _ => Some(format!("{}: the configs that they change are not known", listed(&names))),
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
                Err(Unselected { error, assignments }) => {
                    errors.extend(error.each());
                    self.check_typed(&assignments, &mut errors)
                }
                Ok(selected) if chooses => self.check_typed(&selected.assignments, &mut errors),
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

    /// The error that some configs are not known, with what is wrong with overrides of values whatever those configs say.
    pub(crate) fn with_typed(&self, error: Error, assignments: &[Assignment]) -> Error {
        let mut errors = error.clone().each();
        let unchecked = self.check_typed(assignments, &mut errors);
        let error = Error::all(errors).unwrap_or(error);
        match unchecked {
            Some(unchecked) => error.unchecked(unchecked),
            None => error,
        }
    }

    /// Looks for overrides that the type of the whole does not let be, without any config. Returns what was not looked at.
    fn check_typed(&self, assignments: &[Assignment], errors: &mut Vec<Error>) -> Option<String> {
        let mut root = self.schema.expected().defaults();
        let context = self.merging(&|_| {}).with_schema(&self.schema);
        let mut unknown = Vec::new();
        for one in assignments {
            match self.alone(one, &root) {
                Some(one) => errors.extend(assign(&mut root, &one, context, &mut ()).err()),
                // `--multirun` adds this one.
                None if one.path == KeyPath::parse("hydra.mode") => {}
                None => unknown.push(&one.path),
            }
        }
        not_known(&unknown)
    }

    /// The assignment as it can be tried on the defaults of the type: all that is above its place are structs, which have their
    /// fields whatever the configs say. `None`: what comes of it, they decide.
    fn alone(&self, one: &Assignment, root: &Node) -> Option<Assignment> {
        let action = match &one.action {
            // Where the defaults have a value, configs may have none.
            Action::Change(value) | Action::Force(value) | Action::Add(value) => Action::Force(value.clone()),
            Action::Delete(_) | Action::Extend(_) => return None,
        };
        let (mut here, mut node) = (self.schema.expected(), Some(root));
        for key in one.path.keys() {
            here.as_closed()?;
            node?.as_map()?;
            node = node?.child(key);
            let Some(below) = here.child(key) else { break };
            here = below;
        }
        Some(Assignment { action, ..one.clone() })
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
                return self.check_typed(&selected.assignments, errors);
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
