//! Errors and places for programs.

use std::sync::Arc;

use crate::diag::{Error, Origin, Severity, SourceMap};
use crate::value::{JsonStyle, Key, Map, Node, write_json};

/// A mapping from pairs.
pub(crate) fn object<'k>(pairs: impl IntoIterator<Item = (&'k str, Node)>) -> Node {
    let mut map = Map::default();
    for (key, node) in pairs {
        map.set(Key::from(key), node);
    }
    Node::from(map)
}

/// A list of texts.
pub(crate) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Node {
    Node::from(texts.into_iter().map(|text| Node::from(text.as_ref())).collect::<Vec<_>>())
}

/// Text, or `null`.
pub(crate) fn optional(text: Option<&str>) -> Node {
    text.map_or_else(Node::null, Node::from)
}

/// A place: what it is in, line and column counted from 1; `null` if it is not known.
pub(crate) fn place(origin: Origin, sources: &SourceMap) -> Node {
    let Some(source) = sources.get(origin.source) else { return Node::null() };
    let (line, column) = source.position(origin.span.start);
    object([
        ("source", Node::from(source.to_string().as_str())),
        ("line", count(line)),
        ("column", count(column)),
    ])
}

/// A number of things.
pub(crate) fn count(number: usize) -> Node {
    Node::from(i64::try_from(number).unwrap_or(i64::MAX))
}

/// One mistake.
pub(crate) fn error(error: &Error, severity: Severity) -> Node {
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let labels = error.labels().iter().filter_map(|label| {
        let sources = error.sources()?;
        Some(object([
            ("place", place(label.origin, sources)),
            ("text", Node::from(label.text.as_str()).scrubbed(sources.secrets())),
        ]))
    });
    let secrets = error.sources().map(|sources| sources.secrets());
    let shown = |text: &str| Node::from(text).scrubbed(secrets.unwrap_or(&Arc::default()));
    object([
        ("severity", Node::from(severity)),
        ("code", Node::from(error.kind().code())),
        ("message", shown(error.message())),
        ("places", Node::from(labels.collect::<Vec<_>>())),
        ("notes", error.notes().iter().map(|note| shown(note)).collect()),
        ("help", error.helps().iter().map(|help| shown(help)).collect()),
    ])
}

/// One line of JSON.
pub(crate) fn line(node: &Node) -> String {
    let mut out = String::new();
    write_json(node, JsonStyle::Compact, &mut out);
    out.push('\n');
    out
}
