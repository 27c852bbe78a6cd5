//! What a value must obey beside its type.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, did_you_mean};
use crate::schema::number::compare;
use crate::schema::pattern::Pattern;
use crate::schema::ty::Type;
use crate::value::{KeyPath, Kind, Node, write_str};

/// A type with limits on its values. `null` is within all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Limited {
    /// The type.
    pub ty: Type,
    /// The limits: all must hold.
    pub constraints: Vec<Constraint>,
}

/// A limit on values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Constraint {
    /// A number, or a span of time, between two others.
    Range {
        /// The smallest; `None`: as small as it likes.
        min: Option<Bound>,
        /// The largest; `None`: as large as it likes.
        max: Option<Bound>,
    },
    /// How many characters a text, elements a list, or keys a mapping has.
    Length {
        /// At least so many.
        min: usize,
        /// At most so many.
        max: Option<usize>,
    },
    /// What a text must match.
    Regex(Pattern),
    /// The only values there may be.
    OneOf(Vec<Node>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Where it is.
    pub value: Node,
    /// Whether the value itself is in the range.
    pub inclusive: bool,
}

impl Limited {
    /// A type with limits; a range whose open ends are those of an integer gets them.
    pub fn of(ty: Type, constraints: Vec<Constraint>) -> Self {
        let constraints = constraints.into_iter().map(|one| one.within(&ty)).collect();
        Self { ty, constraints }
    }

    /// The type with one more limit.
    pub(crate) fn one(ty: Type, constraint: Constraint) -> Type {
        let constraint = constraint.within(&ty);
        Type::Limited(Arc::new(match ty {
            Type::Limited(limited) => {
                let mut limited = Arc::unwrap_or_clone(limited);
                limited.constraints.push(constraint);
                limited
            }
            ty => Self { ty, constraints: vec![constraint] },
        }))
    }
}

impl Constraint {
    /// A range whose open ends are those of an integer, where one may run into them: so `1..` of 16 bits is `1..=65535`.
    fn within(self, ty: &Type) -> Self {
        let ty = match ty {
            Type::Limited(limited) => &limited.ty,
            ty => ty,
        };
        let ty = if let Type::Optional(inner) = ty { inner } else { ty };
        let (Self::Range { min, max }, Type::Int(width)) = (&self, ty) else { return self };
        let Some((least, most)) = width.narrow() else { return self };
        let end = |given: &Option<Bound>, end: i64| {
            given.clone().or_else(|| Some(Bound::inclusive(Node::from(end))))
        };
        Self::Range { min: end(min, least), max: end(max, most) }
    }

    /// The error that a value at a path does not obey; `None` if it does. What is no value yet (`null`, `???`, an
    /// interpolation), and what the limit says nothing of, obeys.
    ///
    /// ```
    /// use mainstem::schema::{Bound, Constraint};
    /// use mainstem::value::{KeyPath, Node};
    /// let min = Bound { value: Node::from(0), inclusive: true };
    /// let positive = Constraint::Range { min: Some(min), max: None };
    /// let error = positive.violation(&Node::from(-1), &KeyPath::parse("lr")).expect("it is less than 0");
    /// assert_eq!(error.to_string(), "`lr` is out of range: expected 0.., found -1");
    /// ```
    pub fn violation(&self, node: &Node, path: &KeyPath) -> Option<Error> {
        match self {
            Self::Range { min, max } => {
                let below = min.as_ref().is_some_and(|min| !min.admits(node, Ordering::Greater));
                let above = max.as_ref().is_some_and(|max| !max.admits(node, Ordering::Less));
                (below || above).then(|| {
                    let range = Range { min: min.as_ref(), max: max.as_ref() };
                    let mut found = String::new();
                    write_str(&Node::new(node.shown().clone(), node.origin), &mut found);
                    let message = format!("`{path}` is out of range: expected {range}, found {found}");
                    Error::new(ErrorKind::Range, message).at(node.origin, format!("expected {range}"))
                })
            }
            Self::Length { min, max } => {
                let (length, what) = length(node)?;
                (length < *min || max.is_some_and(|max| length > max)).then(|| {
                    let wanted = Span { min: *min, max: *max };
                    // `1 character`, and `1 or more characters`.
                    let what = if (*min, *max) == (1, Some(1)) { what.trim_end_matches('s') } else { what };
                    let message = format!("`{path}` must have {wanted} {what}, but has {length}");
                    Error::new(ErrorKind::Constraint, message)
                        .at(node.origin, format!("expected {wanted} {what}"))
                })
            }
            Self::Regex(pattern) => {
                let text = node.as_str()?;
                (!pattern.matches(text)).then(|| {
                    Error::new(ErrorKind::Constraint, format!("`{path}` does not match `{pattern}`"))
                        .at(node.origin, "does not match")
                })
            }
            Self::OneOf(values) => {
                let open = matches!(node.kind, Kind::Null | Kind::Missing | Kind::Template(_));
                (!open && !values.iter().any(|value| value.equals_loosely(node))).then(|| {
                    let all = listed(values);
                    let error = Error::new(ErrorKind::Constraint, format!("`{path}` must be one of {all}"))
                        .at(node.origin, format!("expected one of {all}"));
                    let near = node
                        .as_str()
                        .filter(|_| !node.origin.is_secret())
                        .and_then(|text| did_you_mean(text, values.iter().filter_map(Node::as_str)));
                    match near {
                        Some(near) => error.help(format!("did you mean `{near}`?")),
                        None => error,
                    }
                })
            }
        }
    }
}

impl Bound {
    /// A bound that is in the range itself.
    pub fn inclusive(value: Node) -> Self {
        Self { value, inclusive: true }
    }

    /// A bound that is not in the range itself.
    pub fn exclusive(value: Node) -> Self {
        Self { value, inclusive: false }
    }

    /// Whether a value lies on that side. What is no number lies on both; NaN on none.
    fn admits(&self, node: &Node, side: Ordering) -> bool {
        match compare(&node.kind, &self.value.kind) {
            Some(Ordering::Equal) => self.inclusive,
            Some(found) => found == side,
            None => !matches!(node.kind, Kind::Float(_)),
        }
    }
}

fn length(node: &Node) -> Option<(usize, &'static str)> {
    match &node.kind {
        Kind::Str(text) => Some((text.chars().count(), "characters")),
        Kind::Bytes(bytes) => Some((bytes.len(), "bytes")),
        Kind::List(list) => Some((list.len(), "elements")),
        Kind::Map(map) => Some((map.len(), "keys")),
        _ => None,
    }
}

fn listed(values: &[Node]) -> String {
    let mut text = String::new();
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        write_str(value, &mut text);
    }
    text
}

/// As messages name it behind a type: `a float` … `in 0..=1`.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { min, max } => {
                write!(f, "in {}", Range { min: min.as_ref(), max: max.as_ref() })
            }
            Self::Length { min, max } => write!(f, "of length {}", Span { min: *min, max: *max }),
            Self::Regex(pattern) => write!(f, "that matches `{pattern}`"),
            Self::OneOf(values) => write!(f, "out of {}", listed(values)),
        }
    }
}

/// `0..=1`, `0..1`, `0..`, `..=1`; what Rust has no notation for as `above 0, ..=1`.
struct Range<'a> {
    min: Option<&'a Bound>,
    max: Option<&'a Bound>,
}

impl fmt::Display for Range<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bound: &Bound| {
            let mut text = String::new();
            write_str(&bound.value, &mut text);
            text
        };
        match self.min {
            Some(min) if min.inclusive => f.write_str(&shown(min))?,
            Some(min) => {
                write!(f, "above {}", shown(min))?;
                if self.max.is_none() {
                    return Ok(());
                }
                f.write_str(", ")?;
            }
            None => {}
        }
        match self.max {
            Some(max) if max.inclusive => write!(f, "..={}", shown(max)),
            Some(max) => write!(f, "..{}", shown(max)),
            None => f.write_str(".."),
        }
    }
}

/// `3`, `1..=5`, `1 or more`.
struct Span {
    min: usize,
    max: Option<usize>,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, None) => write!(f, "{min} or more"),
            (min, Some(max)) if min == max => write!(f, "{min}"),
            (0, Some(max)) => write!(f, "at most {max}"),
            (min, Some(max)) => write!(f, "{min} to {max}"),
        }
    }
}
