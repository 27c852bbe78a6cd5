//! `mainstem sweeps ls`: which sweeps there are.

use std::path::{Path, PathBuf};

use crate::app::capture;
use crate::app::csv::{cell, write_record};
use crate::app::format::Format;
use crate::app::json::{count, line};
use crate::app::output::Output;
use crate::app::runs::nothing;
use crate::app::sweeps::main::{shown, state};
use crate::app::sweeps::queue::{Once, Queue};
use crate::app::table::{Cell, Fit, table};
use crate::diag::{Result, Style};
use crate::drive::{Progress, sweeps};
use crate::facts::{Facts, Process};
use crate::run::Status;
use crate::value::{Map, Node};

const HEAD: [(&str, Fit); 6] = [
    ("STARTED", Fit::Whole),
    ("STATE", Fit::Whole),
    ("COMPLETED", Fit::Whole),
    ("FAILED", Fit::Whole),
    ("NAME", Fit::Beginning),
    ("DIRECTORY", Fit::End),
];

/// The sweeps below a directory, the oldest first.
///
/// # Errors
/// The directory cannot be read.
pub(super) fn ls(
    facts: &Facts,
    process: &Process,
    root: &Path,
    format: Format,
    (out, err): (Style, Style),
) -> Result<Output> {
    let (mut found, mut broken) = (Vec::new(), Vec::new());
    let once = Once::default();
    for directory in sweeps(root)? {
        match Progress::read(&directory) {
            Ok(mut progress) => {
                let queue = Queue::look(&directory, &mut progress, (facts, process), &once);
                found.push((directory, progress, queue));
            }
            Err(error) => broken.push(error),
        }
    }
    found.sort_by(|a, b| (a.1.identity.started, &a.0).cmp(&(b.1.identity.started, &b.0)));
    let objects = || found.iter().map(|sweep| object(sweep, facts, process));
    let text = match format {
        Format::Json => objects().map(|object| line(&Node::from(object))).collect(),
        Format::Csv => {
            let mut text = String::new();
            for (nth, object) in objects().enumerate() {
                if nth == 0 {
                    write_record(object.iter().filter_map(|(key, _)| key.as_str()), &mut text);
                }
                let cells: Vec<String> = object.iter().map(|(_, slot)| cell(&slot.node)).collect();
                write_record(cells.iter().map(String::as_str), &mut text);
            }
            text
        }
        Format::Text if found.is_empty() => String::new(),
        Format::Text => {
            let rows: Vec<_> = found.iter().map(|sweep| row(sweep, facts, process)).collect();
            table(&HEAD, &rows, capture::columns(), out)
        }
    };
    let none = found.is_empty() && broken.is_empty();
    let mut output = Output::success(text).warn(&broken, err);
    if none {
        let place = format!("`{}`", root.display());
        output.err.push_str(&nothing("sweeps", &place, "mainstem sweeps ls DIR"));
    }
    Ok(output)
}

fn object(
    (directory, progress, queue): &(PathBuf, Progress, Queue),
    facts: &Facts,
    process: &Process,
) -> Map {
    let identity = &progress.identity;
    let jobs = identity.jobs.map(|jobs| i64::try_from(jobs).unwrap_or(i64::MAX));
    Map::from([
        ("id", Node::from(identity.id.as_str())),
        ("name", Node::from(identity.name.as_str())),
        ("started", Node::from(identity.started.to_rfc3339().as_str())),
        ("state", Node::from(state(progress, queue, directory, process))),
        ("jobs", Node::from(jobs.map(Node::from))),
        ("completed", count(progress.count(Status::Completed))),
        ("failed", count(progress.count(Status::Failed))),
        ("directory", Node::from(shown(directory, facts).to_string_lossy().as_ref())),
    ])
}

fn row(
    (directory, progress, queue): &(PathBuf, Progress, Queue),
    facts: &Facts,
    process: &Process,
) -> Vec<Cell> {
    let identity = &progress.identity;
    let of = identity.jobs.map_or_else(|| "?".to_owned(), |jobs| jobs.to_string());
    vec![
        identity.started.format("%Y-%m-%d %H:%M:%S").to_string().into(),
        state(progress, queue, directory, process).into(),
        format!("{}/{of}", progress.count(Status::Completed)).into(),
        progress.count(Status::Failed).to_string().into(),
        Cell::from(&identity.name),
        shown(directory, facts).to_string_lossy().into(),
    ]
}
