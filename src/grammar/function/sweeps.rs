//! Functions that make sweeps: `choice`, `range`, `interval`, `glob`, `tag`; and `extend_list`.

use std::collections::BTreeSet;

use crate::diag::Span;
use crate::grammar::function::cast;
use crate::grammar::function::table::{Bound, Fault};
use crate::grammar::value::{Choice, Number, NumberCast, Range, Sweep, SweepKind, Value, ValueKind};
use crate::value::Text;

pub(super) fn choice(mut bound: Bound) -> Result<ValueKind, Fault> {
    match &mut *bound.rest {
        [] => return Err(Fault::new(bound.span, "`choice` needs at least one value")),
        [Value { kind: ValueKind::Sweep(sweep), .. }] => {
            if let SweepKind::Choice(inner) = &mut sweep.kind {
                if !inner.simple {
                    return Err(
                        Fault::new(sweep.span, "a choice cannot hold a choice alone").help("take one away")
                    );
                }
                inner.simple = false;
                return Ok(ValueKind::Sweep(sweep.clone()));
            }
        }
        _ => {}
    }
    let choice = Choice { items: bound.rest.into(), simple: false, shuffle: false };
    Ok(sweep(SweepKind::Choice(choice), bound.span))
}

pub(super) fn range(mut bound: Bound) -> Result<ValueKind, Fault> {
    let first = number(bound.take(0), bound.span)?;
    let (start, stop) = match bound.take(1) {
        Some(stop) => (first, number(Some(stop), bound.span)?),
        None => (Number::Int(0), first),
    };
    let step = match bound.take(2) {
        Some(step) => number(Some(step), bound.span)?,
        None => Number::Int(1),
    };
    let range = Range { start, stop, step, shuffle: false, casts: Box::default() };
    Ok(sweep(SweepKind::Range(range), bound.span))
}

pub(super) fn interval(mut bound: Bound) -> Result<ValueKind, Fault> {
    let mut end = |index| {
        let value = number(bound.take(index), bound.span)?;
        match cast::number(value.into(), NumberCast::Float) {
            Ok(ValueKind::Float(f)) => Ok(Number::Float(f)),
            _ => Err(Fault::new(bound.span, "the ends of an interval must fit a float")),
        }
    };
    let (start, end) = (end(0)?, end(1)?);
    Ok(sweep(SweepKind::Interval { start, end }, bound.span))
}

pub(super) fn glob(mut bound: Bound) -> Result<ValueKind, Fault> {
    let mut patterns = |index| match bound.take(index) {
        None => Box::default(),
        Some(Value { kind: ValueKind::List(list), .. }) => list.items,
        Some(pattern) => Box::new([pattern]) as Box<[Value]>,
    };
    let kind = SweepKind::Glob { include: patterns(0), exclude: patterns(1) };
    Ok(sweep(kind, bound.span))
}

pub(super) fn tag(mut bound: Bound) -> Result<ValueKind, Fault> {
    if bound.rest.is_empty() {
        return Err(Fault::new(bound.span, "`tag` needs words, and a sweep behind them"));
    }
    let last = bound.take(0).or_else(|| bound.rest.pop());
    let Some(Value { kind: ValueKind::Sweep(mut sweep), .. }) = last else {
        let at = last.map_or(bound.span, |value| value.span);
        return Err(Fault::new(at, "the last argument of `tag` must be a sweep")
            .help("write `tag(word,choice(a,b))`, or a range or an interval"));
    };
    let tags: Result<BTreeSet<Text>, Fault> = bound
        .rest
        .into_iter()
        .map(|value| match value.kind {
            ValueKind::Text(text) => Ok(text),
            _ => Err(Fault::new(value.span, format!("a tag must be text, not {}", value.describe()))),
        })
        .collect();
    sweep.tags = tags?;
    Ok(ValueKind::Sweep(sweep))
}

pub(super) fn extend_list(bound: Bound) -> Result<ValueKind, Fault> {
    Ok(ValueKind::Extend(bound.rest.into()))
}

fn sweep(kind: SweepKind, span: Span) -> ValueKind {
    ValueKind::Sweep(Box::new(Sweep::new(kind, span)))
}

fn number(value: Option<Value>, span: Span) -> Result<Number, Fault> {
    let value = value.ok_or_else(|| Fault::new(span, "a number is missing"))?;
    match value.kind {
        ValueKind::Bool(b) => Ok(Number::Bool(b)),
        ValueKind::Int(i) => Ok(Number::Int(i)),
        ValueKind::BigInt(digits) => Ok(Number::BigInt(digits)),
        ValueKind::Float(f) => Ok(Number::Float(f)),
        _ => Err(Fault::new(value.span, format!("expected a number, found {}", value.describe()))),
    }
}
