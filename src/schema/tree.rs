//! A schema: a type, with the definitions that it names.

use std::sync::Arc;

use crate::diag::{Error, Result};
use crate::schema::clash::Clash;
use crate::schema::definition::{Field, Struct};
use crate::schema::expected::Expected;
use crate::schema::ty::Type;
use crate::schema::types::{Definition, Name};
use crate::value::{Key, KeyPath, Text};

/// What a whole tree must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    root: Type,
    definitions: Option<Arc<[Definition]>>,
    /// Keys that belong to two structs which are put together.
    clashes: Option<Arc<[Clash]>>,
}

/// A type without names.
impl From<Type> for Schema {
    fn from(root: Type) -> Self {
        Self::with(root, None)
    }
}

impl Schema {
    /// Anything.
    pub const ANY: &Self = &Self { root: Type::Any, definitions: None, clashes: None };

    pub(super) fn with(root: Type, definitions: Option<Arc<[Definition]>>) -> Self {
        Self { root, definitions, clashes: None }
    }

    pub(super) fn with_clashes(self, clashes: Vec<Clash>) -> Self {
        Self { clashes: (!clashes.is_empty()).then(|| clashes.into()), ..self }
    }

    /// Whether the types can be read at all: no key belongs to two structs that are flattened into one, which no type can
    /// see of the other. A program asks so when it starts.
    ///
    /// ```
    /// use mainstem::Config;
    /// #[derive(Config)]
    /// struct Train {
    ///     #[mainstem(flatten)]
    ///     data: Data,
    ///     #[mainstem(flatten)]
    ///     model: Model,
    /// }
    /// #[derive(Config)]
    /// struct Data {
    ///     seed: u64,
    /// }
    /// #[derive(Config)]
    /// struct Model {
    ///     seed: u64,
    /// }
    /// let error = mainstem::typed::schema::<Train>().check().unwrap_err();
    /// assert_eq!(error.to_string(), "`seed` is a key of both `Data` and `Model`, which are one mapping in `Train`");
    /// ```
    ///
    /// # Errors
    /// Each such key, with both types.
    pub fn check(&self) -> Result<()> {
        let clashes = self.clashes.iter().flat_map(|all| all.iter());
        Error::all(clashes.map(Clash::error).collect::<Vec<_>>()).map_or(Ok(()), Err)
    }

    /// The type of the root; it may be a name.
    pub fn root(&self) -> &Type {
        &self.root
    }

    /// What the names stand for.
    pub fn definitions(&self) -> &[Definition] {
        self.definitions.as_deref().unwrap_or_default()
    }

    /// What a name of this schema stands for.
    pub fn definition(&self, name: Name) -> Option<&Definition> {
        name.find(self.definitions())
    }

    /// The schema of another type that uses the same definitions.
    #[must_use]
    pub fn sharing(&self, root: Type) -> Self {
        Self { root, ..self.clone() }
    }

    /// What is expected of the root.
    pub fn expected(&self) -> Expected<'_> {
        Expected::within(&self.root, self.definitions())
    }

    /// What is expected at a path; anything, where a path leads out of the typed part.
    pub fn at(&self, path: &KeyPath) -> Expected<'_> {
        self.expected().at(path)
    }

    /// Whether any field in it is a secret.
    pub(crate) fn has_secrets(&self) -> bool {
        !self.secret_names().is_empty()
    }

    /// The names of all fields in it that are secrets.
    pub(crate) fn secret_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect_secrets(&self.root, &mut names);
        self.definitions().iter().for_each(|known| collect_secrets(known.ty(), &mut names));
        names
    }

    /// Whether the whole tree may be anything.
    pub fn is_any(&self) -> bool {
        matches!(self.root, Type::Any)
    }

    /// Says what the value at a path must be. What was known of fields that the new schema leaves open stays.
    ///
    /// ```
    /// use mainstem::schema::{Schema, Type};
    /// use mainstem::value::KeyPath;
    /// let mut root = Schema::from(Type::Any);
    /// root.place(&KeyPath::parse("db.port"), Type::INT.into());
    /// assert_eq!(root.at(&KeyPath::parse("db.port")).ty(), &Type::INT);
    /// assert_eq!(root.at(&KeyPath::parse("db.host")).ty(), &Type::Any);
    /// ```
    pub fn place(&mut self, path: &KeyPath, schema: Self) {
        if path.is_empty() && self.is_any() {
            *self = schema;
            return;
        }
        // From now on it has parts from several schemas: each keeps its own definitions.
        if let Some(definitions) = self.definitions.take() {
            self.root = rooted(std::mem::replace(&mut self.root, Type::Any), &definitions);
        }
        let ty = match &schema.definitions {
            Some(definitions) => rooted(schema.root, definitions),
            None => schema.root,
        };
        place(&mut self.root, path.keys(), ty);
    }
}

/// The names of the fields in a type that are secrets; what names of types stand for is not looked at.
fn collect_secrets<'t>(ty: &'t Type, names: &mut Vec<&'t str>) {
    let in_struct = |fields: &'t Struct, names: &mut Vec<&'t str>| {
        for (name, field) in &fields.fields {
            if field.secret {
                names.push(name);
                names.extend(field.aliases.iter().map(Text::as_str));
            }
            collect_secrets(&field.ty, names);
        }
        fields.rest.iter().for_each(|rest| collect_secrets(rest, names));
    };
    match ty {
        Type::Optional(inner) | Type::List(inner) => collect_secrets(inner, names),
        Type::Limited(limited) => collect_secrets(&limited.ty, names),
        Type::Tuple(elements) => elements.iter().for_each(|element| collect_secrets(element, names)),
        Type::Dict(dict) => collect_secrets(&dict.value, names),
        Type::Struct(fields) => in_struct(fields, names),
        Type::Enum(variants) => variants.variants.values().for_each(|one| in_struct(&one.content, names)),
        Type::Rooted(schema) => names.extend(schema.secret_names()),
        _ => {}
    }
}

/// The type, with the definitions that its names may need.
fn rooted(ty: Type, definitions: &Arc<[Definition]>) -> Type {
    match ty {
        Type::Any
        | Type::Bool
        | Type::Int(_)
        | Type::Float
        | Type::Float32
        | Type::Str
        | Type::OneOf(_)
        | Type::Rooted(_) => ty,
        ty => Type::Rooted(Arc::new(Schema::with(ty, Some(Arc::clone(definitions))))),
    }
}

fn place(there: &mut Type, keys: &[Key], ty: Type) {
    let Some((key, rest)) = keys.split_first() else {
        let known = std::mem::replace(there, ty);
        keep(there, &known);
        return;
    };
    let Some(name) = key.as_str() else { return };
    if matches!(there, Type::Any) {
        *there = Type::Struct(Arc::new(Struct { rest: Some(Type::Any), ..Struct::default() }));
    }
    if let Some(fields) = open(there) {
        place(&mut fields.fields.entry(name.into()).or_insert_with(|| Field::bare(Type::Any)).ty, rest, ty);
    }
}

/// The struct, to be changed: one with definitions hands them to its fields.
fn open(ty: &mut Type) -> Option<&mut Struct> {
    if let Type::Dict(dict) = ty {
        *ty = Type::Struct(Arc::new(Struct { rest: Some(dict.value.clone()), ..Struct::default() }));
    }
    if let Type::Rooted(schema) = ty {
        let mut fields = match schema.expected().ty() {
            Type::Struct(fields) => Struct::clone(fields),
            Type::Dict(dict) => Struct { rest: Some(dict.value.clone()), ..Struct::default() },
            _ => return None,
        };
        if let Some(definitions) = &schema.definitions {
            let types = fields.fields.values_mut().map(|field| &mut field.ty).chain(fields.rest.as_mut());
            for ty in types {
                *ty = rooted(std::mem::replace(ty, Type::Any), definitions);
            }
        }
        *ty = Type::Struct(Arc::new(fields));
    }
    match ty {
        Type::Struct(fields) => Some(Arc::make_mut(fields)),
        _ => None,
    }
}

/// Fills open fields with what was known of them, and keeps those that the new struct does not have.
fn keep(new: &mut Type, known: &Type) {
    let (Type::Struct(fields), Type::Struct(old)) = (Expected::new(new).ty(), Expected::new(known).ty())
    else {
        return;
    };
    let is_open = |name: &str| fields.fields.get(name).is_none_or(|field| matches!(field.ty, Type::Any));
    let kept: Vec<_> = old.fields.iter().filter(|(name, _)| is_open(name)).collect();
    if kept.is_empty() {
        return;
    }
    let definitions = match known {
        Type::Rooted(schema) => schema.definitions.as_ref(),
        _ => None,
    };
    if let Some(fields) = open(new) {
        for (name, field) in kept {
            let ty = definitions.map_or_else(|| field.ty.clone(), |all| rooted(field.ty.clone(), all));
            match fields.fields.get_mut(name) {
                Some(field) => field.ty = ty,
                None => {
                    fields.fields.insert(name.clone(), Field { ty, ..field.clone() });
                }
            }
        }
    }
}
