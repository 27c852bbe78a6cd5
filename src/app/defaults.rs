//! `mainstem defaults`: which configs are merged, in order, and why.

use std::fmt::Write as _;

use crate::app::args::{Args, Format};
use crate::app::explain::item;
use crate::app::json::{line, object, optional, place};
use crate::app::output::Output;
use crate::app::project;
use crate::compose::{Absent, Branch, Included, Selection};
use crate::diag::{Result, SourceMap, Style, visible};
use crate::facts::Facts;
use crate::settings::is_reserved;
use crate::value::Node;

/// Expands the defaults lists and prints the result.
///
/// # Errors
/// What cannot be expanded.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: Facts, style: Style, err: Style) -> Result<Output> {
    let composer = project::open(args, facts)?;
    let (selection, sources) = project::select(&composer, args, &args.words)?;
    let out = match args.format {
        Format::Json => {
            let entries = listed(&selection, args.hydra).map(|entry| json(entry, &sources));
            line(&Node::from(entries.collect::<Vec<_>>()))
        }
        Format::Tree => tree(&selection, args.hydra, &sources, style),
        _ => table(&selection, args.hydra, &sources, style),
    };
    let warnings: Vec<_> =
        selection.warnings().iter().map(|warning| warning.clone().located(&sources)).collect();
    let nothing = project::nothing(&composer, args);
    Ok(Output::success(out).warn(&warnings, err).warn(nothing.as_slice(), err))
}

/// The configs to show: the project's own, or all.
fn listed(selection: &Selection, all: bool) -> impl Iterator<Item = &Included> {
    selection.included().iter().filter(move |entry| all || !is_reserved(&entry.config_path))
}

fn json(entry: &Included, sources: &SourceMap) -> Node {
    object([
        ("config_path", Node::from(entry.config_path.as_str())),
        ("package", Node::from(entry.package.as_str())),
        ("parent", optional(entry.parent.as_deref())),
        ("is_self", Node::from(entry.is_self)),
        ("primary", Node::from(entry.primary)),
        ("override_key", optional(entry.override_key.as_deref())),
        ("source", place(entry.document.origin(), sources)),
        ("why", place(entry.why, sources)),
    ])
}

/// A row for each config. `all` shows those of the reserved nodes too.
pub(crate) fn table(selection: &Selection, all: bool, sources: &SourceMap, style: Style) -> String {
    let head = ["CONFIG", "PACKAGE", "FILE", "BECAUSE OF"].map(str::to_owned);
    let rows: Vec<[String; 4]> = listed(selection, all)
        .map(|entry| {
            let file =
                sources.get(entry.document.source).map(|source| source.to_string()).unwrap_or_default();
            let package =
                if entry.package.is_empty() { "(root)".to_owned() } else { entry.package.to_string() };
            let name = if entry.is_self {
                format!("{} (_self_)", entry.config_path)
            } else {
                entry.config_path.to_string()
            };
            [name, package, file, because(entry, sources)].map(|cell| visible(&cell).into_owned())
        })
        .collect();
    let widths: Vec<usize> = (0..4)
        .map(|i| rows.iter().chain([&head]).map(|row| row[i].chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for (nth, row) in [&head].into_iter().chain(&rows).enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count()))))
            .collect();
        let text = cells.join("  ");
        let text = text.trim_end();
        let _ = writeln!(out, "{}", if nth == 0 { style.paint("1", text) } else { text.to_owned() });
    }
    out
}

fn because(entry: &Included, sources: &SourceMap) -> String {
    if entry.primary {
        return "the primary config".to_owned();
    }
    if !entry.why.is_known() {
        return "always".to_owned();
    }
    format!("`{}`, {}", item(entry.why, sources), sources.describe(entry.why))
}

/// The defaults lists as a tree. `all` shows those of the reserved nodes too.
pub(crate) fn tree(selection: &Selection, all: bool, sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    let mut stack: Vec<(Branch, usize)> = vec![(selection.tree(), 0)];
    while let Some((branch, depth)) = stack.pop() {
        if depth == 1 && !all && is_reserved(&branch.config_path) {
            continue;
        }
        if depth > 0 {
            let _ = writeln!(out, "{}{}", "  ".repeat(depth - 1), leaf(&branch, sources, style));
        }
        stack.extend(branch.children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    out
}

fn leaf(branch: &Branch, sources: &SourceMap, style: Style) -> String {
    let name = match &branch.override_key {
        Some(key) => format!("{key}: {}", branch.config_path),
        None => branch.config_path.to_string(),
    };
    let absent = match branch.absent {
        None => "",
        Some(Absent::Null) => " (empty)",
        Some(Absent::Open) => " (still to be chosen)",
        Some(Absent::Deleted) => " (deleted)",
        Some(Absent::Optional) => " (optional, not there)",
        #[expect(unreachable_patterns, reason = "more reasons may come")]
        Some(_) => " (left out)",
    };
    let package =
        if branch.package.is_empty() { String::new() } else { format!(" → {}", visible(&branch.package)) };
    let why =
        if branch.why.is_known() { format!("  {}", sources.describe(branch.why)) } else { String::new() };
    format!("{}{absent}{package}{}", style.paint("1", &visible(&name)), style.paint("34", &visible(&why)))
}
