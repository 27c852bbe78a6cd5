//! Floor 0: where text came from, and what went wrong with it.

mod error;
mod render;
mod shell;
mod sink;
mod source;
mod suggest;

pub use error::{Error, ErrorKind, Label, Result};
pub use render::{Severity, Style};
pub use shell::shell_word;
pub use sink::Sink;
pub use source::{Origin, Source, SourceId, SourceKind, SourceMap, Span};
pub use suggest::did_you_mean;
