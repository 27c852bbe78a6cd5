//! What happens beside the job: the rest of the record is found out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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

#[derive(Debug)]
pub(super) struct State {
    pub(super) record: Record,
    pub(super) lease: Option<Lease>,
    pub(super) home: Arc<Home>,
    /// The file of the record, as it was written last.
    pub(super) saved: Saved,
    /// Whether the rest of the record is there, or will not come.
    complete: bool,
    /// Whether the outcome is recorded, or being so.
    pub(super) ended: bool,
    /// Why the outcome is not on disk, if it could not be written.
    pub(super) unwritten: Option<Error>,
}

impl State {
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
        if let Some(directory) = file.parent().and_then(Path::parent) {
            // The name of the folder may be new. A directory that may not be opened says nothing of the record in it.
            let _ = sync(directory, &[]);
        }
        written.or_else(|error| record.save_over(file).map_err(|_| error))
    }
}

/// How long the end of a run waits for the rest of its record.
const PATIENCE: Duration = Duration::from_secs(5);

impl Shared {
    pub(super) fn new(record: Record, lease: Option<Lease>, home: Arc<Home>, saved: Saved) -> Arc<Self> {
        let state = State { record, lease, home, saved, complete: true, ended: false, unwritten: None };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the rest of the record is there, but not for ever.
    pub(super) fn complete(&self) -> MutexGuard<'_, State> {
        let state = self.state();
        let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| !state.complete);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Starts the thread. `file` is where the record is kept.
    pub(super) fn start(
        self: &Arc<Self>,
        file: Option<PathBuf>,
        find_out: impl FnOnce() -> Surroundings + Send + 'static,
    ) -> Result<()> {
        let shared = Arc::clone(self);
        self.state().complete = false;
        let run = move || {
            let _completes = Completes(&shared);
            shared.find_out(file, find_out);
        };
        thread::Builder::new().name("record".to_owned()).spawn(run).map(|_| ()).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot start the thread beside the job: {error}"))
        })
    }

    fn find_out(&self, file: Option<PathBuf>, find_out: impl FnOnce() -> Surroundings) {
        let found = find_out();
        let is_over = |state: &State| state.ended || state.home.stands().is_err();
        let folder = file.as_ref().and_then(|file| file.parent());
        if let Some(folder) = folder.filter(|_| !found.files.is_empty()) {
            if is_over(&self.state()) {
                return;
            }
            let _ = found.write(&Folder::Shared(folder.to_owned()));
        }
        let mut state = self.state();
        if is_over(&state) {
            return;
        }
        state.record.surround(&found);
        let Some(file) = file else { return };
        let State { record, saved, .. } = &mut *state;
        let turn = Turn::take(&file);
        record.keep_words_of(&file, saved);
        // What cannot be written now is written at the end, whose errors are told.
        if let Ok(written) = record.save(&file, Sync::Later) {
            *saved = written;
        }
        drop((turn, state));
        // What the disk does not take now is told at the end, or lost with the machine only.
        let _ = reach_disk(&file, &found.names());
    }
}

/// Makes the files of the beginning reach the disk: the record, those `beside` it, and what the run was told; and the names of
/// their folder, and of the run's directory.
pub(super) fn reach_disk(file: &Path, beside: &[&str]) -> Result<()> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) else {
        return Ok(());
    };
    let above = folder.ancestors().skip(1).take(2).map(|directory| sync(directory, &[]));
    let own: Vec<&str> = [name].into_iter().chain(beside.iter().copied()).collect();
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
        let reach = || reach_disk(&scratch.path().join("run.json"), &["git.diff"]);
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
