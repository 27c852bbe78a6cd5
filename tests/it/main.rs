//! The integration tests: one binary, a module an area.

mod cases;
mod compose;
mod corpus;
mod declared;
mod diag;
mod floors;
mod grammar;
mod job;
mod merge;
mod print;
mod resolve;
mod sweep;
mod yaml;

#[cfg(feature = "app")]
mod app;

#[cfg(feature = "app")]
mod cli;

#[cfg(all(feature = "app", unix))]
mod run;

#[cfg(all(feature = "app", unix))]
mod sweeps;

#[cfg(feature = "serde")]
mod bridge;

#[cfg(feature = "derive")]
mod derive;

#[cfg(feature = "derive")]
mod ui;
