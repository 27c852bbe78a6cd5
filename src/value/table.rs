//! Tables by hash. Their hashes are much quicker than those of the standard library, and seeded at random too, so that
//! keys which all hash alike cannot be prepared.

use foldhash::fast::RandomState;

/// A table that keeps the order in which keys were put in. `IndexMap::default()` makes one.
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
/// A table to look things up in. Its order is no order: it must not reach output.
pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
/// As [`HashMap`], without values.
pub type HashSet<T> = std::collections::HashSet<T, RandomState>;
