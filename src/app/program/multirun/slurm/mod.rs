//! A sweep on Slurm: its jobs are tasks of arrays, and run without the process that submitted them.

mod board;
mod claim;
mod drive;
mod host;
mod launcher;
mod orders;
mod settings;
mod task;

pub(crate) use board::{Board, Stands};
pub(super) use drive::{drive, last_snapshot};
pub(super) use settings::Settings;
pub(crate) use task::{TASK, Task, work};
