//! Applies one assignment of the command line to a composed tree.
//!
//! The tree is closed then: `a=1` changes what is there, `+a=1` adds what is not, `++a=1` does either, `~a` deletes.
//! What a closed struct of the schema lacks, nothing can add.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::merge::document::{Says, absent, merge_at, reach, too_deep, twin, twins};
use crate::merge::observer::Observer;
use crate::merge::variant::becomes;
use crate::resolve::{Context, Scope};
use crate::schema::{Expected, Type};
use crate::value::{Key, KeyPath, Kind, Map, Node};

/// What to do at a path.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// `a=1`: changes a value that is there. Mappings merge, everything else replaces.
    Change(Node),
    /// `+a=1`: adds a value that is not there, or is `null` or `???`. Mappings and lists may be there.
    Add(Node),
    /// `++a=1`: changes or adds.
    Force(Node),
    /// `~a`, `~a=1`: deletes a value, if it equals the one given.
    Delete(Option<Node>),
    /// `a=extend_list(…)`: appends to a list.
    Extend(Vec<Node>),
}

/// One assignment: what to do, where, and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Where.
    pub path: KeyPath,
    /// What.
    pub action: Action,
    /// Where it was written: the key, for messages.
    pub origin: Origin,
}

/// Applies an assignment. After an error the tree may be changed in part and is of no further use.
///
/// ```
/// use mainstem::diag::Origin;
/// use mainstem::facts::Facts;
/// use mainstem::merge::{Action, Assignment, Context, assign};
/// use mainstem::resolve::{Cache, Resolvers};
/// use mainstem::value::{Key, KeyPath, Map, Node};
/// let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
/// let context = Context::new(&resolvers, &cache, &facts);
/// let mut root = Node::from(Map::default());
/// let mut set = |action| {
///     let assignment = Assignment { path: KeyPath::parse("db.user"), action, origin: Origin::NONE };
///     assign(&mut root, &assignment, context, &mut ())
/// };
/// let error = set(Action::Change(Node::from("ada"))).unwrap_err();
/// assert_eq!(error.message(), "there is no key `db`");
/// set(Action::Add(Node::from("ada")))?;
/// set(Action::Change(Node::from("eve")))?;
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
///
/// # Errors
/// There is no such key to change or delete, or one that may not be added; values that cannot be merged or do not
/// fit their type; an interpolation on the way that cannot be resolved.
pub fn assign<O: Observer>(
    root: &mut Node,
    assignment: &Assignment,
    context: Context<'_>,
    observer: &mut O,
) -> Result<()> {
    let Assignment { path, action, origin } = assignment;
    let named = named(root, path, context);
    let path = named.as_ref().unwrap_or(path);
    if let Some(error) = too_deep(path.len(), &Node::null()) {
        return Err(error.at(*origin, "this path"));
    }
    match action {
        Action::Change(value) => update(root, path, value, *origin, context, false, observer),
        Action::Force(value) => update(root, path, value, *origin, context, true, observer),
        Action::Add(value) => {
            may_add(root, path, value, *origin, context)?;
            update(root, path, value, *origin, context, true, observer)
        }
        Action::Delete(expected) => delete(root, path, expected.as_ref(), *origin, context, observer),
        Action::Extend(items) => extend(root, path, items, *origin, context, observer),
    }
}

/// The path with the names of fields, if it calls one of them by another name.
fn named(root: &Node, path: &KeyPath, context: Context<'_>) -> Option<KeyPath> {
    if context.schema.is_any() {
        return None;
    }
    let (mut here, mut node, mut renamed) = (context.schema.expected(), Some(root), None);
    for (i, key) in path.keys().iter().enumerate() {
        if here.is_any() {
            break;
        }
        let variant = node.and_then(|node| here.variant_of(node));
        let name = here.alias(variant, key).map(|name| Key::Str(name.clone()));
        let key = name.as_ref().unwrap_or(key);
        let below = here.child_in(variant, key)?;
        node = node.and_then(|node| node.child(key));
        if let Some(name) = name {
            renamed.get_or_insert_with(|| path.keys().to_vec())[i] = name;
        }
        here = below;
    }
    renamed.map(|keys| keys.into_iter().collect())
}

/// Adding a scalar needs a place where nothing is. What is there must be known, for whatever is added.
fn may_add(root: &Node, path: &KeyPath, value: &Node, origin: Origin, context: Context<'_>) -> Result<()> {
    let scope = Scope::new(root, context);
    let Some(there) = scope.select_shallow(path).map_err(|error| error.at(origin, "to add this"))? else {
        return Ok(());
    };
    if value.is_container() || matches!(there.kind, Kind::Null | Kind::Missing) {
        return Ok(());
    }
    let error = Error::new(ErrorKind::KeyExists, format!("`{path}` is there already"))
        .at(origin, "cannot be added")
        .at(there.origin, "stands here");
    Err(error.help(format!("`{path}=…` changes it, `++{path}=…` adds or changes")))
}

/// Where an update leads: a container that is there, and the keys that go on from it.
struct Way<'p> {
    container: KeyPath,
    rest: &'p [Key],
}

/// Follows a path as far as there are containers; interpolations on the way lead to what they stand for.
fn way<'p>(root: &Node, path: &'p KeyPath, origin: Origin, context: Context<'_>) -> Result<Way<'p>> {
    let keys = path.keys();
    let mut container = KeyPath::ROOT;
    for (i, key) in keys.iter().enumerate() {
        let rest = &keys[i..];
        if i + 1 == keys.len() {
            return Ok(Way { container, rest });
        }
        let place = look(root, &container).ok_or_else(|| absent(&container).at(origin, ""))?;
        let Some((key, child)) = step(place, key, &container, origin)? else {
            return Ok(Way { container, rest });
        };
        let next = container.child(key);
        match &child.kind {
            Kind::Map(_) | Kind::List(_) => container = next,
            Kind::Template(_) => {
                let target = Scope::new(root, context).target(&next);
                match target.map_err(|error| error.at(origin, "to write below it"))? {
                    Some(target) => container = target,
                    None => return Ok(Way { container, rest }),
                }
            }
            Kind::Null if context.schema.at(&next).is_container() => {
                let message = format!("`{path}` cannot be set, because `{next}` is null");
                let error = Error::new(ErrorKind::Type, message).at(origin, "").at(child.origin, "null here");
                return Err(error.help(format!("set it as a whole: `{next}={{…}}`")));
            }
            _ => return Ok(Way { container, rest }),
        }
    }
    Ok(Way { container, rest: &[] })
}

/// The value at a path of keys.
fn look<'n>(root: &'n Node, path: &KeyPath) -> Option<&'n Node> {
    path.keys().iter().try_fold(root, Node::child)
}

/// The key of an override as the container knows it, with its value.
fn step<'n>(place: &'n Node, key: &Key, path: &KeyPath, origin: Origin) -> Result<Option<(Key, &'n Node)>> {
    match key {
        Key::Str(text) => place.find(text).ok_or_else(|| no_index(text, path, place, origin)),
        key => Ok(place.as_map().and_then(|map| map.get(key)).map(|child| (key.clone(), child))),
    }
}

fn update<O: Observer>(
    root: &mut Node,
    path: &KeyPath,
    value: &Node,
    origin: Origin,
    context: Context<'_>,
    force: bool,
    observer: &mut O,
) -> Result<()> {
    let Way { container, rest } = way(root, path, origin, context)?;
    let Some((first, below)) = rest.split_first() else {
        return Err(Error::new(ErrorKind::Usage, "an assignment needs a key").at(origin, ""));
    };
    if let Some(error) = too_deep(container.len() + rest.len(), value) {
        return Err(error.at(origin, "too deep for this value"));
    }
    let place = look(root, &container).ok_or_else(|| absent(&container).at(origin, ""))?;
    let found = step(place, first, &container, origin)?;
    let key = found.as_ref().map_or_else(|| first.clone(), |(key, _)| key.clone());
    let target = container.child(key.clone());
    let there = found.map(|(_, node)| node);
    if there.is_none() {
        if place.as_list().is_some() {
            return Err(out_of_range(place, &key, &container, origin));
        }
        let expected = context.schema.expected().at_in(root, &container);
        let variant = expected.variant_of(place);
        if expected.child_in(variant, &key).is_none()
            && let Some(error) = expected.unknown(variant, &key, &target, origin)
        {
            return Err(error);
        }
        if let (false, Some(map)) = (force, place.as_map()) {
            return Err(no_key(map, &key, &target, path).at(origin, "cannot be changed"));
        }
    }
    if below.is_empty() && value.is_container() && there.is_some_and(Node::is_container) {
        let at = origin;
        let says = if force { Says::Force } else { Says::Change };
        return merge_at(root, &target, value, context, says, observer).map_err(|error| {
            match error.labels() {
                [] => error.at(at, ""),
                _ => error,
            }
        });
    }
    let is_open = there.is_some_and(|node| matches!(node.kind, Kind::Missing));
    let names_variant = is_open && is_tag(context.schema.expected().at_in(root, &target), below);
    if let (Some(next), false) = (below.first(), force || names_variant) {
        // Whatever stands there gives way to an empty mapping, and that is closed too.
        let at = target.child(next.clone());
        let error = no_key(&Map::default(), next, &at, path).at(origin, "cannot be changed");
        return Err(match there {
            Some(node) => error.at(node.origin, format!("`{target}` is {}", node.describe())),
            None => error,
        });
    }
    let mut node = value.clone();
    for key in below.iter().rev() {
        let mut map = Map::default();
        map.insert(key.clone(), origin, node);
        node = Node::new(Kind::Map(Arc::new(map)), value.origin);
    }
    put(root, &container, key, node, origin, context, observer)
}

/// Whether keys are the one that says which variant of an enum a value is: it makes the value where none was given.
fn is_tag(expected: Expected<'_>, keys: &[Key]) -> bool {
    let tag = expected.as_enum().and_then(|variants| variants.tag.as_deref());
    matches!(keys, [key] if tag.is_some() && key.as_str() == tag)
}

/// Sets a key of a container, in the type that it must have.
fn put<O: Observer>(
    root: &mut Node,
    container: &KeyPath,
    key: Key,
    node: Node,
    origin: Origin,
    context: Context<'_>,
    observer: &mut O,
) -> Result<()> {
    let target = container.child(key.clone());
    let mut errors = Vec::new();
    let holder = context.schema.expected().at_in(root, container);
    let expected = context.schema.expected().at_in(root, &target);
    let node = expected.filled(expected.fit(node, &target, &mut errors));
    errors.extend(holder.wrong_key(&key, container, origin));
    if let Some(error) = Error::all(errors) {
        return Err(error);
    }
    let place = reach(root, container)?;
    if O::LISTENS {
        let old = place.child(&key);
        observer.set(&target, old, &node);
    }
    match &mut place.kind {
        Kind::Map(map) => {
            if let Some(other) = twin(map, &key) {
                return Err(twins(&other, &key).at(origin, "spells the same"));
            }
            let map = Arc::make_mut(map);
            if holder.as_enum().is_some() {
                let mut comes = Map::default();
                comes.insert(key.clone(), origin, node.clone());
                becomes(map, &comes, holder, container, context.givers, observer);
            }
            map.insert(key, origin, node);
        }
        Kind::List(_) => *reach(place, &KeyPath::ROOT.child(key))? = node,
        _ => return Err(no_container(place, container, origin)),
    }
    Ok(())
}

fn delete<O: Observer>(
    root: &mut Node,
    path: &KeyPath,
    expected: Option<&Node>,
    origin: Origin,
    context: Context<'_>,
    observer: &mut O,
) -> Result<()> {
    let scope = Scope::new(root, context);
    let missing = || {
        let error =
            Error::new(ErrorKind::UnknownKey, format!("`{path}` cannot be deleted: it does not exist"));
        let error = error.at(origin, "no such key");
        let near = path.split_last().and_then(|(above, key)| {
            let near = near(look(root, &above)?.as_map()?, key)?;
            Some(above.child(Key::from(near.as_str())))
        });
        match near {
            Some(near) => error.help(format!("did you mean `~{near}`?")),
            None => error,
        }
    };
    let target = match scope.locate(path) {
        Ok(target) => target.ok_or_else(missing)?,
        Err(error) if error.kind() == ErrorKind::Type => return Err(missing()),
        Err(error) => return Err(error.at(origin, "to delete this")),
    };
    let Some(there) = look(root, &target) else { return Err(missing()) };
    if let Some(expected) = expected {
        let found = scope.select(&target).map_err(|error| error.at(origin, "to compare with this"))?;
        if !found.is_some_and(|found| found.equals_loosely(expected)) {
            let message = format!("`{path}` is not deleted: it has another value");
            let error = Error::new(ErrorKind::KeyExists, message).at(expected.origin, "not equal");
            return Err(error
                .at(there.origin, "the value")
                .help(format!("`~{path}` deletes it, whatever it is")));
        }
    } else {
        scope.select_shallow(&target).map_err(|error| error.at(origin, "to delete this"))?;
    }
    let Some((above, key)) = target.split_last() else { return Err(missing()) };
    if let Some(fields) = context.schema.expected().at_in(root, &above).as_struct()
        && key.as_str().is_some_and(|name| fields.fields.contains_key(name))
    {
        let message = format!("`{path}` cannot be deleted: {} always has it", fields.name);
        return Err(Error::new(ErrorKind::Type, message).at(origin, ""));
    }
    let key = key.clone();
    // The scope shares the tree, and what is shared is copied before it changes.
    drop(scope);
    let place = reach(root, &above)?;
    let old = match (&mut place.kind, &key) {
        (Kind::Map(map), key) => Arc::make_mut(map).remove(key),
        (Kind::List(list), Key::Int(i)) => {
            let at = usize::try_from(*i).ok().filter(|&at| at < list.len());
            at.map(|at| Arc::make_mut(list).remove(at))
        }
        _ => return Err(no_container(place, &above, origin)),
    };
    let old = old.ok_or_else(|| absent(&target).at(origin, ""))?;
    if O::LISTENS {
        observer.removed(&target, &old);
    }
    Ok(())
}

fn extend<O: Observer>(
    root: &mut Node,
    path: &KeyPath,
    items: &[Node],
    origin: Origin,
    context: Context<'_>,
    observer: &mut O,
) -> Result<()> {
    let scope = Scope::new(root, context);
    let real = scope.extent(path).map_err(|error| error.at(origin, "to extend this"))?;
    let target = real.as_ref().and_then(|real| look(root, real));
    let (Some(real), Some(list)) = (&real, target) else {
        let error = Error::new(ErrorKind::UnknownKey, format!("there is no list `{path}` to extend"));
        return Err(error.at(origin, "no such key"));
    };
    if matches!(list.kind, Kind::Missing) {
        let error = Error::new(ErrorKind::MissingValue, format!("`{path}` is ??? and cannot be extended"));
        return Err(error.at(origin, "").at(list.origin, "not given"));
    }
    let Kind::List(_) = &list.kind else {
        let message = format!("`{path}` is {} and cannot be extended", list.describe());
        return Err(Error::new(ErrorKind::Type, message).at(origin, "").at(list.origin, "no list"));
    };
    if let Some(error) = items.iter().find_map(|item| too_deep(real.len() + 1, item)) {
        return Err(error.at(origin, "too deep for these items"));
    }
    let ty = context.schema.expected().at_in(root, real).child(&Key::Int(0));
    let ty = ty.unwrap_or(Expected::new(&Type::Any));
    let mut errors = Vec::new();
    let new: Vec<Node> =
        items.iter().map(|item| ty.filled(ty.fit(item.clone(), real, &mut errors))).collect();
    if let Some(error) = Error::all(errors) {
        return Err(error);
    }
    let old = O::LISTENS.then(|| list.clone());
    // The scope shares the tree: without it nobody does, and the list grows where it stands.
    drop(scope);
    let place = reach(root, real)?;
    let Kind::List(list) = &mut place.kind else { return Err(no_container(place, real, origin)) };
    Arc::make_mut(list).extend(new);
    if O::LISTENS {
        observer.set(real, old.as_ref(), place);
    }
    Ok(())
}

/// The error that something holds no values.
fn no_container(node: &Node, path: &KeyPath, origin: Origin) -> Error {
    let what = if path.is_empty() { "the root".to_owned() } else { format!("`{path}`") };
    Error::new(ErrorKind::Type, format!("{what} is {} and holds no keys", node.describe()))
        .at(origin, "")
        .at(node.origin, "here")
}

/// The error that a key at `path` is not there, in a tree that is closed. `wanted` is what was to be set.
pub(super) fn no_key(map: &Map, key: &Key, path: &KeyPath, wanted: &KeyPath) -> Error {
    let error = Error::new(ErrorKind::UnknownKey, format!("there is no key `{path}`"));
    let error = match near(map, key) {
        Some(name) => error.help(format!("did you mean `{name}`?")),
        None => error,
    };
    error.help(format!("to add it, write `+{wanted}=…`"))
}

/// So many keys are looked at for what was probably meant: there may be as many mistakes as there are keys.
const LOOKED_AT: usize = 200;

fn near(map: &Map, key: &Key) -> Option<String> {
    map.nearest(&key.to_string(), LOOKED_AT)
}

fn no_index(text: &str, path: &KeyPath, list: &Node, origin: Origin) -> Error {
    Error::new(ErrorKind::Type, format!("`{text}` is no index, and `{path}` is a list"))
        .at(origin, "")
        .at(list.origin, "the list")
        .help(format!("an element is `{path}.0`; `{path}=extend_list(…)` appends"))
}

fn out_of_range(list: &Node, key: &Key, path: &KeyPath, origin: Origin) -> Error {
    let length = list.as_list().map_or(0, <[Node]>::len);
    Error::new(ErrorKind::UnknownKey, format!("`{path}` has no element {key}: its length is {length}"))
        .at(origin, "no such element")
        .at(list.origin, "the list")
        .help(format!("`{path}=extend_list(…)` appends"))
}
