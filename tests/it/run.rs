//! Runs and their directories.

mod directory;
mod disk;
mod many;
mod project;
mod ranks;
mod truth;
