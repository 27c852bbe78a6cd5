//! Floor 0: where text came from, and what went wrong with it.

mod error;
mod listed;
mod render;
mod secrets;
mod shell;
mod sink;
mod source;
mod suggest;
mod visible;

pub(crate) use error::DRAWN;
pub use error::{Error, ErrorKind, Label, Result};
pub(crate) use listed::{listed, listed_few, listed_near};
pub use render::{Severity, Style};
pub use secrets::{HIDDEN, Secrets};
pub use shell::shell_word;
pub use sink::Sink;
pub(crate) use sink::{MISTAKES, too_many_mistakes};
pub use source::{Origin, Source, SourceId, SourceKind, SourceMap, Span};
pub use suggest::did_you_mean;
pub use visible::visible;
