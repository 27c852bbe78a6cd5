//! Floor 5: config groups, the defaults list, and one tree.

mod aliases;
mod arguments;
mod base;
mod check;
mod complaints;
mod composed;
mod composer;
mod config_source;
mod document;
mod element;
mod expand;
mod explain;
mod item;
mod plan;
mod repository;
mod request;
mod runtime;
mod search_path;
mod selection;
mod sources;
mod tree;

pub use aliases::Aliases;
pub use arguments::{Arguments, Selected};
pub use base::Base;
pub use check::Report;
pub use composed::{Composed, RESERVED};
pub use composer::{Composer, Mode};
pub use config_source::{ConfigSource, Content, Entry};
pub use document::Document;
pub use element::{Choice, Element, Pick, What};
pub use explain::{By, Change, Explanation, Step};
pub use repository::{Provided, Repository, SCHEMA};
pub use runtime::Runtime;
pub use search_path::Packages;
pub use selection::{Absent, Branch, Included, Selection};
pub use sources::{Dir, Embedded, Memory, members};
