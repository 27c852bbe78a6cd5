//! The config of one job, with the facts of its run bound into it.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use crate::app::program::help::group_paths;
use crate::app::program::snapshot::Snapshot;
use crate::compose::{Composed, Composer, Explanation, RESERVED};
use crate::diag::{Error, ErrorKind, Origin, Result, Secrets};
use crate::facts::Facts;
use crate::resolve::{Context, Hydra, Scope};
use crate::run::Told;
#[cfg(feature = "figment")]
use crate::typed::figment::ConfigProvider;
use crate::typed::{Components, Config, OpenGroup};
use crate::value::{Key, KeyPath, Kind, Map, Node, to_yaml};

/// The config of one job: composed, with the facts of the run filled into its `hydra` node. Interpolations are
/// resolved when a value is read, not before: one that nobody reads may be broken.
///
/// ```
/// use mainstem::app::{App, Bound, Configs, Sandbox};
/// use mainstem::run::Run;
/// static CONF: &[(&str, &str)] =
///     &[("config", "base: 0.5\nopt: {lr: '${base}', name: adam}\nunread: '${nowhere}'")];
/// let app = App::new("train", |config: &Bound, run: &Run| {
///     let lr: f64 = config.read("opt.lr")?;
///     let name = config.require("opt.name")?;
///     let momentum = config.select("opt.momentum")?;
///     assert_eq!((lr, name.as_str(), momentum), (0.5, Some("adam"), None));
///     // The `hydra` node says of this very run where it is.
///     let directory: std::path::PathBuf = config.read("hydra.runtime.output_dir")?;
///     assert_eq!(directory, run.dir());
///     Ok::<(), mainstem::diag::Error>(())
/// });
/// let app = app.with_configs(Configs::embedded(CONF)).with_config_name("config");
/// let trial = Sandbox::new()?.run(&app, [] as [&str; 0]);
/// assert_eq!(trial.status().code(), 0, "{}", trial.err());
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bound {
    composer: Arc<Composer>,
    composed: Arc<Composed>,
    facts: Arc<Facts>,
    root: Node,
    job: Node,
    /// The config of the job as YAML, once somebody has asked for it.
    yaml: Arc<OnceLock<String>>,
    components: Components,
    snapshot: Option<Arc<Snapshot>>,
    /// Where arguments say what cannot be: what is missing there is no mistake of its own.
    unknown: Arc<[KeyPath]>,
}

impl Bound {
    pub(crate) fn new(composer: &Arc<Composer>, composed: Composed) -> Self {
        Self {
            composer: Arc::clone(composer),
            facts: composer.shared_facts(),
            root: composed.root().clone(),
            job: composed.job(),
            yaml: Arc::default(),
            composed: Arc::new(composed),
            components: Components::new(),
            snapshot: None,
            unknown: Arc::default(),
        }
    }

    /// The same where nothing is known of some places.
    pub(crate) fn with_unknown(self, unknown: Arc<[KeyPath]>) -> Self {
        Self { unknown, ..self }
    }

    /// The config of the job as it was composed: nothing in it is resolved.
    pub fn job(&self) -> &Node {
        &self.job
    }

    /// The whole tree: the config of the job and the `hydra` node.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The value at a key, resolved; `None` if there is none. Keys of the `hydra` node begin with `hydra.`. A value
    /// that is `???` stays so.
    ///
    /// # Errors
    /// A value that cannot be resolved.
    pub fn select(&self, key: &str) -> Result<Option<Node>> {
        let path = KeyPath::parse(key);
        self.reading(is_reserved(&path), |scope| scope.select(&path))
    }

    /// As [`Bound::select`], of a value that must be there.
    ///
    /// # Errors
    /// A value that cannot be resolved, is `???`, or is not there.
    pub fn require(&self, key: &str) -> Result<Node> {
        let path = KeyPath::parse(key);
        let root = if is_reserved(&path) { &self.root } else { &self.job };
        let found = self.select(key)?.ok_or_else(|| crate::app::compose::absent(root, &path));
        let node = found.map_err(|error| self.located(error))?;
        if matches!(node.kind, Kind::Missing) {
            return Err(self.located(crate::app::compose::not_given(&path, node.origin)));
        }
        Ok(node)
    }

    /// The value at a key as a type; of the empty key, the whole config of the job. What the type does not ask for is
    /// not resolved. Components in it are built: those of the program.
    ///
    /// # Errors
    /// Every mistake in the value, each with its place; a component that cannot be built.
    pub fn read<T: Config>(&self, key: &str) -> Result<T> {
        let path = KeyPath::parse(key);
        self.reading(is_reserved(&path), |scope| self.components.read_at(scope, &path))
    }

    /// As [`Bound::read`], but nothing is built; then there is no value.
    pub(crate) fn check<T: Config>(&self, key: &str) -> Result<Option<T>> {
        let path = KeyPath::parse(key);
        let check = |open: &[OpenGroup]| {
            self.reading(is_reserved(&path), |scope| {
                self.components.check_beside(scope, &path, open, &self.unknown)
            })
        };
        match check(&[]) {
            // Listing groups takes time, which only who has to be told of them spends.
            Err(error) if error.iter().any(|one| one.kind() == ErrorKind::MissingValue) => {
                check(&open_groups(&self.composed)?)
            }
            checked => checked,
        }
    }

    /// The config of the job with everything in it resolved.
    ///
    /// # Errors
    /// The first value that cannot be resolved.
    pub fn resolve(&self) -> Result<Node> {
        self.reading(false, |scope| scope.resolve())
    }

    /// The config of the job as YAML, as Hydra writes it; nothing in it is resolved.
    pub fn to_yaml(&self) -> String {
        self.yaml.get_or_init(|| to_yaml(&self.job)).clone()
    }

    /// Who set a value, and who was overridden.
    ///
    /// # Errors
    /// A key that never was.
    pub fn explain(&self, key: &str) -> Result<Explanation> {
        self.composer.explain(&self.composed, &KeyPath::parse(key))
    }

    /// The same as what a program composes that runs from a snapshot.
    pub(crate) fn of_snapshot(self, snapshot: &Arc<Snapshot>) -> Self {
        Self { snapshot: Some(Arc::clone(snapshot)), ..self }
    }

    /// The snapshot that the program runs from.
    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// A variable of the process when it began.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.facts.env.get(name)
    }

    /// The variables that files have set, beside those of the process.
    pub(crate) fn variables_of_files(&self) -> impl Iterator<Item = (&str, &str)> {
        let env = &self.facts.env;
        env.iter().filter(|(name, _)| env.place(name).is_some())
    }

    /// The working directory of the process when it began.
    pub(crate) fn cwd(&self) -> &std::path::Path {
        &self.facts.cwd
    }

    /// The value at a key as it may be shown: a text holds `***` in place of every secret.
    pub(crate) fn select_shown(&self, key: &str) -> Result<Option<Node>> {
        let path = KeyPath::parse(key);
        let root = if is_reserved(&path) { &self.root } else { &self.job };
        let context = Context {
            facts: &self.facts,
            ..self.composer.context(&|_| {}).with_schema(self.composed.schema())
        };
        let scope = Scope::new(root, context.with_hydra(Hydra::Of(&self.root))).masked();
        let found = scope.select(&path).map_err(|error| self.located(error))?;
        Ok(found.map(|node| Node::new(node.shown().clone(), node.origin)))
    }

    /// The arguments of a process without the secrets in them.
    pub(crate) fn shown_arguments(&self, arguments: Vec<String>) -> Vec<String> {
        arguments.into_iter().map(|argument| self.composed.shown_argument(argument)).collect()
    }

    /// The texts that must not be shown, as far as they are known by now.
    pub(crate) fn secrets(&self) -> &Arc<Secrets> {
        self.composer.secrets()
    }

    /// What it was composed from.
    pub fn composed(&self) -> &Composed {
        &self.composed
    }

    /// Reads in the config of the job, or in the whole tree.
    pub(crate) fn reading<T>(&self, whole: bool, read: impl FnOnce(&Scope<'_>) -> Result<T>) -> Result<T> {
        let warnings = RefCell::new(Vec::new());
        let warn = |warning: Error| warnings.borrow_mut().push(warning);
        let context = Context {
            facts: &self.facts,
            ..self.composer.context(&warn).with_schema(self.composed.schema())
        };
        let read = if whole {
            read(&Scope::new(&self.root, context))
        } else {
            read(&Scope::new(&self.job, context.with_hydra(Hydra::Of(&self.root))))
        };
        for warning in warnings.into_inner() {
            log::warn!("{warning}");
        }
        read.map_err(|error| self.located(error))
    }

    /// The same with a fact of the run at a path of the `hydra` node.
    pub(crate) fn with_fact(mut self, path: &[&str], fact: impl Into<Node>) -> Self {
        put(&mut self.root, path, fact.into());
        self
    }

    /// The same with components to build.
    pub(crate) fn with_components(self, components: Components) -> Self {
        Self { components, ..self }
    }

    /// An error with the texts that its places point into.
    pub(crate) fn located(&self, error: Error) -> Error {
        error.located(self.composed.sources())
    }

    /// The same with what is known of the run once it has its directory.
    pub(crate) fn told(self, told: &Told) -> Self {
        Self { root: told.root.clone(), job: told.job.clone(), yaml: Arc::clone(&told.yaml), ..self }
    }

    /// The same, seen by a process that has more in its environment.
    pub(crate) fn with_environment(mut self, more: &[(String, String)]) -> Self {
        if !more.is_empty() {
            let own = self.facts.env.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let env = own.chain(more.iter().cloned()).collect();
            self.facts = Arc::new(Facts { env, ..Facts::clone(&self.facts) });
        }
        self
    }
}

/// The config of the job, resolved, in figment's default profile.
#[cfg(feature = "figment")]
impl figment::Provider for Bound {
    fn metadata(&self) -> figment::Metadata {
        let root = self.resolve().unwrap_or_else(|_| Node::null());
        ConfigProvider::new(root, self.composed.sources()).metadata()
    }

    fn data(&self) -> Result<figment::value::Map<figment::Profile, figment::value::Dict>, figment::Error> {
        let root = self.resolve().map_err(|error| figment::Error::from(error.to_string()))?;
        ConfigProvider::new(root, self.composed.sources()).data()
    }
}

/// The config groups that no defaults list chooses from.
fn open_groups(composed: &Composed) -> Result<Vec<OpenGroup>> {
    let selection = composed.selection();
    let repository = selection.repository();
    let typed = ["overrides", "task"]
        .iter()
        .try_fold(composed.hydra(), |node, key| Some(node?.as_map()?.get_str(key)));
    let typed = typed.flatten().and_then(Node::as_list).unwrap_or_default();
    let mut open = Vec::new();
    for group in group_paths(repository)? {
        let is_chosen = selection.choices().any(|(key, _)| key.split('@').next() == Some(group.as_str()));
        let options = repository.options(&group)?;
        if !is_chosen && !options.is_empty() {
            let path = group.split('/').map(Key::from).collect();
            let is_deleted = typed.iter().filter_map(Node::as_str).any(|one| {
                let key = one.strip_prefix('~').map(|rest| rest.split_once('=').map_or(rest, |(key, _)| key));
                key == Some(group.as_str())
            });
            open.push(OpenGroup { path, group: group.into(), options, is_deleted });
        }
    }
    Ok(open)
}

pub(crate) fn is_reserved(path: &KeyPath) -> bool {
    path.keys().first().and_then(Key::as_str).is_some_and(|key| RESERVED.contains(&key))
}

/// Writes a value; mappings on the way are made.
fn put(node: &mut Node, path: &[&str], value: Node) {
    let Some((first, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    if node.as_map().is_none() {
        *node = Node::from(Map::default());
    }
    if let Some(map) = node.as_map_mut() {
        put(map.get_or_insert(Key::from(*first), Origin::NONE), rest, value);
    }
}
