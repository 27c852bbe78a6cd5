//! The pieces that templates are made of: runs of unquoted text, names, escapes.

use crate::grammar::scan::{self, Lexeme, byte};
use crate::value::{Expression, Kind, Name, Part, Text};

/// Unquoted text as it grows, and whether it is one lexeme, which keeps its type.
#[derive(Default)]
pub(super) struct Run {
    pub(super) text: Text,
    first: Option<(Lexeme, Text)>,
    count: usize,
    pub(super) escaped: bool,
}

impl Run {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether nothing stands here but blanks that are not escaped.
    pub(super) fn is_blank(&self) -> bool {
        !self.escaped && self.text.bytes().all(|b| matches!(b, b' ' | b'\t'))
    }

    pub(super) fn push(&mut self, lexeme: Lexeme, raw: &str) {
        self.count += 1;
        if lexeme == Lexeme::Escape {
            self.escaped = true;
            scan::unescape(raw, &mut self.text);
        } else {
            self.text.push_str(raw);
        }
        if self.count == 1 {
            self.first = Some((lexeme, raw.into()));
        }
    }

    pub(super) fn literal(self) -> Kind {
        match self.first {
            Some((lexeme, raw)) if self.count == 1 => scan::literal(lexeme, &raw),
            _ => Kind::Str(self.text),
        }
    }
}

/// The expression of a lone interpolation, or the parts again.
pub(super) fn lone(parts: Vec<Part>) -> Result<Expression, Box<[Part]>> {
    let one: Result<[Part; 1], _> = parts.try_into();
    match one {
        Ok([Part::Interpolation(expression, _)]) => Ok(expression),
        Ok(parts) => Err(parts.into()),
        Err(parts) => Err(parts.into()),
    }
}

/// Joins the keys of a path with dots: they turned out to name a resolver.
pub(super) fn resolver_name(path: Vec<Name>) -> Name {
    let mut parts: Vec<Part> = Vec::new();
    let mut plain = Text::default();
    for (i, name) in path.into_iter().enumerate() {
        if i > 0 {
            plain.push('.');
        }
        match name {
            Name::Literal(text) => plain.push_str(&text),
            Name::Parts(inner) => {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.extend(inner);
            }
        }
    }
    if parts.is_empty() {
        return Name::Literal(plain);
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Name::Parts(parts.into())
}

/// Where the backslashes start that end just before `stop`.
pub(super) fn trailing_backslashes(bytes: &[u8], from: usize, stop: usize) -> usize {
    let mut start = stop;
    while start > from && byte(bytes, start - 1) == b'\\' {
        start -= 1;
    }
    start
}

pub(super) fn unescape_key(raw: &str) -> Text {
    let mut text = Text::default();
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    text
}

/// `???` is a missing value; with backslashes before it, it is text, less one backslash.
pub(super) fn missing(spelling: &str) -> Option<Kind> {
    let inner = match spelling.as_bytes() {
        [a @ (b'\'' | b'"'), .., b] if a == b => spelling.get(1..spelling.len() - 1)?,
        _ => spelling,
    };
    let slashes = inner.strip_suffix("???")?;
    if slashes.bytes().any(|b| b != b'\\') {
        return None;
    }
    Some(match inner.get(1..) {
        Some(text) if !slashes.is_empty() => Kind::Str(text.into()),
        _ => Kind::Missing,
    })
}
