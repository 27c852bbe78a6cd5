//! What a job's function is handed beside its config.

use std::path::{Path, PathBuf};

/// One run of a job: its directory, which no other run has.
#[derive(Debug)]
pub struct Run {
    pub(crate) directory: PathBuf,
    pub(crate) original_cwd: PathBuf,
}

impl Run {
    /// The directory of the run: an absolute path.
    pub fn dir(&self) -> &Path {
        &self.directory
    }

    /// The working directory in which the program was started, whatever `hydra.job.chdir` says.
    pub fn original_cwd(&self) -> &Path {
        &self.original_cwd
    }
}
