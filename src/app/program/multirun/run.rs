//! `--multirun`, from the arguments to the exit status.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::capture;
use crate::app::output::{Status, unwritten};
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::{Callbacks, Scope};
use crate::app::program::command;
use crate::app::program::finished::Finished;
use crate::app::program::job::{Extent, bind_in_sweep, call, place_in_sweep, with_mode};
use crate::app::program::logging::{Logging, hydra_log, install};
use crate::app::program::multirun::compact;
use crate::app::program::multirun::host::{Base, shown};
use crate::app::program::multirun::identity::{identity, unchanged};
use crate::app::program::multirun::inline::{Inline, carry_out};
use crate::app::program::multirun::jobs::{Composing, is_about_sweep, jobs};
use crate::app::program::multirun::plan::{How, Plan};
use crate::app::program::multirun::summary;
use crate::app::program::multirun::watched::Watched;
use crate::app::program::multirun::workers::InWorkers;
use crate::app::program::session::{Session, setting};
use crate::app::program::signals::{self, Stop};
use crate::compose::{Arguments, Mode};
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Drive, Entry, Journal, Lease, Progress, Stopped, Summary};
use crate::durable::{Sync, create_exclusive, write_whole_with};
use crate::facts::Process;
use crate::grammar::Override;
use crate::launch::{self, Bell, Halt, Workers};
use crate::run::{Outcome, Place};
use crate::sweep::{Grid, Jobs};
use crate::value::{Key, write_yaml};

/// Runs a sweep, or goes on with one. What is wrong with any of its jobs is told before the first one starts.
///
/// # Errors
/// A sweep or a job that cannot be composed; a journal that cannot be written.
pub(crate) fn run(session: &Session<'_>) -> Result<Finished> {
    let arguments = arguments(session)?;
    let master = with_mode(session.bound(&arguments, Mode::Multirun)?, "MULTIRUN")?;
    session.warn(master.composed().warnings());
    let jobs = jobs(&session.composer.facts().cwd, &master, &arguments)?;
    let plan = Plan::of(session, &master)?;
    let arguments = without_settings(arguments);
    let composing = Composing::new(session, &arguments);
    let callbacks = Callbacks::of(session, &master)?;
    let mut files = composing.check(&master, &jobs)?;
    for (name, path) in command::files(&session.app.tail, &session.composer.facts().cwd) {
        files.add_file(&name, &path)?;
    }
    if let Some(name) = setting(&master, "mainstem.sweep.jobs")? {
        files.add_file(&name, &session.composer.facts().cwd.join(&name))?;
    }
    if session.flags.dry_run {
        return Ok(show(session, &master, &jobs));
    }

    let process = session.process();
    let now = identity(session, &master, &process, &jobs, &files);
    let (directory, other) = directory(session, &master)?;
    let _lease = Lease::take(&directory, &process)?;
    let (journal, before) = if session.resumed.is_some() {
        let before = Progress::read(&directory)?;
        if !session.flags.force {
            unchanged(&before.identity, &now)?;
        }
        (Journal::open(&directory)?, before)
    } else {
        let (journal, earlier) = Journal::begin(&directory, &Entry::Sweep(Box::new(now.clone())))?;
        if let Some(earlier) = earlier {
            session.note(&format!("the journal of the sweep before is now {earlier}"));
        }
        (journal, Progress { identity: now, ..Progress::default() })
    };
    let master = match &other {
        Some(other) => master.with_fact(&["hydra", "sweep", "dir"], other.to_string_lossy().as_ref()),
        None => master,
    };
    write_master(&master, &directory)?;
    let logging = Logging::of_hydra(&master, &session.console, session.composer.facts())?;
    let _installed = install(&logging);
    let _told = callbacks.during(|| Scope::Multirun(master.clone()));

    if session.resumed.is_some() {
        let done = before.count(crate::run::Status::Completed);
        session.note(&format!("{done} of {} jobs are completed", jobs.len()));
    }
    let id = before.identity.id.clone();
    // A session runs one sweep.
    let _ = session.sweep.set(id.clone());
    let compact = compact::open(&master, &directory)?;
    let mut base = Base::new(session, &composing, (directory, other), &master, id, &process, &before);
    base.compact = compact;
    Sweep {
        session,
        jobs,
        plan,
        journal: Arc::new(journal),
        callbacks: Arc::clone(&callbacks),
        process,
        before,
    }
    .drive(base)
}

/// A sweep that is about to run.
struct Sweep<'a> {
    session: &'a Session<'a>,
    jobs: Jobs,
    plan: Plan,
    journal: Arc<Journal>,
    callbacks: Arc<Callbacks>,
    process: Process,
    before: Progress,
}

impl Sweep<'_> {
    fn drive(self, base: Base<'_>) -> Result<Finished> {
        let Self { session, jobs, plan, journal, callbacks, process, before } = self;
        let Plan { launcher: name, how, policy } = plan;
        let at_a_time = if let How::Workers { slots, .. } = &how { slots.len() } else { 1 };
        journal.add(&Entry::Driver {
            time: process.clock.now(),
            process: process.id,
            host: process.host.clone(),
            launcher: name.to_owned(),
            slots: at_a_time,
        })?;
        let (sweep, count) = (base.directory.clone(), jobs.len());
        let elapsed = capture::stopwatch();
        let (clock, sweeper) = (process.clock, Grid::new(jobs.clone()));
        match how {
            How::Inline => {
                let _watch =
                    session.owns_process.then(|| watch_inline(session, &journal, &callbacks)).transpose()?;
                let mut host = Inline::new(base, jobs.batches(policy.batch));
                let launcher =
                    launch::Inline::new(|job, task| carry_out(session, &journal, &callbacks, job, task));
                let drive = Drive {
                    sweeper,
                    launcher,
                    host: &mut host,
                    journal: &journal,
                    policy,
                    before,
                    clock,
                    elapsed: &elapsed,
                };
                let summary = drive.run()?;
                summary::tell(session, &summary, &sweep, count);
                let status = host.interrupted.unwrap_or_else(|| status(&summary));
                Ok(Finished { status, jobs: host.jobs })
            }
            How::Workers { slots, to_files } => {
                let left = count.saturating_sub(before.count(crate::run::Status::Completed) as u64);
                if left > 0 {
                    hydra_log(&format!("Launching {left} jobs in {} processes", slots.len()));
                }
                let launcher = Workers::new(slots);
                let _watch = session.owns_process.then(|| watch(session, launcher.bell())).transpose()?;
                let host = InWorkers { base, to_files, running: BTreeMap::new() };
                let mut host = Watched::new(host, count, at_a_time, &before, &policy);
                let shown = host.show();
                let drive = Drive {
                    sweeper,
                    launcher,
                    host: &mut host,
                    journal: &journal,
                    policy,
                    before,
                    clock,
                    elapsed: &elapsed,
                };
                let summary = drive.run()?;
                drop(shown);
                summary::tell(session, &summary, &sweep, count);
                Ok(Finished::without_jobs(status(&summary)))
            }
        }
    }
}

/// Takes signals where no job of this process does: between jobs, and in pauses.
fn watch_inline(
    session: &Session<'_>,
    journal: &Arc<Journal>,
    callbacks: &Arc<Callbacks>,
) -> Result<impl Drop + use<>> {
    let (journal, callbacks) = (Arc::clone(journal), Arc::clone(callbacks));
    let (console, clock) = (session.console.clone(), session.process().clock);
    signals::watch(move |stop: Stop| {
        let why = format!("interrupted by {}", stop.name());
        // The process ends in any case.
        let _ = journal.add(&Entry::Stopped { time: clock.now(), why });
        callbacks.end_all(&Outcome::Interrupted(Some(stop.name().to_owned())));
        console.complain(&format!("{}: the sweep is interrupted\n", stop.name()));
        signals::end_in_order(stop)
    })
}

/// Passes on what this process is asked to.
fn watch(session: &Session<'_>, bell: Bell) -> Result<impl Drop + use<>> {
    let console = session.console.clone();
    signals::watch(move |stop: Stop| {
        console
            .complain(&format!("{}: the jobs come to their ends; again to end them at once\n", stop.name()));
        bell.ring(if stop.name() == "SIGINT" { Halt::Interrupt } else { Halt::Terminate });
    })
}

fn status(summary: &Summary) -> Status {
    match &summary.stopped {
        Some(Stopped::Asked(Halt::Interrupt)) => Status::Interrupted(2),
        Some(Stopped::Asked(_)) => Status::Interrupted(15),
        Some(Stopped::Failures(_)) => Status::Failure,
        None if summary.failed > 0 => Status::Failure,
        None => Status::Success,
    }
}

/// Shows the jobs, a line each, as they would be typed.
fn show(session: &Session<'_>, master: &Bound, jobs: &Jobs) -> Finished {
    let mut lines = jobs.iter().map(|job| format!("#{} : {}\n", job.index, shown(master, &job).join(" ")));
    let said = lines.try_for_each(|line| session.console.say(&line));
    Finished::without_jobs(said.map_or_else(|error| unwritten(&error, Status::Success), |()| Status::Success))
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
    let place = place_in_sweep(&bound, job.directory.clone(), job.made)?;
    let callbacks = Callbacks::of(session, &bound)?;
    let ran = call(session, bound, &place, Extent::OfSweep, callbacks)?;
    Ok(Finished { status: ran.status(), jobs: vec![ran] })
}

/// The arguments, with the mode if no one else says it.
pub(super) fn arguments(session: &Session<'_>) -> Result<Arguments> {
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

/// What jobs have of the arguments.
fn without_settings(mut arguments: Arguments) -> Arguments {
    arguments.overrides.retain(|one| !is_about_sweep(one));
    arguments
}

/// `multirun.yaml`, the config of the sweep as a whole.
fn write_master(master: &Bound, directory: &Path) -> Result<()> {
    // What Hydra does not know is in the record of each job.
    let mut root = master.root().clone();
    if let Some(map) = root.as_map_mut() {
        map.remove(&Key::from("mainstem"));
    }
    let mut yaml = String::new();
    write_yaml(&root, &mut yaml);
    write_whole_with(&directory.join("multirun.yaml"), Sync::Later, |file| file.write_all(yaml.as_bytes()))
}

/// The directory of the sweep, made; and how the config is to say it, if it is another one than it says.
fn directory(session: &Session<'_>, master: &Bound) -> Result<(PathBuf, Option<PathBuf>)> {
    let place = Place::of_sweep(&session.composer, master.root()).map_err(|error| master.located(error))?;
    let failed = |error: Error| master.located(error.at(place.origin, ""));
    if let Some(resumed) = &session.resumed {
        let directory = resumed.directory.clone();
        if directory == place.directory {
            return Ok((directory, None));
        }
        let beside = directory.parent() == place.directory.parent();
        let name = directory.file_name().filter(|_| beside);
        let other = name.map_or_else(|| directory.clone(), |name| place.named.with_file_name(name));
        return Ok((directory, Some(other)));
    }
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
