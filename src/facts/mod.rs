//! Floor 0: what the world looked like when the program started, as plain data.

mod environment;
mod world;

pub use environment::Environment;
pub use world::Facts;
