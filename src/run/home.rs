//! Whether the directory of a run is still its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Lock, is_at};
use crate::run::files::RUN;
use crate::run::id::RunId;
use crate::run::record::Record;

/// The directory that a run got. Its path may lead elsewhere by now: it was moved, or another run has taken it.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
    /// The directory itself, whatever its name is; `None` where it cannot be opened.
    opened: Option<File>,
    lock: Option<Arc<Lock>>,
    /// Where the record is, and whose it is.
    record: Option<(PathBuf, RunId)>,
}

impl Home {
    pub(super) fn new(directory: &Path, lock: Option<Arc<Lock>>, record: Option<(PathBuf, RunId)>) -> Self {
        Self { directory: directory.to_owned(), opened: File::open(directory).ok(), lock, record }
    }

    /// Whether what is written there is in the directory of this run.
    ///
    /// # Errors
    /// Another run has the directory by now, or it was moved or removed.
    pub(super) fn stands(&self) -> Result<()> {
        if let Some(lock) = &self.lock {
            if lock.is_held().is_ok_and(|held| held) {
                return Ok(());
            }
            if lock.is_lost() {
                return Err(self.lost());
            }
        }
        // The lock is given back, or somebody has removed it. Another run may have been here since.
        if let Some((file, id)) = &self.record
            && Record::load(file).is_ok_and(|there| there.id() != Some(*id))
        {
            return Err(self.lost());
        }
        let is_there =
            self.opened.as_ref().map_or_else(|| self.directory.is_dir(), |opened| self.is_at(opened));
        if is_there { Ok(()) } else { Err(self.moved()) }
    }

    /// Whether what is opened by its name, in the record or beside, is this run's own: its record is there. A lock of its own
    /// says of a rank that it lives, and not that its directory is still the one of its job.
    ///
    /// # Errors
    /// As [`Home::stands`].
    pub(super) fn keeps_record(&self) -> Result<()> {
        self.stands()?;
        match (&self.record, &self.lock) {
            (Some((file, id)), _) => {
                match Record::load(file) {
                    Ok(there) if there.id() == Some(*id) => Ok(()),
                    Ok(_) => Err(self.lost()),
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        // A rank has a record of its own beside that of its job.
                        let of_job = Record::load(&file.with_file_name(RUN));
                        let is_lost = of_job.is_ok_and(|there| there.id() != Some(*id));
                        Err(if is_lost { self.lost() } else { unrecorded(file) })
                    }
                    Err(error) => Err(error
                        .note("nobody knows whose record it is, so nothing of this run is written there")),
                }
            }
            (None, Some(lock)) => match lock.is_held() {
                Ok(true) => Ok(()),
                Ok(false) => Err(self.lost()),
                Err(error) => {
                    let message =
                        format!("cannot look at the lock of `{}`: {error}", self.directory.display());
                    Err(Error::new(ErrorKind::Io, message))
                }
            },
            (None, None) => Ok(()),
        }
    }

    /// What is not known is taken for true.
    fn is_at(&self, opened: &File) -> bool {
        is_at(opened, &self.directory).unwrap_or(true)
    }

    fn lost(&self) -> Error {
        let directory = self.directory.display();
        let message = format!("the run has lost its directory `{directory}`: another one has it");
        Error::new(ErrorKind::Job, message)
            .note("who does not show for two minutes that it lives is taken for dead; a directory may have been moved")
            .note("nothing of this run is written there, so that what is the other one's stays")
    }

    fn moved(&self) -> Error {
        let directory = self.directory.display();
        let message = format!("the directory `{directory}` was moved or removed while its run was in it");
        Error::new(ErrorKind::Io, message).note("nothing is written in its place")
    }
}

/// That a run has no record any more, so that nothing says whose the directory is.
fn unrecorded(file: &Path) -> Error {
    let message = format!("the record `{}` was removed while its run was in the directory", file.display());
    Error::new(ErrorKind::Io, message).note("nothing of this run is written there")
}
