//! What is expected at a place: a type, and the definitions that it names.

use std::fmt;

use crate::schema::definition::{Enum, Field, Struct, Variant};
use crate::schema::limit::Constraint;
use crate::schema::ty::{Type, Width};
use crate::schema::types::Definition;
use crate::value::{Key, KeyPath, Node, Text};

/// What is expected at a place in a schema. Cheap to copy; its type is never a name, but what the name stands for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    ty: &'a Type,
    definitions: &'a [Definition],
    /// Whether a field on the way to it is a secret.
    secret: bool,
}

impl<'a> Expected<'a> {
    /// What a type without names expects.
    pub fn new(ty: &'a Type) -> Self {
        Self::within(ty, &[])
    }

    /// What a type expects whose names are defined there.
    pub(super) fn within(ty: &'a Type, definitions: &'a [Definition]) -> Self {
        let mut here = Self { ty, definitions, secret: false };
        // Names never lead back: `Types::schema` sees to it.
        loop {
            match here.ty {
                Type::Named(name) => {
                    here.ty = name.find(here.definitions).map_or(&Type::Any, Definition::ty);
                }
                Type::Rooted(schema) => {
                    here = Self { ty: schema.root(), definitions: schema.definitions(), ..here };
                }
                _ => return here,
            }
        }
    }

    /// The type; never [`Type::Named`] nor [`Type::Rooted`].
    pub fn ty(self) -> &'a Type {
        self.ty
    }

    /// Another type of the same schema, such as that of a field.
    #[must_use]
    pub fn other(self, ty: &'a Type) -> Self {
        Self { secret: self.secret, ..Self::within(ty, self.definitions) }
    }

    /// Whether what stands there must not be shown: a field that is a secret, or anything in one.
    pub fn is_secret(self) -> bool {
        self.secret
    }

    /// What a field of this struct expects.
    #[must_use]
    pub(crate) fn of_field(self, field: &'a Field) -> Self {
        let of_type = self.other(&field.ty);
        Self { secret: of_type.secret || field.secret, ..of_type }
    }

    /// Whether it may be anything.
    pub fn is_any(self) -> bool {
        matches!(self.ty, Type::Any)
    }

    /// Whether `null` may stand there.
    pub fn is_optional(self) -> bool {
        match self.ty {
            Type::Any | Type::Optional(_) => true,
            Type::Limited(limited) => self.other(&limited.ty).is_optional(),
            _ => false,
        }
    }

    /// Without the `null` that may stand for it, and without limits.
    #[must_use]
    pub fn required(self) -> Self {
        match self.ty {
            Type::Optional(inner) => self.other(inner).required(),
            Type::Limited(limited) => self.other(&limited.ty).required(),
            _ => self,
        }
    }

    /// What is expected under a key; `None` if a closed struct has no such field. In an enum it is what the fields
    /// of that name in its variants have in common; [`Expected::child_of`] knows more.
    pub fn child(self, key: &Key) -> Option<Self> {
        match self.ty {
            Type::Optional(inner) => self.other(inner).child(key),
            Type::Limited(limited) => self.other(&limited.ty).child(key),
            Type::List(element) => Some(self.other(element)),
            Type::Tuple(elements) => match key {
                Key::Int(i) => {
                    usize::try_from(*i).ok().and_then(|i| elements.get(i)).map(|ty| self.other(ty))
                }
                _ => None,
            },
            Type::Dict(dict) => Some(self.other(&dict.value)),
            Type::Struct(fields) => self.field(fields, key),
            Type::Enum(variants) => self.tag_or_field(variants, key),
            _ => Some(Self { secret: self.secret, ..Self::new(&Type::Any) }),
        }
    }

    fn field(self, fields: &'a Struct, key: &Key) -> Option<Self> {
        match key.as_str().and_then(|name| fields.field(name)) {
            Some((_, field)) => Some(self.of_field(field)),
            None => fields.rest.as_ref().map(|ty| self.other(ty)),
        }
    }

    /// The fields of a struct, or of a variant that is known.
    pub(crate) fn fields(self, variant: Option<&'a Variant>) -> Option<&'a Struct> {
        match (self.required().ty, variant) {
            (Type::Struct(fields), _) => Some(fields),
            (Type::Enum(_), Some(variant)) => Some(&variant.content),
            _ => None,
        }
    }

    /// The name of the field that a key names by another name.
    pub(crate) fn alias(self, variant: Option<&'a Variant>, key: &Key) -> Option<&'a Text> {
        let key = key.as_str()?;
        let fields = self.fields(variant)?;
        if fields.fields.contains_key(key) {
            return None;
        }
        fields.field(key).map(|(name, _)| name)
    }

    /// What is expected at a path of a tree that is there: it says which variants of enums it is.
    #[must_use]
    pub fn at_in(self, tree: &Node, path: &KeyPath) -> Self {
        let anything = Self::new(&Type::Any);
        let start = (self, Some(tree));
        let (found, _) = path.keys().iter().fold(start, |(here, node), key| {
            let below = match node {
                Some(node) => here.child_of(node, key),
                None => here.child(key),
            };
            (below.unwrap_or(anything), node.and_then(|node| node.child(key)))
        });
        found
    }

    /// The variant that a value is, if an enum is expected and the value says so.
    pub(crate) fn variant_of(self, value: &Node) -> Option<&'a Variant> {
        self.as_enum()?.of(value).map(|(_, variant)| variant)
    }

    fn tag_or_field(self, variants: &'a Enum, key: &Key) -> Option<Self> {
        if variants.tag.as_deref().is_some_and(|tag| key.as_str() == Some(tag)) {
            return Some(Self::new(&variants.words));
        }
        let mut all = variants.variants.values().filter_map(|variant| self.field(&variant.content, key));
        let first = all.next()?;
        // What several variants have is one type only if they agree.
        let (same, secret) = all.fold((true, first.secret), |(same, secret), other| {
            (same && other.ty == first.ty, secret || other.secret)
        });
        // One that may be a secret is one.
        Some(Self { secret, ..if same { first } else { Self::new(&Type::Any) } })
    }

    /// As [`Expected::child`], in a value of which is known which variant of an enum it is.
    pub fn child_in(self, variant: Option<&'a Variant>, key: &Key) -> Option<Self> {
        let here = self.required();
        match (here.ty, variant) {
            (Type::Enum(variants), Some(variant)) => {
                if variants.tag.as_deref().is_some_and(|tag| key.as_str() == Some(tag)) {
                    return Some(Self::new(&variants.words));
                }
                here.field(&variant.content, key)
            }
            _ => here.child(key),
        }
    }

    /// As [`Expected::child`], in a value that is there: it says which variant of an enum it is.
    pub fn child_of(self, value: &Node, key: &Key) -> Option<Self> {
        self.child_in(self.variant_of(value), key)
    }

    /// What is expected at a path below; anything, where a path leads out of the typed part.
    #[must_use]
    pub fn at(self, path: &KeyPath) -> Self {
        let anything = Self::new(&Type::Any);
        path.keys().iter().fold(self, |here, key| here.child(key).unwrap_or(anything))
    }

    /// The struct, if it is one that rejects unknown keys.
    pub fn as_closed(self) -> Option<&'a Struct> {
        match self.required().ty {
            Type::Struct(closed) if closed.rest.is_none() => Some(closed),
            _ => None,
        }
    }

    /// The struct, if it is one.
    pub fn as_struct(self) -> Option<&'a Struct> {
        match self.required().ty {
            Type::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// The enum, if it is one.
    pub fn as_enum(self) -> Option<&'a Enum> {
        match self.required().ty {
            Type::Enum(variants) => Some(variants),
            _ => None,
        }
    }

    /// Whether the value is a mapping or a list.
    pub fn is_container(self) -> bool {
        match self.required().ty {
            Type::List(_) | Type::Tuple(_) | Type::Dict(_) | Type::Struct(_) => true,
            Type::Enum(variants) => variants.tag.is_some(),
            _ => false,
        }
    }
}

/// As messages name it: `an integer`, `a string or null`, `one of a, b`.
impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            Type::Bool => f.write_str("a boolean"),
            // Nobody runs into the ends of these by mistake.
            Type::Int(Width::Any | Width::I64 | Width::I128) => f.write_str("an integer"),
            Type::Int(Width::U64 | Width::U128) => f.write_str("an integer from 0 on"),
            Type::Int(width) => f.write_str(&width.describe()),
            Type::Float | Type::Float32 => f.write_str("a float"),
            Type::Str => f.write_str("a string"),
            Type::Bytes => f.write_str("bytes"),
            Type::Path => f.write_str("a path"),
            Type::Duration => f.write_str("a duration, such as 10ms, 1.5s, 2h, or a number of seconds"),
            Type::Time(moment) => f.write_str(moment.describe()),
            Type::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Type::Optional(inner) => write!(f, "{} or null", self.other(inner)),
            Type::Limited(limited) => {
                let ranged = limited.constraints.iter().any(|one| matches!(one, Constraint::Range { .. }));
                // What may be null is limited as long as it is not.
                let (ty, or_null) = match self.other(&limited.ty).ty {
                    Type::Optional(inner) => (inner.as_ref(), true),
                    _ => (&limited.ty, false),
                };
                match self.other(ty).ty {
                    // The range says more than the ends of its width.
                    Type::Int(_) if ranged => f.write_str("an integer")?,
                    Type::Duration if ranged => f.write_str("a duration")?,
                    _ => write!(f, "{}", self.other(ty))?,
                }
                limited.constraints.iter().try_for_each(|constraint| write!(f, " {constraint}"))?;
                f.write_str(if or_null { " or null" } else { "" })
            }
            Type::List(_) => f.write_str("a list"),
            Type::Tuple(elements) => write!(f, "a list of length {}", elements.len()),
            Type::Dict(_) => f.write_str("a mapping"),
            Type::Struct(fields) if fields.name.is_empty() => f.write_str("a mapping"),
            Type::Struct(fields) => write!(f, "a mapping ({})", fields.name),
            Type::Enum(variants) => {
                let words: Vec<&str> = variants.variants.keys().map(|word| word.as_str()).collect();
                match &variants.tag {
                    Some(tag) => write!(f, "a mapping whose `{tag}` is one of {}", words.join(", ")),
                    None => write!(f, "one of {}", words.join(", ")),
                }
            }
            Type::Any | Type::Named(_) | Type::Rooted(_) => f.write_str("anything"),
        }
    }
}
