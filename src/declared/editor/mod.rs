//! JSON Schema (draft 2020-12) of config files, for editors.

mod choices;
mod file;
mod limits;
mod object;
mod print;
mod types;

pub(crate) use choices::{Choices, Group};
pub(crate) use file::{ConfigFile, Content};
