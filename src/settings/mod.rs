//! Floor 7: the `hydra` and `mainstem` nodes, and the built-in config groups.

mod hydra;
mod plugins;
mod project;
mod shape;
mod source;
mod table;

pub(crate) use hydra::words;
#[cfg(all(test, feature = "app"))]
pub(crate) use hydra::{PRUNERS, SAMPLERS};
pub use project::{HYDRA_VERSION, HYDRA_VERSION_BASE, composer, project, resolvers};
pub use source::{PRELUDES, is_reserved, search_path};
#[cfg(feature = "app")]
pub(crate) use source::{builtin, nodes};
