//! The point from which a process expects the greatest improvement.

use crate::random::Stream;
use crate::search::domain::{Domain, Value};
use crate::search::minimise::minimise;
use crate::search::normal::ln_improvement;
use crate::search::process::Process;
use crate::search::space::{Point, Space};

/// A point as the columns of a process: where a parameter does not apply, a number lies in the middle, and a name is one
/// that no choice has.
pub(crate) fn place(space: &Space, point: &[Option<Value>]) -> Vec<f64> {
    let mut place = space.units(point, 0.5);
    for (index, parameter) in space.parameters().iter().enumerate() {
        if parameter.domain.unordered() && point[index].is_none() {
            place[index] = -1.0;
        }
    }
    place
}

/// What a process promises, compared to the best of what it knows.
pub(crate) struct Improvement<'a> {
    space: &'a Space,
    process: &'a Process,
    tried: &'a [&'a Point],
    /// The best known places, by what the process makes of them: its mean, which noise does not shake.
    elite: Vec<&'a [f64]>,
    best: f64,
}

/// A point that may be suggested.
#[derive(Clone, Debug)]
struct Candidate {
    /// Minus the logarithm of the expected improvement.
    loss: f64,
    units: Vec<f64>,
    point: Point,
}

/// How many candidates are drawn anywhere, how many around the best known places, how many of these there are, and from how
/// many candidates on the way goes further up.
const ANYWHERE: usize = 300;
const AROUND: usize = 300;
const ELITE: usize = 5;
const CLIMBED: usize = 5;

/// A parameter with more values than this is moved as if it had all between them.
const FINE: u64 = 30;

impl<'a> Improvement<'a> {
    /// Over the best of these places, which the process knows. `tried` is not suggested again.
    pub(crate) fn new(
        space: &'a Space,
        process: &'a Process,
        places: &'a [Vec<f64>],
        tried: &'a [&'a Point],
    ) -> Self {
        let mut elite: Vec<(f64, &[f64])> =
            places.iter().map(|place| (process.guess(place, &[]).mean, place.as_slice())).collect();
        elite.sort_by(|a, b| a.0.total_cmp(&b.0));
        elite.truncate(ELITE);
        let best = elite.first().map_or(0.0, |(mean, _)| *mean);
        Self { space, process, tried, elite: elite.into_iter().map(|(_, place)| place).collect(), best }
    }

    /// The point of the greatest expected improvement that was found.
    pub(crate) fn best(&self, stream: &mut Stream) -> Point {
        let mut candidates: Vec<Candidate> = Vec::with_capacity(ANYWHERE + AROUND);
        for _ in 0..ANYWHERE {
            candidates.push(self.candidate((0..self.space.len()).map(|_| stream.unit()).collect()));
        }
        for index in 0..AROUND {
            let Some(place) = self.elite.get(index % self.elite.len().max(1)) else { break };
            candidates.push(self.candidate(self.moved(place, stream)));
        }
        candidates.sort_by(|a, b| a.loss.total_cmp(&b.loss));
        let mut starts: Vec<Candidate> = Vec::new();
        for candidate in &candidates {
            let near = |other: &Candidate| {
                let squares = other.units.iter().zip(&candidate.units).map(|(a, b)| (a - b) * (a - b));
                squares.sum::<f64>() < 1e-4 * self.space.len() as f64
            };
            if starts.len() < CLIMBED && !starts.iter().any(near) {
                starts.push(candidate.clone());
            }
        }
        let climbed = starts.into_iter().map(|start| self.climb(start));
        let new = |candidate: &Candidate| !self.tried.contains(&&candidate.point);
        let best = climbed.filter(new).min_by(|a, b| a.loss.total_cmp(&b.loss));
        best.or_else(|| candidates.iter().find(|candidate| new(candidate)).cloned())
            .or_else(|| candidates.first().cloned())
            .map_or_else(|| self.space.at(&[]), |candidate| candidate.point)
    }

    fn candidate(&self, units: Vec<f64>) -> Candidate {
        let point = self.space.at(&units);
        Candidate { loss: self.loss(&place(self.space, &point), &[]).0, units, point }
    }

    /// Minus the logarithm of the improvement expected at that place, and its derivatives along these columns.
    fn loss(&self, place: &[f64], along: &[usize]) -> (f64, Vec<f64>) {
        let guess = self.process.guess(place, along);
        let deviation = guess.variance.sqrt();
        let z = (self.best - guess.mean) / deviation;
        let (ln, slope) = ln_improvement(z);
        let slopes = guess.mean_slope.iter().zip(&guess.variance_slope).map(|(mean, variance)| {
            let widening = variance / (2.0 * guess.variance);
            slope * (mean / deviation + z * widening) - widening
        });
        (-(deviation.ln() + ln), slopes.collect())
    }

    /// A place near another one: some coordinates are a little off.
    fn moved(&self, place: &[f64], stream: &mut Stream) -> Vec<f64> {
        const FAR: f64 = 0.3;
        const NEAR: f64 = 0.003;
        let width = FAR * (NEAR / FAR).powf(stream.unit());
        let one = 1.0 / self.space.len() as f64;
        let share = [1.0, 0.5, 2.0 * one][stream.below(3)].max(one);
        place
            .iter()
            .zip(self.space.parameters())
            .map(|(unit, parameter)| {
                let domain = &parameter.domain;
                if *unit < 0.0 || domain.unordered() && stream.unit() < share {
                    return stream.unit();
                }
                if domain.unordered() || stream.unit() >= share {
                    return *unit;
                }
                let width = domain.count().map_or(width, |count| width.max(1.0 / count as f64));
                reflected(unit + width * stream.normal())
            })
            .collect()
    }

    /// Goes up from a candidate: along what is smooth, then from value to value, twice.
    fn climb(&self, mut at: Candidate) -> Candidate {
        for _ in 0..2 {
            at = self.slide(at);
            let before = at.loss;
            for index in 0..self.space.len() {
                at = self.hop(at, index);
            }
            if at.loss >= before {
                break;
            }
        }
        at
    }

    /// Moves the parameters that are smooth, or fine enough.
    fn slide(&self, at: Candidate) -> Candidate {
        let smooth: Vec<usize> = (0..self.space.len())
            .filter(|&index| {
                let domain = &self.space.parameters()[index].domain;
                at.point[index].is_some()
                    && !domain.unordered()
                    && domain.count().is_none_or(|count| count > FINE)
            })
            .collect();
        if smooth.is_empty() {
            return at;
        }
        let base = place(self.space, &at.point);
        let start: Vec<f64> = smooth.iter().map(|index| base[*index]).collect();
        let (low, high) = (vec![0.0; smooth.len()], vec![1.0; smooth.len()]);
        let found = minimise(&start, &low, &high, 30, &mut |x| {
            let mut place = base.clone();
            for (index, unit) in smooth.iter().zip(x) {
                place[*index] = *unit;
            }
            Some(self.loss(&place, &smooth))
        });
        let Some((found, _)) = found else { return at };
        let mut units = at.units.clone();
        for (index, unit) in smooth.iter().zip(found) {
            units[*index] = unit;
        }
        let next = self.candidate(units);
        if next.loss < at.loss { next } else { at }
    }

    /// Tries other values of one parameter whose values are apart.
    fn hop(&self, mut at: Candidate, index: usize) -> Candidate {
        let domain = &self.space.parameters()[index].domain;
        let (Some(count), Some(value)) = (domain.count(), at.point[index]) else { return at };
        for other in beside(domain, count, value) {
            let mut units = at.units.clone();
            units[index] = domain.unit(domain.nth(other));
            let next = self.candidate(units);
            if next.loss < at.loss && !self.tried.contains(&&next.point) {
                at = next;
            }
        }
        at
    }
}

/// The indices of values to try in place of one: all of few, and of many those around it.
fn beside(domain: &Domain, count: u64, value: Value) -> Vec<u64> {
    if count <= 16 || domain.unordered() {
        return (0..count.min(64)).collect();
    }
    let index = domain.index(value);
    let steps = [1, 2, 5, (index / 8).max(10)];
    let down = steps.iter().filter_map(|step| index.checked_sub(*step));
    let up = steps.iter().map(|step| index.saturating_add(*step)).filter(|index| *index < count);
    down.chain(up).collect()
}

/// What leaves the scale from 0 to 1 comes back into it.
fn reflected(unit: f64) -> f64 {
    let unit = unit.abs() % 2.0;
    if unit > 1.0 { 2.0 - unit } else { unit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::belief::Belief;
    use crate::search::space::Parameter;

    #[test]
    fn the_slope_of_the_loss_is_its_derivative() {
        let space = Space::new(
            ["a", "b"].into_iter().map(|name| Parameter::new(name, Domain::float(0.0, 1.0))).collect(),
        )
        .unwrap();
        let mut stream = Stream::new(1, 2);
        let places: Vec<Vec<f64>> = (0..10).map(|_| vec![stream.unit(), stream.unit()]).collect();
        let values: Vec<f64> = places.iter().map(|place| (6.0 * place[0]).sin() + place[1]).collect();
        let process = Process::new(&Belief::before(&[false; 2]), places.clone(), &values).unwrap();
        let improvement = Improvement::new(&space, &process, &places, &[]);
        for x in [0.1, 0.5, 0.77] {
            let at = |h: f64| improvement.loss(&[x + h, 0.4], &[0]);
            let slope = (at(1e-6).0 - at(-1e-6).0) / 2e-6;
            assert!((at(0.0).1[0] - slope).abs() < 1e-3 * (1.0 + slope.abs()), "{x}");
        }
    }

    #[test]
    fn what_was_tried_is_not_suggested_again() {
        let space = Space::new(vec![Parameter::new("a", Domain::choice(3))]).unwrap();
        let points: Vec<Point> = [0, 2].map(|index| vec![Some(Value::Choice(index))]).to_vec();
        let tried: Vec<&Point> = points.iter().collect();
        let places: Vec<Vec<f64>> = points.iter().map(|point| place(&space, point)).collect();
        let process = Process::new(&Belief::before(&[true]), places.clone(), &[0.0, 1.0]).unwrap();
        let best = Improvement::new(&space, &process, &places, &tried).best(&mut Stream::new(1, 1));
        assert_eq!(best, [Some(Value::Choice(1))]);
    }
}
