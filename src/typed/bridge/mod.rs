//! To and from the types that serde knows.

mod access;
mod culprit;
mod failure;
mod key;
mod read;

pub use read::from_node;
