//! Everything that composition may ask about the world outside.

use std::path::PathBuf;

use crate::facts::environment::Environment;
use crate::facts::now::Now;

/// The facts of one start of the program. Only `app/` captures them; below, they are plain data, so that a test
/// or a worker process can say what the world looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Environment variables.
    pub env: Environment,
    /// Working directory: what relative paths count from.
    pub cwd: PathBuf,
    /// Local time at start: the one instant of every `${now:…}`.
    pub now: Now,
}

impl Default for Facts {
    /// An empty environment, the directory `.`, and the first second of 1970.
    fn default() -> Self {
        Self { env: Environment::default(), cwd: PathBuf::from("."), now: Now::default() }
    }
}
