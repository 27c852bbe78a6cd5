//! Mappings made of several: `<<`, and what may not stand in one.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind};
use crate::value::{Key, Map};
use crate::yaml::tree::Tree;

/// What `<<` gives: keys of the merged mappings first, later sources over earlier ones, own keys over all. An own
/// textual key keeps its own place in the order; any other keeps the place where it came first.
pub(super) fn merged(own: &Map, sources: &[Arc<Map>]) -> Map {
    let mut map = Map::default();
    for source in sources {
        for (key, slot) in source.iter() {
            if !matches!(key, Key::Str(_)) || own.slot(key).is_none() {
                map.insert(key.clone(), slot.origin, slot.node.clone());
            }
        }
    }
    for (key, slot) in own {
        map.insert(key.clone(), slot.origin, slot.node.clone());
    }
    map
}

impl Tree<'_> {
    /// `1` and `'1'` are two keys, but no one can tell them apart on a command line.
    pub(super) fn check_integers(&mut self, map: &Map) {
        for (key, slot) in map {
            let Key::Int(number) = key else { continue };
            if let Some(other) = map.slot(&Key::Str(number.to_string().into())) {
                let (one, two) = (slot.origin.min(other.origin), slot.origin.max(other.origin));
                let message =
                    format!("the integer key {number} and the text key '{number}' stand in one mapping");
                let error = Error::new(ErrorKind::DuplicateKey, message)
                    .at(two, "the second here")
                    .at(one, "the first here")
                    .help("write both as integers or both in quotes, and keep one");
                self.error(error);
            }
        }
    }
}
