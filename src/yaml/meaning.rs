//! What scalars and tags mean.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Span};
use crate::grammar::{interpolates, parse_interpolations};
use crate::value::{Key, Kind, Node, Text, find_written};
use crate::yaml::scalar::{self, Plain};
use crate::yaml::tag::{self, Tag};
use crate::yaml::tree::{Pending, Properties, Style, Tree};

impl Tree<'_> {
    /// What a scalar is, interpolations not looked at.
    pub(super) fn kind(&mut self, text: &str, style: Style, span: Span, properties: Properties) -> Kind {
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

    /// The key that a scalar is.
    pub(super) fn key_of(&mut self, kind: Kind, span: Span) -> Pending {
        let quote = "to use it as text, put it in quotes";
        let (message, help) = match kind {
            Kind::Str(text) => return Pending::Key(Key::Str(text), span),
            Kind::Missing => return Pending::Key(Key::from("???"), span),
            Kind::Template(template) => return Pending::Key(Key::Str(template.text.clone()), span),
            Kind::Int(number) => return Pending::Key(Key::Int(number), span),
            Kind::Float(number) => return Pending::Key(Key::Float(number), span),
            Kind::Bool(value) => return Pending::Key(Key::Bool(value), span),
            Kind::Bytes(bytes) => return Pending::Key(Key::Bytes(bytes), span),
            Kind::Null => ("a key cannot be null", quote),
            Kind::BigInt(_) => ("an integer key must fit 64 bits", quote),
            Kind::List(_) | Kind::Map(_) => ("a key must be a scalar, found a list or mapping", ""),
        };
        self.yaml_error(span, message, "this key", help);
        Pending::Refused
    }

    /// Text as a value: `???` and interpolations mean something.
    pub(super) fn value(&mut self, kind: Kind, span: Span) -> Kind {
        match kind {
            Kind::Str(text) if text == "???" => Kind::Missing,
            Kind::Str(text) if interpolates(&text) => match parse_interpolations(text.clone()) {
                Ok(template) => Kind::Template(Arc::new(template.written_as(self.raw(span)))),
                Err(mistake) => {
                    let place = self.locate(&text, mistake.span, span);
                    let error = Error::new(ErrorKind::Template, mistake.message).at(self.origin(place), "");
                    self.error(error);
                    Kind::Null
                }
            },
            kind => kind,
        }
    }

    /// Where a range of a scalar's text stands in the file: exact if it is written as it reads.
    fn locate(&self, text: &Text, within: Span, span: Span) -> Span {
        find_written(text, self.raw(span), within).map_or(span, |found| found.shifted(span.start))
    }

    pub(super) fn container_tag(&mut self, list: bool, properties: Properties) -> Tag {
        let Some((tag, place)) = properties.tag else { return Tag::Plain };
        match (tag, list) {
            (Tag::Plain, _) | (Tag::Map, false) | (Tag::Seq, true) => Tag::Plain,
            (Tag::Pairs | Tag::Path, true) => tag,
            (_, true) => self.wrong_tag(tag, place, place, "a list"),
            (_, false) => self.wrong_tag(tag, place, place, "a mapping"),
        }
    }

    /// A tag that does not fit, or that there is not.
    fn wrong_tag(&mut self, tag: Tag, place: Span, value: Span, found: &str) -> Tag {
        let name = self.raw(place).to_owned();
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
            Tag::Int if found == "a scalar" => "write a whole number, or leave the tag out",
            Tag::Float if found == "a scalar" => "write a number, or leave the tag out",
            Tag::Bool if found == "a scalar" => "write `true` or `false`, or leave the tag out",
            _ => "",
        };
        self.yaml_error(at, message, label, help);
        Tag::Plain
    }

    /// `!!pairs [a: 1]` is `[[a, 1]]`.
    pub(super) fn pairs(&mut self, items: Vec<Node>) -> Kind {
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
    pub(super) fn path(&mut self, items: &[Node], span: Span) -> Kind {
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
