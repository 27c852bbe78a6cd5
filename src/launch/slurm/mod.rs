//! Slurm: what it is told, and what it says.

mod batch;
mod client;
mod queue;
mod split;

pub use batch::{Array, Batch};
pub use client::{End, Slurm};
pub use queue::{Queued, State, Tasks, queue};
pub use split::{arrays, packs};
