//! The loop: a free slot asks for the next job as soon as one has ended.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::diag::{Error, Result};
use crate::drive::entry::Entry;
use crate::drive::host::{Host, Verdict};
use crate::drive::journal::Journal;
use crate::drive::policy::Policy;
use crate::drive::progress::{Progress, Standing};
use crate::facts::Clock;
use crate::launch::{Event, Halt, Launcher};
use crate::run::Status;
use crate::sweep::{Ask, Job, Sweeper, Told};

/// A job that was asked to end has so long until it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// So many failures are kept for the end.
const KEPT: usize = 1000;

/// A sweep that is driven.
pub struct Drive<'a, S, L, H> {
    /// What is tried.
    pub sweeper: S,
    /// How.
    pub launcher: L,
    /// Whose jobs they are.
    pub host: &'a mut H,
    /// What is written down.
    pub journal: &'a Journal,
    /// What is done about failures.
    pub policy: Policy,
    /// What a driver before this one came to; empty for a new sweep.
    pub before: Progress,
    /// What time it is.
    pub clock: Clock,
    /// How much time has gone by since any moment, for limits and pauses.
    pub elapsed: &'a dyn Fn() -> Duration,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// This process was asked to.
    Asked(Halt),
    /// Too many jobs have failed; in words.
    Failures(String),
}

/// What a sweep came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many jobs have completed now.
    pub completed: u64,
    /// How many had ended before, and were left as they are.
    pub kept: u64,
    /// How many have failed for good.
    pub failed: u64,
    /// The first failures.
    pub failures: Vec<Failure>,
    /// How many were interrupted.
    pub interrupted: u64,
    /// Why it ended before its last job.
    pub stopped: Option<Stopped>,
}

struct Running {
    job: Job,
    attempt: u32,
    /// Which of the times it is that this driver began it, counted from 1.
    tries: u32,
    /// When it has taken too long.
    limit: Option<Duration>,
    /// When it is killed, having been asked to end.
    kill: Option<Duration>,
    /// It was asked to end because it has taken too long.
    late: bool,
    /// It was asked to end because the sweep was.
    asked: bool,
}

struct Again {
    due: Duration,
    job: Job,
    attempt: u32,
    tries: u32,
    directory: Option<PathBuf>,
}

struct State {
    running: BTreeMap<u64, Running>,
    again: Vec<Again>,
    done: bool,
    /// Jobs from this number on do not begin: the batch of a failure ends before it.
    end: Option<u64>,
    summary: Summary,
}

impl<S: Sweeper, L: Launcher, H: Host<Task = L::Task, End = L::End>> Drive<'_, S, L, H> {
    /// Runs the sweep to its end.
    ///
    /// # Errors
    /// The journal cannot be written, the sweeper or the launcher cannot go on. What fails in a job is no error.
    pub fn run(mut self) -> Result<Summary> {
        let mut state = State {
            running: BTreeMap::new(),
            again: Vec::new(),
            done: false,
            end: None,
            summary: Summary::default(),
        };
        loop {
            while self.launcher.room() > 0 && self.begin_next(&mut state)? {}
            if state.running.is_empty() && (state.again.is_empty() || state.summary.stopped.is_some()) {
                break;
            }
            let event = self.launcher.wait(self.patience(&state))?;
            match event {
                Some(Event::Ended { job, end }) => self.ended(&mut state, job, end)?,
                Some(Event::Asked(how)) => self.asked(&mut state, how)?,
                None => {}
            }
            self.enforce(&mut state);
        }
        // Why it stopped was written down when it did.
        if state.summary.stopped.is_none() {
            self.journal.add(&Entry::Finished { time: self.clock.now() })?;
        }
        Ok(state.summary)
    }

    /// How long to wait at most: until a job has taken too long, or is due again.
    fn patience(&self, state: &State) -> Option<Duration> {
        let limits = state.running.values().flat_map(|job| [job.limit.filter(|_| !job.late), job.kill]).flatten();
        let room = self.launcher.room() > 0 && state.summary.stopped.is_none();
        let due = state.again.iter().map(|again| again.due).filter(|_| room);
        let next = limits.chain(due).min()?;
        Some(next.saturating_sub((self.elapsed)()))
    }

    /// Begins the next job, if there is one now.
    fn begin_next(&mut self, state: &mut State) -> Result<bool> {
        if state.summary.stopped.is_some() {
            return Ok(false);
        }
        let now = (self.elapsed)();
        if let Some(at) = state.again.iter().position(|again| again.due <= now) {
            let Again { job, attempt, tries, directory, .. } = state.again.remove(at);
            return self.begin(state, job, (attempt, tries), directory).map(|()| true);
        }
        while !state.done {
            let job = match self.sweeper.ask()? {
                Ask::Job(job) => job,
                Ask::Wait => return Ok(false),
                Ask::Done => {
                    state.done = true;
                    return Ok(false);
                }
            };
            if state.end.is_some_and(|end| job.index >= end) {
                self.stop(state, "a job of the batch before has failed".to_owned())?;
                return Ok(false);
            }
            let Some(standing) = self.before.jobs.remove(&job.index) else {
                return self.begin(state, job, (1, 1), None).map(|()| true);
            };
            if self.is_settled(state, &job, &standing)? {
                continue;
            }
            // One that could not begin has none.
            let directory = Some(standing.directory).filter(|directory| !directory.as_os_str().is_empty());
            return self.begin(state, job, (standing.attempt + 1, 1), directory).map(|()| true);
        }
        Ok(false)
    }

    /// Whether a job that had begun before is left as it is.
    fn is_settled(&mut self, state: &mut State, job: &Job, standing: &Standing) -> Result<bool> {
        let told = match standing.status {
            Status::Completed => Told::Completed(None),
            Status::Failed if !self.policy.retry_failed => Told::Failed,
            Status::Running => {
                // The driver was killed. The job may have come to its end all the same.
                let Some(verdict) = self.host.look(job.index, &standing.directory) else { return Ok(false) };
                self.write_end(job.index, standing.attempt, &verdict)?;
                if verdict.status != Status::Completed {
                    return Ok(false);
                }
                Told::Completed(None)
            }
            _ => return Ok(false),
        };
        state.summary.kept += 1;
        self.sweeper.tell(job.index, told)?;
        Ok(true)
    }

    /// Begins a job: which time ever, and which time by this driver.
    fn begin(
        &mut self,
        state: &mut State,
        job: Job,
        (attempt, tries): (u32, u32),
        before: Option<PathBuf>,
    ) -> Result<()> {
        let overrides = job.lines().into_iter().map(str::to_owned).collect();
        let number = job.index;
        let started = |directory: PathBuf, time| Entry::Started { job: number, attempt, time, directory, overrides };
        let launched = match self.host.prepare(&job, attempt, before.as_deref()) {
            Ok(prepared) => {
                self.journal.add(&started(prepared.directory, self.clock.now()))?;
                self.launcher.submit(number, prepared.task)
            }
            Err(error) => {
                self.journal.add(&started(before.unwrap_or_default(), self.clock.now()))?;
                Err(error)
            }
        };
        let limit = self.policy.time_limit.map(|limit| (self.elapsed)() + limit);
        let running = Running { job, attempt, tries, limit, kill: None, late: false, asked: false };
        match launched {
            Ok(()) => {
                state.running.insert(number, running);
                Ok(())
            }
            Err(error) => self.settle(state, running, Verdict::failed(&error)),
        }
    }

    fn ended(&mut self, state: &mut State, job: u64, end: L::End) -> Result<()> {
        let mut verdict = self.host.judge(job, end);
        let Some(running) = state.running.remove(&job) else { return Ok(()) };
        let asked = matches!(state.summary.stopped, Some(Stopped::Asked(_)));
        if running.late && verdict.status != Status::Completed {
            let limit = self.policy.time_limit.unwrap_or_default().as_secs_f64();
            verdict.status = Status::Failed;
            verdict.error = Some(format!("it took longer than {limit} s"));
        } else if verdict.status == Status::Interrupted && !asked && !verdict.asked {
            // Somebody else stopped it.
            verdict.status = Status::Failed;
        } else if verdict.status == Status::Failed && running.asked {
            // It was asked to end, and this is how it did.
            verdict.status = Status::Interrupted;
        }
        let stop = verdict.asked;
        self.settle(state, running, verdict)?;
        if stop {
            self.asked(state, Halt::Interrupt)?;
        }
        Ok(())
    }

    /// Takes in how a job ended.
    fn settle(&mut self, state: &mut State, running: Running, verdict: Verdict) -> Result<()> {
        let Running { job, attempt, tries, .. } = running;
        self.write_end(job.index, attempt, &verdict)?;
        let goes_on = state.summary.stopped.is_none();
        let again = (verdict.status == Status::Failed && tries <= self.policy.retries && goes_on)
            .then(|| self.policy.pause(tries));
        self.host.ended(&job, &verdict, again.map(|pause| pause.as_secs_f64()), &self.policy);
        match verdict.status {
            Status::Completed => {
                state.summary.completed += 1;
                return self.sweeper.tell(job.index, Told::Completed(verdict.result.as_ref()));
            }
            Status::Interrupted => {
                state.summary.interrupted += 1;
                return Ok(());
            }
            _ => {}
        }
        if let Some(pause) = again {
            let due = (self.elapsed)() + pause;
            let (attempt, tries) = (attempt + 1, tries + 1);
            state.again.push(Again { due, job, attempt, tries, directory: verdict.directory });
            return Ok(());
        }
        self.sweeper.tell(job.index, Told::Failed)?;
        let overrides = job.lines().into_iter().map(str::to_owned).collect();
        state.summary.failed += 1;
        if state.summary.failures.len() < KEPT {
            let error = verdict.error.unwrap_or_else(|| "it failed".to_owned());
            state.summary.failures.push(Failure { job: job.index, overrides, error, log: verdict.log });
        }
        self.after_failure(state, job.index)
    }

    /// Whether the sweep goes on after a job has failed for good.
    fn after_failure(&mut self, state: &mut State, job: u64) -> Result<()> {
        if let Some(size) = self.policy.batch {
            let end = (job / size + 1).saturating_mul(size.get());
            state.end = Some(state.end.map_or(end, |known| known.min(end)));
        }
        let (failed, completed) = (state.summary.failed, state.summary.completed + state.summary.kept);
        let most = self.policy.max_failures.filter(|most| failed >= most.get());
        let first = self.policy.first_failures.filter(|first| completed == 0 && failed >= first.get());
        let why = match (most, first) {
            _ if state.summary.stopped.is_some() => return Ok(()),
            (Some(most), _) if most.get() == 1 => "a job has failed".to_owned(),
            (Some(most), _) => format!("{most} jobs have failed"),
            (None, Some(first)) => format!("the first {first} jobs have failed"),
            (None, None) => return Ok(()),
        };
        self.stop(state, why)
    }

    /// No other job begins.
    fn stop(&self, state: &mut State, why: String) -> Result<()> {
        self.journal.add(&Entry::Stopped { time: self.clock.now(), why: why.clone() })?;
        state.summary.stopped = Some(Stopped::Failures(why));
        Ok(())
    }

    /// This process is to stop: the jobs are asked to end, and no other one begins.
    fn asked(&mut self, state: &mut State, how: Halt) -> Result<()> {
        let why = match how {
            Halt::Interrupt => "interrupted by SIGINT",
            Halt::Terminate | Halt::Kill => "interrupted by SIGTERM",
        };
        self.journal.add(&Entry::Stopped { time: self.clock.now(), why: why.to_owned() })?;
        state.summary.stopped = Some(Stopped::Asked(how));
        for (job, running) in &mut state.running {
            self.launcher.halt(*job, how);
            // Whoever asked may ask a second time: until then they may take what they need.
            running.asked = true;
        }
        Ok(())
    }

    /// Ends the jobs that have taken too long.
    fn enforce(&mut self, state: &mut State) {
        let now = (self.elapsed)();
        for (job, running) in &mut state.running {
            if running.kill.is_some_and(|kill| kill <= now) {
                self.launcher.halt(*job, Halt::Kill);
                running.kill = None;
            }
            if !running.late && running.limit.is_some_and(|limit| limit <= now) {
                running.late = true;
                running.kill = Some(now + GRACE);
                self.launcher.halt(*job, Halt::Terminate);
            }
        }
    }

    fn write_end(&self, job: u64, attempt: u32, verdict: &Verdict) -> Result<()> {
        self.journal.add(&Entry::Ended {
            job,
            attempt,
            time: self.clock.now(),
            status: verdict.status,
            result: verdict.result.clone(),
            error: verdict.error.clone(),
            log: verdict.log.clone(),
        })
    }
}

impl Verdict {
    /// A job that could not begin.
    fn failed(error: &Error) -> Self {
        Self {
            status: Status::Failed,
            result: None,
            error: Some(error.message().to_owned()),
            log: None,
            asked: false,
            directory: None,
        }
    }
}
