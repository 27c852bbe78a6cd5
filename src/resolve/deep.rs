//! Containers free of interpolations: each one is made once, and shared where nothing inside of it changes.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Result};
use crate::resolve::place::{PlaceId, Spot};
use crate::resolve::scope::Scope;
use crate::value::{Key, Kind, Node, Slot};

/// How many values a resolved tree may have.
const VALUES: u64 = 10_000_000;

/// A value without interpolations.
#[derive(Clone, Debug)]
pub(super) struct Done {
    node: Node,
    /// How many values it has.
    values: u64,
    /// Why there are interpolations in it still, if there are: another program must resolve them.
    open: Option<Error>,
}

impl Scope<'_> {
    /// The value at a place, of which only interpolations are left to resolve.
    pub(super) fn deep(&self, spot: Spot) -> Result<Node> {
        let done = self.deep_counted(spot)?;
        done.open.map_or(Ok(done.node), Err)
    }

    /// The same, but what another program must resolve stays as it is written.
    pub(super) fn kept(&self, spot: Spot) -> Result<Node> {
        let written = spot.node.clone();
        Ok(self.closed(&written, self.deep_counted(spot))?.map_or_else(|_| written, |done| done.node))
    }

    /// What becomes of a written value; the inner error is why it must stay as it is written. A container that is
    /// written out stays itself, with that inside which must; what an interpolation stands for does not, as what is
    /// left inside of it may mean something else where it would be put.
    fn closed(&self, written: &Node, done: Result<Done>) -> Result<Result<Done, Error>> {
        let interpolation = matches!(written.kind, Kind::Template(_));
        match done {
            Err(error) if interpolation && error.kind() == ErrorKind::Elsewhere => Ok(Err(error)),
            Ok(Done { open: Some(error), .. }) if interpolation => Ok(Err(error)),
            done => done.map(Ok),
        }
    }

    fn deep_counted(&self, spot: Spot) -> Result<Done> {
        let spot = self.follow(spot)?;
        // What is remembered is the container; whether it is a secret says who leads to it.
        let done = self.deep_container_once(&spot)?;
        if spot.node.origin.is_secret() {
            done.node.tell(self.context.cache.secrets());
        }
        Ok(Done { node: done.node.from_origin(spot.node.origin), ..done })
    }

    fn deep_container_once(&self, spot: &Spot) -> Result<Done> {
        if !spot.node.is_container() {
            return Ok(Done { node: spot.node.clone(), values: 1, open: None });
        }
        let place = self.places.enter(spot);
        match self.resolved.borrow().get(&place) {
            Some(Some(done)) => return Ok(done.clone()),
            Some(None) => {
                let path = self.places.path_of(spot);
                let message = format!("`{path}` holds an interpolation that leads back to it");
                return Err(Error::new(ErrorKind::Cycle, message).at(spot.node.origin, "holds itself"));
            }
            None => {}
        }
        let _level = self.deeper(spot)?;
        self.resolved.borrow_mut().insert(place, None);
        let done = self.deep_container(place, spot);
        match &done {
            Ok(done) => self.resolved.borrow_mut().insert(place, Some(done.clone())),
            Err(_) => self.resolved.borrow_mut().remove(&place),
        };
        done
    }

    fn deep_container(&self, place: PlaceId, spot: &Spot) -> Result<Done> {
        let child = |key: Key, child: &Node| Spot {
            holder: place,
            key,
            id: std::ptr::from_ref(child).addr(),
            node: child.clone(),
            real: spot.real,
            config: false,
        };
        let mut count = 1_u64;
        let mut changed: Vec<(usize, Node)> = Vec::new();
        let mut open = None;
        let mut visit = |i: usize, key: &dyn Fn() -> Key, node: &Node| -> Result<()> {
            let mut values = 0;
            if is_settled(node, &mut values, SETTLED_LEVELS) {
                count += values;
                return Ok(());
            }
            match self.closed(node, self.deep_counted(child(key(), node)))? {
                Ok(done) => {
                    count = count.saturating_add(done.values);
                    if !shares(&done.node, node) {
                        changed.push((i, done.node));
                    }
                    open = open.take().or(done.open);
                }
                Err(error) => {
                    count += 1;
                    open.get_or_insert(error);
                }
            }
            Ok(())
        };
        match &spot.node.kind {
            Kind::Map(map) => {
                for (i, (key, slot)) in map.iter().enumerate() {
                    visit(i, &|| key.clone(), &slot.node)?;
                }
            }
            Kind::List(list) => {
                for (i, node) in list.iter().enumerate() {
                    visit(i, &|| Key::Int(i64::try_from(i).unwrap_or(i64::MAX)), node)?;
                }
            }
            _ => {}
        }
        if count > VALUES {
            let path = self.places.path_of(spot);
            let message = format!("`{path}` has more than {VALUES} values when resolved");
            return Err(Error::new(ErrorKind::Limit, message).at(spot.node.origin, ""));
        }
        Ok(Done { node: replaced(&spot.node, changed), values: count, open })
    }
}

/// So many values, on so many levels, are looked through at once: what is larger is gone through container by container,
/// each of which is remembered.
const SETTLED_VALUES: u64 = 1000;
const SETTLED_LEVELS: u32 = 16;

/// Whether nothing in a value is to be resolved, nor a container in it a secret, whose texts must be told. Its values are
/// counted.
fn is_settled(node: &Node, values: &mut u64, levels: u32) -> bool {
    *values += 1;
    let inner = |node: &Node, values: &mut u64| {
        let levels = levels.checked_sub(1).filter(|_| *values <= SETTLED_VALUES);
        levels.is_some_and(|levels| is_settled(node, values, levels))
    };
    match &node.kind {
        Kind::Template(_) => false,
        Kind::Map(_) | Kind::List(_) if node.origin.is_secret() => false,
        Kind::Map(map) => map.iter().all(|(_, slot)| inner(&slot.node, values)),
        Kind::List(items) => items.iter().all(|item| inner(item, values)),
        _ => true,
    }
}

/// The container with some values replaced, by position.
fn replaced(node: &Node, changed: Vec<(usize, Node)>) -> Node {
    if changed.is_empty() {
        return node.clone();
    }
    let mut changed = changed.into_iter().peekable();
    let mut next = |i: usize, old: &Node| match changed.next_if(|(at, _)| *at == i) {
        Some((_, new)) => new,
        None => old.clone(),
    };
    let kind = match &node.kind {
        Kind::Map(map) => {
            let entries = map.iter().enumerate().map(|(i, (key, slot))| {
                (key.clone(), Slot { origin: slot.origin, node: next(i, &slot.node) })
            });
            Kind::Map(Arc::new(entries.collect()))
        }
        Kind::List(list) => {
            Kind::List(Arc::new(list.iter().enumerate().map(|(i, item)| next(i, item)).collect()))
        }
        other => other.clone(),
    };
    Node::new(kind, node.origin)
}

/// Whether a resolved value is the same shared container as the written one.
fn shares(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Map(a), Kind::Map(b)) => Arc::ptr_eq(a, b),
        (Kind::List(a), Kind::List(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}
