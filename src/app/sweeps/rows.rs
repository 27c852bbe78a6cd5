//! The jobs of a sweep, each as its journal has it last.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, FixedOffset};

use crate::diag::{Result, SourceId};
use crate::drive::{Entry, Progress, is_driven};
use crate::facts::Process;
use crate::grammar::{Action, parse_override};
use crate::run::{EarlyStop, Status};
use crate::value::{Key, Map, Node};

/// One job as it is shown.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) job: u64,
    /// How often it has begun.
    pub(crate) attempts: u32,
    pub(crate) status: Option<Status>,
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
pub(crate) fn rows(directory: &Path, process: &Process) -> Result<(Progress, Vec<Row>)> {
    let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
    let progress = Progress::each(directory, |entry| match entry {
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
    if !is_driven(directory, process) {
        // Nobody runs it: whoever did was killed.
        let running = rows.iter_mut().filter(|row| row.status == Some(Status::Running));
        running.for_each(|row| row.status = Some(Status::Interrupted));
    }
    Ok((progress, rows))
}

/// A length of time in seconds.
pub(crate) fn seconds(time: chrono::TimeDelta) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a job fit")]
    let micros = time.num_microseconds()? as f64;
    Some(micros / 1e6)
}

impl Row {
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
    use super::*;
    use crate::app::json::line;

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
