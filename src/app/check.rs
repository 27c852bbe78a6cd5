//! `mainstem check`: a whole directory, for a pre-commit hook.

use std::fmt::Write as _;

use crate::app::args::{Args, Format, wrong};
use crate::app::json::{count, error, line, object, texts};
use crate::app::output::{Output, Status};
use crate::app::project;
use crate::compose::Report;
use crate::diag::{Result, Severity, Style};
use crate::facts::Facts;
use crate::value::Node;

/// Checks the directories among the words.
///
/// # Errors
/// A directory that cannot be read at all. What is wrong inside is no error of the command: it is its result.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: Facts, style: Style) -> Result<Output> {
    let mut args = args.clone();
    // The directories to check come first, so that the first of them is the primary one.
    let dirs = args.words.iter().cloned().chain(std::mem::take(&mut args.config_dirs)).collect();
    args.config_dirs = dirs;
    if args.config_dirs.is_empty() && args.config_path.is_none() {
        return Err(wrong("`check` needs a directory").help("type `mainstem check conf`"));
    }
    let composer = project::open(&args, facts)?;
    let report = composer.check(&["main", "command-line"])?;
    let failed = !report.errors.is_empty() || args.deny_warnings && !report.warnings.is_empty();
    let out = if args.format == Format::Json { json(&report) } else { text(&report, style) };
    let status = if failed { Status::Failure } else { Status::Success };
    Ok(Output { out, err: String::new(), status })
}

fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let kinds = [
        (Severity::Error, &report.errors),
        (Severity::Warning, &report.warnings),
        (Severity::Note, &report.notes),
    ];
    for (severity, list) in kinds {
        for found in list {
            out.push_str(&found.render_as(severity, style));
            out.push('\n');
        }
    }
    let number = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let _ = writeln!(
        out,
        "{} read, {} composed: {}, {}, {}",
        number(report.read, "config"),
        report.composed.len(),
        number(report.errors.len(), "error"),
        number(report.warnings.len(), "warning"),
        number(report.notes.len(), "note"),
    );
    out
}

fn json(report: &Report) -> String {
    let kinds = [
        (Severity::Error, &report.errors),
        (Severity::Warning, &report.warnings),
        (Severity::Note, &report.notes),
    ];
    let all =
        kinds.into_iter().flat_map(|(severity, list)| list.iter().map(move |found| error(found, severity)));
    line(&object([
        ("read", count(report.read)),
        ("composed", texts(&report.composed)),
        ("found", Node::from(all.collect::<Vec<_>>())),
    ]))
}
