//! A mistake on its way up from a value: each level adds its key, the top makes the public error.

use std::fmt;

use serde_core::de::{self, Expected, Unexpected};

use crate::diag::{Error, ErrorKind, Origin, did_you_mean, listed_near};
use crate::schema::{absent, missing};
use crate::typed::bridge::culprit::{self, Culprit};
use crate::typed::reader::{too_deep, unresolved};
use crate::value::{Key, KeyPath, Node};

/// What deserializing fails with, below the public boundary.
#[derive(Debug)]
pub(super) struct Failure(Box<Mistake>);

#[derive(Debug)]
struct Mistake {
    what: What,
    /// The place, as soon as a level knows it.
    origin: Option<Origin>,
    /// Keys from the place to the root.
    path: Vec<Key>,
    /// What to look for, if the mistake was found away from its place.
    culprit: Culprit,
    /// Whether it is about a key and not about its value.
    of_key: bool,
}

#[derive(Debug)]
pub(super) enum What {
    /// The words of a `Deserialize` implementation of the user's own.
    Custom(String),
    /// A value of another type or out of range.
    Expected { expected: String, found: String },
    /// A key that the struct does not have.
    UnknownKey { key: String, known: &'static [&'static str] },
    /// A field without a key.
    MissingKey(&'static str),
    /// A word that names no variant.
    UnknownVariant { variant: String, known: &'static [&'static str] },
    /// `???`.
    Missing,
    /// An interpolation.
    Unresolved,
    /// Nested deeper than the limit.
    TooDeep(usize),
}

impl Failure {
    pub(super) fn new(what: What) -> Self {
        Self(Box::new(Mistake {
            what,
            origin: None,
            path: Vec::new(),
            culprit: Culprit::Here,
            of_key: false,
        }))
    }

    fn looking_for(mut self, culprit: Culprit) -> Self {
        self.0.culprit = culprit;
        self
    }

    /// The mistake arose while this node was read: here, unless a level below has already said where.
    pub(super) fn within(mut self, node: &Node) -> Self {
        if self.0.origin.is_none() {
            let (origin, path) = culprit::find(node, &self.0.culprit).unwrap_or((node.origin, Vec::new()));
            self.0.origin = Some(origin);
            self.0.path = path;
        }
        self
    }

    /// The mistake is about the key that stands here.
    pub(super) fn of_key(mut self, origin: Origin) -> Self {
        if self.0.origin.is_none() {
            self.0.origin = Some(origin);
            self.0.of_key = true;
        }
        self
    }

    /// One level up: the mistake lies under this key.
    pub(super) fn under(mut self, key: Key) -> Self {
        self.0.path.push(key);
        self
    }

    /// The public error, about a tree that stands at a path.
    pub(super) fn into_error(self, above: &KeyPath) -> Error {
        let Mistake { what, origin, path, of_key, .. } = *self.0;
        let path: KeyPath = above.keys().iter().cloned().chain(path.into_iter().rev()).collect();
        let origin = origin.unwrap_or(Origin::NONE);
        let prefix = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
        match what {
            What::Custom(words) => Error::new(ErrorKind::Type, format!("{prefix}{words}")).at(origin, ""),
            What::Expected { expected, found } => {
                let role = if of_key { " as a key" } else { "" };
                let message = format!("{prefix}expected {expected}{role}, found {found}");
                Error::new(ErrorKind::Type, message).at(origin, "")
            }
            What::UnknownKey { key, known } => {
                let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
                let error = Error::new(ErrorKind::UnknownKey, format!("there is no key `{key}`{place}"));
                suggest(error.at(origin, ""), &key, known, "keys")
            }
            What::MissingKey(key) => absent(&path.child(Key::from(key)), origin),
            What::UnknownVariant { variant, known } => {
                let error =
                    Error::new(ErrorKind::Type, format!("{prefix}`{variant}` is none of the variants"));
                suggest(error.at(origin, ""), &variant, known, "variants")
            }
            What::Missing => missing(&path, origin),
            What::Unresolved => unresolved(&path, origin),
            What::TooDeep(limit) => too_deep(&path, origin, limit),
        }
    }
}

/// The nearest word that exists, or all of them.
fn suggest(error: Error, typed: &str, known: &[&str], what: &str) -> Error {
    let error = match did_you_mean(typed, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    };
    match known {
        [] => error.note(format!("it has no {what}")),
        _ => error.note(format!("the {what} are: {}", listed_near(known, typed))),
    }
}

/// What was found, in the words of the config language.
fn found(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(b) => format!("the boolean {b}"),
        Unexpected::Unsigned(n) => format!("the integer {n}"),
        Unexpected::Signed(n) => format!("the integer {n}"),
        Unexpected::Float(x) => format!("the float {x:?}"),
        Unexpected::Char(c) => format!("the string {:?}", c.to_string()),
        Unexpected::Str(text) => format!("the string {text:?}"),
        Unexpected::Bytes(_) => "bytes".to_owned(),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self::new(What::Custom(words.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(What::Expected { expected: expected.to_string(), found: found(&unexpected) })
            .looking_for(Culprit::of(&unexpected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let found = if length == 1 { "1 element".to_owned() } else { format!("{length} elements") };
        Self::new(What::Expected { expected: expected.to_string(), found })
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownVariant { variant: variant.to_owned(), known })
            .looking_for(Culprit::of(&Unexpected::Str(variant)))
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey { key: key.to_owned(), known }).looking_for(Culprit::Key(key.to_owned()))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(What::MissingKey(key))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::new(What::Custom(format!("key `{key}` stands twice")))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.what)
    }
}

impl std::error::Error for Failure {}
