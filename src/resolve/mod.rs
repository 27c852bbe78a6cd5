//! Floor 3: what `${…}` stands for.

mod builtin;
mod cache;
mod context;
mod deep;
mod dirname;
mod engine;
mod inputs;
mod now;
mod place;
mod resolver;
mod scope;

pub use cache::Cache;
pub use context::{Context, Givers, Hydra};
pub use inputs::{Answered, Input};
#[cfg(feature = "app")]
pub(crate) use now::format as strftime;
pub use resolver::{Invocation, Resolver, Resolvers};
pub use scope::Scope;
