//! Floor 5: config groups, the defaults list, and one tree.

mod complaints;
mod config_source;
mod document;
mod element;
mod expand;
mod item;
mod repository;
mod request;
mod selection;
mod sources;
mod search_path;
mod tree;

pub use config_source::{ConfigSource, Content, Entry};
pub use document::Document;
pub use element::{Choice, Element, Pick, What};
pub use repository::{Provided, Repository};
pub use search_path::Packages;
pub use selection::{Absent, Branch, Included, Selection};
pub use sources::{Dir, Embedded, Memory, members};
