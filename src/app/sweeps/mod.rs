//! `mainstem sweeps`: which sweeps there are, how their jobs stand, and what is done about them.

mod args;
mod cancel;
mod export;
mod help;
mod ls;
mod main;
mod queue;
mod resume;
mod rows;
mod show;
mod signal;

pub(crate) use args::{COMMANDS, faces};
pub(crate) use help::TEXT as HELP;
pub(crate) use main::run;
