//! Draws one error with its excerpts. The only file that knows carets and colours.

use std::fmt::Write as _;

use crate::diag::error::{Label, Repr};
use crate::diag::secrets::HIDDEN;
use crate::diag::source::{Source, SourceKind, SourceMap, Span};
use crate::diag::visible::{push_visible, sentence, visible};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone: pipes, files, `NO_COLOR`.
    Plain,
    /// With colours, for terminals.
    Coloured,
}

impl Style {
    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// How bad it is: the first word of what is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does not work.
    Error,
    /// It works, and is hardly meant so.
    Warning,
    /// It is worth knowing.
    Note,
}

impl Severity {
    /// The word, and its colour.
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => ("error", "1;31"),
            Self::Warning => ("warning", "1;33"),
            Self::Note => ("note", "1;36"),
        }
    }
}

/// The widest excerpt drawn; longer lines are cut around the caret. Notes and help go on in the next line.
const WIDTH: usize = 100;

pub(crate) fn draw(error: &Repr, severity: Severity, style: Style) -> String {
    let mut out = String::new();
    let (word, colour) = severity.word();
    let head = style.paint(colour, &format!("{word}[{}]", error.kind.code()));
    let _ = writeln!(out, "{head}: {}", style.paint("1", &told(&error.message, error)));
    for label in &error.labels {
        if let Some(sources) = &error.sources {
            draw_label(&mut out, label, sources, style);
        }
    }
    for note in &error.notes {
        indented(&mut out, "note", &told(note, error), style);
    }
    for help in &error.help {
        indented(&mut out, "help", &told(help, error), style);
    }
    out
}

/// One line for people, without the secrets that are known where the error comes from.
pub(crate) fn told(text: &str, error: &Repr) -> String {
    match &error.sources {
        Some(sources) => sentence(&sources.secrets().scrub(text)),
        None => sentence(text),
    }
}

/// What stands in for mistakes that are not drawn.
pub(crate) fn and_more(number: usize, severity: Severity) -> String {
    let (word, _) = severity.word();
    format!("and {number} more {word}{}\n", if number == 1 { "" } else { "s" })
}

pub(crate) fn draw_unchecked(text: &str, style: Style) -> String {
    let (_, colour) = Severity::Note.word();
    format!("{}: {}\n", style.paint(colour, "not checked"), sentence(text))
}

fn indented(out: &mut String, word: &str, text: &str, style: Style) {
    let head = word.len() + 4;
    let _ = write!(out, "  {}: ", style.paint("1;36", word));
    let mut column = head;
    for (nth, piece) in pieces(text).into_iter().enumerate() {
        let width = piece.chars().count();
        let wraps = nth > 0 && column + 1 + width > WIDTH;
        match (nth, wraps) {
            (0, _) => {}
            (_, true) => {
                let _ = write!(out, "\n{:head$}", "");
                column = head;
            }
            (_, false) => {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(piece);
        column += width;
    }
    out.push('\n');
}

/// A line in pieces that stay together: words, and what stands in backticks or quotes, which is to be typed. Absolute
/// paths are as long as a machine makes them: where lines break would depend on it.
fn pieces(line: &str) -> Vec<&str> {
    if line.contains("://") || line.contains(" /") || line.contains("`/") {
        return vec![line];
    }
    let (mut pieces, mut start, mut before) = (Vec::new(), 0, ' ');
    let (mut ticked, mut quoted) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            '`' => ticked = !ticked,
            '\'' if !quoted => quoted = !before.is_alphanumeric(),
            ' ' if quoted && before == '\'' => quoted = false,
            _ => {}
        }
        if c == ' ' && !ticked && !quoted {
            pieces.push(&line[start..at]);
            start = at + 1;
        }
        before = c;
    }
    pieces.push(&line[start..]);
    pieces
}

fn draw_label(out: &mut String, label: &Label, sources: &SourceMap, style: Style) {
    let Some(source) = sources.get(label.origin.source) else { return };
    let _ = writeln!(out, "  {}", style.paint("34", &visible(&sources.describe(label.origin))));
    let numbered = matches!(source.kind(), SourceKind::File | SourceKind::Embedded | SourceKind::Memory);
    let beside = sentence(&sources.secrets().scrub(&label.text));
    if source.text().is_empty() {
        if !beside.is_empty() {
            let _ = writeln!(out, "  | {beside}");
        }
        return;
    }
    let (line, _) = source.position(label.origin.span.start);
    let mut hidden = sources.hidden(label.origin.source);
    if label.origin.is_secret() && !sources.excerpt(label.origin).contains("${") {
        hidden.push(label.origin.span);
    }
    let excerpt = match hidden.is_empty() {
        true => Excerpt::new(&source, line, label.origin.span),
        false => {
            let line = source.line_range(line);
            let (text, span) = without(&source.text()[line.clone()], line.start, &hidden, label.origin.span);
            Excerpt::new(&Source::new(SourceKind::Runtime, "", text), 1, span)
        }
    };
    let gutter = if numbered { format!("{line} ") } else { String::new() };
    let pad = " ".repeat(gutter.len());
    let _ = writeln!(out, "  {}{}", style.paint("34", &format!("{gutter}| ")), excerpt.text);
    let mark = style.paint("1;31", format!("{} {beside}", "^".repeat(excerpt.carets)).trim_end());
    let _ = writeln!(out, "  {}{}{mark}", style.paint("34", &format!("{pad}| ")), excerpt.indent);
}

/// A line that begins at some offset of its source with `***` for what is hidden in it, and where a place is then.
fn without(line: &str, start: usize, hidden: &[Span], place: Span) -> (String, Span) {
    let inside = |at: u32| (at as usize).clamp(start, start + line.len()) - start;
    let mut spans: Vec<(usize, usize)> = hidden.iter().map(|s| (inside(s.start), inside(s.end))).collect();
    spans.sort_unstable();
    let (mut text, mut done) = (String::new(), 0);
    // Where each begins and ends in the line, and where its `***` begins.
    let mut cuts: Vec<(usize, usize, usize)> = Vec::new();
    for (first, last) in spans {
        let first = first.max(done);
        if let (true, Some(before), Some(_)) = (first < last, line.get(done..first), line.get(last..)) {
            text.push_str(before);
            cuts.push((first, last, text.len()));
            text.push_str(HIDDEN);
            done = last;
        }
    }
    text.push_str(line.get(done..).unwrap_or_default());
    let moved = |at: usize, in_cut: usize| match cuts.iter().rev().find(|(first, ..)| *first < at) {
        None => at,
        Some((_, last, new)) if at >= *last => new + HIDDEN.len() + at - last,
        Some((.., new)) => new + in_cut,
    };
    (text, Span::new(moved(inside(place.start), 0), moved(inside(place.end), HIDDEN.len())))
}

/// The part of a line around a place. However long the line is, no more of it is looked at than is shown.
struct Excerpt {
    text: String,
    /// What stands under it before the carets.
    indent: String,
    carets: usize,
}

impl Excerpt {
    fn new(source: &Source, line: usize, span: Span) -> Self {
        let range = source.line_range(line);
        let mut at = (span.start as usize).clamp(range.start, range.end);
        while !source.text().is_char_boundary(at) {
            at -= 1;
        }
        let (before, behind) = source.line(line).split_at(at.saturating_sub(range.start));
        let (left, right) = (up_to(WIDTH + 1, before.chars().rev()), up_to(WIDTH + 1, behind.chars()));
        let show =
            if left + right <= WIDTH { left } else { left.min(WIDTH / 2).max(WIDTH.saturating_sub(right)) };
        let first = show.checked_sub(1).and_then(|last| before.char_indices().nth_back(last));
        let first = first.map_or(before.len(), |(at, _)| at);
        let mut text = String::from(if show < left { "…" } else { "" });
        before[first..].chars().for_each(|c| push_shown(c, &mut text));
        let indent = text.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let (mut carets, drawn) = (0, text.chars().count());
        for (offset, c) in behind.char_indices().take(WIDTH - show) {
            push_shown(c, &mut text);
            if at + offset < span.end as usize && !c.is_whitespace() {
                carets = text.chars().count() - drawn;
            }
        }
        text.push_str(if right > WIDTH - show { "…" } else { "" });
        Self { text, indent, carets: carets.max(1) }
    }
}

/// How many there are, counted no further than that.
fn up_to(most: usize, characters: impl Iterator<Item = char>) -> usize {
    characters.take(most).count()
}

/// A character of an excerpt: a tab stays one, so that the caret stands below it.
fn push_shown(c: char, out: &mut String) {
    if c == '\t' { out.push(c) } else { push_visible(c, out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_line_without_secrets_is_where_it_was() {
        let line = "a: {x: 12, y: secret, z: s, w: 3}";
        let at = |text: &str| line.find(text).unwrap_or_default();
        let span = |text: &str| Span::new(100 + at(text), 100 + at(text) + text.len());
        let one = Span { end: span("s, w").start + 1, ..span("s, w") };
        let hidden = [one, span("secret")];
        for text in ["x: 12", "w: 3", "y", "z"] {
            let (shown, place) = without(line, 100, &hidden, span(text));
            assert_eq!(shown, "a: {x: 12, y: ***, z: ***, w: 3}");
            assert_eq!(&shown[place.range()], text);
        }
        for (text, expected) in
            [("secret", "***"), ("ecr", "***"), ("y: secret, z", "y: ***, z"), ("cret, z", "***, z")]
        {
            let (shown, place) = without(line, 100, &hidden, span(text));
            assert_eq!(&shown[place.range()], expected);
        }
    }
}
