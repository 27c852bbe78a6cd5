//! Sweeps that are killed at any moment, run out of disk, or have a torn journal: nothing is lost, and nothing runs twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use mainstem::app::{App, Bound, Sandbox};
use mainstem::drive::{Entry, FOLDER, JOURNAL, Progress};
use mainstem::run::{Run, Status};

use crate::run::disk::Disk;
use crate::sweeps::{
    CONFIG, app, children, completions, kill, lives, mainstem, run, sandbox, wait, wait_until,
};

const JOBS: u64 = 6;

/// How many kills there are: few, or as many as somebody asks for who has the time.
#[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
fn kills() -> u32 {
    std::env::var("MAINSTEM_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(8)
}

/// Numbers that look drawn, and are the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// How the jobs of a sweep run.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Inline,
    /// In workers, since each needs another environment.
    Apart,
    Workers,
    Command,
}

/// What a command does that runs as a job: it says when it begins, when it ends, and if another copy of it runs.
const SCRIPT: &str =
    "exec 9>>alone/$MAINSTEM_JOB_NUM; flock -n 9 || echo twice >&9; echo begin >&9; sleep 0.05; echo end >&9";

/// A sweep in `sw` whose jobs are called by nobody but it.
struct Sweep {
    sandbox: Sandbox,
    kind: Kind,
    /// How often each job had begun when it was found to have completed: it is never more often.
    settled: BTreeMap<u64, usize>,
}

impl Sweep {
    fn new(kind: Kind) -> Self {
        let sandbox = sandbox();
        fs::create_dir(sandbox.path().join("alone")).expect("a directory");
        Self { sandbox, kind, settled: BTreeMap::new() }
    }

    fn directory(&self) -> PathBuf {
        self.sandbox.path().join("sw")
    }

    /// The program that begins it, or goes on with it.
    fn driver(&self) -> Command {
        // Whoever was killed before the first line leaves nothing to go on with.
        let begun = Progress::read(&self.directory()).is_ok();
        let range = format!("x=range({JOBS})");
        let new = ["-m", range.as_str(), "hydra.sweep.dir=sw"];
        let mut words = Vec::new();
        if let Kind::Command = self.kind {
            words.push("run");
        }
        words.extend(if begun { &["--resume", "sw"][..] } else { &new[..] });
        let mut command = match self.kind {
            Kind::Command => {
                let tail = ["-j", "2", "--", "sh", "-c", SCRIPT];
                words.extend(if begun { &tail[..2] } else { &tail[..] });
                mainstem(&self.sandbox, &words)
            }
            Kind::Inline | Kind::Apart | Kind::Workers => {
                if !begun {
                    words.extend(["-cd", "conf"]);
                    if let Kind::Apart = self.kind {
                        words.push("+hydra.job.env_set.HC_OWN='${x}'");
                    }
                }
                if let Kind::Workers = self.kind {
                    words.extend(["-j", "2"]);
                }
                app(&self.sandbox, &words)
            }
        };
        command.env("HC_SLEEP", "0.05").env("HC_ALONE", self.sandbox.path().join("alone"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn lines(&self) -> usize {
        let journal = fs::read(self.directory().join(FOLDER).join(JOURNAL)).unwrap_or_default();
        journal.iter().filter(|byte| **byte == b'\n').count()
    }

    /// What each job said of itself.
    fn said(&self, job: u64) -> String {
        self.sandbox.read(format!("alone/{job}")).unwrap_or_default()
    }

    /// Looks whether all is as it must be at any moment.
    fn check(&mut self) {
        if self.lines() > 0 {
            let count = completions(&self.directory());
            assert!(count.values().all(|&count| count == 1), "{:?} {count:?}", self.kind);
        }
        for job in 0..JOBS {
            let record = self.sandbox.read(format!("sw/{job}/.hydra/run.json")).unwrap_or_default();
            let said = self.said(job);
            assert!(!said.contains("twice"), "{:?}: job {job} ran in two copies: {said}", self.kind);
            if record.contains("\"status\": \"completed\"") {
                let begun = said.matches("begin").count();
                let settled = *self.settled.entry(job).or_insert(begun);
                assert_eq!(begun, settled, "{:?}: job {job} had completed, and began again", self.kind);
            }
        }
    }

    fn has_completed(&self) -> bool {
        self.lines() > 0 && completions(&self.directory()).len() as u64 == JOBS
    }

    /// Looks at the end.
    fn end(mut self) {
        self.check();
        let expected: BTreeMap<u64, u32> = (0..JOBS).map(|job| (job, 1)).collect();
        assert_eq!(completions(&self.directory()), expected, "{:?}", self.kind);
        assert_eq!(self.settled.len() as u64, JOBS, "{:?}: every job is on record", self.kind);
        for job in 0..JOBS {
            assert!(self.said(job).ends_with("end\n"), "{:?}: {}", self.kind, self.said(job));
        }
        for more in [JOBS.to_string(), "0_1".to_owned()] {
            assert!(!self.directory().join(more).exists(), "numbering goes on");
        }
    }
}

/// All that a process has started, and what those have.
fn descendants(process: u32) -> Vec<u32> {
    let mut found = children(process);
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(children(parent));
        next += 1;
    }
    found
}

/// Waits until the journal has so many more lines, or the driver has ended.
fn wait_for_lines(sweep: &mut Sweep, driver: &mut Child, more: usize) -> bool {
    let target = sweep.lines() + more;
    for _ in 0..2000 {
        if driver.try_wait().expect("it can be waited for").is_some() {
            return false;
        }
        if sweep.lines() >= target {
            return true;
        }
        sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn a_sweep_killed_at_any_moment_loses_nothing_and_runs_nothing_twice() {
    let mut drawn = Drawn(7);
    let mut left = kills();
    for kind in [Kind::Workers, Kind::Command, Kind::Apart, Kind::Inline].into_iter().cycle() {
        if left == 0 {
            break;
        }
        let mut sweep = Sweep::new(kind);
        // More often than that none survives by chance.
        let mut here = 2.min(left);
        while here > 0 && !sweep.has_completed() {
            let mut driver = sweep.driver().spawn().expect("it starts");
            let more = usize::try_from(drawn.below(5)).expect("few");
            let alive = wait_for_lines(&mut sweep, &mut driver, more);
            sleep(Duration::from_millis(drawn.below(40)));
            let started = descendants(driver.id());
            match drawn.below(3) {
                // A job that is killed has failed, and begins again when the sweep goes on.
                0 if alive && !started.is_empty() => kill(started[0], "KILL"),
                1 => {
                    started.into_iter().for_each(|process| kill(process, "KILL"));
                    kill(driver.id(), "KILL");
                }
                _ => kill(driver.id(), "KILL"),
            }
            wait(driver);
            sweep.check();
            here -= 1;
            left -= 1;
        }
        // Whoever goes on to the end may find that a job fails that was killed with what it had started.
        for _ in 0..3 {
            if !sweep.has_completed() {
                let _ = sweep.driver().status().expect("it starts");
            }
        }
        sweep.end();
    }
}

/// What a journal says of ends, and of stops: each end once.
fn ends(sweep: &Path) -> (BTreeMap<(u64, u32), u32>, Vec<String>) {
    let (mut ends, mut stops) = (BTreeMap::new(), Vec::new());
    Progress::each(sweep, |entry| match entry {
        Entry::Ended { job, attempt, .. } => *ends.entry((*job, *attempt)).or_default() += 1,
        Entry::Stopped { why, .. } => stops.push(why.clone()),
        _ => {}
    })
    .expect("a journal");
    (ends, stops)
}

#[test]
fn a_signal_at_any_moment_of_short_jobs_ends_the_sweep_and_loses_nothing() {
    let mut drawn = Drawn(11);
    let (tries, jobs) = (kills().div_ceil(2), if kills() > 8 { 200 } else { 40 });
    for round in 0..tries {
        let sandbox = sandbox();
        let sweep = sandbox.path().join("sw");
        let range = format!("x=range({jobs})");
        let mut command = app(&sandbox, &["-cd", "conf", "-m", &range, "hydra.sweep.dir=sw"]);
        command.env("HC_SLEEP", "0.05").env("HC_MARK", "marks").stderr(Stdio::null());
        let driver = command.spawn().expect("it starts");
        wait_until("it has begun", || Progress::read(&sweep).is_ok_and(|progress| !progress.jobs.is_empty()));
        sleep(Duration::from_micros(drawn.below(jobs * 25_000)));
        kill(driver.id(), "INT");
        assert_eq!(wait(driver), Some(130), "round {round}");
        let (ended, stops) = ends(&sweep);
        assert_eq!(stops, ["interrupted by SIGINT"], "round {round}");
        assert!(ended.values().all(|times| *times == 1), "round {round}: {ended:?}");
        let progress = Progress::read(&sweep).expect("a journal");
        assert!(progress.jobs.len() < usize::try_from(jobs).expect("few"), "round {round}: it came too late");
        assert!(progress.count(Status::Interrupted) <= 1, "round {round}");
        let mut command = app(&sandbox, &["--resume", "sw"]);
        command.env("HC_MARK", "marks");
        let (code, _, err) = run(command);
        assert_eq!(code, Some(0), "round {round}: {err}");
        let expected: BTreeMap<u64, u32> = (0..jobs).map(|job| (job, 1)).collect();
        assert_eq!(completions(&sweep), expected, "round {round}");
        assert!(ends(&sweep).0.values().all(|times| *times == 1), "round {round}");
        // A job says its number as the last thing that it does.
        let mut marks: Vec<u64> =
            sandbox.read("marks").expect("marks").lines().flat_map(str::parse).collect();
        let said = marks.len() as u64;
        marks.sort_unstable();
        marks.dedup();
        assert!(marks.into_iter().eq(0..jobs), "round {round}");
        assert!(said <= jobs + 1, "round {round}: only the one that was interrupted ran twice");
    }
}

#[test]
fn a_job_that_outlives_its_driver_is_waited_for() {
    // It does not end when it is asked to, and the process that started it may be killed, too.
    let script = "trap '' TERM INT; exec 9>>alone; flock -n 9 || echo twice >&9; echo begin >&9; \
                  while [ ! -e go ]; do sleep 0.02; done; echo end >&9";
    for with_worker in [false, true] {
        let sandbox = sandbox();
        let words = ["run", "-m", "x=1", "hydra.sweep.dir=sw", "-j", "1", "--", "sh", "-c", script];
        let mut first = mainstem(&sandbox, &words).stderr(Stdio::null()).spawn().expect("it starts");
        let read = |name| sandbox.read(name).unwrap_or_default();
        wait_until("the job runs", || read("alone") == "begin\n");
        let worker = children(first.id());
        // The driver first: it would kill what a worker leaves behind.
        first.kill().expect("it can be killed");
        wait(first);
        if with_worker {
            worker.into_iter().for_each(|worker| kill(worker, "KILL"));
        }
        let err = fs::File::create(sandbox.path().join("err")).expect("a file");
        let second = mainstem(&sandbox, &["run", "--resume", "sw"]).stderr(err).spawn().expect("it starts");
        wait_until("the job is seen", || read("err").contains("job 0 still runs as process"));
        fs::write(sandbox.path().join("go"), "").expect("a file");
        assert_eq!(wait(second), Some(0), "{}", read("err"));
        assert_eq!(read("err").matches("still runs").count(), 1, "{}", read("err"));
        assert_eq!(read("alone"), "begin\nend\nbegin\nend\n");
    }
}

#[test]
fn what_could_not_be_started_leaves_no_order() {
    let sandbox = sandbox();
    // The output of job 0 cannot be written.
    for folder in ["sw/0/stdout.log", "tmp"] {
        fs::create_dir_all(sandbox.path().join(folder)).expect("a directory");
    }
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw", "-j", "1"]);
    command.env("HC_SLEEP", "100").env("TMPDIR", sandbox.path().join("tmp")).stderr(Stdio::null());
    let mut driver = command.spawn().expect("it starts");
    wait_until("the second job runs", || sandbox.path().join("sw/1/.hydra/run.json").exists());
    let progress = Progress::read(&sandbox.path().join("sw")).expect("a journal");
    assert_eq!((progress.count(Status::Failed), progress.count(Status::Running)), (1, 1));
    let left: Vec<_> = fs::read_dir(sandbox.path().join("tmp")).expect("a directory").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    driver.kill().expect("it can be killed");
    wait(driver);
}

#[test]
fn a_command_gets_the_signal_that_came() {
    let script = "for s in INT TERM; do trap \"echo $s > got; exit 1\" $s; done; echo > ready; while :; do sleep 0.05; done";
    for (signal, got, code) in [("INT", "INT\n", 130), ("TERM", "TERM\n", 143), ("HUP", "TERM\n", 129)] {
        let sandbox = sandbox();
        let words = ["run", "-m", "x=1", "hydra.sweep.dir=sw", "-j", "1", "--", "sh", "-c", script];
        let driver = mainstem(&sandbox, &words).stderr(Stdio::null()).spawn().expect("it starts");
        wait_until("the job runs", || sandbox.path().join("ready").exists());
        kill(driver.id(), signal);
        assert_eq!(wait(driver), Some(code), "{signal}");
        assert_eq!(sandbox.read("got").unwrap_or_default(), got, "{signal}");
    }
}

#[test]
fn a_second_signal_leaves_nothing_that_a_job_has_put_into_the_background() {
    // Who started it has ended, so that only its process group says whose it is.
    let script =
        "(sleep 1000 & echo $! > left); trap '' INT TERM; echo > ready; while :; do sleep 0.05; done";
    let sandbox = sandbox();
    let words = ["run", "-m", "x=1", "hydra.sweep.dir=sw", "-j", "1", "--", "sh", "-c", script];
    let driver = mainstem(&sandbox, &words).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("the job runs", || sandbox.path().join("ready").exists());
    let left = sandbox.read("left").expect("a number");
    assert!(lives(left.trim()));
    kill(driver.id(), "INT");
    // Another signal is another request, however soon it comes.
    wait_until("the sweep is interrupted", || {
        Progress::read(&sandbox.path().join("sw")).is_ok_and(|progress| progress.stopped.is_some())
    });
    kill(driver.id(), "TERM");
    wait(driver);
    wait_until("nothing is left", || !lives(left.trim()));
}

#[test]
fn ctrl_z_takes_the_block_away_and_it_comes_back() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("SKIPPED: a terminal that is stopped, since there is no `script`");
        return;
    }
    let sandbox = sandbox();
    let app = app(&sandbox, &[]);
    let line = "stty cols 80 rows 24; exec \"$APP\" -cd conf -m x=1,2 hydra.sweep.dir=sw -j 2";
    let mut terminal = sandbox.command("/usr/bin/env");
    terminal.args(["script", "-q", "-f", "-c", line, "shown"]).env("APP", app.get_program());
    terminal.envs([
        ("PATH", "/usr/bin:/bin"),
        ("TERM", "xterm"),
        ("HC_CONFIG_NAME", "config"),
        ("HC_SLEEP", "100"),
    ]);
    terminal.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut terminal = terminal.spawn().expect("it starts");
    let shown = || fs::read(sandbox.path().join("shown")).unwrap_or_default();
    let count = |what: &str| String::from_utf8_lossy(&shown()).matches(what).count();
    // A line of the block, and the way back to where it begins with nothing written over it.
    let (block, gone) = (|| count("#1 "), || count("A\x1b[J"));
    wait_until("the block is shown", || block() > 0);
    let lock = sandbox.read("sw/.sweep.lock").expect("a lock");
    let id = lock.split("\"process\":{\"id\":").nth(1).and_then(|rest| rest.split(',').next());
    let driver: u32 = id.and_then(|id| id.parse().ok()).expect("a number");
    let before = gone();
    kill(driver, "TSTP");
    let stat = || fs::read_to_string(format!("/proc/{driver}/stat")).unwrap_or_default();
    wait_until("it is stopped", || stat().contains(") T "));
    let drawn = block();
    // `script` stops with it, as soon as it hears of it.
    wait_until("the block is drawn anew", || {
        [terminal.id(), driver].into_iter().for_each(|process| kill(process, "CONT"));
        block() > drawn
    });
    assert!(gone() > before, "{:?}", String::from_utf8_lossy(&shown()));
    kill(driver, "INT");
    drop(terminal.stdin.take());
    wait(terminal);
}

#[test]
fn a_sweep_on_a_full_disk_stops_and_goes_on_when_there_is_room() {
    for (jobs, size, workers) in [(12, "180k", false), (6, "100k", true)] {
        let Some(disk) = Disk::new(size) else {
            eprintln!("SKIPPED: a full disk, since this process may not mount a tmpfs (run as root)");
            return;
        };
        let sandbox = sandbox();
        let directory = disk.path().join("sw");
        let (sweep, range) = (format!("hydra.sweep.dir={}", directory.display()), format!("x=range({jobs})"));
        let mut words = vec!["-cd", "conf", "-m", &range, &sweep];
        if workers {
            words.extend(["-j", "2"]);
        }
        let (code, _, err) = run(app(&sandbox, &words));
        assert_eq!(code, Some(1), "{err}");
        // A worker says it in a file that is on the same disk.
        assert!(workers || err.contains("No space left on device"), "{err}");
        let before = completions(&directory);
        assert!((before.len() as u64) < jobs && before.values().all(|&count| count == 1), "{before:?}");
        disk.resize("8m");
        let named = directory.display().to_string();
        let (code, _, err) = run(app(&sandbox, &["--resume", &named]));
        assert_eq!(code, Some(0), "{err}");
        let expected: BTreeMap<u64, u32> = (0..jobs).map(|job| (job, 1)).collect();
        assert_eq!(completions(&directory), expected);
    }
}

#[test]
fn a_journal_cut_at_any_byte_goes_on_or_says_why_not() {
    let ran = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let said = std::sync::Arc::clone(&ran);
    let app = App::new(
        "train",
        move |config: &Bound, _: &Run| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let mainstem::value::Kind::Int(number) = config.require("x")?.kind else {
                return Err("no number".into());
            };
            said.lock().expect("nobody panics").push(number);
            Ok(())
        },
    );
    let app = app.with_config_name("config");
    let sandbox = Sandbox::new().and_then(|sandbox| sandbox.with_file("conf/config.yaml", CONFIG));
    let sandbox = sandbox.expect("a directory");
    let words = ["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw"];
    let trial = sandbox.run(&app, words);
    assert_eq!(trial.status(), mainstem::app::Status::Success, "{}", trial.err());
    let sweep = sandbox.path().join("sw");
    let path = sweep.join(FOLDER).join(JOURNAL);
    let journal = fs::read(&path).expect("a journal");
    let first = journal.iter().position(|byte| *byte == b'\n').expect("a line");
    ran.lock().expect("nobody panics").clear();
    for end in 0..=journal.len() {
        fs::write(&path, &journal[..end]).expect("a file");
        let trial = sandbox.run(&app, ["--resume", "sw"]);
        if end <= first {
            assert_eq!(trial.status(), mainstem::app::Status::Failure, "{end}");
            assert!(trial.err().contains("does not say what the sweep is"), "{}", trial.err());
            continue;
        }
        assert_eq!(trial.status(), mainstem::app::Status::Success, "{end}: {}", trial.err());
        assert_eq!(completions(&sweep), BTreeMap::from([(0, 1), (1, 1)]), "{end}");
        // Their records say that they have completed, whatever is left of the journal.
        assert!(ran.lock().expect("nobody panics").is_empty(), "{end}: something ran twice");
    }
    // The same without the record of one of them.
    fs::remove_dir_all(sweep.join("1")).expect("it may go");
    fs::write(&path, &journal[..=first]).expect("a file");
    let trial = sandbox.run(&app, ["--resume", "sw"]);
    assert_eq!(trial.status(), mainstem::app::Status::Success, "{}", trial.err());
    assert_eq!(*ran.lock().expect("nobody panics"), [2]);
}
