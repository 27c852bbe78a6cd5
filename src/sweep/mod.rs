//! Floor 9: which jobs a multirun has.

mod axis;
mod branch;
mod condition;
mod factor;
mod glob;
mod jobs;
mod pattern;
mod sweeper;

#[cfg(feature = "app")]
pub(crate) use branch::Branch;
pub use condition::Condition;
#[cfg(feature = "app")]
pub(crate) use jobs::Seen;
pub use jobs::{Job, Jobs};
pub use pattern::matches;
pub use sweeper::{Ask, Grid, Sweeper, Told};
