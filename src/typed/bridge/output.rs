//! Any type that serde can write, as a tree.

use std::fmt;

use serde_core::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::value::{Key, Kind, Map, Node, Text};

/// Writes a value as a tree: as [`from_node`](crate::typed::from_node) reads it. Enums are `variant` or
/// `{variant: content}`, unless serde's attributes say otherwise; `None` is `null`; numbers and booleans stay what
/// they are as keys, other keys must be text.
///
/// # Errors
/// The type refuses to be written, or a key is a list or a mapping.
///
/// ```
/// use mainstem::typed::{from_node, to_node};
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Train {
///     lr: f64,
///     tags: Vec<String>,
/// }
///
/// let train = Train { lr: 0.1, tags: vec!["red".to_owned()] };
/// let node = to_node(&train)?;
/// assert_eq!(from_node::<Train>(&node)?, train);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn to_node<T: Serialize + ?Sized>(value: &T) -> Result<Node> {
    value.serialize(Writer).map_err(|Refused(why)| Error::new(ErrorKind::Type, why))
}

/// Why a value cannot be written.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self(words.to_string())
    }
}

#[derive(Clone, Copy)]
struct Writer;

type Written = std::result::Result<Node, Refused>;
type Step = std::result::Result<(), Refused>;

fn node(kind: Kind) -> Node {
    Node::new(kind, Origin::NONE)
}

/// An integer in the smallest kind that holds it.
fn integer(small: Option<i64>, digits: &dyn ToString) -> Node {
    node(small.map_or_else(|| Kind::BigInt(digits.to_string().into()), Kind::Int))
}

/// `{variant: content}`.
fn tagged(variant: &str, content: Node) -> Node {
    let mut map = Map::default();
    map.set(Key::from(variant), content);
    Node::from(map)
}

/// The elements of a list in the making, under a variant if there is one.
struct List {
    variant: Option<&'static str>,
    items: Vec<Node>,
}

/// The entries of a mapping in the making, under a variant if there is one.
struct Entries {
    variant: Option<&'static str>,
    key: Option<Key>,
    map: Map,
}

impl List {
    fn new(variant: Option<&'static str>, length: usize) -> Self {
        // What a type says of its length is not to be trusted with memory.
        Self { variant, items: Vec::with_capacity(length.min(1024)) }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Step {
        self.items.push(value.serialize(Writer)?);
        Ok(())
    }

    fn finish(self) -> Node {
        let list = Node::from(self.items);
        match self.variant {
            Some(variant) => tagged(variant, list),
            None => list,
        }
    }
}

impl Entries {
    fn new(variant: Option<&'static str>) -> Self {
        Self { variant, key: None, map: Map::default() }
    }

    fn set<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Step {
        self.map.set(Key::from(key), value.serialize(Writer)?);
        Ok(())
    }

    fn finish(self) -> Node {
        let map = Node::from(self.map);
        match self.variant {
            Some(variant) => tagged(variant, map),
            None => map,
        }
    }
}

macro_rules! integers {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method(self, value: $ty) -> Written {
            Ok(integer(i64::try_from(value).ok(), &value))
        }
    )*};
}

impl ser::Serializer for Writer {
    type Ok = Node;
    type Error = Refused;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    integers! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
    }

    fn serialize_bool(self, value: bool) -> Written {
        Ok(Node::from(value))
    }

    /// As its own shortest text says it, and not as the double that is nearest to it.
    fn serialize_f32(self, value: f32) -> Written {
        Ok(Node::from(value.to_string().parse().unwrap_or(f64::from(value))))
    }

    fn serialize_f64(self, value: f64) -> Written {
        Ok(Node::from(value))
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        Ok(Node::from(Text::from(value)))
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        Ok(node(Kind::Bytes(value.into())))
    }

    fn serialize_none(self) -> Written {
        Ok(Node::null())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(Node::null())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(Node::null())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> std::result::Result<List, Refused> {
        Ok(List::new(None, length.unwrap_or(0)))
    }

    fn serialize_tuple(self, length: usize) -> std::result::Result<List, Refused> {
        Ok(List::new(None, length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> std::result::Result<List, Refused> {
        Ok(List::new(None, length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> std::result::Result<List, Refused> {
        Ok(List::new(Some(variant), length))
    }

    fn serialize_map(self, _: Option<usize>) -> std::result::Result<Entries, Refused> {
        Ok(Entries::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> std::result::Result<Entries, Refused> {
        Ok(Entries::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> std::result::Result<Entries, Refused> {
        Ok(Entries::new(Some(variant)))
    }
}

impl SerializeSeq for List {
    type Ok = Node;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Step {
        self.push(value)
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}

impl SerializeTuple for List {
    type Ok = Node;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Step {
        self.push(value)
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}

impl SerializeTupleStruct for List {
    type Ok = Node;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Step {
        self.push(value)
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}

impl SerializeTupleVariant for List {
    type Ok = Node;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Step {
        self.push(value)
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}

impl SerializeMap for Entries {
    type Ok = Node;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Step {
        let key = key.serialize(Writer)?;
        self.key = Some(match key.kind {
            Kind::Str(text) => Key::Str(text),
            Kind::Int(i) => Key::Int(i),
            Kind::BigInt(digits) => Key::from(&*digits),
            Kind::Float(x) => Key::Float(x),
            Kind::Bool(b) => Key::Bool(b),
            Kind::Null => Key::Null,
            Kind::Bytes(bytes) => Key::Bytes(bytes),
            _ => return Err(Refused(format!("{} cannot be a key", key.describe()))),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Step {
        let Some(key) = self.key.take() else {
            return Err(Refused("a value came before its key".to_owned()));
        };
        self.map.set(key, value.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}

impl SerializeStruct for Entries {
    type Ok = Node;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Step {
        self.set(key, value)
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}

impl SerializeStructVariant for Entries {
    type Ok = Node;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Step {
        self.set(key, value)
    }

    fn end(self) -> Written {
        Ok(self.finish())
    }
}
