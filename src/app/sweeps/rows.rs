//! The jobs of a sweep, each as its journal has it last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, FixedOffset};

use crate::app::program::{Fate, Stands};
use crate::app::sweeps::queue::{Once, Queue};
use crate::diag::{Result, SourceId};
use crate::drive::{Entry, Progress, is_driven};
use crate::facts::{Facts, Process};
use crate::grammar::{Action, parse_override};
use crate::run::{EarlyStop, Status, Tenant};
use crate::value::{Key, Map, Node};

/// One job as it is shown.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) job: u64,
    /// How often it has begun.
    pub(crate) attempts: u32,
    pub(crate) status: Option<Status>,
    /// It is in the queue of a scheduler, and has not begun.
    pub(crate) waits: bool,
    pub(crate) overrides: Vec<String>,
    /// Seen from that of the sweep.
    pub(crate) directory: String,
    pub(crate) started: Option<DateTime<FixedOffset>>,
    pub(crate) seconds: Option<f64>,
    pub(crate) result: Option<Node>,
    /// Where it was stopped early, if it was.
    pub(crate) stopped: Option<EarlyStop>,
    pub(crate) error: Option<String>,
    pub(crate) log: Option<String>,
}

/// The jobs that have begun, by their numbers.
///
/// # Errors
/// There is no sweep, or its journal cannot be read.
pub(super) fn rows(
    directory: &Path,
    facts: &Facts,
    process: &Process,
) -> Result<(Progress, Queue, Vec<Row>)> {
    let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
    // Those that the drivers before the last one began.
    let mut earlier: BTreeSet<u64> = BTreeSet::new();
    let mut progress = Progress::each(directory, |entry| match entry {
        Entry::Driver { .. } => earlier.extend(rows.keys()),
        Entry::Started { job, attempt, time, directory, overrides } => {
            let row = Row {
                job: *job,
                attempts: *attempt,
                status: Some(Status::Running),
                overrides: overrides.clone(),
                directory: directory.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
                started: Some(*time),
                ..Row::default()
            };
            earlier.remove(job);
            rows.insert(*job, row);
        }
        Entry::Ended { job, time, status, result, stopped, error, log, .. } => {
            let row = rows.entry(*job).or_insert_with(|| Row { job: *job, ..Row::default() });
            row.status = Some(*status);
            row.seconds = row.started.and_then(|started| seconds(*time - started));
            row.result.clone_from(result);
            row.stopped = *stopped;
            row.error.clone_from(error);
            row.log = log.as_ref().map(|log| log.display().to_string());
        }
        _ => {}
    })?;
    let mut rows: Vec<Row> = rows.into_values().collect();
    let queue = Queue::look(directory, &mut progress, (facts, process), &Once::default());
    let driven = is_driven(directory, process);
    for row in rows.iter_mut().filter(|row| row.status == Some(Status::Running)) {
        if let Some(stands) = queue.jobs.get(&row.job) {
            row.take(stands, queue.fates.get(&row.job));
            continue;
        }
        // Whoever began it was killed. It may have outlived that, and is waited for then.
        let outlives = || Tenant::of_run(&directory.join(&row.directory), process).is_some();
        if (!driven || earlier.contains(&row.job)) && !outlives() {
            row.status = Some(Status::Interrupted);
        }
    }
    Ok((progress, queue, rows))
}

/// As [`rows`], of nothing else.
///
/// # Errors
/// As of [`rows`].
pub(crate) fn rows_of(directory: &Path, facts: &Facts, process: &Process) -> Result<Vec<Row>> {
    rows(directory, facts, process).map(|(_, _, rows)| rows)
}

/// A length of time in seconds.
pub(crate) fn seconds(time: chrono::TimeDelta) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a job fit")]
    let micros = time.num_microseconds()? as f64;
    Some(micros / 1e6)
}

impl Row {
    /// Takes in how a job stands that goes on by itself.
    fn take(&mut self, stands: &Stands, fate: Option<&Fate>) {
        match stands {
            Stands::Waits => self.waits = true,
            Stands::Runs => {}
            Stands::Gone => {
                let failed = fate.is_some_and(Fate::failed);
                self.status = Some(if failed { Status::Failed } else { Status::Interrupted });
                self.error = fate.filter(|fate| fate.says_more()).map(|fate| fate.why.clone());
            }
            Stands::Ended(record) => {
                self.status = Some(record.status());
                self.seconds = record.ended().and_then(|ended| seconds(ended - record.started()));
                self.result = record.result().cloned();
                self.stopped = record.stopped();
                self.error = record.error_line().map(str::to_owned);
            }
        }
    }

    /// How it stands, in a word.
    pub(super) fn state(&self) -> Option<&'static str> {
        match (self.status, self.stopped) {
            _ if self.waits => Some("waiting"),
            (Some(Status::Completed), Some(_)) => Some("stopped"),
            (status, _) => status.map(Status::name),
        }
    }

    /// When it ended, if it has.
    pub(crate) fn ended(&self) -> Option<DateTime<FixedOffset>> {
        #[expect(clippy::cast_possible_truncation, reason = "a job takes no thousands of years")]
        let time = chrono::TimeDelta::microseconds((self.seconds? * 1e6) as i64);
        self.started?.checked_add_signed(time)
    }

    /// What the job was told: the value of each key, as it is read. One that is deleted has its `~` before it.
    pub(crate) fn params(&self) -> Map {
        let mut params = Map::default();
        for line in &self.overrides {
            let (key, value) = param(line);
            params.set(Key::from(key.as_str()), value);
        }
        params
    }
}

fn param(line: &str) -> (String, Node) {
    let as_typed = || {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.trim_start_matches('+').to_owned(), Node::from(value))
    };
    let Some(parsed) = parse_override(line, SourceId::NONE, &mut ()) else { return as_typed() };
    match parsed.assignment(0).map(|one| one.action) {
        Ok(Action::Change(value) | Action::Add(value) | Action::ForceAdd(value)) => {
            (parsed.target.to_string(), value)
        }
        Ok(Action::Delete(value)) => (parsed.key_element(), value.unwrap_or_else(Node::null)),
        // What is added to the end of a list is not the value of the key.
        Ok(Action::Extend(_)) | Err(_) => as_typed(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::json::line;
    use crate::drive::{Journal, lease};
    use crate::durable::testing::Scratch;
    use crate::run::Lease;

    #[test]
    fn what_a_driver_before_had_begun_does_not_run_unless_it_has_its_directory() {
        let (scratch, process) = (Scratch::new("rows"), Process::default());
        let driver = lease(scratch.path(), &process).unwrap();
        let (journal, _) = Journal::begin(driver, &Entry::Sweep(Box::default()), Arc::default()).unwrap();
        let time = process.clock.now();
        let begin = |jobs: &[u64]| {
            let (host, launcher) = (String::new(), String::new());
            journal.add(&Entry::Driver { time, process: 1, host, launcher, slots: 1, jobs: None }).unwrap();
            for &job in jobs {
                let (directory, overrides) = (Some(job.to_string().into()), Vec::new());
                journal.add(&Entry::Started { job, attempt: 1, time, directory, overrides }).unwrap();
            }
        };
        begin(&[0, 1, 2]);
        // The next one has begun one of them again, and waits for another.
        begin(&[1]);
        std::fs::create_dir(scratch.path().join("2")).unwrap();
        let held = Lease::take(&scratch.path().join("2/.run.lock"), &Map::default(), &process).unwrap();
        let said = || {
            let (_, _, rows) = rows(scratch.path(), &Facts::default(), &process).unwrap();
            rows.into_iter().map(|row| row.status.map_or("", Status::name)).collect::<Vec<_>>()
        };
        assert_eq!(said(), ["interrupted", "running", "running"]);
        drop(held);
        assert_eq!(said(), ["interrupted", "running", "interrupted"]);
        drop(journal);
        assert_eq!(said(), ["interrupted"; 3]);
        // A job may outlive its driver.
        let held = Lease::take(&scratch.path().join("2/.run.lock"), &Map::default(), &process).unwrap();
        assert_eq!(said(), ["interrupted", "interrupted", "running"]);
        drop(held);
    }

    #[test]
    fn values_are_those_that_the_job_was_told() {
        let overrides = [
            "lr=1e-3",
            "+name='a, b'",
            "++x=[1,{a: b}]",
            "db@backup=pg",
            "~old",
            "no=null",
            "t='1'",
            "l=extend_list(1)",
        ];
        let row = Row { overrides: overrides.map(str::to_owned).into(), ..Row::default() };
        let expected = r#"{"lr":0.001,"name":"a, b","x":[1,{"a":"b"}],"db@backup":"pg","~old":null,"no":null,"t":"1","l":"extend_list(1)"}"#;
        assert_eq!(line(&Node::from(row.params())).trim_end(), expected);
    }
}
