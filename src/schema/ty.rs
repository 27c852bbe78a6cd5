//! The type of a value in a typed part of the tree.

use std::fmt;
use std::sync::Arc;

use crate::value::{IndexMap, Key, KeyPath, Text};

/// What a value must be. Merging enforces it; plain YAML trees are [`Type::Any`] throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// Anything.
    Any,
    /// A boolean; `yes`, `no`, `on`, `off`, `y`, `n`, `1`, `0` in text and non-zero integers convert.
    Bool,
    /// An integer; decimal text converts, a float does not.
    Int,
    /// A float; integers and numeric text convert.
    Float,
    /// Text; numbers and booleans convert.
    Str,
    /// One of a few words.
    OneOf(Arc<[Text]>),
    /// The type, or `null`.
    Optional(Arc<Type>),
    /// A list of such elements.
    List(Arc<Type>),
    /// A mapping from text to such values.
    Dict(Arc<Type>),
    /// A mapping with named fields.
    Struct(Arc<Struct>),
}

/// A mapping of named fields, each with its type. Closed, unless [`Struct::rest`] says what else may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// The name, for messages.
    pub name: Text,
    /// The fields in order.
    pub fields: IndexMap<Text, Type>,
    /// The type of keys that are no fields; `None`: there may be none.
    pub rest: Option<Type>,
}

impl Type {
    /// The type of what stands under a key of a value of this type; `None` if a closed struct has no such field.
    ///
    /// ```
    /// use mainstem::schema::Type;
    /// use mainstem::value::Key;
    /// let numbers = Type::Dict(std::sync::Arc::new(Type::Int));
    /// assert_eq!(numbers.child(&Key::from("a")), Some(&Type::Int));
    /// ```
    pub fn child(&self, key: &Key) -> Option<&Self> {
        match self {
            Self::Optional(inner) => inner.child(key),
            Self::List(element) | Self::Dict(element) => Some(element),
            Self::Struct(closed) => {
                let field = key.as_str().and_then(|name| closed.fields.get(name));
                field.or(closed.rest.as_ref())
            }
            _ => Some(&Self::Any),
        }
    }

    /// The type at a path below this one; anything, where a path leads out of the typed part.
    pub fn at(&self, path: &KeyPath) -> &Self {
        path.keys().iter().fold(self, |ty, key| ty.child(key).unwrap_or(&Self::Any))
    }

    /// Says what the value at a path must be. What was known of fields that the new type leaves open stays.
    ///
    /// ```
    /// use mainstem::schema::Type;
    /// use mainstem::value::KeyPath;
    /// let mut root = Type::Any;
    /// root.place(&KeyPath::parse("db.port"), Type::Int);
    /// assert_eq!(root.at(&KeyPath::parse("db.port")), &Type::Int);
    /// assert_eq!(root.at(&KeyPath::parse("db.host")), &Type::Any);
    /// ```
    pub fn place(&mut self, path: &KeyPath, ty: Self) {
        self.place_at(path.keys(), ty);
    }

    fn place_at(&mut self, keys: &[Key], ty: Self) {
        let Some((key, rest)) = keys.split_first() else {
            let known = std::mem::replace(self, ty);
            self.keep(&known);
            return;
        };
        let Some(name) = key.as_str() else { return };
        if matches!(self, Self::Any) {
            let open = Struct { name: Text::default(), fields: IndexMap::default(), rest: Some(Self::Any) };
            *self = Self::Struct(Arc::new(open));
        }
        if let Self::Struct(fields) = self {
            let fields = &mut Arc::make_mut(fields).fields;
            fields.entry(name.into()).or_insert(Self::Any).place_at(rest, ty);
        }
    }

    /// Fills open fields with what was known of them.
    fn keep(&mut self, known: &Self) {
        let (Self::Struct(new), Self::Struct(old)) = (&mut *self, known) else { return };
        let open = |ty: Option<&Self>| matches!(ty, Some(Self::Any));
        for (name, ty) in
            old.fields.iter().filter(|(name, _)| open(new.fields.get(*name))).collect::<Vec<_>>()
        {
            Arc::make_mut(new).fields.insert(name.clone(), ty.clone());
        }
    }

    /// Without the `Optional` around it.
    pub fn required(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.required(),
            other => other,
        }
    }

    /// The struct, if it is one that rejects unknown keys.
    pub fn as_closed(&self) -> Option<&Struct> {
        match self.required() {
            Self::Struct(closed) if closed.rest.is_none() => Some(closed),
            _ => None,
        }
    }

    /// Whether a value of this type is a mapping or a list.
    pub fn is_container(&self) -> bool {
        matches!(self.required(), Self::List(_) | Self::Dict(_) | Self::Struct(_))
    }
}

/// As messages name it: `an integer`, `a string or null`, `one of a, b`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::Bool => f.write_str("a boolean"),
            Self::Int => f.write_str("an integer"),
            Self::Float => f.write_str("a float"),
            Self::Str => f.write_str("a string"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::Optional(inner) => write!(f, "{inner} or null"),
            Self::List(_) => f.write_str("a list"),
            Self::Dict(_) => f.write_str("a mapping"),
            Self::Struct(fields) => write!(f, "a mapping ({})", fields.name),
        }
    }
}
