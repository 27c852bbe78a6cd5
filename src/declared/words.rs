//! What types without parts are called.

use crate::schema::{Moment, Type, Width};

const WORDS: &[(&str, Type)] = &[
    ("any", Type::Any),
    ("bool", Type::Bool),
    ("int", Type::INT),
    ("i8", Type::Int(Width::I8)),
    ("i16", Type::Int(Width::I16)),
    ("i32", Type::Int(Width::I32)),
    ("i64", Type::Int(Width::I64)),
    ("i128", Type::Int(Width::I128)),
    ("u8", Type::Int(Width::U8)),
    ("u16", Type::Int(Width::U16)),
    ("u32", Type::Int(Width::U32)),
    ("u64", Type::Int(Width::U64)),
    ("u128", Type::Int(Width::U128)),
    ("float", Type::Float),
    ("f32", Type::Float32),
    ("str", Type::Str),
    ("bytes", Type::Bytes),
    ("path", Type::Path),
    ("duration", Type::Duration),
    ("instant", Type::Time(Moment::Instant)),
    ("datetime", Type::Time(Moment::DateTime)),
    ("date", Type::Time(Moment::Date)),
    ("time", Type::Time(Moment::Time)),
];

/// The type of that name.
pub(super) fn type_of(word: &str) -> Option<Type> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, ty)| ty.clone())
}

/// The name of a type without parts.
pub(super) fn word_of(ty: &Type) -> Option<&'static str> {
    WORDS.iter().find(|(_, known)| known == ty).map(|(word, _)| *word)
}

/// All names.
pub(super) fn words() -> impl Iterator<Item = &'static str> + Clone {
    WORDS.iter().map(|(word, _)| *word)
}
