//! A project in a directory of its own, and its runs in this process and in others.
#![expect(
    clippy::disallowed_methods,
    reason = "a test that starts processes tells them what to do by variables"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use mainstem::app::{facts, process};
use mainstem::compose::{Composer, Memory, Mode};
use mainstem::diag::Result;
use mainstem::facts::{Facts, Process};
use mainstem::run::{About, Outcome, Place, Rank, Reserved, Running, Surroundings};
use mainstem::settings::project;
use mainstem::value::Node;

/// A directory that is gone when the test is.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mainstem-run-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a scratch directory");
        Self(path.canonicalize().expect("it was just made"))
    }

    /// All files below, as paths from here, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        files(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn files(top: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![top.to_owned()]);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(top).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

const CONFIG: &str = "\
seed: 7
train:
  lr: 0.1
  copy: ${train.lr}
open: ???
broken: ${nowhere}
";

/// One start of the program.
pub(crate) struct Start {
    pub(crate) composer: Composer,
    pub(crate) facts: Facts,
    pub(crate) process: Process,
    pub(crate) overrides: Vec<String>,
}

impl Start {
    pub(crate) fn new(cwd: &Path, overrides: &[&str]) -> Self {
        let facts = Facts { cwd: cwd.to_owned(), ..facts().expect("facts") };
        let process = process(&facts);
        let composer = project(Memory::new().text("config", CONFIG), facts.clone(), "train");
        Self { composer, facts, process, overrides: overrides.iter().map(|&text| text.to_owned()).collect() }
    }

    pub(crate) fn reserve(&self, rank: Option<Rank>) -> Result<(Reserved, mainstem::run::Told)> {
        let arguments = self.composer.arguments(Some("config"), &self.overrides)?;
        let composed = self.composer.compose(Some("config"), &arguments, Mode::Run)?;
        let about = About::of(&self.composer, composed.root())?;
        let place = Place::of(&self.composer, composed.root())?;
        let reserved = place.reserve(&about, &self.facts, &self.process, rank)?;
        let told = reserved.tell(&self.composer, composed.root());
        Ok((reserved, told))
    }

    pub(crate) fn begin(&self) -> Result<Running> {
        let (reserved, told) = self.reserve(Rank::of(&self.facts.env, &self.process))?;
        let (facts, process) = (self.facts.clone(), self.process.clone());
        reserved.begin(&told, move || mainstem::run::surroundings(&facts, &process))
    }

    /// With nothing to be found out beside it.
    pub(crate) fn begin_alone(&self) -> Result<Running> {
        let (reserved, told) = self.reserve(None)?;
        reserved.begin(&told, Surroundings::default)
    }
}

/// A run that came to its end.
pub(crate) fn run(cwd: &Path, overrides: &[&str]) -> PathBuf {
    let running = Start::new(cwd, overrides).begin_alone().expect("it begins");
    let directory = running.run().dir().to_owned();
    running.finish(&Outcome::Completed(Some(Node::from(0.5)))).expect("it ends");
    directory
}

/// Starts the job below in a process of its own.
pub(crate) fn spawn(cwd: &Path, act: &str, overrides: &[&str], env: &[(&str, &str)]) -> Child {
    let program = std::env::current_exe().expect("this program");
    Command::new(program)
        .args(["run::project::job", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .current_dir(cwd)
        .env("JOB_ACT", act)
        .env("JOB_OVERRIDES", overrides.join("\n"))
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// What another process does: not a test, but the job of one.
#[test]
#[ignore = "started by other tests, in a process of its own"]
fn job() {
    let Ok(act) = std::env::var("JOB_ACT") else { return };
    let overrides = std::env::var("JOB_OVERRIDES").expect("overrides");
    let overrides: Vec<&str> = overrides.lines().collect();
    let cwd = std::env::current_dir().expect("a directory");
    // All begin at once.
    while act == "at once" && !cwd.join("go").exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let running = Start::new(&cwd, &overrides).begin().expect("it begins");
    let run = running.run();
    if act == "work" {
        for step in 0..40 {
            run.log_metric("loss", 1.0 / (f64::from(step) + 1.0), u64::from(step as u32)).expect("a metric");
            std::thread::sleep(std::time::Duration::from_millis(2));
            if step % 10 == 0 {
                run.checkpoints().save(u64::from(step as u32), vec![b'x'; 100_000]).expect("a checkpoint");
            }
        }
    } else if act == "wait" {
        fs::write(run.artifact("waiting").expect("a name"), "").expect("an artifact");
        std::thread::sleep(std::time::Duration::from_secs(60));
    } else {
        run.log_metric("loss", 0.5, 0).expect("a metric");
    }
    running.finish(&Outcome::Completed(Some(Node::from(0.5)))).expect("it ends");
}
