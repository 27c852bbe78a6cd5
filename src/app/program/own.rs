//! Flags that a program brings along, beside Hydra's.

use std::any::Any;
use std::sync::Arc;

use crate::app::complete::{Face, Holds};
use crate::diag::Result;

/// The flags of a program, and how they are read.
#[derive(Clone, Debug)]
pub(crate) struct OwnFlags {
    pub(crate) flags: Vec<OwnFlag>,
    /// A line or more for each.
    pub(crate) help: String,
    /// Reads what was found of them on the command line.
    pub(crate) read: fn(&[String]) -> Result<OwnValues>,
}

/// What was read of them.
pub(crate) type OwnValues = Arc<dyn Any + Send + Sync>;

/// A flag of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnFlag {
    /// The field that it is for.
    pub(crate) field: String,
    /// All its names, with their dashes.
    pub(crate) names: Vec<String>,
    /// So many values must stand behind it.
    pub(crate) least: usize,
    /// So many may.
    pub(crate) most: usize,
    /// What they are, to complete them.
    pub(crate) holds: Holds,
}

impl OwnFlag {
    /// It as it is completed: under each of its names.
    pub(crate) fn faces(&self) -> impl Iterator<Item = Face> {
        self.names.iter().map(move |name| {
            let (long, short) =
                if name.starts_with("--") { (name.as_str(), "") } else { ("", name.as_str()) };
            let (long, short) = (long.to_owned().into(), short.to_owned().into());
            Face { long, short, holds: self.holds.clone(), about: String::new() }
        })
    }
}
