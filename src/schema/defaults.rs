//! The tree that a schema gives where nobody says anything.

use std::sync::Arc;

use crate::diag::Origin;
use crate::schema::definition::Struct;
use crate::schema::expected::Expected;
use crate::schema::ty::Type;
use crate::value::{Key, Kind, Map, Node};

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
