//! A program of the user's own: its flags, where its configs lie, and how its jobs run.

mod app;
mod block_on;
mod bound;
mod callback;
mod callbacks;
mod command;
mod configs;
mod console;
mod derived;
mod finished;
mod flags;
mod help;
mod info;
mod job;
mod job_info;
mod log_return;
mod logging;
mod multirun;
mod outcome;
mod panics;
mod sandbox;
mod session;
mod show;
mod signals;
mod words;
mod worker;
mod world;

pub(crate) use derived::DERIVED_FROM;
pub(crate) use flags::names as flag_names;

pub use app::App;
pub use block_on::block_on;
pub use bound::Bound;
pub use callback::Callback;
pub(crate) use command::main as run_command;
pub use configs::Configs;
pub use finished::{Finished, Job};
pub use outcome::{Direction, Failed, JobResult, Maximize, Minimize, Objective};
pub use sandbox::{Sandbox, Trial};
