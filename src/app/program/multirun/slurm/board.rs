//! How the jobs stand that were handed to Slurm: by their records, their claims, and one look into the queue for all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::app::program::multirun::slurm::claim::{Claim, revoke, withdraw};
use crate::app::program::multirun::slurm::orders::{Folder, JobOrder};
use crate::app::program::multirun::slurm::owners::owners;
use crate::diag::Result;
use crate::drive::Progress;
use crate::facts::Process;
use crate::launch::slurm::{Ends, Queued, Slurm, State};
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
    ends: RefCell<BTreeMap<String, Ends>>,
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
        let mut orders = BTreeMap::new();
        let had = |(job, standing): (&u64, &crate::drive::Standing)| {
            let (submission, task) = standing.task?;
            let known =
                orders.entry(submission).or_insert_with(|| Folder::of(directory, submission).earlier());
            let earlier = match known {
                // The queue was full: it was not handed on.
                Ok(known) => known.get(job)?.clone(),
                Err(_) => None,
            };
            Some((*job, Place { submission, task, directory: standing.directory.clone()?, earlier }))
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
        // If it does not answer, what it said before is no answer either.
        self.queue.replace(None);
        Ok(self.look_at(self.slurm.queue(&self.users())?))
    }

    /// Whose jobs are to be looked for, if not only this user's.
    pub(crate) fn users(&self) -> BTreeSet<u32> {
        owners(self.ids.borrow().keys().map(|submission| self.folder(*submission).script()))
    }

    /// As [`Board::look_into_queue`], of a look that somebody has taken for several sweeps.
    pub(crate) fn look_at(&self, queue: Vec<Queued>) -> Vec<(u32, String)> {
        self.ends.take();
        self.dead.take();
        let mut found = Vec::new();
        for (submission, id) in self.ids.borrow_mut().iter_mut().filter(|(_, id)| id.is_none()) {
            let script = Folder::of(&self.directory, *submission).script();
            if let Some(queued) = queue.iter().find(|queued| queued.is_of(&script)) {
                *id = Some(queued.id.to_string());
                found.push((*submission, queued.id.to_string()));
            }
        }
        self.queue.replace(Some(queue));
        found
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
            Some(State::Runs) => match self.has_begun(job) {
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

    /// How often a job that a task had begun was ended at the limit of its time; none if none has begun it.
    pub(super) fn timeouts(&self, job: u64) -> Option<u64> {
        match Claim::read(&self.folder(self.place(job)?.submission).claim(job)) {
            Ok(Some(Claim::Of(_, timeouts))) => Some(timeouts),
            _ => None,
        }
    }

    /// Whether a task has begun a job.
    pub(crate) fn has_begun(&self, job: u64) -> bool {
        self.timeouts(job).is_some()
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

    /// How many tasks of each submission have one of these jobs.
    pub(super) fn tasks_of<'j>(&self, jobs: impl Iterator<Item = &'j u64>) -> BTreeMap<u32, usize> {
        let places = self.places.borrow();
        let place = |job| places.get(job).map(|place| (place.submission, place.task));
        let mut count = BTreeMap::new();
        for (submission, _) in jobs.filter_map(place).collect::<BTreeSet<_>>() {
            *count.entry(submission).or_default() += 1;
        }
        count
    }

    pub(super) fn place(&self, job: u64) -> Option<Place> {
        self.places.borrow().get(&job).cloned()
    }

    /// The order of a job that was handed on.
    pub(super) fn order(&self, job: u64) -> Option<JobOrder> {
        let place = self.place(job)?;
        let jobs = self.folder(place.submission).task(place.task).ok()?;
        jobs.into_iter().find(|order| order.number == job)
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
        let ends = known.entry(id.clone()).or_insert_with(|| self.slurm.ends(&id));
        ends.of(place.task, || self.slurm.remembered(&id))
    }

    /// Takes back those of the jobs that nobody has begun. Returns which ones they are.
    pub(super) fn recall(&self, jobs: impl Iterator<Item = u64>) -> Vec<u64> {
        let (mut recalled, mut tasks) = (Vec::new(), BTreeSet::new());
        for job in jobs {
            let Some(place) = self.place(job) else { continue };
            // What cannot be taken back is taken for begun.
            if withdraw(&self.folder(place.submission).claim(job)).unwrap_or(false) {
                recalled.push(job);
                tasks.insert((place.submission, place.task));
            }
        }
        // A task that stays in the queue finds nothing to do.
        let _ = self.slurm.cancel(&self.idle(tasks));
        recalled
    }

    /// What Slurm calls those of the tasks that have begun no job at all. One that has may still be at it when the job has
    /// ended: there are callbacks.
    fn idle(&self, tasks: BTreeSet<(u32, usize)>) -> Vec<String> {
        let is_idle = |&(submission, task): &(u32, usize)| {
            let folder = self.folder(submission);
            let is_free = |job: &JobOrder| {
                matches!(Claim::read(&folder.claim(job.number)), Ok(None | Some(Claim::Withdrawn)))
            };
            folder.task(task).is_ok_and(|jobs| jobs.iter().all(is_free))
        };
        let idle = tasks.into_iter().filter(is_idle);
        idle.filter_map(|(submission, task)| Some(format!("{}_{task}", self.id(submission)?))).collect()
    }

    /// All jobs that were handed to Slurm, by their numbers.
    pub(crate) fn jobs(&self) -> Vec<u64> {
        self.places.borrow().keys().copied().collect()
    }

    /// Ends all that is in the queue, but for what is named: what waits does not begin, what runs is asked to end. Names what
    /// it ends. Whether something was in the queue.
    ///
    /// # Errors
    /// Slurm does not answer; a claim cannot be written.
    pub(crate) fn cancel(&self, ended: &mut Vec<String>) -> Result<bool> {
        for job in self.jobs() {
            if let Some(place) = self.place(job) {
                // What a task has begun it is asked to end.
                let _ = withdraw(&self.folder(place.submission).claim(job))?;
            }
        }
        let left = self.left_now()?;
        // Who is asked for the second time ends at once.
        let new: Vec<String> = left.iter().filter(|id| !ended.contains(id)).cloned().collect();
        self.slurm.cancel(&new)?;
        ended.extend(new);
        Ok(!left.is_empty())
    }

    /// The submissions of which something is in the queue by now.
    ///
    /// # Errors
    /// Slurm does not answer.
    pub(crate) fn left_now(&self) -> Result<Vec<String>> {
        self.look_into_queue()?;
        Ok(self.left())
    }

    /// The driver that was in the queue at the last look, if one was.
    pub(crate) fn driver(&self) -> Option<String> {
        let ids = self.ids.borrow();
        // It is a submission without jobs.
        let is_driver = |submission: &u32| {
            let folder = self.folder(*submission);
            folder.head().is_ok() && folder.task(0).is_err()
        };
        let left = self.left();
        let mut known = ids.iter().filter_map(|(submission, id)| Some((submission, id.as_ref()?)));
        let found = known.find(|(submission, id)| left.contains(id) && is_driver(submission));
        found.map(|(_, id)| id.clone())
    }

    /// The submissions of which something was in the queue at the last look.
    pub(crate) fn left(&self) -> Vec<String> {
        let queue = self.queue.borrow();
        let ids = self.ids.borrow();
        let is_there = |id: &&String| queue.iter().flatten().any(|queued| queued.id.to_string() == **id);
        ids.values().flatten().filter(is_there).cloned().collect()
    }
}

/// Whether a job that ended so does not begin again by itself.
fn is_final(status: Status) -> bool {
    matches!(status, Status::Completed | Status::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::program::multirun::slurm::claim::{Life, ask};
    use crate::app::program::multirun::slurm::orders::Head;
    use crate::drive::Standing;
    use crate::durable::testing::Scratch;

    /// A board of one submission, with two jobs in each task.
    fn board(scratch: &Scratch, tasks: u64) -> Board {
        let order = |number: u64| JobOrder { number, ..JobOrder::default() };
        let orders: Vec<Vec<JobOrder>> =
            (0..tasks).map(|task| vec![order(2 * task), order(2 * task + 1)]).collect();
        let folder = Folder::of(scratch.path(), 1);
        folder.write("#!/bin/sh\n", &Head::default(), &orders).unwrap();
        let mut progress = Progress::default();
        progress.submissions.insert(1, Some("12".to_owned()));
        for job in 0..2 * tasks {
            let task = Some((1, usize::try_from(job / 2).unwrap()));
            progress.jobs.insert(job, Standing { task, ..Standing::lost(job.to_string().into()) });
        }
        Board::of(scratch.path(), &progress, &Process::default(), Slurm::default())
    }

    #[test]
    fn a_task_that_has_begun_a_job_is_not_ended() {
        let scratch = Scratch::new("slurm-board");
        let board = board(&scratch, 3);
        let life = Life { task: "12_0".to_owned(), restarts: 0 };
        ask(&board.folder(1).claim(0), &life).unwrap();
        // Of the first task a job has ended, and may be in its callbacks; the other one has not begun.
        let left = [1, 2, 3, 4, 5];
        assert!(left.iter().all(|job| withdraw(&board.folder(1).claim(*job)).unwrap()));
        assert_eq!(board.idle([(1, 0), (1, 1), (1, 2)].into()), ["12_1", "12_2"]);
        // Of whom nothing is known, nothing is ended.
        assert_eq!(board.idle([(1, 7), (2, 0)].into()), [""; 0]);
    }

    #[test]
    fn a_job_that_no_orders_name_was_not_handed_on() {
        let scratch = Scratch::new("slurm-handed");
        let first = board(&scratch, 1);
        assert_eq!(first.jobs(), [0, 1]);
        let mut progress = Progress::default();
        progress.submissions.extend([(1, None), (2, None)]);
        // The queue was full: of one submission there is another try in its place, of the other one nothing is left.
        for (job, task) in [(0, (1, 0)), (5, (1, 2)), (6, (2, 0))] {
            progress
                .jobs
                .insert(job, Standing { task: Some(task), ..Standing::lost(job.to_string().into()) });
        }
        let board = Board::of(scratch.path(), &progress, &Process::default(), Slurm::default());
        assert_eq!(board.jobs(), [0]);
    }
}
