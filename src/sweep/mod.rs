//! Floor 9: which jobs a multirun has.

mod axis;
mod factor;
mod jobs;
mod pattern;
mod sweeper;

#[cfg(feature = "app")]
pub(crate) use jobs::Seen;
pub use jobs::{Job, Jobs};
pub use pattern::matches;
pub use sweeper::{Ask, Grid, Sweeper, Told};
