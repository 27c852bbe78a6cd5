//! Floor 3: schema files: types and registered configs as JSON, so that programs in any language can say them.
//!
//! `docs/SCHEMAS.md` describes the format.

#[cfg(feature = "app")]
pub(crate) mod editor;
mod file;
mod read;
#[cfg(feature = "app")]
pub(crate) mod template;
mod words;
#[cfg(feature = "app")]
mod wrap;
mod write;

#[cfg(feature = "app")]
pub(crate) use wrap::wrapped;

pub use file::{Registered, SchemaFile};
