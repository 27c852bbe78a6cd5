//! `mainstem sweeps`: which sweeps there are, how their jobs stand, and what is done about them.

mod args;
mod best;
mod cancel;
mod export;
mod help;
mod ls;
mod main;
mod optuna;
mod plot;
mod queue;
mod resume;
mod rm;
mod rows;
mod show;
mod signal;
mod study;

pub(crate) use args::{COMMANDS, faces};
pub(crate) use best::{RESULTS, results};
pub(crate) use help::TEXT as HELP;
pub(crate) use main::run;
pub(crate) use rows::rows_of;
pub(crate) use study::Study;
