//! The truth of a sweep.

use std::fs;
use std::path::Path;

use crate::diag::{Error, ErrorKind, Result};
use crate::drive::entry::Entry;
use crate::durable::{Log, sync};

/// The folder in the directory of a sweep that holds what is known of it.
pub const FOLDER: &str = ".sweep";

/// The journal in that folder.
pub const JOURNAL: &str = "journal.jsonl";

/// A file to which everything is added that happens to a sweep, a JSON object a line. What it says is so, and what it does
/// not say did not happen.
///
/// A line is there for every reader when the call returns. What must not be lost has reached the disk by then: what the
/// sweep is, how a job ended, and why the sweep did. That a job has begun may be lost with the machine: then it has not.
#[derive(Debug)]
pub struct Journal(Log);

impl Journal {
    /// Begins the journal of a sweep in its directory. One that is there is put aside: `.sweep` becomes `.sweep.1`, or the
    /// next free name; the second value says so.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub fn begin(directory: &Path, first: &Entry) -> Result<(Self, Option<String>)> {
        let folder = directory.join(FOLDER);
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot make `{}`: {error}", folder.display()))
        };
        let mut earlier = None;
        if folder.exists() {
            let free = |number: &u32| !directory.join(format!("{FOLDER}.{number}")).exists();
            let number = (1..u32::MAX).find(free).unwrap_or(u32::MAX);
            let name = format!("{FOLDER}.{number}");
            fs::rename(&folder, directory.join(&name)).map_err(failed)?;
            earlier = Some(name);
        }
        fs::create_dir_all(&folder).map_err(failed)?;
        let journal = Self::open(directory)?;
        journal.add(first)?;
        // The names as well, or a crash of the machine could take back the file that a line is in.
        sync(&folder, &[])?;
        sync(directory, &[])?;
        Ok((journal, earlier))
    }

    /// Goes on with the journal of a sweep. A last line that was not finished is cut off.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub fn open(directory: &Path) -> Result<Self> {
        Log::open(&directory.join(FOLDER).join(JOURNAL)).map(Self)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full: then nothing of it is left.
    pub fn add(&self, entry: &Entry) -> Result<()> {
        self.0.append(&entry.to_line())?;
        match entry {
            Entry::Started { .. } | Entry::Driver { .. } => Ok(()),
            Entry::Sweep(_) | Entry::Ended { .. } | Entry::Stopped { .. } | Entry::Finished { .. } => {
                self.0.sync()
            }
        }
    }
}
