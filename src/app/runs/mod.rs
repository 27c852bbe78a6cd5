//! `mainstem runs`: what ran, and what came of it.

mod again;
mod args;
mod diff;
mod filter;
mod find;
mod help;
mod logs;
mod ls;
mod main;
mod rerun;
mod rm;
mod series;
mod show;
mod view;
mod withheld;
mod written;

pub(crate) use args::{COMMANDS, another_name, faces};
pub(crate) use diff::{Difference, compare, leaves};
pub(crate) use help::TEXT as HELP;
pub(crate) use logs::remove_logs;
pub(crate) use ls::colour;
pub(crate) use main::{nothing, run};
pub(crate) use rerun::{HELP as RERUN_HELP, faces as rerun_faces, run as rerun};
pub(crate) use rm::ask;
pub(crate) use view::{View, results};
