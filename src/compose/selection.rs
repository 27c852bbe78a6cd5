//! Which configs a composition is made of, in order, each with the reason.

use std::sync::Arc;

use crate::compose::document::Document;
use crate::compose::expand::{Expanded, Known};
use crate::compose::item::Role;
use crate::compose::repository::Repository;
use crate::compose::tree::{NodeId, Tree};
use crate::diag::{Error, ErrorKind, Origin, Source, SourceId, SourceKind, Span};
use crate::schema::Schema;
use crate::value::{HashMap, IndexMap, KeyPath, Kind, Map, Node, Slot, Text};

/// A config of the final defaults list.
#[derive(Clone, Debug)]
pub struct Included {
    /// Where it is: `db/mysql`.
    pub config_path: Text,
    /// Where its content lands; empty for the root.
    pub package: Text,
    /// The config whose defaults list brought it in.
    pub parent: Option<Text>,
    /// Whether it is the body of a config that has a defaults list (`_self_`).
    pub is_self: bool,
    /// Whether it is the config that was asked for.
    pub primary: bool,
    /// Whether it stands before the primary config without being asked for, as `hydra/config` does, or is brought in
    /// by such a config.
    pub prelude: bool,
    /// The key that overrides its choice, if it was chosen in a group.
    pub override_key: Option<Text>,
    /// What brought it in: an item of a defaults list, or an argument.
    pub why: Origin,
    /// The config itself.
    pub document: Arc<Document>,
    /// Whether it is the option of a group, one of several, or the body of one.
    pub(crate) is_option: bool,
    /// The options whose defaults lists brought it in, the outermost first.
    pub(crate) within: Vec<Included>,
}

impl Included {
    /// The defaults of a schema, as the config that comes first.
    pub(crate) fn defaults_of(schema: &Schema, repository: &Repository) -> Self {
        let expected = schema.expected();
        let name = expected.as_struct().map_or("the schema", |fields| fields.name.as_str());
        let label = format!("defaults of {name}");
        let source = repository.sources().add(Source::new(SourceKind::Code, label.as_str(), ""));
        let mut root = expected.defaults();
        if root.as_map().is_none() {
            root = Node::from(Map::default());
        }
        let origin = Origin::new(source, Span::default());
        Self {
            config_path: label.into(),
            package: Text::default(),
            parent: None,
            is_self: false,
            primary: false,
            prelude: true,
            override_key: None,
            why: Origin::NONE,
            document: Arc::new(Document::of_tree(from(root, origin), source)),
            is_option: false,
            within: Vec::new(),
        }
    }
}

/// The tree with a place for what has none.
fn from(node: Node, origin: Origin) -> Node {
    let place = if node.origin.is_known() { node.origin } else { origin };
    let kind = match node.kind {
        Kind::Map(map) => {
            let slots = map.iter().map(|(key, slot)| {
                let node = from(slot.node.clone(), origin);
                let origin = if slot.origin.is_known() { slot.origin } else { origin };
                (key.clone(), Slot { origin, node })
            });
            Kind::Map(Arc::new(slots.collect()))
        }
        Kind::List(items) => {
            Kind::List(Arc::new(items.iter().map(|item| from(item.clone(), origin)).collect()))
        }
        kind => kind,
    };
    Node::new(kind, place)
}

/// Two includes that put the same config at the same place are the same, whatever brought them in.
impl PartialEq for Included {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.document, &other.document)
            && self.package == other.package
            && self.config_path == other.config_path
            && self.primary == other.primary
            && self.within == other.within
    }
}

/// The tree of defaults lists, for people to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// The path of the config; `_self_` for the place of a body in its own list; `<root>` above everything.
    pub config_path: Text,
    /// The key of the group, if it is a choice.
    pub override_key: Option<Text>,
    /// Where its content lands.
    pub package: Text,
    /// Why it adds nothing, if it does not.
    pub absent: Option<Absent>,
    /// What brought it in.
    pub why: Origin,
    /// What its own list brings in.
    pub children: Vec<Branch>,
}

/// Why an item of a defaults list adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// The choice is `null`.
    Null,
    /// The choice is still to be made (`???`).
    Open,
    /// It was deleted by an argument.
    Deleted,
    /// It is optional and does not exist.
    Optional,
}

/// Which configs a composition is made of.
#[derive(Debug)]
pub struct Selection {
    pub(crate) included: Vec<Included>,
    pub(crate) choices: IndexMap<Text, Known>,
    /// Override keys of lists of options.
    pub(crate) lists: IndexMap<Text, Origin>,
    pub(crate) tree: Tree,
    pub(crate) config_name: Option<Text>,
    pub(crate) warnings: Vec<Error>,
    pub(crate) repository: Arc<Repository>,
}

/// As [`Selection::option_places`], of some of its configs.
pub(crate) fn option_places(included: &[Included]) -> Vec<(KeyPath, SourceId)> {
    let of_program = included.iter().filter(|one| !one.prelude);
    let places = of_program.flat_map(|one| {
        let options = one.within.iter().chain(Some(one).filter(|one| one.is_option));
        options.map(|option| (KeyPath::parse(&option.package), one.document.origin().source))
    });
    places.collect()
}

impl Selection {
    /// What was written for a place because an option was chosen for it: the option, and what its own defaults list brings.
    pub(crate) fn option_places(&self) -> Vec<(KeyPath, SourceId)> {
        option_places(&self.included)
    }

    /// Reads the final list off an expanded tree.
    pub(crate) fn new(
        expanded: Expanded,
        repository: &Arc<Repository>,
        config_name: Option<Text>,
        errors: &mut Vec<Error>,
    ) -> Self {
        let Expanded { tree, known, lists, errors: found, warnings } = expanded;
        errors.extend(found);
        let broken = !errors.is_empty();
        let mut included = Vec::new();
        let mut keys: HashMap<Text, NodeId> = HashMap::default();
        for id in tree.leaves() {
            let Some(entry) = entry(&tree, id) else { continue };
            // A conflict of choices was told already.
            if let Some(key) = &entry.override_key {
                match keys.get(key) {
                    Some(&first) if !broken => errors.push(twice(key, &tree, id, first)),
                    Some(_) => {}
                    None => drop(keys.insert(key.clone(), id)),
                }
            }
            included.push(entry);
        }
        let repository = Arc::clone(repository);
        Self { included, choices: known, lists, tree, config_name, warnings, repository }
    }

    /// The configs in the order in which they are merged.
    pub fn included(&self) -> &[Included] {
        &self.included
    }

    /// The choice of each group by override key, `None` for an empty one, in the order of `hydra.runtime.choices`.
    pub fn choices(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.choices.iter().map(|(key, known)| (key.as_str(), known.name.as_deref()))
    }

    /// The name of the primary config.
    pub fn config_name(&self) -> Option<&str> {
        self.config_name.as_deref()
    }

    /// The repository that the configs come from, with what `hydra.searchpath` added.
    pub fn repository(&self) -> &Arc<Repository> {
        &self.repository
    }

    /// What is suspicious and no error.
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    /// The tree of defaults lists.
    pub fn tree(&self) -> Branch {
        branch(&self.tree, NodeId::ROOT)
    }

    /// Whether both compose the same configs and note the same choices.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let choices =
            |s: &Self| s.choices.iter().map(|(k, v)| (k.clone(), v.name.clone())).collect::<Vec<_>>();
        self.included == other.included
            && self.config_name == other.config_name
            && choices(self) == choices(other)
    }
}

/// Two choices that are the same one. One item is met twice where something above it is brought in twice.
fn twice(key: &Text, tree: &Tree, now: NodeId, first: NodeId) -> Error {
    let error = Error::new(ErrorKind::Defaults, format!("`{key}` is chosen twice"));
    let chain = |id: NodeId| std::iter::once(id).chain(tree.ancestors(id)).map(|id| tree.item(id).why);
    let ways = chain(now).zip(chain(first)).enumerate().find(|(_, (now, first))| now != first);
    let error = match ways {
        Some((0, (now, first))) => error.at(now, "again here").at(first, "first here"),
        Some((_, (again, before))) => {
            let error = error.at(tree.item(now).why, "this item is met twice");
            error.at(again, "again by way of this one").at(before, "first by way of this one")
        }
        None => error.at(tree.item(now).why, "here"),
    };
    error.help("remove one of them")
}

pub(crate) fn absent(tree: &Tree, id: NodeId) -> Option<Absent> {
    let item = tree.item(id);
    if let Some(by) = item.deleted {
        return Some(if by.is_known() { Absent::Deleted } else { Absent::Optional });
    }
    if item.is_missing() || item.is_interpolated() {
        return Some(Absent::Open);
    }
    let empty = item.is_group() && item.name().is_none();
    empty.then_some(Absent::Null)
}

fn entry(tree: &Tree, id: NodeId) -> Option<Included> {
    let item = tree.item(id);
    if absent(tree, id).is_some() {
        return None;
    }
    let owner = if item.role == Role::Itself { tree.parent(id)? } else { id };
    let mut included = of(tree, id, owner)?;
    let options = tree.ancestors(owner).filter(|&above| tree.item(above).is_group());
    included.within = options.filter_map(|above| of(tree, above, above)).collect();
    included.within.reverse();
    Some(included)
}

/// What the item `id` brings in: the config of `owner`.
fn of(tree: &Tree, id: NodeId, owner: NodeId) -> Option<Included> {
    let item = tree.item(id);
    let document = Arc::clone(tree.document(owner)?);
    let about = tree.item(owner);
    let above = tree.parent(owner);
    // Without preludes the primary config stands alone, with nothing above.
    let alone = above == Some(NodeId::ROOT) && tree.children(NodeId::ROOT).len() == 1;
    Some(Included {
        config_path: tree.path(owner).clone(),
        package: about.final_package(),
        parent: above.filter(|_| !alone).map(|above| tree.path(above).clone()),
        is_self: item.role == Role::Itself,
        primary: about.primary,
        prelude: !tree.item(tree.top(owner)).primary,
        override_key: item.is_group().then(|| item.override_key()),
        why: about.why,
        document,
        is_option: about.is_group() || about.is_listed(),
        within: Vec::new(),
    })
}

fn branch(tree: &Tree, id: NodeId) -> Branch {
    let item = tree.item(id);
    let (config_path, package) = match &item.role {
        Role::Root => (Text::const_new("<root>"), Text::default()),
        Role::Itself => {
            let owner = tree.parent(id).map(|owner| tree.item(owner).final_package());
            (Text::const_new("_self_"), owner.unwrap_or_default())
        }
        _ => (item.config_path(), item.final_package()),
    };
    Branch {
        config_path,
        override_key: item.is_group().then(|| item.override_key()),
        package,
        absent: absent(tree, id),
        why: item.why,
        children: tree.children(id).iter().map(|&child| branch(tree, child)).collect(),
    }
}
