//! A file that one living process holds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::diag::{Error, ErrorKind, Result};

/// Who looks whether a lock is held has it for a moment: so often, and so long apart, it is asked for again.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// A lock file that this process holds: until it is released or dropped, or the process ends in any way.
///
/// The lock is the system's, so it cannot be left behind. On file systems without locks, or where a lock is seen on
/// one machine only, what stands in the file, and how lately it was written, is all there is: see [`Holder`].
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
    about: String,
}

/// What a lock file says of who has it, or had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Whether the system says that a process has it; `None`: the file system has no locks.
    pub locked: Option<bool>,
    /// What the holder wrote into it.
    pub about: String,
    /// When the holder last showed that it lives, by the clock of the file system.
    pub seen: Option<SystemTime>,
}

impl Lock {
    /// Takes the lock, and writes into its file who has it. `Err` inside if somebody else has it.
    ///
    /// Where the system grants the lock, `still` is asked about what the last holder left in the file, if it did not
    /// release it: whether it lives nevertheless, on a machine whose locks cannot be seen from here.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: the file cannot be made or written.
    pub fn take(
        path: &Path,
        about: &str,
        still: impl Fn(&Holder) -> bool,
    ) -> Result<std::result::Result<Self, Holder>> {
        let failed = |error: io::Error| {
            Error::new(ErrorKind::Io, format!("cannot lock `{}`: {error}", path.display()))
        };
        let mut tries = 0;
        loop {
            let file = open(path, true).map_err(failed)?;
            let locked = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    sleep(PAUSE);
                    continue;
                }
                Err(TryLockError::WouldBlock) => return Ok(Err(holder(file, Some(true)).map_err(failed)?)),
                Err(TryLockError::Error(error)) if no_locks(&error) => false,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            };
            // Who released the lock in the meantime has removed the file that was opened.
            if locked && !is_at(&file, path).map_err(failed)? {
                continue;
            }
            let free = locked.then_some(false);
            let left = holder(file.try_clone().map_err(failed)?, free).map_err(failed)?;
            if !left.about.is_empty() && still(&left) {
                return Ok(Err(left));
            }
            let lock = Self { path: path.to_owned(), file, about: about.to_owned() };
            lock.beat().map_err(failed)?;
            return Ok(Ok(lock));
        }
    }

    /// Shows that the holder lives, to who cannot see the lock.
    ///
    /// # Errors
    /// Those of the system.
    pub fn beat(&self) -> io::Result<()> {
        let mut file = &self.file;
        file.rewind()?;
        file.write_all(self.about.as_bytes())?;
        file.set_len(self.about.len() as u64)
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Lock {
    /// The file goes first, so that nobody takes the lock of a file that is no longer there to be seen.
    fn drop(&mut self) {
        // A file that is left says who had it, and nobody holds it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Who has a lock, or had it and did not release it; `None` if there is no lock file.
///
/// # Errors
/// Those of the system.
pub fn holder_of(path: &Path) -> io::Result<Option<Holder>> {
    let file = match open(path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let locked = match file.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(error)) if no_locks(&error) => None,
        Err(TryLockError::Error(error)) => return Err(error),
    };
    holder(file, locked).map(Some)
}

fn open(path: &Path, make: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(make).create(make).truncate(false).open(path)
}

fn holder(mut file: File, locked: Option<bool>) -> io::Result<Holder> {
    let mut about = Vec::new();
    file.rewind()?;
    // Elsewhere than on Unix nobody can read what another one has locked.
    let read = (&mut file).take(1 << 16).read_to_end(&mut about);
    if locked != Some(true) {
        read?;
    }
    let about = String::from_utf8_lossy(&about).into_owned();
    Ok(Holder { locked, about, seen: file.metadata()?.modified().ok() })
}

/// Whether the file system has no locks at all.
fn no_locks(error: &io::Error) -> bool {
    const NO_LOCKS_AVAILABLE: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported
        || cfg!(target_os = "linux") && error.raw_os_error() == Some(NO_LOCKS_AVAILABLE)
}

/// Whether the open file still has that name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file that is open cannot lose its name there.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    fn take(path: &Path, about: &str) -> std::result::Result<Lock, Holder> {
        Lock::take(path, about, |_| false).unwrap()
    }

    #[test]
    fn one_holds_and_all_others_learn_who() {
        let scratch = Scratch::new("lock");
        let path = scratch.path().join("lock");
        assert_eq!(holder_of(&path).unwrap(), None);
        let lock = take(&path, "first, with a long name").unwrap();
        let holder = take(&path, "second").unwrap_err();
        assert_eq!((holder.locked, holder.about.as_str()), (Some(true), "first, with a long name"));
        assert_eq!(holder_of(&path).unwrap().map(|h| (h.locked, h.about)), Some((Some(true), holder.about)));
        drop(lock);
        assert_eq!(scratch.names(), [""; 0]);
        let lock = take(&path, "second").unwrap();
        lock.beat().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    }

    #[test]
    fn what_a_killed_holder_left_is_free_unless_it_is_known_to_live() {
        let scratch = Scratch::new("lock-left");
        let path = scratch.path().join("lock");
        fs::write(&path, "elsewhere").unwrap();
        assert_eq!(holder_of(&path).unwrap().unwrap().locked, Some(false));
        let left = Lock::take(&path, "here", |left| left.about == "elsewhere").unwrap().unwrap_err();
        assert_eq!((left.locked, left.about.as_str()), (Some(false), "elsewhere"));
        assert!(left.seen.is_some());
        let lock = take(&path, "here").unwrap();
        assert_eq!(fs::read_to_string(lock.path()).unwrap(), "here");
    }

    #[test]
    fn of_many_at_once_one_holds_at_a_time() {
        let scratch = Scratch::new("lock-many");
        let path = scratch.path().join("lock");
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    let mut had = 0;
                    while had < 20 {
                        let Ok(lock) = take(&path, "x") else { continue };
                        let before = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        assert_eq!(before, 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        drop(lock);
                        had += 1;
                    }
                });
            }
        });
        assert_eq!(scratch.names(), [""; 0]);
    }
}
