//! Looking through a whole project: every primary config composed, every option read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::compose::agreement::agreement;
use crate::compose::base::put;
use crate::compose::composed::RESERVED;
use crate::compose::composer::{Composer, Mode};
use crate::compose::cycles::followed;
use crate::compose::dangling::{Dangle, Dangling};
use crate::compose::document::Document;
use crate::compose::element::What;
use crate::compose::item::Item;
use crate::compose::nearly_global::nearly_global;
use crate::compose::notes::notes;
use crate::compose::old_headers::OldHeaders;
use crate::compose::plan;
use crate::compose::report::{Note, Report, Tally, Topic};
use crate::compose::repository::{Provided, Repository};
use crate::compose::sources::Memory;
use crate::compose::ungiven::ungiven;
use crate::diag::{Error, ErrorKind, Result, listed};
use crate::value::{KeyPath, Map, Node, Text};

/// What is to be checked, and what is known beside the configs.
#[derive(Clone, Copy)]
pub struct Checking<'a> {
    /// The providers whose configs are the project's own (`main`, `command-line` …), as against those that the program
    /// brings along.
    pub providers: &'a [&'a str],
    /// The primary config; all configs outside of any group if there is none.
    pub config_name: Option<&'a str>,
    /// Overrides to compose with.
    pub overrides: &'a [String],
    /// Whether code is seen to register a config of that path, which stands in no file.
    pub registers: &'a dyn Fn(&str) -> bool,
}

/// So many other primary configs are tried for what does not compose with the one that is named.
const OTHERS: usize = 20;
/// So many more places that name one absent config are shown.
const PLACES: usize = 7;

/// A place of `hydra.searchpath` that belongs to the project, and not to a package.
fn is_local(provided: &Provided) -> bool {
    provided.provider.starts_with("hydra.searchpath") && provided.source().location().starts_with("file://")
}

impl Composer {
    /// Checks everything that the project's own sources hold. They are those of the given providers, and the
    /// directories that `hydra.searchpath` names in a primary config or an override.
    pub fn check(&self, checking: Checking<'_>) -> Report {
        let check = Check {
            composer: self,
            checking,
            repository: Arc::clone(self.repository()),
            paths: BTreeMap::new(),
            errors: Tally::default(),
            warnings: Tally::default(),
            notes: Vec::new(),
            registered: BTreeSet::new(),
            doubtful: IndexMap::new(),
            read: 0,
            dangling: Dangling::default(),
            keys: BTreeSet::new(),
            is_open: false,
            old_headers: OldHeaders::default(),
            global: Vec::new(),
            named_by: HashMap::default(),
            met: HashSet::default(),
        };
        check.run()
    }

    /// The repository that a composition with these arguments reads: with what `hydra.searchpath` adds.
    ///
    /// # Errors
    /// A primary config that cannot be read; a search path that is none.
    pub fn repository_of(
        &self,
        config_name: Option<&str>,
        overrides: &[crate::grammar::Override],
    ) -> Result<Arc<Repository>> {
        let argument = plan::searchpath(overrides);
        // What is not there is told when it is composed.
        self.repository_for(config_name, argument.as_ref(), &mut |_| {}).map(|(repository, _)| repository)
    }

    /// A composer of the same settings that reads one source more.
    fn with_source(&self, more: Provided) -> Self {
        let mut composer = Self::new(self.repository().extended(vec![more]), self.facts().clone())
            .with_preludes(self.preludes.iter().cloned())
            .with_resolvers(self.resolvers.clone());
        composer.schema.clone_from(&self.schema);
        composer.own.clone_from(&self.own);
        composer.packages.clone_from(&self.packages);
        composer.runtime.clone_from(&self.runtime);
        composer
    }
}

pub(crate) struct Check<'a> {
    pub(crate) composer: &'a Composer,
    pub(crate) checking: Checking<'a>,
    /// With the search paths of all primary configs.
    pub(crate) repository: Arc<Repository>,
    /// The configs of the project, with the places in the search path that have them.
    paths: BTreeMap<Text, Vec<usize>>,
    pub(crate) errors: Tally,
    pub(crate) warnings: Tally,
    pub(crate) notes: Vec<Note>,
    /// Configs that stand in no file and count as empty.
    pub(crate) registered: BTreeSet<Text>,
    /// Configs that stand in no file, with what is said of every place that names them.
    pub(crate) doubtful: IndexMap<Text, Vec<Error>>,
    read: usize,
    /// Interpolations that refer to what is not there.
    pub(crate) dangling: Dangling,
    /// Keys that some config may put at the root.
    keys: BTreeSet<Text>,
    /// Whether a choice is left open: what it will bring is not known.
    pub(crate) is_open: bool,
    old_headers: OldHeaders,
    /// Options that change the whole config.
    pub(crate) global: Vec<Text>,
    /// Which configs name a config in their defaults lists.
    pub(crate) named_by: HashMap<Text, Vec<Text>>,
    /// The configs of all compositions.
    pub(crate) met: HashSet<Text>,
}

impl Check<'_> {
    fn run(mut self) -> Report {
        self.survey(|provided, own| own.contains(&provided.provider.as_str()));
        let primaries = self.primaries();
        self.search_paths(&primaries);
        self.survey(|provided, _| is_local(provided));
        let paths = std::mem::take(&mut self.paths);
        for (path, places) in &paths {
            self.documents(path, places);
        }
        let composed = self.compose(&primaries, &self.others(&paths));
        let disagreement = agreement(&self.repository, self.composer.schema.expected());
        disagreement.errors.into_iter().for_each(|error| self.errors.add(error, None));
        disagreement.warnings.into_iter().for_each(|error| self.warnings.add(error, None));
        let mut groups: Vec<Text> =
            paths.keys().filter_map(|path| path.split_once('/')).map(|(group, _)| group.into()).collect();
        groups.dedup();
        self.unmet(&primaries, &composed, &groups);
        let sources = self.repository.sources();
        let errors = self.errors;
        let warnings = self.warnings.without(&errors);
        let notes = self.notes.into_iter().map(|note| Note { error: note.error.located(sources), ..note });
        Report {
            errors: errors.finish(sources),
            warnings: warnings.finish(sources),
            notes: notes.collect(),
            composed,
            primaries: primaries.len(),
            read: self.read,
        }
    }

    /// Looks at what the places of the search path hold.
    fn survey(&mut self, is_asked: impl Fn(&Provided, &[&str]) -> bool) {
        let repository = Arc::clone(&self.repository);
        for (index, provided) in repository.search_path().iter().enumerate() {
            if !is_asked(provided, self.checking.providers) {
                continue;
            }
            let survey = provided.source().survey();
            for path in survey.configs {
                self.paths.entry(path).or_default().push(index);
            }
            survey.errors.into_iter().for_each(|error| self.errors.add(error, None));
            survey.warnings.into_iter().for_each(|error| self.warnings.add(error, None));
            for path in survey.hidden {
                let message = format!("`{path}` is not looked at: its name begins with a dot");
                let error = Error::new(ErrorKind::NotFound, message);
                self.notes.push(Note { topic: Topic::Hidden, name: path.into(), error });
            }
        }
    }

    fn primaries(&self) -> Vec<Text> {
        match self.checking.config_name {
            Some(name) => vec![name.into()],
            None => self.paths.keys().filter(|path| !path.contains('/')).cloned().collect(),
        }
    }

    /// The other configs that can be primary ones where one is named: those outside of any group, and those beside it.
    fn others(&self, paths: &BTreeMap<Text, Vec<usize>>) -> Vec<Text> {
        let Some(name) = self.checking.config_name else { return Vec::new() };
        let group = name.rsplit_once('/').map(|(group, _)| group);
        let beside = |path: &&Text| match path.rsplit_once('/') {
            None => true,
            above => above.map(|(above, _)| above) == group,
        };
        paths.keys().filter(|path| *path != name).filter(beside).take(OTHERS).cloned().collect()
    }

    /// Takes in the places that only some primary config searches. What is wrong with them is told by composing.
    fn search_paths(&mut self, primaries: &[Text]) {
        let mut more: Vec<Provided> = Vec::new();
        for name in primaries {
            let Ok(arguments) = self.composer.arguments(Some(name), self.checking.overrides) else {
                continue;
            };
            let Ok(found) = self.composer.repository_of(Some(name), &arguments.overrides) else { continue };
            for provided in found.search_path() {
                let is_known = |one: &Provided| one.source().location() == provided.source().location();
                if provided.provider.starts_with("hydra.searchpath")
                    && !more.iter().chain(self.repository.search_path()).any(is_known)
                {
                    more.push(provided.clone());
                }
            }
        }
        if !more.is_empty() {
            // The places before keep their numbers.
            self.repository = Arc::new(self.repository.extended(more));
        }
    }

    fn documents(&mut self, path: &Text, places: &[usize]) {
        let repository = Arc::clone(&self.repository);
        for (nth, &index) in places.iter().enumerate() {
            let document = match repository.load_from(index, path) {
                Ok(Some(document)) => document,
                Ok(None) => continue,
                Err(error) => {
                    self.read += 1;
                    error.each().into_iter().for_each(|error| self.errors.add(error, None));
                    continue;
                }
            };
            self.read += 1;
            // What a search path adds may well be replaced: that is what it is good for.
            let is_own = repository
                .search_path()
                .get(index)
                .is_some_and(|place| self.checking.providers.contains(&place.provider.as_str()));
            if let (true, Ok(Some(winner))) = (nth > 0 && is_own, repository.load(path)) {
                let error = Error::new(ErrorKind::NotFound, format!("`{path}` is shadowed"))
                    .at(document.origin(), "this file is never read")
                    .at(winner.origin(), "this one stands earlier in the search path");
                self.warnings.add(error, None);
            }
            self.document(path, &document);
        }
    }

    fn document(&mut self, path: &Text, document: &Document) {
        if let Some(origin) = document.ignored_header {
            let error = Error::new(ErrorKind::Defaults, "this `@package` comment has no effect")
                .at(origin, "something stands before it");
            self.warnings.add(error.help(self.old_headers.late(&self.repository, origin)), None);
        }
        if let Some(segment) = path.split('/').rev().skip(1).find(|s| !is_plain(s)) {
            let message = format!("nothing can select `{path}` from the command line");
            let error = Error::new(ErrorKind::NotFound, message)
                .at(document.origin(), format!("`{segment}` is no name for a config group"));
            self.warnings.add(error, None);
        }
        for warning in nearly_global(document) {
            self.warnings.add(warning, None);
        }
        let mut owner = Item::config(path.clone(), document.origin());
        if let Some((header, _)) = &document.header {
            owner.set_header(header);
        }
        for element in &document.defaults {
            if !element.optional && element.what != What::Itself {
                self.element(element, path, &owner);
            }
        }
        let mut package = owner.final_package();
        if let Some((header, place)) = &document.header
            && let Some(meant) = self.old_headers.take(path, header, *place)
        {
            package = meant;
        }
        match (package.split('.').next().filter(|key| !key.is_empty()), document.root.as_map()) {
            (Some(key), _) => drop(self.keys.insert(key.into())),
            (None, Some(map)) => self.keys.extend(map.names(usize::MAX).into_iter().map(Text::from)),
            (None, None) => {}
        }
        if package.is_empty() && path.contains('/') {
            self.global.push(path.clone());
        }
        notes(self.composer, &document.root, KeyPath::parse(&package), &mut self.notes);
        let mut alone = Node::from(Map::default());
        let keys: Vec<&str> = package.split('.').filter(|key| !key.is_empty()).collect();
        match keys.is_empty() {
            true => alone = document.root.clone(),
            false => put(&mut alone, &keys, document.root.clone()),
        }
        for error in followed(&alone, self.composer.merging(&|_| {})).circles {
            self.errors.add(error, None);
        }
    }

    /// A composer to which some configs that stand in no file are empty.
    fn with_empty<'t>(&self, paths: impl Iterator<Item = &'t Text>) -> Option<Composer> {
        let mut paths = paths.peekable();
        paths.peek()?;
        let empty = paths.fold(Memory::new(), |memory, path| memory.text(path, ""));
        Some(self.composer.with_source(Provided::new("code", empty)))
    }

    /// Composes the primary configs, with choices that are open left out. Returns those that can be.
    fn compose(&mut self, primaries: &[Text], others: &[Text]) -> Vec<Text> {
        let known = self.with_empty(self.registered.iter());
        // Who cannot be composed for want of a config that code may register is composed without it, for the rest.
        let hopeful = self.with_empty(self.registered.iter().chain(self.doubtful.keys()));
        let hopeful = hopeful.filter(|_| !self.doubtful.is_empty());
        let mut composed = Vec::new();
        for name in primaries {
            if self.primary(name, known.as_ref().unwrap_or(self.composer)) {
                composed.push(name.clone());
            } else if let Some(hopeful) = &hopeful {
                self.primary(name, hopeful);
            }
        }
        let composer = hopeful.as_ref().or(known.as_ref()).unwrap_or(self.composer);
        self.experiments(&composed, others, composer);
        self.references();
        for mut places in std::mem::take(&mut self.doubtful).into_values() {
            places.retain(|error| !self.errors.has(error) && !self.errors.has_place(error));
            let mut places = places.into_iter();
            // Many configs may name the same one.
            let Some(first) = places.next() else { continue };
            let origins = places.filter_map(|error| error.labels().first().map(|label| label.origin));
            let error = origins.take(PLACES).fold(first, |error, origin| error.at(origin, "and here"));
            self.warnings.add(error, None);
        }
        composed
    }

    /// Tells which interpolations dangle.
    fn references(&mut self) {
        let is_known =
            |provided: &Provided| !provided.provider.starts_with("hydra.searchpath") || is_local(provided);
        // Code, and packages that are not read, may bring any key.
        let closed = self.registered.is_empty()
            && self.doubtful.is_empty()
            && self.repository.search_path().iter().all(is_known);
        self.keys.extend(RESERVED.map(Text::from));
        if let Some(warning) = self.old_headers.warning() {
            self.warnings.add(warning, None);
            self.dangling.forgive(&self.old_headers);
        }
        std::mem::take(&mut self.dangling).finish(
            closed.then_some(&self.keys),
            &mut self.errors,
            (!self.is_open).then_some(&mut self.warnings),
        );
    }

    /// Whether a primary config can be composed, and refers to nothing in circles.
    fn primary(&mut self, name: &Text, composer: &Composer) -> bool {
        let found = composer
            .arguments(Some(name), self.checking.overrides)
            .and_then(|arguments| composer.compose(Some(name), &arguments, Mode::Multirun));
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let mut told = Tally::default();
                self.doubtful.values().flatten().for_each(|doubtful| told.add(doubtful.clone(), None));
                for error in error.each() {
                    let error = told.same(&error).cloned().unwrap_or(error);
                    self.errors.add(error, Some(name));
                }
                return false;
            }
        };
        self.meet(&found);
        found.warnings().iter().for_each(|warning| self.warnings.add(warning.clone(), Some(name)));
        let given = ungiven(name, &found, &self.notes);
        self.notes.extend(given);
        let followed = followed(found.root(), composer.context(&|_| {}).with_schema(found.schema()));
        let circles = followed.circles;
        let located = |one: Dangle| Dangle { error: one.error.located(found.sources()), ..one };
        self.dangling.add(followed.dangling.into_iter().map(located).collect(), followed.fine);
        let is_fine = circles.is_empty();
        for error in circles {
            // Where texts grow too large depends on what else is resolved.
            if error.kind() == ErrorKind::Limit && self.errors.says(&error) {
                continue;
            }
            self.errors.add(error.located(found.sources()), Some(name));
        }
        is_fine
    }

    /// A check that composes nothing has checked little.
    fn unmet(&mut self, primaries: &[Text], composed: &[Text], groups: &[Text]) {
        if !composed.is_empty() {
            return;
        }
        let is_own = |p: &&Provided| self.checking.providers.contains(&p.provider.as_str());
        let dirs: Vec<String> =
            self.repository.search_path().iter().filter(is_own).map(|p| p.source().location()).collect();
        let dirs = dirs.join(", ");
        let error = match (primaries, groups) {
            ([], []) => Error::new(ErrorKind::NotFound, "there is nothing to check: no config was found")
                .note(format!("looked for files named `.yaml` in {dirs}"))
                .help("name the folder that the program composes from: `mainstem check conf`"),
            ([], groups) => {
                Error::new(ErrorKind::NotFound, "nothing was composed: there is no primary config")
                    .note(format!("looked for `.yaml` files outside of any group in {dirs}"))
                    .note(format!("there are the groups {}", listed(groups)))
                    .help("name the folder of the primary config first: `mainstem check conf more`")
                    .help(format!("or name a config of a group: `-cn {}/NAME`", groups[0]))
            }
            ([_], _) => {
                Error::new(ErrorKind::NotFound, "nothing was composed: the primary config has errors")
            }
            _ => Error::new(ErrorKind::NotFound, "nothing was composed: every primary config has errors"),
        };
        self.warnings.add(error, None);
    }
}

/// Whether a name can be typed in an override.
fn is_plain(segment: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '.');
    segment.chars().all(ok) && !segment.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}
