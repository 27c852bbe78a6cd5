//! One record of a log.

use chrono::{DateTime, FixedOffset};

use crate::app::program::logging::level::Level;

/// What is said, by whom, how grave it is, and from where in the code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) level: Level,
    /// The logger's name, with dots.
    pub(super) name: &'a str,
    pub(super) message: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    pub(super) at: DateTime<FixedOffset>,
}
