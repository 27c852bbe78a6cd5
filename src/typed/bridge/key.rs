//! A key as a Rust value.

use serde_core::de::value::BorrowedStrDeserializer;
use serde_core::de::{DeserializeSeed, Deserializer, EnumAccess, Visitor};
use serde_core::forward_to_deserialize_any;

use crate::typed::bridge::access::UnitOnly;
use crate::typed::bridge::failure::Failure;
use crate::value::Key;

/// Reads a key: typed as it is, and text also as the number or boolean that it spells, since an override can only
/// write text (`+weights.3=0.5`).
#[derive(Clone, Copy)]
pub(super) struct KeyReader<'de>(pub(super) &'de Key);

macro_rules! spelled {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            match self.0.as_str().and_then(|text| text.parse::<$type>().ok()) {
                Some(value) => visitor.$visit(value),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Key::Str(text) => visitor.visit_borrowed_str(text),
            Key::Int(i) => visitor.visit_i64(*i),
            Key::Float(x) => visitor.visit_f64(*x),
            Key::Bool(b) => visitor.visit_bool(*b),
            Key::Null => visitor.visit_unit(),
            Key::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
        }
    }

    spelled! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i64 i64;
        deserialize_i16 visit_i64 i64;
        deserialize_i32 visit_i64 i64;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u64 u64;
        deserialize_u16 visit_u64 u64;
        deserialize_u32 visit_u64 u64;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f64 f64;
        deserialize_f64 visit_f64 f64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Key::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.0 {
            Key::Str(_) => visitor.visit_enum(self),
            _ => self.deserialize_any(visitor),
        }
    }

    /// Fields are found by name. A number would mean the field of that position.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Key::Str(text) => visitor.visit_borrowed_str(text),
            other => visitor.visit_string(other.to_string()),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct }
}

/// A key that is a word names a variant without content.
impl<'de> EnumAccess<'de> for KeyReader<'de> {
    type Error = Failure;
    type Variant = UnitOnly;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, UnitOnly), Failure> {
        let text = self.0.as_str().unwrap_or_default();
        Ok((seed.deserialize(BorrowedStrDeserializer::new(text))?, UnitOnly))
    }
}
