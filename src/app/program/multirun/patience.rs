//! What is said while all jobs of a sweep are composed, if that takes long.

use std::cell::Cell;
use std::time::Duration;

use crate::app::capture;
use crate::app::duration::duration;
use crate::app::program::session::Session;

/// So long nobody minds.
const SHORT: Duration = Duration::from_secs(2);

/// Nobody waits longer for a word.
const LONG: Duration = Duration::from_secs(60);

/// Jobs that are composed one after the other, while somebody waits.
pub(super) struct Patience<'a> {
    session: &'a Session<'a>,
    all: u64,
    done: Cell<u64>,
    elapsed: Box<dyn Fn() -> Duration>,
    due: Cell<Duration>,
}

impl<'a> Patience<'a> {
    /// Nothing is done yet of so many.
    pub(super) fn new(session: &'a Session<'a>, all: u64) -> Self {
        let (done, elapsed, due) = (Cell::new(0), Box::new(capture::stopwatch()), Cell::new(SHORT));
        Self { session, all, done, elapsed, due }
    }

    /// One more is done. From time to time it is said how far that is.
    pub(super) fn step(&self) {
        let done = self.done.get() + 1;
        self.done.set(done);
        let elapsed = (self.elapsed)();
        if elapsed < self.due.get() {
            return;
        }
        self.due.set((elapsed * 2).min(elapsed + LONG));
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = elapsed.as_secs_f64() * (self.all.saturating_sub(done)) as f64 / done as f64;
        self.session.note(&format!(
            "{done} of {} jobs are composed, before the first one runs: about {} left",
            self.all,
            duration(left)
        ));
    }
}
