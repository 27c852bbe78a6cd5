//! Floor 1: the tree of values with provenance, and how it prints.

mod key;
mod map;
mod node;
mod path;
mod python;
mod template;

pub use key::Key;
pub use map::{Map, Slot};
pub use node::{Kind, Node, Text};
pub use path::KeyPath;
pub(crate) use path::integer_text;
pub use python::write_str;
pub use template::{Argument, Call, Expression, Name, Part, Reference, Template};
