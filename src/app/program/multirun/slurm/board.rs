//! How the jobs stand that were handed to Slurm: by their records, their claims, and one look into the queue for all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::app::program::multirun::slurm::claim::{Claim, revoke, withdraw};
use crate::app::program::multirun::slurm::orders::Folder;
use crate::diag::Result;
use crate::drive::Progress;
use crate::facts::Process;
use crate::launch::slurm::{Queued, Slurm, State};
use crate::run::{Found, PackedRuns, Record, Status, Tenant};
use crate::value::Node;

/// The jobs of a sweep that Slurm has, or had.
#[derive(Debug)]
pub(crate) struct Board {
    /// The directory of the sweep, absolute.
    directory: PathBuf,
    /// The identifier of the sweep.
    sweep: String,
    process: Process,
    pub(super) slurm: Slurm,
    places: RefCell<BTreeMap<u64, Place>>,
    /// What Slurm calls the submissions.
    ids: RefCell<BTreeMap<u32, Option<String>>>,
    queue: RefCell<Option<Vec<Queued>>>,
    packed: RefCell<PackedRuns>,
    /// How the tasks of arrays have ended, as far as was asked since the last look into the queue.
    ends: RefCell<BTreeMap<String, BTreeMap<usize, String>>>,
    /// Jobs that somebody had begun before the last look, which did not find them.
    dead: RefCell<BTreeSet<u64>>,
}

/// Where a job was put.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) submission: u32,
    pub(super) task: usize,
    /// Seen from that of the sweep.
    pub(super) directory: PathBuf,
    /// The record that was in it before.
    pub(super) earlier: Option<String>,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stands {
    /// It is in the queue.
    Waits,
    /// It runs, or nobody can tell that it does not.
    Runs,
    /// It has ended, and its record says how.
    Ended(Box<Record>),
    /// It neither runs nor ever will. It may have a record that says that it was interrupted.
    Gone,
}

impl Board {
    /// What the journal says.
    pub(crate) fn of(directory: &Path, progress: &Progress, process: &Process, slurm: Slurm) -> Self {
        let mut earlier = BTreeMap::new();
        let had = |(job, standing): (&u64, &crate::drive::Standing)| {
            let (submission, task) = standing.task?;
            let known = earlier
                .entry(submission)
                .or_insert_with(|| Folder::of(directory, submission).earlier().unwrap_or_default());
            let (directory, earlier) = (standing.directory.clone()?, known.get(job).cloned());
            Some((*job, Place { submission, task, directory, earlier }))
        };
        Self {
            directory: directory.to_owned(),
            sweep: progress.identity.id.clone(),
            process: process.clone(),
            slurm,
            places: RefCell::new(progress.jobs.iter().filter_map(had).collect()),
            ids: RefCell::new(progress.submissions.clone()),
            queue: RefCell::default(),
            packed: RefCell::new(PackedRuns::new(directory)),
            ends: RefCell::default(),
            dead: RefCell::default(),
        }
    }

    /// A job was put somewhere.
    pub(super) fn put(&self, job: u64, place: Place) {
        self.places.borrow_mut().insert(job, place);
    }

    /// What Slurm calls a submission.
    pub(super) fn name(&self, submission: u32, id: Option<String>) {
        self.ids.borrow_mut().insert(submission, id);
    }

    /// The number that the next submission has.
    pub(super) fn next(&self) -> u32 {
        let last = self.ids.borrow().last_key_value().map_or(0, |(last, _)| *last);
        let free = |number: &u32| !Folder::of(&self.directory, *number).path().exists();
        (last.saturating_add(1)..u32::MAX).find(free).unwrap_or(u32::MAX)
    }

    pub(super) fn folder(&self, submission: u32) -> Folder {
        Folder::of(&self.directory, submission)
    }

    /// Looks into the queue, once for all jobs. Returns the submissions whose names were not known, with their names: who
    /// made them was killed before it was told.
    ///
    /// # Errors
    /// Slurm does not answer: of no job can be said that it does not run.
    pub(crate) fn look_into_queue(&self) -> Result<Vec<(u32, String)>> {
        self.queue.replace(None);
        self.ends.take();
        self.dead.take();
        let queue = self.slurm.queue()?;
        let mut found = Vec::new();
        for (submission, id) in self.ids.borrow_mut().iter_mut().filter(|(_, id)| id.is_none()) {
            let script = Folder::of(&self.directory, *submission).script();
            if let Some(queued) = queue.iter().find(|queued| queued.is_of(&script)) {
                *id = Some(queued.id.to_string());
                found.push((*submission, queued.id.to_string()));
            }
        }
        self.queue.replace(Some(queue));
        Ok(found)
    }

    /// How a job stands, by its record and the last look into the queue; none if it was never handed to Slurm.
    pub(crate) fn stands(&self, job: u64) -> Option<Stands> {
        let place = self.places.borrow().get(&job).cloned()?;
        let record = self.record(&place);
        if let Some(record) = record.filter(|record| is_final(record.status())) {
            return Some(Stands::Ended(Box::new(record)));
        }
        let queue = self.queue.borrow();
        let Some(queue) = &*queue else { return Some(Stands::Runs) };
        let state = self.id(place.submission).and_then(|id| {
            let held = |queued: &&Queued| queued.id.to_string() == id && queued.holds(place.task);
            queue.iter().find(held).map(|queued| queued.state)
        });
        Some(match state {
            Some(State::Waits) => Stands::Waits,
            // Of several jobs in one task some may not have begun.
            Some(State::Runs) => match self.has_begun(&place, job) {
                true => Stands::Runs,
                false => Stands::Waits,
            },
            // Slurm may have lost sight of a node whose processes live.
            None if Tenant::of_run(&self.directory.join(&place.directory), &self.process).is_some() => {
                Stands::Runs
            }
            // It may have come to its end since.
            None => match self.record(&place).filter(|record| is_final(record.status())) {
                Some(record) => Stands::Ended(Box::new(record)),
                None => Stands::Gone,
            },
        })
    }

    fn has_begun(&self, place: &Place, job: u64) -> bool {
        matches!(Claim::read(&self.folder(place.submission).claim(job)), Ok(Some(Claim::Of(..))))
    }

    /// How often a job that a task had begun was ended at the limit of its time; none if none has begun it.
    pub(super) fn timeouts(&self, job: u64) -> Option<u64> {
        match Claim::read(&self.folder(self.place(job)?.submission).claim(job)) {
            Ok(Some(Claim::Of(_, timeouts))) => Some(timeouts),
            _ => None,
        }
    }

    /// The record of a job, if it is that of this time.
    pub(super) fn record(&self, place: &Place) -> Option<Record> {
        let packed = &mut |directory: &Path| self.packed.borrow_mut().of(directory);
        let found = Found::read_or(&self.directory.join(&place.directory), &self.process, packed).ok()?;
        let record = found.record;
        let ours = record.get("parent").and_then(Node::as_str) == Some(self.sweep.as_str());
        let id = record.id().map(|id| id.to_string());
        (ours && (place.earlier.is_none() || id != place.earlier)).then_some(record)
    }

    pub(super) fn place(&self, job: u64) -> Option<Place> {
        self.places.borrow().get(&job).cloned()
    }

    /// A path as the journal says it.
    pub(super) fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.directory).unwrap_or(path).to_owned()
    }

    /// Makes sure that a job that is gone never begins: whether that is so.
    ///
    /// # Errors
    /// Its claim cannot be written.
    pub(super) fn give_up(&self, job: u64) -> Result<bool> {
        let Some(place) = self.place(job) else { return Ok(true) };
        let claim = self.folder(place.submission).claim(job);
        if withdraw(&claim)? {
            return Ok(true);
        }
        if !self.dead.borrow().contains(&job) {
            // Somebody had begun it. If that was just now it is in the queue: looked once for all that stand so.
            let is_dead =
                |job: &u64| self.stands(*job) == Some(Stands::Gone) && self.timeouts(*job).is_some();
            let dead = self.jobs().into_iter().filter(is_dead).collect();
            self.look_into_queue()?;
            self.dead.replace(dead);
        }
        match self.stands(job) {
            Some(Stands::Gone) => revoke(&claim).map(|()| true),
            _ => Ok(false),
        }
    }

    /// What Slurm calls a submission, as far as is known.
    pub(super) fn id(&self, submission: u32) -> Option<String> {
        self.ids.borrow().get(&submission).cloned().flatten()
    }

    /// Whether something was submitted that Slurm calls so.
    pub(super) fn submitted(&self, id: &str) -> bool {
        self.ids.borrow().values().flatten().any(|known| known == id)
    }

    /// What Slurm says of the end of a job, asked once for all of its array.
    pub(super) fn end(&self, job: u64) -> Option<String> {
        let place = self.place(job)?;
        let id = self.id(place.submission)?;
        let mut known = self.ends.borrow_mut();
        let ends = known.entry(id).or_insert_with_key(|id| self.slurm.ends(id));
        ends.get(&place.task).cloned()
    }

    /// Takes back those of the jobs that nobody has begun. Returns which ones they are.
    pub(super) fn recall(&self, jobs: impl Iterator<Item = u64>) -> Vec<u64> {
        let (mut recalled, mut tasks) = (Vec::new(), BTreeMap::new());
        for job in jobs {
            let Some(place) = self.place(job) else { continue };
            // What cannot be taken back is taken for begun.
            let is_back = withdraw(&self.folder(place.submission).claim(job)).unwrap_or(false);
            *tasks.entry((place.submission, place.task)).or_insert(true) &= is_back;
            recalled.extend(is_back.then_some(job));
        }
        let idle = tasks.into_iter().filter(|(_, is_back)| *is_back);
        let ids: Vec<String> = idle
            .filter_map(|((submission, task), _)| Some(format!("{}_{task}", self.id(submission)?)))
            .collect();
        // A task that stays in the queue finds nothing to do.
        let _ = self.slurm.cancel(&ids);
        recalled
    }

    /// All jobs that were handed to Slurm, by their numbers.
    pub(crate) fn jobs(&self) -> Vec<u64> {
        self.places.borrow().keys().copied().collect()
    }

    /// Ends all that is in the queue: what waits does not begin, what runs is asked to end. Returns what was ended.
    ///
    /// # Errors
    /// Slurm does not answer.
    pub(crate) fn cancel(&self) -> Result<Vec<String>> {
        for job in self.jobs() {
            if let Some(place) = self.place(job) {
                // What a task has begun it is asked to end.
                let _ = withdraw(&self.folder(place.submission).claim(job))?;
            }
        }
        let left = self.left()?;
        self.slurm.cancel(&left)?;
        Ok(left)
    }

    /// The submissions of which something is in the queue.
    ///
    /// # Errors
    /// Slurm does not answer.
    pub(crate) fn left(&self) -> Result<Vec<String>> {
        self.look_into_queue()?;
        let queue = self.queue.borrow();
        let ids = self.ids.borrow();
        let is_there = |id: &&String| queue.iter().flatten().any(|queued| queued.id.to_string() == **id);
        Ok(ids.values().flatten().filter(is_there).cloned().collect())
    }
}

/// Whether a job that ended so does not begin again by itself.
fn is_final(status: Status) -> bool {
    matches!(status, Status::Completed | Status::Failed)
}
