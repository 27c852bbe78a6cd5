//! From the arguments behind `sweeps` to what is printed.

use std::path::{Path, PathBuf};

use crate::app::capture;
use crate::app::output::Output;
use crate::app::sweeps::args::{What, parse};
use crate::app::sweeps::queue::Queue;
use crate::app::sweeps::study::Study;
use crate::app::sweeps::{best, cancel, help, ls, optuna, plot, resume, rm, show};
use crate::diag::{Error, ErrorKind, Result, Style};
use crate::drive::{Progress, is_driven, latest};
use crate::durable::write_whole;
use crate::facts::{Facts, Process};
use crate::run::Status;

/// Runs `mainstem sweeps`.
///
/// # Errors
/// Wrong usage; a sweep that there is not; a journal that cannot be read; a sweep that cannot be ended, or go on.
pub(crate) fn run(arguments: &[String], out: Style, err: Style) -> Result<Output> {
    let facts = capture::facts()?;
    let parsed = parse(arguments, |word| capture::absolute(&facts, word).is_dir())?;
    let Some(args) = parsed else { return Ok(Output::success(help::TEXT.to_owned())) };
    let process = capture::process(&facts);
    if args.what == What::Ls {
        let root = args
            .directories
            .first()
            .map_or_else(|| facts.cwd.clone(), |word| capture::absolute(&facts, word));
        return ls::ls(&facts, &process, &root, args.format, (out, err));
    }
    if args.what == What::Rm {
        return rm::remove(&args, &facts, &process, err);
    }
    let directory = find(&facts, args.directories.first().map(String::as_str))?;
    match args.what {
        What::Cancel => cancel::cancel(&facts, &process, &directory, err),
        What::Resume => resume::resume(&facts, &directory, &args.rest, err),
        What::Watch => resume::watch(&facts, &process, &directory, err),
        What::Best => {
            let study = Study::compared(&directory, &facts, &process, &args.wanted)?;
            best::best(&study, shown(&directory, &facts), args.format, out)
        }
        What::Plot => {
            let into = args
                .out
                .as_deref()
                .map_or_else(|| directory.join("plots"), |word| capture::absolute(&facts, word));
            plot::plot(&Study::read(&directory, &facts, &process)?, &directory, &into, &facts)
        }
        What::Export => {
            let text = optuna::journal(&Study::read(&directory, &facts, &process)?);
            let Some(word) = &args.out else { return Ok(Output::success(text)) };
            write_whole(&capture::absolute(&facts, word), text.as_bytes())?;
            Ok(Output::success(String::new()))
        }
        What::Show | What::Ls | What::Rm => show::show(&facts, &process, &directory, args.format, (out, err)),
    }
}

/// The sweep that a word means: a directory, or the latest.
pub(super) fn find(facts: &Facts, word: Option<&str>) -> Result<PathBuf> {
    let named = word.map(|word| capture::absolute(facts, word));
    match named.filter(|path| word != Some("last") || path.is_dir()) {
        Some(path) => Ok(path),
        None => latest(&facts.cwd)?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no sweep")
                .note(format!("looked in `{}`", facts.cwd.display()))
                .help("type `mainstem sweeps show DIR`, or go to where the program ran")
        }),
    }
}

/// How a sweep stands, in a word.
pub(super) fn state(progress: &Progress, queue: &Queue, directory: &Path, process: &Process) -> &'static str {
    let all = progress.identity.jobs;
    let failed = progress.jobs.values().any(|job| job.status == Status::Failed);
    let completed = progress.count(Status::Completed) as u64;
    // Its jobs have ended while nobody waited for them.
    let is_left = progress.detached && progress.stopped.is_none() && progress.has_ended();
    if is_driven(directory, process) {
        "running"
    } else if let Some(state) = queue.state() {
        state
    } else if all == Some(completed) {
        "completed"
    } else if (progress.finished || is_left) && failed {
        "failed"
    } else if progress.stopped.is_some() {
        "stopped"
    } else {
        "killed"
    }
}

/// A directory as it is typed from here.
pub(super) fn shown<'p>(directory: &'p Path, facts: &Facts) -> &'p Path {
    match directory.strip_prefix(&facts.cwd) {
        Ok(relative) if relative.as_os_str().is_empty() => Path::new("."),
        Ok(relative) => relative,
        Err(_) => directory,
    }
}
