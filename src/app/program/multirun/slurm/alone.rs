//! A single run on Slurm.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDateTime;

use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::finished::Finished;
use crate::app::program::job::shown;
use crate::app::program::multirun::slurm::claim::{Asked, ask, renew};
use crate::app::program::multirun::slurm::drive::take;
use crate::app::program::multirun::slurm::orders::{Folder, Head};
use crate::app::program::multirun::slurm::settings::Settings;
use crate::app::program::multirun::slurm::task::{is_at_limit, life, program};
use crate::app::program::session::{Session, setting};
use crate::compose::Frozen;
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::durable::create_exclusive;
use crate::facts::Environment;
use crate::launch::slurm::{Array, Slurm};
use crate::run::Place;

/// The hidden first argument of a single run on Slurm; the folder of its submission follows, then the arguments of the program.
pub(crate) const ALONE: &str = "__mainstem-alone";

/// A single run that Slurm has begun.
#[derive(Debug)]
pub(crate) struct Alone {
    folder: Folder,
    head: Head,
}

/// Whether a single run is to go to Slurm.
///
/// # Errors
/// A setting that cannot be resolved.
pub(crate) fn is_asked(session: &Session<'_>, bound: &Bound) -> Result<bool> {
    let here = session.order.is_some() || session.alone.is_some() || session.flags.scratch;
    if here || setting(bound, "mainstem.slurm.single")?.is_none_or(|single| single != "True") {
        return Ok(false);
    }
    let target = setting(bound, "hydra.launcher._target_")?.unwrap_or_default();
    if target.ends_with("SlurmLauncher") {
        return Ok(true);
    }
    Err(Error::new(ErrorKind::Job, "`mainstem.slurm.single` is for runs on Slurm")
        .help("choose it: `hydra/launcher=submitit_slurm`"))
}

/// Hands a single run to Slurm: its directory is made here, and its program is the one of now.
///
/// # Errors
/// Slurm does not take it; what keeps the run from beginning.
pub(crate) fn submit(session: &Session<'_>, bound: &Bound) -> Result<Finished> {
    let settings = Settings::of(session, bound)?;
    let place = Place::of(&session.composer, bound.root()).map_err(|error| bound.located(error))?;
    let directory = if place.exclusive { create_exclusive(&place.directory)? } else { place.directory };
    let slurm = directory.join(".slurm");
    let logs = slurm.join("log");
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", logs.display()))
    };
    fs::create_dir_all(&logs).map_err(failed)?;
    let mut configs = Frozen::default();
    configs.add(bound.composed().selection().repository());
    let (mut command, behind) = program(session, ALONE)?;
    let snapshot = match (&session.executable, settings.takes_snapshot) {
        (Some(file), true) => Some(take(session, &settings, &slurm.join("snapshot"), file, &configs)?),
        _ => None,
    };
    if let Some(snapshot) = &snapshot {
        command[0] = snapshot.copy.to_string_lossy().into_owned();
    }
    let folder = Folder::free(&slurm.join("submission"));
    command.push(folder.path().to_string_lossy().into_owned());
    // A directory that was made for this run is not made once more.
    let text = directory.to_string_lossy().replace('\\', "\\\\").replace('\'', "\\'");
    let (own, tail) = behind;
    command.extend(own.into_iter().chain([format!("hydra.run.dir='{text}'")]));
    command.extend(tail);
    let head = Head {
        snapshot: snapshot.map(|snapshot| snapshot.folder.clone()),
        now: session.composer.facts().now.get(),
        ..settings.head()
    };
    let script = settings.batch.script(&Array {
        tasks: 1,
        logs,
        out: "%A_%a.out".to_owned(),
        err: (!settings.one_log).then(|| "%A_%a.err".to_owned()),
        directory: session.composer.facts().cwd.clone(),
        command,
        again: Some(folder.again()),
        ..Array::default()
    })?;
    folder.write(&script, &head, &[])?;
    let id = Slurm::new(&session.composer.facts().env).submit_now(&folder.script())?;
    let _ = session.console.say(&format!("{id}\n"));
    let place = shown(&directory, &session.composer.facts().cwd).display().to_string();
    session.note(&format!("the run in {place} is in Slurm's queue as {id}"));
    session.note(&format!("`mainstem runs show {}` shows it, `scancel {id}` ends it", shell_word(&place)));
    Ok(Finished::without_jobs(Status::Success))
}

impl Alone {
    /// The run that the first arguments name, taken off them; none if this is none of Slurm's.
    ///
    /// # Errors
    /// A submission that cannot be read.
    pub(crate) fn take(arguments: &mut Vec<OsString>) -> Result<Option<Self>> {
        if arguments.first().is_none_or(|first| first != ALONE) {
            return Ok(None);
        }
        let rest = arguments.split_off(arguments.len().min(2));
        let taken = std::mem::replace(arguments, rest);
        let folder = taken.get(1).map(Folder::named).ok_or_else(|| {
            Error::new(ErrorKind::Job, format!("`{ALONE}` is for the program itself: there is no submission"))
        })?;
        Ok(Some(Self { head: folder.head()?, folder }))
    }

    /// The instant of every `${now:…}` in the run.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.head.now
    }

    /// The folder of the snapshot that it runs from.
    pub(crate) fn snapshot(&self) -> Option<&Path> {
        self.head.snapshot.as_deref()
    }

    /// Has the run put back into the queue: it has saved what it has, since its time comes to an end. It ran for
    /// so long.
    ///
    /// # Errors
    /// That cannot be written; it has come to its limit too often.
    pub(crate) fn requeue(&self, env: &Environment, after: Duration) -> Result<()> {
        let (life, _) = life(env)?;
        let claim = self.folder.claim(0);
        let Asked::Ours(_, timeouts) = ask(&claim, &life)? else { return Ok(()) };
        let slurm = Slurm::new(env);
        if is_at_limit(&slurm, &life, &self.head, (after, after)) {
            renew(&claim, &life, timeouts + 1)?;
            if timeouts >= self.head.max_timeouts {
                let (times, minutes) = (timeouts + 1, self.head.minutes);
                let error = Error::new(
                    ErrorKind::Job,
                    format!("the run has come to its limit of {minutes} min, and does not begin again"),
                );
                return Err(error
                    .note(format!("that was the time number {times}"))
                    .help("more often: `hydra.launcher.max_num_timeout=10`"));
            }
        }
        self.folder.ask_again(&life)
    }
}
