//! What runs on the node: one task of an array, with one job in it or several.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDateTime;

use crate::app::capture;
use crate::app::output::Status;
use crate::app::program::finished::Finished;
use crate::app::program::multirun::slurm::claim::{Asked, Claim, Life, ask, renew};
use crate::app::program::multirun::slurm::orders::{Folder, Head, JobOrder};
use crate::app::program::notice;
use crate::app::program::order::OfSweep;
use crate::app::program::session::Session;
use crate::app::program::signals::{self, Stop};
use crate::app::program::worker;
use crate::diag::{Error, ErrorKind, Result, Severity};
use crate::facts::Environment;
use crate::launch::slurm::Slurm;
use crate::launch::{
    Event, Exit, Halt, Launcher as _, OUTPUT, Output, Program, Workers, devices, forget_silence, slots,
};
use crate::run::{Mandate, Rank, Record, Status as Ended};
use crate::value::{IndexMap, Node};

/// The hidden first argument of a task; the folder of its submission follows, then the arguments of the program.
pub(crate) const TASK: &str = "__mainstem-task";

/// A task of a submission.
#[derive(Debug)]
pub(crate) struct Task {
    folder: Folder,
    head: Head,
}

impl Task {
    /// The task that the first arguments name, taken off them; none if this is no task.
    ///
    /// # Errors
    /// Orders that cannot be read.
    pub(crate) fn take(arguments: &mut Vec<OsString>) -> Result<Option<Self>> {
        if arguments.first().is_none_or(|first| first != TASK) {
            return Ok(None);
        }
        let rest = arguments.split_off(arguments.len().min(2));
        let taken = std::mem::replace(arguments, rest);
        let folder = taken.get(1).map(Folder::named).ok_or_else(|| {
            Error::new(ErrorKind::Job, format!("`{TASK}` is for the program itself: there are no orders"))
        })?;
        Ok(Some(Self { head: folder.head()?, folder }))
    }

    /// The folder of the snapshot that it runs from.
    pub(crate) fn snapshot(&self) -> Option<&Path> {
        self.head.snapshot.as_deref()
    }

    /// The instant of every `${now:…}` in the sweep.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.head.now
    }
}

/// Arguments behind a hidden first one and what it names: those of the program, and those of its command.
pub(super) type Behind = (Vec<String>, Vec<String>);

/// This program with a hidden first argument, and the arguments that stand behind it and what it names: its own, and those of
/// its command.
///
/// # Errors
/// There can be no process of this program elsewhere.
pub(super) fn program(session: &Session<'_>, hidden: &str) -> Result<(Vec<String>, Behind)> {
    let alone = || Error::new(ErrorKind::Job, "jobs on Slurm need processes of their own");
    let (Some(file), true) = (&session.executable, session.owns_process) else {
        return Err(alone().help("run the program as a process of its own"));
    };
    let Some(prefix) = session.prefix() else {
        return Err(alone().note("the program was called with other arguments than those of its process"));
    };
    let words = std::iter::once(file.clone().into_os_string()).chain(prefix);
    let mut program = capture::texts(words)?;
    program.push(hidden.to_owned());
    let texts = |words: &[OsString]| capture::texts(words.iter().cloned());
    Ok((program, (texts(&session.arguments)?, texts(&session.app.tail)?)))
}

/// Carries out the orders of a task.
///
/// # Errors
/// This is no task of Slurm; its orders cannot be read; a worker cannot be started.
pub(crate) fn work(session: &Session<'_>, task: Task) -> Result<Finished> {
    let env = &session.composer.facts().env;
    let (life, index) = life(env)?;
    let jobs = task.folder.task(index)?;
    let devices = devices(env);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let at_a_time = task.head.jobs_at_a_time.min(jobs.len()).max(1);
    // One job has all that the task has; several share it.
    let slots = match at_a_time {
        1 => vec![crate::launch::Slot::default()],
        _ => slots(at_a_time, &devices, (devices.len() / at_a_time).max(1), cores, env),
    };
    let workers = Workers::new(slots);
    let bell = workers.bell();
    let _watch = signals::watch(move |stop: Stop| bell.ring(stop.how()))?;
    let bell = workers.bell();
    notice::take(move || bell.ring(Halt::Notice))?;
    let follows = Rank::of(env, &session.process()).is_some_and(|rank| !rank.leads());
    let since = Box::new(capture::stopwatch());
    let (waiting, running) = (jobs.into(), IndexMap::default());
    Carried { session, task, life, follows, workers, waiting, running, since, ended: End::default() }.out()
}

/// Which task this is, in which of its lives, and its number in the array.
pub(super) fn life(env: &Environment) -> Result<(Life, usize)> {
    let number = |name: &str| env.get(name).and_then(|text| text.trim().parse::<u32>().ok());
    let (Some(array), Some(index)) = (number("SLURM_ARRAY_JOB_ID"), number("SLURM_ARRAY_TASK_ID")) else {
        let message = format!("`{TASK}` is for the program itself: this is no task of Slurm");
        return Err(Error::new(ErrorKind::Job, message)
            .help("if it is one, in a container: that has to hand on the variables `SLURM_*`"));
    };
    let restarts = number("SLURM_RESTART_COUNT").unwrap_or(0);
    Ok((Life { task: format!("{array}_{index}"), restarts }, index as usize))
}

/// How the jobs of a task have ended so far.
#[derive(Debug, Default)]
struct End {
    failed: bool,
    /// Those that had begun and not come to their ends, and how often they were ended at the limit of their time before.
    left: Vec<(u64, u64)>,
    /// When the task was told that its time comes to an end.
    noticed: Option<Duration>,
    /// It was asked to end.
    asked: bool,
}

struct Running {
    order: JobOrder,
    timeouts: u64,
}

/// A task that is carried out.
struct Carried<'a> {
    session: &'a Session<'a>,
    task: Task,
    life: Life,
    /// Whether another process of the task leads.
    follows: bool,
    workers: Workers,
    waiting: VecDeque<JobOrder>,
    running: IndexMap<u64, Running>,
    since: Box<dyn Fn() -> Duration + 'a>,
    ended: End,
}

impl Carried<'_> {
    fn out(mut self) -> Result<Finished> {
        loop {
            while self.workers.room() > 0 && !self.ended.asked && self.ended.noticed.is_none() {
                let Some(order) = self.waiting.pop_front() else { break };
                self.begin(order)?;
            }
            if self.running.is_empty() {
                break;
            }
            match self.workers.wait(None)? {
                Some(Event::Ended { job, end }) => self.ended(job, end),
                Some(Event::Asked(how)) => self.halt(how),
                Some(Event::Detached) | None => {}
            }
        }
        if let Err(error) = self.requeue() {
            let console = &self.session.console;
            console.complain(&error.render_as(Severity::Warning, console.err));
        }
        let status = match &self.ended {
            End { failed: true, .. } => Status::Failure,
            End { left, .. } if !left.is_empty() || !self.waiting.is_empty() => Status::Interrupted(15),
            _ => Status::Success,
        };
        Ok(Finished::without_jobs(status))
    }

    fn halt(&mut self, how: Halt) {
        match how {
            Halt::Notice => {
                let now = (self.since)();
                self.ended.noticed.get_or_insert(now);
            }
            _ => self.ended.asked = true,
        }
        let jobs: Vec<u64> = self.running.keys().copied().collect();
        jobs.into_iter().for_each(|job| self.workers.halt(job, how));
    }

    /// Begins a job, unless it is somebody else's, or has ended in an earlier life of the task.
    fn begin(&mut self, order: JobOrder) -> Result<()> {
        let Some((mandate, timeouts)) = self.claim(order.number)? else { return Ok(()) };
        if timeouts > self.task.head.max_timeouts {
            let job = order.number;
            self.session
                .note(&format!("job {job} has come to its limit too often, and does not begin again"));
            return Ok(());
        }
        let again = self.life.restarts > 0;
        if again && self.record(&order).is_some() {
            return Ok(());
        }
        let directory = &order.directory;
        let new = !directory.exists();
        fs::create_dir_all(directory).map_err(|error| {
            let message = format!("cannot make the directory `{}`: {error}", directory.display());
            Error::new(ErrorKind::Io, message)
        })?;
        let [out, err] = self.logs(directory);
        let output = Output::Files { out, err };
        let of_sweep = OfSweep {
            number: order.number,
            sweep: self.task.head.other.clone(),
            id: self.task.head.sweep.clone(),
            mandate,
            directory: directory.clone(),
            made: !again && (order.made || new),
            overrides: order.overrides.clone(),
            scheduled: Some(self.life.task.clone()),
        };
        let environment = order.environment.clone();
        let program = worker::of_sweep(self.session, environment, None, of_sweep)?;
        self.workers.submit(order.number, Program { output, ..program })?;
        self.running.insert(order.number, Running { order, timeouts });
        Ok(())
    }

    /// The files of what a job says in this process.
    fn logs(&self, directory: &Path) -> [PathBuf; 2] {
        let rank = Rank::of(&self.session.composer.facts().env, &self.session.process());
        OUTPUT.map(|name| {
            directory.join(rank.as_ref().map_or_else(|| name.to_owned(), |rank| rank.file_name(name)))
        })
    }

    /// The right to a job, and how often it was ended at the limit of its time.
    fn claim(&self, job: u64) -> Result<Option<(Mandate, u64)>> {
        let path = self.task.folder.claim(job);
        if !self.follows {
            return Ok(match ask(&path, &self.life)? {
                Asked::Ours(mandate, timeouts) => Some((mandate, timeouts)),
                Asked::Theirs => {
                    self.session.note(&format!("job {job} was taken back, or is somebody else's"));
                    None
                }
            });
        }
        // The process that leads asks for all.
        for _ in 0..TRIES {
            match Claim::read(&path)? {
                Some(Claim::Of(life, timeouts)) if life == self.life => {
                    return Ok(Some((Mandate { lock: path, id: life.id() }, timeouts)));
                }
                Some(Claim::Withdrawn) => return Ok(None),
                // Another task has it, or a later life of this one: the process that leads finds that, too.
                Some(Claim::Of(life, _)) if !life.is_before(&self.life) => return Ok(None),
                _ => std::thread::sleep(PAUSE),
            }
        }
        Err(Error::new(ErrorKind::Job, format!("nobody has begun job {job} for {} s", TRIES / 10)))
    }

    /// The record of a job that has come to its end.
    fn record(&self, order: &JobOrder) -> Option<Record> {
        let record = Record::read(&order.directory, &self.session.process).ok()?;
        let ours = record.get("parent").and_then(Node::as_str) == Some(self.task.head.sweep.as_str());
        let id = record.id().map(|id| id.to_string());
        let is_new = order.earlier.is_none() || id != order.earlier;
        (ours && is_new && matches!(record.status(), Ended::Completed | Ended::Failed)).then_some(record)
    }

    fn ended(&mut self, job: u64, end: Exit) {
        let Some(Running { order, timeouts, .. }) = self.running.swap_remove(&job) else { return };
        self.logs(&order.directory).iter().for_each(|path| forget_silence(path));
        match self.record(&order) {
            Some(record) => self.ended.failed |= record.status() == Ended::Failed,
            // One that was asked to end, or told that its time does, has not failed.
            None if self.ended.asked || self.ended.noticed.is_some() => self.ended.left.push((job, timeouts)),
            // It left no record, so that its process is all there is.
            None => self.ended.failed |= end != Exit::Code(0),
        }
    }

    /// Has the task put back into the queue, if its time came to an end and jobs are left that can go on.
    fn requeue(&mut self) -> Result<()> {
        let Some(noticed) = self.ended.noticed.filter(|_| !self.ended.asked && !self.follows) else {
            return Ok(());
        };
        if self.ended.left.is_empty() && self.waiting.is_empty() {
            return Ok(());
        }
        let slurm = Slurm::new(&self.session.composer.facts().env);
        if is_at_limit(&slurm, &self.life, &self.task.head, (noticed, (self.since)())) && !self.may_again()? {
            self.ended.failed = true;
            return Ok(());
        }
        self.task.folder.ask_again(&self.life)
    }

    /// Counts that the jobs that are left have come to the limit of their time. Whether the task is to begin once more: for
    /// those that may come to it again, or have not begun.
    fn may_again(&self) -> Result<bool> {
        let mut again = !self.waiting.is_empty();
        for (job, timeouts) in &self.ended.left {
            renew(&self.task.folder.claim(*job), &self.life, timeouts + 1)?;
            again |= *timeouts < self.task.head.max_timeouts;
        }
        Ok(again)
    }
}

/// Whether a task is near the limit of its time that was told of it after so long, and has run for so long by now.
pub(super) fn is_at_limit(
    slurm: &Slurm,
    life: &Life,
    head: &Head,
    (told, now): (Duration, Duration),
) -> bool {
    // Slurm tells up to a minute earlier than it was asked to.
    let near = Duration::from_secs(head.notice.saturating_add(60));
    match slurm.time_left(&life.task) {
        Some(left) => left.saturating_add(now.saturating_sub(told)) <= near,
        None => told + near >= Duration::from_secs(head.minutes.saturating_mul(60)),
    }
}

/// So often, and so long apart, a process of a task looks whether the one that leads has begun.
const TRIES: u32 = 1200;
const PAUSE: Duration = Duration::from_millis(100);
