//! Jobs in this process, one after the other, as Hydra's basic launcher runs them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crate::app::output::Status as Exit;
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::Callbacks;
use crate::app::program::finished;
use crate::app::program::job::{Extent, call, wait_for_end};
use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::host::{Base, Placed};
use crate::app::program::multirun::hosted::Way;
use crate::app::program::multirun::in_sweep::place_in_sweep;
use crate::app::program::multirun::summary::LastWords;
use crate::app::program::outcome::directions;
use crate::app::program::session::Session;
use crate::app::program::signals::{self, Stop};
use crate::diag::Result;
use crate::drive::{Entry, Journal, Prepared, Verdict};
use crate::launch::Halt;
use crate::run::{Outcome, Record, Status};
use crate::sweep::Job;

/// A job that is ready.
pub(super) struct Task {
    bound: Bound,
    directory: PathBuf,
    made: bool,
    attempt: u32,
}

/// So many of the jobs that ran are kept for who called the program.
const KEPT: usize = 1000;

/// Runs a job. A signal that ends the process is written down first, and what the sweep has come to is said.
pub(super) fn carry_out(
    session: &Session<'_>,
    (journal, callbacks): (&Arc<Journal>, &Arc<Callbacks>),
    last_words: &LastWords,
    job: u64,
    task: Task,
) -> Result<finished::Job> {
    let Task { bound, directory, made, attempt } = task;
    let place = place_in_sweep(&bound, directory, made, Some(journal.lease().mandate()))?;
    if !session.owns_process {
        return call(session, bound, &place, Extent::OfSweep, Arc::clone(callbacks));
    }
    let (journal, clock, last_words) = (Arc::clone(journal), session.process().clock, last_words.clone());
    let interrupted = move |stop: Stop, record: Option<&Record>| {
        let (time, why) = (clock.now(), format!("interrupted by {}", stop.name()));
        // The job may have come to its own end just before.
        let (status, result, stopped, error) = match record {
            Some(record) => {
                let error = record.error_line().map(str::to_owned);
                (record.status(), record.result().cloned(), record.stopped(), error)
            }
            None => (Status::Interrupted, None, None, Some(why.clone())),
        };
        let (log, again) = (None, false);
        let ended = Entry::Ended { job, attempt, time, status, result, stopped, error, log, again };
        // The process ends in any case. A job that has begun and not ended is one that was interrupted.
        let _ = journal.add(&ended).and_then(|()| journal.add(&Entry::Stopped { time, why }));
        last_words.of_interrupted(stop.how())
    };
    *session.interrupted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(interrupted));
    call(session, bound, &place, Extent::OfSweep, Arc::clone(callbacks))
}

/// The signal that a job was ended by.
fn halt(exit: Exit) -> Halt {
    if let Exit::Interrupted(2) = exit { Halt::Interrupt } else { Halt::Terminate }
}

/// Jobs in this process.
pub(super) struct Inline {
    /// The jobs of the sweep, batch by batch.
    batches: Box<dyn Iterator<Item = Range<u64>>>,
    batch: Range<u64>,
    /// The first jobs that ran.
    pub(super) jobs: Vec<finished::Job>,
    pub(super) interrupted: Option<Exit>,
    /// The job that was called last: it has told its failure itself.
    called: Option<u64>,
}

impl Inline {
    pub(super) fn new(batches: impl Iterator<Item = Range<u64>> + 'static) -> Self {
        Self { batches: Box::new(batches), batch: 0..0, jobs: Vec::new(), interrupted: None, called: None }
    }

    /// Says which batch begins, as Hydra does.
    fn announce(&mut self, base: &Base<'_>, job: u64) {
        let before = self.batch.clone();
        while self.batch.end <= job
            && let Some(next) = self.batches.next()
        {
            self.batch = next;
        }
        if self.batch != before {
            hydra_log(&format!("Launching {} jobs locally", base.left(self.batch.clone())));
        }
    }
}

impl Way for Inline {
    type Task = Task;
    type End = Result<finished::Job>;

    fn prepare(
        &mut self,
        base: &mut Base<'_>,
        job: &Job,
        attempt: u32,
        before: Option<&Path>,
    ) -> Result<Prepared<Task>> {
        if base.session.owns_process && signals::is_asked() {
            wait_for_end()
        }
        self.announce(base, job.index);
        let Placed { bound, directory, made, .. } = base.place(job, before)?;
        hydra_log(&format!("\t#{} : {}", job.index, base.shown(job).join(" ")));
        let relative = base.relative(&directory);
        Ok(Prepared { directory: relative, task: Task { bound, directory, made, attempt } })
    }

    fn judge(&mut self, base: &Base<'_>, job: u64, end: Result<finished::Job>) -> Verdict {
        self.called = Some(job);
        let job = match end {
            Ok(job) => job,
            Err(error) => {
                let console = &base.session.console;
                console.complain(&error.render(console.err));
                return Verdict::because(error.message());
            }
        };
        let directory = base.relative(job.directory());
        let status = job.outcome().status();
        let (result, error) = match job.outcome() {
            Outcome::Completed(result) => (result.clone(), None),
            Outcome::Failed(failure) | Outcome::Panicked(failure) => (None, Some(failure.line().to_owned())),
            Outcome::Interrupted(_) => (None, None),
        };
        let asked = (status == Status::Interrupted).then(|| halt(job.status()));
        if asked.is_some() {
            self.interrupted = Some(job.status());
        }
        let (direction, stopped) = (directions(job.objectives()), job.stopped());
        let name = base.session.app.name.as_str();
        let log = error.as_ref().and_then(|_| base.log(&directory, name));
        if self.jobs.len() < KEPT {
            self.jobs.push(job);
        }
        let (directory, ended) = (Some(directory), None);
        Verdict { status, result, direction, stopped, error, log, directory, asked, ended }
    }

    fn is_told(&self, job: u64) -> bool {
        self.called == Some(job)
    }
}
