//! Hands jobs to Slurm, in arrays, and looks from time to time how they stand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::app::program::multirun::slurm::board::{Board, Place, Stands};
use crate::app::program::multirun::slurm::claim::withdraw;
use crate::app::program::multirun::slurm::fate::Fate;
use crate::app::program::multirun::slurm::orders::{Head, JobOrder};
use crate::app::program::multirun::slurm::settings::Settings;
use crate::app::program::snapshot::Snapshot;
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Entry, Journal, asked_to_end};
use crate::facts::Clock;
use crate::launch::slurm::{Array, Submission, packs, size_of_array, waits_for};
use crate::launch::{Event, Halt, Launcher};
use crate::run::Record;

/// How a job on Slurm has ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// Its record says it.
    Recorded(Box<Record>),
    /// Without a word.
    Gone(Fate),
    /// Slurm did not take it: why.
    NotSubmitted(String),
}

/// Between two looks: so long at first, and longer each time that nothing has happened.
pub(super) const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);

/// Slurm is asked no more often than that: how most jobs have ended their records say.
const SELDOM: Duration = Duration::from_secs(5);

/// How many tasks an array has at most where Slurm does not say it.
const USUAL_ARRAY: usize = 1001;

/// Jobs in arrays.
pub(super) struct Arrays<'a> {
    pub(super) board: Rc<Board>,
    pub(super) settings: &'a Settings,
    pub(super) head: Head,
    /// Makes a snapshot of the program, if there is to be one and none yet.
    pub(super) snapshot: &'a dyn Fn() -> Result<Option<Arc<Snapshot>>>,
    pub(super) journal: &'a Journal,
    pub(super) clock: Clock,
    /// The program, what stands between it and the folder of a submission, and what stands behind that.
    pub(super) program: (Vec<String>, Vec<String>),
    /// Where the program is started.
    pub(super) cwd: PathBuf,
    /// Is told when this process is to end.
    pub(super) asked: Receiver<()>,
    /// Jobs that are not handed on yet.
    pub(super) waiting: Vec<JobOrder>,
    /// Those that Slurm has, and whether it had lost them at the last look.
    pub(super) running: BTreeMap<u64, bool>,
    pub(super) events: VecDeque<Event<End>>,
    pub(super) pause: Duration,
    /// How long ago Slurm was asked; `None`: not yet.
    pub(super) since_asked: Option<Duration>,
    /// What was submitted: what Slurm calls it, and how many jobs are in it.
    pub(super) submitted: Vec<(String, usize)>,
    /// How many wait and run, as it was said last.
    pub(super) told: (usize, usize),
    pub(super) say: &'a dyn Fn(Said<'_>),
    /// How many tasks an array has at most, once it was asked.
    pub(super) largest: Option<usize>,
    pub(super) refused: Refused,
    /// Whether Slurm did not answer when it was asked last.
    pub(super) silent: bool,
    /// Submissions that a later one waits for.
    pub(super) followed: BTreeSet<u32>,
    /// Who has left word that this driver is to end, once somebody has.
    pub(super) cancelled: Option<String>,
}

/// What is worth to be said meanwhile.
pub(super) enum Said<'a> {
    /// How many jobs wait, and how many run.
    Stand(usize, usize),
    /// The queue takes no more: why, and how many jobs are kept for later.
    Full(&'a str, usize),
    /// Slurm does not answer: why.
    Silent(&'a str),
    /// A job is handed on once more: why.
    Again(u64, &'a str),
}

/// What came of it that the queue was full.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// How many tasks are tried at a time since then.
    size: Option<usize>,
    /// Not even one was taken, and nothing has changed since.
    waits: bool,
    /// For so long.
    since: Duration,
    /// The number of the submission that was refused last, and the jobs of its tasks. The next one takes its place, so that a
    /// queue that is full for a day fills no journal.
    last: Option<(u32, Vec<Vec<u64>>)>,
}

impl Arrays<'_> {
    fn largest(&mut self) -> usize {
        let asked = || self.settings.largest_array.or_else(|| self.board.slurm.largest_array());
        *self.largest.get_or_insert_with(|| asked().unwrap_or(USUAL_ARRAY).max(1))
    }

    /// Hands on what waits. What the queue has no room for is handed on later, in parts as large as it takes.
    ///
    /// # Errors
    /// Slurm takes nothing of this sweep.
    fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() || self.refused.waits {
            return Ok(());
        }
        let mut tasks = VecDeque::from(packs(std::mem::take(&mut self.waiting), self.settings.jobs_per_task));
        while let size @ 1.. = self.size(tasks.len()) {
            let before = self.before(size);
            // What an array is to wait for has no name yet, or nothing is to be handed on any more.
            let Some(after) = self.names(&before).filter(|_| !self.is_cancelled()) else { break };
            let array: Vec<Vec<JobOrder>> = tasks.drain(..size).collect();
            let jobs: Vec<u64> = array.iter().flatten().map(|job| job.number).collect();
            match self.submit_array(&array, after) {
                Ok(Submission::Taken(id)) => {
                    self.followed.extend(before);
                    self.running.extend(jobs.iter().map(|job| (*job, false)));
                    self.submitted.push((id, jobs.len()));
                    self.pause = FIRST;
                    self.refused.size = self.refused.size.map(|size| size.saturating_mul(2));
                    self.refused.last = None;
                }
                // The queue will tell whether it was taken.
                Ok(Submission::Unknown(why)) => {
                    self.running.extend(jobs.iter().map(|job| (*job, false)));
                    self.refused.last = None;
                    self.fell_silent(&why);
                }
                Ok(Submission::Full(why)) => {
                    for task in array.into_iter().rev() {
                        tasks.push_front(task);
                    }
                    if self.refused.size.is_none() {
                        (self.say)(Said::Full(&why, tasks.iter().map(Vec::len).sum()));
                    }
                    self.refused.size = Some((size / 2).max(1));
                    self.refused.waits = size == 1;
                    self.refused.since = Duration::ZERO;
                }
                // What is wrong with the first array is wrong with the sweep.
                Err(error) if self.running.is_empty() && self.submitted.is_empty() => {
                    let (time, why) = (self.clock.now(), error.message().to_owned());
                    self.journal.add(&Entry::Stopped { time, why })?;
                    return Err(error.note("nothing of the sweep is in Slurm's queue"));
                }
                Err(error) => {
                    let why = error.message().to_owned();
                    let ended = |job| Event::Ended { job, end: End::NotSubmitted(why.clone()) };
                    self.events.extend(jobs.into_iter().map(ended));
                }
            }
        }
        self.waiting = tasks.into_iter().flatten().collect();
        Ok(())
    }

    /// Whether somebody has left word that this driver is to end.
    fn is_cancelled(&mut self) -> bool {
        if self.cancelled.is_none() {
            self.cancelled = asked_to_end(&self.journal.lease().mandate());
        }
        self.cancelled.is_some()
    }

    /// Slurm does not answer, which is said once.
    fn fell_silent(&mut self, why: &str) {
        if !std::mem::replace(&mut self.silent, true) {
            (self.say)(Said::Silent(why));
        }
    }

    /// How many of so many tasks are in the next array.
    fn size(&mut self, tasks: usize) -> usize {
        let size = size_of_array(tasks, self.largest());
        let Some(most) = self.refused.size.filter(|_| !self.refused.waits) else {
            return if self.refused.waits { 0 } else { size };
        };
        // What is handed on by and by is no more than can run.
        let free = self.settings.at_a_time.map_or(size, |cap| cap.saturating_sub(self.tasks_there()));
        size.min(most).min(free)
    }

    /// How many tasks have not ended.
    fn tasks_there(&self) -> usize {
        self.running.len().div_ceil(self.settings.jobs_per_task)
    }

    /// The submissions that an array of so many tasks waits for: each array counts for itself, and those that may run beside each
    /// other are no more than are to run at a time.
    fn before(&self, tasks: usize) -> Vec<u32> {
        let Some(cap) = self.settings.at_a_time else { return Vec::new() };
        let there: Vec<_> = self.board.tasks_of(self.running.keys()).into_iter().collect();
        let mut before = waits_for(&there, tasks, cap);
        // Whoever waits for the later one waits for that one, too.
        before.retain(|submission| !self.followed.contains(submission));
        before
    }

    /// What Slurm calls submissions; none if it has not said that of one of them.
    fn names(&self, submissions: &[u32]) -> Option<Vec<String>> {
        submissions.iter().map(|submission| self.board.id(*submission)).collect()
    }

    /// The program that runs, and not before something is to run.
    fn ready(&mut self) -> Result<()> {
        if self.head.snapshot.is_some() {
            return Ok(());
        }
        if let Some(snapshot) = (self.snapshot)()? {
            self.head.snapshot = Some(snapshot.folder.clone());
            self.program.0[0] = snapshot.copy.to_string_lossy().into_owned();
        }
        Ok(())
    }

    fn submit_array(&mut self, tasks: &[Vec<JobOrder>], after: Vec<String>) -> Result<Submission> {
        self.ready()?;
        let number = self.refused.last.as_ref().map_or_else(|| self.board.next(), |(number, _)| *number);
        let folder = self.board.folder(number);
        // Slurm makes no directories, and a job whose log has none fails without a word.
        let logs = &self.settings.logs;
        fs::create_dir_all(logs).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", logs.display()))
        })?;
        let (program, arguments) = &self.program;
        let mut command = program.clone();
        command.push(folder.path().to_string_lossy().into_owned());
        command.extend(arguments.iter().cloned());
        let script = self.settings.batch.script(&Array {
            tasks: tasks.len(),
            at_a_time: self.settings.at_a_time,
            after,
            logs: logs.clone(),
            out: "%A_%a_log.out".to_owned(),
            err: (!self.settings.one_log).then(|| "%A_%a_log.err".to_owned()),
            directory: self.cwd.clone(),
            command,
            again: Some(folder.again()),
        })?;
        folder.write(&script, &self.head, tasks)?;
        let numbers: Vec<Vec<u64>> =
            tasks.iter().map(|task| task.iter().map(|job| job.number).collect()).collect();
        // From here on whoever comes later finds what Slurm has of it, whatever happens to this process.
        if self.refused.last.as_ref().is_none_or(|(_, said)| *said != numbers) {
            let (time, tasks) = (self.clock.now(), numbers.clone());
            self.journal.add(&Entry::Submitting { time, submission: number, tasks })?;
        }
        self.board.name(number, None);
        let submitted = self.board.slurm.submit(&folder.script());
        // Whoever goes at once learns no more of it.
        let goes = self.settings.detach && self.submitted.is_empty();
        let submitted = match submitted {
            Ok(Submission::Unknown(why)) if goes => Err(Error::new(ErrorKind::Job, why)),
            submitted => submitted,
        };
        let submitted = submitted.inspect_err(|_| {
            // It may have taken it all the same: nobody is to begin what has failed.
            for job in tasks.iter().flatten() {
                let _ = withdraw(&folder.claim(job.number));
            }
        })?;
        if let Submission::Full(_) = &submitted {
            // It is tried again and again, and of no use any more. If it stays it does no harm, and the next one has a number of
            // its own.
            let is_free = fs::remove_dir_all(folder.path()).is_ok();
            self.refused.last = is_free.then_some((number, numbers));
            return Ok(submitted);
        }
        for (task, jobs) in tasks.iter().enumerate() {
            for job in jobs {
                let directory = self.board.relative(&job.directory);
                let place = Place { submission: number, task, directory, earlier: job.earlier.clone() };
                self.board.put(job.number, place);
            }
        }
        if let Submission::Taken(id) = &submitted {
            self.board.name(number, Some(id.clone()));
            let (time, id) = (self.clock.now(), id.clone());
            self.journal.add(&Entry::Submitted { time, submission: number, id })?;
        }
        Ok(submitted)
    }

    /// Looks into the queue, if that is due: whether it answered.
    fn ask(&mut self) -> Result<bool> {
        if self.since_asked.is_some_and(|since| since < SELDOM) {
            return Ok(false);
        }
        self.since_asked = Some(Duration::ZERO);
        let found = match self.board.look_into_queue() {
            Ok(found) => found,
            Err(error) => {
                self.fell_silent(error.message());
                return Ok(false);
            }
        };
        self.silent = false;
        for (submission, id) in found {
            let time = self.clock.now();
            self.journal.add(&Entry::Submitted { time, submission, id })?;
        }
        Ok(true)
    }

    /// What becomes of a job that Slurm has no more, and that has no end on record.
    ///
    /// # Errors
    /// Slurm does not answer any more; the claim of the job cannot be written.
    fn lost(&mut self, job: u64) -> Result<()> {
        // How it ended is asked before its claim is taken away.
        let fate = self.board.fate(job);
        if !self.board.give_up(job)? {
            self.running.insert(job, false);
            return Ok(());
        }
        self.running.remove(&job);
        // Of what Slurm itself has ended, or never had, its task is the one to begin again, and not the job.
        let order = self.board.order(job).filter(|_| fate.goes_again());
        match order {
            Some(order) => {
                (self.say)(Said::Again(job, &fate.why));
                self.waiting.push(JobOrder { made: order.made && !fate.begun, ..order });
            }
            None => self.events.push_back(Event::Ended { job, end: End::Gone(fate) }),
        }
        Ok(())
    }

    /// Looks how all jobs stand.
    fn look(&mut self) -> Result<()> {
        let answers = self.ask()?;
        let (mut ended, mut lost) = (Vec::new(), Vec::new());
        let (mut waits, mut runs) = (0, 0);
        for (job, was_lost) in &mut self.running {
            match self.board.stands(*job) {
                Some(Stands::Ended(record)) => ended.push((*job, End::Recorded(record))),
                // It may have come into the queue since, or have come to an end.
                Some(Stands::Gone) | None => {
                    // A shared disk may show a record later than the queue forgets its job.
                    if answers && std::mem::replace(was_lost, true) {
                        lost.push(*job);
                    }
                    *(if self.board.has_begun(*job) { &mut runs } else { &mut waits }) += 1;
                }
                Some(stands) => {
                    *was_lost = false;
                    let count = if stands == Stands::Waits { &mut waits } else { &mut runs };
                    *count += 1;
                }
            }
        }
        if (waits, runs) != self.told {
            (self.say)(Said::Stand(waits, runs));
            self.told = (waits, runs);
        }
        let is_new = !ended.is_empty() || !lost.is_empty();
        // There may be room in the queue again: of what has ended here, or elsewhere.
        self.refused.waits &= !is_new && self.refused.since < LONGEST;
        for (job, end) in ended {
            self.running.remove(&job);
            self.events.push_back(Event::Ended { job, end });
        }
        for job in lost {
            if let Err(error) = self.lost(job) {
                self.fell_silent(error.message());
                break;
            }
        }
        self.pause = if is_new { FIRST } else { (self.pause * 3 / 2).min(LONGEST) };
        Ok(())
    }
}

impl Launcher for Arrays<'_> {
    type Task = JobOrder;
    type End = End;

    fn room(&self) -> usize {
        self.settings.most().saturating_sub(self.running.len() + self.waiting.len())
    }

    fn submit(&mut self, _: u64, task: JobOrder) -> Result<()> {
        self.waiting.push(task);
        Ok(())
    }

    fn adopt(&mut self, job: u64) -> bool {
        let is_ours = self.board.place(job).is_some();
        if is_ours {
            self.running.insert(job, false);
        }
        is_ours
    }

    /// Jobs are handed on when no other one is ready: then they are as few arrays as can be.
    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<End>>> {
        if let event @ Some(_) = self.events.pop_front() {
            return Ok(event);
        }
        if at_most == Some(Duration::ZERO) {
            return Ok(None);
        }
        self.flush()?;
        if self.is_cancelled() {
            return Ok(Some(Event::Detached));
        }
        if let event @ Some(_) = self.events.pop_front() {
            return Ok(event);
        }
        // Whoever tries something again, or has more jobs than may be in the queue, has to stay.
        let is_handed_on = self.waiting.is_empty() && !self.silent;
        if self.settings.detach && at_most.is_none() && self.room() > 0 && is_handed_on {
            return Ok(Some(Event::Detached));
        }
        let pause = at_most.map_or(self.pause, |most| most.min(self.pause));
        match self.asked.recv_timeout(pause) {
            Ok(()) => return Ok(Some(Event::Detached)),
            // Nobody takes signals.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(pause),
            Err(RecvTimeoutError::Timeout) => {}
        }
        self.since_asked = self.since_asked.map(|since| since + pause);
        self.refused.since += pause;
        self.look()?;
        Ok(self.events.pop_front())
    }

    fn recall(&mut self) -> Vec<u64> {
        let mut recalled: Vec<u64> = self.waiting.drain(..).map(|job| job.number).collect();
        recalled.extend(self.board.recall(self.running.keys().copied()));
        for job in &recalled {
            self.running.remove(job);
        }
        recalled
    }

    /// Slurm ends jobs at the limits that it was told.
    fn halt(&mut self, _: u64, _: Halt) {}
}
