//! What values say about the function behind them.

use crate::search::kernel::{Kernel, apart, matern, offset};
use crate::search::linear::{Lower, add_scaled, dot};
use crate::search::minimise::minimise;

/// What is believed of a function before its values are looked at, or has been learnt from them.
///
/// In this order, and as logarithms: a weight for each column, where all count together; one for each, where it counts
/// alone; the variance of the one part, of the other, and of the noise. Behind them, as it is, the direction in which columns
/// count together besides: all zeros if there is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Belief {
    names: Vec<bool>,
    numbers: Vec<f64>,
}

/// The normal distribution of such a logarithm before anything is known, and its bounds.
#[derive(Clone, Copy)]
struct Prior {
    mean: f64,
    width: f64,
    low: f64,
    high: f64,
}

/// The least variance of noise that is believed in; it keeps the numbers stable.
const QUIET: f64 = 1e-6;

/// What is believed of the direction: that there is none. Not as a logarithm, since its parts have signs.
const SLANT: Prior = Prior { mean: 0.0, width: 3.0, low: -30.0, high: 30.0 };

fn priors(columns: usize) -> Vec<Prior> {
    // In many columns lengths are longer, so that most of the cube is not out of reach of everything.
    let length = 0.6 * (columns.max(1) as f64).sqrt();
    let weight = Prior { mean: -2.0 * length.ln(), width: 2.0, low: -7.0, high: 9.0 };
    let own = Prior { mean: -2.0 * 0.3_f64.ln(), width: 2.0, low: -7.0, high: 9.0 };
    let mut priors = vec![weight; columns];
    priors.extend(vec![own; columns]);
    priors.push(Prior { mean: 0.0, width: 1.0, low: -4.0, high: 5.0 });
    priors.push(Prior { mean: -1.0, width: 1.5, low: -8.0, high: 5.0 });
    priors.push(Prior { mean: -10.0, width: 3.0, low: QUIET.ln(), high: 1.0 });
    priors.extend(vec![SLANT; columns]);
    priors
}

/// Where the direction begins.
fn slants(columns: usize) -> usize {
    2 * columns + 3
}

fn is_straight(slant: &[f64]) -> bool {
    slant.iter().all(|part| *part == 0.0)
}

impl Belief {
    /// When nothing is known. `names` says which columns are no numbers but names, which only equal themselves.
    pub(crate) fn before(names: &[bool]) -> Self {
        Self { names: names.to_vec(), numbers: priors(names.len()).iter().map(|prior| prior.mean).collect() }
    }

    /// The belief under which these values are most likely, with what was believed before taken into account, after at
    /// most `rounds` steps from this one. Gives the logarithm of that likelihood, too.
    pub(crate) fn learn(&self, places: &[Vec<f64>], values: &[f64], rounds: usize) -> Option<(Self, f64)> {
        let pairs = Pairs::of(&self.names, places);
        let priors = priors(self.names.len());
        let mut low: Vec<f64> = priors.iter().map(|prior| prior.low).collect();
        let mut high: Vec<f64> = priors.iter().map(|prior| prior.high).collect();
        // No likelihood slopes at 0: a belief without a direction stays one.
        if is_straight(self.slant()) {
            low[slants(self.names.len())..].fill(0.0);
            high[slants(self.names.len())..].fill(0.0);
        }
        let (numbers, loss) =
            minimise(&self.numbers, &low, &high, rounds, &mut |x| pairs.unlikelihood(x, values, &priors))?;
        Some((Self { names: self.names.clone(), numbers }, -loss))
    }

    /// The covariance that is believed in.
    pub(crate) fn kernel(&self) -> Kernel {
        let columns = self.names.len();
        let at = |from: usize| self.numbers[from..from + columns].iter().map(|log| log.exp()).collect();
        Kernel {
            names: self.names.clone(),
            weights: at(0),
            slant: self.slant().to_vec(),
            own: at(columns),
            together: self.numbers[2 * columns].exp(),
            alone: self.numbers[2 * columns + 1].exp(),
        }
    }

    /// Which columns are no numbers but names.
    pub(crate) fn names(&self) -> &[bool] {
        &self.names
    }

    /// The direction in which columns count together besides.
    fn slant(&self) -> &[f64] {
        &self.numbers[slants(self.names.len())..]
    }

    /// This belief, but with that direction, to learn from there.
    pub(crate) fn slanted(&self, slant: &[f64]) -> Self {
        let mut numbers = self.numbers.clone();
        numbers[slants(self.names.len())..].copy_from_slice(slant);
        Self { names: self.names.clone(), numbers }
    }

    /// The variance of the noise that is believed in.
    pub(crate) fn noise(&self) -> f64 {
        self.numbers[2 * self.names.len() + 2].exp()
    }
}

/// The squared differences of all pairs of places, for many evaluations of the likelihood.
struct Pairs {
    columns: usize,
    count: usize,
    /// For each pair `i > j`, row by row, a difference for each column.
    differences: Vec<f64>,
    /// The same with their signs.
    offsets: Vec<f64>,
}

impl Pairs {
    fn of(names: &[bool], places: &[Vec<f64>]) -> Self {
        let mut differences = Vec::with_capacity(places.len() * places.len() / 2 * names.len());
        let mut offsets = Vec::with_capacity(differences.capacity());
        for (i, a) in places.iter().enumerate() {
            for b in &places[..i] {
                differences.extend((0..names.len()).map(|k| apart(names[k], a[k], b[k])));
                offsets.extend((0..names.len()).map(|k| offset(names[k], a[k], b[k])));
            }
        }
        Self { columns: names.len(), count: places.len(), differences, offsets }
    }

    /// Minus the logarithm of the likelihood of the values and of the belief; with its gradient.
    fn unlikelihood(&self, x: &[f64], values: &[f64], priors: &[Prior]) -> Option<(f64, Vec<f64>)> {
        let (columns, count) = (self.columns, self.count);
        let (logs, slant) = x.split_at(slants(columns));
        let straight = is_straight(slant);
        let exps: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        let (weights, rest) = exps.split_at(columns);
        let (own, variances) = rest.split_at(columns);
        let (together, alone, noise) = (variances[0], variances[1], variances[2]);
        let share = alone / columns.max(1) as f64;
        let mut covariance = Lower::zeros(count);
        let mut parts = Lower::zeros(count);
        // For each pair the derivatives of the covariance by the weights, and by how far it is along the direction.
        let mut bends = Vec::with_capacity(2 * self.differences.len());
        let mut leans = Vec::with_capacity(count * count / 2);
        let mut at = 0;
        for i in 0..count {
            let row = covariance.row_mut(i);
            let part = parts.row_mut(i);
            for (cell, part) in row[..i].iter_mut().zip(&mut part[..i]) {
                let apart = &self.differences[at..at + columns];
                let along = if straight { 0.0 } else { dot(&self.offsets[at..at + columns], slant) };
                let (near, bend) = matern(dot(apart, weights) + along * along);
                leans.push(2.0 * together * bend * along);
                bends.extend(apart.iter().map(|apart| together * bend * apart));
                let mut sum = 0.0;
                for k in 0..columns {
                    let (near, bend) = matern(own[k] * apart[k]);
                    sum += near;
                    bends.push(share * bend * apart[k]);
                }
                *part = together * near;
                *cell = *part + share * sum;
                at += columns;
            }
            row[i] = together + alone + noise;
        }
        let kernel = covariance.clone();
        let factor = covariance.cholesky()?;
        let whitener = factor.inverse();
        let white = whitener.times(values);
        let pull = whitener.transposed_times(&white);
        let inverse = whitener.gram();
        let mut loss = 0.5 * dot(&white, &white) + (0..count).map(|i| factor.row(i)[i].ln()).sum::<f64>();
        let mut slope = vec![0.0; 3 * columns + 3];
        let mut pair = 0;
        for i in 0..count {
            let (inverse, kernel, parts) = (inverse.row(i), kernel.row(i), parts.row(i));
            for j in 0..i {
                let push = inverse[j] - pull[i] * pull[j];
                slope[2 * columns] += push * parts[j];
                slope[2 * columns + 1] += push * (kernel[j] - parts[j]);
                add_scaled(
                    &mut slope[..2 * columns],
                    push,
                    &bends[2 * pair * columns..2 * (pair + 1) * columns],
                );
                if !straight {
                    let offset = &self.offsets[pair * columns..(pair + 1) * columns];
                    add_scaled(&mut slope[slants(columns)..], push * leans[pair], offset);
                }
                pair += 1;
            }
            let push = 0.5 * (inverse[i] - pull[i] * pull[i]);
            slope[2 * columns] += push * together;
            slope[2 * columns + 1] += push * alone;
            slope[2 * columns + 2] += push * noise;
        }
        for k in 0..2 * columns {
            slope[k] *= exps[k];
        }
        for (k, prior) in priors.iter().enumerate() {
            let off = (x[k] - prior.mean) / prior.width;
            loss += 0.5 * off * off;
            slope[k] += off / prior.width;
        }
        (loss.is_finite() && slope.iter().all(|s| s.is_finite())).then_some((loss, slope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_slope_of_the_likelihood_is_its_derivative() {
        let mut stream = Stream::new(5, 5);
        let places: Vec<Vec<f64>> =
            (0..12).map(|_| vec![stream.unit(), stream.unit(), f64::from(stream.below(3) as u8)]).collect();
        let values: Vec<f64> = places.iter().map(|p| (5.0 * p[0]).sin() + 0.3 * p[2]).collect();
        let pairs = Pairs::of(&[false, false, true], &places);
        let x = [0.3, -0.2, 0.5, 0.4, 1.2, -0.5, 0.1, -0.3, -3.0, 0.7, -1.1, 0.0];
        let priors = priors(3);
        let (_, slope) = pairs.unlikelihood(&x, &values, &priors).unwrap();
        for k in 0..x.len() {
            let at = |h: f64| {
                let mut x = x;
                x[k] += h;
                pairs.unlikelihood(&x, &values, &priors).unwrap().0
            };
            let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope[k] - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{k}");
        }
    }
}
