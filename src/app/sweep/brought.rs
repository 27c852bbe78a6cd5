//! What choices of a search bring in: parameters that apply where an option is chosen.

use std::collections::VecDeque;

use crate::app::sweep::defined::Defined;
use crate::app::sweep::listed::{conditions, of_map, text};
use crate::app::sweep::space::{LOOKED, SEED, Space, members};
use crate::compose::{Composed, Repository};
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::grammar::{Override, parse_override};
use crate::sweep::{Condition, Jobs};
use crate::value::{IndexMap, Key, Map, Node, Slot};

/// The options of a config group.
type Options<'a> = &'a dyn Fn(&str) -> Result<Vec<String>>;

/// What choices bring in.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// What is searched where it applies.
    pub(super) overrides: Vec<Override>,
    /// Where that is.
    pub(super) conditions: Vec<Condition>,
    /// Whether there is anything, be it only what is typed and so wins.
    pub(super) is_any: bool,
}

/// A parameter that options of one choice bring in.
struct Parameter {
    slot: Slot,
    /// The left side of the choice without its prefix, and the options.
    choice: String,
    options: Vec<String>,
}

impl Space<'_> {
    /// What the options that are searched bring in by `hydra.sweeper.params`, each with the condition that its option is
    /// chosen. What is typed wins, and is no part of it. `known` is what is defined whatever is chosen.
    ///
    /// # Errors
    /// What has no clear meaning for a search: a parameter with different spaces, lists of jobs, what only several choices
    /// together bring in.
    pub(super) fn brought(
        &self,
        known: &Defined,
        overrides: &[Override],
        whole: &Composed,
    ) -> Result<Brought> {
        let repository = whole.selection().repository();
        let options = |group: &str| members(repository, group);
        let chosen = |one: &&Override| self.is_choice(one, repository);
        let mut found: IndexMap<String, Parameter> = IndexMap::default();
        let mut brought = Brought::default();
        let mut left: VecDeque<(Override, Vec<Override>)> =
            overrides.iter().filter(chosen).map(|one| (one.clone(), Vec::new())).collect();
        while let Some((choice, before)) = left.pop_front() {
            let jobs = Jobs::new(std::slice::from_ref(&choice), &options, SEED)?;
            for job in jobs.covering(LOOKED).into_iter().filter_map(|number| jobs.get(number)) {
                let path: Vec<Override> = before.iter().chain(&job.overrides).cloned().collect();
                // What cannot be composed is told of the jobs that have it.
                let Ok(composed) = self.choosing(&path) else { continue };
                let own = Defined::of(self.whole(&composed))?;
                brought.is_any |= own != *known;
                let line = job.lines().join(" ");
                clear(known, &own, &line)?;
                for one in self.new_of(&own, known, (&choice, &line), &mut found)? {
                    if self.is_choice(&one, repository) {
                        left.push_back((one, path.clone()));
                    }
                }
                self.restricted(known, &own, &found, (&line, &options), &mut brought)?;
            }
        }
        if !found.is_empty() {
            let choices: Vec<Override> = overrides.iter().filter(chosen).cloned().collect();
            self.alone(known, &found, &choices, repository)?;
        }
        self.finish(found, &options, brought)
    }

    /// Takes in what an option brings in that was not known, and returns it.
    fn new_of(
        &self,
        own: &Defined,
        known: &Defined,
        (choice, line): (&Override, &str),
        found: &mut IndexMap<String, Parameter>,
    ) -> Result<Vec<Override>> {
        let mut new = Vec::new();
        let target = choice.target.to_string();
        let option = line.split_once('=').map_or("", |(_, option)| option);
        for (key, slot) in own.params.as_map().into_iter().flatten() {
            let name = key.to_string();
            let before = known.params.as_map().and_then(|map| map.get(key));
            if before == Some(&slot.node) || self.is_typed(&name) {
                continue;
            }
            if let Some(before) = before {
                return Err(differs(&name, before.origin, slot.node.origin));
            }
            let Some(earlier) = found.get_mut(&name) else {
                let options = vec![option.to_owned()];
                found.insert(name, Parameter { slot: slot.clone(), choice: target.clone(), options });
                new.extend(self.overrides_of(key, slot)?);
                continue;
            };
            if earlier.slot.node != slot.node {
                return Err(differs(&name, earlier.slot.node.origin, slot.node.origin));
            }
            if earlier.choice == target && !earlier.options.iter().any(|known| known == option) {
                earlier.options.push(option.to_owned());
            }
        }
        Ok(new)
    }

    fn overrides_of(&self, key: &Key, slot: &Slot) -> Result<Vec<Override>> {
        let mut map = Map::default();
        map.insert(key.clone(), slot.origin, slot.node.clone());
        of_map(&Node::from(map), &self.arguments().sources, "hydra.sweeper.params", &text)
    }

    /// Takes in the conditions that an option brings in for what it brings in itself.
    fn restricted(
        &self,
        known: &Defined,
        own: &Defined,
        found: &IndexMap<String, Parameter>,
        (line, options): (&str, Options<'_>),
        brought: &mut Brought,
    ) -> Result<()> {
        let mut new = Map::default();
        for (key, slot) in own.when.as_map().into_iter().flatten() {
            if known.when.as_map().and_then(|map| map.get(key)) == Some(&slot.node) {
                continue;
            }
            // What is typed holds whatever is chosen, as without a condition.
            if self.is_typed(&key.to_string()) {
                continue;
            }
            let is_own = |name: &String| name.trim_start_matches('+') == key.to_string();
            if !found.keys().any(is_own) {
                let message =
                    format!("`{line}` says where `{key}` applies, which it does not bring in itself");
                let error = Error::new(ErrorKind::Sweep, message).at(slot.node.origin, "said here");
                return Err(error.help("say it in the primary config: there it holds whatever is chosen"));
            }
            new.insert(key.clone(), slot.origin, slot.node.clone());
        }
        brought.conditions.extend(conditions(&Node::from(new), &self.arguments().sources, options)?);
        Ok(())
    }

    /// That choices together bring in nothing that none of them does.
    fn alone(
        &self,
        known: &Defined,
        found: &IndexMap<String, Parameter>,
        choices: &[Override],
        repository: &Repository,
    ) -> Result<()> {
        let options = |group: &str| members(repository, group);
        let jobs = Jobs::new(choices, &options, SEED)?;
        for job in jobs.covering(LOOKED).into_iter().filter_map(|number| jobs.get(number)) {
            let Ok(composed) = self.choosing(&job.overrides) else { continue };
            let own = Defined::of(self.whole(&composed))?;
            for (key, slot) in own.params.as_map().into_iter().flatten() {
                let name = key.to_string();
                let before = known.params.as_map().and_then(|map| map.get(key));
                let alone = found.get(&name).map(|one| &one.slot.node);
                if [before, alone].contains(&Some(&slot.node)) || self.is_typed(&name) {
                    continue;
                }
                let line = job.lines().join(" ");
                let message = format!(
                    "`{name}` comes in only with all of `{line}`, and a search looks at each choice alone"
                );
                let error = Error::new(ErrorKind::Sweep, message).at(slot.node.origin, "brought in here");
                return Err(error.help(
                    "write it into the primary config, and `mainstem.sweep.when` for where it applies",
                ));
            }
        }
        Ok(())
    }

    fn finish(
        &self,
        found: IndexMap<String, Parameter>,
        options: Options<'_>,
        mut brought: Brought,
    ) -> Result<Brought> {
        for (name, Parameter { slot, choice, options: chosen }) in found {
            let own = self.overrides_of(&Key::from(name.as_str()), &slot)?;
            let mut errors: Vec<Error> = Vec::new();
            let line = format!("{choice}={}", chosen.join(","));
            let requires = parse_override(&line, crate::diag::SourceId::NONE, &mut errors);
            if let Some(error) = Error::all(errors) {
                return Err(error.at(slot.origin, "brought in here"));
            }
            let requires: Vec<Override> = requires.into_iter().collect();
            for one in &own {
                let target = one.target.to_string();
                brought.conditions.push(Condition::new(&target, slot.node.origin, &requires, options)?);
            }
            brought.overrides.extend(own);
        }
        Ok(brought)
    }

    /// Whether a key is given on the command line.
    fn is_typed(&self, key: &str) -> bool {
        let bare = key.trim_start_matches('+');
        self.arguments().overrides.iter().any(|one| one.target.to_string() == bare)
    }
}

/// That an option lists no jobs.
fn clear(known: &Defined, own: &Defined, line: &str) -> Result<()> {
    let listed = [
        ("zip", &known.zip, &own.zip),
        ("grids", &known.grids, &own.grids),
        ("jobs", &known.jobs, &own.jobs),
    ];
    let errors = listed.into_iter().filter(|(_, known, own)| known != own).map(|(name, _, own)| {
        let message = format!("`{line}` brings in `mainstem.sweep.{name}`, which a search does not take");
        Error::new(ErrorKind::Sweep, message).at(own.origin, "this lists jobs")
    });
    Error::all(errors.collect::<Vec<_>>()).map_or(Ok(()), Err)
}

fn differs(key: &str, one: Origin, other: Origin) -> Error {
    let message = format!("`{key}` is searched in different spaces, and has one in a search");
    let error = Error::new(ErrorKind::Sweep, message).at(one, "here in one").at(other, "and here in another");
    error.help("give the parameters different names, or say the space in the primary config")
}
