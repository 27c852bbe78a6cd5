//! One job: its directory, its record, its log, and the call of its function.

use std::env;
use std::path::{Path, PathBuf};

use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::finished::{Finished, Job};
use crate::app::program::outcome::Outcome;
use crate::app::program::run::Run;
use crate::app::program::session::{Session, setting};
use crate::app::program::{directory, failure, logging, panics};
use crate::compose::Mode;
use crate::diag::{Error, ErrorKind, Result};
use crate::value::{Kind, Node};

/// Runs the one job that the command line asks for.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn run(session: &Session<'_>) -> Result<Finished> {
    let bound = session.bound(&session.arguments(&[])?, Mode::Run)?;
    session.warn(bound.composed().warnings());
    let bound = with_mode(bound, "RUN")?;
    let directory = match session.flags.scratch {
        true => scratch()?,
        false => directory::make(session, &bound, "hydra.run.dir")?,
    };
    let bound = with_directory(session, bound, &["hydra", "run", "dir"], &directory)?;
    let hydras = logging::Logging::of_hydra(&bound, &session.console, &session.composer.facts().cwd)?;
    let _installed = logging::install(hydras.as_ref());
    let job = call(session, bound, directory)?;
    Ok(Finished { status: status(&job), jobs: vec![job] })
}

/// The same config as one of a run, or of a sweep.
///
/// # Errors
/// `hydra.mode` says something else.
pub(crate) fn with_mode(bound: Bound, mode: &str) -> Result<Bound> {
    let found = bound.select("hydra.mode")?.unwrap_or_else(Node::null);
    match found.kind {
        Kind::Null => Ok(bound.with_fact(&["hydra", "mode"], mode)),
        _ if found.as_str() == Some(mode) => Ok(bound),
        _ => {
            let error =
                Error::new(ErrorKind::Defaults, "`hydra.mode` was set by a config that is chosen too late");
            Err(error
                .at(found.origin, "the mode is known by now")
                .help("set it in the primary config or on the command line")
                .located(bound.composed().sources()))
        }
    }
}

/// The same config with the directory that was gotten, if it is not the one that was asked for.
///
/// # Errors
/// A directory that cannot be resolved.
pub(crate) fn with_directory(
    session: &Session<'_>,
    bound: Bound,
    key: &[&str],
    directory: &Path,
) -> Result<Bound> {
    let wanted = setting(&bound, &key.join("."))?.unwrap_or_default();
    let same = session.absolute(wanted) == directory;
    Ok(if same { bound } else { bound.with_fact(key, text(directory)) })
}

/// The exit status that a job leads to.
pub(crate) fn status(job: &Job) -> Status {
    if matches!(job.outcome, Outcome::Completed(_)) { Status::Success } else { Status::Failure }
}

/// Calls the function of the job in its directory. A failure of the job is told, and no error.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn call(session: &Session<'_>, bound: Bound, directory: PathBuf) -> Result<Job> {
    let bound = bound.with_fact(&["hydra", "runtime", "output_dir"], text(&directory));
    let environment = environment(&bound)?;
    let bound = bound.with_environment(&environment);
    let chdir = setting(&bound, "hydra.job.chdir")?.is_some_and(|chdir| chdir == "True");
    let subdirectory = setting(&bound, "hydra.output_subdir")?.filter(|_| !session.flags.scratch);
    if let Some(subdirectory) = subdirectory {
        directory::describe(&bound, &directory.join(subdirectory))?;
    }
    let logging = logging::Logging::of_job(&bound, &session.console, &session.composer.facts().cwd)?;
    let original_cwd = session.composer.facts().cwd.clone();
    if chdir {
        change_directory(session, &directory)?;
    }
    let run = Run { directory: directory.clone(), original_cwd: original_cwd.clone() };
    let installed = logging::install(logging.as_ref());
    let aloud = session.composer.facts().env.get("RUST_BACKTRACE").is_some_and(|value| value != "0");
    let outcome = panics::guarded(aloud, || (session.app.function)(&bound, &run))
        .unwrap_or_else(|panicked| Outcome::Failed(Box::new(panicked)));
    if let Outcome::Failed(failure) = &outcome {
        let error = failure::told(failure.as_ref(), shown(&directory, &original_cwd));
        logging::failed(&error);
        session.console.complain(&error.render(session.console.err));
    }
    drop(installed);
    if chdir {
        change_directory(session, &original_cwd)?;
    }
    Ok(Job { directory, outcome })
}

/// A directory as the user would type it.
pub(crate) fn shown<'p>(directory: &'p Path, cwd: &Path) -> &'p Path {
    match directory.strip_prefix(cwd) {
        Ok(relative) if relative.as_os_str().is_empty() => Path::new("."),
        Ok(relative) => relative,
        Err(_) => directory,
    }
}

/// A path as a value. A path that is no Unicode is shown with replacement characters.
pub(crate) fn text(path: &Path) -> Node {
    Node::from(path.display().to_string().as_str())
}

/// `hydra.job.env_set`, resolved.
fn environment(bound: &Bound) -> Result<Vec<(String, String)>> {
    let Some(node) = bound.select("hydra.job.env_set")? else { return Ok(Vec::new()) };
    let mut pairs = Vec::new();
    for (key, slot) in node.as_map().into_iter().flatten() {
        let mut value = String::new();
        crate::value::write_str(&slot.node, &mut value);
        pairs.push((key.to_string(), value));
    }
    Ok(pairs)
}

fn change_directory(session: &Session<'_>, to: &Path) -> Result<()> {
    if !session.owns_process {
        return Err(Error::new(
            ErrorKind::Job,
            "`hydra.job.chdir` changes the directory of the whole process",
        )
        .help("run the program as a process of its own"));
    }
    env::set_current_dir(to).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot go to the directory `{}`: {error}", to.display()))
    })
}

/// A directory that nobody keeps.
fn scratch() -> Result<PathBuf> {
    crate::durable::create_exclusive(&env::temp_dir().join("mainstem-scratch"))
}
