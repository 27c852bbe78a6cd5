//! The tree of all defaults lists of a composition.

use std::sync::Arc;

use crate::compose::document::Document;
use crate::compose::item::Item;
use crate::value::Text;

/// A node of the [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(usize);

impl NodeId {
    /// The node above preludes and primary config.
    pub(crate) const ROOT: Self = Self(0);
}

#[derive(Debug)]
struct Node {
    item: Item,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
    /// The config's path and body, once loaded.
    config: Option<(Text, Arc<Document>)>,
    /// The name is still to be computed, with so many overrides in force.
    deferred: Option<usize>,
}

/// Items with parents and children, in an arena.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

/// So many nodes have room at once: those of the built-in configs and of a project of common size.
const USUAL: usize = 64;

const NOWHERE: &Text = &Text::const_new("<root>");

impl Tree {
    pub(crate) fn new(root: Item) -> Self {
        let mut nodes = Vec::with_capacity(USUAL);
        nodes.push(Node { item: root, parent: None, children: Vec::new(), config: None, deferred: None });
        Self { nodes }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds an item that knows its parent. Its parent knows it after [`Tree::adopt`].
    pub(crate) fn add(&mut self, item: Item, parent: NodeId) -> NodeId {
        self.nodes.push(Node {
            item,
            parent: Some(parent),
            children: Vec::new(),
            config: None,
            deferred: None,
        });
        NodeId(self.nodes.len() - 1)
    }

    pub(crate) fn adopt(&mut self, parent: NodeId, children: Vec<NodeId>) {
        self.nodes[parent.0].children = children;
    }

    pub(crate) fn item(&self, id: NodeId) -> &Item {
        &self.nodes[id.0].item
    }

    pub(crate) fn item_mut(&mut self, id: NodeId) -> &mut Item {
        &mut self.nodes[id.0].item
    }

    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.0].parent
    }

    pub(crate) fn children(&self, id: NodeId) -> &[NodeId] {
        &self.nodes[id.0].children
    }

    /// How many configs stand above.
    pub(crate) fn depth(&self, id: NodeId) -> usize {
        self.ancestors(id).count()
    }

    /// The prelude or primary config that the node belongs to.
    pub(crate) fn top(&self, id: NodeId) -> NodeId {
        std::iter::once(id)
            .chain(self.ancestors(id))
            .take_while(|&id| id != NodeId::ROOT)
            .last()
            .unwrap_or(id)
    }

    /// The nodes above, nearest first.
    pub(crate) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.parent(id), |&id| self.parent(id))
    }

    /// Notes what was loaded for the node.
    pub(crate) fn place(&mut self, id: NodeId, path: Text, document: Arc<Document>) {
        self.nodes[id.0].config = Some((path, document));
    }

    /// The path of the config that was loaded for the node.
    pub(crate) fn path(&self, id: NodeId) -> &Text {
        self.nodes[id.0].config.as_ref().map_or(NOWHERE, |(path, _)| path)
    }

    /// The config that was loaded for the node.
    pub(crate) fn document(&self, id: NodeId) -> Option<&Arc<Document>> {
        self.nodes[id.0].config.as_ref().map(|(_, document)| document)
    }

    pub(crate) fn defer(&mut self, id: NodeId, eligible: usize) {
        self.nodes[id.0].deferred = Some(eligible);
    }

    pub(crate) fn undefer(&mut self, id: NodeId) -> Option<usize> {
        self.nodes[id.0].deferred.take()
    }

    /// All nodes below (and with) `id` that are put off, in the order of the list.
    pub(crate) fn deferred_below(&self, id: NodeId, out: &mut Vec<NodeId>) {
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if self.nodes[id.0].deferred.is_some() {
                out.push(id);
            }
            stack.extend(self.nodes[id.0].children.iter().rev());
        }
    }

    /// The leaves in the order of the list.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = NodeId> {
        let mut stack = vec![NodeId::ROOT];
        std::iter::from_fn(move || {
            loop {
                let id = stack.pop()?;
                let children = &self.nodes[id.0].children;
                if children.is_empty() {
                    return Some(id);
                }
                stack.extend(children.iter().rev());
            }
        })
    }
}
