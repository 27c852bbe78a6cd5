//! Floor 11: the command line, and the only reader of environment, clock, working directory and terminal.

mod args;
mod capture;
mod check;
mod compose;
mod defaults;
mod explain;
mod explain_json;
mod git;
mod help;
mod jobs;
mod json;
mod main;
mod output;
mod overrides;
mod packages;
mod project;
mod python;
mod runs;
mod sweep;

pub use capture::{arguments, facts, process};
pub use git::surroundings;
pub use main::main;
pub use output::Status;
