//! Numbers, compared whatever their types.

use std::cmp::Ordering;

use crate::schema::duration::read_duration;
use crate::value::Kind;

/// Compares two numbers, or two spans of time. `None`: they cannot be compared, as nothing can with NaN.
pub(crate) fn compare(a: &Kind, b: &Kind) -> Option<Ordering> {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => match (real(a), real(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ => match (read_duration(a), read_duration(b)) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => None,
            },
        },
    }
}

fn whole(kind: &Kind) -> Option<i128> {
    match kind {
        Kind::Int(i) => Some(i128::from(*i)),
        Kind::BigInt(digits) => digits.parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a limit beside a float is one")]
fn real(kind: &Kind) -> Option<f64> {
    match kind {
        Kind::Int(i) => Some(*i as f64),
        Kind::BigInt(digits) => digits.parse().ok(),
        Kind::Float(x) => Some(*x),
        _ => None,
    }
}
