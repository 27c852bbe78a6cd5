//! Which jobs a sweep has, for all commands and programs.

mod listed;
mod tried;

pub(crate) use listed::{LARGEST, listed};
pub(crate) use tried::{jobs, try_all, try_jobs, try_whole};
