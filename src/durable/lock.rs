//! A file that one living process holds.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::whole::{create_temporary, is_temporary};

/// Who looks whether a lock is held has it for a moment, and who makes one writes into it a moment later: so often, and so
/// long apart, it is asked for again.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// Of a file that is another one each time it is looked at, the file system cannot say whose it is.
const MOST_MOVES: u32 = 10_000;

/// How often a holder is to show that it lives.
pub const BEAT: Duration = Duration::from_secs(15);

/// For so long nobody who cannot see the lock takes a holder for dead: file systems tell each other late.
const PATIENCE: Duration = Duration::from_secs(120);

/// Who takes over from a holder that is only silent looks again after so long whether somebody else did at the same moment.
const SETTLE: Duration = Duration::from_secs(1);

/// A lock file that this process holds: until it is released or dropped, or the process ends in any way.
///
/// The lock is the system's, so it cannot be left behind. On file systems without locks, or where a lock is seen on one
/// machine only, what stands in the file, and how lately it was written, is all there is. There a holder that was silent for
/// too long may be taken for dead: who takes over puts a file of its own in the place of this one, which
/// [`Lock::is_held`] tells.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
    about: String,
    released: AtomicBool,
    /// Whether processes that were started by this one may have it too.
    #[cfg(feature = "app")]
    shared: AtomicBool,
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

/// Whether the holder of a lock lives, as far as can be known from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It does.
    Lives,
    /// It does not, and left the file behind.
    Ended,
    /// It has shown nothing for so long that it is taken for dead. It may be a machine that was stopped and goes on.
    Silent,
}

impl Holder {
    /// Whether it lives. `here` says whether it is a process of the system that this one runs on: then the lock is the
    /// truth. From elsewhere (or after a start of the machine) it may not be seen, and what counts is how lately the holder
    /// showed that it lives.
    /// It is `now` by the clock that the file system has: see [`disk_clock`].
    pub fn life(&self, here: bool, now: impl FnOnce() -> SystemTime) -> Life {
        // A beat that is yet to come is a clock that goes wrong, and not old.
        let is_recent = |seen: SystemTime| now().duration_since(seen).map_or(true, |age| age < PATIENCE);
        match self.locked {
            Some(true) => Life::Lives,
            Some(false) if here => Life::Ended,
            _ if self.seen.is_some_and(is_recent) => Life::Lives,
            _ => Life::Silent,
        }
    }
}

/// What came of asking for a lock once.
enum Attempt {
    Taken(Lock),
    Refused(Holder),
    /// Who has the file may be looking only, or be about to say who it is.
    Wait,
    /// It is another file by now.
    Moved,
}

impl Lock {
    /// Takes the lock, and writes into its file who has it. `Err` inside if somebody else has it.
    ///
    /// `life` is asked about what the last holder left in the file, if it did not release it; see [`Holder::life`].
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: the file cannot be made or written.
    pub fn take(
        path: &Path,
        about: &str,
        life: impl Fn(&Holder) -> Life,
    ) -> Result<std::result::Result<Self, Holder>> {
        let failed = |error: io::Error| {
            Error::new(ErrorKind::Io, format!("cannot lock `{}`: {error}", path.display()))
        };
        let (mut waited, mut moved) = (0, 0);
        loop {
            match Self::attempt(path, about, &life, waited < TRIES).map_err(failed)? {
                Attempt::Taken(lock) => return Ok(Ok(lock)),
                Attempt::Refused(holder) => return Ok(Err(holder)),
                Attempt::Wait => {
                    waited += 1;
                    sleep(PAUSE);
                }
                Attempt::Moved if moved < MOST_MOVES => moved += 1,
                Attempt::Moved => {
                    let error = failed(io::Error::other("it is another file each time"));
                    return Err(error.help("keep it on another file system"));
                }
            }
        }
    }

    fn attempt(
        path: &Path,
        about: &str,
        life: &impl Fn(&Holder) -> Life,
        may_wait: bool,
    ) -> io::Result<Attempt> {
        // Of all who come to an empty place, one makes the file.
        match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
            Ok(file) => return Self::fill(path, file, about),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Attempt::Moved),
            Err(error) => return Err(error),
        };
        let locked = lock(&file)?;
        if locked == Some(true) {
            return if may_wait { Ok(Attempt::Wait) } else { holder(file, locked).map(Attempt::Refused) };
        }
        if !is_at(&file, path)? {
            return Ok(Attempt::Moved);
        }
        let left = holder(file.try_clone()?, locked)?;
        let left_by = match left.about.is_empty() {
            true if may_wait => return Ok(Attempt::Wait),
            true => Life::Ended,
            false => life(&left),
        };
        if left_by == Life::Lives {
            return Ok(Attempt::Refused(left));
        }
        // The file of the last holder stays locked until it is replaced, so that of all who can see that one comes through.
        let lock = Self::replace(path, about)?;
        drop(file);
        if left_by == Life::Silent {
            sleep(SETTLE);
        }
        Ok(if lock.is_held()? { Attempt::Taken(lock) } else { Attempt::Moved })
    }

    /// Locks a file that was just made, and says who has it.
    fn fill(path: &Path, file: File, about: &str) -> io::Result<Attempt> {
        if lock(&file)? == Some(true) {
            return Ok(Attempt::Moved);
        }
        let lock = Self::new(path.to_owned(), file, about);
        lock.beat()?;
        // Somebody else may have come in between, and taken it for what was left by a process that was killed.
        Ok(if lock.is_held()? { Attempt::Taken(lock) } else { Attempt::Moved })
    }

    /// Puts a file of our own in the place of the one that is there, whole and locked.
    fn replace(path: &Path, about: &str) -> io::Result<Self> {
        let directory = path.parent().unwrap_or(Path::new(""));
        let (temporary, file) = create_temporary(directory, path.file_name().unwrap_or_default())?;
        let written = lock(&file).and_then(|_| {
            let lock = Self::new(temporary.clone(), file, about);
            lock.beat()?;
            fs::rename(&temporary, path)?;
            Ok(lock)
        });
        written.map(|lock| lock.named(path)).inspect_err(|_| drop(fs::remove_file(&temporary)))
    }

    fn new(path: PathBuf, file: File, about: &str) -> Self {
        Self {
            path,
            file,
            about: about.to_owned(),
            released: AtomicBool::new(false),
            #[cfg(feature = "app")]
            shared: AtomicBool::new(false),
        }
    }

    fn named(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Whether nobody has taken over: the file that this process holds is the one that others find.
    ///
    /// # Errors
    /// Those of the system: then it is not known.
    pub fn is_held(&self) -> io::Result<bool> {
        is_at(&self.file, &self.path)
    }

    /// Whether somebody else has taken over: another file has the name of the one that this process holds. If none has,
    /// somebody removed it; what cannot be looked at is not known to be another one.
    pub fn is_lost(&self) -> bool {
        self.path.exists() && self.is_held().is_ok_and(|held| !held)
    }

    /// Whether processes that were started by this one may have it too.
    #[cfg(feature = "app")]
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::SeqCst)
    }

    /// Shows that the holder lives, to who cannot see the lock. After somebody has taken over nobody sees it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn beat(&self) -> io::Result<()> {
        let mut file = &self.file;
        file.rewind()?;
        file.write_all(self.about.as_bytes())
    }

    /// Lets go of it. The file is removed, unless it is that of who took over.
    pub fn release(&self) {
        if self.released.swap(true, Ordering::SeqCst) {
            return;
        }
        // The file goes first, so that nobody takes the lock of one that is no longer there to be seen. One that is left
        // says who had it, and nobody holds it.
        if self.is_held().is_ok_and(|held| held) {
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }

    /// Removes what others left in its directory who were killed while they took this lock, or asked for the time. What was
    /// written lately may be somebody's who is at it.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let now = self.file.metadata()?.modified()?;
        let names = [Some(OsStr::new(CLOCK)), self.path.file_name()];
        for entry in fs::read_dir(self.path.parent().unwrap_or(Path::new("")))? {
            let entry = entry?;
            let is_left = names.iter().flatten().any(|name| is_temporary(&entry.file_name(), name));
            let is_old = |at: SystemTime| now.duration_since(at).is_ok_and(|age| age > BEAT);
            if is_left && entry.metadata()?.modified().is_ok_and(is_old) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the processes that are started from here on have it too: it is held as long as one of them lives, unless it is
    /// released.
    ///
    /// # Errors
    /// Those of the system.
    #[cfg(all(unix, feature = "app"))]
    pub(crate) fn share(&self) -> io::Result<()> {
        rustix::io::fcntl_setfd(&self.file, rustix::io::FdFlags::empty())?;
        self.shared.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Elsewhere processes have only what they are given.
    #[cfg(all(not(unix), feature = "app"))]
    pub(crate) fn share(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}

/// Who has a lock, or had it and did not release it; `None` if there is no lock file.
///
/// # Errors
/// Those of the system.
pub fn holder_of(path: &Path) -> io::Result<Option<Holder>> {
    let file = match File::open(path) {
        Ok(file) => file,
        // Where its directory was meant to be may be a file.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
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

/// What the file is called whose writing says what time it is.
const CLOCK: &str = "clock";

/// What time it is by the clock of the file system that a directory lies on: that of the machine that has the disk. `None` if
/// nothing can be written there.
pub fn disk_clock(directory: &Path) -> Option<SystemTime> {
    let (path, mut file) = create_temporary(directory, OsStr::new(CLOCK)).ok()?;
    // A shared file system says when a file was changed once it has all of it.
    let written = file.write_all(b"\n").and_then(|()| file.sync_all());
    let now = written.and_then(|()| File::open(&path)?.metadata()?.modified());
    let _ = fs::remove_file(&path);
    now.ok()
}

/// Asks the system for the lock of a file. What it says is what is known of others: that one of them has it, that none
/// had it, or nothing.
pub(super) fn lock(file: &File) -> io::Result<Option<bool>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(false)),
        Err(TryLockError::WouldBlock) => Ok(Some(true)),
        Err(TryLockError::Error(error)) if no_locks(&error) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// What a holder says of itself may name all its arguments, of which a system takes some megabytes.
const LONGEST: u64 = 1 << 25;

fn holder(mut file: File, locked: Option<bool>) -> io::Result<Holder> {
    let mut about = Vec::new();
    file.rewind()?;
    // Elsewhere than on Unix nobody can read what another one has locked.
    let read = (&mut file).take(LONGEST).read_to_end(&mut about);
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

/// Whether the open file, or directory, still has that name.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let open = file.metadata()?;
    // A shared file system may answer from memory unless the file is opened.
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file that is open cannot lose its name there.
#[cfg(not(unix))]
pub(crate) fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    fn take(path: &Path, about: &str) -> std::result::Result<Lock, Holder> {
        Lock::take(path, about, |_| Life::Ended).unwrap()
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
        let lives = |left: &Holder| if left.about == "elsewhere" { Life::Lives } else { Life::Ended };
        let left = Lock::take(&path, "here", lives).unwrap().unwrap_err();
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
                        let before = inside.fetch_add(1, Ordering::SeqCst);
                        assert_eq!(before, 0);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                        had += 1;
                    }
                });
            }
        });
        assert_eq!(scratch.names(), [""; 0]);
    }

    #[test]
    fn a_holder_that_was_taken_for_dead_learns_it_and_leaves_the_lock_of_the_other() {
        let scratch = Scratch::new("lock-lost");
        let path = scratch.path().join("lock");
        let silent = take(&path, "silent").unwrap();
        // A machine that does not see the lock takes over.
        let next = Lock::replace(&path, "next").unwrap();
        assert!(!silent.is_held().unwrap() && next.is_held().unwrap());
        assert!(silent.is_lost() && !next.is_lost());
        silent.beat().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "next");
        drop(silent);
        assert_eq!(take(&path, "third").unwrap_err().about, "next");
        assert!(next.is_held().unwrap());
        drop(next);
        assert_eq!(scratch.names(), [""; 0]);
    }

    #[test]
    fn who_takes_over_from_a_silent_holder_at_the_same_moment_as_another_one_tries_again() {
        let scratch = Scratch::new("lock-silent");
        let path = scratch.path().join("lock");
        fs::write(&path, "silent").unwrap();
        let judge = |left: &Holder| match left.about.as_str() {
            "silent" => Life::Silent,
            _ => Life::Lives,
        };
        std::thread::scope(|threads| {
            let first = threads.spawn(|| Lock::take(&path, "first", judge).unwrap());
            while fs::read_to_string(&path).unwrap() != "first" {
                sleep(PAUSE);
            }
            // This one saw the silent holder, too, and not the lock of the first.
            let second = Lock::replace(&path, "second").unwrap();
            let refused = first.join().unwrap().unwrap_err();
            assert_eq!(refused.about, "second");
            assert!(second.is_held().unwrap());
        });
    }

    #[test]
    fn a_holder_is_judged_by_its_lock_where_that_is_seen_and_by_its_silence_elsewhere() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let life = |locked, here, age: u64| {
            let seen = Some(now - Duration::from_secs(age));
            Holder { locked, about: String::new(), seen }.life(here, || now)
        };
        assert_eq!(life(Some(true), false, 900), Life::Lives);
        assert_eq!(life(Some(false), true, 0), Life::Ended);
        for locked in [Some(false), None] {
            assert_eq!((life(locked, false, 119), life(locked, false, 120)), (Life::Lives, Life::Silent));
        }
        assert_eq!((life(None, true, 0), life(None, true, 500)), (Life::Lives, Life::Silent));
    }

    #[test]
    fn what_was_left_by_who_was_killed_while_it_took_the_lock_is_cleared_away() {
        let scratch = Scratch::new("lock-clear");
        let lock = take(&scratch.path().join("lock"), "x").unwrap();
        let old = [".lock.7-0.whole~", ".clock.7-1.whole~", ".other.7-2.whole~", "clock"];
        for name in old.into_iter().chain([".lock.8-0.whole~", ".clock.8-1.whole~"]) {
            let file = File::create(scratch.path().join(name)).unwrap();
            if old.contains(&name) {
                file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
            }
        }
        lock.clear().unwrap();
        let kept = [".clock.8-1.whole~", ".lock.8-0.whole~", ".other.7-2.whole~", "clock", "lock"];
        assert_eq!(scratch.names(), kept);
    }

    #[test]
    fn who_was_killed_before_it_said_who_it_is_holds_nothing() {
        let scratch = Scratch::new("lock-blank");
        let path = scratch.path().join("lock");
        fs::write(&path, "").unwrap();
        let lock = Lock::take(&path, "x", |_| Life::Lives).unwrap().unwrap();
        assert_eq!(fs::read_to_string(lock.path()).unwrap(), "x");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_never_the_file_that_was_opened_is_told() {
        let scratch = Scratch::new("lock-moved");
        let path = scratch.path().join("lock");
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        let error = Lock::take(&path, "x", |_| Life::Ended).unwrap_err();
        assert!(error.message().ends_with("`: it is another file each time"), "{error}");
    }
}
