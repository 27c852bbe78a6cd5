//! What a search knows before it begins: points to try first, and what came of earlier trials.

use std::path::{Path, PathBuf};

use crate::app::program::session::Session;
use crate::app::sweep::{Searched, table};
use crate::app::sweeps::Study;
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{FOLDER, JOURNAL};
use crate::search::{History, Outcome, Point, RandomSearch, Sampler};
use crate::sweep::Goals;
use crate::value::{Key, Map, Node};

/// The points of `mainstem.search.first`. What one leaves out is drawn at random.
///
/// # Errors
/// What is no parameter of the search, or not in its space.
pub(super) fn first(search: &Searched) -> Result<Vec<Point>> {
    let mut errors = Vec::new();
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
            Some(point) => points.push(point),
            None => {
                let error = Error::new(ErrorKind::Sweep, "this point is not in the space of the search");
                errors.push(error.at(node.origin, "to be tried first"));
            }
        }
    }
    Error::all(errors).map_or(Ok(points), Err)
}

/// What is known of earlier trials: what can be used of it, and the files that it comes from.
pub(super) struct Known {
    pub(super) history: History,
    pub(super) files: Vec<(String, PathBuf)>,
    /// How many trials there were, used or not.
    pub(super) seen: u64,
}

/// What `mainstem.search.from` names: directories of sweeps, and tables.
///
/// # Errors
/// What cannot be read.
pub(super) fn known(session: &Session<'_>, search: &Searched, goals: &Goals) -> Result<Known> {
    let mut known = Known { history: History::new(), files: Vec::new(), seen: 0 };
    for node in &search.asked.from {
        let name = node.as_str().unwrap_or_default();
        let path = session.absolute(name);
        if path.is_dir() {
            let study = Study::read(&path, session.composer.facts(), &session.process())
                .map_err(|error| error.at(node.origin, "known from there"))?;
            known.files.push((name.to_owned(), path.join(FOLDER).join(JOURNAL)));
            for (trial, _) in study.completed() {
                known.add(search, goals, &trial.row.params(), trial.row.result.as_ref());
            }
            continue;
        }
        known.files.push((name.to_owned(), path));
        for map in table(Path::new(&session.composer.facts().cwd), name, node.origin, search.sources())? {
            let (params, result) = told(&map);
            known.add(search, goals, &params, result.as_ref());
        }
    }
    Ok(known)
}

impl Known {
    fn add(&mut self, search: &Searched, goals: &Goals, params: &Map, result: Option<&Node>) {
        self.seen += 1;
        let Some(point) = search.space.point(&|key| find(params, key).cloned()) else { return };
        let Ok(losses) = goals.losses(result) else { return };
        // Those of the search itself count from 0.
        let number = u64::MAX - self.seen;
        self.history.ask(number, point);
        self.history.tell(number, Outcome::Completed(losses));
    }
}

/// A row of a table: what a job was told, and what came of it. `sweeps show --format csv` writes `params.KEY`, `result` and
/// `result.NAME`.
fn told(row: &Map) -> (Map, Option<Node>) {
    let (mut params, mut results, mut result) = (Map::default(), Map::default(), None);
    for (key, slot) in row {
        let key = key.to_string();
        if key == "result" {
            result = Some(slot.node.clone());
        } else if let Some(name) = key.strip_prefix("result.") {
            results.set(Key::from(name), slot.node.clone());
        } else {
            params.set(Key::from(key.strip_prefix("params.").unwrap_or(&key)), slot.node.clone());
        }
    }
    (params, result.or_else(|| (!results.is_empty()).then(|| Node::from(results))))
}

fn find<'m>(map: &'m Map, key: &str) -> Option<&'m Node> {
    map.iter().find(|(known, _)| bare(&known.to_string()) == bare(key)).map(|(_, slot)| &slot.node)
}

/// A key without its prefix.
fn bare(key: &str) -> &str {
    key.trim_start_matches('+')
}
