//! What to take when nothing is said.

use crate::search::bayes::Bayesian;
use crate::search::history::History;
use crate::search::nsga2::Nsga2;
use crate::search::sampler::Sampler;
use crate::search::space::{Point, Space};
use crate::search::tpe::Tpe;

/// The sampler to take when nothing is said: [`Bayesian`] while trials are few, which is when each of them counts, then
/// [`Tpe`], or [`Nsga2`] for several objectives, whose suggestions take no time that could be felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auto {
    seed: u64,
    startup: Option<usize>,
}

/// From so many trials on a model takes longer than it is worth.
const MODELLED: usize = 400;

/// A model of so many parameters takes too long.
const PARAMETERS: usize = 60;

impl Auto {
    /// The sampler of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, startup: None }
    }

    /// With so many trials that fill the space first.
    #[must_use]
    pub fn with_startup(self, startup: usize) -> Self {
        Self { startup: Some(startup), ..self }
    }
}

impl Sampler for Auto {
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point {
        let told = history.told();
        if told.len() < MODELLED && space.len() <= PARAMETERS {
            let bayesian = Bayesian::new(self.seed);
            let bayesian = self.startup.map_or(bayesian, |startup| bayesian.with_startup(startup));
            return bayesian.suggest(space, history, number);
        }
        if told.iter().any(|trial| trial.losses().is_some_and(|losses| losses.len() > 1)) {
            return Nsga2::new(self.seed).suggest(space, history, number);
        }
        Tpe::new(self.seed).suggest(space, history, number)
    }
}
