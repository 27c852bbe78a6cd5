//! Looking through a whole config directory: every primary config composed, every option read.

use std::collections::{BTreeMap, BTreeSet};

use crate::compose::complaints;
use crate::compose::composer::{Composer, Mode};
use crate::compose::config_source::Entry;
use crate::compose::document::Document;
use crate::compose::element::{Element, What};
use crate::compose::item::Item;
use crate::compose::repository::Repository;
use crate::compose::tree::Tree;
use crate::diag::{Error, ErrorKind, Origin, Result, did_you_mean};
use crate::value::{Call, Expression, Kind, Name, Node, Part, Text};

/// What was found. Everything in it is located: it can draw itself.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What cannot be composed or read.
    pub errors: Vec<Error>,
    /// What works and is hardly meant so: shadowed files, options that nothing can select, headers without effect.
    pub warnings: Vec<Error>,
    /// What is worth knowing: `???`, unset environment, unknown resolvers, Python targets.
    pub notes: Vec<Error>,
    /// The primary configs that were composed.
    pub composed: Vec<Text>,
    /// How many configs were read.
    pub read: usize,
}

/// So deep may folders nest: symbolic links can make them endless.
const DEPTH: usize = 32;

impl Composer {
    /// Checks everything that sources of the given providers hold (`main`, `command-line` …): the project's own
    /// configs, and not those that the program brings along.
    ///
    /// # Errors
    /// A source that cannot be listed.
    pub fn check(&self, providers: &[&str]) -> Result<Report> {
        let mut report = Report::default();
        let repository = self.repository();
        let mut paths: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for (index, provided) in repository.search_path().iter().enumerate() {
            if providers.contains(&provided.provider.as_str()) {
                self.gather(index, &mut paths, &mut report)?;
            }
        }
        for (path, places) in &paths {
            self.check_document(path, places, &mut report);
        }
        let primaries = paths.keys().filter(|path| !path.contains('/'));
        for name in primaries {
            self.check_primary(name, &mut report);
        }
        tidy(&mut report);
        let sources = repository.sources();
        for list in [&mut report.errors, &mut report.warnings, &mut report.notes] {
            *list = std::mem::take(list).into_iter().map(|error| error.located(sources)).collect();
        }
        Ok(report)
    }

    /// All configs of one source, with the sources that have them.
    fn gather(
        &self,
        index: usize,
        paths: &mut BTreeMap<Text, Vec<usize>>,
        report: &mut Report,
    ) -> Result<()> {
        let Some(provided) = self.repository().search_path().get(index) else { return Ok(()) };
        let mut groups = vec![(Text::default(), 0)];
        while let Some((group, depth)) = groups.pop() {
            for entry in provided.source().list(&group)?.unwrap_or_default() {
                let name = match &entry {
                    Entry::Config(name) | Entry::Group(name) | Entry::Stray(name) => name,
                };
                if name.starts_with('.') {
                    continue;
                }
                let path =
                    if group.is_empty() { name.clone() } else { Text::from(format!("{group}/{name}")) };
                match entry {
                    Entry::Config(_) => paths.entry(path).or_default().push(index),
                    Entry::Group(_) if depth < DEPTH => groups.push((path, depth + 1)),
                    Entry::Group(_) => {}
                    Entry::Stray(_) => report.warnings.push(
                        Error::new(
                            ErrorKind::NotFound,
                            format!("nothing can select `{path}`: configs end in `.yaml`"),
                        )
                        .help("rename it"),
                    ),
                }
            }
        }
        Ok(())
    }

    fn check_document(&self, path: &Text, places: &[usize], report: &mut Report) {
        let repository = self.repository();
        for (nth, &index) in places.iter().enumerate() {
            let document = match repository.load_from(index, path) {
                Ok(Some(document)) => document,
                Ok(None) => continue,
                Err(error) => {
                    report.errors.push(error);
                    continue;
                }
            };
            report.read += 1;
            if let (true, Ok(Some(winner))) = (nth > 0, repository.load(path)) {
                report.warnings.push(
                    Error::new(ErrorKind::NotFound, format!("`{path}` is shadowed"))
                        .at(document.origin(), "this file is never read")
                        .at(winner.origin(), "this one stands earlier in the search path"),
                );
            }
            if let Some(origin) = document.ignored_header {
                report.warnings.push(
                    Error::new(ErrorKind::Defaults, "this `@package` comment has no effect")
                        .at(origin, "something stands before it")
                        .help("move it to the first line"),
                );
            }
            if let Some(segment) = path.split('/').rev().skip(1).find(|s| !is_plain(s)) {
                report.warnings.push(
                    Error::new(
                        ErrorKind::NotFound,
                        format!("nothing can select `{path}` from the command line"),
                    )
                    .at(document.origin(), format!("`{segment}` is no name for a config group")),
                );
            }
            check_list(repository, path, &document, report);
            self.note(&document.root, report);
        }
    }

    /// Composes a primary config, with choices that are open left out.
    fn check_primary(&self, name: &Text, report: &mut Report) {
        if self.repository().load(name).is_err() {
            return;
        }
        let nothing: [&str; 0] = [];
        let composed = self
            .arguments(Some(name), &nothing)
            .and_then(|arguments| self.compose(Some(name), &arguments, Mode::Multirun));
        match composed {
            Ok(composed) => {
                report.composed.push(name.clone());
                report.warnings.extend(composed.warnings().iter().cloned());
            }
            Err(error) => report.errors.extend(error.each()),
        }
    }

    /// Notes on values: what must be given, and what this program cannot know.
    fn note(&self, root: &Node, report: &mut Report) {
        let mut stack = vec![(root.clone(), 0_usize)];
        while let Some((node, depth)) = stack.pop() {
            match &node.kind {
                Kind::Missing => {
                    report
                        .notes
                        .push(Error::new(ErrorKind::MissingValue, "must be given").at(node.origin, ""));
                }
                Kind::Template(template) => self.note_parts(&template.parts, node.origin, 0, report),
                Kind::List(items) if depth < 1000 => {
                    stack.extend(items.iter().rev().map(|item| (item.clone(), depth + 1)));
                }
                Kind::Map(map) if depth < 1000 => {
                    if let Some(target) = map.get_str("_target_") {
                        let shown = target.as_str().unwrap_or("…");
                        let message = format!("`_target_` names Python code: `{shown}`");
                        report.notes.push(Error::new(ErrorKind::Resolver, message).at(target.origin, ""));
                    }
                    let slots: Vec<_> = map.iter().map(|(_, slot)| (slot.node.clone(), depth + 1)).collect();
                    stack.extend(slots.into_iter().rev());
                }
                _ => {}
            }
        }
    }

    fn note_parts(&self, parts: &[Part], origin: Origin, depth: usize, report: &mut Report) {
        for part in parts {
            if let Part::Interpolation(expression, _) = part {
                self.note_expression(expression, origin, depth, report);
            }
        }
    }

    fn note_expression(&self, expression: &Expression, origin: Origin, depth: usize, report: &mut Report) {
        if depth > 100 {
            return;
        }
        match expression {
            Expression::Call(call) => {
                self.note_call(call, origin, report);
                for argument in &call.arguments {
                    self.note_expression(&argument.value, origin, depth + 1, report);
                }
            }
            Expression::Concat(parts) => self.note_parts(parts, origin, depth + 1, report),
            Expression::List(items) => {
                items.iter().for_each(|item| self.note_expression(&item.value, origin, depth + 1, report));
            }
            Expression::Map(entries) => {
                entries
                    .iter()
                    .for_each(|(_, item)| self.note_expression(&item.value, origin, depth + 1, report));
            }
            Expression::Reference(_) | Expression::Literal(_) => {}
        }
    }

    fn note_call(&self, call: &Call, origin: Origin, report: &mut Report) {
        let Name::Literal(name) = &call.name else { return };
        if !self.resolvers.knows(name) && !self.resolvers.is_declared(name) {
            let message = format!("the resolver `{name}` is not known: its values stay as they are written");
            report.notes.push(Error::new(ErrorKind::Resolver, message).at(origin, ""));
        }
        if let ("oc.env", [argument]) = (name.as_str(), &*call.arguments)
            && let Expression::Literal(Kind::Str(variable)) = &argument.value
            && self.facts.env.get(variable).is_none()
        {
            let message =
                format!("the environment variable `{variable}` is not set, and has no default here");
            report.notes.push(Error::new(ErrorKind::Resolver, message).at(origin, ""));
        }
    }
}

/// Whether what a defaults list names exists. Overrides, optional items and computed names are left to composing.
fn check_list(repository: &Repository, path: &Text, document: &Document, report: &mut Report) {
    let mut owner = Item::config(path.clone(), document.origin());
    if let Some((header, _)) = &document.header {
        owner.set_header(header);
    }
    let (base, package) = (owner.group_path(), owner.final_package());
    for element in &document.defaults {
        if element.optional || element.is_override || element.what == What::Itself {
            continue;
        }
        check_element(repository, element, &base, &package, report);
    }
}

fn check_element(
    repository: &Repository,
    element: &Element,
    base: &Text,
    package: &Text,
    report: &mut Report,
) {
    let mut tree = Tree::new(Item::from_element(element));
    let root = crate::compose::tree::NodeId::ROOT;
    for mut item in Item::from_element(element).options() {
        item.hang(base, package);
        if item.is_interpolated() || item.is_missing() || item.name().is_none() {
            continue;
        }
        if !complaints::check_paths(&item, &mut report.errors) {
            continue;
        }
        match repository.has_config(&item.config_path()) {
            Ok(true) => {}
            Ok(false) => {
                // A group without files, or a config of its own: Python code may register it. A slip of the fingers
                // and an option that its group does not have are mistakes.
                let options = repository.options(&item.group_path()).unwrap_or_default();
                let near =
                    did_you_mean(item.name().unwrap_or(""), options.iter().map(Text::as_str)).is_some();
                let certain = near || item.is_group() && !options.is_empty();
                *tree.item_mut(root) = item;
                let error = complaints::not_found(repository, &tree, root);
                if certain {
                    report.errors.push(error);
                } else {
                    report.warnings.push(error.note("code may register it, which cannot be seen from here"));
                }
            }
            Err(error) => report.errors.push(error),
        }
    }
}

/// Whether a name can be typed in an override.
fn is_plain(segment: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '.');
    segment.chars().all(ok) && !segment.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

/// One mistake may be met in many compositions: each is told once, as what it is at worst.
fn tidy(report: &mut Report) {
    let mut seen = BTreeSet::new();
    for list in [&mut report.errors, &mut report.warnings, &mut report.notes] {
        list.retain(|error| {
            let place = error.labels().first().map(|label| label.origin);
            seen.insert((place, error.message().to_owned()))
        });
    }
}
