//! `mainstem runs show`: all that is known of one run.

use std::fmt::Write as _;

use crate::app::json::line;
use crate::app::runs::ls::{colour, object};
use crate::app::runs::view::{View, brief, named, text};
use crate::diag::{Style, visible};
use crate::value::{Key, Kind, Map, Node, write_yaml};

/// What is said first, in other words.
const FIRST: [&str; 8] = ["schema", "id", "name", "status", "started", "ended", "result", "error"];

pub(crate) fn show(run: &View, style: Style) -> String {
    let record = &run.found.record;
    let mut out = String::new();
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "{}{value}", style.paint("1", &format!("{name:<12}")));
        }
    };
    say("run", &record.id().map(|id| id.to_string()).unwrap_or_default());
    say("name", &visible(record.name()));
    say("status", &style.paint(colour(record.status()), record.status().name()));
    say("started", &record.started().format("%Y-%m-%d %H:%M:%S %:z").to_string());
    say("took", &run.took_shown());
    say("directory", &visible(&run.found.directory.display().to_string()));
    say("record", &visible(&run.found.folder.display().to_string()));
    say("overrides", &visible(&run.overrides().join(" ")));
    say("result", &record.result().map(|node| named(node, text)).unwrap_or_default());
    let error: Vec<_> = record.error().unwrap_or_default().split('\n').map(visible).collect();
    say("error", &error.join("\n            "));
    for cause in record.get("error.chain").and_then(Node::as_list).unwrap_or_default() {
        say("  because", &text(cause));
    }
    say("  at", &record.get("error.panicked_at").map(text).unwrap_or_default());

    let summary = summary(run);
    if !summary.is_empty() {
        let width = summary.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let _ = writeln!(out, "\n{}", style.paint("1", "metrics"));
        for (name, said) in summary {
            let _ = writeln!(out, "  {name:<width$}  {said}");
        }
    }
    let found = run.params();
    section("parameters", &found, style, &mut out);

    let mut rest = Map::default();
    for (key, slot) in record.tree() {
        let empty = match &slot.node.kind {
            Kind::Null => true,
            Kind::List(list) => list.is_empty(),
            Kind::Map(map) => map.is_empty(),
            _ => false,
        };
        if !empty && key.as_str().is_none_or(|key| !FIRST.contains(&key)) {
            rest.set(key.clone(), slot.node.clone());
        }
    }
    section("record", &rest, style, &mut out);
    if let Some(config) = run.config().as_map() {
        section("config", config, style, &mut out);
    }
    out
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
    let mut spans: indexmap::IndexMap<String, Span> = indexmap::IndexMap::new();
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

/// The same for programs.
pub(crate) fn json(run: &View) -> String {
    let mut map = object(run, &[]).as_map().cloned().unwrap_or_default();
    map.set(Key::from("config"), run.config().clone());
    map.set(Key::from("params"), Node::from(run.params()));
    line(&Node::from(map))
}
