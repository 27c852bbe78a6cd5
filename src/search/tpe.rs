//! Where good points are dense and bad ones are not.

use crate::random::Stream;
use crate::search::domain::Value;
use crate::search::history::History;
use crate::search::pareto::order;
use crate::search::parzen::Parzen;
use crate::search::sampler::{RandomSearch, Sampler};
use crate::search::space::{Point, Space};

/// The tree-structured Parzen estimator of Bergstra et al. (2011), over all parameters together (Falkner et al., 2018).
///
/// The trials so far are taken apart into good and bad ones; of some points drawn where good ones lie, it suggests the one
/// where good ones are densest compared to bad ones. Parameters that apply under the same condition are looked at together.
/// Trials that run count as bad ones, so that several at a time do not try the same. Of several objectives, the good trials are
/// those that none beats in everything, and then the next ones (Ozaki et al., 2020).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tpe {
    seed: u64,
    startup: usize,
    candidates: usize,
}

/// Of so many bad trials at most, evenly from the best to the worst of them, the density is made: it hardly becomes another
/// one with more, and each costs time.
const BAD: usize = 400;

impl Tpe {
    /// The estimator of that seed; the first ten trials are random.
    pub fn new(seed: u64) -> Self {
        Self { seed, startup: 10, candidates: 24 }
    }

    /// With so many random trials first.
    #[must_use]
    pub fn with_startup(self, startup: usize) -> Self {
        Self { startup, ..self }
    }

    /// With so many points drawn for each suggestion, of which the best one is taken; 24 unless said otherwise.
    #[must_use]
    pub fn with_candidates(self, candidates: usize) -> Self {
        Self { candidates: candidates.max(1), ..self }
    }
}

impl Sampler for Tpe {
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point {
        if history.told().len() < self.startup.max(2) {
            return RandomSearch::new(self.seed).suggest(space, history, number);
        }
        let (told, order) = (history.told(), order(history));
        let (good, bad) = order.split_at(told.len().div_ceil(10).min(25));
        let good: Vec<&Point> = good.iter().map(|index| &told[*index].point).collect();
        let count = bad.len().min(BAD);
        let mut bad: Vec<&Point> =
            (0..count).map(|index| &told[bad[index * bad.len() / count]].point).collect();
        bad.extend(history.pending().map(|(_, point)| point));
        let mut stream = Stream::new(self.seed, number);
        let mut units = vec![0.5; space.len()];
        for group in groups(space) {
            let domains: Vec<_> = group.iter().map(|&index| space.parameters()[index].domain).collect();
            let density = |points: &[&Point]| {
                let places: Vec<Vec<f64>> =
                    points.iter().filter_map(|point| seen(space, &group, point)).collect();
                Parzen::new(&domains, &places)
            };
            let (good, bad) = (density(&good), density(&bad));
            let mut best: Option<(f64, Vec<f64>)> = None;
            for _ in 0..self.candidates {
                let place = good.draw(&mut stream);
                let ratio = good.ln(&place) - bad.ln(&place);
                if best.as_ref().is_none_or(|(most, _)| ratio > *most) {
                    best = Some((ratio, place));
                }
            }
            for (&index, unit) in group.iter().zip(best.map(|(_, place)| place).unwrap_or_default()) {
                units[index] = unit;
            }
        }
        space.at(&units)
    }
}

/// The parameters that always apply together: indices into a space.
///
/// Each group of a conditional space has a density of its own, since what was seen of one says nothing of another.
fn groups(space: &Space) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &index in space.order() {
        let when = &space.parameters()[index].when;
        match groups.iter_mut().find(|group| space.parameters()[group[0]].when == *when) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

/// The places of a point in the parameters of a group, if they apply.
fn seen(space: &Space, group: &[usize], point: &[Option<Value>]) -> Option<Vec<f64>> {
    group
        .iter()
        .map(|&index| Some(space.parameters()[index].domain.unit(point.get(index).copied()??)))
        .collect()
}
