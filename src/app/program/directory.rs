//! The directory of one run, and the record in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::program::bound::Bound;
use crate::app::program::session::{Session, setting};
use crate::diag::{Error, ErrorKind, Result, SourceKind};
use crate::durable::{create_exclusive, write_whole};
use crate::value::{Key, Map, Node, write_yaml};

/// Makes the directory that a path of the `hydra` node names. One that the user named may be there already; any other
/// is one that no other run has.
///
/// # Errors
/// A path that cannot be resolved; a directory that cannot be made.
pub(crate) fn make(session: &Session<'_>, bound: &Bound, key: &str) -> Result<PathBuf> {
    let wanted = bound.require(key)?;
    let path = setting(bound, key)?.filter(|path| !path.is_empty()).ok_or_else(|| {
        Error::new(ErrorKind::Type, format!("`{key}` must be the path of a directory"))
            .at(wanted.origin, format!("this is {}", wanted.describe()))
            .located(bound.composed().sources())
    })?;
    let path = session.absolute(path);
    let sources = bound.composed().sources();
    let by_default =
        sources.get(wanted.origin.source).is_none_or(|source| *source.kind() == SourceKind::Embedded);
    let made = if by_default { create_exclusive(&path) } else { make_or_use(&path).map(|()| path) };
    made.map_err(|error| error.at(wanted.origin, "").located(sources))
}

/// Makes a directory, unless it is there.
pub(crate) fn make_or_use(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", path.display()))
    })
}

/// Writes down what runs: the config of the job, the `hydra` node, the overrides; nothing in them is resolved.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn describe(bound: &Bound, into: &Path) -> Result<()> {
    make_or_use(into)?;
    let hydra = bound.root().as_map().and_then(|root| root.get_str("hydra")).cloned();
    let hydra = hydra.unwrap_or_else(Node::null);
    let task = ["overrides", "task"].iter().try_fold(&hydra, |node, key| node.as_map()?.get_str(key));
    let task = task.cloned().unwrap_or_else(|| Node::from(Vec::new()));
    let mut rooted = Map::default();
    rooted.set(Key::from("hydra"), hydra);
    let hydra = Node::from(rooted);
    for (name, node) in [("config", bound.job()), ("hydra", &hydra), ("overrides", &task)] {
        write(&into.join(format!("{name}.yaml")), node)?;
    }
    Ok(())
}

/// Writes a tree as YAML.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write(path: &Path, node: &Node) -> Result<()> {
    let mut yaml = String::new();
    write_yaml(node, &mut yaml);
    write_whole(path, yaml)
}
