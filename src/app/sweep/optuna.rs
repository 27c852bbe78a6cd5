//! The configs of Hydra's sweepers that search.

use crate::app::sweep::asked::{Asked, count, directions};
use crate::app::sweep::defined::Whole;
use crate::app::sweep::optuna_sampler::sampler;
use crate::app::sweep::substitutes::{of_ax, of_nevergrad, of_optuna_space};
use crate::diag::{Error, ErrorKind, Result};
use crate::sweep::number;
use crate::value::{Kind, Map, Node};

/// What `hydra.sweeper` asks for, if it is one that searches.
///
/// # Errors
/// What has no counterpart here; a sweeper whose algorithm is not here.
pub(super) fn asked(whole: Whole<'_>) -> Result<Option<Asked>> {
    let Some(sweeper) = whole.select("hydra.sweeper")? else { return Ok(None) };
    let Some(map) = sweeper.as_map() else { return Ok(None) };
    let target = map.get_str("_target_");
    let class = target.and_then(Node::as_str).and_then(|target| target.rsplit('.').next());
    match class {
        Some("OptunaSweeper") => of_optuna(map, target).map(Some),
        Some(class @ ("AxSweeper" | "NevergradSweeper")) => {
            let origin = target.map_or(sweeper.origin, |node| node.origin);
            if whole.select("mainstem.sweep.substitute")? != Some(Node::from(true)) {
                let error = Error::new(ErrorKind::Sweep, format!("the algorithms of `{class}` are not here"));
                let error = error.at(origin, "it is chosen by `hydra/sweeper`");
                return Err(error.help("`mainstem.sweep.substitute=true` searches with another one, of ours"));
            }
            let asked = Asked::new(origin);
            match class {
                "AxSweeper" => of_ax(map, asked).map(Some),
                _ => of_nevergrad(map, asked).map(Some),
            }
        }
        _ => Ok(None),
    }
}

fn of_optuna(map: &Map, target: Option<&Node>) -> Result<Asked> {
    let get = |key: &str| map.get_str(key).filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing));
    let mut errors = Vec::new();
    for (key, help) in [
        (
            "storage",
            "leave it away: what the search knows is in the journal of the sweep, and `--resume` goes on",
        ),
        (
            "custom_search_space",
            "write the space as overrides, and `mainstem.sweep.when` for what applies only somewhere",
        ),
    ] {
        if let Some(node) = get(key) {
            let message = format!("`hydra.sweeper.{key}` has no counterpart here");
            errors.push(Error::new(ErrorKind::Sweep, message).at(node.origin, "asked for here").help(help));
        }
    }
    let origin = target.map_or(crate::diag::Origin::NONE, |node| node.origin);
    let mut asked = Asked { name: "optuna", ..Asked::new(origin) };
    let mut take = |result: Result<()>| errors.extend(result.err());
    if let Some(node) = get("n_trials") {
        take(count(node, "hydra.sweeper.n_trials").map(|trials| asked.trials = trials));
    }
    if let Some(node) = get("direction") {
        take(directions(node).map(|all| asked.directions = all));
    }
    if let Some(node) = get("max_failure_rate") {
        take(share(node, "hydra.sweeper.max_failure_rate").map(|rate| asked.may_fail = Some(rate)));
    }
    if let Some(node) = get("n_jobs") {
        let jobs = count(node, "hydra.sweeper.n_jobs");
        take(jobs.map(|jobs| asked.at_a_time = Some(usize::try_from(jobs).unwrap_or(usize::MAX))));
    }
    asked.study = get("study_name").and_then(Node::as_str).map(str::to_owned);
    if let Some(node) = get("sampler") {
        take(sampler(node).map(|(algorithm, seed)| {
            asked.algorithm = algorithm;
            asked.seed = seed;
        }));
    }
    if let Some((node, space)) = get("search_space").and_then(|node| Some((node, node.as_map()?))) {
        take(of_optuna_space(space).map(|params| {
            let has_params = get("params").and_then(Node::as_map).is_some_and(|map| !map.is_empty());
            let message = match has_params {
                true => "`hydra.sweeper.search_space` is not looked at where there is `hydra.sweeper.params`",
                false => "`hydra.sweeper.search_space` is an old form of `hydra.sweeper.params`",
            };
            let warning = Error::new(ErrorKind::Sweep, message).at(node.origin, "");
            let typed = params.as_map().into_iter().flatten().filter(|_| !has_params);
            let warning = typed.fold(warning, |warning, (key, slot)| {
                warning.help(format!("in `params`: `{key}: {}`", slot.node.as_str().unwrap_or_default()))
            });
            asked.warnings.push(warning);
            asked.params = Some(params).filter(|_| !has_params);
        }));
    }
    Error::all(errors).map_or(Ok(asked), Err)
}

/// A number from 0 to 1.
pub(super) fn share(node: &Node, key: &str) -> Result<f64> {
    match number(node) {
        Some(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => {
            let error = Error::new(ErrorKind::Range, format!("`{key}` must be a number from 0 to 1"));
            Err(error.at(node.origin, "a share of all"))
        }
    }
}
