//! Floor 0: what the world looked like when the program started, as plain data, and a clock.

mod clock;
mod environment;
mod moment;
mod now;
mod process;
mod secret_name;
mod world;

pub use clock::Clock;
pub use environment::Environment;
pub use moment::date_of;
pub use now::Now;
pub use process::Process;
pub use secret_name::names_secret;
pub use world::Facts;
