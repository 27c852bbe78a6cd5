//! The standard normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// `ln sqrt(2 pi)`.
const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_7;

/// Its density.
pub(crate) fn density(z: f64) -> f64 {
    (-0.5 * z * z - LN_SQRT_TAU).exp()
}

/// The probability of a value below `z`.
pub(crate) fn below(z: f64) -> f64 {
    0.5 * upper_tail(-z * FRAC_1_SQRT_2)
}

/// The complementary error function: a series about zero, a continued fraction further out.
fn upper_tail(x: f64) -> f64 {
    let size = x.abs();
    let tail = if size < 2.0 {
        let (mut term, mut sum) = (size, size);
        for n in 1..60 {
            term *= -size * size / f64::from(n);
            let part = term / f64::from(2 * n + 1);
            sum += part;
            if part.abs() < 1e-17 * sum.abs() {
                break;
            }
        }
        1.0 - sum * 2.0 / PI.sqrt()
    } else {
        let mut fraction = size;
        for k in (1..=60).rev() {
            fraction = size + f64::from(k) / 2.0 / fraction;
        }
        (-size * size).exp() / PI.sqrt() / fraction
    };
    if x < 0.0 { 2.0 - tail } else { tail }
}

/// `ln(density(z) + z * below(z))`, the logarithm of the improvement that a standard normal value brings over `-z`, and its
/// derivative; good where the improvement itself is too small for a float.
pub(crate) fn ln_improvement(z: f64) -> (f64, f64) {
    if z > -5.0 {
        let (share, value) = (below(z), density(z) + z * below(z));
        let value = value.max(f64::MIN_POSITIVE);
        return (value.ln(), share / value);
    }
    // Far out: density(z) / z² times a series in 1/z², and a continued fraction for the ratio of tail and density.
    let size = -z;
    let mut fraction = size;
    for k in (1..=40).rev() {
        fraction = size + f64::from(k) / fraction;
    }
    let mills = 1.0 / fraction;
    let gap = if size > 60.0 { 1.0 / (size * size) } else { 1.0 - size * mills };
    (-0.5 * z * z - LN_SQRT_TAU + gap.ln(), mills / gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (z, p) in [(0.0, 0.5), (1.0, 0.841_344_746_068_542_9), (-3.0, 0.001_349_898_031_630_094_6)] {
            assert!((below(z) - p).abs() < 1e-14, "{z}");
        }
        assert!((below(-8.0) / 6.220_960_574_271_786e-16 - 1.0).abs() < 1e-10);
    }

    #[test]
    fn improvement_has_no_seam_and_its_slope_is_its_derivative() {
        let ends = [-5.0 - 1e-9, -5.0 + 1e-9];
        assert!((ln_improvement(ends[0]).0 - ln_improvement(ends[1]).0).abs() < 1e-6);
        for z in [-200.0, -59.0, -20.0, -6.0, -4.0, -1.0, 0.0, 2.0, 10.0] {
            let h = 1e-5;
            let slope = (ln_improvement(z + h).0 - ln_improvement(z - h).0) / (2.0 * h);
            assert!((slope / ln_improvement(z).1 - 1.0).abs() < 1e-3, "{z}: {slope}");
        }
    }
}
