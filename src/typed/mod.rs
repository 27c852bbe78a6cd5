//! Floor 6: trees as Rust types.
