//! Who wants to know what a merge does.

use crate::value::{KeyPath, Node};

/// Is told of every value that a merge or an assignment sets. `()` listens to nothing and costs nothing.
///
/// A subtree that is put as a whole is told once, with the path of its top: who follows one path looks for it
/// inside, and for what replaces something above it.
pub trait Observer {
    /// Whether [`Observer::set`] wants to be called at all.
    const LISTENS: bool = true;

    /// A value was set. `old` is what stood there.
    fn set(&mut self, path: &KeyPath, old: Option<&Node>, new: &Node);

    /// A value was deleted.
    fn removed(&mut self, _path: &KeyPath, _old: &Node) {}
}

impl Observer for () {
    const LISTENS: bool = false;

    fn set(&mut self, _: &KeyPath, _: Option<&Node>, _: &Node) {}
}
