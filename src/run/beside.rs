//! What happens beside the job: the rest of the record is found out.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Sync, Turn, sync};
use crate::run::files::{Folder, TOLD};
use crate::run::home::Home;
use crate::run::lease::Lease;
use crate::run::record::{Record, Saved};
use crate::run::surroundings::Surroundings;

/// What the job's thread and the one beside it share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

pub(super) struct State {
    pub(super) record: Record,
    pub(super) lease: Option<Lease>,
    pub(super) home: Arc<Home>,
    /// The file of the record, as it was written last.
    pub(super) saved: Saved,
    /// What finds out the rest of the record, until somebody does.
    rest: Option<Rest>,
    /// Whether the rest of the record is there, or will not come.
    complete: bool,
    /// The files of the beginning that are still to reach the disk at the end, beside the record and what the run was told.
    unsynced: Option<Vec<String>>,
    /// Whether the outcome is recorded, or being so.
    pub(super) ended: bool,
    /// Why the outcome is not on disk, if it could not be written.
    pub(super) unwritten: Option<Error>,
}

/// Finds out the rest of a record.
pub(super) type Rest = Box<dyn FnOnce() -> Surroundings + Send>;

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("record", &self.record)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Whether its outcome is written down, or its directory is not its own any more.
    fn is_over(&self) -> bool {
        self.ended || self.home.stands().is_err()
    }

    /// The record of a run that has ended, if it could be written.
    pub(super) fn written(&self) -> Result<Record> {
        self.unwritten.clone().map_or_else(|| Ok(self.record.clone()), Err)
    }

    /// Writes down how the run ended.
    pub(super) fn save(&mut self, file: &Path) -> Result<()> {
        let Self { record, saved, .. } = self;
        // What somebody else keeps too long is written all the same.
        let _turn = Turn::take(file);
        record.keep_words_of(file, saved);
        // Where there is no room for another file there is that of the one that is there.
        let written = record.save(file, Sync::Now).map(drop);
        // A directory that may not be opened says nothing of the record in it.
        if let Some(beside) = self.unsynced.take() {
            let _ = reach_disk(file, &beside);
        } else if let Some(directory) = file.parent().and_then(Path::parent) {
            // The name of the folder may be new.
            let _ = sync(directory, &[]);
        }
        written.or_else(|error| record.save_over(file).map_err(|_| error))
    }
}

/// How long the end of a run waits for the rest of its record.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the thread beside waits before it looks again whether nobody is at the record.
const PAUSE: Duration = Duration::from_millis(5);

impl Shared {
    pub(super) fn new(record: Record, lease: Option<Lease>, home: Arc<Home>, saved: Saved) -> Arc<Self> {
        let (rest, unsynced, unwritten) = (None, None, None);
        let state =
            State { record, lease, home, saved, rest, complete: true, unsynced, ended: false, unwritten };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that the rest of the record is there, and waits for who is at it, but not for ever. `file` is where the record
    /// is kept.
    pub(super) fn complete(&self, file: Option<&Path>) -> MutexGuard<'_, State> {
        let rest = self.state().rest.take();
        if let Some(find_out) = rest {
            self.add(file, find_out);
        }
        let waited = self.changed.wait_timeout_while(self.state(), PATIENCE, |state| !state.complete);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Has the rest of the record found out by a thread of its own. `file` is where the record is kept.
    pub(super) fn start(self: &Arc<Self>, file: Option<PathBuf>, find_out: Rest) -> Result<()> {
        self.state().complete = false;
        let shared = Arc::clone(self);
        let run = move || shared.find_out(file, find_out);
        thread::Builder::new().name("record".to_owned()).spawn(run).map(|_| ()).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot start the thread beside the job: {error}"))
        })
    }

    /// The same within a second, by who shows then that this process lives. A run that is over before does it at its end. If
    /// nobody comes by so soon, a thread does it at once.
    #[cfg(feature = "app")]
    pub(super) fn start_soon(self: &Arc<Self>, file: Option<PathBuf>, find_out: Rest) -> Result<()> {
        let (shared, soon) = (Arc::clone(self), file.clone());
        let task = move || {
            // The end of the run may have come first.
            let rest = shared.state().rest.take();
            if let Some(find_out) = rest {
                shared.find_out(soon, find_out);
            }
        };
        let mut state = self.state();
        if state.lease.as_ref().is_some_and(|lease| lease.beside_soon(task)) {
            (state.rest, state.complete) = (Some(find_out), false);
            return Ok(());
        }
        drop(state);
        self.start(file, find_out)
    }

    fn find_out(&self, file: Option<PathBuf>, find_out: Rest) {
        self.add(file.as_deref(), find_out);
        let Some(file) = file else { return };
        let (turn, mut state) = self.in_turn(&file);
        let Some(beside) = state.unsynced.clone().filter(|_| !state.is_over()) else { return };
        let State { record, saved, .. } = &mut *state;
        record.keep_words_of(&file, saved);
        // What cannot be written now is written at the end, whose errors are told.
        if let Ok(written) = record.save(&file, Sync::Later) {
            *saved = written;
        }
        drop((turn, state));
        // What the disk does not take now is told at the end, or lost with the machine only.
        let _ = reach_disk(&file, &beside);
        self.state().unsynced = None;
    }

    /// Adds the rest to the record, which is still to be written, and leaves the files that belong to it.
    fn add(&self, file: Option<&Path>, find_out: Rest) {
        let _completes = Completes(self);
        let found = find_out();
        let folder = file.and_then(Path::parent).filter(|_| !found.files.is_empty());
        if let Some(folder) = folder
            && !self.state().is_over()
        {
            let _ = found.write(&Folder::Shared(folder.to_owned()));
        }
        let mut state = self.state();
        if !state.is_over() {
            state.record.surround(&found);
            state.unsynced = Some(found.names());
        }
    }

    /// The state, and the turn to write the record. The end of the run waits for nobody who waits for a turn: it goes first.
    fn in_turn(&self, file: &Path) -> (Option<Turn>, MutexGuard<'_, State>) {
        loop {
            // What somebody else keeps too long is written all the same.
            let turn = Turn::take(file).ok();
            match self.state.try_lock() {
                Ok(state) => return (turn, state),
                Err(TryLockError::Poisoned(state)) => return (turn, state.into_inner()),
                Err(TryLockError::WouldBlock) => drop(turn),
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Makes the files of the beginning reach the disk: the record, those `beside` it, and what the run was told; and the names of
/// their folder, and of the run's directory.
pub(super) fn reach_disk(file: &Path, beside: &[String]) -> Result<()> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) else {
        return Ok(());
    };
    let above = folder.ancestors().skip(1).take(2).map(|directory| sync(directory, &[]));
    let own: Vec<&str> = [name].into_iter().chain(beside.iter().map(String::as_str)).collect();
    let synced = [sync(folder, &own), sync(folder, &TOLD)].into_iter().chain(above);
    Error::all(synced.filter_map(Result::err)).map_or(Ok(()), Err)
}

/// Says that the rest of the record is there, also after a panic.
struct Completes<'a>(&'a Shared);

impl Drop for Completes<'_> {
    fn drop(&mut self) {
        self.0.state().complete = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn each_file_of_the_beginning_is_to_reach_the_disk() {
        let scratch = Scratch::new("beside-disk");
        let names = || TOLD.into_iter().chain(["run.json", "git.diff"]);
        let reach = || reach_disk(&scratch.path().join("run.json"), &["git.diff".to_owned()]);
        for name in names() {
            std::fs::write(scratch.path().join(name), "x").unwrap();
        }
        reach().unwrap();
        for name in names() {
            std::fs::remove_file(scratch.path().join(name)).unwrap();
            assert!(reach().unwrap_err().to_string().contains(name), "{name}");
            std::fs::write(scratch.path().join(name), "x").unwrap();
        }
    }
}
