//! Hands jobs to Slurm, in arrays, and looks from time to time how they stand.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::app::program::multirun::slurm::board::{Board, Place, Stands};
use crate::app::program::multirun::slurm::claim::withdraw;
use crate::app::program::multirun::slurm::orders::{Head, JobOrder};
use crate::app::program::multirun::slurm::settings::Settings;
use crate::app::program::snapshot::Snapshot;
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Entry, Journal};
use crate::facts::Clock;
use crate::launch::slurm::{Array, arrays, packs};
use crate::launch::{Event, Halt, Launcher};
use crate::run::Record;

/// How a job on Slurm has ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// Its record says it.
    Recorded(Box<Record>),
    /// Without a word.
    Gone,
    /// Slurm did not take it: why.
    NotSubmitted(String),
}

/// Between two looks: so long at first, and longer each time that nothing has happened.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);

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
    /// What was submitted: what Slurm calls it, and how many jobs are in it.
    pub(super) submitted: Vec<(String, usize)>,
    /// How many wait and run, as it was said last.
    pub(super) told: (usize, usize),
    pub(super) say: &'a dyn Fn(usize, usize),
}

impl Arrays<'_> {
    fn largest(&self) -> usize {
        let asked = self.settings.largest_array;
        asked.or_else(|| self.board.slurm.largest_array()).unwrap_or(USUAL_ARRAY).max(1)
    }

    /// Hands on what waits.
    fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let tasks = packs(std::mem::take(&mut self.waiting), self.settings.jobs_per_task);
        let mut before: Option<String> = None;
        for tasks in arrays(tasks, self.largest()) {
            // Of several arrays each counts for itself: one after the other, they are not more than were asked for.
            let after =
                before.take().filter(|_| self.settings.at_a_time.is_some_and(|cap| cap < tasks.len()));
            let jobs: Vec<u64> = tasks.iter().flatten().map(|job| job.number).collect();
            match self.submit_array(tasks, after) {
                Ok(id) => {
                    self.running.extend(jobs.iter().map(|job| (*job, false)));
                    self.submitted.push((id.clone(), jobs.len()));
                    before = Some(id);
                }
                Err(error) => {
                    let why = error.message().to_owned();
                    let ended = |job| Event::Ended { job, end: End::NotSubmitted(why.clone()) };
                    self.events.extend(jobs.into_iter().map(ended));
                }
            }
        }
        self.pause = FIRST;
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

    fn submit_array(&mut self, tasks: Vec<Vec<JobOrder>>, after: Option<String>) -> Result<String> {
        self.ready()?;
        let number = self.board.next();
        let folder = self.board.folder(number);
        let with = |ending: &str| {
            let mut path = self.settings.logs.clone().into_os_string();
            path.push(ending);
            PathBuf::from(path)
        };
        // Slurm makes no directories, and a job whose log has none fails without a word.
        if let Some(logs) = self.settings.logs.parent() {
            std::fs::create_dir_all(logs).map_err(|error| {
                Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", logs.display()))
            })?;
        }
        let (program, arguments) = &self.program;
        let mut command = program.clone();
        command.push(folder.path().to_string_lossy().into_owned());
        command.extend(arguments.iter().cloned());
        let script = self.settings.batch.script(&Array {
            tasks: tasks.len(),
            at_a_time: self.settings.at_a_time,
            after,
            out: with(".out"),
            err: (!self.settings.one_log).then(|| with(".err")),
            directory: self.cwd.clone(),
            command,
        });
        folder.write(&script, &self.head, &tasks)?;
        let numbers = tasks.iter().map(|task| task.iter().map(|job| job.number).collect()).collect();
        // From here on whoever comes later finds what Slurm has of it, whatever happens to this process.
        self.journal.add(&Entry::Submitting {
            time: self.clock.now(),
            submission: number,
            tasks: numbers,
        })?;
        self.board.name(number, None);
        let id = self.board.slurm.submit(&folder.script()).inspect_err(|_| {
            // It may have taken it all the same: nobody is to begin what has failed.
            for job in tasks.iter().flatten() {
                let _ = withdraw(&folder.claim(job.number));
            }
        })?;
        for (task, jobs) in tasks.into_iter().enumerate() {
            for job in jobs {
                let directory = self.board.relative(&job.directory);
                let place = Place { submission: number, task, directory, earlier: job.earlier };
                self.board.put(job.number, place);
            }
        }
        self.board.name(number, Some(id.clone()));
        self.journal.add(&Entry::Submitted { time: self.clock.now(), submission: number, id: id.clone() })?;
        Ok(id)
    }

    /// Looks how all jobs stand.
    fn look(&mut self) -> Result<()> {
        let mut ended = Vec::new();
        let answers = self.board.look_into_queue();
        for (submission, id) in answers.iter().flatten() {
            let (time, submission, id) = (self.clock.now(), *submission, id.clone());
            self.journal.add(&Entry::Submitted { time, submission, id })?;
        }
        let (mut waits, mut runs) = (0, 0);
        for (job, was_lost) in &mut self.running {
            match self.board.stands(*job) {
                Some(Stands::Ended(record)) => ended.push((*job, End::Recorded(record))),
                // A shared disk may show a record later than the queue forgets its job.
                Some(Stands::Gone) | None if !std::mem::replace(was_lost, true) => runs += 1,
                Some(Stands::Gone) | None => ended.push((*job, End::Gone)),
                Some(stands) => {
                    *was_lost = false;
                    let count = if stands == Stands::Waits { &mut waits } else { &mut runs };
                    *count += 1;
                }
            }
        }
        if (waits, runs) != self.told {
            (self.say)(waits, runs);
            self.told = (waits, runs);
        }
        let is_new = !ended.is_empty();
        for (job, end) in ended {
            self.running.remove(&job);
            self.events.push_back(Event::Ended { job, end });
        }
        self.pause = if is_new { FIRST } else { (self.pause * 3 / 2).min(LONGEST) };
        Ok(())
    }
}

impl Launcher for Arrays<'_> {
    type Task = JobOrder;
    type End = End;

    fn room(&self) -> usize {
        const MANY: usize = 1 << 40;
        let per_task = self.settings.jobs_per_task;
        let most = self.settings.max_queued.map_or(MANY, |tasks| tasks.saturating_mul(per_task));
        most.saturating_sub(self.running.len() + self.waiting.len())
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
        if at_most == Some(Duration::ZERO) {
            return Ok(self.events.pop_front());
        }
        self.flush();
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        // Whoever tries something again, or has more jobs than may be in the queue, has to stay.
        if self.settings.detach && at_most.is_none() && self.room() > 0 {
            return Ok(Some(Event::Detached));
        }
        let pause = at_most.map_or(self.pause, |most| most.min(self.pause));
        match self.asked.recv_timeout(pause) {
            Ok(()) => return Ok(Some(Event::Detached)),
            // Nobody takes signals.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(pause),
            Err(RecvTimeoutError::Timeout) => {}
        }
        self.look()?;
        Ok(self.events.pop_front())
    }

    /// Slurm ends jobs at the limits that it was told.
    fn halt(&mut self, _: u64, _: Halt) {}
}
