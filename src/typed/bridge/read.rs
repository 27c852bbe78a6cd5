//! A resolved tree as any type that serde knows.

use serde_core::de::{Deserialize, Deserializer, Error as _, Unexpected, Visitor};
use serde_core::forward_to_deserialize_any;

use crate::diag::Result;
use crate::typed::bridge::access::{Elements, Tagged, Word, entries};
use crate::typed::bridge::failure::{Failure, What};
use crate::typed::reader::DEPTH;
use crate::value::{KeyPath, Kind, Node};

/// Reads a tree without interpolations as a type.
///
/// Values are taken as they are: a number is not text, text is not a number; an integer is a float where one is
/// asked for. Enums are `variant` or `{variant: content}`, unless serde's attributes say otherwise. `null` is
/// `None`. Keys keep their type, and text is also the number that it spells. `???` is an error wherever a value is
/// asked for. Text can be borrowed from the tree.
///
/// # Errors
/// The first mistake, with the path of the value and its place; attach the texts by
/// [`Error::located`](crate::diag::Error::located). Behind `#[serde(flatten)]`, `tag` and `untagged`, serde reads a
/// copy that knows no places; the place is then the value that was found if there is only one such, else the
/// mapping that holds it.
///
/// ```
/// use mainstem::typed::from_node;
/// use mainstem::value::{Key, Map, Node};
///
/// #[derive(serde::Deserialize)]
/// struct Train {
///     lr: f64,
///     tags: Vec<String>,
/// }
///
/// let mut tree = Map::default();
/// tree.set(Key::from("lr"), Node::from(1));
/// tree.set(Key::from("tags"), Node::from(vec![Node::from("red")]));
/// let tree = Node::from(tree);
///
/// let train: Train = from_node(&tree)?;
/// assert_eq!((train.lr, train.tags), (1.0, vec!["red".to_owned()]));
///
/// let mistake = from_node::<std::collections::BTreeMap<String, f64>>(&tree).unwrap_err();
/// assert_eq!(mistake.to_string(), "`tags`: expected f64, found a list");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn from_node<'de, T: Deserialize<'de>>(node: &'de Node) -> Result<T> {
    from_node_at(node, &KeyPath::ROOT)
}

/// Reads a tree that stands at a path of a larger one.
pub(super) fn from_node_at<'de, T: Deserialize<'de>>(node: &'de Node, path: &KeyPath) -> Result<T> {
    T::deserialize(Reader::new(node, 0)).map_err(|e| e.within(node).into_error(path))
}

/// A value that is about to be read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de> {
    node: &'de Node,
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(node: &'de Node, depth: usize) -> Self {
        Self { node, depth }
    }

    /// How deep the children stand.
    fn deeper(self) -> Result<usize, Failure> {
        if self.depth >= DEPTH {
            return Err(Failure::new(What::TooDeep(DEPTH)));
        }
        Ok(self.depth + 1)
    }

    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Missing => Err(Failure::new(What::Missing)),
            Kind::Template(_) => Err(Failure::new(What::Unresolved)),
            Kind::Bool(b) => visitor.visit_bool(*b),
            Kind::Int(i) => visitor.visit_i64(*i),
            Kind::BigInt(digits) => big(digits, visitor),
            Kind::Float(x) => visitor.visit_f64(*x),
            Kind::Str(text) => visitor.visit_borrowed_str(text),
            Kind::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Kind::List(list) => {
                let mut elements = Elements::new(list, self.deeper()?);
                let value = visitor.visit_seq(&mut elements)?;
                elements.end()?;
                Ok(value)
            }
            Kind::Map(map) => visitor.visit_map(entries(map, self.deeper()?)),
        }
    }
}

/// An integer in the smallest type that holds it.
fn big<'de, V: Visitor<'de>>(digits: &str, visitor: V) -> Result<V::Value, Failure> {
    let misfit =
        Failure::new(What::Expected { expected: words(&visitor), found: format!("the integer {digits}") });
    if let Ok(n) = digits.parse() {
        visitor.visit_u64(n)
    } else if let Ok(n) = digits.parse() {
        visitor.visit_i128(n).map_err(|_: Failure| misfit)
    } else if let Ok(n) = digits.parse() {
        visitor.visit_u128(n).map_err(|_: Failure| misfit)
    } else {
        Err(misfit)
    }
}

/// What a visitor expects, in its own words.
fn words<'de, V: Visitor<'de>>(visitor: &V) -> String {
    (visitor as &dyn serde_core::de::Expected).to_string()
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.visit(visitor).map_err(|e| e.within(self.node))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.kind {
            Kind::BigInt(digits) => match digits.parse() {
                Ok(x) => visitor.visit_f64(x),
                Err(_) => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.node.kind {
            Kind::Null => visitor.visit_none(),
            Kind::Missing => self.deserialize_any(visitor),
            _ => visitor.visit_some(self),
        }
        .map_err(|e| e.within(self.node))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self).map_err(|e| e.within(self.node))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let read = || match &self.node.kind {
            Kind::Str(text) => visitor.visit_enum(Word(text)),
            Kind::Map(map) if map.len() == 1 => match map.iter().next() {
                Some((key, slot)) => visitor.visit_enum(Tagged { key, slot, depth: self.deeper()? }),
                None => Err(Failure::invalid_type(Unexpected::Map, &visitor)),
            },
            Kind::Map(map) => Err(Failure::new(What::Expected {
                expected: format!("{} as `variant` or `{{variant: content}}`", words(&visitor)),
                found: format!("a mapping of {} keys", map.len()),
            })),
            _ => self.visit(visitor),
        };
        read().map_err(|e| e.within(self.node))
    }

    /// By name only: a list could give the fields in order, and nobody would see which is which.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.node.kind {
            Kind::List(_) => Err(Failure::invalid_type(Unexpected::Seq, &visitor).within(self.node)),
            _ => self.deserialize_any(visitor),
        }
    }

    /// By name only: a number would mean the variant of that position.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.node.kind {
            Kind::Int(i) => Err(Failure::invalid_type(Unexpected::Signed(i), &visitor).within(self.node)),
            _ => self.deserialize_any(visitor),
        }
    }

    /// What is not asked for may be anything, `???` included.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map
    }
}
