//! The files that say what a run was told, laid out as Hydra lays them out.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Draft, Sync, write_whole_with};
use crate::resolve::Scope;
use crate::run::reserve::Told;
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

/// Where the first files of a record are written.
#[derive(Debug)]
pub(super) enum Folder {
    /// A folder that is there when all of them are.
    New(Draft),
    /// One that others may have files in, too.
    Shared(PathBuf),
}

impl Folder {
    /// The folder of that path in the directory of a run; `shared`: it is not made for this process alone.
    pub(super) fn open(directory: &Path, path: &Path, shared: bool) -> Result<Self> {
        let make = |path: &Path| {
            fs::create_dir_all(path).map_err(|error| {
                Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", path.display()))
            })
        };
        if shared {
            make(path)?;
            return Ok(Self::Shared(path.to_owned()));
        }
        if let Some(parent) = path.parent().filter(|parent| *parent != directory) {
            make(parent)?;
        }
        Draft::begin(path).map(Self::New)
    }

    /// Writes a file whole. It reaches the disk when the system sees fit.
    pub(super) fn write(&self, name: &str, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
        match self {
            Self::New(draft) => draft.write(name, fill),
            Self::Shared(path) => write_whole_with(&path.join(name), Sync::Later, fill),
        }
    }

    /// All files are there.
    pub(super) fn close(self) -> Result<()> {
        match self {
            Self::New(draft) => draft.publish(),
            Self::Shared(_) => Ok(()),
        }
    }
}

/// Writes what the run was told. Nothing is resolved in Hydra's files, so that a later run can be composed from them.
///
pub(super) fn write_told(folder: &Folder, told: &Told) -> Result<()> {
    let hydra = told.root.as_map().and_then(|root| root.get_str("hydra")).cloned().unwrap_or_else(Node::null);
    let task =
        ["overrides", "task"].iter().try_fold(&hydra, |node, key| node.as_map()?.get_str(key)).cloned();
    let task = task.unwrap_or_else(|| Node::from(Vec::new()));
    let hydra = Node::from(Map::from([("hydra", hydra)]));
    folder.write(CONFIG, |file| file.write_all(told.yaml().as_bytes()))?;
    let mut yaml = String::new();
    for (name, node) in [(HYDRA, &hydra), (OVERRIDES, &task), (RESOLVED, &told.resolved)] {
        yaml.clear();
        write_yaml(node, &mut yaml);
        folder.write(name, |file| file.write_all(yaml.as_bytes()))?;
    }
    Ok(())
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
