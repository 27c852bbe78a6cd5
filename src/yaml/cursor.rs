//! A place in a text, and the scalars that begin there: those of one line.

use crate::diag::Span;
use crate::yaml::tree::{Stop, Style};

/// Why reading ended early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Leave {
    /// Something that only the full reader knows. Nothing has been decided.
    GiveUp,
    /// The tree refused to go on.
    Stop,
}

impl From<Stop> for Leave {
    fn from(_: Stop) -> Self {
        Self::Stop
    }
}

pub(super) type Step<T = ()> = Result<T, Leave>;

/// A scalar as it was found.
pub(super) struct Piece {
    /// Its text without quotes; if `unescaped`, in the scratch space.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) unescaped: bool,
    pub(super) style: Style,
    pub(super) span: Span,
    /// Whether `:` follows.
    pub(super) key: bool,
}

/// Bytes at which an unquoted scalar may end or become unsure.
const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
}

pub(super) const ENDS: [bool; 256] = table(b"\n\t:#");
pub(super) const ENDS_IN_BRACKETS: [bool; 256] = table(b"\n\t:#,[]{}");
const CANNOT_BEGIN: [bool; 256] = table(b"\n\t ,[]{}#&*!|>'\"%@`");
pub(super) const ENDS_SINGLE: [bool; 256] = table(b"\n'");
pub(super) const ENDS_DOUBLE: [bool; 256] = table(b"\n\"\\");

/// A place in a text.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    /// Where its line begins.
    pub(super) line: usize,
    /// Text that does not stand in the source as it reads.
    pub(super) scratch: String,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, line: 0, scratch: String::new() }
    }

    /// The column of the place, in bytes.
    pub(super) fn column(&self) -> usize {
        self.at - self.line
    }

    /// The text of a piece.
    pub(super) fn read(&self, piece: &Piece) -> Step<&str> {
        if piece.unescaped {
            return Ok(&self.scratch);
        }
        self.text.get(piece.start..piece.end).ok_or(Leave::GiveUp)
    }

    /// The byte here.
    pub(super) fn here(&self) -> u8 {
        self.byte(self.at)
    }

    /// The byte behind this one.
    pub(super) fn next(&self) -> u8 {
        self.byte(self.at + 1)
    }

    /// The byte there; a line break behind the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    pub(super) fn skip_spaces(&mut self) -> u8 {
        loop {
            match self.here() {
                b' ' => self.at += 1,
                other => return other,
            }
        }
    }

    pub(super) fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |end| end + 1);
    }

    /// An unquoted scalar. Stops at its `:`, else at what follows it and the spaces behind it.
    pub(super) fn plain(&mut self, ends: &[bool; 256]) -> Step<Piece> {
        let start = self.at;
        let first = self.byte(start);
        if CANNOT_BEGIN[usize::from(first)] {
            return Err(Leave::GiveUp);
        }
        if matches!(first, b'-' | b'?' | b':') {
            let next = self.byte(start + 1);
            if matches!(next, b' ' | b'\n')
                || ends[usize::from(b',')] && (first != b'-' || ends[usize::from(next)])
            {
                return Err(Leave::GiveUp);
            }
            self.at += 1;
        }
        let mut key = false;
        loop {
            while let Some(&byte) = self.bytes.get(self.at)
                && !ends[usize::from(byte)]
            {
                self.at += 1;
            }
            match self.here() {
                b':' => match self.next() {
                    b' ' | b'\n' => {
                        key = true;
                        break;
                    }
                    next if ends[usize::from(b',')] && (next == b'?' || ends[usize::from(next)]) => {
                        return Err(Leave::GiveUp);
                    }
                    b'\t' => return Err(Leave::GiveUp),
                    _ => self.at += 1,
                },
                b'#' if self.byte(self.at - 1) == b' ' => break,
                b'#' => self.at += 1,
                b'\t' => return Err(Leave::GiveUp),
                _ => break,
            }
        }
        let mut end = self.at;
        while end > start && self.byte(end - 1) == b' ' {
            end -= 1;
        }
        Ok(Piece { start, end, unescaped: false, style: Style::Plain, span: Span::new(start, end), key })
    }

    /// A scalar in quotes, on one line.
    pub(super) fn quoted(&mut self, quote: u8) -> Step<Piece> {
        let open = self.at;
        let ends = if quote == b'"' { &ENDS_DOUBLE } else { &ENDS_SINGLE };
        self.at += 1;
        let mut unescaped = false;
        let mut from = self.at;
        loop {
            while let Some(&byte) = self.bytes.get(self.at)
                && !ends[usize::from(byte)]
            {
                self.at += 1;
            }
            let escaped = match (self.here(), self.next()) {
                (b'\'', b'\'') => "'",
                (b'\\', b'n') => "\n",
                (b'\\', b't') => "\t",
                (b'\\', b'"') => "\"",
                (b'\\', b'\\') => "\\",
                (found, _) if found == quote => break,
                _ => return Err(Leave::GiveUp),
            };
            if !unescaped {
                self.scratch.clear();
                unescaped = true;
            }
            self.scratch.push_str(self.text.get(from..self.at).ok_or(Leave::GiveUp)?);
            self.scratch.push_str(escaped);
            self.at += 2;
            from = self.at;
        }
        if unescaped {
            self.scratch.push_str(self.text.get(from..self.at).ok_or(Leave::GiveUp)?);
        }
        let end = self.at;
        self.at += 1;
        let span = Span::new(open, self.at);
        Ok(Piece { start: open + 1, end, unescaped, style: Style::Quoted, span, key: false })
    }

    /// `|` and `|-`: lines as they are, indented deeper than the column of what holds them.
    pub(super) fn literal(&mut self, parent: usize) -> Step<Piece> {
        self.at += 1;
        let strip = self.here() == b'-';
        self.at += usize::from(strip);
        if self.skip_spaces() != b'\n' {
            return Err(Leave::GiveUp);
        }
        self.at += 1;
        let block = self.at;
        let first = self.skip_spaces();
        let (margin, start) = (self.at - block, self.at);
        if margin <= parent || first == b'\n' {
            return Err(Leave::GiveUp);
        }
        self.at = block;
        let end = self.lines(parent, margin)?;
        if strip {
            self.scratch.pop();
        }
        let raw = self.text.get(start..end).map_or("", str::trim_end);
        if raw.is_empty() {
            return Err(Leave::GiveUp);
        }
        let span = Span::new(start, start + raw.len());
        Ok(Piece { start, end, unescaped: true, style: Style::Quoted, span, key: false })
    }

    /// The lines of a block, into the scratch space. Gives the end of the last one.
    fn lines(&mut self, parent: usize, margin: usize) -> Step<usize> {
        self.scratch.clear();
        let (mut end, mut blank) = (self.at, 0);
        loop {
            let line = self.at;
            let found = self.skip_spaces();
            let indent = self.at - line;
            match found {
                b'\n' if self.at >= self.bytes.len() => {
                    // Without a line break behind the last line, the end of the text has a rule of its own.
                    return if self.bytes.last() == Some(&b'\n') { Ok(end) } else { Err(Leave::GiveUp) };
                }
                b'\n' if indent > margin => return Err(Leave::GiveUp),
                b'\n' => {
                    blank += 1;
                    self.at += 1;
                }
                b'\t' => return Err(Leave::GiveUp),
                _ if indent >= margin => {
                    (0..blank).for_each(|_| self.scratch.push('\n'));
                    blank = 0;
                    let rest = self.bytes.get(self.at..).unwrap_or(&[]);
                    end = self.at + rest.iter().position(|&b| b == b'\n').ok_or(Leave::GiveUp)?;
                    self.scratch.push_str(self.text.get(line + margin..=end).ok_or(Leave::GiveUp)?);
                    self.at = end + 1;
                }
                _ if indent > parent => return Err(Leave::GiveUp),
                _ => {
                    self.at = line;
                    return Ok(end);
                }
            }
        }
    }
}
