//! The configs of Hydra's sweepers that search.

use crate::app::sweep::asked::{Algorithm, Asked, count, directions, seed};
use crate::app::sweep::defined::Whole;
use crate::app::sweep::substitutes::{of_ax, of_nevergrad};
use crate::diag::{Error, ErrorKind, Result};
use crate::settings::builtin;
use crate::value::{Key, Kind, Map, Node};

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
    if let Some(Kind::Float(rate)) = get("max_failure_rate").map(|node| &node.kind) {
        asked.may_fail = Some(rate.clamp(0.0, 1.0));
    }
    if let Some(Kind::Int(jobs)) = get("n_jobs").map(|node| &node.kind) {
        asked.at_a_time = usize::try_from(*jobs).ok().filter(|jobs| *jobs > 0);
    }
    if let Some(sampler) = get("sampler") {
        take(of_sampler(sampler).map(|(algorithm, seed)| {
            asked.algorithm = algorithm;
            asked.seed = seed;
        }));
    }
    Error::all(errors).map_or(Ok(asked), Err)
}

/// The samplers: the class, the option of the group, what is run, and the fields that have a counterpart or need none.
const SAMPLERS: [(&str, &str, Algorithm, &[&str]); 6] = [
    (
        "TPESampler",
        "tpe",
        Algorithm::Tpe,
        &[
            "multivariate",
            "group",
            "constant_liar",
            "warn_independent_sampling",
            "n_ei_candidates",
            "n_startup_trials",
        ],
    ),
    ("RandomSampler", "random", Algorithm::Random, &[]),
    (
        "CmaEsSampler",
        "cmaes",
        Algorithm::CmaEs,
        &["warn_independent_sampling", "with_margin", "n_startup_trials"],
    ),
    ("GPSampler", "gp", Algorithm::Auto, &["warn_independent_sampling", "n_startup_trials"]),
    (
        "QMCSampler",
        "qmc",
        Algorithm::Sobol,
        &["scramble", "warn_asynchronous_seeding", "warn_independent_sampling"],
    ),
    ("NSGAIISampler", "nsgaii", Algorithm::Nsga2, &["crossover_prob", "swapping_prob"]),
];

/// What a sampler runs here, and its seed.
fn of_sampler(sampler: &Node) -> Result<(Algorithm, u64)> {
    let get = |key: &str| sampler.as_map().and_then(|map| map.get_str(key));
    let target = get("_target_").and_then(Node::as_str).unwrap_or_default();
    let class = target.rsplit('.').next().unwrap_or_default();
    let Some((_, option, algorithm, known)) = SAMPLERS.iter().find(|(name, ..)| *name == class) else {
        let error = Error::new(ErrorKind::Sweep, format!("the sampler `{class}` has no counterpart here"));
        let names: Vec<&str> = SAMPLERS.iter().map(|(_, option, ..)| *option).collect();
        let origin = get("_target_").map_or(sampler.origin, |node| node.origin);
        let error = error.at(origin, "it is chosen by `hydra/sweeper/sampler`");
        return Err(error.help(format!("it can be {}", names.join(", "))));
    };
    let usual = builtin(&format!("hydra/sweeper/sampler/{option}"));
    let usual = usual.as_ref().and_then(Node::as_map);
    let mut errors = Vec::new();
    for (key, slot) in sampler.as_map().into_iter().flatten() {
        let name = key.to_string();
        let is_usual = usual.and_then(|map| map.get(&Key::from(name.as_str()))) == Some(&slot.node);
        if is_usual
            || matches!(slot.node.kind, Kind::Null)
            || known.contains(&name.as_str())
            || name == "seed"
        {
            continue;
        }
        let error =
            Error::new(ErrorKind::Sweep, format!("`hydra.sweeper.sampler.{name}` has no counterpart here"));
        errors.push(error.at(slot.node.origin, "asked for here"));
    }
    let seed = get("seed").map_or(0, seed);
    Error::all(errors).map_or(Ok((*algorithm, seed)), Err)
}
