//! Types as JSON Schema.

use crate::declared::editor::limits::limited;
use crate::declared::editor::object::{alternatives, any_of, one, reference, with, with_text};
use crate::schema::{Constraint, Enum, Expected, Field, Moment, Signature, Struct, Type, Variant, Width};
use crate::value::{HashMap, Key, Map, Node, Text};

/// What stands for a value that is not known yet: `???`, and text with an interpolation.
const OPEN: &str = "open";

/// What text spells a boolean, an integer, a float.
const BOOLEAN: &str =
    "^([yY]([eE][sS])?|[nN][oO]?|[oO][nN]|[oO][fF][fF]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[0-9]+)$";
const INTEGER: &str = r"^\s*[+-]?[0-9]+(_[0-9]+)*\s*$";
const FLOAT: &str = r"^\s*[+-]?(([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][+-]?[0-9]+)?|\.?([iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN]))\s*$";
/// What converts to text, and to a path.
const STRING: [&str; 3] = ["string", "number", "boolean"];
const PATH: [&str; 2] = ["string", "number"];

/// Collects the definitions that schemas of values refer to.
#[derive(Debug)]
pub(super) struct Definitions {
    all: Map,
    /// The names of structs and enums, by their places.
    known: HashMap<*const (), Text>,
    /// Lists and mappings on the way to here: they may hold themselves.
    on_the_way: Vec<*const Type>,
}

impl Definitions {
    pub(super) fn new() -> Self {
        let open = with(one("type", "string"), "pattern", r"^\?\?\?$|\$\{");
        // A description would be shown in place of the one of the field that holds an interpolation.
        let open = with(open, "$comment", "to be given (`???`), or an interpolation (`${…}`)");
        Self { all: one(OPEN, open), known: HashMap::default(), on_the_way: Vec::new() }
    }

    /// All of them.
    pub(super) fn finish(self) -> Map {
        self.all
    }

    /// Defines what is no type. The name must be one that no type has.
    pub(super) fn define(&mut self, name: &str, schema: Map) -> Map {
        self.all.set(Key::from(name), Node::from(schema));
        reference(name)
    }

    /// What may stand for a value, that of which is known, too.
    pub(super) fn open() -> Map {
        reference(OPEN)
    }

    /// What a value must be.
    pub(super) fn value(&mut self, expected: Expected<'_>) -> Map {
        if expected.is_any() {
            return Map::default();
        }
        let mut branches = self.branches(expected);
        branches.push(Self::open());
        any_of(branches)
    }

    /// What a value must be that is there: any of these.
    fn branches(&mut self, here: Expected<'_>) -> Vec<Map> {
        let text = |pattern: &str| with(one("type", "string"), "pattern", pattern);
        match here.ty() {
            Type::Any | Type::Named(_) | Type::Rooted(_) => vec![Map::default()],
            Type::Bool => vec![self.shared("boolean", |_| {
                any_of([one("type", "boolean"), one("type", "integer"), text(BOOLEAN)])
            })],
            Type::Int(Width::Any) => vec![self.shared("integer", |all| any_of(all.integers(Width::Any)))],
            Type::Int(width) => self.integers(*width),
            Type::Float | Type::Float32 => vec![self.shared("float", |all| any_of(all.floats()))],
            Type::Str => vec![self.shared("string", |_| one("type", words(&STRING)))],
            Type::Path => vec![self.shared("path", |_| one("type", words(&PATH)))],
            Type::Bytes => vec![one("type", "string")],
            Type::Duration => vec![
                text(r"^\s*([0-9]+(\.[0-9]*)?\s*(ns|us|µs|ms|s|min|m|h|days|day|d)\s*)+$"),
                with(one("type", "number"), "minimum", 0),
            ],
            Type::Time(moment) => vec![text(match moment {
                Moment::Instant => r"^\s*[+-]?\d+-\d+-\d+[Tt\s].*\d",
                Moment::DateTime => r"^\s*[+-]?\d+-\d+-\d+\s*[Tt].*\d",
                Moment::Date => r"^\s*[+-]?\d+\s*-\s*\d+\s*-\s*\d+\s*$",
                Moment::Time => r"^\s*\d+\s*:\s*\d+",
            })],
            Type::OneOf(known) => {
                // The words of a Python enum may be written with its name: `Color.RED`.
                let dotted = text(&format!(r"\.{}$", alternatives(known.iter().map(Text::as_str))));
                vec![one("enum", known.iter().cloned().collect::<Node>()), dotted]
            }
            Type::Optional(inner) => {
                let mut branches = self.branches(here.other(inner));
                branches.push(one("type", "null"));
                branches
            }
            Type::Limited(limits) => {
                let branches = self.bare(here.other(&limits.ty));
                limits.constraints.iter().fold(branches, limited)
            }
            Type::List(_) | Type::Tuple(_) | Type::Dict(_) => vec![self.container(here)],
            Type::Struct(fields) if fields.name.is_empty() => vec![self.object(here, fields, None, &[])],
            Type::Struct(fields) => {
                let place = std::sync::Arc::as_ptr(fields).cast();
                vec![self.named(place, &fields.name, |all| all.object(here, fields, None, &[]))]
            }
            Type::Enum(variants) if variants.tag.is_none() => named_words(variants),
            Type::Enum(variants) => {
                let place = std::sync::Arc::as_ptr(variants).cast();
                vec![self.named(place, &variants.name, |all| {
                    let branches = all.variants(here, variants, &[]);
                    with_text(any_of(branches), "description", &variants.doc)
                })]
            }
        }
    }

    /// As [`Self::branches`], of what is to be limited: nothing is hidden in a definition.
    fn bare(&mut self, here: Expected<'_>) -> Vec<Map> {
        match here.ty() {
            Type::Int(Width::Any) => self.integers(Width::Any),
            Type::Float | Type::Float32 => self.floats(),
            Type::Str => vec![one("type", words(&STRING))],
            Type::Path => vec![one("type", words(&PATH))],
            Type::Optional(inner) => {
                let mut branches = self.bare(here.other(inner));
                branches.push(one("type", "null"));
                branches
            }
            _ => self.branches(here),
        }
    }

    fn integers(&mut self, width: Width) -> Vec<Map> {
        let spelled = |_: &mut Self| with(one("type", "string"), "pattern", INTEGER);
        vec![integer(width), self.shared("integer.text", spelled)]
    }

    fn floats(&mut self) -> Vec<Map> {
        let spelled = |_: &mut Self| with(one("type", "string"), "pattern", FLOAT);
        vec![one("type", "number"), self.shared("float.text", spelled)]
    }

    /// A reference to what many values are.
    fn shared(&mut self, name: &'static str, define: impl FnOnce(&mut Self) -> Map) -> Map {
        if self.all.get_str(name).is_none() {
            let schema = define(self);
            self.all.set(Key::from(name), Node::from(schema));
        }
        reference(name)
    }

    fn container(&mut self, here: Expected<'_>) -> Map {
        let place: *const Type = here.ty();
        if self.on_the_way.contains(&place) {
            return Map::default();
        }
        self.on_the_way.push(place);
        let schema = match here.ty() {
            Type::List(element) => {
                let items = self.value(here.other(element));
                with(one("type", "array"), "items", items)
            }
            Type::Tuple(elements) => {
                let each: Node = elements.iter().map(|ty| Node::from(self.value(here.other(ty)))).collect();
                let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
                let schema = with(one("type", "array"), "prefixItems", each);
                with(with(schema, "minItems", length), "maxItems", length)
            }
            Type::Dict(dict) => {
                let values = self.value(here.other(&dict.value));
                let schema = with(one("type", "object"), "additionalProperties", values);
                match here.other(&dict.key).ty() {
                    Type::OneOf(known) => {
                        let names = one("enum", known.iter().cloned().collect::<Node>());
                        with(schema, "propertyNames", names)
                    }
                    Type::Enum(_) => {
                        let names = any_of(self.branches(here.other(&dict.key)));
                        with(schema, "propertyNames", names)
                    }
                    _ => schema,
                }
            }
            _ => Map::default(),
        };
        self.on_the_way.pop();
        schema
    }

    /// A reference to a type that is defined once.
    fn named(&mut self, place: *const (), name: &str, define: impl FnOnce(&mut Self) -> Map) -> Map {
        if let Some(name) = self.known.get(&place) {
            return reference(name);
        }
        let taken = |all: &Map, name: &str| all.get_str(name).is_some();
        let mut unique = if name.is_empty() { Text::from("enum") } else { Text::from(name) };
        for number in 2.. {
            if !taken(&self.all, &unique) {
                break;
            }
            unique = compact_str::format_compact!("{name}{number}");
        }
        self.known.insert(place, unique.clone());
        // Its place comes before what it refers to.
        self.all.set(Key::Str(unique.clone()), Node::null());
        let schema = define(self);
        self.all.set(Key::Str(unique.clone()), Node::from(schema));
        reference(&unique)
    }

    /// A mapping with fields. `variant` is the tag that names it, and the names that it has. `more` are keys that
    /// stand beside the fields.
    pub(super) fn object(
        &mut self,
        here: Expected<'_>,
        fields: &Struct,
        variant: Option<(&Text, Vec<&Text>)>,
        more: &[(&str, Map)],
    ) -> Map {
        let mut properties = Map::default();
        if let Some((tag, names)) = variant {
            let tags = match names.as_slice() {
                [name] => one("const", (*name).clone()),
                names => one("enum", names.iter().map(|name| Node::from((*name).clone())).collect::<Node>()),
            };
            properties = with(properties, tag, any_of([tags, Self::open()]));
        }
        for (name, field) in &fields.fields {
            let schema = self.field(here, field);
            properties = with(properties, name, schema.clone());
            for alias in &field.aliases {
                let known_as = format!("Another name of `{name}`.");
                properties = with(properties, alias, with(schema.clone(), "description", known_as.as_str()));
            }
        }
        for (name, schema) in more {
            properties = with(properties, name, schema.clone());
        }
        let schema = with_text(Map::default(), "description", &fields.doc);
        let schema = with(with(schema, "type", "object"), "properties", properties);
        let rest = match &fields.rest {
            Some(rest) => Node::from(self.value(here.other(rest))),
            None => Node::from(false),
        };
        with(schema, "additionalProperties", rest)
    }

    fn field(&mut self, here: Expected<'_>, field: &Field) -> Map {
        let expected = here.other(&field.ty);
        let mut doc = field.doc.to_string();
        if is_said_in_words(field) {
            // What JSON Schema has no word for.
            let gap = if doc.is_empty() { "" } else { "\n\n" };
            doc = format!("{doc}{gap}{}", Signature(expected));
        }
        let mut schema = with_text(Map::default(), "description", &doc);
        for (key, node) in &self.value(expected) {
            schema.set(key.clone(), node.node.clone());
        }
        if let Some(default) = field.default.as_ref().filter(|_| !field.secret) {
            schema = with(schema, "default", default.clone());
        }
        match &field.deprecated {
            Some(why) => with(with(schema, "deprecated", true), "deprecationMessage", why.clone()),
            None => schema,
        }
    }

    /// The variants of an enum whose values are mappings: with the tag, or as a word, or (where something else says
    /// which variant it is) with keys of one of them.
    pub(super) fn variants(&mut self, here: Expected<'_>, all: &Enum, more: &[(&str, Map)]) -> Vec<Map> {
        let mut branches: Vec<Map> =
            all.variants.iter().map(|(name, one)| self.variant(here, all, (name, one), more)).collect();
        if more.is_empty() {
            branches.extend(named_words(all));
        }
        branches
    }

    /// A variant of an enum as a mapping.
    pub(super) fn variant(
        &mut self,
        here: Expected<'_>,
        of: &Enum,
        (name, variant): (&Text, &Variant),
        more: &[(&str, Map)],
    ) -> Map {
        let names: Vec<&Text> = std::iter::once(name).chain(&variant.aliases).collect();
        let tag = of.tag.as_ref().map(|tag| (tag, names));
        let doc = if variant.doc.is_empty() { &variant.content.doc } else { &variant.doc };
        let schema = self.object(here, &variant.content, tag, more);
        with_text(with(schema, "title", name.clone()), "description", doc)
    }
}

/// The names of variants, each with what it is for.
fn named_words(variants: &Enum) -> Vec<Map> {
    let plain = variants.variants.values().all(|one| one.doc.is_empty() && one.deprecated.is_none());
    if plain {
        let names =
            variants.variants.iter().flat_map(|(name, one)| std::iter::once(name).chain(&one.aliases));
        return vec![one("enum", names.cloned().collect::<Node>())];
    }
    let mut branches = Vec::new();
    for (name, variant) in &variants.variants {
        for name in std::iter::once(name).chain(&variant.aliases) {
            let word = with_text(one("const", name.clone()), "description", &variant.doc);
            branches.push(if variant.deprecated.is_some() { with(word, "deprecated", true) } else { word });
        }
    }
    branches
}

/// Whether a limit cannot be said in JSON Schema: a span of time is text.
fn is_said_in_words(field: &Field) -> bool {
    let Type::Limited(limited) = &field.ty else { return false };
    let is_span = matches!(Expected::new(&limited.ty).required().ty(), Type::Duration);
    is_span && limited.constraints.iter().any(|one| matches!(one, Constraint::Range { .. }))
}

/// An integer within the ends of its width, as far as JSON counts.
fn integer(width: Width) -> Map {
    let schema = one("type", "integer");
    let Some((min, max)) = width.bounds() else { return schema };
    let end = |schema: Map, key: &str, digits: &str| match digits.parse::<i64>() {
        Ok(i64::MIN | i64::MAX) | Err(_) => schema,
        Ok(end) => with(schema, key, end),
    };
    end(end(schema, "minimum", &min), "maximum", &max)
}

fn words(words: &[&str]) -> Node {
    words.iter().map(|word| Node::from(*word)).collect()
}
