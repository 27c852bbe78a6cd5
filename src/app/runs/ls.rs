//! `mainstem runs ls`: which runs there are.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use indexmap::{IndexMap, IndexSet};

use crate::app::capture;
use crate::app::csv::{cell, flattened, write_record};
use crate::app::json::{line, optional, texts};
use crate::app::runs::args::Args;
use crate::app::runs::filter::Filter;
use crate::app::runs::view::{View, plain, results};
use crate::app::table::{Cell, Fit, table};
use crate::diag::{Error, ErrorKind, Result, Style, did_you_mean};
use crate::run::Status;
use crate::value::{HashSet, Key, Map, Node};

/// How much of the end of an identifier tells runs apart.
const SHORT: usize = 8;

/// The runs that are meant, in the order that is meant. `broken` takes what of a run could not be read on the way.
///
/// # Errors
/// A filter that is none.
pub(crate) fn choose(args: &Args, mut runs: Vec<View>, broken: &mut Vec<Error>) -> Result<Vec<View>> {
    if let Some((key, _)) = &args.sort {
        let unknown = unknown(key, &runs);
        broken.extend(unknown.map(|error| error.help("the runs are in the order in which they began")));
    }
    broken.extend(args.columns.iter().filter_map(|key| unknown(key, &runs)));
    if let Some(text) = args.words.first() {
        runs = filtered(text, runs, broken)?;
    }
    if let Some((key, descending)) = &args.sort {
        let mut keyed: Vec<_> = runs.into_iter().map(|run| (run.get(key), run)).collect();
        broken.extend(keyed.iter().flat_map(|(_, run)| run.broken()));
        keyed.sort_by(|(a, _), (b, _)| order(a.as_ref(), b.as_ref(), *descending));
        runs = keyed.into_iter().map(|(_, run)| run).collect();
    }
    let limit = args.limit.unwrap_or(usize::MAX);
    if args.sort.is_some() {
        runs.truncate(limit);
    } else {
        // They are in the order of time, and who wants few of them wants the latest.
        runs.drain(..runs.len().saturating_sub(limit));
    }
    Ok(runs)
}

/// Those that a filter means.
///
/// # Errors
/// A filter that is none.
pub(crate) fn filtered(text: &str, mut runs: Vec<View>, broken: &mut Vec<Error>) -> Result<Vec<View>> {
    let filter = Filter::parse(text)?;
    let all = runs.len();
    broken.extend(unknown_of(&filter, &runs));
    runs.retain(|run| {
        let matches = filter.matches(&|key| run.get(key));
        broken.extend(run.broken());
        matches
    });
    if runs.is_empty() && all > 0 {
        let error = Error::new(ErrorKind::NotFound, format!("none of {all} runs is meant by `{text}`"));
        broken.push(error.help("`mainstem runs --help` shows what filters look like"));
    }
    Ok(runs)
}

/// What is wrong with the keys of a filter.
///
/// # Errors
/// It is none.
pub(crate) fn slips(text: &str, runs: &[View]) -> Result<Vec<Error>> {
    Ok(unknown_of(&Filter::parse(text)?, runs))
}

fn unknown_of(filter: &Filter, runs: &[View]) -> Vec<Error> {
    filter.keys().into_iter().filter_map(|key| unknown(key, runs)).collect()
}

/// What is wrong with a key that no run has.
fn unknown(key: &str, runs: &[View]) -> Option<Error> {
    if runs.is_empty() || runs.iter().any(|run| run.get(key).is_some()) {
        return None;
    }
    let error = Error::new(ErrorKind::NotFound, format!("no run has a `{key}`"));
    let known: IndexSet<String> = runs.iter().flat_map(View::keys).collect();
    Some(match did_you_mean(key, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// Without the attempts of jobs that another attempt came after, which are no runs of their own.
pub(crate) fn without_attempts(mut runs: Vec<View>) -> Vec<View> {
    let sweep = |run: &View| run.found.record.get("parent").and_then(Node::as_str).map(str::to_owned);
    let latest = runs.iter().filter(|run| run.found.is_latest());
    let latest = latest.filter_map(|run| Some((run.found.directory.clone(), sweep(run)?)));
    let latest: HashSet<(PathBuf, String)> = latest.collect();
    let is_superseded = |run: &View| {
        !run.found.is_latest()
            && sweep(run).is_some_and(|sweep| latest.contains(&(run.found.directory.clone(), sweep)))
    };
    runs.retain(|run| !is_superseded(run));
    runs
}

/// Numbers before texts; what is not there comes last, and so does what is not a number.
fn order(a: Option<&Node>, b: Option<&Node>, descending: bool) -> Ordering {
    let rank = |node: Option<&Node>| match node {
        None => 3,
        Some(node) => match node.as_f64() {
            Some(number) if number.is_nan() => 2,
            Some(_) => 0,
            None if plain(node).is_empty() => 3,
            None => 1,
        },
    };
    let within = match (a, b) {
        (Some(a), Some(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => plain(a).cmp(&plain(b)),
        },
        _ => Ordering::Equal,
    };
    rank(a).cmp(&rank(b)).then(if descending { within.reverse() } else { within })
}

/// A table, for people.
pub(crate) fn text(args: &Args, runs: &[View], cwd: &Path, style: Style) -> String {
    let columns = capture::columns();
    // The year and the seconds say least.
    let started =
        if columns.is_some_and(|columns| columns < ROOMY) { "%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    let asked: Vec<String> = args.columns.iter().map(|key| key.to_uppercase()).collect();
    let mut head =
        vec![("ID", Fit::Whole), ("STATUS", Fit::Whole), ("STARTED", Fit::Whole), ("TOOK", Fit::Whole)];
    head.push(("RESULT", Fit::Beginning));
    head.extend(asked.iter().map(|name| (name.as_str(), Fit::Beginning)));
    head.extend([("DIRECTORY", Fit::End), ("OVERRIDES", Fit::Beginning)]);
    let rows: Vec<Vec<Cell>> = runs.iter().map(|run| row(args, run, cwd, started)).collect();
    table(&head, &rows, columns, style)
}

/// Terminals of so many columns have room for the whole date.
const ROOMY: usize = 100;

fn row(args: &Args, run: &View, cwd: &Path, started: &str) -> Vec<Cell> {
    let record = &run.found.record;
    let id = record.id().map_or_else(|| "-".to_owned(), |id| id.to_string());
    let mut row: Vec<Cell> = vec![
        id.get(id.len().saturating_sub(SHORT)..).unwrap_or_default().into(),
        Cell::from(record.status().name()).coloured(colour(record.status())),
        record.started().format(started).to_string().into(),
        run.took_shown().into(),
        record.result().map(results).unwrap_or_default().into(),
    ];
    row.extend(args.columns.iter().map(|key| run.get(key).as_ref().map(results).unwrap_or_default().into()));
    let place = if run.found.is_latest() { &run.found.directory } else { &run.found.folder };
    let place = place.strip_prefix(cwd).unwrap_or(place);
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    row.push(place.to_string_lossy().into());
    row.push(told(run).into());
    row
}

/// What the job was told: its overrides, or the command, where there are none.
fn told(run: &View) -> String {
    let overrides = run.overrides().join(" ");
    match run.command().filter(|_| overrides.is_empty()) {
        Some(command) => format!("-- {command}"),
        None => overrides,
    }
}

/// The code of the colour of a status.
pub(crate) fn colour(status: Status) -> &'static str {
    match status {
        Status::Completed => "32",
        Status::Failed | Status::Killed => "31",
        Status::Running => "36",
        Status::Interrupted | Status::Unknown => "33",
        #[expect(unreachable_patterns, reason = "more may come")]
        _ => "0",
    }
}

/// A record for each run below one of names. Each named result has a column, and so has each that is asked for.
pub(crate) fn csv(args: &Args, runs: &[View]) -> String {
    let mut head: IndexSet<String> =
        ["id", "name", "status", "started", "took", "directory"].map(str::to_owned).into();
    let rows: Vec<IndexMap<String, String>> = runs.iter().map(|run| fields(args, run)).collect();
    head.extend(rows.iter().flat_map(|row| row.keys().cloned()));
    head.shift_remove("overrides");
    head.insert("overrides".to_owned());
    let mut text = String::new();
    write_record(head.iter().map(String::as_str), &mut text);
    for row in &rows {
        write_record(head.iter().map(|name| row.get(name).map_or("", String::as_str)), &mut text);
    }
    text
}

fn fields(args: &Args, run: &View) -> IndexMap<String, String> {
    let record = &run.found.record;
    let own = [
        ("id", record.id().map(|id| id.to_string()).unwrap_or_default()),
        ("name", record.name().to_owned()),
        ("status", record.status().name().to_owned()),
        ("started", record.started().to_rfc3339()),
        ("took", run.took().map(|took| cell(&Node::from(took))).unwrap_or_default()),
        ("directory", run.found.directory.to_string_lossy().into_owned()),
        ("overrides", run.overrides().join(" ")),
    ];
    let own = own.into_iter().map(|(name, text)| (name.to_owned(), text));
    let result = record.result().map(flattened).unwrap_or_default();
    let result = result.iter().map(|(name, node)| (name.clone(), cell(node)));
    let asked =
        args.columns.iter().map(|key| (key.clone(), run.get(key).as_ref().map(cell).unwrap_or_default()));
    own.chain(result).chain(asked).collect()
}

/// A line for each run.
pub(crate) fn json(args: &Args, runs: &[View]) -> String {
    runs.iter().map(|run| line(&object(run, &args.columns))).collect()
}

/// The record, and what is known beside it.
pub(crate) fn object(run: &View, columns: &[String]) -> Node {
    let mut map = run.found.record.tree().clone();
    let took = run.took().map(Node::from);
    let metrics: Map = run
        .last_metrics()
        .into_iter()
        .map(|(name, value)| {
            let slot = crate::value::Slot { origin: crate::diag::Origin::NONE, node: Node::from(value) };
            (Key::from(name), slot)
        })
        .collect();
    for (key, node) in [
        ("took", Node::from(took)),
        ("path", optional(run.found.directory.to_str())),
        ("folder", optional(run.found.folder.to_str())),
        ("overrides", texts(run.overrides())),
        ("metrics", Node::from(metrics)),
    ] {
        map.set(Key::from(key), node);
    }
    for key in columns {
        map.set(Key::from(key.as_str()), Node::from(run.get(key)));
    }
    Node::from(map)
}
