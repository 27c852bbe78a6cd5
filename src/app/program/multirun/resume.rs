//! A sweep that goes on: which one, and with which arguments.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDateTime;

use crate::app::capture;
use crate::app::exec::exec;
use crate::app::program::app::App;
use crate::app::program::command;
use crate::app::program::finished::Finished;
use crate::app::program::flags::{Ask, Flags, Whose, parse};
use crate::app::program::job::{shown, with_mode};
use crate::app::program::multirun::identity::NOW;
use crate::app::program::multirun::run::{arguments, run};
use crate::app::program::multirun::slurm::last_snapshot;
use crate::app::program::multirun::sought::Sought;
use crate::app::program::own::OwnFlag;
use crate::app::program::session::{Session, prefix};
use crate::app::program::snapshot::Snapshot;
use crate::app::program::typed::{called, path};
use crate::app::program::world::World;
use crate::compose::Mode;
use crate::diag::{Error, ErrorKind, Result, Severity, shell_word};
use crate::drive::{Identity, Progress, sweeps};
use crate::run::{Place, Status};
use crate::sweep::Goals;
use crate::value::{JsonStyle, Node, write_json};

/// A sweep that goes on.
#[derive(Debug)]
pub(crate) struct Resumed {
    /// The directory of the sweep.
    pub(crate) directory: PathBuf,
    /// Whether it may look for other numbers than it did: it has found none yet.
    pub(crate) may_seek_anew: bool,
}

/// The sweep that is meant where nobody named it, which is told.
fn find_and_tell(app: &App, world: &World, flags: &Flags, given: Vec<OsString>) -> Result<PathBuf> {
    let directory = find(app, world, flags, given)?;
    let place = shown(&directory, &world.facts.cwd).display();
    let note = world.console.err.paint("1;36", "note");
    world.console.complain(&format!("{note}: goes on with the sweep in {place}\n"));
    Ok(directory)
}

/// Goes on with a sweep. It is composed with the arguments that it was begun with, as of the moment when it was.
///
/// # Errors
/// There is no sweep; another one is asked for; all that can go wrong with a sweep.
pub(crate) fn resume(
    app: &App,
    world: World,
    flags: &Flags,
    ask: &Ask,
    given: Vec<OsString>,
) -> Result<Finished> {
    if !matches!(ask, Ask::Run | Ask::Multirun) {
        return Err(Error::new(ErrorKind::Usage, "`--resume` runs the jobs that a sweep has left")
            .help("leave the other flag away"));
    }
    let directory = match flags.resume.as_deref() {
        Some(named) if !named.is_empty() => world.facts.cwd.join(named),
        _ => find_and_tell(app, &world, flags, given.clone())?,
    };
    let Sought { progress: Progress { identity, raised, sought_anew, .. }, found } =
        Sought::read(&directory)?;
    if let Some(job) = found {
        unmoved(flags, &identity, shown(&directory, &world.facts.cwd), job)?;
    }
    let may_seek_anew = found.is_none();
    let typed_here = typed_here(app, &world, &given, &directory);
    begun_alike(app, &world, &identity, shown(&directory, &world.facts.cwd))?;
    begun_here(&world, &identity, &directory)?;
    let mut recorded: Vec<OsString> = identity.arguments.iter().map(OsString::from).collect();
    let tail = match recorded.iter().position(|argument| argument == "--").filter(|_| app.starts_command) {
        Some(at) => recorded.split_off(at),
        None => Vec::new(),
    };
    let app = if app.starts_command {
        if !app.tail.is_empty() && app.tail != tail {
            let typed = format!("mainstem run --resume {}", shell_word(&directory.to_string_lossy()));
            return Err(another(&directory, "the command is another one")
                .help(format!("to go on with it, type `{typed}` alone")));
        }
        &command::app(tail)
    } else {
        app
    };
    let own = app.own.map(|make| make()).transpose()?;
    let known = own.as_ref().map_or(&[][..], |own| &own.flags);
    let (merged, recorded) = if identity.hides_secrets {
        if flags.overrides.is_empty() {
            let message = format!("the sweep in `{}` has secrets among its arguments", directory.display());
            return Err(Error::new(ErrorKind::Job, message)
                .note(format!("it was begun with `{}`", typed(&identity.arguments)))
                .help(format!("type them all again, behind `{typed_here}`: secrets are not written down")));
        }
        (flags.clone(), given.clone())
    } else {
        (merged(app, flags, &identity, &recorded, &directory, known)?, recorded)
    };
    let merged = said_last(merged, flags, raised, sought_anew.then(|| sought(&identity)));
    let now = NaiveDateTime::parse_from_str(&identity.now, NOW).map_err(|_| {
        Error::new(ErrorKind::Json, format!("the journal of the sweep has no moment, but `{}`", identity.now))
    })?;
    let mut world = world;
    world.facts.now = now.into();
    if !flags.force
        && let Some(folder) = last_snapshot(&world.facts.cwd.join(&directory))
    {
        let snapshot = Snapshot::read(&folder)?;
        // What goes on is the program that was begun, whatever its file is by now.
        if world.owns_process && world.executable.as_ref().is_some_and(|own| !is_same(own, &snapshot.copy)) {
            let mut command = std::process::Command::new(&snapshot.copy);
            command.args(capture::raw_arguments());
            return exec(command).map(|output| Finished::without_jobs(output.status)).map_err(|error| {
                Error::new(ErrorKind::Io, format!("cannot start `{}`: {error}", snapshot.copy.display()))
                    .help(format!("`{typed_here} --force` goes on with the program as it is now"))
            });
        }
        world.snapshot = Some(Arc::new(snapshot));
    }
    let values = own.map(|own| (own.read)(&merged.own)).transpose()?;
    let mut session = Session { own: values, ..Session::open(app, world, merged, recorded, None)? };
    session.given = given;
    session.resumed = Some(Resumed { directory: session.absolute(directory), may_seek_anew });
    run(&session)
}

/// The line that goes on with a sweep, as this program was called.
fn typed_here(app: &App, world: &World, given: &[OsString], directory: &Path) -> String {
    let cwd = &world.facts.cwd;
    let prefix = prefix(app, given).filter(|_| world.owns_process);
    let place = shown(directory, cwd).to_string_lossy();
    format!("{} --resume {}", called(app, prefix, None, cwd), shell_word(&place))
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || other.canonicalize().is_ok_and(|other| other == one)
}

/// Words as they are typed.
fn typed(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

fn another(directory: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Job, format!("the sweep in `{}` is another one", directory.display()))
        .note(what)
        .help("leave the overrides away: it knows its own")
        .help("or leave `--resume` away, and start a new one")
}

/// The flags of the sweep, with what may be said anew about how it runs.
fn merged(
    app: &App,
    flags: &Flags,
    identity: &Identity,
    recorded: &[OsString],
    directory: &Path,
    own: &[OwnFlag],
) -> Result<Flags> {
    let texts = recorded.iter().map(|text| text.to_string_lossy().into_owned());
    let whose = if app.starts_command { Whose::Commands } else { Whose::Apps };
    let mut merged = parse(texts, own, whose)?;
    let about_running = |word: &&String| {
        let word = word.trim_start_matches('+');
        if ["zip", "grids", "jobs", "when"]
            .iter()
            .any(|what| word.starts_with(&format!("mainstem.sweep.{what}")))
        {
            return false;
        }
        ["mainstem.sweep.", "mainstem.slurm.", "hydra.launcher.", "hydra/launcher="]
            .iter()
            .any(|start| word.starts_with(start))
            || is_about_trials(word)
            // Whether that can be said anew was looked at before.
            || is_about_goals(word)
    };
    let jobs = |flags: &Flags| -> Vec<String> {
        flags.overrides.iter().filter(|word| !about_running(word)).cloned().collect()
    };
    let (asked, known) = (jobs(flags), jobs(&merged));
    // What is left away is known.
    let added: Vec<&str> = asked.iter().filter(|word| !known.contains(word)).map(String::as_str).collect();
    if !added.is_empty() {
        let added: Vec<String> = added.into_iter().map(str::to_owned).collect();
        let what = format!("it was begun with `{}`, and has no `{}`", typed(&known), typed(&added));
        return Err(another(directory, &what));
    }
    let same = |given: &Option<String>, known: &Option<String>| given.is_none() || given == known;
    if !same(&flags.config_name, &merged.config_name) || !same(&flags.config_path, &merged.config_path) {
        return Err(another(directory, &format!("it was begun by `{}`", typed(&identity.arguments))));
    }
    let anew: Vec<String> = flags.overrides.iter().filter(about_running).cloned().collect();
    // Settings of one launcher are none of another one.
    let launcher = |words: &[String]| words.iter().rfind(|word| key(word) == LAUNCHER).cloned();
    if launcher(&anew).is_some_and(|chosen| Some(chosen) != launcher(&merged.overrides)) {
        merged.overrides.retain(|known| !key(known).starts_with("hydra.launcher."));
    }
    // What is said anew of a group takes the place of what was said: it cannot be chosen twice.
    let said_anew = |known: &String| {
        let says =
            |word: &&String| key(word) == key(known) || (is_about_trials(word) && is_about_trials(known));
        anew.iter().any(|word| says(&word))
    };
    merged.overrides.retain(|known| !(about_running(&known) && said_anew(known)));
    merged.overrides.extend(anew);
    merged.workers = flags.workers.or(merged.workers);
    merged.force = flags.force;
    merged.dry_run = flags.dry_run;
    Ok(merged)
}

/// The group of the launchers.
const LAUNCHER: &str = "hydra/launcher";

/// Whether an override says how many jobs a search has, of which there can be more when it goes on.
fn is_about_trials(word: &str) -> bool {
    ["mainstem.search.trials", "hydra.sweeper.n_trials"].contains(&key(word))
}

/// The flags with what an earlier driver was told anew and kept: how many jobs there are, and what a search looks for.
fn said_last(mut merged: Flags, flags: &Flags, raised: Option<u64>, sought: Option<Vec<String>>) -> Flags {
    let mut keep = |is_about: fn(&str) -> bool, last: Vec<String>| {
        if !flags.overrides.iter().any(|word| is_about(word)) {
            merged.overrides.retain(|word| !is_about(word));
            merged.overrides.extend(last);
        }
    };
    if let Some(raised) = raised {
        keep(is_about_trials, vec![format!("mainstem.search.trials={raised}")]);
    }
    if let Some(sought) = sought {
        keep(is_about_goals, sought);
    }
    merged
}

/// Whether an override says what a search looks for.
fn is_about_goals(word: &str) -> bool {
    ["mainstem.search.metric", "mainstem.search.direction"].contains(&key(word))
}

/// That what is said of what a search looks for is what it has looked for, since it has found that in a job.
fn unmoved(flags: &Flags, identity: &Identity, directory: &Path, job: u64) -> Result<()> {
    let is_new = |word: &&String| is_about_goals(word) && !identity.arguments.contains(*word);
    let Some(word) = flags.overrides.iter().find(is_new) else { return Ok(()) };
    let message = format!("the search in `{}` cannot go on with `{word}`", directory.display());
    let place = shell_word(&directory.to_string_lossy()).into_owned();
    Err(Error::new(ErrorKind::Job, message)
        .note(format!("job {job} has returned what it looked for, and what it tried next follows from that"))
        .help(format!(
            "begin another one with what is known: `mainstem sweeps show {place} --format csv > known.csv`, and \
             `mainstem.search.from=known.csv`"
        )))
}

/// What a search looks for by now, as overrides.
fn sought(identity: &Identity) -> Vec<String> {
    let search = identity.search.as_ref().and_then(Node::as_map);
    let Some(goals) = search.and_then(|search| search.get_str("goals")).and_then(Goals::of) else {
        return Vec::new();
    };
    let list = |texts: Vec<Node>| {
        let mut json = String::new();
        write_json(&Node::from(texts), JsonStyle::Compact, &mut json);
        json
    };
    let names: Vec<Node> =
        goals.iter().filter_map(|goal| Some(Node::from(goal.metric.as_deref()?))).collect();
    let names = if names.is_empty() { "null".to_owned() } else { list(names) };
    let directions = list(goals.iter().map(|goal| Node::from(goal.direction.name())).collect());
    vec![format!("mainstem.search.metric={names}"), format!("mainstem.search.direction={directions}")]
}

/// The key of an override, however it is set.
fn key(word: &str) -> &str {
    let word = word.trim_start_matches('+');
    word.split_once('=').map_or(word, |(key, _)| key)
}

/// A sweep of a program does not go on as one of `mainstem run`, nor the other way round.
fn begun_alike(app: &App, world: &World, identity: &Identity, directory: &Path) -> Result<()> {
    let Some((program, ..)) = &identity.program else { return Ok(()) };
    let has_command = identity.arguments.iter().any(|word| word == "--");
    let is_own = world.executable.as_ref().is_some_and(|own| is_same(own, program));
    let starts_command = has_command && if is_own { app.starts_command } else { is_mainstem(program) };
    if starts_command == app.starts_command {
        return Ok(());
    }
    let (begun_by, line) = match starts_command {
        true => ("mainstem run".to_owned(), "mainstem run".to_owned()),
        false => {
            let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, path(program, &world.facts.cwd))
        }
    };
    let place = shell_word(&directory.to_string_lossy()).into_owned();
    let message = format!("the sweep in `{}` was begun by `{begun_by}`", directory.display());
    Err(Error::new(ErrorKind::Job, message).help(format!("type `{line} --resume {place}`")))
}

/// Its paths are seen from where it was begun.
fn begun_here(world: &World, identity: &Identity, directory: &Path) -> Result<()> {
    if identity.cwd == world.facts.cwd || !identity.cwd.is_dir() {
        return Ok(());
    }
    let message = format!("the sweep in `{}` was begun in another directory", directory.display());
    let place = identity.cwd.display().to_string();
    Err(Error::new(ErrorKind::Job, message)
        .note("its paths are seen from there")
        .help(format!("go there first: `cd {}`", shell_word(&place))))
}

/// Whether a program is the command that runs others, wherever it lies: any program may have arguments like its own.
fn is_mainstem(program: &Path) -> bool {
    program.file_stem().is_some_and(|stem| stem == "mainstem")
}

/// Whether a sweep was begun by this program, here; and then, whether by the command that is typed, if one is.
fn own(app: &App, world: &World, identity: &Identity) -> Option<bool> {
    let tail = identity.arguments.iter().position(|word| word == "--").map(|at| &identity.arguments[at..]);
    let is_ours = match (&identity.program, &world.executable) {
        (Some((program, ..)), Some(own)) if is_same(own, program) => tail.is_some() || !app.starts_command,
        (Some((program, ..)), _) if app.starts_command => is_mainstem(program) && tail.is_some(),
        (Some(_), Some(_)) => false,
        _ => identity.name == app.name,
    };
    let is_here = identity.cwd == world.facts.cwd || !identity.cwd.is_dir();
    let typed = app.tail.iter().map(OsString::as_os_str);
    let same_command = app.tail.is_empty() || tail.is_some_and(|tail| tail.iter().map(OsStr::new).eq(typed));
    (is_ours && is_here).then_some(same_command)
}

/// The directory of the sweep that the config names; else that of the latest of this program that has jobs left, wherever
/// below this directory it lies, or of the latest of them.
fn find(app: &App, world: &World, flags: &Flags, given: Vec<OsString>) -> Result<PathBuf> {
    let typed = typed_here(app, world, &given, Path::new("DIR"));
    let session = Session::open(app, world.again(), flags.clone(), given, None)?;
    let master = with_mode(session.bound(&arguments(&session)?, Mode::Multirun)?, "MULTIRUN")?;
    let place = Place::of_sweep(&session.composer, master.root()).map_err(|error| master.located(error))?;
    if !place.exclusive {
        return Ok(place.directory);
    }
    let cwd = &world.facts.cwd;
    // Before the first sweep there is no such directory.
    let elsewhere = (place.common.is_dir() && !place.common.starts_with(cwd)).then_some(&place.common);
    let (mut known, mut broken) = (None, Vec::new());
    for root in [cwd].into_iter().chain(elsewhere) {
        for directory in sweeps(root)? {
            match Progress::read(&directory) {
                Ok(progress) => {
                    let Some(same) = own(app, world, &progress.identity) else { continue };
                    let completed = progress.count(Status::Completed) as u64;
                    let has_jobs = progress.identity.jobs != Some(completed);
                    known = known.max(Some((same, has_jobs, progress.identity.started, directory)));
                }
                Err(error) => broken.push(error),
            }
        }
    }
    if known.is_none()
        && let Some(error) = Error::all(broken.iter().cloned())
    {
        return Err(error);
    }
    for error in broken {
        let error = error.note("this sweep is passed by, and may be the one that was meant");
        let drawn = error
            .help(format!("say which one goes on: `{typed}`"))
            .render_as(Severity::Warning, world.console.err);
        world.console.complain(&drawn);
    }
    known.map(|(.., directory)| directory).ok_or_else(|| {
        let message = format!("there is no sweep of `{}` in `{}`", app.name, cwd.display());
        Error::new(ErrorKind::NotFound, message).help(format!("say where it is: `{typed}`"))
    })
}
