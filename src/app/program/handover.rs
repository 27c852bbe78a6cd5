//! What a Hydra program is told of its run, as a config of its own: the job's config, and the part of the `hydra` node
//! that is about the program. Without it the program would log as Hydra does by default, know neither its number nor
//! its choices, and read other values behind `${hydra:…}` than the record says.

use crate::app::program::bound::Bound;
use crate::app::program::words::word_of;
use crate::diag::{Origin, Result, SourceKind};
use crate::grammar::{Quote, quoted};
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
const AS_IT_IS: [&str; 3] = ["job.name", "job.num", "job.id"];

/// The same in a sweep.
const OF_SWEEP: [&str; 2] = ["sweep.dir", "sweep.subdir"];

/// What only the module in Python can say as it was composed: the command line needs other values, or Hydra sets its own.
const SAID_AS_COMPOSED: [&str; 7] =
    ["overrides.hydra", "runtime.choices", "searchpath", "launcher", "sweeper", "sweep.dir", "sweep.subdir"];

/// The same as it is in this run.
const SAID_AS_IT_IS: [&str; 5] =
    ["mode", "run.dir", "output_subdir", "job.config_name", "job.override_dirname"];

/// Of these, what is so too where the program composes its config itself.
const SAID_OF_ALL: [&str; 3] = ["overrides.hydra", "mode", "run.dir"];

/// That config as YAML.
///
/// # Errors
/// A value that cannot be resolved.
pub(super) fn yaml(bound: &Bound) -> Result<String> {
    let mut hydra = Map::default();
    for key in AS_COMPOSED {
        if let Some(node) = composed(bound, key) {
            put(&mut hydra, key, node.clone());
        }
    }
    let of_sweep = is_of_sweep(bound)?;
    for key in AS_IT_IS.into_iter().chain(OF_SWEEP.into_iter().filter(|_| of_sweep)) {
        if let Some(node) = as_it_is(bound, key)? {
            put(&mut hydra, key, node);
        }
    }
    if let Some(node) = chdir(bound)? {
        put(&mut hydra, CHDIR, node);
    }
    let mut text = DEFAULTS.to_owned();
    write_yaml(&Node::from(Map::from([("hydra", Node::from(hydra))])), &mut text);
    Ok(text)
}

/// What the module in Python tells the program, as YAML: values by their keys in the node `hydra`. `named` says that the config is
/// ours, and not the program's own.
///
/// # Errors
/// A value that cannot be resolved.
pub(super) fn told(bound: &Bound, named: bool) -> Result<String> {
    let is_said = |key: &&str| named || SAID_OF_ALL.contains(key);
    let of_sweep = is_of_sweep(bound)?;
    let mut told = Map::default();
    for key in
        SAID_AS_COMPOSED.into_iter().filter(is_said).filter(|key| !(of_sweep && OF_SWEEP.contains(key)))
    {
        if let Some(node) = composed(bound, key) {
            told.set(Key::from(key), node.clone());
        }
    }
    for key in SAID_AS_IT_IS.into_iter().filter(is_said) {
        if let Some(node) = as_it_is(bound, key)? {
            told.set(Key::from(key), node);
        }
    }
    let mut text = String::new();
    write_yaml(&Node::from(told), &mut text);
    Ok(text)
}

/// A value of the node `hydra` as it was composed.
fn composed<'b>(bound: &'b Bound, key: &str) -> Option<&'b Node> {
    let hydra = bound.root().as_map()?.get_str("hydra")?;
    key.split('.').try_fold(hydra, |node, key| node.as_map()?.get_str(key))
}

/// A value of the node `hydra`, resolved; `None` if it is missing.
fn as_it_is(bound: &Bound, key: &str) -> Result<Option<Node>> {
    let node = bound.select_shown(&format!("hydra.{key}"))?;
    Ok(node.filter(|node| !matches!(node.kind, Kind::Missing)))
}

fn is_of_sweep(bound: &Bound) -> Result<bool> {
    Ok(bound.select("hydra.mode")?.is_some_and(|mode| mode.as_str() == Some("MULTIRUN")))
}

/// Whether the program changes its directory.
const CHDIR: &str = "job.chdir";

/// What somebody has said of it. Where nobody has, the program's own Hydra decides: under 1.3 the programs of old do.
fn chdir(bound: &Bound) -> Result<Option<Node>> {
    let origin = composed(bound, CHDIR).map_or(Origin::NONE, |node| node.origin);
    let source = bound.composed().sources().get(origin.source);
    if source.is_some_and(|source| *source.kind() == SourceKind::Embedded) {
        return Ok(None);
    }
    Ok(as_it_is(bound, CHDIR)?.filter(|node| !matches!(node.kind, Kind::Null)))
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

/// The overrides of Hydra's own settings that are the program's to follow, where it composes its config itself: those that
/// were typed, and its place in a sweep.
///
/// # Errors
/// A value that cannot be resolved.
pub(super) fn settings(bound: &Bound) -> Result<Vec<String>> {
    const THEIRS: [&str; 5] = ["job", "job_logging", "hydra_logging", "verbose", "callbacks"];
    const PLACE: [&str; 4] = ["job.num", "job.id", "sweep.dir", "sweep.subdir"];
    let given = bound.select("hydra.overrides.hydra")?;
    let lines = given.as_ref().and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_str);
    let is_theirs = |line: &&str| {
        let key = line.trim_start_matches(['+', '~']);
        let key = key.strip_prefix("hydra.").or_else(|| key.strip_prefix("hydra/")).unwrap_or_default();
        THEIRS.contains(&key.split(['.', '=', '@']).next().unwrap_or_default())
    };
    let mut settings: Vec<String> = lines.filter(is_theirs).map(str::to_owned).collect();
    if is_of_sweep(bound)? {
        for key in PLACE {
            let Some(node) = as_it_is(bound, key)? else { continue };
            let value = match node.as_str() {
                Some(text) => quoted(text, Quote::Single),
                None => word_of(&node),
            };
            settings.push(format!("hydra.{key}={value}"));
        }
    }
    Ok(settings)
}
