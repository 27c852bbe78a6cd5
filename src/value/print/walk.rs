//! A walk over a tree without recursion: aliases can nest a tree deeper than any stack.

use std::slice;

use crate::value::key::Key;
use crate::value::map::{Iter, Map};
use crate::value::node::{Kind, Node};

/// A container on the way.
#[derive(Clone, Copy)]
pub(super) enum Branch<'a> {
    Map(&'a Map),
    List(&'a [Node]),
}

impl Branch<'_> {
    fn is_empty(self) -> bool {
        match self {
            Self::Map(map) => map.is_empty(),
            Self::List(list) => list.is_empty(),
        }
    }
}

/// Is told what stands in the tree, in order.
pub(super) trait Visitor {
    /// A value that is no container.
    fn scalar(&mut self, kind: &Kind);
    /// A container without elements. No `open` or `close` is called for it.
    fn empty(&mut self, branch: Branch<'_>);
    /// A container that has elements begins.
    fn open(&mut self, branch: Branch<'_>);
    /// The innermost open container ends.
    fn close(&mut self);
    /// An entry of a mapping; its value comes next.
    fn key(&mut self, key: &Key, first: bool);
    /// An element of a list; its value comes next.
    fn item(&mut self, first: bool);
}

enum Rest<'a> {
    Map(Iter<'a>),
    List(slice::Iter<'a, Node>),
}

/// What is seen of a value.
pub(super) type Sight = fn(&Node) -> &Kind;

/// What may be shown of it: no secrets.
pub(super) const SHOWN: Sight = Node::shown;
/// All of it.
pub(super) const WHOLE: Sight = |node| &node.kind;

/// Walks the tree.
pub(super) fn walk<V: Visitor>(root: &Node, sight: Sight, visitor: &mut V) {
    let mut stack: Vec<(Rest<'_>, bool)> = Vec::new();
    enter(root, sight, &mut stack, visitor);
    while let Some((rest, first)) = stack.last_mut() {
        let node = match rest {
            Rest::Map(entries) => entries.next().map(|(key, slot)| {
                visitor.key(key, *first);
                &slot.node
            }),
            Rest::List(elements) => elements.next().inspect(|_| visitor.item(*first)),
        };
        *first = false;
        match node {
            Some(node) => enter(node, sight, &mut stack, visitor),
            None => {
                visitor.close();
                stack.pop();
            }
        }
    }
}

fn enter<'a, V: Visitor>(node: &'a Node, sight: Sight, stack: &mut Vec<(Rest<'a>, bool)>, visitor: &mut V) {
    let (branch, rest) = match sight(node) {
        Kind::Map(map) => (Branch::Map(map), Rest::Map(map.iter())),
        Kind::List(list) => (Branch::List(list), Rest::List(list.iter())),
        kind => return visitor.scalar(kind),
    };
    if branch.is_empty() {
        return visitor.empty(branch);
    }
    visitor.open(branch);
    stack.push((rest, true));
}
