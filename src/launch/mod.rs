//! Floor 9: how the jobs of a multirun run.

mod inline;
mod launcher;
mod output;
mod slots;
pub mod slurm;
mod workers;

pub use inline::Inline;
pub use launcher::{Event, Halt, Launcher};
pub use output::{OUTPUT, Output, forget_silence, give_back, open_output, set_aside};
pub use slots::{Slot, devices, slots};
pub use workers::{Bell, Exit, Group, Program, Workers};
