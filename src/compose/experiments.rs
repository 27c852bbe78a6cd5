//! Options that change the whole config: each is composed with a primary config that it may belong to, in one of the
//! ways in which it can be selected.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::compose::check::Check;
use crate::compose::composed::Composed;
use crate::compose::composer::{Composer, Mode};
use crate::compose::cycles::followed;
use crate::compose::dangling::Dangle;
use crate::compose::report::{Note, Topic};
use crate::diag::{Error, ErrorKind, Result};
use crate::value::Text;

/// So many compositions are tried: a bound on time for projects where nearly nothing composes.
const TRIED: usize = 50_000;
/// So many of the configs that lead to an option are tried for it.
const LEADING: usize = 16;

/// Groups whose option says which keys there are: what other configs set there may be meant for an option that is typed beside
/// them.
const KINDS: [&str; 2] = ["hydra/launcher", "hydra/sweeper"];

/// A primary config that options are composed with.
struct Primary<'a> {
    name: &'a Text,
    overrides: &'a [String],
    /// The groups that it chooses options from.
    chosen: HashSet<Text>,
}

/// Composing options with primary configs.
struct Trials<'a> {
    composer: &'a Composer,
    primaries: Vec<Primary<'a>>,
    left: usize,
}

impl<'a> Trials<'a> {
    /// Those that are checked come first, with the overrides; others are composed as they are.
    fn new(composer: &'a Composer, checked: &'a [Text], overrides: &'a [String], others: &'a [Text]) -> Self {
        let with = |name: &'a Text, overrides: &'a [String]| {
            let selected = composer
                .arguments(Some(name), overrides)
                .and_then(|arguments| composer.select(Some(name), &arguments, Mode::Multirun));
            let chosen = selected.map(|selected| {
                selected.selection.choices().map(|(key, _)| Text::from(key)).collect::<HashSet<Text>>()
            });
            Primary { name, overrides, chosen: chosen.unwrap_or_default() }
        };
        let checked = checked.iter().map(|name| with(name, overrides));
        let primaries = checked.chain(others.iter().map(|name| with(name, &[]))).collect();
        Self { composer, primaries, left: TRIED }
    }

    /// The option composed with the first of the primary configs, in the first way, in which it can be.
    ///
    /// # Errors
    /// What is wrong with the first of them.
    fn compose(&mut self, path: &str) -> Result<Option<Composed>> {
        let mut first: Option<(Error, usize, String)> = None;
        for (nth, primary) in self.primaries.iter().enumerate() {
            for line in ways(path, &primary.chosen) {
                self.left = self.left.saturating_sub(1);
                match self.with(primary, &[&line]) {
                    Ok(composed) => return Ok(Some(composed)),
                    Err(error) => {
                        let error = error.note(format!("composing `{}` with `{line}`", primary.name));
                        first.get_or_insert((error, nth, line));
                    }
                }
            }
        }
        let Some((error, nth, line)) = first else { return Ok(None) };
        let kinds = KINDS.iter().filter(|kind| is_of_kind(&error, kind));
        for kind in kinds {
            for option in self.composer.repository().options(kind).unwrap_or_default() {
                self.left = self.left.saturating_sub(1);
                if let Ok(composed) = self.with(&self.primaries[nth], &[&format!("{kind}={option}"), &line]) {
                    return Ok(Some(composed));
                }
            }
        }
        Err(error)
    }

    fn with(&self, primary: &Primary<'_>, lines: &[&str]) -> Result<Composed> {
        let lines: Vec<&str> =
            primary.overrides.iter().map(String::as_str).chain(lines.iter().copied()).collect();
        let arguments = self.composer.arguments(Some(primary.name), &lines)?;
        self.composer.compose(Some(primary.name), &arguments, Mode::Multirun)
    }
}

/// Whether all that is wrong is that the node of such a group has no such keys.
fn is_of_kind(error: &Error, kind: &str) -> bool {
    let node = format!("`{}.", kind.replace('/', "."));
    error.iter().all(|one| one.kind() == ErrorKind::UnknownKey && one.message().contains(&node))
}

/// The overrides that select a config: in place of what is chosen in its group or in one above it, else beside it.
fn ways(path: &str, chosen: &HashSet<Text>) -> Vec<String> {
    let groups = path.rmatch_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
    let (changed, added): (Vec<_>, Vec<_>) = groups.partition(|(group, _)| chosen.contains(*group));
    let changed = changed.into_iter().map(|(group, option)| format!("{group}={option}"));
    changed.chain(added.into_iter().map(|(group, option)| format!("+{group}={option}"))).collect()
}

impl Check<'_> {
    /// Composes the options that change the whole config.
    pub(crate) fn experiments(&mut self, primaries: &[Text], others: &[Text], composer: &Composer) {
        let mut options = std::mem::take(&mut self.global);
        // What lies beside a config that is named as the primary one is meant in its place.
        if let Some((group, _)) = self.checking.config_name.and_then(|name| name.rsplit_once('/')) {
            options.retain(|path| path.strip_prefix(group).is_none_or(|rest| !rest.starts_with('/')));
        }
        if primaries.is_empty() {
            return;
        }
        let mut trials = Trials::new(composer, primaries, self.checking.overrides, others);
        let mut failed: Vec<(&Text, Error)> = Vec::new();
        for (nth, path) in options.iter().enumerate() {
            if trials.left == 0 {
                self.untried(&options[nth..]);
                break;
            }
            match trials.compose(path) {
                Ok(Some(found)) => self.experiment(composer, &found),
                Ok(None) => {}
                Err(error) => failed.push((path, error)),
            }
        }
        let tried: HashSet<&Text> = options.iter().collect();
        let mut led: HashMap<Text, bool> = HashMap::default();
        for (path, error) in failed {
            if self.met.contains(path) || self.is_led_to(path, &tried, &mut led, &mut trials) {
                continue;
            }
            for error in error.each() {
                if !self.errors.has_place(&error) {
                    self.errors.add(error, None);
                }
            }
        }
    }

    /// Takes in what a composition shows.
    fn experiment(&mut self, composer: &Composer, found: &Composed) {
        self.meet(found);
        let context = composer.context(&|_| {}).with_schema(found.schema());
        let followed = followed(found.root(), context);
        let located = |one: Dangle| Dangle { error: one.error.located(found.sources()), ..one };
        self.dangling.add(followed.dangling.into_iter().map(located).collect(), followed.fine);
    }

    /// Takes note of the configs that a composition is made of.
    pub(crate) fn meet(&mut self, found: &Composed) {
        let included = found.selection().included().iter().filter(|one| !one.prelude);
        self.met.extend(included.map(|one| one.config_path.clone()));
    }

    /// Whether a config that names it, or one that names that one, composes with it. `composed` are those that were
    /// tried for this.
    fn is_led_to(
        &mut self,
        path: &Text,
        tried: &HashSet<&Text>,
        composed: &mut HashMap<Text, bool>,
        trials: &mut Trials<'_>,
    ) -> bool {
        let mut seen: HashSet<Text> = HashSet::from([path.clone()]);
        let mut open = VecDeque::from([path.clone()]);
        while let Some(named) = open.pop_front() {
            for leading in self.named_by.get(&named).cloned().unwrap_or_default() {
                if seen.len() > LEADING || trials.left == 0 {
                    return false;
                }
                if !leading.contains('/') || !seen.insert(leading.clone()) {
                    continue;
                }
                if !tried.contains(&leading) && !composed.contains_key(&leading) {
                    let found = trials.compose(&leading).ok().flatten();
                    composed.insert(leading.clone(), found.is_some());
                    if let Some(found) = found {
                        self.meet(&found);
                    }
                }
                if self.met.contains(path) {
                    return true;
                }
                open.push_back(leading);
            }
        }
        false
    }

    /// What is left where nearly nothing composes.
    fn untried(&mut self, left: &[Text]) {
        for path in left {
            let error = Error::new(ErrorKind::Limit, format!("`{path}` was not composed"))
                .note(format!("{TRIED} compositions were tried for other options"));
            let error = match self.repository.load(path) {
                Ok(Some(document)) => error.at(document.origin(), "this option"),
                _ => error,
            };
            self.notes.push(Note { topic: Topic::Untried, name: path.clone(), error });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_selected_as_it_is_typed() {
        let chosen = |groups: &[&str]| groups.iter().map(|group| Text::from(*group)).collect();
        assert_eq!(ways("g/sub/x", &chosen(&["g"])), ["g=sub/x", "+g/sub=x"]);
        assert_eq!(ways("g/sub/x", &chosen(&[])), ["+g/sub=x", "+g=sub/x"]);
        assert_eq!(ways("g/sub/x", &chosen(&["g", "g/sub"])), ["g/sub=x", "g=sub/x"]);
    }
}
