//! Floor 0: what the world looked like when the program started, as plain data.

mod environment;
mod now;
mod world;

pub use environment::Environment;
pub use now::Now;
pub use world::Facts;
