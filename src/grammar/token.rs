//! Tokens of the right side of an override, with their exact places.

use std::cell::Cell;

use crate::grammar::scan::{self, Lexeme, byte};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A run of unquoted text.
    Plain(Lexeme),
    /// Blanks that belong to no other token.
    Blank,
    /// `:` with blanks around it.
    Colon,
    /// `${…}` up to the first closing brace.
    Interpolation,
    /// Quoted text with its quotes.
    Quoted,
    /// `,` with blanks around it.
    Comma,
    /// `=` with blanks around it.
    Equal,
    /// `(`, `[` or `{`, with the blanks behind it.
    Open(u8),
    /// `)`, `]` or `}`, with the blanks before it.
    Close(u8),
    /// A quote that no other one closes.
    Unclosed,
    /// A character that may stand only in quotes.
    Foreign,
    /// The end of the line.
    End,
}

/// A token: what it is and where, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Finds tokens in a text. Offsets must not go back: what was once found to have no end is not searched again.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    /// Closers that do not come any more: one bit each.
    gone: Cell<u8>,
}

const SINGLE: u8 = 1;
const DOUBLE: u8 = 2;
const BRACE: u8 = 4;

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, gone: Cell::new(0) }
    }

    /// The longest token at an offset.
    pub(crate) fn token(&self, start: usize) -> Token {
        let bytes = self.text.as_bytes();
        let make = |kind, end| Token { kind, start, end };
        let at = scan::blanks(bytes, start);
        let behind = |at| scan::blanks(bytes, at + 1);
        match byte(bytes, at) {
            b',' => return make(Kind::Comma, behind(at)),
            b':' => return make(Kind::Colon, behind(at)),
            b'=' => return make(Kind::Equal, behind(at)),
            b'(' => return make(Kind::Open(b'('), behind(at)),
            close @ (b')' | b']' | b'}') => return make(Kind::Close(close), at + 1),
            _ if at > start => return make(Kind::Blank, at),
            open @ (b'[' | b'{') => return make(Kind::Open(open), behind(at)),
            quote @ (b'\'' | b'"') => {
                let bit = if quote == b'"' { DOUBLE } else { SINGLE };
                return match self.search(bit, || closing_quote(bytes, start + 1, quote)) {
                    Some(end) => make(Kind::Quoted, end + 1),
                    None => make(Kind::Unclosed, start + 1),
                };
            }
            b'$' if byte(bytes, start + 1) == b'{' => {
                let inside = bytes.get(start + 2..).unwrap_or_default();
                if let Some(length) = self.search(BRACE, || inside.iter().position(|&b| b == b'}'))
                    && length > 0
                {
                    return make(Kind::Interpolation, start + 3 + length);
                }
            }
            _ => {}
        }
        match scan::lexeme(bytes, start) {
            Some((lexeme, end)) => make(Kind::Plain(lexeme), end),
            None => match self.text.get(start..).and_then(|rest| rest.chars().next()) {
                Some(foreign) => make(Kind::Foreign, start + foreign.len_utf8()),
                None => make(Kind::End, start),
            },
        }
    }

    /// Whether a `}` comes at all behind the last token.
    pub(crate) fn has_brace(&self) -> bool {
        self.gone.get() & BRACE == 0
    }

    fn search(&self, bit: u8, find: impl FnOnce() -> Option<usize>) -> Option<usize> {
        if self.gone.get() & bit != 0 {
            return None;
        }
        let found = find();
        if found.is_none() {
            self.gone.set(self.gone.get() | bit);
        }
        found
    }
}

/// The first quote that an even number of backslashes stands before.
fn closing_quote(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    loop {
        let found = at + bytes.get(at..)?.iter().position(|&b| b == quote)?;
        let slashes = bytes.get(from..found)?.iter().rev().take_while(|&&b| b == b'\\').count();
        if slashes.is_multiple_of(2) {
            return Some(found);
        }
        at = found + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_belong_to_delimiters() {
        let lexer = Lexer::new("f ( a , 'it\\'s' ] : #");
        let mut at = 0;
        let mut seen = Vec::new();
        loop {
            let token = lexer.token(at);
            if token.kind == Kind::End {
                break;
            }
            seen.push(&lexer.text[token.start..token.end]);
            at = token.end;
        }
        assert_eq!(seen, ["f", " ( ", "a", " , ", "'it\\'s'", " ]", " : ", "#"]);
    }
}
