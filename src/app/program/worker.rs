//! A job in a process of its own: the same program with a hidden first argument, for jobs that change the environment.
//!
//! A job of a sweep is told its order by its standard input, which the driver holds open: nothing lies on a disk that a
//! killed driver could leave there. A job alone has the standard input of the user: its order lies in a file that only the
//! user can read, and that is gone as soon as it was read.

use std::fs::{self, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::order::{INPUT, OfSweep, Order, WORKER};
use crate::app::program::session::Session;
use crate::app::program::signals::{self, Stop};
use crate::diag::{Error, ErrorKind, Result};
use crate::facts::Process;
use crate::launch::{Event, Exit, Group, Halt, Launcher as _, Program, Slot, Workers};
use crate::run::{RunId, Surroundings};
use crate::value::{Node, write_str};

/// The variables that a job needs and this process does not have: none, if it can run here.
///
/// # Errors
/// `hydra.job.env_set` cannot be resolved.
pub(crate) fn needed(session: &Session<'_>, bound: &Bound) -> Result<Option<Vec<(String, String)>>> {
    if session.order.is_some() {
        return Ok(None);
    }
    let pairs = pairs(bound.select("hydra.job.env_set")?.as_ref());
    let env = &session.composer.facts().env;
    let there = pairs.iter().all(|(name, value)| env.get(name) == Some(value.as_str()));
    Ok((!there).then_some(pairs))
}

fn pairs(node: Option<&Node>) -> Vec<(String, String)> {
    let pairs = node.and_then(Node::as_map).into_iter().flatten().map(|(key, slot)| {
        let mut value = String::new();
        write_str(&slot.node, &mut value);
        (key.to_string(), value)
    });
    pairs.collect()
}

/// The config as the job sees it, with the variables it runs with, and as its record says them.
///
/// # Errors
/// `hydra.job.env_set` cannot be resolved.
pub(crate) fn with_environment(bound: Bound) -> Result<Bound> {
    let Some(node) = bound.select("hydra.job.env_set")? else { return Ok(bound) };
    let pairs = pairs(Some(&node));
    if pairs.is_empty() {
        return Ok(bound);
    }
    Ok(bound.with_fact(&["hydra", "job", "env_set"], node).with_environment(&pairs))
}

/// A worker for a job of a sweep. `surroundings` is what stands around it, if that is known.
///
/// # Errors
/// There can be no worker here.
pub(crate) fn of_sweep(
    session: &Session<'_>,
    environment: Vec<(String, String)>,
    surroundings: Option<Surroundings>,
    job: OfSweep,
) -> Result<Program> {
    let order = Order { watched: true, surroundings, of_sweep: Some(job), ..order(session, &environment) };
    let input = order.to_json() + "\n";
    // It must not outlive its driver: whoever comes after it takes up the job.
    let program = program(session, environment, INPUT.as_ref())?;
    Ok(Program { input: input.into(), group: Group::Own, ..program })
}

/// A worker for a job alone, and its order, which is there as long as it lives.
///
/// # Errors
/// There can be no worker here; the order cannot be written.
fn alone(session: &Session<'_>, environment: Vec<(String, String)>) -> Result<(Program, OrderFile)> {
    let order = OrderFile::write(&order(session, &environment), &session.process())?;
    let program = program(session, environment, &order.0)?;
    Ok((Program { group: Group::Shared, ..program }, order))
}

fn order(session: &Session<'_>, environment: &[(String, String)]) -> Order {
    let facts = session.composer.facts();
    let before = environment.iter().map(|(name, _)| (name.clone(), facts.env.get(name).map(str::to_owned)));
    Order {
        now: facts.now.get(),
        before: before.collect(),
        parent: std::process::id(),
        watched: false,
        surroundings: None,
        of_sweep: None,
    }
}

/// This program as a worker, with its order at that place.
fn program(session: &Session<'_>, environment: Vec<(String, String)>, order: &Path) -> Result<Program> {
    let alone = || Error::new(ErrorKind::Job, "the job needs a process of its own");
    let (Some(file), true) = (&session.executable, session.owns_process) else {
        let error = alone().note("`hydra.job.env_set`, `-j` and some launchers ask for it");
        return Err(error.help("run the program as a process of its own"));
    };
    let Some(mut arguments) = session.prefix() else {
        return Err(alone().note("the program was called with other arguments than those of its process"));
    };
    arguments.extend([WORKER.into(), order.into()]);
    arguments.extend(session.arguments.iter().chain(&session.app.tail).cloned());
    let directory = session.composer.facts().cwd.clone();
    Ok(Program { file: file.clone(), arguments, directory, environment, ..Program::default() })
}

/// Runs a job alone in a worker, and waits for it.
///
/// # Errors
/// The worker cannot be started.
pub(crate) fn run(session: &Session<'_>, environment: Vec<(String, String)>) -> Result<Status> {
    let (program, _order) = alone(session, environment)?;
    let mut workers = Workers::new(vec![Slot::default()]);
    let bell = workers.bell();
    // Whoever types Ctrl-C sends the signal to both.
    let terminal = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
    let _watch = signals::watch(move |stop: Stop| {
        if stop.how() != Halt::Interrupt || !terminal {
            bell.ring(stop.how());
        }
    })?;
    workers.submit(0, program)?;
    loop {
        match workers.wait(None)? {
            Some(Event::Ended { end, .. }) => return Ok(ended(end)),
            Some(Event::Asked(how)) => workers.halt(0, how),
            None => {}
        }
    }
}

fn ended(exit: Exit) -> Status {
    let by = |signal: i32| Status::Interrupted(u8::try_from(signal).unwrap_or(0));
    match exit {
        Exit::Code(0) => Status::Success,
        Exit::Code(code @ 129..=159) => by(code - 128),
        Exit::Signal(signal) => by(signal),
        Exit::Code(_) | Exit::Lost => Status::Failure,
    }
}

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct OrderFile(PathBuf);

impl OrderFile {
    /// The name cannot be guessed, and no other process has it: numbers of processes are the same in two containers
    /// that share a directory.
    fn write(order: &Order, process: &Process) -> Result<Self> {
        let failed = |path: &Path, error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()))
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        loop {
            let id = RunId::new(process, process.clock.now());
            let path = std::env::temp_dir().join(format!("mainstem-order-{id}.json"));
            let mut file = match options.open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(&path, error)),
            };
            // From here on it is removed whatever happens.
            let written = Self(path);
            file.write_all(order.to_json().as_bytes()).map_err(|error| failed(&written.0, error))?;
            return Ok(written);
        }
    }
}

impl Drop for OrderFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
