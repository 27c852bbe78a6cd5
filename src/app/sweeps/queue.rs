//! The jobs of a sweep that Slurm has: how they stand, whether anybody waits for them or not.

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::program::{Board, Stands};
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Entry, Journal, Progress, lease};
use crate::facts::{Facts, Process};
use crate::launch::slurm::Slurm;
use crate::run::Status;

/// How the jobs stand that the journal knows no end of.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) jobs: BTreeMap<u64, Stands>,
    /// Whether something of the sweep is in the queue.
    left: bool,
    /// What is wrong: Slurm does not answer.
    pub(super) warning: Option<Error>,
}

/// Whether jobs of the sweep were handed to Slurm.
pub(super) fn is_on_slurm(progress: &Progress) -> bool {
    !progress.submissions.is_empty()
}

impl Queue {
    /// Looks how they stand, and takes into the progress what their records say.
    pub(super) fn look(directory: &Path, progress: &mut Progress, facts: &Facts, process: &Process) -> Self {
        let is_open = |job: &&u64| progress.jobs.get(job).is_some_and(|job| job.status == Status::Running);
        let is_over = !progress.jobs.is_empty() && !progress.jobs.keys().any(|job| is_open(&job));
        if !is_on_slurm(progress) || is_over {
            return Self::default();
        }
        let board = Board::of(directory, progress, process, Slurm::new(&facts.env));
        let left = board.left();
        let open: Vec<u64> = board.jobs().into_iter().filter(|job| is_open(&job)).collect();
        let mut jobs = BTreeMap::new();
        for job in open {
            let Some(stands) = board.stands(job) else { continue };
            let status = match &stands {
                Stands::Ended(record) => record.status(),
                Stands::Gone => Status::Interrupted,
                Stands::Waits | Stands::Runs => Status::Running,
            };
            if let Some(standing) = progress.jobs.get_mut(&job) {
                standing.status = status;
            }
            jobs.insert(job, stands);
        }
        let (left, warning) = left.map_or_else(|error| (false, Some(error)), |left| (!left.is_empty(), None));
        Self { jobs, left, warning }
    }

    /// What the sweep does, if it does something, in a word.
    pub(super) fn state(&self) -> Option<&'static str> {
        let any = |asked: &Stands| self.jobs.values().any(|stands| stands == asked);
        match () {
            () if any(&Stands::Runs) => Some("running"),
            () if any(&Stands::Waits) || self.left => Some("waiting"),
            () => None,
        }
    }
}

/// Ends all that is in Slurm's queue, and writes down that somebody did. Returns what was ended.
///
/// # Errors
/// Somebody runs the sweep; Slurm does not answer; the journal cannot be written.
pub(super) fn cancel(directory: &Path, facts: &Facts, process: &Process) -> Result<Vec<String>> {
    let progress = Progress::read(directory)?;
    let board = Board::of(directory, &progress, process, Slurm::new(&facts.env));
    let ended = board.cancel()?;
    for _ in 0..TRIES {
        // Its driver may be one of the jobs.
        if board.left()?.is_empty()
            && let Ok(lease) = lease(directory, process)
        {
            let journal = Journal::open(lease, std::sync::Arc::default())?;
            let why = "cancelled".to_owned();
            journal.add(&Entry::Stopped { time: process.clock.now(), why })?;
            return Ok(ended);
        }
        std::thread::sleep(PAUSE);
    }
    Err(Error::new(ErrorKind::Job, format!("{} has not left the queue yet", ended.join(", ")))
        .help("look with `squeue`, and try it again"))
}

/// So often, and so long apart, is looked whether the queue is empty.
const TRIES: u32 = 120;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(500);
