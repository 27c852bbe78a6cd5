//! All sources in order, and everything read from them, once.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::compose::config_source::{ConfigSource, Entry, bare};
use crate::compose::document::Document;
use crate::compose::frozen::Frozen;
use crate::diag::{Error, ErrorKind, Result, SourceKind, SourceMap};
use crate::value::{HashMap, Text};

/// An entry of the search path: a source and who asked for it.
#[derive(Clone, Debug)]
pub struct Provided {
    /// Who asked for it: `hydra`, `main`, `command-line`, `hydra.searchpath in main` …
    pub provider: Text,
    /// The source with what was read from it.
    slot: Arc<Slot>,
}

impl Provided {
    /// A source that a provider asks for.
    pub fn new(provider: impl Into<Text>, source: impl ConfigSource + 'static) -> Self {
        Self::boxed(provider, Box::new(source))
    }

    /// As [`Provided::new`], of a source whose type is not known.
    pub fn boxed(provider: impl Into<Text>, source: Box<dyn ConfigSource>) -> Self {
        let slot = Slot { source, documents: RwLock::default(), groups: RwLock::default() };
        Self { provider: provider.into(), slot: Arc::new(slot) }
    }

    /// Whether a `hydra.searchpath` names it and it is not there.
    pub(crate) fn is_nowhere(&self) -> bool {
        let source = self.source();
        self.provider.starts_with("hydra.searchpath")
            && !source.is_available()
            && !source.location().starts_with("structured://")
    }

    /// Every file that was read from it: config path, label, text.
    pub(super) fn each_file(&self, repository: &Repository, mut see: impl FnMut(&str, &str, &str)) {
        let documents = self.slot.documents.read().unwrap_or_else(PoisonError::into_inner);
        for (path, read) in documents.iter() {
            let Ok(Some(document)) = read else { continue };
            let source = repository.sources().get(document.source);
            if let Some(source) = source.filter(|source| *source.kind() == SourceKind::File) {
                see(path, source.label(), source.text());
            }
        }
    }

    /// The source.
    pub fn source(&self) -> &dyn ConfigSource {
        self.slot.source.as_ref()
    }
}

/// The provider of the configs that stand behind everything else: those that Hydra registers in code.
pub const SCHEMA: &str = "schema";

type Read = Result<Option<Arc<Document>>>;

struct Slot {
    source: Box<dyn ConfigSource>,
    documents: RwLock<HashMap<Text, Read>>,
    groups: RwLock<HashMap<Text, bool>>,
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// The search path with a cache: each file is read and parsed at most once. The first source that has a config wins;
/// the options of a group are those of all sources.
///
/// ```
/// use mainstem::compose::{Memory, Provided, Repository};
/// let first = Memory::new().text("db/mysql", "port: 1");
/// let second = Memory::new().text("db/mysql", "port: 2").text("db/pg", "port: 3");
/// let repository = Repository::new(vec![Provided::new("main", first), Provided::new("more", second)]);
/// assert_eq!(repository.options("db").unwrap(), ["mysql", "pg"]);
/// assert_eq!(repository.load("db/mysql").unwrap().unwrap().provider, "main");
/// ```
#[derive(Debug)]
pub struct Repository {
    path: Vec<Provided>,
    /// What files were, if they do not count as they are.
    frozen: Option<Arc<Frozen>>,
    sources: Arc<SourceMap>,
    found: RwLock<HashMap<Text, Option<Arc<Document>>>>,
    listed: RwLock<HashMap<Text, Arc<Members>>>,
}

/// What is in a group, over all sources, sorted.
#[derive(Debug, Default)]
struct Members {
    options: Vec<Text>,
    groups: Vec<Text>,
}

impl Repository {
    /// A repository over a search path, first wins.
    pub fn new(path: Vec<Provided>) -> Self {
        Self {
            path,
            frozen: None,
            sources: Arc::default(),
            found: RwLock::default(),
            listed: RwLock::default(),
        }
    }

    /// The same repository over files as they were.
    #[must_use]
    pub fn frozen(&self, frozen: Arc<Frozen>) -> Self {
        let path = self.path.iter().map(|provided| frozen.freeze(provided.clone())).collect();
        let sources = Arc::clone(&self.sources);
        Self { path, frozen: Some(frozen), sources, found: RwLock::default(), listed: RwLock::default() }
    }

    /// The same repository with more sources behind its own, but before those that the provider [`SCHEMA`] put at the
    /// end. What was read stays read.
    #[must_use]
    pub fn extended(&self, more: Vec<Provided>) -> Self {
        let tail = self.path.iter().rev().take_while(|p| p.provider == SCHEMA).count();
        let (head, tail) = self.path.split_at(self.path.len() - tail);
        let as_it_was = |provided| match &self.frozen {
            Some(frozen) => frozen.freeze(provided),
            None => provided,
        };
        let more = more.into_iter().map(as_it_was);
        let path = head.iter().cloned().chain(more).chain(tail.iter().cloned()).collect();
        let (frozen, sources) = (self.frozen.clone(), Arc::clone(&self.sources));
        Self { path, frozen, sources, found: RwLock::default(), listed: RwLock::default() }
    }

    /// The texts that everything read from here points into.
    pub fn sources(&self) -> &Arc<SourceMap> {
        &self.sources
    }

    /// The search path in order.
    pub fn search_path(&self) -> &[Provided] {
        &self.path
    }

    /// The config at a path, parsed; `None` if no source has it.
    ///
    /// # Errors
    /// Everything that is wrong with the file, or that it is named `.yml`.
    pub fn load(&self, config_path: &str) -> Read {
        if config_path.ends_with(".yml") {
            let stem = config_path.strip_suffix(".yml").unwrap_or(config_path);
            let error = Error::new(ErrorKind::NotFound, format!("`{config_path}`: configs end in `.yaml`"));
            let name = stem.rsplit('/').next().unwrap_or(stem);
            return Err(match self.has_config(stem)? {
                true => error.help(format!("write `{name}`: `{stem}.yaml` is there")),
                false => error.help(format!("rename the file to `{stem}.yaml` and write `{name}`")),
            });
        }
        let path = bare(config_path);
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(found) = found {
            return Ok(found);
        }
        let mut document = None;
        for index in 0..self.path.len() {
            document = self.load_from(index, path)?;
            if document.is_some() {
                break;
            }
        }
        self.found.write().unwrap_or_else(PoisonError::into_inner).insert(path.into(), document.clone());
        Ok(document)
    }

    /// The config at a path in one source of the search path.
    pub(crate) fn load_from(&self, index: usize, config_path: &str) -> Read {
        let path = bare(config_path);
        let Some(provided) = self.path.get(index) else { return Ok(None) };
        let documents = &provided.slot.documents;
        let known = documents.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(known) = known {
            return known;
        }
        let read = match provided.source().read(path) {
            Ok(None) => Ok(None),
            Ok(Some(content)) => {
                let document = Document::read(content, provided.provider.clone(), &self.sources);
                let schema = provided.source().schema(path);
                document.map(|document| Some(Arc::new(Document { schema, ..document })))
            }
            Err(error) => Err(error),
        };
        documents.write().unwrap_or_else(PoisonError::into_inner).insert(path.into(), read.clone());
        read
    }

    /// Whether some source has the config. Reads nothing that was not read before.
    ///
    /// # Errors
    /// A source that cannot be asked.
    pub fn has_config(&self, config_path: &str) -> Result<bool> {
        let path = bare(config_path);
        if let Some(found) = self.found.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(found.is_some());
        }
        for provided in &self.path {
            if provided.source().has_config(path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether some source has the group.
    ///
    /// # Errors
    /// A source that cannot be asked.
    pub fn has_group(&self, group: &str) -> Result<bool> {
        for Provided { slot, .. } in &self.path {
            let known = slot.groups.read().unwrap_or_else(PoisonError::into_inner).get(group).copied();
            let has = match known {
                Some(known) => known,
                None => {
                    let asked = slot.source.has_group(group)?;
                    slot.groups.write().unwrap_or_else(PoisonError::into_inner).insert(group.into(), asked);
                    asked
                }
            };
            if has {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The options of a group over all sources: the names of its configs, sorted.
    ///
    /// # Errors
    /// A source that cannot be listed.
    pub fn options(&self, group: &str) -> Result<Vec<Text>> {
        Ok(self.members(group)?.options.clone())
    }

    /// The groups inside a group over all sources, sorted.
    ///
    /// # Errors
    /// A source that cannot be listed.
    pub fn groups(&self, group: &str) -> Result<Vec<Text>> {
        Ok(self.members(group)?.groups.clone())
    }

    fn members(&self, group: &str) -> Result<Arc<Members>> {
        let known = self.listed.read().unwrap_or_else(PoisonError::into_inner).get(group).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut members = Members::default();
        for provided in &self.path {
            for entry in provided.source().list(group)?.into_iter().flatten() {
                match entry {
                    Entry::Config(name) => members.options.push(name),
                    Entry::Group(name) => members.groups.push(name),
                }
            }
        }
        for names in [&mut members.options, &mut members.groups] {
            names.sort();
            names.dedup();
        }
        let members = Arc::new(members);
        let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(listed.entry(group.into()).or_insert(members)))
    }
}
