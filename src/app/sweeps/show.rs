//! `mainstem sweeps show`: the jobs of a sweep.

use std::path::Path;

use chrono::{DateTime, FixedOffset};

use crate::app::capture;
use crate::app::duration::duration;
use crate::app::format::Format;
use crate::app::output::Output;
use crate::app::runs::{colour, results};
use crate::app::sweeps::export::{csv, json};
use crate::app::sweeps::main::state;
use crate::app::sweeps::rows::{Row, rows, seconds};
use crate::app::sweeps::study::{Study, best_of, losses, search_of};
use crate::app::table::{Cell, Fit, table};
use crate::diag::{Result, Style, shell_word, visible};
use crate::drive::Progress;
use crate::facts::{Facts, Process};
use crate::run::{EarlyStop, Status};
use crate::sweep::Goals;
use crate::value::Node;

const HEAD: [(&str, Fit); 6] = [
    ("JOB", Fit::Whole),
    ("STATUS", Fit::Whole),
    ("TIME", Fit::Whole),
    ("RESULT", Fit::Beginning),
    ("OVERRIDES", Fit::Beginning),
    ("ERROR", Fit::Beginning),
];

/// The jobs that have begun, and how each stands.
///
/// # Errors
/// There is no sweep, or its journal cannot be read.
pub(super) fn show(
    facts: &Facts,
    process: &Process,
    directory: &Path,
    format: Format,
    (out, err): (Style, Style),
) -> Result<Output> {
    let (progress, queue, rows) = rows(directory, facts, process)?;
    let text = match format {
        Format::Json => json(&rows),
        Format::Csv if capture::columns().is_none() => csv(&rows),
        // A terminal obeys what jobs say, a file holds it as it is.
        Format::Csv => csv(&rows).lines().map(|line| format!("{}\n", visible(line))).collect(),
        Format::Text => {
            let state = state(&progress, &queue, directory, process);
            text(&progress, &rows, (state, process.clock.now()), out)
        }
    };
    Ok(Output::success(text).warn(queue.warning.as_slice(), err))
}

fn text(
    progress: &Progress,
    rows: &[Row],
    (state, now): (&str, DateTime<FixedOffset>),
    out: Style,
) -> String {
    let identity = &progress.identity;
    let of = identity.jobs.map_or_else(|| "?".to_owned(), |jobs| jobs.to_string());
    let completed = progress.count(Status::Completed);
    let name = out.paint("1", &visible(&identity.name));
    let early = match rows.iter().filter(|row| row.stopped.is_some()).count() {
        0 => String::new(),
        stopped => format!(", {stopped} of them stopped early"),
    };
    let mut text = format!("{name}  {state}, {completed} of {of} jobs completed{early}\n");
    if let Some(study) = search_of(progress).and_then(|search| search.get_str("study")?.as_str()) {
        text.push_str(&format!("study {}\n", visible(study)));
    }
    if let Some(goals) = Study::goals_of(progress) {
        text.push_str(&best(&goals, rows));
    }
    if let Some(why) = progress.stopped.as_ref().filter(|_| state == "stopped") {
        text.push_str(&format!("stopped: {}\n", visible(why)));
    }
    let typed: Vec<_> = identity.arguments.iter().map(|word| shell_word(word)).collect();
    let begun = identity.started.format("%Y-%m-%d %H:%M:%S");
    text.push_str(&format!("begun {begun} with `{}`\n\n", visible(&typed.join(" "))));
    // A column that says nothing takes room.
    let failed = rows.iter().any(|row| row.error.is_some());
    let head = &HEAD[..HEAD.len() - usize::from(!failed)];
    let rows: Vec<Vec<Cell>> = rows.iter().map(|row| cells(row, now)).collect();
    text.push_str(&table(head, &rows, capture::columns(), out));
    text
}

/// A line about the best of the jobs of a search so far.
fn best(goals: &Goals, rows: &[Row]) -> String {
    let known: Vec<(&Row, Vec<f64>)> =
        rows.iter().filter_map(|row| Some((row, losses(goals, row)?))).collect();
    match best_of(&known).as_slice() {
        [] => String::new(),
        [one] => {
            let result = one.result.as_ref().map(results).unwrap_or_default();
            format!("best #{}  {}  {}\n", one.job, visible(&result), visible(&one.overrides.join(" ")))
        }
        several => format!("{} jobs that no other one beats in everything\n", several.len()),
    }
}

/// What a job returned; of one that was stopped before it did, what it had reported.
fn result(row: &Row) -> String {
    match (&row.result, row.stopped) {
        (Some(result), _) => results(result),
        (None, Some(EarlyStop { step, value })) => {
            format!("{} at step {step}", results(&Node::from(value)))
        }
        (None, None) => String::new(),
    }
}

fn cells(row: &Row, now: DateTime<FixedOffset>) -> Vec<Cell> {
    // Of one that runs, how long it has so far.
    let so_far = || seconds(now - row.started.filter(|_| row.status == Some(Status::Running) && !row.waits)?);
    vec![
        row.job.to_string().into(),
        row.state()
            .zip(row.status)
            .map(|(word, status)| Cell::from(word).coloured(colour(status)))
            .unwrap_or_default(),
        row.seconds.or_else(so_far).map_or_else(String::new, duration).into(),
        result(row).into(),
        row.overrides.join(" ").into(),
        row.error.as_deref().unwrap_or_default().into(),
    ]
}
