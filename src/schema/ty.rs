//! The type of a value.

use std::fmt;
use std::sync::Arc;

use crate::schema::definition::{Enum, Struct};
use crate::schema::expected::Expected;
use crate::schema::limit::Limited;
use crate::schema::tree::Schema;
use crate::schema::types::Name;
use crate::value::{Kind, Text};

/// What a value must be. Merging enforces it; plain YAML trees are [`Type::Any`] throughout.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// Anything.
    Any,
    /// A boolean; `yes`, `no`, `on`, `off`, `y`, `n`, `1`, `0` in text and non-zero integers convert.
    Bool,
    /// An integer of so many bits; decimal text converts, a float does not.
    Int(Width),
    /// A float; integers and numeric text convert.
    Float,
    /// A float of 32 bits: as [`Type::Float`], but a number that it would make infinite is out of range.
    Float32,
    /// Text; numbers and booleans convert.
    Str,
    /// Bytes (`!!binary`).
    Bytes,
    /// A path of files: text. Numbers convert.
    Path,
    /// A span of time: text such as `10ms`, `1.5s`, `2h`, `1h30m`, or a number of seconds.
    Duration,
    /// A point in time, as text in ISO 8601.
    Time(Moment),
    /// One of a few words.
    OneOf(Arc<[Text]>),
    /// The type, or `null`.
    Optional(Arc<Type>),
    /// The type, within limits.
    Limited(Arc<Limited>),
    /// A list of such elements.
    List(Arc<Type>),
    /// A list of exactly these elements.
    Tuple(Arc<[Type]>),
    /// A mapping whose keys are no fields.
    Dict(Arc<Dict>),
    /// A mapping with named fields.
    Struct(Arc<Struct>),
    /// One of several variants.
    Enum(Arc<Enum>),
    /// What the schema around it defines under this name.
    Named(Name),
    /// A type with definitions of its own, inside another schema.
    Rooted(Arc<Schema>),
}

/// What an entry of a mapping must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Dict {
    /// Its key.
    pub key: Type,
    /// Its value.
    pub value: Type,
}

/// How large an integer may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Width {
    /// As large as it likes.
    #[default]
    Any,
    /// −128 to 127.
    I8,
    /// −32,768 to 32,767.
    I16,
    /// −2³¹ to 2³¹ − 1.
    I32,
    /// −2⁶³ to 2⁶³ − 1.
    I64,
    /// −2¹²⁷ to 2¹²⁷ − 1.
    I128,
    /// 0 to 255.
    U8,
    /// 0 to 65,535.
    U16,
    /// 0 to 2³² − 1.
    U32,
    /// 0 to 2⁶⁴ − 1.
    U64,
    /// 0 to 2¹²⁸ − 1.
    U128,
}

impl Width {
    /// The smallest and the largest integer, as decimal text; `None` if there are none.
    pub fn bounds(self) -> Option<(String, String)> {
        macro_rules! bounds {
            ($($width:ident $ty:ty),*) => {
                match self {
                    Self::Any => None,
                    $(Self::$width => Some((<$ty>::MIN.to_string(), <$ty>::MAX.to_string())),)*
                }
            };
        }
        bounds!(I8 i8, I16 i16, I32 i32, I64 i64, I128 i128, U8 u8, U16 u16, U32 u32, U64 u64, U128 u128)
    }

    /// The ends of one so narrow that people run into them.
    pub(super) fn narrow(self) -> Option<(i64, i64)> {
        match self {
            Self::I8 => Some((i8::MIN.into(), i8::MAX.into())),
            Self::I16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::U8 => Some((u8::MIN.into(), u8::MAX.into())),
            Self::U16 => Some((u16::MIN.into(), u16::MAX.into())),
            _ => None,
        }
    }

    /// As messages name it, with both ends.
    pub(crate) fn describe(self) -> String {
        self.bounds()
            .map_or_else(|| "an integer".to_owned(), |(min, max)| format!("an integer from {min} to {max}"))
    }

    /// Whether an integer is in it.
    pub(crate) fn holds(self, kind: &Kind) -> bool {
        macro_rules! holds {
            ($($width:ident $ty:ty),*) => {
                match (self, kind) {
                    (Self::Any, _) => true,
                    $(
                        (Self::$width, Kind::Int(i)) => <$ty>::try_from(*i).is_ok(),
                        (Self::$width, Kind::BigInt(digits)) => digits.parse::<$ty>().is_ok(),
                    )*
                    _ => false,
                }
            };
        }
        holds!(I8 i8, I16 i16, I32 i32, I64 i64, I128 i128, U8 u8, U16 u16, U32 u32, U64 u64, U128 u128)
    }
}

/// Which point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Moment {
    /// `2024-05-01T12:30:00Z`, `2024-05-01 12:30:00.5+02:00`: date, time and offset from UTC.
    Instant,
    /// `2024-05-01T12:30:00`: date and time of some place.
    DateTime,
    /// `2024-05-01`.
    Date,
    /// `12:30:00`.
    Time,
}

impl Type {
    /// An integer of any size.
    pub const INT: Self = Self::Int(Width::Any);

    /// The type, or `null`.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Any | Self::Optional(_) => self,
            other => Self::Optional(Arc::new(other)),
        }
    }

    /// A list of such elements.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Arc::new(self))
    }

    /// A mapping from such keys to such values.
    ///
    /// ```
    /// use mainstem::schema::{Expected, Type};
    /// use mainstem::value::Key;
    /// let numbers = Type::dict(Type::Str, Type::INT);
    /// let expected = Expected::new(&numbers).child(&Key::from("a"));
    /// assert_eq!(expected.map(Expected::ty), Some(&Type::INT));
    /// ```
    #[must_use]
    pub fn dict(key: Self, value: Self) -> Self {
        Self::Dict(Arc::new(Dict { key, value }))
    }

    /// One of a few words.
    pub fn one_of<W: Into<Text>>(words: impl IntoIterator<Item = W>) -> Self {
        Self::OneOf(words.into_iter().map(Into::into).collect())
    }
}

/// As messages name it: `an integer`, `a string or null`, `one of a, b`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Expected::new(self).fmt(f)
    }
}

impl Moment {
    /// As messages name it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Instant => "a time with an offset, such as 2024-05-01T12:30:00Z",
            Self::DateTime => "a date and time, such as 2024-05-01T12:30:00",
            Self::Date => "a date, such as 2024-05-01",
            Self::Time => "a time of day, such as 12:30:00",
        }
    }

    /// Whether text says such a point in time.
    pub(crate) fn reads(self, text: &str) -> bool {
        use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
        match self {
            Self::Instant => text.parse::<DateTime<Utc>>().is_ok(),
            Self::DateTime => text.parse::<NaiveDateTime>().is_ok(),
            Self::Date => text.parse::<NaiveDate>().is_ok(),
            Self::Time => text.parse::<NaiveTime>().is_ok(),
        }
    }
}
