//! `mainstem runs diff`: what two runs were told otherwise, and what came out otherwise.

use std::fmt::Write as _;

use crate::app::json::{line, object};
use crate::app::runs::view::{View, text};
use crate::diag::{HIDDEN, Style, visible};
use crate::value::{HashMap, KeyPath, Kind, Node};

/// A value that one of two runs has otherwise, or alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(super) section: &'static str,
    pub(super) key: String,
    pub(super) left: Option<Node>,
    pub(super) right: Option<Node>,
}

impl Difference {
    /// In words, of what was and what is now.
    pub(crate) fn told(&self) -> String {
        let (key, value) = (visible(&self.key), |node: &Node| match node.kind {
            Kind::Null => "null".to_owned(),
            _ => text(node),
        });
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => format!("`{key}` was {}, and is {} now", value(left), value(right)),
            (Some(left), None) => format!("`{key}` was {}, and is not there now", value(left)),
            (None, right) => {
                format!("`{key}` is {} now, and was not there", right.as_ref().map(value).unwrap_or_default())
            }
        }
    }
}

/// What of a record says what ran, and what came of it. Each run has its own times, processes and identifiers.
const RECORDED: [&str; 13] = [
    "name",
    "own_flags",
    "status",
    "result",
    "error.message",
    "tags",
    "note",
    "program.path",
    "program.size",
    "git.commit",
    "git.dirty",
    "lock_files",
    "container.image",
];

/// All differences: of the configs, of the metrics, of the records. Two values are the same if they mean the same:
/// the order of keys, and how a number was written, do not matter.
pub(crate) fn differences(left: &View, right: &View) -> Vec<Difference> {
    // Hydra records no config resolved: what it says must not seem other because it is written.
    let mut found = match left.is_resolved() == right.is_resolved() {
        true => compare("config", leaves(left.config()), leaves(right.config())),
        false => compare("config", leaves(&left.written()), leaves(&right.written())),
    };
    let metrics = |view: &View| {
        view.last_metrics()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Node::from(value)))
            .collect::<Vec<_>>()
    };
    found.extend(compare("metrics", metrics(left), metrics(right)));
    let recorded = |view: &View| {
        let value = |key: &&str| view.get(&format!("run.{key}")).map(|node| ((*key).to_owned(), node));
        let command = view.command().map(|command| ("command".to_owned(), Node::from(command.as_str())));
        let recorded = RECORDED.iter().filter_map(value);
        command.into_iter().chain(recorded.filter(|(_, node)| !matches!(node.kind, Kind::Null))).collect()
    };
    found.extend(compare("run", recorded(left), recorded(right)));
    found
}

/// The differences between two lists of keys with values.
pub(crate) fn compare(
    section: &'static str,
    a: Vec<(String, Node)>,
    b: Vec<(String, Node)>,
) -> Vec<Difference> {
    let by_key = |list: &[(String, Node)]| -> HashMap<String, Node> { list.iter().cloned().collect() };
    let (own, other) = (by_key(&a), by_key(&b));
    let changed = a.into_iter().filter_map(|(key, left)| {
        let right = other.get(&key).cloned();
        (right.as_ref() != Some(&left)).then_some(Difference { section, key, left: Some(left), right })
    });
    let added = b.into_iter().filter(|(key, _)| !own.contains_key(key));
    let added = added.map(|(key, right)| Difference { section, key, left: None, right: Some(right) });
    changed.chain(added).collect()
}

/// The values of a tree that are no containers, or empty ones, by their paths.
pub(crate) fn leaves(root: &Node) -> Vec<(String, Node)> {
    let mut leaves = Vec::new();
    let mut open = vec![(KeyPath::ROOT, root)];
    while let Some((path, node)) = open.pop() {
        match &node.kind {
            Kind::Map(map) if !map.is_empty() => {
                let children: Vec<_> =
                    map.iter().map(|(key, slot)| (path.child(key.clone()), &slot.node)).collect();
                open.extend(children.into_iter().rev());
            }
            _ if path.is_empty() => {}
            _ => leaves.push((path.to_string(), node.clone())),
        }
    }
    leaves
}

/// The values of the configs that both runs hide: whether they are the same, no record says.
pub(crate) fn hidden(left: &View, right: &View) -> String {
    let hides = |node: &Node| node.as_str().is_some_and(|text| text.contains(HIDDEN));
    let other: HashMap<String, Node> = leaves(right.config()).into_iter().collect();
    let both = leaves(left.config())
        .into_iter()
        .filter(|(key, node)| hides(node) && other.get(key).is_some_and(hides));
    both.map(|(key, _)| format!("`{}` is a secret in both: not compared\n", visible(&key))).collect()
}

pub(crate) fn show(found: &[Difference], style: Style) -> String {
    if found.is_empty() {
        return "no difference\n".to_owned();
    }
    let keys: Vec<_> = found.iter().map(|one| visible(&one.key)).collect();
    let width = keys.iter().map(|key| key.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    let mut section = "";
    for (one, key) in found.iter().zip(keys) {
        if one.section != section {
            let _ = writeln!(
                out,
                "{}{}",
                if section.is_empty() { "" } else { "\n" },
                style.paint("1", one.section)
            );
            section = one.section;
        }
        let shown = |node: &Node| match &node.kind {
            Kind::Null => "null".to_owned(),
            Kind::Str(text) if text.is_empty() => "''".to_owned(),
            Kind::List(list) if list.is_empty() => "[]".to_owned(),
            _ => text(node),
        };
        let said = match (&one.left, &one.right) {
            (Some(left), Some(right)) => {
                format!("{} → {}", style.paint("31", &shown(left)), style.paint("32", &shown(right)))
            }
            (Some(left), None) => format!("{}  (only in the first)", style.paint("31", &shown(left))),
            (None, Some(right)) => format!("{}  (only in the second)", style.paint("32", &shown(right))),
            (None, None) => String::new(),
        };
        let _ = writeln!(out, "  {key:<width$}  {said}");
    }
    out
}

/// A line for each difference; the side that has no such value is left out.
pub(crate) fn json(found: &[Difference]) -> String {
    found
        .iter()
        .map(|one| {
            let mut pairs = vec![("section", Node::from(one.section)), ("key", Node::from(one.key.as_str()))];
            for (name, node) in [("left", &one.left), ("right", &one.right)] {
                if let Some(node) = node {
                    pairs.push((name, node.clone()));
                }
            }
            line(&object(pairs))
        })
        .collect()
}
