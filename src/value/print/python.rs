//! Values as Python's `str()` and `repr()` show them: what stands in a text with interpolations.

use crate::value::key::Key;
use crate::value::node::{Kind, Node};
use crate::value::print::number::{write_float, write_int};
use crate::value::print::unprintable::is_printable;
use crate::value::print::walk::{Branch, Visitor, WHOLE, walk};

/// Appends a value as Python's `str()` shows it: text as it is, `True`, `None`, `1e-07`, containers as
/// [`write_repr`] shows them. A missing value is `???`, interpolations are their text. This makes texts from values, so
/// a secret is what it is: see [`Node::shown`].
///
/// ```
/// use mainstem::value::{Node, write_str};
/// let mut out = String::from("v=");
/// write_str(&Node::from(true), &mut out);
/// assert_eq!(out, "v=True");
/// ```
pub fn write_str(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Str(text) => out.push_str(text),
        Kind::Template(template) => out.push_str(&template.text),
        Kind::Missing => out.push_str("???"),
        _ => write_repr(node, out),
    }
}

/// Appends a value as Python's `repr()` shows it: `{'a': 1, 'b': [1, 'x', None]}`.
///
/// ```
/// use mainstem::value::{Node, write_repr};
/// let mut out = String::new();
/// write_repr(&Node::from(vec![Node::from(1), Node::from("it's")]), &mut out);
/// assert_eq!(out, r#"[1, "it's"]"#);
/// ```
pub fn write_repr(node: &Node, out: &mut String) {
    walk(node, WHOLE, &mut Repr { out, open: Vec::new() });
}

/// Appends a key as Python's `repr()` shows it.
pub fn write_key_repr(key: &Key, out: &mut String) {
    match key {
        Key::Str(text) => write_text_repr(text, out),
        Key::Int(value) => write_int(*value, out),
        Key::Float(value) => write_float(*value, out),
        Key::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        Key::Null => out.push_str("None"),
        Key::Bytes(bytes) => write_bytes_repr(bytes, out),
    }
}

struct Repr<'o> {
    out: &'o mut String,
    /// The closing brackets of the open containers.
    open: Vec<char>,
}

impl Repr<'_> {
    fn comma(&mut self, first: bool) {
        if !first {
            self.out.push_str(", ");
        }
    }
}

impl Visitor for Repr<'_> {
    fn scalar(&mut self, kind: &Kind) {
        match kind {
            Kind::Null => self.out.push_str("None"),
            Kind::Missing => self.out.push_str("'???'"),
            Kind::Bool(value) => self.out.push_str(if *value { "True" } else { "False" }),
            Kind::Int(value) => write_int(*value, self.out),
            Kind::BigInt(digits) => self.out.push_str(digits),
            Kind::Float(value) => write_float(*value, self.out),
            Kind::Str(text) => write_text_repr(text, self.out),
            Kind::Bytes(bytes) => write_bytes_repr(bytes, self.out),
            Kind::Template(template) => write_text_repr(&template.text, self.out),
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
        let (open, close) = match branch {
            Branch::Map(_) => ('{', '}'),
            Branch::List(_) => ('[', ']'),
        };
        self.out.push(open);
        self.open.push(close);
    }

    fn close(&mut self) {
        self.out.extend(self.open.pop());
    }

    fn key(&mut self, key: &Key, first: bool) {
        self.comma(first);
        write_key_repr(key, self.out);
        self.out.push_str(": ");
    }

    fn item(&mut self, first: bool) {
        self.comma(first);
    }
}

/// Single quotes, unless the text has some and no double ones.
fn quote_for(bytes: &[u8]) -> char {
    if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' }
}

fn write_text_repr(text: &str, out: &mut String) {
    let quote = quote_for(text.as_bytes());
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if !c.is_ascii() && is_printable(c) => out.push(c),
            c => write_escape(u32::from(c), out),
        }
    }
    out.push(quote);
}

fn write_bytes_repr(bytes: &[u8], out: &mut String) {
    let quote = quote_for(bytes);
    out.push('b');
    out.push(quote);
    for &b in bytes {
        match b {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if char::from(b) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(char::from(b)),
            b => write_escape(u32::from(b), out),
        }
    }
    out.push(quote);
}

/// `\x7f`, `\u2028`, `\U000e0001`.
fn write_escape(code: u32, out: &mut String) {
    let (letter, digits) = match code {
        0..0x100 => ('x', 2),
        0x100..0x1_0000 => ('u', 4),
        _ => ('U', 8),
    };
    out.push('\\');
    out.push(letter);
    for i in (0..digits).rev() {
        out.extend(char::from_digit(code >> (4 * i) & 15, 16));
    }
}
