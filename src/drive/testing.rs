//! Jobs that are pretended, in pretended time.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::drive::entry::Entry;
use crate::drive::host::{Host, Left, Prepared, Verdict};
use crate::drive::{Drive, FOLDER, JOURNAL, Journal, Policy, Progress, Standing, Summary, lease};
use crate::durable::testing::Scratch;
use crate::facts::{Clock, Process};
use crate::grammar::parse_overrides;
use crate::launch::{Event, Halt, Launcher};
use crate::run::Status;
use crate::sweep::{Grid, Job, Jobs};
use crate::value::Node;

/// Time that goes by only while somebody waits.
pub(super) type Time = Rc<Cell<Duration>>;

/// Jobs that take so many seconds and end so, or go on until they are halted.
pub(super) struct Pretended {
    pub(super) slots: usize,
    pub(super) time: Time,
    pub(super) running: BTreeMap<u64, (Duration, Status)>,
    /// When this process is asked to stop.
    pub(super) asked: Option<Duration>,
    /// So many seconds a job takes to end in order.
    pub(super) lingers: u64,
}

impl Launcher for Pretended {
    type Task = (u64, Status);
    type End = Status;

    fn room(&self) -> usize {
        self.slots - self.running.len()
    }

    fn submit(&mut self, job: u64, (seconds, status): (u64, Status)) -> Result<()> {
        let end = self.time.get() + Duration::from_secs(seconds);
        self.running.insert(job, (end, status));
        Ok(())
    }

    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<Status>>> {
        let limit = at_most.map_or(Duration::MAX, |most| self.time.get() + most);
        let next = self.running.iter().map(|(job, (end, status))| (*end, *job, *status)).min();
        if let Some(asked) =
            self.asked.filter(|asked| *asked <= limit && next.is_none_or(|next| *asked < next.0))
        {
            self.asked = None;
            self.time.set(asked);
            return Ok(Some(Event::Asked(Halt::Interrupt)));
        }
        match next.filter(|next| next.0 <= limit) {
            Some((end, job, end_status)) => {
                self.time.set(end);
                self.running.remove(&job);
                Ok(Some(Event::Ended { job, end: end_status }))
            }
            None => {
                self.time.set(limit);
                Ok(None)
            }
        }
    }

    fn halt(&mut self, job: u64, how: Halt) {
        let (seconds, status) = match how {
            Halt::Interrupt => (self.lingers, Status::Interrupted),
            Halt::Terminate => (1, Status::Interrupted),
            Halt::Kill => (0, Status::Failed),
            Halt::Notice => return,
        };
        self.running.insert(job, (self.time.get() + Duration::from_secs(seconds), status));
    }
}

/// Says by the number of a job, and of the time that it begins, how long it takes and how it ends.
pub(super) struct Script<F> {
    pub(super) of: F,
    pub(super) time: Time,
    /// Until when job 0 runs that a driver before had begun.
    pub(super) alive: Duration,
    pub(super) given_up: Vec<u64>,
    /// Jobs that have records, and that the journal says nothing of.
    pub(super) lost: BTreeSet<u64>,
    /// Jobs that are others than they were.
    pub(super) anew: BTreeSet<u64>,
    /// Directories of jobs that are no more.
    pub(super) gone: Vec<PathBuf>,
}

impl<F> Script<F> {
    pub(super) fn new(of: F, time: &Time, alive: u64) -> Self {
        let (time, alive) = (Rc::clone(time), Duration::from_secs(alive));
        let (given_up, lost, anew, gone) = (Vec::new(), BTreeSet::new(), BTreeSet::new(), Vec::new());
        Self { of, time, alive, given_up, lost, anew, gone }
    }
}

impl<F: Fn(u64, u32) -> (u64, Status)> Host for Script<F> {
    type Task = (u64, Status);
    type End = Status;

    fn prepare(&mut self, job: &Job, attempt: u32, before: Option<&Path>) -> Result<Prepared<(u64, Status)>> {
        let own = PathBuf::from(job.index.to_string());
        let is_gone = self.gone.contains(&own);
        let begins_again = attempt > 1 && !self.anew.remove(&job.index) && !is_gone;
        assert_eq!(before.is_some(), begins_again, "who begins again has the directory that it had");
        match (self.of)(job.index, attempt) {
            (_, Status::Killed) => {
                Err(Error::new(ErrorKind::Io, "cannot write: No space left on device (os error 28)"))
            }
            (_, Status::Unknown) => Err(Error::new(ErrorKind::Io, "no room on the disk")),
            task => {
                let directory = if is_gone { own.with_extension("anew") } else { own };
                Ok(Prepared { directory, task })
            }
        }
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        job.lines().into_iter().map(str::to_owned).collect()
    }

    fn judge(&mut self, job: u64, status: Status) -> Verdict {
        // As of a job that ended before it could say anything.
        let directory = (status == Status::Completed).then(|| job.to_string().into());
        let result = (status == Status::Completed).then(|| Node::from(i64::try_from(job).unwrap()));
        let (direction, stopped, error, log, asked) = (None, None, None, None, None);
        Verdict { status, result, direction, stopped, error, log, directory, asked, ended: None }
    }

    fn gave_up(&mut self, job: u64) {
        self.given_up.push(job);
    }

    fn had(&mut self, job: &Job) -> Option<(PathBuf, DateTime<FixedOffset>)> {
        self.lost.remove(&job.index).then(|| (job.index.to_string().into(), DateTime::default()))
    }

    fn anew(&mut self, jobs: &[(u64, Standing)]) {
        self.anew.extend(jobs.iter().map(|(job, _)| *job));
    }

    fn gone(&mut self, directories: &[PathBuf]) {
        self.gone.extend_from_slice(directories);
    }

    fn look(&mut self, job: u64, _: &Path, standing: &Standing) -> Left {
        match job {
            _ if standing.status != Status::Running => Left::Nothing,
            0 if self.time.get() < self.alive => Left::Running(None),
            // The record of job 1 is there.
            1 => Left::Ended(self.judge(job, Status::Completed)),
            _ => Left::Nothing,
        }
    }

    fn waits(&mut self, _: &Job, _: Option<&str>) {}

    fn ended(&mut self, _: &Job, _: &Verdict, _: Option<f64>, _: &Policy) {}
}

pub(super) struct Sweep {
    pub(super) jobs: u64,
    pub(super) slots: usize,
    pub(super) policy: Policy,
    pub(super) asked: Option<u64>,
    pub(super) alive: u64,
    pub(super) lingers: u64,
    /// The values of the jobs, if they are not their numbers.
    pub(super) values: Option<&'static str>,
    /// Jobs that have records, and that the journal says nothing of.
    pub(super) lost: &'static [u64],
}

pub(super) const PLAIN: fn(u64) -> Sweep = |jobs| Sweep {
    jobs,
    slots: 2,
    policy: Policy::default(),
    asked: None,
    alive: 0,
    lingers: 1,
    values: None,
    lost: &[],
};

pub(super) fn grid(values: &str) -> Grid {
    let mut errors: Vec<Error> = Vec::new();
    let line = format!("x={values}");
    let overrides = parse_overrides([(line.as_str(), SourceId::NONE)], &mut errors);
    Grid::new(Jobs::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap())
}

pub(super) fn begin(scratch: &Scratch) -> Journal {
    let driver = lease(scratch.path(), &Process::default()).unwrap();
    Journal::begin(driver, &Entry::Sweep(Box::default()), Arc::default()).unwrap().0
}

pub(super) fn open(scratch: &Scratch) -> Journal {
    Journal::open(lease(scratch.path(), &Process::default()).unwrap(), Arc::default()).unwrap()
}

/// Runs jobs; what they came to, what the journal says in short, and how long it took.
pub(super) fn run(
    name: &str,
    sweep: Sweep,
    script: impl Fn(u64, u32) -> (u64, Status),
    before: Option<&Scratch>,
) -> (Summary, Vec<String>, u64) {
    let own;
    let (scratch, resumed) = match before {
        Some(scratch) => (scratch, true),
        None => {
            own = Scratch::new(name);
            (&own, false)
        }
    };
    let (journal, before) = if resumed {
        (open(scratch), Progress::read(scratch.path()).unwrap())
    } else {
        (begin(scratch), Progress::default())
    };
    let skip = std::fs::read_to_string(scratch.path().join(FOLDER).join(JOURNAL)).unwrap().lines().count();
    let time = Time::default();
    let (asked, lingers) = (sweep.asked.map(Duration::from_secs), sweep.lingers);
    let launcher =
        Pretended { slots: sweep.slots, time: Rc::clone(&time), running: BTreeMap::new(), asked, lingers };
    let now = Rc::clone(&time);
    let numbers = format!("range({})", sweep.jobs);
    let mut host = Script::new(script, &time, sweep.alive);
    host.lost.extend(sweep.lost);
    let drive = Drive {
        sweeper: grid(sweep.values.unwrap_or(&numbers)),
        launcher,
        host: &mut host,
        journal: &journal,
        policy: sweep.policy,
        before,
        clock: Clock::default(),
        elapsed: &move || now.get(),
    };
    let summary = drive.run().unwrap();
    let mut said = Vec::new();
    Progress::each(scratch.path(), |entry| {
        said.push(match entry {
            Entry::Started { job, attempt, .. } => format!("+{job}.{attempt}"),
            Entry::Ended { job, status, .. } => format!("-{job} {}", status.name()),
            Entry::Stopped { why, .. } => why.clone(),
            Entry::Finished { .. } => "finished".to_owned(),
            Entry::Detached { .. } => "detached".to_owned(),
            _ => String::new(),
        });
    })
    .unwrap();
    (summary, said.split_off(skip), time.get().as_secs())
}
