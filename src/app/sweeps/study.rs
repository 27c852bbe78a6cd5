//! What a search has come to, by its journal.

use std::path::Path;

use crate::app::sweep::REPORTS;
use crate::app::sweeps::rows::{Row, rows};
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{FOLDER, Progress};
use crate::facts::{Facts, Process};
use crate::run::{Status, reports};
use crate::search::dominates;
use crate::sweep::{Goals, number};
use crate::value::{Kind, Map, Node};

/// A search.
#[derive(Debug)]
pub(crate) struct Study {
    /// Its name, or that of its jobs.
    pub(crate) name: String,
    pub(crate) goals: Goals,
    pub(crate) parameters: Vec<Dimension>,
    /// By their numbers.
    pub(crate) trials: Vec<Trial>,
}

/// A parameter that was searched.
#[derive(Clone, Debug)]
pub(crate) struct Dimension {
    /// As it is typed, with its prefix.
    pub(crate) key: String,
    pub(crate) scale: Scale,
}

/// Where the values of a parameter lie.
#[derive(Clone, Debug)]
pub(crate) enum Scale {
    Numbers { low: f64, high: f64, log: bool, integers: bool, step: Option<f64> },
    Values(Vec<Node>),
}

/// A job of a search.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) row: Row,
    /// What it was told of each parameter; none where that did not apply.
    pub(crate) params: Vec<Option<Node>>,
    /// What it has reported as it went, by its steps.
    pub(crate) reports: Vec<(u64, f64)>,
    /// What came of it, if it has come to its end.
    pub(crate) values: Option<Vec<f64>>,
}

impl Study {
    /// Reads the search in the directory of a sweep.
    ///
    /// # Errors
    /// There is none, or its journal cannot be read.
    pub(crate) fn read(directory: &Path, facts: &Facts, process: &Process) -> Result<Self> {
        let (progress, _, rows) = rows(directory, facts, process)?;
        let search = search_of(&progress);
        let no_search = || {
            let message = format!("the sweep in `{}` is no search", directory.display());
            Error::new(ErrorKind::Sweep, message).help("`mainstem sweeps show` lists its jobs")
        };
        let search = search.ok_or_else(no_search)?;
        let goals = search.get_str("goals").and_then(Goals::of).ok_or_else(no_search)?;
        let parameters = search.get_str("parameters").and_then(Node::as_map).ok_or_else(no_search)?;
        let parameters: Vec<Dimension> = parameters
            .iter()
            .filter_map(|(key, slot)| {
                let key = as_typed(&key.to_string(), &progress.identity.arguments).to_owned();
                Some(Dimension { key, scale: scale(&slot.node)? })
            })
            .collect();
        let trial = |row: Row| {
            let told = row.params();
            let params = parameters.iter().map(|one| told.get_str(one.name()).cloned()).collect();
            let is_whole = row.status == Some(Status::Completed);
            let values = is_whole.then(|| goals.values(row.result.as_ref()).ok()).flatten();
            let reports = reports(&directory.join(FOLDER).join(REPORTS), row.job);
            Trial { params, reports, values, row }
        };
        let trials = rows.into_iter().map(trial).collect();
        let study = search.get_str("study").and_then(Node::as_str).map(str::to_owned);
        let name = study.unwrap_or_else(|| progress.identity.name.clone());
        Ok(Self { name, goals, parameters, trials })
    }

    /// What a search is after; none if the sweep is no search.
    pub(super) fn goals_of(progress: &Progress) -> Option<Goals> {
        search_of(progress)?.get_str("goals").and_then(Goals::of)
    }

    /// The trials that have come to their ends without being stopped, with losses that are numbers.
    pub(crate) fn completed(&self) -> impl Iterator<Item = (&Trial, Vec<f64>)> {
        self.trials.iter().filter_map(|trial| Some((trial, losses(&self.goals, &trial.row)?)))
    }

    /// The best trials: one, the earliest of equal ones; of several goals all that no other one is better than in everything.
    pub(crate) fn best(&self) -> Vec<&Trial> {
        best_of(&self.completed().collect::<Vec<_>>())
    }
}

/// A key as somebody typed it: that of a command without a config is forced, so that the config needs no such key.
fn as_typed<'k>(key: &'k str, arguments: &[String]) -> &'k str {
    let sets = |key: &str| arguments.iter().any(|word| word.split('=').next() == Some(key));
    key.strip_prefix("++").filter(|bare| sets(bare) && !sets(key)).unwrap_or(key)
}

/// What a search has said of itself; none if the sweep is no search.
pub(super) fn search_of(progress: &Progress) -> Option<&Map> {
    progress.identity.search.as_ref().and_then(Node::as_map)
}

/// What came of a job as losses, if it has come to its end without being stopped.
pub(super) fn losses(goals: &Goals, row: &Row) -> Option<Vec<f64>> {
    let is_whole = row.status == Some(Status::Completed) && row.stopped.is_none();
    let losses = goals.losses(row.result.as_ref().filter(|_| is_whole)).ok()?;
    losses.iter().all(|loss| !loss.is_nan()).then_some(losses)
}

/// The best of some: the earliest of those with the least loss, or of several losses all that no other one beats in everything.
pub(super) fn best_of<'t, T>(all: &[(&'t T, Vec<f64>)]) -> Vec<&'t T> {
    if all.iter().all(|(_, losses)| losses.len() == 1) {
        let best = all.iter().min_by(|(_, one), (_, other)| one[0].total_cmp(&other[0]));
        return best.map(|(one, _)| *one).into_iter().collect();
    }
    let unbeaten = all.iter().filter(|(_, losses)| !all.iter().any(|(_, other)| dominates(other, losses)));
    unbeaten.map(|(one, _)| *one).collect()
}

impl Dimension {
    /// Its key without a prefix.
    pub(crate) fn name(&self) -> &str {
        self.key.trim_start_matches('+')
    }
}

fn scale(node: &Node) -> Option<Scale> {
    let map = node.as_map()?;
    if let Some(values) = map.get_str("values") {
        return Some(Scale::Values(values.as_list()?.to_vec()));
    }
    let (low, high) = (map.get_str("low")?, map.get_str("high")?);
    let log = map.get_str("log") == Some(&Node::from(true));
    let integers = matches!((&low.kind, &high.kind), (Kind::Int(_), Kind::Int(_)));
    let step = map.get_str("step").and_then(number);
    Some(Scale::Numbers { low: number(low)?, high: number(high)?, log, integers, step })
}
