//! Floor 9: which jobs a multirun has.

mod axis;
mod branch;
mod condition;
mod dimension;
mod factor;
mod glob;
mod goal;
mod jobs;
mod pattern;
mod search;
mod search_space;
mod sweeper;
mod unmet;

#[cfg(feature = "app")]
pub(crate) use branch::Branch;
pub use condition::Condition;
#[cfg(feature = "app")]
pub(crate) use dimension::number;
pub use goal::{Goal, Goals};
#[cfg(feature = "app")]
pub(crate) use jobs::Seen;
pub use jobs::{Job, Jobs, batches};
pub use pattern::matches;
pub use search::Search;
pub use search_space::{Misfit, SearchSpace};
pub use sweeper::{Ask, Grid, Sweeper, Told};
#[cfg(feature = "app")]
pub(crate) use unmet::Wishes;
