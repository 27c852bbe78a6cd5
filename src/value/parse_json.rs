//! JSON text to trees: the way back from [`write_json`](crate::value::write_json).

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result, SourceId, Span};
use crate::value::key::Key;
use crate::value::map::Map;
use crate::value::node::{Kind, Node};

/// How deep a document may be nested.
const DEEPEST: usize = 512;

/// Reads one JSON document. Every value knows its place in `source`.
///
/// The objects with one key that starts with `$` are read as what [`write_json`](crate::value::write_json) wrote by
/// them: `{"$float":"nan"}`, `{"$int":"…"}`, `{"$bytes":"…"}`, `{"$dict":[[key,value],…]}`. All text is text: `"???"`
/// and `"${a}"` have no meaning here.
///
/// # Errors
/// Of kind [`ErrorKind::Json`], at the first byte that cannot stand where it does; a key that stands twice; more than
/// 512 levels.
///
/// ```
/// use mainstem::diag::SourceId;
/// use mainstem::value::{JsonStyle, read_json, write_json};
/// let text = r#"{"lr":0.1,"loss":{"$float":"nan"},"tags":["a"]}"#;
/// let node = read_json(text, SourceId::NONE)?;
/// let mut again = String::new();
/// write_json(&node, JsonStyle::Compact, &mut again);
/// assert_eq!(again, text);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn read_json(text: &str, source: SourceId) -> Result<Node> {
    read(text, source, false)
}

/// As [`read_json`], of what Python writes: `NaN`, `Infinity` and `-Infinity` are floats.
///
/// # Errors
/// As [`read_json`].
pub(crate) fn read_python_json(text: &str) -> Result<Node> {
    read(text, SourceId::NONE, true)
}

fn read(text: &str, source: SourceId, is_python: bool) -> Result<Node> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, depth: 0, source, is_python };
    let node = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.wrong("the end of the document"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    source: SourceId,
    /// Whether floats that JSON has no words for have those of Python.
    is_python: bool,
}

impl Reader<'_> {
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn origin(&self, start: usize, end: usize) -> Origin {
        Origin::new(self.source, Span::new(start, end))
    }

    /// What stands at the current place is not what must stand there.
    fn wrong(&self, expected: &str) -> Error {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = self.at + rest.chars().next().map_or(0, char::len_utf8);
        let found = match rest.chars().next() {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end of the text".to_owned(),
        };
        let message = format!("expected {expected}, found {found} (byte {})", self.at);
        Error::new(ErrorKind::Json, message).at(self.origin(self.at, end), "here")
    }

    fn expect(&mut self, byte: u8, name: &str) -> Result<()> {
        self.space();
        if self.bytes.get(self.at) != Some(&byte) {
            return Err(self.wrong(name));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether the byte is next; then it is taken.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Node> {
        self.space();
        let start = self.at;
        let kind = match self.bytes.get(self.at) {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Kind::Str(self.string()?.as_str().into()),
            Some(b't') => self.word("true", Kind::Bool(true))?,
            Some(b'f') => self.word("false", Kind::Bool(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b'N') if self.is_python => self.word("NaN", Kind::Float(f64::NAN))?,
            Some(b'I') if self.is_python => self.word("Infinity", Kind::Float(f64::INFINITY))?,
            Some(b'-') if self.is_python && self.bytes.get(self.at + 1) == Some(&b'I') => {
                self.word("-Infinity", Kind::Float(f64::NEG_INFINITY))?
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.wrong("a value")),
        };
        Ok(Node::new(kind, self.origin(start, self.at)))
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.wrong("a value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Kind>) -> Result<Kind> {
        if self.depth == DEEPEST {
            let message = format!("the JSON document is nested in more than {DEEPEST} levels");
            return Err(Error::new(ErrorKind::Limit, message).at(self.origin(self.at, self.at + 1), "here"));
        }
        self.depth += 1;
        self.at += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn list(&mut self) -> Result<Kind> {
        let mut items = Vec::new();
        if self.takes(b']') {
            return Ok(Kind::List(Arc::new(items)));
        }
        loop {
            items.push(self.value()?);
            if self.takes(b']') {
                return Ok(Kind::List(Arc::new(items)));
            }
            self.expect(b',', "`,` or `]`")?;
        }
    }

    fn object(&mut self) -> Result<Kind> {
        let mut map = Map::default();
        if self.takes(b'}') {
            return Ok(Kind::Map(Arc::new(map)));
        }
        loop {
            self.space();
            let start = self.at;
            if self.bytes.get(start) != Some(&b'"') {
                return Err(self.wrong("a key in double quotes"));
            }
            let text = self.string()?;
            let origin = self.origin(start, self.at);
            self.expect(b':', "`:`")?;
            let node = self.value()?;
            if let Err(first) = map.insert_new(Key::from(text.as_str()), origin, node) {
                let error = Error::new(ErrorKind::DuplicateKey, format!("key `{text}` stands twice"));
                return Err(error.at(origin, "again here").at(first.origin, "first here"));
            }
            if self.takes(b'}') {
                return Ok(tagged(&map).unwrap_or_else(|| Kind::Map(Arc::new(map))));
            }
            self.expect(b',', "`,` or `}`")?;
        }
    }

    fn number(&mut self) -> Result<Kind> {
        let start = self.at;
        let digits = |reader: &mut Self| {
            let from = reader.at;
            while matches!(reader.bytes.get(reader.at), Some(b'0'..=b'9')) {
                reader.at += 1;
            }
            if reader.at == from { Err(reader.wrong("a digit")) } else { Ok(reader.at - from) }
        };
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'-'));
        let first = self.bytes.get(self.at).copied();
        if digits(self)? > 1 && first == Some(b'0') {
            self.at = start;
            return Err(self.wrong("a number without leading zeros"));
        }
        let mut whole = true;
        if self.bytes.get(self.at) == Some(&b'.') {
            whole = false;
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            whole = false;
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            digits(self)?;
        }
        let text = &self.text[start..self.at];
        Ok(match (whole, text.parse::<i64>()) {
            (true, Ok(number)) => Kind::Int(number),
            (true, Err(_)) => Kind::BigInt(text.into()),
            // Every text of that form is a float.
            (false, _) => Kind::Float(text.parse().unwrap_or(f64::NAN)),
        })
    }

    /// A string in quotes, the opening one being next.
    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let from = self.at;
            while self.bytes.get(self.at).is_some_and(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            out.push_str(self.text.get(from..self.at).unwrap_or_default());
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape()?;
                    out.push(c);
                }
                _ => return Err(self.wrong("`\"`")),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char> {
        let Some(&byte) = self.bytes.get(self.at) else { return Err(self.wrong("an escape")) };
        let plain = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.wrong("an escape: one of `\"\\/bfnrtu`")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// The four digits of `\uXXXX`, and those of the second half if it takes two.
    fn unicode(&mut self) -> Result<char> {
        let high = self.hex()?;
        let code = match high {
            0xd800..=0xdbff if self.text[self.at..].starts_with("\\u") => {
                self.at += 2;
                let low = self.hex()?;
                if !(0xdc00..=0xdfff).contains(&low) {
                    return Err(self.wrong("the second half of a surrogate pair before this"));
                }
                0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.wrong("the second half of a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|text| u32::from_str_radix(text, 16).ok());
        let Some(code) = code else { return Err(self.wrong("four hexadecimal digits")) };
        self.at += 4;
        Ok(code)
    }
}

/// What an object with one key that starts with `$` stands for.
fn tagged(map: &Map) -> Option<Kind> {
    let mut entries = map.iter();
    let (Some((key, slot)), None) = (entries.next(), entries.next()) else { return None };
    match (key.as_str()?, &slot.node.kind) {
        ("$float", Kind::Str(text)) => match text.as_str() {
            "nan" => Some(Kind::Float(f64::NAN)),
            "inf" => Some(Kind::Float(f64::INFINITY)),
            "-inf" => Some(Kind::Float(f64::NEG_INFINITY)),
            _ => None,
        },
        ("$int", Kind::Str(text)) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| Kind::BigInt(text.as_str().into()))
        }
        ("$bytes", Kind::Str(text)) => Some(Kind::Bytes(base64(text)?.into())),
        ("$dict", Kind::List(pairs)) => {
            let pair = |pair: &Node| match pair.as_list()? {
                [key, value] => Some((as_key(key)?, value.clone(), pair.origin)),
                _ => None,
            };
            let mut map = Map::default();
            for (key, value, origin) in pairs.iter().map(pair).collect::<Option<Vec<_>>>()? {
                map.insert(key, origin, value);
            }
            Some(Kind::Map(Arc::new(map)))
        }
        _ => None,
    }
}

fn as_key(node: &Node) -> Option<Key> {
    Some(match &node.kind {
        Kind::Null => Key::Null,
        Kind::Bool(value) => Key::Bool(*value),
        Kind::Int(value) => Key::Int(*value),
        Kind::Float(value) => Key::Float(*value),
        Kind::Str(text) => Key::Str(text.clone()),
        Kind::Bytes(bytes) => Key::Bytes(Arc::clone(bytes)),
        _ => return None,
    })
}

/// Decodes base64 with padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let bytes = text.as_bytes();
    let digits = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    for chunk in digits.chunks(4) {
        let mut word = 0;
        for i in 0..4 {
            word = word << 6 | u32::from(chunk.get(i).map_or(Some(0), |&byte| digit(byte))?);
        }
        out.extend_from_slice(word.to_be_bytes().get(1..chunk.len())?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{JsonStyle, write_json};

    fn read(text: &str) -> Node {
        read_json(text, SourceId::NONE).unwrap()
    }

    fn refused(text: &str) -> String {
        read_json(text, SourceId::NONE).unwrap_err().message().to_owned()
    }

    fn compact(node: &Node) -> String {
        let mut out = String::new();
        write_json(node, JsonStyle::Compact, &mut out);
        out
    }

    #[test]
    fn what_was_written_is_read_again() {
        for text in [
            r#"{"a":[1,-2,1.5,1e-07,true,null,"x\"\\\n\u0001ä😀"],"b":{}}"#,
            r#"{"$float":"-inf"}"#,
            r#"{"$int":"123456789012345678901234567890"}"#,
            r#"{"$bytes":"Zm9vYg=="}"#,
            r#"{"$dict":[[1,"a"],[null,[]],["$x",{"$float":"nan"}]]}"#,
            r#"[{"$other":1},{"$float":"seven"},[]]"#,
        ] {
            let node = read(text);
            for style in [JsonStyle::Compact, JsonStyle::Pretty] {
                let mut written = String::new();
                write_json(&node, style, &mut written);
                assert_eq!(read(&written), node, "{text}");
            }
        }
        assert_eq!(compact(&read(" [ 1 , {\"a\" : \"\\u00e9\\ud83d\\ude00\\/\"} ] ")), r#"[1,{"a":"é😀/"}]"#);
        assert_eq!(
            read("123456789012345678901"),
            Node::new(Kind::BigInt("123456789012345678901".into()), Origin::NONE)
        );
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(refused("{\"a\":1,}"), "expected a key in double quotes, found `}` (byte 7)");
        assert_eq!(refused("[1 2]"), "expected `,` or `]`, found `2` (byte 3)");
        assert_eq!(refused("\"a"), "expected `\"`, found the end of the text (byte 2)");
        assert_eq!(refused("01"), "expected a number without leading zeros, found `0` (byte 0)");
        assert_eq!(refused("1 ä"), "expected the end of the document, found `ä` (byte 2)");
        assert_eq!(
            refused("\"\\ud800x\""),
            "expected the second half of a surrogate pair, found `x` (byte 7)"
        );
        assert_eq!(refused("\"\\u12é\""), "expected four hexadecimal digits, found `1` (byte 3)");
        assert_eq!(refused("{\"a\":1,\"a\":2}"), "key `a` stands twice");
        assert_eq!(refused(&"[".repeat(600)), "the JSON document is nested in more than 512 levels");
        for text in ["", "nul", "-", "1.", "1e", "\"\u{1}\"", "\"\\x\"", "\"\\", "tru"] {
            assert!(!refused(text).is_empty());
        }
    }
}
