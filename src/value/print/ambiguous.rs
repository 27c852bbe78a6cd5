//! Text that would read back as something else if it stood without quotes: `yes`, `1e3`, `12:30`, `2020-01-01`.

use std::borrow::Cow;

/// Whether the text, unquoted, is or looks like a boolean, a number, a date, `null`, or a mark of YAML's own.
///
/// Numbers are those of YAML 1.1 and those of Python, which also takes `1_0`, `nan`, and the digits of all scripts.
/// `ascii` says whether all of the text is ASCII.
pub(super) fn is_ambiguous(text: &str, ascii: bool) -> bool {
    if !ascii {
        return in_ascii_digits(text).is_some_and(|text| is_python_number(&mut Cursor::new(&text)));
    }
    match text.as_bytes() {
        [] | b"~" | b"=" | b"<<" => true,
        [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => is_number(text),
        [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'i' | b'I', ..] => {
            is_word(text)
        }
        _ => false,
    }
}

/// Words in the three ways of writing that YAML 1.1 knows; `inf` and `nan`, as Python reads them, in every way.
fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (first, rest) = bytes.split_at_checked(1).unwrap_or((bytes, &[]));
    let uniform = || {
        rest.iter().all(u8::is_ascii_lowercase)
            || (first.iter().all(u8::is_ascii_uppercase) && rest.iter().all(u8::is_ascii_uppercase))
    };
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    match bytes.len() {
        1 => is("y") || is("n"),
        2 => uniform() && (is("no") || is("on")),
        3 => is("inf") || is("nan") || (uniform() && (is("yes") || is("off"))),
        4 => uniform() && (is("true") || is("null")),
        5 => uniform() && is("false"),
        8 => is("infinity"),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    let at = || Cursor::new(text);
    is_python_number(&mut at())
        || is_yaml_int(&mut at())
        || is_yaml_float(&mut at())
        || is_sexagesimal(&mut at())
        || is_date(&mut at())
}

/// What `float()` takes, which is all that `int()` takes, and more.
fn is_python_number(at: &mut Cursor<'_>) -> bool {
    at.sign();
    if at.is_word("inf") || at.is_word("infinity") || at.is_word("nan") {
        return true;
    }
    let whole = at.python_digits();
    let fraction = at.eat(b'.') && at.python_digits();
    if !whole && !fraction {
        return false;
    }
    if at.eat(b'e') || at.eat(b'E') {
        at.sign();
        if !at.python_digits() {
            return false;
        }
    }
    at.done()
}

/// `0b1_0`, `017`, `1_000`, `0x_ff`.
fn is_yaml_int(at: &mut Cursor<'_>) -> bool {
    at.sign();
    if !at.eat(b'0') {
        return at.some(|b| b.is_ascii_digit()) && at.any(is_digit_or_underscore) && at.done();
    }
    let many = if at.eat(b'b') {
        at.some(|b| matches!(b, b'0' | b'1' | b'_'))
    } else if at.eat(b'x') {
        at.some(|b| b.is_ascii_hexdigit() || b == b'_')
    } else {
        at.any(|b| matches!(b, b'0'..=b'7' | b'_'))
    };
    many && at.done()
}

/// `1_0.`, `.5e+3`, `1.5e-3`, `.inf`, `.NaN`; and `0._e0`, which OmegaConf prints as it is and reads as a float.
fn is_yaml_float(at: &mut Cursor<'_>) -> bool {
    let signed = at.sign();
    if at.eat(b'.') {
        if matches!(at.rest, b"inf" | b"Inf" | b"INF") {
            return true;
        }
        if signed {
            return false;
        }
        if matches!(at.rest, b"nan" | b"NaN" | b"NAN") {
            return true;
        }
        if !at.one(|b| b.is_ascii_digit()) {
            return false;
        }
    } else if !(at.one(|b| b.is_ascii_digit()) && at.any(is_digit_or_underscore) && at.eat(b'.')) {
        return false;
    }
    at.any(is_digit_or_underscore);
    if at.eat(b'e') || at.eat(b'E') {
        at.sign();
        return at.some(|b| b.is_ascii_digit()) && at.done();
    }
    at.done()
}

/// `12:30:45`, `1_0:30.5`.
fn is_sexagesimal(at: &mut Cursor<'_>) -> bool {
    at.sign();
    let zero = at.rest.first() == Some(&b'0');
    if !(at.one(|b| b.is_ascii_digit()) && at.any(is_digit_or_underscore)) || at.rest.first() != Some(&b':') {
        return false;
    }
    while at.eat(b':') {
        let tens = at.one(|b| matches!(b, b'0'..=b'5'));
        if !at.one(|b| b.is_ascii_digit()) && !tens {
            // `6` to `9` alone is a digit too, and was taken; anything else is none.
            return false;
        }
    }
    if at.eat(b'.') {
        return at.any(is_digit_or_underscore) && at.done();
    }
    !zero && at.done()
}

/// `2020-01-31`, `2020-1-31 7:05:09.5 +01:00`.
fn is_date(at: &mut Cursor<'_>) -> bool {
    if !(at.digits(4, 4) && at.eat(b'-')) {
        return false;
    }
    let start = at.rest;
    if at.digits(2, 2) && at.eat(b'-') && at.digits(2, 2) && at.done() {
        return true;
    }
    at.rest = start;
    if !(at.digits(1, 2) && at.eat(b'-') && at.digits(1, 2)) {
        return false;
    }
    if !(at.eat(b'T') || at.eat(b't') || at.some(|b| b == b' ')) {
        return false;
    }
    if !(at.digits(1, 2) && at.eat(b':') && at.digits(2, 2) && at.eat(b':') && at.digits(2, 2)) {
        return false;
    }
    if at.eat(b'.') {
        at.any(|b| b.is_ascii_digit());
    }
    if at.done() {
        return true;
    }
    at.any(|b| b == b' ');
    if at.eat(b'Z') {
        return at.done();
    }
    at.sign() && at.digits(1, 2) && (at.done() || (at.eat(b':') && at.digits(2, 2) && at.done()))
}

fn is_digit_or_underscore(b: u8) -> bool {
    b.is_ascii_digit() || b == b'_'
}

/// What is left of a text that is being matched. A step that returns false may have taken some of it.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes() }
    }

    fn done(&self) -> bool {
        self.rest.is_empty()
    }

    /// One byte, if it is of the kind.
    fn one(&mut self, kind: impl Fn(u8) -> bool) -> bool {
        match self.rest.split_first() {
            Some((&b, rest)) if kind(b) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.one(|b| b == byte)
    }

    fn sign(&mut self) -> bool {
        self.eat(b'+') || self.eat(b'-')
    }

    /// As many bytes of the kind as there are, possibly none. Always true.
    fn any(&mut self, kind: impl Fn(u8) -> bool) -> bool {
        while self.one(&kind) {}
        true
    }

    /// At least one byte of the kind.
    fn some(&mut self, kind: impl Fn(u8) -> bool) -> bool {
        self.one(&kind) && self.any(kind)
    }

    /// From `least` to `most` digits, as many as there are.
    fn digits(&mut self, least: usize, most: usize) -> bool {
        (0..most).take_while(|_| self.one(|b| b.is_ascii_digit())).count() >= least
    }

    /// Digits with single underscores between them.
    fn python_digits(&mut self) -> bool {
        let mut some = false;
        loop {
            let before = self.rest;
            if some {
                self.eat(b'_');
            }
            if !self.one(|b| b.is_ascii_digit()) {
                self.rest = before;
                return some;
            }
            some = true;
        }
    }

    /// Whether the word is all that is left.
    fn is_word(&self, word: &str) -> bool {
        self.rest.eq_ignore_ascii_case(word.as_bytes())
    }
}

/// The text without the spaces around it and with all digits turned into ASCII, as Python does before it reads a
/// number. `None` if it cannot be a number.
fn in_ascii_digits(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim_matches(is_python_space);
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    let mut ascii = String::new();
    for c in text.chars() {
        ascii.push(if c.is_ascii() { numeric(c)? } else { ascii_digit(c)? });
    }
    Some(Cow::Owned(ascii))
}

fn numeric(c: char) -> Option<char> {
    matches!(c, '0'..='9' | '+' | '-' | '.' | '_' | 'e' | 'E').then_some(c)
}

fn is_python_space(c: char) -> bool {
    // Tabs and other controls are quoted for their own sake.
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// The ASCII form of a decimal digit of another script.
fn ascii_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = ZEROS.get(ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?)?;
    char::from_digit(code - zero, 10)
}

/// The zeros of Unicode 14 beyond ASCII; the other nine digits follow each.
#[rustfmt::skip]
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
    0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
    0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_back_as_something_else_is_ambiguous() {
        let texts = "y Y n No NO on OFF true False null NULL ~ = << inf -Infinity +nAn .inf -.INF .NaN 0 -1 +1 1_0 1__0 \
             1_ 0_ 017 08 0b1 0x_F -0x1f 1e3 1E3 1. .5 -.5 1.5e+3 1_0.5 1_.5 0._e0 12:30 1:2:3 190:20:30.15 -1:59 \
             2020-01-01 2020-1-1T1:02:03 2020-01-01t01:02:03.5Z ١٢ 1٢ \u{a0}1 nan\u{3000}";
        for text in texts.split(' ') {
            assert!(is_ambiguous(text, text.is_ascii()), "{text:?}");
        }
        for text in ["", "2020-01-01 01:02:03 +1:30", "2020-01-01 01:02:03 -1"] {
            assert!(is_ambiguous(text, true), "{text:?}");
        }
    }

    #[test]
    fn what_only_resembles_is_not() {
        let texts = "yEs oN nO trUE none None nUll ye 1e 1e+ 0o17 0b2 0xg 1a _1 +-1 .e1 12:60 0:30 012:30 1:2:3:x 1:. \
             2020-01 2020-1-1 20-01-01 infinit -.nan . + - .. 1.2.3 ½ ² ١a";
        for text in texts.split(' ') {
            assert!(!is_ambiguous(text, text.is_ascii()), "{text:?}");
        }
    }
}
