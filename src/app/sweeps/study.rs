//! What a search, or a sweep whose jobs are compared, has come to, by its journal.

use std::path::Path;

use crate::app::sweep::REPORTS;
use crate::app::sweeps::best::nothing_found;
use crate::app::sweeps::main::shown;
use crate::app::sweeps::rows::{Row, rows};
use crate::diag::{Error, ErrorKind, Result, did_you_mean, listed, shell_word};
use crate::drive::{FOLDER, Progress};
use crate::facts::{Facts, Process};
use crate::run::{Found, PackedRuns, Status, reports};
use crate::search::{Direction, dominates};
use crate::sweep::{Goal, Goals, number};
use crate::value::{Key, Kind, Map, Node, Slot};

/// A search; or a sweep whose jobs are compared, which is one without parameters.
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
        let no_search = || {
            let place = shown(directory, facts);
            let message = format!("the sweep in `{}` is no search", place.display());
            let typed = shell_word(&place.to_string_lossy()).into_owned();
            Error::new(ErrorKind::Sweep, message)
                .help(format!("`mainstem sweeps show {typed}` lists its jobs"))
        };
        let search = search_of(&progress).ok_or_else(no_search)?;
        let goals = search.get_str("goals").and_then(Goals::of).ok_or_else(no_search)?;
        let parameters = parameters(&progress).ok_or_else(no_search)?;
        Ok(Self::of(directory, &progress, rows, goals, parameters))
    }

    fn of(
        directory: &Path,
        progress: &Progress,
        rows: Vec<Row>,
        goals: Goals,
        parameters: Vec<Dimension>,
    ) -> Self {
        let trial = |row: Row| {
            let told = row.params();
            let params = parameters.iter().map(|one| told.get_str(one.name()).cloned()).collect();
            let is_whole = row.status == Some(Status::Completed);
            let values = is_whole.then(|| goals.values(row.result.as_ref()).ok()).flatten();
            let reports = reports(&directory.join(FOLDER).join(REPORTS), row.job);
            Trial { params, reports, values, row }
        };
        let trials = rows.into_iter().map(trial).collect();
        let study = search_of(progress).and_then(|search| search.get_str("study")?.as_str());
        let name = study.unwrap_or(&progress.identity.name).to_owned();
        Self { name, goals, parameters, trials }
    }

    /// Reads a sweep whose jobs are compared. What is wanted of them is said by who asks, by the config of the sweep, or by
    /// what its jobs return.
    ///
    /// # Errors
    /// There is no sweep, or its journal cannot be read; nobody says which way a result is better; no result has what is
    /// wanted.
    pub(crate) fn compared(
        directory: &Path,
        facts: &Facts,
        process: &Process,
        wanted: &Wanted,
    ) -> Result<Self> {
        let (progress, _, rows) = rows(directory, facts, process)?;
        let place = shown(directory, facts);
        let results =
            || rows.iter().filter(|row| row.status == Some(Status::Completed) && row.result.is_some());
        if results().next().is_none() {
            return Err(nothing_found(place));
        }
        let said = || {
            let mut packed = PackedRuns::new(directory);
            let packed = &mut |directory: &Path| packed.of(directory);
            // All jobs say the same about it.
            let first = results().next()?;
            let found = Found::read_or(&directory.join(&first.directory), process, packed).ok()?;
            found.record.get("direction").cloned()
        };
        let goals = wanted.goals(Self::goals_of(&progress), &said);
        let goals = goals.ok_or_else(|| undirected(place, wanted, results().next()))?;
        if let Some(row) =
            results().next().filter(|_| results().all(|row| goals.values(row.result.as_ref()).is_err()))
        {
            return Err(unfound(place, &goals, row));
        }
        let parameters = parameters(&progress).unwrap_or_default();
        Ok(Self::of(directory, &progress, rows, goals, parameters))
    }

    /// What a sweep is after; none if it is no search and its config does not say it.
    pub(super) fn goals_of(progress: &Progress) -> Option<Goals> {
        let searched = search_of(progress).and_then(|search| search.get_str("goals"));
        searched.or(progress.identity.goals.as_ref()).and_then(Goals::of)
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

/// What makes a job the best, as far as somebody says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The number of a result that counts.
    pub(crate) metric: Option<String>,
    /// Which way it is better.
    pub(crate) direction: Option<Direction>,
}

impl Wanted {
    /// All of it, with what is known; `said` is what a job says of its result.
    fn goals(&self, known: Option<Goals>, said: &dyn Fn() -> Option<Node>) -> Option<Goals> {
        if self.direction.is_none() && self.metric.is_none() && known.is_some() {
            return known;
        }
        let one = |goal: Goal| Some(Goals::new(goal, []));
        let named =
            |goal: &&Goal| self.metric.is_none() || goal.metric.is_none() || goal.metric == self.metric;
        let known = known.as_ref().and_then(|known| known.iter().find(named).cloned());
        let direction = self.direction.or(known.as_ref().map(|known| known.direction));
        if let Some(direction) = direction {
            let metric = self.metric.clone().or_else(|| known?.metric);
            return one(Goal { metric, direction });
        }
        let said = said()?;
        let Some(map) = said.as_map() else {
            return one(Goal { metric: self.metric.clone(), direction: Direction::parse(said.as_str()?)? });
        };
        let told = map.iter().filter_map(|(key, slot)| {
            Some(Goal { metric: Some(key.to_string()), direction: Direction::parse(slot.node.as_str()?)? })
        });
        let mut told = told.filter(|goal| self.metric.is_none() || goal.metric == self.metric);
        Some(Goals::new(told.next()?, told))
    }
}

/// The names of the numbers of a result; none if it is one number.
fn names(row: &Row) -> Vec<String> {
    let map = row.result.as_ref().and_then(Node::as_map);
    map.into_iter()
        .flatten()
        .filter(|(_, slot)| number(&slot.node).is_some())
        .map(|(key, _)| key.to_string())
        .collect()
}

/// That nobody says which way a result is better.
fn undirected(place: &Path, wanted: &Wanted, row: Option<&Row>) -> Error {
    let message =
        format!("nobody says which way the results of the sweep in `{}` are better", place.display());
    let mut typed = format!("mainstem sweeps best {}", shell_word(&place.to_string_lossy()));
    let names = row.map(names).unwrap_or_default();
    if let Some(metric) = wanted.metric.as_ref().or(names.first()) {
        typed.push_str(&format!(" --metric {}", shell_word(metric)));
    }
    let error = Error::new(ErrorKind::Sweep, message);
    let error =
        if names.len() > 1 { error.note(format!("its jobs returned {}", listed(&names))) } else { error };
    error.help(format!("type `{typed} --minimize`, or `--maximize`"))
}

/// That no result has what is wanted.
fn unfound(place: &Path, goals: &Goals, row: &Row) -> Error {
    let (names, goal) = (names(row), goals.first());
    let place = place.display();
    let message = match &goal.metric {
        Some(metric) => format!("no job of the sweep in `{place}` returned `{metric}`"),
        None => format!("the jobs of the sweep in `{place}` returned no single number"),
    };
    let error = Error::new(ErrorKind::Sweep, message);
    let error = match names.as_slice() {
        [] => error.note("they returned a number without a name"),
        names => error.note(format!("they returned {}", listed(names))),
    };
    let near = goal.metric.as_deref().and_then(|name| did_you_mean(name, names.iter().map(String::as_str)));
    match near.or(names.first().map(String::as_str)) {
        Some(name) => error.help(format!("choose by name: `--metric {}`", shell_word(name))),
        None => error.help("leave `--metric` away"),
    }
}

/// What was searched; none if the sweep is no search.
fn parameters(progress: &Progress) -> Option<Vec<Dimension>> {
    let parameters = search_of(progress)?.get_str("parameters").and_then(Node::as_map)?;
    let parameter = |(key, slot): (&Key, &Slot)| {
        let key = as_typed(&key.to_string(), &progress.identity.arguments).to_owned();
        Some(Dimension { key, scale: scale(&slot.node)? })
    };
    Some(parameters.iter().filter_map(parameter).collect())
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
