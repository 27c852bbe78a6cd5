//! Trees as JSON. What JSON lacks is an object with one key that starts with `$`.

use crate::value::key::Key;
use crate::value::map::Map;
use crate::value::node::{Kind, Node};
use crate::value::print::base64::write_base64;
use crate::value::print::number::{write_float, write_int};
use crate::value::print::walk::{Branch, SHOWN, Visitor, walk};

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStyle {
    /// In one line, without spaces.
    Compact,
    /// An element a line, indented by two spaces.
    Pretty,
}

/// Appends a tree as JSON, in written order, without a line break at the end.
///
/// Integers have neither point nor exponent, floats always have one of them. Beyond plain JSON there are
/// `{"$float":"nan"|"inf"|"-inf"}`, `{"$int":"…"}` (does not fit 64 bits), `{"$bytes":"…"}` (base64) and
/// `{"$dict":[[key,value],…]}` for a mapping with a key that is not text, or whose only key starts with `$`.
/// A missing value is `"???"`, interpolations are their text, a secret is `"***"`.
///
/// ```
/// use mainstem::value::{JsonStyle, Key, Map, Node, write_json};
/// let mut map = Map::default();
/// map.set(Key::from("lr"), Node::from(1.0));
/// map.set(Key::from("steps"), Node::from(10));
/// let mut out = String::new();
/// write_json(&Node::from(map), JsonStyle::Compact, &mut out);
/// assert_eq!(out, r#"{"lr":1.0,"steps":10}"#);
/// ```
pub fn write_json(node: &Node, style: JsonStyle, out: &mut String) {
    write(node, style, Lacking::Tagged, out);
}

/// As [`write_json`], for programs that know of no `$`: as Python's `json` writes what it can. Integers of any size are digits, floats that are no
/// numbers are `NaN`, `Infinity` and `-Infinity`, keys are texts (`1` is `"1"`), bytes are text in base64.
///
/// ```
/// use mainstem::value::{JsonStyle, Key, Map, Node, write_python_json};
/// let mut map = Map::default();
/// map.set(Key::from("near"), Node::from(f64::INFINITY));
/// map.set(Key::Int(1), Node::from("a"));
/// let mut out = String::new();
/// write_python_json(&Node::from(map), JsonStyle::Compact, &mut out);
/// assert_eq!(out, r#"{"near":Infinity,"1":"a"}"#);
/// ```
pub fn write_python_json(node: &Node, style: JsonStyle, out: &mut String) {
    write(node, style, Lacking::AsPython, out);
}

fn write(node: &Node, style: JsonStyle, lacking: Lacking, out: &mut String) {
    let pretty = style == JsonStyle::Pretty;
    walk(node, SHOWN, &mut Json { out, pretty, lacking, depth: 0, open: Vec::new() });
}

/// How what JSON lacks is written.
#[derive(Clone, Copy, PartialEq)]
enum Lacking {
    /// `{"$float":"nan"}`: nothing is lost.
    Tagged,
    AsPython,
}

/// Appends a JSON string with its quotes. Characters beyond ASCII stay as they are.
pub fn write_json_str(text: &str, out: &mut String) {
    out.push('"');
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(done..at).unwrap_or_default());
        done = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                out.push_str("\\u00");
                out.push(char::from(b'0' + (byte >> 4)));
                out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            }
        }
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out.push('"');
}

/// What an open container of the tree is in JSON.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Object,
    Array,
    /// `{"$dict":[[key,value],…]}`.
    Pairs,
}

struct Json<'o> {
    out: &'o mut String,
    pretty: bool,
    lacking: Lacking,
    /// How many brackets are open.
    depth: usize,
    open: Vec<Shape>,
}

impl Json<'_> {
    fn line(&mut self) {
        if self.pretty {
            self.out.push('\n');
            for _ in 0..self.depth {
                self.out.push_str("  ");
            }
        }
    }

    fn begin(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
    }

    fn end(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        self.line();
        self.out.push(bracket);
    }

    fn next(&mut self, first: bool) {
        if !first {
            self.out.push(',');
        }
        self.line();
    }

    fn colon(&mut self) {
        self.out.push_str(if self.pretty { ": " } else { ":" });
    }

    /// `{"$tag":"…"}` in one line. The text needs no escapes.
    fn tagged(&mut self, tag: &str, text: impl FnOnce(&mut String)) {
        if self.lacking == Lacking::AsPython {
            self.out.push('"');
            text(self.out);
            return self.out.push('"');
        }
        self.out.push_str("{\"");
        self.out.push_str(tag);
        self.out.push('"');
        self.colon();
        self.out.push('"');
        text(self.out);
        self.out.push_str("\"}");
    }

    fn float(&mut self, value: f64) {
        match (value.is_finite(), self.lacking) {
            (true, _) => write_float(value, self.out),
            (false, Lacking::Tagged) => self.tagged("$float", |out| write_float(value, out)),
            (false, Lacking::AsPython) => self.out.push_str(no_number(value)),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.tagged("$bytes", |out| write_base64(bytes, out));
    }

    /// A pair `[key,value]` of `$dict` up to its value.
    fn pair(&mut self, key: &Key, first: bool) {
        if !first {
            self.end(']');
        }
        self.next(first);
        self.begin('[');
        self.line();
        match key {
            Key::Str(text) => write_json_str(text, self.out),
            Key::Int(value) => write_int(*value, self.out),
            Key::Float(value) => self.float(*value),
            Key::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Key::Null => self.out.push_str("null"),
            Key::Bytes(bytes) => self.bytes(bytes),
        }
        self.out.push(',');
        self.line();
    }
}

/// How Python's `json` writes what is no number.
fn no_number(value: f64) -> &'static str {
    match value {
        value if value.is_nan() => "NaN",
        value if value > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// A key as the text that Python's `json` makes of it.
fn python_key(key: &Key) -> String {
    let mut text = String::new();
    match key {
        Key::Str(name) => text.push_str(name),
        Key::Int(value) => write_int(*value, &mut text),
        Key::Float(value) if value.is_finite() => write_float(*value, &mut text),
        Key::Float(value) => text.push_str(no_number(*value)),
        Key::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Key::Null => text.push_str("null"),
        Key::Bytes(bytes) => write_base64(bytes, &mut text),
    }
    text
}

fn is_object(map: &Map) -> bool {
    let mut keys = map.iter().map(|(key, _)| key);
    let tag =
        map.len() == 1 && keys.clone().any(|key| key.as_str().is_some_and(|text| text.starts_with('$')));
    !tag && keys.all(|key| key.as_str().is_some())
}

impl Visitor for Json<'_> {
    fn scalar(&mut self, kind: &Kind) {
        match kind {
            Kind::Null => self.out.push_str("null"),
            Kind::Missing => self.out.push_str("\"???\""),
            Kind::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Kind::Int(value) => write_int(*value, self.out),
            Kind::BigInt(digits) if self.lacking == Lacking::AsPython => self.out.push_str(digits),
            Kind::BigInt(digits) => self.tagged("$int", |out| out.push_str(digits)),
            Kind::Float(value) => self.float(*value),
            Kind::Str(text) => write_json_str(text, self.out),
            Kind::Bytes(bytes) => self.bytes(bytes),
            Kind::Template(template) => write_json_str(&template.text, self.out),
            Kind::List(_) | Kind::Map(_) => {}
        }
    }

    fn empty(&mut self, branch: Branch<'_>) {
        self.out.push_str(match branch {
            Branch::Map(_) => "{}",
            Branch::List(_) => "[]",
        });
    }

    fn open(&mut self, branch: Branch<'_>) {
        let shape = match branch {
            Branch::List(_) => Shape::Array,
            Branch::Map(map) if self.lacking == Lacking::AsPython || is_object(map) => Shape::Object,
            Branch::Map(_) => Shape::Pairs,
        };
        self.begin(if shape == Shape::Array { '[' } else { '{' });
        if shape == Shape::Pairs {
            self.line();
            self.out.push_str("\"$dict\"");
            self.colon();
            self.begin('[');
        }
        self.open.push(shape);
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Shape::Array) => self.end(']'),
            Some(Shape::Object) => self.end('}'),
            Some(Shape::Pairs) => {
                self.end(']');
                self.end(']');
                self.end('}');
            }
            None => {}
        }
    }

    fn key(&mut self, key: &Key, first: bool) {
        match (self.open.last(), key) {
            (Some(Shape::Object), Key::Str(text)) => {
                self.next(first);
                write_json_str(text, self.out);
                self.colon();
            }
            (Some(Shape::Object), key) => {
                self.next(first);
                write_json_str(&python_key(key), self.out);
                self.colon();
            }
            _ => self.pair(key, first),
        }
    }

    fn item(&mut self, first: bool) {
        self.next(first);
    }
}
