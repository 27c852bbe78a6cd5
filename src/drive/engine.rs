//! The loop: a free slot asks for the next job as soon as one has ended.

use std::path::PathBuf;
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
use crate::drive::entry::Entry;
use crate::drive::host::{Host, Left, Verdict};
use crate::drive::journal::Journal;
use crate::drive::policy::Policy;
use crate::drive::progress::{Progress, Standing};
use crate::drive::replay::replay;
use crate::drive::state::{Again, Orphan, Running, State};
use crate::drive::summary::{Failure, KEPT, Limit, Stopped, Summary, unsaid};
use crate::facts::Clock;
use crate::launch::{Event, Halt, Launcher};
use crate::run::Status;
use crate::sweep::{Ask, Job, Sweeper, Told};

/// A job that was asked to end has so long until it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// So often it is looked whether a job has ended that the driver before had begun.
const LOOK: Duration = Duration::from_millis(200);

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

impl<S: Sweeper, L: Launcher, H: Host<Task = L::Task, End = L::End>> Drive<'_, S, L, H> {
    /// Runs the sweep to its end. If it cannot go on, such as when the disk is full or somebody else has taken over, no job
    /// begins any more, and those that run come to their ends: [`Summary::broken`] says so.
    ///
    /// # Errors
    /// The journal of the driver before cannot be read; the sweeper says other jobs than it did before; the launcher cannot
    /// wait. What fails in a job is no error.
    pub fn run(mut self) -> Result<Summary> {
        let before = std::mem::take(&mut self.before);
        let directory = self.journal.lease().directory();
        let host = &*self.host;
        let replayed = replay(&mut self.sweeper, directory, before, &self.policy, &|job| host.shown(job))?;
        if !replayed.changed.is_empty() {
            self.host.anew(&replayed.changed);
        }
        self.host.gone(&replayed.gone);
        let mut state = State::new(replayed);
        loop {
            let began = self.launcher.room() > 0 && self.begin_next(&mut state);
            let fills = began && self.launcher.room() > 0;
            if !fills && state.is_idle() {
                break;
            }
            // Also while slots are filled, or jobs fail before they begin, others may end and signals come.
            let patience = if fills { Some(Duration::ZERO) } else { self.patience(&state) };
            match self.launcher.wait(patience)? {
                Some(Event::Ended { job, end }) => self.ended(&mut state, job, end),
                Some(Event::Asked(how)) => self.asked(&mut state, how),
                Some(Event::Detached) => {
                    state.note(self.journal.add(&Entry::Detached { time: self.clock.now() }));
                    state.summary.stopped.get_or_insert(Stopped::Detached);
                    return Ok(state.summary);
                }
                None => {}
            }
            self.enforce(&mut state);
        }
        if !state.done && !state.summary.is_over() {
            let error = Error::new(ErrorKind::Sweep, "the sweep cannot go on");
            state.note(Err(error.note("what chooses its jobs waits for one to end, and none runs")));
        }
        // What a job returned is of no use to who chooses the next one.
        if let Some(broken) = state.summary.broken.as_ref().filter(|error| error.kind() == ErrorKind::Job) {
            let (time, why) = (self.clock.now(), broken.message().to_owned());
            state.note(self.journal.add(&Entry::Stopped { time, why }));
        }
        // Why it stopped was written down when it did.
        if !state.summary.is_over() {
            state.note(self.journal.add(&Entry::Finished { time: self.clock.now() }));
        }
        Ok(state.summary)
    }

    /// How long to wait at most: until a job has taken too long, or is due again, or may have ended elsewhere.
    fn patience(&self, state: &State) -> Option<Duration> {
        let limits =
            state.running.values().flat_map(|job| [job.limit.filter(|_| !job.late), job.kill]).flatten();
        let room = self.launcher.room() > 0 && !state.summary.is_over();
        let again = state.again.first_key_value().map(|((due, _), _)| *due).into_iter();
        let due = again.chain(state.orphans.iter().map(|orphan| orphan.due)).filter(|_| room);
        let next = limits.chain(due).min()?;
        Some(next.saturating_sub((self.elapsed)()))
    }

    /// Begins the next job, if there is one now. Whether it came to do something.
    fn begin_next(&mut self, state: &mut State) -> bool {
        if state.summary.is_over() {
            return false;
        }
        let now = (self.elapsed)();
        if let Some(at) = state.orphans.iter().position(|orphan| orphan.due <= now) {
            let Orphan { job, standing, .. } = state.orphans.remove(at);
            self.go_on(state, job, standing, false);
            return true;
        }
        // A job of the driver before has the place of one of ours.
        if self.launcher.room() <= state.orphans.len() {
            return false;
        }
        if let Some(due) = state.again.first_entry().filter(|due| due.key().0 <= now) {
            let Again { job, attempt, tries, directory } = due.remove();
            self.begin(state, job, (attempt, tries), directory);
            return true;
        }
        if let Some((_, (job, standing))) = state.left.pop_first() {
            if !self.is_beyond(state, &job) {
                self.go_on(state, job, standing, true);
            }
            return true;
        }
        if state.done || self.is_hopeless(state) {
            return false;
        }
        match self.sweeper.ask() {
            Ok(Ask::Job(job)) => {
                if let Some(result) = state.elsewhere.take(&job, &self.host.shown(&job)) {
                    state.summary.kept += 1;
                    let told = Told::Completed { result: result.as_ref(), direction: None };
                    state.note(self.sweeper.tell(job.index, told));
                } else if !self.is_beyond(state, &job) {
                    self.begin_first(state, job);
                }
                return true;
            }
            Ok(Ask::Wait) => {}
            Ok(Ask::Done) => state.done = true,
            Err(error) => state.note(Err(error)),
        }
        false
    }

    /// Whether so many jobs have failed, and none has completed, that no new one begins before one that is tried again has
    /// said whether all do.
    fn is_hopeless(&self, state: &State) -> bool {
        let failed = state.summary.failed + state.again.len() as u64;
        let completed = state.summary.completed + state.summary.kept;
        !state.again.is_empty()
            && completed == 0
            && self.policy.first_failures.is_some_and(|first| failed >= first.get())
    }

    /// Whether a job comes after the batch in which one has failed: then the sweep stops.
    fn is_beyond(&mut self, state: &mut State, job: &Job) -> bool {
        let beyond = state.end.is_some_and(|end| job.index >= end);
        if beyond {
            self.stop(state, Limit::Batch);
        }
        beyond
    }

    /// Begins a job that the journal says nothing of, unless it has begun all the same.
    fn begin_first(&mut self, state: &mut State, job: Job) {
        let Some((directory, time)) = self.host.had(&job) else {
            return self.begin(state, job, (1, 1), None);
        };
        let overrides = self.host.shown(&job);
        let noted = Some(directory.clone());
        let started = Entry::Started { job: job.index, attempt: 1, time, directory: noted, overrides };
        if let Err(error) = self.journal.add(&started) {
            return state.note(Err(error));
        }
        self.go_on(state, job, Standing::lost(directory), true);
    }

    /// Goes on with a job that the driver before had begun, unless it has ended by itself, or still runs. A job that had
    /// failed may have begun once more, and come to its end, without a line that says so.
    fn go_on(&mut self, state: &mut State, job: Job, standing: Standing, is_new: bool) {
        let left = match &standing.directory {
            Some(directory) => self.host.look(job.index, directory, &standing),
            None => Left::Nothing,
        };
        match left {
            Left::Running(_) if self.launcher.adopt(job.index) => {
                state.running.insert(job.index, Running::left(job, standing, 1));
            }
            Left::Running(who) => {
                if is_new {
                    self.host.waits(&job, who.as_deref());
                }
                let due = (self.elapsed)() + LOOK;
                state.orphans.push(Orphan { due, job, standing });
            }
            Left::Ended(verdict) if verdict.status == Status::Completed => {
                state.note(self.write_end(job.index, standing.attempt, &verdict, false));
                state.summary.kept += 1;
                state.note(self.sweeper.tell(job.index, verdict.told()));
            }
            // It failed while nobody looked, and now somebody does.
            Left::Ended(verdict) if self.policy.retry_failed => {
                state.note(self.write_end(job.index, standing.attempt, &verdict, true));
                self.begin(state, job, (standing.attempt.saturating_add(1), 1), standing.directory);
            }
            Left::Ended(verdict) => {
                let tries = self.policy.retries.saturating_add(1);
                self.settle(state, Running::left(job, standing, tries), verdict);
            }
            Left::Nothing => {
                self.begin(state, job, (standing.attempt.saturating_add(1), 1), standing.directory);
            }
        }
    }

    /// Begins a job: which time ever, and which time by this driver.
    fn begin(&mut self, state: &mut State, job: Job, (attempt, tries): (u32, u32), before: Option<PathBuf>) {
        let number = job.index;
        let (directory, task) = match self.host.prepare(&job, attempt, before.as_deref()) {
            Ok(prepared) => (Some(prepared.directory), Ok(prepared.task)),
            // It has not begun, and nor can the next one.
            Err(error) if is_full(error.message()) => {
                return self.is_full(state, self.journal.full().note(error.message().to_owned()));
            }
            Err(error) => (before, Err(error)),
        };
        // What is secret about it is known once it is composed.
        let overrides = self.host.shown(&job);
        let (time, noted) = (self.clock.now(), directory.clone());
        let started = Entry::Started { job: number, attempt, time, directory: noted, overrides };
        if let Err(error) = self.journal.add(&started) {
            // What is not written down does not happen.
            self.host.gave_up(number);
            return state.note(Err(error));
        }
        let launched = task.and_then(|task| self.launcher.submit(number, task));
        // A limit beyond all time is none.
        let limit = self.policy.time_limit.and_then(|limit| (self.elapsed)().checked_add(limit));
        let running =
            Running { job, attempt, tries, directory, limit, kill: None, late: false, asked: false };
        match launched {
            Ok(()) => {
                state.running.insert(number, running);
            }
            Err(error) => {
                self.host.gave_up(number);
                self.settle(state, running, Verdict::failed(&error));
            }
        }
    }

    fn ended(&mut self, state: &mut State, job: u64, end: L::End) {
        let mut verdict = self.host.judge(job, end);
        let Some(running) = state.running.remove(&job) else { return };
        let asked = matches!(state.summary.stopped, Some(Stopped::Asked(_)));
        if running.late && !running.asked && verdict.status != Status::Completed {
            let limit = self.policy.time_limit.unwrap_or_default().as_secs_f64();
            verdict.status = Status::Failed;
            verdict.error = Some(format!("it took longer than {limit} s"));
            self.host.took_too_long(&verdict);
        } else if verdict.status == Status::Interrupted && !asked && verdict.asked.is_none() {
            // Somebody else stopped it.
            verdict.status = Status::Failed;
        } else if verdict.status == Status::Failed && running.asked {
            // It was asked to end, and this is how it did.
            verdict.status = Status::Interrupted;
        }
        let stop = verdict.asked;
        self.settle(state, running, verdict);
        if let Some(how) = stop {
            self.asked(state, how);
        }
    }

    /// Takes in how a job ended.
    fn settle(&mut self, state: &mut State, running: Running, verdict: Verdict) {
        let Running { job, attempt, tries, directory, .. } = running;
        if !matches!(verdict.status, Status::Completed | Status::Interrupted) && !state.summary.is_over() {
            let is_told = verdict.error.as_deref().is_some_and(is_full);
            let room = if is_told { Err(self.journal.full()) } else { self.journal.room() };
            if let Err(error) = room {
                self.is_full(state, error);
            }
        }
        let may_again = verdict.status == Status::Failed && tries <= self.policy.retries;
        let again = (may_again && !state.summary.is_over()).then(|| self.policy.pause(tries));
        state.note(self.write_end(job.index, attempt, &verdict, again.is_some()));
        let again = again.filter(|_| !state.summary.is_over());
        self.host.ended(&job, &verdict, again.map(|pause| pause.as_secs_f64()), &self.policy);
        match verdict.status {
            Status::Completed => {
                state.summary.completed += 1;
                return state.note(self.sweeper.tell(job.index, verdict.told()));
            }
            Status::Interrupted => {
                state.summary.interrupted += 1;
                return;
            }
            _ => {}
        }
        if let Some(pause) = again {
            let due = (self.elapsed)() + pause;
            let (attempt, tries) = (attempt.saturating_add(1), tries.saturating_add(1));
            let directory = verdict.directory.or(directory);
            state.again.insert((due, job.index), Again { job, attempt, tries, directory });
            return;
        }
        state.note(self.sweeper.tell(job.index, Told::Failed));
        let overrides = self.host.shown(&job);
        state.summary.failed += 1;
        if state.summary.failures.len() < KEPT {
            let error = verdict.error.unwrap_or_else(unsaid);
            state.summary.failures.push(Failure { job: job.index, overrides, error, log: verdict.log });
        }
        self.after_failure(state, job.index);
    }

    /// Whether the sweep goes on after a job has failed for good.
    fn after_failure(&mut self, state: &mut State, job: u64) {
        if let Some(size) = self.policy.batch {
            let end = (job / size + 1).saturating_mul(size.get());
            state.end = Some(state.end.map_or(end, |known| known.min(end)));
        }
        let (failed, completed) = (state.summary.failed, state.summary.completed + state.summary.kept);
        let most = self.policy.max_failures.filter(|most| failed >= most.get());
        let first = self.policy.first_failures.filter(|first| completed == 0 && failed >= first.get());
        if let Some(limit) = most.map(Limit::Failures).or(first.map(Limit::First)) {
            self.stop(state, limit);
        }
    }

    /// No other job begins.
    fn stop(&mut self, state: &mut State, limit: Limit) {
        if state.summary.is_over() {
            return;
        }
        state.summary.stopped = Some(Stopped::Failures(limit));
        let (time, why) = (self.clock.now(), limit.to_string());
        state.note(self.journal.add(&Entry::Stopped { time, why }));
        self.recall(state);
    }

    /// No other job begins: it would find no room.
    fn is_full(&mut self, state: &mut State, error: Error) {
        // A short line may fit in.
        let (time, why) = (self.clock.now(), "there is no space left".to_owned());
        let _ = self.journal.add(&Entry::Stopped { time, why });
        state.note(Err(error));
        self.recall(state);
    }

    /// Takes back what was handed on and has not begun. What runs comes to its end, whoever had begun it.
    fn recall(&mut self, state: &mut State) {
        for (number, (job, standing)) in std::mem::take(&mut state.left) {
            if standing.status == Status::Running && self.launcher.adopt(number) {
                state.running.insert(number, Running::left(job, standing, 1));
            }
        }
        for job in self.launcher.recall() {
            if let Some(running) = state.running.remove(&job) {
                self.settle(state, running, Verdict::taken_back());
            }
        }
    }

    /// This process is to stop: the jobs are asked to end, and no other one begins.
    fn asked(&mut self, state: &mut State, how: Halt) {
        let why = match how {
            Halt::Interrupt => "interrupted by SIGINT",
            Halt::Terminate | Halt::Kill | Halt::Notice => "interrupted by SIGTERM",
        };
        state.summary.stopped = Some(Stopped::Asked(how));
        for (job, running) in &mut state.running {
            self.launcher.halt(*job, how);
            // Whoever asked may ask a second time: until then they may take what they need.
            running.asked = true;
        }
        state.note(self.journal.add(&Entry::Stopped { time: self.clock.now(), why: why.to_owned() }));
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
                // Who was asked already must not take it for the second time.
                if !running.asked {
                    self.launcher.halt(*job, Halt::Terminate);
                }
            }
        }
    }

    fn write_end(&self, job: u64, attempt: u32, verdict: &Verdict, again: bool) -> Result<()> {
        self.journal.add(&Entry::Ended {
            job,
            attempt,
            time: verdict.ended.unwrap_or_else(|| self.clock.now()),
            status: verdict.status,
            result: verdict.result.clone(),
            stopped: verdict.stopped,
            error: verdict.error.clone(),
            log: verdict.log.clone(),
            again,
        })
    }
}

/// Whether an error says that the disk is full, or what one may have of it: in the words of the system.
fn is_full(said: &str) -> bool {
    ["(os error 28)", "(os error 122)"].iter().any(|code| said.contains(code))
}

#[cfg(test)]
mod tests;
