//! How values print: as YAML, as JSON, and as Python shows them inside text.

mod ambiguous;
mod base64;
mod digits;
mod json;
mod number;
mod python;
mod scalar;
mod unprintable;
mod walk;
mod yaml;

pub use json::{JsonStyle, write_json, write_json_str, write_python_json};
pub use number::{write_float, write_int};
pub use python::{write_key_repr, write_repr, write_str};
pub(crate) use yaml::to_yaml;
pub use yaml::write_yaml;
