//! Structs and enums, as data.

use std::sync::Arc;

use crate::schema::limit::{Constraint, Limited};
use crate::schema::ty::Type;
use crate::value::{IndexMap, Node, Text};

/// A mapping of named fields. Closed, unless [`Struct::rest`] says what else may stand there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Struct {
    /// The name, for messages.
    pub name: Text,
    /// What it is for; empty if nobody said.
    pub doc: Text,
    /// The fields in order.
    pub fields: IndexMap<Text, Field>,
    /// The type of keys that are no fields; `None`: there may be none.
    pub rest: Option<Type>,
    /// The names of the structs that it is a special case of: where they are expected, it may stand.
    pub bases: Vec<Text>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What its value must be.
    pub ty: Type,
    /// Its value where nobody gives one; `None`: it must be given (`???`), unless it is a struct, whose own fields
    /// then say so.
    pub default: Option<Node>,
    /// What it is for; empty if nobody said.
    pub doc: Text,
    /// Other names that it may be given under.
    pub aliases: Vec<Text>,
    /// Why it should not be set any more.
    pub deprecated: Option<Text>,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// The config group whose options it takes; `None`: that of its own name, if there is one.
    pub group: Option<Text>,
}

/// One of several variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// The name, for messages.
    pub name: Text,
    /// What it is for; empty if nobody said.
    pub doc: Text,
    /// The key that names the variant, beside the fields of the variant. `None`: the value is the name itself.
    pub tag: Option<Text>,
    /// The variants by name, in order.
    pub variants: IndexMap<Text, Variant>,
    /// What may stand under the tag.
    pub(crate) words: Type,
}

/// A variant of an enum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// What it is for; empty if nobody said.
    pub doc: Text,
    /// Other names that it may be given under.
    pub aliases: Vec<Text>,
    /// Why it should not be chosen any more.
    pub deprecated: Option<Text>,
    /// The options of a config group that stand for it; empty: the one of its own name.
    pub options: Vec<Text>,
    /// Its fields, without the tag.
    pub content: Struct,
}

impl Field {
    /// A field that must be given, and of which nothing else is known. One that may be null is null if nobody gives
    /// it.
    pub fn new(ty: Type) -> Self {
        let optional = match &ty {
            Type::Optional(_) => true,
            Type::Limited(limited) => matches!(limited.ty, Type::Optional(_)),
            _ => false,
        };
        Self {
            ty,
            default: optional.then(Node::null),
            doc: Text::default(),
            aliases: Vec::new(),
            deprecated: None,
            secret: false,
            group: None,
        }
    }

    /// A field of that type that nobody knows more of, and that need not be there.
    pub(crate) fn bare(ty: Type) -> Self {
        Self { default: None, ..Self::new(ty) }
    }

    /// With a value where nobody gives one.
    #[must_use]
    pub fn default(self, value: Node) -> Self {
        Self { default: Some(value), ..self }
    }

    /// With words about what it is for.
    #[must_use]
    pub fn doc(self, doc: impl Into<Text>) -> Self {
        Self { doc: doc.into(), ..self }
    }

    /// With another name that it may be given under.
    #[must_use]
    pub fn alias(mut self, name: impl Into<Text>) -> Self {
        self.aliases.push(name.into());
        self
    }

    /// With words about what to use instead.
    #[must_use]
    pub fn deprecated(self, message: impl Into<Text>) -> Self {
        Self { deprecated: Some(message.into()), ..self }
    }

    /// As one whose value must not be shown.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// With the config group whose options it takes.
    #[must_use]
    pub fn group(self, group: impl Into<Text>) -> Self {
        Self { group: Some(group.into()), ..self }
    }

    /// What its value must obey beside its type.
    pub fn constraints(&self) -> &[Constraint] {
        match &self.ty {
            Type::Limited(limited) => &limited.constraints,
            _ => &[],
        }
    }

    /// With a limit on its value.
    #[must_use]
    pub fn limit(mut self, limit: Constraint) -> Self {
        self.ty = Limited::one(self.ty, limit);
        self
    }

    /// With limits on its value.
    #[must_use]
    pub fn limits(self, limits: impl IntoIterator<Item = Constraint>) -> Self {
        limits.into_iter().fold(self, Self::limit)
    }
}

impl Variant {
    /// With words about what it is for.
    #[must_use]
    pub fn doc(self, doc: impl Into<Text>) -> Self {
        Self { doc: doc.into(), ..self }
    }

    /// With another name that it goes by.
    #[must_use]
    pub fn alias(mut self, name: impl Into<Text>) -> Self {
        self.aliases.push(name.into());
        self
    }

    /// With words about what to use instead.
    #[must_use]
    pub fn deprecated(self, message: impl Into<Text>) -> Self {
        Self { deprecated: Some(message.into()), ..self }
    }

    /// With an option of a config group that stands for it.
    #[must_use]
    pub fn option(mut self, option: impl Into<Text>) -> Self {
        self.options.push(option.into());
        self
    }
}

impl Struct {
    /// The field that a key names, by its name or by another that it goes by, with its name.
    pub fn field(&self, key: &str) -> Option<(&Text, &Field)> {
        self.fields
            .get_key_value(key)
            .or_else(|| self.fields.iter().find(|(_, field)| field.aliases.iter().any(|alias| alias == key)))
    }
}

impl Struct {
    /// Whether it may stand where another struct is expected: it is that one, or a special case of it. What has no
    /// name is anything's.
    pub fn is_a(&self, other: &Self) -> bool {
        self.name.is_empty()
            || other.name.is_empty()
            || self.name == other.name
            || self.bases.contains(&other.name)
    }
}

impl Enum {
    /// An enum of these variants. `tag` is the key that names the variant; `None`: the value is the name itself.
    pub fn new(
        name: impl Into<Text>,
        tag: Option<Text>,
        variants: impl IntoIterator<Item = (Text, Variant)>,
    ) -> Self {
        let (name, variants) = (name.into(), variants.into_iter().collect::<IndexMap<Text, Variant>>());
        let words = words(&name, &variants);
        Self { name, doc: Text::default(), tag, variants, words }
    }

    /// The variant that a word names, by its name or by another that it goes by, with its name.
    pub fn variant(&self, word: &str) -> Option<(&Text, &Variant)> {
        self.variants.get_key_value(word).or_else(|| {
            self.variants.iter().find(|(_, variant)| variant.aliases.iter().any(|alias| alias == word))
        })
    }

    /// The variant that an option of a config group stands for, with its name.
    pub fn option(&self, option: &str) -> Option<(&Text, &Variant)> {
        let listed = |(_, variant): &(&Text, &Variant)| variant.options.iter().any(|one| one == option);
        self.variants
            .iter()
            .find(listed)
            .or_else(|| self.variant(option).filter(|(_, variant)| variant.options.is_empty()))
    }

    /// The variant of a value: named by the tag of a mapping, or by the value itself.
    pub fn of(&self, value: &Node) -> Option<(&Text, &Variant)> {
        let word = match (value.as_map(), &self.tag) {
            (Some(map), Some(tag)) => map.get_str(tag)?.as_str()?,
            _ => value.as_str()?,
        };
        self.variant(word)
    }
}

/// What may stand under a tag: names of variants. Another name that one goes by becomes its own.
fn words(name: &Text, variants: &IndexMap<Text, Variant>) -> Type {
    let all = || Type::OneOf(variants.keys().cloned().collect());
    if variants.values().all(|variant| variant.aliases.is_empty()) {
        return all();
    }
    let bare = |(name, variant): (&Text, &Variant)| {
        (name.clone(), Variant { aliases: variant.aliases.clone(), ..Variant::default() })
    };
    let variants = variants.iter().map(bare).collect();
    let words = Enum { name: name.clone(), doc: Text::default(), tag: None, variants, words: all() };
    Type::Enum(Arc::new(words))
}
