//! The line breaks of YAML 1.1: U+0085, U+2028 and U+2029 break lines there and are letters to the parser, which
//! follows YAML 1.2. It gets a text with breaks that it knows; what was written in their place comes back in here.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diag::Span;

const BLANKS: [char; 2] = [' ', '\t'];
const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
/// The breaks that folding and joining leave as they are; all others become a line feed.
const KEPT: [char; 2] = ['\u{2028}', '\u{2029}'];

/// A text as the parser takes it, and the way back to the text as it was written.
pub(super) struct Breaks<'t> {
    written: &'t str,
    text: Cow<'t, str>,
    /// The byte order mark.
    mark: usize,
    /// Behind each replaced break: its place in `text`, and how many bytes went missing up to there.
    shrunk: Vec<(usize, usize)>,
}

impl<'t> Breaks<'t> {
    pub(super) fn new(written: &'t str) -> Self {
        let body = written.strip_prefix('\u{feff}').unwrap_or(written);
        let mark = written.len() - body.len();
        if body.is_ascii() || !body.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            return Self { written, text: Cow::Borrowed(body), mark, shrunk: Vec::new() };
        }
        let (mut text, mut shrunk, mut from) = (String::with_capacity(body.len()), Vec::new(), 0);
        while let Some(at) = body[from..].find(BREAKS).map(|at| from + at) {
            text.push_str(&body[from..at]);
            text.push('\n');
            from = at + width(&body[at..]);
            if from - at > 1 {
                shrunk.push((text.len(), from - text.len()));
            }
        }
        text.push_str(&body[from..]);
        Self { written, text: Cow::Owned(text), mark, shrunk }
    }

    /// What the parser reads.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the written text.
    fn place(&self, at: usize) -> usize {
        let before = self.shrunk.partition_point(|&(behind, _)| behind <= at);
        at + self.mark + before.checked_sub(1).and_then(|i| self.shrunk.get(i)).map_or(0, |&(_, by)| by)
    }

    /// The places in the written text.
    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.place(range.start), self.place(range.end))
    }

    /// The value of a scalar, from what the parser made of it: with the breaks that are to be kept.
    pub(super) fn value<'v>(&self, read: &'v str, style: ScalarStyle, range: &Range<usize>) -> Cow<'v, str> {
        if self.shrunk.is_empty() {
            return Cow::Borrowed(read);
        }
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let before = if block { self.text.get(..range.start) } else { None };
        let start = before.map_or(range.start, |before| before.trim_end().len());
        let places = self.place(start)..self.place(range.end);
        let Some(raw) = self.written.get(places).filter(|raw| raw.contains(KEPT)) else {
            return Cow::Borrowed(read);
        };
        Cow::Owned(match style {
            ScalarStyle::Plain => flow(raw, false),
            ScalarStyle::SingleQuoted => flow(inside(raw), false).replace("''", "'"),
            ScalarStyle::DoubleQuoted => return unescaped(&flow(inside(raw), true), read),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block(read, style, range),
        })
    }

    /// A block. How far it is indented and what is cut from its end is known from what the parser made of it.
    fn block(&self, read: &str, style: ScalarStyle, range: &Range<usize>) -> String {
        let body = read.trim_start_matches('\n');
        if body.is_empty() {
            return self.breaks_before(range.end, read.len());
        }
        let mut out = self.breaks_before(range.start, read.len() - body.len());
        let kept_at_end = body.len() - body.trim_end_matches('\n').len();
        let before = self.text.get(..range.start).unwrap_or("");
        let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let mut rest = self.written.get(self.place(range.start)..self.place(range.end)).unwrap_or("");
        let (mut gap, mut after_blank) = (String::new(), true);
        while !rest.is_empty() {
            let end = rest.find(BREAKS).unwrap_or(rest.len());
            let (text, behind) = rest.split_at(end);
            let blank = text.starts_with(BLANKS);
            let folds = style == ScalarStyle::Folded && !blank && !after_blank;
            out.push_str(&if folds { folded(&gap) } else { Cow::Borrowed(gap.as_str()) });
            out.push_str(text);
            after_blank = blank;
            (gap, rest) = (String::new(), behind);
            while rest.starts_with(BREAKS) {
                gap.push(kept(rest));
                rest = &rest[width(rest)..];
                let spaces = rest.bytes().take(indent).take_while(|&b| b == b' ').count();
                rest = &rest[spaces..];
            }
        }
        out.extend(gap.chars().take(kept_at_end));
        out
    }

    /// The last `count` breaks before a place, with nothing but blanks between them.
    fn breaks_before(&self, at: usize, count: usize) -> String {
        let mut before = self.written.get(..self.place(at)).unwrap_or("");
        let mut breaks = Vec::new();
        while breaks.len() < count {
            before = before.trim_end_matches(BLANKS);
            let Some(last) = before.chars().next_back() else { break };
            let width = if before.ends_with("\r\n") { 2 } else { last.len_utf8() };
            before = &before[..before.len() - width];
            breaks.push(if KEPT.contains(&last) { last } else { '\n' });
        }
        breaks.into_iter().rev().collect()
    }
}

/// How many bytes the break has that a text begins with.
fn width(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { text.chars().next().map_or(0, char::len_utf8) }
}

/// What the break becomes that a text begins with.
fn kept(text: &str) -> char {
    text.chars().next().filter(|c| KEPT.contains(c)).unwrap_or('\n')
}

/// The breaks between two pieces of text, folded: one line feed is a space, the first of several is nothing.
fn folded(breaks: &str) -> Cow<'_, str> {
    match breaks.strip_prefix('\n') {
        None => Cow::Borrowed(breaks),
        Some("") => Cow::Borrowed(" "),
        Some(more) => Cow::Borrowed(more),
    }
}

fn inside(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("")
}

/// The lines of a scalar that is no block, joined. With escapes, they are left as they are, and so that they stay on
/// one line, line feeds are written as such.
fn flow(raw: &str, escapes: bool) -> String {
    let (mut out, mut rest) = (String::with_capacity(raw.len()), raw);
    while let Some(at) = rest.find(BREAKS) {
        let (line, behind) = rest.split_at(at);
        let escaped = escapes && ends_in_escape(line);
        let text = if escaped { &line[..at - 1] } else { without_blanks(line, escapes) };
        out.push_str(text);
        let mut gap = String::new();
        rest = behind;
        while rest.starts_with(BREAKS) {
            gap.push(kept(rest));
            rest = rest[width(rest)..].trim_start_matches(BLANKS);
        }
        let joined = if escaped { Cow::Owned(gap.chars().skip(1).collect()) } else { folded(&gap) };
        out.push_str(&if escapes { joined.replace('\n', "\\n") } else { joined.into_owned() });
    }
    out + rest
}

/// Whether the next character belongs to an escape.
fn ends_in_escape(text: &str) -> bool {
    (text.len() - text.trim_end_matches('\\').len()) % 2 == 1
}

/// Without the blanks at its end, but for one that is escaped.
fn without_blanks(line: &str, escapes: bool) -> &str {
    let text = line.trim_end_matches(BLANKS);
    let escaped = escapes && text.len() < line.len() && ends_in_escape(text);
    line.get(..text.len() + usize::from(escaped)).unwrap_or(text)
}

/// Lets the parser read the escapes of a text of one line, to which the kept breaks are letters.
fn unescaped<'v>(text: &str, otherwise: &'v str) -> Cow<'v, str> {
    let quoted = format!("\"{text}\"");
    let scalar = Parser::new_from_str(&quoted).find_map(|event| match event {
        Ok((Event::Scalar(text, ..), _)) => Some(text.into_owned()),
        _ => None,
    });
    scalar.map_or(Cow::Borrowed(otherwise), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_what_was_written() {
        let written = "\u{feff}a: 1\u{2028}b: 2\u{85}c: 3\r\nd: 4";
        let breaks = Breaks::new(written);
        assert_eq!(breaks.text(), "a: 1\nb: 2\nc: 3\nd: 4");
        for key in ["a", "b", "c", "d"] {
            let at = breaks.text().find(key).expect("present");
            assert_eq!(written.get(breaks.span(&(at..at + 1)).range()), Some(key));
        }
        assert_eq!(breaks.span(&(0..19)).range(), 3..written.len());
    }
}
