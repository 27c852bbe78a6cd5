//! The elements of lists and mappings, and the content of variants.

use serde_core::de::value::BorrowedStrDeserializer;
use serde_core::de::{
    DeserializeSeed, Deserializer as _, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use crate::typed::bridge::failure::{Failure, What};
use crate::typed::bridge::key::KeyReader;
use crate::typed::bridge::read::Reader;
use crate::value::{Key, Map, Node, Slot};

/// The elements of a list, one by one.
pub(super) struct Elements<'de> {
    list: &'de [Node],
    depth: usize,
    next: usize,
}

impl<'de> Elements<'de> {
    pub(super) fn new(list: &'de [Node], depth: usize) -> Self {
        Self { list, depth, next: 0 }
    }

    /// A tuple takes as many elements as it has fields; more than those are a mistake.
    pub(super) fn end(&self) -> Result<(), Failure> {
        if self.next == self.list.len() {
            return Ok(());
        }
        let (expected, found) = (self.next, self.list.len());
        Err(Failure::new(What::Expected {
            expected: format!("a list of length {expected}"),
            found: format!("one of length {found}"),
        }))
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'de> {
    type Error = Failure;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        let index = self.next;
        let Some(node) = self.list.get(index) else { return Ok(None) };
        self.next += 1;
        let value = seed.deserialize(Reader::new(node, self.depth));
        value.map(Some).map_err(|e| e.within(node).under(Key::Int(i64::try_from(index).unwrap_or(i64::MAX))))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.len() - self.next)
    }
}

/// The entries of a mapping, in order.
pub(super) struct Entries<'de, I> {
    entries: I,
    value: Option<(&'de Key, &'de Slot)>,
    depth: usize,
}

/// The entries of a mapping whose values stand at that depth.
pub(super) fn entries(map: &Map, depth: usize) -> Entries<'_, impl Iterator<Item = (&Key, &Slot)>> {
    Entries { entries: map.iter(), value: None, depth }
}

impl<'de, I: Iterator<Item = (&'de Key, &'de Slot)>> MapAccess<'de> for Entries<'de, I> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Failure> {
        let Some((key, slot)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, slot));
        seed.deserialize(KeyReader(key)).map(Some).map_err(|e| e.of_key(slot.origin))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        let Some((key, slot)) = self.value.take() else {
            return Err(Failure::custom("a value was asked for before its key"));
        };
        let value = seed.deserialize(Reader::new(&slot.node, self.depth));
        value.map_err(|e| e.within(&slot.node).under(key.clone()))
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.size_hint().1
    }
}

/// A word that names a variant.
pub(super) struct Word<'de>(pub(super) &'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = Failure;
    type Variant = UnitOnly;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, UnitOnly), Failure> {
        Ok((seed.deserialize(BorrowedStrDeserializer::new(self.0))?, UnitOnly))
    }
}

/// A variant of which only the name is there.
pub(super) struct UnitOnly;

impl<'de> VariantAccess<'de> for UnitOnly {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Failure> {
        Err(Failure::invalid_type(Unexpected::UnitVariant, &"a variant with content (`{variant: content}`)"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Failure> {
        Err(Failure::invalid_type(Unexpected::UnitVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        Err(Failure::invalid_type(Unexpected::UnitVariant, &visitor))
    }
}

/// `{variant: content}`.
pub(super) struct Tagged<'de> {
    pub(super) key: &'de Key,
    pub(super) slot: &'de Slot,
    pub(super) depth: usize,
}

impl<'de> Tagged<'de> {
    fn read<T>(self, read: impl FnOnce(Reader<'de>) -> Result<T, Failure>) -> Result<T, Failure> {
        let node = &self.slot.node;
        read(Reader::new(node, self.depth)).map_err(|e| e.within(node).under(self.key.clone()))
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Failure> {
        let variant = seed.deserialize(KeyReader(self.key)).map_err(|e| e.of_key(self.slot.origin))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = Failure;

    /// Nothing may stand there; an option file without keys is an empty mapping.
    fn unit_variant(self) -> Result<(), Failure> {
        if self.slot.node.as_map().is_some_and(Map::is_empty) {
            return Ok(());
        }
        self.read(serde_core::Deserialize::deserialize)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        self.read(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Failure> {
        self.read(|reader| reader.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.read(|reader| reader.deserialize_struct("", fields, visitor))
    }
}
