//! The functions of the override grammar: one table, one row each.

pub(crate) mod cast;
mod json;
mod order;
mod sweeps;
mod table;

pub(crate) use table::{Argument, call};
