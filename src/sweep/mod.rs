//! Floor 9: which jobs a multirun has.

mod axis;
mod jobs;
mod pattern;

pub use jobs::{Job, Jobs};
pub use pattern::matches;
