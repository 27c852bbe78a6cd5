//! What happens beside the job: the rest of the record is found out.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Sync, sync, write_whole_with};
use crate::run::files::TOLD;
use crate::run::lease::Lease;
use crate::run::record::Record;
use crate::run::surroundings::Surroundings;
use crate::value::Kind;

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
    /// Whether the rest of the record is there, or will not come.
    complete: bool,
    /// Whether the outcome is recorded, or being so.
    pub(super) ended: bool,
}

/// How long the end of a run waits for the rest of its record.
const PATIENCE: Duration = Duration::from_secs(5);

impl Shared {
    pub(super) fn new(record: Record, lease: Option<Lease>) -> Arc<Self> {
        let state = State { record, lease, complete: false, ended: false };
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
        if self.state().ended {
            return;
        }
        if let Some(folder) = file.as_ref().and_then(|file| file.parent()) {
            for (name, bytes) in &found.files {
                let _ = write_whole_with(&folder.join(name), Sync::Later, |file| file.write_all(bytes));
            }
        }
        let mut state = self.state();
        for (key, slot) in found.keys.iter() {
            let key = key.to_string();
            // What the config says of the project stands.
            if state.record.get(&key).is_none_or(|node| matches!(node.kind, Kind::Null)) {
                state.record.set(&key, slot.node.clone());
            }
        }
        let Some(file) = file else { return };
        if !state.ended {
            state.record.keep_words_of(&file);
            // What cannot be written now is written at the end, whose errors are told.
            let _ = state.record.save(&file, Sync::Later);
        }
        drop(state);
        if let (Some(folder), Some(name)) = (file.parent(), file.file_name().and_then(|name| name.to_str())) {
            let _ = sync(folder, &[name]);
            let _ = sync(folder, &TOLD);
        }
    }
}

/// Says that the rest of the record is there, also after a panic.
struct Completes<'a>(&'a Shared);

impl Drop for Completes<'_> {
    fn drop(&mut self) {
        self.0.state().complete = true;
        self.0.changed.notify_all();
    }
}
