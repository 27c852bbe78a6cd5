//! Floor 2: types as data: what a value must be.

mod convert;
mod ty;

pub use ty::{Struct, Type};
