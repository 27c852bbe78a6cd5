//! The integration tests: one binary, a module an area.

mod cases;
mod compose;
mod corpus;
mod floors;
mod grammar;
mod job;
mod merge;
mod print;
mod resolve;
mod sweep;
mod yaml;

#[cfg(feature = "app")]
mod cli;

#[cfg(all(feature = "app", unix))]
mod run;

#[cfg(feature = "serde")]
mod typed;
