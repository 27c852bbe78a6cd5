//! A schema file, from its tree.

use std::sync::Arc;

use crate::declared::file::{Registered, SchemaFile};
use crate::declared::words::{type_of, words};
use crate::diag::{Error, ErrorKind, Origin, did_you_mean};
use crate::grammar::{interpolates, parse_interpolations};
use crate::schema::{
    Bound, Constraint, Enum, Expected, Field, Limited, Name, Pattern, Schema, Struct, Type, Types, Variant,
    misfit, unknown_key,
};
use crate::value::{HashMap, IndexMap, Key, KeyPath, Kind, Map, Node, Text};

/// The version of the format.
const VERSION: i64 = 1;

type Names = HashMap<Text, Name>;

/// Everything that is wrong goes to `errors`.
pub(super) fn file(node: &Node, errors: &mut Vec<Error>) -> SchemaFile {
    let mut reader = Reader { names: Names::default(), errors };
    let at = KeyPath::ROOT;
    let mut file = SchemaFile::from(Schema::ANY.clone());
    let known = ["mainstem_schema", "types", "root", "configs"];
    if let Some(slot) = node.as_map().and_then(|map| map.slot(&Key::from("$schema"))) {
        let error = Error::new(ErrorKind::Type, "this is a JSON Schema, as `--schema` prints it for editors");
        let error = error.at(slot.origin, "expected a schema file, which begins with `mainstem_schema`");
        reader.errors.push(error.help("`--schema-file` of the program prints one"));
        return file;
    }
    let Some(map) = reader.object(node, &at, "a schema file", &known) else { return file };
    match map.get_str("mainstem_schema").map(|node| (node, &node.kind)) {
        Some((_, Kind::Int(VERSION))) => {}
        Some((node, _)) => {
            let error = Error::new(ErrorKind::Type, "the file has another version of the format");
            reader.errors.push(error.at(node.origin, format!("this program reads {VERSION}")));
        }
        None => {
            let error = Error::new(ErrorKind::MissingValue, "the file does not say that it is a schema file");
            let error = error.at(node.origin, "");
            reader.errors.push(error.help(format!("add `\"mainstem_schema\": {VERSION}`")));
        }
    }
    file.schema = reader.schema(map, &at);
    let at = at.child(Key::from("configs"));
    if let Some(configs) = map.get_str("configs").and_then(|node| reader.mapping(node, &at)) {
        for (key, slot) in configs {
            let Some(path) = reader.config_path(key, slot.origin) else { continue };
            let at = at.child(key.clone());
            file.configs.extend(reader.registered(path, &slot.node, slot.origin, &at, &file.schema));
        }
    }
    check(&file.schema, reader.errors);
    file
}

struct Reader<'e> {
    /// The names of the definitions of the schema that is read.
    names: Names,
    errors: &'e mut Vec<Error>,
}

impl Reader<'_> {
    fn mapping<'n>(&mut self, node: &'n Node, at: &KeyPath) -> Option<&'n Map> {
        if node.as_map().is_none() {
            self.errors.push(misfit(at, "an object", node));
        }
        node.as_map()
    }

    /// The object, which may have these keys.
    fn object<'n>(&mut self, node: &'n Node, at: &KeyPath, what: &str, known: &[&str]) -> Option<&'n Map> {
        let map = self.mapping(node, at)?;
        for (key, slot) in map {
            if !key.as_str().is_some_and(|key| known.contains(&key)) {
                let error = unknown_key(what, known.iter().copied(), key, &at.child(key.clone()));
                self.errors.push(error.at(slot.origin, "no such key"));
            }
        }
        Some(map)
    }

    fn list<'n>(&mut self, node: &'n Node, at: &KeyPath) -> &'n [Node] {
        if node.as_list().is_none() {
            self.errors.push(misfit(at, "a list", node));
        }
        node.as_list().unwrap_or_default()
    }

    fn word(&mut self, node: &Node, at: &KeyPath) -> Option<Text> {
        if node.as_str().is_none() {
            self.errors.push(misfit(at, "a string", node));
        }
        node.as_str().map(Text::from)
    }

    /// The text under a key, if there is one.
    fn text(&mut self, map: &Map, key: &str, at: &KeyPath) -> Option<Text> {
        self.word(map.get_str(key)?, &at.child(Key::from(key)))
    }

    fn texts(&mut self, map: &Map, key: &str, at: &KeyPath) -> Vec<Text> {
        let at = at.child(Key::from(key));
        let Some(node) = map.get_str(key) else { return Vec::new() };
        self.list(node, &at).iter().filter_map(|item| self.word(item, &at)).collect()
    }

    /// The value as configs mean it: `???` and interpolations are no text.
    fn value(&mut self, node: &Node) -> Node {
        let kind = match &node.kind {
            Kind::Str(text) if text == "???" => Kind::Missing,
            Kind::Str(text) if interpolates(text) => match parse_interpolations(text.clone()) {
                Ok(template) => Kind::Template(Arc::new(template)),
                Err(mistake) => {
                    self.errors.push(Error::new(ErrorKind::Template, mistake.message).at(node.origin, ""));
                    Kind::Null
                }
            },
            Kind::List(items) => Kind::List(Arc::new(items.iter().map(|item| self.value(item)).collect())),
            Kind::Map(map) => {
                let mut values = Map::default();
                for (key, slot) in map.iter() {
                    values.insert(key.clone(), slot.origin, self.value(&slot.node));
                }
                Kind::Map(Arc::new(values))
            }
            other => other.clone(),
        };
        Node::new(kind, node.origin)
    }

    /// The keys `types` and `root`.
    fn schema(&mut self, map: &Map, at: &KeyPath) -> Schema {
        let mut types = Types::default();
        let at_types = at.child(Key::from("types"));
        let definitions = map.get_str("types").and_then(|node| self.mapping(node, &at_types));
        let all: Vec<(Text, &Node, Name)> = definitions
            .into_iter()
            .flatten()
            .filter_map(|(key, slot)| {
                let name = Text::from(key.as_str()?);
                Some((name.clone(), &slot.node, types.declare(name)))
            })
            .collect();
        self.names = all.iter().map(|(name, _, id)| (name.clone(), *id)).collect();
        for (name, node, id) in &all {
            let ty = self.ty_called(node, &at_types.child(Key::Str(name.clone())), name);
            types.complete(*id, name.clone(), ty);
        }
        let root = map.get_str("root").map_or(Type::Any, |node| self.ty(node, &at.child(Key::from("root"))));
        let schema = types.schema(root);
        for (name, node, id) in &all {
            let circular = schema.definition(*id).is_some_and(|found| matches!(found.ty(), Type::Any));
            if circular && node.as_str() != Some("any") && self.errors.is_empty() {
                let message = format!("the type `{name}` stands for nothing but itself");
                self.errors.push(Error::new(ErrorKind::Cycle, message).at(node.origin, "leads back here"));
            }
        }
        schema
    }

    fn ty(&mut self, node: &Node, at: &KeyPath) -> Type {
        self.ty_called(node, at, "")
    }

    fn named(&mut self, word: &str, at: &KeyPath, origin: Origin) -> Type {
        if let Some(name) = self.names.get(word) {
            return Type::Named(*name);
        }
        let error = Error::new(ErrorKind::NotFound, format!("`{at}`: there is no type `{word}`"));
        let error = error.at(origin, "no such type");
        let names: Vec<String> =
            words().map(str::to_owned).chain(self.names.keys().map(Text::to_string)).collect();
        self.errors.push(match did_you_mean(word, names.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("types of one word are {}", words().collect::<Vec<_>>().join(", "))),
        });
        Type::Any
    }

    /// A type, which is defined under a name.
    fn ty_called(&mut self, node: &Node, at: &KeyPath, name: &str) -> Type {
        if let Some(word) = node.as_str() {
            return type_of(word).unwrap_or_else(|| self.named(word, at, node.origin));
        }
        const PARTS: [&str; 10] =
            ["optional", "list", "tuple", "dict", "one_of", "limited", "struct", "enum", "named", "schema"];
        let Some(map) = node.as_map() else {
            self.errors.push(misfit(at, "a type: a word or an object", node));
            return Type::Any;
        };
        let part = map.iter().find_map(|(key, slot)| {
            let part = *PARTS.iter().find(|part| key.as_str() == Some(part))?;
            Some((part, &slot.node))
        });
        let known: &[&str] = match &part {
            Some(("limited", _)) => &["limited", "by"],
            Some((part, _)) => std::slice::from_ref(part),
            None => &PARTS,
        };
        self.object(node, at, "a type", known);
        let Some((part, inner)) = part else {
            if map.is_empty() {
                let error =
                    Error::new(ErrorKind::MissingValue, format!("`{at}` does not say which type it is"));
                self.errors.push(error.at(node.origin, "").help(format!("kinds are {}", PARTS.join(", "))));
            }
            return Type::Any;
        };
        let at = &at.child(Key::from(part));
        match part {
            "optional" => Type::Optional(Arc::new(self.ty(inner, at))),
            "list" => self.ty(inner, at).list(),
            "tuple" => Type::Tuple(self.list(inner, at).iter().map(|element| self.ty(element, at)).collect()),
            "one_of" => Type::one_of(
                self.list(inner, at).iter().filter_map(|word| self.word(word, at)).collect::<Vec<_>>(),
            ),
            "named" => match self.word(inner, at) {
                Some(word) => self.named(&word, at, inner.origin),
                None => Type::Any,
            },
            "dict" => {
                let Some(dict) = self.object(inner, at, "a dict", &["key", "value"]) else {
                    return Type::Any;
                };
                let mut side = |key: &str| match dict.get_str(key) {
                    Some(node) => self.ty(node, &at.child(Key::from(key))),
                    None => Type::Any,
                };
                let key = side("key");
                Type::dict(key, side("value"))
            }
            "limited" => {
                let ty = self.ty(inner, at);
                let by = map.get_str("by").map(|by| self.list(by, at)).unwrap_or_default();
                let constraints = by.iter().filter_map(|one| self.constraint(one, at)).collect();
                Type::Limited(Arc::new(Limited::of(ty, constraints)))
            }
            "struct" => Type::Struct(Arc::new(self.structure(inner, at, name))),
            "enum" => self.enumeration(inner, at, name),
            _ => {
                let Some(map) = self.object(inner, at, "a schema", &["types", "root"]) else {
                    return Type::Any;
                };
                let names = std::mem::take(&mut self.names);
                let schema = self.schema(map, at);
                self.names = names;
                Type::Rooted(Arc::new(schema))
            }
        }
    }

    fn structure(&mut self, node: &Node, at: &KeyPath, name: &str) -> Struct {
        let known = ["name", "doc", "bases", "fields", "rest"];
        let Some(map) = self.object(node, at, "a struct", &known) else { return Struct::default() };
        let mut all = Struct {
            name: self.text(map, "name", at).unwrap_or_else(|| name.into()),
            doc: self.text(map, "doc", at).unwrap_or_default(),
            bases: self.texts(map, "bases", at),
            ..Struct::default()
        };
        let at_fields = at.child(Key::from("fields"));
        if let Some(fields) = map.get_str("fields").and_then(|node| self.mapping(node, &at_fields)) {
            for (key, slot) in fields {
                let Some(name) = key.as_str() else { continue };
                let field = self.field(&slot.node, &at_fields.child(key.clone()));
                all.fields.insert(name.into(), field);
            }
        }
        all.rest = map.get_str("rest").map(|node| self.ty(node, &at.child(Key::from("rest"))));
        all
    }

    fn field(&mut self, node: &Node, at: &KeyPath) -> Field {
        // A type alone is a field that must be given.
        let is_type = node.as_map().is_none_or(|map| map.get_str("type").is_none());
        if is_type {
            return Field::bare(self.ty(node, at));
        }
        let known = ["type", "default", "doc", "aliases", "deprecated", "secret", "group"];
        let Some(map) = self.object(node, at, "a field", &known) else { return Field::bare(Type::Any) };
        let ty = map.get_str("type").map_or(Type::Any, |node| self.ty(node, &at.child(Key::from("type"))));
        let secret = map.get_str("secret").is_some_and(|node| match node.kind {
            Kind::Bool(secret) => secret,
            _ => {
                self.errors.push(misfit(&at.child(Key::from("secret")), "a boolean", node));
                false
            }
        });
        Field {
            default: map.get_str("default").map(|node| self.value(node)),
            doc: self.text(map, "doc", at).unwrap_or_default(),
            aliases: self.texts(map, "aliases", at),
            deprecated: self.text(map, "deprecated", at),
            secret,
            group: self.text(map, "group", at),
            ..Field::bare(ty)
        }
    }

    fn enumeration(&mut self, node: &Node, at: &KeyPath, name: &str) -> Type {
        let known = ["name", "doc", "tag", "variants"];
        let Some(map) = self.object(node, at, "an enum", &known) else { return Type::Any };
        let mut variants: IndexMap<Text, Variant> = IndexMap::default();
        let at_variants = at.child(Key::from("variants"));
        if let Some(all) = map.get_str("variants").and_then(|node| self.mapping(node, &at_variants)) {
            for (key, slot) in all {
                let Some(name) = key.as_str() else { continue };
                let variant = self.variant(&slot.node, &at_variants.child(key.clone()), name);
                variants.insert(name.into(), variant);
            }
        }
        let name = self.text(map, "name", at).unwrap_or_else(|| name.into());
        let all = Enum::new(name, self.text(map, "tag", at), variants);
        Type::Enum(Arc::new(Enum { doc: self.text(map, "doc", at).unwrap_or_default(), ..all }))
    }

    fn variant(&mut self, node: &Node, at: &KeyPath, name: &str) -> Variant {
        let known = ["doc", "aliases", "deprecated", "options", "content"];
        let Some(map) = self.object(node, at, "a variant", &known) else { return Variant::default() };
        let content = match map.get_str("content") {
            Some(node) => self.structure(node, &at.child(Key::from("content")), name),
            None => Struct { name: name.into(), ..Struct::default() },
        };
        Variant {
            doc: self.text(map, "doc", at).unwrap_or_default(),
            aliases: self.texts(map, "aliases", at),
            deprecated: self.text(map, "deprecated", at),
            options: self.texts(map, "options", at),
            content,
        }
    }

    fn constraint(&mut self, node: &Node, at: &KeyPath) -> Option<Constraint> {
        let at = &at.child(Key::from("by"));
        let map = self.object(node, at, "a limit", &["range", "length", "regex", "one_of"])?;
        if let Some(node) = map.get_str("range") {
            let range = self.object(node, at, "a range", &["min", "above", "max", "below"])?;
            let mut end =
                |inclusive: &str, exclusive: &str| match (range.get_str(inclusive), range.get_str(exclusive))
                {
                    (Some(node), _) => Some(Bound::inclusive(self.value(node))),
                    (None, Some(node)) => Some(Bound::exclusive(self.value(node))),
                    (None, None) => None,
                };
            let min = end("min", "above");
            return Some(Constraint::Range { min, max: end("max", "below") });
        }
        if let Some(node) = map.get_str("length") {
            let length = self.object(node, at, "a length", &["min", "max"])?;
            let mut end = |key: &str| {
                let node = length.get_str(key)?;
                let number = match node.kind {
                    Kind::Int(number) => usize::try_from(number).ok(),
                    _ => None,
                };
                if number.is_none() {
                    self.errors.push(misfit(at, "an integer from 0 on", node));
                }
                number
            };
            let min = end("min").unwrap_or(0);
            return Some(Constraint::Length { min, max: end("max") });
        }
        if let Some(node) = map.get_str("regex") {
            let text = self.word(node, at)?;
            return match Pattern::new(&text) {
                Ok(pattern) => Some(Constraint::Regex(pattern)),
                Err(error) => {
                    self.errors.push(error.at(node.origin, ""));
                    None
                }
            };
        }
        match map.get_str("one_of") {
            Some(node) => {
                Some(Constraint::OneOf(self.list(node, at).iter().map(|value| self.value(value)).collect()))
            }
            None => {
                let error =
                    Error::new(ErrorKind::MissingValue, format!("`{at}` does not say which limit it is"));
                self.errors.push(error.at(node.origin, "").help("limits are range, length, regex, one_of"));
                None
            }
        }
    }

    /// The path of a config: names with `/` between them.
    fn config_path(&mut self, key: &Key, origin: Origin) -> Option<Text> {
        let path = key.as_str().unwrap_or_default();
        let is_path = !path.is_empty() && path.split('/').all(|name| !matches!(name, "" | "." | ".."));
        if is_path {
            return Some(path.strip_suffix(".yaml").unwrap_or(path).into());
        }
        let error = Error::new(ErrorKind::NotFound, format!("`{path}` is no path of a config"));
        self.errors.push(error.at(origin, "expected names with `/` between them, such as `db/mysql`"));
        None
    }

    fn registered(
        &mut self,
        path: Text,
        node: &Node,
        origin: Origin,
        at: &KeyPath,
        schema: &Schema,
    ) -> Option<Registered> {
        let known = ["type", "package", "defaults", "value"];
        let map = self.object(node, at, "a registered config", &known)?;
        let ty = map.get_str("type").map(|node| schema.sharing(self.ty(node, &at.child(Key::from("type")))));
        let package = self.text(map, "package", at);
        let mut root = match map.get_str("value") {
            Some(value) => self.value(value),
            None => Node::from(Map::default()).from_origin(node.origin),
        };
        if let Some(ty) = &ty {
            let expected = ty.expected();
            root = match map.get_str("value") {
                Some(_) => expected.filled(expected.fit(root, &KeyPath::ROOT, self.errors)),
                None => expected.defaults(),
            };
        }
        if root.as_map().is_none() {
            let message = format!("`{path}` must be a mapping, but is {}", root.describe());
            self.errors.push(Error::new(ErrorKind::Type, message).at(node.origin, "this config"));
            return None;
        }
        if let Some(defaults) = map.get_str("defaults") {
            let defaults = self.value(defaults);
            if let Some(map) = root.as_map_mut() {
                map.insert(Key::from("defaults"), defaults.origin, defaults);
            }
        }
        Some(Registered { path, package, schema: ty, root, origin })
    }
}

/// Whether the defaults of fields are what the fields must be.
fn check(schema: &Schema, errors: &mut Vec<Error>) {
    for definition in schema.definitions() {
        let here = schema.expected().other(definition.ty());
        match definition.ty() {
            Type::Struct(fields) => {
                defaults(here, fields, &KeyPath::ROOT.child(Key::Str(definition.name().clone())), errors);
            }
            Type::Enum(variants) => {
                for (name, variant) in &variants.variants {
                    let at = KeyPath::ROOT.child(Key::Str(definition.name().clone()));
                    defaults(here, &variant.content, &at.child(Key::Str(name.clone())), errors);
                }
            }
            _ => {}
        }
    }
}

fn defaults(here: Expected<'_>, fields: &Struct, at: &KeyPath, errors: &mut Vec<Error>) {
    for (name, field) in &fields.fields {
        if let Some(default) = &field.default {
            let _ = here.other(&field.ty).fit(default.clone(), &at.child(Key::Str(name.clone())), errors);
        }
    }
}
