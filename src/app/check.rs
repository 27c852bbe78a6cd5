//! `mainstem check`: a whole project, for a person at a terminal and for a pre-commit hook.

use std::fmt::Write as _;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::app::args::{Args, Format, wrong};
use crate::app::capture::absolute;
use crate::app::json::{count, error, line, object, texts};
use crate::app::output::{Output, Status};
use crate::app::project;
use crate::app::python::Python;
use crate::compose::{Checking, Note, Report, Topic};
use crate::diag::{Error, Result, Severity, Style, visible};
use crate::facts::Facts;
use crate::value::Node;

/// The widest line of a summary, in characters.
const WIDTH: usize = 80;
/// So many places of a summary are shown.
const PLACES: usize = 3;

/// Checks the directories among the words, composing with the overrides among them.
///
/// # Errors
/// Wrong usage; a directory that is not there. What is wrong inside is no error of the command: it is its result.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: Facts, style: Style) -> Result<Output> {
    let mut args = args.clone();
    let is_dir = |word: &String| absolute(&facts, word).is_dir();
    let is_override = |word: &String| word.starts_with(['+', '~']) || word.contains('=');
    let (dirs, overrides): (Vec<String>, Vec<String>) =
        std::mem::take(&mut args.words).into_iter().partition(|word| is_dir(word) || !is_override(word));
    // The directories to check come first, so that the first of them is the primary one.
    args.config_dirs = dirs.into_iter().chain(std::mem::take(&mut args.config_dirs)).collect();
    if args.config_dirs.is_empty() && args.config_path.is_none() {
        return Err(wrong("`check` needs a directory").help("type `mainstem check conf`"));
    }
    let asked: Vec<PathBuf> =
        args.config_path.iter().chain(&args.config_dirs).map(|dir| absolute(&facts, dir)).collect();
    let python = Python::around(asked.iter().map(PathBuf::as_path));
    let composer = project::open(&args, facts)?;
    let report = composer.check(Checking {
        providers: &["main", "command-line"],
        config_name: args.config_name.as_deref(),
        overrides: &overrides,
        registers: &|config_path| python.registers(config_path),
    });
    let failed = !report.errors.is_empty() || args.deny_warnings && !report.warnings.is_empty();
    let out = if args.format == Format::Json { json(&report) } else { text(&report, args.verbose, style) };
    let status = if failed { Status::Failure } else { Status::Success };
    Ok(Output { out, err: String::new(), status })
}

fn text(report: &Report, verbose: bool, style: Style) -> String {
    let mut out = String::new();
    let mut draw = |severity, found: Vec<Error>| {
        if let Some(found) = Error::all(found) {
            out.push_str(&found.render_as(severity, style));
            out.push('\n');
        }
    };
    draw(Severity::Error, report.errors.clone());
    draw(Severity::Warning, report.warnings.clone());
    if verbose {
        draw(Severity::Note, report.notes.iter().map(|note| note.error.clone()).collect());
    } else {
        out.push_str(&summary(&report.notes, style));
    }
    out.push_str(&verdict(report, style));
    out
}

/// What all comes to, in a line or two.
fn verdict(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let (errors, warnings) = (report.errors.len(), report.warnings.len());
    let colour = match (errors, warnings) {
        (0, 0) => "1;32",
        (0, _) => "1;33",
        _ => "1;31",
    };
    let told = match (errors, warnings) {
        (0, 0) => "all is well".to_owned(),
        (0, _) => number(warnings, "warning"),
        (_, 0) => number(errors, "error"),
        _ => format!("{}, {}", number(errors, "error"), number(warnings, "warning")),
    };
    let read = number(report.read, "config");
    let _ = write!(out, "{}: {read} read, ", style.paint(colour, &told));
    let _ = match (report.primaries, report.composed.len()) {
        (0, _) => writeln!(out, "none composed"),
        (all, some) if all == some => {
            writeln!(out, "{}", fitted(&format!("{some} composed:"), &report.composed, 40))
        }
        (all, some) => writeln!(out, "{some} of {all} composed"),
    };
    out
}

/// The notes, put together by what they are about.
fn summary(notes: &[Note], style: Style) -> String {
    let mut topics: std::collections::BTreeMap<Topic, IndexMap<&str, Vec<&Error>>> = Default::default();
    for note in notes {
        topics.entry(note.topic).or_default().entry(&note.name).or_default().push(&note.error);
    }
    let mut out = String::new();
    let mut cut = false;
    for (topic, names) in topics {
        let (one, many) = words(topic);
        let what = if names.len() == 1 { format!("1 {one}") } else { format!("{} {many}", names.len()) };
        let _ = writeln!(out, "{}: {}", style.paint("1;36", "note"), style.paint("1", &what));
        let named: Vec<String> = names
            .iter()
            .map(|(name, places)| match places.len() {
                1 => (*name).to_owned(),
                many => format!("{name} ({many} places)"),
            })
            .collect();
        let _ = writeln!(out, "  {}", fitted("", &named, WIDTH - 2));
        let all: Vec<&Error> = names.values().flatten().copied().collect();
        let mut places: Vec<String> = all.iter().filter_map(|error| place(error)).collect();
        places.dedup();
        let shown = fitted("", &places[..places.len().min(PLACES)], WIDTH - 2);
        if !places.is_empty() {
            let rest = if places.len() > PLACES { " …" } else { "" };
            let _ = writeln!(out, "  {}{rest}", style.paint("34", &shown));
        }
        cut |= places.len() > 1;
    }
    if cut {
        let _ = writeln!(out, "  {}: --verbose lists every place", style.paint("1;36", "help"));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// What one note of a topic is about, and what several are.
fn words(topic: Topic) -> (&'static str, &'static str) {
    match topic {
        Topic::Missing => ("value must be given (???)", "values must be given (???)"),
        Topic::Environment => (
            "environment variable is not set and has no default",
            "environment variables are not set and have no default",
        ),
        Topic::Resolver => (
            "resolver is not known here: its values stay as they are written",
            "resolvers are not known here: their values stay as they are written",
        ),
        Topic::Registered => (
            "config is registered in code: it counts as empty",
            "configs are registered in code: they count as empty",
        ),
        Topic::Target => ("name of Python code behind `_target_`", "names of Python code behind `_target_`"),
        Topic::Hidden => (
            "file is not looked at: its name begins with a dot",
            "files are not looked at: their names begin with a dot",
        ),
        Topic::Untried => (
            "option that changes the whole config was not composed: there are too many",
            "options that change the whole config were not composed: there are too many",
        ),
        #[expect(unreachable_patterns, reason = "more topics may come")]
        _ => ("note", "notes"),
    }
}

fn place(error: &Error) -> Option<String> {
    let origin = error.labels().first()?.origin;
    Some(error.sources()?.describe(origin))
}

/// As many of the names as fit in so many characters; the rest is counted.
fn fitted<T: AsRef<str>>(head: &str, names: &[T], width: usize) -> String {
    let mut line = head.to_owned();
    for (nth, name) in names.iter().map(|name| visible(name.as_ref())).enumerate() {
        let (rest, comma) = (names.len() - nth, if nth == 0 { "" } else { "," });
        let tail = format!(" and {} more", rest - 1);
        let room = if rest > 1 { tail.len() } else { 0 };
        if nth > 0 && line.chars().count() + name.chars().count() + 2 + room > width {
            let _ = write!(line, " and {rest} more");
            break;
        }
        let space = if line.is_empty() { "" } else { " " };
        let _ = write!(line, "{comma}{space}{name}");
    }
    line
}

fn number(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn json(report: &Report) -> String {
    let errors = report.errors.iter().map(|found| error(found, Severity::Error));
    let warnings = report.warnings.iter().map(|found| error(found, Severity::Warning));
    let notes = report.notes.iter().map(|note| error(&note.error, Severity::Note));
    line(&object([
        ("read", count(report.read)),
        ("composed", texts(&report.composed)),
        ("found", Node::from(errors.chain(warnings).chain(notes).collect::<Vec<_>>())),
    ]))
}
