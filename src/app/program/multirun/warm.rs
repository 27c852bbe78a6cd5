//! The points that a search tries first.

use crate::app::sweep::Searched;
use crate::diag::{Error, ErrorKind, Result};
use crate::search::{History, Point, RandomSearch, Sampler};
use crate::sweep::Misfit;
use crate::value::{Key, Map, Node, write_str};

/// The points of `mainstem.search.first`. What one leaves out is drawn at random.
///
/// # Errors
/// What is no parameter of the search, or not in its space; more points than the search has jobs.
pub(super) fn first(search: &Searched) -> Result<Vec<Point>> {
    let mut errors = Vec::new();
    let (given, trials) = (search.asked.first.len(), search.asked.trials);
    if let Some(beyond) = usize::try_from(trials).ok().and_then(|trials| search.asked.first.get(trials)) {
        let message = format!("`mainstem.search.first` has {given} points, and the search {trials} jobs");
        let error = Error::new(ErrorKind::Sweep, message).at(beyond.origin, "this one would not be tried");
        errors.push(error.help(format!("search with `mainstem.search.trials={given}`, or take points away")));
    }
    let mut points = Vec::new();
    for (number, node) in (0..).zip(&search.asked.first) {
        let Some(map) = node.as_map() else { continue };
        let parameters = search.space.space().parameters();
        let known = |key: &Key| parameters.iter().any(|one| bare(&one.name) == bare(&key.to_string()));
        for (key, slot) in map.iter().filter(|(key, _)| !known(key)) {
            let names: Vec<&str> = parameters.iter().map(|one| one.name.as_str()).collect();
            let error = Error::new(ErrorKind::Sweep, format!("`{key}` is not searched"));
            errors.push(
                error
                    .at(slot.node.origin, "so it cannot be tried first")
                    .note(format!("searched are {}", names.join(", "))),
            );
        }
        let drawn =
            RandomSearch::new(search.asked.seed).suggest(search.space.space(), &History::new(), number);
        let drawn = |key: &str| {
            let at = parameters.iter().position(|one| one.name == key)?;
            let middle = drawn.get(at).copied().flatten().unwrap_or_else(|| {
                parameters.get(at).map_or(crate::search::Value::Choice(0), |one| one.domain.at(0.5))
            });
            search.space.at(at, middle)?.assignment(0).ok()?.action.value().cloned()
        };
        let given = |key: &str| find(map, key).cloned();
        match search.space.point(&|key| given(key).or_else(|| drawn(key))) {
            Ok(point) => points.push(point),
            Err(misfit) => {
                let error = Error::new(ErrorKind::Sweep, "this point is not in the space of the search");
                let error = error.at(node.origin, "to be tried first");
                errors.push(match misfit {
                    Misfit::Outside(key, value) => error.note(format!("`{key}` cannot be {}", text(&value))),
                    _ => error,
                });
            }
        }
    }
    Error::all(errors).map_or(Ok(points), Err)
}

/// A value as it would be typed.
pub(super) fn text(node: &Node) -> String {
    let mut text = String::new();
    write_str(node, &mut text);
    text
}

pub(super) fn find<'m>(map: &'m Map, key: &str) -> Option<&'m Node> {
    map.iter().find(|(known, _)| bare(&known.to_string()) == bare(key)).map(|(_, slot)| &slot.node)
}

/// A key without its prefix.
pub(super) fn bare(key: &str) -> &str {
    key.trim_start_matches('+')
}
