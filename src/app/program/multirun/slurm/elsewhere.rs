//! Jobs that Slurm has, of a sweep that goes on without it, or makes room for another one.

use std::path::Path;

use crate::app::program::job::shown;
use crate::app::program::multirun::slurm::board::{Board, Stands};
use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::drive::Progress;
use crate::facts::Process;
use crate::launch::slurm::Slurm;
use crate::run::Status;

/// Makes sure that Slurm begins none of the jobs of a sweep that goes on in other ways.
///
/// # Errors
/// It has some; it does not answer; a claim cannot be written.
pub(in crate::app::program::multirun) fn leave_slurm(
    session: &Session<'_>,
    directory: &Path,
    before: &Progress,
    process: &Process,
) -> Result<()> {
    if before.submissions.is_empty() || session.flags.force {
        return Ok(());
    }
    let board = Board::of(directory, before, process, Slurm::new(&session.composer.facts().env));
    let place = shell_word(&shown(directory, &session.composer.facts().cwd).to_string_lossy()).into_owned();
    board.look_into_queue().map_err(|error| {
        error
            .note("jobs of this sweep were handed to Slurm, and may be in its queue")
            .help(format!("`{} --force` goes on all the same", session.resumes(directory)))
    })?;
    let is_open = |job: &u64| before.jobs.get(job).is_some_and(|job| job.status == Status::Running);
    for job in board.jobs().into_iter().filter(is_open) {
        let is_there = match board.stands(job) {
            Some(Stands::Waits | Stands::Runs) => true,
            Some(Stands::Gone) => !board.give_up(job)?,
            Some(Stands::Ended(_)) | None => false,
        };
        if is_there {
            return Err(Error::new(
                ErrorKind::Job,
                format!("Slurm has jobs of this sweep: {}", board.left().join(", ")),
            )
            .note(format!("job {job} would run twice"))
            .help(format!("take them out of its queue: `mainstem sweeps cancel {place}`"))
            .help("or leave `hydra/launcher` away, and wait for them"));
        }
    }
    Ok(())
}

/// That Slurm has no job of the sweep whose place a new one is to take, as far as it answers.
///
/// # Errors
/// It has some.
pub(in crate::app::program::multirun) fn makes_room(
    session: &Session<'_>,
    directory: &Path,
    process: &Process,
) -> Result<()> {
    let Ok(before) = Progress::read(directory) else { return Ok(()) };
    if before.submissions.is_empty() || before.has_ended() || session.flags.force {
        return Ok(());
    }
    let board = Board::of(directory, &before, process, Slurm::new(&session.composer.facts().env));
    match board.left_now() {
        Ok(left) if left.is_empty() => Ok(()),
        Ok(left) => {
            let place = shown(directory, &session.composer.facts().cwd).display().to_string();
            let message = format!("Slurm has jobs of the sweep that is in `{place}`: {}", left.join(", "));
            let typed = shell_word(&place);
            Err(Error::new(ErrorKind::Job, message)
                .help(format!("end them first: `mainstem sweeps cancel {typed}`"))
                .help("or name another directory: `hydra.sweep.dir`"))
        }
        // Whoever has no Slurm here has nothing in its queue.
        Err(error) => {
            session
                .warn(&[error.note("jobs of the sweep before were handed to it, and may be in its queue")]);
            Ok(())
        }
    }
}
