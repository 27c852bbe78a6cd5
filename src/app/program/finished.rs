//! What a call of a program came to.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Termination};

use crate::app::output::Status;
use crate::app::program::outcome::Objective;
use crate::run::Outcome;

/// What a call of a program came to. As the result of `main` it is the exit status.
#[derive(Debug)]
#[must_use = "the exit status is in it"]
pub struct Finished {
    pub(crate) status: Status,
    pub(crate) jobs: Vec<Job>,
}

/// One job that ran.
#[derive(Debug)]
pub struct Job {
    pub(crate) directory: PathBuf,
    pub(crate) outcome: Outcome,
    pub(crate) objectives: Vec<Objective>,
}

impl Finished {
    pub(crate) fn without_jobs(status: Status) -> Self {
        Self { status, jobs: Vec::new() }
    }

    /// How it ended.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The jobs that ran in this process, in order.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }
}

impl Termination for Finished {
    fn report(self) -> ExitCode {
        self.into()
    }
}

impl From<Finished> for ExitCode {
    fn from(finished: Finished) -> Self {
        Self::from(u8::try_from(finished.status.code()).unwrap_or(1))
    }
}

impl Job {
    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What a sweep is to make large or small; empty if the job failed or said nothing.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// The exit status that it leads to.
    pub(crate) fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Completed(_) => Status::Success,
            Outcome::Failed(_) | Outcome::Panicked(_) => Status::Failure,
            Outcome::Interrupted(signal) => {
                Status::Interrupted(if signal.as_deref() == Some("SIGINT") { 2 } else { 15 })
            }
        }
    }

    /// What it came to.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}
