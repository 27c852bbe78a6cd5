//! Callbacks: who is told what, in which order, and that every end is told.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use mainstem::app::{App, Bound, Callback, Configs, Failed, Sandbox, Status, Trial};
use mainstem::run::{Outcome, Run};
use mainstem::typed::{Components, Registry};
use mainstem::value::Node;

use crate::app::example;
use crate::cli::Scratch;

type Log = Arc<Mutex<Vec<String>>>;

/// Writes down what it is told.
#[derive(mainstem::Config)]
struct Scribe {
    name: String,
    /// Where it fails.
    fails_at: Option<String>,
    #[mainstem(skip)]
    log: Log,
}

impl Scribe {
    #[expect(clippy::panic, reason = "a callback may")]
    fn note(&self, event: &str, about: &str) -> Result<(), Failed> {
        self.log.lock().expect("whole").push(format!("{} {event} {about}", self.name).trim_end().to_owned());
        match self.fails_at.as_deref() {
            Some(at) if at == event => Err("out of ink".into()),
            Some("panic") => panic!("out of paper"),
            _ => Ok(()),
        }
    }
}

fn seed(config: &Bound) -> String {
    config.require("seed").map_or_else(|error| error.to_string(), |seed| format!("{:?}", seed.kind))
}

impl Callback for Scribe {
    fn on_run_start(&mut self, config: &Bound) -> Result<(), Failed> {
        self.note("run_start", &seed(config))
    }

    fn on_run_end(&mut self, _: &Bound, outcome: &Outcome) -> Result<(), Failed> {
        self.note("run_end", outcome.status().name())
    }

    fn on_multirun_start(&mut self, config: &Bound) -> Result<(), Failed> {
        self.note("multirun_start", &seed(config))
    }

    fn on_multirun_end(&mut self, _: &Bound) -> Result<(), Failed> {
        self.note("multirun_end", "")
    }

    fn on_job_start(&mut self, config: &Bound, run: &Run) -> Result<(), Failed> {
        assert_eq!(config.require("hydra.runtime.output_dir")?.as_str(), run.dir().to_str());
        self.note("job_start", &seed(config))
    }

    fn on_job_end(&mut self, _: &Bound, run: &Run, outcome: &Outcome) -> Result<(), Failed> {
        assert!(run.dir().is_dir());
        self.note("job_end", outcome.status().name())
    }
}

static CONF: &[(&str, &str)] = &[(
    "config",
    "seed: 1\nhydra:\n  callbacks:\n    first: {_target_: scribe, name: a}\n    second: {_target_: my.Scribe, name: b}\n",
)];

/// What was told, and what came of it.
#[expect(clippy::panic, reason = "a job may")]
fn run(arguments: &[&str]) -> (Vec<String>, Trial, Sandbox) {
    let log = Log::default();
    let shared = Arc::clone(&log);
    let callbacks = Registry::<dyn Callback>::new()
        .with("scribe", move |scribe: Scribe| Box::new(Scribe { log: Arc::clone(&shared), ..scribe }))
        .alias("my.Scribe");
    let app = App::new("train", |config: &Bound, _: &Run| -> Result<f64, String> {
        match config.require("seed").map_err(|error| error.to_string())? {
            seed if seed == Node::from(2) => Err("unlucky".to_owned()),
            seed if seed == Node::from(3) => panic!("no luck at all"),
            _ => Ok(0.5),
        }
    })
    .with_configs(Configs::embedded(CONF))
    .with_config_name("config")
    .with_components(Components::new().with(callbacks));
    let sandbox = Sandbox::new().expect("a sandbox");
    let trial = sandbox.run(&app, arguments);
    let told = log.lock().expect("whole").clone();
    (told, trial, sandbox)
}

#[test]
fn beginnings_are_told_in_order_and_ends_in_reverse() {
    let (told, trial, _) = run(&[]);
    assert_eq!((trial.status(), trial.err()), (Status::Success, ""));
    assert_eq!(
        told,
        [
            "a run_start Int(1)",
            "b run_start Int(1)",
            "a job_start Int(1)",
            "b job_start Int(1)",
            "b job_end completed",
            "a job_end completed",
            "b run_end completed",
            "a run_end completed",
        ]
    );
    assert_eq!(run(&["--scratch"]).0, told);
}

#[test]
fn the_end_of_a_failure_and_of_a_panic_is_told_too() {
    for seed in ["seed=2", "seed=3"] {
        let (told, trial, _) = run(&[seed, "~hydra.callbacks.second"]);
        assert_eq!(trial.status(), Status::Failure);
        assert_eq!(told[2..], ["a job_end failed", "a run_end failed"], "{seed}");
    }
}

#[test]
fn a_sweep_is_told_as_a_whole_and_its_jobs_one_by_one() {
    let (told, ..) = run(&["-m", "seed=1,2", "hydra.callbacks.second=null"]);
    let expected = [
        "a multirun_start Int(1)",
        "a job_start Int(1)",
        "a job_end completed",
        "a job_start Int(2)",
        "a job_end failed",
        "a multirun_end",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_callback_that_fails_or_panics_is_a_warning_and_the_others_are_told() {
    let (told, trial, _) =
        run(&["+hydra.callbacks.first.fails_at=job_start", "+hydra.callbacks.second.fails_at=panic"]);
    assert_eq!((trial.status(), told.len()), (Status::Success, 8));
    let words = "warning[job]: the callback `first` failed at on_job_start: out of ink\n";
    assert_eq!(trial.err().matches(words).count(), 1, "{}", trial.err());
    let words =
        "warning[job]: the callback `second` failed at on_run_end: it panicked at tests/it/callbacks.rs:";
    assert_eq!(trial.err().matches(words).count(), 1, "{}", trial.err());
    assert_eq!(trial.err().matches("warning[job]").count(), 5, "{}", trial.err());
}

#[test]
fn a_callback_that_is_not_registered_or_wrongly_told_ends_it_before_anything_runs() {
    for arguments in [
        &["hydra.callbacks.first._target_=os.system"][..],
        &["-m", "seed=1,2", "~hydra.callbacks.first.name"],
    ] {
        let (told, trial, sandbox) = run(arguments);
        assert_eq!((trial.status(), trial.jobs().len()), (Status::Failure, 0));
        assert_eq!(told, [""; 0]);
        assert_eq!(sandbox.files().expect("readable"), Vec::<std::path::PathBuf>::new());
        assert!(trial.err().contains("hydra.callbacks.first."), "{}", trial.err());
    }
    // Who only looks is not disturbed.
    let (_, trial, _) = run(&["hydra.callbacks.first._target_=os.system", "--cfg", "job"]);
    assert_eq!((trial.out(), trial.err()), ("seed: 1\n", ""));
}

/// The last lines of a log, without times.
fn last(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a log");
    text.lines()
        .last()
        .and_then(|line| line.split_once("]["))
        .map_or(text.clone(), |(_, rest)| rest.to_owned())
}

#[cfg(unix)]
#[test]
fn the_end_of_a_job_that_is_stopped_is_told_in_a_worker_too() {
    use crate::app::wait_for;
    let scratch = Scratch::new();
    scratch.write(
        "conf/config.yaml",
        "hydra:\n  callbacks:\n    info: {_target_: job_info}\n    log: {_target_: log_job_return}\n",
    );
    for (name, more) in [("alone", vec![]), ("worker", vec!["+hydra.job.env_set.X=1"])] {
        let mut command = Command::new(example("app"));
        command.current_dir(&scratch.0).env_clear().envs([("HC_CONFIG_NAME", "config"), ("HC_SLEEP", "60")]);
        command.args(["-cd", "conf", &format!("hydra.run.dir={name}")]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().expect("it starts");
        wait_for(&scratch.0.join(name).join(".hydra/run.json"));
        // The record is there before the job is: give it the time to begin.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(killed.expect("kill starts").success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
        let info = scratch.0.join(name).join(".hydra/job_return.json");
        let info = fs::read_to_string(info).expect("it is told");
        assert!(info.contains("\"status\": \"interrupted\""), "{info}");
        let line = last(&scratch.0.join(name).join("app.log"));
        assert_eq!(line, "hydra.experimental.callbacks.LogJobReturnCallback][ERROR] - Interrupted by SIGINT");
    }
}

#[cfg(unix)]
#[test]
fn a_sweep_that_is_stopped_ends_too() {
    use crate::app::wait_for;
    let scratch = Scratch::new();
    let mut command = Command::new(example("components"));
    // More steps than anybody waits for.
    command.current_dir(&scratch.0).env_clear().args(["-m", "steps=4000000000,1", "hydra.sweep.dir=s"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    wait_for(&scratch.0.join("s/0/.hydra/run.json"));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill starts").success());
    let output = child.wait_with_output().expect("it ends");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(out.ends_with("none came down\n"), "{out}");
    let said = "SIGINT: the run in s/0 is interrupted\nerror[job]: the sweep in `s` was interrupted\n";
    assert!(err.contains(said), "{err}");
}
