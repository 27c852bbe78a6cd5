//! Floor 0: random numbers that depend on a key and on nothing else.

mod stream;

pub(crate) use stream::{Stream, mix};
