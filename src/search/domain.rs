//! What values one parameter can have.

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Of a [`Domain::Float`].
    Float(f64),
    /// Of a [`Domain::Integer`].
    Integer(i64),
    /// The index of one of the choices of a [`Domain::Choice`].
    Choice(usize),
}

/// The values that a parameter can have, and what it means for two of them to be near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// A number from `low` to `high`, both possible.
    Float {
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
        /// Whether the distance of two values is their ratio; then `low` is above 0.
        log: bool,
        /// Only `low`, `low + step`, …, where given; above 0.
        step: Option<f64>,
    },
    /// A whole number from `low` to `high`, both possible.
    Integer {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
        /// Whether the distance of two values is their ratio; then `low` is above 0.
        log: bool,
        /// Only `low`, `low + step`, …; at least 1.
        step: i64,
    },
    /// One of so many choices.
    Choice {
        /// How many there are, at least one.
        count: usize,
        /// Whether neighbours are more alike than others.
        ordered: bool,
    },
}

/// What is wrong with a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DomainFlaw {
    /// The least value is above the greatest, or there is no choice.
    Empty,
    /// A bound is infinite or no number, or the range between them is.
    Infinite,
    /// On a logarithmic scale `low` must be above 0.
    LogOfZero,
    /// A step must be above 0.
    Step,
}

impl Domain {
    /// A number on a linear scale.
    pub fn float(low: f64, high: f64) -> Self {
        Self::Float { low, high, log: false, step: None }
    }

    /// A number on a logarithmic scale.
    pub fn log_float(low: f64, high: f64) -> Self {
        Self::Float { low, high, log: true, step: None }
    }

    /// A whole number on a linear scale.
    pub fn integer(low: i64, high: i64) -> Self {
        Self::Integer { low, high, log: false, step: 1 }
    }

    /// A whole number on a logarithmic scale.
    pub fn log_integer(low: i64, high: i64) -> Self {
        Self::Integer { low, high, log: true, step: 1 }
    }

    /// One of `count` choices without an order.
    pub fn choice(count: usize) -> Self {
        Self::Choice { count, ordered: false }
    }

    /// What is wrong with it, if anything.
    pub fn flaw(&self) -> Option<DomainFlaw> {
        match *self {
            Self::Float { low, high, log, step } => match () {
                () if !(low.is_finite() && high.is_finite() && (high - low).is_finite()) => {
                    Some(DomainFlaw::Infinite)
                }
                () if low > high => Some(DomainFlaw::Empty),
                () if log && low <= 0.0 => Some(DomainFlaw::LogOfZero),
                () if step.is_some_and(|step| !(step > 0.0 && step.is_finite())) => Some(DomainFlaw::Step),
                () => None,
            },
            Self::Integer { low, high, log, step } => match () {
                () if low > high => Some(DomainFlaw::Empty),
                () if log && low <= 0 => Some(DomainFlaw::LogOfZero),
                () if step < 1 => Some(DomainFlaw::Step),
                () => None,
            },
            Self::Choice { count, .. } => (count == 0).then_some(DomainFlaw::Empty),
        }
    }

    /// How many values there are; `None` of a float without steps.
    pub fn count(&self) -> Option<u64> {
        match *self {
            Self::Float { low, high, step: Some(step), .. } => {
                Some((((high - low) / step + 1e-9) as u64).saturating_add(1))
            }
            Self::Float { step: None, .. } => None,
            Self::Integer { low, high, step, .. } => {
                Some((high.abs_diff(low) / step.unsigned_abs().max(1)).saturating_add(1))
            }
            Self::Choice { count, .. } => Some(count as u64),
        }
    }

    /// Whether the value is one of these.
    pub fn contains(&self, value: Value) -> bool {
        match (*self, value) {
            (Self::Float { low, high, step, .. }, Value::Float(value)) => {
                (low..=high).contains(&value)
                    && step.is_none_or(|step| {
                        let steps = (value - low) / step;
                        // Far from zero, numbers themselves have steps; and of more steps than can be counted all are there.
                        let blur = 4.0 * f64::EPSILON * (value.abs() + low.abs()) / step;
                        steps.is_infinite() || (steps - steps.round()).abs() < 1e-6 + blur
                    })
            }
            (Self::Integer { low, high, step, .. }, Value::Integer(value)) => {
                (low..=high).contains(&value) && value.abs_diff(low) % step.unsigned_abs().max(1) == 0
            }
            (Self::Choice { count, .. }, Value::Choice(index)) => index < count,
            _ => false,
        }
    }

    /// The value of that index, of those that are apart: the lowest has 0.
    pub(crate) fn nth(&self, index: u64) -> Value {
        match *self {
            Self::Float { low, high, step, .. } => {
                Value::Float((low + index as f64 * step.unwrap_or(0.0)).clamp(low, high))
            }
            Self::Integer { low, high, step, .. } => {
                let steps = index.saturating_mul(step.unsigned_abs());
                Value::Integer(low.saturating_add_unsigned(steps).clamp(low, high))
            }
            Self::Choice { count, .. } => {
                Value::Choice(usize::try_from(index).unwrap_or(usize::MAX).min(count.saturating_sub(1)))
            }
        }
    }

    /// The index of such a value.
    pub(crate) fn index(&self, value: Value) -> u64 {
        match (*self, value) {
            (Self::Float { low, step: Some(step), .. }, Value::Float(value)) => {
                ((value - low) / step).round() as u64
            }
            (Self::Integer { low, step, .. }, Value::Integer(value)) => {
                value.abs_diff(low) / step.unsigned_abs().max(1)
            }
            (_, Value::Choice(index)) => index as u64,
            _ => 0,
        }
    }

    /// Whether its values have no order.
    pub(crate) fn unordered(&self) -> bool {
        matches!(self, Self::Choice { ordered: false, .. })
    }

    /// The ends of the scale that is divided evenly: logarithms on a logarithmic one, half a step further out where values
    /// are apart, so that each of them has a cell of its own.
    fn ends(&self) -> (f64, f64) {
        let (low, high, log, half) = match *self {
            Self::Float { low, high, log, step } => (low, high, log, step.unwrap_or(0.0) / 2.0),
            Self::Integer { low, high, log, step } => (low as f64, high as f64, log, step as f64 / 2.0),
            Self::Choice { count, .. } => (0.0, count.saturating_sub(1) as f64, false, 0.5),
        };
        // Of steps that do not come out even, the last value is the last one that is reached.
        let high = match *self {
            Self::Float { step: Some(step), .. } => {
                (low + ((high - low) / step + 1e-9).floor() * step).min(high)
            }
            Self::Integer { step, .. } if step > 1 => {
                low + ((high - low) / step as f64).floor() * step as f64
            }
            _ => high,
        };
        if log { ((low - half.min(low / 2.0)).ln(), (high + half).ln()) } else { (low - half, high + half) }
    }

    /// Where on the scale from 0 to 1 the value lies; the middle of its cell where values are apart.
    pub fn unit(&self, value: Value) -> f64 {
        let (low, high) = self.ends();
        let at = match value {
            Value::Float(value) => value,
            Value::Integer(value) => value as f64,
            Value::Choice(index) => index as f64,
        };
        let log = matches!(self, Self::Float { log: true, .. } | Self::Integer { log: true, .. });
        let unit = ((if log { at.ln() } else { at }) - low) / (high - low);
        if unit.is_finite() { unit.clamp(0.0, 1.0) } else { 0.5 }
    }

    /// The value at that place of the scale from 0 to 1; what lies outside counts as the nearer end.
    pub fn at(&self, unit: f64) -> Value {
        let unit = if unit.is_nan() { 0.5 } else { unit.clamp(0.0, 1.0) };
        let (first, last) = self.ends();
        let at = first + unit * (last - first);
        match *self {
            Self::Float { low, high, log, step } => {
                let at = if log { at.exp() } else { at };
                let at = step.map_or(at, |step| {
                    let most = ((high - low) / step + 1e-9).floor().max(0.0);
                    let steps = ((at - low) / step).round().clamp(0.0, most);
                    if steps.is_finite() { low + steps * step } else { at }
                });
                Value::Float(at.clamp(low, high))
            }
            Self::Integer { low, high, log, step } => {
                let at = if log { at.exp() } else { at };
                let step = step.max(1);
                let steps = ((at - low as f64) / step as f64).round().max(0.0);
                let most = high.abs_diff(low) / step.unsigned_abs();
                self.nth(if steps >= most as f64 { most } else { steps as u64 })
            }
            Self::Choice { count, .. } => {
                Value::Choice(((unit * count as f64) as usize).min(count.saturating_sub(1)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Domain; 9] = [
        Domain::Float { low: -5.0, high: 10.0, log: false, step: None },
        Domain::Float { low: 1e-6, high: 1.0, log: true, step: None },
        Domain::Float { low: 0.0, high: 1.0, log: false, step: Some(0.3) },
        Domain::Float { low: 2.0, high: 2.0, log: false, step: None },
        Domain::Integer { low: -3, high: 11, log: false, step: 2 },
        Domain::Integer { low: 1, high: 1000, log: true, step: 1 },
        Domain::Integer { low: i64::MIN, high: i64::MAX, log: false, step: 1 },
        Domain::Choice { count: 1, ordered: false },
        Domain::Choice { count: 7, ordered: true },
    ];

    #[test]
    fn every_place_has_a_value_of_the_domain() {
        for domain in KINDS {
            assert_eq!(domain.flaw(), None, "{domain:?}");
            for n in -2..=102 {
                let value = domain.at(f64::from(n) / 100.0);
                assert!(domain.contains(value), "{domain:?}: {value:?}");
            }
            assert!(domain.contains(domain.at(f64::NAN)));
        }
    }

    #[test]
    fn a_value_lies_where_it_comes_from() {
        for domain in KINDS {
            if domain.count().is_some_and(|count| count > 10_000) {
                continue;
            }
            for n in 0..=100 {
                let value = domain.at(f64::from(n) / 100.0);
                match (value, domain.at(domain.unit(value))) {
                    (Value::Float(a), Value::Float(b)) => assert!((a - b).abs() < 1e-9 * (1.0 + a.abs())),
                    (a, b) => assert_eq!(a, b, "{domain:?}"),
                }
            }
        }
    }

    #[test]
    fn each_of_few_values_has_a_cell_of_its_own() {
        for (domain, count) in [(KINDS[2], 4), (KINDS[4], 8), (KINDS[7], 1), (KINDS[8], 7)] {
            assert_eq!(domain.count(), Some(count));
            let mut seen: Vec<String> =
                (0..1000).map(|n| format!("{:?}", domain.at(f64::from(n) / 1000.0))).collect();
            seen.dedup();
            assert_eq!(seen.len() as u64, count, "{domain:?}");
        }
    }

    #[test]
    fn more_steps_than_can_be_counted() {
        for (low, high, step) in [(0.0, 1e30, 1e-3), (1e9, 2e9, 1e-6), (1e-300, 1e300, 1e-300)] {
            let domain = Domain::Float { low, high, log: low == 1e-300, step: Some(step) };
            assert!(domain.count() > Some(1 << 49), "{domain:?}");
            let places: Vec<f64> = (0..=8).map(|n| f64::from(n) / 8.0).collect();
            for (place, next) in places.iter().zip(&places[1..]) {
                let value = domain.at(*place);
                assert!(domain.contains(value) && value != domain.at(*next), "{domain:?}: {value:?}");
                assert!((domain.unit(value) - place).abs() < 1e-3, "{domain:?}: {value:?}");
            }
        }
    }

    #[test]
    fn an_index_is_that_of_its_value() {
        for domain in [KINDS[2], KINDS[4], KINDS[5], KINDS[7], KINDS[8]] {
            for index in 0..domain.count().unwrap() {
                assert_eq!(domain.index(domain.nth(index)), index, "{domain:?}");
            }
        }
    }

    #[test]
    fn flaws() {
        for (domain, flaw) in [
            (Domain::float(1.0, 0.0), DomainFlaw::Empty),
            (Domain::float(f64::NAN, 0.0), DomainFlaw::Infinite),
            (Domain::float(f64::MIN, f64::MAX), DomainFlaw::Infinite),
            (Domain::log_float(0.0, 1.0), DomainFlaw::LogOfZero),
            (Domain::log_integer(0, 1), DomainFlaw::LogOfZero),
            (Domain::Integer { low: 0, high: 1, log: false, step: 0 }, DomainFlaw::Step),
            (Domain::choice(0), DomainFlaw::Empty),
        ] {
            assert_eq!(domain.flaw(), Some(flaw), "{domain:?}");
        }
    }
}
