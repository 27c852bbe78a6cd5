//! `mainstem sweeps` beside sweeps that run, and what a sweep says at its end.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Stdio};

use mainstem::app::{App, Direction, Failed, Maximize, Minimize, Objective, Sandbox};
use mainstem::drive::Progress;
use mainstem::run::{Run, Status};

use crate::sweeps::{app, kill, mainstem, run, sandbox, wait, wait_until};

/// A sweep whose first job is quick and whose second one is not.
fn begun(sandbox: &Sandbox) -> Child {
    let arguments = ["run", "-m", "x=0.01,60", "hydra.sweep.dir=sw", "-j", "2", "--"];
    let command = ["sh", "-c", "sleep ${0#*=}", "{overrides}"];
    let mut command = mainstem(sandbox, &[&arguments[..], &command].concat());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let sweep = sandbox.path().join("sw");
    wait_until("one has ended, and one runs", || {
        Progress::read(&sweep).is_ok_and(|progress| {
            progress.count(Status::Completed) == 1 && progress.count(Status::Running) == 1
        })
    });
    child
}

fn standing(sandbox: &Sandbox) -> (usize, usize) {
    let progress = Progress::read(&sandbox.path().join("sw")).expect("a journal");
    (progress.count(Status::Completed), progress.count(Status::Interrupted))
}

#[cfg(target_os = "linux")]
#[test]
fn a_sweep_is_cancelled_by_who_finds_its_driver_and_goes_on_by_its_program() {
    let sandbox = sandbox();
    let mut child = begun(&sandbox);
    let (code, out, err) = run(mainstem(&sandbox, &["sweeps", "cancel"]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(err, format!("asked process {} to end its jobs\n", child.id()));
    let expected = "sw: interrupted by SIGINT; 1 of 2 jobs completed, 1 interrupted\n\
                    `mainstem sweeps resume sw` goes on\n";
    assert_eq!(out, expected);
    // It has ended by then, and what it said it did stands in the journal.
    wait_until("it has ended", || child.try_wait().expect("it can be waited for").is_some());
    assert_eq!((wait(child), standing(&sandbox)), (Some(130), (1, 1)));
    let (code, _, err) = run(mainstem(&sandbox, &["sweeps", "cancel", "last"]));
    assert_eq!(
        (code, err.as_str()),
        (Some(1), "error[job]: nobody runs the sweep in `sw`\n  note: it is stopped\n")
    );

    // It goes on with its own arguments, in its own directory, wherever that is typed.
    std::fs::create_dir(sandbox.path().join("else")).expect("a directory");
    let mut command = mainstem(&sandbox, &["sweeps", "resume", "../sw", "--dry-run"]);
    command.current_dir(sandbox.path().join("else"));
    let (code, out, err) = run(command);
    let expected = "#0 : x=0.01  # completed: sw/0\n#1 : x=60  # runs again, had begun: sw/1\n";
    assert_eq!((code, out.as_str()), (Some(0), expected), "{err}");
    assert!(err.contains(" run --resume sw --dry-run\n") && err.starts_with("note: cd "), "{err}");
    let mut again = mainstem(&sandbox, &["sweeps", "resume", "last", "-j", "1"]);
    let child = again.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it runs again", || standing(&sandbox) == (1, 0));
    // The command became the program: it is the driver.
    let lock = sandbox.read("sw/.sweep.lock").expect("a lock");
    assert!(lock.contains(&format!("\"process\":{{\"id\":{},", child.id())), "{lock}");
    kill(child.id(), "INT");
    assert_eq!(wait(child), Some(130));
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_else_is_asked_to_end() {
    let sandbox = sandbox();
    let child = begun(&sandbox);
    let lock = sandbox.path().join("sw/.sweep.lock");
    let said = std::fs::read_to_string(&lock).expect("a lock");
    let told = |text: String| {
        std::fs::write(&lock, text).expect("it can be written");
        let (code, out, err) = run(mainstem(&sandbox, &["sweeps", "cancel", "sw"]));
        assert_eq!((code, out.as_str()), (Some(1), ""));
        err
    };
    // A number that another process has by now: this one.
    let number = |id: u32| format!("\"process\":{{\"id\":{id},");
    let err = told(said.replace(&number(child.id()), &number(std::process::id())));
    assert!(err.contains("does not run the sweep in `sw`"), "{err}");
    let err = told(said.replace("\"host\":\"", "\"host\":\"far-"));
    assert!(err.contains("is run on another machine: process") && err.contains("type it there"), "{err}");
    let err = told(String::new());
    assert!(err.contains("nobody knows yet who runs the sweep in `sw`"), "{err}");
    std::fs::write(&lock, said).expect("it can be written");
    assert_eq!(standing(&sandbox), (1, 0), "it still runs");
    // Whoever is killed without a word is told from one that came to its end.
    kill(child.id(), "KILL");
    wait(child);
    let (_, _, err) = run(mainstem(&sandbox, &["sweeps", "cancel", "sw"]));
    assert!(err.contains("note: it is killed\n"), "{err}");
}

#[test]
fn a_program_that_is_gone_cannot_go_on() {
    let sandbox = sandbox();
    let (code, _, err) = run(app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw"]));
    assert_eq!(code, Some(0), "{err}");
    let mut command = mainstem(&sandbox, &["sweeps", "resume"]);
    // How the program is told of its primary config.
    command.env("HC_CONFIG_NAME", "config");
    let (code, _, err) = run(command);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("examples/app --resume sw\n") && err.contains("2 of 2 jobs are completed"), "{err}");
    let journal = sandbox.read("sw/.sweep/journal.jsonl").expect("a journal");
    let gone = journal.replace("examples/app\"", "examples/gone\"");
    let sandbox = sandbox.with_file("sw/.sweep/journal.jsonl", gone).expect("a file");
    let (code, _, err) = run(mainstem(&sandbox, &["sweeps", "resume", "sw"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("it is the program that began the sweep"), "{err}");
}

#[test]
fn the_end_of_the_log_of_a_command_that_failed_is_shown() {
    let sandbox = sandbox();
    let script = "echo starting >&2; printf 'ValueError: \\033[31mno\\n' >&2; exit 3";
    let arguments = [
        "run",
        "-m",
        "x=1,2",
        "mainstem.run.reads_config=true",
        "hydra.sweep.dir=sw",
        "-j",
        "2",
        "--",
        "sh",
        "-c",
        script,
    ];
    let (code, _, err) = run(mainstem(&sandbox, &arguments));
    assert_eq!(code, Some(1));
    for job in [0, 1] {
        let end = format!(
            "job {job}, the end of sw/{job}/stderr.log:\n  | starting\n  | ValueError: \\x1b[31mno\n\n"
        );
        assert!(err.contains(&end), "{err}");
    }
    assert!(!err.contains('\u{1b}'), "{err}");
    // A program that says by its error what went wrong has said it.
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw2", "-j", "2"]);
    command.env("HC_RAISE", "1");
    let (_, _, err) = run(command);
    assert!(err.contains("boom (sw2/0/stderr.log)") && !err.contains("the end of"), "{err}");
}

/// The jobs of a sweep on standard output, which is that file or pipe.
fn dry_run(sandbox: &Sandbox, jobs: &str, out: Stdio) -> Child {
    let mut command = app(sandbox, &["-cd", "conf", "-m", jobs, "--dry-run"]);
    command.stdout(out).spawn().expect("it starts")
}

#[cfg(target_os = "linux")]
#[test]
fn jobs_that_cannot_be_shown_are_an_error_and_a_closed_pipe_is_none() {
    let sandbox = sandbox();
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = dry_run(&sandbox, "x=1,2", full.into()).wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(err, "error[io]: cannot write the result: No space left on device (os error 28)\n");
    let mut child = dry_run(&sandbox, "x=range(5000)", Stdio::piped());
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    // On a slow machine it is said how far it has come.
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(0) && err.lines().all(|line| line.starts_with("note: ")), "{err}");
}

#[test]
fn a_record_says_which_way_a_result_is_better() {
    let sandbox = sandbox();
    let both = |_: &mainstem::app::Bound, _: &Run| -> Result<Vec<Objective>, Failed> {
        let one = |name: &str, direction| Objective { name: name.to_owned(), value: 1.0, direction };
        Ok(vec![one("loss", Some(Direction::Minimize)), one("size", None)])
    };
    let record = |app: App, name: &str| {
        let trial = sandbox.run(&app, [format!("hydra.run.dir={name}")]);
        assert_eq!(trial.status().code(), 0, "{}", trial.err());
        sandbox.read(Path::new(name).join(".hydra/run.json")).expect("a record")
    };
    let more = record(App::new("more", |_, _| Maximize(0.5)), "more");
    assert!(more.contains("\"direction\": \"maximize\""), "{more}");
    let less = record(App::new("less", |_, _| Some(Minimize(0.5))), "less");
    assert!(less.contains("\"direction\": \"minimize\""), "{less}");
    let named = record(App::new("named", both), "named");
    assert!(named.contains("\"direction\": {\n    \"loss\": \"minimize\"\n  }"), "{named}");
    let none = record(App::new("none", |_, _| 0.5), "none");
    assert!(!none.contains("direction"), "{none}");
}

#[test]
fn a_compact_sweep_leaves_few_files_and_is_read_as_any_other() {
    for workers in [&["-j", "2"][..], &[]] {
        let sandbox = sandbox();
        let sweep =
            ["-cd", "conf", "-m", "x=1,2", "name=a", "hydra.sweep.dir=sw", "mainstem.sweep.record=compact"];
        let mut command = app(&sandbox, &[&sweep[..], workers].concat());
        command.env("HC_RESULT", "x").env("HC_MARK", "marks");
        let (code, _, err) = run(command);
        assert_eq!(code, Some(0), "{err}");
        let mut files = sandbox.files().expect("a directory");
        // What a worker prints is kept.
        files.retain(|file| !file.ends_with("stdout.log"));
        let expected = [
            "conf/config.yaml",
            "marks",
            "sw/.sweep/journal.jsonl",
            "sw/.sweep/records.jsonl",
            "sw/multirun.yaml",
        ];
        assert_eq!(files, expected.map(std::path::PathBuf::from));
        assert_eq!(sandbox.path().join("sw/0").exists(), !workers.is_empty());

        let (_, out, err) =
            run(mainstem(&sandbox, &["runs", "ls", "x=2", "--columns", "x", "--format", "csv"]));
        let line = out.lines().nth(1).unwrap_or_default();
        assert!(line.contains(",app,completed,") && line.ends_with(",2.0,2,x=2 name=a"), "{out}{err}");
        let (_, out, err) = run(mainstem(&sandbox, &["runs", "show", "sw/1"]));
        assert!(out.contains("\nconfig\n  x: 2\n  name: a\n") && out.contains("/sw/1\n"), "{out}{err}");
        let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw"]));
        assert_eq!(out.matches("completed  ").count(), 2, "{out}");
        let (code, _, err) = run(mainstem(&sandbox, &["runs", "rm", "sw/1"]));
        assert!(code == Some(1) && err.contains("is one of many in"), "{err}");

        // It goes on, and nothing runs twice.
        let mut command = app(&sandbox, &["--resume", "sw"]);
        let (code, _, err) = run({
            command.env("HC_MARK", "marks");
            command
        });
        assert!(code == Some(0) && err.contains("2 of 2 jobs are completed"), "{err}");
        let mut marks: Vec<String> =
            sandbox.read("marks").expect("marks").lines().map(str::to_owned).collect();
        marks.sort();
        assert_eq!(marks, ["0", "1"]);

        let mut command = mainstem(&sandbox, &["rerun", "sw/1", "--dry-run"]);
        command.env("HC_CONFIG_NAME", "config");
        let (code, out, err) = run(command);
        assert!(
            code == Some(0)
                && out.trim_end().ends_with("app --config-dir conf hydra.sweep.dir=sw x=2 name=a"),
            "{out}{err}"
        );
    }
}

#[test]
fn what_a_job_writes_stays_and_what_failed_may_begin_again() {
    let sandbox = sandbox();
    let script = "echo '{\"loss\": 0.5}' > $MAINSTEM_RESULT; [ $MAINSTEM_JOB_NUM = 1 ] && echo x > {run}/model; \
                  [ -e once ] || { touch once; exit 3; }";
    let settings = ["mainstem.sweep.record=compact", "mainstem.sweep.retries=1", "mainstem.sweep.backoff=0"];
    let arguments = ["run", "-m", "x=1,2", "hydra.sweep.dir=sw", "-j", "1"];
    let (code, _, err) =
        run(mainstem(&sandbox, &[&arguments[..], &settings, &["--", "sh", "-c", script]].concat()));
    assert_eq!(code, Some(0), "{err}");
    let mut files = sandbox.files().expect("a directory");
    files.retain(|file| file.starts_with("sw") && !file.starts_with("sw/.sweep"));
    assert_eq!(
        files,
        ["sw/0/sh.log", "sw/0/stderr.log", "sw/1/model", "sw/multirun.yaml"].map(std::path::PathBuf::from)
    );
    let (_, out, err) = run(mainstem(&sandbox, &["runs", "ls", "--all", "--format", "csv"]));
    let said: Vec<bool> = out.lines().skip(1).map(|line| line.contains(",completed,")).collect();
    assert_eq!(said, [false, true, true], "{out}{err}");
    assert_eq!(out.matches(",0.5,").count(), 2, "{out}");
}

#[test]
fn the_best_job_of_any_sweep_is_shown_if_somebody_says_which_way() {
    let sandbox = sandbox();
    let best = |words: &[&str]| run(mainstem(&sandbox, &[&["sweeps", "best"], words].concat()));
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,3,2", "hydra.sweep.dir=sw"]);
    command.env("HC_RESULT", "x");
    assert_eq!(run(command).0, Some(0));
    let (code, _, err) = best(&["sw"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("nobody says which way the results of the sweep in `sw` are better"), "{err}");
    assert!(err.contains("type `mainstem sweeps best sw --minimize`, or `--maximize`"), "{err}");
    let (code, out, err) = best(&["sw", "--maximize"]);
    assert_eq!((code, out.as_str()), (Some(0), "#1  3.0  in sw/1\n  x=3\n"), "{err}");
    let (_, out, err) = best(&["--minimize", "sw", "--format", "json"]);
    assert!(out.starts_with("{\"job\":0,") && out.lines().count() == 1, "{out}{err}");
    let (code, _, err) = best(&["sw", "--maximize", "--metric", "acc"]);
    assert!(code == Some(1) && err.contains("leave `--metric` away"), "{err}");
    let (code, _, err) = best(&["sw", "--maximize", "--minimize"]);
    assert!(code == Some(2) && err.contains("exclude each other"), "{err}");

    // The config says it.
    let script = r#"echo "{\"acc\": $0, \"size\": 7}" > "$MAINSTEM_RESULT""#;
    let swept = |dir: &str, more: &[&str]| {
        let dir = format!("hydra.sweep.dir={dir}");
        let words = [&["run", "-m", "x=1,2", &dir], more, &["--", "sh", "-c", script, "{x}"]].concat();
        let (code, _, err) = run(mainstem(&sandbox, &words));
        assert_eq!(code, Some(0), "{err}");
    };
    swept("said", &["mainstem.search.direction=maximize", "mainstem.search.metric=acc"]);
    let (_, out, err) = best(&["said"]);
    assert_eq!(out, "#1  acc 2.0  in said/1\n  x=2\n", "{err}");
    assert_eq!(best(&["said", "--minimize"]).1, "#0  acc 1.0  in said/0\n  x=1\n");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "said"]));
    assert!(out.contains("\nbest #1  acc=2, size=7  x=2\n") || out.contains("\nbest #1  acc=2"), "{out}");
    swept("unsaid", &[]);
    let (_, _, err) = best(&["unsaid", "--maximize"]);
    assert!(
        err.contains("they returned acc, size") && err.contains("choose by name: `--metric acc`"),
        "{err}"
    );
    let (_, _, err) = best(&["unsaid", "--metric", "acx", "--maximize"]);
    assert!(err.contains("returned `acx`") && err.contains("choose by name: `--metric acc`"), "{err}");
    assert_eq!(best(&["unsaid", "--metric", "acc", "--maximize"]).1, "#1  acc 2.0  in unsaid/1\n  x=2\n");

    // The type of the result says it.
    let less = App::new("less", |config: &mainstem::app::Bound, _: &Run| {
        Ok::<_, Failed>(Minimize(config.require("x")?.as_f64().unwrap_or_default()))
    });
    for record in ["full", "compact"] {
        let words = [format!("hydra.sweep.dir={record}"), format!("mainstem.sweep.record={record}")];
        let trial = sandbox.run(&less, ["-m".to_owned(), "+x=2,1,3".to_owned()].into_iter().chain(words));
        assert_eq!(trial.status().code(), 0, "{}", trial.err());
        let (_, out, err) = best(&[record]);
        assert_eq!(out, format!("#1  1.0  in {record}/1\n  +x=1\n"), "{err}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sweep_is_removed_with_all_its_jobs_if_that_is_said() {
    let sandbox = sandbox();
    let remove = |words: &[&str]| run(mainstem(&sandbox, &[&["sweeps", "rm"], words].concat()));
    let there = |path: &str| sandbox.path().join(path).exists();
    let swept = |dir: &str, more: &[&str]| {
        let dir = format!("hydra.sweep.dir={dir}");
        let words = ["mainstem.sweep.first_failures=null", "mainstem.sweep.backoff=0", dir.as_str()];
        let mut command = app(&sandbox, &[&["-cd", "conf", "-m", "x=1,2"], &words[..], more].concat());
        command.env("HC_MARK", "marks");
        if more.iter().any(|word| word.contains("retries")) {
            command.env("HC_RAISE", "1");
        }
        run(command)
    };
    swept("sw", &[]);
    let (code, out, err) = remove(&["sw"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("1 sweep with 2 runs would be removed, and nobody can be asked"), "{err}");
    assert!(err.contains("`mainstem sweeps rm sw --yes` removes them") && there("sw/1/.hydra"), "{err}");
    let (code, _, err) = remove(&["sw", "none", "--yes"]);
    assert!(code == Some(1) && err.contains("there is no sweep in") && there("sw"), "{err}");
    // Twice in one place, in processes of their own, tried again, in few files.
    swept("sw", &["-j", "2", "name=b"]);
    swept("again", &["mainstem.sweep.retries=1"]);
    swept("few", &["mainstem.sweep.record=compact", "-j", "2", "hydra.sweep.subdir=x/${hydra.job.num}"]);
    let (code, out, err) = remove(&["sw", "again", "few", "--yes"]);
    assert_eq!((code, out.as_str()), (Some(0), "removed sw\nremoved again\nremoved few\n"), "{err}");
    assert!(!there("sw") && !there("again") && !there("few") && err.is_empty(), "{err}");

    // What the sweep has not made stays, and so does what another one has completed.
    swept(".", &["hydra.sweep.subdir=jobs/${hydra.job.num}"]);
    swept("later", &["mainstem.sweep.skip_completed=."]);
    let (code, out, err) = remove(&["later", "--yes"]);
    assert_eq!((code, out.as_str()), (Some(0), "removed later\n"), "{err}");
    assert!(there("jobs/0/.hydra/run.json") && !there("later"));
    let (code, _, err) = remove(&[".", "--yes"]);
    assert!(
        code == Some(0) && err.contains("`.` stays, with what the sweep has not made: conf, marks"),
        "{err}"
    );
    assert!(!there("jobs") && !there(".sweep") && !there("multirun.yaml") && there("conf/config.yaml"));

    let child = begun(&sandbox);
    let (code, _, err) = remove(&["sw", "--yes"]);
    assert!(code == Some(1) && err.contains("the sweep in `sw` is running"), "{err}");
    assert!(err.contains("`mainstem sweeps cancel sw`") && there("sw/0"), "{err}");
    kill(child.id(), "KILL");
    wait(child);
    wait_until("its job has ended, too", || remove(&["sw", "--yes"]).0 == Some(0));
    assert!(!there("sw"));
}

#[test]
fn a_job_that_took_too_long_has_failed_for_its_record_too() {
    let sandbox = sandbox();
    let words = ["run", "-m", "-j", "2", "x=1,2", "hydra.sweep.dir=sw", "mainstem.sweep.timeout=1"];
    let command = ["--", "sh", "-c", "[ $0 = 2 ] || exec sleep 60", "{x}"];
    let (code, _, err) = run(mainstem(&sandbox, &[&words[..], &command].concat()));
    assert_eq!(code, Some(1), "{err}");
    let (_, out, _) = run(mainstem(&sandbox, &["runs", "ls", "status=failed", "--format", "json"]));
    assert_eq!(out.matches("it took longer than 1 s").count(), 1, "{out}");
}
