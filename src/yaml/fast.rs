//! The fast reader: the YAML that configs are mostly written in. Whatever it is not sure of it leaves to the full
//! reader, so it may refuse anything but must never read anything differently.

use crate::diag::Span;
use crate::yaml::tree::{Properties, Stop, Style, Tree};

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

type Step<T = ()> = Result<T, Leave>;

/// A list or mapping by indentation, and its column.
#[derive(Clone, Copy, PartialEq)]
struct Block {
    column: usize,
    list: bool,
}

/// A scalar as it was found.
struct Piece {
    /// Its text without quotes; if `unescaped`, in the scratch space.
    start: usize,
    end: usize,
    unescaped: bool,
    style: Style,
    span: Span,
    /// Whether `:` follows.
    key: bool,
}

/// Brackets in brackets, at most.
const BRACKETS: usize = 32;
/// The longest key read here.
const KEY: u32 = 512;

/// Reads the common part of YAML.
pub(super) struct Fast<'t, 'r, 'l> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: usize,
    tree: &'r mut Tree<'l>,
    open: Vec<Block>,
    /// After `key:` or `-` at the end of a line: where the null stands if no value follows.
    pending: Option<usize>,
    scratch: String,
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

const ENDS: [bool; 256] = table(b"\n\r\t:#");
const ENDS_IN_BRACKETS: [bool; 256] = table(b"\n\r\t:#,[]{}");
const CANNOT_BEGIN: [bool; 256] = table(b"\n\r\t ,[]{}#&*!|>'\"%@`");
const ENDS_SINGLE: [bool; 256] = table(b"\n\r'");
const ENDS_DOUBLE: [bool; 256] = table(b"\n\r\"\\");

impl<'t, 'r, 'l> Fast<'t, 'r, 'l> {
    pub(super) fn new(text: &'t str, tree: &'r mut Tree<'l>) -> Self {
        let (bytes, open, scratch) = (text.as_bytes(), Vec::new(), String::new());
        Self { text, bytes, at: 0, line: 0, tree, open, pending: None, scratch }
    }

    /// Feeds the whole text.
    pub(super) fn feed(mut self) -> Step {
        if !self.text.is_ascii() && self.text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']) {
            return Err(Leave::GiveUp);
        }
        let mut first = true;
        while let Some(column) = self.next_line()? {
            let marker = column == 0 && matches!(self.byte(self.at), b'-' | b'.' | b'%');
            if marker && first && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("---\n")) {
                self.at += 4;
            } else if marker && self.is_marker() {
                return Err(Leave::GiveUp);
            } else {
                self.content(column)?;
            }
            first = false;
        }
        if self.open.is_empty() {
            return Err(Leave::GiveUp);
        }
        self.no_value()?;
        while self.open.pop().is_some() {
            self.tree.close(None);
        }
        Ok(())
    }

    /// The byte there; a line break behind the end.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn is_marker(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or("");
        rest.starts_with("---") || rest.starts_with("...") || rest.starts_with('%')
    }

    fn skip_spaces(&mut self) -> u8 {
        loop {
            match self.byte(self.at) {
                b' ' => self.at += 1,
                other => return other,
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
    }

    /// Goes to the next line that holds content, and gives its column.
    fn next_line(&mut self) -> Step<Option<usize>> {
        loop {
            self.line = self.at;
            match self.skip_spaces() {
                b'\n' if self.at >= self.bytes.len() => return Ok(None),
                b'\n' => self.at += 1,
                b'#' => self.skip_line(),
                b'\t' | b'\r' => return Err(Leave::GiveUp),
                _ => return Ok(Some(self.at - self.line)),
            }
        }
    }

    /// Whether `- ` stands here.
    fn at_dash(&self) -> bool {
        self.byte(self.at) == b'-' && matches!(self.byte(self.at + 1), b' ' | b'\n')
    }

    /// A line of content.
    fn content(&mut self, column: usize) -> Step {
        let dash = self.at_dash();
        if let (Some(_), Some(top)) = (self.pending, self.open.last()) {
            if column > top.column || column == top.column && dash && !top.list {
                self.pending = None;
                return self.block(column);
            }
        }
        self.no_value()?;
        while let [rest @ .., top] = self.open.as_slice() {
            let unindented = top.list && !dash && rest.last() == Some(&Block { column, list: false });
            if top.column < column || top.column == column && !unindented {
                break;
            }
            self.open.pop();
            self.tree.close(None);
            if self.open.is_empty() {
                return Err(Leave::GiveUp);
            }
        }
        match self.open.last() {
            None => self.block(column),
            Some(top) if top.column != column || top.list != dash => Err(Leave::GiveUp),
            Some(top) if top.list => self.item(),
            Some(_) => self.entry(),
        }
    }

    /// `null` for a key or item whose value did not come.
    fn no_value(&mut self) -> Step {
        if let Some(at) = self.pending.take() {
            self.tree.scalar("", Style::Plain, Span::new(at, at), Properties::default())?;
        }
        Ok(())
    }

    /// The first line of a list or mapping.
    fn block(&mut self, column: usize) -> Step {
        if self.at_dash() {
            self.tree.open_list(Span::new(self.at, self.at), Properties::default())?;
            self.open.push(Block { column, list: true });
            return self.item();
        }
        let piece = self.piece()?;
        if !piece.key {
            return Err(Leave::GiveUp);
        }
        self.open_map(column, &piece)?;
        self.put(&piece)?;
        self.after_colon()
    }

    fn open_map(&mut self, column: usize, key: &Piece) -> Step {
        let start = key.span.start as usize;
        self.tree.open_map(Span::new(start, start), Properties::default())?;
        self.open.push(Block { column, list: false });
        Ok(())
    }

    /// `- …`
    fn item(&mut self) -> Step {
        loop {
            self.at += 1;
            let behind = self.at;
            match self.skip_spaces() {
                b'\n' | b'#' => {
                    self.pending = Some(behind);
                    return self.end_line();
                }
                b'[' | b'{' | b'|' => return self.value(),
                _ if self.at_dash() => {
                    self.tree.open_list(Span::new(self.at, self.at), Properties::default())?;
                    self.open.push(Block { column: self.at - self.line, list: true });
                }
                _ => {
                    let column = self.at - self.line;
                    let piece = self.piece()?;
                    if !piece.key {
                        return self.put(&piece);
                    }
                    self.open_map(column, &piece)?;
                    self.put(&piece)?;
                    return self.after_colon();
                }
            }
        }
    }

    /// `key: …` of a mapping that is open.
    fn entry(&mut self) -> Step {
        let piece = self.piece()?;
        if !piece.key {
            return Err(Leave::GiveUp);
        }
        self.put(&piece)?;
        self.after_colon()
    }

    /// Behind the `:` of a key. The null of a key without a value stands behind the key.
    fn after_colon(&mut self) -> Step {
        match self.skip_spaces() {
            b'\n' | b'#' => self.end_line(),
            _ => {
                self.pending = None;
                self.value()
            }
        }
    }

    fn put(&mut self, piece: &Piece) -> Step {
        let text = if piece.unescaped {
            self.scratch.as_str()
        } else {
            self.text.get(piece.start..piece.end).ok_or(Leave::GiveUp)?
        };
        self.tree.scalar(text, piece.style, piece.span, Properties::default())?;
        if piece.key {
            self.pending = Some(piece.span.end as usize);
        }
        Ok(())
    }

    /// A value on the line of its key or dash.
    fn value(&mut self) -> Step {
        match self.byte(self.at) {
            b'[' | b'{' => {
                self.brackets(0)?;
                self.skip_spaces();
                self.end_line()
            }
            b'|' => self.literal(),
            _ => {
                let piece = self.piece()?;
                if piece.key {
                    return Err(Leave::GiveUp);
                }
                self.put(&piece)
            }
        }
    }

    /// Nothing but a comment may follow.
    fn end_line(&mut self) -> Step {
        match self.byte(self.at) {
            b'\n' => {
                self.at += 1;
                Ok(())
            }
            b'#' if self.at.checked_sub(1).is_some_and(|before| self.byte(before) == b' ') => {
                self.skip_line();
                Ok(())
            }
            _ => Err(Leave::GiveUp),
        }
    }

    /// A scalar outside brackets, and what follows it: `:` makes it a key, else the line ends.
    fn piece(&mut self) -> Step<Piece> {
        let start = self.at;
        let mut piece = match self.byte(start) {
            quote @ (b'\'' | b'"') => self.quoted(quote)?,
            _ => self.plain(&ENDS)?,
        };
        if piece.style == Style::Quoted {
            piece.key = self.skip_spaces() == b':';
        }
        if piece.key {
            self.at += 1;
            let separated = matches!(self.byte(self.at), b' ' | b'\n');
            if !separated || piece.span.end - piece.span.start > KEY {
                return Err(Leave::GiveUp);
            }
        } else {
            self.end_line()?;
        }
        Ok(piece)
    }

    /// An unquoted scalar. Stops at its `:`, else at what follows it and the spaces behind it.
    fn plain(&mut self, ends: &[bool; 256]) -> Step<Piece> {
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
            match self.byte(self.at) {
                b':' => match self.byte(self.at + 1) {
                    b' ' | b'\n' => {
                        key = true;
                        break;
                    }
                    next if ends[usize::from(b',')] && (next == b'?' || ends[usize::from(next)]) => {
                        return Err(Leave::GiveUp);
                    }
                    b'\t' | b'\r' => return Err(Leave::GiveUp),
                    _ => self.at += 1,
                },
                b'#' if self.byte(self.at - 1) == b' ' => break,
                b'#' => self.at += 1,
                b'\t' | b'\r' => return Err(Leave::GiveUp),
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
    fn quoted(&mut self, quote: u8) -> Step<Piece> {
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
            let escaped = match (self.byte(self.at), self.byte(self.at + 1)) {
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

    /// `[…]` or `{…}` on one line.
    fn brackets(&mut self, depth: usize) -> Step {
        if depth >= BRACKETS {
            return Err(Leave::GiveUp);
        }
        let span = Span::new(self.at, self.at + 1);
        let list = self.byte(self.at) == b'[';
        let close = if list { b']' } else { b'}' };
        if list {
            self.tree.open_list(span, Properties::default())?;
        } else {
            self.tree.open_map(span, Properties::default())?;
        }
        self.at += 1;
        if self.skip_spaces() != close {
            loop {
                self.bracket_item(depth, list)?;
                match self.skip_spaces() {
                    b',' => self.at += 1,
                    found if found == close => break,
                    _ => return Err(Leave::GiveUp),
                }
                self.skip_spaces();
            }
        }
        self.at += 1;
        self.tree.close(Some(Span::new(0, self.at).end));
        Ok(())
    }

    fn bracket_item(&mut self, depth: usize, list: bool) -> Step {
        if !list {
            let mut key = self.bracket_scalar()?;
            if key.style == Style::Quoted {
                key.key = self.byte(self.at) == b':' && self.byte(self.at + 1) == b' ';
            }
            if !key.key || key.span.end - key.span.start > KEY {
                return Err(Leave::GiveUp);
            }
            self.put(&key)?;
            self.pending = None;
            self.at += 1;
            self.skip_spaces();
        }
        if matches!(self.byte(self.at), b'[' | b'{') {
            return self.brackets(depth + 1);
        }
        let piece = self.bracket_scalar()?;
        if piece.key {
            return Err(Leave::GiveUp);
        }
        self.put(&piece)
    }

    fn bracket_scalar(&mut self) -> Step<Piece> {
        match self.byte(self.at) {
            quote @ (b'\'' | b'"') => self.quoted(quote),
            _ => self.plain(&ENDS_IN_BRACKETS),
        }
    }

    /// `|` and `|-`: lines as they are.
    fn literal(&mut self) -> Step {
        self.at += 1;
        let strip = self.byte(self.at) == b'-';
        self.at += usize::from(strip);
        if self.skip_spaces() != b'\n' {
            return Err(Leave::GiveUp);
        }
        self.at += 1;
        let parent = self.open.last().ok_or(Leave::GiveUp)?.column;
        let block = self.at;
        self.skip_spaces();
        let (margin, start) = (self.at - block, self.at);
        if margin <= parent {
            return Err(Leave::GiveUp);
        }
        self.at = block;
        self.scratch.clear();
        let mut end = start;
        let mut blank = 0;
        loop {
            let line = self.at;
            let found = self.skip_spaces();
            let indent = self.at - line;
            match found {
                b'\n' if self.at >= self.bytes.len() => {
                    // The end of the text; without a line break behind the last line it has a rule of its own.
                    if self.byte(self.bytes.len().saturating_sub(1)) != b'\n' {
                        return Err(Leave::GiveUp);
                    }
                    break;
                }
                b'\n' if indent > margin => return Err(Leave::GiveUp),
                b'\n' => {
                    blank += 1;
                    self.at += 1;
                }
                b'\t' | b'\r' => return Err(Leave::GiveUp),
                _ if indent >= margin => {
                    (0..blank).for_each(|_| self.scratch.push('\n'));
                    blank = 0;
                    self.skip_line();
                    let ended = self.byte(self.at - 1) == b'\n';
                    end = if ended { self.at - 1 } else { return Err(Leave::GiveUp) };
                    let content = self.text.get(line + margin..end).ok_or(Leave::GiveUp)?;
                    if content.contains('\r') {
                        return Err(Leave::GiveUp);
                    }
                    self.scratch.push_str(content);
                    self.scratch.push('\n');
                }
                _ if indent > parent => return Err(Leave::GiveUp),
                _ => {
                    self.at = line;
                    break;
                }
            }
        }
        if strip {
            self.scratch.pop();
        }
        let raw = self
            .text
            .get(start..end)
            .map(str::trim_end)
            .filter(|raw| !raw.is_empty())
            .ok_or(Leave::GiveUp)?;
        let span = Span::new(start, start + raw.len());
        self.tree.scalar(&self.scratch, Style::Quoted, span, Properties::default())?;
        Ok(())
    }
}
