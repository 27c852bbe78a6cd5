//! A program of the user's own: its flags, where its configs lie, and how its jobs run.

mod advice;
mod app;
mod as_flags;
mod behind;
mod block_on;
mod bound;
mod callback;
mod callbacks;
#[cfg(feature = "clap")]
mod clap;
mod command;
mod configs;
mod console;
mod derived;
#[cfg(unix)]
mod descendants;
mod describe;
#[cfg(unix)]
mod ears;
mod elsewhere;
mod ending;
mod fields;
mod finished;
mod flags;
mod found;
mod groups;
mod handover;
mod help;
mod info;
mod job;
mod job_info;
mod kept;
mod lent;
mod lifetime;
mod log_return;
mod logging;
mod multirun;
#[cfg(not(unix))]
mod no_signals;
mod notice;
mod order;
mod outcome;
pub(crate) mod own;
mod panics;
mod placeholders;
mod python;
mod reporting;
mod returned;
mod sandbox;
mod schema;
mod screen;
mod session;
mod show;
mod signals;
mod snapshot;
mod table;
mod template;
mod told_result;
mod typed;
mod values;
mod words;
mod worker;
mod world;

pub(crate) use derived::DERIVED_FROM;
pub(crate) use flags::names as flag_names;

pub use app::App;
pub use block_on::block_on;
pub use bound::Bound;
pub use callback::Callback;
pub(crate) use command::{HELP as RUN_HELP, main as run_command};
pub use configs::Configs;
pub use finished::{Finished, Job};
pub(crate) use flags::{Flags, Whose, faces, read};
pub(crate) use multirun::{Board, Fate, SLURM, Stands, copy_of_program};
pub use outcome::{Declared, Failed, IntoObjective, JobResult, Maximize, Minimize, Objective};
pub(crate) use own::OwnFlag;
pub use sandbox::{Sandbox, Trial};
pub(crate) use session::Session;
pub(crate) use world::World;
