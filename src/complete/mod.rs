//! Floor 10: what can stand at the cursor of a command line.
//!
//! A [`Line`] is split as a shell splits it; a [`Completer`] says what its last word can become. Nothing here fails:
//! what cannot be read or composed is left out.

mod candidate;
mod completer;
mod files;
mod groups;
mod keys;
mod line;
mod surroundings;
mod typed;
mod values;

pub use candidate::Candidate;
pub use completer::Completer;
pub use files::{Wanted, files};
pub use line::{Line, Word};
