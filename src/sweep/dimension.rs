//! One parameter of a search: where its values lie, and the override that each of them is.

use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::grammar::{Number, Operand, Override, Sweep, SweepKind, Value as Written, ValueKind};
use crate::search::{Domain, DomainFlaw, Value};
use crate::sweep::axis::Axis;
use crate::sweep::glob::Options;
use crate::value::{Kind, Node};

/// One parameter of a search.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dimension {
    /// As it was typed.
    typed: Override,
    /// The values by their numbers, if it has some.
    axis: Option<Axis>,
    domain: Domain,
}

impl Dimension {
    /// What an override searches; one with a single value searches that.
    ///
    /// # Errors
    /// As of [`Axis::new`]; an interval without anything in it, or with a logarithm of what has none.
    pub(super) fn new(one: &Override, options: Options<'_>, seed: u64) -> Result<Self> {
        let (axis, domain) = match one.action.value() {
            Some(Operand::Sweep(sweep)) => match &sweep.kind {
                SweepKind::Interval { start, end } => (None, interval(one, sweep, start, end)?),
                SweepKind::Range(range) if !range.shuffle => {
                    let axis = Axis::new(one, options, seed)?;
                    let high = i64::try_from(axis.len()).unwrap_or(i64::MAX).saturating_sub(1);
                    (Some(axis), Domain::integer(0, high))
                }
                _ => listed(one, options, seed)?,
            },
            _ => listed(one, options, seed)?,
        };
        Ok(Self { typed: one.clone(), axis, domain })
    }

    /// Where its values lie.
    pub(super) fn domain(&self) -> Domain {
        self.domain
    }

    /// Whether it has but one value.
    pub(super) fn is_fixed(&self) -> bool {
        self.axis.as_ref().is_some_and(|axis| axis.len() == 1)
    }

    /// The left side without its prefix.
    pub(super) fn target(&self) -> String {
        self.typed.target.to_string()
    }

    /// As it was typed.
    pub(super) fn typed(&self) -> &Override {
        &self.typed
    }

    /// Where its values stand.
    pub(super) fn origin(&self) -> Origin {
        match self.typed.action.value() {
            Some(Operand::Sweep(sweep)) => self.typed.origin.at(sweep.span),
            _ => self.typed.origin,
        }
    }

    /// The override that a value is.
    pub(super) fn at(&self, value: Value) -> Option<Override> {
        let written = |kind: ValueKind| {
            let span = self.origin().span;
            self.typed.with_value(Written::new(kind, span))
        };
        match (&self.axis, value) {
            (Some(axis), Value::Choice(at)) => axis.get(u64::try_from(at).ok()?),
            (Some(axis), Value::Integer(at)) => axis.get(u64::try_from(at).ok()?),
            (None, Value::Integer(value)) => Some(written(ValueKind::Int(value))),
            (None, Value::Float(value)) => Some(written(ValueKind::Float(value))),
            (Some(_), Value::Float(_)) | (None, Value::Choice(_)) => None,
        }
    }

    /// The value that a node says, if it lies in it.
    pub(super) fn value(&self, node: &Node) -> Option<Value> {
        let value = match (&self.axis, self.domain) {
            (Some(_), _) => return self.numbered(|own| alike(own, node)).into_iter().next(),
            (None, Domain::Integer { .. }) => match node.kind {
                Kind::Int(value) => Value::Integer(value),
                _ => return None,
            },
            (None, _) => Value::Float(number(node)?),
        };
        self.domain.contains(value).then_some(value)
    }

    /// Those of the values that have numbers that a function takes; none if it has none.
    pub(super) fn numbered(&self, takes: impl Fn(&Node) -> bool) -> Vec<Value> {
        let Some(axis) = &self.axis else { return Vec::new() };
        let taken = |at: &u64| axis.get(*at).and_then(|one| value_of(&one)).is_some_and(|own| takes(&own));
        let numbers = (0..axis.len().min(MOST)).filter(taken);
        numbers.filter_map(|at| self.number(at)).collect()
    }

    fn number(&self, at: u64) -> Option<Value> {
        Some(match self.domain {
            Domain::Choice { .. } => Value::Choice(usize::try_from(at).ok()?),
            _ => Value::Integer(i64::try_from(at).ok()?),
        })
    }

    /// The first of the values that it has one by one.
    pub(super) fn values(&self) -> Vec<Node> {
        const SOME: u64 = 100;
        let Some(axis) = &self.axis else { return Vec::new() };
        (0..axis.len().min(SOME)).filter_map(|at| value_of(&axis.get(at)?)).collect()
    }

    /// Whether its values have numbers.
    pub(super) fn has_numbers(&self) -> bool {
        self.axis.is_some()
    }

    /// The values that are to be tried before a search begins: all that were listed, and the ends of what was not.
    pub(super) fn corners(&self) -> Vec<Value> {
        let mut values = match self.domain {
            Domain::Choice { count, .. } => return (0..count).map(Value::Choice).collect(),
            Domain::Integer { low, high, .. } => vec![Value::Integer(low), Value::Integer(high)],
            Domain::Float { low, high, .. } => vec![Value::Float(low), Value::Float(high)],
        };
        values.dedup();
        values
    }
}

/// Up to here there is a float for each integer, and none but that is read as it.
const LARGEST: u64 = (1 << 53) - 1;

/// So many values are looked through for one.
const MOST: u64 = 1 << 16;

/// The value that an override gives.
pub(super) fn value_of(one: &Override) -> Option<Node> {
    one.assignment(0).ok()?.action.value().cloned()
}

/// Whether two values are meant to be the same: a table may say `1` for `1.0`.
fn alike(one: &Node, other: &Node) -> bool {
    one == other || number(one).is_some_and(|one| number(other) == Some(one))
}

/// A number as a float.
pub(crate) fn number(node: &Node) -> Option<f64> {
    match node.kind {
        Kind::Float(value) => Some(value),
        #[expect(clippy::cast_precision_loss, reason = "an interval of floats has no more precise places")]
        Kind::Int(value) => Some(value as f64),
        _ => None,
    }
}

/// Values that are told apart. Numbers that grow are nearer to their neighbours than to others.
fn listed(one: &Override, options: Options<'_>, seed: u64) -> Result<(Option<Axis>, Domain)> {
    let axis = Axis::new(one, options, seed)?;
    let numbers: Option<Vec<f64>> =
        (0..axis.len()).map(|at| axis.get(at).and_then(|one| number(&value_of(&one)?))).collect();
    let ordered = numbers.is_some_and(|all| all.len() > 2 && all.is_sorted_by(|one, next| one < next));
    let count = usize::try_from(axis.len()).unwrap_or(usize::MAX);
    Ok((Some(axis), Domain::Choice { count, ordered }))
}

fn interval(one: &Override, sweep: &Sweep, start: &Number, end: &Number) -> Result<Domain> {
    let log = sweep.tags.iter().any(|tag| tag == "log");
    // What was cast to an integer was a float before, and is not what was typed if it is too large for one.
    let inexact = |end: &Number| match end {
        Number::Int(end) => end.unsigned_abs() > LARGEST,
        Number::BigInt(_) => true,
        _ => false,
    };
    if inexact(start) || inexact(end) {
        let key = one.key_element();
        let message = format!("`{key}` is searched among integers that floats do not tell apart");
        let error = Error::new(ErrorKind::Sweep, message).at(one.origin.at(sweep.span), "");
        return Err(
            error.help(format!("the ends of `int(interval(…))` lie between -{LARGEST} and {LARGEST}"))
        );
    }
    let domain = match (start, end) {
        (Number::Int(low), Number::Int(high)) => Domain::Integer { low: *low, high: *high, log, step: 1 },
        _ => Domain::Float { low: float(start), high: float(end), log, step: None },
    };
    let Some(flaw) = domain.flaw() else { return Ok(domain) };
    let key = one.key_element();
    let (message, help) = match flaw {
        DomainFlaw::Infinite => {
            (format!("the interval of `{key}` has no finite length"), "write its ends: `interval(0,1)`")
        }
        DomainFlaw::LogOfZero => (
            format!("`{key}` is searched on a logarithmic scale, and its interval does not begin above 0"),
            "begin it above 0: `tag(log,interval(1e-5,1))`",
        ),
        _ => (
            format!("the interval of `{key}` ends before it begins"),
            "the smaller end comes first: `interval(0,1)`",
        ),
    };
    Err(Error::new(ErrorKind::Sweep, message).at(one.origin.at(sweep.span), "").help(help))
}

fn float(number: &Number) -> f64 {
    match number {
        Number::Bool(value) => f64::from(u8::from(*value)),
        #[expect(clippy::cast_precision_loss, reason = "the ends of an interval are floats")]
        Number::Int(value) => *value as f64,
        Number::BigInt(digits) => digits.parse().unwrap_or(f64::NAN),
        Number::Float(value) => *value,
        Number::Decimal(decimal) => decimal.to_float(),
    }
}
