//! The tree of a selection, before any value is overridden: shared by all jobs that select the same configs.

use std::sync::Arc;

use crate::compose::selection::{Included, Selection};
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::merge::merge;
use crate::resolve::Context;
use crate::schema::Schema;
use crate::value::{Key, KeyPath, Kind, Map, Node};

/// All configs of a selection, merged. Immutable and shared; [`Base::apply`] works on a copy-on-write clone.
#[derive(Debug)]
pub struct Base {
    pub(crate) root: Node,
    pub(crate) selection: Arc<Selection>,
    pub(crate) schema: Schema,
}

impl Base {
    /// The tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// What the tree must be: the schemas of all its configs.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The configs it is made of.
    pub fn selection(&self) -> &Arc<Selection> {
        &self.selection
    }

    /// Merges the configs of a selection. The preludes are taken from `prefix` if it has them, and left there.
    pub(crate) fn merge(
        selection: &Arc<Selection>,
        context: Context<'_>,
        prefix: &mut Option<Prefix>,
    ) -> Result<Self> {
        let included = selection.included();
        let count = included.iter().take_while(|included| included.prelude).count();
        let (preludes, own) = included.split_at(count);
        let mut errors = Vec::new();
        let start = match prefix {
            Some(known) if known.included == preludes => known.grown.clone(),
            _ => {
                let start = Grown { root: Node::from(Map::default()), schema: context.schema.clone() };
                let grown = start.merge_all(preludes, context, &mut errors);
                *prefix = Some(Prefix { included: preludes.to_vec(), grown: grown.clone() });
                grown
            }
        };
        let Grown { root, schema } = start.merge_all(own, context, &mut errors);
        match Error::all(errors) {
            Some(error) => {
                *prefix = None;
                Err(error)
            }
            None => Ok(Self { root, selection: Arc::clone(selection), schema }),
        }
    }
}

/// The preludes, merged: nearly always the same.
#[derive(Debug)]
pub(crate) struct Prefix {
    included: Vec<Included>,
    grown: Grown,
}

/// A tree in the making, with what it must be so far.
#[derive(Clone, Debug)]
struct Grown {
    root: Node,
    schema: Schema,
}

impl Grown {
    fn merge_all(mut self, all: &[Included], context: Context<'_>, errors: &mut Vec<Error>) -> Self {
        for included in all {
            errors.extend(restricted(included));
            if let Err(error) = step(&mut self.root, &mut self.schema, included, context) {
                errors.push(error.at(included.why, format!("`{}` is included here", included.config_path)));
            }
        }
        self
    }
}

/// Merges one config into the tree. From then on the tree must be what the config's schema says.
pub(crate) fn step(
    root: &mut Node,
    schema: &mut Schema,
    included: &Included,
    context: Context<'_>,
) -> Result<()> {
    let package = KeyPath::parse(&included.package);
    let body = &included.document.root;
    if package.is_empty() && body.as_map().is_none() {
        return Err(Error::new(
            ErrorKind::Merge,
            format!("`{}` is a list and cannot be the root", included.config_path),
        )
        .at(body.origin, "expected a mapping")
        .help("put the list below a key, or give the config a package"));
    }
    merge(root, &package, body, context.with_schema(schema), &mut ())?;
    if let Some(ty) = &included.document.schema {
        schema.place(&package, ty.clone());
    }
    Ok(())
}

/// The value at a path below a node, without resolving anything.
pub(crate) fn find<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| node.as_map()?.get_str(key))
}

/// Keys of the `hydra` node that only the primary config may set.
fn restricted(included: &Included) -> Vec<Error> {
    if included.primary || included.prelude {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for key in ["searchpath", "aliases"] {
        let path = match included.package.as_str() {
            "" => vec!["hydra", key],
            "hydra" => vec![key],
            _ => continue,
        };
        let set = find(&included.document.root, &path);
        if let Some(node) = set.filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing)) {
            errors.push(
                Error::new(
                    ErrorKind::Defaults,
                    format!("`hydra.{key}` can only be set in the primary config"),
                )
                .at(node.origin, "set here")
                .at(included.why, "included here")
                .help("move it to the primary config"),
            );
        }
    }
    errors
}

/// Sets a value that the program itself provides; mappings on the way are made.
pub(crate) fn put(root: &mut Node, path: &[&str], value: Node) {
    let mut at = root;
    let Some((last, above)) = path.split_last() else { return };
    for key in above {
        if at.as_map().is_none() {
            *at = Node::from(Map::default());
        }
        let Some(map) = at.as_map_mut() else { return };
        at = map.get_or_insert(Key::from(*key), Origin::NONE);
    }
    if at.as_map().is_none() {
        *at = Node::from(Map::default());
    }
    if let Some(map) = at.as_map_mut() {
        map.set(Key::from(*last), value);
    }
}
