//! The jobs of a sweep that Slurm has: how they stand, whether anybody waits for them or not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::app::program::{Board, Fate, SLURM as LAUNCHER, Stands};
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Entry, Journal, Progress, is_driven, lease};
use crate::facts::{Facts, Process};
use crate::launch::slurm::{Queued, Slurm};
use crate::run::Status;

/// How the jobs stand that the journal knows no end of.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) jobs: BTreeMap<u64, Stands>,
    /// What became of those that had begun and left no word.
    pub(super) fates: BTreeMap<u64, Fate>,
    /// Whether something of the sweep is in the queue.
    left: bool,
    /// What is wrong: Slurm does not answer.
    pub(super) warning: Option<Error>,
}

/// One look into Slurm's queue, for all sweeps of one user, when the first one needs it.
#[derive(Debug, Default)]
pub(super) struct Once(RefCell<Option<Look>>);

/// A look into the queue: whose jobs were asked for, and what there was of them.
#[derive(Debug)]
struct Look {
    users: BTreeSet<u32>,
    said: Result<Vec<Queued>>,
}

impl Once {
    /// What these users have in it; of none, what this one has.
    fn queue(&self, slurm: &Slurm, users: &BTreeSet<u32>) -> Result<Vec<Queued>> {
        let mut known = self.0.borrow_mut();
        if let Some(look) = known.as_ref().filter(|look| users.is_subset(&look.users)) {
            return look.said.clone();
        }
        let all: BTreeSet<u32> = known.iter().flat_map(|look| &look.users).chain(users).copied().collect();
        let said = slurm.queue(&all);
        *known = Some(Look { users: all, said: said.clone() });
        said
    }
}

/// Whether jobs of the sweep were handed to Slurm.
pub(super) fn is_on_slurm(progress: &Progress) -> bool {
    !progress.submissions.is_empty()
}

/// Whether the jobs of the sweep are Slurm's, also if its driver has handed on none yet.
pub(super) fn is_for_slurm(progress: &Progress) -> bool {
    is_on_slurm(progress) || progress.launcher.as_deref() == Some(LAUNCHER)
}

impl Queue {
    /// Looks how they stand, and takes into the progress what their records say.
    pub(super) fn look(
        directory: &Path,
        progress: &mut Progress,
        (facts, process): (&Facts, &Process),
        once: &Once,
    ) -> Self {
        let is_open = |job: &&u64| progress.jobs.get(job).is_some_and(|job| job.status == Status::Running);
        let is_over = !progress.jobs.is_empty() && !progress.jobs.keys().any(|job| is_open(&job));
        if !is_on_slurm(progress) || is_over {
            return Self::default();
        }
        let slurm = Slurm::new(&facts.env);
        let board = Board::of(directory, progress, process, slurm.clone());
        let queued = once.queue(&slurm, &board.users());
        let mut queue = Self::default();
        match queued {
            Ok(queued) => {
                board.look_at(queued);
                queue.left = !board.left().is_empty();
            }
            Err(error) => queue.warning = Some(error),
        }
        let open: Vec<u64> = progress.jobs.keys().filter(is_open).copied().collect();
        // What its driver keeps until there is room waits as well.
        let keeps = progress.launcher.as_deref() == Some(LAUNCHER) && is_driven(directory, process);
        for job in open {
            let stands = board.stands(job).or(keeps.then_some(Stands::Waits));
            let Some(stands) = stands else { continue };
            let gone = (stands == Stands::Gone && board.has_begun(job)).then(|| board.fate(job));
            let status = match &stands {
                Stands::Ended(record) => record.status(),
                Stands::Gone if gone.as_ref().is_some_and(Fate::failed) => Status::Failed,
                Stands::Gone => Status::Interrupted,
                Stands::Waits | Stands::Runs => Status::Running,
            };
            if let Some(standing) = progress.jobs.get_mut(&job) {
                standing.status = status;
            }
            queue.jobs.insert(job, stands);
            queue.fates.extend(gone.map(|fate| (job, fate)));
        }
        queue
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

/// The job in the queue that drives the sweep, or will again.
///
/// # Errors
/// The journal cannot be read; Slurm does not answer.
pub(super) fn driver_in_queue(directory: &Path, facts: &Facts, process: &Process) -> Result<Option<String>> {
    let progress = Progress::read(directory)?;
    let board = Board::of(directory, &progress, process, Slurm::new(&facts.env));
    board.look_into_queue()?;
    Ok(board.driver())
}

/// What of the sweep is in Slurm's queue.
///
/// # Errors
/// The journal cannot be read; Slurm does not answer.
pub(super) fn left_in_queue(directory: &Path, facts: &Facts, process: &Process) -> Result<Vec<String>> {
    let progress = Progress::read(directory)?;
    Board::of(directory, &progress, process, Slurm::new(&facts.env)).left_now()
}

/// Ends all that is in Slurm's queue, and writes down that somebody did. Returns what was ended.
///
/// # Errors
/// Somebody runs the sweep; Slurm does not answer; the journal cannot be written.
pub(super) fn cancel(directory: &Path, facts: &Facts, process: &Process) -> Result<Vec<String>> {
    let (mut ended, mut pause, mut waited) = (Vec::new(), FIRST, Duration::ZERO);
    loop {
        let held = lease(directory, process);
        // Its driver may be one of the jobs, and submit others before it ends.
        let progress = Progress::read(directory)?;
        let board = Board::of(directory, &progress, process, Slurm::new(&facts.env));
        let left = board.cancel(&mut ended)?;
        match held {
            Ok(lease) if !left => {
                let journal = Journal::open(lease, std::sync::Arc::default())?;
                let why = "cancelled".to_owned();
                journal.add(&Entry::Stopped { time: process.clock.now(), why })?;
                return Ok(ended);
            }
            _ if waited < PATIENCE => {}
            Err(error) if !left => return Err(error.note("nothing of the sweep is in Slurm's queue")),
            _ => {
                let message = format!("{} has not left Slurm's queue yet", ended.join(", "));
                return Err(Error::new(ErrorKind::Job, message).help("look with `squeue`, and try it again"));
            }
        }
        std::thread::sleep(pause);
        waited += pause;
        pause = (pause * 3 / 2).min(LONGEST);
    }
}

/// For so long is looked whether the queue is empty, so far apart at first, and at most so far.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(5);
