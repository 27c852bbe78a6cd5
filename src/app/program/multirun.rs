//! `--multirun`: the jobs of a sweep, one after the other.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::{Callbacks, Scope};
use crate::app::program::finished::Finished;
use crate::app::program::job::{Extent, bind_in_sweep, call, place_in_sweep, ready, with_mode};
use crate::app::program::logging::{Logging, hydra_log, install};
use crate::app::program::session::{Session, setting, shown_setting};
use crate::app::program::worker::{self, OfSweep};
use crate::app::sweep::try_each;
use crate::compose::{Arguments, Mode};
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceKind, Span};
use crate::durable::{Sync, create_exclusive, write_whole_with};
use crate::grammar::{Action, Override, parse_override};
use crate::run::Place;
use crate::sweep::{Job, Jobs};
use crate::value::{Key, Node, write_str, write_yaml};

/// The seed of `shuffle`: the same sweep has the same order every time.
const SEED: u64 = 0;

/// Runs the jobs of a sweep in order. What is wrong with any of them is told before the first one starts.
///
/// # Errors
/// A sweep or a job that cannot be composed.
pub(crate) fn run(session: &Session<'_>) -> Result<Finished> {
    let arguments = arguments(session)?;
    let master = with_mode(session.bound(&arguments, Mode::Multirun)?, "MULTIRUN")?;
    session.warn(master.composed().warnings());
    let jobs = jobs(&master, &arguments)?;
    let own: Vec<Override> =
        arguments.overrides.iter().filter(|one| one.target.is_hydra()).cloned().collect();
    let compose = |job: &Job| {
        let overrides = own.iter().chain(&job.overrides).cloned().collect();
        let arguments = Arguments { overrides, sources: Arc::clone(&arguments.sources) };
        session.compose(&arguments, Mode::Run)
    };
    let callbacks = Callbacks::of(session, &master)?;
    try_each(&jobs, &arguments.sources, |job| {
        let bound = bind_in_sweep(session, compose(job)?, job.index, None)?;
        // Where it will be is not known yet, and a config may ask.
        ready(session, &bound.with_fact(&["hydra", "runtime", "output_dir"], ".")).map(drop)
    })?;
    let (directory, other) = directory(session, &master)?;
    let master = match &other {
        Some(other) => master.with_fact(&["hydra", "sweep", "dir"], other.to_string_lossy().as_ref()),
        None => master,
    };
    // What Hydra does not know is in the record of each job.
    let mut root = master.root().clone();
    if let Some(map) = root.as_map_mut() {
        map.remove(&Key::from("mainstem"));
    }
    let mut yaml = String::new();
    write_yaml(&root, &mut yaml);
    write_whole_with(&directory.join("multirun.yaml"), Sync::Later, |file| file.write_all(yaml.as_bytes()))?;
    let logging = Logging::of_hydra(&master, &session.console, session.composer.facts())?;
    let _installed = install(&logging);
    let _told = callbacks.during(|| Scope::Multirun(master.clone()));

    let size = setting(&master, "hydra.sweeper.max_batch_size")?.and_then(|size| size.parse().ok());
    let mut finished = Finished::without_jobs(Status::Success);
    let mut taken = HashSet::new();
    for batch in jobs.batches(size) {
        hydra_log(&format!("Launching {} jobs locally", batch.end - batch.start));
        for job in batch.filter_map(|index| jobs.get(index)) {
            let composed = compose(&job)?;
            let shown: Vec<String> =
                job.lines().into_iter().map(|line| composed.shown_argument(line.to_owned())).collect();
            hydra_log(&format!("\t#{} : {}", job.index, shown.join(" ")));
            let bound = bind_in_sweep(session, composed, job.index, other.as_deref())?;
            let subdir = shown_setting(&bound, "hydra.sweep.subdir")?.unwrap_or_default();
            let path = unique(session.absolute(directory.join(subdir)), &mut taken)?;
            let status = match worker::needed(session, &bound)? {
                Some(environment) => {
                    let overrides = own.iter().chain(&job.overrides).map(typed).collect();
                    let sweep = other.clone();
                    let of_sweep = OfSweep { number: job.index, sweep, directory: path, overrides };
                    worker::run(session, &environment, Some(of_sweep))?
                }
                None => {
                    let place = place_in_sweep(&bound, path)?;
                    let ran = call(session, bound, &place, Extent::OfSweep, Arc::clone(&callbacks))?;
                    let status = ran.status();
                    finished.jobs.push(ran);
                    status
                }
            };
            // The first failure is that of the sweep.
            if finished.status == Status::Success {
                finished.status = status;
            }
            if matches!(status, Status::Interrupted(_)) {
                finished.status = status;
                return Ok(finished);
            }
        }
        // As in Hydra, a failure ends the sweep when its batch is done.
        if finished.status != Status::Success {
            break;
        }
    }
    Ok(finished)
}

/// Does as this process is told as a worker: runs one job, of a sweep or alone.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn work(session: &Session<'_>) -> Result<Finished> {
    let Some(job) = session.order.as_ref().and_then(|order| order.of_sweep.as_ref()) else {
        return crate::app::program::job::run(session);
    };
    let arguments = session.composer.arguments(session.config_name(), &job.overrides)?;
    let composed = session.compose(&arguments, Mode::Run)?;
    let bound = bind_in_sweep(session, composed, job.number, job.sweep.as_deref())?;
    let callbacks = Callbacks::of(session, &bound)?;
    let place = place_in_sweep(&bound, job.directory.clone())?;
    let ran = call(session, bound, &place, Extent::OfSweep, callbacks)?;
    Ok(Finished { status: ran.status(), jobs: vec![ran] })
}

/// The arguments, with the mode if no one else says it.
fn arguments(session: &Session<'_>) -> Result<Arguments> {
    let given = session.is_multirun()?;
    let more: &[&str] = if given { &[] } else { &["hydra.mode=MULTIRUN"] };
    let arguments = session.arguments(more)?;
    let run = |one: &Override| one.target.key() == "hydra.mode" && one.value_text() == Some("RUN");
    if arguments.overrides.iter().any(run) {
        let warning = Error::new(ErrorKind::Usage, "`--multirun` wins over `hydra.mode=RUN`");
        session.warn(&[warning]);
    }
    Ok(arguments)
}

/// The jobs that `hydra.sweeper.params` and the arguments span.
fn jobs(master: &Bound, arguments: &Arguments) -> Result<Jobs> {
    let mut errors: Vec<Error> = Vec::new();
    let mut overrides = Vec::new();
    let params = master.select("hydra.sweeper.params")?;
    for (key, slot) in params.as_ref().and_then(Node::as_map).into_iter().flatten() {
        let mut line = format!("{key}=");
        write_str(&slot.node, &mut line);
        let source = Source::new(SourceKind::Memory, "hydra.sweeper.params", line.as_str());
        let source = arguments.sources.add(source);
        if slot.node.holds_secret() {
            arguments.sources.hide(Origin::new(source, Span::new(key.to_string().len() + 1, line.len())));
        }
        overrides.extend(parse_override(&line, source, &mut errors));
    }
    overrides.extend(arguments.overrides.iter().filter(|one| !one.target.is_hydra()).cloned());
    let repository = master.composed().selection().repository();
    let options = |group: &str| -> Result<Vec<String>> {
        Ok(repository.options(group)?.iter().map(ToString::to_string).collect())
    };
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Jobs::new(&overrides, &options, SEED),
    }
    .map_err(|error| error.located(&arguments.sources))
}

/// The directory of the sweep, made; and how the config is to say it, if it is another one than it says.
fn directory(session: &Session<'_>, master: &Bound) -> Result<(PathBuf, Option<PathBuf>)> {
    let place = Place::of_sweep(&session.composer, master.root()).map_err(|error| master.located(error))?;
    let failed = |error: Error| master.located(error.at(place.origin, ""));
    if !place.exclusive {
        make(&place.directory).map_err(failed)?;
        return Ok((place.directory, None));
    }
    let directory = create_exclusive(&place.directory).map_err(failed)?;
    let name = directory.file_name().filter(|_| directory != place.directory);
    let other = name.map(|name| place.named.with_file_name(name));
    Ok((directory, other))
}

fn make(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", directory.display()))
    })
}

/// A directory that no other job of the sweep has.
fn unique(path: PathBuf, taken: &mut HashSet<PathBuf>) -> Result<PathBuf> {
    let path = if taken.contains(&path) { create_exclusive(&path)? } else { path };
    taken.insert(path.clone());
    Ok(path)
}

/// An override as it is typed: what deletes whatever is there has no value, though its line says `null`.
fn typed(one: &Override) -> String {
    match one.action {
        Action::Delete(None) => one.key_element(),
        _ => one.line.to_string(),
    }
}
