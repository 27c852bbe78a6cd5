//! A default that breaks a limit of its own field: found where both are literals.

use std::cmp::Ordering;

use syn::{Expr, ExprArray, ExprLit, ExprRange, ExprUnary, Lit, RangeLimits, UnOp};

use crate::attributes::{Attributes, Default};
use crate::mistakes::Mistakes;

/// What a literal says.
enum Plain {
    Int(i128),
    Float(f64),
    Text(String),
    Bool(bool),
}

impl Plain {
    fn of(expression: &Expr) -> Option<Self> {
        match expression {
            Expr::Lit(ExprLit { lit, .. }) => match lit {
                Lit::Int(number) => number.base10_parse().ok().map(Self::Int),
                Lit::Float(number) => number.base10_parse().ok().map(Self::Float),
                Lit::Str(text) => Some(Self::Text(text.value())),
                Lit::Bool(value) => Some(Self::Bool(value.value)),
                _ => None,
            },
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match Self::of(expr)? {
                Self::Int(number) => Some(Self::Int(-number)),
                Self::Float(number) => Some(Self::Float(-number)),
                Self::Text(_) | Self::Bool(_) => None,
            },
            _ => None,
        }
    }

    /// `None`: they cannot be compared.
    #[expect(clippy::cast_precision_loss, reason = "a limit beside a float is one")]
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(other),
            (Self::Int(one), Self::Float(other)) => (*one as f64).partial_cmp(other),
            (Self::Float(one), Self::Int(other)) => one.partial_cmp(&(*other as f64)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}

/// Tells of a range that no value is in, or whose ends a value of the field's type cannot have.
pub(crate) fn check_range(field: &Attributes, ty: &syn::Type, mistakes: &mut Mistakes) {
    let Some(range @ Expr::Range(ExprRange { start, end, limits, .. })) = &field.range else { return };
    let plain = |end: &Option<Box<Expr>>| end.as_deref().and_then(Plain::of);
    let (least, most) = (plain(start), plain(end));
    if let (Some(least), Some(most)) = (&least, &most) {
        let order = least.compare(most);
        let closed = matches!(limits, RangeLimits::Closed(_));
        if order == Some(Ordering::Greater) || order == Some(Ordering::Equal) && !closed {
            mistakes.at(range, "no value is in this range: the smaller end comes first");
            return;
        }
    }
    let Some((name, first, last)) = width(ty) else { return };
    let behind = i128::from(!matches!(limits, RangeLimits::Closed(_)));
    for (end, value, behind) in [(start, least, 0), (end, most, behind)] {
        if let (Some(end), Some(Plain::Int(value))) = (end, value)
            && !(first..=last + behind).contains(&value)
        {
            mistakes.at(end, format!("no `{name}` is that: they go from {first} to {last}"));
        }
    }
}

/// The ends of an integer that one may run into, by its name: of the type, or of an `Option` of it.
fn width(ty: &syn::Type) -> Option<(&'static str, i128, i128)> {
    let inner = crate::texts::named(ty, "Option").flatten().unwrap_or(ty);
    let syn::Type::Path(path) = inner else { return None };
    let last = path.path.segments.last()?;
    WIDTHS.into_iter().find(|(name, _, _)| last.ident == name)
}

const WIDTHS: [(&str, i128, i128); 8] = [
    ("i8", i8::MIN as i128, i8::MAX as i128),
    ("i16", i16::MIN as i128, i16::MAX as i128),
    ("i32", i32::MIN as i128, i32::MAX as i128),
    ("i64", i64::MIN as i128, i64::MAX as i128),
    ("u8", 0, u8::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("u64", 0, u64::MAX as i128),
];

/// Tells of every limit that the default of a field breaks.
pub(crate) fn check(field: &Attributes, mistakes: &mut Mistakes) {
    let Some(Default::Given(expression)) = &field.default else { return };
    let Some(default) = Plain::of(expression) else { return };
    let broken = [
        ("range", field.range.as_ref().is_some_and(|range| !in_range(&default, range))),
        ("length", field.length.as_ref().is_some_and(|length| !has_length(&default, length))),
        ("one_of", field.one_of.as_ref().is_some_and(|values| !is_one_of(&default, values))),
        ("regex", field.regex.as_ref().is_some_and(|regex| !matches(&default, &regex.value()))),
    ];
    for (limit, _) in broken.into_iter().filter(|(_, is_broken)| *is_broken) {
        mistakes.at(expression, format!("this default breaks the `{limit}` of its own field"));
    }
}

/// Whether it lies between two ends, as far as that can be known.
fn in_range(value: &Plain, range: &Expr) -> bool {
    let Expr::Range(ExprRange { start, end, limits, .. }) = range else { return true };
    let against = |end: &Option<Box<Expr>>| value.compare(&Plain::of(end.as_ref()?)?);
    let (low, high) = (against(start), against(end));
    low != Some(Ordering::Less)
        && match limits {
            RangeLimits::Closed(_) => high != Some(Ordering::Greater),
            _ => !matches!(high, Some(Ordering::Greater | Ordering::Equal)),
        }
}

fn has_length(value: &Plain, length: &Expr) -> bool {
    let Plain::Text(text) = value else { return true };
    let found = Plain::Int(i128::try_from(text.chars().count()).unwrap_or(i128::MAX));
    match (length, Plain::of(length)) {
        (Expr::Range(_), _) => in_range(&found, length),
        (_, Some(exact)) => found.compare(&exact) == Some(Ordering::Equal),
        (_, None) => true,
    }
}

fn is_one_of(value: &Plain, values: &Expr) -> bool {
    let Expr::Array(ExprArray { elems, .. }) = values else { return true };
    // What is no literal could be it.
    elems.iter().any(|one| Plain::of(one).is_none_or(|one| one.compare(value) == Some(Ordering::Equal)))
}

fn matches(value: &Plain, pattern: &str) -> bool {
    let Plain::Text(text) = value else { return true };
    // A pattern that is none is told where it stands.
    regex_lite::Regex::new(pattern).map_or(true, |pattern| pattern.is_match(text))
}
