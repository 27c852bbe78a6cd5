//! What an override that met nothing was probably meant to be: a key elsewhere, a config group, a slip of the fingers.

use std::collections::VecDeque;

use crate::compose::composed::RESERVED;
use crate::compose::folders::above_with;
use crate::compose::repository::Repository;
use crate::compose::selection::Selection;
use crate::diag::{Error, ErrorKind, SourceMap, did_you_mean, listed_few, listed_near};
use crate::merge::{Action, Assignment, assign};
use crate::resolve::Context;
use crate::value::{JsonStyle, Key, KeyPath, Kind, Node, Text, write_json};

/// So many keys of one name are told.
const TOLD: usize = 3;

/// So many keys are looked at for the first mistake, and ever fewer for the next ones: many mistakes in a large tree
/// take no long time.
const LOOKED_AT: usize = 100_000;

/// What an override is compared with.
#[derive(Clone, Copy)]
pub(crate) struct Slips<'a> {
    /// The tree that it was to change.
    pub(crate) root: &'a Node,
    /// What it is made of, and from which groups.
    pub(crate) selection: &'a Selection,
    /// The texts that overrides were read from.
    pub(crate) typed: &'a SourceMap,
    /// How many mistakes there were before.
    pub(crate) before: usize,
}

impl Slips<'_> {
    /// The error of an assignment, with what was probably meant in place of the general advice.
    pub(crate) fn explain(self, error: Error, assignment: &Assignment, context: Context<'_>) -> Error {
        let here = error.labels().first().is_none_or(|label| label.origin == assignment.origin);
        let keys = assignment.path.keys();
        match &assignment.action {
            Action::Change(value) if here && error.kind() == ErrorKind::UnknownKey => match keys {
                [Key::Str(key)] if key.contains('/') => {
                    self.slashed(bare(&error), key, &self.text(assignment, value))
                }
                _ => {
                    let (path, text) = (&assignment.path, self.text(assignment, value));
                    let told = self.unknown(error, path, value, &text);
                    match self.can_add(assignment, value, context) {
                        true => told.help(format!("to add it, type `+{path}={text}`")),
                        false => told,
                    }
                }
            },
            Action::Change(value) if error.kind() == ErrorKind::Type => match self
                .group_of(&assignment.path, value)
            {
                Some(line) => error.help(format!("to choose an option of the config group, type `{line}`")),
                None => error,
            },
            Action::Change(value) if error.kind() == ErrorKind::Merge => {
                let (path, text) = (&assignment.path, self.text(assignment, value));
                error.help(format!("to put it in its place, type `~{path}` and `+{path}={text}`"))
            }
            Action::Delete(_) if error.kind() == ErrorKind::UnknownKey && error.helps().is_empty() => {
                match self.nearest(keys) {
                    Some(near) => error.help(format!("did you mean `~{near}`?")),
                    None => error,
                }
            }
            _ => error,
        }
    }

    /// The value as it was typed, if it is short and plain; with all values of a sweep.
    fn text(self, assignment: &Assignment, value: &Node) -> String {
        let source = self.typed.get(assignment.origin.source);
        let typed = source.as_ref().and_then(|source| {
            let end = usize::try_from(assignment.origin.span.end).ok()?;
            source.text().get(end..)?.trim_start().strip_prefix('=').map(str::trim)
        });
        let is_plain = |text: &&str| {
            !text.is_empty() && text.len() <= 40 && text.chars().all(|c| is_plain(c) || c == ',' || c == '+')
        };
        typed.filter(is_plain).map_or_else(|| text_of(value), str::to_owned)
    }

    /// Whether `+` would add it: what is closed takes no more keys.
    fn can_add(self, assignment: &Assignment, value: &Node, context: Context<'_>) -> bool {
        let is_reserved = |key: &Key| key.as_str().is_some_and(|first| RESERVED.contains(&first));
        let added = Assignment { action: Action::Add(value.clone()), ..assignment.clone() };
        !assignment.path.keys().first().is_some_and(is_reserved)
            && assign(&mut self.root.clone(), &added, context, &mut ()).is_ok()
    }

    /// So many keys are looked at.
    fn keys(self) -> usize {
        LOOKED_AT / (self.before + 1)
    }

    /// The path of a similar name.
    fn nearest(self, keys: &[Key]) -> Option<KeyPath> {
        let (last, above) = keys.split_last()?;
        let near = find(self.root, above)?.as_map()?.nearest(&last.to_string(), self.keys())?;
        Some(above.iter().cloned().chain([Key::from(near.as_str())]).collect())
    }

    /// `app.db=mysql`, where `app/db` is a group with that option: works, and is hardly meant.
    pub(crate) fn suspect(self, assignment: &Assignment) -> Option<Error> {
        let Action::Change(value) = &assignment.action else { return None };
        let replaced = find(self.root, assignment.path.keys()).filter(|node| node.as_map().is_some())?;
        let line = self.group_of(&assignment.path, value)?;
        let path = &assignment.path;
        Some(
            Error::new(ErrorKind::Override, format!("`{path}` becomes text in place of a mapping"))
                .at(assignment.origin, "")
                .at(replaced.origin, "the mapping")
                .help(format!("to choose an option of the config group, type `{line}`")),
        )
    }

    /// The override that chooses an option, where a key with dots names a group and the value an option.
    fn group_of(self, path: &KeyPath, value: &Node) -> Option<String> {
        if path.len() < 2 {
            return None;
        }
        let option = value.as_str()?;
        let names: Option<Vec<&str>> = path.keys().iter().map(Key::as_str).collect();
        let group = names?.join("/");
        let known = self.selection.repository().has_config(&format!("{group}/{option}")).unwrap_or(false);
        known.then(|| format!("{group}={option}"))
    }

    /// A key that is not there.
    fn unknown(self, error: Error, path: &KeyPath, value: &Node, text: &str) -> Error {
        let keys = path.keys();
        let mapping = |depth: usize| find(self.root, &keys[..depth])?.as_map();
        // The deepest mapping on the way knows what could have been meant.
        let depth = (0..keys.len()).rev().find(|&depth| mapping(depth).is_some()).unwrap_or(0);
        let Some(map) = mapping(depth) else { return error };
        // What is there and no mapping was told, and a list knows its length.
        let there = map.get(&keys[depth]);
        if there.is_some_and(|node| node.as_list().is_some()) {
            return error;
        }
        let mut names = map.names(self.keys());
        if depth == 0 {
            names.retain(|name| !RESERVED.contains(&&**name));
        }
        let mut told = bare(&error);
        let group = match keys {
            [Key::Str(key)] if value.as_str().is_some() => near_group(self.selection.repository(), key),
            _ => None,
        };
        if let Some(group) = &group {
            told = choose(told, self.selection.repository(), group, text);
        }
        let mut guesses = Vec::new();
        if there.is_none()
            && let Some(near) = did_you_mean(&keys[depth].to_string(), names.iter().map(AsRef::as_ref))
        {
            let mut renamed = keys.to_vec();
            renamed[depth] = Key::from(near);
            guesses.push(KeyPath::from_iter(renamed));
        }
        // No value takes the place of a mapping by a slip.
        guesses.retain(|guess| {
            value.is_container() || find(self.root, guess.keys()).is_none_or(|node| !node.is_container())
        });
        if keys[0].as_str().is_some_and(|first| RESERVED.contains(&first)) && guesses.is_empty() {
            // What is closed has told its keys.
            return error;
        }
        if let Some(line) = self.group_of(path, value) {
            told = told.help(format!("did you mean the config group: `{line}`?"));
        }
        if guesses.is_empty() && group.is_none() {
            guesses = self.elsewhere(keys.last());
        }
        if !guesses.is_empty() {
            let lines: Vec<String> = guesses.iter().map(|guess| format!("`{guess}={text}`")).collect();
            told = told.help(format!("did you mean {}?", lines.join(" or ")));
        } else if group.is_none() && there.is_none() && !names.is_empty() {
            let above = KeyPath::from_iter(keys[..depth].iter().cloned());
            let of = if depth == 0 { String::new() } else { format!(" of `{above}`") };
            let listed = listed_few(&names, map.len().saturating_sub(self.keys()), &keys[depth].to_string());
            told = told.note(format!("keys{of}: {listed}"));
        }
        told
    }

    /// The first keys of that name in the job's part of the tree, nearest to the root first.
    pub(crate) fn elsewhere(self, name: Option<&Key>) -> Vec<KeyPath> {
        let Some(name) = name else { return Vec::new() };
        let mut found = Vec::new();
        let mut open = VecDeque::from([(KeyPath::ROOT, self.root)]);
        let mut left = self.keys();
        while let Some((path, node)) = open.pop_front() {
            let Some(map) = node.as_map() else { continue };
            left = left.saturating_sub(map.len());
            if left == 0 || found.len() >= TOLD {
                break;
            }
            for (key, slot) in map {
                let reserved = path.is_empty() && key.as_str().is_some_and(|name| RESERVED.contains(&name));
                if slot.node.as_map().is_some() && !reserved {
                    open.push_back((path.child(key.clone()), &slot.node));
                } else if key == name && !reserved {
                    found.push(path.child(key.clone()));
                }
            }
        }
        found.truncate(TOLD);
        found
    }

    /// `a/b=1`, where no group `a/b` is.
    fn slashed(self, error: Error, key: &str, text: &str) -> Error {
        let names: Vec<&str> = key.split('/').collect();
        let path: KeyPath = names.iter().map(|name| Key::from(*name)).collect();
        if find(self.root, path.keys()).is_some() {
            return error.help(format!("`/` separates groups, `.` keys: type `{path}={text}`"));
        }
        if let Some((group, option)) = key.rsplit_once('/')
            && self.selection.repository().has_config(key).unwrap_or(false)
        {
            return error.help(format!(
                "`{group}` is the config group and `{option}` its option: type `{group}={option}`"
            ));
        }
        if let Some(above) = above_with(self.selection.repository(), key, text) {
            return error.help(format!("did you mean `{above}={text}`?"));
        }
        if let Some(group) = near_group(self.selection.repository(), key) {
            return choose(error, self.selection.repository(), &group, text);
        }
        let above = path.split_last().and_then(|(above, last)| {
            let map = find(self.root, above.keys())?.as_map()?;
            Some((above, map.nearest(&last.to_string(), self.keys())))
        });
        match above {
            Some((above, Some(near))) => {
                error.help(format!("did you mean `{}={text}`?", above.child(Key::from(near.as_str()))))
            }
            Some((_, None)) => error.help(format!("to add a key, type `+{path}={text}`")),
            None => {
                let groups = self.selection.repository().groups("").unwrap_or_default();
                let groups: Vec<Text> =
                    groups.into_iter().filter(|group| !RESERVED.contains(&group.as_str())).collect();
                match groups.is_empty() {
                    true => error,
                    false => error.note(format!("config groups: {}", listed_near(&groups, key))),
                }
            }
        }
    }
}

/// The group that was probably meant by a path: each of its names is one or nearly one, or some in front are too many.
pub(crate) fn near_group(repository: &Repository, typed: &str) -> Option<Text> {
    let mut found = String::new();
    for name in typed.split('/') {
        let groups = repository.groups(&found).ok()?;
        let near = match groups.iter().find(|group| *group == name) {
            Some(group) => Some(group.as_str()),
            None => did_you_mean(name, groups.iter().map(Text::as_str)),
        };
        let Some(near) = near else {
            found.clear();
            break;
        };
        if !found.is_empty() {
            found.push('/');
        }
        found.push_str(near);
    }
    if !found.is_empty() {
        return Some(found.into());
    }
    let mut rest = typed;
    while let Some((_, inner)) = rest.split_once('/') {
        if !inner.is_empty() && repository.has_group(inner).unwrap_or(false) {
            return Some(inner.into());
        }
        rest = inner;
    }
    None
}

/// Adds the override that chooses an option of a group.
fn choose(error: Error, repository: &Repository, group: &Text, text: &str) -> Error {
    let options = repository.options(group).unwrap_or_default();
    let error = error.help(format!("did you mean the config group `{group}`: `{group}={text}`?"));
    if options.is_empty() || options.iter().any(|option| option == text) {
        return error;
    }
    error.note(format!("options of `{group}`: {}", listed_near(&options, text)))
}

/// The same mistake without its advice.
pub(crate) fn bare(error: &Error) -> Error {
    let bare = Error::new(error.kind(), error.message());
    let bare = error.labels().iter().fold(bare, |bare, label| bare.at(label.origin, label.text.as_str()));
    error.notes().iter().fold(bare, |bare, note| bare.note(note.as_str()))
}

fn find<'n>(root: &'n Node, keys: &[Key]) -> Option<&'n Node> {
    keys.iter().try_fold(root, |node, key| match node.as_list() {
        Some(_) => Some(node.find(&key.to_string())??.1),
        None => node.child(key),
    })
}

/// Whether no shell and no grammar reads more in it.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./".contains(c)
}

/// A value as it is typed, if it is short and plain.
fn text_of(value: &Node) -> String {
    match &value.kind {
        Kind::Str(text) if !text.is_empty() && text.len() <= 40 && text.chars().all(is_plain) => {
            text.to_string()
        }
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
            let mut out = String::new();
            write_json(value, JsonStyle::Compact, &mut out);
            out
        }
        _ => "…".to_owned(),
    }
}
