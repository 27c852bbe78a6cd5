//! What a Hydra program is told of its run, as a config of its own: the job's config, and the part of the `hydra` node
//! that is about the program. Without it the program would log as Hydra does by default, know neither its number nor
//! its choices, and read other values behind `${hydra:…}` than the record says.

use crate::app::program::bound::Bound;
use crate::diag::Result;
use crate::value::{Key, Kind, Map, Node, write_yaml};

/// The name of that config, beside the job's in the record.
pub(super) const NAME: &str = "program";

/// Hydra would merge our logging into its own: its own is put aside first.
const DEFAULTS: &str = "\
defaults:
- config
- _self_
- override hydra/hydra_logging: null
- override hydra/job_logging: null
";

/// What the program takes as it was composed.
const AS_COMPOSED: [&str; 8] = [
    "overrides.task",
    "overrides.hydra",
    "runtime.choices",
    "job.config",
    "verbose",
    "callbacks",
    "hydra_logging",
    "job_logging",
];

/// What the program is told as it is in this run: its own moment and directory may be others.
const AS_IT_IS: [&str; 4] = ["job.name", "job.num", "job.id", "job.chdir"];

/// The same in a sweep.
const OF_SWEEP: [&str; 2] = ["sweep.dir", "sweep.subdir"];

/// That config as YAML.
///
/// # Errors
/// A value that cannot be resolved.
pub(super) fn yaml(bound: &Bound) -> Result<String> {
    let root = Node::from(Map::default());
    let root = bound.root().as_map().and_then(|root| root.get_str("hydra")).unwrap_or(&root);
    let mut hydra = Map::default();
    for key in AS_COMPOSED {
        if let Some(node) = key.split('.').try_fold(root, |node, key| node.as_map()?.get_str(key)) {
            put(&mut hydra, key, node.clone());
        }
    }
    let of_sweep = bound.select("hydra.mode")?.is_some_and(|mode| mode.as_str() == Some("MULTIRUN"));
    for key in AS_IT_IS.into_iter().chain(OF_SWEEP.into_iter().filter(|_| of_sweep)) {
        let node = bound.select_shown(&format!("hydra.{key}"))?;
        if let Some(node) = node.filter(|node| !matches!(node.kind, Kind::Missing)) {
            put(&mut hydra, key, node);
        }
    }
    let mut text = DEFAULTS.to_owned();
    write_yaml(&Node::from(Map::from([("hydra", Node::from(hydra))])), &mut text);
    Ok(text)
}

/// Puts a value at a key of one or two words.
fn put(map: &mut Map, key: &str, node: Node) {
    match key.split_once('.') {
        None => drop(map.set(Key::from(key), node)),
        Some((first, rest)) => {
            let mut inner = map.get_str(first).and_then(Node::as_map).cloned().unwrap_or_default();
            inner.set(Key::from(rest), node);
            map.set(Key::from(first), Node::from(inner));
        }
    }
}

/// The overrides of Hydra's own settings that are the program's to follow, where it composes its config itself.
pub(super) fn settings(bound: &Bound) -> Result<Vec<String>> {
    const THEIRS: [&str; 5] = ["job", "job_logging", "hydra_logging", "verbose", "callbacks"];
    let given = bound.select("hydra.overrides.hydra")?;
    let lines = given.as_ref().and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_str);
    let is_theirs = |line: &&str| {
        let key = line.trim_start_matches(['+', '~']);
        let key = key.strip_prefix("hydra.").or_else(|| key.strip_prefix("hydra/")).unwrap_or_default();
        THEIRS.contains(&key.split(['.', '=', '@']).next().unwrap_or_default())
    };
    Ok(lines.filter(is_theirs).map(str::to_owned).collect())
}
