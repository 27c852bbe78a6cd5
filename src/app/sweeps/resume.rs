//! `mainstem sweeps resume`: goes on with a sweep, by the program that began it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::app::capture;
use crate::app::exec::exec;
use crate::app::output::Output;
use crate::app::program::copy_of_program;
use crate::app::sweeps::main::shown;
use crate::app::sweeps::queue::{driver_in_queue, is_on_slurm, left_in_queue};
use crate::diag::{Error, ErrorKind, Result, Style, shell_word, visible};
use crate::drive::{Identity, LOCK, Progress};
use crate::facts::{Facts, Process};
use crate::run::Tenant;

/// Becomes the program that began the sweep, with `--resume` and what is typed behind the directory.
///
/// # Errors
/// There is no sweep; its journal does not say which program began it; the program cannot be started.
pub(super) fn resume(facts: &Facts, directory: &Path, more: &[String], err: Style) -> Result<Output> {
    let identity = Progress::read(directory)?.identity;
    // Where the program starts, a path from here may lead elsewhere.
    let directory = &directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let again = Again::of(&identity, directory, more, facts)?;
    let note = format!("{}: {}\n", err.paint(NOTE, "note"), again.typed(&facts.cwd));
    let _ = Output { err: note, ..Output::success(String::new()) }.write();
    exec(again.command()).map_err(|error| {
        let program = again.words[0].as_str();
        Error::new(ErrorKind::Io, format!("cannot start `{program}`: {error}"))
            .note("it is the program that began the sweep")
            .help(format!(
                "type `--resume {}` behind its name, if it lies elsewhere now",
                again.words[again.at]
            ))
    })
}

/// As [`resume`], for a sweep whose jobs go on by themselves: waits for them, and begins none that has failed. While
/// somebody else drives it, that one is waited for. Of a sweep that was stopped none begins.
///
/// # Errors
/// As [`resume`]; nothing of the sweep was handed to Slurm, which does not answer; it was stopped.
pub(super) fn watch(facts: &Facts, process: &Process, directory: &Path, err: Style) -> Result<Output> {
    if !is_on_slurm(&Progress::read(directory)?) {
        let error = Error::new(ErrorKind::Job, "no job of this sweep goes on without its program");
        let typed = shell_word(&shown(directory, facts).to_string_lossy()).into_owned();
        return Err(error.help(format!("`mainstem sweeps show {typed}` shows how it stands")));
    }
    wait_for_driver(facts, process, directory, err)?;
    let progress = Progress::read(directory)?;
    if let Some(why) = progress.stopped.as_ref().filter(|_| !progress.has_ended()) {
        wait_for_the_rest(facts, process, directory)?;
        let place = shown(directory, facts).display().to_string();
        let message = format!("the sweep in `{}` was stopped: {}", visible(&place), visible(why));
        let help = format!("`mainstem sweeps resume {}` goes on", shell_word(&place));
        return Err(Error::new(ErrorKind::Job, message).help(help));
    }
    // Whoever only waits begins nothing again, and stops nothing.
    let more = [
        "mainstem.slurm.detach=false",
        "mainstem.slurm.driver=false",
        "mainstem.sweep.retry_failed=false",
        "mainstem.sweep.max_failures=null",
        "mainstem.sweep.first_failures=null",
    ];
    let more = more.map(str::to_owned);
    resume(facts, directory, &more, err)
}

/// Waits until nobody drives a sweep, and no job is to.
fn wait_for_driver(facts: &Facts, process: &Process, directory: &Path, err: Style) -> Result<()> {
    let mut pause = FIRST;
    let mut told = false;
    loop {
        let who = match Tenant::find(&directory.join(LOCK), process) {
            Some(tenant) => tenant.who().unwrap_or_else(|| "another process".to_owned()),
            // One that was put back begins again.
            None => match driver_in_queue(directory, facts, process)? {
                Some(id) => format!("job {id} of Slurm"),
                None => return Ok(()),
            },
        };
        if !std::mem::replace(&mut told, true) {
            let note =
                format!("{}: {} runs the sweep: waits for it\n", err.paint(NOTE, "note"), visible(&who));
            let _ = Output { err: note, ..Output::success(String::new()) }.write();
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST);
    }
}

/// Waits until nothing of a sweep is in the queue.
fn wait_for_the_rest(facts: &Facts, process: &Process, directory: &Path) -> Result<()> {
    let mut pause = FIRST;
    while !left_in_queue(directory, facts, process)?.is_empty() {
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST);
    }
    Ok(())
}

/// Between two looks whether anybody drives: so long at first, and at most so long.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15);

/// Whether a program is this command, wherever it lies.
fn is_ours(program: &Path) -> bool {
    program.file_stem().is_some_and(|stem| stem == "mainstem")
        || capture::executable().is_some_and(|own| own == program)
}

const NOTE: &str = "1;36";

/// The command that goes on with a sweep.
#[derive(Debug)]
struct Again {
    words: Vec<String>,
    /// Which of them is the directory of the sweep.
    at: usize,
    cwd: PathBuf,
}

impl Again {
    fn of(identity: &Identity, directory: &Path, more: &[String], facts: &Facts) -> Result<Self> {
        let Some((program, ..)) = &identity.program else {
            return Err(Error::new(
                ErrorKind::NotFound,
                "the journal does not say which program began the sweep",
            )
            .help(format!("type `--resume {}` behind its name", shell_word(&directory.to_string_lossy()))));
        };
        // A program that is told to go on from elsewhere says so itself; one whose directory is gone may go on from here.
        let cwd = if identity.cwd.is_dir() { identity.cwd.clone() } else { facts.cwd.clone() };
        let shown = directory.strip_prefix(&cwd).unwrap_or(directory);
        // Its file may be another program by now.
        let forced = more.iter().any(|word| word == "--force");
        let copy = if forced { None } else { copy_of_program(directory) };
        let mut words = vec![copy.as_deref().unwrap_or(program).to_string_lossy().into_owned()];
        // The one command of ours that has sweeps.
        if is_ours(program) {
            words.push("run".to_owned());
        }
        words.push("--resume".to_owned());
        let at = words.len();
        words.push(shown.to_string_lossy().into_owned());
        words.extend(more.iter().cloned());
        Ok(Self { words, at, cwd })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).current_dir(&self.cwd);
        command
    }

    /// As it would be typed from some directory.
    fn typed(&self, from: &Path) -> String {
        let words: Vec<_> = self.words.iter().map(|word| shell_word(word)).collect();
        let there = match self.cwd == from {
            true => String::new(),
            false => format!("cd {} && ", shell_word(&self.cwd.to_string_lossy())),
        };
        format!("{there}{}", words.join(" "))
    }
}
