mod left;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::rc::Rc;

use super::*;
use crate::drive::LOCK;
use crate::drive::testing::{PLAIN, Pretended, Script, Sweep, Time, begin, grid, open, run};
use crate::durable::testing::Scratch;
use crate::sweep::Grid;
use crate::value::Node;

#[test]
fn a_slot_is_filled_as_soon_as_it_is_free() {
    let script = |job, _| (if job == 0 { 10 } else { 1 }, Status::Completed);
    let (summary, said, time) = run("engine-fill", PLAIN(8), script, None);
    let expected = "+0.1 +1.1 -1 +2.1 -2 +3.1 -3 +4.1 -4 +5.1 -5 +6.1 -6 +7.1 -7 -0 finished";
    assert_eq!(said.join(" ").replace(" completed", ""), expected);
    assert_eq!((summary.completed, summary.stopped, time), (8, None, 10));
    // 100 jobs of 1 to 10 seconds: as long as the longest of the two slots has to do.
    let (_, _, time) = run("engine-busy", PLAIN(100), |job, _| (1 + job * 7 % 10, Status::Completed), None);
    assert!((275..=280).contains(&time), "{time}");
}

#[test]
fn a_failure_is_tried_again_after_a_pause_while_others_run() {
    let policy = Policy { retries: 2, backoff: Duration::from_secs(3), ..Policy::default() };
    let script = |job, attempt| (1, if job == 0 && attempt < 3 { Status::Failed } else { Status::Completed });
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
        let (summary, said, _) = run("engine-policy", Sweep { slots: 1, policy, ..PLAIN(9) }, script, None);
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

/// Writes down that a job whose value is its number has completed; the attempt 0 is one of another sweep.
fn completed(journal: &Journal, job: u64, attempt: u32) {
    let (time, directory) = (Clock::default().now(), Some("../other".into()));
    let overrides = vec![format!("x={job}")];
    journal.add(&Entry::Started { job, attempt, time, directory, overrides }).unwrap();
    let (status, result, again) = (Status::Completed, Some(Node::from(0.5)), false);
    let (stopped, error, log) = (None, None, None);
    journal.add(&Entry::Ended { job, attempt, time, status, result, stopped, error, log, again }).unwrap();
}

#[test]
fn a_full_disk_ends_a_sweep_before_each_job_that_is_left_has_failed() {
    let scratch = Scratch::new("engine-full");
    drop(begin(&scratch));
    let full = |job, _| (1, if job < 2 { Status::Completed } else { Status::Killed });
    let (summary, said, _) = run("", Sweep { slots: 1, ..PLAIN(9) }, full, Some(&scratch));
    assert_eq!(said.join(" "), "+0.1 -0 completed +1.1 -1 completed there is no space left");
    assert_eq!((summary.completed, summary.failed), (2, 0));
    let broken = summary.broken.unwrap();
    assert!(broken.message().starts_with("there is no space left for the sweep in `"), "{broken}");
    // Whoever makes room goes on with all that are left.
    let (summary, said, _) = run("", PLAIN(4), |_, _| (1, Status::Completed), Some(&scratch));
    assert_eq!(said.join(" "), "+2.1 +3.1 -2 completed -3 completed finished");
    assert_eq!(summary.kept, 2);
}

#[test]
fn what_has_completed_elsewhere_is_passed_by_whatever_its_number() {
    let scratch = Scratch::new("engine-elsewhere");
    let journal = begin(&scratch);
    [0, 2].iter().for_each(|job| completed(&journal, *job, 0));
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
    assert_eq!((said.join(" ").as_str(), summary.kept, summary.failed), ("finished", 4, 0));
    let failures: Vec<_> = summary.failures.iter().map(|one| (one.job, one.error.as_str())).collect();
    assert_eq!((summary.failed_before, failures.as_slice()), (1, &[(3, "it failed")][..]));
    let (_, said, _) = run("", PLAIN(5), script, Some(&scratch));
    assert_eq!(said.join(" "), "+3.3 -3 failed finished");
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
            sweeper: Remembering(grid("range(9)"), &log),
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
    assert!(first.iter().any(|what| what == "3 failed") && first.iter().any(|what| what.starts_with("2=")));
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

/// Takes all jobs and leaves; a later one takes over those that still run, and waits for them.
#[derive(Default)]
struct Away {
    waits: bool,
    taken: Vec<u64>,
    /// How many of those that it has taken have begun.
    begun: usize,
}

impl Launcher for Away {
    type Task = (u64, Status);
    type End = Status;

    fn room(&self) -> usize {
        100
    }

    fn submit(&mut self, job: u64, _: (u64, Status)) -> Result<()> {
        self.taken.push(job);
        Ok(())
    }

    fn adopt(&mut self, job: u64) -> bool {
        self.taken.push(job);
        true
    }

    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<Status>>> {
        if at_most.is_some() {
            return Ok(None);
        }
        let ended = if self.waits { self.taken.pop() } else { None };
        Ok(Some(ended.map_or(Event::Detached, |job| Event::Ended { job, end: Status::Failed })))
    }

    fn recall(&mut self) -> Vec<u64> {
        self.taken.split_off(self.begun.min(self.taken.len()))
    }

    fn halt(&mut self, _: u64, _: Halt) {}
}

#[test]
fn what_waits_elsewhere_is_taken_back_once_too_much_has_failed() {
    let scratch = Scratch::new("engine-recall");
    let (time, journal) = (Time::default(), begin(&scratch));
    let elapsed = || time.get();
    let drive = Drive {
        sweeper: grid("range(6)"),
        launcher: Away { waits: true, begun: 1, ..Away::default() },
        host: &mut Script::new(|_, _| (1, Status::Completed), &time, 9),
        journal: &journal,
        policy: Policy { first_failures: NonZeroU64::new(2), ..Policy::default() },
        before: Progress::default(),
        clock: Clock::default(),
        elapsed: &elapsed,
    };
    // Jobs 5 and 4 have failed, job 0 runs and fails, too.
    let summary = drive.run().unwrap();
    assert_eq!((summary.failed, summary.interrupted), (3, 3));
    let after = Progress::read(scratch.path()).unwrap();
    let stands: Vec<Status> = after.jobs.values().map(|job| job.status).collect();
    let (failed, back) = (Status::Failed, Status::Interrupted);
    assert_eq!(stands, [failed, back, back, back, failed, failed]);
}

#[test]
fn who_leaves_jobs_behind_is_followed_by_one_who_waits_for_them() {
    let scratch = Scratch::new("engine-away");
    let time = Time::default();
    let drive = |journal: &Journal, waits, before| {
        let policy = Policy { retry_failed: false, ..Policy::default() };
        let elapsed = || time.get();
        let drive = Drive {
            sweeper: grid("range(2)"),
            launcher: Away { waits, ..Away::default() },
            host: &mut Script::new(|_, _| (1, Status::Completed), &time, 9),
            journal,
            policy,
            before,
            clock: Clock::default(),
            elapsed: &elapsed,
        };
        drive.run().unwrap()
    };
    let summary = drive(&begin(&scratch), false, Progress::default());
    assert_eq!((summary.stopped, summary.completed), (Some(Stopped::Detached), 0));
    let before = Progress::read(scratch.path()).unwrap();
    assert!(before.detached && before.count(Status::Running) == 2);
    // Job 0 still runs and fails later; the record of job 1 says that it has completed.
    let summary = drive(&open(&scratch), true, before);
    assert_eq!((summary.stopped, summary.failed, summary.kept), (None, 1, 1));
    let after = Progress::read(scratch.path()).unwrap();
    assert!(after.finished);
    assert_eq!((after.count(Status::Completed), after.count(Status::Failed)), (1, 1));
}
