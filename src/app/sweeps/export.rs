//! The jobs of a sweep for programs.

use indexmap::IndexSet;

use crate::app::csv::{cell, flattened, write_record};
use crate::app::json::{count, line, optional, texts};
use crate::app::sweeps::rows::Row;
use crate::run::EarlyStop;
use crate::value::{Map, Node};

/// A line of JSON for each job.
pub(super) fn json<'r>(rows: impl IntoIterator<Item = &'r Row>) -> String {
    rows.into_iter().map(|row| line(&object(row))).collect()
}

fn object(row: &Row) -> Node {
    Node::from(Map::from([
        ("job", count(usize::try_from(row.job).unwrap_or(usize::MAX))),
        ("status", optional(row.state())),
        ("attempts", Node::from(i64::from(row.attempts))),
        ("started", optional(row.started.map(|time| time.to_rfc3339()).as_deref())),
        ("seconds", Node::from(row.seconds.map(Node::from))),
        ("directory", Node::from(row.directory.as_str())),
        ("params", Node::from(row.params())),
        ("result", Node::from(row.result.clone())),
        ("stopped", Node::from(row.stopped.map(EarlyStop::to_node))),
        ("error", optional(row.error.as_deref())),
        ("log", optional(row.log.as_deref())),
        ("overrides", texts(&row.overrides)),
    ]))
}

/// A record for each job below one of names. Each key that some job was told has a column, and so has each result that has
/// a name; what a job was not told, and what is null, is an empty cell.
pub(super) fn csv<'r>(rows: impl IntoIterator<Item = &'r Row>) -> String {
    let rows: Vec<&Row> = rows.into_iter().collect();
    let mut params: IndexSet<String> = IndexSet::new();
    let mut results: IndexSet<String> = IndexSet::new();
    let flat: Vec<(Map, Vec<(String, Node)>)> = rows
        .iter()
        .map(|row| (row.params(), row.result.as_ref().map(flattened).unwrap_or_default()))
        .collect();
    for (told, said) in &flat {
        params.extend(told.iter().map(|(key, _)| key.to_string()));
        results.extend(said.iter().map(|(name, _)| name.clone()));
    }
    // A search that stops none has no such columns.
    let stops = if rows.iter().any(|row| row.stopped.is_some()) { &STOPPED[..] } else { &[] };
    let mut text = String::new();
    let prefixed = params.iter().map(|key| format!("params.{key}"));
    let mut head: Vec<String> = BEFORE.map(str::to_owned).into();
    head.extend(prefixed.chain(results.iter().cloned()));
    head.extend(stops.iter().chain(&BEHIND).map(|name| (*name).to_owned()));
    write_record(head.iter().map(String::as_str), &mut text);
    for (row, (told, said)) in rows.into_iter().zip(&flat) {
        let told = params.iter().map(|key| told.get_str(key).map(cell).unwrap_or_default());
        let said = results.iter().map(|name| {
            let found = said.iter().find(|(known, _)| known == name);
            found.map(|(_, node)| cell(node)).unwrap_or_default()
        });
        let mut cells = before(row);
        cells.extend(told.chain(said));
        let stop = row.stopped.map(|stop| [stop.step.to_string(), cell(&Node::from(stop.value))]);
        cells.extend(stop.unwrap_or_default().into_iter().take(stops.len()));
        cells.extend([
            row.error.clone().unwrap_or_default(),
            row.log.clone().unwrap_or_default(),
            row.overrides.join(" "),
        ]);
        write_record(cells.iter().map(String::as_str), &mut text);
    }
    text
}

const BEFORE: [&str; 6] = ["job", "status", "attempts", "started", "seconds", "directory"];
const STOPPED: [&str; 2] = ["stopped.step", "stopped.value"];
const BEHIND: [&str; 3] = ["error", "log", "overrides"];

fn before(row: &Row) -> Vec<String> {
    vec![
        row.job.to_string(),
        row.state().unwrap_or_default().to_owned(),
        row.attempts.to_string(),
        row.started.map(|time| time.to_rfc3339()).unwrap_or_default(),
        row.seconds.map(|seconds| cell(&Node::from(seconds))).unwrap_or_default(),
        row.directory.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::csv::records;
    use crate::run::Status;

    fn row(job: u64, overrides: &[&str], result: Option<Node>) -> Row {
        let overrides = overrides.iter().map(|&one| one.to_owned()).collect();
        Row { job, attempts: 1, status: Some(Status::Completed), overrides, result, ..Row::default() }
    }

    #[test]
    fn every_key_and_every_result_has_a_column_and_nothing_is_lost() {
        let named = Map::from([("loss", Node::from(0.1 + 0.2)), ("n", Node::from(3))]);
        let rows = [
            row(0, &["lr=1e-3", "name='a,\"b\"'"], Some(Node::from(named))),
            Row { error: Some("two\nlines".to_owned()), ..row(1, &["lr=0.25", "~old"], None) },
            row(2, &["status=x"], Some(Node::from(f64::INFINITY))),
        ];
        let read: Vec<Vec<String>> =
            records(&csv(&rows)).unwrap().into_iter().map(|(_, cells)| cells).collect();
        let column = |name: &str| -> Vec<&str> {
            let at = read[0].iter().position(|cell| cell == name).unwrap();
            read[1..].iter().map(|cells| cells[at].as_str()).collect()
        };
        assert_eq!(column("status"), ["completed"; 3]);
        assert_eq!(column("params.lr"), ["0.001", "0.25", ""]);
        assert_eq!(column("params.name"), ["a,\"b\"", "", ""]);
        assert_eq!(column("params.status"), ["", "", "x"]);
        assert_eq!(column("result.loss"), ["0.30000000000000004", "", ""]);
        assert_eq!(column("result.n"), ["3", "", ""]);
        assert_eq!(column("result"), ["", "", "inf"]);
        assert_eq!(column("error"), ["", "two\nlines", ""]);
        assert_eq!(column("overrides"), ["lr=1e-3 name='a,\"b\"'", "lr=0.25 ~old", "status=x"]);
        assert_eq!(json(&rows).lines().count(), 3);
    }
}
