//! Trees as YAML, byte for byte as `OmegaConf.to_yaml` prints them; only that characters beyond the basic plane stay
//! readable.

use crate::value::key::Key;
use crate::value::node::{Kind, Node};
use crate::value::print::base64::write_base64;
use crate::value::print::number::{write_float, write_int};
use crate::value::print::scalar::{Look, Place, look, spaces};
use crate::value::print::walk::{Branch, SHOWN, Visitor, walk};

/// By how much a level is indented.
const STEP: usize = 2;

/// Longer keys, in bytes, do not fit before a `:` and need a `? `.
const LONGEST_SIMPLE_KEY: usize = 128;

/// Characters in a line of base64.
const BASE64_LINE: usize = 76;

/// Appends a tree as YAML in block style, in written order, with a line break at the end.
///
/// Text is quoted only where it must be, missing values are `???`, interpolations are their text, secrets are `***`.
///
/// ```
/// use mainstem::value::{Key, Map, Node, write_yaml};
/// let mut map = Map::default();
/// map.set(Key::from("lr"), Node::from(1e-3));
/// map.set(Key::from("tags"), Node::from(vec![Node::from("a"), Node::from("yes")]));
/// let mut out = String::new();
/// write_yaml(&Node::from(map), &mut out);
/// assert_eq!(out, "lr: 0.001\ntags:\n- a\n- 'yes'\n");
/// ```
pub fn write_yaml(node: &Node, out: &mut String) {
    let line = out.len();
    walk(node, SHOWN, &mut Yaml { out, line, after: After::Nothing, indents: Vec::new() });
}

/// A tree as YAML, as [`write_yaml`] appends it.
pub(crate) fn to_yaml(node: &Node) -> String {
    let mut out = String::new();
    write_yaml(node, &mut out);
    out
}

/// What stands on the line before a value.
#[derive(Clone, Copy, PartialEq)]
enum After {
    /// Nothing: the value is the root.
    Nothing,
    /// `- `.
    Dash,
    /// A key and `:`.
    SimpleKey,
    /// The `:` on its own line that follows a `? ` key.
    Colon,
}

struct Yaml<'o> {
    out: &'o mut String,
    /// Where the current line starts in `out`.
    line: usize,
    after: After,
    /// How far the elements of each open container are indented.
    indents: Vec<usize>,
}

impl Yaml<'_> {
    fn indent(&self) -> usize {
        self.indents.last().copied().unwrap_or(0)
    }

    /// How far further lines of a scalar are indented.
    fn scalar_indent(&self) -> usize {
        self.indent() + STEP
    }

    /// Goes to the indentation of the innermost container. What is on the line already is narrower than that.
    fn begin(&mut self) {
        spaces(self.indent().saturating_sub(self.out.len() - self.line), self.out);
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.line = self.out.len();
    }

    /// The space between an indicator and what follows.
    fn gap(&mut self) {
        if self.after != After::Nothing {
            self.out.push(' ');
        }
    }

    fn text(&mut self, text: &str, look: Look, indent: Option<usize>) {
        Place { out: self.out, line: self.line, indent }.write(text, look);
    }

    fn float(&mut self, value: f64) {
        if value.is_nan() {
            self.out.push_str(".nan");
        } else if value.is_infinite() {
            self.out.push_str(if value < 0.0 { "-.inf" } else { ".inf" });
        } else {
            let start = self.out.len();
            write_float(value, self.out);
            // YAML 1.1 wants a point in every float.
            let digits = self.out.get(start..).unwrap_or_default();
            if let Some(at) = digits.find('e').filter(|_| !digits.contains('.')) {
                self.out.insert_str(start + at, ".0");
            }
        }
    }

    /// Base64 in lines. Ends the line, if there is anything.
    fn bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return self.out.push_str("!!binary \"\"");
        }
        self.out.push_str("!!binary |");
        self.end_line();
        for chunk in bytes.chunks(BASE64_LINE / 4 * 3) {
            spaces(self.scalar_indent(), self.out);
            write_base64(chunk, self.out);
            self.end_line();
        }
    }

    /// A key that is text: before a `:`, or after a `?` and then before a `:` on a line of its own.
    fn text_key(&mut self, text: &str) {
        let look = look(text);
        if look.multiline || text.len() > LONGEST_SIMPLE_KEY {
            self.out.push_str("? ");
            let indent = self.scalar_indent();
            self.text(text, look, Some(indent));
            self.end_line();
            self.after = After::Colon;
        } else {
            self.text(text, look, None);
        }
    }
}

impl Visitor for Yaml<'_> {
    fn scalar(&mut self, kind: &Kind) {
        self.gap();
        let indent = Some(self.scalar_indent());
        match kind {
            Kind::Null => self.out.push_str("null"),
            Kind::Missing => self.out.push_str("???"),
            Kind::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Kind::Int(value) => write_int(*value, self.out),
            Kind::BigInt(digits) => self.out.push_str(digits),
            Kind::Float(value) => self.float(*value),
            Kind::Str(text) => self.text(text, look(text), indent),
            Kind::Template(template) => self.text(&template.text, look(&template.text), indent),
            Kind::Bytes(bytes) => self.bytes(bytes),
            Kind::List(_) | Kind::Map(_) => {}
        }
        if self.line != self.out.len() {
            self.end_line();
        }
    }

    fn empty(&mut self, branch: Branch<'_>) {
        self.gap();
        self.out.push_str(match branch {
            Branch::Map(_) => "{}",
            Branch::List(_) => "[]",
        });
        self.end_line();
    }

    fn open(&mut self, branch: Branch<'_>) {
        let indent = match (self.after, branch) {
            (After::Nothing, _) => 0,
            (After::SimpleKey, Branch::List(_)) => self.indent(),
            _ => self.indent() + STEP,
        };
        if self.after == After::SimpleKey {
            self.end_line();
        }
        self.indents.push(indent);
    }

    fn close(&mut self) {
        self.indents.pop();
    }

    fn key(&mut self, key: &Key, _first: bool) {
        self.begin();
        self.after = After::SimpleKey;
        match key {
            Key::Str(text) => self.text_key(text),
            Key::Int(value) => write_int(*value, self.out),
            Key::Float(value) => self.float(*value),
            Key::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Key::Null => self.out.push_str("null"),
            Key::Bytes(bytes) if bytes.is_empty() => self.bytes(bytes),
            Key::Bytes(bytes) => {
                self.out.push_str("? ");
                self.bytes(bytes);
                self.after = After::Colon;
            }
        }
        if self.after == After::Colon {
            self.begin();
        }
        self.out.push(':');
    }

    fn item(&mut self, _first: bool) {
        self.begin();
        self.out.push('-');
        self.after = After::Dash;
    }
}
