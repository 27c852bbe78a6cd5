//! Who answers `${name:arguments}`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result, did_you_mean, listed};
use crate::facts::Facts;
use crate::resolve::builtin::Builtin;
use crate::resolve::context::Hydra;
use crate::resolve::place::Spot;
use crate::resolve::scope::Scope;
use crate::value::{KeyPath, Node, Text};

/// Answers `${name:arguments}` with a value. Closures are resolvers.
pub trait Resolver: Send + Sync {
    /// The value. Interpolations in it are resolved as if it stood where the call stands.
    ///
    /// # Errors
    /// Whatever keeps it from answering; the place of the call is added.
    fn call(&self, call: &Invocation<'_>) -> Result<Node>;
}

impl<F: Fn(&Invocation<'_>) -> Result<Node> + Send + Sync> Resolver for F {
    fn call(&self, call: &Invocation<'_>) -> Result<Node> {
        self(call)
    }
}

/// One call of a resolver: its arguments and where it stands.
#[derive(Debug)]
pub struct Invocation<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) at: &'a Spot,
    pub(super) name: &'a str,
    pub(super) arguments: &'a [Node],
}

impl Invocation<'_> {
    /// The name that was called.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The arguments, with all interpolations in them resolved.
    pub fn arguments(&self) -> &[Node] {
        self.arguments
    }

    /// The argument at that position, counted from 0.
    ///
    /// # Errors
    /// There are fewer.
    pub fn argument(&self, index: usize) -> Result<&Node> {
        self.arguments.get(index).ok_or_else(|| {
            let count = self.arguments.len();
            self.error(format!("resolver `{}` needs more than {count} arguments", self.name))
        })
    }

    /// The path of the value that is being resolved.
    pub fn path(&self) -> KeyPath {
        self.scope.places.path_of(self.at)
    }

    /// Where the value that is being resolved was written.
    pub fn origin(&self) -> Origin {
        self.at.node.origin
    }

    /// The world outside.
    pub fn facts(&self) -> &Facts {
        self.scope.context.facts
    }

    /// Another value of the tree, resolved: `a.b` counts from the root, `.a` from the siblings of the call. `None`
    /// if there is none, or it is `???`.
    ///
    /// # Errors
    /// It cannot be resolved.
    pub fn select(&self, key: &str) -> Result<Option<Node>> {
        if let (Hydra::Of(whole), true) = (self.scope.context.hydra, key.starts_with("hydra.")) {
            let context = self.scope.context.with_hydra(Hydra::Own);
            return self.scope.of(whole, context).select(&KeyPath::parse(key));
        }
        match self.scope.look_up(self.at, key)? {
            Some(found) => self.scope.deep(found).map(Some),
            None => Ok(None),
        }
    }

    /// An error about this call.
    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Resolver, message).at(self.at.node.origin, "")
    }
}

#[derive(Clone)]
pub(super) enum Entry {
    Builtin(Builtin),
    Own { resolver: Arc<dyn Resolver>, cached: bool },
    Declared,
}

/// The resolvers by name: a value that is handed around, not a global table.
///
/// ```
/// use mainstem::facts::Facts;
/// use mainstem::resolve::{Cache, Context, Invocation, Resolvers, Scope};
/// use mainstem::value::{Key, KeyPath, Map, Node};
/// let resolvers = Resolvers::default().with("answer", |_: &Invocation<'_>| Ok(Node::from(42)));
/// let (cache, facts) = (Cache::default(), Facts::default());
/// let root = Node::from(Map::default());
/// let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts));
/// assert_eq!(scope.select(&KeyPath::parse("a"))?, None);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone)]
pub struct Resolvers {
    entries: BTreeMap<Text, Entry>,
    python: Option<Text>,
    yaml: Option<ReadYaml>,
}

/// Reads YAML.
type ReadYaml = fn(&str) -> Result<Node>;

impl Default for Resolvers {
    /// OmegaConf's `oc.…` and Hydra's `hydra`, `now`, `python_version`, `hydra_override_dirname`; and `secret`.
    fn default() -> Self {
        let entries = Builtin::ALL.into_iter().map(|(name, builtin)| (name.into(), Entry::Builtin(builtin)));
        Self { entries: entries.collect(), python: None, yaml: None }
    }
}

impl Resolvers {
    /// The same with one more resolver, which is asked at every use. It replaces one of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, resolver: impl Resolver + 'static) -> Self {
        self.entries.insert(name.into(), Entry::Own { resolver: Arc::new(resolver), cached: false });
        self
    }

    /// The same with one more resolver, which is asked once for each list of arguments.
    #[must_use]
    pub fn cached(mut self, name: &str, resolver: impl Resolver + 'static) -> Self {
        self.entries.insert(name.into(), Entry::Own { resolver: Arc::new(resolver), cached: true });
        self
    }

    /// The same with names that are known to be answered elsewhere, such as in a Python program: values that use
    /// them, also by way of other values, stay as they are written.
    #[must_use]
    pub fn declare<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        for name in names {
            match self.entries.get(name) {
                // Hydra has no such resolver: one of that name is another one.
                None | Some(Entry::Builtin(Builtin::Secret)) => {
                    self.entries.insert(name.into(), Entry::Declared);
                }
                Some(_) => {}
            }
        }
        self
    }

    /// The same with the answer to `${python_version:}`, such as `3.12.4`.
    #[must_use]
    pub fn python_version(mut self, version: &str) -> Self {
        self.python = Some(version.into());
        self
    }

    /// The same with a reader of YAML, for `${oc.create:'a: 1'}`.
    #[must_use]
    pub fn yaml(mut self, read: fn(&str) -> Result<Node>) -> Self {
        self.yaml = Some(read);
        self
    }

    /// Whether someone answers to the name.
    pub fn knows(&self, name: &str) -> bool {
        self.entries.get(name).is_some_and(|entry| !matches!(entry, Entry::Declared))
    }

    /// Whether the name was declared to be answered elsewhere.
    pub fn is_declared(&self, name: &str) -> bool {
        matches!(self.entries.get(name), Some(Entry::Declared))
    }

    pub(super) fn read_yaml(&self) -> Option<ReadYaml> {
        self.yaml
    }

    pub(super) fn python(&self) -> Option<&str> {
        self.python.as_deref()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The error that nobody answers to a name.
    pub(super) fn unknown(&self, name: &str) -> Error {
        if self.is_declared(name) {
            return Error::new(ErrorKind::Elsewhere, format!("resolver `{name}` is only known elsewhere"));
        }
        let error = Error::new(ErrorKind::Resolver, format!("there is no resolver `{name}`"));
        match did_you_mean(name, self.entries.keys().map(|known| known.as_str())) {
            Some(known) => error.help(format!("did you mean `{known}`?")),
            None => error.help(format!("the resolvers are {}", self.names())),
        }
    }

    fn names(&self) -> String {
        listed(&self.entries.keys().map(|name| name.as_str()).collect::<Vec<_>>())
    }
}

impl fmt::Debug for Resolvers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}
