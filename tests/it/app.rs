//! Tests of programs: in this process, each in a directory of its own; and examples as processes.
//!
//! Case files hold files (`=== PATH`, then their text) and commands: `$ [NAME=VALUE] app …` or another of [`PROGRAMS`],
//! `$ cat PATH`, and `$ files [FOLDER]`, which lists what is there and was not at the beginning; then `---`, and what each command prints.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mainstem::app::{App, Bound, Configs, Direction, Maximize, Sandbox, Status};
use mainstem::diag::Error;
use mainstem::run::{Outcome, Run};
use mainstem::value::Node;

use crate::cases;
use crate::cli::{Scratch, words};

/// The examples that case files call.
const PROGRAMS: [&str; 4] = ["app", "components", "mainstem", "tiny"];

/// An example, built anew if it is older than the command beside it.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let command = Path::new(env!("CARGO_BIN_EXE_mainstem"));
        let folder = command.parent().expect("it lies in a folder");
        let examples = folder.join("examples");
        let app = examples.join("app").with_extension(std::env::consts::EXE_EXTENSION);
        let age = |path: &Path| {
            fs::metadata(path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        if age(&app) < age(command) {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--quiet", "--examples"]).current_dir(env!("CARGO_MANIFEST_DIR"));
            if folder.ends_with("release") {
                cargo.arg("--release");
            }
            if cfg!(feature = "serde") {
                cargo.arg("--all-features");
            }
            assert!(cargo.status().expect("cargo starts").success(), "the examples do not build");
        }
        examples
    });
    folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

/// What changes from run to run, masked.
fn masked(text: &str, dir: &Path) -> String {
    let programs = example("app").parent().expect("a folder").display().to_string();
    let text = text.replace(&dir.display().to_string(), "<DIR>").replace(&programs, "<BIN>");
    let text = text.replace(env!("CARGO_BIN_EXE_mainstem"), "<BIN>/mainstem");
    let text = text.replace(env!("CARGO_MANIFEST_DIR"), "<CRATE>");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let shapes = [("0000-00-00 00:00:00,000", "<TIME>"), ("0000-00-00/00-00-00", "<DATE>/<TIME>")];
        let fits = |shape: &str| {
            rest.len() >= shape.len()
                && rest
                    .bytes()
                    .zip(shape.bytes())
                    .all(|(c, s)| if s == b'0' { c.is_ascii_digit() } else { c == s })
        };
        match shapes.iter().find(|(shape, _)| fits(shape)) {
            Some((shape, mask)) => {
                out.push_str(mask);
                rest = &rest[shape.len()..];
            }
            None => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    out + rest
}

fn transcript(input: &str) -> String {
    let scratch = Scratch::new();
    let mut commands = Vec::new();
    let mut file: Option<(&str, String)> = None;
    let mut given = BTreeSet::new();
    for line in input.lines().chain(["$"]) {
        let (path, command) = (line.strip_prefix("=== "), line.strip_prefix('$'));
        if path.is_some() || command.is_some() {
            if let Some((path, text)) = file.take() {
                scratch.write(path, &text);
                given.insert(path.to_owned());
            }
            file = path.map(|path| (path, String::new()));
            commands.extend(command.map(str::trim).filter(|command| !command.is_empty()));
        } else if let Some((_, text)) = &mut file {
            text.push_str(line);
            text.push('\n');
        }
    }
    let mut shown = String::new();
    for command in commands {
        let _ = writeln!(shown, "$ {command}\n{}", masked(&answer(&scratch, &given, command), &scratch.0));
    }
    shown
}

fn answer(scratch: &Scratch, given: &BTreeSet<String>, command: &str) -> String {
    let mut words = words(command);
    if words.first().is_some_and(|word| word == "files") {
        let top = words.get(1).map_or(scratch.0.clone(), |folder| scratch.0.join(folder));
        let mut files = Vec::new();
        list(&top, &top, &mut files);
        files.sort();
        return files.iter().filter(|path| !given.contains(*path)).map(|path| format!("{path}\n")).collect();
    }
    if let Some((_, path)) = words.first().filter(|word| *word == "cat").zip(words.get(1)) {
        return fs::read_to_string(scratch.0.join(path)).unwrap_or_else(|error| format!("{error}\n"));
    }
    let program =
        words.iter().position(|word| PROGRAMS.contains(&word.as_str())).expect("a call of a program");
    let arguments = words.split_off(program + 1);
    let mut command = match words[program].as_str() {
        "mainstem" => Command::new(env!("CARGO_BIN_EXE_mainstem")),
        name => Command::new(example(name)),
    };
    command.args(arguments).current_dir(&scratch.0).env_clear();
    command.envs(words.iter().filter_map(|word| word.split_once('=')));
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}{}[{}]\n",
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().expect("no signal")
    )
}

fn list(top: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            list(top, &path, found);
        } else {
            found.push(path.strip_prefix(top).expect("below").to_string_lossy().into_owned());
        }
    }
}

#[test]
fn case_files() {
    cases::run("app", transcript);
}

static CONF: &[(&str, &str)] = &[
    ("config", "defaults: [{model: forest}, _self_]\nseed: 1\nlr: 0.1\n"),
    ("model/forest", "trees: 50\n"),
    ("model/tree", "depth: 3\n"),
];

fn app<R: mainstem::app::JobResult>(job: impl Fn(&Bound, &Run) -> R + Send + Sync + 'static) -> App {
    App::new("train", job)
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config")
        .with_version("1.2.3")
}

fn sandbox() -> Sandbox {
    Sandbox::new().expect("a sandbox")
}

#[test]
fn a_job_gets_its_config_and_says_its_objective() {
    let app = app(|config: &Bound, run: &Run| -> Result<Maximize, Error> {
        assert_eq!(config.require("hydra.runtime.output_dir")?.as_str(), run.dir().to_str());
        assert_eq!(config.select("model.nope")?, None);
        fs::write(run.artifact("model.bin")?, "x").expect("writable");
        run.log_metric("accuracy", 0.5, 0)?;
        Ok(Maximize(if config.require("model.trees")? == Node::from(7) { 0.9 } else { 0.1 }))
    });
    let sandbox = sandbox();
    let trial = sandbox.run(&app, ["model.trees=7"]);
    assert_eq!((trial.status(), trial.out(), trial.err()), (Status::Success, "", ""));
    let [job] = trial.jobs() else { panic!("{:?}", trial.jobs()) };
    assert_eq!(job.objectives()[0].value, 0.9);
    assert_eq!(job.objectives()[0].direction, Some(Direction::Maximize));
    assert_eq!(job.outcome(), &Outcome::Completed(Some(Node::from(0.9))));
    assert_eq!(job.directory(), sandbox.path().join("outputs/1970-01-01/00-00-00"));
    assert!(job.directory().join("model.bin").is_file());
}

#[test]
fn runs_of_the_same_second_get_their_own_directories_and_know_them() {
    let app = app(|config: &Bound, _: &Run| {
        config
            .require("hydra.run.dir")
            .map(|dir| assert!(dir.as_str().is_some_and(|dir| dir.starts_with("outputs/"))))
    });
    let sandbox = sandbox();
    let names: Vec<String> = (0..3)
        .map(|_| {
            let trial = sandbox.run(&app, ["seed=1"]);
            trial.jobs()[0].directory().file_name().expect("a name").to_string_lossy().into_owned()
        })
        .collect();
    assert_eq!(names, ["00-00-00", "00-00-00_1", "00-00-00_2"]);
    let hydra = sandbox.read("outputs/1970-01-01/00-00-00_2/.hydra/hydra.yaml").expect("a record");
    assert!(hydra.contains("    dir: outputs/1970-01-01/00-00-00_2\n"), "{hydra}");
    let first = sandbox.read("outputs/1970-01-01/00-00-00/.hydra/hydra.yaml").expect("a record");
    assert!(first.contains("    dir: outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}\n"), "{first}");
}

#[test]
fn a_check_that_panics_is_an_error_and_leaves_no_run() {
    #[derive(mainstem::Config)]
    #[mainstem(check = broken)]
    struct Broken {
        #[mainstem(default = 1)]
        seed: u32,
    }
    fn broken(config: &Broken) -> Result<(), String> {
        panic!("no check of {}", config.seed)
    }
    let sandbox = sandbox();
    let trial = sandbox.run(&App::typed("train", |_: Broken, _: &Run| ()), ["hydra.run.dir=a"]);
    assert_eq!(trial.status(), Status::Failure);
    let said = trial.err();
    assert!(said.starts_with("error[job]: reading the config panicked at tests/it/app.rs:"), "{said}");
    assert!(said.contains("no check of 1"), "{said}");
    // Beside a mistake in what is typed, too.
    let trial = sandbox.run(&App::typed("train", |_: Broken, _: &Run| ()), ["hydra.run.dir=a", "sed=1"]);
    let said = trial.err();
    assert!(said.contains("`sed`") && said.contains("reading the config panicked"), "{said}");
    assert!(!sandbox.path().join("a").exists());
}

#[test]
fn a_run_that_cannot_begin_leaves_the_record_of_the_one_before() {
    let sandbox = sandbox();
    let typed = App::typed("train", |_: BTreeMap<String, f64>, _: &Run| ());
    let typed = typed.with_configs(Configs::embedded(&[("config", "lr: 0.1")])).with_config_name("config");
    for subdir in [".hydra", "."] {
        let with = |more: &'static str| {
            let place = if subdir == "." { "hydra.run.dir=b" } else { "hydra.run.dir=a" };
            let subdir = if subdir == "." { "hydra.output_subdir=." } else { "hydra.output_subdir=.hydra" };
            sandbox.run(&typed, [place, subdir, more])
        };
        assert_eq!(with("lr=0.5").status(), Status::Success);
        let names = |place: &str| {
            let all = fs::read_dir(sandbox.path().join(place)).expect("a directory").flatten();
            let mut all: Vec<_> = all.map(|one| one.file_name().into_string().expect("text")).collect();
            all.sort();
            all
        };
        let place = if subdir == "." { "b" } else { "a/.hydra" };
        let before = names(place);
        let failed = with("lr=${nope}");
        assert_eq!(failed.status(), Status::Failure);
        assert!(!failed.err().contains("the record of the run before"), "{}", failed.err());
        assert_eq!(names(place), before, "{}", failed.err());
        assert!(with("lr=0.7").err().contains("the record of the run before is now"));
    }
}

#[test]
fn a_failure_and_a_panic_are_told_with_what_caused_them_and_recorded() {
    static LINE: AtomicU32 = AtomicU32::new(0);
    let failing = app(|config: &Bound, _: &Run| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let seed = config.require("seed")?;
        if seed == Node::from(2) {
            LINE.store(line!() + 1, Ordering::SeqCst);
            panic!("no {}", "luck");
        }
        config.require("nope").map(|_| ()).map_err(Into::into)
    });
    let sandbox = sandbox();
    let trial = sandbox.run(&failing, ["hydra.run.dir=a"]);
    let words = "error[unknown-key]: there is no `nope` in the composed config\n";
    assert!(trial.err().starts_with(words) && trial.err().contains("the run is in a\n"), "{}", trial.err());
    assert_eq!(trial.status(), Status::Failure);
    assert!(sandbox.read("a/train.log").expect("a log").contains("Job failed\nerror[unknown-key]"));
    let trial = sandbox.run(&failing, ["seed=2", "hydra.run.dir=b"]);
    let line = LINE.load(Ordering::SeqCst);
    let words = format!("error[job]: the job panicked at tests/it/app.rs:{line}:13: no luck\n");
    assert!(trial.err().starts_with(&words), "{}", trial.err());
    assert_eq!(trial.status(), Status::Failure);
    assert!(matches!(trial.jobs()[0].outcome(), Outcome::Panicked(_)));
    for (dir, place) in [("a", None), ("b", Some(format!("tests/it/app.rs:{line}:13")))] {
        let record = sandbox.read(format!("{dir}/.hydra/run.json")).expect("a record");
        assert!(record.contains("\"status\": \"failed\""), "{record}");
        assert!(place.is_none_or(|place| record.contains(&place)), "{record}");
    }
}

#[test]
fn a_run_whose_end_cannot_be_recorded_has_not_completed() {
    let app = app(|_: &Bound, run: &Run| {
        // No file can be put in the place of a folder.
        let record = run.dir().join(".hydra/run.json");
        fs::remove_file(&record).and_then(|()| fs::create_dir_all(record.join("folder"))).expect("writable");
    });
    let trial = sandbox().run(&app, ["hydra.run.dir=a"]);
    assert!(trial.err().starts_with("error[io]: "), "{}", trial.err());
    assert!(trial.err().contains("run.json"), "{}", trial.err());
    assert_eq!(trial.status(), Status::Failure);
}

#[test]
fn a_sweep_runs_its_jobs_in_order_and_ends_with_the_failure_of_one() {
    let app = app(|config: &Bound, _: &Run| -> Result<f64, String> {
        let num = config.require("hydra.job.num").map_err(|error| error.to_string())?;
        if num == Node::from(1) { Err("unlucky".to_owned()) } else { Ok(0.5) }
    });
    let sandbox = sandbox();
    let trial = sandbox.run(&app, ["-m", "lr=0.1,0.2", "model=tree,forest", "hydra.sweep.dir=sw"]);
    assert_eq!(trial.status(), Status::Failure);
    assert_eq!(trial.jobs().len(), 4);
    assert_eq!(trial.jobs().iter().map(|job| job.objectives().len()).collect::<Vec<_>>(), [1, 0, 1, 1]);
    assert_eq!(sandbox.read("sw/2/.hydra/overrides.yaml").expect("a record"), "- lr=0.2\n- model=tree\n");
    assert!(sandbox.read("sw/multirun.yaml").expect("a record").starts_with("hydra:\n  run:\n"));
    assert_eq!(sandbox.read("sw/1/.hydra/run.json").expect("a record").matches("unlucky").count(), 1);
    let batches = ["-m", "lr=0.1,0.2,0.3", "hydra.sweep.dir=b", "hydra.sweeper.max_batch_size=2"];
    assert_eq!(sandbox.run(&app, batches).jobs().len(), 2, "the batch of the failure is the last one");
    let shared = ["-m", "lr=0.1,0.2", "hydra.sweep.dir=c", "hydra.sweep.subdir=same", "hydra.mode=RUN"];
    let trial = sandbox.run(&app, shared);
    let names: Vec<_> = trial.jobs().iter().map(|job| job.directory().file_name()).collect();
    assert_eq!(names, [Some("same".as_ref()), Some("same_1".as_ref())]);
    assert!(
        trial.err().starts_with("warning[usage]: `--multirun` wins over `hydra.mode=RUN`\n"),
        "{}",
        trial.err()
    );
}

#[test]
fn a_mistake_in_one_job_of_a_batch_starts_none() {
    let app = app(|_: &Bound, _: &Run| -> () { panic!("no job is to run") });
    let sandbox = sandbox();
    let trial =
        sandbox.run(&app, ["-m", "lr=0.1", "model=forest,tree", "model.trees=3", "hydra.sweep.dir=sw"]);
    assert_eq!((trial.status(), trial.jobs().len()), (Status::Failure, 0));
    assert!(trial.err().starts_with("error[unknown-key]: there is no key `model.trees`"), "{}", trial.err());
}

#[test]
fn scratch_leaves_nothing() {
    let sandbox = sandbox();
    let app = app(|_: &Bound, run: &Run| {
        fs::write(run.dir().join("x"), "x").expect("writable");
    });
    let trial = sandbox.run(&app, ["--scratch"]);
    assert_eq!(trial.status(), Status::Success);
    assert!(!trial.jobs()[0].directory().exists());
    assert!(sandbox.files().expect("readable").is_empty());
}

#[test]
fn wrong_usage_is_one_status_and_all_else_another() {
    let app = app(|_: &Bound, _: &Run| ());
    let cases: [(&[&str], Status, &str); 6] = [
        (&["--version"], Status::Success, ""),
        (&["--nope"], Status::Usage, "error[usage]: there is no flag `--nope`"),
        (&["--cfg", "job", "-m"], Status::Failure, "error[usage]: these flags exclude each other"),
        (&["lr=1,2"], Status::Failure, "error[sweep]: ambiguous value: `lr=1,2` is a sweep"),
        (
            &["-cp", "nowhere"],
            Status::Failure,
            "error[not-found]: the config directory `nowhere` does not exist",
        ),
        (&["hydra.job.chdir=true"], Status::Failure, "error[job]: `hydra.job.chdir` changes the directory"),
    ];
    for (arguments, status, err) in cases {
        let trial = sandbox().run(&app, arguments);
        assert_eq!(trial.status(), status, "{arguments:?}");
        assert!(trial.err().starts_with(err), "{arguments:?}: {}", trial.err());
    }
    assert_eq!(sandbox().run(&app, ["--version"]).out(), "train 1.2.3\n");
}

#[test]
fn configs_are_looked_for_in_the_crate_and_beside_the_program_and_never_here() {
    let sandbox = sandbox().with_file("conf/config.yaml", "a: 1\n").expect("writable");
    let app =
        |configs| App::new("x", |_: &Bound, _: &Run| ()).with_configs(configs).with_config_name("config");
    let trial = sandbox.run(&app(Configs::in_crate("/nowhere", "conf")), ["-c", "job"]);
    assert!(
        trial.err().starts_with("error[not-found]: the folder `conf` of the program's configs is not there")
    );
    let started_by_cargo = sandbox.path().display().to_string();
    let sandbox = sandbox.with_env("CARGO_MANIFEST_DIR", &started_by_cargo);
    let trial = sandbox.run(&app(Configs::in_crate(&started_by_cargo, "conf")), ["-c", "job"]);
    assert_eq!(trial.out(), "a: 1\n");
    let trial = sandbox.run(&app(Configs::beside(sandbox.path().join("conf"))), ["-c", "job"]);
    assert_eq!(trial.out(), "a: 1\n");
}

/// Waits until a file is there and holds something.
#[cfg(unix)]
pub(crate) fn wait_for(path: &Path) {
    let there = || fs::metadata(path).is_ok_and(|file| file.len() > 0);
    let waited = (0..2000).any(|_| {
        there() || {
            std::thread::sleep(Duration::from_millis(5));
            false
        }
    });
    assert!(waited, "{} does not come", path.display());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_job_in_order_in_a_worker_too() {
    use std::os::unix::process::ExitStatusExt as _;
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", "a: 1\n");
    for (name, more, signal, code) in [
        ("int", vec![], "INT", 130),
        ("term", vec![], "TERM", 143),
        ("worker", vec!["+hydra.job.env_set.X=1"], "TERM", 143),
    ] {
        let mut command = Command::new(example("app"));
        command.current_dir(&scratch.0).env_clear();
        command.envs([("HC_CONFIG_NAME", "config"), ("HC_SLEEP", "60")]);
        command.args(["-cd", "conf", &format!("hydra.run.dir={name}")]).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("it starts");
        wait_for(&scratch.0.join(name).join(".hydra/run.json"));
        // The record is there before the job is: give it the time to begin.
        std::thread::sleep(Duration::from_millis(300));
        let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        assert!(killed.expect("kill starts").success());
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.status.signal()), (Some(code), None), "{name}: {err}");
        assert!(err.ends_with(&format!("SIG{signal}: the run in {name} is interrupted\n")), "{name}: {err}");
        let record = fs::read_to_string(scratch.0.join(name).join(".hydra/run.json")).expect("a record");
        assert!(record.contains("\"status\": \"interrupted\""), "{record}");
        assert!(!record.contains("mainstem-worker"), "{record}");
    }
}

#[cfg(feature = "derive")]
mod typed {
    use super::*;

    /// A training run.
    #[derive(Debug, PartialEq, mainstem::Config)]
    struct Train {
        /// Step size.
        #[mainstem(default = 0.01, range = 1e-6..=1.0)]
        lr: f64,
        #[mainstem(default = 42)]
        seed: u64,
        name: String,
    }

    fn app(text: &'static str) -> App {
        let files: &'static [(&str, &str)] = Box::leak(Box::new([("config", text)]));
        App::typed("train", |train: Train, run: &Run| -> Result<Maximize, Error> {
            run.log_params([("lr", train.lr)])?;
            assert_eq!(train.name, "wine");
            Ok(Maximize(train.lr))
        })
        .with_configs(Configs::embedded(files))
        .with_config_name("config")
    }

    #[test]
    fn a_struct_alone_is_a_config_and_files_and_arguments_go_over_it() {
        let trial = sandbox().run(&app("name: wine\n"), ["lr=1"]);
        assert_eq!((trial.status(), trial.err()), (Status::Success, ""));
        assert_eq!(trial.jobs()[0].objectives()[0].value, 1.0);
        let trial = sandbox().run(&app("name: wine\nseed: 7\n"), ["-c", "job"]);
        assert_eq!((trial.out(), trial.err()), ("lr: 0.01\nseed: 7\nname: wine\n", ""));
        let trial = sandbox().run(&app("name: wine\n"), ["--explain", "lr"]);
        assert_eq!(trial.out(), "lr = 0.01\n  defaults of Train  0.01  in force\n");
    }

    #[test]
    fn every_mistake_is_told_before_anything_runs_and_nothing_is_left() {
        let sandbox = sandbox();
        for (arguments, expected) in [
            (&["seed=x", "lr=many"][..], &["`seed` must be", "`lr` must be"][..]),
            (&["lr=7"], &["`lr`"]),
            (&["+sede=1"], &["there is no key `sede`"]),
            (&["name=???"], &["`name`"]),
            (&["-m", "lr=0.1,7"], &["`lr`"]),
        ] {
            let trial = sandbox.run(&app("name: wine\n"), arguments);
            assert_eq!((trial.status(), trial.jobs().len()), (Status::Failure, 0), "{arguments:?}");
            for words in expected {
                assert!(trial.err().contains(words), "{arguments:?}: {}", trial.err());
            }
        }
        assert_eq!(sandbox.files().expect("readable"), Vec::<PathBuf>::new());
    }

    /// What counts is that it compiles.
    #[mainstem::pipeline_main(config_path = "examples/wine/conf", config_name = "config", embed, name = "x")]
    async fn waits(cfg: &Bound, run: &Run) -> Result<(), Error> {
        std::future::ready(run.dir()).await;
        cfg.require("seed").map(|_| ())
    }

    /// What counts is that it compiles.
    #[mainstem::pipeline_main(version = "1")]
    fn names_nothing(_: Train) {}
}
