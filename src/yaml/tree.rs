//! The one builder of trees: whatever reads the text, the meaning is made here.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, MISTAKES, Origin, SourceId, Span, too_many_mistakes};
use crate::value::{HashMap, IndexMap, Key, Kind, Map, Node};
use crate::yaml::merge::merged;
use crate::yaml::parse::Limits;
use crate::yaml::tag::Tag;

/// Reading cannot go on; why has been noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop;

/// How a scalar was written, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes: the implicit rules apply.
    Plain,
    /// In quotes or as a block: text.
    Quoted,
}

/// What may stand before a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Properties {
    /// The number of its anchor; 0 is none.
    pub(super) anchor: usize,
    /// Its tag and where it stands.
    pub(super) tag: Option<(Tag, Span)>,
}

/// How much a value is.
#[derive(Clone, Copy)]
struct Size {
    /// Nodes in it, aliases counted with what they stand for.
    weight: u64,
    /// Levels of lists and mappings in it, those behind aliases too.
    height: usize,
}

impl Size {
    const SCALAR: Self = Self { weight: 1, height: 0 };
}

/// What an alias stands for.
struct Anchored {
    node: Node,
    size: Size,
}

pub(super) enum Pending {
    None,
    Key(Key, Span),
    Merge,
    /// A key that was refused: its value is read and dropped.
    Refused,
}

enum Body {
    List(Vec<Node>),
    Map { map: Map, key: Pending, merges: Vec<Arc<Map>>, integers: bool },
}

/// A list or mapping that is being read.
struct Frame {
    body: Body,
    span: Span,
    anchor: usize,
    tag: Tag,
    size: Size,
}

impl Frame {
    fn grow(&mut self, by: Size) {
        self.size.weight = self.size.weight.saturating_add(by.weight);
        self.size.height = self.size.height.max(by.height + 1);
    }
}

/// Builds a tree from scalars, openings and closings.
pub(super) struct Tree<'t> {
    text: &'t str,
    source: SourceId,
    limits: &'t Limits,
    stack: Vec<Frame>,
    root: Option<Node>,
    /// Levels of lists and mappings in the root.
    height: usize,
    anchors: HashMap<usize, Option<Anchored>>,
    names: IndexMap<String, Span>,
    /// Room for the next mappings and lists: they are made as large as they are when they close.
    maps: Vec<Map>,
    lists: Vec<Vec<Node>>,
    written: u64,
    expanded: u64,
    errors: Vec<Error>,
}

impl<'t> Tree<'t> {
    pub(super) fn new(text: &'t str, source: SourceId, limits: &'t Limits) -> Self {
        Self {
            text,
            source,
            limits,
            stack: Vec::new(),
            root: None,
            height: 1,
            anchors: HashMap::default(),
            names: IndexMap::default(),
            maps: Vec::new(),
            lists: Vec::new(),
            written: 0,
            expanded: 0,
            errors: Vec::new(),
        }
    }

    pub(super) fn origin(&self, span: Span) -> Origin {
        Origin::new(self.source, span)
    }

    /// The source under a span.
    pub(super) fn raw(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Notes a mistake; reading may go on.
    pub(super) fn error(&mut self, error: Error) {
        self.errors.push(error);
    }

    pub(super) fn yaml_error(&mut self, span: Span, message: impl Into<String>, label: &str, help: &str) {
        let error = Error::new(ErrorKind::Yaml, message).at(self.origin(span), label);
        self.errors.push(if help.is_empty() { error } else { error.help(help) });
    }

    /// Takes a scalar: key or value, as the place demands.
    pub(super) fn scalar(
        &mut self,
        text: &str,
        style: Style,
        span: Span,
        properties: Properties,
    ) -> Result<(), Stop> {
        self.count(span, 1)?;
        match self.stack.last() {
            Some(Frame { body: Body::Map { key: Pending::None, .. }, .. }) => {
                self.key(text, style, span, properties);
            }
            Some(_) => {
                let kind = self.kind(text, style, span, properties);
                let node = Node::new(self.value(kind, span), self.origin(span));
                self.anchor(properties.anchor, &node, Size::SCALAR);
                self.place(node, span.end, Size::SCALAR);
            }
            None => {
                let kind = self.kind(text, style, span, properties);
                self.root = Some(Node::new(kind, self.origin(span)));
            }
        }
        Ok(())
    }

    /// Whether a key must come next.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { body: Body::Map { key: Pending::None, .. }, .. }))
    }

    /// Opens a list.
    pub(super) fn open_list(&mut self, span: Span, properties: Properties) -> Result<(), Stop> {
        let items = self.lists.pop().unwrap_or_default();
        self.open(Body::List(items), span, properties)
    }

    /// Opens a mapping.
    pub(super) fn open_map(&mut self, span: Span, properties: Properties) -> Result<(), Stop> {
        let map = self.maps.pop().unwrap_or_else(Map::with_room);
        let body = Body::Map { map, key: Pending::None, merges: Vec::new(), integers: false };
        self.open(body, span, properties)
    }

    fn open(&mut self, body: Body, span: Span, properties: Properties) -> Result<(), Stop> {
        self.count(span, 1)?;
        if self.stack.len() >= self.limits.depth {
            let message = format!("the nesting is deeper than the limit of {}", self.limits.depth);
            self.errors
                .push(Error::new(ErrorKind::Limit, message).at(self.origin(span), "one level too deep"));
            return Err(Stop);
        }
        let tag = self.container_tag(matches!(body, Body::List(_)), properties);
        if properties.anchor != 0 {
            self.anchors.insert(properties.anchor, None);
        }
        // It ends where its last item ends; a bracket says better at the close.
        let span = Span { start: span.start, end: 0 };
        self.stack.push(Frame {
            body,
            span,
            anchor: properties.anchor,
            tag,
            size: Size { weight: 1, height: 1 },
        });
        Ok(())
    }

    /// Closes what was opened last. `end` is where a closing bracket ends; without, it goes from its first item to
    /// its last.
    pub(super) fn close(&mut self, end: Option<u32>) {
        let Some(frame) = self.stack.pop() else { return };
        let start = match &frame.body {
            Body::List(items) if end.is_none() => items.first().map(|item| item.origin.span.start),
            _ => None,
        };
        let start = start.unwrap_or(frame.span.start);
        let span = Span { start, end: end.unwrap_or(frame.span.end).max(start) };
        let kind = match frame.body {
            Body::List(items) if frame.tag == Tag::Path => self.path(&items, span),
            Body::List(items) if frame.tag == Tag::Pairs => self.pairs(items),
            Body::List(mut items) => {
                let mut list = Vec::with_capacity(items.len());
                list.append(&mut items);
                self.lists.push(items);
                Kind::List(Arc::new(list))
            }
            Body::Map { map: mut room, merges, integers, .. } => {
                let integers = integers || !merges.is_empty();
                let map = room.take();
                self.maps.push(room);
                let map = if merges.is_empty() { map } else { merged(&map, &merges) };
                if integers {
                    self.check_integers(&map);
                }
                Kind::Map(Arc::new(map))
            }
        };
        let node = Node::new(kind, self.origin(span));
        self.anchor(frame.anchor, &node, frame.size);
        self.place(node, span.end, frame.size);
    }

    /// Puts what an anchor names here. The text of the alias is its place.
    pub(super) fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let (node, size) = match self.anchors.get(&id) {
            Some(Some(anchored)) => (anchored.node.clone(), anchored.size),
            Some(None) => {
                self.yaml_error(
                    span,
                    "an alias stands inside the value that it names",
                    "this would never end",
                    "name a part that does not hold the alias, or refer to it by an interpolation: ${…}",
                );
                return Err(Stop);
            }
            None => return self.unknown_alias(span),
        };
        self.nest(span, size.height)?;
        self.count(span, size.weight)?;
        self.written -= size.weight;
        let node = node.from_origin(self.origin(span));
        if let Some(Frame { body: Body::Map { key: Pending::None, .. }, .. }) = self.stack.last() {
            let pending = self.key_of(node.kind, span);
            self.set_key(pending, span.end, size);
        } else {
            self.place(node, span.end, size);
        }
        Ok(())
    }

    /// An alias of a name that no anchor has defined so far.
    pub(super) fn unknown_alias(&mut self, span: Span) -> Result<(), Stop> {
        let name = self.raw(span).trim_start_matches('*').to_owned();
        let names: Vec<&str> = self.names.keys().map(String::as_str).collect();
        let mut error = Error::new(ErrorKind::Yaml, format!("no anchor `&{name}` stands before this alias"))
            .at(self.origin(span), "unknown alias");
        error = match crate::diag::did_you_mean(&name, names) {
            Some(near) => error.help(format!("did you mean `*{near}`?")),
            None => error.help("to write text that begins with `*`, put it in quotes"),
        };
        self.errors.push(error);
        self.scalar("", Style::Plain, span, Properties::default())
    }

    /// Notes the name of an anchor.
    pub(super) fn name(&mut self, name: &str, span: Span) {
        match self.names.get(name) {
            None => {
                self.names.insert(name.to_owned(), span);
            }
            Some(&first) => {
                let error = Error::new(ErrorKind::Yaml, format!("the anchor `&{name}` stands twice"))
                    .at(self.origin(span), "again here")
                    .at(self.origin(first), "first here")
                    .help("give one of them another name");
                self.errors.push(error);
            }
        }
    }

    /// The tree and how many levels it has, if there was no mistake; else the mistakes.
    pub(super) fn finish(mut self, errors: &mut Vec<Error>) -> Option<(Node, usize)> {
        let root = self.root.take();
        let whole = self.origin(Span::new(0, 0));
        if self.expanded > 1000 && self.expanded > self.written.saturating_mul(100) {
            let message = format!(
                "aliases make {} nodes of the {} that are written: more than a hundred times as many",
                self.expanded, self.written
            );
            self.errors.push(Error::new(ErrorKind::Limit, message).at(whole, ""));
        }
        let root = match root {
            None => Some(Node::new(Kind::Map(Arc::default()), whole)),
            Some(node) => self.as_config(node),
        };
        errors.append(&mut self.errors);
        root.map(|root| (root, self.height))
    }

    fn as_config(&mut self, node: Node) -> Option<Node> {
        let origin = node.origin;
        match node.kind {
            Kind::Map(_) | Kind::List(_) => Some(node),
            Kind::Null => Some(Node::new(Kind::Map(Arc::default()), origin)),
            Kind::Str(text) => {
                let mut map = Map::default();
                map.insert(Key::Str(text), origin, Node::new(Kind::Null, origin));
                Some(Node::new(Kind::Map(Arc::new(map)), origin))
            }
            _ => {
                let message = format!("a config must be a mapping or a list, found {}", node.describe());
                self.yaml_error(origin.span, message, "the whole text is this value", "");
                None
            }
        }
    }

    /// Counts nodes, written or put in by an alias.
    fn count(&mut self, span: Span, nodes: u64) -> Result<(), Stop> {
        self.written += nodes;
        self.expanded = self.expanded.saturating_add(nodes);
        if self.errors.len() >= MISTAKES {
            self.errors.push(too_many_mistakes(self.origin(span)));
            return Err(Stop);
        }
        if self.expanded <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("the tree has more nodes than the limit of {}", self.limits.nodes);
        self.errors
            .push(Error::new(ErrorKind::Limit, message).at(self.origin(span), "here the limit is passed"));
        Err(Stop)
    }

    /// Checks that so many levels more may be here.
    fn nest(&mut self, span: Span, levels: usize) -> Result<(), Stop> {
        if self.stack.len().saturating_add(levels) <= self.limits.depth {
            return Ok(());
        }
        let message = format!("the nesting is deeper than the limit of {}", self.limits.depth);
        self.errors.push(Error::new(ErrorKind::Limit, message).at(self.origin(span), "too deep here"));
        Err(Stop)
    }

    fn anchor(&mut self, id: usize, node: &Node, size: Size) {
        if id != 0 {
            self.anchors.insert(id, Some(Anchored { node: node.clone(), size }));
        }
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node, end: u32, size: Size) {
        let source = self.source;
        let Some(frame) = self.stack.last_mut() else {
            self.height = size.height.max(1);
            self.root.get_or_insert(node);
            return;
        };
        frame.span.end = frame.span.end.max(end);
        frame.grow(size);
        match &mut frame.body {
            Body::List(items) => items.push(node),
            Body::Map { map, key, .. } => match std::mem::replace(key, Pending::None) {
                Pending::Key(key, span) => {
                    let place = Origin::new(source, span);
                    if matches!(key, Key::Str(_)) {
                        let Err(slot) = map.insert_new(key, place, node) else { return };
                        let first = slot.origin;
                        self.duplicate(place, first);
                    } else {
                        map.insert(key, place, node);
                    }
                }
                Pending::Merge => self.merge(&node),
                Pending::Refused => {}
                Pending::None => {
                    *key = Pending::Refused;
                    self.yaml_error(
                        node.origin.span,
                        format!("a key must be a scalar, found {}", node.describe()),
                        "this key",
                        "if it was meant as text, put it in quotes",
                    );
                }
            },
        }
    }

    #[cold]
    fn duplicate(&mut self, again: Origin, first: Origin) {
        let key = self.raw(again.span).trim_matches(['\'', '"']);
        let error =
            Error::new(ErrorKind::DuplicateKey, format!("the key `{key}` stands twice in one mapping"))
                .at(again, "again here")
                .at(first, "first here")
                .help("remove one of them");
        self.errors.push(error);
    }

    /// The value of `<<`.
    fn merge(&mut self, node: &Node) {
        let mut sources = Vec::new();
        let mut wrong = None;
        match &node.kind {
            Kind::Map(map) => sources.push(Arc::clone(map)),
            Kind::List(items) => {
                for item in items.iter().rev() {
                    match &item.kind {
                        Kind::Map(map) => sources.push(Arc::clone(map)),
                        _ => wrong = Some(item),
                    }
                }
            }
            _ => wrong = Some(node),
        }
        if let Some(wrong) = wrong {
            self.yaml_error(
                wrong.origin.span,
                format!("`<<` merges mappings, found {}", wrong.describe()),
                "expected a mapping or a list of mappings",
                "for a key of that name, write '<<' in quotes",
            );
        }
        if let Some(Frame { body: Body::Map { merges, .. }, .. }) = self.stack.last_mut() {
            merges.append(&mut sources);
        }
    }

    /// Takes a scalar as a key.
    fn key(&mut self, text: &str, style: Style, span: Span, properties: Properties) {
        let mut tag = properties.tag;
        if let Some((Tag::Default, _)) = tag {
            tag = Some((Tag::Str, span));
        }
        let merge = match tag {
            None | Some((Tag::Plain, _)) => style == Style::Plain && text == "<<",
            Some((tag, _)) => tag == Tag::Merge,
        };
        let pending = if merge {
            Pending::Merge
        } else if style == Style::Plain && text == "=" && tag.is_none() {
            Pending::Key(Key::from("="), span)
        } else {
            let kind = self.kind(text, style, span, Properties { tag, ..properties });
            if properties.anchor != 0 {
                let value = self.value(kind.clone(), span);
                self.anchor(properties.anchor, &Node::new(value, self.origin(span)), Size::SCALAR);
            }
            self.key_of(kind, span)
        };
        self.set_key(pending, span.end, Size::SCALAR);
    }

    fn set_key(&mut self, pending: Pending, end: u32, size: Size) {
        let Some(frame) = self.stack.last_mut() else { return };
        frame.span.end = frame.span.end.max(end);
        frame.grow(size);
        if let Body::Map { key, integers, .. } = &mut frame.body {
            *integers |= matches!(pending, Pending::Key(Key::Int(_), _));
            *key = pending;
        }
    }
}
