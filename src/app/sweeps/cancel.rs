//! `mainstem sweeps cancel`: asks the process that runs a sweep to end it.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::app::output::Output;
use crate::app::sweeps::main::{shown, state};
use crate::app::sweeps::queue::{self, Once, Queue, is_for_slurm};
use crate::app::sweeps::signal::{holds, interrupt};
use crate::diag::{Error, ErrorKind, Result, SourceId, Style, shell_word, visible};
use crate::drive::{LOCK, Progress, ask_to_end, is_driven};
use crate::durable::{Holder, holder_of};
use crate::facts::{Facts, Process};
use crate::run::Status;
use crate::value::{Kind, Node, read_json};

/// For so long is waited for a sweep to end: its jobs have ten seconds, and are killed then.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often is looked.
const STEP: Duration = Duration::from_millis(50);

/// Who runs a sweep, as its lock says.
#[derive(Debug)]
struct Driver {
    process: u32,
    host: String,
    boot: Option<String>,
    /// What its lease is called.
    lease: String,
}

/// Asks the process that runs the sweep to end it in order, waits, and says what came of it.
///
/// # Errors
/// There is no sweep, nobody runs it, or somebody whom no signal reaches from here; it does not end.
pub(super) fn cancel(facts: &Facts, process: &Process, directory: &Path, err: Style) -> Result<Output> {
    let mut progress = Progress::read(directory)?;
    let place = visible(&shown(directory, facts).to_string_lossy()).into_owned();
    let lock = directory.join(LOCK);
    let read = || {
        let failed = |error| Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", lock.display()));
        holder_of(&lock).map_err(failed)
    };
    let Some(holder) = read()?.filter(|_| is_driven(directory, process)) else {
        let queue = Queue::look(directory, &mut progress, (facts, process), &Once::default());
        if queue.state().is_some() {
            return on_slurm(facts, process, directory, &place);
        }
        let error = Error::new(ErrorKind::Job, format!("nobody runs the sweep in `{place}`"));
        return Err(error.note(format!("it is {}", state(&progress, &queue, directory, process))));
    };
    let driver = match reachable(&holder, process, &place).and_then(|driver| asked(driver, &lock, &place)) {
        // What is on Slurm can be ended from anywhere, and its driver looks for word of that.
        Err(_) if is_for_slurm(&progress) => return by_word(facts, process, directory, (&holder, &place)),
        driver => driver?,
    };
    let told = format!("asked process {} to end its jobs\n", driver.process);
    let _ = Output { err: told, ..Output::success(String::new()) }.write();
    for _ in 0..PATIENCE.as_millis() / STEP.as_millis() {
        // Somebody else may go on with it at once.
        let runs = read()?.is_some_and(|now| now.locked == Some(true) && now.about == holder.about);
        if !runs {
            // Its process has left the jobs to Slurm.
            return match is_for_slurm(&progress) {
                true => on_slurm(facts, process, directory, &place),
                false => came_of(facts, directory, process, &place),
            };
        }
        sleep(STEP);
    }
    let error = Error::new(ErrorKind::Job, format!("the sweep in `{place}` has not ended yet"))
        .note(format!("process {} was asked to end it {} s ago", driver.process, PATIENCE.as_secs()))
        .help(format!("`mainstem sweeps cancel {}` once more ends its jobs at once", shell_word(&place)));
    Ok(Output::success(String::new()).and_failure(&error, err))
}

/// Asks the process that runs the sweep to end.
fn asked(driver: Driver, lock: &Path, place: &str) -> Result<Driver> {
    if !holds(driver.process, lock) {
        return Err(Error::new(
            ErrorKind::Job,
            format!("process {} does not run the sweep in `{place}`", driver.process),
        )
        .note("the lock of the sweep names it, but it does not hold the lock"));
    }
    interrupt(driver.process).map(|()| driver)
}

/// Who runs the sweep, if a signal of ours reaches it.
fn reachable(holder: &Holder, process: &Process, place: &str) -> Result<Driver> {
    let unknown = || {
        Error::new(ErrorKind::Job, format!("nobody knows yet who runs the sweep in `{place}`"))
            .help("try it again in a moment")
    };
    let driver = driver(&holder.about).ok_or_else(unknown)?;
    // Containers on one machine start with it, and have numbers of processes of their own.
    let here = driver.host == process.host && driver.boot == process.boot;
    let typed = format!("mainstem sweeps cancel {}", shell_word(place));
    let number = driver.process;
    match holder.locked {
        _ if !here => Err(Error::new(
            ErrorKind::Job,
            format!(
                "the sweep in `{place}` is run on another machine: process {number} on `{}`",
                visible(&driver.host)
            ),
        )
        .help(format!("type it there: `{typed}`"))),
        Some(true) => Ok(driver),
        _ => Err(Error::new(
            ErrorKind::Job,
            format!("nobody can tell whether process {number} runs the sweep in `{place}`"),
        )
        .note("the file system has no locks")
        .help(format!("if it does: `kill -INT {number}`"))),
    }
}

fn driver(about: &str) -> Option<Driver> {
    let node = read_json(about, SourceId::NONE).ok()?;
    let lease = node.as_map()?.get_str("id")?.as_str()?.to_owned();
    let map = node.as_map()?.get_str("process")?.as_map()?;
    let text = |key: &str| map.get_str(key).and_then(Node::as_str).map(str::to_owned);
    let Kind::Int(process) = map.get_str("id")?.kind else { return None };
    Some(Driver { process: u32::try_from(process).ok()?, host: text("host")?, boot: text("boot"), lease })
}

/// Ends the jobs that Slurm has, of a sweep whose driver no signal reaches from here: it is left word, which it reads before it
/// hands on anything more, and at the latest when it looks next how its jobs stand.
fn by_word(
    facts: &Facts,
    process: &Process,
    directory: &Path,
    (holder, place): (&Holder, &str),
) -> Result<Output> {
    let Some(driver) = driver(&holder.about) else { return on_slurm(facts, process, directory, place) };
    let who = format!("process {} on `{}`", driver.process, visible(&driver.host));
    ask_to_end(directory, &driver.lease, &format!("process {} on {}", process.id, process.host))?;
    let told = format!("left word for {who}, which drives the sweep, to end\n");
    let _ = Output { err: told, ..Output::success(String::new()) }.write();
    on_slurm(facts, process, directory, place).map_err(|error| {
        error.note(format!("{who} hands on nothing more once it reads the word that was left for it"))
    })
}

/// Ends the jobs that Slurm has.
fn on_slurm(facts: &Facts, process: &Process, directory: &Path, place: &str) -> Result<Output> {
    let ended = queue::cancel(directory, facts, process)?;
    let told = match ended.is_empty() {
        true => "nothing of the sweep was in Slurm's queue\n".to_owned(),
        false => format!("took {} out of Slurm's queue\n", ended.join(", ")),
    };
    let _ = Output { err: told, ..Output::success(String::new()) }.write();
    came_of(facts, directory, process, place)
}

/// What the journal says, now that nobody runs the sweep any more.
fn came_of(facts: &Facts, directory: &Path, process: &Process, place: &str) -> Result<Output> {
    let mut progress = Progress::read(directory)?;
    let queue = Queue::look(directory, &mut progress, (facts, process), &Once::default());
    let count = |status| progress.count(status) as u64;
    let (completed, failed) = (count(Status::Completed), count(Status::Failed));
    // One that has no end in the journal was killed with its process.
    let interrupted = count(Status::Interrupted) + count(Status::Running);
    let all = progress.identity.jobs;
    let how = match (state(&progress, &queue, directory, process), &progress.stopped) {
        ("stopped", Some(why)) => visible(why).into_owned(),
        ("completed" | "failed", _) => "it came to its end".to_owned(),
        ("running", _) => "somebody else goes on with it".to_owned(),
        _ => "its process ended without a word".to_owned(),
    };
    let of = all.map_or_else(|| "?".to_owned(), |all| all.to_string());
    let mut text = format!("{place}: {how}; {completed} of {of} jobs completed");
    let left = all.map(|all| all.saturating_sub(completed + failed + interrupted));
    for (number, what) in [(failed, "failed"), (interrupted, "interrupted"), (left.unwrap_or(0), "not begun")]
    {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    text.push('\n');
    if all != Some(completed) {
        text.push_str(&format!("`mainstem sweeps resume {}` goes on\n", shell_word(place)));
    }
    Ok(Output::success(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_driver_that_holds_the_lock_here_is_reached() {
        let here = Process { host: "a".to_owned(), boot: Some("b".to_owned()), ..Process::default() };
        let holder = |locked, about: &str| Holder { locked, about: about.to_owned(), seen: None };
        let told = |holder: &Holder| {
            reachable(holder, &here, "sw")
                .map(|driver| driver.process)
                .map_err(|error| error.message().to_owned())
        };
        let ours = r#"{"id":"1","process":{"id":7,"host":"a","boot":"b"}}"#;
        assert_eq!(told(&holder(Some(true), ours)), Ok(7));
        let cases = [
            (Some(true), "", "nobody knows yet who runs the sweep in `sw`"),
            (
                Some(true),
                r#"{"id":"1","process":{"id":7,"host":"x","boot":"b"}}"#,
                "the sweep in `sw` is run on another machine: process 7 on `x`",
            ),
            (
                Some(true),
                r#"{"id":"1","process":{"id":7,"host":"a","boot":"c"}}"#,
                "the sweep in `sw` is run on another machine: process 7 on `a`",
            ),
            (None, ours, "nobody can tell whether process 7 runs the sweep in `sw`"),
            (Some(false), ours, "nobody can tell whether process 7 runs the sweep in `sw`"),
        ];
        for (locked, about, expected) in cases {
            assert_eq!(told(&holder(locked, about)), Err(expected.to_owned()));
        }
    }
}
