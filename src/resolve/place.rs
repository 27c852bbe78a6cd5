//! Where values stand: containers, known by number, each with the container above it.
//!
//! A shared mapping may stand at many places of a tree, and relative interpolations mean something else at each.
//! So values are told apart by the place that holds them, not by their address alone. Containers that resolvers
//! make get places too, though no path of the tree leads to them.

use std::cell::{Cell, RefCell};

use crate::value::{HashMap, Key, KeyPath, Node};

/// A container at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlaceId(u32);

/// A value in the container that holds it.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// The container; the root holds itself.
    pub holder: PlaceId,
    /// The key in it.
    pub key: Key,
    /// Tells values of one container apart: the address of the value, which the container keeps alive.
    pub id: usize,
    /// The value.
    pub node: Node,
    /// Whether the tree itself has it there: not so for what a resolver made.
    pub real: bool,
    /// Whether a resolver made it as a part of the tree (`oc.create`), into which can be merged.
    pub config: bool,
}

impl Spot {
    /// The same, which must not be shown if another value must not that led to it.
    pub(super) fn tainted_by(self, other: &Self) -> Self {
        if other.node.origin.is_secret() { self.hidden() } else { self }
    }

    /// The same, which must not be shown. Of a container it is the whole that is hidden.
    pub(super) fn hidden(mut self) -> Self {
        self.node.origin = self.node.origin.secret();
        self
    }

    /// What the value is known by.
    pub(super) fn identity(&self) -> (PlaceId, usize) {
        (self.holder, self.id)
    }
}

#[derive(Debug)]
struct Place {
    node: Node,
    key: Key,
    up: Option<PlaceId>,
    id: usize,
    real: bool,
}

/// All places that were visited.
#[derive(Debug)]
pub(super) struct Places {
    all: RefCell<Vec<Place>>,
    known: RefCell<HashMap<(PlaceId, usize), PlaceId>>,
    made: Cell<usize>,
}

/// A list was asked for something that is no index.
pub(super) struct NotAnIndex;

impl Places {
    pub(super) const ROOT: PlaceId = PlaceId(0);

    pub(super) fn new(root: &Node) -> Self {
        let root = Place { node: root.clone(), key: Key::Null, up: None, id: 0, real: true };
        Self { all: RefCell::new(vec![root]), known: RefCell::default(), made: Cell::new(1) }
    }

    /// The place of a container.
    pub(super) fn enter(&self, spot: &Spot) -> PlaceId {
        if spot.id == 0 {
            return spot.holder;
        }
        *self.known.borrow_mut().entry(spot.identity()).or_insert_with(|| {
            let mut all = self.all.borrow_mut();
            let id = PlaceId(u32::try_from(all.len()).unwrap_or(u32::MAX));
            all.push(Place {
                node: spot.node.clone(),
                key: spot.key.clone(),
                up: Some(spot.holder),
                id: spot.id,
                real: spot.real,
            });
            id
        })
    }

    /// The root as a value.
    pub(super) fn root(&self) -> Spot {
        let node = self.node(Self::ROOT);
        Spot { holder: Self::ROOT, key: Key::Null, id: 0, node, real: true, config: false }
    }

    /// A container as a value.
    pub(super) fn spot_of(&self, place: PlaceId) -> Spot {
        let root = self.root();
        let Some(up) = self.up(place) else { return root };
        let all = self.all.borrow();
        let Some(Place { node, key, real, id, .. }) = all.get(place.0 as usize) else { return root };
        Spot { holder: up, key: key.clone(), id: *id, node: node.clone(), real: *real, config: false }
    }

    /// The container itself.
    pub(super) fn node(&self, place: PlaceId) -> Node {
        self.all.borrow().get(place.0 as usize).map_or_else(Node::null, |p| p.node.clone())
    }

    /// The container above.
    pub(super) fn up(&self, place: PlaceId) -> Option<PlaceId> {
        self.all.borrow().get(place.0 as usize).and_then(|p| p.up)
    }

    /// Whether `place` is `inner` or holds it.
    pub(super) fn holds(&self, place: PlaceId, inner: PlaceId) -> bool {
        std::iter::successors(Some(inner), |&at| self.up(at)).any(|at| at == place)
    }

    /// The path of a place, as messages show it.
    pub(super) fn path(&self, place: PlaceId) -> KeyPath {
        let all = self.all.borrow();
        let mut keys = Vec::new();
        let mut at = all.get(place.0 as usize);
        while let Some(Place { key, up: Some(up), .. }) = at {
            keys.push(key.clone());
            at = all.get(up.0 as usize);
        }
        keys.into_iter().rev().collect()
    }

    /// The path of a value.
    pub(super) fn path_of(&self, spot: &Spot) -> KeyPath {
        let path = self.path(spot.holder);
        if spot.id == 0 { path } else { path.child(spot.key.clone()) }
    }

    /// The value under a key that is known as such.
    pub(super) fn child(&self, place: PlaceId, key: &Key) -> Option<Spot> {
        let all = self.all.borrow();
        let Place { node, real, .. } = all.get(place.0 as usize)?;
        let (key, child) = (key.clone(), node.child(key)?);
        Some(Spot {
            holder: place,
            key,
            id: std::ptr::from_ref(child).addr(),
            node: child.clone(),
            real: *real,
            config: false,
        })
    }

    /// The value under a key as text: in a mapping that text or the integer it spells, in a list an index, which
    /// counts from the end if it is negative.
    pub(super) fn find(&self, place: PlaceId, text: &str) -> Result<Option<Spot>, NotAnIndex> {
        let all = self.all.borrow();
        let Some(Place { node, real, .. }) = all.get(place.0 as usize) else { return Ok(None) };
        let Some((key, child)) = node.find(text).ok_or(NotAnIndex)? else { return Ok(None) };
        let id = std::ptr::from_ref(child).addr();
        Ok(Some(Spot { holder: place, key, id, node: child.clone(), real: *real, config: false }))
    }

    /// A value that a resolver made for `at`: it stands where the interpolation stands.
    pub(super) fn made(&self, at: &Spot, node: Node, config: bool) -> Spot {
        Spot { holder: at.holder, key: at.key.clone(), id: self.fresh(), node, real: false, config }
    }

    /// An identity that no other value has: addresses are even.
    pub(super) fn fresh(&self) -> usize {
        self.made.set(self.made.get() + 2);
        self.made.get()
    }
}
