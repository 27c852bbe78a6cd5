//! The truth of a sweep.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use chrono::{DateTime, FixedOffset, TimeDelta};

use crate::diag::{Error, ErrorKind, Result, Secrets, shell_word};
use crate::drive::entry::Entry;
use crate::durable::{Log, sync};
use crate::facts::Process;
use crate::run::{Lease, RunId, Tenant};
use crate::value::{Map, Node};

/// The folder in the directory of a sweep that holds what is known of it.
pub const FOLDER: &str = ".sweep";

/// The journal in that folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The lock of a sweep, in its directory. It is there while the sweep is driven, or after its driver was killed.
pub const LOCK: &str = ".sweep.lock";

/// Takes the right to drive the sweep in a directory, which one process at a time has.
///
/// # Errors
/// Another driver has it, or the lock cannot be written.
///
/// ```
/// use mainstem::drive::{is_driven, lease};
/// use mainstem::facts::Process;
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-drive", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let process = Process::default();
/// let driver = lease(&dir, &process)?;
/// assert!(is_driven(&dir, &process));
/// assert_eq!(lease(&dir, &process).unwrap_err().kind(), mainstem::diag::ErrorKind::Job);
/// drop(driver);
/// assert!(!is_driven(&dir, &process));
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn lease(directory: &Path, process: &Process) -> Result<Lease> {
    let driver = Map::from([
        ("id", Node::from(i64::from(process.id))),
        ("host", Node::from(process.host.as_str())),
        ("boot", Node::from(process.boot.as_deref())),
    ]);
    let id = RunId::new(process, process.clock.now()).to_string();
    let about = Map::from([("id", Node::from(id.as_str())), ("process", Node::from(driver))]);
    Lease::take(&directory.join(LOCK), &about, process)?.map_err(|tenant| {
        let message = format!("another process runs the sweep in `{}`", directory.display());
        let error = Error::new(ErrorKind::Job, message);
        let error = match tenant.who() {
            Some(who) => error.note(who),
            None => error,
        };
        let typed = shell_word(&directory.to_string_lossy()).into_owned();
        error.help(format!("wait for it, or end it: `mainstem sweeps cancel {typed}`"))
    })
}

/// Whether the sweep in a directory is driven now, as far as can be known from here.
pub fn is_driven(directory: &Path, process: &Process) -> bool {
    Tenant::find(&directory.join(LOCK), process).is_some()
}

/// A file to which everything is added that happens to a sweep, a JSON object a line. What it says is so, and what it does
/// not say did not happen.
///
/// A line is there for every reader when the call returns. What the sweep is, and why it ended, has reached the disk by then;
/// how a job ended, too, unless another one did in the second before: until then its record says so, which has. That a job has
/// begun may be lost with the machine: then it has not.
///
/// Who writes it has the lease of the sweep: a driver that was taken for dead, and goes on, adds nothing.
#[derive(Debug)]
pub struct Journal {
    log: Log,
    lease: Lease,
    secrets: Arc<Secrets>,
    /// The moment of the last entry that was waited for until it had reached the disk.
    synced: Mutex<DateTime<FixedOffset>>,
}

/// The ends of jobs within so long reach the disk together.
const TOGETHER: TimeDelta = TimeDelta::seconds(1);

impl Journal {
    /// Begins the journal of a sweep in its directory. One that is there is put aside: `.sweep` becomes `.sweep.1`, or the
    /// next free name; the second value says so. No `secrets` come into it.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub fn begin(lease: Lease, first: &Entry, secrets: Arc<Secrets>) -> Result<(Self, Option<String>)> {
        let directory = lease.directory().to_owned();
        let folder = directory.join(FOLDER);
        let failed = |error: io::Error| {
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
        let journal = Self::open(lease, secrets)?;
        journal.add(first)?;
        // The names as well, or a crash of the machine could take back the file that a line is in.
        sync(&folder, &[])?;
        sync(&directory, &[])?;
        Ok((journal, earlier))
    }

    /// Goes on with the journal of a sweep. A last line that was not finished is cut off.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub fn open(lease: Lease, secrets: Arc<Secrets>) -> Result<Self> {
        let log = Log::open(&lease.directory().join(FOLDER).join(JOURNAL))?;
        Ok(Self { log, lease, secrets, synced: Mutex::default() })
    }

    /// The right to drive the sweep.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether another job finds room beside the journal, which may still have some in its last block.
    ///
    /// # Errors
    /// The disk is full, or what one may have of it.
    pub(super) fn room(&self) -> Result<()> {
        static ENOUGH: [u8; 1 << 16] = [0; 1 << 16];
        let path = self.lease.directory().join(FOLDER).join("room");
        let written = fs::write(&path, ENOUGH);
        // It is in nobody's way, and the next one writes over it.
        let _ = fs::remove_file(&path);
        match written {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                Err(self.full())
            }
            // What else is wrong is told by who needs it.
            _ => Ok(()),
        }
    }

    /// That there is no room any more.
    pub(super) fn full(&self) -> Error {
        let message =
            format!("there is no space left for the sweep in `{}`", self.lease.directory().display());
        Error::new(ErrorKind::Io, message).note("no job begins that would fail for the same reason")
    }

    /// Adds an entry. Secrets in its texts are written as `***`.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full: then nothing of it is left. Another process may run the sweep
    /// by now: then nothing was written.
    pub fn add(&self, entry: &Entry) -> Result<()> {
        if !self.lease.is_held() {
            let error = Error::new(ErrorKind::Job, "this process does not run the sweep any more");
            return Err(error
                .note(format!("`{}` is not its lock", self.lease.directory().join(LOCK).display()))
                .note("who does not show for two minutes that it lives is taken for dead"));
        }
        // What is added to a file that somebody removed, nobody reads.
        if !self.log.is_there() {
            let path = self.lease.directory().join(FOLDER).join(JOURNAL);
            let message = format!("`{}` was removed or replaced while the sweep runs", path.display());
            return Err(Error::new(ErrorKind::Io, message));
        }
        self.log.append(&entry.to_line_without(&self.secrets))?;
        match entry {
            Entry::Started { .. } | Entry::Driver { .. } => Ok(()),
            Entry::Ended { time, .. } => {
                let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
                // A clock may go back.
                if (*time - *synced).abs() < TOGETHER {
                    return Ok(());
                }
                *synced = *time;
                self.log.sync()
            }
            // What a scheduler is told must not be forgotten, or it would be told twice.
            _ => self.log.sync(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;
    use crate::run::Status;

    fn finished() -> Entry {
        Entry::Finished { time: DateTime::UNIX_EPOCH.fixed_offset() }
    }

    #[test]
    fn a_driver_that_was_taken_for_dead_writes_nothing() {
        let scratch = Scratch::new("journal-lost");
        let driver = lease(scratch.path(), &Process::default()).unwrap();
        let first = Entry::Sweep(Box::default());
        let (journal, _) = Journal::begin(driver, &first, Arc::default()).unwrap();
        let path = scratch.path().join(FOLDER).join(JOURNAL);
        let before = fs::read(&path).unwrap();
        // Who could not see its lock has put another one in its place.
        fs::write(scratch.path().join("other"), "{}").unwrap();
        fs::rename(scratch.path().join("other"), scratch.path().join(LOCK)).unwrap();
        assert_eq!(journal.add(&finished()).unwrap_err().kind(), ErrorKind::Job);
        assert_eq!(fs::read(&path).unwrap(), before);
        drop(journal);
        assert!(scratch.path().join(LOCK).exists(), "it is the other one's");
    }

    #[test]
    fn texts_hold_no_secrets() {
        let scratch = Scratch::new("journal-secrets");
        let secrets = Arc::new(Secrets::default());
        secrets.add("hush-hush");
        secrets.add("completed");
        let driver = lease(scratch.path(), &Process::default()).unwrap();
        let first = Entry::Sweep(Box::default());
        let (journal, _) = Journal::begin(driver, &first, secrets).unwrap();
        let time = DateTime::UNIX_EPOCH.fixed_offset();
        let overrides = vec!["key=hush-hush".to_owned()];
        journal
            .add(&Entry::Started { job: 0, attempt: 1, time, directory: Some("0".into()), overrides })
            .unwrap();
        let ended = Entry::Ended {
            job: 0,
            attempt: 1,
            time,
            status: Status::Completed,
            result: Some(Node::from("hush-hush")),
            stopped: None,
            error: Some("no access with hush-hush".to_owned()),
            log: None,
            again: false,
        };
        journal.add(&ended).unwrap();
        let text = fs::read_to_string(scratch.path().join(FOLDER).join(JOURNAL)).unwrap();
        assert_eq!((text.matches("hush").count(), text.matches("***").count()), (0, 3), "{text}");
        // What is no text of a job's stays, or nobody could read it.
        assert!(text.contains("\"status\":\"completed\""), "{text}");
    }
}
