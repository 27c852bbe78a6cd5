//! Hydra's config composition in Rust, with the origin of every value.

extern crate self as mainstem;

pub mod complete;
pub mod compose;
pub mod declared;
pub mod diag;
pub mod durable;
pub mod facts;
pub mod grammar;
pub mod merge;
pub mod resolve;
pub mod run;
pub mod schema;
pub mod search;
pub mod settings;
pub mod sweep;
pub mod typed;
pub mod value;
pub mod yaml;

#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "app")]
pub mod drive;
#[cfg(feature = "app")]
pub mod launch;
#[cfg(feature = "app")]
mod plot;
mod random;

#[cfg(feature = "app")]
pub use app::{Maximize, Minimize};
pub use run::Run;
pub use typed::Config;

/// The examples of the front page and of the page of searches compile.
#[cfg(all(doctest, feature = "app", feature = "derive"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/SEARCH.md")]
mod readme;

#[cfg(feature = "derive")]
#[doc = include_str!("typed/derive.md")]
pub use mainstem_derive::Config;

#[cfg(all(feature = "app", feature = "derive"))]
#[doc = include_str!("app/program/pipeline_main.md")]
pub use mainstem_derive::pipeline_main;

#[cfg(all(feature = "app", feature = "derive"))]
#[doc = include_str!("app/program/objectives.md")]
pub use mainstem_derive::Objectives;
