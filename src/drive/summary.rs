//! What a sweep came to.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use crate::diag::{Error, Result};
use crate::drive::entry::Entry;
use crate::drive::policy::Policy;
use crate::drive::progress::Progress;
use crate::launch::Halt;
use crate::run::Status;

/// So many failures are kept for the end.
pub(super) const KEPT: usize = 1000;

/// What went wrong in a job that says nothing of it.
pub(super) fn unsaid() -> String {
    "it failed".to_owned()
}

/// A job that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub job: u64,
    /// What it changed.
    pub overrides: Vec<String>,
    /// What went wrong.
    pub error: String,
    /// The file that says more.
    pub log: Option<PathBuf>,
}

/// Why a sweep ended before its last job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// This process was asked to.
    Asked(Halt),
    /// Too many jobs have failed.
    Failures(Limit),
    /// The jobs that have begun go on without this process.
    Detached,
}

/// What a policy bears no more. It prints as the reason it is.
///
/// ```
/// use mainstem::drive::Limit;
/// assert_eq!(Limit::First(3.try_into()?).to_string(), "the first 3 jobs have failed");
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// So many jobs have failed.
    Failures(NonZeroU64),
    /// The first so many jobs to end have all failed.
    First(NonZeroU64),
    /// A job has failed, and its batch has ended.
    Batch,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures(most) if most.get() == 1 => f.write_str("a job has failed"),
            Self::Failures(most) => write!(f, "{most} jobs have failed"),
            Self::First(first) => write!(f, "the first {first} jobs have failed"),
            Self::Batch => f.write_str("a job of the batch before has failed"),
        }
    }
}

/// What a sweep came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many jobs have completed now.
    pub completed: u64,
    /// How many had completed before.
    pub kept: u64,
    /// How many have failed for good now.
    pub failed: u64,
    /// How many had failed before, and were left as they are.
    pub failed_before: u64,
    /// The first failures, those from before among them.
    pub failures: Vec<Failure>,
    /// How many were interrupted.
    pub interrupted: u64,
    /// Why it ended before its last job.
    pub stopped: Option<Stopped>,
    /// What kept it from going on: a journal that cannot be written, a sweeper that does not know how. No job began any
    /// more, and those that ran came to their ends; what the journal does not say of them their records do.
    pub broken: Option<Error>,
}

impl Summary {
    /// What the sweep in a directory has come to by its journal, for who ends it beside its driver.
    ///
    /// # Errors
    /// As of [`Progress::read`].
    pub fn of_journal(directory: &Path, policy: &Policy, stopped: Stopped) -> Result<Self> {
        let (mut told, mut failed) = (BTreeMap::new(), BTreeMap::new());
        let progress = Progress::each(directory, |entry| match entry {
            // What had failed before is tried again.
            Entry::Driver { .. } if policy.retry_failed => failed.clear(),
            Entry::Started { job, overrides, .. } => {
                failed.remove(job);
                told.insert(*job, overrides.clone());
            }
            Entry::Ended { job, status: Status::Failed, again: false, error, log, .. } => {
                let (overrides, error) =
                    (told.get(job).cloned().unwrap_or_default(), error.clone().unwrap_or_else(unsaid));
                failed.insert(*job, Failure { job: *job, overrides, error, log: log.clone() });
            }
            _ => {}
        })?;
        Ok(Self {
            completed: progress.count(Status::Completed) as u64,
            failed: failed.len() as u64,
            failures: failed.into_values().take(KEPT).collect(),
            interrupted: progress.count(Status::Interrupted) as u64,
            stopped: Some(stopped),
            ..Self::default()
        })
    }

    /// Whether no job begins any more.
    pub(super) fn is_over(&self) -> bool {
        self.stopped.is_some() || self.broken.is_some()
    }
}
