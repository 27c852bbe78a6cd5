//! The integration tests: one binary, a module an area.

mod cases;
mod compose;
mod corpus;
mod crates;
mod declared;
mod diag;
#[cfg(all(feature = "app", feature = "derive"))]
mod face;
mod floors;
mod grammar;
#[cfg(all(feature = "app", feature = "derive"))]
mod hints;
#[cfg(all(feature = "app", unix))]
mod hydra_commands;
mod job;
mod merge;
mod print;
mod resolve;
mod samplers;
mod sweep;
mod yaml;

#[cfg(feature = "app")]
mod again;

#[cfg(feature = "app")]
mod app;

#[cfg(all(feature = "app", feature = "derive"))]
mod callbacks;

#[cfg(feature = "app")]
mod cli;

#[cfg(all(feature = "app", unix))]
mod command_output;

#[cfg(all(feature = "app", feature = "derive"))]
mod complete;

#[cfg(feature = "derive")]
mod components;

#[cfg(all(feature = "app", unix))]
mod commands;

#[cfg(all(feature = "app", unix))]
mod kills;

#[cfg(all(feature = "app", unix))]
mod logging;

#[cfg(all(feature = "app", unix))]
mod orders;

#[cfg(all(feature = "app", unix))]
mod rerun;

#[cfg(all(feature = "app", unix))]
mod resume;

#[cfg(all(feature = "app", unix))]
mod run;

#[cfg(all(feature = "app", unix))]
mod run_commands;

#[cfg(all(feature = "app", unix))]
mod signals;

#[cfg(all(feature = "app", unix))]
mod sweep_commands;

#[cfg(all(feature = "app", unix))]
mod sweeps;

#[cfg(all(feature = "app", feature = "derive", unix))]
mod search;

#[cfg(all(feature = "app", feature = "derive"))]
mod secrets;

#[cfg(feature = "serde")]
mod bridge;

#[cfg(feature = "figment")]
mod figment;

#[cfg(feature = "derive")]
mod derive;

#[cfg(all(feature = "app", feature = "derive", feature = "serde"))]
mod typed;

#[cfg(feature = "derive")]
mod ui;
