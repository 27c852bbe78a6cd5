//! Floor 10: the loop that joins a sweeper and a launcher, with a journal between.

mod engine;
mod entry;
mod find;
mod host;
mod journal;
mod policy;
mod progress;
mod replay;
mod state;
mod summary;
#[cfg(test)]
mod testing;
mod word;

pub use engine::Drive;
pub use entry::{Entry, Identity};
pub use find::{latest, sweeps};
pub use host::{Host, Left, Prepared, Verdict};
pub use journal::{FOLDER, JOURNAL, Journal, LOCK, is_driven, lease};
pub use policy::Policy;
pub use progress::{Progress, Standing, identity};
#[cfg(feature = "app")]
pub(crate) use replay::are_same;
pub use summary::{Failure, Limit, Stopped, Summary};
pub use word::{ask_to_end, asked_to_end};
