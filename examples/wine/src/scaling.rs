//! What is done to the features before a model sees them.

use crate::config::Preprocessing;
use crate::data::{FEATURES, Row};

/// A shift and a factor for each feature.
#[derive(Debug, PartialEq)]
pub struct Scaling {
    shift: Row,
    factor: Row,
    low: f64,
}

impl Scaling {
    /// Measures the training side; the test side must not have a say.
    pub fn fit(how: &Preprocessing, rows: &[Row]) -> Self {
        let column = |feature: usize| rows.iter().map(move |row| row[feature]);
        match *how {
            Preprocessing::None => Self { shift: [0.0; FEATURES], factor: [1.0; FEATURES], low: 0.0 },
            Preprocessing::Standard => {
                let shift = std::array::from_fn(|feature| mean(column(feature)));
                let deviation = |feature: usize| {
                    let shift: &Row = &shift;
                    mean(column(feature).map(|x| (x - shift[feature]).powi(2))).sqrt()
                };
                Self { shift, factor: std::array::from_fn(|feature| inverse(deviation(feature))), low: 0.0 }
            }
            Preprocessing::Minmax { low, high } => {
                let least: Row = std::array::from_fn(|feature| column(feature).fold(f64::INFINITY, f64::min));
                let most: Row =
                    std::array::from_fn(|feature| column(feature).fold(f64::NEG_INFINITY, f64::max));
                let factor =
                    std::array::from_fn(|feature| (high - low) * inverse(most[feature] - least[feature]));
                Self { shift: least, factor, low }
            }
        }
    }

    /// The same rows, scaled.
    pub fn apply(&self, rows: &[Row]) -> Vec<Row> {
        let scale = |row: &Row| {
            std::array::from_fn(|feature| {
                (row[feature] - self.shift[feature]) * self.factor[feature] + self.low
            })
        };
        rows.iter().map(scale).collect()
    }
}

/// A feature that is the same in all rows says nothing: it becomes 0 instead of a division by 0.
fn inverse(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { 1.0 / x }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer wines than 2^52")]
fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len().max(1) as f64;
    numbers.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        [1.0, 2.0, 3.0].map(|x| std::array::from_fn(|feature| if feature == 0 { x } else { 5.0 })).into()
    }

    fn first(how: &Preprocessing) -> [f64; 3] {
        let scaled = Scaling::fit(how, &rows()).apply(&rows());
        std::array::from_fn(|row| scaled[row][0])
    }

    #[test]
    fn scales_by_hand_checked_numbers() {
        let deviation = (2.0_f64 / 3.0).sqrt();
        assert_eq!(first(&Preprocessing::None), [1.0, 2.0, 3.0]);
        assert_eq!(first(&Preprocessing::Minmax { low: -1.0, high: 1.0 }), [-1.0, 0.0, 1.0]);
        for (found, expected) in first(&Preprocessing::Standard).into_iter().zip([-1.0, 0.0, 1.0]) {
            assert!((found - expected / deviation).abs() < 1e-12);
        }
    }

    #[test]
    fn a_constant_feature_stays_a_number() {
        for how in [Preprocessing::Standard, Preprocessing::Minmax { low: 0.0, high: 1.0 }] {
            assert_eq!(Scaling::fit(&how, &rows()).apply(&rows())[1][1], 0.0);
        }
    }
}
