//! Floor 11: the command line, and the only reader of environment, clock, working directory and terminal.

mod args;
mod argv;
mod capture;
mod check;
mod complete;
mod compose;
mod csv;
mod defaults;
mod dotenv;
mod duration;
mod exec;
mod explain;
mod explain_json;
mod format;
mod git;
mod help;
mod hydra_flags;
mod jobs;
mod json;
mod main;
mod output;
mod overrides;
mod packages;
mod program;
mod project;
mod python;
mod registered;
mod runs;
mod sweep;
mod sweeps;
mod table;
mod width;
mod words;
mod worktree;
mod zone;

pub use crate::search::Direction;
pub use capture::{arguments, facts, process};
pub use git::surroundings;
pub use main::main;
pub use output::Status;
pub use program::{
    App, Bound, Callback, Configs, Declared, Failed, Finished, IntoObjective, Job, JobResult, Maximize,
    Minimize, Objective, Sandbox, Trial, block_on,
};
