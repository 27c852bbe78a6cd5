//! `mainstem explain`: who set a value, and who was overridden.

use std::fmt::Write as _;

use crate::app::args::{Args, Format, wrong};
use crate::app::json::{line, object, optional, place};
use crate::app::output::Output;
use crate::app::project;
use crate::compose::{By, Change, Composed, Explanation, Step};
use crate::diag::{Error, Origin, Result, SourceMap, Style};
use crate::facts::Facts;
use crate::value::{JsonStyle, KeyPath, Kind, Node, write_json};

/// Composes and explains the keys among the words: those that are no overrides.
///
/// # Errors
/// What cannot be composed; a key that never was.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: Facts, style: Style, err: Style) -> Result<Output> {
    let (overrides, keys): (Vec<String>, Vec<String>) =
        args.words.iter().cloned().partition(|word| word.contains('=') || word.starts_with('~'));
    if keys.is_empty() {
        return Err(
            wrong("`explain` needs a key").help("type `mainstem explain db.port -cd conf -cn config`")
        );
    }
    let composer = project::open(args, facts)?;
    let composed = project::compose(&composer, args, &overrides)?;
    let mut out = String::new();
    let mut errors = Vec::new();
    for key in keys {
        match composer.explain(&composed, &KeyPath::parse(&key)) {
            Ok(found) if args.format == Format::Json => out.push_str(&line(&json(&found, &composed))),
            Ok(found) => draw(&found, &composed, 0, style, &mut out),
            Err(error) => errors.push(error),
        }
    }
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Ok(Output::success(out).warn(composed.warnings(), err)),
    }
}

/// A row of the drawing: where, what, why.
struct Row {
    place: String,
    value: String,
    reason: String,
    in_force: bool,
}

fn draw(found: &Explanation, composed: &Composed, depth: usize, style: Style, out: &mut String) {
    let pad = "  ".repeat(depth);
    let head = match &found.value {
        Some(value) => format!("{} = {}", found.path, short(value)),
        None => format!("{} is not there", found.path),
    };
    let _ = writeln!(out, "{pad}{}", style.paint("1", &head));
    let last = found.steps.len().saturating_sub(1);
    let rows: Vec<Row> = found
        .steps
        .iter()
        .enumerate()
        .map(|(i, step)| row(step, i == last && found.value.is_some(), composed))
        .collect();
    let width =
        |text: fn(&Row) -> &String| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (places, values) = (width(|row| &row.place), width(|row| &row.value));
    for row in &rows {
        let fill = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.chars().count()));
        let place = style.paint("34", &row.place);
        let reason = if row.in_force { style.paint("32", &row.reason) } else { row.reason.clone() };
        let text = format!(
            "{pad}  {place}{}  {}{}  {reason}",
            fill(&row.place, places),
            row.value,
            fill(&row.value, values)
        );
        let _ = writeln!(out, "{}", text.trim_end());
    }
    for target in &found.targets {
        draw(target, composed, depth + 1, style, out);
    }
}

fn row(step: &Step, in_force: bool, composed: &Composed) -> Row {
    let sources: &SourceMap = composed.sources();
    let value = match (&step.value, step.change) {
        (_, Change::Removed) | (None, _) => "removed".to_owned(),
        (Some(value), _) => short(value),
    };
    let because = match &step.by {
        By::Config { why, .. } if why.is_known() => {
            Some(format!("selected by `{}`, {}", item(*why, sources), sources.describe(*why)))
        }
        By::Config { .. } | By::Override(_) => None,
        By::Program => Some("filled in by the program".to_owned()),
    };
    let force = in_force.then(|| "in force".to_owned());
    let reason: Vec<String> = force.into_iter().chain(because).collect();
    let place = match &step.by {
        _ if step.origin.is_known() => sources.describe(step.origin),
        By::Config { config_path, .. } => config_path.to_string(),
        By::Override(_) => "command line".to_owned(),
        By::Program => "the program".to_owned(),
    };
    Row { place, value, reason: reason.join(", "), in_force }
}

/// So many characters of a value are shown.
const SHOWN: usize = 60;

/// A value in one line, cut when long.
fn short(node: &Node) -> String {
    let text = match &node.kind {
        Kind::Str(text) if !text.is_empty() => text.to_string(),
        Kind::Template(template) => template.text.to_string(),
        _ => {
            let mut out = String::new();
            write_json(node, JsonStyle::Compact, &mut out);
            out
        }
    };
    one_line(&text)
}

/// The item of a defaults list, or the argument, that stands at a place.
pub(crate) fn item(origin: Origin, sources: &SourceMap) -> String {
    let Some(source) = sources.get(origin.source) else { return String::new() };
    let (number, _) = source.position(origin.span.start);
    let line = source.line(number).trim();
    one_line(line.strip_prefix("- ").unwrap_or(line).trim())
}

fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN + 1).collect();
    if line.chars().count() > SHOWN {
        line = line.chars().take(SHOWN - 1).collect();
        line.push('…');
    }
    line
}

fn json(found: &Explanation, composed: &Composed) -> Node {
    let steps = found.steps.iter().map(|step| step_json(step, composed)).collect::<Vec<_>>();
    let targets = found.targets.iter().map(|target| json(target, composed)).collect::<Vec<_>>();
    object([
        ("key", Node::from(found.path.to_string().as_str())),
        ("value", found.value.clone().unwrap_or_else(Node::null)),
        ("exists", Node::from(found.value.is_some())),
        ("steps", Node::from(steps)),
        ("refers_to", Node::from(targets)),
    ])
}

fn step_json(step: &Step, composed: &Composed) -> Node {
    let sources = composed.sources();
    let change = match step.change {
        Change::Set => "set",
        Change::Merged => "merged",
        Change::Removed => "removed",
        #[expect(unreachable_patterns, reason = "more changes may come")]
        _ => "changed",
    };
    let by = match &step.by {
        By::Config { config_path, package, why } => object([
            ("config", Node::from(config_path.as_str())),
            ("package", Node::from(package.as_str())),
            ("selected_at", place(*why, sources)),
            ("selected_by", optional(Some(item(*why, sources).as_str()).filter(|text| !text.is_empty()))),
        ]),
        By::Override(index) => object([("override", crate::app::json::count(*index))]),
        By::Program => object([("program", Node::from(true))]),
    };
    object([
        ("change", Node::from(change)),
        ("place", place(step.origin, sources)),
        ("value", step.value.clone().unwrap_or_else(Node::null)),
        ("by", by),
    ])
}
