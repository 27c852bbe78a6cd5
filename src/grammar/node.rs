//! Written values become nodes of the tree.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result, SourceId, Span};
use crate::grammar::draw::Permutation;
use crate::grammar::expand;
use crate::grammar::print;
use crate::grammar::template::parse_template;
use crate::grammar::template_error::TemplateError;
#[cfg(feature = "app")]
use crate::grammar::value::Quote;
use crate::grammar::value::{List, Value, ValueKind};
#[cfg(feature = "app")]
use crate::value::write_repr;
use crate::value::{Key, Kind, Map, Node, Text, find_written};

impl Value {
    /// The node. `line` is the text that spans count in, `seed` draws the order of a `shuffle([…])`.
    ///
    /// # Errors
    /// A sweep inside the value, a broken `${…}`, an integer key that does not fit.
    pub fn node(&self, line: &str, source: SourceId, seed: u64) -> Result<Node> {
        let origin = Origin::new(source, self.span);
        let kind = match &self.kind {
            ValueKind::Null => Kind::Null,
            ValueKind::Bool(b) => Kind::Bool(*b),
            ValueKind::Int(i) => Kind::Int(*i),
            ValueKind::BigInt(digits) => Kind::BigInt(digits.clone()),
            ValueKind::Float(f) => Kind::Float(*f),
            ValueKind::Text(text) | ValueKind::Quoted(text, _) => self.text_kind(text, line, origin)?,
            ValueKind::List(list) => {
                let nodes = list.order(self.span, Some(seed)).map(|item| item.node(line, source, seed));
                Kind::List(Arc::new(nodes.collect::<Result<_>>()?))
            }
            ValueKind::Map(pairs) => {
                let mut map = Map::default();
                for (key, value) in pairs {
                    let origin = Origin::new(source, key.span);
                    map.insert(key.key(origin)?, origin, value.node(line, source, seed)?);
                }
                Kind::Map(Arc::new(map))
            }
            ValueKind::Sweep(_) | ValueKind::Extend(_) => return Err(expand::misfit(self, origin)),
        };
        Ok(Node::new(kind, origin))
    }

    fn text_kind(&self, text: &Text, line: &str, origin: Origin) -> Result<Kind> {
        if text == "???" {
            return Ok(Kind::Missing);
        }
        match parse_template(text) {
            Ok(None) => Ok(Kind::Str(text.clone())),
            Ok(Some(template)) => {
                let raw = line.get(origin.span.range()).unwrap_or_default();
                Ok(Kind::Template(Arc::new(template.written_as(raw))))
            }
            Err(error) => Err(broken(error, text, line, origin)),
        }
    }

    /// The key of a mapping in the tree, where there is none for `null`.
    fn key(&self, origin: Origin) -> Result<Key> {
        match self.identity() {
            Some(Key::Null) => Err(Error::new(ErrorKind::Override, "null cannot be a key of a mapping")
                .at(origin, "expected text, a number or a boolean")
                .help("the text `null` can be a key only in a file: `'null': value`")),
            Some(key) => Ok(key),
            None => Err(Error::new(ErrorKind::Limit, format!("{self} is too large for a key"))
                .at(origin, "keys are 64-bit integers")),
        }
    }

    /// What makes a key the same as another one; `None` if it is too large to say.
    pub(crate) fn identity(&self) -> Option<Key> {
        Some(match &self.kind {
            ValueKind::Null => Key::Null,
            ValueKind::Bool(b) => Key::Bool(*b),
            ValueKind::Int(i) => Key::Int(*i),
            ValueKind::Float(f) => Key::Float(*f),
            ValueKind::Text(text) | ValueKind::Quoted(text, _) => Key::Str(text.clone()),
            _ => return None,
        })
    }

    /// The same value with the orders of its lists drawn; without a seed they stay as written.
    #[must_use]
    pub fn drawn(self, seed: Option<u64>) -> Self {
        let Self { kind, span } = self;
        let kind = match kind {
            ValueKind::List(list) => {
                let items = list.order(span, seed).map(|item| item.clone().drawn(seed)).collect();
                ValueKind::List(List { items, shuffle: false })
            }
            ValueKind::Map(pairs) => {
                let pairs = pairs.into_vec().into_iter().map(|(key, value)| (key, value.drawn(seed)));
                ValueKind::Map(pairs.collect())
            }
            kind => kind,
        };
        Self { kind, span }
    }

    /// Whether no text inside needs quotes that it did not have.
    pub(crate) fn is_plain(&self) -> bool {
        let inner = |value: &Self| match &value.kind {
            ValueKind::Text(text) => !text.is_empty() && print::stands_unquoted(text),
            _ => value.is_plain(),
        };
        match &self.kind {
            ValueKind::Text(text) => print::stands_unquoted(text),
            ValueKind::List(list) => list.items.iter().all(inner),
            ValueKind::Map(pairs) => pairs.iter().all(|(key, value)| key.is_plain() && inner(value)),
            _ => true,
        }
    }

    /// The first sweep, or `extend_list(…)`, inside this value: things that are whole values only.
    pub(crate) fn misfit(&self) -> Option<&Self> {
        match &self.kind {
            ValueKind::Sweep(_) | ValueKind::Extend(_) => Some(self),
            ValueKind::List(list) => list.items.iter().find_map(Self::misfit),
            ValueKind::Map(pairs) => pairs.iter().find_map(|(_, value)| value.misfit()),
            _ => None,
        }
    }
}

#[cfg(feature = "app")]
impl Value {
    /// The value that is typed for a node. Text stands in quotes, so that it stays text and whole.
    pub(crate) fn of(node: &Node) -> Self {
        let quoted = |text: &Text| ValueKind::Quoted(text.clone(), Quote::Single);
        let kind = match &node.kind {
            Kind::Null => ValueKind::Null,
            Kind::Bool(b) => ValueKind::Bool(*b),
            Kind::Int(i) => ValueKind::Int(*i),
            Kind::BigInt(digits) => ValueKind::BigInt(digits.clone()),
            Kind::Float(f) => ValueKind::Float(*f),
            Kind::Str(text) => quoted(text),
            Kind::Template(template) => quoted(&template.text),
            Kind::Missing => ValueKind::Text(Text::const_new("???")),
            Kind::Bytes(_) => {
                let mut text = String::new();
                write_repr(node, &mut text);
                ValueKind::Text(text.into())
            }
            Kind::List(items) => {
                ValueKind::List(List { items: items.iter().map(Self::of).collect(), shuffle: false })
            }
            Kind::Map(map) => ValueKind::Map(
                map.iter().map(|(key, slot)| (Self::of_key(key), Self::of(&slot.node))).collect(),
            ),
        };
        Self { kind, span: Span::default() }
    }

    /// A key is not quoted.
    fn of_key(key: &Key) -> Self {
        let kind = match key {
            Key::Null => ValueKind::Null,
            Key::Bool(b) => ValueKind::Bool(*b),
            Key::Int(i) => ValueKind::Int(*i),
            Key::Float(f) => ValueKind::Float(*f),
            Key::Str(text) => ValueKind::Text(text.clone()),
            Key::Bytes(_) => ValueKind::Text(key.to_string().into()),
        };
        Self { kind, span: Span::default() }
    }
}

impl List {
    /// The elements: in drawn order if they are to be shuffled and there is a seed.
    fn order(&self, span: Span, seed: Option<u64>) -> impl Iterator<Item = &Value> {
        let count = u64::try_from(self.items.len()).unwrap_or(u64::MAX);
        let drawn =
            seed.filter(|_| self.shuffle).map(|seed| Permutation::new(count, seed ^ u64::from(span.start)));
        (0..count).filter_map(move |i| {
            let at = drawn.map_or(i, |drawn| drawn.at(i));
            self.items.get(usize::try_from(at).ok()?)
        })
    }
}

/// A mistake in `${…}`, placed in the line if it stands there as it reads.
fn broken(error: TemplateError, text: &str, line: &str, origin: Origin) -> Error {
    let raw = line.get(origin.span.range()).unwrap_or_default();
    let found = find_written(text, raw, error.span);
    let place = found.map_or(origin, |found| origin.at(found.shifted(origin.span.start)));
    let kind = if error.limit { ErrorKind::Limit } else { ErrorKind::Template };
    let drawn = Error::new(kind, error.message).at(place, "");
    match error.help {
        Some(help) => drawn.help(help),
        None => drawn,
    }
}
