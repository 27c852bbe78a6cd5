//! A place in a config, where a value stands or none.

use crate::diag::Origin;
use crate::value::Node;

/// A place in a config that is read: a value, or nothing. The [`Reader`](crate::typed::Reader) knows its path.
#[derive(Clone, Copy, Debug)]
pub struct Slot<'a> {
    node: Option<&'a Node>,
    holder: Origin,
}

impl<'a> Slot<'a> {
    /// The place of a value.
    pub fn of(node: &'a Node) -> Self {
        Self { node: Some(node), holder: node.origin }
    }

    /// A place where nothing stands, in a mapping from `holder`.
    pub fn absent(holder: Origin) -> Self {
        Self { node: None, holder }
    }

    /// The value, if one is there. It may be `???`.
    pub fn node(self) -> Option<&'a Node> {
        self.node
    }

    /// Where the value was written; where nothing stands, what should hold it.
    pub fn origin(self) -> Origin {
        self.holder
    }
}
