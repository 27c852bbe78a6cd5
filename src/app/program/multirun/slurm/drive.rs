//! A sweep that is handed to Slurm, or taken up again.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::app::capture;
use crate::app::program::job::shown;
use crate::app::program::multirun::host::Base;
use crate::app::program::multirun::slurm::board::Board;
use crate::app::program::multirun::slurm::host::OnSlurm;
use crate::app::program::multirun::slurm::launcher::Arrays;
use crate::app::program::multirun::slurm::orders::{Folder, Head};
use crate::app::program::multirun::slurm::settings::Settings;
use crate::app::program::multirun::slurm::task;
use crate::app::program::session::Session;
use crate::app::program::snapshot::Snapshot;
use crate::app::program::{command, signals};
use crate::compose::Frozen;
use crate::diag::{Result, shell_word};
use crate::drive::{Drive, Entry, FOLDER, Journal, Policy, Progress, Stopped, Summary};
use crate::facts::Process;
use crate::launch::slurm::Slurm;
use crate::sweep::{Grid, Jobs};

/// Hands the jobs of a sweep to Slurm, and goes, or waits for them.
///
/// # Errors
/// The program cannot be started there; what keeps a sweep from going on.
pub(in crate::app::program::multirun) fn drive(
    session: &Session<'_>,
    base: Base<'_>,
    settings: &Settings,
    policy: Policy,
    (jobs, journal, before, process): (&Jobs, &Journal, Progress, &Process),
    configs: &Frozen,
) -> Result<Summary> {
    let slurm = Slurm::new(&session.composer.facts().env);
    let board = Rc::new(Board::of(&base.directory, &before, process, slurm));
    if before.jobs.values().any(|job| job.task.is_some()) {
        // Whoever comes after a driver that was killed learns what that one did not write down.
        for (submission, id) in board.look_into_queue()? {
            journal.add(&Entry::Submitted { time: process.clock.now(), submission, id })?;
        }
    }
    let known = session.snapshot.clone();
    let wanted = base.directory.join(FOLDER).join("slurm").join("snapshot");
    let snapshot = || match (&session.executable, settings.takes_snapshot) {
        (Some(program), true) => take(session, &wanted, program, configs).map(Some),
        _ => Ok(None),
    };
    let head = Head {
        snapshot: known.map(|known| known.folder.clone()),
        sweep: base.id.clone(),
        other: base.other.clone(),
        now: session.composer.facts().now.get(),
        jobs_at_a_time: settings.jobs_at_a_time,
        minutes: settings.minutes,
        notice: settings.batch.notice,
        max_timeouts: settings.max_timeouts,
    };
    let (_watch, asked) = watch(session)?;
    let place = shown(&base.directory, &session.composer.facts().cwd).display().to_string();
    let say = |waits: usize, runs: usize| session.note(&format!("{waits} jobs wait, {runs} run"));
    let mut host = OnSlurm { base, board: Rc::clone(&board), minutes: settings.minutes };
    let mut launcher = Arrays {
        board,
        settings,
        head,
        snapshot: &snapshot,
        journal,
        clock: process.clock.clone(),
        program: task::command(session)?,
        cwd: session.composer.facts().cwd.clone(),
        asked,
        waiting: Vec::new(),
        running: BTreeMap::new(),
        events: VecDeque::new(),
        pause: Duration::from_millis(500),
        submitted: Vec::new(),
        told: (0, 0),
        say: &say,
    };
    let elapsed = capture::stopwatch();
    let summary = Drive {
        sweeper: Grid::new(jobs.clone()),
        launcher: &mut launcher,
        host: &mut host,
        journal,
        policy,
        before,
        clock: process.clock.clone(),
        elapsed: &elapsed,
    }
    .run()?;
    if let Some(Stopped::Detached) = summary.stopped {
        detached(session, &launcher.submitted, &place);
    }
    Ok(summary)
}

fn take(session: &Session<'_>, wanted: &Path, program: &Path, configs: &Frozen) -> Result<Arc<Snapshot>> {
    let files = match session.app.starts_command {
        true => command::files(&session.app.tail, &session.composer.facts().cwd),
        false => Vec::new(),
    };
    let files: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).collect();
    Snapshot::take(wanted, program, configs.clone(), &files).map(Arc::new)
}

/// Says what goes on without this process.
fn detached(session: &Session<'_>, submitted: &[(String, usize)], place: &str) {
    for (id, jobs) in submitted {
        // For whoever reads it with a program.
        let _ = session.console.say(&format!("{id}\n"));
        session.note(&format!("{jobs} jobs are in Slurm's queue as {id}"));
    }
    let place = shell_word(place);
    session
        .note(&format!("`mainstem sweeps watch {place}` waits for them, `sweeps cancel {place}` ends them"));
}

/// Takes signals: this process goes, and the jobs stay.
fn watch(session: &Session<'_>) -> Result<(Option<impl Drop + use<>>, Receiver<()>)> {
    let (sender, asked) = channel();
    let console = session.console.clone();
    let watch = session.owns_process.then(|| {
        signals::watch(move |stop| {
            console.mention(&format!("{}: the jobs stay in Slurm's queue\n", stop.name()));
            // Nobody waits any more.
            let _ = sender.send(());
        })
    });
    Ok((watch.transpose()?, asked))
}

/// The snapshot that the jobs of a sweep run from that were queued last.
pub(in crate::app::program::multirun) fn last_snapshot(sweep: &Path) -> Option<PathBuf> {
    Folder::last_snapshot(sweep)
}
