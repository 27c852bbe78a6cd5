//! A Gaussian process: what a function may look like between the places where it is known.

use crate::search::belief::Belief;
use crate::search::kernel::Kernel;
use crate::search::linear::{Lower, dot};

/// Places, values, and what follows for all other places. The mean far from all of them is 0.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    kernel: Kernel,
    places: Vec<Vec<f64>>,
    /// The inverse of the Cholesky factor of the covariance.
    whitener: Lower,
    /// The inverse covariance times the values.
    pull: Vec<f64>,
}

/// Mean and variance at one place, and their derivatives along some columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) mean_slope: Vec<f64>,
    pub(crate) variance_slope: Vec<f64>,
}

impl Process {
    /// What follows from these values at these places; `None` if they cannot be told apart even with much noise.
    pub(crate) fn new(belief: &Belief, places: Vec<Vec<f64>>, values: &[f64]) -> Option<Self> {
        let kernel = belief.kernel();
        let mut noise = belief.noise();
        for _ in 0..6 {
            let mut covariance = Lower::zeros(places.len());
            for i in 0..places.len() {
                let row = covariance.row_mut(i);
                for j in 0..i {
                    row[j] = kernel.near(&places[i], &places[j]);
                }
                row[i] = kernel.variance() + noise;
            }
            if let Some(factor) = covariance.cholesky() {
                let whitener = factor.inverse();
                let pull = whitener.transposed_times(&whitener.times(values));
                return Some(Self { kernel, places, whitener, pull });
            }
            noise *= 10.0;
        }
        None
    }

    /// Mean and variance of the function at that place, and their derivatives along these columns, which are numbers.
    pub(crate) fn guess(&self, place: &[f64], along: &[usize]) -> Guess {
        let near: Vec<f64> = self.places.iter().map(|other| self.kernel.near(place, other)).collect();
        let white = self.whitener.times(&near);
        let variance = self.kernel.variance();
        let mut guess = Guess {
            mean: dot(&near, &self.pull),
            variance: (variance - dot(&white, &white)).max(1e-12 * variance),
            mean_slope: vec![0.0; along.len()],
            variance_slope: vec![0.0; along.len()],
        };
        if along.is_empty() {
            return guess;
        }
        let back = self.whitener.transposed_times(&white);
        let mut slopes = vec![0.0; along.len()];
        for (i, other) in self.places.iter().enumerate() {
            self.kernel.slopes(place, other, along, &mut slopes);
            for (k, slope) in slopes.iter().enumerate() {
                guess.mean_slope[k] += slope * self.pull[i];
                guess.variance_slope[k] -= 2.0 * slope * back[i];
            }
        }
        guess
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn data(count: usize) -> (Vec<bool>, Vec<Vec<f64>>, Vec<f64>) {
        let mut stream = Stream::new(5, 5);
        let places: Vec<Vec<f64>> = (0..count)
            .map(|_| vec![stream.unit(), stream.unit(), f64::from(stream.below(3) as u8)])
            .collect();
        let values = places.iter().map(|p| (5.0 * p[0]).sin() + 0.3 * p[2]).collect();
        (vec![false, false, true], places, values)
    }

    #[test]
    fn guesses_well() {
        let (names, places, values) = data(40);
        let (belief, _) = Belief::before(&names).learn(&places, &values, 60).unwrap();
        let process = Process::new(&belief, places, &values).unwrap();
        let guess = process.guess(&[0.4, 0.4, 1.0], &[]);
        assert!((guess.mean - (2.0_f64.sin() + 0.3)).abs() < 0.1);
        assert!(guess.variance < 0.05);
    }

    #[test]
    fn the_slopes_of_a_guess_are_its_derivatives() {
        let (names, places, values) = data(20);
        let process = Process::new(&Belief::before(&names), places, &values).unwrap();
        let at = |x: f64| process.guess(&[x, 0.3, 2.0], &[0]);
        let (guess, h) = (at(0.6), 1e-5);
        let mean = (at(0.6 + h).mean - at(0.6 - h).mean) / (2.0 * h);
        let variance = (at(0.6 + h).variance - at(0.6 - h).variance) / (2.0 * h);
        assert!((guess.mean_slope[0] - mean).abs() < 1e-5);
        assert!((guess.variance_slope[0] - variance).abs() < 1e-5);
    }

    #[test]
    fn so_they_are_where_a_direction_counts() {
        let (names, places, values) = data(20);
        let belief = Belief::before(&names).slanted(&[1.5, -2.5, 0.7]);
        let process = Process::new(&belief, places, &values).unwrap();
        let at = |x: f64, y: f64| process.guess(&[x, y, 2.0], &[0, 1]);
        let (guess, h) = (at(0.6, 0.3), 1e-5);
        let slopes = [(at(0.6 + h, 0.3), at(0.6 - h, 0.3)), (at(0.6, 0.3 + h), at(0.6, 0.3 - h))];
        for (k, (up, down)) in slopes.into_iter().enumerate() {
            assert!((guess.mean_slope[k] - (up.mean - down.mean) / (2.0 * h)).abs() < 1e-5, "{k}");
            assert!(
                (guess.variance_slope[k] - (up.variance - down.variance) / (2.0 * h)).abs() < 1e-5,
                "{k}"
            );
        }
    }

    #[test]
    fn the_same_place_many_times_is_noise() {
        let places = vec![vec![0.5]; 30];
        let values: Vec<f64> = (0..30).map(|n| f64::from(n % 2)).collect();
        let process = Process::new(&Belief::before(&[false]), places, &values).unwrap();
        assert!((process.guess(&[0.5], &[]).mean - 0.5).abs() < 0.1);
    }
}
