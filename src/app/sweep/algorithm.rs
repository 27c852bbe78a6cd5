//! What says where a search tries next, and how it is set up.

use crate::diag::{Error, ErrorKind, Result, did_you_mean};
use crate::search::{Auto, CmaEs, GridSearch, Nsga2, RandomSearch, Sampler, Sobol, Tpe};
use crate::value::{Key, Map, Node};

/// What says where a search tries next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Algorithm {
    /// The one that does best where nothing is known of what is searched; so many jobs fill the space first.
    Auto { startup: Option<u64> },
    /// Each place as likely as any other.
    Random,
    /// Places that are spread evenly.
    Sobol { scramble: bool },
    /// Every place once.
    Grid,
    /// Where the good ones are dense, and the bad ones are not: after so many random jobs, of so many places each time.
    Tpe { startup: u64, candidates: u64 },
    /// A cloud of places that moves towards the good ones, after so many random jobs.
    CmaEs { startup: u64 },
    /// For several goals: a population that is bred.
    Nsga2 { population: u64, crossing: f64, swapping: f64, mutation: Option<f64> },
}

impl Algorithm {
    /// Those that configs name, as they are unless somebody says otherwise.
    const ALL: [(&'static str, Self); 7] = [
        ("auto", Self::Auto { startup: None }),
        ("tpe", Self::Tpe { startup: 10, candidates: 24 }),
        ("cmaes", Self::CmaEs { startup: 0 }),
        ("random", Self::Random),
        ("sobol", Self::Sobol { scramble: true }),
        ("grid", Self::Grid),
        ("nsga2", Self::Nsga2 { population: 30, crossing: 0.9, swapping: 0.5, mutation: None }),
    ];

    /// The word that configs hold.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto { .. } => "auto",
            Self::Random => "random",
            Self::Sobol { .. } => "sobol",
            Self::Grid => "grid",
            Self::Tpe { .. } => "tpe",
            Self::CmaEs { .. } => "cmaes",
            Self::Nsga2 { .. } => "nsga2",
        }
    }

    /// # Errors
    /// There is none of that name.
    pub(super) fn named(node: &Node) -> Result<Self> {
        let word = node.as_str().unwrap_or_default();
        if let Some((_, found)) = Self::ALL.iter().find(|(name, _)| *name == word) {
            return Ok(*found);
        }
        let names = Self::ALL.map(|(name, _)| name);
        let error = Error::new(ErrorKind::Sweep, format!("there is no sampler `{word}`")).at(node.origin, "");
        let error = error.note(format!("samplers: {}", names.join(", ")));
        Err(match did_you_mean(word, names) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        })
    }

    /// As a journal holds it: the name, or a mapping with what is not as usual.
    pub(crate) fn to_node(self) -> Node {
        let count = |count: u64| Node::from(i64::try_from(count).unwrap_or(i64::MAX));
        let settings = |algorithm: Self| match algorithm {
            Self::Random | Self::Grid => Vec::new(),
            Self::Auto { startup } => vec![("startup", Node::from(startup.map(count)))],
            Self::Sobol { scramble } => vec![("scramble", Node::from(scramble))],
            Self::Tpe { startup, candidates } => {
                vec![("startup", count(startup)), ("candidates", count(candidates))]
            }
            Self::CmaEs { startup } => vec![("startup", count(startup))],
            Self::Nsga2 { population, crossing, swapping, mutation } => vec![
                ("population", count(population)),
                ("crossing", Node::from(crossing)),
                ("swapping", Node::from(swapping)),
                ("mutation", Node::from(mutation.map(Node::from))),
            ],
        };
        let usual = Self::ALL.iter().find(|(name, _)| *name == self.name()).map(|(_, usual)| *usual);
        if usual == Some(self) {
            return Node::from(self.name());
        }
        let mut map = Map::from([("name", Node::from(self.name()))]);
        let usual = usual.map(settings).unwrap_or_default();
        for setting in settings(self).into_iter().filter(|setting| !usual.contains(setting)) {
            map.set(Key::from(setting.0), setting.1);
        }
        Node::from(map)
    }

    /// Whether it looks at one number only.
    pub(crate) fn has_one_goal(self) -> bool {
        matches!(self, Self::CmaEs { .. })
    }

    /// The sampler of that seed.
    pub(crate) fn sampler(self, seed: u64) -> Box<dyn Sampler> {
        let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        match self {
            Self::Auto { startup: None } => Box::new(Auto::new(seed)),
            Self::Auto { startup: Some(startup) } => Box::new(Auto::new(seed).with_startup(count(startup))),
            Self::Random => Box::new(RandomSearch::new(seed)),
            Self::Sobol { scramble: true } => Box::new(Sobol::new(seed)),
            Self::Sobol { scramble: false } => Box::new(Sobol::new(seed).unscrambled()),
            Self::Grid => Box::new(GridSearch::new(seed)),
            Self::Tpe { startup, candidates } => {
                Box::new(Tpe::new(seed).with_startup(count(startup)).with_candidates(count(candidates)))
            }
            Self::CmaEs { startup } => Box::new(CmaEs::new(seed).with_startup(startup)),
            Self::Nsga2 { population, crossing, swapping, mutation } => {
                let bred = Nsga2::new(seed).with_population(count(population));
                let bred = bred.with_crossing(crossing).with_swapping(swapping);
                Box::new(mutation.map_or(bred, |mutation| bred.with_mutation(mutation)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{JsonStyle, write_json};

    #[test]
    fn all_samplers_complete() {
        assert_eq!(Algorithm::ALL.map(|(name, _)| name), crate::settings::SAMPLERS);
    }

    #[test]
    fn a_journal_holds_what_is_not_as_usual() {
        for (algorithm, expected) in [
            (Algorithm::Tpe { startup: 10, candidates: 24 }, r#""tpe""#),
            (Algorithm::Tpe { startup: 3, candidates: 24 }, r#"{"name": "tpe", "startup": 3}"#),
            (Algorithm::Auto { startup: Some(4) }, r#"{"name": "auto", "startup": 4}"#),
            (Algorithm::Sobol { scramble: false }, r#"{"name": "sobol", "scramble": false}"#),
            (
                Algorithm::Nsga2 { population: 50, crossing: 0.9, swapping: 0.5, mutation: Some(0.1) },
                r#"{"name": "nsga2", "population": 50, "mutation": 0.1}"#,
            ),
            (Algorithm::Grid, r#""grid""#),
        ] {
            let mut json = String::new();
            write_json(&algorithm.to_node(), JsonStyle::Compact, &mut json);
            assert_eq!(json, expected.replace(": ", ":").replace(", ", ","));
        }
        for (name, algorithm) in Algorithm::ALL {
            assert_eq!((algorithm.name(), algorithm.to_node()), (name, Node::from(name)));
        }
    }
}
