//! A sweep on Slurm: its jobs are tasks of arrays, and run without the process that submitted them.

mod alone;
mod board;
mod claim;
mod drive;
mod elsewhere;
mod fate;
mod host;
mod launcher;
mod orders;
mod owners;
mod settings;
mod task;

pub(crate) use alone::{ALONE, Alone, is_asked, submit};
pub(crate) use board::{Board, Stands};
pub(crate) use drive::copy_of_program;
pub(super) use drive::{drive, last_snapshot, take_lease};
pub(super) use elsewhere::{leave_slurm, makes_room};
pub(crate) use fate::Fate;
pub(super) use settings::Settings;
pub(crate) use task::{TASK, Task, work};
