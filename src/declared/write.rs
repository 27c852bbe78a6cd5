//! A schema file as a tree, to be printed.

use crate::declared::file::{Registered, SchemaFile};
use crate::declared::words::word_of;
use crate::schema::{Bound, Constraint, Enum, Field, Limited, Schema, Struct, Type, Variant};
use crate::value::{Key, Map, Node, Text};

/// An object in the making: what says nothing is left out.
#[derive(Default)]
struct Object(Map);

impl Object {
    fn set(mut self, key: &str, node: impl Into<Node>) -> Self {
        self.0.set(Key::from(key), node.into());
        self
    }

    fn text(self, key: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.set(key, text) }
    }

    fn some(self, key: &str, node: Option<impl Into<Node>>) -> Self {
        match node {
            Some(node) => self.set(key, node),
            None => self,
        }
    }

    fn texts(self, key: &str, texts: &[Text]) -> Self {
        if texts.is_empty() { self } else { self.set(key, texts.iter().cloned().collect::<Node>()) }
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        Self::from(object.0)
    }
}

/// An object with one key.
fn one(key: &str, node: impl Into<Node>) -> Node {
    Object::default().set(key, node).into()
}

pub(super) fn file(file: &SchemaFile) -> Node {
    let mut configs = Map::default();
    for config in &file.configs {
        configs.set(Key::Str(config.path.clone()), registered(config));
    }
    let object = whole(&file.schema, Object::default().set("mainstem_schema", 1));
    object.some("configs", (!configs.is_empty()).then_some(configs)).into()
}

/// The definitions of a schema, and the type that uses them.
fn whole(schema: &Schema, object: Object) -> Object {
    let mut types = Map::default();
    for definition in schema.definitions() {
        types.set(Key::Str(definition.name().clone()), described(definition.ty(), schema, definition.name()));
    }
    object.some("types", (!types.is_empty()).then_some(types)).set("root", ty(schema.root(), schema))
}

fn registered(config: &Registered) -> Node {
    let mut root = config.root.clone();
    let defaults = root.as_map_mut().and_then(|map| map.remove(&Key::from("defaults")));
    let (mut object, mut said) = (Object::default(), false);
    if let Some(schema) = &config.schema {
        object = object.set("type", ty(schema.root(), schema));
        said = schema.expected().defaults() == root;
    }
    let object = object.some("package", config.package.as_deref()).some("defaults", defaults);
    object.some("value", (!said).then_some(root)).into()
}

/// A type by its name, if it has one.
fn ty(ty: &Type, schema: &Schema) -> Node {
    if let Type::Named(name) = ty {
        return match schema.definition(*name) {
            Some(definition) if super::words::type_of(definition.name()).is_some() => {
                one("named", definition.name().clone())
            }
            Some(definition) => Node::from(definition.name().clone()),
            None => Node::from("any"),
        };
    }
    described(ty, schema, "")
}

/// A type by its parts. `name` is the one that it is defined under.
fn described(this: &Type, schema: &Schema, name: &str) -> Node {
    match this {
        Type::OneOf(words) => one("one_of", words.iter().cloned().collect::<Node>()),
        Type::Optional(inner) => one("optional", ty(inner, schema)),
        Type::List(element) => one("list", ty(element, schema)),
        Type::Tuple(elements) => {
            one("tuple", elements.iter().map(|element| ty(element, schema)).collect::<Node>())
        }
        Type::Dict(dict) => {
            let dict =
                Object::default().set("key", ty(&dict.key, schema)).set("value", ty(&dict.value, schema));
            one("dict", dict)
        }
        Type::Limited(limited) => limits(limited, schema),
        Type::Struct(fields) => one("struct", structure(fields, schema, name, Object::default())),
        Type::Enum(variants) => one("enum", enumeration(variants, schema, name)),
        Type::Named(_) => ty(this, schema),
        Type::Rooted(inner) => one("schema", whole(inner, Object::default())),
        other => Node::from(word_of(other).unwrap_or("any")),
    }
}

/// The keys of a struct that is defined under that name.
fn structure(this: &Struct, schema: &Schema, name: &str, object: Object) -> Object {
    let mut fields = Map::default();
    for (name, one) in &this.fields {
        fields.set(Key::Str(name.clone()), field(one, schema));
    }
    let called = (this.name != name).then(|| Node::from(this.name.clone()));
    let object = object.some("name", called).text("doc", &this.doc).texts("bases", &this.bases);
    object.set("fields", fields).some("rest", this.rest.as_ref().map(|rest| ty(rest, schema)))
}

fn field(field: &Field, schema: &Schema) -> Node {
    let object = Object::default().set("type", ty(&field.ty, schema)).some("default", field.default.clone());
    let object = object.text("doc", &field.doc).texts("aliases", &field.aliases);
    let object = object.some("deprecated", field.deprecated.clone());
    object.some("secret", field.secret.then_some(true)).some("group", field.group.clone()).into()
}

fn enumeration(this: &Enum, schema: &Schema, name: &str) -> Object {
    let mut variants = Map::default();
    for (name, one) in &this.variants {
        variants.set(Key::Str(name.clone()), variant(one, schema, name));
    }
    let called = (this.name != name).then(|| Node::from(this.name.clone()));
    let object = Object::default().some("name", called).text("doc", &this.doc);
    object.some("tag", this.tag.clone()).set("variants", variants)
}

fn variant(this: &Variant, schema: &Schema, name: &str) -> Node {
    let object = Object::default().text("doc", &this.doc).texts("aliases", &this.aliases);
    let object = object.some("deprecated", this.deprecated.clone()).texts("options", &this.options);
    let content = structure(&this.content, schema, name, Object::default());
    let empty = Struct { name: name.into(), ..Struct::default() } == this.content;
    object.some("content", (!empty).then_some(content)).into()
}

fn limits(limited: &Limited, schema: &Schema) -> Node {
    let by = limited.constraints.iter().map(constraint).collect::<Node>();
    Object::default().set("limited", ty(&limited.ty, schema)).set("by", by).into()
}

fn constraint(constraint: &Constraint) -> Node {
    match constraint {
        Constraint::Range { min, max } => {
            let end = |object: Object, bound: Option<&Bound>, inclusive: &str, exclusive: &str| match bound {
                Some(bound) if bound.inclusive => object.set(inclusive, bound.value.clone()),
                Some(bound) => object.set(exclusive, bound.value.clone()),
                None => object,
            };
            let range = end(Object::default(), min.as_ref(), "min", "above");
            one("range", end(range, max.as_ref(), "max", "below"))
        }
        Constraint::Length { min, max } => {
            let number = |n: usize| Node::from(i64::try_from(n).unwrap_or(i64::MAX));
            let length = Object::default().some("min", (*min > 0).then(|| number(*min)));
            one("length", length.some("max", max.map(number)))
        }
        Constraint::Regex(pattern) => one("regex", pattern.as_str()),
        Constraint::OneOf(values) => one("one_of", values.iter().cloned().collect::<Node>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_named_as_a_builtin_one_is_told_apart() {
        let mut types = crate::schema::Types::default();
        let name = types.declare("int");
        types.complete(name, "int", Type::Str);
        let schema = types.schema(Type::Named(name).list());
        assert!(SchemaFile::from(schema).write().contains("\"named\": \"int\""));
    }
}
