//! A sweep of a program: its jobs, how they run, and how it goes on after it was ended.

mod around;
mod compact;
mod dry_run;
mod earlier;
mod host;
mod hosted;
mod identity;
mod in_sweep;
mod inline;
mod jobs;
mod known;
mod patience;
mod plan;
mod resume;
mod run;
mod searching;
mod slurm;
mod sought;
mod summary;
mod tail;
mod unheard;
mod view;
mod warm;
mod watched;
mod workers;

pub(crate) use plan::SLURM;
pub(crate) use resume::{Resumed, resume};
pub(crate) use run::{run, work};
pub(crate) use slurm::{
    ALONE, Alone, Board, Fate, Stands, TASK, Task, copy_of_program, is_asked as is_for_slurm,
    submit as submit_alone, work as work_on_slurm,
};
