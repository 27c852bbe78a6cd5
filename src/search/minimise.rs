//! The least value of a smooth function in a box.

use crate::search::linear::dot;

/// A function's value and gradient; `None` where it has none.
pub(crate) type Slope = Option<(f64, Vec<f64>)>;

/// Goes down from `start`, within `low..=high`, at most `rounds` steps: BFGS on the coordinates that do not rest on a bound.
///
/// Gives the best point and its value; `None` if the function has none at the start.
pub(crate) fn minimise(
    start: &[f64],
    low: &[f64],
    high: &[f64],
    rounds: usize,
    function: &mut dyn FnMut(&[f64]) -> Slope,
) -> Option<(Vec<f64>, f64)> {
    let size = start.len();
    let mut x: Vec<f64> = (0..size).map(|k| start[k].max(low[k]).min(high[k])).collect();
    let (mut value, mut slope) = function(&x)?;
    // What is known of the curvature; `None` before the first step, and after one that led nowhere.
    let mut inverse: Option<Vec<Vec<f64>>> = None;
    for _ in 0..rounds {
        let free: Vec<bool> = (0..size)
            .map(|k| !(x[k] <= low[k] && slope[k] > 0.0 || x[k] >= high[k] && slope[k] < 0.0))
            .collect();
        let downhill: Vec<f64> = (0..size).map(|k| if free[k] { -slope[k] } else { 0.0 }).collect();
        let length = dot(&downhill, &downhill).sqrt();
        if length < 1e-9 {
            break;
        }
        let bent = inverse.as_ref().map(|inverse| -> Vec<f64> {
            (0..size).map(|k| if free[k] { dot(&inverse[k], &downhill) } else { 0.0 }).collect()
        });
        let way = bent
            .filter(|way| dot(way, &downhill) > 1e-9 * length * length.min(1.0))
            .unwrap_or_else(|| downhill.iter().map(|step| step * (0.3 / length).min(1.0)).collect());
        let Some((next, next_value, next_slope)) = step(&x, value, &slope, &way, low, high, function) else {
            if inverse.take().is_some() {
                continue;
            }
            break;
        };
        let moved: Vec<f64> = (0..size).map(|k| next[k] - x[k]).collect();
        let bent: Vec<f64> = (0..size).map(|k| next_slope[k] - slope[k]).collect();
        let gained = value - next_value;
        (x, value, slope) = (next, next_value, next_slope);
        let scale = dot(&moved, &bent) / dot(&bent, &bent);
        if scale > 0.0 && scale.is_finite() {
            update(inverse.get_or_insert_with(|| diagonal(size, scale)), &moved, &bent);
        }
        if gained < 1e-9 * (1.0 + value.abs()) {
            break;
        }
    }
    Some((x, value))
}

fn diagonal(size: usize, cell: f64) -> Vec<Vec<f64>> {
    (0..size).map(|i| (0..size).map(|j| if i == j { cell } else { 0.0 }).collect()).collect()
}

/// The first of shorter and shorter steps that goes down enough.
fn step(
    x: &[f64],
    value: f64,
    slope: &[f64],
    way: &[f64],
    low: &[f64],
    high: &[f64],
    function: &mut dyn FnMut(&[f64]) -> Slope,
) -> Option<(Vec<f64>, f64, Vec<f64>)> {
    let mut length = 1.0;
    for _ in 0..16 {
        let next: Vec<f64> =
            (0..x.len()).map(|k| (x[k] + length * way[k]).max(low[k]).min(high[k])).collect();
        let promised: f64 = (0..x.len()).map(|k| slope[k] * (next[k] - x[k])).sum();
        if promised >= 0.0 {
            return None;
        }
        if let Some((next_value, next_slope)) = function(&next)
            && next_value <= value + 1e-4 * promised
        {
            return Some((next, next_value, next_slope));
        }
        length *= 0.4;
    }
    None
}

/// The BFGS update of an inverse Hessian.
fn update(inverse: &mut [Vec<f64>], moved: &[f64], bent: &[f64]) {
    let curved = dot(moved, bent);
    if !(curved > 1e-12 && curved.is_finite()) {
        return;
    }
    let turned: Vec<f64> = inverse.iter().map(|row| dot(row, bent)).collect();
    let scale = (1.0 + dot(bent, &turned) / curved) / curved;
    for i in 0..moved.len() {
        for j in 0..moved.len() {
            inverse[i][j] +=
                scale * moved[i] * moved[j] - (moved[i] * turned[j] + turned[i] * moved[j]) / curved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> Slope {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        Some((a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b]))
    }

    #[test]
    fn finds_the_valley() {
        let (x, value) = minimise(&[-1.2, 1.0], &[-5.0; 2], &[5.0; 2], 200, &mut rosenbrock).unwrap();
        assert!(value < 1e-6, "{x:?}");
    }

    #[test]
    fn stops_at_the_box() {
        let (x, _) = minimise(&[-1.2, 1.0], &[-5.0; 2], &[0.5, 5.0], 200, &mut rosenbrock).unwrap();
        assert!((x[0] - 0.5).abs() < 1e-6 && (x[1] - 0.25).abs() < 1e-3, "{x:?}");
    }

    #[test]
    fn a_function_without_values() {
        assert_eq!(minimise(&[0.0], &[0.0], &[1.0], 9, &mut |_| None), None);
        assert_eq!(minimise(&[], &[], &[], 9, &mut |_| Some((1.0, Vec::new()))), Some((Vec::new(), 1.0)));
    }
}
