//! The end of a run: what is recorded of it, and when its directory is free.

use std::sync::{Arc, Mutex, PoisonError};

use crate::app::program::callbacks::Callbacks;
use crate::app::program::signals::Stop;
use crate::diag::Result;
use crate::run::{Failure, Outcome, Run, Running, Status};

/// The end of a run, which comes once: from the job, or from a signal.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) run: Run,
    pub(super) running: Option<Running>,
    signal: Mutex<Option<Stop>>,
    pub(super) callbacks: Arc<Callbacks>,
}

impl Ending {
    pub(super) fn new(running: Running, callbacks: Arc<Callbacks>) -> Self {
        Self { run: running.run().clone(), running: Some(running), signal: Mutex::default(), callbacks }
    }

    /// The end of a run of which nothing is recorded.
    pub(super) fn unrecorded(run: Run, callbacks: Arc<Callbacks>) -> Self {
        Self { run, running: None, signal: Mutex::default(), callbacks }
    }

    /// A signal asks the job to stop.
    pub(super) fn take(&self, stop: Stop) {
        *self.signal.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    }

    /// The signal that asked the job to stop.
    pub(super) fn signal(&self) -> Option<Stop> {
        *self.signal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the outcome. Returns the one on record: a signal may have come first.
    ///
    /// # Errors
    /// The record cannot be written.
    pub(super) fn finish(&self, outcome: &Outcome) -> Result<Outcome> {
        let Some(running) = &self.running else { return Ok(outcome.clone()) };
        let record = running.finish(outcome)?;
        Ok(match record.status() {
            status if status == outcome.status() => outcome.clone(),
            Status::Completed => Outcome::Completed(record.result().cloned()),
            Status::Interrupted => Outcome::Interrupted(self.signal().map(|stop| stop.name().to_owned())),
            _ => {
                let message = record.error().unwrap_or_default().to_owned();
                Outcome::Failed(Failure { message, ..Failure::default() })
            }
        })
    }

    /// Lets others have the directory: the function has returned, or never will be called.
    pub(super) fn give_back(&self) {
        if let Some(running) = &self.running {
            running.give_back();
        }
    }
}
