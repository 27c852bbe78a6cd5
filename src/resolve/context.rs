//! What resolving needs beside the tree itself.

use std::cell::Cell;
use std::fmt;

use crate::diag::{Error, Origin, SourceId};
use crate::facts::Facts;
use crate::resolve::cache::Cache;
use crate::resolve::resolver::Resolvers;
use crate::schema::Schema;
use crate::value::{KeyPath, Node};

/// Whom `${hydra:…}` asks.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Hydra<'a> {
    /// The `hydra` node of the tree that is resolved.
    #[default]
    Own,
    /// Nobody yet: the node is not finished before all is composed.
    Unfinished,
    /// Nobody: the node is left out, as is everything else that preludes bring. Notes whether an interpolation was
    /// followed, which might have led there.
    LeftOut(&'a Cell<bool>),
    /// The `hydra` node of the whole tree, from which the one that is resolved was cut out.
    Of(&'a Node),
}

/// Who gives values for a variant of an enum that nobody else wrote: they go with it when it becomes another one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Givers<'a> {
    /// The defaults of types.
    pub defaults: &'a [SourceId],
    /// The options of config groups, each with the place that it was chosen for.
    pub options: &'a [(KeyPath, SourceId)],
}

impl Givers<'_> {
    /// Whether one of them wrote what stands there, for the enum at a path.
    pub fn gave(self, path: &KeyPath, origin: Origin) -> bool {
        self.defaults.contains(&origin.source)
            || self.options.iter().any(|(place, source)| *source == origin.source && place == path)
    }
}

/// What resolving and merging need beside the tree: resolvers, their cache, the world outside, the types.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Who answers `${name:…}`.
    pub resolvers: &'a Resolvers,
    /// What they answered before.
    pub cache: &'a Cache,
    /// The world outside.
    pub facts: &'a Facts,
    /// What the root must be; [`Schema::ANY`] where nothing is typed.
    pub schema: &'a Schema,
    /// Takes warnings, such as that of `oc.deprecated`.
    pub warn: &'a dyn Fn(Error),
    /// Is told of every answer that may be another one the next time: of a resolver that is asked at every use. What
    /// was made with it must not be used again in its place.
    pub fleeting: &'a dyn Fn(),
    /// Whom `${hydra:…}` asks.
    pub hydra: Hydra<'a>,
    /// Whose values go with the variant that they are for.
    pub givers: Givers<'a>,
}

impl<'a> Context<'a> {
    /// An untyped tree whose warnings nobody reads.
    pub fn new(resolvers: &'a Resolvers, cache: &'a Cache, facts: &'a Facts) -> Self {
        Self {
            resolvers,
            cache,
            facts,
            schema: Schema::ANY,
            warn: &|_| {},
            fleeting: &|| {},
            hydra: Hydra::Own,
            givers: Givers::default(),
        }
    }

    /// The same with types.
    #[must_use]
    pub fn with_schema(self, schema: &'a Schema) -> Self {
        Self { schema, ..self }
    }

    /// The same with another one to be asked for `${hydra:…}`.
    #[must_use]
    pub fn with_hydra(self, hydra: Hydra<'a>) -> Self {
        Self { hydra, ..self }
    }

    /// The same with those whose values go with the variant that they are for.
    #[must_use]
    pub fn with_givers(self, givers: Givers<'a>) -> Self {
        Self { givers, ..self }
    }

    /// The same with someone who wants to know of answers that do not last.
    #[must_use]
    pub fn with_fleeting(self, fleeting: &'a dyn Fn()) -> Self {
        Self { fleeting, ..self }
    }

    /// The same with someone who reads warnings.
    #[must_use]
    pub fn with_warnings(self, warn: &'a dyn Fn(Error)) -> Self {
        Self { warn, ..self }
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("resolvers", self.resolvers)
            .field("facts", self.facts)
            .field("schema", self.schema)
            .finish_non_exhaustive()
    }
}
