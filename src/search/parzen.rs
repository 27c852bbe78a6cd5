//! A density around points that were seen.

use crate::random::Stream;
use crate::search::domain::Domain;
use crate::search::normal::below;

/// A mixture of one kernel for each point that was seen, and a wide one.
///
/// A kernel is a product over the parameters: a normal distribution, cut off at the ends of the scale, for one that has an
/// order; for one that has none, most of it is on the choice that was seen.
#[derive(Clone, Debug)]
pub(crate) struct Parzen {
    columns: Vec<Column>,
    /// For each kernel the place in each column, kernel by kernel; the last kernel is the wide one.
    centers: Vec<f64>,
    /// For each kernel the logarithm of its height: how much of it is cut off, and its share of the mixture.
    heights: Vec<f64>,
}

/// One parameter in a mixture.
#[derive(Clone, Copy, Debug)]
struct Column {
    /// How many choices there are, if they have no order.
    choices: Option<usize>,
    /// The deviation of a kernel.
    width: f64,
    /// For choices without an order, the logarithms of the density at a kernel's own choice and at another.
    hit: f64,
    miss: f64,
}

/// Where the wide kernel lies and how wide it is.
const MIDDLE: f64 = 0.5;
const WIDE: f64 = 1.0;

impl Parzen {
    /// The density around these points of the unit cube.
    pub(crate) fn new(domains: &[Domain], seen: &[Vec<f64>]) -> Self {
        let (count, dimensions) = (seen.len() as f64, domains.len() as f64);
        let width =
            (0.2 * count.max(1.0).powf(-1.0 / (dimensions + 4.0))).max(0.5 / (count + 1.0).min(100.0));
        let columns: Vec<Column> = domains
            .iter()
            .map(|domain| {
                let choices =
                    if domain.unordered() { domain.count().map(|count| count as usize) } else { None };
                let cell = domain.count().map_or(0.0, |count| 0.5 / count as f64);
                let spread =
                    choices.map_or(1.0, |choices| 1.0 / choices as f64) / (count + 1.0).sqrt().max(1.0);
                let hit = 1.0 - spread * (1.0 - 1.0 / choices.unwrap_or(1) as f64);
                let miss = (1.0 - hit) / (choices.unwrap_or(1).max(2) - 1) as f64;
                Column { choices, width: width.max(cell), hit: hit.ln(), miss: miss.max(1e-300).ln() }
            })
            .collect();
        let mut centers: Vec<f64> = seen.iter().flatten().copied().collect();
        centers.extend(domains.iter().map(|_| MIDDLE));
        // Most columns are as wide as each other.
        let mut cuts: Vec<(f64, Cut)> = Vec::new();
        for column in columns.iter().filter(|column| column.choices.is_none()) {
            if !cuts.iter().any(|(width, _)| *width == column.width) {
                cuts.push((column.width, Cut::of(column.width)));
            }
        }
        let share = (count + 1.0).ln();
        let mut heights: Vec<f64> = seen
            .iter()
            .map(|place| {
                let cut = |(column, at): (&Column, &f64)| {
                    let same =
                        cuts.iter().find(|(width, _)| column.choices.is_none() && *width == column.width);
                    same.map_or(0.0, |(_, cut)| cut.at(*at))
                };
                -columns.iter().zip(place).map(cut).sum::<f64>() - share
            })
            .collect();
        let wide = Cut::exactly(MIDDLE, WIDE);
        let wide: f64 =
            columns.iter().map(|column| column.choices.map_or(wide, |choices| (choices as f64).ln())).sum();
        heights.push(-wide - share);
        Self { columns, centers, heights }
    }

    /// A place drawn from it.
    pub(crate) fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let kernel = stream.below(self.heights.len());
        let wide = kernel + 1 == self.heights.len();
        let from = kernel * self.columns.len();
        self.columns
            .iter()
            .enumerate()
            .map(|(k, column)| {
                let center = self.centers[from + k];
                match column.choices {
                    Some(choices) => {
                        let stays = !wide && stream.unit() < column.hit.exp();
                        let other = (stream.below(choices) as f64 + 0.5) / choices as f64;
                        if stays { center } else { other }
                    }
                    None => {
                        let width = if wide { WIDE } else { column.width };
                        // What falls outside is drawn again; at least a third falls inside.
                        let mut draws = (0..64).map(|_| center + width * stream.normal());
                        draws.find(|at| (0.0..=1.0).contains(at)).unwrap_or(center)
                    }
                }
            })
            .collect()
    }

    /// The logarithm of its density at a place, but for a number that all mixtures of the same parameters share.
    pub(crate) fn ln(&self, place: &[f64]) -> f64 {
        let size = self.columns.len();
        let numbers = |scale: &dyn Fn(&Column) -> f64| -> Vec<f64> {
            self.columns
                .iter()
                .map(|column| if column.choices.is_some() { 0.0 } else { scale(column) })
                .collect()
        };
        let names: Vec<usize> = (0..size).filter(|k| self.columns[*k].choices.is_some()).collect();
        let narrow = numbers(&|column| 0.5 / (column.width * column.width));
        let wide = numbers(&|_| 0.5 / (WIDE * WIDE));
        let last = self.heights.len() - 1;
        let mut lns = Vec::with_capacity(self.heights.len());
        for (kernel, height) in self.heights.iter().enumerate() {
            let center = &self.centers[kernel * size..(kernel + 1) * size];
            let scales = if kernel == last { &wide } else { &narrow };
            let off: f64 =
                center.iter().zip(place).zip(scales).map(|((c, p), scale)| (c - p) * (c - p) * scale).sum();
            lns.push(height - off);
            if kernel != last {
                for &k in &names {
                    let column = &self.columns[k];
                    lns[kernel] += if (center[k] - place[k]).abs() < 1e-9 { column.hit } else { column.miss };
                }
            }
        }
        let most = lns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // What is so much less does not change the sum.
        most + lns.iter().filter(|ln| **ln > most - 25.0).map(|ln| (ln - most).exp()).sum::<f64>().ln()
    }
}

/// How much of a normal distribution lies on the scale from 0 to 1, wherever its middle is.
struct Cut {
    /// At evenly spaced middles: the logarithm of that share, times the deviation.
    table: [f64; Cut::STEPS + 1],
}

impl Cut {
    const STEPS: usize = 64;

    fn of(width: f64) -> Self {
        Self { table: std::array::from_fn(|step| Self::exactly(step as f64 / Self::STEPS as f64, width)) }
    }

    fn exactly(middle: f64, width: f64) -> f64 {
        ((below((1.0 - middle) / width) - below(-middle / width)) * width).max(1e-300).ln()
    }

    fn at(&self, middle: f64) -> f64 {
        let at = middle.clamp(0.0, 1.0) * Self::STEPS as f64;
        let step = (at as usize).min(Self::STEPS - 1);
        let part = at - step as f64;
        self.table[step] * (1.0 - part) + self.table[step + 1] * part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_density_is_one_but_for_the_root_of_tau() {
        let domains = [Domain::float(0.0, 1.0), Domain::choice(3)];
        let parzen = Parzen::new(&domains, &[vec![0.05, 0.5], vec![0.7, 0.5], vec![0.6, 1.0 / 6.0]]);
        let steps = 400;
        let mut sum = 0.0;
        for step in 0..steps {
            for choice in 0..3 {
                let place = [(step as f64 + 0.5) / f64::from(steps), (f64::from(choice) + 0.5) / 3.0];
                sum += parzen.ln(&place).exp() / f64::from(steps);
            }
        }
        assert!((sum / std::f64::consts::TAU.sqrt() - 1.0).abs() < 0.01, "{sum}");
    }

    #[test]
    fn draws_where_it_is_dense() {
        let parzen = Parzen::new(&[Domain::float(0.0, 1.0)], &vec![vec![0.9]; 50]);
        let mut stream = Stream::new(1, 1);
        let near = (0..1000).filter(|_| (parzen.draw(&mut stream)[0] - 0.9).abs() < 0.3).count();
        assert!(near > 900, "{near}");
        assert!(parzen.ln(&[0.9]) > parzen.ln(&[0.2]) + 2.0);
    }
}
