//! Sweeps as processes: killed, interrupted, resumed, several jobs at a time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use mainstem::app::Sandbox;
use mainstem::drive::{Entry, Progress};
use mainstem::run::Status;

use crate::app::example;

pub(crate) const CONFIG: &str = "x: 0\nname: none\n";

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new().and_then(|sandbox| sandbox.with_file("conf/config.yaml", CONFIG)).expect("a directory")
}

/// The example that shows what it was told, as a program with a primary config.
pub(crate) fn app(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(example("app"));
    command.env("HC_CONFIG_NAME", "config").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

pub(crate) fn mainstem(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mainstem"));
    command.args(arguments).env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(mut command: Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// The journal of a sweep, entry by entry.
fn journal(directory: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    Progress::each(directory, |entry| entries.push(entry.clone())).expect("a journal that can be read");
    entries
}

/// How often each job is recorded as completed.
pub(crate) fn completions(directory: &Path) -> BTreeMap<u64, u32> {
    let mut count = BTreeMap::new();
    for entry in journal(directory) {
        if let Entry::Ended { job, status: Status::Completed, .. } = entry {
            *count.entry(job).or_default() += 1;
        }
    }
    count
}

pub(crate) fn kill(process: u32, signal: &str) {
    let status =
        Command::new("kill").args([format!("-{signal}"), process.to_string()]).stderr(Stdio::null()).status();
    assert!(status.is_ok());
}

/// The processes that a process has started.
pub(crate) fn children(process: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// Whether a process is there, and no mere entry in the system's list.
pub(crate) fn lives(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[expect(clippy::panic, reason = "a test that waits in vain")]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("{what}: not in 30 s");
}

pub(crate) fn wait(mut child: Child) -> Option<i32> {
    child.wait().expect("it ends").code()
}

#[test]
fn a_slot_asks_for_the_next_job_as_soon_as_one_has_ended() {
    let sandbox = sandbox();
    let lengths = "x=1.5,0.01,0.02,0.01,0.02,0.01,0.02";
    let arguments =
        ["-cd", "conf", "-m", lengths, "hydra.sweep.dir=sw", "-j", "2", "+hydra.job.env_set.HC_SLEEP='${x}'"];
    let (code, _, err) = run(app(&sandbox, &arguments));
    assert_eq!(code, Some(0), "{err}");
    let mut running = 0_u32;
    let mut said = Vec::new();
    for entry in journal(&sandbox.path().join("sw")) {
        match entry {
            Entry::Started { job, .. } => {
                running += 1;
                said.push((job, true));
            }
            Entry::Ended { job, .. } => {
                running -= 1;
                said.push((job, false));
            }
            _ => {}
        }
        assert!(running <= 2);
        // Once both are filled, one is free only until the next line.
        let started = said.iter().filter(|(_, begins)| *begins).count();
        assert!(started < 2 || started == 7 || running >= 1);
    }
    // The long one ends after more than one of the short ones, which a batch of two would have kept waiting.
    let at = |what: (u64, bool)| said.iter().position(|one| *one == what);
    assert!(at((0, false)) > at((3, true)), "{said:?}");
    for ended in (0..said.len()).filter(|at| !said[*at].1) {
        let left = said[ended..].iter().any(|(_, begins)| *begins);
        assert!(!left || said[ended + 1].1, "a free slot was left free: {said:?}");
    }
}

#[test]
fn nothing_is_left_of_a_sweep_whose_driver_was_killed() {
    let sandbox = sandbox();
    let script = "echo $$ > {run}/own; sleep 1000 & echo $! > {run}/started; wait";
    let arguments = ["run", "-m", "x=1,2,3", "hydra.sweep.dir=sw", "-j", "2", "--", "sh", "-c", script];
    let mut command = mainstem(&sandbox, &arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let files = ["sw/0/own", "sw/0/started", "sw/1/own", "sw/1/started"];
    let ids = || -> Vec<String> {
        let read = |name: &&str| sandbox.read(name).ok().filter(|text| text.ends_with('\n'));
        files.iter().filter_map(read).map(|text| text.trim().to_owned()).collect()
    };
    wait_until("the jobs run", || ids().len() == files.len());
    let mut processes = ids();
    processes.extend(children(child.id()).into_iter().map(|id| id.to_string()));
    assert!(processes.len() == 6 && processes.iter().all(|id| lives(id)), "{processes:?}");
    child.kill().expect("it can be killed");
    wait(child);
    wait_until("all of them end", || !processes.iter().any(|id| lives(id)));
    let progress = Progress::read(&sandbox.path().join("sw")).expect("a journal");
    assert_eq!(progress.count(Status::Running), 2);
    let (_, shown, _) = run(mainstem(&sandbox, &["sweeps", "show", "last"]));
    assert_eq!(shown.matches("interrupted").count(), 2, "{shown}");
}

#[test]
fn an_interrupted_sweep_says_so_and_goes_on() {
    for (arguments, inline) in [(&["-j", "2"][..], false), (&[][..], true)] {
        let sandbox = sandbox();
        let sweep = sandbox.path().join("sw");
        let mut all = vec!["-cd", "conf", "-m", "x=1,2,3", "hydra.sweep.dir=sw"];
        all.extend(arguments);
        let mut command = app(&sandbox, &all);
        let child = command.env("HC_SLEEP", "100").spawn().expect("it starts");
        wait_until("it runs", || {
            sandbox.read("sw/0/.hydra/run.json").is_ok() && sandbox.path().join("sw/0/app.log").exists()
        });
        let second = || sandbox.path().join("sw/1/app.log").exists();
        wait_until("the second one runs", || inline || second());
        // The function of the job is about to be called.
        sleep(Duration::from_millis(300));
        kill(child.id(), "INT");
        let Output { status, stderr, .. } = child.wait_with_output().expect("it ends");
        assert_eq!(status.code(), Some(130));
        let said = String::from_utf8_lossy(&stderr);
        assert_eq!(said.matches("SIGINT").count(), 1, "{said}");
        assert!(said.contains("error[job]: the sweep in `sw` was interrupted\n"), "{said}");
        assert!(said.contains("  note: 3 of 3 jobs have not ended\n"), "{said}");
        assert!(said.contains("examples/app --resume sw` goes on\n"), "{said}");
        let progress = Progress::read(&sweep).expect("a journal");
        assert_eq!(progress.stopped.as_deref(), Some("interrupted by SIGINT"));
        assert_eq!(progress.count(Status::Interrupted), if inline { 1 } else { 2 });
        assert_eq!(progress.count(Status::Running), 0);
        let (code, _, err) = run(app(&sandbox, &["--resume", "sw"]));
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(completions(&sweep), BTreeMap::from([(0, 1), (1, 1), (2, 1)]));
    }
}

#[test]
fn what_lies_in_the_place_of_a_job_is_not_taken_for_it() {
    let sandbox = sandbox();
    let sweep = sandbox.path().join("sw");
    let (code, _, err) =
        run(app(&sandbox, &["-cd", "conf", "-m", "x=1,2,3,4", "hydra.sweep.dir=sw", "-j", "2"]));
    assert_eq!(code, Some(0), "{err}");
    let journal = sweep.join(".sweep/journal.jsonl");
    let text = fs::read_to_string(&journal).expect("a journal");
    let is_of = |line: &&str| {
        let ends = line.contains("\"ended\"") && !line.contains("\"job\":0");
        !ends && !line.contains("\"finished\"")
    };
    let left: String = text.lines().filter(is_of).map(|line| format!("{line}\n")).collect();
    fs::write(&journal, left).expect("it can be written");
    for job in ["1", "2", "3"] {
        fs::remove_dir_all(sweep.join(job)).expect("a folder");
    }
    // The lock of one that was killed before it said who it is; a file; the folder of another job.
    fs::create_dir(sweep.join("1")).expect("a folder");
    fs::write(sweep.join("1/.run.lock"), "").expect("a file");
    fs::write(sweep.join("2"), "hello").expect("a file");
    let copied = Command::new("cp").args(["-r", "0", "3"]).current_dir(&sweep).status();
    assert!(copied.is_ok_and(|status| status.success()));
    fs::write(sweep.join(".sweep.lock"), "garbage").expect("a file");
    fs::write(sweep.join(".multirun.yaml.1-0.whole~"), "x").expect("a file");
    let (code, _, err) = run(app(&sandbox, &["--resume", "sw"]));
    assert_eq!(code, Some(1), "{err}");
    assert!(!err.contains("still runs") && err.contains("sw/2"), "{err}");
    assert_eq!(completions(&sweep), BTreeMap::from([(0, 1), (1, 1), (3, 1)]));
    assert!(sandbox.read("sw/3/.hydra/overrides.yaml").expect("a record").contains("x=4"));
    assert!(!sweep.join(".multirun.yaml.1-0.whole~").exists());
}

#[test]
fn a_job_has_a_folder_of_its_own_in_that_of_the_sweep() {
    let sandbox = sandbox();
    for subdir in [".", "..", ".sweep", "a/../..", ".sweep/x"] {
        let subdir = format!("hydra.sweep.subdir={subdir}");
        let (code, _, err) =
            run(app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw", &subdir]));
        assert_eq!(code, Some(1), "{subdir}: {err}");
        assert!(err.contains("`hydra.sweep.subdir` must name a folder"), "{subdir}: {err}");
        assert!(!sandbox.path().join("sw").exists(), "{subdir}");
    }
    let alone =
        ["-cd", "conf", "-m", "hydra.sweep.dir=sw", "hydra.sweep.subdir=${hydra.job.override_dirname}"];
    let (code, _, err) = run(app(&sandbox, &alone));
    assert_eq!(code, Some(0), "{err}");
    assert!(sandbox.path().join("sw/.hydra/config.yaml").is_file());
}

#[test]
fn a_new_sweep_is_not_forced_and_a_key_is_not_said_twice() {
    let sandbox = sandbox();
    let (code, _, err) = run(app(&sandbox, &["-cd", "conf", "-m", "--force", "x=1,2", "hydra.sweep.dir=sw"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("`--force` goes with `--resume`"), "{err}");
    let sandbox = sandbox.with_file("jobs.csv", "x,name,x\n1,a,2\n").expect("a file");
    let (code, _, err) =
        run(app(&sandbox, &["-cd", "conf", "-m", "mainstem.sweep.jobs=jobs.csv", "hydra.sweep.dir=sw"]));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("`x` stands twice among the keys of `jobs.csv`"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_sweep_in_the_background_of_a_script_is_cancelled_and_one_that_is_hung_up_says_so() {
    let sandbox = sandbox();
    let begin = |dir: &str| {
        let mut script = Command::new("sh");
        let line = "trap '' INT; exec \"$@\"";
        script.args(["-c", line, "sh"]).arg(example("app")).current_dir(sandbox.path());
        script.args(["-cd", "conf", "-m", "-j", "2", "x=1,2,3,4"]).arg(format!("hydra.sweep.dir={dir}"));
        script.env("HC_CONFIG_NAME", "config").env("HC_SLEEP", "100").stdin(Stdio::null());
        let child = script.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        wait_until("both run", || {
            ["0", "1"].iter().all(|job| sandbox.path().join(dir).join(job).join("app.log").exists())
        });
        child
    };
    let child = begin("one");
    let (code, out, err) = run(mainstem(&sandbox, &["sweeps", "cancel", "one"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("2 interrupted, 2 not begun"), "{out}");
    assert_eq!(wait(child), Some(143));
    let child = begin("two");
    kill(child.id(), "HUP");
    assert_eq!(wait(child), Some(129));
}

#[cfg(unix)]
#[test]
fn a_sweep_whose_journal_is_removed_says_so() {
    let sandbox = sandbox();
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,2,3", "hydra.sweep.dir=sw"]);
    let child = command.env("HC_SLEEP", "1").spawn().expect("it starts");
    wait_until("it runs", || sandbox.read("sw/0/.hydra/run.json").is_ok());
    fs::remove_file(sandbox.path().join("sw/.sweep/journal.jsonl")).expect("a journal");
    let Output { status, stderr, .. } = child.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(err.contains("journal.jsonl` was removed or replaced"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_signal_between_the_jobs_of_a_process_ends_the_sweep() {
    let sandbox = sandbox();
    let retried = ["mainstem.sweep.retries=1", "mainstem.sweep.backoff=60"];
    let mut all = vec!["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw"];
    all.extend(retried);
    let mut command = app(&sandbox, &all);
    let child = command.env("HC_RAISE", "1").spawn().expect("it starts");
    let sweep = sandbox.path().join("sw");
    let failed = || Progress::read(&sweep).is_ok_and(|progress| progress.count(Status::Failed) == 2);
    wait_until("both have failed", failed);
    sleep(Duration::from_millis(100));
    kill(child.id(), "TERM");
    let Output { status, stderr, .. } = child.wait_with_output().expect("it ends");
    assert_eq!(status.code(), Some(143));
    let said = String::from_utf8_lossy(&stderr);
    assert!(said.contains("error[job]: the sweep in `sw` was interrupted\n"), "{said}");
    assert!(said.contains("examples/app --resume sw` goes on\n"), "{said}");
    let progress = Progress::read(&sweep).expect("a journal");
    assert_eq!(progress.stopped.as_deref(), Some("interrupted by SIGTERM"));
}

#[cfg(unix)]
#[test]
fn a_program_that_has_run_its_jobs_is_ended_by_a_signal_as_any_other() {
    use std::os::unix::process::ExitStatusExt as _;
    let sandbox = sandbox();
    let mut command = app(&sandbox, &["-cd", "conf", "hydra.run.dir=run"]);
    command.env("HC_LINGER", "60").env("HC_MARK", "mark");
    let mut child = command.stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it ran twice", || sandbox.read("mark").is_ok_and(|text| text.lines().count() == 2));
    sleep(Duration::from_millis(300));
    kill(child.id(), "TERM");
    wait_until("it ends", || child.try_wait().expect("it can be waited for").is_some());
    assert_eq!(child.wait().expect("it ends").signal(), Some(15));
}

#[test]
fn a_command_is_told_no_secret_by_flags() {
    let sandbox = sandbox();
    let schema = sandbox.with_file("conf/secret.yaml", "k: '${secret:API_KEY}'\nx: 1\n");
    let sandbox = schema.expect("a file");
    let mut command = mainstem(
        &sandbox,
        &["run", "-cd", "conf", "-cn", "secret", "--", "sh", "-c", "echo $*", "sh", "{flags}"],
    );
    command.env("API_KEY", "hunter2");
    let (code, out, err) = run(command);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.starts_with("error[job]: `{flags}` would show the secret `k`\n"), "{err}");
    assert!(!err.contains("hunter2"), "{err}");
}

#[test]
fn a_job_that_takes_too_long_is_ended_and_told() {
    let sandbox = sandbox();
    let limit = ["-cd", "conf", "-m", "x=1", "hydra.sweep.dir=sw", "-j", "1", "mainstem.sweep.timeout=0.5"];
    let mut command = app(&sandbox, &limit);
    command.env("HC_SLEEP", "100");
    let (code, _, err) = run(command);
    assert_eq!(code, Some(1));
    assert!(err.contains("job 0 failed: it took longer than 0.5 s"), "{err}");
    let inline = ["-cd", "conf", "-m", "x=1", "hydra.sweep.dir=sw2", "mainstem.sweep.timeout=0.5"];
    let (code, _, err) = run(app(&sandbox, &inline));
    assert_eq!(code, Some(1));
    assert!(err.contains("help: run the jobs in processes of their own: `-j 1`"), "{err}");
    assert!(!sandbox.path().join("sw2").exists());
}

#[test]
fn a_process_that_ends_before_its_job_does_has_failed() {
    let sandbox = sandbox();
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "-j", "2", "+more=1,2", "hydra.sweep.dir=sw"]);
    command.env("HC_EXIT", "0");
    let (status, _, err) = run(command);
    assert_eq!(status, Some(1), "{err}");
    assert_eq!(err.matches("its process ended before the job did").count(), 4, "{err}");
    assert!(completions(&sandbox.path().join("sw")).is_empty());
}

#[test]
fn a_limit_on_the_time_of_jobs_needs_processes_of_their_own() {
    let sandbox = sandbox();
    let line = ["-cd", "conf", "-m", "+more=1", "mainstem.sweep.timeout=9"];
    let (status, _, err) = run(app(&sandbox, &line));
    assert_eq!(status, Some(1));
    assert!(err.contains("a job that runs in this process cannot be ended in time"), "{err}");
    // Jobs that need another environment run in such processes anyway.
    let (status, _, err) = run(app(&sandbox, &[&line[..], &["+hydra.job.env_set.A=b"]].concat()));
    assert_eq!((status, err.as_str()), (Some(0), ""));
}

#[test]
fn one_driver_at_a_time_runs_a_sweep() {
    let sandbox = sandbox();
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw"]);
    let mut first = command.env("HC_SLEEP", "100").stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it runs", || {
        Progress::read(&sandbox.path().join("sw")).is_ok_and(|progress| !progress.jobs.is_empty())
    });
    for arguments in [&["--resume", "sw"][..], &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw"][..]] {
        let (code, _, err) = run(app(&sandbox, arguments));
        assert_eq!(code, Some(1));
        assert!(
            err.contains("another process runs the sweep in") && err.contains(&first.id().to_string()),
            "{err}"
        );
    }
    first.kill().expect("it can be killed");
    wait(first);
}

#[test]
fn what_has_changed_is_shown_before_a_sweep_goes_on() {
    let sandbox = sandbox();
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw"]);
    command.env("HC_RAISE", "1");
    assert_eq!(run(command).0, Some(1));
    let config = CONFIG.replace("name: none", "name: some");
    let sandbox = sandbox.with_file("conf/config.yaml", format!("{config}more: 1\n")).expect("a file");
    let (code, _, err) = run(app(&sandbox, &["--resume", "sw"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("note: `conf/config.yaml` has changed\n"), "{err}");
    assert!(err.contains("note: `name` was none, and is some now\n"), "{err}");
    assert!(err.contains("note: `more` is 1 now, and was not there\n"), "{err}");
    assert!(err.contains("examples/app --resume sw --force` goes on all the same\n"), "{err}");
    let (code, _, err) = run(app(&sandbox, &["--resume", "sw", "x=1"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("has no `x=1`"), "{err}");
    // The sweep that the config names is found without its directory.
    let (code, _, err) = run(app(&sandbox, &["--resume", "-cd", "conf", "hydra.sweep.dir=sw", "--force"]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(completions(&sandbox.path().join("sw")).len(), 2);
}

#[test]
fn a_sweep_with_secrets_does_not_go_on_as_another_one_of_as_many_jobs() {
    let sandbox = sandbox();
    let with = |values: &'static str| {
        ["-cd", "conf", "-m", values, "+hydra.job.env_set.API_KEY=hush-hush", "hydra.sweep.dir=sw"]
    };
    let (code, _, err) = run(app(&sandbox, &with("x=1,2")));
    assert_eq!(code, Some(0), "{err}");
    let journal = sandbox.read("sw/.sweep/journal.jsonl").expect("a journal");
    assert!(journal.contains("\"hides_secrets\":true") && !journal.contains("hush-hush"), "{journal}");
    let resumed = |values| [&with(values)[..], &["--resume", "sw"]].concat();
    let (code, _, err) = run(app(&sandbox, &resumed("x=3,4")));
    assert_eq!(code, Some(1));
    assert!(err.contains("note: its jobs change other values\n"), "{err}");
    let (code, _, err) = run(app(&sandbox, &resumed("x=1,2")));
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn a_file_of_jobs_is_part_of_the_sweep_however_large() {
    // A line without anything in it is no job.
    let filler = " ".repeat(17 << 20);
    let file = |last: &str| format!("{filler}\n{{\"x\": 1}}\n{{\"x\": {last}}}\n");
    let sandbox = sandbox().with_file("jobs.jsonl", file("2")).expect("a file");
    let arguments = ["-cd", "conf", "-m", "++mainstem.sweep.jobs=jobs.jsonl", "hydra.sweep.dir=sw"];
    let (code, _, err) = run(app(&sandbox, &arguments));
    assert_eq!(code, Some(0), "{err}");
    let sandbox = sandbox.with_file("jobs.jsonl", file("3")).expect("a file");
    let (code, _, err) = run(app(&sandbox, &["--resume", "sw"]));
    assert_eq!(code, Some(1));
    for changed in ["note: its jobs change other values\n", "note: `jobs.jsonl` has changed\n"] {
        assert!(err.contains(changed), "{err}");
    }
}

#[test]
fn any_program_gets_its_config_as_it_asks_for_it() {
    let sandbox = sandbox();
    let script =
        "cat {config}; echo $0 $*; echo $MAINSTEM_JOB_NUM; echo '{\"loss\": 0.5}' > $MAINSTEM_RESULT";
    let arguments =
        ["run", "-m", "-cd", "conf", "-cn", "config", "x=1,2", "name='a b'", "hydra.sweep.dir=sw", "-j", "2"];
    let mut all = arguments.to_vec();
    all.extend(["--", "sh", "-c", script, "{flags}", "{overrides}"]);
    let (code, _, err) = run(mainstem(&sandbox, &all));
    assert_eq!(code, Some(0), "{err}");
    let out = sandbox.read("sw/1/stdout.log").expect("output");
    assert_eq!(out, "x: 2\nname: a b\n--x=2 --name=a b x=2 name='a b'\n1\n");
    let (_, shown, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw", "--format", "json"]));
    assert_eq!(shown.matches("\"result\":{\"loss\":0.5}").count(), 2, "{shown}");
    // A program that does not use Hydra and asks for nothing is told nothing.
    let (code, out, err) = run(mainstem(&sandbox, &["run", "x=1", "--", "sh", "-c", "echo \"$#\""]));
    assert_eq!((code, out.as_str()), (Some(0), "0\n"), "{err}");
    let (code, _, err) = run(mainstem(&sandbox, &["run", "x=1", "--", "sh", "-c", "exit 3"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("\nerror[job]: the command ended with status 3\n"), "{err}");
    // What a program left in its directory is not the result of the next one.
    let there = ["run", "hydra.run.dir=out", "--", "sh", "-c"];
    for (script, result) in [("echo 3 > $MAINSTEM_RESULT", "\"result\": 3.0"), ("true", "\"result\": null")] {
        let (code, _, err) = run(mainstem(&sandbox, &[&there[..], &[script]].concat()));
        let record = sandbox.read("out/.hydra/run.json").expect("a record");
        assert!(code == Some(0) && record.contains(result), "{err}{record}");
        assert_eq!(sandbox.read("out/result.json").expect("it stays"), "3\n");
    }
    let (code, _, err) = run(mainstem(&sandbox, &["run", "x=1"]));
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn the_sweep_of_a_command_knows_its_command_and_its_files() {
    let script = "[ \"$MAINSTEM_JOB_NUM\" = 1 ] && [ -e stop ] && exit 1\necho $MAINSTEM_JOB_NUM >> marks\n";
    let sandbox = sandbox()
        .with_file("job.sh", script)
        .and_then(|sandbox| sandbox.with_file("stop", ""))
        .expect("files");
    let (code, _, err) = run(mainstem(&sandbox, &["run", "-m", "x=1,2,3", "--", "sh", "job.sh"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("error[job]: 1 of 3 jobs failed\n"), "{err}");
    fs::remove_file(sandbox.path().join("stop")).expect("it was there");
    // Without a directory it is the latest one.
    let sandbox = sandbox.with_file("job.sh", format!("{script}\n")).expect("a file");
    let (code, _, err) = run(mainstem(&sandbox, &["run", "--resume"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("note: `job.sh` has changed\n"), "{err}");
    let sandbox = sandbox.with_file("job.sh", script).expect("a file");
    let (code, _, err) = run(mainstem(&sandbox, &["run", "--resume"]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(sandbox.read("marks").expect("marks"), "0\n2\n1\n");
    let (code, _, err) = run(mainstem(&sandbox, &["run", "--resume", "--", "sh", "other.sh"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("note: the command is another one\n"), "{err}");
    let (_, shown, _) = run(mainstem(&sandbox, &["sweeps", "ls", "--format=json"]));
    assert!(shown.contains("\"state\":\"completed\",\"jobs\":3,\"completed\":3,\"failed\":0"), "{shown}");
}

#[test]
fn a_dry_run_shows_the_jobs_and_makes_nothing() {
    let sandbox = sandbox();
    let (code, out, _) = run({
        let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=range(3)", "--dry-run"]);
        command.stdout(Stdio::piped());
        command
    });
    assert_eq!((code, out.as_str()), (Some(0), "#0 : x=0\n#1 : x=1\n#2 : x=2\n"));
    let files: Vec<PathBuf> = sandbox.files().expect("a directory");
    assert_eq!(files, [PathBuf::from("conf/config.yaml")], "nothing is made");
}

#[test]
fn what_has_completed_before_is_taken_over_with_its_result() {
    let sandbox =
        sandbox().with_file("job.sh", "echo \"{\\\"loss\\\": $1}\" > $MAINSTEM_RESULT\n").expect("a file");
    let sweep = |folder: &str, values: &str| {
        let arguments = [
            "run",
            "-m",
            "-cd",
            "conf",
            "-cn",
            "config",
            &format!("x={values}"),
            &format!("hydra.sweep.dir={folder}"),
            "mainstem.sweep.skip_completed=.",
            "--",
            "/bin/sh",
            "job.sh",
            "7",
        ];
        let (status, _, err) = run(mainstem(&sandbox, &arguments));
        assert_eq!(status, Some(0), "{err}");
        let mut jobs = BTreeMap::new();
        let (mut results, mut folders) = (BTreeMap::new(), BTreeMap::new());
        for entry in journal(&sandbox.path().join(folder)) {
            match entry {
                Entry::Started { job, directory, .. } => drop(folders.insert(job, directory)),
                Entry::Ended { job, result, status, .. } => {
                    *jobs.entry(job).or_insert(0) += 1;
                    assert_eq!(status, Status::Completed);
                    results.insert(job, result.expect("a result"));
                }
                _ => {}
            }
        }
        assert!(jobs.values().all(|times| *times == 1), "{jobs:?}");
        (folders, results)
    };
    let (folders, first) = sweep("one", "1,2");
    assert_eq!(folders.get(&0), Some(&Some(PathBuf::from("0"))));
    let (folders, second) = sweep("two", "2,3");
    assert_eq!(folders.get(&0), Some(&Some(PathBuf::from("../one/1"))));
    assert_eq!(folders.get(&1), Some(&Some(PathBuf::from("1"))));
    assert_eq!(second.get(&0), first.get(&1));
    assert!(!sandbox.path().join("two/0").exists());
    // A command whose file was changed since then is another one.
    sleep(Duration::from_millis(20));
    fs::write(sandbox.path().join("job.sh"), "echo '{\"loss\": 8}' > $MAINSTEM_RESULT\n").expect("a file");
    let (folders, third) = sweep("three", "2");
    assert_eq!(folders.get(&0), Some(&Some(PathBuf::from("0"))));
    assert_ne!(third.get(&0), first.get(&1));
    // The latest of those that are the same.
    let (folders, fourth) = sweep("four", "2");
    assert_eq!((folders.get(&0), fourth), (Some(&Some(PathBuf::from("../three/0"))), third));
}
