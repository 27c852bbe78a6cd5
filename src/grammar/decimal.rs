//! Decimal arithmetic for ranges of floats: `range(0, 1, 0.1)` has ten numbers, and the fourth is `0.3`.
//!
//! Numbers have up to 28 significant digits; results are rounded half to even. A sum is exact before that rounding
//! as far as 36 digits reach.

use std::cmp::Ordering;

use crate::grammar::value::Number;

/// A decimal number, `mantissa · 10^exponent`. Equality is exact.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i128,
    exponent: i32,
}

const DIGITS: u32 = 28;
const WINDOW: u32 = 36;

impl Decimal {
    /// The shortest decimal that reads back as the number. `None` for infinities, NaN, booleans, and integers of
    /// more than 36 digits.
    pub(crate) fn new(number: &Number) -> Option<Self> {
        match number {
            Number::Bool(_) => None,
            Number::Int(i) => Some(Self { mantissa: i128::from(*i), exponent: 0 }),
            Number::BigInt(digits) => {
                let mantissa: i128 = digits.parse().ok()?;
                (count(mantissa) <= WINDOW).then_some(Self { mantissa, exponent: 0 })
            }
            Number::Float(f) => Self::from_float(*f),
            Number::Decimal(decimal) => Some(*decimal),
        }
    }

    fn from_float(f: f64) -> Option<Self> {
        if !f.is_finite() {
            return None;
        }
        let text = format!("{f:e}");
        let (digits, exponent) = text.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let mantissa = digits.replace('.', "").parse().ok()?;
        Some(Self { mantissa, exponent: exponent - i32::try_from(fraction).ok()? })
    }

    /// The nearest float.
    pub fn to_float(self) -> f64 {
        format!("{}e{}", self.mantissa, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The number of a range: a float if it shows the decimal exactly.
    pub(crate) fn number(self) -> Number {
        let float = self.to_float();
        match Self::from_float(float) {
            Some(shown) if shown == self => Number::Float(float),
            _ => Number::Decimal(self),
        }
    }

    pub(crate) fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, ..self }
    }

    pub(crate) fn half(self) -> Self {
        Self { mantissa: self.mantissa.saturating_mul(5), exponent: self.exponent - 1 }.rounded()
    }

    /// How it compares with zero.
    pub(crate) fn sign(self) -> Ordering {
        self.mantissa.cmp(&0)
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        self.plus(other.negated()).sign()
    }

    pub(crate) fn times(self, factor: u64) -> Self {
        match self.mantissa.checked_mul(i128::from(factor)) {
            Some(mantissa) => Self { mantissa, ..self }.rounded(),
            None => {
                let (high, low) = (factor / 1_000_000_000, factor % 1_000_000_000);
                let high = self.rounded().times_small(high).times_small(1_000_000_000);
                high.plus(self.rounded().times_small(low))
            }
        }
    }

    /// Times at most 2^34: the product of 28 digits and that fits.
    fn times_small(self, factor: u64) -> Self {
        Self { mantissa: self.mantissa.saturating_mul(i128::from(factor)), ..self }.rounded()
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (a, b) = if self.order() >= other.order() { (self, other) } else { (other, self) };
        if a.mantissa == 0 || b.mantissa == 0 {
            return if a.mantissa == 0 { b.rounded() } else { a.rounded() };
        }
        let spare = i32::try_from(WINDOW.saturating_sub(count(a.mantissa))).unwrap_or(0);
        let exponent = a.exponent.min(b.exponent).max(a.exponent - spare);
        let high = a.mantissa.saturating_mul(power(a.exponent - exponent));
        let (low, sticky) = if b.exponent >= exponent {
            (b.mantissa.saturating_mul(power(b.exponent - exponent)), false)
        } else {
            let divisor = power(exponent - b.exponent);
            (b.mantissa / divisor, b.mantissa % divisor != 0)
        };
        let mantissa = high.saturating_add(low);
        if sticky {
            // One more digit stands for what was cut off: only its sign matters, and that it is there.
            let more = mantissa.saturating_mul(10).saturating_add(b.mantissa.signum());
            return Self { mantissa: more, exponent: exponent - 1 }.rounded();
        }
        Self { mantissa, exponent }.rounded()
    }

    /// The place of the first digit.
    fn order(self) -> i32 {
        self.exponent.saturating_add(i32::try_from(count(self.mantissa)).unwrap_or(0))
    }

    fn rounded(self) -> Self {
        let digits = count(self.mantissa);
        if digits <= DIGITS {
            return self;
        }
        let cut = i32::try_from(digits - DIGITS).unwrap_or(0);
        let divisor = power(cut);
        let (quotient, rest) = (self.mantissa / divisor, (self.mantissa % divisor).abs());
        let up = match rest.saturating_mul(2).cmp(&divisor) {
            Ordering::Greater => true,
            Ordering::Equal => quotient % 2 != 0,
            Ordering::Less => false,
        };
        let mantissa = quotient + if up { self.mantissa.signum() } else { 0 };
        Self { mantissa, exponent: self.exponent + cut }.rounded()
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other) == Ordering::Equal
    }
}

/// How many decimal digits; 0 has none.
fn count(mantissa: i128) -> u32 {
    mantissa.unsigned_abs().checked_ilog10().map_or(0, |log| log + 1)
}

fn power(exponent: i32) -> i128 {
    let exponent = u32::try_from(exponent).unwrap_or(0);
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(f: f64) -> Decimal {
        Decimal::new(&Number::Float(f)).unwrap()
    }

    #[test]
    fn sums_are_those_of_the_written_digits() {
        let (start, step) = (decimal(0.1), decimal(0.1));
        let numbers: Vec<f64> = (0..5).map(|i| start.plus(step.times(i)).to_float()).collect();
        assert_eq!(numbers, [0.1, 0.2, 0.3, 0.4, 0.5]);
        assert_eq!(decimal(1e300).plus(decimal(-1e-300)).to_float(), 1e300);
        assert_eq!(decimal(1e300).compare(decimal(1e299)), Ordering::Greater);
        assert_eq!(decimal(-0.5).half().to_float(), -0.25);
        assert_eq!(decimal(0.1).compare(decimal(0.1)), Ordering::Equal);
        assert_eq!(decimal(0.25).times(u64::MAX).to_float(), 0.25 * 18_446_744_073_709_551_615_f64);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for number in [Number::Float(f64::NAN), Number::Float(f64::INFINITY), Number::Bool(true)] {
            assert!(Decimal::new(&number).is_none());
        }
    }
}
