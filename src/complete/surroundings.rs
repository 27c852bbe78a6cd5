//! What a line composes as far as it is typed: a half-typed or wrong word must not take the rest away.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::compose::{Composed, Composer, Mode, Repository, Secrecy};
use crate::diag::{Error, SourceKind, SourceMap};
use crate::resolve::{Input, Scope};
use crate::schema::{Expected, Field, Schema};
use crate::value::{HashSet, KeyPath, Node};

/// The config that the words before the cursor compose; nothing is composed before it is asked for.
pub(super) struct Surroundings<'a> {
    pub(super) composer: &'a Composer,
    pub(super) config_name: Option<&'a str>,
    before: Vec<&'a str>,
    composed: OnceCell<Option<Composed>>,
    /// What stands in where nothing can be composed: the primary config alone.
    alone: OnceCell<Node>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(composer: &'a Composer, config_name: Option<&'a str>, before: Vec<&'a str>) -> Self {
        Self { composer, config_name, before, composed: OnceCell::new(), alone: OnceCell::new() }
    }

    /// The composition with all words that can take part in one.
    pub(super) fn composed(&self) -> Option<&Composed> {
        self.composed.get_or_init(|| compose(self.composer, self.config_name, self.before.clone())).as_ref()
    }

    /// The tree.
    pub(super) fn root(&self) -> &Node {
        match self.composed() {
            Some(composed) => composed.root(),
            None => self.alone.get_or_init(|| {
                let document =
                    self.config_name.and_then(|name| self.composer.repository().load(name).ok()?);
                document.map_or_else(Node::null, |document| document.root.clone())
            }),
        }
    }

    /// The texts that places in the tree point into.
    pub(super) fn sources(&self) -> &Arc<SourceMap> {
        self.composed().map_or_else(|| self.composer.repository().sources(), Composed::sources)
    }

    fn schema(&self) -> &Schema {
        self.composed().map_or(&self.composer.schema, Composed::schema)
    }

    /// What is expected at a place.
    pub(super) fn expected(&self, path: &KeyPath) -> Expected<'_> {
        self.schema().expected().at_in(self.root(), path)
    }

    /// The value at a place as it is written.
    pub(super) fn get(&self, path: &KeyPath) -> Option<&Node> {
        path.keys().iter().try_fold(self.root(), |node, key| Some(node.find(&key.to_string())??.1))
    }

    /// The field of a struct that the value at a place is.
    pub(super) fn field(&self, path: &KeyPath) -> Option<&Field> {
        let (above, key) = path.split_last()?;
        let parent = self.expected(&above);
        let variant = self.get(&above).and_then(|holder| parent.required().variant_of(holder));
        Some(parent.fields(variant)?.field(key.as_str()?)?.1)
    }

    /// Whether the value at a place must not be shown: it, or what it lies in, is a secret.
    pub(super) fn is_secret(&self, path: &KeyPath) -> bool {
        let secrecy = match self.composed() {
            Some(composed) => composed.secrecy(),
            None => {
                Secrecy { root: self.root(), schema: &self.composer.schema, typed: self.composer.has_secrets }
            }
        };
        if secrecy.is_secret(path) {
            return true;
        }
        let keys = path.keys();
        let above = (1..=keys.len()).map(|end| keys[..end].iter().cloned().collect::<KeyPath>());
        above.into_iter().any(|path| self.field(&path).is_some_and(|field| field.secret))
    }

    /// The value at a place with what it refers to in its place. Nobody who types wants to see what only the
    /// environment knows, nor to wait for a resolver: `None` if there is such a thing in it, or a secret.
    pub(super) fn select(&self, path: &KeyPath) -> Option<Node> {
        let quiet = |_: Error| {};
        let context = self.composer.context(&quiet).with_schema(self.schema());
        let scope = Scope::new(self.root(), context);
        let (mut open, mut seen) = (vec![path.clone()], HashSet::default());
        while let Some(path) = open.pop() {
            if self.is_secret(&path) {
                return None;
            }
            for input in scope.inputs(&path) {
                match input {
                    Input::Value(path) if seen.insert(path.clone()) => open.push(path),
                    Input::Value(_) | Input::Absent { .. } => {}
                    _ => return None,
                }
            }
        }
        scope.select(path).ok().flatten()
    }

    /// The sources of configs, with what `hydra.searchpath` adds.
    pub(super) fn repository(&self) -> Arc<Repository> {
        if let Some(Some(composed)) = self.composed.get() {
            return Arc::clone(composed.selection().repository());
        }
        let on_the_line = self.before.iter().any(|word| word.contains("hydra.searchpath"));
        let found = match on_the_line {
            true => self.composed().map(|composed| Arc::clone(composed.selection().repository())),
            false => self
                .composer
                .repository_for(self.config_name, None, &mut |_| {})
                .ok()
                .map(|(repository, _)| repository),
        };
        found.unwrap_or_else(|| Arc::clone(self.composer.repository()))
    }
}

/// Composes as for a run, or else as for a sweep, where choices may still be made, leaving out the words that stand in
/// the way.
fn compose<'a>(
    composer: &'a Composer,
    config_name: Option<&'a str>,
    mut words: Vec<&'a str>,
) -> Option<Composed> {
    let composed = |words: &[&str], mode| {
        let arguments = composer.arguments(config_name, words)?;
        composer.compose(config_name, &arguments, mode)
    };
    if let Ok(composed) = composed(&words, Mode::Run) {
        return Some(composed);
    }
    loop {
        let error = match composed(&words, Mode::Multirun) {
            Ok(composed) => return Some(composed),
            Err(_) if words.is_empty() => return None,
            Err(error) => error,
        };
        let mut number = 0;
        let blamed = blamed(&error);
        let before = words.len();
        words.retain(|_| {
            number += 1;
            !blamed.contains(&number)
        });
        if words.len() == before {
            words.clear();
        }
    }
}

/// The arguments, counted from 1, that an error points at.
fn blamed(error: &Error) -> Vec<usize> {
    let mut blamed = Vec::new();
    for one in error.iter() {
        for label in one.labels() {
            let source = one.sources().or_else(|| error.sources());
            let source = source.and_then(|sources| sources.get(label.origin.source));
            if let Some(SourceKind::Argument(number)) = source.as_ref().map(|source| source.kind()) {
                blamed.push(*number);
            }
        }
    }
    blamed
}
