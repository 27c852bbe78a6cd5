//! `mainstem runs ls`: a table.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::path::Path;

use crate::app::json::{line, optional, texts};
use crate::app::runs::args::Args;
use crate::app::runs::filter::{Filter, number};
use crate::app::runs::view::{View, brief, plain, text};
use crate::diag::{Error, ErrorKind, Result, Style, visible};
use crate::run::Status;
use crate::value::{Key, Map, Node};

/// How much of the end of an identifier tells runs apart.
const SHORT: usize = 8;

/// The runs that are meant, in the order that is meant. `broken` takes what of a run could not be read on the way.
///
/// # Errors
/// A filter that is none.
pub(crate) fn choose(args: &Args, mut runs: Vec<View>, broken: &mut Vec<Error>) -> Result<Vec<View>> {
    let all = runs.len();
    let is_unknown = |runs: &[View], key: &str| all > 0 && runs.iter().all(|run| run.get(key).is_none());
    let unknown = |key: &str| Error::new(ErrorKind::NotFound, format!("no run has a `{key}`"));
    if let Some((key, _)) = args.sort.as_ref().filter(|(key, _)| is_unknown(&runs, key)) {
        broken.push(unknown(key).help("the runs are in the order in which they began"));
    }
    if let Some(text) = args.words.first() {
        let filter = Filter::parse(text)?;
        broken.extend(filter.keys().into_iter().filter(|key| is_unknown(&runs, key)).map(unknown));
        runs.retain(|run| {
            let matches = filter.matches(&|key| run.get(key));
            broken.extend(run.broken());
            matches
        });
        if runs.is_empty() && all > 0 {
            let error = Error::new(ErrorKind::NotFound, format!("none of {all} runs is meant by `{text}`"));
            broken.push(error.help("`mainstem runs --help` shows what filters look like"));
        }
    }
    if let Some((key, descending)) = &args.sort {
        let mut keyed: Vec<_> = runs.into_iter().map(|run| (run.get(key), run)).collect();
        broken.extend(keyed.iter().flat_map(|(_, run)| run.broken()));
        keyed.sort_by(|(a, _), (b, _)| order(a.as_ref(), b.as_ref(), *descending));
        runs = keyed.into_iter().map(|(_, run)| run).collect();
    }
    runs.truncate(args.limit.unwrap_or(usize::MAX));
    Ok(runs)
}

/// Numbers before texts; what is not there comes last, and so does what is not a number.
fn order(a: Option<&Node>, b: Option<&Node>, descending: bool) -> Ordering {
    let rank = |node: Option<&Node>| match node {
        None => 3,
        Some(node) => match number(node) {
            Some(number) if number.is_nan() => 2,
            Some(_) => 0,
            None if plain(node).is_empty() => 3,
            None => 1,
        },
    };
    let within = match (a, b) {
        (Some(a), Some(b)) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => plain(a).cmp(&plain(b)),
        },
        _ => Ordering::Equal,
    };
    rank(a).cmp(&rank(b)).then(if descending { within.reverse() } else { within })
}

pub(crate) fn table(args: &Args, runs: &[View], cwd: &Path, style: Style) -> String {
    let mut head: Vec<String> = ["ID", "STATUS", "STARTED", "TOOK", "RESULT"].map(str::to_owned).into();
    head.extend(args.columns.iter().map(|key| visible(&key.to_uppercase()).into_owned()));
    head.extend(["DIRECTORY", "OVERRIDES"].map(str::to_owned));
    let rows: Vec<Vec<String>> = runs.iter().map(|run| row(args, run, cwd)).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|i| rows.iter().chain([&head]).map(|row| row[i].chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for (nth, row) in [&head].into_iter().chain(&rows).enumerate() {
        let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, width))| {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            let status = (nth > 0 && i == 1).then(|| runs[nth - 1].found.record.status());
            format!("{}{padding}", status.map_or_else(|| cell.clone(), |status| coloured(status, style)))
        });
        let text = cells.collect::<Vec<_>>().join("  ");
        let text = text.trim_end();
        let _ = writeln!(out, "{}", if nth == 0 { style.paint("1", text) } else { text.to_owned() });
    }
    out
}

fn row(args: &Args, run: &View, cwd: &Path) -> Vec<String> {
    let record = &run.found.record;
    let id = record.id().map_or_else(|| "-".to_owned(), |id| id.to_string());
    let mut row = vec![
        id.get(id.len().saturating_sub(SHORT)..).unwrap_or_default().to_owned(),
        record.status().name().to_owned(),
        record.started().format("%Y-%m-%d %H:%M:%S").to_string(),
        run.took_shown(),
        record.result().map(brief).unwrap_or_default(),
    ];
    row.extend(args.columns.iter().map(|key| run.get(key).as_ref().map(brief).unwrap_or_default()));
    let place = if run.found.is_latest() { &run.found.directory } else { &run.found.folder };
    let place = place.strip_prefix(cwd).unwrap_or(place);
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    row.push(text(&Node::from(place.to_string_lossy().as_ref())));
    row.push(visible(&run.overrides().join(" ")).into_owned());
    row
}

pub(crate) fn coloured(status: Status, style: Style) -> String {
    let code = match status {
        Status::Completed => "32",
        Status::Failed | Status::Killed => "31",
        Status::Running => "36",
        Status::Interrupted | Status::Unknown => "33",
        #[expect(unreachable_patterns, reason = "more may come")]
        _ => "0",
    };
    style.paint(code, status.name())
}

/// Seconds as a person says them.
pub(crate) fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off, which is meant")]
    let whole = seconds.max(0.0) as u64;
    match whole {
        0..10 => format!("{seconds:.2}s"),
        10..60 => format!("{seconds:.0}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole / 60 % 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole / 3600 % 24),
    }
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
