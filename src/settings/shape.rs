//! Types of the built-in configs, as constants: nothing is built before it is asked for.

use std::sync::Arc;

use crate::schema::{Field as Typed, Struct, Type};

/// A [`Type`] that can stand in a `static`.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// Text.
    Str,
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// The shape, or `null`.
    Optional(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A mapping from text.
    Dict(&'static Shape),
    /// A closed mapping.
    Struct(&'static str, &'static [Field]),
}

/// A field of a closed mapping.
pub(crate) type Field = (&'static str, Shape);

impl Shape {
    /// The shape as a type.
    pub(crate) fn to_type(&self) -> Type {
        let inner = |shape: &Self| Arc::new(shape.to_type());
        match self {
            Self::Any => Type::Any,
            Self::Bool => Type::Bool,
            Self::Int => Type::INT,
            Self::Float => Type::Float,
            Self::Str => Type::Str,
            Self::OneOf(words) => Type::OneOf(words.iter().map(|&word| word.into()).collect()),
            Self::Optional(shape) => Type::Optional(inner(shape)),
            Self::List(shape) => Type::List(inner(shape)),
            Self::Dict(shape) => Type::dict(Type::Any, shape.to_type()),
            Self::Struct(name, fields) => Type::Struct(Arc::new(Struct {
                name: (*name).into(),
                fields: fields
                    .iter()
                    .map(|(name, shape)| ((*name).into(), Typed::new(shape.to_type())))
                    .collect(),
                ..Struct::default()
            })),
        }
    }
}
