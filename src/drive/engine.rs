//! The loop: a free slot asks for the next job as soon as one has ended.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
use crate::drive::entry::Entry;
use crate::drive::host::{Host, Left, Verdict};
use crate::drive::journal::Journal;
use crate::drive::policy::Policy;
use crate::drive::progress::{Progress, Standing};
use crate::drive::replay::{Elsewhere, Replayed, replay};
use crate::drive::summary::{Failure, KEPT, Limit, Stopped, Summary};
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

struct Running {
    job: Job,
    attempt: u32,
    /// Which of the times it is that this driver began it, counted from 1.
    tries: u32,
    /// Its directory, if it has come to have one.
    directory: Option<PathBuf>,
    /// When it has taken too long.
    limit: Option<Duration>,
    /// When it is killed, having been asked to end.
    kill: Option<Duration>,
    /// It was asked to end because it has taken too long.
    late: bool,
    /// It was asked to end because the sweep was.
    asked: bool,
}

/// A job that begins once more.
struct Again {
    job: Job,
    attempt: u32,
    tries: u32,
    directory: Option<PathBuf>,
}

/// A job that the driver before had begun, and that still runs.
struct Orphan {
    due: Duration,
    job: Job,
    standing: Standing,
}

struct State {
    running: BTreeMap<u64, Running>,
    /// By the moment when they are due, and their numbers.
    again: BTreeMap<(Duration, u64), Again>,
    /// Jobs that had begun before, and begin once more unless they have ended or still run.
    left: BTreeMap<u64, (Job, Standing)>,
    orphans: Vec<Orphan>,
    elsewhere: Elsewhere,
    /// Whether the sweeper has no job any more.
    done: bool,
    /// Jobs from this number on do not begin: the batch of a failure ends before it.
    end: Option<u64>,
    summary: Summary,
}

impl State {
    fn new(Replayed { left, kept, elsewhere }: Replayed) -> Self {
        let summary = Summary { kept, ..Summary::default() };
        let (running, again, orphans) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Self { running, again, left, orphans, elsewhere, done: false, end: None, summary }
    }

    /// Whether no job runs, and none is known that will.
    fn is_idle(&self) -> bool {
        let none_left = self.again.is_empty() && self.left.is_empty() && self.orphans.is_empty();
        self.running.is_empty() && (none_left || self.summary.is_over())
    }

    /// Takes in what went wrong with the sweep itself. The first error is the one to report.
    fn note(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.summary.broken.get_or_insert(error);
        }
    }
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
        let mut state = State::new(replay(&mut self.sweeper, directory, before, &self.policy)?);
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
                None => {}
            }
            self.enforce(&mut state);
        }
        if !state.done && !state.summary.is_over() {
            let error = Error::new(ErrorKind::Sweep, "the sweep cannot go on");
            state.note(Err(error.note("what chooses its jobs waits for one to end, and none runs")));
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
                if let Some(result) = state.elsewhere.remove(&job.index) {
                    state.summary.kept += 1;
                    let told = Told::Completed { result: result.as_ref(), direction: None };
                    state.note(self.sweeper.tell(job.index, told));
                } else if !self.is_beyond(state, &job) {
                    self.begin(state, job, (1, 1), None);
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
    fn is_beyond(&self, state: &mut State, job: &Job) -> bool {
        let beyond = state.end.is_some_and(|end| job.index >= end);
        if beyond {
            self.stop(state, Limit::Batch);
        }
        beyond
    }

    /// Goes on with a job that the driver before had begun, unless it has ended by itself, or still runs.
    fn go_on(&mut self, state: &mut State, job: Job, standing: Standing, is_new: bool) {
        let left = match &standing.directory {
            Some(directory) if standing.status == Status::Running => self.host.look(job.index, directory),
            _ => Left::Nothing,
        };
        match left {
            Left::Running(who) => {
                if is_new {
                    self.host.waits(&job, who.as_deref());
                }
                let due = (self.elapsed)() + LOOK;
                state.orphans.push(Orphan { due, job, standing });
            }
            Left::Ended(verdict) => {
                state.note(self.write_end(job.index, standing.attempt, &verdict, false));
                state.summary.kept += 1;
                state.note(self.sweeper.tell(job.index, verdict.told()));
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
            let error = verdict.error.unwrap_or_else(|| "it failed".to_owned());
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
    fn stop(&self, state: &mut State, limit: Limit) {
        if state.summary.is_over() {
            return;
        }
        state.summary.stopped = Some(Stopped::Failures(limit));
        let (time, why) = (self.clock.now(), limit.to_string());
        state.note(self.journal.add(&Entry::Stopped { time, why }));
    }

    /// This process is to stop: the jobs are asked to end, and no other one begins.
    fn asked(&mut self, state: &mut State, how: Halt) {
        let why = match how {
            Halt::Interrupt => "interrupted by SIGINT",
            Halt::Terminate | Halt::Kill => "interrupted by SIGTERM",
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
            time: self.clock.now(),
            status: verdict.status,
            result: verdict.result.clone(),
            stopped: verdict.stopped,
            error: verdict.error.clone(),
            log: verdict.log.clone(),
            again,
        })
    }
}

impl Verdict {
    /// A job that could not begin.
    fn failed(error: &Error) -> Self {
        Self {
            status: Status::Failed,
            result: None,
            direction: None,
            stopped: None,
            error: Some(error.message().to_owned()),
            log: None,
            asked: None,
            directory: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::num::NonZeroU64;
    use std::path::Path;
    use std::rc::Rc;
    use std::sync::Arc;

    use super::*;
    use crate::diag::SourceId;
    use crate::drive::host::Prepared;
    use crate::drive::{FOLDER, JOURNAL, LOCK, lease};
    use crate::durable::testing::Scratch;
    use crate::facts::Process;
    use crate::grammar::parse_overrides;
    use crate::sweep::{Grid, Jobs};
    use crate::value::Node;

    /// Time that goes by only while somebody waits.
    type Time = Rc<Cell<Duration>>;

    /// Jobs that take so many seconds and end so, or go on until they are halted.
    struct Pretended {
        slots: usize,
        time: Time,
        running: BTreeMap<u64, (Duration, Status)>,
        /// When this process is asked to stop.
        asked: Option<Duration>,
        /// So many seconds a job takes to end in order.
        lingers: u64,
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
            };
            self.running.insert(job, (self.time.get() + Duration::from_secs(seconds), status));
        }
    }

    /// Says by the number of a job, and of the time that it begins, how long it takes and how it ends.
    struct Script<F> {
        of: F,
        time: Time,
        /// Until when job 0 runs that a driver before had begun.
        alive: Duration,
        given_up: Vec<u64>,
    }

    impl<F> Script<F> {
        fn new(of: F, time: &Time, alive: u64) -> Self {
            Self { of, time: Rc::clone(time), alive: Duration::from_secs(alive), given_up: Vec::new() }
        }
    }

    impl<F: Fn(u64, u32) -> (u64, Status)> Host for Script<F> {
        type Task = (u64, Status);
        type End = Status;

        fn prepare(
            &mut self,
            job: &Job,
            attempt: u32,
            before: Option<&Path>,
        ) -> Result<Prepared<(u64, Status)>> {
            assert_eq!(before.is_some(), attempt > 1, "who begins again has the directory that it had");
            match (self.of)(job.index, attempt) {
                (_, Status::Unknown) => Err(Error::new(ErrorKind::Io, "no room on the disk")),
                task => Ok(Prepared { directory: job.index.to_string().into(), task }),
            }
        }

        fn shown(&self, job: &Job) -> Vec<String> {
            job.lines().into_iter().map(str::to_owned).collect()
        }

        fn judge(&mut self, job: u64, status: Status) -> Verdict {
            // As of a job that ended before it could say anything.
            let directory = (status == Status::Completed).then(|| job.to_string().into());
            let result = (status == Status::Completed).then(|| Node::from(i64::try_from(job).unwrap()));
            let (direction, stopped, error, log) = (None, None, None, None);
            Verdict { status, result, direction, stopped, error, log, directory, asked: None }
        }

        fn gave_up(&mut self, job: u64) {
            self.given_up.push(job);
        }

        fn look(&mut self, job: u64, _: &Path) -> Left {
            match job {
                0 if self.time.get() < self.alive => Left::Running(None),
                // The record of job 1 is there.
                1 => Left::Ended(self.judge(job, Status::Completed)),
                _ => Left::Nothing,
            }
        }

        fn waits(&mut self, _: &Job, _: Option<&str>) {}

        fn ended(&mut self, _: &Job, _: &Verdict, _: Option<f64>, _: &Policy) {}
    }

    struct Sweep {
        jobs: u64,
        slots: usize,
        policy: Policy,
        asked: Option<u64>,
        alive: u64,
        lingers: u64,
    }

    const PLAIN: fn(u64) -> Sweep =
        |jobs| Sweep { jobs, slots: 2, policy: Policy::default(), asked: None, alive: 0, lingers: 1 };

    fn grid(jobs: u64) -> Grid {
        let mut errors: Vec<Error> = Vec::new();
        let line = format!("x=range({jobs})");
        let overrides = parse_overrides([(line.as_str(), SourceId::NONE)], &mut errors);
        Grid::new(Jobs::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap())
    }

    fn begin(scratch: &Scratch) -> Journal {
        let driver = lease(scratch.path(), &Process::default()).unwrap();
        Journal::begin(driver, &Entry::Sweep(Box::default()), Arc::default()).unwrap().0
    }

    fn open(scratch: &Scratch) -> Journal {
        Journal::open(lease(scratch.path(), &Process::default()).unwrap(), Arc::default()).unwrap()
    }

    /// Runs jobs; what they came to, what the journal says in short, and how long it took.
    fn run(
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
        let skip =
            std::fs::read_to_string(scratch.path().join(FOLDER).join(JOURNAL)).unwrap().lines().count();
        let time = Time::default();
        let (asked, lingers) = (sweep.asked.map(Duration::from_secs), sweep.lingers);
        let launcher = Pretended {
            slots: sweep.slots,
            time: Rc::clone(&time),
            running: BTreeMap::new(),
            asked,
            lingers,
        };
        let now = Rc::clone(&time);
        let drive = Drive {
            sweeper: grid(sweep.jobs),
            launcher,
            host: &mut Script::new(script, &time, sweep.alive),
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
                Entry::Sweep(_) | Entry::Driver { .. } => String::new(),
            });
        })
        .unwrap();
        (summary, said.split_off(skip), time.get().as_secs())
    }

    #[test]
    fn a_slot_is_filled_as_soon_as_it_is_free() {
        let script = |job, _| (if job == 0 { 10 } else { 1 }, Status::Completed);
        let (summary, said, time) = run("engine-fill", PLAIN(8), script, None);
        let expected = "+0.1 +1.1 -1 +2.1 -2 +3.1 -3 +4.1 -4 +5.1 -5 +6.1 -6 +7.1 -7 -0 finished";
        assert_eq!(said.join(" ").replace(" completed", ""), expected);
        assert_eq!((summary.completed, summary.stopped, time), (8, None, 10));
        // 100 jobs of 1 to 10 seconds: as long as the longest of the two slots has to do.
        let (_, _, time) =
            run("engine-busy", PLAIN(100), |job, _| (1 + job * 7 % 10, Status::Completed), None);
        assert!((275..=280).contains(&time), "{time}");
    }

    #[test]
    fn a_failure_is_tried_again_after_a_pause_while_others_run() {
        let policy = Policy { retries: 2, backoff: Duration::from_secs(3), ..Policy::default() };
        let script =
            |job, attempt| (1, if job == 0 && attempt < 3 { Status::Failed } else { Status::Completed });
        let (summary, said, time) = run("engine-retry", Sweep { slots: 1, policy, ..PLAIN(3) }, script, None);
        let expected =
            "+0.1 -0 failed +1.1 -1 completed +2.1 -2 completed +0.2 -0 failed +0.3 -0 completed finished";
        assert_eq!(said.join(" "), expected);
        // Failed at 1, again at 4 until 5, and once more 6 seconds later.
        assert_eq!((summary.failed, time), (0, 12));
    }

    #[test]
    fn no_new_job_begins_while_all_that_ended_have_failed_and_are_tried_again() {
        let policy = Policy { retries: 1, backoff: Duration::from_secs(9), ..Policy::default() };
        let (_, said, _) = run(
            "engine-hopeless",
            Sweep { policy: policy.clone(), ..PLAIN(99) },
            |_, _| (1, Status::Failed),
            None,
        );
        // Two slots: the third and the fourth have begun by the time that the first three have failed.
        assert_eq!(said.iter().filter(|said| said.ends_with(".1")).count(), 4, "{said:?}");
        assert!(said.iter().any(|said| said == "the first 3 jobs have failed"), "{said:?}");
        let recovers = |_, attempt| (1, if attempt == 1 { Status::Failed } else { Status::Completed });
        let (summary, _, _) = run("engine-hopes", Sweep { policy, ..PLAIN(9) }, recovers, None);
        assert_eq!((summary.completed, summary.stopped), (9, None));
    }

    #[test]
    fn who_was_asked_to_end_is_not_asked_again_when_its_time_is_over() {
        let policy = Policy { time_limit: Some(Duration::from_secs(5)), ..Policy::default() };
        let of = |lingers| {
            let sweep = Sweep { slots: 1, policy: policy.clone(), asked: Some(4), lingers, ..PLAIN(2) };
            let (summary, said, time) = run("engine-late", sweep, |_, _| (99, Status::Failed), None);
            assert_eq!(said.join(" "), "+0.1 interrupted by SIGINT -0 interrupted");
            assert_eq!((summary.interrupted, summary.failed), (1, 0));
            time
        };
        // Until ten seconds after its limit it may take what it needs.
        assert_eq!([of(3), of(50)], [7, 15]);
    }

    #[test]
    fn failures_end_a_sweep_as_the_policy_says() {
        let all = |_, _| (1, Status::Failed);
        let stopped = |policy: Policy, script: &dyn Fn(u64, u32) -> (u64, Status)| {
            let (summary, said, _) =
                run("engine-policy", Sweep { slots: 1, policy, ..PLAIN(9) }, script, None);
            (summary.failed, summary.completed, said.last().cloned().unwrap_or_default())
        };
        assert_eq!(stopped(Policy::default(), &all), (3, 0, "the first 3 jobs have failed".to_owned()));
        let never = Policy { first_failures: None, ..Policy::default() };
        assert_eq!(stopped(never.clone(), &all), (9, 0, "finished".to_owned()));
        let most = |count| Policy { max_failures: NonZeroU64::new(count), ..never.clone() };
        assert_eq!(stopped(most(1), &all), (1, 0, "a job has failed".to_owned()));
        let odd = |job: u64, _| (1, if job % 2 == 1 { Status::Failed } else { Status::Completed });
        assert_eq!(stopped(Policy::default(), &odd), (4, 5, "finished".to_owned()));
        assert_eq!(stopped(most(2), &odd), (2, 2, "2 jobs have failed".to_owned()));
        let batch = Policy { batch: NonZeroU64::new(4), ..never };
        let said = "a job of the batch before has failed".to_owned();
        assert_eq!(stopped(batch, &odd), (2, 2, said));
        let broken = |job: u64, _| (1, if job == 0 { Status::Unknown } else { Status::Completed });
        assert_eq!(stopped(Policy::default(), &broken), (1, 8, "finished".to_owned()));
    }

    #[test]
    fn what_has_completed_elsewhere_is_passed_by_whatever_its_number() {
        let scratch = Scratch::new("engine-elsewhere");
        let journal = begin(&scratch);
        let time = Clock::default().now();
        for job in [0, 2] {
            let (attempt, directory) = (0, Some(PathBuf::from("../other")));
            journal.add(&Entry::Started { job, attempt, time, directory, overrides: Vec::new() }).unwrap();
            let (status, result, again) = (Status::Completed, Some(Node::from(0.5)), false);
            let (stopped, error, log) = (None, None, None);
            let ended = Entry::Ended { job, attempt, time, status, result, stopped, error, log, again };
            journal.add(&ended).unwrap();
        }
        drop(journal);
        let script = |job, _| (4, if job == 3 { Status::Failed } else { Status::Completed });
        let sweep = Sweep { slots: 1, asked: Some(6), ..PLAIN(4) };
        let (summary, said, _) = run("", sweep, script, Some(&scratch));
        assert_eq!(said.join(" "), "+1.1 -1 completed +3.1 interrupted by SIGINT -3 interrupted");
        assert_eq!((summary.kept, summary.completed), (2, 1));
        let (summary, said, _) = run("", Sweep { slots: 1, ..PLAIN(4) }, script, Some(&scratch));
        assert_eq!(said.join(" "), "+3.2 -3 failed finished");
        assert_eq!((summary.kept, summary.failed), (3, 1));
    }

    #[test]
    fn a_job_that_takes_too_long_has_failed() {
        let policy = Policy { time_limit: Some(Duration::from_secs(5)), ..Policy::default() };
        let script = |job, _| (if job == 0 { 1000 } else { 4 }, Status::Completed);
        let (summary, said, time) = run("engine-limit", Sweep { policy, ..PLAIN(3) }, script, None);
        assert_eq!(said.join(" "), "+0.1 +1.1 -1 completed +2.1 -0 failed -2 completed finished");
        assert_eq!((summary.failures[0].error.as_str(), time), ("it took longer than 5 s", 8));
    }

    #[test]
    fn who_is_asked_to_stop_lets_the_jobs_end_and_goes_on_later() {
        let scratch = Scratch::new("engine-asked");
        drop(begin(&scratch));
        let script = |job, _| (4, if job == 3 { Status::Failed } else { Status::Completed });
        let (summary, said, time) = run("", Sweep { asked: Some(6), ..PLAIN(5) }, script, Some(&scratch));
        let expected = "+0.1 +1.1 -0 completed +2.1 -1 completed +3.1 interrupted by SIGINT \
                        -2 interrupted -3 interrupted";
        assert_eq!((said.join(" ").as_str(), time), (expected, 7));
        assert_eq!(summary.stopped, Some(Stopped::Asked(Halt::Interrupt)));
        let (summary, said, _) = run("", PLAIN(5), script, Some(&scratch));
        let expected = "+2.2 +3.2 -2 completed +4.1 -3 failed -4 completed finished";
        assert_eq!((said.join(" ").as_str(), summary.kept), (expected, 2));
        // What has failed begins again, unless the policy says otherwise.
        let policy = Policy { retry_failed: false, ..Policy::default() };
        let (summary, said, _) = run("", Sweep { policy, ..PLAIN(5) }, script, Some(&scratch));
        assert_eq!((said.join(" ").as_str(), summary.kept), ("finished", 5));
        let (_, said, _) = run("", PLAIN(5), script, Some(&scratch));
        assert_eq!(said.join(" "), "+3.3 -3 failed finished");
    }

    #[test]
    fn a_job_whose_driver_was_killed_begins_again_unless_its_record_says_that_it_has_completed() {
        let scratch = Scratch::new("engine-killed");
        let journal = begin(&scratch);
        for job in [0, 1] {
            let (time, directory) = (Clock::default().now(), Some(job.to_string().into()));
            journal.add(&Entry::Started { job, attempt: 1, time, directory, overrides: Vec::new() }).unwrap();
        }
        drop(journal);
        let (_, said, _) = run("", PLAIN(3), |_, _| (1, Status::Completed), Some(&scratch));
        assert_eq!(said.join(" "), "+0.2 -1 completed +2.1 -0 completed -2 completed finished");
    }

    #[test]
    fn a_job_that_still_runs_does_not_begin_again_before_it_has_ended() {
        let scratch = Scratch::new("engine-orphan");
        let (time, directory) = (Clock::default().now(), Some("0".into()));
        let started = Entry::Started { job: 0, attempt: 1, time, directory, overrides: Vec::new() };
        begin(&scratch).add(&started).unwrap();
        let sweep = Sweep { slots: 1, alive: 5, ..PLAIN(3) };
        let (_, said, time) = run("", sweep, |_, _| (1, Status::Completed), Some(&scratch));
        let expected = "+0.2 -0 completed +1.1 -1 completed +2.1 -2 completed finished";
        assert_eq!((said.join(" ").as_str(), time), (expected, 8));
        let scratch = Scratch::new("engine-orphan-beside");
        begin(&scratch).add(&started).unwrap();
        let (_, said, time) =
            run("", Sweep { alive: 5, ..PLAIN(3) }, |_, _| (1, Status::Completed), Some(&scratch));
        let expected = "+1.1 -1 completed +2.1 -2 completed +0.2 -0 completed finished";
        assert_eq!((said.join(" ").as_str(), time), (expected, 6));
    }

    #[test]
    fn who_may_not_write_any_more_lets_the_jobs_end_and_begins_none() {
        let scratch = Scratch::new("engine-lost");
        drop(begin(&scratch));
        let other = scratch.path().join("other");
        let script = |job, _| {
            if job == 2 {
                // Another driver has taken over, which could not see the lock of this one.
                std::fs::write(&other, "{}").unwrap();
                std::fs::rename(&other, scratch.path().join(LOCK)).unwrap();
            }
            (1 + job * 4, Status::Completed)
        };
        let (summary, said, time) = run("", PLAIN(9), script, Some(&scratch));
        assert_eq!(said.join(" "), "+0.1 +1.1 -0 completed");
        assert_eq!((summary.completed, summary.stopped, time), (2, None, 5));
        assert_eq!(summary.broken.unwrap().message(), "this process does not run the sweep any more");
        assert!(scratch.path().join(LOCK).exists(), "it is the other one's");
    }

    #[test]
    fn who_is_asked_to_stop_is_heard_while_no_job_can_begin() {
        let policy = Policy { first_failures: None, ..Policy::default() };
        let script = |_, _| (1, Status::Unknown);
        let sweep = Sweep { asked: Some(0), policy, ..PLAIN(1000) };
        let (summary, _, _) = run("engine-deaf", sweep, script, None);
        assert_eq!((summary.failed, summary.stopped), (1, Some(Stopped::Asked(Halt::Interrupt))));
    }

    /// Says the jobs of a grid, and remembers what it was asked and told.
    struct Remembering<'a>(Grid, &'a std::cell::RefCell<Vec<String>>);

    impl Sweeper for Remembering<'_> {
        fn ask(&mut self) -> Result<Ask> {
            let ask = self.0.ask()?;
            if let Ask::Job(job) = &ask {
                self.1.borrow_mut().push(format!("?{}", job.index));
            }
            Ok(ask)
        }

        fn tell(&mut self, job: u64, told: Told<'_>) -> Result<()> {
            let what = match told {
                Told::Completed { result: Some(result), .. } => format!("{job}={}", result.describe()),
                Told::Completed { result: None, .. } => format!("{job}="),
                Told::Stopped { step, .. } => format!("{job} stopped at {step}"),
                Told::Failed => format!("{job} failed"),
            };
            self.1.borrow_mut().push(what);
            Ok(())
        }
    }

    #[test]
    fn a_sweeper_of_a_sweep_that_goes_on_is_asked_and_told_all_of_it_again() {
        let scratch = Scratch::new("engine-replay");
        drop(begin(&scratch));
        let drive = |asked: Option<u64>| {
            let log = std::cell::RefCell::new(Vec::new());
            let (time, journal) = (Time::default(), open(&scratch));
            let now = Rc::clone(&time);
            // Job 2 fails once, and job 3 always does; the first jobs take longest.
            let script = |job, attempt| {
                let fails = job == 3 || job == 2 && attempt == 1;
                (6_u64.saturating_sub(job), if fails { Status::Failed } else { Status::Completed })
            };
            let asked = asked.map(Duration::from_secs);
            let policy = Policy { retries: 1, retry_failed: false, ..Policy::default() };
            let drive = Drive {
                sweeper: Remembering(grid(9), &log),
                launcher: Pretended {
                    slots: 3,
                    time: Rc::clone(&time),
                    running: BTreeMap::new(),
                    asked,
                    lingers: 1,
                },
                host: &mut Script::new(script, &time, 0),
                journal: &journal,
                policy,
                before: Progress::read(scratch.path()).unwrap(),
                clock: Clock::default(),
                elapsed: &move || now.get(),
            };
            drive.run().unwrap();
            log.into_inner()
        };
        let first = drive(Some(12));
        let second = drive(None);
        assert!(
            first.iter().any(|what| what == "3 failed") && first.iter().any(|what| what.starts_with("2="))
        );
        // What it was asked for, and could not begin any more, is asked for when there is room.
        assert_eq!(second[..first.len()], first);
        assert_eq!(second.iter().filter(|what| what.starts_with('?')).count(), 9);
        assert_eq!(drive(None), second);
    }

    /// Waits for jobs that there are not.
    struct Waiting;

    impl Sweeper for Waiting {
        fn ask(&mut self) -> Result<Ask> {
            Ok(Ask::Wait)
        }

        fn tell(&mut self, _: u64, _: Told<'_>) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_sweep_that_waits_for_nothing_has_not_finished() {
        let scratch = Scratch::new("engine-wait");
        let journal = begin(&scratch);
        let time = Time::default();
        let drive = Drive {
            sweeper: Waiting,
            launcher: Pretended {
                slots: 1,
                time: Rc::clone(&time),
                running: BTreeMap::new(),
                asked: None,
                lingers: 1,
            },
            host: &mut Script::new(|_, _| (1, Status::Completed), &time, 0),
            journal: &journal,
            policy: Policy::default(),
            before: Progress::default(),
            clock: Clock::default(),
            elapsed: &move || time.get(),
        };
        assert_eq!(drive.run().unwrap().broken.unwrap().kind(), ErrorKind::Sweep);
        assert!(!Progress::read(scratch.path()).unwrap().finished);
    }

    #[test]
    fn a_limit_beyond_all_time_is_none() {
        let policy = Policy { time_limit: Some(Duration::MAX), ..Policy::default() };
        let script = |_, _| (3, Status::Completed);
        let (summary, _, time) = run("engine-max", Sweep { policy, slots: 1, ..PLAIN(2) }, script, None);
        assert_eq!((summary.completed, time), (2, 6));
    }
}
