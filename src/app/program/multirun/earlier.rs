//! Runs that have completed before, whose results a sweep takes over.

use std::cell::OnceCell;
use std::path::{Component, Path, PathBuf};

use crate::app::program::bound::Bound;
use crate::app::program::command;
use crate::app::program::flags::{Whose, parse};
use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::drive::{Entry, Journal, Progress, Standing};
use crate::facts::{Process, date_of};
use crate::resolve::{Answered, Input, Scope};
use crate::run::{CONFIG, Found, Place, RESOLVED, Record, Status, list, program};
use crate::value::{HashMap, Key, KeyPath, Kind, Node, write_yaml};
use crate::yaml;

/// Runs of the same program that have completed, by their configs.
pub(super) struct Earlier {
    by_config: HashMap<[u8; 32], Vec<Completed>>,
}

/// A run that has completed.
struct Completed {
    run: Found,
    /// Its config, resolved: read when it is asked for.
    resolved: OnceCell<Option<Node>>,
}

/// A job that is not run, since a run has done the same.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) job: u64,
    /// What the job changes, as it may be shown.
    pub(super) overrides: Vec<String>,
    /// The directory of the run.
    pub(super) directory: PathBuf,
    result: Option<Node>,
}

impl Earlier {
    /// What has completed below the directory that `mainstem.sweep.skip_completed` names: with `true`, where sweeps of
    /// this config lie. `None` if nothing is to be taken over.
    ///
    /// # Errors
    /// It is no directory, or cannot be read.
    pub(super) fn find(session: &Session<'_>, master: &Bound) -> Result<Option<Self>> {
        let Some(node) = master.select("mainstem.sweep.skip_completed")? else { return Ok(None) };
        let place =
            Place::of_sweep(&session.composer, master.root()).map_err(|error| master.located(error))?;
        let root = match &node.kind {
            Kind::Null | Kind::Bool(false) => return Ok(None),
            Kind::Bool(true) if place.exclusive => place.common,
            Kind::Bool(true) => place.directory,
            Kind::Str(path) => session.absolute(path.as_str()),
            _ => {
                let message = format!(
                    "`mainstem.sweep.skip_completed` must be true, false or a directory, and is {}",
                    node.describe()
                );
                return Err(master.located(Error::new(ErrorKind::Type, message).at(node.origin, "")));
            }
        };
        if !root.is_dir() {
            // Nothing has run yet.
            let Kind::Str(path) = &node.kind else { return Ok(None) };
            let error = Error::new(ErrorKind::NotFound, format!("there is no directory `{path}`"));
            return Err(master.located(error.at(node.origin, "runs are looked for there")));
        }
        let process = session.process();
        let (runs, _) = list(&root, &process)?;
        let mut earlier = Self { by_config: HashMap::default() };
        for run in runs {
            // The files of one whose record was put aside are another one's by now.
            let is_whole = run.record.status() == Status::Completed && run.is_latest();
            if !is_whole || !same_program(session, &run.record, &process)? {
                continue;
            }
            let Ok(Some(config)) = run.text(CONFIG) else { continue };
            let completed = Completed { run, resolved: OnceCell::new() };
            earlier.by_config.entry(hmac_sha256::Hash::hash(config.as_bytes())).or_default().push(completed);
        }
        Ok(Some(earlier))
    }

    /// The latest run that has done what a job would do.
    pub(super) fn of(
        &self,
        job: u64,
        bound: &Bound,
        overrides: impl FnOnce() -> Vec<String>,
    ) -> Option<Taken> {
        let runs = self.by_config.get(&hmac_sha256::Hash::hash(bound.to_yaml().as_bytes()))?;
        let asked = bound.reading(false, |scope| {
            let mut asked = Vec::new();
            outside(scope, &KeyPath::ROOT, bound.job(), &mut asked);
            Ok(asked)
        });
        let asked = asked.ok()?;
        let run = &runs.iter().rev().find(|run| run.agrees(&asked))?.run;
        let result = run.record.result().cloned();
        Some(Taken { job, overrides: overrides(), directory: run.directory.clone(), result })
    }
}

impl Completed {
    /// Whether these places had these values.
    fn agrees(&self, asked: &[(KeyPath, Option<Node>)]) -> bool {
        if asked.is_empty() {
            return true;
        }
        let resolved = self.resolved.get_or_init(|| {
            let text = self.run.text(RESOLVED).ok()??;
            Some(yaml::parse(&text, SourceId::NONE, &yaml::Limits::default(), &mut ())?.root)
        });
        let Some(resolved) = resolved else { return false };
        asked.iter().all(|(path, value)| match (value, at(resolved, path)) {
            (Some(value), Some(known)) => printed(value) == printed(known),
            _ => false,
        })
    }
}

fn at<'a>(root: &'a Node, path: &KeyPath) -> Option<&'a Node> {
    path.keys().iter().try_fold(root, |node, key| match (&node.kind, key) {
        (Kind::List(items), Key::Int(index)) => items.get(usize::try_from(*index).ok()?),
        _ => node.as_map()?.get(key),
    })
}

fn printed(node: &Node) -> String {
    let mut text = String::new();
    write_yaml(node, &mut text);
    text
}

/// The values that come from outside of the config, with what they are now. What an interpolation says of the run itself,
/// or of the time, is what it says for every job.
fn outside(scope: &Scope<'_>, path: &KeyPath, node: &Node, asked: &mut Vec<(KeyPath, Option<Node>)>) {
    match &node.kind {
        Kind::Map(map) => {
            for (key, slot) in map.iter() {
                outside(scope, &path.child(key.clone()), &slot.node, asked);
            }
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let key = Key::Int(i64::try_from(index).unwrap_or(i64::MAX));
                outside(scope, &path.child(key), item, asked);
            }
        }
        Kind::Template(_) => {
            let is_outside = |input: &Input| {
                matches!(
                    input,
                    Input::Variable { .. }
                        | Input::File { .. }
                        | Input::Python
                        | Input::Resolver { answered: Answered::Here, .. }
                )
            };
            if scope.inputs(path).iter().any(is_outside) {
                asked.push((path.clone(), scope.select(path).ok().flatten()));
            }
        }
        _ => {}
    }
}

/// Whether a run was one of this program, as it is now.
fn same_program(session: &Session<'_>, record: &Record, process: &Process) -> Result<bool> {
    if record.name() != session.app.name {
        return Ok(false);
    }
    let arguments = record.get("arguments").and_then(Node::as_list).unwrap_or_default();
    let mut arguments = arguments.iter().filter_map(Node::as_str).skip(1);
    if session.app.starts_command {
        let tail: Vec<&str> = arguments.skip_while(|argument| *argument != "--").collect();
        let own: Vec<_> = session.app.tail.iter().map(|argument| argument.to_string_lossy()).collect();
        let is_older = |(_, path): (String, PathBuf)| {
            let changed = path.metadata().and_then(|file| file.modified());
            changed.ok().and_then(date_of).is_some_and(|changed| changed < record.started())
        };
        let files = command::files(&session.app.tail, &session.composer.facts().cwd);
        return Ok(tail.iter().eq(own.iter()) && files.into_iter().all(is_older));
    }
    let now = process.program.as_deref().and_then(program).map(Node::from);
    if now.as_ref() != record.get("program") {
        return Ok(false);
    }
    let Some(own) = session.app.own.map(|make| make()).transpose()? else { return Ok(true) };
    let texts: Vec<String> = arguments.by_ref().map(str::to_owned).collect();
    Ok(parse(texts, &own.flags, Whose::Apps).is_ok_and(|flags| flags.own == session.flags.own))
}

/// Leaves out what the sweep itself has completed, as far as it is known.
pub(super) fn new_to(before: &Progress, mut taken: Vec<Taken>) -> Vec<Taken> {
    let is_known = |job: &u64| before.jobs.get(job).is_some_and(|was| was.status == Status::Completed);
    taken.retain(|run| !is_known(&run.job));
    taken
}

/// Writes into the journal that jobs have completed: elsewhere, and before. They are not run again.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn take_over(
    taken: &[Taken],
    sweep: &Path,
    journal: &Journal,
    before: &mut Progress,
    process: &Process,
) -> Result<()> {
    for Taken { job, overrides, directory, result } in taken {
        let (job, directory, attempt) = (*job, seen_from(sweep, directory), 0);
        let time = process.clock.now();
        journal.add(&Entry::Started {
            job,
            attempt,
            time,
            directory: Some(directory.clone()),
            overrides: overrides.clone(),
        })?;
        let (status, result) = (Status::Completed, result.clone());
        let (stopped, error, log, again) = (None, None, None, false);
        journal.add(&Entry::Ended { job, attempt, time, status, result, stopped, error, log, again })?;
        before.jobs.insert(
            job,
            Standing { attempt, status, again, began: time, directory: Some(directory), task: None },
        );
    }
    Ok(())
}

/// A path as it is seen from a directory; both are absolute.
fn seen_from(directory: &Path, path: &Path) -> PathBuf {
    let shared =
        directory.components().zip(path.components()).take_while(|(one, other)| one == other).count();
    let up = directory.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}
