//! What the jobs of a search report as they go, and which of them are stopped early.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::durable::{Log, whole_lines};
use crate::search::{Pruner, Reports};
use crate::value::{JsonStyle, Kind, Map, Node, read_json, write_json};

/// The place where a job of a search reports: a file for each job in one folder, which all of them read.
///
/// Nobody waits for anybody: what is in the files when a job reports decides whether it goes on. So it works for processes
/// on one machine and on several that share a disk.
pub(crate) struct Reporting {
    folder: PathBuf,
    trial: u64,
    pruner: Option<Box<dyn Pruner + Send>>,
    /// A value as a loss: the lower, the better.
    loss: fn(f64) -> f64,
    /// What the value is called among the metrics of the run.
    name: String,
    log: Option<Log>,
    reports: Reports,
    /// Up to which byte the files of the others were read.
    read: BTreeMap<u64, u64>,
}

impl fmt::Debug for Reporting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, trial, reports, .. } = self;
        f.debug_struct("Reporting")
            .field("folder", folder)
            .field("trial", trial)
            .field("reports", reports)
            .finish_non_exhaustive()
    }
}

/// The file of a job.
fn file(folder: &Path, trial: u64) -> PathBuf {
    folder.join(format!("{trial}.jsonl"))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot {what} `{}`: {error}", path.display()))
}

impl Reporting {
    /// For the job of that number, which has reported nothing yet: what it did the time before is forgotten.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    #[cfg(feature = "app")]
    pub(crate) fn begin(
        folder: PathBuf,
        trial: u64,
        pruner: Option<Box<dyn Pruner + Send>>,
        loss: fn(f64) -> f64,
        name: String,
    ) -> Result<Self> {
        let path = file(&folder, trial);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed("remove", &path, &error));
            }
            _ => {}
        }
        let (reports, read) = (Reports::new(), BTreeMap::new());
        Ok(Self { folder, trial, pruner, loss, name, log: None, reports, read })
    }

    /// What the value is called among the metrics of the run.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes down what the job has come to at a step. Whether it is to stop.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full.
    pub(crate) fn report(&mut self, step: u64, value: f64) -> Result<bool> {
        let mut line = String::new();
        let number = i64::try_from(step).unwrap_or(i64::MAX);
        let map = Map::from([("step", Node::from(number)), ("value", Node::from(value))]);
        write_json(&Node::from(map), JsonStyle::Compact, &mut line);
        if self.log.is_none() {
            fs::create_dir_all(&self.folder)
                .map_err(|error| failed("make the directory", &self.folder, &error))?;
            self.log = Some(Log::open(&file(&self.folder, self.trial))?);
        }
        self.log.as_ref().map_or(Ok(()), |log| log.append(&line))?;
        self.reports.report(self.trial, step, (self.loss)(value));
        if self.pruner.is_none() {
            return Ok(false);
        }
        self.read_others()?;
        Ok(self.pruner.as_ref().is_some_and(|pruner| pruner.stops(&self.reports, self.trial)))
    }

    /// Takes in what the others have reported since the last time.
    fn read_others(&mut self) -> Result<()> {
        let entries = fs::read_dir(&self.folder).map_err(|error| failed("read", &self.folder, &error))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(trial) = name.to_str().and_then(|name| name.strip_suffix(".jsonl")?.parse::<u64>().ok())
            else {
                continue;
            };
            let from = self.read.get(&trial).copied().unwrap_or(0);
            // Most have ended, and have said nothing since.
            if trial == self.trial || entry.metadata().is_ok_and(|file| file.len() <= from) {
                continue;
            }
            let path = entry.path();
            let text = match read_from(&path, from) {
                Ok(text) => text,
                // One that begins again puts its file away.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("read", &path, &error)),
            };
            let mut end = from;
            for line in whole_lines(&text) {
                end += line.len() as u64 + 1;
                if let Some((step, value)) = read(line) {
                    self.reports.report(trial, step, (self.loss)(value));
                }
            }
            self.read.insert(trial, end);
        }
        Ok(())
    }
}

fn read_from(path: &Path, from: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn read(line: &str) -> Option<(u64, f64)> {
    let node = read_json(line, SourceId::NONE).ok()?;
    let map = node.as_map()?;
    match (&map.get_str("step")?.kind, &map.get_str("value")?.kind) {
        (Kind::Int(step), Kind::Float(value)) => Some((u64::try_from(*step).ok()?, *value)),
        _ => None,
    }
}

/// What a job of a search has reported, by its steps; nothing if it has not, or what it has cannot be read.
#[cfg(feature = "app")]
pub(crate) fn reports(folder: &Path, trial: u64) -> Vec<(u64, f64)> {
    let text = read_from(&file(folder, trial), 0).unwrap_or_default();
    whole_lines(&text).filter_map(read).collect()
}

/// What a job has reported last; a file of many reports is read at its end alone.
#[cfg(feature = "app")]
pub(crate) fn last_report(folder: &Path, trial: u64) -> Option<(u64, f64)> {
    const END: u64 = 4096;
    let path = file(folder, trial);
    let from = path.metadata().ok()?.len().saturating_sub(END);
    let text = read_from(&path, from).ok()?;
    whole_lines(&text).filter_map(read).last()
}

#[cfg(all(test, feature = "app"))]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;
    use crate::search::Percentile;

    fn begin(scratch: &Scratch, trial: u64) -> Reporting {
        let pruner = Box::new(Percentile::median().with_startup(2));
        let folder = scratch.path().join("reports");
        Reporting::begin(folder, trial, Some(pruner), |value| -value, "accuracy".to_owned())
            .expect("a folder")
    }

    #[test]
    fn each_job_sees_what_all_have_reported() {
        let scratch = Scratch::new("reporting");
        let [mut good, mut fair, mut bad] = [0, 1, 2].map(|trial| begin(&scratch, trial));
        assert!(!bad.report(1, 0.1).unwrap(), "nobody else has come so far");
        assert!(!good.report(1, 0.9).unwrap());
        assert!(!fair.report(1, 0.8).unwrap());
        assert!(!good.report(2, 0.95).unwrap());
        assert!(!fair.report(2, 0.85).unwrap());
        assert!(bad.report(2, 0.2).unwrap());
        assert_eq!(reports(&scratch.path().join("reports"), 2), [(1, 0.1), (2, 0.2)]);
        assert_eq!(last_report(&scratch.path().join("reports"), 2), Some((2, 0.2)));
        assert_eq!(last_report(&scratch.path().join("reports"), 7), None);
        // Who begins again has said nothing yet.
        let mut again = begin(&scratch, 2);
        assert_eq!(reports(&scratch.path().join("reports"), 2), []);
        assert!(!again.report(1, 0.97).unwrap());
        assert!(!good.report(3, f64::INFINITY).unwrap());
        assert!(good.report(4, f64::NAN).is_ok());
    }
}
