//! What a program sees of the world outside, and where it speaks.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::capture;
use crate::app::program::console::Console;
use crate::app::program::snapshot::Snapshot;
use crate::diag::Result;
use crate::facts::Facts;

/// The world of one call: facts, the program's own file, and the console.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) facts: Facts,
    pub(crate) executable: Option<PathBuf>,
    pub(crate) console: Console,
    /// The program as it was, if that is what counts.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// The call owns the process: it may change its directory, take its signals, and start it again for a job.
    pub(crate) owns_process: bool,
}

impl World {
    /// The world as it is.
    ///
    /// # Errors
    /// There is no working directory.
    pub(crate) fn capture() -> Result<Self> {
        let facts = capture::facts()?;
        let (executable, console) = (capture::executable(), Console::process());
        Ok(Self { facts, executable, console, snapshot: None, owns_process: true })
    }

    /// The same world once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            facts: self.facts.clone(),
            executable: self.executable.clone(),
            console: self.console.clone(),
            snapshot: self.snapshot.clone(),
            owns_process: self.owns_process,
        }
    }
}
