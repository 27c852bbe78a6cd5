//! Sources of text, and the indices that point into them.
//!
//! Provenance is a `Copy` index into a side table: a value carries twelve bytes, the table carries names and
//! texts. The table has two levels, one shared by everything that a repository read and one local to a single
//! composition (its arguments), so that the ids of files stay the same over all jobs of a sweep.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::diag::secrets::Secrets;

/// A range of bytes in the text of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes. Offsets past `u32::MAX` are clamped.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The same span, moved right by `by` bytes.
    #[must_use]
    pub fn shifted(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }

    /// The bytes as indices.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Which source of a [`SourceMap`].
///
/// One bit of it is no part of the number: whether what comes from there is a secret. So the taint goes wherever an
/// origin goes, and costs nothing. Two ids that differ only in it are equal.
#[derive(Clone, Copy, Debug)]
pub struct SourceId(u32);

const LOCAL: u32 = 1 << 31;
const SECRET: u32 = 1 << 30;

impl SourceId {
    /// Nowhere: values that the program itself made and that no one will ask about.
    pub const NONE: Self = Self(!SECRET);

    /// Without the taint.
    fn number(self) -> u32 {
        self.0 & !SECRET
    }
}

impl PartialEq for SourceId {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for SourceId {}

impl PartialOrd for SourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl Hash for SourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

/// Where a value, a key or a mistake stands: a source and a range in it.
///
/// Two values that differ only in their origin are equal: where something came from is not what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The source.
    pub source: SourceId,
    /// The range in its text.
    pub span: Span,
}

impl Origin {
    /// No known place.
    pub const NONE: Self = Self { source: SourceId::NONE, span: Span { start: 0, end: 0 } };

    /// The place `span` of `source`.
    pub fn new(source: SourceId, span: Span) -> Self {
        Self { source, span }
    }

    /// Whether the place is known.
    pub fn is_known(self) -> bool {
        self.source != SourceId::NONE
    }

    /// The same source, another range.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        Self { source: self.source, span }
    }

    /// The same place, of something that must not be shown: the taint of a secret.
    ///
    /// ```
    /// use mainstem::diag::Origin;
    /// use mainstem::value::{JsonStyle, Node, write_json};
    /// let token = Node::from("hf_abc").from_origin(Origin::NONE.secret());
    /// let mut out = String::new();
    /// write_json(&token, JsonStyle::Compact, &mut out);
    /// assert_eq!((out.as_str(), token.as_str()), (r#""***""#, Some("hf_abc")));
    /// assert_eq!(Origin::NONE.secret(), Origin::NONE);
    /// ```
    #[must_use]
    pub fn secret(self) -> Self {
        Self { source: SourceId(self.source.0 | SECRET), span: self.span }
    }

    /// Whether what stands there must not be shown.
    pub fn is_secret(self) -> bool {
        self.source.0 & SECRET != 0
    }
}

/// What a source is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceKind {
    /// A file; the label is its path as the user would type it.
    File,
    /// A config that ships inside the program; the label is its config path.
    Embedded,
    /// A config made in memory; the label is the name it was given.
    Memory,
    /// What a line of a file says that is no config, such as a table of jobs; the label is the file and the line.
    Line,
    /// An argument of the command line; counted from 1.
    Argument(usize),
    /// An environment variable; the label is its name.
    Environment,
    /// A line of Rust code.
    Code,
    /// Facts of the run itself, such as its directory or the clock.
    Runtime,
}

/// One source: what it is, how to name it, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    kind: SourceKind,
    label: Arc<str>,
    text: Arc<str>,
    /// Counted when the first place is asked for.
    index: OnceLock<Index>,
}

/// So many bytes share an entry of [`Index::characters`].
const BLOCK: usize = 512;

/// What it takes to find a place without looking through the text.
#[derive(Clone, Debug)]
struct Index {
    /// Where lines begin.
    lines: Box<[u32]>,
    /// How many characters begin before each block of bytes; empty if every byte is one.
    characters: Box<[u32]>,
}

impl Index {
    fn new(text: &str) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(behind).map(offset).collect();
        if text.is_ascii() {
            return Self { lines, characters: Box::default() };
        }
        let characters = text.as_bytes().chunks(BLOCK).scan(0, |before, block| {
            let here = *before;
            *before += begun(block);
            Some(offset(here))
        });
        Self { lines, characters: characters.collect() }
    }
}

/// How many characters begin in these bytes.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

impl Source {
    /// A source of the given kind, with the name shown to people and the text that spans point into.
    pub fn new(kind: SourceKind, label: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { kind, label: label.into(), text: text.into(), index: OnceLock::new() }
    }

    /// What the source is.
    pub fn kind(&self) -> &SourceKind {
        &self.kind
    }

    /// The text that spans point into.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The name shown to people: a path, a config name, a variable.
    pub fn label(&self) -> &str {
        &self.label
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.text))
    }

    /// How many characters begin before an offset.
    fn characters_before(&self, at: usize) -> usize {
        let Some(&before) = self.index().characters.get(at / BLOCK) else { return at };
        before as usize + begun(self.text.as_bytes().get(at / BLOCK * BLOCK..at).unwrap_or(&[]))
    }

    /// Line and column of a byte offset, both counted from 1, the column in characters.
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.index().lines.partition_point(|&start| start as usize <= at);
        let start = self.line_range(line).start.min(at);
        (line, self.characters_before(at) - self.characters_before(start) + 1)
    }

    /// Where one line (counted from 1) stands, without its line break and without a byte order mark.
    pub(crate) fn line_range(&self, number: usize) -> Range<usize> {
        let lines = &self.index().lines;
        let Some(&start) = number.checked_sub(1).and_then(|i| lines.get(i)) else { return 0..0 };
        let end = lines.get(number).map_or(self.text.len(), |&end| end as usize - 1);
        let line = self.text.get(start as usize..end).unwrap_or("");
        let mark = if number == 1 && line.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let end = end - usize::from(line.ends_with('\r'));
        (start as usize + mark).min(end)..end
    }

    /// The text of one line (counted from 1), without its line break.
    pub fn line(&self, number: usize) -> &str {
        self.text.get(self.line_range(number)).unwrap_or("")
    }
}

/// `conf/config.yaml`, `command line, argument 2`, `environment variable HOME` …
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SourceKind::File => f.write_str(&self.label),
            SourceKind::Embedded => write!(f, "built-in {}", self.label),
            SourceKind::Memory => write!(f, "in memory: {}", self.label),
            SourceKind::Argument(n) => write!(f, "command line, argument {n}"),
            SourceKind::Environment => write!(f, "environment variable {}", self.label),
            SourceKind::Line | SourceKind::Code | SourceKind::Runtime => f.write_str(&self.label),
        }
    }
}

/// Names and texts of all sources, append-only.
///
/// ```
/// use mainstem::diag::{Origin, Source, SourceKind, SourceMap, Span};
/// let map = SourceMap::default();
/// let id = map.add(Source::new(SourceKind::File, "conf/config.yaml", "a: 1\nb: 2\n"));
/// assert_eq!(map.describe(Origin::new(id, Span::new(8, 9))), "conf/config.yaml:2:4");
/// ```
#[derive(Debug, Default)]
pub struct SourceMap {
    shared: Option<Arc<SourceMap>>,
    own: RwLock<Vec<Arc<Source>>>,
    /// Where secrets are written as they are.
    hidden: RwLock<Vec<Origin>>,
    secrets: Arc<Secrets>,
}

impl SourceMap {
    /// A map for one composition on top of the one that all compositions share.
    pub fn over(shared: Arc<SourceMap>) -> Self {
        let secrets = Arc::clone(&shared.secrets);
        Self { shared: Some(shared), own: RwLock::default(), hidden: RwLock::default(), secrets }
    }

    /// Adds a source and returns its id.
    pub fn add(&self, source: Source) -> SourceId {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        own.push(Arc::new(source));
        let index = u32::try_from(own.len() - 1).unwrap_or(u32::MAX).min(SECRET - 2);
        SourceId(if self.shared.is_some() { index | LOCAL } else { index })
    }

    /// The source of that id; `None` for [`SourceId::NONE`] and ids of another map.
    pub fn get(&self, id: SourceId) -> Option<Arc<Source>> {
        if id == SourceId::NONE {
            return None;
        }
        match &self.shared {
            Some(shared) if id.0 & LOCAL == 0 => shared.get(id),
            _ => {
                let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
                own.get((id.number() & !LOCAL) as usize).cloned()
            }
        }
    }

    /// The texts that must not be shown, as far as they are known: of all compositions that share the texts.
    pub fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// Says that a secret is written at a place: no excerpt shows what stands there from now on.
    pub(crate) fn hide(&self, place: Origin) {
        match &self.shared {
            Some(shared) if place.source.0 & LOCAL == 0 => shared.hide(place),
            _ => {
                let mut hidden = self.hidden.write().unwrap_or_else(PoisonError::into_inner);
                if !hidden.contains(&place) {
                    hidden.push(place);
                }
            }
        }
    }

    /// Says that a secret is written in an argument, counted from 1, of this composition: from an offset on.
    pub(crate) fn hide_argument(&self, number: usize, start: usize) {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner).clone();
        for (index, source) in own.iter().enumerate().filter(|(_, s)| s.kind == SourceKind::Argument(number))
        {
            let local = if self.shared.is_some() { LOCAL } else { 0 };
            let id = SourceId(u32::try_from(index).unwrap_or(0) | local);
            self.hide(Origin::new(id, Span::new(start, source.text.len())));
        }
    }

    /// Where in a source secrets are written.
    pub(crate) fn hidden(&self, id: SourceId) -> Vec<Span> {
        match &self.shared {
            Some(shared) if id.0 & LOCAL == 0 => shared.hidden(id),
            _ => {
                let hidden = self.hidden.read().unwrap_or_else(PoisonError::into_inner);
                hidden.iter().filter(|place| place.source == id).map(|place| place.span).collect()
            }
        }
    }

    /// `file:line:column` of files, the name of the source for all others, nothing for an unknown place.
    pub fn describe(&self, origin: Origin) -> String {
        match self.get(origin.source) {
            None => String::new(),
            Some(source) => match source.kind {
                SourceKind::File | SourceKind::Embedded | SourceKind::Memory => {
                    let (line, column) = source.position(origin.span.start);
                    format!("{source}:{line}:{column}")
                }
                _ => source.to_string(),
            },
        }
    }

    /// The text under an origin; empty for an unknown place. It is the text itself, also of a secret.
    pub fn excerpt(&self, origin: Origin) -> String {
        let source = self.get(origin.source);
        source.and_then(|s| s.text.get(origin.span.range()).map(str::to_owned)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_and_shared_ids_do_not_meet() {
        let shared = Arc::new(SourceMap::default());
        let file = shared.add(Source::new(SourceKind::File, "a.yaml", "x: 1"));
        let local = SourceMap::over(Arc::clone(&shared));
        let argument = local.add(Source::new(SourceKind::Argument(1), "", "x=2"));
        assert_ne!(file, argument);
        assert_eq!(local.describe(Origin::new(file, Span::new(0, 1))), "a.yaml:1:1");
        assert_eq!(local.excerpt(Origin::new(argument, Span::new(2, 3))), "2");
        assert_eq!(local.describe(Origin::NONE), "");
    }

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        let source = Source::new(SourceKind::File, "a", "\u{feff}ä: b\nc");
        assert_eq!(source.position(7), (1, 4));
        assert_eq!(source.position(9), (2, 1));
        assert_eq!((source.line(1), source.line(2), source.line(3)), ("ä: b", "c", ""));
    }

    #[test]
    fn places_in_long_lines_are_counted_by_blocks() {
        for piece in ["ab漢é😀c\r\n", "ab漢é😀c", "abc", "é"] {
            let text = piece.repeat(3 * BLOCK);
            let source = Source::new(SourceKind::File, "a", text.as_str());
            let (mut line, mut column) = (1, 1);
            for (at, c) in text.char_indices() {
                assert_eq!(source.position(u32::try_from(at).unwrap()), (line, column), "{piece:?} at {at}");
                (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
        }
    }
}
