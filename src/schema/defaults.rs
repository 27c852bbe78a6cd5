//! The tree that a schema gives where nobody says anything.

use std::sync::Arc;

use crate::diag::Origin;
use crate::schema::definition::{Field, Struct};
use crate::schema::expected::Expected;
use crate::schema::ty::Type;
use crate::value::{Key, Kind, Map, Node, Text};

impl Expected<'_> {
    /// The value where nobody gives one: of a struct the defaults of its fields, of what may be null that, and `???`
    /// of everything else.
    ///
    /// ```
    /// use mainstem::schema::{Field, Fields, Type, Types};
    /// use mainstem::value::{Node, write_str};
    /// let mut types = Types::default();
    /// let name = types.declare("Train");
    /// let lr = Field::new(Type::Float).default(Node::from(0.1));
    /// let fields = Fields::default().field("lr", lr).field("seed", Field::new(Type::INT));
    /// types.complete(name, "Train", fields);
    /// let mut text = String::new();
    /// write_str(&types.schema(Type::Named(name)).expected().defaults(), &mut text);
    /// assert_eq!(text, "{'lr': 0.1, 'seed': '???'}");
    /// ```
    pub fn defaults(self) -> Node {
        defaults(self, &mut Vec::new())
    }

    /// The value with the defaults of what is not in it: a mapping that stands where a struct is expected gets those
    /// of the fields that it lacks, and so do the mappings inside of it.
    ///
    /// ```
    /// use mainstem::schema::{Field, Fields, Type, Types};
    /// use mainstem::value::{Key, Map, Node, write_str};
    /// let mut types = Types::default();
    /// let name = types.declare("Tree");
    /// let tree = Type::Named(name);
    /// let fields = Fields::default().field("value", Field::new(Type::INT)).field("left", Field::new(tree.clone().optional()));
    /// types.complete(name, "Tree", fields);
    /// let mut map = Map::default();
    /// map.set(Key::from("value"), Node::from(1));
    /// let mut text = String::new();
    /// write_str(&types.schema(tree).expected().filled(Node::from(map)), &mut text);
    /// assert_eq!(text, "{'value': 1, 'left': None}");
    /// ```
    #[must_use]
    pub fn filled(self, node: Node) -> Node {
        let here = self.required();
        let kind = match (here.ty(), &node.kind) {
            (Type::Struct(fields), Kind::Map(map)) => here.fill(fields, None, map),
            (Type::Enum(variants), Kind::Map(map)) => match here.variant_of(&node) {
                Some(variant) => here.fill(&variant.content, variants.tag.as_ref(), map),
                None => return node,
            },
            (Type::Dict(dict), Kind::Map(map)) => {
                let value = here.other(&dict.value);
                if !value.is_container() {
                    return node;
                }
                let mut filled = Map::default();
                for (key, slot) in map.iter() {
                    filled.insert(key.clone(), slot.origin, value.filled(slot.node.clone()));
                }
                Kind::Map(Arc::new(filled))
            }
            (Type::List(element), Kind::List(items)) => {
                let element = here.other(element);
                if !element.is_container() {
                    return node;
                }
                Kind::List(Arc::new(items.iter().map(|item| element.filled(item.clone())).collect()))
            }
            (Type::Tuple(elements), Kind::List(items)) => {
                let filled = elements.iter().zip(&**items);
                Kind::List(Arc::new(filled.map(|(ty, item)| here.other(ty).filled(item.clone())).collect()))
            }
            _ => return node,
        };
        Node::new(kind, node.origin)
    }

    /// The fields of a struct in their order, then the other keys.
    fn fill(self, fields: &Struct, tag: Option<&Text>, map: &Map) -> Kind {
        let mut filled = Map::default();
        if let Some((tag, slot)) = tag.and_then(|tag| Some((tag, map.slot(&Key::Str(tag.clone()))?))) {
            filled.insert(Key::Str(tag.clone()), slot.origin, slot.node.clone());
        }
        for (name, field) in &fields.fields {
            let key = Key::Str(name.clone());
            match map.slot(&key) {
                Some(slot) => {
                    let value = self.other(&field.ty).filled(slot.node.clone());
                    filled.insert(key, slot.origin, value);
                }
                None => {
                    let default = self.default_of(field);
                    filled.insert(key, default.origin, default);
                }
            }
        }
        for (key, slot) in map {
            // What is there already is a field.
            let _ = filled.insert_new(key.clone(), slot.origin, slot.node.clone());
        }
        Kind::Map(Arc::new(filled))
    }

    /// The value of a field of this struct where nobody gives one.
    pub(crate) fn default_of(self, field: &Field) -> Node {
        field.default.clone().unwrap_or_else(|| self.other(&field.ty).defaults())
    }
}

fn defaults(expected: Expected<'_>, open: &mut Vec<*const Struct>) -> Node {
    let missing = || Node::new(Kind::Missing, Origin::NONE);
    match expected.ty() {
        Type::Optional(_) => Node::null(),
        Type::Limited(limited) => defaults(expected.other(&limited.ty), open),
        Type::Struct(fields) => {
            let this = Arc::as_ptr(fields);
            if open.contains(&this) {
                return missing();
            }
            open.push(this);
            let mut map = Map::default();
            for (name, field) in &fields.fields {
                let value = field.default.clone();
                let value = value.unwrap_or_else(|| defaults(expected.other(&field.ty), open));
                map.set(Key::Str(name.clone()), value);
            }
            open.pop();
            Node::from(map)
        }
        _ => missing(),
    }
}
