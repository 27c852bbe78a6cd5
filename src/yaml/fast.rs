//! The fast reader: the YAML that configs are mostly written in. Whatever it is not sure of it leaves to the full
//! reader, so it may refuse anything but must never read anything differently.

use crate::diag::Span;
use crate::yaml::cursor::{Cursor, ENDS, ENDS_IN_BRACKETS, Leave, Piece, Step};
use crate::yaml::tree::{Properties, Style, Tree};

/// A list or mapping by indentation, and its column.
#[derive(Clone, Copy, PartialEq)]
struct Block {
    column: usize,
    list: bool,
}

/// Brackets in brackets, at most.
const BRACKETS: usize = 32;
/// The longest key read here.
const KEY: u32 = 512;

/// Reads the common part of YAML.
pub(super) struct Fast<'t, 'r, 'l> {
    cursor: Cursor<'t>,
    tree: &'r mut Tree<'l>,
    open: Vec<Block>,
    /// After `key:` or `-` at the end of a line: where the null stands if no value follows.
    pending: Option<usize>,
}

impl<'t, 'r, 'l> Fast<'t, 'r, 'l> {
    pub(super) fn new(text: &'t str, tree: &'r mut Tree<'l>) -> Self {
        Self { cursor: Cursor::new(text), tree, open: Vec::new(), pending: None }
    }

    /// Feeds the whole text.
    pub(super) fn feed(mut self) -> Step {
        if self.cursor.text.contains('\r') {
            return Err(Leave::GiveUp);
        }
        if !self.cursor.text.is_ascii()
            && self.cursor.text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'])
        {
            return Err(Leave::GiveUp);
        }
        let mut first = true;
        while let Some(column) = self.next_line()? {
            let marker = column == 0 && matches!(self.cursor.here(), b'-' | b'.' | b'%');
            if marker
                && first
                && self.cursor.text.get(self.cursor.at..).is_some_and(|rest| rest.starts_with("---\n"))
            {
                self.cursor.at += 4;
            } else if marker && self.is_marker() {
                return Err(Leave::GiveUp);
            } else {
                self.content(column)?;
            }
            first = false;
        }
        if first {
            // Nothing but comments.
            return Ok(());
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

    fn is_marker(&self) -> bool {
        let rest = self.cursor.text.get(self.cursor.at..).unwrap_or("");
        rest.starts_with("---") || rest.starts_with("...") || rest.starts_with('%')
    }

    /// Goes to the next line that holds content, and gives its column.
    fn next_line(&mut self) -> Step<Option<usize>> {
        loop {
            self.cursor.line = self.cursor.at;
            match self.cursor.skip_spaces() {
                b'\n' if self.cursor.at >= self.cursor.bytes.len() => return Ok(None),
                b'\n' => self.cursor.at += 1,
                b'#' => self.cursor.skip_line(),
                b'\t' => return Err(Leave::GiveUp),
                _ => return Ok(Some(self.cursor.column())),
            }
        }
    }

    /// Whether `- ` stands here.
    fn at_dash(&self) -> bool {
        self.cursor.here() == b'-' && matches!(self.cursor.next(), b' ' | b'\n')
    }

    /// A line of content.
    fn content(&mut self, column: usize) -> Step {
        let dash = self.at_dash();
        if let (Some(_), Some(top)) = (self.pending, self.open.last())
            && (column > top.column || column == top.column && dash && !top.list)
        {
            self.pending = None;
            return self.block(column);
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
            self.tree.open_list(Span::new(self.cursor.at, self.cursor.at), Properties::default())?;
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
            self.cursor.at += 1;
            let behind = self.cursor.at;
            match self.cursor.skip_spaces() {
                b'\n' | b'#' => {
                    self.pending = Some(behind);
                    return self.end_line();
                }
                b'[' | b'{' | b'|' => return self.value(),
                _ if self.at_dash() => {
                    self.tree.open_list(Span::new(self.cursor.at, self.cursor.at), Properties::default())?;
                    self.open.push(Block { column: self.cursor.column(), list: true });
                }
                _ => {
                    let column = self.cursor.column();
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
        match self.cursor.skip_spaces() {
            b'\n' | b'#' => self.end_line(),
            _ => {
                self.pending = None;
                self.value()
            }
        }
    }

    fn put(&mut self, piece: &Piece) -> Step {
        let text = self.cursor.read(piece)?;
        self.tree.scalar(text, piece.style, piece.span, Properties::default())?;
        if piece.key {
            self.pending = Some(piece.span.end as usize);
        }
        Ok(())
    }

    /// A value on the line of its key or dash.
    fn value(&mut self) -> Step {
        match self.cursor.here() {
            b'[' | b'{' => {
                self.brackets(0)?;
                self.cursor.skip_spaces();
                self.end_line()
            }
            b'|' => {
                let parent = self.open.last().ok_or(Leave::GiveUp)?.column;
                let piece = self.cursor.literal(parent)?;
                self.put(&piece)
            }
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
        match self.cursor.here() {
            b'\n' => {
                self.cursor.at += 1;
                Ok(())
            }
            b'#' if self.cursor.at.checked_sub(1).is_some_and(|before| self.cursor.byte(before) == b' ') => {
                self.cursor.skip_line();
                Ok(())
            }
            _ => Err(Leave::GiveUp),
        }
    }

    /// A scalar outside brackets, and what follows it: `:` makes it a key, else the line ends.
    fn piece(&mut self) -> Step<Piece> {
        let start = self.cursor.at;
        let mut piece = match self.cursor.byte(start) {
            quote @ (b'\'' | b'"') => self.cursor.quoted(quote)?,
            _ => self.cursor.plain(&ENDS)?,
        };
        if piece.style == Style::Quoted {
            piece.key = self.cursor.skip_spaces() == b':';
        }
        if piece.key {
            self.cursor.at += 1;
            let separated = matches!(self.cursor.here(), b' ' | b'\n');
            if !separated || piece.span.end - piece.span.start > KEY {
                return Err(Leave::GiveUp);
            }
        } else {
            self.end_line()?;
        }
        Ok(piece)
    }

    /// `[…]` or `{…}` on one line.
    fn brackets(&mut self, depth: usize) -> Step {
        if depth >= BRACKETS {
            return Err(Leave::GiveUp);
        }
        let span = Span::new(self.cursor.at, self.cursor.at + 1);
        let list = self.cursor.here() == b'[';
        let close = if list { b']' } else { b'}' };
        if list {
            self.tree.open_list(span, Properties::default())?;
        } else {
            self.tree.open_map(span, Properties::default())?;
        }
        self.cursor.at += 1;
        if self.cursor.skip_spaces() != close {
            loop {
                self.bracket_item(depth, list)?;
                match self.cursor.skip_spaces() {
                    b',' => self.cursor.at += 1,
                    found if found == close => break,
                    _ => return Err(Leave::GiveUp),
                }
                self.cursor.skip_spaces();
            }
        }
        self.cursor.at += 1;
        self.tree.close(Some(Span::new(0, self.cursor.at).end));
        Ok(())
    }

    fn bracket_item(&mut self, depth: usize, list: bool) -> Step {
        if !list {
            let mut key = self.bracket_scalar()?;
            if key.style == Style::Quoted {
                key.key = self.cursor.here() == b':' && self.cursor.next() == b' ';
            }
            if !key.key || key.span.end - key.span.start > KEY {
                return Err(Leave::GiveUp);
            }
            self.put(&key)?;
            self.pending = None;
            self.cursor.at += 1;
            self.cursor.skip_spaces();
        }
        if matches!(self.cursor.here(), b'[' | b'{') {
            return self.brackets(depth + 1);
        }
        let piece = self.bracket_scalar()?;
        if piece.key {
            return Err(Leave::GiveUp);
        }
        self.put(&piece)
    }

    fn bracket_scalar(&mut self) -> Step<Piece> {
        match self.cursor.here() {
            quote @ (b'\'' | b'"') => self.cursor.quoted(quote),
            _ => self.cursor.plain(&ENDS_IN_BRACKETS),
        }
    }
}
