//! A mapping of a logging config, and reading from it with every mistake told.

use crate::diag::{Error, ErrorKind, did_you_mean};
use crate::value::{Kind, Map, Node, write_str};

/// A mapping in a config, by the path that errors name.
#[derive(Clone, Debug)]
pub(super) struct Part<'n> {
    pub(super) path: String,
    pub(super) node: &'n Node,
    map: &'n Map,
}

impl<'n> Part<'n> {
    /// The mapping that a node is; else nothing, and a mistake.
    pub(super) fn of(path: String, node: &'n Node, errors: &mut Vec<Error>) -> Option<Self> {
        let Some(map) = node.as_map() else {
            errors.push(wrong(&path, "a mapping", node));
            return None;
        };
        Some(Self { path, node, map })
    }

    fn path_of(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// What stands at a key; `null` is as nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.map.get_str(key).filter(|node| !matches!(node.kind, Kind::Null))
    }

    /// What stands at a key, a mapping.
    pub(super) fn part(&self, key: &str, errors: &mut Vec<Error>) -> Option<Self> {
        self.get(key).and_then(|node| Self::of(self.path_of(key), node, errors))
    }

    /// The mappings in a mapping, by name.
    pub(super) fn parts(&self, key: &str, errors: &mut Vec<Error>) -> Vec<(String, Self)> {
        let Some(inner) = self.part(key, errors) else { return Vec::new() };
        let named = inner.map.iter().map(|(name, slot)| (name.to_string(), &slot.node));
        named
            .filter_map(|(name, node)| {
                let part = Self::of(inner.path_of(&name), node, errors)?;
                Some((name, part))
            })
            .collect()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (String, &'n Node)> {
        self.map.iter().map(|(key, slot)| (key.to_string(), &slot.node))
    }

    /// Text; numbers and booleans are text too.
    pub(super) fn text(&self, key: &str, errors: &mut Vec<Error>) -> Option<String> {
        let node = self.get(key)?;
        if node.is_container() || matches!(node.kind, Kind::Missing) {
            errors.push(wrong(&self.path_of(key), "text", node));
            return None;
        }
        let mut text = String::new();
        write_str(node, &mut text);
        Some(text)
    }

    pub(super) fn flag(&self, key: &str, errors: &mut Vec<Error>) -> Option<bool> {
        let node = self.get(key)?;
        match node.kind {
            Kind::Bool(flag) => Some(flag),
            // As Python takes them.
            Kind::Int(number) => Some(number != 0),
            _ => {
                errors.push(wrong(&self.path_of(key), "a boolean", node));
                None
            }
        }
    }

    pub(super) fn count(&self, key: &str, errors: &mut Vec<Error>) -> Option<u64> {
        let node = self.get(key)?;
        let count = if let Kind::Int(number) = node.kind { u64::try_from(number).ok() } else { None };
        if count.is_none() {
            errors.push(wrong(&self.path_of(key), "an integer from 0 on", node));
        }
        count
    }

    /// A list of texts, each with its node.
    pub(super) fn texts(&self, key: &str, errors: &mut Vec<Error>) -> Vec<(&'n str, &'n Node)> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let Some(list) = node.as_list() else {
            errors.push(wrong(&self.path_of(key), "a list of names", node));
            return Vec::new();
        };
        list.iter()
            .filter_map(|item| {
                let text = item.as_str();
                if text.is_none() {
                    errors.push(wrong(&self.path_of(key), "a list of names", item));
                }
                text.map(|text| (text, item))
            })
            .collect()
    }

    /// Tells the keys that are none of these.
    pub(super) fn knows(&self, known: &[&str], errors: &mut Vec<Error>) {
        for (key, slot) in self.map {
            let name = key.to_string();
            if known.contains(&name.as_str()) {
                continue;
            }
            let message = format!("there is no key `{}`", self.path_of(&name));
            let error = Error::new(ErrorKind::UnknownKey, message).at(slot.origin, "not known here");
            errors.push(match did_you_mean(&name, known.iter().copied()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.note(format!("keys: {}", known.join(", "))),
            });
        }
    }
}

fn wrong(path: &str, expected: &str, node: &Node) -> Error {
    let message = format!("`{path}` must be {expected}, and is {}", node.describe());
    Error::new(ErrorKind::Type, message).at(node.origin, format!("expected {expected}"))
}

/// The mistake of a name that is none of those that there are.
pub(super) fn no_such<'a>(
    what: &str,
    name: &str,
    node: &Node,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Error {
    let error = Error::new(ErrorKind::Constraint, format!("there is no {what} `{name}`"))
        .at(node.origin, format!("no such {what}"));
    match did_you_mean(name, known.clone()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => {
            let known: Vec<_> = known.collect();
            if known.is_empty() { error } else { error.note(format!("there is: {}", known.join(", "))) }
        }
    }
}
