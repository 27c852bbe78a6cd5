//! From arguments to a tree: what every front door of the program uses.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::compose::base::{Base, Lasting, Merged, parted};
use crate::compose::complaints;
use crate::compose::composed::RESERVED;
use crate::compose::expand::{Start, expand};
use crate::compose::frozen::Frozen;
use crate::compose::repository::{Provided, Repository, SCHEMA};
use crate::compose::request::Requests;
use crate::compose::runtime::Runtime;
use crate::compose::search_path::{self, Packages};
use crate::compose::selection::{Included, Selection};
use crate::compose::store::Store;
use crate::diag::{Error, ErrorKind, Origin, Result, Secrets, SourceId, SourceMap};
use crate::facts::Facts;
use crate::resolve::{Cache, Context, Givers, Hydra, Resolvers, Scope};
use crate::schema::Schema;
use crate::value::{HashMap, KeyPath, Kind, Node, Text};

/// How a composition treats what is left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One run: a choice that is `???` and a sweep are errors.
    #[default]
    Run,
    /// The configuration of a sweep as a whole: choices that are `???` are left out, sweeps are left to the jobs.
    Multirun,
}

/// Whether there are arguments beside those that are known, which may choose configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// There are none.
    None,
    /// There may be: what meets nothing now may meet what they bring in.
    May,
}

/// What is to be selected.
pub(crate) struct Asked<'a> {
    pub(crate) config_name: Option<&'a str>,
    pub(crate) mode: Mode,
    pub(crate) others: Others,
    /// What `hydra.searchpath` adds.
    pub(crate) searchpath: Vec<Text>,
    pub(crate) preludes: Preludes,
}

/// Composes configs of a repository. Immutable and cheap to share between threads: what was read, selected or merged
/// once is kept, so that the jobs of a sweep share it.
pub struct Composer {
    pub(crate) repository: Arc<Repository>,
    pub(crate) preludes: Vec<Text>,
    pub(crate) packages: Option<Arc<dyn Packages>>,
    pub(crate) resolvers: Resolvers,
    pub(crate) cache: Cache,
    pub(crate) facts: Arc<Facts>,
    pub(crate) schema: Schema,
    /// Whether a field of the schema is a secret.
    pub(crate) has_secrets: bool,
    /// The defaults of the schema.
    pub(crate) own: Option<Arc<Included>>,
    /// Whether an override may set what no config has.
    pub(crate) is_open: bool,
    /// Where they were written.
    defaults: Vec<SourceId>,
    pub(crate) runtime: Option<Runtime>,
    repositories: RwLock<HashMap<Vec<Text>, Arc<Repository>>>,
    selections: Mutex<Recent<SelectionKey, Arc<Selection>>>,
    bases: Mutex<Recent<BaseKey, Arc<Base>>>,
    prefix: Mutex<Option<Prefix>>,
}

/// Preludes, and the tree that they make.
#[derive(Clone)]
struct Prefix {
    included: Arc<[Included]>,
    merged: Arc<Merged>,
}

/// What is kept is whole, whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composer").field("repository", &self.repository).finish_non_exhaustive()
    }
}

/// Everything that a selection depends on, places included.
#[derive(PartialEq)]
struct SelectionKey {
    config_name: Option<Text>,
    mode: Mode,
    requests: Requests,
    searchpath: Vec<Text>,
    preludes: Preludes,
}

/// Whether the preludes are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preludes {
    /// Before the primary config.
    Merged,
    /// They are left out.
    LeftOut,
}

/// Everything that a base depends on.
struct BaseKey(Arc<Selection>);

impl PartialEq for BaseKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.same(&other.0)
    }
}

/// The last few things made, newest last.
struct Recent<K, V>(Vec<(K, V)>);

/// So many selections and bases are kept.
const KEPT: usize = 16;

impl<K: PartialEq, V: Clone> Recent<K, V> {
    fn get(&mut self, key: &K) -> Option<V> {
        let at = self.0.iter().rposition(|(k, _)| k == key)?;
        let found = self.0.remove(at);
        let value = found.1.clone();
        self.0.push(found);
        Some(value)
    }

    fn keep(&mut self, key: K, value: V) {
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        self.0.push((key, value));
    }
}

impl Composer {
    /// Composes from a repository, in a world.
    pub fn new(repository: Repository, facts: Facts) -> Self {
        let cache = Cache::telling(Arc::clone(repository.sources().secrets()));
        Self {
            repository: Arc::new(repository),
            preludes: Vec::new(),
            packages: None,
            resolvers: Resolvers::default(),
            cache,
            facts: Arc::new(facts),
            schema: Schema::ANY.clone(),
            has_secrets: false,
            own: None,
            is_open: false,
            defaults: Vec::new(),
            runtime: None,
            repositories: RwLock::default(),
            selections: Mutex::new(Recent(Vec::new())),
            bases: Mutex::new(Recent(Vec::new())),
            prefix: Mutex::new(None),
        }
    }

    /// With configs that are merged before the primary config, such as `hydra/config`.
    #[must_use]
    pub fn with_preludes(mut self, preludes: impl IntoIterator<Item = Text>) -> Self {
        self.preludes = preludes.into_iter().collect();
        self
    }

    /// With someone who knows where the folders of `pkg://` places are.
    #[must_use]
    pub fn with_packages(mut self, packages: impl Packages + 'static) -> Self {
        self.packages = Some(Arc::new(packages));
        self
    }

    /// With resolvers of the user's own.
    #[must_use]
    pub fn with_resolvers(mut self, resolvers: Resolvers) -> Self {
        self.resolvers = resolvers;
        self
    }

    /// With types for the tree, or for parts of it, whose defaults are merged before any config but the preludes. What the program itself owns, such as the `hydra` node, has its
    /// own types, whatever the schema says.
    #[must_use]
    pub fn with_schema(mut self, mut schema: Schema) -> Self {
        if !schema.is_any() {
            let own = Included::defaults_of(&schema, &self.repository);
            self.defaults = sources_in(&own.document.root);
            self.own = Some(Arc::new(own));
            for node in RESERVED {
                schema.place(&KeyPath::parse(node), Schema::ANY.clone());
            }
        }
        self.has_secrets = schema.has_secrets();
        self.schema = schema;
        self
    }

    /// With overrides that set what no config has: `a=1` adds `a`, too. For a tree that is made of overrides alone; the
    /// nodes [`RESERVED`] stay as closed as ever.
    ///
    /// ```
    /// use mainstem::compose::{Composer, Mode, Repository};
    /// use mainstem::facts::Facts;
    /// use mainstem::value::Node;
    /// let composer = Composer::new(Repository::new(Vec::new()), Facts::default()).open();
    /// let arguments = composer.arguments(None, &["lr=0.1"])?;
    /// let composed = composer.compose(None, &arguments, Mode::Run)?;
    /// assert_eq!(composed.root().as_map().and_then(|root| root.get_str("lr")), Some(&Node::from(0.1)));
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    #[must_use]
    pub fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// With configs that stand behind all others, as those that Hydra registers in code do.
    #[must_use]
    pub fn with_store(mut self, store: Store) -> Self {
        let store = Provided::new(SCHEMA, store);
        self.repository = Arc::new(self.repository.extended(vec![store]));
        self
    }

    /// With config files as they were. To be said before the schema.
    #[must_use]
    pub fn with_frozen(mut self, frozen: Arc<Frozen>) -> Self {
        self.repository = Arc::new(self.repository.frozen(frozen));
        self
    }

    /// With facts that are written into the `hydra` node of every composition.
    #[must_use]
    pub fn with_runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The repository without what `hydra.searchpath` adds.
    pub fn repository(&self) -> &Arc<Repository> {
        &self.repository
    }

    /// The world.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The world, to be kept.
    #[cfg(feature = "app")]
    pub(crate) fn shared_facts(&self) -> Arc<Facts> {
        Arc::clone(&self.facts)
    }

    /// The texts that must not be shown, as far as they are known by now.
    pub fn secrets(&self) -> &Arc<Secrets> {
        self.cache.secrets()
    }

    /// What resolving in a composed tree needs.
    pub fn context<'a>(&'a self, warn: &'a dyn Fn(Error)) -> Context<'a> {
        Context::new(&self.resolvers, &self.cache, &self.facts)
            .with_schema(&self.schema)
            .with_warnings(warn)
            .with_givers(Givers { defaults: &self.defaults, options: &[] })
    }

    /// What merging needs: as [`Composer::context`], but the `hydra` node is not finished.
    pub(crate) fn merging<'a>(&'a self, warn: &'a dyn Fn(Error)) -> Context<'a> {
        self.context(warn).with_hydra(Hydra::Unfinished)
    }

    /// The repository for a composition: with what `hydra.searchpath` adds.
    pub(crate) fn repository_for(
        &self,
        config_name: Option<&str>,
        argument: Option<&Node>,
        warn: &mut dyn FnMut(Error),
    ) -> Result<(Arc<Repository>, Vec<Text>)> {
        if let Some(error) = config_name.and_then(|name| complaints::astray(&self.repository, name)) {
            return Err(error);
        }
        let (searchpath, provider) = match argument {
            Some(node) => (Some(node.clone()), "hydra.searchpath in command-line"),
            None => (self.own_searchpath(config_name)?, "hydra.searchpath in main"),
        };
        let Some(searchpath) = searchpath.filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing))
        else {
            return Ok((Arc::clone(&self.repository), Vec::new()));
        };
        let more = search_path::open(&searchpath, provider, &self.facts.cwd, self.packages.as_ref(), warn)?;
        let mut key: Vec<Text> = vec![provider.into()];
        key.extend(more.iter().map(|p| Text::from(p.source().location())));
        let known = self.repositories.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok((known, key));
        }
        let extended = Arc::new(self.repository.extended(more));
        let mut repositories = self.repositories.write().unwrap_or_else(PoisonError::into_inner);
        Ok((Arc::clone(repositories.entry(key.clone()).or_insert(extended)), key))
    }

    /// `hydra.searchpath` of the primary config, resolved in that config alone.
    fn own_searchpath(&self, config_name: Option<&str>) -> Result<Option<Node>> {
        let Some(name) = config_name else { return Ok(None) };
        let Some(document) = self.repository.load(name)? else { return Ok(None) };
        if document.root.as_map().is_none() {
            return Err(Error::new(
                ErrorKind::Type,
                format!("the primary config `{name}` must be a mapping"),
            )
            .at(document.root.origin, format!("this is {}", document.root.describe())));
        }
        let Some(hydra) = document.root.as_map().and_then(|map| map.get_str("hydra")) else {
            return Ok(None);
        };
        let set = match &hydra.kind {
            Kind::Map(map) => map.get_str("searchpath").is_some(),
            Kind::Template(_) => true,
            _ => false,
        };
        if !set {
            return Ok(None);
        }
        let scope = Scope::new(&document.root, Context::new(&self.resolvers, &self.cache, &self.facts));
        scope.select(&KeyPath::parse("hydra.searchpath"))
    }

    /// Expands the defaults lists.
    pub(crate) fn expand(
        &self,
        repository: &Arc<Repository>,
        asked: Asked<'_>,
        mut requests: Requests,
        errors: &mut Vec<Error>,
    ) -> Option<Arc<Selection>> {
        let Asked { config_name, mode, others, searchpath, preludes } = asked;
        let key = SelectionKey {
            config_name: config_name.map(Text::from),
            mode,
            requests: requests.clone(),
            searchpath,
            preludes,
        };
        if let Some(known) = lock(&self.selections).get(&key) {
            return Some(known);
        }
        let start = Start {
            preludes: if preludes == Preludes::Merged { &self.preludes } else { &[] },
            primary: config_name,
            primary_origin: Origin::NONE,
            skip_missing: mode == Mode::Multirun,
        };
        let before = errors.len();
        let expanded = expand(repository, &mut requests, start);
        let selection = Selection::new(expanded, repository, config_name.map(Text::from), errors);
        if errors.len() > before {
            return None;
        }
        if others == Others::May {
            return Some(Arc::new(selection));
        }
        errors.extend(requests.unused(repository, &selection.choices, &selection.lists));
        if errors.len() > before {
            return None;
        }
        let selection = Arc::new(selection);
        lock(&self.selections).keep(key, Arc::clone(&selection));
        Some(selection)
    }

    /// The tree of a selection, merged once and shared.
    ///
    /// # Errors
    /// All configs that cannot be merged.
    pub fn base(&self, selection: &Arc<Selection>) -> Result<Arc<Base>> {
        let key = BaseKey(Arc::clone(selection));
        // In a statement of its own, so that the lock is not held any more.
        let known = lock(&self.bases).get(&key);
        if let Some(known) = known {
            if Arc::ptr_eq(&known.selection, selection) {
                return Ok(known);
            }
            let base = Arc::new(known.selected_by(selection));
            lock(&self.bases).keep(key, Arc::clone(&base));
            return Ok(base);
        }
        // No lock is held while anything is merged: a resolver of the user's own may compose, too.
        let (base, lasting) =
            Base::merge(selection, &self.merged_preludes(selection), self.merging(&|_| {}))?;
        let base = Arc::new(base);
        if lasting == Lasting::Yes {
            lock(&self.bases).keep(key, Arc::clone(&base));
        }
        Ok(base)
    }

    /// The preludes of a selection, merged: nearly always the same.
    fn merged_preludes(&self, selection: &Selection) -> Arc<Merged> {
        let (preludes, _) = parted(selection);
        let known = lock(&self.prefix).clone();
        if let Some(known) = known.filter(|known| *known.included == *preludes) {
            return known.merged;
        }
        let merged = Merged::first(preludes, self.own.as_deref(), self.merging(&|_| {}));
        let merged = Arc::new(merged);
        if merged.lasting == Lasting::Yes && merged.is_whole() {
            *lock(&self.prefix) = Some(Prefix { included: preludes.into(), merged: Arc::clone(&merged) });
        }
        merged
    }

    /// A map for the texts of one composition, on top of the one that all share.
    pub fn sources(&self) -> SourceMap {
        SourceMap::over(Arc::clone(self.repository.sources()))
    }
}

/// The sources of a tree: few, since it is written in one place or two.
fn sources_in(root: &Node) -> Vec<SourceId> {
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(node) = open.pop() {
        if !found.contains(&node.origin.source) {
            found.push(node.origin.source);
        }
        match &node.kind {
            Kind::Map(map) => open.extend(map.iter().map(|(_, slot)| &slot.node)),
            Kind::List(items) => open.extend(items.iter()),
            _ => {}
        }
    }
    found
}
