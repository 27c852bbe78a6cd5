//! How long a command lives, for the threads that look after it meanwhile.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

/// How often is looked what there is to do.
const STEP: Duration = Duration::from_millis(20);

/// Of a command that was started.
#[derive(Default)]
pub(super) struct Lifetime {
    has_ended: Mutex<bool>,
    changed: Condvar,
}

impl Lifetime {
    /// The command has ended: who waits is woken up.
    pub(super) fn end(&self) {
        *self.has_ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        *self.has_ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a step, which is shorter if the command ends meanwhile.
    pub(super) fn step(&self) {
        let ended = self.has_ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            drop(ended);
            return sleep(STEP);
        }
        let _ = self.changed.wait_timeout_while(ended, STEP, |ended| !*ended);
    }
}
