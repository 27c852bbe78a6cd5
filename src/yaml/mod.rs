//! Floor 3: YAML text to nodes with spans, by the scalar rules of OmegaConf 2.4.

mod advice;
mod breaks;
mod cursor;
mod fast;
mod granit;
mod header;
mod meaning;
mod merge;
mod number;
mod parse;
mod scalar;
mod strict;
mod tag;
mod tree;

pub use header::Header;
pub use parse::{Limits, Parsed, parse};
