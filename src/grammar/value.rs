//! What stands on the right of an override: plain values, and sweeps.

use std::collections::BTreeSet;

use crate::diag::Span;
use crate::grammar::decimal::Decimal;
use crate::grammar::scan::{self, Lexeme};
use crate::value::{Kind, Text};

/// Everything that may stand on the right of `=` on a command line.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// One value.
    Value(Value),
    /// Several values, one for each job, or a range that a sweeper searches.
    Sweep(Sweep),
}

/// A value as it was written. Equality ignores where it stands.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it stands in the override's line, in bytes.
    pub span: Span,
}

/// What a written value is. Unlike a [`Node`](crate::value::Node) it remembers quotes, and may hold sweeps, which
/// no configuration can.
#[derive(Clone, Debug)]
pub enum ValueKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer that does not fit: its decimal digits, with `-` if negative.
    BigInt(Box<str>),
    /// A float.
    Float(f64),
    /// Unquoted text, escapes taken away; interpolations stay as they were written.
    Text(Text),
    /// Quoted text, escapes taken away.
    Quoted(Text, Quote),
    /// `[a, b]`.
    List(List),
    /// `{a: b}`: distinct keys, which are scalars, in written order.
    Map(Box<[(Value, Value)]>),
    /// A sweep inside a value. It can be parsed and printed, but neither composed nor expanded.
    Sweep(Box<Sweep>),
    /// `extend_list(a, b)` inside a value.
    Extend(Box<[Value]>),
}

/// A written list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// The elements as they were written.
    pub items: Box<[Value]>,
    /// Whether `shuffle` stands around it: the order is to be drawn when the value is used.
    pub shuffle: bool,
}

/// Which quotes stand around a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// `'`
    Single,
    /// `"`
    Double,
}

impl Quote {
    /// The quote character.
    pub fn char(self) -> char {
        match self {
            Self::Single => '\'',
            Self::Double => '"',
        }
    }
}

/// Several values for one key. Equality ignores where it stands.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The values.
    pub kind: SweepKind,
    /// What `tag` says about it.
    pub tags: BTreeSet<Text>,
    /// Where it stands in the override's line, in bytes.
    pub span: Span,
}

/// The forms of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepKind {
    /// `a,b` or `choice(a, b)`.
    Choice(Choice),
    /// `range(1, 10, 2)`.
    Range(Range),
    /// `interval(0, 1)`: for sweepers that search.
    Interval {
        /// The lower end.
        start: Number,
        /// The upper end.
        end: Number,
    },
    /// `glob(*)`: options of a config group by the pattern of their names.
    Glob {
        /// Patterns of options to take.
        include: Box<[Value]>,
        /// Patterns of options to leave out.
        exclude: Box<[Value]>,
    },
}

/// A sweep over listed values.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The values as they were written.
    pub items: Box<[Value]>,
    /// Whether it is the `a,b` form.
    pub simple: bool,
    /// Whether the order is to be drawn.
    pub shuffle: bool,
}

/// A sweep over numbers at equal distances: `start`, `start + step`, … before `stop`.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The first number.
    pub start: Number,
    /// Where to stop; not part of the range.
    pub stop: Number,
    /// The distance.
    pub step: Number,
    /// Whether the order is to be drawn.
    pub shuffle: bool,
    /// Casts around it, the innermost first.
    pub casts: Box<[NumberCast]>,
}

/// What a range's numbers are cast to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberCast {
    /// `int(…)`
    Int,
    /// `float(…)`
    Float,
}

/// A number of a range or an interval.
#[derive(Clone, Debug)]
pub enum Number {
    /// `true` and `false` count as 1 and 0.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer that does not fit: its decimal digits, with `-` if negative.
    BigInt(Box<str>),
    /// A float.
    Float(f64),
    /// A decimal that no float shows exactly: where a range of floats ends that was turned round. Prints as the
    /// nearest float.
    Decimal(Decimal),
}

impl Value {
    /// A value at a place.
    pub fn new(kind: ValueKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// Text as a value: quoted if it would read back as anything else.
    pub fn text(text: &str, span: Span) -> Self {
        let whole = scan::lexeme(text.as_bytes(), 0).filter(|&(_, end)| end == text.len());
        let kind = match whole {
            Some((Lexeme::Word, _)) => ValueKind::Text(text.into()),
            _ => ValueKind::Quoted(text.into(), Quote::Single),
        };
        Self { kind, span }
    }

    /// What it is, in a word, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            ValueKind::Null => "null",
            ValueKind::Bool(_) => "a boolean",
            ValueKind::Int(_) | ValueKind::BigInt(_) => "an integer",
            ValueKind::Float(_) => "a float",
            ValueKind::Text(_) | ValueKind::Quoted(..) => "text",
            ValueKind::List(_) => "a list",
            ValueKind::Map(_) => "a mapping",
            ValueKind::Sweep(sweep) => sweep.describe(),
            ValueKind::Extend(_) => "an extend_list(…)",
        }
    }

    /// What its printed form says: text that a function made reads back as a number if it looks like one.
    pub(crate) fn reread(self) -> Self {
        let Self { kind, span } = self;
        let each = |items: Box<[Self]>| items.into_vec().into_iter().map(Self::reread).collect();
        let kind = match kind {
            ValueKind::Text(text) => match scan::lexeme(text.as_bytes(), 0) {
                Some((lexeme, end)) if end == text.len() && lexeme != Lexeme::Escape => {
                    scan::literal(lexeme, &text).into()
                }
                _ => ValueKind::Text(text),
            },
            ValueKind::List(list) => ValueKind::List(List { items: each(list.items), ..list }),
            ValueKind::Map(pairs) => ValueKind::Map(
                pairs.into_vec().into_iter().map(|(key, value)| (key, value.reread())).collect(),
            ),
            kind => kind,
        };
        Self { kind, span }
    }

    /// The text, quoted or not.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            ValueKind::Text(text) | ValueKind::Quoted(text, _) => Some(text),
            _ => None,
        }
    }
}

impl Sweep {
    /// A sweep without tags.
    pub fn new(kind: SweepKind, span: Span) -> Self {
        Self { kind, tags: BTreeSet::new(), span }
    }

    /// What it is, in a word, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            SweepKind::Choice(choice) if choice.simple => "a sweep",
            SweepKind::Choice(_) => "a choice(…)",
            SweepKind::Range(_) => "a range(…)",
            SweepKind::Interval { .. } => "an interval(…)",
            SweepKind::Glob { .. } => "a glob(…)",
        }
    }
}

/// What unquoted text says.
impl From<Kind> for ValueKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Bool(b) => Self::Bool(b),
            Kind::Int(i) => Self::Int(i),
            Kind::BigInt(digits) => Self::BigInt(digits),
            Kind::Float(f) => Self::Float(f),
            Kind::Str(text) => Self::Text(text),
            _ => Self::Null,
        }
    }
}

impl From<Number> for ValueKind {
    fn from(number: Number) -> Self {
        match number {
            Number::Bool(b) => Self::Bool(b),
            Number::Int(i) => Self::Int(i),
            Number::BigInt(digits) => Self::BigInt(digits),
            Number::Float(f) => Self::Float(f),
            Number::Decimal(decimal) => Self::Float(decimal.to_float()),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl PartialEq for Sweep {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.tags == other.tags
    }
}

/// Strict: `1`, `1.0` and `true` differ; NaN equals NaN; `-0.0` differs from `0.0`; quotes count.
impl PartialEq for ValueKind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => same_float(*a, *b),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Quoted(a, p), Self::Quoted(b, q)) => a == b && p == q,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Sweep(a), Self::Sweep(b)) => a == b,
            (Self::Extend(a), Self::Extend(b)) => a == b,
            _ => false,
        }
    }
}

/// Strict, as for values.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => same_float(*a, *b),
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            _ => false,
        }
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}
