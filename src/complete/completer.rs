//! What an override can become.

use crate::complete::candidate::Candidate;
use crate::complete::files::{Wanted, files};
use crate::complete::surroundings::Surroundings;
use crate::complete::typed::{Items, Typed};
use crate::complete::{groups, keys, values};
use crate::compose::Composer;

/// Completes overrides of a project.
///
/// ```
/// use mainstem::complete::Completer;
/// use mainstem::compose::Memory;
/// use mainstem::facts::Facts;
/// let conf = Memory::new()
///     .text("config", "defaults: [db: pg]\nseed: 1")
///     .text("db/pg", "port: 5432")
///     .text("db/sqlite", "file: x.db");
/// let composer = mainstem::settings::project(conf, Facts::default(), "train");
/// let completer = Completer::new(&composer, Some("config"));
/// let texts = |before: &[&str], word: &str| -> Vec<String> {
///     completer.overrides(before, word).into_iter().map(|candidate| candidate.text).collect()
/// };
/// assert_eq!(texts(&[], "db"), ["db.", "db="]);
/// assert_eq!(texts(&[], "db="), ["db=pg", "db=sqlite"]);
/// assert_eq!(texts(&["db=sqlite"], "db."), ["db.file="]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Completer<'a> {
    composer: &'a Composer,
    config_name: Option<&'a str>,
    described: bool,
}

impl<'a> Completer<'a> {
    /// Completes for a primary config, if there is one.
    pub fn new(composer: &'a Composer, config_name: Option<&'a str>) -> Self {
        Self { composer, config_name, described: false }
    }

    /// With descriptions: values, files, doc comments.
    #[must_use]
    pub fn described(self) -> Self {
        Self { described: true, ..self }
    }

    /// What an override can become, sorted, given the overrides before it.
    pub fn overrides<S: AsRef<str>>(&self, before: &[S], word: &str) -> Vec<Candidate> {
        let mut found = self.unsorted(before, word);
        // A word may name both a group and a key: which group is chosen says more.
        let mut seen = crate::value::HashSet::default();
        found.retain(|candidate| candidate.is_typable() && seen.insert(candidate.text.clone()));
        found.sort();
        found
    }

    fn unsorted<S: AsRef<str>>(&self, before: &[S], word: &str) -> Vec<Candidate> {
        let typed = Typed::new(word);
        let aliases = self.composer.aliases(self.config_name).unwrap_or_default();
        let target = |key: &str| {
            let (_, target) = aliases.iter().find(|(alias, _)| *alias == key)?;
            Some((target, Typed::new(target).value.is_some()))
        };
        let mut found = match (target(typed.key), typed.value) {
            (Some((target, false)), Some(value)) => {
                let long = format!("{}{target}=", typed.operator);
                let candidates = self.plain(before, Typed::new(&format!("{long}{value}")));
                let short = |candidate: Candidate| {
                    let value = candidate.text.strip_prefix(&long)?;
                    Some(Candidate { text: format!("{}{value}", typed.left()), ..candidate })
                };
                candidates.into_iter().filter_map(short).collect()
            }
            _ => self.plain(before, typed),
        };
        if typed.value.is_none() {
            for (alias, target) in aliases.iter().filter(|(alias, _)| alias.starts_with(typed.key)) {
                let text = format!("{}{alias}", typed.operator);
                let whole = typed.operator == "~" || Typed::new(target).value.is_some();
                let candidate =
                    if whole { Candidate::whole(text) } else { Candidate::open(format!("{text}=")) };
                found.push(candidate.about(target));
            }
        }
        found
    }

    /// Without aliases.
    fn plain<S: AsRef<str>>(&self, before: &[S], typed: Typed<'_>) -> Vec<Candidate> {
        let before = before.iter().map(AsRef::as_ref).collect();
        let around = Surroundings::new(self.composer, self.config_name, before);
        let Some(value) = typed.value else {
            let mut found = groups::groups(&around, typed, self.described);
            found.extend(keys::keys(&around, typed, self.described));
            return found;
        };
        let items = Items::new(value);
        if items.item.starts_with(['.', '/']) || items.item.starts_with("~/") {
            let head = typed.left() + items.head;
            return files(items.item, self.composer.facts(), Wanted::Any, &head);
        }
        groups::options(&around, typed, &items, self.described)
            .unwrap_or_else(|| values::values(&around, typed, &items, self.described))
    }

    /// What a key can become that stands alone, as behind `explain`.
    pub fn keys<S: AsRef<str>>(&self, before: &[S], word: &str) -> Vec<Candidate> {
        let before = before.iter().map(AsRef::as_ref).collect();
        let around = Surroundings::new(self.composer, self.config_name, before);
        let mut found = keys::alone(&around, word, self.described);
        found.retain(Candidate::is_typable);
        found.sort();
        found
    }

    /// The config groups that a word can become, sorted; those of the `hydra` node only where it begins so.
    pub fn groups(&self, word: &str) -> Vec<Candidate> {
        let repository = self.composer.repository();
        let mut open = vec![String::new()];
        let mut found = Vec::new();
        while let Some(above) = open.pop() {
            for name in repository.groups(&above).unwrap_or_default() {
                let group = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
                let reserved = crate::settings::is_reserved(&group) && word.is_empty();
                if !reserved
                    && group.starts_with(word)
                    && repository.options(&group).is_ok_and(|all| !all.is_empty())
                {
                    found.push(Candidate::whole(group.clone()));
                }
                open.push(group);
            }
        }
        found.sort();
        found
    }

    /// What the name of a primary config can become.
    pub fn config_names(&self, word: &str) -> Vec<Candidate> {
        let around = Surroundings::new(self.composer, self.config_name, Vec::new());
        let mut found = groups::configs(&around, word, self.described);
        found.retain(Candidate::is_typable);
        found.sort();
        found
    }
}
