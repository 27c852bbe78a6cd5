//! Jobs in this process, one after the other, as Hydra's basic launcher runs them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crate::app::output::Status as Exit;
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::Callbacks;
use crate::app::program::finished;
use crate::app::program::job::{Extent, call, place_in_sweep};
use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::host::{Base, Placed, first_line};
use crate::app::program::session::Session;
use crate::app::program::signals::Stop;
use crate::app::program::worker::{self, OfSweep};
use crate::diag::Result;
use crate::drive::{Entry, Host, Journal, Policy, Prepared, Verdict};
use crate::launch::Halt;
use crate::run::{Outcome, Record, RunId, Status};
use crate::sweep::Job;

/// A job that is ready.
pub(super) struct Task {
    bound: Bound,
    directory: PathBuf,
    made: bool,
    earlier: Option<RunId>,
    attempt: u32,
    of_sweep: OfSweep,
}

/// A job that ran: here, or in a worker, since it needed another environment.
pub(super) enum Ran {
    Here(finished::Job),
    Worker(Exit, PathBuf, Option<RunId>),
}

/// Runs a job. A signal that ends the process is written down first.
pub(super) fn carry_out(
    session: &Session<'_>,
    journal: &Arc<Journal>,
    callbacks: &Arc<Callbacks>,
    job: u64,
    task: Task,
) -> Result<Ran> {
    let Task { bound, directory, made, earlier, attempt, of_sweep } = task;
    if let Some(environment) = worker::needed(session, &bound)? {
        return Ok(Ran::Worker(worker::run(session, environment, Some(of_sweep))?, directory, earlier));
    }
    let place = place_in_sweep(&bound, directory, made)?;
    let (journal, clock) = (Arc::clone(journal), session.process().clock);
    let interrupted = move |stop: Stop, record: Option<&Record>| {
        let (time, why) = (clock.now(), format!("interrupted by {}", stop.name()));
        // The job may have come to its own end just before.
        let (status, result, error) = match record {
            Some(record) => (record.status(), record.result().cloned(), record.error().map(str::to_owned)),
            None => (Status::Interrupted, None, Some(why.clone())),
        };
        let ended = Entry::Ended { job, attempt, time, status, result, error, log: None };
        // The process ends in any case. A job that has begun and not ended is one that was interrupted.
        let _ = journal.add(&ended).and_then(|()| journal.add(&Entry::Stopped { time, why }));
    };
    *session.interrupted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(interrupted));
    call(session, bound, &place, Extent::OfSweep, Arc::clone(callbacks)).map(Ran::Here)
}

/// The signal that a job was ended by.
fn halt(exit: Exit) -> Halt {
    if let Exit::Interrupted(15) = exit { Halt::Terminate } else { Halt::Interrupt }
}

/// The program, for jobs in this process.
pub(super) struct Inline<'a> {
    pub(super) base: Base<'a>,
    /// The jobs of the sweep, batch by batch.
    batches: Box<dyn Iterator<Item = Range<u64>> + 'a>,
    batch: Range<u64>,
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
    type End = Result<Ran>;

    fn prepare(&mut self, job: &Job, attempt: u32, before: Option<&Path>) -> Result<Prepared<Task>> {
        self.announce(job.index);
        let Placed { bound, directory, made, earlier } = self.base.place(job, before)?;
        hydra_log(&format!("\t#{} : {}", job.index, self.base.shown(job).join(" ")));
        let of_sweep = OfSweep {
            number: job.index,
            sweep: self.base.other.clone(),
            id: self.base.id.clone(),
            directory: directory.clone(),
            made,
            overrides: self.base.composing.typed(job),
        };
        let relative = self.base.relative(&directory);
        Ok(Prepared {
            directory: relative,
            task: Task { bound, directory, made, earlier, attempt, of_sweep },
        })
    }

    fn judge(&mut self, _: u64, end: Result<Ran>) -> Verdict {
        let nothing = Verdict {
            status: Status::Failed,
            result: None,
            error: None,
            log: None,
            directory: None,
            asked: None,
        };
        match end {
            Ok(Ran::Here(job)) => {
                let directory = self.base.relative(job.directory());
                let status = job.outcome().status();
                let error = match job.outcome() {
                    Outcome::Failed(failure) | Outcome::Panicked(failure) => {
                        Some(first_line(&failure.message))
                    }
                    Outcome::Completed(_) | Outcome::Interrupted(_) => None,
                };
                let result = match job.outcome() {
                    Outcome::Completed(result) => result.clone(),
                    _ => None,
                };
                let asked = (status == Status::Interrupted).then(|| halt(job.status()));
                if asked.is_some() {
                    self.interrupted = Some(job.status());
                }
                let name = self.base.session.app.name.as_str();
                let log = error.as_ref().and_then(|_| self.base.log(&directory, name));
                self.jobs.push(job);
                Verdict { status, result, error, log, directory: Some(directory), asked }
            }
            Ok(Ran::Worker(exit, directory, earlier)) => {
                let directory = self.base.relative(&directory);
                if let Exit::Interrupted(_) = exit {
                    self.interrupted = Some(exit);
                    let directory = Some(directory);
                    return Verdict {
                        status: Status::Interrupted,
                        asked: Some(halt(exit)),
                        directory,
                        ..nothing
                    };
                }
                match self.base.new_record(&directory, earlier) {
                    Some(record) => self.base.verdict(&record, &directory),
                    None if exit == Exit::Success => {
                        Verdict { status: Status::Completed, directory: Some(directory), ..nothing }
                    }
                    None => Verdict { directory: Some(directory), ..nothing },
                }
            }
            Err(error) => {
                let console = &self.base.session.console;
                console.complain(&error.render(console.err));
                Verdict { error: Some(error.message().to_owned()), ..nothing }
            }
        }
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        self.base.shown(job)
    }

    fn look(&mut self, _: u64, directory: &Path) -> Option<Verdict> {
        self.base.look(directory)
    }

    /// The job has told its failure itself.
    fn ended(&mut self, _: &Job, verdict: &Verdict, again: Option<f64>, _: &Policy) {
        if verdict.status != Status::Interrupted {
            self.base.pack(verdict.directory.as_deref());
        }
        if let Some(pause) = again {
            self.base.session.note(&format!("the job begins again in {pause} s"));
        }
    }
}
