//! Floor 3: YAML text to nodes with spans, by the scalar rules of OmegaConf 2.4.

mod granit;
mod header;
mod number;
mod parse;
mod scalar;
mod strict;
mod tag;
mod tree;

pub use header::Header;
pub use parse::{Limits, Parsed, parse};
