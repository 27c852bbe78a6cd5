//! Casts: `int`, `float`, `str`, `bool`, `json_str`. They reach into lists, mappings and sweeps.

use crate::diag::Span;
use crate::grammar::function::json;
use crate::grammar::function::table::{Bound, Fault};
use crate::grammar::print;
use crate::grammar::value::{Choice, List, Number, NumberCast, Range, Sweep, SweepKind, Value, ValueKind};
use crate::value::Text;

/// What to cast to.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Int,
    Float,
    Str,
    Bool,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Int => "an integer",
            Self::Float => "a float",
            Self::Str => "text",
            Self::Bool => "a boolean",
        }
    }
}

pub(super) fn to_int(bound: Bound) -> Result<ValueKind, Fault> {
    cast(Target::Int, subject(bound)?)
}

pub(super) fn to_float(bound: Bound) -> Result<ValueKind, Fault> {
    cast(Target::Float, subject(bound)?)
}

pub(super) fn to_str(bound: Bound) -> Result<ValueKind, Fault> {
    cast(Target::Str, subject(bound)?)
}

pub(super) fn to_bool(bound: Bound) -> Result<ValueKind, Fault> {
    cast(Target::Bool, subject(bound)?)
}

pub(super) fn to_json(bound: Bound) -> Result<ValueKind, Fault> {
    let value = subject(bound)?;
    let span = value.span;
    match value.kind {
        ValueKind::Sweep(sweep) => match sweep.kind {
            SweepKind::Choice(choice) => {
                let items = choice.items.into_vec().into_iter();
                let items = items
                    .map(|item| match item.kind {
                        ValueKind::Null | ValueKind::Sweep(_) => Err(refused("JSON", &item)),
                        _ => Ok(Value::new(ValueKind::Text(json::encode(&item)?), item.span)),
                    })
                    .collect::<Result<_, _>>()?;
                let kind = SweepKind::Choice(Choice { items, ..choice });
                Ok(ValueKind::Sweep(Box::new(Sweep { kind, tags: sweep.tags, span })))
            }
            SweepKind::Range(_) => Err(range_fault(span)),
            _ => Err(Fault::new(span, format!("{} cannot be cast to JSON", sweep.describe()))),
        },
        kind => Ok(ValueKind::Text(json::encode(&Value::new(kind, span))?)),
    }
}

/// The value to cast: one argument, the named one, or a sweep over several.
fn subject(mut bound: Bound) -> Result<Value, Fault> {
    let named = bound.take(0);
    match (named, bound.rest.len()) {
        (Some(value), 0) => Ok(value),
        (Some(value), _) => {
            Err(Fault::new(value.span, "a cast takes its value by position or by name, not both"))
        }
        (None, 0) => Err(Fault::new(bound.span, "a cast needs a value")),
        (None, 1) => bound.rest.pop().ok_or_else(|| Fault::new(bound.span, "a cast needs a value")),
        (None, _) => Ok(Value::new(simple_choice(bound.rest, bound.span)?, bound.span)),
    }
}

/// Several arguments are a sweep over them.
pub(super) fn simple_choice(items: Vec<Value>, span: Span) -> Result<ValueKind, Fault> {
    if let Some(sweep) = items.iter().find(|item| matches!(item.kind, ValueKind::Sweep(_))) {
        let message = format!("{} cannot stand beside other values", sweep.describe());
        return Err(Fault::new(sweep.span, message));
    }
    let choice = Choice { items: items.into(), simple: true, shuffle: false };
    Ok(ValueKind::Sweep(Box::new(Sweep::new(SweepKind::Choice(choice), span))))
}

fn cast(target: Target, value: Value) -> Result<ValueKind, Fault> {
    let span = value.span;
    Ok(match value.kind {
        ValueKind::List(list) => {
            let items = each(target, list.items)?;
            ValueKind::List(List { items, ..list })
        }
        ValueKind::Map(pairs) => {
            let pairs = pairs.into_vec().into_iter().map(|(key, value)| {
                let span = value.span;
                Ok((key, Value::new(cast(target, value)?, span)))
            });
            ValueKind::Map(pairs.collect::<Result<_, Fault>>()?)
        }
        // Inside a list, anything counts as true; by themselves these are refused before.
        ValueKind::Extend(_) if target == Target::Bool => ValueKind::Bool(true),
        ValueKind::Sweep(sweep) if target == Target::Bool && matches!(sweep.kind, SweepKind::Glob { .. }) => {
            ValueKind::Bool(true)
        }
        ValueKind::Sweep(sweep) => ValueKind::Sweep(Box::new(cast_sweep(target, *sweep, span)?)),
        kind => scalar(target, &Value::new(kind, span))?,
    })
}

fn each(target: Target, items: Box<[Value]>) -> Result<Box<[Value]>, Fault> {
    let items = items.into_vec().into_iter().map(|item| {
        let span = item.span;
        Ok(Value::new(cast(target, item)?, span))
    });
    items.collect()
}

fn cast_sweep(target: Target, sweep: Sweep, span: Span) -> Result<Sweep, Fault> {
    let kind = match sweep.kind {
        SweepKind::Choice(choice) => {
            if let Some(inner) = choice.items.iter().find(|item| matches!(item.kind, ValueKind::Sweep(_))) {
                return Err(refused(target.name(), inner));
            }
            SweepKind::Choice(Choice { items: each(target, choice.items)?, ..choice })
        }
        SweepKind::Range(range) => {
            let next = match target {
                Target::Int => NumberCast::Int,
                Target::Float => NumberCast::Float,
                _ => return Err(range_fault(span)),
            };
            let mut casts = range.casts.into_vec();
            casts.push(next);
            SweepKind::Range(Range { casts: casts.into(), ..range })
        }
        SweepKind::Interval { start, end } => {
            let next = match target {
                Target::Int => NumberCast::Int,
                Target::Float => NumberCast::Float,
                _ => {
                    return Err(Fault::new(span, format!("an interval cannot be cast to {}", target.name())));
                }
            };
            let end_of = |n: Number| {
                let kind = number(n.into(), next).map_err(|why| Fault::new(span, why))?;
                Ok(match kind {
                    ValueKind::Int(i) => Number::Int(i),
                    ValueKind::BigInt(digits) => Number::BigInt(digits),
                    ValueKind::Float(f) => Number::Float(f),
                    _ => return Err(Fault::new(span, "an interval has numbers at its ends")),
                })
            };
            SweepKind::Interval { start: end_of(start)?, end: end_of(end)? }
        }
        SweepKind::Glob { .. } => return Err(Fault::new(span, "a glob cannot be cast")),
    };
    Ok(Sweep { kind, ..sweep })
}

fn range_fault(span: Span) -> Fault {
    Fault::new(span, "a range can be cast to int or float only")
}

fn refused(target: &str, value: &Value) -> Fault {
    Fault::new(value.span, format!("{} cannot be cast to {target}", value.describe()))
}

fn scalar(target: Target, value: &Value) -> Result<ValueKind, Fault> {
    let text = value.as_text();
    match target {
        Target::Int | Target::Float => {
            let next = if target == Target::Int { NumberCast::Int } else { NumberCast::Float };
            number(value.kind.clone(), next).map_err(|_| unreadable(target, value))
        }
        Target::Str => match &value.kind {
            ValueKind::Bool(b) => Ok(ValueKind::Text(if *b { "true" } else { "false" }.into())),
            ValueKind::Int(i) => Ok(ValueKind::Text(i.to_string().into())),
            ValueKind::BigInt(digits) => Ok(ValueKind::Text(Text::from(&**digits))),
            ValueKind::Float(f) => Ok(ValueKind::Text(print::float(*f))),
            _ => text.cloned().map(ValueKind::Text).ok_or_else(|| refused(target.name(), value)),
        },
        Target::Bool => match &value.kind {
            ValueKind::Null => Ok(ValueKind::Bool(false)),
            ValueKind::Bool(b) => Ok(ValueKind::Bool(*b)),
            ValueKind::Int(i) => Ok(ValueKind::Bool(*i != 0)),
            ValueKind::BigInt(_) => Ok(ValueKind::Bool(true)),
            ValueKind::Float(f) => Ok(ValueKind::Bool(*f != 0.0)),
            _ => match text {
                Some(text) if text.eq_ignore_ascii_case("true") => Ok(ValueKind::Bool(true)),
                Some(text) if text.eq_ignore_ascii_case("false") => Ok(ValueKind::Bool(false)),
                _ => Err(unreadable(target, value)),
            },
        },
    }
}

fn unreadable(target: Target, value: &Value) -> Fault {
    match value.as_text() {
        Some(text) => Fault::new(value.span, format!("`{text}` is not {}", target.name())),
        None if matches!(value.kind, ValueKind::Float(_) | ValueKind::BigInt(_)) => {
            Fault::new(value.span, format!("{value} cannot be cast to {}", target.name()))
        }
        None => refused(target.name(), value),
    }
}

/// Casts a number, or text that shows one.
///
/// # Errors
/// The reason, in words.
pub(crate) fn number(kind: ValueKind, cast: NumberCast) -> Result<ValueKind, &'static str> {
    match cast {
        NumberCast::Int => match kind {
            ValueKind::Bool(b) => Ok(ValueKind::Int(i64::from(b))),
            ValueKind::Int(_) | ValueKind::BigInt(_) => Ok(kind),
            ValueKind::Float(f) if f.is_finite() => Ok(whole(f)),
            ValueKind::Text(text) | ValueKind::Quoted(text, _) => read_integer(&text).ok_or("not an integer"),
            _ => Err("not an integer"),
        },
        NumberCast::Float => {
            let float = match kind {
                ValueKind::Bool(b) => f64::from(u8::from(b)),
                #[expect(clippy::cast_precision_loss, reason = "a float holds the nearest value")]
                ValueKind::Int(i) => i as f64,
                ValueKind::BigInt(digits) => {
                    digits.parse().ok().filter(|f: &f64| f.is_finite()).ok_or("too large for a float")?
                }
                ValueKind::Float(f) => f,
                ValueKind::Text(text) | ValueKind::Quoted(text, _) => {
                    read_float(&text).ok_or("not a float")?
                }
                _ => return Err("not a float"),
            };
            Ok(ValueKind::Float(float))
        }
    }
}

/// A float without its fraction.
fn whole(f: f64) -> ValueKind {
    let digits = format!("{:.0}", f.trunc());
    match digits.parse() {
        Ok(small) => ValueKind::Int(small),
        Err(_) => ValueKind::BigInt(digits.into()),
    }
}

/// Digits with a sign, with single underscores between digits, with blanks around.
fn read_integer(text: &str) -> Option<ValueKind> {
    let text = without_underscores(text.trim())?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    let signed = match (digits.is_empty(), negative) {
        (true, _) => "0".to_owned(),
        (false, true) => format!("-{digits}"),
        (false, false) => digits.to_owned(),
    };
    Some(signed.parse().map_or_else(|_| ValueKind::BigInt(signed.into()), ValueKind::Int))
}

fn read_float(text: &str) -> Option<f64> {
    let text = without_underscores(text.trim())?;
    text.parse().ok()
}

/// Takes underscores away that stand between digits; `None` if one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut misplaced = bytes.iter().enumerate().filter(|&(_, &b)| b == b'_');
    if misplaced.any(|(at, _)| !digit(at.checked_sub(1)) || !digit(at.checked_add(1))) {
        return None;
    }
    Some(text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_a_number_is_typed() {
        assert_eq!(read_integer(" 1_0 "), Some(ValueKind::Int(10)));
        assert_eq!(read_integer("-0"), Some(ValueKind::Int(0)));
        assert_eq!(read_integer("010"), Some(ValueKind::Int(10)));
        for text in ["", "+", "1__0", "_1", "1.0", "0x10"] {
            assert_eq!(read_integer(text), None, "{text}");
        }
        assert_eq!(read_float("Infinity"), Some(f64::INFINITY));
        assert_eq!(whole(-3.9), ValueKind::Int(-3));
        assert_eq!(whole(1e19), ValueKind::BigInt("10000000000000000000".into()));
    }
}
