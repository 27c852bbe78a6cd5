//! A value and where it came from.

use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;

use crate::diag::{HIDDEN, Origin, Secrets};
use crate::value::map::{Map, Slot};
use crate::value::template::Template;
use crate::value::{JsonStyle, write_json};

/// Text of a value: inline when short.
pub type Text = CompactString;

/// So many levels of lists and mappings a tree may have, as may a path have keys: code that walks a tree recurses this
/// deep, and printing indents. What is composed keeps to it, and YAML is read up to it.
pub const DEEPEST: usize = 256;

/// A value with its origin. Cloning is cheap: containers are shared, and copied when one of the sharers changes
/// them. Equality ignores origins.
///
/// A value whose origin is [a secret](Origin::secret) prints as `***`, as YAML, JSON and `{:?}`; [`Node::as_str`], the
/// kind and a type that is read from it are what it is.
#[derive(Clone)]
pub struct Node {
    /// Where the value stands.
    pub origin: Origin,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// `null`.
    Null,
    /// `???`: a value that must be given before it is read.
    Missing,
    /// A boolean.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer that does not fit: its decimal digits, with `-` if negative.
    BigInt(Box<str>),
    /// A float.
    Float(f64),
    /// Text without interpolations.
    Str(Text),
    /// Bytes (`!!binary`).
    Bytes(Arc<[u8]>),
    /// Text with interpolations, to be resolved when read.
    Template(Arc<Template>),
    /// A list.
    List(Arc<Vec<Node>>),
    /// A mapping.
    Map(Arc<Map>),
}

/// What a secret prints as.
static SHOWN: Kind = Kind::Str(Text::const_new(HIDDEN));

const _: () = assert!(size_of::<Kind>() <= 24 && size_of::<Node>() <= 40);

impl Node {
    /// A value from a place.
    pub fn new(kind: Kind, origin: Origin) -> Self {
        Self { origin, kind }
    }

    /// `null` from no known place.
    pub fn null() -> Self {
        Self::new(Kind::Null, Origin::NONE)
    }

    /// The same value from another place.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The same value as one that must not be shown: of a mapping or a list, everything in it.
    #[must_use]
    pub fn secret(mut self) -> Self {
        match &mut self.kind {
            Kind::Map(map) => *map = Arc::new(map.with_values(Self::secret)),
            Kind::List(items) => *items = Arc::new(items.iter().cloned().map(Self::secret).collect()),
            _ => self.origin = self.origin.secret(),
        }
        self
    }

    /// The same with the keys of its mappings, where they are made of a secret: all of it prints as one.
    #[must_use]
    pub(crate) fn secret_with_keys(mut self) -> Self {
        match &mut self.kind {
            Kind::Map(map) => {
                let slots = map.iter().map(|(key, slot)| {
                    let (origin, node) = (slot.origin.secret(), slot.node.clone().secret_with_keys());
                    (key.clone(), Slot { origin, node })
                });
                *map = Arc::new(slots.collect());
                self.origin = self.origin.secret();
            }
            Kind::List(items) => {
                *items = Arc::new(items.iter().cloned().map(Self::secret_with_keys).collect());
            }
            _ => return self.secret(),
        }
        self
    }

    /// What of it may be shown: everything that is written for people or for later goes through here. Of a secret it is
    /// `***`, unless it says nothing: `null`, `???`, empty text, or interpolations, which are no secrets themselves.
    pub fn shown(&self) -> &Kind {
        if !self.origin.is_secret() {
            return &self.kind;
        }
        match &self.kind {
            Kind::Null | Kind::Missing => &self.kind,
            Kind::Str(text) if text.is_empty() => &self.kind,
            Kind::Template(template) if !template.is_text() && template.literals().next().is_none() => {
                &self.kind
            }
            _ => &SHOWN,
        }
    }

    /// Whether it, or anything in it, must not be shown.
    pub fn holds_secret(&self) -> bool {
        self.origin.is_secret()
            || match &self.kind {
                Kind::Map(map) => map.iter().any(|(_, slot)| slot.node.holds_secret()),
                Kind::List(items) => items.iter().any(Self::holds_secret),
                _ => false,
            }
    }

    /// The same with `***` for every secret in its texts.
    #[must_use]
    pub fn scrubbed(&self, secrets: &Secrets) -> Self {
        let kind = match &self.kind {
            _ if secrets.is_empty() => self.kind.clone(),
            Kind::Str(text) => Kind::Str(secrets.scrub(text).as_ref().into()),
            Kind::List(items) => Kind::List(Arc::new(items.iter().map(|i| i.scrubbed(secrets)).collect())),
            Kind::Map(map) => Kind::Map(Arc::new(map.with_values(|node| node.scrubbed(secrets)))),
            other => other.clone(),
        };
        Self::new(kind, self.origin)
    }

    /// Tells every text in it to who must know what is not to be shown.
    pub(crate) fn tell(&self, secrets: &Secrets) {
        match &self.kind {
            Kind::Null | Kind::Missing | Kind::Bool(_) => {}
            Kind::Template(template) if template.is_text() => secrets.add(&template.text),
            Kind::Template(template) => {
                template.literals().for_each(|kind| Self::new(kind.clone(), Origin::NONE).tell(secrets));
            }
            Kind::Str(text) => secrets.add(text),
            Kind::BigInt(digits) => secrets.add(digits),
            Kind::Int(number) => secrets.add(&number.to_string()),
            Kind::Float(number) => secrets.add(&number.to_string()),
            Kind::Bytes(bytes) => secrets.add(&String::from_utf8_lossy(bytes)),
            Kind::List(items) => items.iter().for_each(|item| item.tell(secrets)),
            Kind::Map(map) => map.iter().for_each(|(key, slot)| {
                if slot.origin.is_secret() {
                    secrets.add(&key.to_string());
                }
                slot.node.tell(secrets);
            }),
        }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, to be changed: copied first if it is shared.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.kind {
            Kind::Map(map) => Some(Arc::make_mut(map)),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(list) => Some(list),
            _ => None,
        }
    }

    /// The text, if it is text without interpolations.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one that fits.
    ///
    /// ```
    /// use mainstem::value::Node;
    /// assert_eq!(Node::from(3).as_i64(), Some(3));
    /// assert_eq!(Node::from(3.0).as_i64(), None);
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        match self.kind {
            Kind::Int(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if it is one: of an integer the float that is nearest to it.
    ///
    /// ```
    /// use mainstem::value::Node;
    /// assert_eq!(Node::from(0.5).as_f64(), Some(0.5));
    /// assert_eq!(Node::from(3).as_f64(), Some(3.0));
    /// assert_eq!(Node::from("3").as_f64(), None);
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.kind {
            Kind::Int(number) => Some(*number as f64),
            Kind::BigInt(digits) => digits.parse().ok(),
            Kind::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether it is a mapping or a list.
    pub fn is_container(&self) -> bool {
        matches!(self.kind, Kind::Map(_) | Kind::List(_))
    }

    /// Whether two values are equal as in Python: `1`, `1.0` and `true` are, whatever the order of keys.
    pub fn equals_loosely(&self, other: &Self) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "Python compares the exact values; beyond 2^53 nobody asks"
        )]
        let number = |kind: &Kind| match *kind {
            Kind::Bool(b) => Some(f64::from(u8::from(b))),
            Kind::Int(i) => Some(i as f64),
            Kind::Float(f) => Some(f),
            _ => None,
        };
        match (&self.kind, &other.kind) {
            (Kind::Int(a), Kind::Int(b)) => a == b,
            (Kind::List(a), Kind::List(b)) => {
                a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| a.equals_loosely(b))
            }
            (Kind::Map(a), Kind::Map(b)) => {
                let equal = |key, node: &Self| b.get(key).is_some_and(|other| node.equals_loosely(other));
                a.len() == b.len() && a.iter().all(|(key, slot)| equal(key, &slot.node))
            }
            (a, b) => match (number(a), number(b)) {
                (Some(a), Some(b)) => a == b,
                _ => a == b,
            },
        }
    }

    /// Whether there are more than so many levels of lists and mappings in it; a scalar has none.
    ///
    /// ```
    /// use mainstem::value::Node;
    /// let nested = Node::from(vec![Node::from(Vec::new())]);
    /// assert!(nested.is_deeper_than(1) && !nested.is_deeper_than(2));
    /// assert!(!Node::null().is_deeper_than(0));
    /// ```
    pub fn is_deeper_than(&self, levels: usize) -> bool {
        let Some(below) = levels.checked_sub(1) else { return self.is_container() };
        match &self.kind {
            Kind::List(items) => items.iter().any(|item| item.is_deeper_than(below)),
            Kind::Map(map) => map.iter().any(|(_, slot)| slot.node.is_deeper_than(below)),
            _ => false,
        }
    }

    /// What it is, in a word, for messages: `a mapping`, `an integer` …
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Missing => "a missing value (???)",
            Kind::Bool(_) => "a boolean",
            Kind::Int(_) | Kind::BigInt(_) => "an integer",
            Kind::Float(_) => "a float",
            // How long a secret is, is no one's business.
            Kind::Str(ref text) if text.is_empty() && !self.origin.is_secret() => "an empty string",
            Kind::Str(_) => "a string",
            Kind::Bytes(_) => "bytes",
            Kind::Template(_) => "an interpolation",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// Its kind, and the value as JSON: where it came from would fill a page.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.shown() {
            Kind::Null => "Null",
            Kind::Missing => "Missing",
            Kind::Bool(_) => "Bool",
            Kind::Int(_) => "Int",
            Kind::BigInt(_) => "BigInt",
            Kind::Float(_) => "Float",
            Kind::Str(_) => "Str",
            Kind::Bytes(_) => "Bytes",
            Kind::Template(_) => "Template",
            Kind::List(_) => "List",
            Kind::Map(_) => "Map",
        };
        let mut value = String::new();
        write_json(self, JsonStyle::Compact, &mut value);
        write!(f, "{kind}({value})")
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// Strict: `1`, `1.0` and `true` differ; NaN equals NaN; `-0.0` differs from `0.0`.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Missing, Self::Missing) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Template(a), Self::Template(b)) => a.text == b.text,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

macro_rules! from {
    ($($from:ty => $make:expr;)*) => {$(
        impl From<$from> for Node {
            fn from(value: $from) -> Self {
                Self::new($make(value), Origin::NONE)
            }
        }
    )*};
}

from! {
    bool => Kind::Bool;
    i64 => Kind::Int;
    f64 => Kind::Float;
    &str => |text: &str| Kind::Str(text.into());
    Text => Kind::Str;
    Vec<Node> => |list| Kind::List(Arc::new(list));
    Map => |map| Kind::Map(Arc::new(map));
}

/// `null` for nothing.
impl<T: Into<Node>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::null, Into::into)
    }
}

/// A list.
impl<T: Into<Node>> FromIterator<T> for Node {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::from(items.into_iter().map(Into::into).collect::<Vec<Self>>())
    }
}
