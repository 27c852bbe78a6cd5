//! Floor 2: types as data: what a value must be.
//!
//! A [`Type`] says what one value must be; a [`Schema`] is a type with the definitions that it names, so that types
//! may be recursive; [`Expected`] is a place in a schema, and the way to ask it: what stands under a key, whether a
//! value fits, how messages call it.

mod clash;
mod convert;
mod defaults;
mod definition;
mod duration;
mod expected;
mod limit;
mod number;
mod pattern;
mod places;
mod signature;
mod tree;
mod ty;
mod types;
mod words;

pub(crate) use convert::shortest;
pub use definition::{Enum, Field, Struct, Variant};
pub use duration::{read_duration, write_duration};
pub use expected::Expected;
pub use limit::{Bound, Constraint, Limited};
pub use pattern::Pattern;
pub(crate) use places::{Place, places};
pub use signature::Signature;
pub use tree::Schema;
pub use ty::{Dict, Moment, Type, Width};
pub use types::{Definition, Fields, Name, Shape, Types, Variants};
pub(crate) use words::{
    absent, misfit, missing, twice, unchosen, unknown_key, unknown_variant, unnamed_variant,
};
