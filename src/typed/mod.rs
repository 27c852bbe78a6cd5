//! Floor 6: trees as Rust types.
//!
//! A type that is a [`Config`] says what its values look like in a config, is read from one, and is written as one.
//! Nearly always `#[derive(mainstem::Config)]` implements it. [`read`] and [`read_at`] read a value and tell every
//! mistake at once, each with its place; [`schema`] is what composing enforces; [`defaults`] is the config that a
//! type is on its own.
//!
//! With the feature `serde`, [`from_node`] reads any type that serde knows, and
//! [`to_node`] writes one. With the feature `figment`, any of its providers is a config and a config is a provider;
//! with the feature `serde_yaml`, trees are its values and back.

#[cfg(feature = "serde")]
pub mod bridge;
mod choice;
mod component;
mod components;
mod config;
mod entries;
#[cfg(feature = "figment")]
pub mod figment;
pub mod limits;
mod mappings;
mod pointers;
mod reader;
mod registry;
mod scalars;
mod sequences;
#[cfg(feature = "serde_yaml")]
pub mod serde_yaml;
mod slot;
mod times;
mod violation;
mod whole;

#[cfg(feature = "serde")]
pub use bridge::{from_node, to_node};
pub use choice::{Choice, Choices};
pub use component::Component;
pub use components::Components;
pub use config::{Config, Flatten};
pub use entries::{Entries, Member};
#[cfg(feature = "app")]
pub(crate) use reader::OpenGroup;
pub use reader::{Reader, Reported};
pub use registry::Registry;
pub use slot::Slot;
pub use violation::Violation;
pub use whole::{defaults, read, read_at, schema};
