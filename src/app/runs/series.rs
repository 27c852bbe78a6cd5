//! `mainstem runs show --metric`: a metric, step by step.

use chrono::DateTime;
use indexmap::IndexSet;

use crate::app::capture;
use crate::app::json::{line, object};
use crate::app::runs::view::{View, brief};
use crate::app::table::{Cell, Fit, table};
use crate::diag::{Error, ErrorKind, Result, Style, did_you_mean};
use crate::run::Metric;
use crate::value::Node;

/// The values of these metrics, in the order in which they were written.
///
/// # Errors
/// A metric that the run does not have.
pub(super) fn of(run: &View, names: &[String], json: bool, style: Style) -> Result<String> {
    let known: IndexSet<&str> = run.metrics().iter().map(|metric| metric.name.as_str()).collect();
    let unknown = names.iter().filter(|name| !known.contains(name.as_str())).map(|name| {
        let error = Error::new(ErrorKind::NotFound, format!("the run has no metric `{name}`"));
        match did_you_mean(name, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.note("it has none at all"),
            None => error.help(format!("it has {}", known.iter().copied().collect::<Vec<_>>().join(", "))),
        }
    });
    if let Some(error) = Error::all(unknown) {
        return Err(error);
    }
    let meant = run.metrics().iter().filter(|metric| names.contains(&metric.name));
    if json {
        return Ok(meant.map(of_json).collect());
    }
    let several = names.len() > 1;
    let mut head = vec![("STEP", Fit::Whole), ("VALUE", Fit::Whole), ("AT", Fit::Whole)];
    if several {
        head.insert(0, ("METRIC", Fit::Beginning));
    }
    let zone = *run.found.record.started().offset();
    let rows: Vec<Vec<Cell>> = meant
        .map(|metric| {
            let at = at(metric).map(|at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string());
            let name = several.then(|| Cell::from(&metric.name));
            let rest = [metric.step.to_string(), brief(&Node::from(metric.value)), at.unwrap_or_default()];
            name.into_iter().chain(rest.map(Cell::from)).collect()
        })
        .collect();
    Ok(table(&head, &rows, capture::columns(), style))
}

/// When it was written down, if the line says it.
pub(super) fn at(metric: &Metric) -> Option<DateTime<chrono::Utc>> {
    #[expect(clippy::cast_possible_truncation, reason = "a moment is told in microseconds")]
    let micros = (metric.time * 1e6) as i64;
    DateTime::from_timestamp_micros(micros).filter(|_| metric.time > 0.0)
}

fn of_json(metric: &Metric) -> String {
    let step = i64::try_from(metric.step).unwrap_or(i64::MAX);
    line(&object([
        ("name", Node::from(metric.name.as_str())),
        ("step", Node::from(step)),
        ("value", Node::from(metric.value)),
        ("time", Node::from(metric.time)),
    ]))
}
