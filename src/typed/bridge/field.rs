//! Fields of types that serde knows.

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use crate::schema::{Type, Types};
use crate::typed::bridge::output::to_node;
use crate::typed::bridge::read::from_node_at;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::Node;

/// What its values look like is known to the type alone: anything.
pub fn describe(_: &mut Types) -> Type {
    Type::Any
}

/// Reads a value as serde has it.
///
/// # Errors
/// The first mistake in it.
pub fn read<T: DeserializeOwned>(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<T, Reported> {
    let node = cx.whole(at)?;
    from_node_at(&node, cx.path()).map_err(|error| cx.report(error))
}

/// Writes a value as serde has it. What cannot be written is `???`.
pub fn write<T: Serialize>(value: &T) -> Node {
    to_node(value).unwrap_or_else(|_| Node::new(crate::value::Kind::Missing, crate::diag::Origin::NONE))
}
