//! Floor 10: the loop that joins a sweeper and a launcher, with a journal between.

mod engine;
mod entry;
mod find;
mod host;
mod journal;
mod lease;
mod policy;
mod progress;

pub use engine::{Drive, Failure, Stopped, Summary};
pub use entry::{Entry, Identity};
pub use find::{latest, sweeps};
pub use host::{Host, Prepared, Verdict};
pub use journal::{FOLDER, JOURNAL, Journal};
pub use lease::{LOCK, Lease, is_driven};
pub use policy::Policy;
pub use progress::{Progress, Standing};
