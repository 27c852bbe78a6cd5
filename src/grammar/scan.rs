//! What the override grammar and the template grammar share: where a number, a word or an escape ends.
//!
//! All functions take the bytes of a text and an offset into it; an offset behind the end is allowed everywhere.

use crate::value::{Kind, Text};

/// What a run of characters is, standing alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme {
    /// `null` in any case.
    Null,
    /// `true` or `false` in any case.
    Bool(bool),
    /// Decimal digits with a sign and single underscores between digits.
    Int,
    /// A number with a point or an exponent, `inf`, `nan`.
    Float,
    /// Any other run: it stands for its own characters.
    Word,
    /// Backslashes each before a character that needs one.
    Escape,
}

/// The byte at an offset; 0 behind the end.
pub(crate) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Where the blanks (spaces, tabs) end that start at an offset.
pub(crate) fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(byte(bytes, at), b' ' | b'\t') {
        at += 1;
    }
    at
}

/// The longest lexeme of unquoted text at an offset, and where it ends. `None` for blanks and for characters that
/// have a meaning or may not stand unquoted.
pub(crate) fn lexeme(bytes: &[u8], at: usize) -> Option<(Lexeme, usize)> {
    match byte(bytes, at) {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => Some(word(bytes, at)),
        b'0'..=b'9' => number(bytes, at),
        b'.' => Some(number(bytes, at).unwrap_or((Lexeme::Word, at + 1))),
        b'+' | b'-' => Some(signed(bytes, at).unwrap_or((Lexeme::Word, at + 1))),
        b'\\' => Some(match escapes(bytes, at) {
            end if end > at => (Lexeme::Escape, end),
            _ => (Lexeme::Word, at + 1),
        }),
        b'/' | b'$' | b'%' | b'*' | b'@' | b'?' | b'|' => Some((Lexeme::Word, at + 1)),
        _ => None,
    }
}

/// Where an identifier ends: a letter or `_`, then letters, digits, `_` and `-`.
pub(crate) fn identifier(bytes: &[u8], mut at: usize) -> usize {
    if byte(bytes, at).is_ascii_digit() || byte(bytes, at) == b'-' {
        return at;
    }
    while matches!(byte(bytes, at), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-') {
        at += 1;
    }
    at
}

fn word(bytes: &[u8], at: usize) -> (Lexeme, usize) {
    let end = identifier(bytes, at);
    let text = bytes.get(at..end).unwrap_or_default();
    let is = |keyword: &[u8]| text.eq_ignore_ascii_case(keyword);
    let lexeme = match text.len() {
        3 if is(b"inf") || is(b"nan") => Lexeme::Float,
        4 if is(b"null") => Lexeme::Null,
        4 if is(b"true") => Lexeme::Bool(true),
        5 if is(b"false") => Lexeme::Bool(false),
        _ => Lexeme::Word,
    };
    (lexeme, end)
}

/// A number behind a sign.
fn signed(bytes: &[u8], at: usize) -> Option<(Lexeme, usize)> {
    let after = bytes.get(at + 1..at + 4);
    if after.is_some_and(|w| w.eq_ignore_ascii_case(b"inf") || w.eq_ignore_ascii_case(b"nan")) {
        return Some((Lexeme::Float, at + 4));
    }
    number(bytes, at + 1)
}

/// A number whose digits start at `at`.
fn number(bytes: &[u8], at: usize) -> Option<(Lexeme, usize)> {
    let mut end = whole(bytes, at);
    let mut kind = Lexeme::Int;
    if byte(bytes, end) == b'.' {
        let fraction = digits(bytes, end + 1);
        if end > at || fraction > end + 1 {
            kind = Lexeme::Float;
            end = fraction.max(end + 1);
        }
    }
    if end == at {
        return None;
    }
    if matches!(byte(bytes, end), b'e' | b'E') {
        let sign = usize::from(matches!(byte(bytes, end + 1), b'+' | b'-'));
        let exponent = digits(bytes, end + 1 + sign);
        if exponent > end + 1 + sign {
            return Some((Lexeme::Float, exponent));
        }
    }
    Some((kind, end))
}

/// A whole number without sign: `0`, or digits that do not start with 0.
pub(crate) fn whole(bytes: &[u8], at: usize) -> usize {
    match byte(bytes, at) {
        b'0' => at + 1,
        _ => digits(bytes, at),
    }
}

/// Digits with single underscores between them.
fn digits(bytes: &[u8], mut at: usize) -> usize {
    while byte(bytes, at).is_ascii_digit() {
        at += 1;
        if byte(bytes, at) == b'_' && byte(bytes, at + 1).is_ascii_digit() {
            at += 1;
        }
    }
    at
}

/// Backslashes before characters that unquoted text must escape.
fn escapes(bytes: &[u8], mut at: usize) -> usize {
    while byte(bytes, at) == b'\\' && escapable(byte(bytes, at + 1)) {
        at += 2;
    }
    at
}

/// Whether a backslash before this character is taken away in unquoted text.
pub(crate) fn escapable(byte: u8) -> bool {
    matches!(byte, b'\\' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b':' | b'=' | b',' | b' ' | b'\t')
}

/// Every second byte of a run of escapes: what they stand for. All of them are ASCII.
pub(crate) fn unescape(run: &str, out: &mut Text) {
    for c in run.chars().skip(1).step_by(2) {
        out.push(c);
    }
}

/// The value of a lexeme that stands alone.
pub(crate) fn literal(lexeme: Lexeme, text: &str) -> Kind {
    match lexeme {
        Lexeme::Null => Kind::Null,
        Lexeme::Bool(value) => Kind::Bool(value),
        Lexeme::Int => integer(text),
        Lexeme::Float => Kind::Float(float(text)),
        Lexeme::Word => Kind::Str(text.into()),
        Lexeme::Escape => {
            let mut out = Text::default();
            unescape(text, &mut out);
            Kind::Str(out)
        }
    }
}

fn integer(text: &str) -> Kind {
    if let Ok(small) = text.parse() {
        return Kind::Int(small);
    }
    let digits: String = text.chars().filter(|&c| c != '_' && c != '+').collect();
    match digits.parse() {
        Ok(small) => Kind::Int(small),
        Err(_) => Kind::BigInt(digits.into()),
    }
}

fn float(text: &str) -> f64 {
    let parsed = text.parse().or_else(|_| text.replace('_', "").parse());
    parsed.unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> (Lexeme, &str) {
        let (lexeme, end) = lexeme(text.as_bytes(), 0).unwrap();
        (lexeme, &text[..end])
    }

    #[test]
    fn numbers_end_where_the_grammar_says() {
        for (text, kind, token) in [
            ("0", Lexeme::Int, "0"),
            ("01", Lexeme::Int, "0"),
            ("1_000", Lexeme::Int, "1_000"),
            ("1__0", Lexeme::Int, "1"),
            ("1_", Lexeme::Int, "1"),
            ("+1", Lexeme::Int, "+1"),
            ("1.", Lexeme::Float, "1."),
            (".5_0x", Lexeme::Float, ".5_0"),
            ("1.e-5", Lexeme::Float, "1.e-5"),
            ("1e", Lexeme::Int, "1"),
            ("1e+", Lexeme::Int, "1"),
            ("-INF1", Lexeme::Float, "-INF"),
            ("inf1", Lexeme::Word, "inf1"),
            (".", Lexeme::Word, "."),
            ("-.e1", Lexeme::Word, "-"),
            ("tRue", Lexeme::Bool(true), "tRue"),
            ("true-", Lexeme::Word, "true-"),
            (r"\,\\x", Lexeme::Escape, r"\,\\"),
            (r"\x", Lexeme::Word, r"\"),
        ] {
            assert_eq!(first(text), (kind, token), "{text}");
        }
    }

    #[test]
    fn literals_have_the_values_they_show() {
        assert_eq!(literal(Lexeme::Int, "-1_000"), Kind::Int(-1000));
        let big = "123456789012345678901234567890";
        assert_eq!(literal(Lexeme::Int, &format!("+{big}")), Kind::BigInt(big.into()));
        assert_eq!(literal(Lexeme::Float, "1_0.5"), Kind::Float(10.5));
        assert_eq!(literal(Lexeme::Float, "1.e3"), Kind::Float(1000.0));
        assert_eq!(literal(Lexeme::Float, "-nan"), Kind::Float(f64::NAN));
        assert_eq!(literal(Lexeme::Escape, r"\,\\"), Kind::Str(r",\".into()));
    }
}
