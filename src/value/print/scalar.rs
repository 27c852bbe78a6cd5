//! Text as a YAML scalar: plain, in single quotes or in double quotes, folded behind column 80.

use crate::value::print::ambiguous::is_ambiguous;

/// A space that stands behind this column may become a line break.
const WIDTH: usize = 80;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
}

/// What writing a text takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) style: Style,
    /// Whether there is a line break in it.
    pub(super) multiline: bool,
    /// Whether there is a space in it, where it can be folded.
    spaces: bool,
}

/// What a byte means for the style, as one bit. Zero, the class of nearly all bytes, means nothing.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut b = 0;
    while b < 0x20 {
        class[b] = CONTROL;
        b += 1;
    }
    class[0x7f] = CONTROL;
    class[b' ' as usize] = SPACE;
    class[b'\n' as usize] = BREAK;
    class[b'\r' as usize] = CONTROL | BREAK;
    class[b':' as usize] = COLON;
    let starts = b"#,[]{}&*!|>'\"%@`?-.";
    b = 0;
    while b < starts.len() {
        class[starts[b] as usize] = START;
        b += 1;
    }
    class[b'#' as usize] = HASH | START;
    b = 0xc0;
    while b < 0x100 {
        class[b] = HIGH;
        b += 1;
    }
    class
};
const SPACE: u8 = 1;
const BREAK: u8 = 2;
const COLON: u8 = 4;
const HASH: u8 = 8;
/// Must be escaped.
const CONTROL: u8 = 16;
/// The first byte of a character beyond ASCII: see [`class_of_high`].
const HIGH: u8 = 32;
/// Means something as the first byte only.
const START: u8 = 64;

/// Decides how to write a text.
pub(super) fn look(text: &str) -> Look {
    let bytes = text.as_bytes();
    let mut look = Look { style: Style::Plain, multiline: false, spaces: false };
    let mut ascii = true;
    if !is_calm(bytes) {
        ascii = look_closer(bytes, &mut look);
        let spaces_around = look.spaces && (bytes.first() == Some(&b' ') || bytes.last() == Some(&b' '));
        if look.style == Style::Plain && spaces_around {
            look.style = Style::Single;
        }
    }
    if look.style == Style::Plain && (starts_like_syntax(bytes) || is_ambiguous(text, ascii)) {
        look.style = Style::Single;
    }
    look
}

/// Whether no byte means anything inside a scalar: all are `$` to `~`, and none is `:`. Eight bytes at a time.
fn is_calm(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x80 * ONES;
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut marks = 0;
    for &chunk in chunks {
        let word = u64::from_le_bytes(chunk);
        let colons = word ^ (u64::from(b':') * ONES);
        let below = word.wrapping_sub(u64::from(b'$') * ONES);
        // The top bit of a byte is set if the byte is high, DEL, below `$`, or a colon; borrows only add marks.
        marks |= word | word.wrapping_add(ONES) | below | (colons.wrapping_sub(ONES) & !colons);
    }
    marks & TOPS == 0 && rest.iter().all(|&b| CLASS[usize::from(b)] & !START == 0)
}

/// Looks at each byte that means something inside a scalar, and at its neighbours. Returns whether all are ASCII.
fn look_closer(bytes: &[u8], look: &mut Look) -> bool {
    let (mut quotes, mut double, mut seen) = (false, false, 0);
    let is_space = |at: usize| bytes.get(at) == Some(&b' ');
    for (at, &b) in bytes.iter().enumerate() {
        let class = CLASS[usize::from(b)];
        seen |= class;
        if class & (BREAK | COLON | HASH | CONTROL | HIGH) == 0 {
            continue;
        }
        let (class, width) = match class {
            HIGH => class_of_high(bytes.get(at..).unwrap_or_default()),
            _ => (class, 1),
        };
        let after_space = at > 0 && is_space(at - 1);
        double |= class & CONTROL != 0;
        if class & BREAK != 0 {
            look.multiline = true;
            double |= after_space || is_space(at + width);
        }
        quotes |= class & HASH != 0 && after_space;
        quotes |= class & COLON != 0 && (at + 1 == bytes.len() || is_space(at + 1));
    }
    look.spaces = seen & SPACE != 0;
    if double {
        look.style = Style::Double;
    } else if quotes || look.multiline {
        look.style = Style::Single;
    }
    seen & HIGH == 0
}

/// The class of a character beyond ASCII, from its first byte on, and, if it is a line break, how wide it is.
fn class_of_high(bytes: &[u8]) -> (u8, usize) {
    match bytes {
        [0xc2, 0x85, ..] => (CONTROL | BREAK, 2),
        // The rest of U+0080 to U+009F, the byte order mark, and what is no character.
        [0xc2, 0x80..0xa0, ..] | [0xef, 0xbb, 0xbf, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..] => (CONTROL, 0),
        [0xf4, 0x8f, 0xbf, 0xbf, ..] => (CONTROL, 0),
        // The line and paragraph separators.
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => (BREAK, 3),
        _ => (0, 0),
    }
}

/// Whether a plain scalar that starts so would be read as something other than text.
fn starts_like_syntax(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(&b) if CLASS[usize::from(b)] & START == 0 => false,
        Some(b'-') => matches!(bytes, [_] | [_, b' ', ..] | [_, b'-', b'-', ..]),
        Some(b'.') => bytes.starts_with(b"..."),
        Some(b'?') => matches!(bytes, [_] | [_, b' ', ..]),
        first => first.is_some(),
    }
}

/// Where a scalar goes.
pub(super) struct Place<'o> {
    pub(super) out: &'o mut String,
    /// Where the current line starts in `out`.
    pub(super) line: usize,
    /// How far further lines of the scalar are indented; `None` if it must stay on one line.
    pub(super) indent: Option<usize>,
}

impl Place<'_> {
    /// Writes a text in its style.
    pub(super) fn write(&mut self, text: &str, look: Look) {
        if look.style == Style::Plain && !look.spaces {
            return self.out.push_str(text);
        }
        // No column is larger than the count of bytes on the line, so most lines need no counting.
        let widest = if look.style == Style::Plain { text.len() } else { 2 * text.len() + 1 };
        let short = self.out.len() - self.line + widest <= WIDTH;
        let folds = look.spaces && !short && self.indent.is_some();
        match look.style {
            Style::Plain if folds => self.plain(text),
            Style::Plain => self.out.push_str(text),
            Style::Single if look.multiline || folds => self.single(text),
            Style::Single => self.single_line(text),
            Style::Double => self.double(text),
        }
    }

    /// Characters on the current line so far.
    fn column(&self) -> usize {
        self.out.get(self.line..).map_or(0, |line| line.chars().count())
    }

    fn indented(&mut self, indent: usize) -> usize {
        spaces(indent, self.out);
        indent
    }

    /// Ends the line inside the scalar; returns the new column.
    fn fold(&mut self, indent: usize) -> usize {
        self.out.push('\n');
        self.indented(indent)
    }

    /// Whether the space at `at`, alone between two words, may become a line break.
    fn lone_space(text: &str, at: usize) -> bool {
        let byte = |at: usize| text.as_bytes().get(at).copied();
        let before = at.checked_sub(1).and_then(byte);
        before.is_some_and(|b| b != b' ') && byte(at + 1).is_some_and(|b| b != b' ')
    }

    fn plain(&mut self, text: &str) {
        let indent = self.indent.unwrap_or(0);
        let mut column = self.column();
        for (at, c) in text.char_indices() {
            if c == ' ' && column > WIDTH && Self::lone_space(text, at) {
                column = self.fold(indent);
            } else {
                self.out.push(c);
                column += 1;
            }
        }
    }

    fn single_line(&mut self, text: &str) {
        self.out.push('\'');
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once('\'') {
            self.out.push_str(head);
            self.out.push_str("''");
            rest = tail;
        }
        self.out.push_str(rest);
        self.out.push('\'');
    }

    /// A line break in the text is an empty line; so the first of several breaks is written twice.
    fn single(&mut self, text: &str) {
        let indent = self.indent.unwrap_or(0);
        self.out.push('\'');
        let mut column = self.column();
        let mut breaks = false;
        for (at, c) in text.char_indices() {
            match c {
                '\n' | '\u{2028}' | '\u{2029}' => {
                    if c == '\n' && !breaks {
                        self.out.push('\n');
                    }
                    self.out.push(c);
                    breaks = true;
                    column = 0;
                    continue;
                }
                ' ' if column > WIDTH && self.indent.is_some() && Self::lone_space(text, at) => {
                    column = self.fold(indent);
                    continue;
                }
                _ => {}
            }
            if breaks {
                column = self.indented(indent);
                breaks = false;
            }
            if c == '\'' {
                self.out.push('\'');
                column += 1;
            }
            self.out.push(c);
            column += 1;
        }
        if breaks {
            self.indented(indent);
        }
        self.out.push('\'');
    }

    fn double(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.out.push('"');
        let mut column = self.column();
        let mut after_space = false;
        for (at, c) in text.char_indices() {
            if c != ' ' {
                column += write_escaped(c, self.out);
                after_space = false;
                continue;
            }
            let inside = at > 0 && at + 1 < bytes.len();
            match self.indent {
                Some(indent) if inside && !after_space && column > WIDTH => {
                    column = self.fold(indent);
                    if bytes.get(at + 1) == Some(&b' ') {
                        self.out.push('\\');
                        column += 1;
                    }
                }
                _ => {
                    self.out.push(' ');
                    column += 1;
                }
            }
            after_space = true;
        }
        self.out.push('"');
    }
}

/// Appends a character as it stands in double quotes; returns how many characters that took.
fn write_escaped(c: char, out: &mut String) -> usize {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return write_coded(c, out),
    };
    out.extend(['\\', short]);
    2
}

fn write_coded(c: char, out: &mut String) -> usize {
    let (letter, digits) = match c {
        '\u{0}'..' ' | '\u{7f}'..'\u{a0}' => ('x', 2),
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => ('u', 4),
        '\u{10ffff}' => ('U', 8),
        _ => {
            out.push(c);
            return 1;
        }
    };
    out.extend(['\\', letter]);
    for i in (0..digits).rev() {
        let digit = char::from_digit(u32::from(c) >> (4 * i) & 15, 16).unwrap_or('0');
        out.push(digit.to_ascii_uppercase());
    }
    2 + digits as usize
}

/// Appends `count` spaces.
pub(super) fn spaces(count: usize, out: &mut String) {
    const SOME: &str = "                                                                ";
    let mut left = count;
    while let Some(rest) = left.checked_sub(SOME.len()) {
        out.push_str(SOME);
        left = rest;
    }
    out.push_str(SOME.get(..left).unwrap_or_default());
}
