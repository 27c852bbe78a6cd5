//! The parabola that fits values best, and where it is steep.

use crate::search::linear::{Lower, add_scaled, dot, eigen};

/// The squares of the least and of the greatest slope that is told.
const LEVEL: f64 = 0.01;
const STEEP: f64 = 100.0;

/// The variance of what a parabola cannot say.
const NOISE: f64 = 0.03;

/// The direction across the columns in which a parabola through these values is steepest on the whole, as long as it is steep
/// there; `None` if less than two columns are numbers. Names have no part in it.
///
/// It is the first direction of the active subspace (Constantine, 2015), from the average square of the slope at the places.
/// A parabola knows it from few values, where a process that looks along each column for itself learns nothing of it.
pub(crate) fn steepest(names: &[bool], places: &[Vec<f64>], values: &[f64]) -> Option<Vec<f64>> {
    let columns: Vec<usize> = (0..names.len()).filter(|k| !names[*k]).collect();
    if columns.len() < 2 {
        return None;
    }
    // About as far from the middle on average, however many columns there are.
    let scale = 2.0 / (columns.len() as f64 / 3.0).sqrt();
    let points: Vec<Vec<f64>> =
        places.iter().map(|place| columns.iter().map(|k| scale * (place[*k] - 0.5)).collect()).collect();
    let pull = pull(&points, values)?;
    let mut squares = vec![vec![0.0; columns.len()]; columns.len()];
    for point in &points {
        let mut slope = vec![0.0; columns.len()];
        for (other, pull) in points.iter().zip(&pull) {
            add_scaled(&mut slope, scale * pull * 0.5 * (1.0 + dot(point, other)), other);
        }
        for (row, part) in squares.iter_mut().zip(&slope) {
            add_scaled(row, part / points.len() as f64, &slope);
        }
    }
    let (squares, directions) = eigen(&squares);
    let most = (0..squares.len()).max_by(|a, b| squares[*a].total_cmp(&squares[*b]))?;
    let slope = squares[most].clamp(LEVEL, STEEP).sqrt();
    let mut steepest = vec![0.0; names.len()];
    for (column, part) in columns.iter().zip(&directions[most]) {
        steepest[*column] = slope * part;
    }
    steepest.iter().all(|part| part.is_finite()).then_some(steepest)
}

/// How much of `(1 + x·p)² / 4` for each of these points `p` makes the parabola through the values at them.
fn pull(points: &[Vec<f64>], values: &[f64]) -> Option<Vec<f64>> {
    let mut covariance = Lower::zeros(points.len());
    for (i, point) in points.iter().enumerate() {
        let row = covariance.row_mut(i);
        for (cell, other) in row.iter_mut().zip(points) {
            *cell = 0.25 * (1.0 + dot(point, other)).powi(2);
        }
        row[i] += NOISE;
    }
    let whitener = covariance.cholesky()?.inverse();
    Some(whitener.transposed_times(&whitener.times(values)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_steepest_direction_lies_across_a_valley() {
        let mut stream = Stream::new(7, 7);
        let places: Vec<Vec<f64>> =
            (0..15).map(|_| vec![stream.unit(), f64::from(stream.below(3) as u8), stream.unit()]).collect();
        let values: Vec<f64> = places.iter().map(|p| 4.0 * (p[0] - p[2]).powi(2) + 0.1 * p[0]).collect();
        let steepest = steepest(&[false, true, false], &places, &values).unwrap();
        assert!((steepest[0] / steepest[2] + 1.0).abs() < 0.3, "{steepest:?}");
        assert_eq!(steepest[1], 0.0);
    }

    #[test]
    fn one_number_has_no_direction_across() {
        assert_eq!(steepest(&[false, true], &[vec![0.1, 0.0], vec![0.7, 1.0]], &[1.0, 2.0]), None);
    }
}
