//! The directory of one run, laid out as Hydra lays it out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mainstem::compose::{Composed, Composer};
use mainstem::durable::{create_exclusive, write_whole};
use mainstem::resolve::Scope;
use mainstem::value::{Key, KeyPath, Map, Node, write_yaml};

/// A directory that no other run has.
#[derive(Debug)]
pub struct RunDir(PathBuf);

impl RunDir {
    /// Makes the directory that `hydra.run.dir` names, or the next free one beside it, and writes down in it what the
    /// run was told: the config of the job as it was composed, the arguments, and the `hydra` node.
    pub fn create(composer: &Composer, composed: &Composed) -> Result<Self> {
        let scope = Scope::new(composed.root(), composer.context(&|_| {}));
        let value =
            |path: &str| scope.select(&KeyPath::parse(path)).map_err(|e| e.located(composed.sources()));
        let wanted = value("hydra.run.dir")?.unwrap_or_else(Node::null);
        let path = wanted.as_str().filter(|path| !path.is_empty());
        let path = path.context("`hydra.run.dir` must be the path of a directory")?;
        let directory = create_exclusive(&composer.facts().cwd.join(path))
            .map_err(|error| error.at(wanted.origin, "").located(composed.sources()))?;
        if let Some(subdirectory) = value("hydra.output_subdir")?.as_ref().and_then(Node::as_str) {
            describe(&directory, &directory.join(subdirectory), composed)?;
        }
        Ok(Self(directory))
    }

    /// Where it is: an absolute path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in it: whole, or not at all.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        Ok(write_whole(&self.0.join(name), bytes)?)
    }
}

/// Nothing is resolved in these files, so that a later run can be composed from them.
fn describe(directory: &Path, into: &Path, composed: &Composed) -> Result<()> {
    let mut root = composed.root().clone();
    let output_dir = Node::from(directory.display().to_string().as_str());
    if let Some(hydra) = root.as_map_mut().and_then(|root| child(root, "hydra")) {
        // Left open in the configs, and known now.
        hydra.set(Key::from("mode"), Node::from("RUN"));
        if let Some(runtime) = child(hydra, "runtime") {
            runtime.set(Key::from("output_dir"), output_dir);
        }
    }
    let hydra = root.as_map().and_then(|root| root.get_str("hydra")).cloned().unwrap_or_else(Node::null);
    let task = ["overrides", "task"].iter().try_fold(&hydra, |node, key| node.as_map()?.get_str(key));
    let task = task.cloned().unwrap_or_else(|| Node::from(Vec::new()));
    let mut rooted = Map::default();
    rooted.set(Key::from("hydra"), hydra);
    let hydra = Node::from(rooted);
    fs::create_dir_all(into).with_context(|| format!("cannot make the directory `{}`", into.display()))?;
    for (name, node) in [("config", &composed.job()), ("hydra", &hydra), ("overrides", &task)] {
        let mut yaml = String::new();
        write_yaml(node, &mut yaml);
        write_whole(&into.join(format!("{name}.yaml")), yaml)?;
    }
    Ok(())
}

/// The mapping under a key, to be changed.
fn child<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Map> {
    map.get_mut(&Key::from(key))?.as_map_mut()
}
