//! Containers with resolved values in the places of written ones.

use std::sync::Arc;

use crate::value::{Kind, Node, Slot};

/// The container with some values replaced, by position.
pub(super) fn replaced(node: &Node, changed: Vec<(usize, Node)>) -> Node {
    if changed.is_empty() {
        return node.clone();
    }
    let mut changed = changed.into_iter().peekable();
    let mut next = |i: usize, old: &Node| match changed.next_if(|(at, _)| *at == i) {
        Some((_, new)) => new,
        None => old.clone(),
    };
    let kind = match &node.kind {
        Kind::Map(map) => {
            let entries = map.iter().enumerate().map(|(i, (key, slot))| {
                (key.clone(), Slot { origin: slot.origin, node: next(i, &slot.node) })
            });
            Kind::Map(Arc::new(entries.collect()))
        }
        Kind::List(list) => {
            Kind::List(Arc::new(list.iter().enumerate().map(|(i, item)| next(i, item)).collect()))
        }
        other => other.clone(),
    };
    Node::new(kind, node.origin)
}

/// Whether a resolved value is the same shared container as the written one.
pub(super) fn shares(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Map(a), Kind::Map(b)) => Arc::ptr_eq(a, b),
        (Kind::List(a), Kind::List(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}
