//! Floor 4: the truth table of merging; applying assignments.
//!
//! Merging a document puts each of its values into the tree, key by key. What happens is decided by what is there
//! and by what comes; [`merge`] is this table and nothing else:
//!
//! | there ↓ / comes → | `???` | scalar, `null` | `${…}` | list | mapping |
//! |---|---|---|---|---|---|
//! | nothing | comes | comes | comes | comes | comes (shared) |
//! | `???`, scalar, `null` | stays | comes | comes | comes | comes |
//! | list | stays | comes | comes | comes | error |
//! | mapping | stays | comes | comes | error | deep merge |
//! | `${…}` of a mapping | a copy of it | comes | comes | error | a copy of it, merged into |
//! | `${…}` of a list | a copy of it | comes | comes | comes | error |
//! | any other `${…}` | stays | comes | comes | comes | comes |
//!
//! A key that is set again keeps its place in the order; its origin is the new one. A mapping that is merged into
//! keeps its origin. What an interpolation stands for is asked of the tree as it has been merged so far.
//!
//! A command-line assignment of a mapping to a mapping, or of a list to a list, follows the same table; what else it
//! assigns replaces what is there. [`assign`] tells which keys it may add.
//!
//! In a typed part of the tree the value that comes must fit, keys that a closed struct lacks are errors, and what
//! a `${…}` stands for is checked when it is resolved. Where the key that names the variant of an enum gets another
//! value, what stands beside it only as a default of the old variant goes; what was written for the old one, and the new one has
//! no place for, is an error.

mod assign;
mod document;
mod observer;
mod variant;

pub use crate::resolve::Context;
pub use assign::{Action, Assignment, assign};
pub use document::merge;
pub(crate) use document::too_deep;
pub use observer::Observer;
pub(crate) use variant::stale_of_any;
