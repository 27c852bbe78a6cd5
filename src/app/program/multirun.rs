//! `--multirun`: the jobs of a sweep, one after the other.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::directory;
use crate::app::program::finished::Finished;
use crate::app::program::job::{call, status, with_directory, with_mode};
use crate::app::program::logging::{Logging, hydra_log, install};
use crate::app::program::session::{Session, setting};
use crate::compose::{Arguments, Mode};
use crate::diag::{Error, ErrorKind, Result, Source, SourceKind};
use crate::durable::create_exclusive;
use crate::grammar::{Override, parse_override};
use crate::sweep::{Job, Jobs};
use crate::value::{Node, write_str};

/// The seed of `shuffle`: the same sweep has the same order every time.
const SEED: u64 = 0;

/// Runs the jobs of a sweep in order. All of a batch are composed before the first one starts.
///
/// # Errors
/// A sweep or a job that cannot be composed.
pub(crate) fn run(session: &Session<'_>) -> Result<Finished> {
    let arguments = arguments(session)?;
    let master = with_mode(session.bound(&arguments, Mode::Multirun)?, "MULTIRUN")?;
    session.warn(master.composed().warnings());
    let jobs = jobs(&master, &arguments)?;
    let directory = directory::make(session, &master, "hydra.sweep.dir")?;
    let key = ["hydra", "sweep", "dir"];
    let master = with_directory(session, master, &key, &directory)?;
    directory::write(&directory.join("multirun.yaml"), master.root())?;
    let logging = Logging::of_hydra(&master, &session.console, &session.composer.facts().cwd)?;

    let own: Vec<Override> =
        arguments.overrides.iter().filter(|one| one.target.is_hydra()).cloned().collect();
    let compose = |job: &Job| {
        let overrides = own.iter().chain(&job.overrides).cloned().collect();
        session.bound(&Arguments { overrides, sources: Arc::clone(&arguments.sources) }, Mode::Run)
    };
    let size = setting(&master, "hydra.sweeper.max_batch_size")?.and_then(|size| size.parse().ok());
    let mut finished = Finished::without_jobs(Status::Success);
    let mut taken = HashSet::new();
    for batch in jobs.batches(size) {
        for job in batch.clone().filter_map(|index| jobs.get(index)) {
            compose(&job)?;
        }
        let mut failed = false;
        let installed = install(logging.as_ref());
        hydra_log(&format!("Launching {} jobs locally", batch.end - batch.start));
        for job in batch.filter_map(|index| jobs.get(index)) {
            hydra_log(&format!("\t#{} : {}", job.index, job.lines().join(" ")));
            let bound = compose(&job)?
                .with_fact(&["hydra", "job", "id"], job.index.to_string().as_str())
                .with_fact(&["hydra", "job", "num"], i64::try_from(job.index).unwrap_or(i64::MAX));
            let bound = with_directory(session, with_mode(bound, "MULTIRUN")?, &key, &directory)?;
            let subdir = setting(&bound, "hydra.sweep.subdir")?.unwrap_or_default();
            let path = unique(session.absolute(directory.join(subdir)), &mut taken)?;
            let ran = call(session, bound, path)?;
            failed |= status(&ran) != Status::Success;
            finished.jobs.push(ran);
        }
        drop(installed);
        // As in Hydra, a failure ends the sweep when its batch is done.
        if failed {
            finished.status = Status::Failure;
            break;
        }
    }
    Ok(finished)
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
        overrides.extend(parse_override(&line, arguments.sources.add(source), &mut errors));
    }
    overrides.extend(arguments.overrides.iter().filter(|one| !one.target.is_hydra()).cloned());
    let repository = master.composed().selection().repository();
    let options = |group: &str| -> Vec<String> {
        // A group that cannot be listed has no options to sweep over, which is told as such.
        repository.options(group).unwrap_or_default().iter().map(ToString::to_string).collect()
    };
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Jobs::new(&overrides, &options, SEED),
    }
    .map_err(|error| error.located(&arguments.sources))
}

/// A directory that no other job of the sweep has.
fn unique(path: PathBuf, taken: &mut HashSet<PathBuf>) -> Result<PathBuf> {
    let path = if taken.contains(&path) { create_exclusive(&path)? } else { path };
    directory::make_or_use(&path)?;
    taken.insert(path.clone());
    Ok(path)
}
