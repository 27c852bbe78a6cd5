//! The log of a job: Python's logging configs as data, behind the crates `log` and `tracing`.

mod colour;
mod date;
mod entry;
mod field;
mod formatter;
mod front;
mod handler;
mod known;
mod level;
mod loggers;
mod part;
mod pattern;
mod plan;
mod rich;
mod sink;
mod spec;

#[cfg(feature = "tracing")]
mod events;

pub(crate) use front::{failed, hydra_log, install};
pub(crate) use known::Known;
pub(crate) use loggers::Logging;
pub(crate) use plan::{Palette, Plan};
