//! What is expected, in as few words as a table has room for.

use std::fmt;

use crate::schema::expected::Expected;
use crate::schema::limit::Constraint;
use crate::schema::ty::{Moment, Type, Width};
use crate::value::{Node, write_str};

/// So deep are the types of elements named.
const DEPTH: usize = 3;

/// What is expected, as tables and templates name it: `float in 0.0..=1.0`, `list of integer`, `forest | tree`.
///
/// ```
/// use mainstem::schema::{Expected, Signature, Type};
/// let ty = Type::Float.list().optional();
/// assert_eq!(Signature(Expected::new(&ty)).to_string(), "list of float or null");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a>(pub Expected<'a>);

impl fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, false, 0, f)
    }
}

/// `bounded`: a range beside it says more than the ends of its width.
fn write(here: Expected<'_>, bounded: bool, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let inner = |ty, f: &mut fmt::Formatter<'_>| write(here.other(ty), false, depth + 1, f);
    match here.ty() {
        _ if depth > DEPTH => f.write_str("…"),
        Type::Bool => f.write_str("boolean"),
        Type::Int(width) => match width {
            _ if bounded => f.write_str("integer"),
            Width::Any | Width::I32 | Width::I64 | Width::I128 => f.write_str("integer"),
            Width::U32 | Width::U64 | Width::U128 => f.write_str("integer in 0.."),
            _ => match width.bounds() {
                Some((min, max)) => write!(f, "integer in {min}..={max}"),
                None => f.write_str("integer"),
            },
        },
        Type::Float | Type::Float32 => f.write_str("float"),
        Type::Str => f.write_str("string"),
        Type::Bytes => f.write_str("bytes"),
        Type::Path => f.write_str("path"),
        Type::Duration => f.write_str("duration"),
        Type::Time(moment) => f.write_str(match moment {
            Moment::Instant => "time with offset",
            Moment::DateTime => "date and time",
            Moment::Date => "date",
            Moment::Time => "time of day",
        }),
        Type::OneOf(words) => f.write_str(&words.join(" | ")),
        Type::Optional(ty) => {
            write(here.other(ty), bounded, depth, f)?;
            f.write_str(" or null")
        }
        Type::Limited(limited) => {
            let values = limited.constraints.iter().find_map(|one| match one {
                Constraint::OneOf(values) => Some(values),
                _ => None,
            });
            if let Some(values) = values {
                // They say which type it is.
                return write_values(values, here.other(&limited.ty).is_optional(), f);
            }
            let ranged = limited.constraints.iter().any(|one| matches!(one, Constraint::Range { .. }));
            // What may be null is limited as long as it is not.
            let (ty, or_null) = match here.other(&limited.ty).ty() {
                Type::Optional(inner) => (inner.as_ref(), true),
                _ => (&limited.ty, false),
            };
            write(here.other(ty), ranged, depth, f)?;
            limited.constraints.iter().try_for_each(|constraint| write!(f, " {constraint}"))?;
            f.write_str(if or_null { " or null" } else { "" })
        }
        Type::List(element) if here.other(element).is_any() => f.write_str("list"),
        Type::List(element) => {
            f.write_str("list of ")?;
            inner(element, f)
        }
        Type::Tuple(elements) => {
            for (nth, element) in elements.iter().enumerate() {
                f.write_str(if nth == 0 { "[" } else { ", " })?;
                inner(element, f)?;
            }
            f.write_str("]")
        }
        Type::Dict(dict) if here.other(&dict.value).is_any() => f.write_str("mapping"),
        Type::Dict(dict) => {
            f.write_str("mapping of ")?;
            inner(&dict.key, f)?;
            f.write_str(" to ")?;
            inner(&dict.value, f)
        }
        Type::Struct(fields) if fields.name.is_empty() => f.write_str("mapping"),
        Type::Struct(fields) => f.write_str(&fields.name),
        Type::Enum(variants) => {
            for (nth, word) in variants.variants.keys().enumerate() {
                f.write_str(if nth == 0 { "" } else { " | " })?;
                f.write_str(word)?;
            }
            Ok(())
        }
        Type::Any | Type::Named(_) | Type::Rooted(_) => f.write_str("anything"),
    }
}

fn write_values(values: &[Node], or_null: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = String::new();
    for value in values {
        text.push_str(if text.is_empty() { "" } else { " | " });
        write_str(value, &mut text);
    }
    f.write_str(&text)?;
    f.write_str(if or_null { " or null" } else { "" })
}
