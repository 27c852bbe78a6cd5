//! A job in a process of its own: the same program with a hidden first argument, for jobs that change the environment.
//! What the worker is told lies in a file that only the user can read, and that is gone as soon as it was read.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::session::Session;
use crate::app::program::signals::{self, Stop};
use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::durable::read_regular;
use crate::facts::{Facts, Process};
use crate::launch::{Event, Exit, Group, Halt, Launcher as _, Output, Program, Slot, Workers};
use crate::run::{Mandate, RunId};
use crate::value::{JsonStyle, Key, Kind, Map, Node, read_json, write_json, write_str};

/// The hidden first argument of a worker; the path of its order follows, then the arguments of the program.
pub(crate) const WORKER: &str = "__mainstem-worker";

/// What a worker is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    /// When the program was started: the instant of every `${now:…}`.
    pub(crate) now: NaiveDateTime,
    /// Variables of the job, and what they were before.
    pub(crate) before: Vec<(String, Option<String>)>,
    /// The process that gave the order, and started the worker.
    pub(crate) parent: u32,
    /// The folder of the snapshot that it runs from.
    pub(crate) snapshot: Option<PathBuf>,
    /// Whether its standard input is a pipe that ends with the program that gave the order.
    pub(crate) watched: bool,
    /// The job of a sweep that it is; none for a job alone.
    pub(crate) of_sweep: Option<OfSweep>,
}

/// One job of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfSweep {
    pub(crate) number: u64,
    /// The directory of the sweep, if it is another one than the config says.
    pub(crate) sweep: Option<PathBuf>,
    /// The identifier of the sweep.
    pub(crate) id: String,
    /// In whose name the order is given.
    pub(crate) mandate: Mandate,
    /// The directory of the job.
    pub(crate) directory: PathBuf,
    /// Whether that was made for the job.
    pub(crate) made: bool,
    pub(crate) overrides: Vec<String>,
    /// What is known of it to a scheduler, if it runs under one.
    pub(crate) scheduled: Option<Scheduled>,
}

/// A job that a scheduler runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// What the scheduler calls it: `12_3`.
    pub(crate) id: String,
}

/// The largest order, in bytes.
const LARGEST: u64 = 64 << 20;

const TIME: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// The variables that a job needs and this process does not have: none, if it can run here.
///
/// # Errors
/// `hydra.job.env_set` cannot be resolved.
pub(crate) fn needed(session: &Session<'_>, bound: &Bound) -> Result<Option<Vec<(String, String)>>> {
    if session.order.is_some() {
        return Ok(None);
    }
    let pairs = pairs(bound.select("hydra.job.env_set")?.as_ref());
    let env = &session.composer.facts().env;
    let there = pairs.iter().all(|(name, value)| env.get(name) == Some(value.as_str()));
    Ok((!there).then_some(pairs))
}

fn pairs(node: Option<&Node>) -> Vec<(String, String)> {
    let pairs = node.and_then(Node::as_map).into_iter().flatten().map(|(key, slot)| {
        let mut value = String::new();
        write_str(&slot.node, &mut value);
        (key.to_string(), value)
    });
    pairs.collect()
}

/// The config as the job sees it, with the variables it runs with, and as its record says them.
///
/// # Errors
/// `hydra.job.env_set` cannot be resolved.
pub(crate) fn with_environment(bound: Bound) -> Result<Bound> {
    let Some(node) = bound.select("hydra.job.env_set")? else { return Ok(bound) };
    let pairs = pairs(Some(&node));
    if pairs.is_empty() {
        return Ok(bound);
    }
    Ok(bound.with_fact(&["hydra", "job", "env_set"], node).with_environment(&pairs))
}

/// A worker that can be started, and its order, which is there as long as it lives.
///
/// # Errors
/// There can be no worker here; the order cannot be written.
pub(crate) fn program(
    session: &Session<'_>,
    environment: Vec<(String, String)>,
    of_sweep: Option<OfSweep>,
) -> Result<(Program, OrderFile)> {
    let alone = || Error::new(ErrorKind::Job, "the job needs a process of its own");
    let (Some(file), true) = (&session.executable, session.owns_process) else {
        let error = alone().note("`hydra.job.env_set`, `-j` and some launchers ask for it");
        return Err(error.help("run the program as a process of its own"));
    };
    let Some(mut arguments) = session.prefix() else {
        return Err(alone().note("the program was called with other arguments than those of its process"));
    };
    let facts = session.composer.facts();
    let before = environment.iter().map(|(name, _)| (name.clone(), facts.env.get(name).map(str::to_owned)));
    // A job of a sweep must not outlive its driver: whoever comes after it takes up the job.
    let group = if of_sweep.is_some() { Group::Own } else { Group::Shared };
    let watched = group == Group::Own;
    let parent = std::process::id();
    let snapshot = session.snapshot.as_ref().map(|snapshot| snapshot.folder.clone());
    let order = Order { now: facts.now.get(), before: before.collect(), parent, snapshot, watched, of_sweep };
    let order = OrderFile::write(&order, &session.process())?;
    arguments.extend([WORKER.into(), order.0.clone().into()]);
    arguments.extend(session.arguments.iter().chain(&session.app.tail).cloned());
    let (file, directory, output) = (file.clone(), facts.cwd.clone(), Output::Inherited);
    Ok((Program { file, arguments, directory, environment, output, group }, order))
}

/// Runs a job alone in a worker, and waits for it.
///
/// # Errors
/// The worker cannot be started.
pub(crate) fn run(session: &Session<'_>, environment: Vec<(String, String)>) -> Result<Status> {
    let (program, _order) = program(session, environment, None)?;
    let mut workers = Workers::new(vec![Slot::default()]);
    let bell = workers.bell();
    // Whoever types Ctrl-C sends the signal to both.
    let terminal = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
    let _watch = signals::watch(move |stop: Stop| {
        if stop.how() != Halt::Interrupt || !terminal {
            bell.ring(stop.how());
        }
    })?;
    workers.submit(0, program)?;
    loop {
        match workers.wait(None)? {
            Some(Event::Ended { end, .. }) => return Ok(ended(end)),
            Some(Event::Asked(how)) => workers.halt(0, how),
            Some(Event::Detached) | None => {}
        }
    }
}

fn ended(exit: Exit) -> Status {
    let by = |signal: i32| Status::Interrupted(u8::try_from(signal).unwrap_or(0));
    match exit {
        Exit::Code(0) => Status::Success,
        Exit::Code(code @ 129..=159) => by(code - 128),
        Exit::Signal(signal) => by(signal),
        Exit::Code(_) | Exit::Lost => Status::Failure,
    }
}

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct OrderFile(PathBuf);

impl OrderFile {
    /// The name cannot be guessed, and no other process has it: numbers of processes are the same in two containers
    /// that share a directory.
    fn write(order: &Order, process: &Process) -> Result<Self> {
        let failed = |path: &Path, error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()))
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        loop {
            let id = RunId::new(process, process.clock.now());
            let path = std::env::temp_dir().join(format!("mainstem-order-{id}.json"));
            let mut file = match options.open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(&path, error)),
            };
            // From here on it is removed whatever happens.
            let written = Self(path);
            file.write_all(order.to_json().as_bytes()).map_err(|error| failed(&written.0, error))?;
            return Ok(written);
        }
    }
}

impl Drop for OrderFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Order {
    /// The order that the first arguments name, taken off them; none if this is no worker.
    ///
    /// # Errors
    /// An order that cannot be read.
    pub(crate) fn take(arguments: &mut Vec<OsString>) -> Result<Option<Self>> {
        if arguments.first().is_none_or(|first| first != WORKER) {
            return Ok(None);
        }
        let lost = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Job, format!("`{WORKER}` is for the program itself: {why}"))
        };
        let rest = arguments.split_off(arguments.len().min(2));
        let taken = std::mem::replace(arguments, rest);
        let path = taken.get(1).map(Path::new).ok_or_else(|| lost(&"there is no order"))?;
        let bytes = read_regular(path, LARGEST).map_err(|error| lost(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| lost(&error))?;
        let node = read_json(&text, SourceId::NONE).map_err(|_| lost(&"the file is no order"))?;
        let order = Self::of(&node).ok_or_else(|| lost(&"the order is another version's"))?;
        // Only now is it known that nobody named another file.
        let _ = fs::remove_file(path);
        Ok(Some(order))
    }

    /// The world as it was for the program that gave the order.
    pub(crate) fn restore(&self, facts: Facts) -> Facts {
        let changed = |name: &str| self.before.iter().any(|(known, _)| known == name);
        let kept = facts.env.iter().filter(|(name, _)| !changed(name));
        let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let before = self.before.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        Facts { env: kept.chain(before).collect(), now: self.now.into(), ..facts }
    }

    fn to_json(&self) -> String {
        let text = |text: &str| Node::from(text);
        let path = |path: &Path| Node::from(path.to_string_lossy().as_ref());
        let before: Map = (self.before.iter())
            .map(|(name, value)| {
                (
                    Key::from(name.as_str()),
                    crate::value::Slot {
                        origin: crate::diag::Origin::NONE,
                        node: value.as_deref().map_or_else(Node::null, text),
                    },
                )
            })
            .collect();
        let of_sweep = self.of_sweep.as_ref().map(|job| {
            Node::from(Map::from([
                ("number", text(&job.number.to_string())),
                ("sweep", job.sweep.as_deref().map_or_else(Node::null, path)),
                ("id", text(&job.id)),
                ("lock", path(&job.mandate.lock)),
                ("driver", text(&job.mandate.id)),
                ("directory", path(&job.directory)),
                ("made", Node::from(job.made)),
                ("scheduled", scheduled(job.scheduled.as_ref())),
                ("overrides", Node::from(job.overrides.iter().map(|one| text(one)).collect::<Vec<_>>())),
            ]))
        });
        let node = Node::from(Map::from([
            ("now", text(&self.now.format(TIME).to_string())),
            ("before", Node::from(before)),
            ("parent", Node::from(i64::from(self.parent))),
            ("watched", Node::from(self.watched)),
            ("snapshot", self.snapshot.as_deref().map_or_else(Node::null, path)),
            ("of_sweep", of_sweep.unwrap_or_else(Node::null)),
        ]));
        let mut json = String::new();
        write_json(&node, JsonStyle::Compact, &mut json);
        json
    }

    fn of(node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        let before = map.get_str("before")?.as_map()?;
        let before =
            before.iter().map(|(key, slot)| (key.to_string(), slot.node.as_str().map(str::to_owned)));
        let of_sweep = match map.get_str("of_sweep")?.as_map() {
            None => None,
            Some(job) => Some(OfSweep {
                number: job.get_str("number")?.as_str()?.parse().ok()?,
                sweep: job.get_str("sweep")?.as_str().map(PathBuf::from),
                id: job.get_str("id")?.as_str()?.to_owned(),
                mandate: Mandate {
                    lock: job.get_str("lock")?.as_str()?.into(),
                    id: job.get_str("driver")?.as_str()?.to_owned(),
                },
                directory: job.get_str("directory")?.as_str()?.into(),
                made: *job.get_str("made")? == Node::from(true),
                overrides: (job.get_str("overrides")?.as_list()?.iter())
                    .map(|one| one.as_str().map(str::to_owned))
                    .collect::<Option<_>>()?,
                scheduled: match job.get_str("scheduled").and_then(Node::as_map) {
                    None => None,
                    Some(map) => Some(Scheduled { id: map.get_str("id")?.as_str()?.to_owned() }),
                },
            }),
        };
        let now = NaiveDateTime::parse_from_str(map.get_str("now")?.as_str()?, TIME).ok()?;
        let Kind::Int(parent) = map.get_str("parent")?.kind else { return None };
        let parent = u32::try_from(parent).ok()?;
        let watched = *map.get_str("watched")? == Node::from(true);
        let snapshot = map.get_str("snapshot")?.as_str().map(PathBuf::from);
        Some(Self { now, before: before.collect(), parent, snapshot, watched, of_sweep })
    }
}

fn scheduled(scheduled: Option<&Scheduled>) -> Node {
    scheduled.map_or_else(Node::null, |known| Node::from(Map::from([("id", Node::from(known.id.as_str()))])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_back_and_its_file_is_gone() {
        let order = Order {
            now: NaiveDateTime::parse_from_str("2026-01-02T03:04:05.000006", TIME).unwrap(),
            before: vec![("A".to_owned(), None), ("B".to_owned(), Some("\"x\n".to_owned()))],
            parent: 7,
            snapshot: Some("/s/snapshot".into()),
            watched: true,
            of_sweep: Some(OfSweep {
                number: 3,
                sweep: Some("/s".into()),
                id: "01".to_owned(),
                mandate: Mandate { lock: "/s/.sweep.lock".into(), id: "02".to_owned() },
                directory: "/s/3".into(),
                made: true,
                overrides: vec!["a=${b}".to_owned(), "~c".to_owned()],
                scheduled: Some(Scheduled { id: "12_3".to_owned() }),
            }),
        };
        let file = OrderFile::write(&order, &Process::default()).unwrap();
        let mut arguments: Vec<OsString> = vec![WORKER.into(), file.0.clone().into(), "x=1".into()];
        assert_eq!(Order::take(&mut arguments).unwrap(), Some(order.clone()));
        assert_eq!(arguments, ["x=1"]);
        assert!(!file.0.exists());
        assert_eq!(Order::take(&mut arguments).unwrap(), None);
        let env = [("A", "1"), ("B", "2"), ("C", "3")].into_iter().collect();
        let facts = order.restore(Facts { env, ..Facts::default() });
        let restored: Vec<_> = facts.env.iter().collect();
        assert_eq!((restored, facts.now), (vec![("B", "\"x\n"), ("C", "3")], order.now.into()));
    }

    #[test]
    fn what_is_no_order_is_an_error() {
        for arguments in [vec![WORKER], vec![WORKER, "/nowhere/at/all"]] {
            let mut arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
            assert_eq!(Order::take(&mut arguments).unwrap_err().kind(), ErrorKind::Job);
        }
        let scratch = crate::durable::testing::Scratch::new("order");
        let path = scratch.path().join("notes.json");
        for text in ["{}", "no JSON"] {
            fs::write(&path, text).unwrap();
            let mut arguments: Vec<OsString> = vec![WORKER.into(), path.clone().into()];
            assert_eq!(Order::take(&mut arguments).unwrap_err().kind(), ErrorKind::Job);
            assert!(path.exists(), "a file that is no order is left alone");
        }
    }
}
