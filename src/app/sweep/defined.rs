//! What a config says of the jobs of a sweep.

use crate::compose::{Composed, Composer};
use crate::diag::Result;
use crate::resolve::{Hydra, Scope};
use crate::value::{KeyPath, Kind, Node};

/// The config of a sweep as a whole, for reading.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) composer: &'a Composer,
    pub(super) composed: &'a Composed,
}

impl Whole<'_> {
    /// A value of the nodes that are no part of a job's config, resolved.
    pub(super) fn select(&self, key: &str) -> Result<Option<Node>> {
        let context = self.composer.context(&|_| {}).with_schema(self.composed.schema());
        Scope::new(self.composed.root(), context).select(&KeyPath::parse(key))
    }

    /// What a key or a config group is if no job changes it.
    pub(super) fn settled(&self, key: &str) -> Option<Node> {
        let choices = self.select("hydra.runtime.choices").ok()??;
        if let Some(choice) = choices.as_map().and_then(|choices| choices.get_str(key)) {
            return Some(choice.clone());
        }
        let job = self.composed.job();
        let context = self.composer.context(&|_| {}).with_schema(self.composed.schema());
        let scope = Scope::new(&job, context.with_hydra(Hydra::Of(self.composed.root())));
        scope.select(&KeyPath::parse(key)).ok()?
    }
}

/// What a config says of the jobs of a sweep; `null` where it says nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Defined {
    /// `hydra.sweeper.params`.
    pub(super) params: Node,
    /// Keys whose values go together.
    pub(super) zip: Node,
    /// Grids, one after the other.
    pub(super) grids: Node,
    /// The name of a file with a job in each row.
    pub(super) jobs: Node,
    /// Where parameters apply.
    pub(super) when: Node,
    /// What the order of a `shuffle` is drawn by.
    pub(super) seed: u64,
}

impl Defined {
    /// # Errors
    /// A value that cannot be resolved.
    pub(super) fn of(whole: Whole<'_>) -> Result<Self> {
        let get = |key: &str| -> Result<Node> {
            let found = whole.select(key)?;
            Ok(found.filter(|node| !is_nothing(node)).unwrap_or_else(Node::null))
        };
        Ok(Self {
            params: get("hydra.sweeper.params")?,
            zip: get("mainstem.sweep.zip")?,
            grids: get("mainstem.sweep.grids")?,
            jobs: get("mainstem.sweep.jobs")?,
            when: get("mainstem.sweep.when")?,
            seed: match get("mainstem.sweep.seed")?.kind {
                Kind::Int(seed) => seed.cast_unsigned(),
                _ => 0,
            },
        })
    }
}

fn is_nothing(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Missing => true,
        Kind::Map(map) => map.is_empty(),
        _ => false,
    }
}
