//! Which jobs a sweep has, for all commands and programs.

mod defined;
mod listed;
mod space;
mod tried;

pub(crate) use listed::LARGEST;
pub(crate) use space::{Space, Sweep};
pub(crate) use tried::{try_all, try_jobs, try_whole};
