//! The configs of sweepers whose algorithms are not here: what they search, for another algorithm under their name.

use crate::app::sweep::asked::{Asked, count, seed};
use crate::diag::{Error, ErrorKind, Result};
use crate::grammar::{Quote, quoted};
use crate::search::Direction;
use crate::sweep::number;
use crate::value::{Kind, Map, Node, write_str};

/// What the config of the Ax sweeper asks for.
///
/// # Errors
/// What has no counterpart here.
pub(super) fn of_ax(sweeper: &Map, asked: Asked) -> Result<Asked> {
    let empty = Map::default();
    let config = map(sweeper, "ax_config").unwrap_or(&empty);
    let experiment = map(config, "experiment").unwrap_or(&empty);
    for key in ["parameter_constraints", "outcome_constraints", "status_quo"] {
        if let Some(node) = get(experiment, key) {
            let message = format!("`hydra.sweeper.ax_config.experiment.{key}` has no counterpart here");
            return Err(Error::new(ErrorKind::Sweep, message).at(node.origin, "asked for here"));
        }
    }
    let minimizes = get(experiment, "minimize") != Some(&Node::from(false));
    let asked = common(asked, get(config, "max_trials"), "hydra.sweeper.ax_config.max_trials", minimizes)?;
    let random = map(config, "client").and_then(|client| get(client, "random_seed")).map(seed);
    let params = map(config, "params").map(|params| spaces(params, of_ax_parameter)).transpose()?;
    Ok(Asked { seed: random.unwrap_or(asked.seed), params, ..asked })
}

/// What the config of the Nevergrad sweeper asks for.
///
/// # Errors
/// What has no counterpart here.
pub(super) fn of_nevergrad(sweeper: &Map, asked: Asked) -> Result<Asked> {
    let empty = Map::default();
    let config = map(sweeper, "optim").unwrap_or(&empty);
    let minimizes = get(config, "maximize") != Some(&Node::from(true));
    let asked = common(asked, get(config, "budget"), "hydra.sweeper.optim.budget", minimizes)?;
    let random = get(config, "seed").map(seed);
    let params = map(sweeper, "parametrization").map(|params| spaces(params, of_scalar)).transpose()?;
    Ok(Asked { seed: random.unwrap_or(asked.seed), params, ..asked })
}

/// What the Optuna sweeper had for `params` before: `{type: float, low, high, step, log}`, `{type: categorical, choices}`.
///
/// # Errors
/// What is no space.
pub(super) fn of_optuna_space(space: &Map) -> Result<Node> {
    spaces(space, of_distribution)
}

fn common(mut asked: Asked, trials: Option<&Node>, key: &str, minimizes: bool) -> Result<Asked> {
    if let Some(node) = trials {
        asked.trials = count(node, key)?;
    }
    let direction = if minimizes { Direction::Minimize } else { Direction::Maximize };
    asked.directions = vec![(direction, asked.origin)];
    Ok(asked)
}

fn get<'m>(map: &'m Map, key: &str) -> Option<&'m Node> {
    map.get_str(key).filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing))
}

fn map<'m>(above: &'m Map, key: &str) -> Option<&'m Map> {
    get(above, key).and_then(Node::as_map)
}

/// Each space as it would be typed.
fn spaces(params: &Map, of: impl Fn(&Map) -> Option<String>) -> Result<Node> {
    let mut errors = Vec::new();
    let mut all = Map::default();
    for (key, slot) in params {
        let typed = match (&slot.node.kind, slot.node.as_list()) {
            (Kind::Map(map), _) => of(map),
            (_, Some(values)) => Some(choice(values)),
            _ => Some(text(&slot.node)),
        };
        match typed {
            Some(typed) => {
                let node = Node::new(Node::from(typed.as_str()).kind, slot.node.origin);
                all.insert(key.clone(), slot.origin, node);
            }
            None => {
                let error =
                    Error::new(ErrorKind::Sweep, format!("the space of `{key}` has no counterpart here"));
                errors
                    .push(error.at(slot.node.origin, "").help("write it as an override: `lr=interval(0,1)`"));
            }
        }
    }
    Error::all(errors).map_or(Ok(Node::from(all)), Err)
}

fn of_ax_parameter(map: &Map) -> Option<String> {
    match get(map, "type")?.as_str()? {
        "range" => {
            let [low, high] = get(map, "bounds")?.as_list()? else { return None };
            let whole = [low, high].iter().all(|end| matches!(end.kind, Kind::Int(_)));
            Some(interval(low, high, whole, get(map, "log_scale") == Some(&Node::from(true))))
        }
        "choice" => Some(choice(get(map, "values")?.as_list()?)),
        "fixed" => Some(text(get(map, "value")?)),
        _ => None,
    }
}

fn of_distribution(map: &Map) -> Option<String> {
    let kind = get(map, "type")?.as_str()?;
    if kind == "categorical" {
        return Some(choice(get(map, "choices")?.as_list()?));
    }
    let (low, high, log) = (get(map, "low")?, get(map, "high")?, get(map, "log") == Some(&Node::from(true)));
    match (kind, get(map, "step")) {
        ("int", Some(step)) if !log && *step != Node::from(1) => {
            let (Kind::Int(_), Kind::Int(high), Kind::Int(_)) = (&low.kind, &high.kind, &step.kind) else {
                return None;
            };
            Some(format!("range({},{},{})", text(low), high.checked_add(1)?, text(step)))
        }
        ("int", _) => Some(interval(low, high, true, log)),
        ("float", Some(step)) if !log => {
            let (from, to, far) = (number(low)?, number(high)?, number(step)?);
            // The end of a range is outside, that of a distribution inside if a step leads there.
            let steps = ((to - from) / far + 1e-9).floor();
            let end = from + (steps + 0.5) * far;
            let end: f64 = format!("{end:.9e}").parse().ok()?;
            (steps.is_finite() && far > 0.0).then(|| format!("range({},{end:?},{})", text(low), text(step)))
        }
        ("float", _) => Some(interval(low, high, false, log)),
        _ => None,
    }
}

fn of_scalar(map: &Map) -> Option<String> {
    let is = |key: &str| get(map, key) == Some(&Node::from(true));
    Some(interval(get(map, "lower")?, get(map, "upper")?, is("integer"), is("log")))
}

fn interval(low: &Node, high: &Node, whole: bool, log: bool) -> String {
    let interval = format!("interval({},{})", text(low), text(high));
    let are_whole = || [low, high].iter().all(|end| matches!(end.kind, Kind::Int(_)));
    let interval = match whole {
        true => format!("int({interval})"),
        false if are_whole() => format!("float({interval})"),
        false => interval,
    };
    if log { format!("tag(log,{interval})") } else { interval }
}

fn choice(values: &[Node]) -> String {
    let one = |node: &Node| match node.as_str() {
        Some(text) => quoted(text, Quote::Single),
        None => text(node),
    };
    format!("choice({})", values.iter().map(one).collect::<Vec<_>>().join(","))
}

fn text(node: &Node) -> String {
    let mut text = String::new();
    write_str(node, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Origin, SourceId};
    use crate::value::{read_json, write_json};

    #[test]
    fn spaces_are_those_that_would_be_typed() {
        let node = read_json(
            r#"{"optim": {"budget": 7, "maximize": true, "seed": 3}, "parametrization": {"lr": {"lower": 0.001, "upper": 1.0, "log": true},
            "n": {"lower": 1, "upper": 8, "integer": true}, "db": ["my", "pg"], "x": "1,2"}}"#,
            SourceId::NONE,
        );
        let node = node.unwrap();
        let asked = of_nevergrad(node.as_map().unwrap(), Asked::new(Origin::NONE)).unwrap();
        assert_eq!((asked.trials, asked.seed, asked.directions[0].0), (7, 3, Direction::Maximize));
        let mut json = String::new();
        write_json(&asked.params.unwrap(), crate::value::JsonStyle::Compact, &mut json);
        let expected = r#"{"lr":"tag(log,interval(0.001,1.0))","n":"int(interval(1,8))","db":"choice('my','pg')","x":"1,2"}"#;
        assert_eq!(json, expected);
        let node = read_json(
            r#"{"ax_config": {"max_trials": 5, "params": {"x": {"type": "range", "bounds": [-5, 10]},
            "y": {"type": "fixed", "value": 2}}}}"#,
            SourceId::NONE,
        );
        let asked = of_ax(node.unwrap().as_map().unwrap(), Asked::new(Origin::NONE)).unwrap();
        assert_eq!((asked.trials, asked.directions[0].0), (5, Direction::Minimize));
        let mut json = String::new();
        write_json(&asked.params.unwrap(), crate::value::JsonStyle::Compact, &mut json);
        assert_eq!(json, r#"{"x":"int(interval(-5,10))","y":"2"}"#);
    }
}
