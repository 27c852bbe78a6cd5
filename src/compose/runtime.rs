//! What the program itself writes into the `hydra` node.

use crate::compose::base::{find, put};
use crate::compose::composer::Mode;
use crate::compose::repository::{Repository, SCHEMA};
use crate::compose::secrets::Secrecy;
use crate::compose::selection::Selection;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::facts::names_secret;
use crate::grammar::Override;
use crate::resolve::{Context, Scope};
use crate::value::{Key, KeyPath, Kind, Map, Node, Text};

/// Facts of the program, for the `hydra` node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtime {
    /// `hydra.runtime.version`.
    pub version: Text,
    /// `hydra.runtime.version_base`.
    pub version_base: Option<Text>,
    /// `hydra.job.name`, unless a config sets it.
    pub job_name: Option<Text>,
}

/// Fills in what is known only now. Does nothing if there is no `hydra` node.
///
/// The parts of the node that have a schema of their own must be mappings, as in Hydra: an interpolation cannot stand
/// for them. Where one stands for a mapping or a list inside of them it stays, and what the program would have put
/// there is left out.
pub(crate) fn fill(
    root: &mut Node,
    runtime: &Runtime,
    selection: &Selection,
    context: Context<'_>,
    mode: Mode,
    mut lines: Lines,
) -> Result<()> {
    if find(root, &["hydra"]).is_none() {
        return Ok(());
    }
    let parts: [&[&str]; 4] = [&["hydra"], &["hydra", "job"], &["hydra", "runtime"], &["hydra", "overrides"]];
    for part in parts {
        mapping(root, part)?;
    }
    if mode == Mode::Multirun {
        multirun(root, &mut lines);
    }
    choices(root, selection);
    extend(root, &["hydra", "overrides", "task"], lines.task);
    extend(root, &["hydra", "overrides", "hydra"], lines.hydra);
    let text = |text: &str| Node::from(text);
    put(root, &["hydra", "runtime", "version"], text(&runtime.version));
    let version_base = runtime.version_base.as_deref().map_or_else(Node::null, text);
    put(root, &["hydra", "runtime", "version_base"], version_base);
    put(root, &["hydra", "runtime", "cwd"], text(&context.facts.cwd.display().to_string()));
    put(root, &["hydra", "runtime", "config_sources"], config_sources(selection.repository()));
    let config_name = selection.config_name().map_or_else(Node::null, text);
    put(root, &["hydra", "job", "config_name"], config_name);
    let unnamed = find(root, &["hydra", "job", "name"]).is_none_or(|name| matches!(name.kind, Kind::Missing));
    if let Some(name) = runtime.job_name.as_deref().filter(|_| unnamed) {
        put(root, &["hydra", "job", "name"], text(name));
    }
    copy_environment(root, context)
}

/// That what stands at the path, if anything does, is a mapping.
fn mapping(root: &Node, path: &[&str]) -> Result<()> {
    match find(root, path) {
        Some(node) if node.as_map().is_none() => {
            let message = format!("the `{}` node must be a mapping", path.join("."));
            let error = Error::new(ErrorKind::Type, message);
            Err(error.at(node.origin, format!("this is {}", node.describe())))
        }
        _ => Ok(()),
    }
}

/// Whether something is computed there that the program must not overwrite.
fn is_computed(root: &Node, path: &[&str]) -> bool {
    find(root, path).is_some_and(|node| matches!(node.kind, Kind::Template(_)))
}

/// The arguments as `hydra.overrides` lists them: those of the task, and those of hydra itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) task: Vec<Node>,
    pub(crate) hydra: Vec<Node>,
}

impl Lines {
    /// As they are shown: without the secrets that overrides give.
    pub(crate) fn masked(mut self, overrides: &[Override], secrecy: Secrecy<'_>) -> Self {
        for one in overrides {
            let Some(shown) = secrecy.masked(one) else { continue };
            for line in self.task.iter_mut().chain(&mut self.hydra) {
                if line.as_str() == Some(&one.line) {
                    *line = Node::from(shown.as_str()).from_origin(line.origin);
                }
            }
        }
        self
    }
}

/// A sweep is one by an override, as in Hydra, unless the config says so itself.
fn multirun(root: &mut Node, lines: &mut Lines) {
    let path = ["hydra", "mode"];
    if find(root, &path).and_then(Node::as_str) != Some(MULTIRUN) {
        put(root, &path, Node::from(MULTIRUN));
        lines.hydra.push(Node::from(format!("hydra.mode={MULTIRUN}").as_str()));
    }
}

/// `hydra.mode` of a sweep.
const MULTIRUN: &str = "MULTIRUN";

fn choices(root: &mut Node, selection: &Selection) {
    let path = ["hydra", "runtime", "choices"];
    if is_computed(root, &path) {
        return;
    }
    let mut map = find(root, &path).and_then(Node::as_map).cloned().unwrap_or_default();
    for (key, known) in &selection.choices {
        let node = known.name.as_deref().map_or_else(Node::null, Node::from);
        map.insert(Key::from(key.as_str()), known.why, node.from_origin(known.why));
    }
    put(root, &path, Node::from(map));
}

fn extend(root: &mut Node, path: &[&str], lines: Vec<Node>) {
    if is_computed(root, path) {
        return;
    }
    let mut list = find(root, path).and_then(Node::as_list).map(<[Node]>::to_vec).unwrap_or_default();
    list.extend(lines);
    put(root, path, Node::from(list));
}

fn config_sources(repository: &Repository) -> Node {
    let source = |location: &str, provider: &str| {
        let (scheme, path) = location.split_once("://").unwrap_or(("file", location));
        let pairs = [("path", path), ("schema", scheme), ("provider", provider)];
        let slots = pairs.map(|(key, value)| {
            let slot = crate::value::Slot { origin: Origin::NONE, node: Node::from(value) };
            (Key::from(key), slot)
        });
        Node::from(slots.into_iter().collect::<Map>())
    };
    let path = repository.search_path().iter().filter(|p| p.provider != SCHEMA);
    let mut list: Vec<Node> = path.map(|p| source(&p.source().location(), &p.provider)).collect();
    // Readers of these files expect the place of the schemas last, as Hydra writes it.
    list.push(source("structured://", SCHEMA));
    Node::from(list)
}

/// `hydra.job.env_copy`: variables that the job gets as they are here.
fn copy_environment(root: &mut Node, context: Context<'_>) -> Result<()> {
    let path = ["hydra", "job", "env_copy"];
    if find(root, &path).is_none_or(|names| names.as_list().is_some_and(<[Node]>::is_empty)) {
        return Ok(());
    }
    let names = Scope::new(root, context).select(&KeyPath::parse("hydra.job.env_copy"))?;
    let names = names.as_ref().and_then(Node::as_list).unwrap_or_default();
    let computed = is_computed(root, &["hydra", "job", "env_set"]);
    let mut errors = Vec::new();
    for name in names {
        let Some(variable) = name.as_str() else { continue };
        if let Some(value) = context.facts.env.get(variable) {
            if computed {
                continue;
            }
            let mut node = Node::from(value).from_origin(name.origin);
            if names_secret(variable) || name.origin.is_secret() {
                node = node.secret();
                node.tell(context.cache.secrets());
            }
            put(root, &["hydra", "job", "env_set", variable], node);
            continue;
        }
        errors.push(
            Error::new(ErrorKind::Resolver, format!("the environment variable `{variable}` is not set"))
                .at(name.origin, "to be copied to the job")
                .help("set it, or take it out of `hydra.job.env_copy`"),
        );
    }
    Error::all(errors).map_or(Ok(()), Err)
}
