//! What a command says came of it: numbers in a file that it writes, or the last values of its metrics.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::app::capture;
use crate::app::program::bound::Bound;
use crate::app::program::command::own_file;
use crate::app::program::outcome::{Failed, Objective};
use crate::app::program::session::setting;
use crate::diag::{Error, ErrorKind, Result, Severity};
use crate::durable::read_regular;
use crate::run::{METRICS, Run, readable_metrics};
use crate::value::{KeyPath, Kind, Node, read_python_json};

/// The file that a command leaves its result in, unless the config names another one.
pub(super) const RESULT: &str = "result.json";

/// Where the result of a command is looked for.
pub(super) struct ToldResult {
    /// The file.
    pub(super) path: PathBuf,
    /// The part of it that counts.
    key: Option<String>,
    /// Whether the config names it.
    is_named: bool,
    /// What stood there before the command began, which is not its result, and may be anybody's.
    before: Option<Written>,
}

/// How a file was written: another one, or one that was written again, is told apart.
#[derive(PartialEq)]
struct Written {
    at: Option<SystemTime>,
    length: u64,
    /// The file itself, and when its name or its content was changed.
    changed: (u64, i64, i64),
}

impl Written {
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self { at: file.modified().ok(), length: file.len(), changed: changed(&file) })
    }
}

#[cfg(unix)]
fn changed(file: &fs::Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (file.ino(), file.ctime(), file.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> (u64, i64, i64) {
    (0, 0, 0)
}

impl ToldResult {
    /// As `mainstem.run.result` says: a file, or a file and a key in it: `scores.json:val.acc`.
    ///
    /// # Errors
    /// The setting cannot be resolved.
    pub(super) fn of(bound: &Bound, run: &Run) -> Result<Self> {
        let named = setting(bound, "mainstem.run.result")?;
        let is_named = named.is_some();
        let (file, key) = match named {
            None => (own_file(run, RESULT), None),
            Some(named) => match named.rsplit_once(".json:") {
                Some((file, key)) => (format!("{file}.json"), Some(key.to_owned())),
                None => (named, None),
            },
        };
        let path = run.dir().join(file);
        let before = Written::of(&path);
        Ok(Self { path, key, is_named, before })
    }

    /// The numbers that the command left.
    ///
    /// # Errors
    /// The file cannot be read, or is no JSON.
    pub(super) fn read(&self, run: &Run) -> std::result::Result<Vec<Objective>, Failed> {
        const LARGEST: u64 = 1 << 20;
        if self.before.is_some() && self.before == Written::of(&self.path) {
            let numbers = of_metrics(run);
            if numbers.is_empty() && self.is_named {
                let path = self.path.display();
                let message = format!("`{path}` is as it was before the command, so it is no result of it");
                warn(&Error::new(ErrorKind::Json, message).note("the job has no result"));
            }
            return Ok(numbers);
        }
        let bytes = match read_regular(&self.path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(of_metrics(run)),
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", self.path.display());
                return Err(Error::new(ErrorKind::Io, message).into());
            }
        };
        let whole = read_python_json(&String::from_utf8(bytes)?).map_err(|_| self.wrong(", as JSON"))?;
        let node = match &self.key {
            Some(key) => {
                at(&whole, key).ok_or_else(|| self.wrong(&format!(" at `{key}`, and has no such key")))?
            }
            None => &whole,
        };
        let (mut objectives, mut others) = (Vec::new(), Vec::new());
        numbers("", node, &mut objectives, &mut others);
        let warning = match objectives.is_empty() {
            // A file of the program's own may be called the same.
            true => {
                Some(self.wrong(&format!(", and holds {}", node.describe())).note("the job has no result"))
            }
            false if others.is_empty() => None,
            false => Some(
                self.wrong("").note(format!("left out, since they are no numbers: {}", others.join(", "))),
            ),
        };
        if let Some(warning) = warning {
            warn(&warning);
        }
        Ok(objectives)
    }

    fn wrong(&self, what: &str) -> Error {
        let message = format!("`{}` must hold a number, or numbers by names{what}", self.path.display());
        Error::new(ErrorKind::Json, message)
    }
}

fn warn(warning: &Error) {
    let drawn = warning.render_as(Severity::Warning, capture::styles().1);
    // There is nobody left to tell that standard error is gone.
    let _ = std::io::stderr().lock().write_all(drawn.as_bytes());
}

/// The last value of each metric, in the order of their first ones. What the log has that is no metric, its readers are told.
fn of_metrics(run: &Run) -> Vec<Objective> {
    let log = run.record_dir().filter(|folder| folder.join(own_file(run, METRICS)).is_file());
    let mut objectives: Vec<Objective> = Vec::new();
    for metric in log.map(readable_metrics).unwrap_or_default() {
        match objectives.iter_mut().find(|known| known.name == metric.name) {
            Some(known) => known.value = metric.value,
            None => objectives.push(Objective { name: metric.name, value: metric.value, direction: None }),
        }
    }
    objectives
}

/// What stands at a path in a value.
fn at<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    KeyPath::parse(key).keys().iter().try_fold(node, |node, key| node.child(key))
}

/// The numbers in what a command left, each by its path, and the paths of everything else.
fn numbers(path: &str, node: &Node, found: &mut Vec<Objective>, others: &mut Vec<String>) {
    if let Some(value) = node.as_f64() {
        return found.push(Objective { name: path.to_owned(), value, direction: None });
    }
    match &node.kind {
        Kind::Map(map) => {
            let above = if path.is_empty() { String::new() } else { format!("{path}.") };
            map.iter().for_each(|(key, slot)| numbers(&format!("{above}{key}"), &slot.node, found, others));
        }
        // What a function under Hydra returns for several objectives: they are known by their places.
        Kind::List(list) if path.is_empty() => {
            (list.iter().enumerate()).for_each(|(at, node)| numbers(&at.to_string(), node, found, others));
        }
        _ => others.push(format!("`{path}`")),
    }
}
