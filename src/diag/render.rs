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

/// The widest excerpt drawn; longer lines are cut around the caret.
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
    let _ = writeln!(out, "  {}: {text}", style.paint("1;36", word));
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
    let (from, to) = (inside(place.start), inside(place.end));
    let (mut new_from, mut new_to) = (None, None);
    for (first, last) in spans.into_iter().filter(|(first, last)| first < last) {
        let first = first.max(done);
        if first >= last {
            continue;
        }
        let (Some(before), true) = (line.get(done..first), line.is_char_boundary(last)) else { continue };
        let moved = text.len();
        new_from = new_from.or_else(|| (from < first).then(|| moved + from.saturating_sub(done)));
        new_to = new_to.or_else(|| (to <= first).then(|| moved + to.saturating_sub(done)));
        text.push_str(before);
        let mask = text.len();
        text.push_str(HIDDEN);
        new_from = new_from.or_else(|| (from < last).then_some(mask));
        new_to = new_to.or_else(|| (to <= last).then(|| text.len()));
        done = last;
    }
    let moved = text.len();
    text.push_str(line.get(done..).unwrap_or_default());
    let from = new_from.unwrap_or_else(|| moved + from.saturating_sub(done));
    let to = new_to.unwrap_or_else(|| moved + to.saturating_sub(done));
    (text, Span::new(from, to))
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
