//! Floor 3: schema files: types and registered configs as JSON, so that programs in any language can say them.
//!
//! `docs/SCHEMAS.md` describes the format.

mod file;
mod read;
mod words;
mod write;

pub use file::{Registered, SchemaFile};
