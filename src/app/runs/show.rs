//! `mainstem runs show`: all that is known of one run.

use std::fmt::Write as _;
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use indexmap::IndexMap;

use crate::app::json::line;
use crate::app::runs::ls::{colour, object};
use crate::app::runs::view::{View, brief, named, text};
use crate::diag::{Style, shell_word, visible};
use crate::run::Artifact;
use crate::value::{Key, Kind, Map, Node, write_yaml};

/// So many artifacts are shown.
const SHOWN: usize = 30;

/// What a person wants to know of a run. What is not known is left out.
pub(crate) fn show(run: &View, style: Style) -> String {
    let mut out = String::new();
    let rows = head(run, style).into_iter().chain(outcome(run)).chain(origin(run));
    for (name, value) in rows.filter(|(_, value)| !value.is_empty()) {
        let value = value.replace('\n', &format!("\n{:12}", ""));
        let _ = writeln!(out, "{}{value}", style.paint("1", &format!("{name:<12}")));
    }
    table("metrics", &summary(run), style, &mut out);
    section("parameters", &run.params(), style, &mut out);
    table("artifacts", &artifacts(run), style, &mut out);
    if let Some(config) = run.config().as_map() {
        section("config", config, style, &mut out);
    }
    out
}

type Row = (&'static str, String);

/// Which run it is, and what is known of it.
fn head(run: &View, style: Style) -> Vec<Row> {
    let (record, found) = (&run.found.record, &run.found);
    let usual = found.folder == found.directory.join(".hydra");
    let moment = |at: DateTime<FixedOffset>| at.format("%Y-%m-%d %H:%M:%S %:z").to_string();
    let said = |key: &str| record.get(key).map(text).unwrap_or_default();
    vec![
        ("run", record.id().map(|id| id.to_string()).unwrap_or_default()),
        ("name", visible(record.name()).into_owned()),
        ("status", style.paint(colour(record.status()), record.status().name())),
        ("started", moment(record.started())),
        ("ended", record.ended().map(moment).unwrap_or_default()),
        ("took", run.took_shown()),
        ("directory", visible(&found.directory.display().to_string()).into_owned()),
        (
            "record",
            if usual { String::new() } else { visible(&found.folder.display().to_string()).into_owned() },
        ),
        ("tags", said("tags")),
        ("note", said("note")),
        ("choices", named(&Node::from(run.choices()), text)),
        ("overrides", visible(&run.overrides().join(" ")).into_owned()),
    ]
}

/// What came of it: the result, or what went wrong, with its causes.
fn outcome(run: &View) -> Vec<Row> {
    let record = &run.found.record;
    let error = record.error().unwrap_or_default();
    // The row says that it is one.
    let error = match error.strip_prefix("error[").and_then(|rest| rest.split_once("]: ")) {
        Some((code, said)) if !code.contains(char::is_whitespace) => said,
        _ => error,
    };
    let error: Vec<_> = error.split('\n').map(visible).collect();
    let mut rows = vec![
        ("result", record.result().map(|node| named(node, text)).unwrap_or_default()),
        ("error", error.join("\n")),
    ];
    let chain = record.get("error.chain").and_then(Node::as_list).unwrap_or_default();
    rows.extend(chain.iter().map(|cause| ("  because", text(cause))));
    rows.push(("  at", record.get("error.panicked_at").map(text).unwrap_or_default()));
    let ranks = record.get("distributed.ranks").and_then(Node::as_map);
    rows.push(("ranks", ranks.map(of_ranks).unwrap_or_default()));
    rows
}

/// How the ranks ended, those alike put together: `completed 0, 2-7; failed 1`.
fn of_ranks(ranks: &Map) -> String {
    let mut groups: IndexMap<String, Vec<u64>> = IndexMap::new();
    for (number, slot) in ranks {
        let status = slot.node.as_map().and_then(|rank| rank.get_str("status")).map(text).unwrap_or_default();
        groups.entry(status).or_default().extend(number.to_string().parse::<u64>());
    }
    let said = groups.iter().map(|(status, numbers)| format!("{status} {}", ranges(numbers)));
    said.collect::<Vec<_>>().join("; ")
}

/// Numbers in order, as `0, 2-7`.
fn ranges(numbers: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let said = runs.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// From what it came, and where it ran.
fn origin(run: &View) -> Vec<Row> {
    let record = &run.found.record;
    let said = |key: &str| record.get(key).map(|node| named(node, text)).unwrap_or_default();
    let words = record.get("arguments").and_then(Node::as_list).unwrap_or_default();
    let words: Vec<_> = words.iter().map(|word| shell_word(&text(word)).into_owned()).collect();
    let commit = said("git.commit");
    let mut git = commit.get(..12).unwrap_or(&commit).to_owned();
    if !git.is_empty() {
        let branch = said("git.branch");
        git.push_str(&if branch.is_empty() { branch } else { format!(" on {branch}") });
        let is_dirty = record.get("git.dirty") == Some(&Node::from(true));
        git.push_str(if is_dirty { ", with changes: git.diff" } else { "" });
    }
    let set = |node: &Node| node.as_map().map(is_set).unwrap_or_default();
    vec![
        ("command", words.join(" ")),
        ("in", said("cwd")),
        ("on", [said("process.user"), said("process.host")].join("@").trim_matches('@').to_owned()),
        ("sweep", said("parent")),
        ("derived from", said("derived_from")),
        ("git", git),
        ("seed", said("seed")),
        ("environment", record.get("environment").map(set).unwrap_or_default()),
        ("gpu", said("gpu")),
        ("container", record.get("container").map(set).unwrap_or_default()),
        ("scheduler", said("scheduler")),
    ]
}

/// The variables that were set.
fn is_set(variables: &Map) -> String {
    let set = variables.iter().filter(|(_, slot)| !matches!(slot.node.kind, Kind::Null));
    let said = set.map(|(name, slot)| format!("{}={}", visible(&name.to_string()), text(&slot.node)));
    said.collect::<Vec<_>>().join(" ")
}

/// The files that it left, with their sizes, and how many are not shown.
fn artifacts(run: &View) -> Vec<(String, String)> {
    let all = run.found.artifacts();
    let path = |path: &Path| visible(&path.display().to_string()).into_owned();
    let mut rows: Vec<_> = all.iter().take(SHOWN).map(|one| (path(&one.path), size(one.size))).collect();
    if let Some(rest) = all.get(SHOWN..).filter(|rest| !rest.is_empty()) {
        rows.push((format!("and {} more", rest.len()), size(rest.iter().map(|one| one.size).sum())));
    }
    rows
}

/// Bytes as a person says them: `812 B`, `1.5 KiB`, `340 MiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "two or three digits of it are shown")]
    let mut rest = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while rest >= 999.5
        && let Some(larger) = units.next()
    {
        rest /= 1024.0;
        unit = Some(larger);
    }
    let digits = usize::from(rest < 9.95);
    format!("{rest:.digits$} {}", unit.unwrap_or(&"B"))
}

fn table(name: &str, rows: &[(String, String)], style: Style, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let _ = writeln!(out, "\n{}", style.paint("1", name));
    for (name, said) in rows {
        let _ = writeln!(out, "  {name:<width$}  {said}");
    }
}

fn section(name: &str, map: &Map, style: Style, out: &mut String) {
    if map.is_empty() {
        return;
    }
    let mut yaml = String::new();
    write_yaml(&Node::from(map.clone()), &mut yaml);
    let _ = writeln!(out, "\n{}", style.paint("1", name));
    for line in yaml.lines() {
        let _ = writeln!(out, "{}{line}", if line.is_empty() { "" } else { "  " });
    }
}

/// Of each metric the last value, and the least and the largest with the step they came at.
fn summary(run: &View) -> Vec<(String, String)> {
    struct Span {
        last: f64,
        least: (f64, u64),
        most: (f64, u64),
        count: usize,
    }
    let mut spans: IndexMap<String, Span> = IndexMap::new();
    for metric in run.metrics() {
        let at = (metric.value, metric.step);
        let span = spans.entry(metric.name.clone()).or_insert(Span {
            last: metric.value,
            least: at,
            most: at,
            count: 0,
        });
        span.last = metric.value;
        span.count += 1;
        // What is no number is neither.
        if at.0 < span.least.0 || span.least.0.is_nan() {
            span.least = at;
        }
        if at.0 > span.most.0 || span.most.0.is_nan() {
            span.most = at;
        }
    }
    let shown = |value: f64| brief(&Node::from(value));
    spans
        .into_iter()
        .map(|(name, span)| {
            let said = match span.count {
                1 => shown(span.last),
                count => format!(
                    "{}  ({count} values, least {} at step {}, largest {} at step {})",
                    shown(span.last),
                    shown(span.least.0),
                    span.least.1,
                    shown(span.most.0),
                    span.most.1
                ),
            };
            (text(&Node::from(name.as_str())), said)
        })
        .collect()
}

/// The same for programs: the whole record, and what is known beside it.
pub(crate) fn json(run: &View) -> String {
    let mut map = object(run, &[]).as_map().cloned().unwrap_or_default();
    let artifact = |one: Artifact| {
        let size = Node::from(i64::try_from(one.size).unwrap_or(i64::MAX));
        Node::from(Map::from([("path", Node::from(one.path.to_string_lossy().as_ref())), ("size", size)]))
    };
    map.set(Key::from("choices"), Node::from(run.choices()));
    map.set(Key::from("artifacts"), run.found.artifacts().into_iter().map(artifact).collect());
    map.set(Key::from("config"), run.config().clone());
    map.set(Key::from("params"), Node::from(run.params()));
    line(&Node::from(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ranks_are_said_in_few_words() {
        let said = [0, 1023, 1024, 1536, 10_240, 1_048_575, 1 << 20, u64::MAX].map(size);
        assert_eq!(said, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10 KiB", "1.0 MiB", "1.0 MiB", "16 EiB"]);
        assert_eq!([&[0][..], &[0, 2, 3, 4, 7], &[]].map(ranges), ["0", "0, 2-4, 7", ""]);
    }
}
