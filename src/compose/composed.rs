//! The composed tree.

use std::sync::Arc;

use crate::compose::base::{Base, find};
use crate::compose::secrets::Secrecy;
use crate::compose::selection::Selection;
use crate::compose::slips::Slips;
use crate::compose::stale::left;
use crate::diag::{DRAWN, Error, ErrorKind, Result, SourceMap};
use crate::merge::{Assignment, assign};
use crate::resolve::{Context, Givers};
use crate::schema::Schema;
use crate::value::{Key, Node};

/// The nodes that are no part of the job's config, and the config groups of the same names.
pub const RESERVED: [&str; 2] = ["hydra", "mainstem"];

/// A composed tree: immutable, shared, not resolved. Keeps what it was made of, so that `explain` can replay it.
#[derive(Clone, Debug)]
pub struct Composed {
    pub(crate) root: Node,
    pub(crate) base: Arc<Base>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) sources: Arc<SourceMap>,
    pub(crate) warnings: Vec<Error>,
}

impl Composed {
    /// The whole tree, with the `hydra` node.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The tree without the nodes that the program itself owns ([`RESERVED`]): what the job gets.
    pub fn job(&self) -> Node {
        let mut job = self.root.clone();
        for name in RESERVED {
            // Looked at first: a shared mapping is copied when it is asked for to be changed.
            if find(&job, &[name]).is_some()
                && let Some(map) = job.as_map_mut()
            {
                map.remove(&Key::from(name));
            }
        }
        job
    }

    /// The `hydra` node.
    pub fn hydra(&self) -> Option<&Node> {
        find(&self.root, &["hydra"])
    }

    /// The configs it is made of, and the choices that led to them.
    pub fn selection(&self) -> &Arc<Selection> {
        self.base.selection()
    }

    /// What the tree must be.
    pub fn schema(&self) -> &Schema {
        self.base.schema()
    }

    /// The overrides of values, in order.
    pub fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    /// An argument of the command line as it is shown: one that gives a secret loses it (`api_key=***`), any other stays
    /// as it is. For who writes down how a program was called.
    pub fn shown_argument(&self, text: String) -> String {
        self.secrecy().argument(text)
    }

    /// Tells which places of the tree are secrets.
    pub(crate) fn secrecy(&self) -> Secrecy<'_> {
        Secrecy { root: &self.root, schema: &self.base.schema, typed: self.base.has_secrets }
    }

    /// The texts that all places in the tree point into.
    pub fn sources(&self) -> &Arc<SourceMap> {
        &self.sources
    }

    /// What is suspicious and no error.
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }
}

impl Base {
    /// Applies overrides of values, from left to right, to a copy that shares what they do not touch. In the tree of
    /// a base no key may be new, unless `+` adds it.
    ///
    /// # Errors
    /// Every assignment that cannot be applied.
    pub fn apply(&self, assignments: &[Assignment], context: Context<'_>) -> Result<Node> {
        self.apply_typed(assignments, context, &SourceMap::default())
    }

    /// As [`Base::apply`], with the texts that the assignments were read from: advice repeats a value as it was typed.
    pub(crate) fn apply_typed(
        &self,
        assignments: &[Assignment],
        context: Context<'_>,
        typed: &SourceMap,
    ) -> Result<Node> {
        let mut root = self.root.clone();
        let options = if self.schema.is_any() { Vec::new() } else { self.selection.option_places() };
        let givers = Givers { options: &options, ..context.givers };
        let context = context.with_schema(&self.schema).with_givers(givers);
        let mut errors = Vec::new();
        for assignment in assignments {
            if let Err(error) = assign(&mut root, assignment, context, &mut ()) {
                let slips = Slips { root: &root, selection: &self.selection, typed, before: errors.len() };
                // What is not drawn needs no advice, and advice is looked for in the whole tree.
                let is_drawn = errors.len() < DRAWN;
                errors.push(if is_drawn { slips.explain(error, assignment, context) } else { error });
            }
        }
        if errors.is_empty() {
            errors.extend(left(self, &root, assignments));
        }
        let aliases = |root| find(root, &["hydra", "aliases"]);
        if !assignments.is_empty() && aliases(&root) != aliases(&self.root) {
            let culprit = assignments.iter().find(|a| a.path.keys().first() == Some(&Key::from("hydra")));
            let error =
                Error::new(ErrorKind::Override, "`hydra.aliases` can only be set in the primary config");
            errors.push(match culprit {
                Some(assignment) => error.at(assignment.origin, "an override cannot change them"),
                None => error,
            });
        }
        Error::all(errors).map_or(Ok(root), Err)
    }
}
