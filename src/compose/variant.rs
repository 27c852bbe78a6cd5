//! An option that lands where an enum is expected chooses the variant.

use std::sync::Arc;

use crate::compose::selection::Included;
use crate::diag::{Error, ErrorKind, listed};
use crate::schema::Expected;
use crate::value::{Key, Kind, Map, Node};

/// The body of an option that stands for a variant, with the tag that says so: from where it was chosen. `None` if
/// nothing is to be added: it says itself which variant it is, or stands for none.
pub(crate) fn named(included: &Included, expected: Expected<'_>) -> Option<Node> {
    let body = &included.document.root;
    let (key, word) = tag(included, expected)?;
    let map = body.as_map().filter(|map| map.get(&key).is_none())?;
    let mut named = Map::default();
    named.insert(key, word.origin, word);
    for (key, slot) in map {
        named.insert(key.clone(), slot.origin, slot.node.clone());
    }
    Some(Node::new(Kind::Map(Arc::new(named)), body.origin))
}

/// The tag alone of an option: what its defaults list brings in lands in the variant that it is. A word that names no
/// variant is told where the option itself is merged.
pub(crate) fn named_first(included: &Included, expected: Expected<'_>) -> Option<Node> {
    let (key, word) = tag(included, expected)?;
    expected.as_enum()?.variant(word.as_str()?)?;
    let mut named = Map::default();
    named.insert(key, word.origin, word);
    Some(Node::new(Kind::Map(Arc::new(named)), included.document.root.origin))
}

/// The error that one of several options stands for another variant than one that was chosen with it: an enum is one of them.
pub(crate) fn contradiction(all: &[Included], included: &Included, expected: Expected<'_>) -> Option<Error> {
    let (group, _) = included.config_path.rsplit_once('/')?;
    // One that is chosen alone has a key by which another one is.
    let listed_together = |one: &&Included| {
        let is_listed = one.is_option && one.override_key.is_none() && one.package == included.package;
        is_listed && one.config_path.rsplit_once('/').is_some_and(|(other, _)| other == group)
    };
    let (_, word) = tag(included, expected)?;
    let mut before = all.iter().take_while(|one| *one != included).filter(listed_together);
    let first = before.find(|one| tag(one, expected).is_some_and(|(_, other)| other != word))?;
    let names = all.iter().filter(listed_together).filter_map(|one| one.config_path.rsplit_once('/'));
    let names: Vec<&str> = names.map(|(_, name)| name).collect();
    let message = format!("`{group}` must be one of its options, and {} are {}", listed(&names), names.len());
    let error = Error::new(ErrorKind::Defaults, message);
    let error = error.at(first.why, "one of them").at(included.why, "another one");
    let error = error.help(format!("choose one: `{group}={}`", names.first()?));
    Some(error.help(format!("a job for each is a sweep: `--multirun {group}={}`", names.join(","))))
}

/// The tag of an option that lands where an enum is expected: as it says itself, or by its name.
fn tag(included: &Included, expected: Expected<'_>) -> Option<(Key, Node)> {
    if !included.is_option {
        return None;
    }
    let variants = expected.as_enum()?;
    let tag = variants.tag.as_ref()?;
    let map = included.document.root.as_map()?;
    let word = match map.get_str(tag) {
        Some(word) => word.clone(),
        None => {
            let (_, option) = included.config_path.rsplit_once('/')?;
            let (name, _) = variants.option(option)?;
            Node::new(Kind::Str(name.clone()), included.why)
        }
    };
    Some((Key::Str(tag.clone()), word))
}
