//! Runs and their directories.

mod directory;
pub(crate) mod disk;
mod many;
mod project;
mod ranks;
mod truth;
