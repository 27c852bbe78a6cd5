//! The values that a sweep stands for, one by one and by their number.

use std::cmp::Ordering;

use crate::diag::{Error, ErrorKind, Origin, Result, SourceId, Span};
use crate::grammar::decimal::Decimal;
use crate::grammar::function::cast;
use crate::grammar::value::{Number, NumberCast, Range, Sweep, SweepKind, Value, ValueKind};

/// The values of a sweep, in written order: any of them in constant time. Those of a range are not stored.
#[derive(Clone, Debug)]
pub struct Values {
    form: Form,
    count: u64,
    span: Span,
}

#[derive(Clone, Debug)]
enum Form {
    Items(Box<[Value]>),
    Integers {
        start: i128,
        step: i128,
        casts: Box<[NumberCast]>,
    },
    /// `first` is the number `start`, which may be a negative zero.
    Decimals {
        first: f64,
        start: Decimal,
        step: Decimal,
        casts: Box<[NumberCast]>,
    },
}

impl Values {
    /// The values of a choice or a range.
    ///
    /// # Errors
    /// An interval, which has no single values; a glob, whose values are not known to the grammar; a range without
    /// step or without end; a list whose element is a sweep itself.
    pub fn new(sweep: &Sweep, source: SourceId) -> Result<Self> {
        let origin = Origin::new(source, sweep.span);
        match &sweep.kind {
            SweepKind::Choice(choice) => {
                if let Some(inner) = choice.items.iter().find_map(Value::misfit) {
                    return Err(misfit(inner, Origin::new(source, inner.span)));
                }
                let count = u64::try_from(choice.items.len()).unwrap_or(u64::MAX);
                Ok(Self { form: Form::Items(choice.items.clone()), count, span: sweep.span })
            }
            SweepKind::Range(range) => Self::range(range, sweep.span).map_err(|error| error.at(origin, "")),
            SweepKind::Interval { .. } => {
                Err(Error::new(ErrorKind::Sweep, "an interval has no single values")
                    .at(origin, "this needs a sweeper that searches")
                    .help("write `range(start,stop,step)`, or list the values: `a,b,c`"))
            }
            SweepKind::Glob { .. } => {
                Err(Error::new(ErrorKind::Sweep, "a glob needs a config group").at(origin, ""))
            }
        }
    }

    fn range(range: &Range, span: Span) -> Result<Self> {
        let refused = |why: &str| Error::new(ErrorKind::Sweep, why);
        let casts = range.casts.clone();
        let numbers = [&range.start, &range.stop, &range.step];
        if let [Some(start), Some(stop), Some(step)] = numbers.map(integer) {
            if step == 0 {
                return Err(refused("the step of a range must not be 0"));
            }
            let count = integer_count(start, stop, step).ok_or_else(|| refused("the range is too long"))?;
            return Ok(Self { form: Form::Integers { start, step, casts }, count, span });
        }
        let [start, stop, step] = numbers.map(Decimal::new);
        let (Some(start), Some(stop), Some(step)) = (start, stop, step) else {
            return Err(refused("a range needs finite numbers"));
        };
        if step.sign() == Ordering::Equal {
            return Err(refused("the step of a range must not be 0"));
        }
        let count = decimal_count(start, stop, step).ok_or_else(|| refused("the range is too long"))?;
        let falls = step.sign() == Ordering::Less;
        let first = match range.start {
            Number::Float(first) if first == 0.0 && falls => first,
            _ => start.to_float(),
        };
        Ok(Self { form: Form::Decimals { first, start, step, casts }, count, span })
    }

    /// How many values.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The value of that number, counted from 0.
    pub fn get(&self, index: u64) -> Option<Value> {
        if index >= self.count {
            return None;
        }
        let (number, casts) = match &self.form {
            Form::Items(items) => return items.get(usize::try_from(index).ok()?).cloned(),
            Form::Integers { start, step, casts } => {
                let number = start.checked_add(step.checked_mul(i128::from(index))?)?;
                (small(number), casts)
            }
            Form::Decimals { first, casts, .. } if index == 0 => (ValueKind::Float(*first), casts),
            Form::Decimals { start, step, casts, .. } => {
                (ValueKind::Float(start.plus(step.times(index)).to_float()), casts)
            }
        };
        let kind = casts.iter().try_fold(number, |number, cast| cast::number(number, *cast)).ok()?;
        Some(Value::new(kind, self.span))
    }
}

/// The complaint about a sweep or an `extend_list(…)` inside a value.
pub(crate) fn misfit(value: &Value, origin: Origin) -> Error {
    let error = Error::new(ErrorKind::Sweep, format!("{} cannot stand inside a value", value.describe()));
    error
        .at(origin, "")
        .help("it is the whole value of an override: `key=choice([a],[b])`, `key=extend_list(a,b)`")
}

/// An integer of a range.
pub(crate) fn integer(number: &Number) -> Option<i128> {
    match number {
        Number::Bool(b) => Some(i128::from(*b)),
        Number::Int(i) => Some(i128::from(*i)),
        Number::BigInt(digits) => digits.parse().ok(),
        Number::Float(_) | Number::Decimal(_) => None,
    }
}

/// An integer as small as it may be.
pub(crate) fn small(number: i128) -> ValueKind {
    match i64::try_from(number) {
        Ok(small) => ValueKind::Int(small),
        Err(_) => ValueKind::BigInt(number.to_string().into()),
    }
}

/// How many integers. `None` if they cannot be counted.
pub(crate) fn integer_count(start: i128, stop: i128, step: i128) -> Option<u64> {
    let distance = stop.checked_sub(start)?;
    if distance == 0 || (distance > 0) != (step > 0) {
        return Some(0);
    }
    let (distance, step) = (distance.unsigned_abs(), step.unsigned_abs());
    u64::try_from(distance.div_ceil(step)).ok()
}

/// How many decimals lie before `stop`. `None` if there are more than anyone can wait for.
pub(crate) fn decimal_count(start: Decimal, stop: Decimal, step: Decimal) -> Option<u64> {
    let forward = step.sign() == Ordering::Greater;
    let before = |index: u64| {
        let order = start.plus(step.times(index)).compare(stop);
        if forward { order == Ordering::Less } else { order == Ordering::Greater }
    };
    if !before(0) {
        return Some(0);
    }
    let mut high = 1_u64;
    while before(high) {
        high = high.checked_mul(2).filter(|&high| high < 1 << 62)?;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle } else { high = middle }
    }
    Some(high)
}
