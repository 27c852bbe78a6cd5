//! `sort` and `shuffle`. The order of a shuffle is never drawn here: it is a mark on the list or the sweep.

use std::cmp::Ordering;

use crate::grammar::decimal::Decimal;
use crate::grammar::expand;
use crate::grammar::function::cast::simple_choice;
use crate::grammar::function::table::{Bound, Fault};
use crate::grammar::value::{Choice, List, Number, Range, Sweep, SweepKind, Value, ValueKind};

pub(super) fn shuffle(mut bound: Bound) -> Result<ValueKind, Fault> {
    let (sweep, list) = (bound.take(0), bound.take(1));
    let only = list.or(sweep);
    if only.is_none() && bound.rest.len() != 1 {
        let ValueKind::Sweep(mut sweep) = simple_choice(bound.rest, bound.span)? else {
            return Err(Fault::new(bound.span, "nothing to shuffle"));
        };
        if let SweepKind::Choice(choice) = &mut sweep.kind {
            choice.shuffle = true;
        }
        return Ok(ValueKind::Sweep(sweep));
    }
    let Some(value) = only.or_else(|| bound.rest.pop()) else {
        return Err(Fault::new(bound.span, "nothing to shuffle"));
    };
    Ok(match value.kind {
        ValueKind::List(list) => ValueKind::List(List { shuffle: true, ..list }),
        ValueKind::Sweep(mut sweep) => {
            match &mut sweep.kind {
                SweepKind::Choice(choice) => choice.shuffle = true,
                SweepKind::Range(range) => range.shuffle = true,
                _ => return Err(Fault::new(sweep.span, format!("{} cannot be shuffled", sweep.describe()))),
            }
            ValueKind::Sweep(sweep)
        }
        _ => ValueKind::List(List { items: Box::new([value]), shuffle: false }),
    })
}

pub(super) fn sort(mut bound: Bound) -> Result<ValueKind, Fault> {
    let (sweep, list) = (bound.take(0), bound.take(1));
    let reverse = matches!(bound.take(2).map(|value| value.kind), Some(ValueKind::Bool(true)));
    let only = list.or(sweep);
    if only.is_none() && bound.rest.len() != 1 {
        if bound.rest.is_empty() {
            return Err(Fault::new(bound.span, "`sort` needs values"));
        }
        let scalar = |v: &&Value| {
            !matches!(v.kind, ValueKind::List(_) | ValueKind::Map(_) | ValueKind::Sweep(_) | ValueKind::Null)
        };
        if let Some(other) = bound.rest.iter().find(|v| !scalar(v)) {
            let message = format!("{} cannot be sorted among other values", other.describe());
            return Err(Fault::new(other.span, message));
        }
        let ValueKind::Sweep(sweep) = simple_choice(bound.rest, bound.span)? else {
            return Err(Fault::new(bound.span, "`sort` needs values"));
        };
        return Ok(ValueKind::Sweep(Box::new(sort_sweep(*sweep, reverse)?)));
    }
    let Some(value) = only.or_else(|| bound.rest.pop()) else {
        return Err(Fault::new(bound.span, "`sort` needs values"));
    };
    Ok(match value.kind {
        ValueKind::List(list) => {
            ValueKind::List(List { items: sorted(list.items.into(), reverse)?.into(), shuffle: false })
        }
        ValueKind::Sweep(sweep) => ValueKind::Sweep(Box::new(sort_sweep(*sweep, reverse)?)),
        kind => kind,
    })
}

fn sort_sweep(sweep: Sweep, reverse: bool) -> Result<Sweep, Fault> {
    let kind = match sweep.kind {
        SweepKind::Choice(choice) => {
            let items = sorted(choice.items.into(), reverse)?.into();
            SweepKind::Choice(Choice { items, shuffle: false, ..choice })
        }
        SweepKind::Range(range) => {
            let range = Range { shuffle: false, ..range };
            let turned = if rises(&range.step) == reverse { turned(&range) } else { Some(range) };
            SweepKind::Range(turned.ok_or_else(|| Fault::new(sweep.span, "this range cannot be sorted"))?)
        }
        kind => {
            return Err(Fault::new(
                sweep.span,
                format!("{} cannot be sorted", Sweep::new(kind, sweep.span).describe()),
            ));
        }
    };
    Ok(Sweep { kind, ..sweep })
}

fn rises(step: &Number) -> bool {
    match step {
        Number::Float(f) => *f > 0.0,
        Number::Decimal(decimal) => decimal.sign() == Ordering::Greater,
        _ => expand::integer(step).is_some_and(|step| step > 0),
    }
}

/// The same numbers from the last to the first. `None` if they cannot be counted.
fn turned(range: &Range) -> Option<Range> {
    let numbers = [&range.start, &range.stop, &range.step];
    let (start, stop, step) = if let [Some(start), Some(stop), Some(step)] = numbers.map(expand::integer) {
        if step == 0 {
            return None;
        }
        let count = expand::integer_count(start, stop, step)?;
        if count <= 1 {
            return Some(range.clone());
        }
        let last = start.checked_add(step.checked_mul(i128::from(count - 1))?)?;
        (integral(last)?, integral(start.checked_sub(step)?)?, integral(step.checked_neg()?)?)
    } else {
        let [start, stop, step] =
            [Decimal::new(numbers[0])?, Decimal::new(numbers[1])?, Decimal::new(numbers[2])?];
        let count =
            if step.sign() == Ordering::Equal { 0 } else { expand::decimal_count(start, stop, step)? };
        if count <= 1 {
            return Some(range.clone());
        }
        let last = start.plus(step.times(count - 1));
        let back = step.negated();
        (last.number(), start.plus(back.half()).number(), back.number())
    };
    Some(Range { start, stop, step, ..range.clone() })
}

fn integral(number: i128) -> Option<Number> {
    match expand::small(number) {
        ValueKind::Int(i) => Some(Number::Int(i)),
        ValueKind::BigInt(digits) => Some(Number::BigInt(digits)),
        _ => None,
    }
}

/// So many values are sorted by insertion; more are split first.
const SHORT: usize = 64;

/// Sorts values that can be compared with each other, keeping the order of equal ones. Not a number is before and
/// behind nothing, so where it ends up depends on the steps; they are the ones the reference takes.
fn sorted(mut items: Vec<Value>, reverse: bool) -> Result<Vec<Value>, Fault> {
    if reverse {
        items.reverse();
    }
    items = if items.len() < SHORT { inserted(items)? } else { merged(items)? };
    if reverse {
        items.reverse();
    }
    Ok(items)
}

/// Binary insertion behind the run that is in order already.
fn inserted(mut items: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let mut run = items.len().min(2);
    if let [first, second, ..] = &*items {
        let falling = less(second, first)?;
        while run < items.len() && less(&items[run], &items[run - 1])? == falling {
            run += 1;
        }
        if falling {
            items[..run].reverse();
        }
    }
    for next in run..items.len() {
        let (mut low, mut high) = (0, next);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(&items[next], &items[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=next].rotate_right(1);
    }
    Ok(items)
}

fn merged(mut items: Vec<Value>) -> Result<Vec<Value>, Fault> {
    if items.len() < SHORT {
        return inserted(items);
    }
    let right = merged(items.split_off(items.len() / 2))?;
    let left = merged(items)?;
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b, a)? { right.next() } else { left.next() };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}

fn less(a: &Value, b: &Value) -> Result<bool, Fault> {
    Ok(compare(a, b)? == Ordering::Less)
}

/// The order of two values. What has none, such as not a number, is not less.
fn compare(a: &Value, b: &Value) -> Result<Ordering, Fault> {
    match (&a.kind, &b.kind) {
        (ValueKind::Text(a), ValueKind::Text(b)) => Ok(a.cmp(b)),
        (ValueKind::List(a), ValueKind::List(b)) => {
            for (x, y) in a.items.iter().zip(&b.items) {
                if x != y {
                    match compare(x, y)? {
                        Ordering::Equal => {}
                        order => return Ok(order),
                    }
                }
            }
            Ok(a.items.len().cmp(&b.items.len()))
        }
        (x, y) => match (exact(x), exact(y)) {
            (Some(x), Some(y)) => Ok(x.cmp(&y)),
            _ => match (near(x), near(y)) {
                (Some(x), Some(y)) => Ok(x.partial_cmp(&y).unwrap_or(Ordering::Greater)),
                _ => Err(incomparable(a, b)),
            },
        },
    }
}

fn incomparable(a: &Value, b: &Value) -> Fault {
    let message = format!("{} and {} cannot be sorted together", a.describe(), b.describe());
    Fault::new(b.span, message).help("cast them first: `sort(str(a,b))`, `sort(float(a,b))`")
}

fn exact(kind: &ValueKind) -> Option<i128> {
    match kind {
        ValueKind::Bool(b) => Some(i128::from(*b)),
        ValueKind::Int(i) => Some(i128::from(*i)),
        ValueKind::BigInt(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// Beside a float, an integer compares as the nearest float.
fn near(kind: &ValueKind) -> Option<f64> {
    match kind {
        ValueKind::Float(f) => Some(*f),
        ValueKind::BigInt(digits) => digits.parse().ok(),
        #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is wanted")]
        _ => exact(kind).map(|i| i as f64),
    }
}
