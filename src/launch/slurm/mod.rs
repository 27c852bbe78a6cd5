//! Slurm: what it is told, and what it says.

mod batch;
mod client;
mod ends;
mod queue;
mod split;
mod time;

pub use batch::{Array, Batch};
pub use client::{Slurm, Submission};
pub use ends::{Ends, Fault, fault};
pub use queue::{Queued, State, Tasks, queue};
pub use split::{packs, size_of_array, waits_for};
pub use time::span;
