//! Jobs in this process, one after the other, as Hydra's basic launcher runs them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, FixedOffset};

use crate::app::output::Status as Exit;
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::Callbacks;
use crate::app::program::finished;
use crate::app::program::job::{Extent, call, wait_for_end};
use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::host::{Base, Placed};
use crate::app::program::multirun::in_sweep::place_in_sweep;
use crate::app::program::outcome::directions;
use crate::app::program::session::Session;
use crate::app::program::signals::{self, Stop};
use crate::diag::Result;
use crate::drive::{Entry, Host, Journal, Left, Policy, Prepared, Standing, Verdict};
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

/// Runs a job. A signal that ends the process is written down first.
pub(super) fn carry_out(
    session: &Session<'_>,
    journal: &Arc<Journal>,
    callbacks: &Arc<Callbacks>,
    job: u64,
    task: Task,
) -> Result<finished::Job> {
    let Task { bound, directory, made, attempt } = task;
    let place = place_in_sweep(&bound, directory, made, Some(journal.lease().mandate()))?;
    if !session.owns_process {
        return call(session, bound, &place, Extent::OfSweep, Arc::clone(callbacks));
    }
    let (journal, clock) = (Arc::clone(journal), session.process().clock);
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
    };
    *session.interrupted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(interrupted));
    call(session, bound, &place, Extent::OfSweep, Arc::clone(callbacks))
}

/// The signal that a job was ended by.
fn halt(exit: Exit) -> Halt {
    if let Exit::Interrupted(2) = exit { Halt::Interrupt } else { Halt::Terminate }
}

/// The program, for jobs in this process.
pub(super) struct Inline<'a> {
    pub(super) base: Base<'a>,
    /// The jobs of the sweep, batch by batch.
    batches: Box<dyn Iterator<Item = Range<u64>> + 'a>,
    batch: Range<u64>,
    /// The first jobs that ran.
    pub(super) jobs: Vec<finished::Job>,
    pub(super) interrupted: Option<Exit>,
}

impl<'a> Inline<'a> {
    pub(super) fn new(base: Base<'a>, batches: impl Iterator<Item = Range<u64>> + 'a) -> Self {
        Self { base, batches: Box::new(batches), batch: 0..0, jobs: Vec::new(), interrupted: None }
    }

    /// Says which batch begins, as Hydra does.
    fn announce(&mut self, job: u64) {
        let before = self.batch.clone();
        while self.batch.end <= job
            && let Some(next) = self.batches.next()
        {
            self.batch = next;
        }
        if self.batch != before {
            hydra_log(&format!("Launching {} jobs locally", self.batch.end - self.batch.start));
        }
    }
}

impl Host for Inline<'_> {
    type Task = Task;
    type End = Result<finished::Job>;

    fn prepare(&mut self, job: &Job, attempt: u32, before: Option<&Path>) -> Result<Prepared<Task>> {
        if self.base.session.owns_process && signals::is_asked() {
            wait_for_end()
        }
        self.announce(job.index);
        let Placed { bound, directory, made, .. } = self.base.place(job, before)?;
        hydra_log(&format!("\t#{} : {}", job.index, self.base.shown(job).join(" ")));
        let relative = self.base.relative(&directory);
        Ok(Prepared { directory: relative, task: Task { bound, directory, made, attempt } })
    }

    fn judge(&mut self, _: u64, end: Result<finished::Job>) -> Verdict {
        let job = match end {
            Ok(job) => job,
            Err(error) => {
                let console = &self.base.session.console;
                console.complain(&error.render(console.err));
                return Verdict {
                    status: Status::Failed,
                    result: None,
                    direction: None,
                    stopped: None,
                    error: Some(error.message().to_owned()),
                    log: None,
                    directory: None,
                    asked: None,
                    ended: None,
                };
            }
        };
        let directory = self.base.relative(job.directory());
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
        let name = self.base.session.app.name.as_str();
        let log = error.as_ref().and_then(|_| self.base.log(&directory, name));
        if self.jobs.len() < KEPT {
            self.jobs.push(job);
        }
        let (directory, ended) = (Some(directory), None);
        Verdict { status, result, direction, stopped, error, log, directory, asked, ended }
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        self.base.shown(job)
    }

    /// What a job is called with goes as it came.
    fn gave_up(&mut self, _: u64) {}

    fn had(&mut self, job: &Job) -> Option<(PathBuf, DateTime<FixedOffset>)> {
        self.base.had(job)
    }

    fn anew(&mut self, jobs: &[(u64, Standing)]) {
        self.base.anew(jobs);
    }

    fn gone(&mut self, directories: &[PathBuf]) {
        self.base.gone(directories);
    }

    fn look(&mut self, job: u64, directory: &Path, standing: &Standing) -> Left {
        self.base.look(job, directory, standing)
    }

    fn waits(&mut self, job: &Job, who: Option<&str>) {
        self.base.waits(job, who);
    }

    /// The job has told its failure itself.
    fn ended(&mut self, _: &Job, verdict: &Verdict, again: Option<f64>, _: &Policy) {
        self.base.listen(verdict);
        if verdict.status != Status::Interrupted {
            self.base.pack(verdict.directory.as_deref());
        }
        if let Some(pause) = again {
            self.base.session.note(&format!("the job begins again in {pause} s"));
        }
    }
}
