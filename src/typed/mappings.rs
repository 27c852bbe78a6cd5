//! Mappings from keys that are no fields.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use indexmap::IndexMap;

use crate::diag::{Error, ErrorKind, Origin};
use crate::schema::{Type, Types};
use crate::typed::config::{Config, Flatten};
use crate::typed::entries::Entries;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Key, Kind, Map, Node, write_str};

/// A key as a value.
fn as_node(key: &Key, origin: Origin) -> Node {
    let kind = match key {
        Key::Str(text) => Kind::Str(text.clone()),
        Key::Int(i) => Kind::Int(*i),
        Key::Float(x) => Kind::Float(*x),
        Key::Bool(b) => Kind::Bool(*b),
        Key::Null => Kind::Null,
        Key::Bytes(bytes) => Kind::Bytes(std::sync::Arc::clone(bytes)),
    };
    Node::new(kind, origin)
}

/// A value as a key.
fn as_key(node: &Node) -> Key {
    match &node.kind {
        Kind::Str(text) => Key::Str(text.clone()),
        Kind::Int(i) => Key::Int(*i),
        Kind::Float(x) => Key::Float(*x),
        Kind::Bool(b) => Key::Bool(*b),
        Kind::Null => Key::Null,
        Kind::Bytes(bytes) => Key::Bytes(std::sync::Arc::clone(bytes)),
        _ => {
            let mut text = String::new();
            write_str(node, &mut text);
            Key::Str(text.into())
        }
    }
}

/// Reads entries; `insert` says whether the key is new.
fn fill<'n, K: Config, V: Config>(
    entries: impl Iterator<Item = (&'n Key, Origin, Slot<'n>)>,
    cx: &mut Reader<'_>,
    mut insert: impl FnMut(K, V) -> bool,
) -> Result<(), Reported> {
    let mut reported = None;
    for (key, origin, at) in entries {
        let name = as_node(key, origin);
        let read = cx.under(key.clone(), Slot::of(&name), |at, cx| cx.of_key(|cx| K::read(at, cx)));
        let value = cx.under(key.clone(), at, V::read);
        match (read, value) {
            (Ok(name), Ok(value)) => {
                if insert(name, value) {
                    continue;
                }
                let message =
                    format!("`{}` stands twice: its keys mean the same", cx.path().child(key.clone()));
                reported =
                    Some(cx.report(Error::new(ErrorKind::DuplicateKey, message).at(origin, "again here")));
            }
            (Err(mistake), _) | (_, Err(mistake)) => reported = Some(mistake),
        }
    }
    reported.map_or(Ok(()), Err)
}

fn mapping<K: Config, V: Config>(
    at: Slot<'_>,
    cx: &mut Reader<'_>,
    insert: impl FnMut(K, V) -> bool,
) -> Result<(), Reported> {
    let node = cx.given(at)?;
    let Some(map) = node.as_map() else { return Err(cx.misfit("a mapping", node)) };
    fill(map.iter().map(|(key, slot)| (key, slot.origin, Slot::of(&slot.node))), cx, insert)
}

fn rest<K: Config, V: Config>(
    entries: &mut Entries<'_>,
    cx: &mut Reader<'_>,
    insert: impl FnMut(K, V) -> bool,
) -> Result<(), Reported> {
    let rest = entries.rest();
    fill(rest.into_iter().map(|(key, at)| (key, at.origin(), at)), cx, insert)
}

fn written<'v, K: Config, V: Config>(entries: impl IntoIterator<Item = (&'v K, &'v V)>, map: &mut Map) {
    for (key, value) in entries {
        map.set(as_key(&key.write()), value.write());
    }
}

/// By the text of their keys, since a hashed map has no order of its own.
fn sorted<'v, K: Config, V>(entries: impl IntoIterator<Item = (&'v K, &'v V)>) -> Vec<(&'v K, &'v V)> {
    let mut all: Vec<_> = entries.into_iter().collect();
    all.sort_by_cached_key(|(key, _)| as_key(&key.write()).to_string());
    all
}

macro_rules! mappings {
    ($(#[doc = $doc:literal] [$($generics:tt)*] $ty:ty, $entries:expr;)*) => {$(
        #[doc = $doc]
        impl<$($generics)*> Config for $ty {
            fn describe(types: &mut Types) -> Type {
                let key = K::describe(types);
                Type::dict(key, V::describe(types))
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                let mut all = Self::default();
                mapping(at, cx, |key, value| all.insert(key, value).is_none())?;
                Ok(all)
            }

            fn write(&self) -> Node {
                let mut map = Map::default();
                self.write_entries(&mut map);
                Node::from(map)
            }
        }

        /// Takes all keys that are left.
        impl<$($generics)*> Flatten for $ty {
            fn read_entries(entries: &mut Entries<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                let mut all = Self::default();
                rest(entries, cx, |key, value| all.insert(key, value).is_none())?;
                Ok(all)
            }

            fn write_entries(&self, map: &mut Map) {
                let entries: for<'v> fn(&'v Self) -> Vec<(&'v K, &'v V)> = $entries;
                written(entries(self), map);
            }
        }
    )*};
}

mappings! {
    /// In written order.
    [K: Config + Eq + Hash, V: Config, S: BuildHasher + Default + 'static] IndexMap<K, V, S>, |map| map.iter().collect();
    /// Written in the order of its keys.
    [K: Config + Ord, V: Config] BTreeMap<K, V>, |map| map.iter().collect();
    /// Written in the order of its keys' text.
    [K: Config + Eq + Hash, V: Config, S: BuildHasher + Default + 'static] HashMap<K, V, S>, |map| sorted(map);
}
