//! The type of a value in a typed part of the tree.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::value::Text;

/// What a value must be. Merging enforces it; plain YAML trees are [`Type::Any`] throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// Anything.
    Any,
    /// A boolean; `yes`, `no`, `on`, `off`, `1`, `0` in text convert.
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
    /// A mapping with these keys and no others.
    Struct(Arc<Struct>),
}

/// A closed mapping: named fields, each with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// The name, for messages.
    pub name: Text,
    /// The fields in order.
    pub fields: IndexMap<Text, Type>,
}
