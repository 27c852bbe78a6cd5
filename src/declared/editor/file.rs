//! The schema of one kind of config file.

use crate::declared::editor::choices::Choices;
use crate::declared::editor::object::{any_of, one, with, with_text};
use crate::declared::editor::print::printed;
use crate::declared::editor::types::Definitions;
use crate::schema::{Expected, Struct, Type, Variant};
use crate::value::{Map, Text};

/// A kind of config file: what editors should know of it.
#[derive(Debug)]
pub(crate) struct ConfigFile<'a> {
    pub(crate) title: &'a str,
    /// What it may hold: one of these.
    pub(crate) contents: Vec<Content<'a>>,
    /// The nodes that the program itself owns, with their types.
    pub(crate) nodes: &'a [(&'static str, Type)],
    pub(crate) choices: &'a Choices,
    /// The group that it lies in; empty if it lies in none.
    pub(crate) group: &'a str,
}

/// What a config file may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'a> {
    /// What is expected where it lands.
    pub(crate) expected: Expected<'a>,
    /// The variant of an enum that it stands for, with its name.
    pub(crate) variant: Option<(&'a Text, &'a Variant)>,
    /// Whether it lands at the root, where the nodes of the program are too.
    pub(crate) is_root: bool,
}

impl ConfigFile<'_> {
    /// The text of the schema.
    pub(crate) fn json_schema(&self) -> String {
        let mut definitions = Definitions::new();
        let defaults = self.choices.list(self.group, &mut definitions);
        let contents: Vec<Map> =
            self.contents.iter().map(|content| self.content(*content, &defaults, &mut definitions)).collect();
        let schema = one("$schema", "https://json-schema.org/draft/2020-12/schema");
        let mut schema = with_text(schema, "title", self.title);
        for (key, slot) in &any_of(contents) {
            schema.set(key.clone(), slot.node.clone());
        }
        printed(with(schema, "$defs", definitions.finish()))
    }

    fn content(&self, content: Content<'_>, defaults: &Map, definitions: &mut Definitions) -> Map {
        let here = content.expected.required();
        let mut more = vec![("defaults", defaults.clone())];
        if content.is_root {
            for (name, ty) in self.nodes {
                more.push((name, definitions.value(Expected::new(ty))));
            }
        }
        match (here.ty(), content.variant) {
            (Type::Struct(fields), _) => definitions.object(here, fields, None, &more),
            (Type::Enum(of), Some(variant)) => definitions.variant(here, of, variant, &more),
            (Type::Enum(of), None) if of.tag.is_some() => any_of(definitions.variants(here, of, &more)),
            (Type::Dict(dict), _) => {
                let open = Struct { rest: Some(dict.value.clone()), ..Struct::default() };
                definitions.object(here, &open, None, &more)
            }
            (Type::List(_) | Type::Tuple(_), _) => definitions.value(here),
            _ => {
                definitions.object(here, &Struct { rest: Some(Type::Any), ..Struct::default() }, None, &more)
            }
        }
    }
}
