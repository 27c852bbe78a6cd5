//! The loop: a free slot asks for the next job as soon as one has ended.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
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
                if state.summary.stopped.is_none() && !state.done {
                    return Err(Error::new(ErrorKind::Sweep, "the sweep cannot go on")
                        .note("what chooses its jobs waits for one to end, and none runs"));
                }
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
        let limits =
            state.running.values().flat_map(|job| [job.limit.filter(|_| !job.late), job.kill]).flatten();
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
            return self.begin(state, job, (standing.attempt.saturating_add(1), 1), directory).map(|()| true);
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
        let number = job.index;
        let prepared = self.host.prepare(&job, attempt, before.as_deref());
        // What is secret about it is known once it is composed.
        let overrides = self.host.shown(&job);
        let started =
            |directory: PathBuf, time| Entry::Started { job: number, attempt, time, directory, overrides };
        let (directory, task) = match prepared {
            Ok(prepared) => (Some(prepared.directory), Ok(prepared.task)),
            Err(error) => (before, Err(error)),
        };
        self.journal.add(&started(directory.clone().unwrap_or_default(), self.clock.now()))?;
        let launched = task.and_then(|task| self.launcher.submit(number, task));
        // A limit beyond all time is none.
        let limit = self.policy.time_limit.and_then(|limit| (self.elapsed)().checked_add(limit));
        let running =
            Running { job, attempt, tries, directory, limit, kill: None, late: false, asked: false };
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
        } else if verdict.status == Status::Interrupted && !asked && verdict.asked.is_none() {
            // Somebody else stopped it.
            verdict.status = Status::Failed;
        } else if verdict.status == Status::Failed && running.asked {
            // It was asked to end, and this is how it did.
            verdict.status = Status::Interrupted;
        }
        let stop = verdict.asked;
        self.settle(state, running, verdict)?;
        if let Some(how) = stop {
            self.asked(state, how)?;
        }
        Ok(())
    }

    /// Takes in how a job ended.
    fn settle(&mut self, state: &mut State, running: Running, verdict: Verdict) -> Result<()> {
        let Running { job, attempt, tries, directory, .. } = running;
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
            let (attempt, tries) = (attempt.saturating_add(1), tries.saturating_add(1));
            let directory = verdict.directory.or(directory);
            state.again.push(Again { due, job, attempt, tries, directory });
            return Ok(());
        }
        self.sweeper.tell(job.index, Told::Failed)?;
        let overrides = self.host.shown(&job);
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

    use super::*;
    use crate::diag::SourceId;
    use crate::drive::host::Prepared;
    use crate::drive::{FOLDER, JOURNAL};
    use crate::durable::testing::Scratch;
    use crate::grammar::parse_overrides;
    use crate::sweep::{Grid, Jobs};

    /// Time that goes by only while somebody waits.
    type Time = Rc<Cell<Duration>>;

    /// Jobs that take so many seconds and end so, or go on until they are halted.
    struct Pretended {
        slots: usize,
        time: Time,
        running: BTreeMap<u64, (Duration, Status)>,
        /// When this process is asked to stop.
        asked: Option<Duration>,
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
            // A job takes a second to end in order.
            let second = if how == Halt::Kill { 0 } else { 1 };
            let status = if how == Halt::Kill { Status::Failed } else { Status::Interrupted };
            self.running.insert(job, (self.time.get() + Duration::from_secs(second), status));
        }
    }

    /// Says by the number of a job, and of the time that it begins, how long it takes and how it ends.
    struct Script<F>(F);

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
            match (self.0)(job.index, attempt) {
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
            Verdict { status, result: None, error: None, log: None, directory, asked: None }
        }

        fn look(&mut self, job: u64, _: &Path) -> Option<Verdict> {
            // The record of job 1 is there.
            (job == 1).then(|| self.judge(job, Status::Completed))
        }

        fn ended(&mut self, _: &Job, _: &Verdict, _: Option<f64>, _: &Policy) {}
    }

    struct Sweep {
        jobs: u64,
        slots: usize,
        policy: Policy,
        asked: Option<u64>,
    }

    const PLAIN: fn(u64) -> Sweep = |jobs| Sweep { jobs, slots: 2, policy: Policy::default(), asked: None };

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
            (Journal::open(scratch.path()).unwrap(), Progress::read(scratch.path()).unwrap())
        } else {
            let first = Entry::Sweep(Box::default());
            (Journal::begin(scratch.path(), &first).unwrap().0, Progress::default())
        };
        let skip =
            std::fs::read_to_string(scratch.path().join(FOLDER).join(JOURNAL)).unwrap().lines().count();
        let mut errors: Vec<Error> = Vec::new();
        let line = format!("x=range({})", sweep.jobs);
        let overrides = parse_overrides([(line.as_str(), SourceId::NONE)], &mut errors);
        let time = Time::default();
        let asked = sweep.asked.map(Duration::from_secs);
        let launcher =
            Pretended { slots: sweep.slots, time: Rc::clone(&time), running: BTreeMap::new(), asked };
        let now = Rc::clone(&time);
        let drive = Drive {
            sweeper: Grid::new(Jobs::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap()),
            launcher,
            host: &mut Script(script),
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
        let first = Entry::Sweep(Box::default());
        drop(Journal::begin(scratch.path(), &first).unwrap());
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
        let first = Entry::Sweep(Box::default());
        let (journal, _) = Journal::begin(scratch.path(), &first).unwrap();
        for job in [0, 1] {
            let (time, directory) = (Clock::default().now(), job.to_string().into());
            journal.add(&Entry::Started { job, attempt: 1, time, directory, overrides: Vec::new() }).unwrap();
        }
        drop(journal);
        let (_, said, _) = run("", PLAIN(3), |_, _| (1, Status::Completed), Some(&scratch));
        assert_eq!(said.join(" "), "+0.2 -1 completed +2.1 -0 completed -2 completed finished");
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
        let (journal, _) = Journal::begin(scratch.path(), &Entry::Sweep(Box::default())).unwrap();
        let time = Time::default();
        let drive = Drive {
            sweeper: Waiting,
            launcher: Pretended { slots: 1, time: Rc::clone(&time), running: BTreeMap::new(), asked: None },
            host: &mut Script(|_, _| (1, Status::Completed)),
            journal: &journal,
            policy: Policy::default(),
            before: Progress::default(),
            clock: Clock::default(),
            elapsed: &move || time.get(),
        };
        assert_eq!(drive.run().unwrap_err().kind(), ErrorKind::Sweep);
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
