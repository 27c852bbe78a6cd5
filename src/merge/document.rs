//! Merges a document into a tree.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Result};
use crate::merge::observer::Observer;
use crate::merge::variant::{becomes, stale};
use crate::resolve::{Context, Givers, Scope};
use crate::schema::{Expected, Type, Variant, twice};
use crate::value::{DEEPEST, Key, KeyPath, Kind, Map, Node, Part, Slot};

/// Merges a document into the tree, at a package (the root if it is empty). All mistakes are told at once; the tree
/// is then half merged and of no further use.
///
/// ```
/// use mainstem::facts::Facts;
/// use mainstem::merge::{Context, merge};
/// use mainstem::resolve::{Cache, Resolvers};
/// use mainstem::value::{Key, KeyPath, Map, Node};
/// let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
/// let mut doc = Map::default();
/// doc.set(Key::from("driver"), Node::from("mysql"));
/// let mut root = Node::from(Map::default());
/// let context = Context::new(&resolvers, &cache, &facts);
/// merge(&mut root, &KeyPath::parse("db"), &Node::from(doc), context, &mut ())?;
/// let db = root.as_map().and_then(|map| map.get_str("db")).and_then(Node::as_map);
/// assert_eq!(db.and_then(|db| db.get_str("driver")), Some(&Node::from("mysql")));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
///
/// # Errors
/// A mapping meets a list, a value does not fit its type, or a closed struct has no such key.
pub fn merge<O: Observer>(
    root: &mut Node,
    package: &KeyPath,
    doc: &Node,
    context: Context<'_>,
    observer: &mut O,
) -> Result<()> {
    if let Some(error) = too_deep(package.len(), &Node::null()) {
        return Err(error.at(doc.origin, "so deep is its package"));
    }
    let mut embedded = doc.clone();
    for key in package.keys().iter().rev() {
        let mut map = Map::default();
        map.insert(key.clone(), doc.origin, embedded);
        embedded = Node::new(Kind::Map(Arc::new(map)), doc.origin);
    }
    merge_at(root, &KeyPath::ROOT, &embedded, context, Says::Document, observer)
}

/// Who says what is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// A config. What it leaves behind that fits no more is an error at once: no later config can take it away.
    Document,
    /// An assignment that may change what is there: new keys are errors (struct mode).
    Change,
    /// An assignment that may add keys.
    Force,
}

/// Merges into the container at a path.
pub(super) fn merge_at<O: Observer>(
    root: &mut Node,
    path: &KeyPath,
    doc: &Node,
    context: Context<'_>,
    says: Says,
    observer: &mut O,
) -> Result<()> {
    let givers = context.givers;
    let mut walk =
        Walk { path: path.clone(), resume: Vec::new(), says, givers, errors: Vec::new(), observer };
    let ty = context.schema.expected().at_in(root, path);
    loop {
        match walk.node(reach(root, path)?, doc, ty) {
            Ok(()) => break,
            Err(Halt { keep }) => {
                let at = std::mem::replace(&mut walk.path, path.clone());
                let container = Scope::new(root, context).container(&at);
                let place = reach(root, &at)?;
                match container {
                    Some(container) => {
                        let copy = Node::new(container.kind, place.origin);
                        if let Some(error) = too_deep(at.len(), &copy) {
                            return Err(error.at(copy.origin, "for what this stands for"));
                        }
                        if O::LISTENS {
                            walk.observer.set(&at, Some(place), &copy);
                        }
                        *place = copy;
                    }
                    // Nothing happens to it: go on behind it, if anything is there.
                    None if keep => match walk.resume.first_mut() {
                        Some(position) => *position += 1,
                        None => break,
                    },
                    // What stands for nothing that can be merged into gives way as a scalar does.
                    None => *place = Node::new(Kind::Null, place.origin),
                }
            }
        }
    }
    Error::all(walk.errors).map_or(Ok(()), Err)
}

/// The error that a value below a path of so many keys is deeper than trees may be.
pub(crate) fn too_deep(keys: usize, value: &Node) -> Option<Error> {
    let message = match DEEPEST.checked_sub(keys) {
        None => format!("a path of {keys} keys is too long: at most {DEEPEST}"),
        Some(room) if !value.is_deeper_than(room) => return None,
        Some(room) => format!("below {keys} keys, there is room for {room} levels of lists and mappings"),
    };
    Some(Error::new(ErrorKind::Limit, message))
}

/// The value at a path of keys, to be changed: what is shared on the way is copied.
///
/// # Errors
/// There is none: the tree is not the one that the path was found in.
pub(super) fn reach<'n>(root: &'n mut Node, path: &KeyPath) -> Result<&'n mut Node> {
    let found = path.keys().iter().try_fold(root, |node, key| match (&mut node.kind, key) {
        (Kind::Map(map), key) => Arc::make_mut(map).get_mut(key),
        (Kind::List(list), Key::Int(i)) => Arc::make_mut(list).get_mut(usize::try_from(*i).ok()?),
        _ => None,
    });
    found.ok_or_else(|| absent(path))
}

/// The error that there is nothing at a path.
pub(super) fn absent(path: &KeyPath) -> Error {
    Error::new(ErrorKind::UnknownKey, format!("there is nothing at `{path}`"))
}

/// The walk met an interpolation that must be followed, which needs the whole tree: it has stopped there, and goes
/// on from there when the interpolation is replaced by what it stands for.
struct Halt {
    /// What comes is `???`: the interpolation stays if it stands for no container.
    keep: bool,
}

struct Walk<'o, O> {
    path: KeyPath,
    /// Where to go on after a halt: positions in the mappings on the way, the innermost first.
    resume: Vec<usize>,
    says: Says,
    givers: Givers<'o>,
    errors: Vec<Error>,
    observer: &'o mut O,
}

/// What the table says.
enum Verdict {
    Stays,
    Comes,
    Deep,
    Follow,
    Clash,
}

/// What to do with what no config says any more: what an option brings is no such thing.
const LEAVE_OUT: &str =
    "leave one of the two out; what the option of a config group gives goes with its variant";

/// The truth table.
fn verdict(there: &Kind, comes: &Kind) -> Verdict {
    match (there, comes) {
        (Kind::Map(_), Kind::Map(_)) => Verdict::Deep,
        (Kind::Map(_), Kind::List(_)) | (Kind::List(_), Kind::Map(_)) => Verdict::Clash,
        // Text around an interpolation makes text, whatever it stands for: nothing to follow.
        (Kind::Template(template), Kind::Map(_) | Kind::List(_) | Kind::Missing)
            if matches!(*template.parts, [Part::Interpolation(..)]) =>
        {
            Verdict::Follow
        }
        // Who says last that a value is still to be given is asked for it.
        (Kind::Missing, Kind::Missing) => Verdict::Comes,
        (_, Kind::Missing) => Verdict::Stays,
        _ => Verdict::Comes,
    }
}

impl<O: Observer> Walk<'_, O> {
    /// Merges into a value that is there.
    fn node(&mut self, there: &mut Node, comes: &Node, ty: Expected<'_>) -> Result<(), Halt> {
        match verdict(&there.kind, &comes.kind) {
            Verdict::Stays => {}
            Verdict::Comes => self.put(there, comes, ty),
            Verdict::Follow => return Err(Halt { keep: matches!(comes.kind, Kind::Missing) }),
            Verdict::Clash => {
                let message = format!(
                    "`{}` is {} and cannot be merged with {}",
                    self.path,
                    there.describe(),
                    comes.describe()
                );
                let error = Error::new(ErrorKind::Merge, message).at(comes.origin, comes.describe());
                self.errors.push(error.at(there.origin, format!("{} here", there.describe())));
            }
            Verdict::Deep => {
                if let (Kind::Map(there), Kind::Map(comes)) = (&mut there.kind, &comes.kind)
                    && !Arc::ptr_eq(there, comes)
                {
                    return self.map(Arc::make_mut(there), comes, ty);
                }
            }
        }
        Ok(())
    }

    fn map(&mut self, there: &mut Map, comes: &Map, ty: Expected<'_>) -> Result<(), Halt> {
        let start = self.resume.pop().unwrap_or(0);
        let variant = becomes(there, comes, ty, &self.path, self.givers, self.observer);
        if self.says == Says::Document && start == 0 && variant.is_some() {
            let stale = stale(there, there, comes, ty, &self.path).into_iter();
            self.errors.extend(stale.map(|error| error.help(LEAVE_OUT)));
        }
        for (i, (key, slot)) in comes.iter().enumerate().skip(start) {
            let renamed = if ty.is_any() { None } else { ty.alias(variant, key) };
            let renamed = renamed.map(|name| Key::Str(name.clone()));
            if let Some(other) = renamed.as_ref().and_then(|name| comes.slot(name)) {
                let path = self.path.child(renamed.unwrap_or_else(|| key.clone()));
                self.errors.push(twice(&path, key, slot.origin, other.origin));
                continue;
            }
            if let Err(halt) = self.entry(there, renamed.as_ref().unwrap_or(key), slot, ty, variant) {
                self.resume.push(i);
                return Err(halt);
            }
        }
        Ok(())
    }

    fn entry<'s>(
        &mut self,
        there: &mut Map,
        key: &Key,
        slot: &Slot,
        holder: Expected<'s>,
        variant: Option<&'s Variant>,
    ) -> Result<(), Halt> {
        let Some(ty) = holder.child_in(variant, key).or_else(|| {
            // What stood there before its type was known stays what it is.
            there.slot(key).map(|_| Expected::new(&Type::Any))
        }) else {
            let path = self.path.child(key.clone());
            self.errors.extend(holder.unknown(variant, key, &path, slot.origin));
            return Ok(());
        };
        let Some(old) = there.slot_mut(key) else {
            match holder.wrong_key(key, &self.path, slot.origin) {
                Some(error) => self.errors.push(error),
                None => self.add(there, key, slot, ty),
            }
            return Ok(());
        };
        if matches!(verdict(&old.node.kind, &slot.node.kind), Verdict::Comes) {
            old.origin = slot.origin;
            if !O::LISTENS && ty.is_any() {
                old.node = slot.node.clone();
                return Ok(());
            }
        }
        self.path.push(key.clone());
        self.node(&mut old.node, &slot.node, ty)?;
        // After a halt the path stays: it says where.
        self.path.pop();
        Ok(())
    }

    /// Puts a value in the place of another.
    fn put(&mut self, there: &mut Node, comes: &Node, ty: Expected<'_>) {
        let new = ty.filled(ty.fit(comes.clone(), &self.path, &mut self.errors));
        if O::LISTENS {
            self.observer.set(&self.path, Some(there), &new);
        }
        *there = new;
    }

    /// Puts a value where there is none: the key is new.
    fn add(&mut self, there: &mut Map, key: &Key, slot: &Slot, ty: Expected<'_>) {
        if let Some(other) = twin(there, key) {
            self.errors.push(twins(&other, key).at(slot.origin, "spells the same"));
            return;
        }
        if self.says == Says::Change {
            let path = self.path.child(key.clone());
            self.errors.push(super::assign::no_key(there, key, &path, &path).at(slot.origin, "no such key"));
            return;
        }
        let new = if ty.is_any() {
            slot.node.clone()
        } else {
            ty.filled(ty.fit(slot.node.clone(), &self.path.child(key.clone()), &mut self.errors))
        };
        if O::LISTENS {
            self.observer.set(&self.path.child(key.clone()), None, &new);
        }
        there.push(key.clone(), Slot { origin: slot.origin, node: new });
    }
}

/// The error that two keys spell the same.
pub(super) fn twins(there: &Key, comes: &Key) -> Error {
    let kind = |key: &Key| if key.as_str().is_some() { "a string" } else { "an integer" };
    let message =
        format!("the key `{comes}`, {}, cannot stand beside `{there}`, {}", kind(comes), kind(there));
    Error::new(ErrorKind::KeyExists, message)
}

/// The key that spells as this one and is another: `1` beside `"1"`.
pub(super) fn twin(map: &Map, key: &Key) -> Option<Key> {
    let twin = match key {
        Key::Str(text) => {
            if !text.as_bytes().first().is_some_and(|byte| matches!(byte, b'-' | b'0'..=b'9')) {
                return None;
            }
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text.as_str())?;
            Key::Int(number)
        }
        Key::Int(number) => Key::from(number.to_string().as_str()),
        _ => return None,
    };
    map.get_key(&twin).filter(|found| matches!(found, Key::Int(_) | Key::Str(_))).cloned()
}
