//! Tab completion: what shells ask, and what they are told.

mod answer;
mod command;
mod face;
mod main;
mod program;
mod records;
mod script;
mod shell;

pub(crate) use face::{Face, Holds};
pub(crate) use main::run;
pub(crate) use program::shell_completion;
