//! Sweeps beyond Hydra's: paired values, several grids, jobs from a file, parameters that apply only somewhere.

use std::path::Path;

use crate::app::sweep::defined::Defined;
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceId, SourceKind, SourceMap, Span};
use crate::durable::read_regular;
use crate::grammar::{Operand, Override, Quote, parse_override, quoted};
use crate::sweep::{Condition, Jobs};
use crate::value::{JsonStyle, Kind, Map, Node, read_json, write_json, write_str};
use crate::yaml;

/// The jobs of a sweep with what `mainstem.sweep` says of them: `zip`, `grids` and `jobs`. What is listed changes slowest.
///
/// # Errors
/// Everything that is wrong with one of the three.
pub(super) fn listed(
    cwd: &Path,
    defined: &Defined,
    sources: &SourceMap,
    jobs: Jobs,
    grid: &dyn Fn(&[Override]) -> Result<Jobs>,
) -> Result<Jobs> {
    let mut jobs = jobs;
    for pair in defined.zip.as_list().unwrap_or_default() {
        let keys: Vec<&str> = pair.as_list().unwrap_or_default().iter().filter_map(Node::as_str).collect();
        jobs = jobs.zip(&keys, pair.origin)?;
    }
    let grids = &defined.grids;
    if let Some(list) = grids.as_list() {
        let parts = list.iter().map(|one| grid(&of_map(one, sources, "mainstem.sweep.grids", &text)?));
        let union = Jobs::union(parts.collect::<Result<_>>()?);
        jobs = union.map_err(|error| error.at(grids.origin, "here"))?.times(jobs)?;
    }
    let file = &defined.jobs;
    if let Some(name) = file.as_str() {
        let rows = read(cwd, name, file.origin)?;
        let parts = rows.iter().map(|row| grid(&of_map(row, sources, name, &literal)?));
        let union = Jobs::union(parts.collect::<Result<_>>()?);
        jobs = union.map_err(|_| no_jobs(name, file.origin))?.times(jobs)?;
    }
    Ok(jobs)
}

/// The conditions of `mainstem.sweep.when`: a parameter, and where it applies.
///
/// # Errors
/// What is no mapping of mappings; values that cannot be read.
pub(super) fn conditions(
    defined: &Defined,
    sources: &SourceMap,
    options: &dyn Fn(&str) -> Result<Vec<String>>,
) -> Result<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (key, slot) in defined.when.as_map().into_iter().flatten() {
        if slot.node.as_map().is_none_or(Map::is_empty) {
            let message = format!("where `{key}` applies must be a mapping, and is {}", slot.node.describe());
            let error = Error::new(ErrorKind::Sweep, message).at(slot.node.origin, "here");
            return Err(error.help(format!("write what it depends on: `{key}: {{optimizer: sgd}}`")));
        }
        let requires = of_map(&slot.node, sources, "mainstem.sweep.when", &text)?;
        conditions.push(Condition::new(&key.to_string(), slot.node.origin, &requires, options)?);
    }
    Ok(conditions)
}

fn no_jobs(name: &str, origin: Origin) -> Error {
    Error::new(ErrorKind::Sweep, format!("there are no jobs in `{name}`")).at(origin, "named here")
}

/// Overrides, one for each key of a mapping.
pub(super) fn of_map(
    map: &Node,
    sources: &SourceMap,
    name: &str,
    write: &dyn Fn(&str, &Node) -> String,
) -> Result<Vec<Override>> {
    let mut errors: Vec<Error> = Vec::new();
    let mut overrides = Vec::new();
    for (key, slot) in map.as_map().into_iter().flatten() {
        let line = write(&key.to_string(), &slot.node);
        let source = sources.add(Source::new(SourceKind::Memory, name, line.as_str()));
        if slot.node.holds_secret() {
            sources.hide(Origin::new(source, Span::new(key.to_string().len() + 1, line.len())));
        }
        overrides.extend(parse_override(&line, source, &mut errors));
    }
    Error::all(errors).map_or(Ok(overrides), Err)
}

/// As in `hydra.sweeper.params`: text is what would be typed.
pub(super) fn text(key: &str, node: &Node) -> String {
    let mut line = format!("{key}=");
    write_str(node, &mut line);
    line
}

/// A value that is meant as it stands: text with a comma is no sweep.
fn literal(key: &str, node: &Node) -> String {
    let Some(text) = node.as_str() else {
        let mut line = format!("{key}=");
        write_json(node, JsonStyle::Compact, &mut line);
        return line;
    };
    let plain = format!("{key}={text}");
    let parsed = parse_override(&plain, SourceId::NONE, &mut ());
    let same = parsed.as_ref().and_then(|one| one.action.value()).is_some_and(|operand| match operand {
        Operand::Value(value) => value.as_text().is_some_and(|read| read == text),
        Operand::Sweep(_) => false,
    });
    if same { plain } else { format!("{key}={}", quoted(text, Quote::Single)) }
}

/// The largest file of jobs, in bytes.
pub(crate) const LARGEST: u64 = 64 << 20;

/// The rows of a file: CSV with a line of keys, JSON Lines, or a YAML list of mappings.
fn read(cwd: &Path, name: &str, origin: Origin) -> Result<Vec<Node>> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Io, format!("cannot read the jobs in `{name}`: {why}")).at(origin, "named here")
    };
    let bytes = read_regular(&cwd.join(name), LARGEST).map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
    let rows = match Path::new(name).extension().and_then(|ending| ending.to_str()) {
        Some("csv") => {
            return csv(&text).map_err(|error| error.note(format!("in `{name}`")).at(origin, "named here"));
        }
        Some("jsonl") => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.map(|line| read_json(line, SourceId::NONE)).collect::<Result<Vec<_>>>()?
        }
        Some("yaml" | "yml" | "json") => {
            let mut errors = Vec::new();
            let parsed = yaml::parse(&text, SourceId::NONE, &yaml::Limits::default(), &mut errors);
            if let Some(error) = Error::all(errors) {
                return Err(error.note(format!("in `{name}`")));
            }
            parsed.and_then(|parsed| parsed.root.as_list().map(<[Node]>::to_vec)).unwrap_or_default()
        }
        _ => {
            return Err(Error::new(ErrorKind::Sweep, format!("`{name}` is no file of jobs"))
                .at(origin, "named here")
                .help("it can be CSV (`.csv`), JSON Lines (`.jsonl`) or a YAML list (`.yaml`)"));
        }
    };
    let row = |(at, node): (usize, Node)| {
        if node.as_map().is_some() {
            return Ok(node);
        }
        let message =
            format!("job {} in `{name}` must map keys to values, and is {}", at + 1, node.describe());
        Err(Error::new(ErrorKind::Sweep, message).at(origin, "named here"))
    };
    rows.into_iter().enumerate().map(row).collect()
}

/// A table whose first line names the keys. What a cell leaves empty stays as it is.
fn csv(text: &str) -> Result<Vec<Node>> {
    let mut rows = records(text)?.into_iter();
    let Some(head) = rows.next() else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for (at, row) in rows.enumerate() {
        if row.len() != head.len() {
            let message =
                format!("row {} has {} cells, and there are {} keys", at + 2, row.len(), head.len());
            return Err(Error::new(ErrorKind::Sweep, message));
        }
        let mut map = Map::default();
        for (key, cell) in head.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            map.set(key.trim().into(), scalar(&cell));
        }
        out.push(Node::from(map));
    }
    Ok(out)
}

/// A number, a boolean or `null`, if it reads as one.
fn scalar(cell: &str) -> Node {
    let parsed = parse_override(&format!("x={cell}"), SourceId::NONE, &mut ());
    let value = parsed.and_then(|one| one.assignment(0).ok()).and_then(|one| one.action.value().cloned());
    match value {
        Some(node) if matches!(node.kind, Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) | Kind::Null) => node,
        _ => Node::from(cell),
    }
}

/// The cells of each line; a cell in quotes may hold commas, line ends, and quotes that stand twice.
fn records(text: &str) -> Result<Vec<Vec<String>>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() && !was_quoted => (quoted, was_quoted) = (true, true),
            ',' if !quoted => {
                row.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                if !(row.is_empty() && cell.is_empty() && !was_quoted) {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                was_quoted = false;
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(Error::new(ErrorKind::Sweep, "a cell in quotes has no end"));
    }
    if !(row.is_empty() && cell.is_empty() && !was_quoted) {
        row.push(cell);
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        records(text).unwrap()
    }

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        assert_eq!(
            rows("a,b\r\n1,\"x, \"\"y\"\"\n\"\n\n,\n"),
            [vec!["a", "b"], vec!["1", "x, \"y\"\n"], vec!["", ""]]
        );
        assert_eq!(rows("a"), [["a"]]);
        assert!(rows("").is_empty());
        assert_eq!(records("\"a").unwrap_err().message(), "a cell in quotes has no end");
    }

    #[test]
    fn values_are_meant_as_they_stand() {
        for (cell, expected) in [
            ("0.1", "k=0.1"),
            ("forest", "k=forest"),
            ("a,b", "k='a,b'"),
            ("it's", "k='it\\'s'"),
            ("a\\b,c", "k='a\\b,c'"),
            ("a\\'b,", "k='a\\\\\\'b,'"),
            ("a,b\\", "k='a,b\\\\'"),
            ("null", "k=null"),
        ] {
            assert_eq!(literal("k", &scalar(cell)), expected);
            let read = parse_override(expected, SourceId::NONE, &mut ()).unwrap();
            let value = read.assignment(0).unwrap().action.value().cloned().unwrap();
            assert!(value.as_str().is_none_or(|text| text == cell), "{expected}");
        }
        // Text that looks like a number is text, where the file says which is which.
        assert_eq!(literal("k", &Node::from("1")), "k='1'");
        assert_eq!(literal("k", &read_json("[1,\"a\"]", SourceId::NONE).unwrap()), "k=[1,\"a\"]");
    }

    #[test]
    fn rows_and_keys_go_together() {
        let maps = csv("lr,+x\n1,\n,2\n").unwrap();
        let keys: Vec<Vec<String>> = maps
            .iter()
            .map(|row| row.as_map().into_iter().flatten().map(|(key, _)| key.to_string()).collect())
            .collect();
        assert_eq!(keys, [["lr"], ["+x"]]);
        assert!(csv("a,b\n1\n").unwrap_err().message().starts_with("row 2 has 1 cells"));
    }
}
