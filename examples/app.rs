//! A program that shows what it was told: for trying flags and overrides, and for comparing with Hydra.
//!
//! `cargo run --example app -- --config-dir conf --config-name config db=pg`
//!
//! The environment says what it does beside: `HC_CONFIG_NAME` names the primary config, `HC_BEGIN` says `begun`
//! first of all and waits so many seconds, `HC_RESOLVE=1` prints the config resolved, `HC_LOG` logs two lines,
//! `HC_READ=key` prints one value, `HC_SLEEP` is a number of seconds to wait, `HC_SHELL` a command that is waited
//! for, `HC_PANIC` panics and catches it, `HC_RAISE` fails, `HC_EXIT` is a status with which the process ends at
//! once, `HC_MARK` is a file to add the job's number to, `HC_RESULT=key` is the value to return, `HC_ALONE` is a
//! folder in which each job adds to a file of its own when it begins, when it ends, and if another copy of it
//! runs; `HC_STEPS` is a number of steps of 0.1 s, with a checkpoint when one is asked for; `HC_LINGER` runs it
//! all twice, and is a number of seconds to live on then.

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{env, io, panic, thread};

use mainstem::app::{App, Bound};
use mainstem::run::Run;
use mainstem::value::{Kind, Node, write_repr, write_yaml};

fn main() -> ExitCode {
    let app = App::new("app", job).with_version(env!("CARGO_PKG_VERSION"));
    let app = match said("HC_CONFIG_NAME") {
        Some(name) => app.with_config_name(name),
        None => app,
    };
    let ended = app.main();
    if let Some(seconds) = said("HC_LINGER").and_then(|seconds| seconds.parse().ok()) {
        app.main();
        thread::sleep(Duration::from_secs(seconds));
    }
    ended
}

/// A variable that is set, and not to nothing.
#[expect(clippy::disallowed_methods, reason = "an example reads its own environment")]
fn said(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "an example shows its own directory")]
fn job(config: &Bound, run: &Run) -> Result<Option<f64>, Box<dyn Error + Send + Sync>> {
    if let Some(seconds) = said("HC_BEGIN") {
        writeln!(io::stdout(), "begun")?;
        thread::sleep(Duration::try_from_secs_f64(seconds.parse()?)?);
    }
    let mut text = String::new();
    if said("HC_RESOLVE").as_deref() == Some("1") {
        write_yaml(&config.resolve()?, &mut text);
    } else {
        text = config.to_yaml();
    }
    let started_in = config.require("hydra.runtime.cwd")?;
    let started_in = Path::new(started_in.as_str().unwrap_or("."));
    writeln!(io::stdout(), "{text}cwd: {}", relative(&env::current_dir()?, started_in).display())?;
    if said("HC_LOG").is_some() {
        log::info!(target: "app", "info line");
        log::debug!(target: "app", "debug line");
    }
    if let Some(key) = said("HC_READ") {
        let mut text = String::new();
        write_repr(&config.require(&key)?, &mut text);
        writeln!(io::stdout(), "{text}")?;
    }
    let alone = said("HC_ALONE").map(|folder| alone(config, &folder)).transpose()?;
    if let Some(steps) = said("HC_STEPS")
        && !train(run, steps.parse()?)?
    {
        return Ok(None);
    }
    if let Some(seconds) = said("HC_SLEEP") {
        thread::sleep(Duration::try_from_secs_f64(seconds.parse()?)?);
    }
    if let Some(command) = said("HC_SHELL") {
        let ended = Command::new("sh").args(["-c", &command]).status()?;
        writeln!(io::stdout(), "{ended}")?;
    }
    if let Some(words) = said("HC_PANIC") {
        #[expect(clippy::panic, reason = "it is what is tried")]
        let caught = panic::catch_unwind(|| panic!("{words}"));
        writeln!(io::stdout(), "caught: {}", caught.is_err())?;
    }
    if let Some(mut file) = alone {
        file.write_all(b"end\n")?;
    }
    if let Some(status) = said("HC_EXIT") {
        #[expect(clippy::exit, reason = "it is what libraries do that know no better")]
        std::process::exit(status.parse()?);
    }
    if said("HC_RAISE").is_some() {
        return Err("boom".into());
    }
    if let Some(file) = said("HC_MARK") {
        let mut file = File::options().create(true).append(true).open(file)?;
        file.write_all(format!("{}\n", number(config)?).as_bytes())?;
    }
    let Some(key) = said("HC_RESULT") else { return Ok(None) };
    match config.require(&key)?.kind {
        Kind::Float(number) => Ok(Some(number)),
        #[expect(clippy::cast_precision_loss, reason = "as Python's float() does")]
        Kind::Int(number) => Ok(Some(number as f64)),
        _ => Err(format!("`{key}` is no number").into()),
    }
}

/// Takes so many steps, from the latest checkpoint on. Whether it took all of them.
fn train(run: &Run, steps: u64) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let first = run.checkpoints().latest()?.map_or(0, |last| last.step + 1);
    for step in first..steps {
        writeln!(io::stdout(), "step {step}")?;
        thread::sleep(Duration::from_millis(100));
        if run.should_checkpoint() {
            run.checkpoints().save(step, b"")?;
            writeln!(io::stdout(), "saved {step}")?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// The number of the job in a sweep.
fn number(config: &Bound) -> Result<String, Box<dyn Error + Send + Sync>> {
    let number = config.select("hydra.job.num")?.filter(|number| !matches!(number.kind, Kind::Missing));
    let mut text = String::new();
    write_repr(&number.unwrap_or_else(Node::null), &mut text);
    Ok(text)
}

/// The file of a job, which it has locked, and in which it says that it begins.
fn alone(config: &Bound, folder: &str) -> Result<File, Box<dyn Error + Send + Sync>> {
    let path = Path::new(folder).join(number(config)?);
    let mut file = File::options().create(true).append(true).open(path)?;
    if file.try_lock().is_err() {
        file.write_all(b"twice\n")?;
    }
    file.write_all(b"begin\n")?;
    Ok(file)
}

/// The way from one directory to another.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let shared = to.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}
