//! What a type wants and no config gives: an argument may.

use std::collections::HashSet;

use crate::compose::composed::Composed;
use crate::compose::report::{Note, Topic};
use crate::diag::{Error, ErrorKind, Origin};
use crate::value::{KeyPath, Kind, Text};

/// The values of the composition of a primary config that are `???` and not noted yet. Of what stands as `???` in a
/// file, the file is noted.
pub(crate) fn ungiven(primary: &str, composed: &Composed, noted: &[Note]) -> Vec<Note> {
    let labels = noted.iter().filter_map(|note| note.error.labels().first());
    let known: HashSet<Origin> = labels.map(|label| label.origin).collect();
    let mut found = Vec::new();
    let mut open = vec![(KeyPath::ROOT, composed.job())];
    while let Some((path, node)) = open.pop() {
        match &node.kind {
            Kind::Missing if !known.contains(&node.origin) => {
                let name = Text::from(path.to_string());
                let error = Error::new(ErrorKind::MissingValue, format!("`{name}` must be given"))
                    .at(node.origin, format!("no config gives it to `{primary}`"));
                found.push(Note { topic: Topic::Missing, name, error });
            }
            Kind::Map(map) => {
                let inside = map.iter().map(|(key, slot)| (path.child(key.clone()), slot.node.clone()));
                let from = open.len();
                open.extend(inside);
                open[from..].reverse();
            }
            _ => {}
        }
    }
    found
}
