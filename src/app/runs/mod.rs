//! `mainstem runs`: what ran, and what came of it.

mod args;
mod diff;
mod filter;
mod help;
mod ls;
mod main;
mod show;
mod view;

pub(crate) use args::{COMMANDS, faces};
pub(crate) use help::TEXT as HELP;
pub(crate) use main::run;
