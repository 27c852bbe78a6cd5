//! What a driver needs of the program whose jobs it runs.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::diag::{Error, Result};
use crate::drive::policy::Policy;
use crate::drive::progress::Standing;
use crate::launch::Halt;
use crate::run::{EarlyStop, Status};
use crate::sweep::{Job, Told};
use crate::value::Node;

/// A job that is ready to be launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared<T> {
    /// Its directory, seen from that of the sweep.
    pub directory: PathBuf,
    /// The job as its launcher needs it.
    pub task: T,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How it ended.
    pub status: Status,
    /// What it returned.
    pub result: Option<Node>,
    /// Which way that is better, as far as its record says it.
    pub direction: Option<Node>,
    /// Where it was stopped early, if it was.
    pub stopped: Option<EarlyStop>,
    /// What went wrong.
    pub error: Option<String>,
    /// The file that says more.
    pub log: Option<PathBuf>,
    /// The job's directory, seen from that of the sweep, if it came to have one.
    pub directory: Option<PathBuf>,
    /// How this process was asked to stop while the job ran in it, if it was.
    pub asked: Option<Halt>,
    /// When it ended, if it did while nobody looked: by its record.
    pub ended: Option<DateTime<FixedOffset>>,
}

impl Verdict {
    /// A job that could not begin.
    pub(super) fn failed(error: &Error) -> Self {
        Self::because(error.message())
    }

    /// A job that failed, of which nothing else is known.
    pub(crate) fn because(why: impl Into<String>) -> Self {
        Self {
            status: Status::Failed,
            result: None,
            direction: None,
            stopped: None,
            error: Some(why.into()),
            log: None,
            asked: None,
            directory: None,
            ended: None,
        }
    }

    /// A job that waited, and does not begin.
    pub(super) fn taken_back() -> Self {
        Self { status: Status::Interrupted, error: None, ..Self::because("") }
    }

    /// What a sweeper is told of a job that does not begin again.
    pub(super) fn told(&self) -> Told<'_> {
        told(self.status, self.stopped, self.result.as_ref(), self.direction.as_ref())
    }
}

/// What a sweeper is told of a job that ended like that.
pub(super) fn told<'a>(
    status: Status,
    stopped: Option<EarlyStop>,
    result: Option<&'a Node>,
    direction: Option<&'a Node>,
) -> Told<'a> {
    match (status, stopped) {
        (Status::Completed, Some(EarlyStop { step, value })) => Told::Stopped { step, value },
        (Status::Completed, None) => Told::Completed { result, direction },
        _ => Told::Failed,
    }
}

/// What there is of a job whose driver was killed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Left {
    /// It runs: in which process, in words, if that is known.
    Running(Option<String>),
    /// It came to its end, and its record says how.
    Ended(Verdict),
    /// Nothing that could be taken for its end. It runs no more, and never will.
    Nothing,
}

/// The program whose jobs run.
pub trait Host {
    /// A job as the launcher needs it.
    type Task;
    /// How the launcher says that a job has ended.
    type End;

    /// Makes a job ready. `before` is the directory that it had the last time, if there was one.
    ///
    /// # Errors
    /// Whatever keeps it from running: it has failed then.
    fn prepare(&mut self, job: &Job, attempt: u32, before: Option<&Path>) -> Result<Prepared<Self::Task>>;

    /// What a job changes, as it may be shown.
    fn shown(&self, job: &Job) -> Vec<String>;

    /// What became of a job that has ended.
    fn judge(&mut self, job: u64, end: Self::End) -> Verdict;

    /// A job was asked to end since it took too long, and has. What it says of its end itself may be something else.
    fn took_too_long(&mut self, _: &Verdict) {}

    /// A job that was made ready does not run after all.
    fn gave_up(&mut self, job: u64);

    /// The directory of a job that the journal of a sweep that goes on knows nothing of, though its record says that this
    /// sweep had begun it, and when. A machine that goes down may take the last lines of a journal with it.
    fn had(&mut self, job: &Job) -> Option<(PathBuf, DateTime<FixedOffset>)>;

    /// Jobs of these numbers changed other values when the sweep was begun, and stood so. Those of now are made ready as if
    /// they had never begun.
    fn anew(&mut self, jobs: &[(u64, Standing)]);

    /// The directories, seen from that of the sweep, of jobs that other ones have the numbers of now. No job may get one of
    /// them that has none yet.
    fn gone(&mut self, directories: &[PathBuf]);

    /// What there is of a job that had begun when the driver before was killed, and stands so by the journal: what says no
    /// more than that is nothing.
    fn look(&mut self, job: u64, directory: &Path, standing: &Standing) -> Left;

    /// A job still runs that the driver before had begun. It is looked at again and again until it has ended; said once.
    fn waits(&mut self, job: &Job, who: Option<&str>);

    /// A job has ended, this time. `again`: in how many seconds it begins once more.
    fn ended(&mut self, job: &Job, verdict: &Verdict, again: Option<f64>, policy: &Policy);
}
