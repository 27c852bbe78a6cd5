//! The files that say what a run was told, laid out as Hydra lays them out.

use std::io::Write as _;
use std::path::Path;

use crate::diag::Result;
use crate::durable::{Sync, write_whole_with};
use crate::resolve::Scope;
use crate::value::{Key, KeyPath, Kind, Map, Node, write_yaml};

/// The job's config as it was composed, with its interpolations.
pub const CONFIG: &str = "config.yaml";
/// The `hydra` node.
pub const HYDRA: &str = "hydra.yaml";
/// The overrides of the job.
pub const OVERRIDES: &str = "overrides.yaml";
/// The job's config with its interpolations resolved.
pub const RESOLVED: &str = "config.resolved.yaml";
/// The record.
pub const RUN: &str = "run.json";

/// What Hydra writes, and the resolved config beside it.
pub(super) const TOLD: [&str; 4] = [CONFIG, HYDRA, OVERRIDES, RESOLVED];

/// Writes what the run was told. Nothing is resolved in Hydra's files, so that a later run can be composed from them.
///
/// `root` is the whole tree; `job` the config of the job, and `resolved` the same resolved.
pub(super) fn write_told(directory: &Path, root: &Node, job: &Node, resolved: &Node) -> Result<()> {
    let hydra = root.as_map().and_then(|root| root.get_str("hydra")).cloned().unwrap_or_else(Node::null);
    let task =
        ["overrides", "task"].iter().try_fold(&hydra, |node, key| node.as_map()?.get_str(key)).cloned();
    let task = task.unwrap_or_else(|| Node::from(Vec::new()));
    let hydra = Node::from(Map::from([("hydra", hydra)]));
    for (name, node) in [(CONFIG, job), (HYDRA, &hydra), (OVERRIDES, &task), (RESOLVED, resolved)] {
        write(directory, name, node)?;
    }
    Ok(())
}

fn write(directory: &Path, name: &str, node: &Node) -> Result<()> {
    let mut yaml = String::new();
    write_yaml(node, &mut yaml);
    write_whole_with(&directory.join(name), Sync::Later, |file| file.write_all(yaml.as_bytes()))
}

/// A tree with its interpolations resolved; those that cannot be stay as they are written, since nobody has to read
/// them.
pub(super) fn resolved(scope: &Scope<'_>, path: &KeyPath, node: &Node) -> Node {
    if let Ok(Some(resolved)) = scope.select(path) {
        return resolved;
    }
    match &node.kind {
        Kind::Map(map) => {
            let mut out = Map::default();
            for (key, slot) in map.iter() {
                out.insert(key.clone(), slot.origin, resolved(scope, &path.child(key.clone()), &slot.node));
            }
            Node::from(out).from_origin(node.origin)
        }
        Kind::List(list) => {
            let child = |(i, node): (usize, &Node)| {
                resolved(scope, &path.child(Key::Int(i64::try_from(i).unwrap_or(i64::MAX))), node)
            };
            list.iter().enumerate().map(child).collect()
        }
        _ => node.clone(),
    }
}
