//! A sweep that searches: what it is after, and how it is written down.

use std::path::{Path, PathBuf};

use crate::app::output::{Status, unwritten};
use crate::app::program::bound::Bound;
use crate::app::program::finished::Finished;
use crate::app::program::job::shown;
use crate::app::program::multirun::known::{Known, known};
use crate::app::program::multirun::unheard::Unheard;
use crate::app::program::multirun::warm::first;
use crate::app::program::outcome::Declared;
use crate::app::program::session::Session;
use crate::app::sweep::{Pruning, Searched};
use crate::app::sweeps::{RESULTS, Study, results};
use crate::diag::{Error, ErrorKind, Origin, Result, shell_word, visible};
use crate::durable::write_whole;
use crate::search::{Direction, Domain, Parameter, Point, Value};
use crate::sweep::{Goal, Goals, Search, number};
use crate::value::{Key, Kind, Map, Node};

/// A search that is about to begin.
pub(super) struct Searching<'a> {
    search: &'a Searched,
    goals: Goals,
    first: Vec<Point>,
    known: Known,
}

impl<'a> Searching<'a> {
    /// # Errors
    /// Nobody says which way is better, or config and job say it differently.
    pub(super) fn new(session: &Session<'_>, master: &Bound, search: &'a Searched) -> Result<Self> {
        if let Some(node) =
            master.select("mainstem.sweep.skip_completed")?.filter(|node| node.kind != Kind::Bool(false))
        {
            let error = Error::new(
                ErrorKind::Sweep,
                "a search takes over no runs by `mainstem.sweep.skip_completed`",
            );
            let error =
                error.at(node.origin, "").at(search.asked.origin, "since what it tries is not known yet");
            return Err(master.located(
                error.help("begin with what an earlier sweep has found: `mainstem.search.from=DIR`"),
            ));
        }
        let located = |error: Error| master.located(error);
        let goals = goals(session.app.declared.as_deref(), search).map_err(located)?;
        if let (Some(_), true) = (search.asked.pruning, goals.iter().count() > 1) {
            let error = Error::new(ErrorKind::Sweep, "a search after several numbers stops no job early");
            return Err(master.located(
                error.at(search.asked.origin, "it has a pruner").help("leave `mainstem.search.pruner` away"),
            ));
        }
        if search.asked.algorithm.has_one_goal() && goals.iter().count() > 1 {
            let name = search.asked.algorithm.name();
            let error =
                Error::new(ErrorKind::Sweep, format!("`{name}` looks at one number, and there are several"));
            let error = error.at(search.asked.origin, "the search is after several");
            return Err(master.located(error.help("take `nsga2`, `tpe` or `auto`")));
        }
        let first = first(search).map_err(located)?;
        let known = known(session, master, search, &goals).map_err(located)?;
        Ok(Self { search, goals, first, known })
    }

    /// What chooses its jobs.
    pub(super) fn sweeper(&self) -> Search {
        let asked = &self.search.asked;
        let sampler = asked.algorithm.sampler(asked.seed);
        let search = Search::new(self.search.space.clone(), sampler, self.goals.clone(), asked.trials);
        search.beginning_with(self.first.clone()).knowing(self.known.history.clone())
    }

    /// The files that it knows of earlier trials from.
    pub(super) fn files(&self) -> &[(String, PathBuf)] {
        &self.known.files
    }

    /// What it is after.
    pub(super) fn goals(&self) -> &Goals {
        &self.goals
    }

    /// Whether its pruner waits for a first report, in the directory of its sweep.
    pub(super) fn unheard(&self, directory: &Path) -> Option<Unheard> {
        Unheard::of(self.search, &self.goals, directory)
    }

    /// What the file of its results calls it.
    pub(super) fn name(&self) -> &'static str {
        self.search.asked.name
    }

    /// Says what is better said otherwise, and how much of what was known before can be used.
    pub(super) fn tell(&self, session: &Session<'_>) {
        self.known.tell(session);
    }

    /// As the journal holds it: what of it makes it another search, and what is needed to understand what comes of it.
    pub(super) fn to_node(&self) -> Node {
        let asked = &self.search.asked;
        let parameters = self.search.space.space().parameters().iter().enumerate();
        let parameters: Map = parameters
            .map(|(at, parameter)| {
                let slot = crate::value::Slot { origin: Origin::NONE, node: self.domain(at, parameter) };
                (Key::from(parameter.name.as_str()), slot)
            })
            .collect();
        let mut node = Map::from([
            ("sampler", asked.algorithm.to_node()),
            ("seed", Node::from(i64::from_ne_bytes(asked.seed.to_ne_bytes()))),
            ("goals", self.goals.to_node()),
            ("pruner", Node::from(asked.pruning.map(Pruning::to_node))),
            ("parameters", Node::from(parameters)),
        ]);
        if let Some(study) = &asked.study {
            node.set(Key::from("study"), Node::from(study.as_str()));
        }
        Node::from(node)
    }

    /// `{low, high, log}` of an interval, with the `step` of a range, `{values}` of what was listed.
    fn domain(&self, at: usize, parameter: &Parameter) -> Node {
        let value = |value: Value| {
            let found = self.search.space.at(at, value).and_then(|one| one.assignment(0).ok());
            found.and_then(|one| one.action.value().cloned()).unwrap_or_else(Node::null)
        };
        let (low, high, log, step) = match parameter.domain {
            Domain::Choice { count, .. } => {
                let values: Vec<Node> = (0..count.min(LISTED)).map(|at| value(Value::Choice(at))).collect();
                return Node::from(Map::from([("values", Node::from(values))]));
            }
            Domain::Integer { low, high, log, .. } => {
                let (first, last) = (value(Value::Integer(low)), value(Value::Integer(high)));
                let step = step(&first, &value(Value::Integer(low.saturating_add(1).min(high))));
                // A range may lead down.
                match number(&first) > number(&last) {
                    true => (last, first, log, step),
                    false => (first, last, log, step),
                }
            }
            Domain::Float { low, high, log, .. } => (Node::from(low), Node::from(high), log, None),
        };
        let mut map = Map::from([("low", low), ("high", high), ("log", Node::from(log))]);
        if let Some(step) = step {
            map.set(Key::from("step"), step);
        }
        Node::from(map)
    }

    /// Says what would be searched.
    pub(super) fn show(&self, session: &Session<'_>) -> Finished {
        let asked = &self.search.asked;
        let after: Vec<String> = self
            .goals
            .iter()
            .map(|goal| {
                let name = goal.metric.as_deref().unwrap_or("the result");
                format!("{} {name}", goal.direction.name())
            })
            .collect();
        let mut text = format!(
            "{} jobs, chosen by `{}` to {}, of\n",
            asked.trials,
            asked.algorithm.name(),
            after.join(" and to ")
        );
        for one in self.search.space.typed() {
            text.push_str(&format!("  {}\n", session.composer.shown_line(one)));
        }
        let said = session.console.say(&text);
        Finished::without_jobs(
            said.map_or_else(|error| unwritten(&error, Status::Success), |()| Status::Success),
        )
    }
}

/// Writes what a search has found into its directory, and says it.
///
/// # Errors
/// The journal cannot be read, or the file not be written.
pub(super) fn conclude(session: &Session<'_>, directory: &Path, name: &str) -> Result<()> {
    let study = Study::read(directory, session.composer.facts(), &session.process())?;
    let Some(text) = results(&study, name) else {
        // That jobs have failed is told otherwise.
        if study.trials.iter().any(|trial| trial.values.is_some()) {
            session.note("no job has ended with a number that could be the best");
        }
        return Ok(());
    };
    write_whole(&directory.join(RESULTS), text)?;
    let best = study.best();
    let place = shown(directory, &session.composer.facts().cwd).display().to_string();
    let help = format!("  help: `mainstem sweeps best {}` says more", shell_word(&place));
    session.note(&match best.as_slice() {
        [one] => format!("best: #{} {}\n{help}", one.row.job, visible(&one.row.overrides.join(" "))),
        all => format!("{} jobs that no other one beats in everything\n{help}", all.len()),
    });
    Ok(())
}

/// How far two neighbours are from each other, if that is no step from one integer to the next.
fn step(one: &Node, next: &Node) -> Option<Node> {
    match (&one.kind, &next.kind) {
        (Kind::Int(one), Kind::Int(next)) => {
            let step = next.abs_diff(*one);
            i64::try_from(step).ok().filter(|step| *step > 1).map(Node::from)
        }
        _ => {
            let step = (number(next)? - number(one)?).abs();
            // As it was written, without what floats make of it.
            format!("{step:.12e}").parse::<f64>().ok().filter(|step| *step > 0.0).map(Node::from)
        }
    }
}

/// So many values are written down.
const LISTED: usize = 10_000;

/// What a search is after, by its config and by the type of what the job returns.
fn goals(declared: Option<&[Declared]>, search: &Searched) -> Result<Goals> {
    let asked = &search.asked;
    if declared.is_some_and(<[Declared]>::is_empty) {
        let error = Error::new(ErrorKind::Sweep, "the job returns nothing that a search could look at");
        let error = error.at(asked.origin, "a search is asked for");
        return Err(error.help("let it return `Maximize` or `Minimize`"));
    }
    let names: Vec<Option<&str>> = match (declared, asked.metrics.as_slice()) {
        (Some(declared), []) => {
            declared.iter().map(|one| Some(one.name.as_str()).filter(|name| !name.is_empty())).collect()
        }
        (None, []) => vec![None; asked.directions.len().max(1)],
        (_, metrics) => metrics.iter().map(|name| Some(name.as_str())).collect(),
    };
    if asked.directions.len() > 1 && asked.directions.len() != names.len() {
        let message = format!("{} directions for {} numbers", asked.directions.len(), names.len());
        let origin = asked.directions.first().map_or(Origin::NONE, |(_, origin)| *origin);
        return Err(Error::new(ErrorKind::Sweep, message).at(origin, "a direction for each number, in order"));
    }
    let mut errors = Vec::new();
    let mut goals = Vec::new();
    for (at, name) in names.iter().enumerate() {
        match goal(declared, search, at, *name) {
            Ok(goal) => goals.push(goal),
            Err(error) => errors.push(error),
        }
    }
    if let Some(error) = Error::all(errors) {
        return Err(error);
    }
    let mut goals = goals.into_iter();
    let first = goals.next().ok_or_else(|| Error::new(ErrorKind::Sweep, "the search is after nothing"))?;
    Ok(Goals::new(first, goals))
}

fn goal(declared: Option<&[Declared]>, search: &Searched, at: usize, name: Option<&str>) -> Result<Goal> {
    let asked = &search.asked;
    let of_job = match (declared, name) {
        (Some(declared), Some(name)) => {
            Some(declared.iter().find(|one| one.name == name).ok_or_else(|| {
                let known: Vec<&str> =
                    declared.iter().map(|one| one.name.as_str()).filter(|name| !name.is_empty()).collect();
                let error = Error::new(ErrorKind::Sweep, format!("the job returns no `{name}`"));
                let error = error.at(asked.origin, "the search is after it");
                match known.is_empty() {
                    true => error
                        .help("it returns one number without a name: leave `mainstem.search.metric` away"),
                    false => error.help(format!("it returns {}", known.join(", "))),
                }
            })?)
        }
        (Some(declared), None) => declared.get(at),
        (None, _) => None,
    };
    let of_job = of_job.and_then(|one| one.direction);
    let of_config =
        asked.directions.get(at).or(asked.directions.first().filter(|_| asked.directions.len() == 1));
    let what = name.map_or_else(|| "the result".to_owned(), |name| format!("`{name}`"));
    let direction = match (of_config, of_job) {
        (Some((config, origin)), Some(job)) if *config != job => {
            let message = format!(
                "the search is to {} {what}, and the job returns what is to be {}",
                config.name(),
                sought(job)
            );
            let error = Error::new(ErrorKind::Sweep, message).at(*origin, "the search");
            return Err(error.help(format!("say `{}` here, or change what the job returns", job.name())));
        }
        (Some((config, _)), _) => *config,
        (None, Some(job)) => job,
        (None, None) => {
            let error = Error::new(ErrorKind::Sweep, format!("nobody says which way {what} is better"));
            let error = error.at(asked.origin, "a search is asked for");
            return Err(error.help("say it: `mainstem.search.direction=minimize`, or `maximize`"));
        }
    };
    Ok(Goal { metric: name.map(str::to_owned), direction })
}

fn sought(direction: Direction) -> &'static str {
    match direction {
        Direction::Maximize => "maximized",
        Direction::Minimize => "minimized",
    }
}
