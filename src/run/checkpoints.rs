//! States of a job to go on from.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Sync, write_whole_with};
use crate::run::home::Home;

/// The checkpoints in one directory: each there whole or not at all, and on the disk before the next one is begun.
///
/// ```
/// use mainstem::run::Checkpoints;
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-checkpoints", std::process::id()));
/// let checkpoints = Checkpoints::new(&dir);
/// assert!(checkpoints.latest()?.is_none());
/// for epoch in 0..5 {
///     checkpoints.save(epoch, format!("weights after {epoch}"))?;
/// }
/// checkpoints.keep(2)?;
/// let latest = checkpoints.latest()?.unwrap();
/// assert_eq!((latest.step, checkpoints.list()?.len()), (4, 2));
/// assert_eq!(std::fs::read_to_string(&latest.path).unwrap(), "weights after 4");
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    directory: PathBuf,
    /// The directory of the run, if it lies in that of one.
    home: Option<Arc<Home>>,
}

/// Those in one directory are the same.
impl PartialEq for Checkpoints {
    fn eq(&self, other: &Self) -> bool {
        self.directory == other.directory
    }
}

impl Eq for Checkpoints {}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checkpoint {
    /// The step after which it was saved: counted as the job counts.
    pub step: u64,
    /// Its file.
    pub path: PathBuf,
}

/// The folder of those of a run, in its directory.
pub(super) const CHECKPOINTS: &str = "checkpoints";

const BEGINNING: &str = "step-";
const ENDING: &str = ".ckpt";

impl Checkpoints {
    /// Those in a directory, which need not exist yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), home: None }
    }

    /// Those of a run in that directory.
    pub(super) fn within(run: &Path, home: Arc<Home>) -> Self {
        Self { directory: run.join(CHECKPOINTS), home: Some(home) }
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Saves the state after a step; one of the same step is replaced.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full: then the earlier ones are there as before. Those of a run: its
    /// directory was moved or removed, or another run has it ([`ErrorKind::Job`]).
    pub fn save(&self, step: u64, bytes: impl AsRef<[u8]>) -> Result<PathBuf> {
        self.save_with(step, |file| file.write_all(bytes.as_ref()))
    }

    /// As [`Checkpoints::save`], of what a function writes.
    ///
    /// # Errors
    /// As [`Checkpoints::save`], and those of the function.
    pub fn save_with(
        &self,
        step: u64,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    ) -> Result<PathBuf> {
        self.stands()?;
        self.make().map_err(|error| self.failed("make", &error))?;
        let path = self.directory.join(format!("{BEGINNING}{step:012}{ENDING}"));
        write_whole_with(&path, Sync::Now, |file| {
            let mut file = BufWriter::new(file);
            write(&mut file)?;
            file.flush()
        })?;
        Ok(path)
    }

    /// Whether it is this run's own to write in.
    fn stands(&self) -> Result<()> {
        self.home.as_ref().map_or(Ok(()), |home| home.stands())
    }

    fn make(&self) -> io::Result<()> {
        if self.home.is_none() {
            return fs::create_dir_all(&self.directory);
        }
        // A run whose directory was moved or removed gets no other one in its place.
        fs::create_dir(&self.directory).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        })
    }

    /// All of them, by step.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: the directory cannot be read.
    pub fn list(&self) -> Result<Vec<Checkpoint>> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| self.failed("read", &error))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| self.failed("read", &error))?.path();
            let step = path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.strip_prefix(BEGINNING)?.strip_suffix(ENDING)?.parse().ok());
            found.extend(step.map(|step| Checkpoint { step, path }));
        }
        found.sort();
        Ok(found)
    }

    /// The one of the highest step.
    ///
    /// # Errors
    /// As [`Checkpoints::list`].
    pub fn latest(&self) -> Result<Option<Checkpoint>> {
        Ok(self.list()?.pop())
    }

    /// Removes all but the latest `number`.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: one cannot be removed. Those of a run: another one has its directory.
    pub fn keep(&self, number: usize) -> Result<()> {
        self.stands()?;
        let all = self.list()?;
        for old in all.iter().take(all.len().saturating_sub(number)) {
            fs::remove_file(&old.path).map_err(|error| self.failed("remove a checkpoint in", &error))?;
        }
        Ok(())
    }

    fn failed(&self, what: &str, error: &io::Error) -> Error {
        Error::new(ErrorKind::Io, format!("cannot {what} `{}`: {error}", self.directory.display()))
    }
}
