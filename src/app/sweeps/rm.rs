//! `mainstem sweeps rm`: sweeps that nobody needs any more, with all their jobs.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::app::output::Output;
use crate::app::runs::{ask, remove_logs};
use crate::app::sweeps::args::Args;
use crate::app::sweeps::best::RESULTS;
use crate::app::sweeps::main::{find, shown};
use crate::app::sweeps::queue::{Once, Queue};
use crate::diag::{Error, ErrorKind, Result, Style, listed, shell_word, visible};
use crate::drive::{Entry, FOLDER, Progress, is_driven, lease};
use crate::facts::{Facts, Process};
use crate::launch::OUTPUT;
use crate::run::{Found, PackedRuns, Tenant, list};
use crate::value::Node;

/// A sweep that is to go.
struct Sweep {
    directory: PathBuf,
    progress: Progress,
}

/// Removes the sweeps that are named. A sweep is many runs, so somebody has to say that they are to go.
///
/// # Errors
/// There is no such sweep, or its journal cannot be read; one of its jobs runs or waits; nobody can be asked.
pub(super) fn remove(args: &Args, facts: &Facts, process: &Process, err: Style) -> Result<Output> {
    // All are looked at before one goes, so that a slip removes nothing.
    let mut sweeps: Vec<Sweep> = Vec::new();
    for word in &args.directories {
        let directory = find(facts, Some(word))?;
        let progress = at_rest(&directory, facts, process)?;
        if sweeps.iter().all(|known| known.directory != directory) {
            sweeps.push(Sweep { directory, progress });
        }
    }
    if !args.yes && !agreed(args, facts, &sweeps)? {
        return Ok(Output { err: "nothing was removed\n".to_owned(), ..Output::success(String::new()) });
    }
    let (mut text, mut stays, mut errors) = (String::new(), Vec::new(), Vec::new());
    for sweep in sweeps {
        let place = shown(&sweep.directory, facts).display().to_string();
        match sweep.remove(process) {
            Ok(left) => {
                text.push_str(&format!("removed {}\n", visible(&place)));
                stays.extend(left.map(|left| left.told(&place)));
            }
            Err(error) => errors.push(error),
        }
    }
    let output = Output::success(text).warn(&stays, err);
    Ok(match Error::all(errors) {
        None => output,
        Some(error) => output.and_failure(&error, err),
    })
}

/// Asks whether all of them are to go.
fn agreed(args: &Args, facts: &Facts, sweeps: &[Sweep]) -> Result<bool> {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let runs = sweeps.iter().map(|sweep| sweep.progress.jobs.len()).sum();
    let count = format!("{} with {}", counted(sweeps.len(), "sweep"), counted(runs, "run"));
    let list = || {
        let line = |sweep: &Sweep| {
            let place = shown(&sweep.directory, facts).display().to_string();
            format!("{}  {}\n", visible(&place), counted(sweep.progress.jobs.len(), "run"))
        };
        sweeps.iter().map(line).collect()
    };
    let words: Vec<_> = args.directories.iter().map(|word| shell_word(word)).collect();
    let first = words.first().map_or("last", |word| word);
    let typed =
        (format!("mainstem sweeps show {first}"), format!("mainstem sweeps rm {} --yes", words.join(" ")));
    ask(&count, list, &typed)
}

/// How far a sweep has come that nobody runs, and none of whose jobs runs or waits.
///
/// # Errors
/// There is none; its journal cannot be read; somebody runs it; Slurm has jobs of it, or does not answer.
fn at_rest(directory: &Path, facts: &Facts, process: &Process) -> Result<Progress> {
    let mut progress = Progress::read(directory)?;
    let place = shown(directory, facts).display().to_string();
    let cancel = format!("end it first: `mainstem sweeps cancel {}`", shell_word(&place));
    let error = |message: String| Error::new(ErrorKind::Job, message).note("nothing was removed");
    if is_driven(directory, process) {
        return Err(error(format!("the sweep in `{place}` is running")).help(cancel));
    }
    let queue = Queue::look(directory, &mut progress, (facts, process), &Once::default());
    if let Some(warning) = queue.warning {
        return Err(warning
            .note(format!("jobs of the sweep in `{place}` may be in its queue"))
            .note("nothing was removed"));
    }
    if let Some(state) = queue.state() {
        return Err(error(format!("jobs of the sweep in `{place}` are {state} on Slurm")).help(cancel));
    }
    let runs = |job: &&u64| {
        let job = progress.jobs.get(*job).and_then(|job| job.directory.as_deref());
        job.is_some_and(|job| Tenant::of_run(&directory.join(job), process).is_some())
    };
    match progress.jobs.keys().find(runs) {
        Some(job) => {
            Err(error(format!("job {job} of the sweep in `{place}` still runs")).help("wait for its end"))
        }
        None => Ok(progress),
    }
}

/// What is not the sweep's, so that its directory stays.
struct Left(Vec<String>);

impl Left {
    fn told(&self, place: &str) -> Error {
        Error::new(
            ErrorKind::Io,
            format!("`{place}` stays, with what the sweep has not made: {}", listed(&self.0)),
        )
    }
}

impl Sweep {
    /// Removes what the sweep has made: its jobs, what is known of it, and its directory, unless something else lies there.
    fn remove(&self, process: &Process) -> Result<Option<Left>> {
        let held = lease(&self.directory, process)?;
        let folders = self.folders()?;
        let jobs = Jobs::of(&self.directory, &folders);
        jobs.remove(process)?;
        const FILES: [&str; 3] = ["multirun.yaml", RESULTS, "plots"];
        let files = FILES.iter().map(|name| self.directory.join(name));
        files.chain(folders).try_for_each(|path| gone(&path))?;
        // It lies in the directory.
        drop(held);
        let left = names(&self.directory)?;
        if left.is_empty() {
            fs::remove_dir(&self.directory).map_err(|error| failed(&self.directory, &error))?;
            return Ok(None);
        }
        Ok(Some(Left(left)))
    }

    /// The folders of what is known of the sweep, and of those before it in the same place.
    fn folders(&self) -> Result<Vec<PathBuf>> {
        let is_number =
            |rest: &str| rest.strip_prefix('.').is_some_and(|number| number.parse::<u32>().is_ok());
        let is_folder =
            |name: &String| name.strip_prefix(FOLDER).is_some_and(|rest| rest.is_empty() || is_number(rest));
        let names = names(&self.directory)?.into_iter().filter(is_folder);
        Ok(names.map(|name| self.directory.join(name)).collect())
    }
}

/// The jobs of a sweep, and of those before it in the same place.
struct Jobs<'s> {
    sweep: &'s Path,
    /// The identifiers of the sweeps.
    ids: Vec<String>,
    /// Seen from that of the sweep; what lies in another one comes first.
    directories: BTreeSet<Reverse<PathBuf>>,
}

impl<'s> Jobs<'s> {
    /// Those that the journals in these folders tell of. What an earlier run had completed is not this sweep's.
    fn of(sweep: &'s Path, folders: &[PathBuf]) -> Self {
        let mut jobs = Self { sweep, ids: Vec::new(), directories: BTreeSet::new() };
        for folder in folders {
            // Of one that cannot be read the jobs stay, which is told.
            let _ = Progress::each_in(folder, |entry| match entry {
                Entry::Sweep(identity) => jobs.ids.push(identity.id.clone()),
                Entry::Started { attempt: 1.., directory: Some(job), .. } if is_inside(job) => {
                    jobs.directories.insert(Reverse(job.clone()));
                }
                _ => {}
            });
        }
        jobs
    }

    fn remove(&self, process: &Process) -> Result<()> {
        let mut packed = PackedRuns::new(self.sweep);
        for Reverse(job) in &self.directories {
            let directory = self.sweep.join(job);
            if directory.is_dir() {
                self.remove_job(&directory, packed.of(&directory).as_ref(), process)?;
            }
            // Those between it and the sweep, unless something is in them.
            let around = directory.ancestors().skip(1).take_while(|folder| *folder != self.sweep);
            let _ = around.map(fs::remove_dir).take_while(|removed| removed.is_ok()).count();
        }
        Ok(())
    }

    /// Removes the directory of a job, if the sweep has made it and nobody else's run is in it; otherwise what is on record.
    fn remove_job(&self, directory: &Path, packed: Option<&Found>, process: &Process) -> Result<()> {
        let (mut runs, unreadable) = list(directory, process)?;
        runs.retain(|run| run.packed.is_none());
        let is_ours = |run: &Found| {
            let parent = run.record.get("parent").and_then(Node::as_str);
            parent.is_some_and(|parent| self.ids.iter().any(|id| id == parent))
        };
        let is_made = |run: &Found| run.record.get("directory.made") == Some(&Node::from(true));
        let is_alone = unreadable.is_empty() && runs.iter().all(is_ours);
        if directory != self.sweep
            && is_alone
            && packed.into_iter().chain(&runs).any(|run| is_ours(run) && is_made(run))
        {
            return gone(directory);
        }
        let ours = runs.iter().filter(|run| is_ours(run));
        ours.clone().try_for_each(|run| run.remove(process).map(drop))?;
        ours.clone().try_for_each(|run| remove_logs(run).map(drop))?;
        if runs.is_empty() {
            // It never was on record.
            OUTPUT.iter().try_for_each(|name| gone(&directory.join(name)))?;
        }
        // What is not empty stays.
        let _ = fs::remove_dir(directory);
        Ok(())
    }
}

/// Whether a path leads to something in the directory of the sweep, or to itself.
fn is_inside(job: &Path) -> bool {
    job.components().all(|part| matches!(part, Component::Normal(_)))
}

/// What lies in a directory, in order.
fn names(directory: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(directory).map_err(|error| failed(directory, &error))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// Removes a file or a folder, if it is there.
fn gone(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, &error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot remove `{}`: {error}", path.display()))
}
