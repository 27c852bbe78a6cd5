//! What a submission is: a folder with its script and the orders of its tasks.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use crate::app::program::multirun::slurm::claim::Life;
use crate::diag::{Error, ErrorKind, Origin, Result, SourceId};
use crate::drive::FOLDER;
use crate::durable::sync;
use crate::value::{JsonStyle, Key, Kind, Map, Node, Slot, read_json, write_json};

/// The folder of a submission of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder(PathBuf);

/// What all tasks of a submission have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Head {
    /// The identifier of the sweep.
    pub(super) sweep: String,
    /// The directory of the sweep, if it is another one than the config says.
    pub(super) other: Option<PathBuf>,
    /// The instant of every `${now:…}`.
    pub(super) now: NaiveDateTime,
    /// The folder of the snapshot that they run from.
    pub(super) snapshot: Option<PathBuf>,
    pub(super) jobs_at_a_time: usize,
    /// How many minutes a task may take, and how many seconds before their end it is told.
    pub(super) minutes: u64,
    pub(super) notice: u64,
    /// How often a task that was ended at its limit begins once more.
    pub(super) max_timeouts: u64,
}

/// The order of one job.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct JobOrder {
    pub(super) number: u64,
    /// Its directory, absolute.
    pub(super) directory: PathBuf,
    /// Whether that was made for the job.
    pub(super) made: bool,
    /// The record that was in it before.
    pub(super) earlier: Option<String>,
    pub(super) overrides: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
}

/// The version of the layout of orders. They are carried out by the program that wrote them, or its copy.
const FORMAT: i64 = 1;

const TIME: &str = "%Y-%m-%dT%H:%M:%S%.f";

impl Folder {
    /// That of a submission, whether it is there or not.
    pub(super) fn of(sweep: &Path, submission: u32) -> Self {
        Self(sweep.join(FOLDER).join("slurm").join(submission.to_string()))
    }

    /// One that nobody has made yet: of that name, or of the next one that is free.
    pub(super) fn free(wanted: &Path) -> Self {
        let numbered = |number: u32| {
            wanted.with_file_name(format!("{}_{number}", wanted.file_name().unwrap_or_default().display()))
        };
        let mut all = std::iter::once(wanted.to_owned()).chain((1..u32::MAX).map(numbered));
        Self(all.find(|path| !path.exists()).unwrap_or_else(|| wanted.to_owned()))
    }

    /// One that was named.
    pub(super) fn named(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn script(&self) -> PathBuf {
        self.0.join("script.sh")
    }

    fn orders(&self) -> PathBuf {
        self.0.join("orders.jsonl")
    }

    /// The claim of a job.
    pub(super) fn claim(&self, job: u64) -> PathBuf {
        self.0.join("claims").join(job.to_string())
    }

    /// Where its tasks say that they are to begin once more, each life of one by a file of its name.
    pub(super) fn again(&self) -> PathBuf {
        self.0.join("again")
    }

    /// Says that the task of this life is to begin once more: its script does the rest, outside of a container that it may be in.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub(super) fn ask_again(&self, life: &Life) -> Result<()> {
        let path = self.again().join(life.id());
        File::create(&path).and_then(|file| file.sync_all()).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()))
                .note("the task is not put back into Slurm's queue")
        })
    }

    /// Writes a submission that nobody has written before. What is in it may be for nobody else to read.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]; it is there already.
    pub(super) fn write(&self, script: &str, head: &Head, tasks: &[Vec<JobOrder>]) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", self.0.display()))
        };
        if let Some(parent) = self.0.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::create_dir(&self.0).map_err(failed)?;
        fs::create_dir(self.0.join("claims")).map_err(failed)?;
        fs::create_dir(self.again()).map_err(failed)?;
        let mut orders = String::new();
        write_json(&head.to_node(), JsonStyle::Compact, &mut orders);
        for task in tasks {
            orders.push('\n');
            write_json(&task.iter().map(JobOrder::to_node).collect(), JsonStyle::Compact, &mut orders);
        }
        orders.push('\n');
        for (path, text) in [(self.orders(), orders.as_str()), (self.script(), script)] {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
        }
        sync(&self.0, &["orders.jsonl", "script.sh"])
    }

    /// What all tasks have in common.
    ///
    /// # Errors
    /// It is not there, or no order of this version.
    pub(super) fn head(&self) -> Result<Head> {
        self.read(0, Head::of)
    }

    /// The snapshot that the last submission of a sweep runs from.
    pub(super) fn last_snapshot(sweep: &Path) -> Option<PathBuf> {
        let folders = fs::read_dir(sweep.join(FOLDER).join("slurm")).ok()?;
        let numbers = folders.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.sort_unstable();
        // Of one that Slurm did not take only claims may be left.
        numbers.into_iter().rev().find_map(|number| Self::of(sweep, number).head().ok())?.snapshot
    }

    /// The jobs of a task.
    ///
    /// # Errors
    /// As [`Folder::head`].
    pub(super) fn task(&self, task: usize) -> Result<Vec<JobOrder>> {
        self.read(task + 1, |node| node.as_list()?.iter().map(JobOrder::of).collect())
    }

    /// The jobs of all tasks, and the records that were in their directories before. There are none without orders.
    ///
    /// # Errors
    /// They cannot be read.
    pub(super) fn earlier(&self) -> Result<BTreeMap<u64, Option<String>>> {
        let text = match fs::read_to_string(self.orders()) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", self.orders().display());
                return Err(Error::new(ErrorKind::Io, message));
            }
        };
        let mut earlier = BTreeMap::new();
        for line in text.lines().skip(1) {
            let node = read_json(line, SourceId::NONE)?;
            let jobs = node.as_list().unwrap_or_default().iter().filter_map(JobOrder::of);
            earlier.extend(jobs.map(|job| (job.number, job.earlier)));
        }
        Ok(earlier)
    }

    fn read<T>(&self, line: usize, read: impl Fn(&Node) -> Option<T>) -> Result<T> {
        let path = self.orders();
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Job, format!("cannot read `{}`: {why}", path.display()))
        };
        let file = File::open(&path).map_err(|error| failed(&error))?;
        let text = BufReader::new(file).lines().nth(line);
        let text = text.ok_or_else(|| failed(&format!("it has no line {}", line + 1)))?;
        let node = read_json(&text.map_err(|error| failed(&error))?, SourceId::NONE);
        let node = node.map_err(|error| failed(&error.message()))?;
        read(&node).ok_or_else(|| failed(&"it is another version's"))
    }
}

fn number(number: u64) -> Node {
    Node::from(i64::try_from(number).unwrap_or(i64::MAX))
}

fn path(path: &Path) -> Node {
    Node::from(path.to_string_lossy().as_ref())
}

fn read_number(map: &Map, key: &str) -> Option<u64> {
    match map.get_str(key)?.kind {
        Kind::Int(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

impl Head {
    fn to_node(&self) -> Node {
        Node::from(Map::from([
            ("format", Node::from(FORMAT)),
            ("sweep", Node::from(self.sweep.as_str())),
            ("other", Node::from(self.other.as_deref().map(path))),
            ("now", Node::from(self.now.format(TIME).to_string().as_str())),
            ("snapshot", Node::from(self.snapshot.as_deref().map(path))),
            ("jobs_at_a_time", number(self.jobs_at_a_time as u64)),
            ("minutes", number(self.minutes)),
            ("notice", number(self.notice)),
            ("max_timeouts", number(self.max_timeouts)),
        ]))
    }

    fn of(node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        if read_number(map, "format")? != FORMAT.unsigned_abs() {
            return None;
        }
        Some(Self {
            sweep: map.get_str("sweep")?.as_str()?.to_owned(),
            other: map.get_str("other")?.as_str().map(PathBuf::from),
            now: NaiveDateTime::parse_from_str(map.get_str("now")?.as_str()?, TIME).ok()?,
            snapshot: map.get_str("snapshot")?.as_str().map(PathBuf::from),
            jobs_at_a_time: usize::try_from(read_number(map, "jobs_at_a_time")?).ok()?,
            minutes: read_number(map, "minutes")?,
            notice: read_number(map, "notice")?,
            max_timeouts: read_number(map, "max_timeouts")?,
        })
    }
}

impl JobOrder {
    fn to_node(&self) -> Node {
        let environment: Map = (self.environment.iter())
            .map(|(name, value)| {
                (Key::from(name.as_str()), Slot { origin: Origin::NONE, node: Node::from(value.as_str()) })
            })
            .collect();
        Node::from(Map::from([
            ("number", number(self.number)),
            ("directory", path(&self.directory)),
            ("made", Node::from(self.made)),
            ("earlier", Node::from(self.earlier.as_deref())),
            ("overrides", self.overrides.iter().map(String::as_str).collect()),
            ("environment", Node::from(environment)),
        ]))
    }

    fn of(node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        let texts = map.get_str("overrides")?.as_list()?.iter();
        let environment = map.get_str("environment")?.as_map()?.iter();
        let variable = |(key, slot): (&Key, &Slot)| Some((key.to_string(), slot.node.as_str()?.to_owned()));
        Some(Self {
            number: read_number(map, "number")?,
            directory: map.get_str("directory")?.as_str()?.into(),
            made: *map.get_str("made")? == Node::from(true),
            earlier: map.get_str("earlier")?.as_str().map(str::to_owned),
            overrides: texts.map(|text| text.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            environment: environment.map(variable).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn orders_are_read_as_they_were_written_and_written_once() {
        let scratch = Scratch::new("slurm-orders");
        let folder = Folder::of(scratch.path(), 2);
        let head = Head {
            sweep: "01".to_owned(),
            other: Some("/o".into()),
            now: NaiveDateTime::parse_from_str("2026-01-02T03:04:05.000006", TIME).unwrap(),
            snapshot: Some("/s/snapshot".into()),
            jobs_at_a_time: 2,
            minutes: 5,
            notice: 120,
            max_timeouts: 3,
        };
        let job = |number| JobOrder {
            number,
            directory: "/s/0".into(),
            made: true,
            earlier: Some("02".to_owned()),
            overrides: vec!["a=${b}".to_owned(), "c='\n'".to_owned()],
            environment: vec![("A".to_owned(), "1".to_owned())],
        };
        let tasks = [vec![job(0), job(1)], vec![JobOrder { earlier: None, ..job(2) }]];
        folder.write("#!/bin/sh\n", &head, &tasks).unwrap();
        assert_eq!(folder.head().unwrap(), head);
        assert_eq!([folder.task(0).unwrap(), folder.task(1).unwrap()], tasks);
        assert_eq!(folder.task(2).unwrap_err().kind(), ErrorKind::Job);
        assert_eq!(folder.write("", &head, &tasks).unwrap_err().kind(), ErrorKind::Io);
        // Of a later one that Slurm did not take only claims are left.
        fs::create_dir_all(Folder::of(scratch.path(), 3).claim(0)).unwrap();
        assert_eq!(Folder::last_snapshot(scratch.path()), head.snapshot);
        #[cfg(unix)]
        {
            let mode = fs::metadata(folder.script()).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o77, 0);
        }
    }
}
