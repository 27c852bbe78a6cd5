//! This process, as a run's record names it.

use std::path::PathBuf;

use crate::facts::clock::Clock;

/// A process on a machine. Only `app/` captures it.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Its number on the machine.
    pub id: u32,
    /// The number of the process that started it.
    pub parent: Option<u32>,
    /// The name of the machine.
    pub host: String,
    /// What is another one after the machine has started anew, so that numbers of processes mean others.
    pub boot: Option<String>,
    /// Who started it.
    pub user: Option<String>,
    /// How it was started, with the name of the program.
    pub arguments: Vec<String>,
    /// The file of the program.
    pub program: Option<PathBuf>,
    /// Bytes that no other process has: what makes identifiers unique.
    pub random: [u8; 10],
    /// What time it is.
    pub clock: Clock,
}
