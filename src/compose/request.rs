//! What the overrides, those of the arguments and those in files, ask of the defaults lists.

use crate::compose::complaints;
use crate::compose::element::Choice;
use crate::compose::expand::Known;
use crate::compose::item::{Item, Role};
use crate::compose::repository::Repository;
use crate::diag::{DRAWN, Error, Origin};
use crate::value::{IndexMap, Text};

/// A choice that replaces the one of a defaults list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) choice: Choice,
    /// The argument, or the item of the defaults list.
    pub(crate) origin: Origin,
    pub(crate) who: Who,
    used: bool,
}

/// Who overrides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Who {
    /// An argument.
    Argument,
    /// A defaults list.
    Item {
        /// The key as written there.
        key: Text,
        /// The key before a folder in the name of the option became a part of it.
        shorthand: Option<Text>,
    },
}

/// A deletion asked for by an argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deletion {
    /// Only this option is to be deleted.
    pub(crate) name: Option<Text>,
    pub(crate) origin: Origin,
    used: bool,
}

/// Everything asked for. Arguments come first and so win; overrides in files join as they are met.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Requests {
    overrides: IndexMap<Text, Chosen>,
    appended: Vec<Item>,
    pub(crate) deletions: IndexMap<Text, Deletion>,
}

impl Requests {
    /// An argument `key=choice`. The last one wins.
    pub(crate) fn choose(&mut self, key: Text, choice: Choice, origin: Origin) {
        self.overrides.insert(key, Chosen { choice, origin, who: Who::Argument, used: false });
    }

    /// An argument `+group@package=choice`.
    pub(crate) fn append(&mut self, group: Text, package: Option<Text>, choice: Choice, origin: Origin) {
        let why = match &choice {
            Choice::One(pick) => pick.origin,
            Choice::Null | Choice::Many(_) => origin,
        };
        let role = Role::Group { group, choice, written: None, is_override: false, appended: true };
        let mut item = Item::new(role, package, origin);
        item.why = why;
        self.appended.push(item);
    }

    /// An argument `~key` or `~key=name`.
    pub(crate) fn remove(&mut self, key: Text, name: Option<Text>, origin: Origin) {
        self.deletions.insert(key, Deletion { name, origin, used: false });
    }

    /// The items that arguments append to the primary config's list.
    pub(crate) fn appended(&self) -> Vec<Item> {
        self.appended.clone()
    }

    /// An override in a defaults list. The pass goes backwards, so the first one met is the last one written.
    pub(crate) fn add_override(&mut self, item: &Item) {
        let Some(choice) = item.choice() else { return };
        self.overrides.entry(item.override_key()).or_insert_with(|| Chosen {
            choice: choice.clone(),
            origin: item.origin,
            who: Who::Item { key: item.written_key(), shorthand: item.shorthand().cloned() },
            used: false,
        });
    }

    /// Who replaces the choice of that key by a list of options.
    pub(crate) fn list_for(&self, key: &str) -> Option<Origin> {
        let chosen = self.overrides.get(key)?;
        matches!(chosen.choice, Choice::Many(_)).then_some(chosen.origin)
    }

    /// How many overrides are known by now.
    pub(crate) fn override_count(&self) -> usize {
        self.overrides.len()
    }

    /// Replaces the choice of an item if an override (one of the first `eligible`) asks for it.
    pub(crate) fn override_choice(&mut self, item: &mut Item, eligible: Option<usize>) {
        if self.overrides.is_empty() {
            return;
        }
        let Some((index, _, chosen)) = self.overrides.get_full_mut(&item.override_key()) else { return };
        if eligible.is_some_and(|eligible| index >= eligible) {
            return;
        }
        chosen.used = true;
        item.overridden = true;
        item.why = match &chosen.choice {
            Choice::One(pick) => pick.origin,
            Choice::Null | Choice::Many(_) => chosen.origin,
        };
        if let Role::Group { choice, .. } = &mut item.role {
            *choice = chosen.choice.clone();
        }
    }

    /// Who wants the choice of that key to be deleted.
    pub(crate) fn delete(&mut self, key: &str, name: Option<&str>) -> Option<Origin> {
        let deletion = self.deletions.get_mut(key)?;
        let meant = deletion.name.is_none() || deletion.name.as_deref() == name;
        deletion.used |= meant;
        meant.then_some(deletion.origin)
    }

    /// Who wants the config at that path to be deleted.
    pub(crate) fn delete_config(&mut self, path: &str) -> Option<Origin> {
        let deletion = self.deletions.get_mut(path).filter(|deletion| deletion.name.is_none())?;
        deletion.used = true;
        Some(deletion.origin)
    }

    /// What was asked for and met nothing.
    pub(crate) fn unused(
        &self,
        repository: &Repository,
        known: &IndexMap<Text, Known>,
        lists: &IndexMap<Text, Origin>,
    ) -> Vec<Error> {
        let overrides = self.overrides.iter().filter(|(_, chosen)| !chosen.used);
        let deletions = self.deletions.iter().filter(|(_, deletion)| !deletion.used);
        let overrides = overrides.enumerate().map(|(nth, (key, chosen))| match nth < DRAWN {
            true => complaints::unused_override(repository, key, chosen, known),
            false => complaints::unused(key, chosen.origin),
        });
        let deletions = deletions.enumerate().map(|(nth, (key, deletion))| match nth < DRAWN {
            true => complaints::unused_deletion(key, deletion, known, lists),
            false => complaints::unused(key, deletion.origin),
        });
        overrides.chain(deletions).collect()
    }
}
