//! `mainstem.search.fields`: fields that are searched in the space that their types say.

use crate::app::sweep::defined::Whole;
use crate::diag::{Error, ErrorKind, Result, Source, SourceKind, SourceMap};
use crate::grammar::{Override, Quote, parse_override, quoted};
use crate::schema::{Bound, Constraint, Expected, Type};
use crate::value::{KeyPath, Kind, Node};

/// The overrides that search the fields: an interval between the ends of a `range`, the words of an enum, both booleans.
///
/// # Errors
/// A field that there is not, or whose type says no ends.
pub(super) fn fields(fields: &[Node], whole: Whole<'_>, sources: &SourceMap) -> Result<Vec<Override>> {
    let mut errors: Vec<Error> = Vec::new();
    let mut overrides = Vec::new();
    for node in fields {
        let key = node.as_str().unwrap_or_default();
        let composed = whole.composed;
        let expected = composed.schema().expected().at_in(composed.root(), &KeyPath::parse(key));
        let Some(space) = space(expected) else {
            let message = format!("the type of `{key}` does not say in which space it is to be searched");
            let error = Error::new(ErrorKind::Sweep, message).at(node.origin, "asked for here");
            errors.push(
                error.help(format!("give the field a `range`, or write the space: `{key}=interval(0,1)`")),
            );
            continue;
        };
        let line = format!("{key}={space}");
        let source = sources.add(Source::new(SourceKind::Memory, "mainstem.search.fields", line.as_str()));
        overrides.extend(parse_override(&line, source, &mut errors));
    }
    Error::all(errors).map_or(Ok(overrides), Err)
}

/// A space as it would be typed.
fn space(expected: Expected<'_>) -> Option<String> {
    let mut range = None;
    let mut expected = expected;
    loop {
        match expected.ty() {
            Type::Optional(inner) => expected = expected.other(inner),
            Type::Limited(limited) => {
                for one in &limited.constraints {
                    match one {
                        Constraint::Range { min: Some(min), max: Some(max) } => range = Some((min, max)),
                        Constraint::OneOf(values) => return words(values.iter().filter_map(Node::as_str)),
                        _ => {}
                    }
                }
                expected = expected.other(&limited.ty);
            }
            _ => break,
        }
    }
    match (expected.ty(), range) {
        (Type::Bool, _) => Some("true,false".to_owned()),
        (Type::OneOf(words), _) => self::words(words.iter().map(|word| word.as_str())),
        (Type::Enum(of), _) if of.tag.is_none() => words(of.variants.keys().map(|word| word.as_str())),
        (Type::Int(_), Some((min, max))) => {
            let low = whole(min)?.checked_add(i64::from(!min.inclusive))?;
            let high = whole(max)?.checked_sub(i64::from(!max.inclusive))?;
            #[expect(clippy::cast_precision_loss, reason = "their ratio counts")]
            let far = is_far(low as f64, high as f64);
            Some(tagged(format!("int(interval({low},{high}))"), far))
        }
        (Type::Float | Type::Float32, Some((min, max))) => {
            let (low, high) = (float(min)?, float(max)?);
            let low = if min.inclusive { low } else { low.next_up() };
            let high = if max.inclusive { high } else { high.next_down() };
            Some(tagged(format!("interval({low:?},{high:?})"), is_far(low, high)))
        }
        _ => None,
    }
}

/// What is told apart by its ratio: ends above 0 that lie far from each other.
fn is_far(low: f64, high: f64) -> bool {
    low > 0.0 && high / low >= 1000.0
}

fn tagged(interval: String, is_log: bool) -> String {
    if is_log { format!("tag(log,{interval})") } else { interval }
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> Option<String> {
    let words: Vec<String> = words.map(|word| quoted(word, Quote::Single)).collect();
    (!words.is_empty()).then(|| words.join(","))
}

fn whole(bound: &Bound) -> Option<i64> {
    match bound.value.kind {
        Kind::Int(value) => Some(value),
        _ => None,
    }
}

fn float(bound: &Bound) -> Option<f64> {
    match bound.value.kind {
        Kind::Float(value) => Some(value),
        #[expect(clippy::cast_precision_loss, reason = "an end of a range of floats")]
        Kind::Int(value) => Some(value as f64),
        _ => None,
    }
}
