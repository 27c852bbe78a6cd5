//! Who carries out an order: the first one that says so.

use std::fs;
use std::path::Path;

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::durable::{Sync, write_first, write_whole_with};
use crate::run::Mandate;
use crate::value::{JsonStyle, Kind, Map, Node, read_json, write_json};

/// One life of a task: Slurm may put a task back into its queue, and then it begins once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// The array and the task: `12_3`.
    pub(super) task: String,
    /// How often it has been put back.
    pub(super) restarts: u32,
}

/// Who has a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// A task, in one of its lives; and how many of them were ended at the limit of their time.
    Of(Life, u64),
    /// A driver, so that nobody carries out the order any more.
    Withdrawn,
}

/// What came of asking for a job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is ours, and the mandate says so; and how many lives before this one were ended at their limit.
    Ours(Mandate, u64),
    /// It is somebody else's.
    Theirs,
}

const WITHDRAWN: &str = "withdrawn";

impl Life {
    /// How it is called.
    pub(super) fn id(&self) -> String {
        format!("{}.{}", self.task, self.restarts)
    }

    /// The array that it is a task of.
    pub(super) fn array(&self) -> &str {
        self.task.split('_').next().unwrap_or_default()
    }

    /// Whether it is an earlier one of the same task.
    pub(super) fn is_before(&self, life: &Self) -> bool {
        self.task == life.task && self.restarts < life.restarts
    }

    fn parse(id: &str) -> Option<Self> {
        let (task, restarts) = id.rsplit_once('.')?;
        Some(Self { task: task.to_owned(), restarts: restarts.parse().ok()? })
    }
}

impl Claim {
    /// Who has the job whose claim lies there; none if nobody has.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display())));
            }
        };
        let broken = || Error::new(ErrorKind::Json, format!("`{}` is no claim", path.display()));
        let node = read_json(&text, SourceId::NONE).map_err(|_| broken())?;
        let map = node.as_map().ok_or_else(broken)?;
        let id = map.get_str("id").and_then(Node::as_str).ok_or_else(broken)?;
        if id == WITHDRAWN {
            return Ok(Some(Self::Withdrawn));
        }
        let timeouts = match map.get_str("timeouts").map(|node| &node.kind) {
            Some(Kind::Int(number)) => number.unsigned_abs(),
            _ => 0,
        };
        Life::parse(id).map(|life| Some(Self::Of(life, timeouts))).ok_or_else(broken)
    }

    fn text(&self) -> String {
        let (id, timeouts) = match self {
            Self::Of(life, timeouts) => (life.id(), *timeouts),
            Self::Withdrawn => (WITHDRAWN.to_owned(), 0),
        };
        let timeouts = Node::from(i64::try_from(timeouts).unwrap_or(i64::MAX));
        let mut json = String::new();
        let map = Map::from([("id", Node::from(id.as_str())), ("timeouts", timeouts)]);
        write_json(&Node::from(map), JsonStyle::Compact, &mut json);
        json
    }
}

/// Asks for a job in the name of a life of a task. What an earlier life of the same task has is ours: Slurm has ended it.
///
/// # Errors
/// The claim cannot be read or written.
pub(super) fn ask(path: &Path, life: &Life) -> Result<Asked> {
    let ours = |timeouts| Asked::Ours(Mandate { lock: path.to_owned(), id: life.id() }, timeouts);
    if write_first(path, &Claim::Of(life.clone(), 0).text())? {
        return Ok(ours(0));
    }
    match Claim::read(path)? {
        Some(Claim::Of(known, timeouts)) if known == *life => Ok(ours(timeouts)),
        Some(Claim::Of(known, timeouts)) if known.is_before(life) => {
            renew(path, life, timeouts)?;
            Ok(ours(timeouts))
        }
        _ => Ok(Asked::Theirs),
    }
}

/// Writes what a life of a task has to say of a job that is its own.
///
/// # Errors
/// The claim cannot be written.
pub(super) fn renew(path: &Path, life: &Life, timeouts: u64) -> Result<()> {
    let text = Claim::Of(life.clone(), timeouts).text();
    write_whole_with(path, Sync::Now, |file| std::io::Write::write_all(file, text.as_bytes()))
}

/// Makes sure that nobody begins a job that nobody has begun: whether that is so.
///
/// # Errors
/// The claim cannot be written.
pub(super) fn withdraw(path: &Path) -> Result<bool> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot make `{}`: {error}", folder.display()))
        })?;
    }
    Ok(write_first(path, &Claim::Withdrawn.text())? || Claim::read(path)? == Some(Claim::Withdrawn))
}

/// Takes a job from a task that is no more.
///
/// # Errors
/// The claim cannot be written.
pub(super) fn revoke(path: &Path) -> Result<()> {
    write_whole_with(path, Sync::Now, |file| {
        std::io::Write::write_all(file, Claim::Withdrawn.text().as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    fn life(task: &str, restarts: u32) -> Life {
        Life { task: task.to_owned(), restarts }
    }

    #[test]
    fn a_job_has_one_task_in_its_latest_life() {
        let scratch = Scratch::new("slurm-claim");
        let path = scratch.path().join("0");
        let Asked::Ours(first, 0) = ask(&path, &life("12_3", 0)).unwrap() else { panic!("nobody has it") };
        assert!(first.stands());
        assert_eq!(ask(&path, &life("13_3", 4)).unwrap(), Asked::Theirs);
        renew(&path, &life("12_3", 0), 1).unwrap();
        let Asked::Ours(second, 1) = ask(&path, &life("12_3", 1)).unwrap() else { panic!("it is its own") };
        assert!(second.stands() && !first.stands());
        assert_eq!(ask(&path, &life("12_3", 0)).unwrap(), Asked::Theirs, "it has ended");
        assert!(!withdraw(&path).unwrap());
        assert!(second.stands());
        assert!(life("12_3", 0).is_before(&life("12_3", 1)) && !life("12_3", 0).is_before(&life("13_3", 1)));
    }

    #[test]
    fn what_is_withdrawn_nobody_begins() {
        let scratch = Scratch::new("slurm-withdrawn");
        let path = scratch.path().join("claims/0");
        assert!(withdraw(&path).unwrap() && withdraw(&path).unwrap());
        assert_eq!(ask(&path, &life("12_3", 0)).unwrap(), Asked::Theirs);
    }
}
