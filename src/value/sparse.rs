//! Mappings from which much is removed: nothing moves, what is removed leaves a hole.

use crate::value::key::Key;
use crate::value::map::Slot;
use crate::value::table::HashMap;

/// Entries in order, some of them gone, with a table that knows where those are that are left.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    entries: Vec<Option<(Key, Slot)>>,
    places: HashMap<Key, usize>,
}

impl Sparse {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Where a key is, for [`Sparse::at`].
    pub(super) fn index_of(&self, key: &Key) -> Option<usize> {
        self.places.get(key).copied()
    }

    pub(super) fn at(&self, index: usize) -> Option<&(Key, Slot)> {
        self.entries.get(index)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Slot> {
        let index = self.index_of(key)?;
        self.entries.get_mut(index)?.as_mut().map(|(_, slot)| slot)
    }

    /// The slot at an index; what is given fills a hole.
    pub(super) fn at_mut(&mut self, index: usize, filling: impl FnOnce() -> (Key, Slot)) -> &mut Slot {
        &mut self.entries[index].get_or_insert_with(filling).1
    }

    /// Adds a key that is known to be new.
    pub(super) fn push(&mut self, key: Key, slot: Slot) {
        self.places.insert(key.clone(), self.entries.len());
        self.entries.push(Some((key, slot)));
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Slot> {
        let at = self.places.remove(key)?;
        let removed = self.entries.get_mut(at)?.take();
        // Each hole is filled up once, so removing takes the same time however many there are.
        if self.entries.len() > 2 * self.places.len() {
            let left = std::mem::take(&mut self.entries);
            *self = left.into_iter().flatten().collect();
        }
        removed.map(|(_, slot)| slot)
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter(self.entries.iter())
    }
}

/// Keys and slots in order.
#[derive(Clone, Debug)]
pub(super) struct Iter<'a>(std::slice::Iter<'a, Option<(Key, Slot)>>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Key, &'a Slot);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.by_ref().flatten().next().map(|(key, slot)| (key, slot))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.0.len()))
    }
}

impl FromIterator<(Key, Slot)> for Sparse {
    fn from_iter<I: IntoIterator<Item = (Key, Slot)>>(entries: I) -> Self {
        let mut sparse = Self::default();
        entries.into_iter().for_each(|(key, slot)| sparse.push(key, slot));
        sparse
    }
}
