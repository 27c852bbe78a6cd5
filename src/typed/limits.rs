//! What limits want of a type: `#[mainstem(range = …)]` compiles where the type has an order, and so on.
//!
//! The types of this library that have it say so, as do newtypes and enums of words that derive `Config`. A type of your
//! own that is written as a number, a text or a list may say so, too: `impl mainstem::typed::limits::InRange for Even {}`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use indexmap::{IndexMap, IndexSet};

use crate::value::{Map, Node, Text};

/// A number, or a span of time: it has a `range`.
#[diagnostic::on_unimplemented(
    message = "`range` cannot limit `{Self}`",
    label = "`{Self}` is no number and no span of time",
    note = "`length` limits text, lists and mappings; `one_of` and `regex` limit text"
)]
pub trait InRange {}

/// Text, a list or a mapping: it has a `length`.
#[diagnostic::on_unimplemented(
    message = "`length` cannot limit `{Self}`",
    label = "`{Self}` is no text, no list and no mapping",
    note = "`range` limits numbers and spans of time"
)]
pub trait HasLength {}

/// Text: a `regex` can look at it, and it can be `one_of` several texts.
#[diagnostic::on_unimplemented(
    message = "text cannot limit `{Self}`",
    label = "`{Self}` is no text",
    note = "`regex` and texts in `one_of` limit text; numbers have `range`, or numbers in `one_of`"
)]
pub trait IsText {}

/// A number: it can be `one_of` several numbers.
#[diagnostic::on_unimplemented(
    message = "numbers cannot limit `{Self}`",
    label = "`{Self}` is no number",
    note = "write texts: `one_of = [\"1\", \"2\"]`"
)]
pub trait IsNumber {}

/// Compiles for what has a range: the derive asks so.
#[doc(hidden)]
pub fn in_range<T: InRange>() {}

/// Compiles for what has a length: the derive asks so.
#[doc(hidden)]
pub fn has_length<T: HasLength>() {}

/// Compiles for text: the derive asks so.
#[doc(hidden)]
pub fn is_text<T: IsText>() {}

/// Compiles for numbers: the derive asks so.
#[doc(hidden)]
pub fn is_number<T: IsNumber>() {}

macro_rules! are {
    ($($limit:ident: $($ty:ty),+;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl $limit for $ty {}
    )+)*};
}

are! {
    InRange: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, NonZeroU8, NonZeroU16,
        NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, Duration, TimeDelta, Node;
    IsNumber: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, NonZeroU8, NonZeroU16,
        NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, Node;
    IsText: String, Box<str>, Arc<str>, Rc<str>, Text, PathBuf, char, Node, DateTime<Utc>, DateTime<FixedOffset>,
        NaiveDateTime, NaiveDate, NaiveTime;
    HasLength: String, Box<str>, Arc<str>, Rc<str>, Text, PathBuf, Node, Map;
}

macro_rules! have_length {
    ($($ty:ident $($generic:ident)+;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic),+> HasLength for $ty<$($generic),+> {}
    )*};
}

have_length! {
    Vec T; VecDeque T; BTreeSet T; HashSet T S; IndexSet T S; BTreeMap K V; HashMap K V S; IndexMap K V S;
}

macro_rules! through {
    ($($limit:ident: $($holder:ident)+;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl<T: $limit> $limit for $holder<T> {}
    )+)*};
}

// `None` is within every limit.
through! {
    InRange: Option Box Arc Rc;
    HasLength: Option Box Arc Rc;
    IsText: Option Box Arc Rc;
    IsNumber: Option Box Arc Rc;
}
