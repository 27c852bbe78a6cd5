//! What a command says came of it: numbers in a file that it writes, or the last values of its metrics.

use std::io::Write as _;
use std::path::PathBuf;

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
}

impl ToldResult {
    /// As `mainstem.run.result` says: a file, or a file and a key in it: `scores.json:val.acc`.
    ///
    /// # Errors
    /// The setting cannot be resolved.
    pub(super) fn of(bound: &Bound, run: &Run) -> Result<Self> {
        let Some(named) = setting(bound, "mainstem.run.result")? else {
            return Ok(Self { path: run.dir().join(own_file(run, RESULT)), key: None });
        };
        let (file, key) = match named.rsplit_once(".json:") {
            Some((file, key)) => (format!("{file}.json"), Some(key.to_owned())),
            None => (named, None),
        };
        Ok(Self { path: run.dir().join(file), key })
    }

    /// Removes the file that the attempt before left in this directory, which is not this one's.
    ///
    /// # Errors
    /// It is there, and cannot be removed.
    pub(super) fn remove_earlier(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let message = format!("cannot remove the earlier `{}`: {error}", self.path.display());
                Err(Error::new(ErrorKind::Io, message))
            }
            _ => Ok(()),
        }
    }

    /// The numbers that the command left.
    ///
    /// # Errors
    /// The file cannot be read, or is no JSON.
    pub(super) fn read(&self, run: &Run) -> std::result::Result<Vec<Objective>, Failed> {
        const LARGEST: u64 = 1 << 20;
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
            let drawn = warning.render_as(Severity::Warning, capture::styles().1);
            // There is nobody left to tell that standard error is gone.
            let _ = std::io::stderr().lock().write_all(drawn.as_bytes());
        }
        Ok(objectives)
    }

    fn wrong(&self, what: &str) -> Error {
        let message = format!("`{}` must hold a number, or numbers by names{what}", self.path.display());
        Error::new(ErrorKind::Json, message)
    }
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
    let value = match &node.kind {
        Kind::Float(value) => *value,
        #[expect(clippy::cast_precision_loss, reason = "an objective is a float")]
        Kind::Int(value) => *value as f64,
        Kind::Map(map) => {
            let above = if path.is_empty() { String::new() } else { format!("{path}.") };
            return map
                .iter()
                .for_each(|(key, slot)| numbers(&format!("{above}{key}"), &slot.node, found, others));
        }
        // What a function under Hydra returns for several objectives: they are known by their places.
        Kind::List(list) if path.is_empty() => {
            return (list.iter().enumerate())
                .for_each(|(at, node)| numbers(&at.to_string(), node, found, others));
        }
        _ => return others.push(format!("`{path}`")),
    };
    found.push(Objective { name: path.to_owned(), value, direction: None });
}
