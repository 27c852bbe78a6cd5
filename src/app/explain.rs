//! `mainstem explain`: who set a value, and who was overridden.

use std::fmt::Write as _;

use crate::app::args::{Args, Format, wrong};
use crate::app::explain_json::told;
use crate::app::json::line;
use crate::app::output::Output;
use crate::app::project;
use crate::compose::{
    Absent, By, Change, Chosen, Composed, Composer, Explanation, GroupChoice, Inside, Step, Told,
};
use crate::diag::{Error, Origin, Result, SourceKind, SourceMap, Style, visible};
use crate::facts::Facts;
use crate::merge::Action;

use crate::value::{JsonStyle, KeyPath, Kind, Node, Text, write_json};

/// Composes and explains the keys among the words: those that are no overrides. A key that cannot be explained does
/// not keep the others from being shown.
///
/// # Errors
/// What cannot be composed.
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
    let (output, error) = keys_of(&composer, &composed, &keys, args.format, (style, err))?;
    Ok(match error {
        Some(error) => output.and_failure(&project::advised(error, &composer, args), err),
        None => output,
    })
}

/// Explains keys of a composition; beside it, what is wrong with those that cannot be explained. The styles are those of
/// the two streams.
///
/// # Errors
/// Group choices that cannot be read.
pub(crate) fn keys_of(
    composer: &Composer,
    composed: &Composed,
    keys: &[String],
    format: Format,
    (style, err): (Style, Style),
) -> Result<(Output, Option<Error>)> {
    let mut out = String::new();
    let mut errors = Vec::new();
    for key in keys {
        let groups = composed.group_choices(key)?;
        let value = composer.explain(composed, &KeyPath::parse(key));
        match (value, format) {
            (Err(error), _) if groups.is_empty() => errors.push(error),
            (value, Format::Json) => {
                out.push_str(&line(&told(key, value.ok().as_ref(), &groups, composed)));
            }
            (value, _) => {
                for group in &groups {
                    draw_group(group, composed, style, &mut out);
                }
                if let Ok(value) = &value {
                    draw(value, composed, 0, style, &mut out);
                }
            }
        }
    }
    Ok((Output::success(out).warn(composed.warnings(), err), Error::all(errors)))
}

/// A row of the drawing: where, what, why.
struct Row {
    place: String,
    value: String,
    reason: String,
    in_force: bool,
}

/// Rows below each other, in columns.
fn draw_rows(rows: &[Row], pad: &str, style: Style, out: &mut String) {
    let seen = |text: &str| visible(text).into_owned();
    let rows: Vec<Row> = rows
        .iter()
        .map(|row| Row {
            place: seen(&row.place),
            value: seen(&row.value),
            reason: seen(&row.reason),
            ..*row
        })
        .collect();
    let width =
        |text: fn(&Row) -> &String| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (places, values) = (width(|row| &row.place), width(|row| &row.value));
    for row in &rows {
        let fill = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.chars().count()));
        let place = style.paint("34", &row.place);
        let reason = if row.in_force { style.paint("32", &row.reason) } else { row.reason.clone() };
        let text = format!(
            "{pad}{place}{}  {}{}  {reason}",
            fill(&row.place, places),
            row.value,
            fill(&row.value, values)
        );
        let _ = writeln!(out, "{}", text.trim_end());
    }
}

/// The choice of a config group: who chose, and what else there is.
fn draw_group(group: &GroupChoice, composed: &Composed, style: Style, out: &mut String) {
    let option = group.chosen.last().map(|last| match (&last.option, group.absent) {
        (Some(_), Some(Absent::Open)) => "still to be chosen".to_owned(),
        (Some(option), Some(Absent::Optional)) => format!("{option}, which does not exist and need not"),
        (Some(option), _) => option.to_string(),
        (None, Some(Absent::Deleted)) => "deleted".to_owned(),
        (None, _) => "null".to_owned(),
    });
    let head = match option {
        Some(option) => format!("{}: {option}", group.key),
        None => format!("{}: nothing is chosen", group.key),
    };
    let _ = writeln!(out, "{}  (config group)", style.paint("1", &visible(&head)));
    let sources = composed.sources();
    let last = group.chosen.len().saturating_sub(1);
    let row = |(i, chosen): (usize, &Chosen)| Row {
        place: sources.describe(chosen.origin),
        value: item(chosen.origin, sources),
        reason: if i == last { "in force".to_owned() } else { String::new() },
        in_force: i == last,
    };
    let rows: Vec<Row> = group.chosen.iter().enumerate().map(row).collect();
    draw_rows(&rows, "  ", style, out);
    let _ = writeln!(out, "{}", options(&group.options));
    if group.chosen.is_empty() {
        let option = group.options.first().map_or("OPTION", Text::as_str);
        let _ = writeln!(out, "  to choose one: `+{}={}`", visible(&group.key), visible(option));
    }
}

/// The widest line of names, in characters.
const WIDTH: usize = 100;

/// All options, wrapped.
fn options(names: &[Text]) -> String {
    let mut out = String::from("  options:");
    let mut column = out.len();
    for (nth, name) in names.iter().map(|name| visible(name)).enumerate() {
        let width = name.chars().count() + 1;
        if nth > 0 {
            out.push(',');
        }
        if column + width >= WIDTH {
            out.push_str("\n   ");
            column = 3;
        }
        out.push(' ');
        out.push_str(&name);
        column += width + 1;
    }
    if names.is_empty() {
        out.push_str(" none");
    }
    out
}

fn draw(found: &Explanation, composed: &Composed, depth: usize, style: Style, out: &mut String) {
    let pad = "  ".repeat(depth);
    let head = match &found.value {
        Some(value) => format!("{} = {}", found.path, short(value)),
        None if is_deleted(found, composed) => format!("{} is deleted", found.path),
        None if !found.steps.is_empty() => format!("{} is not there any more", found.path),
        None => format!("{} is not there", found.path),
    };
    let told = match found.told {
        Told::Here => "",
        Told::Above => "  (see above)",
        #[expect(unreachable_patterns, reason = "more may come")]
        Told::Not | _ => "  (too many values lead here)",
    };
    let _ = writeln!(out, "{pad}{}{told}", style.paint("1", &visible(&head)));
    let last = found.steps.len().saturating_sub(1);
    let rows: Vec<Row> =
        found.steps.iter().enumerate().map(|(i, step)| row(step, i == last, &found.path, composed)).collect();
    draw_rows(&rows, &format!("{pad}  "), style, out);
    for input in &found.inputs {
        let _ = writeln!(out, "{pad}  {}", visible(&input.to_string()));
    }
    for target in &found.targets {
        draw(target, composed, depth + 1, style, out);
    }
}

/// Whether an argument took the value away, and nothing else in its place.
fn is_deleted(found: &Explanation, composed: &Composed) -> bool {
    found.steps.last().is_some_and(|step| deletes(step, composed))
}

fn deletes(step: &Step, composed: &Composed) -> bool {
    let By::Override(index) = step.by else { return false };
    let assignment = composed.assignments().get(index);
    step.change == Change::Removed
        && assignment.is_some_and(|assignment| matches!(assignment.action, Action::Delete(_)))
}

/// The type whose default a value is, which stands in no config: the struct or the variant around it.
fn default_of(path: &KeyPath, composed: &Composed) -> Option<String> {
    let (_, above) = path.keys().split_last()?;
    let above: KeyPath = above.iter().cloned().collect();
    let holder = above.keys().iter().try_fold(composed.root(), |node, key| node.as_map()?.get(key))?;
    let expected = composed.schema().expected().at_in(composed.root(), &above);
    match (expected.as_enum().and_then(|variants| variants.of(holder)), expected.as_struct()) {
        (Some((name, _)), _) => Some(format!("defaults of `{name}`")),
        (None, Some(fields)) => Some(format!("defaults of {}", fields.name)),
        (None, None) => None,
    }
}

fn row(step: &Step, in_force: bool, path: &KeyPath, composed: &Composed) -> Row {
    let sources: &SourceMap = composed.sources();
    let value = match (&step.value, step.change) {
        (_, Change::Removed) | (None, _) if deletes(step, composed) => "deleted".to_owned(),
        (_, Change::Removed) | (None, _) => "removed".to_owned(),
        (Some(_), Change::Merged) => inside(step),
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
        By::Config { config_path, .. } => {
            // A lone value without a place stands in no file, though merging one brought it in.
            let is_lone = step.value.as_ref().is_some_and(|value| !value.is_container());
            let default = if is_lone { default_of(path, composed) } else { None };
            default.unwrap_or_else(|| config_path.to_string())
        }
        By::Override(_) => "command line".to_owned(),
        By::Program => "the program".to_owned(),
    };
    Row { place, value, reason: reason.join(", "), in_force }
}

/// What was merged into a container: the keys that were set, and those that were taken away.
fn inside(step: &Step) -> String {
    let change = |inside: &Inside| match &inside.value {
        Some(value) => format!("{} = {}", inside.path, short(value)),
        None => format!("{} removed", inside.path),
    };
    match &*step.inside {
        [] => "a copy of what it stood for".to_owned(),
        changes => one_line(&changes.iter().take(SHOWN).map(change).collect::<Vec<_>>().join(", ")),
    }
}

/// So many characters of a value are shown.
const SHOWN: usize = 60;

/// A value in one line, cut when long.
fn short(node: &Node) -> String {
    let text = match node.shown() {
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
    let (number, column) = source.position(origin.span.start);
    let line = source.line(number);
    if matches!(source.kind(), SourceKind::Argument(_)) {
        return one_line(line.trim());
    }
    let line = without_comment(line.trim_start_matches('\u{feff}'));
    if let Some(item) = line.trim_start().strip_prefix("- ") {
        return one_line(item.trim());
    }
    // Among others in brackets: `[db: pg, model: forest]`.
    let at = line.char_indices().nth(column - 1).map_or(line.len(), |(at, _)| at);
    let (before, from) = line.split_at(at);
    let start = before.rfind(['[', ',', '{']).map_or(0, |at| at + 1);
    let end = at + from.find([']', ',', '}']).unwrap_or(from.len());
    one_line(line.get(start..end).unwrap_or(line).trim())
}

/// A line of YAML without the comment at its end.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            // Inside of a word a quote is a letter.
            None if matches!(c, '\'' | '"') && matches!(before, ' ' | '\t' | '[' | '{' | ',' | ':') => {
                quote = Some(c);
            }
            None if c == '#' && matches!(before, ' ' | '\t') => return line[..at].trim_end(),
            None => {}
        }
        before = c;
    }
    line.trim_end()
}

fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).take(SHOWN + 1).collect();
    if line.chars().count() > SHOWN {
        line = line.chars().take(SHOWN - 1).collect();
        line.push('…');
    }
    visible(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_no_part_of_an_item() {
        let rows = [
            ("- db: pg # the fast one", "- db: pg"),
            ("- db: 'p#g'   # why", "- db: 'p#g'"),
            ("- \"a # b\": c#d", "- \"a # b\": c#d"),
            ("- it's: x # '", "- it's: x"),
            ("# all of it", ""),
        ];
        for (line, item) in rows {
            assert_eq!(without_comment(line), item);
        }
    }
}
