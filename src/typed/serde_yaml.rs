//! `serde_yaml`, under the name that its users write: its values to and from trees, and types of serde as its YAML.
//!
//! The crate of that name is archived. What stands behind it here is its maintained fork `yaml_serde`, so a program that
//! writes `serde_yaml = { package = "yaml_serde", version = "0.10" }` has the same types. Configs are never read by it:
//! it knows no places.

use serde_core::Serialize;
use serde_yaml::Value;

use crate::diag::{Error, ErrorKind, Result};
use crate::typed::{from_node, to_node};
use crate::value::Node;

/// A resolved tree as a value of `serde_yaml`.
///
/// # Errors
/// A value that it has no kind for, with its place: bytes, `???`.
///
/// ```
/// use mainstem::typed::serde_yaml::{from_value, to_value};
/// use mainstem::value::{Map, Node};
/// let tree = Node::from(Map::from([("lr", Node::from(0.1)), ("tags", Node::from(vec![Node::from("red")]))]));
/// let value = to_value(&tree)?;
/// assert_eq!(value["tags"][0], "red");
/// assert_eq!(from_value(&value)?, tree);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn to_value(node: &Node) -> Result<Value> {
    from_node(node)
}

/// A value of `serde_yaml` as a tree, of which no place is known. What has a tag of its own is `{tag: content}`.
///
/// # Errors
/// A key that is a list or a mapping.
pub fn from_value(value: &Value) -> Result<Node> {
    to_node(value)
}

/// A value of any type that serde can write, as the YAML that `serde_yaml` prints. [`to_node`] and
/// [`write_yaml`](crate::value::write_yaml) print it as Hydra does.
///
/// # Errors
/// The type refuses to be written.
///
/// ```
/// let text = mainstem::typed::serde_yaml::to_yaml(&std::collections::BTreeMap::from([("on", "yes")]))?;
/// assert_eq!(text, "on: yes\n");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_yaml::to_string(value).map_err(|error| Error::new(ErrorKind::Type, error.to_string()))
}
