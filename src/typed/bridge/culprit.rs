//! Finds the place of a mistake that serde reports late.
//!
//! Flattened structs, internally tagged and untagged enums first copy a whole mapping and read the copy, so a
//! mistake comes out where the mapping ends and says only what was found. If one value alone below the mapping is
//! what was found, that is the place; if several are, the mapping is.

use serde_core::de::Unexpected;

use crate::diag::Origin;
use crate::value::{Key, Kind, Node};

/// What the mistake is about.
#[derive(Debug)]
pub(super) enum Culprit {
    /// The node that was being read.
    Here,
    /// A value that equals this one.
    Value(Node),
    /// A key of that name.
    Key(String),
}

impl Culprit {
    /// A value that cannot be looked for by its content is looked for nowhere.
    pub(super) fn of(unexpected: &Unexpected<'_>) -> Self {
        let value = match *unexpected {
            Unexpected::Bool(b) => Node::from(b),
            Unexpected::Signed(n) => Node::from(n),
            Unexpected::Unsigned(n) => match i64::try_from(n) {
                Ok(n) => Node::from(n),
                Err(_) => Node::new(Kind::BigInt(n.to_string().into()), Origin::NONE),
            },
            Unexpected::Float(x) => Node::from(x),
            Unexpected::Str(text) => Node::from(text),
            Unexpected::Unit => Node::null(),
            _ => return Self::Here,
        };
        Self::Value(value)
    }
}

/// Whether a value can be what was found. serde may have turned an integer into a float before it complained.
#[expect(clippy::cast_precision_loss, reason = "the same loss that the conversion had")]
fn same(found: &Node, value: &Node) -> bool {
    match (&found.kind, &value.kind) {
        (Kind::Float(x), Kind::Int(i)) => *x == *i as f64,
        _ => found == value,
    }
}

/// So many values are looked at: trees can share branches, and then the walk is longer than the tree.
const VISITS: usize = 100_000;

/// The one place below `root` that fits, with the keys from there up to `root` (a key's own name left out).
pub(super) fn find(root: &Node, culprit: &Culprit) -> Option<(Origin, Vec<Key>)> {
    if matches!(culprit, Culprit::Here) || !root.is_container() {
        return None;
    }
    let mut hits = Hits::default();
    let mut visits = 0;
    // Each entry: a container, and where its parent and its key are in `trail`.
    let mut trail: Vec<(usize, Key)> = Vec::new();
    let mut open: Vec<(&Node, Option<usize>)> = vec![(root, None)];
    while let Some((node, at)) = open.pop() {
        for (key, key_origin, child) in children(node) {
            visits += 1;
            if visits > VISITS || hits.many {
                return None;
            }
            match culprit {
                Culprit::Key(name) if key.as_str() == Some(name) => hits.add(key_origin, at, None),
                Culprit::Value(value) if same(value, child) => hits.add(child.origin, at, Some(key.clone())),
                _ => {}
            }
            if child.is_container() {
                trail.push((at.unwrap_or(usize::MAX), key));
                open.push((child, Some(trail.len() - 1)));
            }
        }
    }
    let (origin, mut at, last) = hits.one.filter(|_| !hits.many)?;
    let mut path: Vec<Key> = last.into_iter().collect();
    while let Some((parent, key)) = at.and_then(|i| trail.get(i)) {
        path.push(key.clone());
        at = Some(*parent);
    }
    Some((origin, path))
}

#[derive(Default)]
struct Hits {
    one: Option<(Origin, Option<usize>, Option<Key>)>,
    many: bool,
}

impl Hits {
    fn add(&mut self, origin: Origin, at: Option<usize>, key: Option<Key>) {
        self.many = self.one.is_some();
        self.one = Some((origin, at, key));
    }
}

/// Keys, their places and the values of a container.
fn children(node: &Node) -> Vec<(Key, Origin, &Node)> {
    match &node.kind {
        Kind::Map(map) => map.iter().map(|(key, slot)| (key.clone(), slot.origin, &slot.node)).collect(),
        Kind::List(list) => {
            list.iter().zip(0..).map(|(child, i)| (Key::Int(i), child.origin, child)).collect()
        }
        _ => Vec::new(),
    }
}
