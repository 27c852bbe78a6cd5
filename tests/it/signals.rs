//! Signals that come at any moment of a run: what is on record afterwards is what happened.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mainstem::app::{facts, process};
use mainstem::run::{Record, Status};

use crate::app::example;
use crate::cli::Scratch;

const MOMENT: Duration = Duration::from_millis(300);

fn project() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", "a: 1\n");
    scratch
}

/// The example `app`, which sleeps so many seconds.
fn app(scratch: &Scratch, seconds: &str, more: &[&str]) -> Command {
    let mut command = Command::new(example("app"));
    command.current_dir(&scratch.0).envs([("HC_CONFIG_NAME", "config"), ("HC_SLEEP", seconds)]);
    command.args(["-cd", "conf", "hydra.run.dir=r"]).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[expect(clippy::disallowed_methods, reason = "a test looks at the clock")]
fn now() -> Instant {
    Instant::now()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let since = now();
    while !done() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(1));
    }
}

/// Starts it, and waits until it is on record.
fn begun(scratch: &Scratch, command: &mut Command) -> Child {
    let child = command.spawn().expect("it starts");
    wait_until("it begins", || scratch.0.join("r/.hydra/run.json").is_file());
    child
}

fn kill(signal: &str, target: &str) {
    let status =
        Command::new("kill").args([format!("-{signal}"), "--".to_owned(), target.to_owned()]).status();
    assert!(status.expect("kill starts").success(), "{signal} {target}");
}

fn ended(mut child: Child) -> ExitStatus {
    let mut status = None;
    wait_until("it ends", || {
        status = child.try_wait().expect("its status");
        status.is_some()
    });
    status.expect("it ended")
}

fn record(scratch: &Scratch) -> Record {
    let process = process(&facts().expect("facts"));
    Record::read(&scratch.0.join("r"), &process).expect("a record")
}

fn status(scratch: &Scratch) -> Status {
    record(scratch).status()
}

fn nothing_is_left(directory: &Path) {
    let left = fs::read_dir(directory).expect("a directory").flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!left.iter().any(|name| name == ".run.lock"), "{left:?}");
}

#[test]
fn two_signals_at_once_are_one_request() {
    let scratch = project();
    let child = begun(&scratch, &mut app(&scratch, "60", &[]));
    sleep(MOMENT);
    let id = child.id().to_string();
    kill("TERM", &id);
    kill("TERM", &id);
    assert_eq!((ended(child).code(), status(&scratch)), (Some(143), Status::Interrupted));
}

#[test]
fn a_signal_at_the_first_moment_of_a_run_ends_it_in_order() {
    for _ in 0..5 {
        let scratch = project();
        let child = begun(&scratch, &mut app(&scratch, "60", &[]));
        kill("TERM", &child.id().to_string());
        assert_eq!((ended(child).code(), status(&scratch)), (Some(143), Status::Interrupted));
        nothing_is_left(&scratch.0.join("r"));
    }
}

#[test]
fn a_signal_to_a_job_that_has_returned_takes_nothing_from_it() {
    let scratch = project();
    let child = begun(&scratch, &mut app(&scratch, "2", &[]));
    sleep(Duration::from_secs(1));
    // The outcome waits for whoever has the turn to write.
    let turn = File::open(scratch.0.join("r/.hydra/run.json")).expect("a file");
    turn.lock().expect("a lock");
    sleep(Duration::from_secs(2));
    kill("TERM", &child.id().to_string());
    sleep(MOMENT);
    drop(turn);
    let end = ended(child);
    // A program that lives on for more than a second is ended as any other.
    assert!(end.code() == Some(0) || end.signal() == Some(15), "{end:?}");
    assert_eq!(status(&scratch), Status::Completed);
    nothing_is_left(&scratch.0.join("r"));
}

#[cfg(target_os = "linux")]
#[test]
fn who_waits_for_signals_sees_to_the_signs_of_life_too() {
    let scratch = project();
    let child = begun(&scratch, &mut app(&scratch, "60", &[]));
    let threads = || {
        let all = fs::read_dir(format!("/proc/{}/task", child.id())).expect("it runs").flatten();
        let name =
            |path: PathBuf| fs::read_to_string(path.join("comm")).unwrap_or_default().trim().to_owned();
        all.map(|thread| name(thread.path())).collect::<Vec<_>>()
    };
    // A short run does not last until the first one is due. A thread says its name when it first runs.
    let count = |name: &str| threads().iter().filter(|one| *one == name).count();
    wait_until("it listens", || count("signals") == 1);
    assert_eq!(count("leases"), 0, "{:?}", threads());
    let seen =
        || fs::metadata(scratch.0.join("r/.run.lock")).and_then(|lock| lock.modified()).expect("it runs");
    let first = seen();
    wait_until("it shows that it lives", || seen() > first);
    // So early that nothing else is beside the job before.
    wait_until("the rest of its record is there", || record(&scratch).get("program.size").is_some());
    kill("TERM", &child.id().to_string());
    ended(child);
    assert_eq!(status(&scratch), Status::Interrupted);
}

#[test]
fn a_run_that_is_over_at_once_has_all_of_its_record() {
    for seconds in ["0", "0.9", "1.1"] {
        let scratch = project();
        assert!(app(&scratch, seconds, &[]).status().expect("it starts").success());
        let record = record(&scratch);
        assert_eq!(record.status(), Status::Completed, "{seconds} s");
        assert!(record.get("program.size").is_some(), "{seconds} s");
    }
    let scratch = project();
    let child = begun(&scratch, &mut app(&scratch, "60", &[]));
    kill("INT", &child.id().to_string());
    ended(child);
    assert!(record(&scratch).get("program.size").is_some());
}

#[test]
fn whom_nobody_listens_to_ends_all_the_same() {
    let scratch = project();
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(&[b'x'; 1 << 16]).expect("it holds as much");
    let mut command = app(&scratch, "60", &[]);
    command.stdout(writer.try_clone().expect("a file")).stderr(writer);
    let child = begun(&scratch, &mut command);
    sleep(MOMENT);
    kill("TERM", &child.id().to_string());
    let since = now();
    let end = ended(child);
    assert!(end.code() == Some(143) || end.signal() == Some(15), "{end:?}");
    assert!(since.elapsed() < Duration::from_secs(20));
    assert_eq!(status(&scratch), Status::Interrupted);
    drop(reader);
}

#[test]
fn a_signal_that_a_program_was_started_without_stays_ignored() {
    let scratch = project();
    let plain = app(&scratch, "2", &[]);
    let mut command = Command::new("sh");
    command.current_dir(&scratch.0).args(["-c", "trap '' TERM INT; exec \"$0\" \"$@\""]);
    command.arg(plain.get_program()).args(plain.get_args());
    command.envs([("HC_CONFIG_NAME", "config"), ("HC_SLEEP", "2")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = begun(&scratch, &mut command);
    sleep(MOMENT);
    kill("TERM", &child.id().to_string());
    kill("INT", &child.id().to_string());
    assert_eq!((ended(child).code(), status(&scratch)), (Some(0), Status::Completed));
}

#[test]
fn a_command_that_a_signal_reaches_first_is_interrupted_and_has_not_failed() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let scratch = project();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mainstem"));
        command
            .current_dir(&scratch.0)
            .args(["run", "hydra.run.dir=r", "--", "sleep", "60"])
            .process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = begun(&scratch, &mut command);
        sleep(MOMENT);
        kill(signal, &format!("-{}", child.id()));
        assert_eq!((ended(child).code(), status(&scratch)), (Some(code), Status::Interrupted));
    }
}

/// How many processes there are whose command line is that.
#[cfg(target_os = "linux")]
fn alive(line: &str) -> usize {
    let all = fs::read_dir("/proc").expect("the processes").flatten();
    let lines = all.filter_map(|one| fs::read_to_string(one.path().join("cmdline")).ok());
    lines.filter(|found| found.trim_end_matches('\0').replace('\0', " ") == line).count()
}

#[test]
#[cfg(target_os = "linux")]
fn one_signal_ends_the_children_of_a_job_and_theirs() {
    for (nth, signal) in ["TERM", "INT", "TERM", "INT"].into_iter().enumerate() {
        let scratch = project();
        let sleeps = format!("sleep 77.{}{nth}", std::process::id());
        // The shell ends first, and with it the job: there is much left to be asked then.
        let shell = format!("n=0; while [ $n -lt 200 ]; do {sleeps} & n=$((n+1)); done; {sleeps}; true");
        let child = begun(&scratch, app(&scratch, "", &[]).env("HC_SHELL", shell));
        wait_until("all have begun", || alive(&sleeps) > 200);
        kill(signal, &child.id().to_string());
        assert!(matches!(ended(child).code(), Some(130 | 143)));
        wait_until("they end", || alive(&sleeps) == 0);
        assert_eq!(status(&scratch), Status::Interrupted);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_child_that_does_not_listen_is_killed() {
    let scratch = project();
    let [deaf, behind] = [1, 2].map(|n| format!("sleep 78.{}{n}", std::process::id()));
    // The one in between ends at once, and what it has started hears nothing.
    let shell = format!("(trap '' TERM; {behind} & exec {deaf}) & exec sleep 60");
    let child = begun(&scratch, app(&scratch, "", &[]).env("HC_SHELL", shell));
    wait_until("both have begun", || alive(&deaf) + alive(&behind) == 2);
    kill("TERM", &child.id().to_string());
    assert_eq!(ended(child).code(), Some(143));
    wait_until("they end", || alive(&deaf) + alive(&behind) == 0);
}

#[test]
fn a_panic_that_a_job_catches_is_told_all_the_same() {
    let scratch = project();
    let out = app(&scratch, "", &[]).env("HC_PANIC", "out of luck").stderr(Stdio::piped()).output();
    let out = out.expect("it runs");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("panicked at examples/app.rs:") && said.contains("\nout of luck\n"), "{said}");
    assert_eq!((out.status.code(), status(&scratch)), (Some(0), Status::Completed));
}

#[test]
fn a_job_in_a_process_of_its_own_ends_with_the_program() {
    for signal in ["HUP", "KILL"] {
        if signal == "KILL" && !cfg!(target_os = "linux") {
            continue;
        }
        let scratch = project();
        let child = begun(&scratch, &mut app(&scratch, "60", &["+hydra.job.env_set.X=1"]));
        sleep(MOMENT);
        kill(signal, &child.id().to_string());
        let end = ended(child);
        assert!(matches!(end.code(), Some(129 | 143)) || end.signal() == Some(9), "{end:?}");
        wait_until("the job ends", || status(&scratch) != Status::Running);
        assert_eq!(status(&scratch), Status::Interrupted);
    }
}
