//! Children of good points, for several objectives.

use crate::random::Stream;
use crate::search::history::History;
use crate::search::pareto::fronts;
use crate::search::sampler::{RandomSearch, Sampler};
use crate::search::space::{Point, Space};

/// NSGA-II of Deb et al. (2002), one child at a time.
///
/// The parents are the best of all trials that have ended: those of the first fronts, and of the last front that has room
/// those with most room around them. A child takes each parameter from one of two parents, or lies between and around them,
/// and now and then changes one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nsga2 {
    seed: u64,
    population: usize,
    crossing: f64,
    swapping: f64,
    mutation: Option<f64>,
}

impl Nsga2 {
    /// The algorithm of that seed, with 30 parents.
    pub fn new(seed: u64) -> Self {
        Self { seed, population: 30, crossing: 0.9, swapping: 0.5, mutation: None }
    }

    /// With so many parents; at least two.
    #[must_use]
    pub fn with_population(self, population: usize) -> Self {
        Self { population: population.max(2), ..self }
    }

    /// With this probability a child is made of two parents, and else of one; 0.9 unless said otherwise.
    #[must_use]
    pub fn with_crossing(self, crossing: f64) -> Self {
        Self { crossing, ..self }
    }

    /// With this probability a child takes a parameter from its second parent, or lies near it; 0.5 unless said otherwise.
    #[must_use]
    pub fn with_swapping(self, swapping: f64) -> Self {
        Self { swapping, ..self }
    }

    /// With this probability a parameter changes; one of the parameters on average unless said otherwise.
    #[must_use]
    pub fn with_mutation(self, mutation: f64) -> Self {
        Self { mutation: Some(mutation), ..self }
    }

    /// The parents with their ranks and their room, the best first.
    fn parents<'a>(&self, history: &'a History) -> Vec<&'a Point> {
        let known: Vec<(&Point, &[f64])> =
            history.told().iter().filter_map(|trial| Some((&trial.point, trial.losses()?))).collect();
        let losses: Vec<&[f64]> = known.iter().map(|(_, losses)| *losses).collect();
        fronts(&losses).into_iter().take(self.population).map(|index| known[index].0).collect()
    }
}

impl Sampler for Nsga2 {
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point {
        let random = || RandomSearch::new(self.seed).suggest(space, history, number);
        if history.told().len() < self.population {
            return random();
        }
        let parents = self.parents(history);
        if parents.len() < 2 {
            return random();
        }
        let mut stream = Stream::new(self.seed, number);
        let (mother, father) =
            (tournament(parents.len(), &mut stream), tournament(parents.len(), &mut stream));
        let (mother, father) =
            (space.units(parents[mother], f64::NAN), space.units(parents[father], f64::NAN));
        let crossed = stream.unit() < self.crossing;
        let rate = self.mutation.unwrap_or(1.0 / space.len().max(1) as f64);
        let units: Vec<f64> = (0..space.len())
            .map(|index| {
                let unordered = space.parameters()[index].domain.unordered();
                let (a, b) = (mother[index], if crossed { father[index] } else { mother[index] });
                let (a, b) = match (a.is_nan(), b.is_nan()) {
                    (true, true) => return stream.unit(),
                    (true, false) => (b, b),
                    (false, true) => (a, a),
                    (false, false) => (a, b),
                };
                let child = if unordered {
                    if stream.unit() < 1.0 - self.swapping { a } else { b }
                } else {
                    blend(a, b, self.swapping, &mut stream)
                };
                match (stream.unit() < rate, unordered) {
                    (false, _) => child,
                    (true, true) => stream.unit(),
                    (true, false) => child + mutation(&mut stream),
                }
            })
            .collect();
        space.at(&units)
    }
}

/// The better of two, drawn from so many in order.
fn tournament(count: usize, stream: &mut Stream) -> usize {
    stream.below(count).min(stream.below(count))
}

/// Simulated binary crossover: near one of the two, the more so the nearer they are; near the second one so often.
fn blend(a: f64, b: f64, swapping: f64, stream: &mut Stream) -> f64 {
    const INDEX: f64 = 10.0;
    let u = stream.unit();
    let spread = if u < 0.5 {
        (2.0 * u).powf(1.0 / (INDEX + 1.0))
    } else {
        (0.5 / (1.0 - u)).powf(1.0 / (INDEX + 1.0))
    };
    let side = if stream.unit() < swapping { 1.0 } else { -1.0 };
    (a + b) / 2.0 + side * spread * (b - a) / 2.0
}

/// Polynomial mutation: mostly small.
fn mutation(stream: &mut Stream) -> f64 {
    const INDEX: f64 = 20.0;
    let u = stream.unit();
    if u < 0.5 {
        (2.0 * u).powf(1.0 / (INDEX + 1.0)) - 1.0
    } else {
        1.0 - (2.0 * (1.0 - u)).powf(1.0 / (INDEX + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::{Domain, Value};
    use crate::search::history::Outcome;
    use crate::search::pareto::hypervolume;
    use crate::search::space::Parameter;

    /// The volume that is dominated after some trials of a problem with two objectives (ZDT1).
    fn volume(sampler: &dyn Sampler) -> f64 {
        let space =
            Space::new((0..6).map(|n| Parameter::new(format!("x{n}"), Domain::float(0.0, 1.0))).collect())
                .unwrap();
        let mut history = History::new();
        for number in 0..400 {
            let point = sampler.suggest(&space, &history, number);
            let x: Vec<f64> =
                point.iter().map(|v| if let Some(Value::Float(x)) = v { *x } else { 9.0 }).collect();
            let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / 5.0;
            history.ask(number, point);
            history.tell(number, Outcome::Completed(vec![x[0], g * (1.0 - (x[0] / g).sqrt())]));
        }
        let losses: Vec<&[f64]> = history.told().iter().filter_map(|trial| trial.losses()).collect();
        hypervolume(&losses, &[1.1, 6.0])
    }

    #[test]
    fn dominates_more_than_at_random() {
        let (ours, random) = (volume(&Nsga2::new(1)), volume(&RandomSearch::new(1)));
        assert!(ours > 1.1 * random, "{ours} {random}");
    }
}
