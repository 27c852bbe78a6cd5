//! Which jobs a sweep has, for all commands and programs.

mod algorithm;
mod asked;
mod brought;
mod defined;
mod fields;
mod listed;
mod optuna;
mod optuna_sampler;
mod pruning;
mod space;
mod substitutes;
mod tried;

pub(crate) use asked::goal;
pub(crate) use listed::{LARGEST, table};
pub(crate) use pruning::{Pruning, REPORTS};
pub(crate) use space::{Searched, Space, Sweep};
pub(crate) use tried::{try_all, try_covering, try_jobs, try_whole};
