//! Where a model of the losses promises the most.

use crate::random::Stream;
use crate::search::belief::Belief;
use crate::search::history::History;
use crate::search::improvement::{Improvement, place};
use crate::search::parabola::steepest;
use crate::search::process::Process;
use crate::search::sampler::Sampler;
use crate::search::sobol::Sobol;
use crate::search::space::{Point, Space};
use crate::search::warp::Warp;

/// Bayesian optimisation: a Gaussian process learns from the trials so far, and the point is suggested from which it expects
/// the greatest improvement.
///
/// The model may find that parameters make up for each other, such as a rate and a size whose product counts: it looks along one
/// direction across them, too, if the trials speak for one. It looks at losses through the warp that makes them most likely. A
/// trial that still runs counts as if it had come to what the process expects of it, so several at a time try different points.
/// Several objectives are weighed anew for each trial (ParEGO: Knowles, 2006). The first trials, about as many as there are
/// parameters unless said otherwise, fill the space evenly.
///
/// The time of a suggestion grows with the number of trials, to some hundred milliseconds; from some hundred trials on, it
/// looks at the better ones and at some of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bayesian {
    seed: u64,
    startup: Option<usize>,
}

/// How many trials a process knows at most, and how many of them it learns what to believe from.
const KNOWN: usize = 200;
const LEARNT: usize = 100;

/// The knees of the warps to choose from; the first is where learning begins.
const KNEES: [f64; 4] = [1.0, f64::INFINITY, 0.1, 0.01];

/// Steps of learning: from nothing, to compare warps, for the one that was chosen, and with a slant.
const FIRST_STEPS: usize = 20;
const TRIAL_STEPS: usize = 3;
const LAST_STEPS: usize = 15;
const SLANT_STEPS: usize = 30;

impl Bayesian {
    /// The optimisation of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, startup: None }
    }

    /// With so many trials that fill the space first.
    #[must_use]
    pub fn with_startup(self, startup: usize) -> Self {
        Self { startup: Some(startup), ..self }
    }

    /// How many trials fill the space first.
    fn startup(&self, space: &Space) -> usize {
        self.startup.unwrap_or((space.len() + 2).clamp(5, 12))
    }

    /// The point of greatest expected improvement; `None` if the losses say nothing, such as when all are equal.
    fn modelled(&self, space: &Space, history: &History, number: u64) -> Option<Point> {
        let mut stream = Stream::new(self.seed, number);
        let losses = weighed(history, &mut stream);
        let known = kept(&losses, KNOWN);
        let told = history.told();
        let losses: Vec<f64> = known.iter().map(|index| losses[*index]).collect();
        let mut places: Vec<Vec<f64>> = known.iter().map(|index| place(space, &told[*index].point)).collect();
        let (belief, mut values) = learn(space, &places, &losses)?;
        let mut process = Process::new(&belief, places.clone(), &values)?;
        let running: Vec<Vec<f64>> = history.pending().map(|(_, point)| place(space, point)).collect();
        if !running.is_empty() {
            values.extend(running.iter().map(|place| process.guess(place, &[]).mean));
            places.extend(running);
            process = Process::new(&belief, places.clone(), &values)?;
        }
        let tried: Vec<&Point> =
            told.iter().map(|trial| &trial.point).chain(history.pending().map(|(_, point)| point)).collect();
        Some(Improvement::new(space, &process, &places, &tried).best(&mut stream))
    }
}

impl Sampler for Bayesian {
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point {
        let begun = history.told().len() + history.pending().count();
        let filling = || Sobol::new(self.seed).suggest(space, history, number);
        if begun < self.startup(space) || history.told().len() < 4 {
            return filling();
        }
        self.modelled(space, history, number).unwrap_or_else(filling)
    }
}

/// One loss for each trial: of several objectives, weighed at random, the worst and a little of all.
fn weighed(history: &History, stream: &mut Stream) -> Vec<f64> {
    let objectives =
        history.told().iter().filter_map(|trial| trial.losses()).map(<[f64]>::len).max().unwrap_or(1);
    if objectives == 1 {
        return history.single(0);
    }
    let weights: Vec<f64> = (0..objectives).map(|_| -(1.0 - stream.unit()).ln()).collect();
    let sum: f64 = weights.iter().sum();
    let mut worst = vec![f64::NEG_INFINITY; history.told().len()];
    let mut all = vec![0.0; history.told().len()];
    for (objective, weight) in weights.iter().enumerate() {
        let losses = history.single(objective);
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let most = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = if most > least { most - least } else { 1.0 };
        for (index, loss) in losses.iter().enumerate() {
            let part = weight / sum * (loss - least) / range;
            worst[index] = f64::max(worst[index], part);
            all[index] += part;
        }
    }
    worst.iter().zip(all).map(|(worst, all)| worst + 0.05 * all).collect()
}

/// The belief with a direction in which parameters count together, if these values are more likely then.
fn slanted(straight: &Belief, likelihood: f64, places: &[Vec<f64>], values: &[f64]) -> Option<Belief> {
    let steepest = steepest(straight.names(), places, values)?;
    let (belief, more) = straight.slanted(&steepest).learn(places, values, SLANT_STEPS)?;
    (more > likelihood).then_some(belief)
}

/// The indices of at most so many losses: the better half of them the best, the others evenly from the rest.
fn kept(losses: &[f64], most: usize) -> Vec<usize> {
    if losses.len() <= most {
        return (0..losses.len()).collect();
    }
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    let (best, rest) = order.split_at(most / 2);
    let others = most - best.len();
    let mut kept = best.to_vec();
    kept.extend((0..others).map(|index| rest[index * rest.len() / others]));
    kept.sort_unstable();
    kept
}

/// What these losses say of the function behind them, and the losses as they are then seen.
fn learn(space: &Space, places: &[Vec<f64>], losses: &[f64]) -> Option<(Belief, Vec<f64>)> {
    let names: Vec<bool> = space.parameters().iter().map(|parameter| parameter.domain.unordered()).collect();
    let sample = kept(losses, LEARNT);
    let learnt: Vec<Vec<f64>> = sample.iter().map(|index| places[*index].clone()).collect();
    let mut best: Option<(f64, Belief, Warp)> = None;
    let mut belief = Belief::before(&names);
    for (index, knee) in KNEES.into_iter().enumerate() {
        let warp = Warp { knee };
        let (values, drawn) = warp.view(losses)?;
        let values: Vec<f64> = sample.iter().map(|index| values[*index]).collect();
        let steps = if index == 0 { FIRST_STEPS } else { TRIAL_STEPS };
        let Some((learned, likelihood)) = belief.learn(&learnt, &values, steps) else { continue };
        if index == 0 {
            belief = learned.clone();
        }
        let likelihood = likelihood + drawn * sample.len() as f64 / losses.len() as f64;
        if best.as_ref().is_none_or(|(most, _, _)| likelihood > *most) {
            best = Some((likelihood, learned, warp));
        }
    }
    let (likelihood, belief, warp) = best?;
    let (values, _) = warp.view(losses)?;
    let view: Vec<f64> = sample.iter().map(|index| values[*index]).collect();
    let (straight, likelihood) = belief.learn(&learnt, &view, LAST_STEPS).unwrap_or((belief, likelihood));
    let belief = slanted(&straight, likelihood, &learnt, &view).unwrap_or(straight);
    Some((belief, values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::{Domain, Value};
    use crate::search::history::Outcome;
    use crate::search::space::Parameter;

    /// Four parameters whose sum counts a thousand times as much as each of them.
    fn valley(x: &[f64]) -> f64 {
        let sum: f64 = x.iter().map(|v| v - 0.4).sum();
        1000.0 * sum * sum + x.iter().map(|v| (v - 0.4) * (v - 0.4)).sum::<f64>()
    }

    #[test]
    fn a_valley_across_the_parameters_is_followed_to_its_bottom() {
        let parameters = ["a", "b", "c", "d"].map(|name| Parameter::new(name, Domain::float(0.0, 1.0)));
        let space = Space::new(parameters.to_vec()).unwrap();
        let (mut history, mut best) = (History::new(), f64::INFINITY);
        for number in 0..60 {
            let point = Bayesian::new(1).suggest(&space, &history, number);
            let x: Vec<f64> = point
                .iter()
                .map(|value| match value {
                    Some(Value::Float(value)) => *value,
                    other => panic!("{other:?}"),
                })
                .collect();
            let loss = valley(&x);
            best = best.min(loss);
            history.ask(number, point);
            history.tell(number, Outcome::Completed(vec![loss]));
        }
        assert!(best < 0.01, "{best}");
    }

    #[test]
    fn a_direction_is_believed_in_where_values_speak_for_one() {
        let mut stream = Stream::new(3, 3);
        let places: Vec<Vec<f64>> = (0..40).map(|_| (0..4).map(|_| stream.unit()).collect()).collect();
        let along = |place: &Vec<f64>| (3.0 * (place[0] - place[1] + place[2] - place[3])).sin();
        let values: Vec<f64> = places.iter().map(along).collect();
        let (straight, likelihood) = Belief::before(&[false; 4]).learn(&places, &values, 40).unwrap();
        let belief = slanted(&straight, likelihood, &places, &values).unwrap();
        let at = [0.3, 0.6, 0.7, 0.55];
        let off = |belief: &Belief| {
            let process = Process::new(belief, places.clone(), &values).unwrap();
            (process.guess(&at, &[]).mean - along(&at.to_vec())).abs()
        };
        assert!(off(&belief) < 0.05 && off(&straight) > 0.1, "{} {}", off(&belief), off(&straight));
    }
}
