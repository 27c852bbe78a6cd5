//! The directory of a job, as the one that the process is in.

use std::env;
use std::path::{Path, PathBuf};

use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind, Result};

/// The process is in another directory, and goes back when this is dropped.
#[derive(Debug)]
pub(super) struct Elsewhere {
    back: Option<PathBuf>,
}

impl Elsewhere {
    /// Goes there.
    ///
    /// # Errors
    /// The process is not ours, or there is no such directory.
    pub(super) fn enter(session: &Session<'_>, to: &Path) -> Result<Self> {
        if !session.owns_process {
            return Err(Error::new(
                ErrorKind::Job,
                "`hydra.job.chdir` changes the directory of the whole process",
            )
            .help("run the program as a process of its own"));
        }
        change_directory(to)?;
        Ok(Self { back: Some(session.composer.facts().cwd.clone()) })
    }

    /// Goes back, and says so if that fails.
    ///
    /// # Errors
    /// The directory is no more.
    pub(super) fn leave(mut self) -> Result<()> {
        self.back.take().map_or(Ok(()), |back| change_directory(&back))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // Something else has failed already, and is told.
        let _ = self.back.take().map(|back| change_directory(&back));
    }
}

fn change_directory(to: &Path) -> Result<()> {
    env::set_current_dir(to).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot go to the directory `{}`: {error}", to.display()))
    })
}
