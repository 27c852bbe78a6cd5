//! A search as Optuna keeps it: the file of a `JournalStorage`, which optuna-dashboard opens.

use crate::app::json::line;
use crate::app::sweeps::rows::Row;
use crate::app::sweeps::study::{Dimension, Scale, Study, Trial};
use crate::run::Status;
use crate::search::Direction;
use crate::sweep::number;
use crate::value::{JsonStyle, Key, Kind, Map, Node, Slot, write_json, write_str};

/// What a line of the file does.
const CREATE_STUDY: i64 = 0;
const CREATE_TRIAL: i64 = 4;

/// How a trial stands.
const RUNNING: i64 = 0;
const COMPLETE: i64 = 1;
const PRUNED: i64 = 2;
const FAIL: i64 = 3;

/// The study, and a line for each trial. A job that was interrupted counts as one that runs.
pub(super) fn journal(study: &Study) -> String {
    let direction = |direction: Direction| match direction {
        Direction::Minimize => Node::from(1),
        Direction::Maximize => Node::from(2),
    };
    let directions: Vec<Node> = study.goals.iter().map(|goal| direction(goal.direction)).collect();
    let mut text = line(&Node::from(Map::from([
        ("op_code", Node::from(CREATE_STUDY)),
        ("worker_id", Node::from("mainstem")),
        ("study_name", Node::from(study.name.as_str())),
        ("directions", Node::from(directions)),
    ])));
    for trial in &study.trials {
        text.push_str(&unbounded(&line(&of_trial(study, trial))));
    }
    text
}

/// Optuna takes an infinite value as that, and reads it where a number is too large for a float, which is JSON for everybody.
/// What looks like it in a text has its quotes escaped.
fn unbounded(line: &str) -> String {
    line.replace(r#"{"$float":"inf"}"#, "1e999").replace(r#"{"$float":"-inf"}"#, "-1e999")
}

fn of_trial(study: &Study, trial: &Trial) -> Node {
    let Trial { row, params, values, .. } = trial;
    // A trial whose value is no number has failed.
    let values = values.as_ref().filter(|values| values.iter().all(|value| !value.is_nan()));
    let (state, values) = match (row.status, row.stopped) {
        (Some(Status::Completed), Some(stop)) => {
            (PRUNED, Some(vec![stop.value]).filter(|_| !stop.value.is_nan()))
        }
        (Some(Status::Completed), None) if values.is_some() => (COMPLETE, values.cloned()),
        (Some(Status::Running | Status::Interrupted), _) => (RUNNING, None),
        _ => (FAIL, None),
    };
    let (mut told, mut distributions) = (Map::default(), Map::default());
    for (one, node) in study.parameters.iter().zip(params) {
        if let Some(internal) = node.as_ref().and_then(|node| internal(one, node)) {
            told.set(Key::from(one.key.as_str()), internal);
            distributions.set(Key::from(one.key.as_str()), Node::from(distribution(one).as_str()));
        }
    }
    let (one, several) = match values {
        Some(several) if several.len() > 1 => (None, Some(several)),
        Some(one) => (one.first().copied(), None),
        None => (None, None),
    };
    let several = several.map(|all| Node::from(all.into_iter().map(Node::from).collect::<Vec<_>>()));
    let mut map = Map::from([
        ("op_code", Node::from(CREATE_TRIAL)),
        ("worker_id", Node::from("mainstem")),
        ("study_id", Node::from(0)),
        ("datetime_start", Node::from(row.started.map(|time| time.to_rfc3339()).as_deref())),
        ("state", Node::from(state)),
        ("value", Node::from(one.map(Node::from))),
        ("values", Node::from(several)),
        ("params", Node::from(told)),
        ("distributions", Node::from(distributions)),
        ("user_attrs", Node::from(attributes(row))),
        ("system_attrs", Node::from(Map::default())),
        ("intermediate_values", Node::from(reports(trial))),
    ]);
    if let Some(ended) = row.ended().filter(|_| state != RUNNING) {
        map.set(Key::from("datetime_complete"), Node::from(ended.to_rfc3339().as_str()));
    }
    Node::from(map)
}

fn attributes(row: &Row) -> Map {
    let mut map = Map::from([
        ("job", Node::from(i64::try_from(row.job).unwrap_or(i64::MAX))),
        ("directory", Node::from(row.directory.as_str())),
    ]);
    if let Some(error) = &row.error {
        map.set(Key::from("error"), Node::from(error.as_str()));
    }
    map
}

/// What the job has reported, by its steps.
fn reports(trial: &Trial) -> Map {
    let numbers = trial.reports.iter().filter(|(_, value)| !value.is_nan());
    let slot = |value: f64| Slot { origin: crate::diag::Origin::NONE, node: Node::from(value) };
    numbers.map(|(step, value)| (Key::from(step.to_string().as_str()), slot(*value))).collect()
}

/// A value as a journal holds it: the number, or that of a choice.
fn internal(one: &Dimension, node: &Node) -> Option<Node> {
    match &one.scale {
        Scale::Numbers { .. } => number(node).map(Node::from),
        Scale::Values(values) => {
            let at = values.iter().position(|value| value == node)?;
            Some(Node::from(i64::try_from(at).ok()?))
        }
    }
}

/// A distribution in the JSON that is a text in the journal.
fn distribution(one: &Dimension) -> String {
    let (name, attributes) = match &one.scale {
        Scale::Numbers { low, high, log, integers: false, step } => (
            "FloatDistribution",
            Map::from([
                ("step", Node::from(step.map(Node::from))),
                ("low", Node::from(*low)),
                ("high", Node::from(*high)),
                ("log", Node::from(*log)),
            ]),
        ),
        Scale::Numbers { low, high, log, integers: true, step } => {
            #[expect(clippy::cast_possible_truncation, reason = "they were integers")]
            let (low, high, step) = (*low as i64, *high as i64, step.unwrap_or(1.0) as i64);
            let attributes = Map::from([
                ("log", Node::from(*log)),
                ("step", Node::from(step)),
                ("low", Node::from(low)),
                ("high", Node::from(high)),
            ]);
            ("IntDistribution", attributes)
        }
        Scale::Values(values) => {
            let choices: Vec<Node> = values.iter().map(choice).collect();
            ("CategoricalDistribution", Map::from([("choices", Node::from(choices))]))
        }
    };
    let mut json = String::new();
    let node = Map::from([("name", Node::from(name)), ("attributes", Node::from(attributes))]);
    write_json(&Node::from(node), JsonStyle::Compact, &mut json);
    json
}

/// Optuna knows no choice that is a list or a mapping: its text stands for it.
fn choice(node: &Node) -> Node {
    match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Str(_) => node.clone(),
        Kind::Float(value) if value.is_finite() => node.clone(),
        _ => {
            let mut text = String::new();
            write_str(node, &mut text);
            Node::from(text.as_str())
        }
    }
}
