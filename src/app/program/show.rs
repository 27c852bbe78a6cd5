//! `--cfg` and `--explain`: the config, and where it comes from.

use crate::app::args::Format;
use crate::app::compose::{absent, not_given};
use crate::app::explain;
use crate::app::output::Output;
use crate::app::program::bound::is_reserved;
use crate::app::program::flags::Shown;
use crate::app::program::session::Session;
use crate::compose::Mode;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::resolve::Scope;
use crate::value::{Key, KeyPath, Kind, Map, Node, write_str, write_yaml};

/// Prints the config as Hydra does: of a part of it, a line says of which; a value that is no container is printed
/// bare.
///
/// # Errors
/// What cannot be composed or resolved; a key that is not there.
pub(crate) fn config(session: &Session<'_>, shown: Shown) -> Result<Output> {
    let bound = session.bound(&session.arguments(&[])?, Mode::Run)?;
    let whole = shown != Shown::Job;
    let package = session.flags.package.as_deref().filter(|package| *package != "_global_");
    let path =
        package.map_or(KeyPath::ROOT, |package| KeyPath::parse(package.strip_prefix('.').unwrap_or(package)));
    let node = bound.reading(whole, |scope| match session.flags.resolve {
        true => resolved(scope, &path),
        false => scope.select_shallow(&path),
    })?;
    let (root, node) = match shown {
        Shown::Hydra if path.is_empty() => (Node::null(), node.map(|root| hydra(&root))),
        Shown::Hydra => (hydra(bound.root()), node.filter(|_| is_reserved(&path))),
        Shown::Job => (bound.job().clone(), node),
        Shown::All => (bound.root().clone(), node),
    };
    if let (Some(package), Some(empty)) = (package, &node)
        && matches!(empty.kind, Kind::Null | Kind::Missing)
    {
        // As in Hydra, it is an error to ask for what is not there.
        return Err(nothing(package, empty).located(bound.composed().sources()));
    }
    let node = node.ok_or_else(|| absent(&root, &path).located(bound.composed().sources()))?;
    let mut out = String::new();
    match package {
        Some(package) if node.is_container() => {
            out = format!("# @package {package}\n");
            write_yaml(&node, &mut out);
        }
        Some(_) => {
            write_str(&Node::new(node.shown().clone(), node.origin), &mut out);
            out.push('\n');
        }
        None => write_yaml(&node, &mut out),
    }
    Ok(Output::success(out).warn(bound.composed().warnings(), session.console.err))
}

/// The error that a key has no value that could be printed.
fn nothing(package: &str, node: &Node) -> Error {
    match node.kind {
        Kind::Missing => not_given(&KeyPath::parse(package), node.origin),
        _ => Error::new(ErrorKind::MissingValue, format!("`{package}` is null: it has no value to print"))
            .at(node.origin, ""),
    }
}

/// The value at a path with everything in it resolved. What refers to `???` is that too: it is still to be given.
fn resolved(scope: &Scope<'_>, path: &KeyPath) -> Result<Option<Node>> {
    let error = match scope.select(path) {
        Err(error) if error.kind() == ErrorKind::MissingValue => error,
        found => return found,
    };
    let Ok(Some(mut node)) = scope.select_shallow(path) else {
        let origin = error.labels().first().map_or(Origin::NONE, |label| label.origin);
        return Ok(Some(Node::new(Kind::Missing, origin)));
    };
    let inside = |key: Key| Ok(resolved(scope, &path.child(key))?.unwrap_or_else(Node::null));
    if let Some(items) = node.as_list() {
        let indices = (0..items.len()).map(|index| Key::Int(i64::try_from(index).unwrap_or(i64::MAX)));
        let items = indices.map(inside).collect::<Result<Vec<_>>>()?;
        return Ok(Some(Node::from(items).from_origin(node.origin)));
    }
    let keys: Vec<Key> = node.as_map().into_iter().flatten().map(|(key, _)| key.clone()).collect();
    for key in keys {
        let value = inside(key.clone())?;
        if let Some(map) = node.as_map_mut() {
            map.set(key, value);
        }
    }
    Ok(Some(node))
}

/// The `hydra` node alone, without its help texts.
fn hydra(root: &Node) -> Node {
    let mut hydra = root.as_map().and_then(|root| root.get_str("hydra")).cloned().unwrap_or_else(Node::null);
    if let Some(map) = hydra.as_map_mut() {
        map.remove(&Key::from("help"));
        map.remove(&Key::from("hydra_help"));
    }
    let mut rooted = Map::default();
    rooted.set(Key::from("hydra"), hydra);
    Node::from(rooted)
}

/// Explains keys, for people.
///
/// # Errors
/// What cannot be composed; a key that never was.
pub(crate) fn explain(session: &Session<'_>, keys: &[String]) -> Result<Output> {
    let composed = session.compose(&session.arguments(&[])?, Mode::Run)?;
    let styles = (session.console.out, session.console.err);
    let (output, error) = explain::keys_of(&session.composer, &composed, keys, Format::Text, styles)?;
    Ok(match error {
        Some(error) => output.and_failure(&error, styles.1),
        None => output,
    })
}
