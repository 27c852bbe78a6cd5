//! Mappings in written order: linear while small, hashed when large.

use std::borrow::Cow;

use indexmap::map::Entry;

use crate::diag::{Origin, did_you_mean};
use crate::value::key::Key;
use crate::value::node::Node;
use crate::value::sparse::Sparse;
use crate::value::table::IndexMap;

/// A value in a mapping, with the place of its key.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Where the key stands: the caret of an unknown or duplicate key.
    pub origin: Origin,
    /// The value.
    pub node: Node,
}

/// Up to so many keys a scan is faster than a hash, and smaller.
const FEW: usize = 16;

/// A mapping that keeps the order in which keys were first set.
///
/// ```
/// use mainstem::value::{Key, Map, Node};
/// let mut map = Map::default();
/// map.set(Key::from("b"), Node::from(1));
/// map.set(Key::from("a"), Node::from(2));
/// map.set(Key::from("b"), Node::from(3));
/// assert_eq!(map.iter().map(|(k, _)| k.to_string()).collect::<Vec<_>>(), ["b", "a"]);
/// ```
#[derive(Clone, Debug)]
pub struct Map(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Few(Vec<(Key, Slot)>),
    Many(Box<IndexMap<Key, Slot>>, Moved),
    /// Much was removed.
    Sparse(Box<Sparse>),
}

/// How many entries moved up by one, all together, because others before them were removed.
type Moved = usize;

/// When each entry has moved so often, no more are moved.
const OFTEN: usize = 16;

impl Default for Map {
    fn default() -> Self {
        Self(Repr::Few(Vec::new()))
    }
}

impl Map {
    /// How many keys.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Few(entries) => entries.len(),
            Repr::Many(entries, _) => entries.len(),
            Repr::Sparse(entries) => entries.len(),
        }
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slot of a key.
    pub fn slot(&self, key: &Key) -> Option<&Slot> {
        match &self.0 {
            Repr::Few(entries) => find(entries, key).map(|at| &entries[at].1),
            Repr::Many(entries, _) => entries.get(key),
            Repr::Sparse(entries) => entries.at(entries.index_of(key)?).map(|(_, slot)| slot),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &Key) -> Option<&Node> {
        self.slot(key).map(|slot| &slot.node)
    }

    /// The slot of a key, to be changed in place.
    pub fn slot_mut(&mut self, key: &Key) -> Option<&mut Slot> {
        match &mut self.0 {
            Repr::Few(entries) => find(entries, key).map(|at| &mut entries[at].1),
            Repr::Many(entries, _) => entries.get_mut(key),
            Repr::Sparse(entries) => entries.get_mut(key),
        }
    }

    /// The key as it was first set: `true` where `1` was asked for.
    pub fn get_key(&self, key: &Key) -> Option<&Key> {
        match &self.0 {
            Repr::Few(entries) => find(entries, key).map(|at| &entries[at].0),
            Repr::Many(entries, _) => entries.get_key_value(key).map(|(k, _)| k),
            Repr::Sparse(entries) => entries.at(entries.index_of(key)?).map(|(k, _)| k),
        }
    }

    /// The value of a textual key.
    pub fn get_str(&self, key: &str) -> Option<&Node> {
        match &self.0 {
            Repr::Few(entries) => find_text(entries, key).map(|at| &entries[at].1.node),
            Repr::Many(entries, _) => entries.get(&Key::from(key)).map(|slot| &slot.node),
            Repr::Sparse(_) => self.get(&Key::from(key)),
        }
    }

    /// The value of a key, to be changed in place.
    pub fn get_mut(&mut self, key: &Key) -> Option<&mut Node> {
        self.slot_mut(key).map(|slot| &mut slot.node)
    }

    /// The value of a key, to be changed in place; `Null` from `origin` is put there if the key is new.
    pub fn get_or_insert(&mut self, key: Key, origin: Origin) -> &mut Node {
        let null = || Slot { origin, node: Node::new(crate::value::Kind::Null, origin) };
        let at = match self.index_of(&key) {
            Some(at) => at,
            None => {
                self.push(key.clone(), null());
                self.index_of(&key).unwrap_or(0)
            }
        };
        match &mut self.0 {
            Repr::Few(entries) => &mut entries[at].1.node,
            Repr::Many(entries, _) => &mut entries[at].node,
            Repr::Sparse(entries) => &mut entries.at_mut(at, || (key, null())).node,
        }
    }

    fn index_of(&self, key: &Key) -> Option<usize> {
        match &self.0 {
            Repr::Few(entries) => find(entries, key),
            Repr::Many(entries, _) => entries.get_index_of(key),
            Repr::Sparse(entries) => entries.index_of(key),
        }
    }

    /// Sets a key that comes from no known place. See [`Map::insert`].
    pub fn set(&mut self, key: Key, node: Node) -> Option<Node> {
        self.insert(key, Origin::NONE, node)
    }

    /// Sets a key; a key that is already there keeps its place in the order and gets the new origin. Returns the
    /// old value.
    pub fn insert(&mut self, key: Key, origin: Origin, node: Node) -> Option<Node> {
        let slot = Slot { origin, node };
        match &mut self.0 {
            Repr::Few(entries) => match find(entries, &key) {
                Some(at) => Some(std::mem::replace(&mut entries[at].1, slot).node),
                None => {
                    self.push(key, slot);
                    None
                }
            },
            Repr::Many(entries, _) => match entries.entry(key) {
                Entry::Occupied(mut old) => Some(old.insert(slot).node),
                Entry::Vacant(free) => {
                    free.insert(slot);
                    None
                }
            },
            Repr::Sparse(entries) => match entries.get_mut(&key) {
                Some(old) => Some(std::mem::replace(old, slot).node),
                None => {
                    entries.push(key, slot);
                    None
                }
            },
        }
    }

    /// Sets a key unless it is there. Then nothing changes, and the slot in its place is given back.
    ///
    /// # Errors
    /// The slot that the key already has.
    pub fn insert_new(&mut self, key: Key, origin: Origin, node: Node) -> Result<(), &Slot> {
        match self.index_of(&key) {
            None => {
                self.push(key, Slot { origin, node });
                Ok(())
            }
            Some(at) => match &self.0 {
                Repr::Few(entries) => Err(&entries[at].1),
                Repr::Many(entries, _) => Err(&entries[at]),
                Repr::Sparse(entries) => entries.at(at).map_or(Ok(()), |(_, slot)| Err(slot)),
            },
        }
    }

    /// Adds a key that is known to be new.
    pub(crate) fn push(&mut self, key: Key, slot: Slot) {
        match &mut self.0 {
            Repr::Few(entries) if entries.len() < FEW => entries.push((key, slot)),
            Repr::Few(entries) => {
                let mut many: IndexMap<Key, Slot> = std::mem::take(entries).into_iter().collect();
                many.insert(key, slot);
                self.0 = Repr::Many(Box::new(many), 0);
            }
            Repr::Many(entries, _) => {
                entries.insert(key, slot);
            }
            Repr::Sparse(entries) => entries.push(key, slot),
        }
    }

    /// An empty map with room for the keys that most have: as much as allocators keep at hand when it is given back, which is
    /// less than a KiB.
    pub(crate) fn with_room() -> Self {
        const ROOM: usize = 1000 / size_of::<(Key, Slot)>();
        Self(Repr::Few(Vec::with_capacity(ROOM)))
    }

    /// Takes everything out, as a map without room for more. The room stays here, for the next one.
    pub(crate) fn take(&mut self) -> Self {
        match &mut self.0 {
            Repr::Few(entries) => {
                let mut taken = Vec::with_capacity(entries.len());
                taken.append(entries);
                Self(Repr::Few(taken))
            }
            Repr::Many(..) | Repr::Sparse(_) => std::mem::take(self),
        }
    }

    /// Removes a key; the others keep their order.
    pub fn remove(&mut self, key: &Key) -> Option<Node> {
        match &mut self.0 {
            Repr::Few(entries) => {
                let at = find(entries, key)?;
                Some(entries.remove(at).1.node)
            }
            Repr::Many(entries, moved) => {
                let (at, _, slot) = entries.shift_remove_full(key)?;
                *moved += entries.len() - at;
                if *moved > OFTEN * entries.len() {
                    let entries = std::mem::take(&mut **entries);
                    self.0 = Repr::Sparse(Box::new(entries.into_iter().collect()));
                }
                Some(slot.node)
            }
            Repr::Sparse(entries) => entries.remove(key).map(|slot| slot.node),
        }
    }

    /// The first so many keys, as messages show them.
    pub(crate) fn names(&self, most: usize) -> Vec<Cow<'_, str>> {
        self.iter()
            .take(most)
            .map(|(key, _)| match key {
                Key::Str(text) => Cow::Borrowed(text.as_str()),
                other => Cow::Owned(other.to_string()),
            })
            .collect()
    }

    /// The key that was probably meant by one that is not there, among the first so many.
    pub(crate) fn nearest(&self, typed: &str, most: usize) -> Option<String> {
        did_you_mean(typed, self.names(most).iter().map(AsRef::as_ref)).map(str::to_owned)
    }

    /// The same keys with other values.
    pub(crate) fn with_values(&self, change: impl Fn(Node) -> Node) -> Self {
        let changed = |(key, slot): (&Key, &Slot)| {
            (key.clone(), Slot { origin: slot.origin, node: change(slot.node.clone()) })
        };
        self.iter().map(changed).collect()
    }

    /// Keys and slots in order.
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Repr::Few(entries) => Iter(Either::Few(entries.iter())),
            Repr::Many(entries, _) => Iter(Either::Many(entries.iter())),
            Repr::Sparse(entries) => Iter(Either::Sparse(entries.iter())),
        }
    }
}

/// Where a key is.
fn find(entries: &[(Key, Slot)], key: &Key) -> Option<usize> {
    match key {
        Key::Str(text) => find_text(entries, text),
        _ => entries.iter().position(|(k, _)| k == key),
    }
}

/// Where a textual key is.
fn find_text(entries: &[(Key, Slot)], text: &str) -> Option<usize> {
    entries.iter().position(|(key, _)| matches!(key, Key::Str(key) if key.as_str() == text))
}

/// Iterates over a [`Map`] in order.
#[derive(Clone, Debug)]
pub struct Iter<'a>(Either<'a>);

#[derive(Clone, Debug)]
enum Either<'a> {
    Few(std::slice::Iter<'a, (Key, Slot)>),
    Many(indexmap::map::Iter<'a, Key, Slot>),
    Sparse(super::sparse::Iter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Key, &'a Slot);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Either::Few(entries) => entries.next().map(|(k, slot)| (k, slot)),
            Either::Many(entries) => entries.next(),
            Either::Sparse(entries) => entries.next(),
        }
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        match &mut self.0 {
            Either::Few(entries) => entries.nth(n).map(|(k, slot)| (k, slot)),
            Either::Many(entries) => entries.nth(n),
            Either::Sparse(entries) => entries.nth(n),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Either::Few(entries) => entries.size_hint(),
            Either::Many(entries) => entries.size_hint(),
            Either::Sparse(entries) => entries.size_hint(),
        }
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Key, &'a Slot);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<(Key, Slot)> for Map {
    fn from_iter<I: IntoIterator<Item = (Key, Slot)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (key, slot) in entries {
            map.insert(key, slot.origin, slot.node);
        }
        map
    }
}

/// Keys and values from no known place.
impl<const N: usize> From<[(&str, Node); N]> for Map {
    fn from(entries: [(&str, Node); N]) -> Self {
        let mut map = Self::default();
        for (key, node) in entries {
            map.set(Key::from(key), node);
        }
        map
    }
}

/// Equal if the same keys have equal values, in whatever order, from wherever.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(k, slot)| other.get(k) == Some(&slot.node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_behave_alike() {
        let mut map = Map::default();
        for i in 0..40 {
            assert!(map.set(Key::from(format!("k{i}").as_str()), Node::from(i)).is_none());
            assert_eq!(map.len(), usize::try_from(i).unwrap() + 1);
        }
        assert_eq!(map.set(Key::from("k3"), Node::from(-3)), Some(Node::from(3)));
        assert_eq!(map.remove(&Key::from("k1")), Some(Node::from(1)));
        assert_eq!(map.remove(&Key::from("k1")), None);
        let keys: Vec<_> = map.iter().take(3).map(|(k, _)| k.to_string()).collect();
        assert_eq!(keys, ["k0", "k2", "k3"]);
        assert_eq!(map.get_str("k3"), Some(&Node::from(-3)));
        assert_eq!(*map.get_or_insert(Key::from("new"), Origin::NONE), Node::null());
    }

    #[test]
    fn what_much_is_removed_from_stays_in_order() {
        let key = |i: i64| Key::from(format!("k{i}").as_str());
        let mut map: Map =
            (0..1000).map(|i| (key(i), Slot { origin: Origin::NONE, node: Node::from(i) })).collect();
        for i in 0..900 {
            assert_eq!(map.remove(&key(i)), Some(Node::from(i)));
            assert_eq!(map.remove(&key(i)), None);
        }
        assert!(matches!(map.0, Repr::Sparse(_)));
        assert_eq!((map.len(), map.get(&key(899)), map.get_str("k900")), (100, None, Some(&Node::from(900))));
        // What comes again comes last.
        assert_eq!(map.set(key(5), Node::from(-5)), None);
        assert_eq!(map.set(key(950), Node::from(-950)), Some(Node::from(950)));
        assert_eq!(
            map.insert_new(key(5), Origin::NONE, Node::null()).map_err(|slot| &slot.node),
            Err(&Node::from(-5))
        );
        let dense: Map = map.iter().map(|(key, slot)| (key.clone(), slot.clone())).collect();
        assert_eq!(map, dense);
        let names = |map: &Map| map.names(usize::MAX).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&map), names(&dense));
        assert_eq!(
            (names(&map).len(), names(&map)[99].as_str(), names(&map)[100].as_str()),
            (101, "k999", "k5")
        );
        assert_eq!(*map.get_or_insert(key(6), Origin::NONE), Node::null());
        assert_eq!(names(&map)[101], "k6");
    }
}
