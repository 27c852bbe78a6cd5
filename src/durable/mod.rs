//! Floor 1: files that are there whole or not at all, and directories that no one else has.

mod directory;
#[cfg(test)]
mod testing;
mod whole;

pub use directory::create_exclusive;
pub use whole::write_whole;
