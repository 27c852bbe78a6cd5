//! Types in the making: definitions by name, recursive ones too.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use crate::schema::clash::{Clash, Owner, Owners};
use crate::schema::definition::{Enum, Field, Struct, Variant};
use crate::schema::tree::Schema;
use crate::schema::ty::Type;
use crate::value::{HashMap, Text};

/// The name of a definition: the place in the table of the schema that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name(u32);

impl Name {
    /// The definition, in the table that the name belongs to.
    pub(super) fn find(self, definitions: &[Definition]) -> Option<&Definition> {
        definitions.get(self.0 as usize)
    }
}

/// A type with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    name: Text,
    ty: Type,
}

impl Definition {
    /// The name, which no other definition of the schema has.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// The type.
    pub fn ty(&self) -> &Type {
        &self.ty
    }
}

/// Collects definitions, until [`Types::schema`] makes a schema of them.
///
/// A definition has its name before it is finished, so it may refer to itself:
///
/// ```
/// use mainstem::schema::{Field, Fields, Type, Types};
/// use mainstem::value::KeyPath;
///
/// struct Tree;
/// let mut types = Types::default();
/// let tree = types.define::<Tree>("Tree", |types| {
///     let tree = types.define::<Tree>("Tree", |_| unreachable!("it is being defined"));
///     Fields::default().field("weight", Field::new(Type::Float)).field("left", Field::new(tree.optional())).into()
/// });
/// let schema = types.schema(tree);
/// assert_eq!(schema.at(&KeyPath::parse("left.left.weight")).to_string(), "a float");
/// ```
#[derive(Debug, Default)]
pub struct Types {
    known: HashMap<TypeId, Name>,
    provided: HashMap<TypeId, Provided>,
    drafts: Vec<(Text, Option<Draft>)>,
}

/// A definition that waits until somebody asks for it.
struct Provided {
    called: Text,
    shape: Box<dyn FnOnce(&mut Types) -> Shape + Send>,
}

impl fmt::Debug for Provided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provided").field("called", &self.called).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Draft {
    called: Text,
    shape: Shape,
}

/// What a definition is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Shape {
    /// A struct.
    Struct(Fields),
    /// An enum.
    Enum(Variants),
    /// Another type under a name of its own.
    Type(Type),
}

/// The fields of a struct in the making.
#[derive(Debug, Default)]
pub struct Fields {
    doc: Text,
    parts: Vec<Part>,
    rest: Option<Type>,
}

#[derive(Debug)]
enum Part {
    Field(Text, Box<Field>),
    Flat(Type),
}

impl Fields {
    /// Says what the struct is for.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<Text>) -> Self {
        self.doc = doc.into();
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: impl Into<Text>, field: Field) -> Self {
        self.parts.push(Part::Field(name.into(), Box::new(field)));
        self
    }

    /// Adds the fields of another struct, or the keys of a mapping.
    #[must_use]
    pub fn flatten(mut self, ty: Type) -> Self {
        self.parts.push(Part::Flat(ty));
        self
    }

    /// Says what keys that are no fields hold. Else there may be none.
    #[must_use]
    pub fn rest(mut self, ty: Type) -> Self {
        self.rest = Some(ty);
        self
    }
}

/// The variants of an enum in the making.
#[derive(Debug, Default)]
pub struct Variants {
    doc: Text,
    tag: Option<Text>,
    variants: Vec<(Text, Variant, Fields)>,
}

impl Variants {
    /// Variants whose name stands under that key, beside the fields of the variant.
    pub fn tagged(tag: impl Into<Text>) -> Self {
        Self { tag: Some(tag.into()), ..Self::default() }
    }

    /// Variants without fields: the value is the name itself.
    pub fn words() -> Self {
        Self::default()
    }

    /// Says what the enum is for.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<Text>) -> Self {
        self.doc = doc.into();
        self
    }

    /// Adds a variant with its fields, which take the place of [`Variant::content`].
    #[must_use]
    pub fn variant(mut self, name: impl Into<Text>, variant: Variant, fields: Fields) -> Self {
        self.variants.push((name.into(), variant, fields));
        self
    }
}

impl From<Fields> for Shape {
    fn from(fields: Fields) -> Self {
        Self::Struct(fields)
    }
}

impl From<Variants> for Shape {
    fn from(variants: Variants) -> Self {
        Self::Enum(variants)
    }
}

impl From<Type> for Shape {
    fn from(ty: Type) -> Self {
        Self::Type(ty)
    }
}

impl Types {
    /// Says what a Rust type is, in place of what it will say of itself: [`Types::define`] takes this then. A type
    /// that nobody asks for is not defined.
    ///
    /// ```
    /// use mainstem::schema::{Type, Types};
    /// struct Device;
    /// let mut types = Types::default();
    /// types.provide::<Device>("Device", |_| Type::one_of(["cpu", "gpu"]).into());
    /// let device = types.define::<Device>("Device", |_| Type::Any.into());
    /// assert_eq!(types.schema(device).expected().to_string(), "one of cpu, gpu");
    /// ```
    pub fn provide<T: 'static>(
        &mut self,
        name: impl Into<Text>,
        shape: impl FnOnce(&mut Self) -> Shape + Send + 'static,
    ) {
        let provided = Provided { called: name.into(), shape: Box::new(shape) };
        self.provided.insert(TypeId::of::<T>(), provided);
    }

    /// What the struct or the enum behind a type is for, as far as it is known by now.
    pub(crate) fn doc_of(&self, ty: &Type) -> Text {
        let Type::Named(name) = ty else { return Text::default() };
        let draft = self.drafts.get(name.0 as usize).and_then(|(_, draft)| draft.as_ref());
        match draft.map(|draft| &draft.shape) {
            Some(Shape::Struct(fields)) => fields.doc.clone(),
            Some(Shape::Enum(variants)) => variants.doc.clone(),
            Some(Shape::Type(_)) | None => Text::default(),
        }
    }

    /// The definition of a Rust type: made by `shape` the first time, and known from then on, also while it is
    /// being made.
    pub fn define<T: 'static>(
        &mut self,
        name: impl Into<Text>,
        shape: impl FnOnce(&mut Self) -> Shape,
    ) -> Type {
        let id = TypeId::of::<T>();
        if let Some(name) = self.known.get(&id) {
            return Type::Named(*name);
        }
        let provided = self.provided.remove(&id);
        let called = provided.as_ref().map_or_else(|| name.into(), |provided| provided.called.clone());
        let name = self.declare(called.clone());
        self.known.insert(id, name);
        let shape = match provided {
            Some(provided) => (provided.shape)(self),
            None => shape(self),
        };
        self.complete(name, called, shape);
        Type::Named(name)
    }

    /// A name for a definition that comes later. If another one has it, a number is added.
    pub fn declare(&mut self, name: impl Into<Text>) -> Name {
        let wanted: Text = name.into();
        let taken = |name: &str| self.drafts.iter().any(|(other, _)| other == name);
        let mut unique = wanted.clone();
        for number in 2.. {
            if !taken(&unique) {
                break;
            }
            unique = compact_str::format_compact!("{wanted}{number}");
        }
        let name = Name(u32::try_from(self.drafts.len()).unwrap_or(u32::MAX));
        self.drafts.push((unique, None));
        name
    }

    /// Gives a name its definition. `called` is how messages call it. A name that never gets one is
    /// [`Type::Any`].
    pub fn complete(&mut self, name: Name, called: impl Into<Text>, shape: impl Into<Shape>) {
        if let Some((_, draft)) = self.drafts.get_mut(name.0 as usize) {
            *draft = Some(Draft { called: called.into(), shape: shape.into() });
        }
    }

    /// The schema of a type that may use these definitions.
    pub fn schema(self, root: Type) -> Schema {
        let mut clashes = Vec::new();
        let mut definitions: Vec<Definition> = self
            .drafts
            .iter()
            .map(|(name, draft)| Definition {
                name: name.clone(),
                ty: self.finish(draft.as_ref(), &mut clashes),
            })
            .collect();
        // What stands for nothing but itself may be anything: so who follows names always arrives.
        for at in 0..definitions.len() {
            if is_circular(&definitions[at].ty, &definitions) {
                definitions[at].ty = Type::Any;
            }
        }
        Schema::with(root, (!definitions.is_empty()).then(|| definitions.into())).with_clashes(clashes)
    }

    fn finish(&self, draft: Option<&Draft>, clashes: &mut Vec<Clash>) -> Type {
        match draft.map(|draft| (&draft.called, &draft.shape)) {
            None => Type::Any,
            Some((_, Shape::Type(ty))) => ty.clone(),
            Some((called, Shape::Struct(fields))) => {
                let mut owners = Owners::new(called, clashes);
                Type::Struct(Arc::new(self.expand(called, fields, &mut owners)))
            }
            Some((called, Shape::Enum(variants))) => {
                let finished = variants.variants.iter().map(|(name, variant, fields)| {
                    let mut owners = Owners::new(name, clashes);
                    if let Some(tag) = &variants.tag {
                        owners.take(tag, Owner::Tag(called.clone()));
                    }
                    let content = self.expand(name, fields, &mut owners);
                    (name.clone(), Variant { content, ..variant.clone() })
                });
                let all = Enum::new(called.clone(), variants.tag.clone(), finished);
                Type::Enum(Arc::new(Enum { doc: variants.doc.clone(), ..all }))
            }
        }
    }

    /// Puts the fields of flattened structs in their places. A struct that is flattened into itself adds nothing.
    fn expand(&self, name: &Text, fields: &Fields, owners: &mut Owners<'_>) -> Struct {
        let mut all = Struct { name: name.clone(), doc: fields.doc.clone(), ..Struct::default() };
        self.collect(name, fields, &mut all, owners, &mut Vec::new());
        all
    }

    fn collect(
        &self,
        of: &Text,
        fields: &Fields,
        all: &mut Struct,
        owners: &mut Owners<'_>,
        open: &mut Vec<Name>,
    ) {
        for part in &fields.parts {
            match part {
                Part::Field(name, field) => {
                    owners.field(name, field, of);
                    all.fields.entry(name.clone()).or_insert_with(|| (**field).clone());
                }
                Part::Flat(ty) => self.flatten(ty, all, owners, open),
            }
        }
        all.rest = all.rest.take().or_else(|| fields.rest.clone());
    }

    fn flatten(&self, ty: &Type, all: &mut Struct, owners: &mut Owners<'_>, open: &mut Vec<Name>) {
        match ty {
            Type::Named(name) if !open.contains(name) => {
                let draft = self.drafts.get(name.0 as usize).and_then(|(_, draft)| draft.as_ref());
                open.push(*name);
                match draft.map(|draft| (&draft.called, &draft.shape)) {
                    Some((called, Shape::Struct(fields))) => self.collect(called, fields, all, owners, open),
                    Some((_, Shape::Type(ty))) => self.flatten(ty, all, owners, open),
                    Some((_, Shape::Enum(_))) | None => {}
                }
                open.pop();
            }
            Type::Struct(fields) => {
                for (name, field) in &fields.fields {
                    owners.field(name, field, &fields.name);
                    all.fields.entry(name.clone()).or_insert_with(|| field.clone());
                }
                all.rest = all.rest.take().or_else(|| fields.rest.clone());
            }
            Type::Dict(dict) => all.rest = Some(dict.value.clone()),
            Type::Any => all.rest = Some(Type::Any),
            _ => {}
        }
    }
}

/// Whether names lead from a type to no type but names, without a container on the way.
fn is_circular(ty: &Type, definitions: &[Definition]) -> bool {
    let mut ty = ty;
    for _ in 0..=definitions.len() {
        ty = loop {
            match ty {
                Type::Optional(inner) => ty = inner,
                Type::Limited(limited) => ty = &limited.ty,
                _ => break ty,
            }
        };
        match ty {
            Type::Named(name) => match name.find(definitions) {
                Some(definition) => ty = &definition.ty,
                None => return false,
            },
            _ => return false,
        }
    }
    true
}
