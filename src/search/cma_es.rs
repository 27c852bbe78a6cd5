//! A normal distribution that moves and stretches towards what is good.

use crate::random::Stream;
use crate::search::history::{History, Trial};
use crate::search::linear::{dot, eigen};
use crate::search::sampler::{RandomSearch, Sampler};
use crate::search::space::{Point, Space};

/// The covariance matrix adaptation of Hansen (CMA-ES), for parameters with an order.
///
/// It begins in the middle of the space, or around the best trial if there are trials of other samplers. Each time that as
/// many trials have ended as a generation has, in whatever order they were begun, the distribution moves. A parameter whose
/// values are apart keeps a spread that still reaches its neighbours (Hamano et al., 2022). A parameter without an order is
/// drawn from the choices of the better half of the trials, now and then at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CmaEs {
    seed: u64,
    startup: u64,
}

impl CmaEs {
    /// The strategy of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, startup: 0 }
    }

    /// With so many random trials first, which the distribution does not learn from.
    #[must_use]
    pub fn with_startup(self, startup: u64) -> Self {
        Self { startup, ..self }
    }
}

/// The numbers of the strategy, by Hansen's tutorial (2016).
struct Constants {
    weights: Vec<f64>,
    parents: f64,
    sigma_rate: f64,
    sigma_damping: f64,
    path_rate: f64,
    rank_one: f64,
    rank_many: f64,
    /// The expected length of a standard normal vector.
    length: f64,
}

impl Constants {
    fn of(dimensions: usize) -> Self {
        let n = dimensions as f64;
        let size = population(dimensions);
        let raw: Vec<f64> =
            (0..size / 2).map(|rank| ((size as f64 + 1.0) / 2.0).ln() - ((rank + 1) as f64).ln()).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
        let parents = 1.0 / weights.iter().map(|weight| weight * weight).sum::<f64>();
        let sigma_rate = (parents + 2.0) / (n + parents + 5.0);
        let rank_one = 2.0 / ((n + 1.3) * (n + 1.3) + parents);
        let rank_many =
            (1.0 - rank_one).min(2.0 * (parents - 2.0 + 1.0 / parents) / ((n + 2.0) * (n + 2.0) + parents));
        Self {
            sigma_damping: 1.0 + 2.0 * (((parents - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + sigma_rate,
            path_rate: (4.0 + parents / n) / (n + 4.0 + 2.0 * parents / n),
            length: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
            weights,
            parents,
            sigma_rate,
            rank_one,
            rank_many,
        }
    }
}

/// How many trials a generation has.
fn population(dimensions: usize) -> usize {
    4 + (3.0 * (dimensions.max(1) as f64).ln()) as usize
}

/// How often a place is drawn again that falls outside.
const TRIES: usize = 10;

/// The distribution, in the unit cube.
struct Distribution {
    mean: Vec<f64>,
    sigma: f64,
    covariance: Vec<Vec<f64>>,
    sigma_path: Vec<f64>,
    path: Vec<f64>,
    generation: i32,
    deviations: Vec<f64>,
    axes: Vec<Vec<f64>>,
}

impl Distribution {
    fn around(mean: Vec<f64>, sigma: f64) -> Self {
        let size = mean.len();
        let covariance: Vec<Vec<f64>> =
            (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        Self {
            sigma,
            axes: covariance.clone(),
            covariance,
            sigma_path: vec![0.0; size],
            path: vec![0.0; size],
            generation: 0,
            deviations: vec![1.0; size],
            mean,
        }
    }

    /// Moves towards the good ones of a generation, the best first.
    fn learn(&mut self, ranked: &[Vec<f64>], constants: &Constants) {
        let size = self.mean.len();
        let c = constants;
        let steps: Vec<Vec<f64>> = ranked
            .iter()
            .take(c.weights.len())
            .map(|place| (0..size).map(|k| (place[k] - self.mean[k]) / self.sigma).collect())
            .collect();
        let step: Vec<f64> = (0..size)
            .map(|k| steps.iter().zip(&c.weights).map(|(step, weight)| weight * step[k]).sum())
            .collect();
        for (mean, step) in self.mean.iter_mut().zip(&step) {
            *mean = (*mean + self.sigma * step).clamp(0.0, 1.0);
        }
        let turned: Vec<f64> =
            (0..size).map(|axis| dot(&self.axes[axis], &step) / self.deviations[axis]).collect();
        let white: Vec<f64> =
            (0..size).map(|k| (0..size).map(|axis| self.axes[axis][k] * turned[axis]).sum()).collect();
        let keep = (c.sigma_rate * (2.0 - c.sigma_rate) * c.parents).sqrt();
        for (path, white) in self.sigma_path.iter_mut().zip(&white) {
            *path = (1.0 - c.sigma_rate) * *path + keep * white;
        }
        self.generation += 1;
        let length = dot(&self.sigma_path, &self.sigma_path).sqrt();
        let started = (1.0 - (1.0 - c.sigma_rate).powi(2 * self.generation)).sqrt();
        let calm = length / started < (1.4 + 2.0 / (size as f64 + 1.0)) * c.length;
        let keep = if calm { (c.path_rate * (2.0 - c.path_rate) * c.parents).sqrt() } else { 0.0 };
        for (path, step) in self.path.iter_mut().zip(&step) {
            *path = (1.0 - c.path_rate) * *path + keep * step;
        }
        let lost = if calm { 0.0 } else { c.rank_one * c.path_rate * (2.0 - c.path_rate) };
        for i in 0..size {
            for j in 0..size {
                let many: f64 =
                    steps.iter().zip(&c.weights).map(|(step, weight)| weight * step[i] * step[j]).sum();
                self.covariance[i][j] = (1.0 - c.rank_one - c.rank_many + lost) * self.covariance[i][j]
                    + c.rank_one * self.path[i] * self.path[j]
                    + c.rank_many * many;
            }
        }
        self.sigma *= ((c.sigma_rate / c.sigma_damping) * (length / c.length - 1.0)).min(1.0).exp();
        self.sigma = self.sigma.clamp(1e-8, 1.0);
        let (values, axes) = eigen(&self.covariance);
        self.deviations = values.iter().map(|value| value.max(1e-14).sqrt()).collect();
        self.axes = axes;
    }

    /// A place drawn from it; each coordinate has at least that spread. What falls outside is drawn again a few times before
    /// it is moved to the border, where many would be the same.
    fn draw(&self, least: &[f64], stream: &mut Stream) -> Vec<f64> {
        let mut place = self.step(least, stream);
        for _ in 0..TRIES {
            if place.iter().all(|at| (0.0..=1.0).contains(at)) {
                break;
            }
            place = self.step(least, stream);
        }
        place.iter().map(|at| at.clamp(0.0, 1.0)).collect()
    }

    fn step(&self, least: &[f64], stream: &mut Stream) -> Vec<f64> {
        let size = self.mean.len();
        let steps: Vec<f64> = self.deviations.iter().map(|deviation| deviation * stream.normal()).collect();
        (0..size)
            .map(|k| {
                let step: f64 = (0..size).map(|axis| self.axes[axis][k] * steps[axis]).sum();
                let spread = self.sigma * self.covariance[k][k].max(0.0).sqrt();
                let wider = if spread > 0.0 && spread < least[k] { least[k] / spread } else { 1.0 };
                self.mean[k] + self.sigma * step * wider
            })
            .collect()
    }
}

impl Sampler for CmaEs {
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point {
        let ordered: Vec<usize> =
            (0..space.len()).filter(|index| !space.parameters()[*index].domain.unordered()).collect();
        let random = || RandomSearch::new(self.seed).suggest(space, history, number);
        if number < self.startup || (ordered.is_empty() && history.told().is_empty()) {
            return random();
        }
        let losses = history.single(0);
        let mut stream = Stream::new(self.seed, number);
        let mut units: Vec<f64> = (0..space.len()).map(|_| stream.unit()).collect();
        if !ordered.is_empty() {
            let own: Vec<usize> =
                (0..losses.len()).filter(|at| history.told()[*at].number >= self.startup).collect();
            let distribution = replay(space, &ordered, (history.told(), &own), &losses);
            let least: Vec<f64> = ordered
                .iter()
                .map(|&index| {
                    space.parameters()[index].domain.count().map_or(0.0, |count| 0.3 / count as f64)
                })
                .collect();
            for (&index, unit) in ordered.iter().zip(distribution.draw(&least, &mut stream)) {
                units[index] = unit;
            }
        }
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
        order.truncate(losses.len().div_ceil(2));
        for index in (0..space.len()).filter(|index| space.parameters()[*index].domain.unordered()) {
            let known: Vec<f64> = order
                .iter()
                .filter_map(|at| history.told()[*at].point[index])
                .map(|value| space.parameters()[index].domain.unit(value))
                .collect();
            if !known.is_empty() && stream.unit() > 0.2 {
                units[index] = known[stream.below(known.len())];
            }
        }
        space.at(&units)
    }
}

/// The distribution after the generations that have ended.
fn replay(
    space: &Space,
    ordered: &[usize],
    (told, own): (&[Trial], &[usize]),
    losses: &[f64],
) -> Distribution {
    let constants = Constants::of(ordered.len());
    let mut distribution = Distribution::around(vec![0.5; ordered.len()], 0.2);
    let size = population(ordered.len());
    for generation in own.chunks_exact(size) {
        let mut ranked = generation.to_vec();
        ranked.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
        let places: Vec<Vec<f64>> = ranked
            .iter()
            .map(|at| {
                let units = space.units(&told[*at].point, f64::NAN);
                ordered
                    .iter()
                    .enumerate()
                    .map(
                        |(k, &index)| if units[index].is_nan() { distribution.mean[k] } else { units[index] },
                    )
                    .collect()
            })
            .collect();
        distribution.learn(&places, &constants);
    }
    distribution
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::{Domain, Value};
    use crate::search::history::Outcome;
    use crate::search::space::Parameter;

    #[test]
    fn comes_close_to_a_corner_that_is_turned() {
        let space =
            Space::new((0..4).map(|n| Parameter::new(format!("x{n}"), Domain::float(-5.0, 5.0))).collect())
                .unwrap();
        let mut history = History::new();
        let sampler = CmaEs::new(3);
        for number in 0..400 {
            let point = sampler.suggest(&space, &history, number);
            let x: Vec<f64> =
                point.iter().map(|v| if let Some(Value::Float(x)) = v { x - 1.5 } else { 9.0 }).collect();
            let loss = x.windows(2).map(|w| 10.0 * (w[0] - w[1]).powi(2) + w[0] * w[0]).sum();
            history.ask(number, point);
            history.tell(number, Outcome::Completed(vec![loss]));
        }
        assert!(history.best().unwrap().losses().unwrap()[0] < 1e-3);
    }
}
