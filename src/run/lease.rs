//! The right to a directory, which one living process has at a time.

use std::path::{Path, PathBuf};
#[cfg(all(unix, feature = "app"))]
use std::sync::TryLockError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::SystemTime;

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::durable::{BEAT, Holder, Life, Lock, disk_clock, holder_of};
use crate::facts::Process;
use crate::value::{JsonStyle, Map, Node, read_json, write_json, write_str};

/// The right to what a lock file stands for: a directory, or a sweep. It ends when it is dropped, or with the process.
///
/// On one system the lock is the truth. On a disk that several share, where locks may not be seen, a holder shows every 15
/// seconds that it lives, and is taken for dead after two minutes of silence. Then somebody else may have it:
/// [`Lease::is_held`] says so.
///
/// ```
/// use mainstem::facts::Process;
/// use mainstem::run::Lease;
/// use mainstem::value::{Map, Node};
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-lease", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let (path, process) = (dir.join("lock"), Process::default());
/// let about = Map::from([("id", Node::from("mine"))]);
/// let lease = Lease::take(&path, &about, &process)?.expect("nobody has it");
/// assert!(lease.is_held());
/// let other = Lease::take(&path, &about, &process)?.expect_err("it is taken");
/// assert_eq!(other.who(), None);
/// let mandate = lease.mandate();
/// assert!(mandate.stands());
/// drop(lease);
/// assert!(!mandate.stands());
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Debug)]
pub struct Lease {
    lock: Arc<Lock>,
    number: u64,
    id: String,
}

/// Who has a lease, as it says itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    pub(super) about: String,
    told: Node,
}

/// What is done in the name of who had a lease: it stands until somebody else has taken over.
///
/// It is for orders that another process carries out. Who has locked what the order is about, and finds after that that the
/// mandate stands, is seen by everybody who has the lease later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// The file of the lease.
    pub lock: PathBuf,
    /// The `id` of who had it.
    pub id: String,
}

impl Lease {
    /// Takes the lease of a lock file. `about` is what others learn of the holder: an `id` that no other one has, and
    /// `process`, with `id`, `host` and `boot`. `Err` inside if another process has it.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: the file cannot be made or written; the system has no thread left.
    pub fn take(path: &Path, about: &Map, process: &Process) -> Result<std::result::Result<Self, Tenant>> {
        Self::take_from(path, about, |left| life(left, directory_of(path), process))
    }

    /// As [`Lease::take`], where a function says whether who left the lock lives.
    ///
    /// # Errors
    /// As [`Lease::take`].
    pub(super) fn take_from(
        path: &Path,
        about: &Map,
        life: impl Fn(&Holder) -> Life,
    ) -> Result<std::result::Result<Self, Tenant>> {
        let mut text = String::new();
        write_json(&Node::from(about.clone()), JsonStyle::Compact, &mut text);
        let lock = match Lock::take(path, &text, life)? {
            Ok(lock) => Arc::new(lock),
            Err(holder) => return Ok(Err(Tenant::of(holder))),
        };
        let id = about.get_str("id").and_then(Node::as_str).unwrap_or_default().to_owned();
        let number = Held::add(Arc::clone(&lock))?;
        Ok(Ok(Self { lock, number, id }))
    }

    /// Whether nobody else has taken over, as far as is known. What is not known is taken for lost.
    pub fn is_held(&self) -> bool {
        self.lock.is_held().is_ok_and(|held| held)
    }

    /// Its lock, for who asks whether it stands, and does not end it.
    pub(super) fn lock(&self) -> Arc<Lock> {
        Arc::clone(&self.lock)
    }

    /// What shows others that they act for the holder.
    pub fn mandate(&self) -> Mandate {
        Mandate { lock: self.lock.path().to_owned(), id: self.id.clone() }
    }

    /// Does something beside, right behind the next sign of life: within 15 seconds, unless the lease ends before.
    pub(super) fn beside(&self, task: impl FnOnce() + Send + 'static) {
        if let Some(own) = held().locks.iter_mut().find(|one| one.number == self.number) {
            own.task = Some(Box::new(task));
        }
    }

    /// Does something beside within a second, unless the lease ends before. `false` if nobody comes by so soon: then it is not
    /// done.
    #[cfg(feature = "app")]
    pub(super) fn beside_soon(&self, task: impl FnOnce() + Send + 'static) -> bool {
        let mut held = held();
        let soon = held.soon && !held.beats;
        match held.locks.iter_mut().find(|one| one.number == self.number) {
            Some(own) if soon => own.task = Some(Box::new(task)),
            _ => return false,
        }
        true
    }

    /// The directory that the lock file lies in.
    pub fn directory(&self) -> &Path {
        directory_of(self.lock.path())
    }

    /// Lets the processes that are started from here on have it too: it is held as long as one of them lives, unless it is
    /// given back.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    #[cfg(feature = "app")]
    pub(super) fn share(&self) -> Result<()> {
        self.lock.share().map_err(|error| {
            let message = format!("cannot hand on `{}`: {error}", self.lock.path().display());
            Error::new(ErrorKind::Io, message)
        })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        held().locks.retain(|one| one.number != self.number);
        // Who shows that it lives may be at it just now.
        self.lock.release();
    }
}

impl Tenant {
    fn of(holder: Holder) -> Self {
        let told = read_json(&holder.about, SourceId::NONE).unwrap_or_else(|_| Node::null());
        Self { about: holder.about, told }
    }

    /// Who has the lease of a lock file now, as far as can be known from here. Of one that cannot be read it is taken for
    /// true that somebody has it.
    pub fn find(path: &Path, process: &Process) -> Option<Self> {
        match holder_of(path) {
            Ok(holder) => {
                holder.filter(|holder| life(holder, directory_of(path), process) == Life::Lives).map(Self::of)
            }
            Err(_) => Some(Self { about: String::new(), told: Node::null() }),
        }
    }

    /// Which process it is, in words, if it says so.
    ///
    /// ```
    /// use mainstem::facts::Process;
    /// use mainstem::run::Tenant;
    /// assert_eq!(Tenant::find("/nowhere/lock".as_ref(), &Process::default()), None);
    /// ```
    pub fn who(&self) -> Option<String> {
        let text = |key: &str| {
            let mut text = String::new();
            write_str(said(&self.told, key)?, &mut text);
            Some(text)
        };
        Some(format!("process {} on {}", text("id")?, text("host")?))
    }
}

impl Mandate {
    /// Whether nobody has taken over since. What cannot be read does not stand.
    pub fn stands(&self) -> bool {
        let told = std::fs::read_to_string(&self.lock);
        let told = told.ok().and_then(|text| read_json(&text, SourceId::NONE).ok());
        told.is_some_and(|told| {
            told.as_map().and_then(|map| map.get_str("id")).and_then(Node::as_str) == Some(&self.id)
        })
    }
}

/// What a holder says of its process.
fn said<'a>(told: &'a Node, key: &str) -> Option<&'a Node> {
    told.as_map()?.get_str("process")?.as_map()?.get_str(key)
}

/// Whether the holder of a lock in a directory lives, as far as can be known by this process. Its silence is measured by the
/// clock of the disk, which is the same for both; who may not write there has only its own, and takes nothing over.
pub(super) fn life(holder: &Holder, directory: &Path, process: &Process) -> Life {
    let now = || disk_clock(directory).unwrap_or_else(|| SystemTime::from(process.clock.now()));
    life_at(holder, process, now)
}

/// As [`life`], where a function says what time it is on the disk.
pub(super) fn life_at(holder: &Holder, process: &Process, now: impl FnOnce() -> SystemTime) -> Life {
    let told = read_json(&holder.about, SourceId::NONE).unwrap_or_else(|_| Node::null());
    let text = |key: &str| said(&told, key).and_then(Node::as_str);
    let here = match (text("boot"), process.boot.as_deref()) {
        // Who has a lock says so at once: what says nothing was left by a process that was killed before, or is no lock.
        _ if told.as_map().is_none() => true,
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => text("host") == Some(process.host.as_str()),
    };
    holder.life(here, now)
}

/// Whether a holder says that it is of this machine, before it was started anew. Machines may have one name (containers do),
/// so it has not ended for that unless it is silent, too.
pub(super) fn is_of_earlier_start(holder: &Holder, process: &Process) -> bool {
    let told = read_json(&holder.about, SourceId::NONE).unwrap_or_else(|_| Node::null());
    let text = |key: &str| said(&told, key).and_then(Node::as_str);
    text("host") == Some(process.host.as_str())
        && text("boot").zip(process.boot.as_deref()).is_some_and(|(theirs, ours)| theirs != ours)
}

pub(super) fn directory_of(lock: &Path) -> &Path {
    lock.parent().unwrap_or(Path::new(""))
}

/// A lock that this process holds.
struct One {
    number: u64,
    lock: Arc<Lock>,
    /// What is to be done behind its next sign of life.
    task: Option<Box<dyn FnOnce() + Send>>,
}

/// The locks that this process holds.
struct Held {
    locks: Vec<One>,
    begun: u64,
    /// Whether the one thread is there that shows for all of them that this process lives.
    beats: bool,
    /// Whether somebody calls [`beat_beside`] in time.
    roused: bool,
    /// Whether the first of these calls is still to come, within a second.
    #[cfg(feature = "app")]
    soon: bool,
}

static HELD: Mutex<Held> = Mutex::new(Held {
    locks: Vec::new(),
    begun: 0,
    beats: false,
    roused: false,
    #[cfg(feature = "app")]
    soon: false,
});

/// Promises that [`beat_beside`] is called in a second, and every [`BEAT`] from then on, by somebody who waits for other
/// things, too. A thread is a good part of what a short run takes: so there is none of it before.
#[cfg(all(unix, feature = "app"))]
pub(crate) fn rouse() {
    let mut held = held();
    (held.roused, held.soon) = (true, true);
}

/// Shows beside that this process lives, if it holds something. A disk that does not answer keeps nobody waiting. Whether
/// it is known what this process holds: it may be at giving it back.
#[cfg(all(unix, feature = "app"))]
pub(crate) fn beat_beside() -> bool {
    // Who gives all back waits for the disk, and then there is nothing to show.
    let mut held = match HELD.try_lock() {
        Ok(held) => held,
        Err(TryLockError::Poisoned(held)) => held.into_inner(),
        Err(TryLockError::WouldBlock) => return false,
    };
    held.soon = false;
    if held.locks.is_empty() || held.beats {
        return true;
    }
    // If there is no thread now, there may be one the next time: only after two minutes somebody else takes over.
    held.beats = thread::Builder::new().name("leases".to_owned()).spawn(beat).is_ok();
    true
}

/// Gives back all that this process has, right before it ends. What it has handed on to processes that it started is theirs.
#[cfg(feature = "app")]
pub(crate) fn give_back_all() {
    held().locks.iter().filter(|one| !one.lock.is_shared()).for_each(|one| one.lock.release());
}

fn held() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    fn add(lock: Arc<Lock>) -> Result<u64> {
        let mut held = held();
        if !held.beats && !held.roused {
            let later = || {
                thread::sleep(BEAT);
                beat();
            };
            thread::Builder::new().name("leases".to_owned()).spawn(later).map_err(|error| {
                let message = format!("cannot keep `{}`: {error}", lock.path().display());
                Error::new(ErrorKind::Io, message)
            })?;
            held.beats = true;
        }
        held.begun += 1;
        let number = held.begun;
        held.locks.push(One { number, lock, task: None });
        Ok(number)
    }
}

/// Shows from time to time that this process lives, as long as it holds something.
fn beat() {
    while show() {
        thread::sleep(BEAT);
    }
}

/// Shows that this process lives, and does what waits for that. Whether it holds something.
fn show() -> bool {
    let found: Vec<_> = {
        let mut held = held();
        held.beats = !held.locks.is_empty();
        held.locks.iter_mut().map(|one| (Arc::clone(&one.lock), one.task.take())).collect()
    };
    // A disk that does not take it now may take the next one.
    found.iter().for_each(|(lock, _)| drop(lock.beat()));
    let is_empty = found.is_empty();
    found.into_iter().filter_map(|(_, task)| task).for_each(|task| task());
    !is_empty
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    fn about(id: &str, boot: &str) -> Map {
        let process = [("id", Node::from(7)), ("host", Node::from("far")), ("boot", Node::from(boot))];
        Map::from([("id", Node::from(id)), ("process", Node::from(Map::from(process)))])
    }

    #[test]
    fn one_has_it_and_others_learn_who() {
        let scratch = Scratch::new("lease");
        let (path, here) = (scratch.path().join("lock"), process("a", 0));
        assert_eq!(Tenant::find(&path, &here), None);
        let lease = Lease::take(&path, &about("x", "a"), &here).unwrap().unwrap();
        let tenant = Tenant::find(&path, &here).unwrap();
        assert_eq!(tenant.who().as_deref(), Some("process 7 on far"));
        assert_eq!(Lease::take(&path, &about("y", "a"), &here).unwrap().unwrap_err(), tenant);
        assert_eq!(lease.directory(), scratch.path());
        drop(lease);
        assert_eq!(scratch.names(), [""; 0]);
        drop(Lease::take(&path, &about("y", "a"), &here).unwrap().unwrap());
    }

    #[test]
    fn a_holder_whose_lock_cannot_be_seen_lives_for_two_minutes() {
        let scratch = Scratch::new("lease-far");
        let path = scratch.path().join("lock");
        let mut text = String::new();
        write_json(&Node::from(about("x", "elsewhere")), JsonStyle::Compact, &mut text);
        std::fs::write(&path, text).unwrap();
        let silent = |seconds| {
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            let now = disk_clock(scratch.path()).unwrap();
            file.set_modified(now - Duration::from_secs(seconds)).unwrap();
        };
        let ours = about("y", "here");
        // What the clocks of the machines say does not count, but that of the disk does.
        for clock in [0, 4_000_000_000] {
            silent(100);
            assert!(Tenant::find(&path, &process("here", clock)).is_some());
            Lease::take(&path, &ours, &process("here", clock)).unwrap().unwrap_err();
        }
        assert_eq!(Tenant::find(&path, &process("elsewhere", 0)), None);
        silent(130);
        assert_eq!(Tenant::find(&path, &process("here", 0)), None);
        drop(Lease::take(&path, &ours, &process("here", 0)).unwrap().unwrap());
        assert_eq!(scratch.names(), [""; 0]);
    }

    #[test]
    fn what_waits_for_a_sign_of_life_is_done_once_and_not_after_the_end() {
        let scratch = Scratch::new("lease-beside");
        let here = process("a", 0);
        let take =
            |name: &str| Lease::take(&scratch.path().join(name), &about(name, "a"), &here).unwrap().unwrap();
        let (lasting, ended) = (take("lasting"), take("ended"));
        let done = Arc::new(Mutex::new(Vec::new()));
        let task = |name: &'static str| {
            let done = Arc::clone(&done);
            move || done.lock().unwrap().push(name)
        };
        lasting.beside(task("lasting"));
        ended.beside(task("ended"));
        drop(ended);
        assert!(show() && show());
        assert_eq!(*done.lock().unwrap(), ["lasting"]);
    }

    #[cfg(all(unix, feature = "app"))]
    #[test]
    fn who_waits_for_other_things_too_shows_beside_that_it_lives() {
        let scratch = Scratch::new("lease-roused");
        let path = scratch.path().join("lock");
        rouse();
        let _lease = Lease::take(&path, &about("x", "a"), &process("a", 0)).unwrap().unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        let seen = || std::fs::metadata(&path).unwrap().modified().unwrap();
        // The thread of another test may be about to do it.
        let mut tries = (BEAT * 2).as_millis() / 5;
        while seen() == long_ago && tries > 0 {
            beat_beside();
            thread::sleep(Duration::from_millis(5));
            tries -= 1;
        }
        assert!(seen() > long_ago);
    }

    #[test]
    fn a_mandate_ends_when_somebody_else_takes_over() {
        let scratch = Scratch::new("lease-mandate");
        let (path, here) = (scratch.path().join("lock"), process("a", 0));
        let lease = Lease::take(&path, &about("x", "a"), &here).unwrap().unwrap();
        let mandate = lease.mandate();
        assert!(mandate.stands() && lease.is_held());
        // A machine that could not see the lock puts its own in its place.
        let other = scratch.path().join("other");
        std::fs::write(&other, r#"{"id":"y"}"#).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(!mandate.stands() && !lease.is_held());
        drop(lease);
        assert_eq!(scratch.names(), ["lock"], "it is the other one's");
    }
}
