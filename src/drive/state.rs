//! Where a sweep stands while it is driven.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::diag::Result;
use crate::drive::progress::Standing;
use crate::drive::replay::{Elsewhere, Replayed};
use crate::drive::summary::Summary;
use crate::sweep::Job;

/// A job that runs.
pub(super) struct Running {
    pub(super) job: Job,
    pub(super) attempt: u32,
    /// Which of the times it is that this driver began it, counted from 1.
    pub(super) tries: u32,
    /// Its directory, if it has come to have one.
    pub(super) directory: Option<PathBuf>,
    /// When it has taken too long.
    pub(super) limit: Option<Duration>,
    /// When it is killed, having been asked to end.
    pub(super) kill: Option<Duration>,
    /// It was asked to end because it has taken too long.
    pub(super) late: bool,
    /// It was asked to end because the sweep was.
    pub(super) asked: bool,
}

impl Running {
    /// One that a driver before had begun.
    pub(super) fn left(job: Job, standing: Standing, tries: u32) -> Self {
        let Standing { attempt, directory, .. } = standing;
        Self { job, attempt, tries, directory, limit: None, kill: None, late: false, asked: false }
    }
}

/// A job that begins once more.
pub(super) struct Again {
    pub(super) job: Job,
    pub(super) attempt: u32,
    pub(super) tries: u32,
    pub(super) directory: Option<PathBuf>,
}

/// A job that the driver before had begun, and that still runs.
pub(super) struct Orphan {
    pub(super) due: Duration,
    pub(super) job: Job,
    pub(super) standing: Standing,
}

/// Where a sweep that is driven stands.
pub(super) struct State {
    pub(super) running: BTreeMap<u64, Running>,
    /// By the moment when they are due, and their numbers.
    pub(super) again: BTreeMap<(Duration, u64), Again>,
    /// Jobs that had begun before, and begin once more unless they have ended or still run.
    pub(super) left: BTreeMap<u64, (Job, Standing)>,
    pub(super) orphans: Vec<Orphan>,
    pub(super) elsewhere: Elsewhere,
    /// Whether the sweeper has no job any more.
    pub(super) done: bool,
    /// Jobs from this number on do not begin: the batch of a failure ends before it.
    pub(super) end: Option<u64>,
    pub(super) summary: Summary,
}

impl State {
    pub(super) fn new(
        Replayed { left, kept, failed: failed_before, failures, elsewhere, .. }: Replayed,
    ) -> Self {
        let summary = Summary { kept, failed_before, failures, ..Summary::default() };
        let (running, again, orphans) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { running, again, left, orphans, elsewhere, done: false, end: None, summary }
    }

    /// Whether no job runs, and none is known that will.
    pub(super) fn is_idle(&self) -> bool {
        let none_left = self.again.is_empty() && self.left.is_empty() && self.orphans.is_empty();
        self.running.is_empty() && (none_left || self.summary.is_over())
    }

    /// Takes in what went wrong with the sweep itself. The first error is the one to report.
    pub(super) fn note(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.summary.broken.get_or_insert(error);
        }
    }
}
