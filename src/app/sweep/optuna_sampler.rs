//! The samplers of Optuna: what runs here in place of each, and which of its settings have a counterpart.

use crate::app::sweep::algorithm::Algorithm;
use crate::app::sweep::asked::seed;
use crate::app::sweep::optuna::share;
use crate::diag::{Error, ErrorKind, Result};
use crate::settings::builtin;
use crate::value::{Key, Kind, Map, Node};

/// The samplers: the option of the group, the class, the settings that have an effect, and those that ask for what is done in
/// any case.
const SAMPLERS: [(&str, &str, &[&str], &[&str]); 7] = [
    (
        "tpe",
        "TPESampler",
        &["n_startup_trials", "n_ei_candidates"],
        &["multivariate", "group", "constant_liar", "warn_independent_sampling"],
    ),
    ("random", "RandomSampler", &[], &[]),
    ("cmaes", "CmaEsSampler", &["n_startup_trials"], &["with_margin", "warn_independent_sampling"]),
    ("gp", "GPSampler", &["n_startup_trials"], &["warn_independent_sampling"]),
    ("qmc", "QMCSampler", &["scramble"], &["warn_asynchronous_seeding", "warn_independent_sampling"]),
    (
        "nsgaii",
        "NSGAIISampler",
        &["population_size", "mutation_prob", "crossover_prob", "swapping_prob"],
        &[],
    ),
    ("grid", "GridSampler", &["_partial_"], &[]),
];

/// The samplers that are not here: the class, the option, and what to choose in its place.
const ABSENT: [(&str, &str, &str); 2] =
    [("NSGAIIISampler", "nsgaiii", "nsgaii"), ("MOTPESampler", "motpe", "tpe")];

/// What a sampler runs here, and its seed.
///
/// # Errors
/// There is none such; settings without a counterpart, or out of their ranges.
pub(super) fn sampler(sampler: &Node) -> Result<(Algorithm, u64)> {
    let empty = Map::default();
    let map = sampler.as_map().unwrap_or(&empty);
    let target = map.get_str("_target_");
    let class = class(target.and_then(Node::as_str).unwrap_or_default());
    let Some((option, _, counted, done)) = SAMPLERS.iter().find(|(_, known, ..)| *known == class) else {
        return Err(absent(class).at(target.map_or(sampler.origin, |node| node.origin), CHOSEN));
    };
    let usual = builtin(&format!("hydra/sweeper/sampler/{option}"));
    let usual = usual.as_ref().and_then(Node::as_map).unwrap_or(&empty);
    let mut errors = Vec::new();
    for (key, slot) in map {
        let name = key.to_string();
        let is_known = [*counted, *done, &["_target_", "seed"]].concat().contains(&name.as_str());
        let is_usual = usual.get(key) == Some(&slot.node) || was_usual(class, &name, &slot.node);
        if is_known || is_usual || matches!(slot.node.kind, Kind::Null) {
            continue;
        }
        let message = format!("`hydra.sweeper.sampler.{name}` has no counterpart here");
        errors.push(Error::new(ErrorKind::Sweep, message).at(slot.node.origin, "asked for here"));
    }
    let mut settings = Settings { map, usual, errors };
    let algorithm = settings.algorithm(option);
    let seed = map.get_str("seed").map_or(0, seed);
    Error::all(settings.errors).map_or(Ok((algorithm, seed)), Err)
}

/// Whether a setting that Optuna has no more says what it was by itself, as written-out configs of older projects do.
fn was_usual(class: &str, name: &str, node: &Node) -> bool {
    const BEFORE: [(&str, bool); 3] =
        [("consider_prior", true), ("consider_magic_clip", true), ("consider_endpoints", false)];
    class.ends_with("TPESampler")
        && BEFORE.iter().any(|(known, usual)| *known == name && node.kind == Kind::Bool(*usual))
}

const CHOSEN: &str = "it is chosen by `hydra/sweeper/sampler`";

/// The class that a target makes: some are made by functions of the plugin.
fn class(target: &str) -> &str {
    match target.rsplit('.').next().unwrap_or_default() {
        "create_nsgaii_sampler" => "NSGAIISampler",
        "create_nsgaiii_sampler" => "NSGAIIISampler",
        "raise_motpe_removed" => "MOTPESampler",
        class => class,
    }
}

fn absent(class: &str) -> Error {
    let error =
        |name: &str| Error::new(ErrorKind::Sweep, format!("the sampler `{name}` has no counterpart here"));
    match ABSENT.iter().find(|(known, ..)| *known == class) {
        Some((_, option, other)) => {
            error(option).help(format!("`hydra/sweeper/sampler={other}` looks at several numbers, too"))
        }
        None => error(class).help(format!("it can be {}", SAMPLERS.map(|(option, ..)| option).join(", "))),
    }
}

/// The settings of a sampler, and what they usually are.
struct Settings<'a> {
    map: &'a Map,
    usual: &'a Map,
    errors: Vec<Error>,
}

impl Settings<'_> {
    fn algorithm(&mut self, option: &str) -> Algorithm {
        match option {
            "tpe" => Algorithm::Tpe {
                startup: self.count("n_startup_trials", 0),
                candidates: self.count("n_ei_candidates", 1),
            },
            "cmaes" => Algorithm::CmaEs { startup: self.count("n_startup_trials", 0) },
            "gp" => Algorithm::Auto { startup: Some(self.count("n_startup_trials", 0)) },
            "qmc" => Algorithm::Sobol { scramble: self.get("scramble") == Some(&Node::from(true)) },
            "nsgaii" => Algorithm::Nsga2 {
                population: self.count("population_size", 2),
                crossing: self.share("crossover_prob").unwrap_or(0.9),
                swapping: self.share("swapping_prob").unwrap_or(0.5),
                mutation: self.share("mutation_prob"),
            },
            "grid" => Algorithm::Grid,
            _ => Algorithm::Random,
        }
    }

    /// A setting, or what it usually is.
    fn get(&self, key: &str) -> Option<&Node> {
        let said = self.map.get_str(key).or_else(|| self.usual.get(&Key::from(key)));
        said.filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing))
    }

    fn count(&mut self, key: &str, least: u64) -> u64 {
        match self.get(key).map(|node| (&node.kind, node.origin)) {
            None => least,
            Some((Kind::Int(count), _)) if u64::try_from(*count).is_ok_and(|count| count >= least) => {
                count.unsigned_abs()
            }
            Some((_, origin)) => {
                let message = format!("`hydra.sweeper.sampler.{key}` must be a number from {least} on");
                self.errors.push(Error::new(ErrorKind::Range, message).at(origin, ""));
                least
            }
        }
    }

    fn share(&mut self, key: &str) -> Option<f64> {
        let found = self.get(key).map(|node| share(node, &format!("hydra.sweeper.sampler.{key}")))?;
        found.map_err(|error| self.errors.push(error)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::SourceId;
    use crate::value::read_json;

    fn read(json: &str) -> Result<(Algorithm, u64)> {
        sampler(&read_json(json, SourceId::NONE).unwrap())
    }

    #[test]
    fn every_setting_has_an_effect_or_is_refused() {
        for (json, expected) in [
            (r#"{"_target_": "optuna.samplers.TPESampler"}"#, Algorithm::Tpe { startup: 10, candidates: 24 }),
            (
                r#"{"_target_": "optuna.samplers.TPESampler", "n_startup_trials": 3, "n_ei_candidates": 7, "group": true}"#,
                Algorithm::Tpe { startup: 3, candidates: 7 },
            ),
            (r#"{"_target_": "optuna.samplers.CmaEsSampler"}"#, Algorithm::CmaEs { startup: 1 }),
            (r#"{"_target_": "optuna.samplers.GPSampler"}"#, Algorithm::Auto { startup: Some(10) }),
            (r#"{"_target_": "optuna.samplers.QMCSampler"}"#, Algorithm::Sobol { scramble: false }),
            (
                r#"{"_target_": "hydra_plugins.x.create_nsgaii_sampler", "mutation_prob": 0.25, "swapping_prob": 0}"#,
                Algorithm::Nsga2 { population: 50, crossing: 0.9, swapping: 0.0, mutation: Some(0.25) },
            ),
            (r#"{"_target_": "optuna.samplers.GridSampler", "_partial_": true}"#, Algorithm::Grid),
        ] {
            assert_eq!(read(json).unwrap(), (expected, 0), "{json}");
        }
        for (json, told) in [
            (
                r#"{"_target_": "optuna.samplers.TPESampler", "prior_weight": 2.0}"#,
                "`hydra.sweeper.sampler.prior_weight` has no counterpart here",
            ),
            (
                r#"{"_target_": "optuna.samplers.QMCSampler", "qmc_type": "halton"}"#,
                "`hydra.sweeper.sampler.qmc_type` has no counterpart here",
            ),
            (
                r#"{"_target_": "optuna.samplers.TPESampler", "n_ei_candidates": 0}"#,
                "`hydra.sweeper.sampler.n_ei_candidates` must be a number from 1 on",
            ),
            (
                r#"{"_target_": "optuna.samplers.NSGAIISampler", "crossover_prob": 1.5}"#,
                "`hydra.sweeper.sampler.crossover_prob` must be a number from 0 to 1",
            ),
            (r#"{"_target_": "a.raise_motpe_removed"}"#, "the sampler `motpe` has no counterpart here"),
            (
                r#"{"_target_": "optuna.samplers.BruteForceSampler"}"#,
                "the sampler `BruteForceSampler` has no counterpart here",
            ),
        ] {
            assert_eq!(read(json).unwrap_err().message(), told, "{json}");
        }
    }
}
