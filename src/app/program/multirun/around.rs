//! What stands around the jobs that are ordered, found out once for many of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::app::program::session::Session;
use crate::app::{capture, git};
use crate::facts::{Facts, Process};
use crate::run::Surroundings;

/// What stands around jobs that begin now. A sweep may go on for days, while people commit and build: only what was found
/// out a moment ago is handed over. No job waits for it: one that is told nothing finds it out beside itself.
#[derive(Debug)]
pub(super) struct Around {
    facts: Facts,
    process: Process,
    state: Arc<Mutex<State>>,
}

enum State {
    Sought,
    Found { what: Surroundings, ago: Box<dyn Fn() -> Duration + Send> },
}

/// So long it is handed over: many short jobs share it, and a job that takes longer has its own.
const FRESH: Duration = Duration::from_secs(1);

impl Around {
    /// Begins to find it out.
    pub(super) fn of(session: &Session<'_>) -> Self {
        let (facts, process) = (session.composer.facts().clone(), session.process());
        let around = Self { facts, process, state: Arc::new(Mutex::new(State::Sought)) };
        around.seek();
        around
    }

    /// What stands around a job that begins now, if that is known.
    pub(super) fn now(&self) -> Option<Surroundings> {
        let mut state = lock(&self.state);
        match &*state {
            State::Sought => return None,
            State::Found { what, ago } if ago() < FRESH => return Some(what.clone()),
            State::Found { .. } => *state = State::Sought,
        }
        drop(state);
        self.seek();
        None
    }

    fn seek(&self) {
        let (facts, process, state) = (self.facts.clone(), self.process.clone(), Arc::clone(&self.state));
        let find = move || {
            // It may take its time, and is as old as its beginning.
            let ago = Box::new(capture::stopwatch());
            let what = git::surroundings(&facts, &process);
            *lock(&state) = State::Found { what, ago };
        };
        // Where there is no thread left, each job finds it out by itself.
        let _ = thread::Builder::new().name("around".to_owned()).spawn(find);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sought => "Sought",
            Self::Found { .. } => "Found",
        })
    }
}
