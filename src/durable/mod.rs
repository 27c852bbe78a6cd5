//! Floor 1: files that are read whole, and written whole or not at all; directories that no one else has, and those below one; logs; locks.

mod claim;
mod directory;
mod draft;
mod lock;
mod log;
mod regular;
#[cfg(test)]
pub(crate) mod testing;
mod turn;
mod walk;
mod whole;

pub use claim::write_first;
pub use directory::create_exclusive;
pub(crate) use draft::{Draft, publish_left, remove_drafts};
pub(crate) use lock::is_at;
pub use lock::{BEAT, Holder, Life, Lock, disk_clock, holder_of};
pub use log::{Log, whole_lines};
pub use regular::read_regular;
pub(crate) use turn::Turn;
pub(crate) use walk::any_file;
#[cfg(feature = "app")]
pub(crate) use walk::is_open;
pub use walk::{folders, walk};
#[cfg(feature = "app")]
pub(crate) use whole::remove_temporaries;
pub(crate) use whole::write_over;
pub use whole::{Sync, remove_leftovers, sync, write_whole, write_whole_with};
