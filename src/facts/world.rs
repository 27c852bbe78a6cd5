//! Everything that composition may ask about the world outside.

use std::path::PathBuf;

use chrono::NaiveDateTime;

use crate::facts::environment::Environment;

/// The facts of one start of the program. Only `app/` captures them; below, they are plain data, so that a test
/// or a worker process can say what the world looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Environment variables.
    pub env: Environment,
    /// Working directory: what relative paths count from.
    pub cwd: PathBuf,
    /// Local time at start, to the microsecond: the one instant of every `${now:…}`.
    pub now: NaiveDateTime,
}

impl Default for Facts {
    /// An empty environment, the directory `.`, and the first second of 1970.
    fn default() -> Self {
        Self {
            env: Environment::default(),
            cwd: PathBuf::from("."),
            now: chrono::DateTime::UNIX_EPOCH.naive_utc(),
        }
    }
}
