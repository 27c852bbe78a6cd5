//! Floor 1: files that are read whole, written whole or not at all, and directories that no one else has.

mod directory;
mod regular;
#[cfg(test)]
mod testing;
mod whole;

pub use directory::create_exclusive;
pub use regular::read_regular;
pub use whole::write_whole;
