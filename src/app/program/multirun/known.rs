//! What a search knows before it begins: what came of earlier trials.

use std::path::{Path, PathBuf};

use indexmap::IndexSet;

use crate::app::program::bound::Bound;
use crate::app::program::multirun::warm::{bare, find, text};
use crate::app::program::session::Session;
use crate::app::sweep::{Searched, table};
use crate::app::sweeps::rows_of;
use crate::diag::{Error, ErrorKind, Origin, Result, did_you_mean, listed};
use crate::drive::{FOLDER, JOURNAL};
use crate::run::Status;
use crate::search::{History, Outcome};
use crate::sweep::{Goals, Misfit, number};
use crate::value::{IndexMap, Key, Map, Node};

/// What is known of earlier trials: what can be used of it, and the files that it comes from.
pub(super) struct Known {
    pub(super) history: History,
    pub(super) files: Vec<(String, PathBuf)>,
    /// How many trials there were, used or not.
    seen: u64,
    /// Why some are not used, and how many these are.
    left_out: IndexMap<String, u64>,
    /// What is worth knowing of those that are.
    notes: Vec<String>,
}

/// A trial that has ended with something.
struct Trial {
    params: Map,
    result: Option<Node>,
}

/// What a search is, as far as earlier trials can differ from it.
#[derive(Clone, Copy)]
struct Now<'a> {
    search: &'a Searched,
    goals: &'a Goals,
    master: &'a Bound,
}

/// What `mainstem.search.from` names: directories of sweeps, and tables.
///
/// # Errors
/// What cannot be read; a table without a column that is needed.
pub(super) fn known(
    session: &Session<'_>,
    master: &Bound,
    search: &Searched,
    goals: &Goals,
) -> Result<Known> {
    let (left_out, notes) = (IndexMap::default(), Vec::new());
    let mut known = Known { history: History::new(), files: Vec::new(), seen: 0, left_out, notes };
    let now = Now { search, goals, master };
    for node in &search.asked.from {
        let name = node.as_str().unwrap_or_default();
        let path = session.absolute(name);
        if path.is_dir() {
            let rows = rows_of(&path, session.composer.facts(), &session.process())
                .map_err(|error| error.at(node.origin, "known from there"))?;
            known.files.push((name.to_owned(), path.join(FOLDER).join(JOURNAL)));
            let whole = rows.iter().filter(|row| row.status == Some(Status::Completed));
            let whole = whole.filter(|row| row.stopped.is_none());
            let trials: Vec<Trial> =
                whole.map(|row| Trial { params: row.params(), result: row.result.clone() }).collect();
            known.add(now, name, &trials);
            continue;
        }
        known.files.push((name.to_owned(), path));
        let rows = table(Path::new(&session.composer.facts().cwd), name, node.origin, search.sources())?;
        let trials = now.told(name, node.origin, &rows, &mut known.notes)?;
        known.add(now, name, &trials);
    }
    Ok(known)
}

impl Known {
    fn add(&mut self, now: Now<'_>, name: &str, trials: &[Trial]) {
        let others = now.others(name, trials, &mut self.notes);
        for trial in trials {
            self.seen += 1;
            let fault = others.iter().find_map(|(key, own)| {
                let value = find(&trial.params, key)?;
                let differs = own.as_ref().is_none_or(|own| !alike(own, value));
                let here =
                    own.as_ref().map_or("is not searched".to_owned(), |own| format!("is {}", text(own)));
                differs.then(|| format!("changed `{key}`, which {here} here"))
            });
            let point = match fault {
                Some(fault) => Err(fault),
                None => now.search.space.point(&|key| find(&trial.params, key).cloned()).map_err(why),
            };
            let losses = now.goals.losses(trial.result.as_ref());
            match point.and_then(|point| Ok((point, losses.map_err(|error| error.message().to_owned())?))) {
                Ok((point, losses)) => {
                    // Those of the search itself count from 0.
                    let number = u64::MAX - self.seen;
                    self.history.ask(number, point);
                    self.history.tell(number, Outcome::Completed(losses));
                }
                Err(why) => *self.left_out.entry(why).or_default() += 1,
            }
        }
    }

    /// Says how much of what was known before can be used, and why the rest cannot.
    pub(super) fn tell(&self, session: &Session<'_>) {
        if self.seen == 0 {
            return;
        }
        let used = self.history.told().len();
        let reasons = self.left_out.iter().map(|(why, count)| format!("{count} left out: {why}"));
        let notes: Vec<String> = reasons.chain(self.notes.iter().cloned()).collect();
        if used == 0 {
            let message = format!("none of {} earlier trials is in the space of the search", self.seen);
            let warning = Error::new(ErrorKind::Sweep, message);
            return session.warn(&[notes.into_iter().fold(warning, Error::note)]);
        }
        let notes: String = notes.iter().map(|note| format!("\n  {}", crate::diag::visible(note))).collect();
        session
            .note(&format!("{used} of {} earlier trials are in the space of the search{notes}", self.seen));
    }
}

/// Why a trial is not in the space.
fn why(misfit: Misfit) -> String {
    match misfit {
        Misfit::Missing(key) => format!("says no `{key}`"),
        // Values of one parameter are one reason.
        Misfit::Outside(key, _) => format!("`{key}` lies outside of its space"),
    }
}

/// Whether two values are meant to be the same: a table may say `1` for `1.0`.
fn alike(one: &Node, other: &Node) -> bool {
    one == other || number(one).is_some_and(|one| number(other) == Some(one))
}

impl Now<'_> {
    /// What some trials changed and others did not, or otherwise, and what this search does not look for, with the value that
    /// it has here. What all of them had, and is another one here, is told.
    fn others(&self, name: &str, trials: &[Trial], notes: &mut Vec<String>) -> Vec<(String, Option<Node>)> {
        let parameters = self.search.space.space().parameters();
        let keys: IndexSet<String> = trials
            .iter()
            .flat_map(|trial| trial.params.iter().map(|(key, _)| bare(&key.to_string()).to_owned()))
            .filter(|key| parameters.iter().all(|one| bare(&one.name) != key))
            .collect();
        let mut others = Vec::new();
        for key in keys {
            let own = self.own(&key);
            let mut values = trials.iter().map(|trial| find(&trial.params, &key));
            let first = values.next().flatten();
            if values.any(|value| value != first) {
                others.push((key, own));
            } else if let (Some(was), Some(own)) = (first, &own)
                && !alike(was, own)
            {
                notes.push(format!(
                    "`{key}` was {} in all of `{name}`, and is {} here",
                    text(was),
                    text(own)
                ));
            }
        }
        others
    }

    /// What a key is in every job of this search, if it is that.
    fn own(&self, key: &str) -> Option<Node> {
        let settled = || {
            let choices = self.master.select("hydra.runtime.choices").ok()??;
            let choice = choices.as_map().and_then(|choices| choices.get_str(key)).cloned();
            choice.or_else(|| self.master.select(key).ok()?)
        };
        self.search.space.fixed(key).or_else(settled)
    }

    /// The trials that a table tells of.
    ///
    /// # Errors
    /// It has no column for a parameter that always applies, or for what the search is after.
    fn told(&self, name: &str, origin: Origin, rows: &[Map], notes: &mut Vec<String>) -> Result<Vec<Trial>> {
        let columns: IndexSet<String> =
            rows.iter().flat_map(|row| row.iter().map(|(key, _)| key.to_string())).collect();
        // In a table of a sweep all other columns are about the jobs.
        let is_of_sweep = columns.iter().any(|column| column == "params" || column.starts_with(PARAMS));
        let mut told: Vec<Trial> = rows.iter().filter_map(|row| trial(row, is_of_sweep)).collect();
        if !is_of_sweep {
            // Somebody has written it, and says there what they like.
            let parameters = self.search.space.space().parameters();
            let is_known = |key: &str| parameters.iter().any(|one| bare(&one.name) == bare(key));
            let is_result = |key: &str| key == "result" || key.starts_with(RESULT);
            let other = columns.iter().filter(|column| !is_known(column) && !is_result(column));
            let other: Vec<String> = other.map(|column| format!("`{column}`")).collect();
            if !other.is_empty() {
                notes.push(format!("`{name}` has columns of what is not searched: {}", listed(&other)));
            }
            for trial in &mut told {
                trial.params = trial
                    .params
                    .iter()
                    .filter(|(key, _)| is_known(&key.to_string()))
                    .map(|(key, slot)| (key.clone(), slot.clone()))
                    .collect();
            }
        }
        let lacks = |what: &str, called: String| {
            let error = Error::new(ErrorKind::Sweep, format!("`{name}` has no column for `{what}`"));
            let error = error.at(origin, "earlier trials are read from there");
            let all: Vec<String> = columns.iter().cloned().collect();
            let error = error.note(format!("its columns are {}", listed(&all)));
            let known = columns.iter().map(|column| column.strip_prefix(PARAMS).unwrap_or(column));
            match did_you_mean(what, known) {
                Some(near) => error.help(format!("call `{near}` {called}")),
                None => error.help(format!("it is called {called}")),
            }
        };
        if told.is_empty() {
            return Ok(told);
        }
        let always = self.search.space.space().parameters().iter().filter(|one| one.when.is_empty());
        let missing = always.filter(|one| told.iter().all(|trial| find(&trial.params, &one.name).is_none()));
        let missing = missing.map(|one| {
            let key = bare(&one.name);
            lacks(key, format!("`{key}` or `{PARAMS}{key}`"))
        });
        let mut errors: Vec<Error> = missing.collect();
        if told.iter().all(|trial| trial.result.is_none()) {
            let metric = self.goals.first().metric.as_deref();
            let called = metric.map_or_else(|| "result".to_owned(), |metric| format!("{RESULT}{metric}"));
            errors.push(lacks(metric.unwrap_or("result"), format!("`{called}`")));
        }
        Error::all(errors).map_or(Ok(told), Err)
    }
}

/// How the columns of parameters and of results with names begin.
const PARAMS: &str = "params.";
const RESULT: &str = "result.";

/// A row of a table: what a job was told, and what came of it. `sweeps show --format csv` writes `params.KEY`, `result` and
/// `result.NAME`, and `--format json` a mapping of them; of a job that has not come to its end nothing is known.
fn trial(row: &Map, is_of_sweep: bool) -> Option<Trial> {
    let (mut params, mut results, mut result) = (Map::default(), Map::default(), None);
    for (key, slot) in row {
        let key = key.to_string();
        match (key.strip_prefix(RESULT), key.strip_prefix(PARAMS), slot.node.as_map()) {
            (Some(name), ..) => drop(results.set(Key::from(name), slot.node.clone())),
            (_, Some(name), _) => drop(params.set(Key::from(name), slot.node.clone())),
            (.., Some(told)) if key == "params" => {
                told.iter().for_each(|(key, slot)| drop(params.set(key.clone(), slot.node.clone())));
            }
            _ if key == "result" => result = Some(slot.node.clone()).filter(|node| *node != Node::null()),
            _ if is_of_sweep && key == "status" && slot.node != Node::from("completed") => return None,
            _ if is_of_sweep => {}
            _ => drop(params.set(Key::from(key.as_str()), slot.node.clone())),
        }
    }
    let result = result.or_else(|| (!results.is_empty()).then(|| Node::from(results)));
    Some(Trial { params, result })
}
