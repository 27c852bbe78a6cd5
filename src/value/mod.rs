//! Floor 1: the tree of values with provenance, and how it prints.

mod key;
mod map;
mod node;
mod parse_json;
mod path;
mod print;
mod sparse;
mod table;
mod template;

pub use key::Key;
pub use map::{Map, Slot};
pub use node::{DEEPEST, Kind, Node, Text};
pub use parse_json::read_json;
pub(crate) use parse_json::read_python_json;
pub use path::KeyPath;
pub(crate) use path::integer_text;
pub(crate) use print::to_yaml;
pub use print::{
    JsonStyle, write_float, write_int, write_json, write_json_str, write_key_repr, write_python_json,
    write_repr, write_str, write_yaml,
};
pub use table::{HashMap, HashSet, IndexMap};
pub(crate) use template::find_written;
pub use template::{Argument, Call, Expression, Name, Part, Reference, Template, Written};
