//! A sweep that is handed to Slurm, or taken up again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::app::capture;
use crate::app::program::job::shown;
use crate::app::program::multirun::host::Base;
use crate::app::program::multirun::hosted::Hosted;
use crate::app::program::multirun::slurm::board::Board;
use crate::app::program::multirun::slurm::claim::Life;
use crate::app::program::multirun::slurm::host::OnSlurm;
use crate::app::program::multirun::slurm::launcher::{Arrays, FIRST, Refused, Said};
use crate::app::program::multirun::slurm::orders::{Folder, Head};
use crate::app::program::multirun::slurm::settings::Settings;
use crate::app::program::multirun::slurm::task::{TASK, life, program};
use crate::app::program::session::Session;
use crate::app::program::snapshot::{Kept, Snapshot};
use crate::app::program::{command, notice, signals};
use crate::compose::Frozen;
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::drive::{Drive, Entry, FOLDER, Journal, Policy, Progress, Stopped, Summary, lease};
use crate::facts::Process;
use crate::launch::slurm::{Array, Slurm};
use crate::run::Lease;
use crate::sweep::Sweeper;

/// Hands the jobs of a sweep to Slurm, and goes, or waits for them.
///
/// # Errors
/// The program cannot be started there; what keeps a sweep from going on.
pub(in crate::app::program::multirun) fn drive(
    session: &Session<'_>,
    base: Base<'_>,
    settings: &Settings,
    policy: Policy,
    (sweeper, journal, before, process): (Box<dyn Sweeper + '_>, &Journal, Progress, &Process),
    configs: &Frozen,
) -> Result<Summary> {
    let slurm = Slurm::new(&session.composer.facts().env);
    let board = Rc::new(Board::of(&base.directory, &before, process, slurm));
    // Whoever comes after a driver that was killed learns what that one did not write down.
    if !before.submissions.is_empty() {
        for (submission, id) in board.look_into_queue()? {
            journal.add(&Entry::Submitted { time: process.clock.now(), submission, id })?;
        }
    }
    let wanted = base.directory.join(FOLDER).join("slurm").join("snapshot");
    let snapshot = || match (&session.executable, settings.takes_snapshot) {
        (Some(program), true) => take(session, settings, &wanted, program, configs).map(Some),
        _ => Ok(None),
    };
    let head = Head {
        sweep: base.id.clone(),
        other: base.other.clone(),
        snapshot: session.snapshot.as_ref().map(|known| known.folder.clone()),
        now: session.composer.facts().now.get(),
        ..settings.head()
    };
    let place = shown(&base.directory, &session.composer.facts().cwd).display().to_string();
    if settings.driver {
        let snapshot = if head.snapshot.is_some() { session.snapshot.clone() } else { snapshot()? };
        let head = Head { snapshot: snapshot.as_ref().map(|one| one.folder.clone()), ..head };
        let to_driver = (base.directory.as_path(), &head, snapshot.as_deref());
        let id = delegate(session, settings, &board, to_driver, (&before, journal, process))?;
        detached(session, &[(id, 0)], &place);
        return Ok(Summary { stopped: Some(Stopped::Detached), ..Summary::default() });
    }
    let own = life(&session.composer.facts().env).ok().map(|(life, _)| life);
    let own = own.filter(|life| board.submitted(life.array()));
    let (_watch, asked) = watch(session, own.is_some())?;
    let mut host = Hosted { base, way: OnSlurm { board: Rc::clone(&board) } };
    let mut launcher = Arrays {
        board,
        settings,
        head,
        snapshot: &snapshot,
        journal,
        clock: process.clock.clone(),
        program: command_of_task(session)?,
        cwd: session.composer.facts().cwd.clone(),
        asked,
        waiting: Vec::new(),
        running: BTreeMap::new(),
        events: VecDeque::new(),
        pause: FIRST,
        since_asked: None,
        submitted: Vec::new(),
        told: (0, 0),
        say: &|said| say(session, &said),
        largest: None,
        refused: Refused::default(),
        silent: false,
        followed: BTreeSet::new(),
        cancelled: None,
    };
    let elapsed = capture::stopwatch();
    let mut summary = Drive {
        sweeper,
        launcher: &mut launcher,
        host: &mut host,
        journal,
        policy,
        before,
        clock: process.clock.clone(),
        elapsed: &elapsed,
    }
    .run()?;
    if let Some(who) = &launcher.cancelled {
        let error = Error::new(ErrorKind::Sweep, format!("the sweep was cancelled by {who}"));
        summary.broken.get_or_insert(error);
    } else if let Some(Stopped::Detached) = summary.stopped {
        leave(session, own.as_ref(), &launcher, &place)?;
    }
    Ok(summary)
}

/// What goes on without this process. A driver that is a job of its own begins again when its time comes to an end.
fn leave(session: &Session<'_>, own: Option<&Life>, launcher: &Arrays<'_>, place: &str) -> Result<()> {
    match own {
        Some(life) if signals::taken().is_none() => {
            session.note("the time of this driver comes to an end: it begins again");
            Slurm::new(&session.composer.facts().env).requeue(&life.task)
        }
        _ => {
            detached(session, &launcher.submitted, place);
            let kept = launcher.waiting.len();
            if kept > 0 {
                let typed = session.resumes(Path::new(place));
                session.note(&format!("{kept} jobs are not in it yet: `{typed}` goes on"));
            }
            Ok(())
        }
    }
}

fn say(session: &Session<'_>, said: &Said<'_>) {
    match said {
        Said::Stand(waits, runs) => session.note(&format!("{waits} jobs wait, {runs} run")),
        Said::Full(why, jobs) => {
            session.note(why);
            session.note(&format!("{jobs} jobs are kept here until there is room for them in Slurm's queue"));
        }
        Said::Silent(why) => session.note(&format!("{why}; it is asked again until it answers")),
        Said::Again(job, why) => session.note(&format!("job {job} goes into the queue once more: {why}")),
    }
}

/// Takes the right to drive a sweep. A driver that is a job may begin before the process that has submitted it has ended, or
/// before its earlier life has: it waits for them.
///
/// # Errors
/// Another driver has it, or the lock cannot be written.
pub(in crate::app::program::multirun) fn take_lease(
    session: &Session<'_>,
    directory: &Path,
    process: &Process,
) -> Result<Lease> {
    let own = session.resumed.as_ref().and_then(|_| life(&session.composer.facts().env).ok());
    // Whoever submits a driver says how it is called a moment later.
    let is_ours = |life: &Life| {
        Progress::read(directory).is_ok_and(|before| {
            before.submissions.values().any(|id| id.as_deref().is_none_or(|id| id == life.array()))
        })
    };
    let waits = own.is_some_and(|(life, _)| is_ours(&life));
    for tried in 0..if waits { TRIES } else { 0 } {
        match lease(directory, process) {
            Err(error) if error.kind() == ErrorKind::Job => {
                if tried == 0 {
                    let who = error.notes().first().map_or_else(String::new, |who| format!(": {who}"));
                    let seconds = (PAUSE * TRIES).as_secs();
                    session
                        .note(&format!("waits up to {seconds} s for the driver before this one to end{who}"));
                }
                std::thread::sleep(PAUSE);
            }
            taken => return taken,
        }
    }
    lease(directory, process)
}

/// So often, and so long apart, a driver that is a job asks for the right to be one.
const TRIES: u32 = 300;
const PAUSE: Duration = Duration::from_millis(200);

/// The program that carries out a task, and what stands behind the folder of its submission.
fn command_of_task(session: &Session<'_>) -> Result<(Vec<String>, Vec<String>)> {
    let (command, (own, tail)) = program(session, TASK)?;
    Ok((command, own.into_iter().chain(tail).collect()))
}

/// Submits a job that goes on with the sweep, and waits for its jobs in place of this process.
fn delegate(
    session: &Session<'_>,
    settings: &Settings,
    board: &Board,
    (directory, head, snapshot): (&Path, &Head, Option<&Snapshot>),
    (before, journal, process): (&Progress, &Journal, &Process),
) -> Result<String> {
    if before.identity.hides_secrets {
        let error =
            Error::new(ErrorKind::Job, "the driver of a sweep with secrets among its arguments is no job");
        return Err(error.note("they are not written down").help("leave `mainstem.slurm.driver` away"));
    }
    let (mut command, _) = program(session, "--resume")?;
    if let Some(snapshot) = snapshot {
        command[0] = snapshot.copy.to_string_lossy().into_owned();
    }
    command.push(directory.to_string_lossy().into_owned());
    command.extend(["mainstem.slurm.detach=false", "mainstem.slurm.driver=false"].map(str::to_owned));
    let number = board.next();
    let folder = board.folder(number);
    let script = settings.of_driver().script(&Array {
        tasks: 1,
        logs: directory.join(FOLDER).join("slurm"),
        out: "driver_%A.log".to_owned(),
        directory: session.composer.facts().cwd.clone(),
        command,
        ..Array::default()
    })?;
    folder.write(&script, head, &[])?;
    journal.add(&Entry::Submitting { time: process.clock.now(), submission: number, tasks: Vec::new() })?;
    let id = board.slurm.submit_now(&folder.script())?;
    journal.add(&Entry::Submitted { time: process.clock.now(), submission: number, id: id.clone() })?;
    journal.add(&Entry::Detached { time: process.clock.now() })?;
    session.note(&format!("the driver of the sweep is in Slurm's queue as {id}"));
    Ok(id)
}

/// Makes a snapshot of what jobs run.
///
/// # Errors
/// It cannot be written; there is no worktree where one is asked for.
pub(super) fn take(
    session: &Session<'_>,
    settings: &Settings,
    wanted: &Path,
    program: &Path,
    configs: &Frozen,
) -> Result<Arc<Snapshot>> {
    let cwd = &session.composer.facts().cwd;
    let mut files: Vec<PathBuf> = match session.app.starts_command {
        true => command::files(&session.app.tail, cwd).into_iter().map(|(_, path)| path).collect(),
        false => Vec::new(),
    };
    files.extend(session.flags.schema_file.as_ref().map(|path| cwd.join(path)));
    let kept = match settings.takes_worktree && session.app.starts_command {
        true => Kept::Worktree(cwd),
        false => Kept::Files(&files),
    };
    Snapshot::take(wanted, program, configs.clone(), kept).map(Arc::new)
}

/// Says what goes on without this process.
fn detached(session: &Session<'_>, submitted: &[(String, usize)], place: &str) {
    for (id, jobs) in submitted {
        // For whoever reads it with a program.
        let _ = session.console.say(&format!("{id}\n"));
        if *jobs > 0 {
            let are = if *jobs == 1 { "1 job is".to_owned() } else { format!("{jobs} jobs are") };
            session.note(&format!("{are} in Slurm's queue as {id}"));
        }
    }
    let place = shell_word(place);
    session
        .note(&format!("`mainstem sweeps watch {place}` waits for them, `sweeps cancel {place}` ends them"));
}

/// Takes signals: this process goes, and the jobs stay. So it does when it is told that its time comes to an end, if it is
/// a job itself.
fn watch(session: &Session<'_>, is_job: bool) -> Result<(Option<impl Drop + use<>>, Receiver<()>)> {
    let (sender, asked) = channel();
    if is_job {
        let sender = sender.clone();
        notice::take(move || {
            let _ = sender.send(());
        })?;
    }
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

/// The program that the jobs of a sweep run that were queued last, if a copy of it was made.
pub(crate) fn copy_of_program(sweep: &Path) -> Option<PathBuf> {
    Snapshot::read(&last_snapshot(sweep)?).ok().map(|snapshot| snapshot.copy)
}
