//! Logging configs that were found right: most jobs of a sweep have the same, and it is read once.

use std::cell::{Cell, RefCell};

use crate::app::program::bound::Bound;
use crate::resolve::{Answered, Input, Scope};
use crate::value::{HashSet, Key, KeyPath, Kind, Node};

/// What is read of a config to know how it logs.
const READ: [&str; 3] = ["hydra.verbose", "hydra.hydra_logging", "hydra.job_logging"];

/// After so many configs in a row of which none was known, they are all different, and none is remembered any more.
const MISSES: u32 = 16;

/// A place that was read, and what stood there.
type Seen = (KeyPath, Option<Node>);

/// The logging config that was found right last.
#[derive(Debug, Default)]
pub(crate) struct Known {
    last: RefCell<Option<Vec<Seen>>>,
    misses: Cell<u32>,
}

impl Known {
    /// Whether a config logs as the last one that was found right: all that is read of it is the same, interpolations and
    /// what they lead to.
    pub(crate) fn covers(&self, bound: &Bound) -> bool {
        let same = |(path, node): &Seen| at(bound.root(), path) == node.as_ref();
        let covers = self.last.borrow().as_ref().is_some_and(|last| last.iter().all(same));
        self.misses.set(if covers { 0 } else { self.misses.get().saturating_add(1) });
        covers
    }

    /// Takes a config that was found right.
    pub(crate) fn learn(&self, bound: &Bound) {
        let found = match self.misses.get() {
            ..=MISSES => bound.reading(true, |scope| Ok(read(scope, bound.root()))).ok().flatten(),
            _ => None,
        };
        *self.last.borrow_mut() = found;
    }
}

/// What stands in the places that are read, as it is written; `None` if a resolver of the program has a say.
fn read(scope: &Scope<'_>, root: &Node) -> Option<Vec<Seen>> {
    let mut found = Vec::new();
    let mut seen: HashSet<KeyPath> = HashSet::default();
    let mut open: Vec<KeyPath> = READ.map(KeyPath::parse).into();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let node = at(root, &path);
        if let Some(node) = node {
            Reader { scope, root, open: &mut open }.value(&path, node)?;
        }
        found.push((path, node.cloned()));
    }
    Some(found)
}

struct Reader<'a> {
    scope: &'a Scope<'a>,
    root: &'a Node,
    /// The places that interpolations lead to.
    open: &'a mut Vec<KeyPath>,
}

impl Reader<'_> {
    fn value(&mut self, path: &KeyPath, node: &Node) -> Option<()> {
        match &node.kind {
            Kind::Map(map) => {
                for (key, slot) in map.iter() {
                    self.value(&path.child(key.clone()), &slot.node)?;
                }
            }
            Kind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let key = Key::Int(i64::try_from(index).unwrap_or(i64::MAX));
                    self.value(&path.child(key), item)?;
                }
            }
            Kind::Template(_) => {
                for input in self.scope.inputs(path) {
                    match input {
                        Input::Value(path) | Input::Absent { path, .. } => self.place(path),
                        Input::Resolver { answered: Answered::Here, .. } => return None,
                        // The same for all jobs.
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Some(())
    }

    /// A place, and the interpolations on the way to it.
    fn place(&mut self, path: KeyPath) {
        for len in 1..path.len() {
            let above: KeyPath = path.keys().iter().take(len).cloned().collect();
            if at(self.root, &above).is_some_and(|node| matches!(node.kind, Kind::Template(_))) {
                self.open.push(above);
            }
        }
        self.open.push(path);
    }
}

/// What stands at a path, without following anything.
fn at<'n>(root: &'n Node, path: &KeyPath) -> Option<&'n Node> {
    path.keys().iter().try_fold(root, |node, key| match (&node.kind, key) {
        (Kind::List(items), Key::Int(index)) => items.get(usize::try_from(*index).ok()?),
        _ => node.as_map()?.get(key),
    })
}
