//! The one builder of trees: whatever reads the text, the meaning is made here.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, SourceId, Span};
use crate::grammar::parse_template;
use crate::value::{Key, Kind, Map, Node, Text};
use crate::yaml::parse::Limits;
use crate::yaml::scalar::{self, Plain};
use crate::yaml::tag::{self, Tag};

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

/// What an alias stands for.
struct Anchored {
    node: Node,
    weight: u64,
}

enum Pending {
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
    /// Nodes in it, aliases counted with what they stand for.
    weight: u64,
}

/// Builds a tree from scalars, openings and closings.
pub(super) struct Tree<'t> {
    text: &'t str,
    source: SourceId,
    limits: &'t Limits,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<usize, Option<Anchored>>,
    names: HashMap<String, Span>,
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
            anchors: HashMap::new(),
            names: HashMap::new(),
            written: 0,
            expanded: 0,
            errors: Vec::new(),
        }
    }

    pub(super) fn origin(&self, span: Span) -> Origin {
        Origin::new(self.source, span)
    }

    /// Notes a mistake; reading may go on.
    pub(super) fn error(&mut self, error: Error) {
        self.errors.push(error);
    }

    fn yaml_error(&mut self, span: Span, message: impl Into<String>, label: &str, help: &str) {
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
                self.anchor(properties.anchor, &node, 1);
                self.place(node, span.end, 1);
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
        self.open(Body::List(Vec::new()), span, properties)
    }

    /// Opens a mapping.
    pub(super) fn open_map(&mut self, span: Span, properties: Properties) -> Result<(), Stop> {
        let body = Body::Map { map: Map::default(), key: Pending::None, merges: Vec::new(), integers: false };
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
        let tag = self.container_tag(&body, properties);
        if properties.anchor != 0 {
            self.anchors.insert(properties.anchor, None);
        }
        self.stack.push(Frame { body, span, anchor: properties.anchor, tag, weight: 1 });
        Ok(())
    }

    /// Closes what was opened last. `end` is where a closing bracket ends; without, it ends with its last item.
    pub(super) fn close(&mut self, end: Option<u32>) {
        let Some(frame) = self.stack.pop() else { return };
        let span = Span { start: frame.span.start, end: end.unwrap_or(frame.span.end) };
        let kind = match frame.body {
            Body::List(items) if frame.tag == Tag::Path => self.path(&items, span),
            Body::List(items) if frame.tag == Tag::Pairs => self.pairs(items),
            Body::List(items) => Kind::List(Arc::new(items)),
            Body::Map { map, merges, integers, .. } => {
                let integers = integers || !merges.is_empty();
                let map = if merges.is_empty() { map } else { merged(&map, &merges) };
                if integers {
                    self.check_integers(&map);
                }
                Kind::Map(Arc::new(map))
            }
        };
        let node = Node::new(kind, self.origin(span));
        self.anchor(frame.anchor, &node, frame.weight);
        self.place(node, span.end, frame.weight);
    }

    /// Puts what an anchor names here. The text of the alias is its place.
    pub(super) fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let (node, weight) = match self.anchors.get(&id) {
            Some(Some(anchored)) => (anchored.node.clone(), anchored.weight),
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
        self.count(span, weight)?;
        self.written -= weight;
        let node = node.from_origin(self.origin(span));
        if let Some(Frame { body: Body::Map { key: Pending::None, .. }, .. }) = self.stack.last() {
            let pending = self.key_of(node.kind, span);
            self.set_key(pending, span.end, weight);
        } else {
            self.place(node, span.end, weight);
        }
        Ok(())
    }

    /// An alias of a name that no anchor has defined so far.
    pub(super) fn unknown_alias(&mut self, span: Span) -> Result<(), Stop> {
        let name = self.text.get(span.range()).unwrap_or("").trim_start_matches('*').to_owned();
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

    /// The tree, if there was no mistake; else the mistakes.
    pub(super) fn finish(mut self, errors: &mut Vec<Error>) -> Option<Node> {
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
        root
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
        if self.expanded <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("the tree has more nodes than the limit of {}", self.limits.nodes);
        self.errors
            .push(Error::new(ErrorKind::Limit, message).at(self.origin(span), "here the limit is passed"));
        Err(Stop)
    }

    fn anchor(&mut self, id: usize, node: &Node, weight: u64) {
        if id != 0 {
            self.anchors.insert(id, Some(Anchored { node: node.clone(), weight }));
        }
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node, end: u32, weight: u64) {
        let source = self.source;
        let Some(frame) = self.stack.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        frame.span.end = frame.span.end.max(end);
        frame.weight = frame.weight.saturating_add(weight);
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
        let key = self.text.get(again.span.range()).unwrap_or("");
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
                self.anchor(properties.anchor, &Node::new(value, self.origin(span)), 1);
            }
            self.key_of(kind, span)
        };
        self.set_key(pending, span.end, 1);
    }

    fn set_key(&mut self, pending: Pending, end: u32, weight: u64) {
        let Some(frame) = self.stack.last_mut() else { return };
        frame.span.end = frame.span.end.max(end);
        frame.weight = frame.weight.saturating_add(weight);
        if let Body::Map { key, integers, .. } = &mut frame.body {
            *integers |= matches!(pending, Pending::Key(Key::Int(_), _));
            *key = pending;
        }
    }

    fn key_of(&mut self, kind: Kind, span: Span) -> Pending {
        let key = match kind {
            Kind::Str(text) => Key::Str(text),
            Kind::Missing => Key::from("???"),
            Kind::Template(template) => Key::Str(template.text.clone()),
            Kind::Int(number) => Key::Int(number),
            Kind::Float(number) => Key::Float(number),
            Kind::Bool(value) => Key::Bool(value),
            Kind::Bytes(bytes) => Key::Bytes(bytes),
            Kind::Null => {
                self.yaml_error(
                    span,
                    "a key cannot be null",
                    "this key",
                    "to use it as text, put it in quotes",
                );
                return Pending::Refused;
            }
            Kind::BigInt(_) => {
                self.yaml_error(
                    span,
                    "an integer key must fit 64 bits",
                    "this key",
                    "to use it as text, put it in quotes",
                );
                return Pending::Refused;
            }
            Kind::List(_) | Kind::Map(_) => {
                self.yaml_error(span, "a key must be a scalar, found a list or mapping", "this key", "");
                return Pending::Refused;
            }
        };
        Pending::Key(key, span)
    }

    /// What a scalar is, interpolations not looked at.
    fn kind(&mut self, text: &str, style: Style, span: Span, properties: Properties) -> Kind {
        match properties.tag {
            None | Some((Tag::Plain, _)) if style == Style::Quoted => Kind::Str(text.into()),
            Some((Tag::Plain, _)) if text.is_empty() => Kind::Str(Text::default()),
            None | Some((Tag::Plain, _)) => match scalar::classify(text) {
                Plain::Text => Kind::Str(text.into()),
                Plain::Is(kind) => kind,
                Plain::Merge | Plain::Default => {
                    let message = format!("`{text}` has a meaning of its own and cannot be a value");
                    let help = format!("to write it as text, put it in quotes: '{text}'");
                    self.yaml_error(span, message, "this value", &help);
                    Kind::Null
                }
                Plain::Broken => {
                    let message = "this begins like a number and is none that can be read";
                    self.yaml_error(span, message, "this value", "to write it as text, put it in quotes");
                    Kind::Null
                }
            },
            Some((tag, place)) => match tag::convert(tag, text) {
                Some(kind) => kind,
                None => {
                    self.wrong_tag(tag, place, span, "a scalar");
                    Kind::Null
                }
            },
        }
    }

    /// Text as a value: `???` and interpolations mean something.
    fn value(&mut self, kind: Kind, span: Span) -> Kind {
        match kind {
            Kind::Str(text) if text == "???" => Kind::Missing,
            Kind::Str(text) if memchr::memmem::find(text.as_bytes(), b"${").is_some() => {
                match parse_template(&text) {
                    Ok(Some(template)) => Kind::Template(Arc::new(template)),
                    Ok(None) => Kind::Str(text),
                    Err(mistake) => {
                        let place = self.locate(&text, mistake.span, span);
                        let error =
                            Error::new(ErrorKind::Template, mistake.message).at(self.origin(place), "");
                        self.errors.push(error);
                        Kind::Null
                    }
                }
            }
            kind => kind,
        }
    }

    /// Where a range of a scalar's text stands in the file: exact if the scalar is written as it reads.
    fn locate(&self, text: &Text, within: Span, span: Span) -> Span {
        let raw = self.text.get(span.range()).unwrap_or("");
        let quoted = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
        let shift = match text.as_str() {
            text if text == raw => 0,
            text if text == quoted => 1,
            _ => return span,
        };
        within.shifted(span.start + shift)
    }

    fn container_tag(&mut self, body: &Body, properties: Properties) -> Tag {
        let Some((tag, place)) = properties.tag else { return Tag::Plain };
        match (tag, body) {
            (Tag::Plain, _) | (Tag::Map, Body::Map { .. }) | (Tag::Seq, Body::List(_)) => Tag::Plain,
            (Tag::Pairs | Tag::Path, Body::List(_)) => tag,
            (_, Body::Map { .. }) => self.wrong_tag(tag, place, place, "a mapping"),
            (_, Body::List(_)) => self.wrong_tag(tag, place, place, "a list"),
        }
    }

    /// A tag that does not fit, or that there is not.
    fn wrong_tag(&mut self, tag: Tag, place: Span, value: Span, found: &str) -> Tag {
        let name = self.text.get(place.range()).unwrap_or("").to_owned();
        let (message, at, label) = match tag {
            Tag::Unknown => (format!("the tag `{name}` is not known"), place, "this tag"),
            Tag::Set => ("sets are not supported".to_owned(), place, "this tag"),
            Tag::Timestamp => ("dates and times are not supported".to_owned(), place, "this tag"),
            Tag::Merge | Tag::Default => (format!("`{name}` is for keys alone"), place, "this tag"),
            Tag::Map | Tag::Seq | Tag::Pairs | Tag::Path => {
                (format!("`{name}` does not fit {found}"), place, "this tag")
            }
            _ if found == "a scalar" => {
                (format!("this is not a value of type `{name}`"), value, "this value")
            }
            _ => (format!("`{name}` needs a scalar, found {found}"), place, "this tag"),
        };
        let help = match tag {
            Tag::Unknown => "the tags are !!null !!bool !!int !!float !!str !!binary !!map !!seq",
            Tag::Set => "write a list",
            Tag::Timestamp => "leave the tag out: the date is then text",
            _ => "",
        };
        self.yaml_error(at, message, label, help);
        Tag::Plain
    }

    /// `!!pairs [a: 1]` is `[[a, 1]]`.
    fn pairs(&mut self, items: Vec<Node>) -> Kind {
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            let single = item.as_map().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
            let Some((key, slot)) = single else {
                let message = "a list of pairs holds mappings of one key each";
                self.yaml_error(item.origin.span, message, "this item", "");
                continue;
            };
            let key = Node::new(kind_of(key), slot.origin);
            pairs.push(Node::new(Kind::List(Arc::new(vec![key, slot.node.clone()])), item.origin));
        }
        Kind::List(Arc::new(pairs))
    }

    /// A path that Python wrote, as text.
    fn path(&mut self, items: &[Node], span: Span) -> Kind {
        let mut path = String::new();
        for item in items {
            match item.as_str() {
                Some(part) if path.is_empty() || part.starts_with('/') => part.clone_into(&mut path),
                Some(part) => {
                    path.push_str(if path.ends_with('/') { "" } else { "/" });
                    path.push_str(part);
                }
                None => {
                    self.yaml_error(item.origin.span, "the parts of a path are text", "this part", "");
                    return Kind::Null;
                }
            }
        }
        self.value(Kind::Str(path.into()), span)
    }

    /// `1` and `'1'` are two keys, but no one can tell them apart on a command line.
    fn check_integers(&mut self, map: &Map) {
        for (key, slot) in map {
            let Key::Int(number) = key else { continue };
            if let Some(other) = map.slot(&Key::Str(number.to_string().into())) {
                let (one, two) = (slot.origin.min(other.origin), slot.origin.max(other.origin));
                let message =
                    format!("the integer key {number} and the text key '{number}' stand in one mapping");
                let error = Error::new(ErrorKind::DuplicateKey, message)
                    .at(two, "the second here")
                    .at(one, "the first here")
                    .help("write both as integers or both in quotes, and keep one");
                self.errors.push(error);
            }
        }
    }
}

/// A key as a value.
fn kind_of(key: &Key) -> Kind {
    match key {
        Key::Str(text) => Kind::Str(text.clone()),
        Key::Int(number) => Kind::Int(*number),
        Key::Float(number) => Kind::Float(*number),
        Key::Bool(value) => Kind::Bool(*value),
        Key::Null => Kind::Null,
        Key::Bytes(bytes) => Kind::Bytes(Arc::clone(bytes)),
    }
}

/// What `<<` gives: keys of the merged mappings first, later sources over earlier ones, own keys over all. An own
/// textual key keeps its own place in the order; any other keeps the place where it came first.
fn merged(own: &Map, sources: &[Arc<Map>]) -> Map {
    let mut map = Map::default();
    for source in sources {
        for (key, slot) in source.iter() {
            if !matches!(key, Key::Str(_)) || own.slot(key).is_none() {
                map.insert(key.clone(), slot.origin, slot.node.clone());
            }
        }
    }
    for (key, slot) in own {
        map.insert(key.clone(), slot.origin, slot.node.clone());
    }
    map
}
