//! What overrides leave behind that makes an enum another variant: values that were given to the one that it was.

use crate::compose::base::Base;
use crate::diag::Error;
use crate::merge::{Action, Assignment, stale_of_any};
use crate::value::{HashSet, KeyPath, Map, Node};

/// What fits no more in the tree that assignments have made of a base: an error for each, with what to do. It is looked for
/// when all of them are applied, since a later one may take it away.
pub(super) fn left(base: &Base, root: &Node, assignments: &[Assignment]) -> Vec<Error> {
    if base.schema.is_any() {
        return Vec::new();
    }
    let mut look = Look { base, root, seen: HashSet::default(), errors: Vec::new() };
    for assignment in assignments {
        let (Action::Change(value) | Action::Add(value) | Action::Force(value)) = &assignment.action else {
            continue;
        };
        if let Some((above, _)) = assignment.path.split_last() {
            look.at(&above);
        }
        look.below(&assignment.path, value);
    }
    look.errors
}

struct Look<'a> {
    base: &'a Base,
    root: &'a Node,
    seen: HashSet<KeyPath>,
    errors: Vec<Error>,
}

impl Look<'_> {
    /// A place, and all places below it that were assigned with it.
    fn below(&mut self, path: &KeyPath, value: &Node) {
        let Some(map) = value.as_map() else { return };
        self.at(path);
        for (key, slot) in map {
            self.below(&path.child(key.clone()), &slot.node);
        }
    }

    fn at(&mut self, path: &KeyPath) {
        let expected = self.base.schema.expected().at_in(self.root, path);
        if expected.as_enum().is_none() || !self.seen.insert(path.clone()) {
            return;
        }
        let find = |root| path.keys().iter().try_fold(root, Node::child).and_then(Node::as_map);
        let (was, Some(is)) = (find(&self.base.root), find(self.root)) else { return };
        for (key, error) in stale_of_any(was, is, expected, path) {
            let place = |map: &Map| map.slot(&key).map(|slot| slot.origin);
            let help = match was.and_then(place) {
                // A config says it: what was typed cannot be left out.
                Some(origin) if Some(origin) == place(is) => format!("type `~{}`, too", path.child(key)),
                _ => "leave it out".to_owned(),
            };
            self.errors.push(error.help(help));
        }
    }
}
