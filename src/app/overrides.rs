//! `mainstem parse-overrides`: how overrides are read.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::app::args::{Args, Format};
use crate::app::json::{line, object};
use crate::app::output::{Output, Status};
use crate::app::words;
use crate::diag::{Error, Result, Source, SourceKind, SourceMap, Style};
use crate::grammar::{Action, Operand, Override, parse_override, to_json};
use crate::value::Node;

/// Parses the words or, if there are none, the lines of standard input.
///
/// # Errors
/// Standard input that cannot be read. What cannot be parsed is no error of the command: it is its result.
#[inline(never)]
pub(crate) fn run(args: &Args, style: Style) -> Result<Output> {
    let mut text = String::new();
    let lines = words::or_lines(&args.words, &mut text)?;
    let mut output = Output::success(String::new());
    for (index, one) in lines.iter().enumerate() {
        let sources = Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::Argument(index + 1), "", *one));
        let mut errors: Vec<Error> = Vec::new();
        let parsed = parse_override(one, source, &mut errors);
        if let Some(error) = Error::all(errors).map(|error| error.located(&sources)) {
            output.status = Status::Failure;
            match args.format {
                Format::Json => output.out.push_str(&line(&object([("error", failed(&error))]))),
                _ => output.err.push_str(&error.render(style)),
            }
            continue;
        }
        let Some(parsed) = parsed else { continue };
        match args.format {
            Format::Json => output.out.push_str(&format!("{{\"result\":{}}}\n", to_json(&parsed))),
            _ => describe(&parsed, &mut output.out),
        }
    }
    Ok(output)
}

fn failed(error: &Error) -> Node {
    object([("class", Node::from(error.kind().code())), ("message", Node::from(error.message()))])
}

/// One line for people: what it does, to what, and what stands on the right.
fn describe(parsed: &Override, out: &mut String) {
    let verb = match &parsed.action {
        Action::Change(_) => "change",
        Action::Add(_) => "add",
        Action::ForceAdd(_) => "add or change",
        Action::Delete(_) => "delete",
        Action::Extend(_) => "extend",
        #[expect(unreachable_patterns, reason = "more actions may come")]
        _ => "override",
    };
    let what = match parsed.action.value() {
        None => "",
        Some(Operand::Value(value)) => value.describe(),
        Some(Operand::Sweep(sweep)) => sweep.describe(),
    };
    let right = parsed.value_text().unwrap_or_default();
    let text = format!("{verb} {}: {what} {right}", parsed.target);
    let _ = writeln!(out, "{}", text.trim_end().trim_end_matches(':'));
}
