//! `mainstem sweeps best`: what a search has found, or which job of a sweep came out best.

use std::path::Path;

use crate::app::format::Format;
use crate::app::output::Output;
use crate::app::sweeps::export;
use crate::app::sweeps::study::{Study, Trial};
use crate::diag::{Error, ErrorKind, Result, Style, shell_word, visible};
use crate::value::{Key, Map, Node, Slot, write_yaml};

/// The file in the directory of a sweep that says what a search has found.
pub(crate) const RESULTS: &str = "optimization_results.yaml";

/// Shows the best jobs of a sweep, whose directory is called so.
///
/// # Errors
/// No job has completed.
pub(super) fn best(study: &Study, place: &Path, format: Format, out: Style) -> Result<Output> {
    let best = study.best();
    if best.is_empty() {
        return Err(nothing_found(place));
    }
    Ok(Output::success(match format {
        Format::Json => export::json(best.iter().map(|trial| &trial.row)),
        Format::Csv => export::csv(best.iter().map(|trial| &trial.row)),
        Format::Text => best.iter().map(|trial| text(study, place, trial, out)).collect(),
    }))
}

/// That no job of the sweep in a directory says anything that could be compared.
pub(super) fn nothing_found(place: &Path) -> Error {
    let typed = shell_word(&place.to_string_lossy()).into_owned();
    Error::new(
        ErrorKind::NotFound,
        format!("no job of the sweep in `{}` has ended with a number", place.display()),
    )
    .help(format!("`mainstem sweeps show {typed}` says how each stands"))
}

/// The number of a job and what came of it, where it is, and what would be typed for the same.
fn text(study: &Study, place: &Path, trial: &Trial, out: Style) -> String {
    let values = study.goals.iter().zip(trial.values.iter().flatten());
    let values: Vec<String> = values
        .map(|(goal, value)| {
            let mut text = String::new();
            crate::value::write_str(&Node::from(*value), &mut text);
            goal.metric.as_ref().map_or(text.clone(), |name| format!("{name} {text}"))
        })
        .collect();
    let head = out.paint("1", &format!("#{}  {}", trial.row.job, visible(&values.join("  "))));
    let words: Vec<_> = trial.row.overrides.iter().map(|word| shell_word(word)).collect();
    let place = place.join(&trial.row.directory).display().to_string();
    format!("{head}  in {}\n  {}\n", visible(&place), visible(&words.join(" ")))
}

/// What [`RESULTS`] holds, as Hydra's sweepers write it: the best parameters and what came of them, or of several goals all
/// solutions; none if no job has completed. `name` is that of the sweeper.
pub(crate) fn results(study: &Study, name: &str) -> Option<String> {
    let best = study.best();
    let params = |trial: &Trial| -> Node {
        let told = study.parameters.iter().zip(&trial.params);
        let slot = |node: &Node| Slot { origin: crate::diag::Origin::NONE, node: node.clone() };
        let map: Map = told
            .filter_map(|(one, node)| Some((Key::from(one.key.as_str()), slot(node.as_ref()?))))
            .collect();
        Node::from(map)
    };
    let values = |trial: &Trial| trial.values.clone().unwrap_or_default();
    let tree = match best.as_slice() {
        [] => return None,
        [one] if study.goals.iter().count() == 1 => Map::from([
            ("name", Node::from(name)),
            ("best_params", params(one)),
            ("best_value", Node::from(values(one).first().copied().map(Node::from))),
        ]),
        all => {
            let solution = |trial: &&Trial| {
                let values: Vec<Node> = values(trial).into_iter().map(Node::from).collect();
                Node::from(Map::from([("params", params(trial)), ("values", Node::from(values))]))
            };
            let solutions: Vec<Node> = all.iter().map(solution).collect();
            Map::from([("name", Node::from(name)), ("solutions", Node::from(solutions))])
        }
    };
    let mut yaml = String::new();
    write_yaml(&Node::from(tree), &mut yaml);
    Some(yaml)
}
