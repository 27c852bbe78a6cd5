//! To and from the types that serde knows.
//!
//! As a module it also stands for them in a field: `#[mainstem(with = serde)]` is `with = mainstem::typed::bridge`.

mod access;
mod culprit;
mod failure;
mod field;
mod key;
mod output;
mod read;

pub use field::{describe, read, write};
pub use output::to_node;
pub use read::from_node;
