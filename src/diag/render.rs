//! Draws one error with its excerpts. The only file that knows carets and colours.

use std::fmt::Write as _;

use crate::diag::error::{Label, Repr};
use crate::diag::source::{Source, SourceKind, SourceMap};

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
    let _ = writeln!(out, "{head}: {}", style.paint("1", &error.message));
    for label in &error.labels {
        if let Some(sources) = &error.sources {
            draw_label(&mut out, label, sources, style);
        }
    }
    for note in &error.notes {
        indented(&mut out, "note", note, style);
    }
    for help in &error.help {
        indented(&mut out, "help", help, style);
    }
    out
}

pub(crate) fn draw_unchecked(text: &str, style: Style) -> String {
    let (_, colour) = Severity::Note.word();
    format!("{}: {text}\n", style.paint(colour, "not checked"))
}

fn indented(out: &mut String, word: &str, text: &str, style: Style) {
    let mut lines = text.lines();
    let _ = writeln!(out, "  {}: {}", style.paint("1;36", word), lines.next().unwrap_or(""));
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
}

fn draw_label(out: &mut String, label: &Label, sources: &SourceMap, style: Style) {
    let Some(source) = sources.get(label.origin.source) else { return };
    let _ = writeln!(out, "  {}", style.paint("34", &sources.describe(label.origin)));
    let numbered = matches!(source.kind(), SourceKind::File | SourceKind::Embedded | SourceKind::Memory);
    if source.text().is_empty() {
        if !label.text.is_empty() {
            let _ = writeln!(out, "  | {}", label.text);
        }
        return;
    }
    let (line, column) = source.position(label.origin.span.start);
    let (text, column) = window(source.line(line).trim_start_matches('\u{feff}'), column);
    let gutter = if numbered { format!("{line} ") } else { String::new() };
    let pad = " ".repeat(gutter.len());
    let carets = "^".repeat(caret_width(&source, label, &text, column));
    let indent: String = text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = writeln!(out, "  {}{text}", style.paint("34", &format!("{gutter}| ")));
    let mark = style.paint("1;31", format!("{carets} {}", label.text).trim_end());
    let _ = writeln!(out, "  {}{indent}{mark}", style.paint("34", &format!("{pad}| ")));
}

/// How many characters of the drawn line the span covers: at least one, never past the line.
fn caret_width(source: &Source, label: &Label, text: &str, column: usize) -> usize {
    let span = source.text().get(label.origin.span.range()).unwrap_or("");
    let on_line = span.lines().next().unwrap_or("").trim_end().chars().count();
    let room = text.chars().count().saturating_sub(column - 1);
    on_line.min(room).max(1)
}

/// Cuts a long line around the column; returns the shown text and the column in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let clean = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.chars().map(clean).collect(), column);
    }
    let start = (column - 1).saturating_sub(WIDTH / 2).min(length.saturating_sub(WIDTH));
    let shown: String = line.chars().skip(start).take(WIDTH).map(clean).collect();
    let (head, tail) = (if start > 0 { "…" } else { "" }, if start + WIDTH < length { "…" } else { "" });
    (format!("{head}{shown}{tail}"), column - start + head.chars().count())
}
