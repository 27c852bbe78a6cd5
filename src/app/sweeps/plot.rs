//! `mainstem sweeps plot`: pictures of a search.

use std::fs;
use std::path::Path;

use crate::app::output::Output;
use crate::app::sweeps::best::nothing_found;
use crate::app::sweeps::main::shown;
use crate::app::sweeps::study::{Dimension, Scale, Study};
use crate::diag::{Error, ErrorKind, Result};
use crate::durable::write_whole;
use crate::facts::Facts;
use crate::plot;
use crate::search::{Condition, Domain, History, Outcome, Parameter, Point, Space, Value, importance};
use crate::sweep::number;
use crate::value::{Node, write_str};

/// Draws the pictures of the search in a directory into another one, and says which they are.
///
/// # Errors
/// No job has come to its end; the directory or a picture cannot be written.
pub(super) fn plot(study: &Study, sweep: &Path, directory: &Path, facts: &Facts) -> Result<Output> {
    let trials = trials(study);
    if trials.trials.is_empty() {
        return Err(nothing_found(shown(sweep, facts)));
    }
    fs::create_dir_all(directory).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", directory.display()))
    })?;
    let mut pictures = vec![
        ("history.svg", plot::history(&trials)),
        ("slices.svg", plot::slices(&trials)),
        ("parallel.svg", plot::parallel(&trials)),
    ];
    if let Some(shares) = shares(study) {
        pictures.push(("importance.svg", plot::importance(&trials, &shares)));
    }
    let mut said = String::new();
    for (name, picture) in pictures {
        let path = directory.join(name);
        write_whole(&path, picture.as_bytes())?;
        said.push_str(&format!("{}\n", shown(&path, facts).display()));
    }
    Ok(Output::success(said))
}

/// What is drawn: the trials with a number, by the first goal.
fn trials(study: &Study) -> plot::Trials {
    let goal = study.goals.first();
    let parameter = |one: &Dimension| {
        let scale = match &one.scale {
            Scale::Numbers { low, high, log: true, .. } => plot::Scale::Log(*low, *high),
            Scale::Numbers { low, high, .. } => plot::Scale::Linear(*low, *high),
            Scale::Values(values) => plot::Scale::Names(values.iter().map(name).collect()),
        };
        plot::Parameter { name: one.name().to_owned(), scale }
    };
    let trial = |trial: &crate::app::sweeps::study::Trial| {
        let (value, end) = match (trial.row.stopped, &trial.values) {
            (Some(stop), _) => (stop.value, plot::End::Stopped),
            (None, Some(values)) => (values.first().copied()?, plot::End::Completed),
            (None, None) => return None,
        };
        let places = study.parameters.iter().zip(&trial.params);
        let at = places.map(|(one, node)| node.as_ref().and_then(|node| place(one, node))).collect();
        value.is_finite().then_some(plot::Trial { number: trial.row.job, value, end, at })
    };
    plot::Trials {
        goal: goal.metric.clone().unwrap_or_else(|| "the result".to_owned()),
        maximize: goal.direction == crate::search::Direction::Maximize,
        parameters: study.parameters.iter().map(parameter).collect(),
        trials: study.trials.iter().filter_map(trial).collect(),
    }
}

fn name(node: &Node) -> String {
    let mut text = String::new();
    write_str(node, &mut text);
    text
}

/// A value as a number: itself, or that of a choice.
fn place(one: &Dimension, node: &Node) -> Option<f64> {
    match &one.scale {
        Scale::Numbers { .. } => number(node),
        #[expect(clippy::cast_precision_loss, reason = "a choice has few values")]
        Scale::Values(values) => values.iter().position(|value| value == node).map(|at| at as f64),
    }
}

/// How much of the first goal each parameter decides; none where too little is known.
fn shares(study: &Study) -> Option<Vec<f64>> {
    let parameter = |one: &Dimension| {
        let domain = match &one.scale {
            #[expect(clippy::cast_possible_truncation, reason = "they were integers")]
            Scale::Numbers { low, high, log, integers: true, step } => {
                let step = step.map_or(1, |step| step as i64);
                Domain::Integer { low: *low as i64, high: *high as i64, log: *log, step }
            }
            Scale::Numbers { low, high, log, step, .. } => {
                Domain::Float { low: *low, high: *high, log: *log, step: *step }
            }
            Scale::Values(values) => Domain::choice(values.len()),
        };
        Parameter { name: one.key.clone(), domain, when: Vec::<Condition>::new() }
    };
    let space = Space::new(study.parameters.iter().map(parameter).collect()).ok()?;
    let mut history = History::new();
    for (trial, losses) in study.completed() {
        let value = |(one, node): (&Dimension, &Option<Node>)| -> Option<Value> {
            let at = place(one, node.as_ref()?)?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they were integers")]
            Some(match &one.scale {
                Scale::Numbers { integers: true, .. } => Value::Integer(at as i64),
                Scale::Numbers { .. } => Value::Float(at),
                Scale::Values(_) => Value::Choice(at as usize),
            })
        };
        let point: Point = study.parameters.iter().zip(&trial.params).map(value).collect();
        history.ask(trial.row.job, point);
        history.tell(trial.row.job, Outcome::Completed(losses));
    }
    if history.told().len() < FEWEST {
        return None;
    }
    Some(importance(&space, &history, 0, 0)).filter(|shares| shares.len() == study.parameters.len())
}

/// Of fewer trials nothing can be said.
const FEWEST: usize = 8;
