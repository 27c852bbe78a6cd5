//! Reads JSON as the printer writes it, to see that nothing is lost on the way. Anything else ends the test.

use std::sync::Arc;

use mainstem::diag::Origin;
use mainstem::value::{Key, Kind, Map, Node, Text};

/// The tree of a JSON text.
pub(super) fn read(text: &str) -> Node {
    let mut reader = Reader { rest: text };
    let node = reader.node();
    assert_eq!(reader.rest.trim(), "", "something follows the value");
    node
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        self.rest = rest.strip_prefix(token).unwrap_or(rest);
        self.rest.len() < rest.len()
    }

    fn expect(&mut self, token: &str) {
        assert!(self.eat(token), "expected `{token}` before `{}`", self.rest);
    }

    fn node(&mut self) -> Node {
        let kind = if self.eat("null") {
            Kind::Null
        } else if self.eat("true") {
            Kind::Bool(true)
        } else if self.eat("false") {
            Kind::Bool(false)
        } else if self.eat("[") {
            Kind::List(Arc::new(self.elements("]", Self::node)))
        } else if self.eat("{") {
            self.object()
        } else if self.eat("\"") {
            match self.string() {
                text if text == "???" => Kind::Missing,
                text => Kind::Str(text),
            }
        } else {
            self.number()
        };
        Node::new(kind, Origin::NONE)
    }

    fn elements<T>(&mut self, end: &str, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut elements = Vec::new();
        while !self.eat(end) {
            if !elements.is_empty() {
                self.expect(",");
            }
            elements.push(element(self));
        }
        elements
    }

    fn object(&mut self) -> Kind {
        let entries = self.elements("}", |reader| {
            reader.expect("\"");
            let key = reader.string();
            reader.expect(":");
            (key, reader.node())
        });
        match entries.as_slice() {
            [(tag, node)] if tag.starts_with('$') => tagged(tag, node),
            _ => {
                let mut map = Map::default();
                for (key, node) in entries {
                    assert!(map.set(Key::Str(key), node).is_none(), "a key stands twice");
                }
                Kind::Map(Arc::new(map))
            }
        }
    }

    fn string(&mut self) -> Text {
        let mut text = Text::default();
        loop {
            let c = self.next();
            assert!(c >= ' ', "a control character stands in a string");
            match c {
                '"' => return text,
                '\\' => {
                    let c = self.escaped();
                    text.push(c);
                }
                _ => text.push(c),
            }
        }
    }

    fn escaped(&mut self) -> char {
        match self.next() {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (digits, rest) = self.rest.split_at(4);
                self.rest = rest;
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).expect("a code")
            }
            c => c,
        }
    }

    fn next(&mut self) -> char {
        let c = self.rest.chars().next().expect("an open string");
        self.rest = &self.rest[c.len_utf8()..];
        c
    }

    fn number(&mut self) -> Kind {
        let end = self.rest.find([',', ']', '}', '\n']).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        if number.contains(['.', 'e']) {
            Kind::Float(number.parse().expect("a float"))
        } else {
            Kind::Int(number.parse().expect("an integer"))
        }
    }
}

fn tagged(tag: &str, node: &Node) -> Kind {
    match (tag, &node.kind) {
        ("$float", Kind::Str(text)) => Kind::Float(text.parse().expect("a float")),
        ("$int", Kind::Str(text)) => Kind::BigInt(text.as_str().into()),
        ("$bytes", Kind::Str(text)) => Kind::Bytes(bytes(text).into()),
        ("$dict", Kind::List(pairs)) => {
            let mut map = Map::default();
            for pair in pairs.iter() {
                let Some([key, value]) = pair.as_list() else { unreachable!("a pair") };
                assert!(map.set(key_of(key), value.clone()).is_none(), "a key stands twice");
            }
            Kind::Map(Arc::new(map))
        }
        _ => unreachable!("an unknown tag {tag}"),
    }
}

fn key_of(node: &Node) -> Key {
    match &node.kind {
        Kind::Null => Key::Null,
        Kind::Bool(value) => Key::Bool(*value),
        Kind::Int(value) => Key::Int(*value),
        Kind::Float(value) => Key::Float(*value),
        Kind::Str(text) => Key::Str(text.clone()),
        Kind::Bytes(bytes) => Key::Bytes(Arc::clone(bytes)),
        Kind::Missing => Key::from("???"),
        _ => unreachable!("{} as a key", node.describe()),
    }
}

fn bytes(base64: &str) -> Vec<u8> {
    let digits: Vec<u32> = base64
        .trim_end_matches('=')
        .bytes()
        .map(|b| match b {
            b'A'..=b'Z' => u32::from(b - b'A'),
            b'a'..=b'z' => u32::from(b - b'a') + 26,
            b'0'..=b'9' => u32::from(b - b'0') + 52,
            b'+' => 62,
            b'/' => 63,
            _ => unreachable!("no digit of base64: {b}"),
        })
        .collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let word = group.iter().enumerate().fold(0, |word, (i, digit)| word | digit << (18 - 6 * i));
        bytes.extend(&word.to_be_bytes()[1..group.len()]);
    }
    bytes
}
