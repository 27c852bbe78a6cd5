//! Expanding defaults lists: one pass depth first and backwards, so that the last override of a group is met first;
//! then the choices that are computed from other choices.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compose::complaints;
use crate::compose::document::Document;
use crate::compose::element::Choice;
use crate::compose::item::{EMPTY, Item, Role};
use crate::compose::repository::Repository;
use crate::compose::request::Requests;
use crate::compose::tree::{NodeId, Tree};
use crate::diag::{DRAWN, Error, ErrorKind, Origin};
use crate::value::{HashMap, HashSet, IndexMap, Text};

/// So deep may configs include each other.
const DEPTH: usize = 100;
/// So many items may all defaults lists of a composition have.
const ITEMS: usize = 100_000;

/// What the expansion starts from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    pub(crate) preludes: &'a [Text],
    pub(crate) primary: Option<&'a str>,
    /// Where the primary's name was given.
    pub(crate) primary_origin: Origin,
    /// Leave out choices that are still to be made instead of demanding them.
    pub(crate) skip_missing: bool,
}

/// A choice that was made in a group, for messages and for choices computed from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) name: Option<Text>,
    pub(crate) why: Origin,
    pub(crate) group: Text,
    /// It was added by an argument.
    pub(crate) appended: bool,
}

/// The expanded tree and what was learnt on the way.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) tree: Tree,
    /// Override key to choice, in the order in which they were met.
    pub(crate) known: IndexMap<Text, Known>,
    /// Override keys of lists of options, with the places that have them.
    pub(crate) lists: IndexMap<Text, Origin>,
    pub(crate) errors: Vec<Error>,
    pub(crate) warnings: Vec<Error>,
}

pub(crate) fn expand(repository: &Repository, requests: &mut Requests, start: Start<'_>) -> Expanded {
    let mut expander = Expander {
        repository,
        requests,
        skip_missing: start.skip_missing,
        tree: Tree::new(Item::new(Role::Root, None, Origin::NONE)),
        known: IndexMap::default(),
        lists: IndexMap::default(),
        unknown: HashSet::default(),
        errors: Vec::new(),
        warnings: Vec::new(),
        stopped: false,
        deferred: Deferred::default(),
    };
    expander.run(start);
    let Expander { tree, known, lists, errors, warnings, .. } = expander;
    Expanded { tree, known, lists, errors, warnings }
}

struct Expander<'a> {
    repository: &'a Repository,
    requests: &'a mut Requests,
    skip_missing: bool,
    tree: Tree,
    known: IndexMap<Text, Known>,
    lists: IndexMap<Text, Origin>,
    /// Choices of options that there are not: what is computed from them is no mistake of its own.
    unknown: HashSet<Text>,
    errors: Vec<Error>,
    warnings: Vec<Error>,
    /// A cycle or a limit: going on makes no sense.
    stopped: bool,
    /// Items whose names are computed.
    deferred: Deferred,
}

/// Where in the expansion a subtree stands.
#[derive(Clone, Copy)]
struct Within {
    primary: bool,
    /// Only so many of the overrides (in the order they were met) may act: those known when the choice was put off.
    eligible: Option<usize>,
    /// The name was computed from a choice that is wrong.
    unsure: bool,
    depth: usize,
}

impl Expander<'_> {
    fn run(&mut self, start: Start<'_>) {
        let root = NodeId::ROOT;
        let mut tops: Vec<Item> =
            start.preludes.iter().map(|path| Item::config(path.clone(), Origin::NONE)).collect();
        let mut primary = Item::config(start.primary.unwrap_or(EMPTY).into(), start.primary_origin);
        primary.primary = true;
        tops.push(primary);
        let mut children = Vec::with_capacity(tops.len());
        for item in tops.into_iter().rev() {
            let is_primary = item.primary;
            let id = self.tree.add(item, root);
            children.push(id);
            self.expand(id, Within { primary: is_primary, eligible: None, unsure: false, depth: 0 });
        }
        children.reverse();
        self.tree.adopt(root, children);
        self.resolve_deferred();
    }

    fn expand(&mut self, id: NodeId, within: Within) {
        if self.stopped {
            return;
        }
        let item = self.tree.item(id);
        let path = item.config_path();
        let document = match item.name() {
            Some(_) if !(item.is_missing() || within.primary && path == EMPTY) => {
                match self.repository.load(&path) {
                    Ok(document) => document,
                    Err(error) => {
                        let why = item.why;
                        self.errors.push(error.at(why, "included here"));
                        return;
                    }
                }
            }
            _ => None,
        };
        if let Some((header, _)) = document.as_ref().and_then(|d| d.header.as_ref()) {
            let header = header.clone();
            self.tree.item_mut(id).set_header(&header);
        }
        if !within.primary && self.delete(id) {
            return;
        }
        let is_told = self.record(id);
        let item = self.tree.item(id);
        if item.name().is_none() {
            return;
        }
        if item.is_missing() {
            if !self.skip_missing && !is_told {
                self.errors.push(complaints::missing_choice(self.repository, item));
            }
            return;
        }
        match document {
            Some(document) => self.expand_document(id, &path, &document, within),
            None if within.primary && path == EMPTY => self.expand_list(id, Vec::new(), within),
            None if item.optional => self.tree.item_mut(id).deleted = Some(Origin::NONE),
            None => {
                if item.is_group() {
                    self.unknown.insert(item.override_key());
                }
                if within.unsure {
                    return;
                }
                let is_drawn = self.errors.len() < DRAWN;
                self.errors.push(complaints::not_found(self.repository, &self.tree, id, is_drawn));
            }
        }
    }

    fn expand_document(&mut self, id: NodeId, path: &Text, document: &Arc<Document>, within: Within) {
        self.tree.place(id, path.clone(), Arc::clone(document));
        if document.defaults.is_empty() {
            if within.primary {
                self.expand_list(id, Vec::new(), within);
            }
            return;
        }
        if let Some(error) = complaints::cycle(&self.tree, id) {
            self.stop(error);
            return;
        }
        if within.depth >= DEPTH {
            self.stop(complaints::too_deep(&self.tree, id, DEPTH));
            return;
        }
        let items = document.defaults.iter().map(Item::from_element).collect();
        self.expand_list(id, items, within);
    }

    /// Expands the items of the config `id`, from the last to the first.
    fn expand_list(&mut self, id: NodeId, mut items: Vec<Item>, within: Within) {
        let appended = if within.primary { self.requests.appended() } else { Vec::new() };
        if items.is_empty() && appended.is_empty() {
            return;
        }
        self.check_self(&items);
        // As in Hydra, a list that holds only overrides gets no `_self_`: alone, the config counts as one without a
        // list; beside something appended it is left out, which nobody can want.
        let only_overrides = !items.is_empty() && items.iter().all(Item::is_override);
        if only_overrides && !appended.is_empty() {
            self.warnings.push(complaints::left_out(&self.tree, id, &items[0]));
        }
        if !only_overrides && !items.iter().any(Item::is_self) {
            items.push(Item::new(Role::Itself, None, self.tree.item(id).origin));
        }
        items.extend(appended);
        let base = self.tree.item(id).group_path();
        let package = self.tree.item(id).final_package();
        for item in &mut items {
            item.hang(&base, &package);
        }
        self.check_order(&items, within.eligible.is_some());
        let mut children = Vec::with_capacity(items.len());
        for item in items.into_iter().rev() {
            if self.stopped {
                return;
            }
            self.expand_item(id, item, within, &mut children);
        }
        children.reverse();
        self.tree.adopt(id, children);
    }

    fn expand_item(&mut self, parent: NodeId, mut item: Item, within: Within, children: &mut Vec<NodeId>) {
        if item.is_self() {
            item.role = Role::Itself;
            children.push(self.tree.add(item, parent));
            return;
        }
        if item.is_override() {
            if complaints::check_paths(&item, &mut self.errors) && within.eligible.is_none() {
                self.requests.add_override(&item);
            }
            return;
        }
        if item.is_group() {
            self.requests.override_choice(&mut item, within.eligible);
        }
        if !complaints::check_paths(&item, &mut self.errors) {
            return;
        }
        if self.tree.len() >= ITEMS {
            let error =
                Error::new(ErrorKind::Limit, format!("all defaults lists together have over {ITEMS} items"));
            self.stop(complaints::chain(error, &self.tree, parent));
            return;
        }
        let below = Within { primary: false, unsure: false, depth: within.depth + 1, ..within };
        if let Some(Choice::Many(picks)) = item.choice() {
            self.lists.entry(item.override_key()).or_insert(item.why);
            for pick in picks.iter().rev() {
                let option = item.option(pick);
                let id = self.tree.add(option, parent);
                children.push(id);
                self.expand(id, below);
            }
            return;
        }
        let interpolated = item.is_interpolated();
        let id = self.tree.add(item, parent);
        children.push(id);
        if interpolated {
            let eligible = within.eligible.unwrap_or(self.requests.override_count());
            self.tree.defer(id, eligible);
        } else {
            self.expand(id, below);
        }
    }

    fn check_self(&mut self, items: &[Item]) {
        let mut selves = items.iter().filter(|item| item.is_self());
        if let (Some(first), Some(second)) = (selves.next(), selves.next()) {
            self.errors.push(
                Error::new(ErrorKind::Defaults, "`_self_` stands twice in one defaults list")
                    .at(second.origin, "again here")
                    .at(first.origin, "first here")
                    .help("remove one of them"),
            );
        }
    }

    /// Overrides stand at the end of a list, and not below an item that is computed from choices.
    fn check_order(&mut self, items: &[Item], interpolated: bool) {
        let mut last: Option<&Item> = None;
        for item in items.iter().filter(|item| !item.is_self() && !item.is_appended()) {
            if item.is_override() {
                last = Some(item);
                if interpolated {
                    self.errors.push(
                        Error::new(ErrorKind::Defaults, "an override below a computed choice comes too late")
                            .at(item.origin, "the choices are made by now")
                            .help("move the override to a config that is not selected by `${…}`"),
                    );
                }
            } else if let Some(before) = last {
                self.errors.push(
                    Error::new(
                        ErrorKind::Defaults,
                        format!("`override {}` must stand behind all other items", before.written_key()),
                    )
                    .at(before.origin, "this override")
                    .at(item.origin, "comes before this item")
                    .help("move overrides to the end of the defaults list"),
                );
                return;
            }
        }
    }

    /// Marks the node as deleted if an argument says so.
    fn delete(&mut self, id: NodeId) -> bool {
        if self.requests.deletions.is_empty() {
            return false;
        }
        let item = self.tree.item(id);
        let deleted = if item.is_group() {
            let key = item.override_key();
            self.requests.delete(&key, item.name())
        } else {
            let path = item.config_path();
            self.requests.delete_config(&path)
        };
        if deleted.is_some() {
            self.tree.item_mut(id).deleted = deleted;
        }
        deleted.is_some()
    }

    /// Notes the choice of a group; a second, different one is a conflict. Returns whether there is one.
    fn record(&mut self, id: NodeId) -> bool {
        let item = self.tree.item(id);
        if !item.is_group() {
            return false;
        }
        let name = item.name().map(Text::from);
        let appended = item.is_appended();
        let known = Known { name, why: item.why, group: item.group_path(), appended };
        let before = self.errors.len();
        match self.known.entry(item.override_key()) {
            indexmap::map::Entry::Vacant(free) => {
                self.deferred.wake(free.key());
                free.insert(known);
            }
            indexmap::map::Entry::Occupied(before) if before.get().name == known.name => {}
            // One of the two is no option: what was meant is not known.
            indexmap::map::Entry::Occupied(before) if self.unknown.contains(before.key()) => {}
            indexmap::map::Entry::Occupied(before) => {
                self.errors.push(complaints::conflict(before.key(), before.get(), item));
            }
        }
        self.errors.len() > before
    }

    fn stop(&mut self, error: Error) {
        self.errors.push(error);
        self.stopped = true;
    }

    /// Expands the items whose names are computed, as soon as the choices they need are known: of those that are
    /// ready always the one that stands first.
    fn resolve_deferred(&mut self) {
        self.defer_below(NodeId::ROOT, &Rank::default());
        while !self.stopped
            && let Some((rank, id)) = self.deferred.ready.pop_first()
        {
            match resolve(self.tree.item(id), &self.known) {
                Err(missing) => self.deferred.wait(missing, rank, id),
                Ok(resolved) => {
                    let unsure = inserted(self.tree.item(id)).any(|key| self.unknown.contains(key));
                    let eligible = self.tree.undefer(id).unwrap_or(0);
                    *self.tree.item_mut(id) = resolved;
                    if complaints::check_paths(self.tree.item(id), &mut self.errors) {
                        let depth = self.tree.depth(id);
                        self.expand(id, Within { primary: false, eligible: Some(eligible), unsure, depth });
                        self.defer_below(id, &rank);
                    }
                }
            }
        }
        if !self.stopped {
            let waiting = std::mem::take(&mut self.deferred).left();
            let lists = |key: &str| self.requests.list_for(key).or_else(|| self.lists.get(key).copied());
            self.errors.extend(complaints::unresolved(&self.tree, &waiting, &self.known, &lists));
        }
    }

    /// Takes note of the items below (and with) a node that are put off. They stand where the node stood.
    fn defer_below(&mut self, id: NodeId, rank: &Rank) {
        let mut inner = Vec::new();
        self.tree.deferred_below(id, &mut inner);
        let ranked = inner.into_iter().enumerate().map(|(at, id)| {
            let mut rank = rank.clone();
            rank.push(at);
            (rank, id)
        });
        self.deferred.ready.extend(ranked);
    }
}

/// The order in which items that are put off stand in the list: a place for each level of items that brought in others.
type Rank = Vec<usize>;

/// The items that are put off: each one is looked at when it is met, and again when the choice it waits for is made.
#[derive(Debug, Default)]
struct Deferred {
    /// To be looked at, the first in the list first.
    ready: BTreeMap<Rank, NodeId>,
    /// By the choice that they wait for.
    waiting: HashMap<Text, Vec<(Rank, NodeId)>>,
}

impl Deferred {
    fn wait(&mut self, choice: Text, rank: Rank, id: NodeId) {
        self.waiting.entry(choice).or_default().push((rank, id));
    }

    /// The choice has been made.
    fn wake(&mut self, choice: &Text) {
        self.ready.extend(self.waiting.remove(choice).into_iter().flatten());
    }

    /// What waits still, in the order of the list.
    fn left(self) -> Vec<NodeId> {
        let left: BTreeMap<Rank, NodeId> =
            self.ready.into_iter().chain(self.waiting.into_values().flatten()).collect();
        left.into_values().collect()
    }
}

/// The item with every `${choice}` in its name replaced.
///
/// # Errors
/// The first choice that is not known.
fn resolve(item: &Item, known: &IndexMap<Text, Known>) -> Result<Item, Text> {
    let mut resolved = item.clone();
    match &mut resolved.role {
        Role::Config { path, option } => {
            let absolute = path.starts_with('/');
            let text = substitute(path.strip_prefix('/').unwrap_or(path), known)?;
            *option = text.rsplit('/').next().map(Text::from);
            *path = if absolute { format!("/{}", text.trim_start_matches('/')).into() } else { text };
        }
        Role::Group { group, choice: Choice::One(pick), written, .. } => {
            let text = substitute(&pick.name, known)?;
            match text.rsplit_once('/') {
                Some((prefix, name)) if text.split('/').all(|segment| segment != "..") => {
                    *written = Some(group.clone());
                    *group = format!("{group}/{prefix}").into();
                    pick.name = name.into();
                }
                _ => pick.name = text,
            }
        }
        _ => {}
    }
    Ok(resolved)
}

/// The keys of the choices that a computed name is made of.
fn inserted(item: &Item) -> impl Iterator<Item = &str> {
    let text = match &item.role {
        Role::Config { path, .. } => path.as_str(),
        Role::Group { choice: Choice::One(pick), .. } => pick.name.as_str(),
        _ => "",
    };
    text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.trim()))
}

/// Replaces every `${key}` by the choice of that key.
///
/// # Errors
/// The first key of which no choice is known. What is no key at all never will be.
fn substitute(text: &str, known: &IndexMap<Text, Known>) -> Result<Text, Text> {
    let mut out = Text::default();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let inner = &from[2..];
        let end = inner.find(['{', '}']).filter(|&end| inner.as_bytes()[end] == b'}');
        let end = end.ok_or_else(|| Text::from(inner))?;
        let key = inner[..end].trim();
        let name = known.get(key).and_then(|known| known.name.as_ref());
        let name =
            name.filter(|name| *name != "???" && !name.contains("${")).ok_or_else(|| Text::from(key))?;
        out.push_str(before);
        out.push_str(name);
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}
