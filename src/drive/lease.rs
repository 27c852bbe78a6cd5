//! One driver at a time.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::durable::{Holder, Lock, holder_of};
use crate::facts::Process;
use crate::value::{JsonStyle, Map, Node, read_json, write_json, write_str};

/// The lock of a sweep, in its directory. It is there while the sweep is driven, or after its driver was killed.
pub const LOCK: &str = ".sweep.lock";

/// How often a driver shows that it lives.
const BEAT: Duration = Duration::from_secs(15);

/// For so long nobody who cannot see the lock takes a driver for dead.
const PATIENCE: Duration = Duration::from_secs(120);

/// The right to drive a sweep. It ends when it is dropped, or with the process.
///
/// On one machine the system's lock is the truth. On a disk that several share, where locks may not be seen, a driver shows
/// every 15 seconds that it lives, and is taken for dead after two minutes of silence.
#[derive(Debug)]
pub struct Lease {
    /// Shows that it lives, until its sender is dropped.
    beating: Option<(Sender<()>, JoinHandle<()>)>,
    lock: Arc<Lock>,
}

impl Lease {
    /// Takes the lease of the sweep in a directory.
    ///
    /// # Errors
    /// Another driver has it, or the lock cannot be written.
    pub fn take(directory: &Path, process: &Process) -> Result<Self> {
        let path = directory.join(LOCK);
        let taken = Lock::take(&path, &about(process), |left| lives(left, process))?;
        let lock = taken.map_err(|holder| {
            let message = format!("another process runs the sweep in `{}`", directory.display());
            let error = Error::new(ErrorKind::Job, message);
            let error = match said(&holder) {
                Some((id, host)) => error.note(format!("process {id} on {host}")),
                None => error,
            };
            error.help("wait for it, or end it first")
        })?;
        let lock = Arc::new(lock);
        let (sender, receiver) = channel::<()>();
        let beating = Arc::clone(&lock);
        let beat = move || {
            while receiver.recv_timeout(BEAT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // A disk that does not take it now may take the next one.
                let _ = beating.beat();
            }
        };
        let thread = thread::Builder::new().name("lease".to_owned()).spawn(beat).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot keep the lease of the sweep: {error}"))
        })?;
        Ok(Self { beating: Some((sender, thread)), lock })
    }

    /// The directory of the sweep.
    pub fn directory(&self) -> &Path {
        self.lock.path().parent().unwrap_or(Path::new(""))
    }
}

impl Drop for Lease {
    /// The thread has the lock too, and ends first.
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.beating.take() {
            drop(sender);
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// Whether the sweep in a directory is driven now, as far as can be known from here.
pub fn is_driven(directory: &Path, process: &Process) -> bool {
    let holder = holder_of(&directory.join(LOCK)).ok().flatten();
    holder.is_some_and(|holder| lives(&holder, process))
}

fn about(process: &Process) -> String {
    let map = Map::from([
        ("process", Node::from(i64::from(process.id))),
        ("host", Node::from(process.host.as_str())),
        ("boot", Node::from(process.boot.as_deref())),
    ]);
    let mut json = String::new();
    write_json(&Node::from(map), JsonStyle::Compact, &mut json);
    json
}

/// The process that wrote the lock, and its machine.
fn said(holder: &Holder) -> Option<(String, String)> {
    let node = read_json(&holder.about, SourceId::NONE).ok()?;
    let text = |key: &str| {
        let mut text = String::new();
        write_str(node.as_map()?.get_str(key)?, &mut text);
        Some(text)
    };
    Some((text("process")?, text("host")?))
}

fn lives(holder: &Holder, process: &Process) -> bool {
    let same_system = || {
        let node = read_json(&holder.about, SourceId::NONE).ok()?;
        let map = node.as_map()?;
        let text = |key: &str| map.get_str(key).and_then(Node::as_str);
        Some(match (text("boot"), process.boot.as_deref()) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => text("host") == Some(process.host.as_str()),
        })
    };
    match holder.locked {
        Some(true) => true,
        // It was killed before it could say who it is.
        Some(false) if same_system().unwrap_or(true) => false,
        _ => {
            let now = SystemTime::from(process.clock.now());
            let seen = holder.seen;
            seen.is_some_and(|seen| now.duration_since(seen).is_ok_and(|age| age < PATIENCE) || seen > now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;
    use crate::facts::Clock;

    fn process(boot: &str, later: u64) -> Process {
        let clock = Clock::new(move || {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(later);
            chrono::DateTime::<chrono::Utc>::from(now).fixed_offset()
        });
        Process { id: 7, host: "far".to_owned(), boot: Some(boot.to_owned()), clock, ..Process::default() }
    }

    #[test]
    fn one_drives_and_others_learn_who() {
        let scratch = Scratch::new("lease");
        let here = process("a", 0);
        assert!(!is_driven(scratch.path(), &here));
        let lease = Lease::take(scratch.path(), &here).unwrap();
        assert!(is_driven(scratch.path(), &here));
        let error = Lease::take(scratch.path(), &here).unwrap_err();
        assert_eq!(error.notes(), ["process 7 on far"]);
        assert_eq!(lease.directory(), scratch.path());
        drop(lease);
        assert_eq!(scratch.names(), [""; 0]);
        drop(Lease::take(scratch.path(), &here).unwrap());
    }

    #[test]
    fn a_driver_whose_lock_cannot_be_seen_lives_for_two_minutes() {
        let scratch = Scratch::new("lease-far");
        let path = scratch.path().join(LOCK);
        std::fs::write(&path, about(&process("elsewhere", 0))).unwrap();
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        let written = written.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert!(is_driven(scratch.path(), &process("here", written + 100)));
        assert!(!is_driven(scratch.path(), &process("here", written + 130)));
        assert!(!is_driven(scratch.path(), &process("elsewhere", written)));
        Lease::take(scratch.path(), &process("here", written)).unwrap_err();
        drop(Lease::take(scratch.path(), &process("here", written + 130)).unwrap());
    }
}
