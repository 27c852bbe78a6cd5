//! Sweeps that go on after a crash of the machine, with another config, or only to be looked at.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use mainstem::app::Sandbox;
use mainstem::drive::{FOLDER, JOURNAL, Progress};
use mainstem::run::Status;

use crate::sweeps::{app, completions, kill, run, sandbox, wait};

/// A sweep in `sw` that has run, with other variables around it.
fn swept(sandbox: &Sandbox, words: &[&str], env: &[(&str, &str)]) {
    let words =
        [&["-cd", "conf", "hydra.sweep.dir=sw", "mainstem.sweep.first_failures=null"], words].concat();
    let mut command = app(sandbox, &words);
    command.envs(env.iter().copied());
    let (code, _, err) = run(command);
    assert!(code.is_some_and(|code| code < 2), "{err}");
}

/// Takes lines out of the journal, as a machine that goes down may.
fn lose(sandbox: &Sandbox, is_lost: impl Fn(&str) -> bool) {
    let path = sandbox.path().join("sw").join(FOLDER).join(JOURNAL);
    let text = fs::read_to_string(&path).expect("a journal");
    let left = text.lines().filter(|line| !is_lost(line) && !line.contains("\"finished\""));
    fs::write(&path, left.map(|line| format!("{line}\n")).collect::<String>()).expect("it can be written");
}

/// Goes on with it. Its status, what it says, and the jobs that ran.
fn resumed(sandbox: &Sandbox, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = app(sandbox, &[&["--resume", "sw"], words].concat());
    command.env("HC_MARK", "marks");
    let (code, _, err) = run(command);
    let mut marks: Vec<_> = sandbox.read("marks").unwrap_or_default().lines().map(str::to_owned).collect();
    marks.sort();
    let _ = fs::remove_file(sandbox.path().join("marks"));
    (code, err, marks.join(" "))
}

fn standing(sweep: &Path, status: Status) -> usize {
    Progress::read(sweep).expect("a journal").count(status)
}

#[test]
fn only_what_the_journal_does_not_settle_is_read() {
    for workers in [&["-j", "2"][..], &[]] {
        let sandbox = sandbox();
        swept(&sandbox, &[&["-m", "x=1,2,3,4"], workers].concat(), &[]);
        lose(&sandbox, |line| line.contains("\"job\":2") || line.contains("\"job\":3"));
        let broken = |job: &str| {
            fs::write(sandbox.path().join(format!("sw/{job}/.hydra/run.json")), "nothing").expect("a file");
        };
        // Of the first one the journal says all; of the last one only its record could.
        broken("0");
        broken("3");
        let (code, err, ran) = resumed(&sandbox, &[]);
        assert_eq!((code, ran.as_str()), (Some(0), "3"), "{err}");
        assert_eq!(err.matches("warning").count(), 1, "{err}");
        assert!(err.contains("sw/3/.hydra/run.json") && !err.contains("sw/0/.hydra"), "{err}");
        let expected = BTreeMap::from([(0, 1), (1, 1), (2, 1), (3, 1)]);
        assert_eq!(completions(&sandbox.path().join("sw")), expected);
    }
}

#[test]
fn a_failure_that_only_the_record_tells_is_one() {
    let is_of = |line: &str, events: &[&str]| {
        line.contains("\"job\":1") && events.iter().any(|event| line.contains(&format!("\"{event}\"")))
    };
    for events in [&["ended"][..], &["started", "ended"]] {
        for workers in [&["-j", "2"][..], &[]] {
            let sandbox = sandbox();
            swept(&sandbox, &[&["-m", "x=1,2"], workers].concat(), &[("HC_RAISE", "1")]);
            lose(&sandbox, |line| is_of(line, events));
            let (code, err, ran) = resumed(&sandbox, &["mainstem.sweep.retry_failed=false"]);
            assert_eq!((code, ran.as_str()), (Some(1), ""), "{err}");
            assert_eq!(standing(&sandbox.path().join("sw"), Status::Failed), 2);
            assert!(err.contains("boom"), "{err}");
            // Who wants them tried again gets that.
            let (code, err, ran) = resumed(&sandbox, &[]);
            assert_eq!((code, ran.as_str()), (Some(0), "0 1"), "{err}");
        }
    }
}

#[test]
fn a_failure_of_the_time_before_is_none_of_this_time() {
    let sandbox = sandbox();
    swept(&sandbox, &["-m", "x=1,2"], &[("HC_RAISE", "1")]);
    let path = sandbox.path().join("sw").join(FOLDER).join(JOURNAL);
    lose(&sandbox, |_| false);
    // It had begun once more, and got no further.
    let text = fs::read_to_string(&path).expect("a journal");
    let began = text.lines().find(|line| line.contains("\"started\",\"job\":1")).expect("a line");
    let again = began.replace("\"attempt\":1", "\"attempt\":2").replace("\"time\":\"20", "\"time\":\"21");
    assert_ne!(began, again);
    fs::write(&path, format!("{text}{again}\n")).expect("it can be written");
    let (code, err, ran) = resumed(&sandbox, &["mainstem.sweep.retry_failed=false"]);
    // What stays failed is told at the end, whoever saw it fail.
    assert_eq!((code, ran.as_str()), (Some(1), "1"), "{err}");
    assert!(err.contains("1 of 2 jobs failed\n  note: #0 x=1: boom (sw/0/app.log)\n"), "{err}");
}

#[test]
fn a_job_that_had_failed_and_has_completed_since_does_not_run_again() {
    let sandbox = sandbox();
    swept(&sandbox, &["-m", "x=1,2"], &[("HC_RAISE", "1")]);
    swept(&sandbox, &["--resume", "sw"], &[]);
    lose(&sandbox, |line| line.contains("\"attempt\":2"));
    let (code, err, ran) = resumed(&sandbox, &[]);
    assert_eq!((code, ran.as_str()), (Some(0), ""), "{err}");
}

#[test]
fn a_dry_run_of_a_sweep_that_goes_on_says_what_does() {
    let sandbox = sandbox();
    swept(&sandbox, &["-m", "x=1,2,3,4,5"], &[]);
    lose(&sandbox, |line| {
        line.contains("\"job\":3") && line.contains("\"ended\"")
            || line.contains("\"job\":4")
            || line.contains("\"job\":1") && line.contains("\"ended\"")
    });
    fs::remove_dir_all(sandbox.path().join("sw/3")).expect("a folder");
    fs::remove_dir_all(sandbox.path().join("sw/4")).expect("a folder");
    let path = sandbox.path().join("sw").join(FOLDER).join(JOURNAL);
    let text = fs::read_to_string(&path).expect("a journal");
    let is_of = |line: &str| line.contains("\"job\":2") && line.contains("\"ended\"");
    let failed = |line: &str| match is_of(line) {
        true => line.replace("completed", "failed") + "\n",
        false => format!("{line}\n"),
    };
    fs::write(&path, text.lines().map(failed).collect::<String>()).expect("it can be written");
    let record = sandbox.path().join("sw/2/.hydra/run.json");
    let said = fs::read_to_string(&record).expect("a record").replace("completed", "failed");
    fs::write(&record, said).expect("it can be written");
    let shown = |words: &[&str]| {
        let mut command = app(&sandbox, &[&["--resume", "sw", "--dry-run"], words].concat());
        command.stdout(Stdio::piped());
        let (code, out, err) = run(command);
        assert_eq!(code, Some(0), "{err}");
        assert!(err.contains("note: 1 of 5 jobs are completed\n"), "{err}");
        out
    };
    // Of the second one only the record says that it has completed.
    let expected = "\
#0 : x=1  # completed: sw/0
#1 : x=2  # completed: sw/1
#2 : x=3  # runs again, has failed: sw/2
#3 : x=4  # runs again, had begun: sw/3
#4 : x=5  # runs
";
    assert_eq!(shown(&[]), expected);
    let kept = "#2 : x=3  # failed: sw/2";
    let expected = expected.replace("#2 : x=3  # runs again, has failed: sw/2", kept);
    assert_eq!(shown(&["mainstem.sweep.retry_failed=false"]), expected);
    assert_eq!(fs::read_to_string(&path).expect("a journal").lines().count(), text.lines().count());
}

/// The first lines of what a program says that may never end. It is ended then.
fn first_lines(mut command: Command, count: usize, of_errors: bool) -> Vec<String> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let from: Box<dyn std::io::Read + Send> = if of_errors { Box::new(err) } else { Box::new(out) };
    let (sender, lines) = channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok).take(count) {
            let _ = sender.send(line);
        }
    });
    let found = (0..count).map_while(|_| lines.recv_timeout(Duration::from_secs(30)).ok()).collect();
    kill(child.id(), "KILL");
    wait(child);
    reader.join().expect("no panic");
    found
}

#[test]
fn a_huge_sweep_is_not_silent() {
    let sandbox = sandbox();
    let words = ["-cd", "conf", "-m", "x=range(1000000000000)", "hydra.sweep.dir=sw"];
    let shown = first_lines(app(&sandbox, &[&words[..], &["--dry-run"]].concat()), 3, false);
    assert_eq!(shown, ["#0 : x=0", "#1 : x=1", "#2 : x=2"]);
    let said = first_lines(app(&sandbox, &words), 1, true);
    assert!(said.concat().contains("of 1000000000000 jobs are composed"), "{said:?}");
    assert!(!sandbox.path().join("sw").exists(), "no job has begun");
}

#[test]
fn a_job_that_becomes_what_it_was_has_no_directory_of_before() {
    let config = |name: &str, values: &str| {
        format!(
            "x: 0\nname: none\nhydra:\n  sweep: {{dir: sw, subdir: '{name}${{hydra.job.num}}'}}\n  sweeper: {{params: {{x: '{values}'}}}}\n"
        )
    };
    for workers in [&["-j", "1"][..], &[]] {
        let sandbox = sandbox();
        let write = |text: String| fs::write(sandbox.path().join("conf/config.yaml"), text).expect("a file");
        write(config("a", "1,2"));
        swept(&sandbox, &[&["-m"], workers].concat(), &[("HC_RAISE", "1")]);
        for (name, values) in [("b", "3,4"), ("a", "1,2")] {
            write(config(name, values));
            let (code, _, err) = run(app(&sandbox, &["--resume", "sw", "--force"]));
            assert_eq!(code, Some(0), "{err}");
        }
        let progress = Progress::read(&sandbox.path().join("sw")).expect("a journal");
        for (job, standing) in &progress.jobs {
            let directory = standing.directory.as_deref().expect("a directory");
            assert_eq!(directory, Path::new(&format!("a{job}_1")));
            let said = sandbox.read(Path::new("sw").join(directory).join(".hydra/run.json"));
            assert!(said.expect("a record").contains("\"status\": \"completed\""));
            assert!(!sandbox.path().join(format!("sw/a{job}/.hydra.1")).exists());
        }
    }
}

#[test]
fn another_launcher_has_none_of_the_settings_of_the_one_before() {
    let sandbox = sandbox();
    let words = ["-m", "x=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"];
    swept(&sandbox, &words, &[("HC_RAISE", "1")]);
    let (code, err, marks) = resumed(&sandbox, &["hydra/launcher=basic", "--dry-run"]);
    assert_eq!((code, marks.as_str()), (Some(0), ""), "{err}");
    // What is typed with it is its own.
    let (code, err, _) = resumed(&sandbox, &["hydra/launcher=basic", "hydra.launcher.n_jobs=2"]);
    assert!(code == Some(1) && err.contains("no key `hydra.launcher.n_jobs`"), "{err}");
    let (code, err, marks) = resumed(&sandbox, &["hydra/launcher=basic"]);
    assert_eq!((code, marks.as_str()), (Some(0), "0 1"), "{err}");
}

#[test]
fn only_the_jobs_that_are_left_are_launched() {
    for (workers, all, left) in [
        (&[][..], "Launching 4 jobs locally\n", "Launching 2 jobs locally\n"),
        (&["-j", "2"], "Launching 4 jobs in 2 processes\n", "Launching 2 jobs in 2 processes\n"),
    ] {
        let sandbox = sandbox();
        let said = |words: &[&str]| {
            let mut command = app(&sandbox, words);
            command.stdout(Stdio::piped());
            let (code, out, err) = run(command);
            assert_eq!(code, Some(0), "{err}");
            out
        };
        let words = ["-cd", "conf", "hydra.sweep.dir=sw", "-m", "x=1,2,3,4"];
        let out = said(&[&words[..], workers].concat());
        assert!(out.contains(all), "{out}");
        lose(&sandbox, |line| line.contains("\"job\":2") || line.contains("\"job\":3"));
        for job in ["2", "3"] {
            fs::remove_dir_all(sandbox.path().join("sw").join(job)).expect("a folder");
        }
        let out = said(&[&["--resume", "sw"], workers].concat());
        assert!(out.contains(left), "{out}");
        // Nothing is launched where nothing is left.
        let out = said(&[&["--resume", "sw"], workers].concat());
        assert!(!out.contains("Launching"), "{out}");
    }
}

#[test]
fn a_job_that_the_journal_knows_nothing_of_took_as_long_as_its_record_says() {
    let sandbox = sandbox();
    swept(&sandbox, &["-m", "x=1,2"], &[("HC_SLEEP", "0.5")]);
    lose(&sandbox, |line| !line.contains("\"event\":\"sweep\""));
    let (code, err, ran) = resumed(&sandbox, &[]);
    assert_eq!((code, ran.as_str()), (Some(0), ""), "{err}");
    let (_, out, _) = run(crate::sweeps::mainstem(&sandbox, &["sweeps", "show", "sw", "--format", "json"]));
    let seconds =
        out.lines().filter_map(|line| line.split("\"seconds\":").nth(1)?.split(',').next()?.parse().ok());
    let seconds: Vec<f64> = seconds.collect();
    assert!(seconds.len() == 2 && seconds.iter().all(|seconds| (0.5..30.0).contains(seconds)), "{out}");
}

#[test]
fn a_journal_that_has_lost_what_its_sweep_is_says_so_beside_jobs_that_have_run() {
    let sandbox = sandbox();
    swept(&sandbox, &["-m", "x=1,2"], &[]);
    let path = sandbox.path().join("sw").join(FOLDER).join(JOURNAL);
    let text = fs::read_to_string(&path).expect("a journal");
    let headless = text.split_once('\n').expect("lines").1;
    for (left, what) in [("", "it is empty"), (headless, "its first line is lost")] {
        fs::write(&path, left).expect("it can be written");
        let (code, err, _) = resumed(&sandbox, &[]);
        assert_eq!(code, Some(1), "{err}");
        assert!(err.contains(&format!("{what}, although 2 jobs have run")), "{err}");
        assert!(err.contains("mainstem.sweep.skip_completed=") && !err.contains("killed"), "{err}");
    }
    // What is advised does what it says.
    let words = ["-cd", "conf", "-m", "x=1,2,3", "hydra.sweep.dir=sw", "mainstem.sweep.skip_completed=sw"];
    let (code, _, err) = run(app(&sandbox, &words));
    assert_eq!(code, Some(0), "{err}");
    let progress = Progress::read(&sandbox.path().join("sw")).expect("a journal");
    assert_eq!((progress.count(Status::Completed), progress.jobs[&0].attempt), (3, 0));
}
