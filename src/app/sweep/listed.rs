//! Sweeps beyond Hydra's: paired values, several grids, jobs from a file, parameters that apply only somewhere.

use std::path::Path;
use std::sync::Arc;

use crate::app::csv::records;
use crate::app::sweep::defined::Defined;
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceId, SourceKind, SourceMap, Span};
use crate::durable::read_regular;
use crate::grammar::{Operand, Override, Quote, Value, parse_override, quoted};
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
    let listed = defined.grids.as_list().unwrap_or_default();
    let made = listed.iter().map(|one| grid(&of_map(one, sources, "mainstem.sweep.grids", &text)?));
    let mut grids: Vec<Jobs> = made.collect::<Result<_>>()?;
    for pair in defined.zip.as_list().unwrap_or_default() {
        let keys: Vec<&str> = pair.as_list().unwrap_or_default().iter().filter_map(Node::as_str).collect();
        if grids.iter().any(|grid| keys.iter().any(|key| grid.keys().contains(*key))) {
            let each = grids.into_iter().zip(listed);
            let each = each.map(|(grid, one)| zipped(grid, &keys, (pair.origin, one.origin), &jobs));
            grids = each.collect::<Result<_>>()?;
        } else {
            jobs = jobs.zip(&keys, pair.origin)?;
        }
    }
    if matches!(defined.grids.kind, Kind::List(_)) {
        let union = Jobs::union(grids);
        jobs = union.map_err(|error| error.at(defined.grids.origin, "here"))?.times(jobs)?;
    }
    let file = &defined.jobs;
    if let Some(name) = file.as_str() {
        let rows = read(cwd, name, file.origin, sources)?;
        let parts = rows.iter().map(|Row { line, map }| {
            let label: Arc<str> = format!("{name}:{line}").into();
            let source = |text: &str| Source::new(SourceKind::Line, Arc::clone(&label), text);
            grid(&overrides_of(map, sources, &source, &literal)?)
        });
        let union = Jobs::union(parts.collect::<Result<_>>()?);
        jobs = union.map_err(|_| no_jobs(name, file.origin))?.times(jobs)?;
    }
    Ok(jobs)
}

/// A grid with the values of some keys taken together, if it sweeps them. `jobs` are those of the command line.
fn zipped(grid: Jobs, keys: &[&str], (pair, place): (Origin, Origin), jobs: &Jobs) -> Result<Jobs> {
    let (own, given) = (grid.keys(), jobs.keys());
    let Some(first) = keys.iter().find(|key| own.contains(**key)) else { return Ok(grid) };
    let Some(other) = keys.iter().find(|key| !own.contains(**key)) else { return grid.zip(keys, pair) };
    let message = format!("`{first}` is swept in a grid, and `{other}`, which is to go with it, is not");
    let error = Error::new(ErrorKind::Sweep, message).at(place, "this grid").at(pair, "together by this");
    let error =
        error.help(format!("list its values in the grid, as many as `{first}` has: `{other}: 'a,b'`"));
    Err(match given.contains(*other) {
        true => error.help(format!("and leave `{other}=…` out, which is in all grids")),
        false => error,
    })
}

/// The conditions of `mainstem.sweep.when`: a parameter, and where it applies.
///
/// # Errors
/// What is no mapping of mappings; values that cannot be read.
pub(super) fn conditions(
    when: &Node,
    sources: &SourceMap,
    options: &dyn Fn(&str) -> Result<Vec<String>>,
) -> Result<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (key, slot) in when.as_map().into_iter().flatten() {
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
    let source = |text: &str| Source::new(SourceKind::Memory, name, text);
    map.as_map().map_or(Ok(Vec::new()), |map| overrides_of(map, sources, &source, write))
}

/// The same; `source` makes what each comes from.
fn overrides_of(
    map: &Map,
    sources: &SourceMap,
    source: &dyn Fn(&str) -> Source,
    write: &dyn Fn(&str, &Node) -> String,
) -> Result<Vec<Override>> {
    let mut errors: Vec<Error> = Vec::new();
    let mut overrides = Vec::new();
    for (key, slot) in map {
        let line = write(&key.to_string(), &slot.node);
        let source = sources.add(source(&line));
        if slot.node.holds_secret() {
            sources.hide(Origin::new(source, Span::new(key.to_string().len() + 1, line.len())));
        }
        overrides.extend(parse_override(&line, source, &mut errors));
    }
    Error::all(errors).map_or(Ok(overrides), Err)
}

/// As in `hydra.sweeper.params`: text is what would be typed.
pub(super) fn text(key: &str, node: &Node) -> String {
    if node.is_container() {
        return format!("{key}={}", Value::of(node));
    }
    let mut line = format!("{key}=");
    write_str(node, &mut line);
    line
}

/// A value that is meant as it stands: text with a comma is no sweep.
fn literal(key: &str, node: &Node) -> String {
    if node.is_container() {
        return format!("{key}={}", Value::of(node));
    }
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

/// A job of a file: the line where it begins, counted from 1, and what it says.
struct Row {
    line: usize,
    map: Map,
}

/// The rows of a file, each as its keys say.
///
/// # Errors
/// It cannot be read, or has no rows of keys and values.
pub(crate) fn table(cwd: &Path, name: &str, origin: Origin, sources: &SourceMap) -> Result<Vec<Map>> {
    Ok(read(cwd, name, origin, sources)?.into_iter().map(|row| row.map).collect())
}

/// The rows of a file: CSV with a line of keys, JSON Lines, or a YAML list of mappings.
fn read(cwd: &Path, name: &str, origin: Origin, sources: &SourceMap) -> Result<Vec<Row>> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Io, format!("cannot read the jobs in `{name}`: {why}")).at(origin, "named here")
    };
    let bytes = read_regular(&cwd.join(name), LARGEST).map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
    let rows: Vec<(usize, Node)> = match Path::new(name).extension().and_then(|ending| ending.to_str()) {
        Some("csv") => return csv(name, &text, sources),
        Some("jsonl") => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(at, line): (usize, &str)| {
                let label = format!("{name}:{}", at + 1);
                let located =
                    |_| read_json(line, sources.add(Source::new(SourceKind::Line, label.as_str(), line)));
                read_json(line, SourceId::NONE).or_else(located).map(|node| (at + 1, node))
            };
            lines.map(read).collect::<Result<_>>()?
        }
        Some("yaml" | "yml" | "json") => {
            let source = sources.add(Source::new(SourceKind::File, name, text.as_str()));
            let mut errors = Vec::new();
            let parsed = yaml::parse(&text, source, &yaml::Limits::default(), &mut errors);
            if let Some(error) = Error::all(errors) {
                return Err(error);
            }
            let list =
                parsed.and_then(|parsed| parsed.root.as_list().map(<[Node]>::to_vec)).unwrap_or_default();
            let file = sources.get(source);
            let line = |node: &Node| file.as_ref().map_or(1, |file| file.position(node.origin.span.start).0);
            list.into_iter().map(|node| (line(&node), node)).collect()
        }
        _ => {
            return Err(Error::new(ErrorKind::Sweep, format!("`{name}` is no file of jobs"))
                .at(origin, "named here")
                .help("it can be CSV (`.csv`), JSON Lines (`.jsonl`) or a YAML list (`.yaml`)"));
        }
    };
    let row = |(line, node): (usize, Node)| match node.as_map() {
        Some(map) => Ok(Row { line, map: map.clone() }),
        None => {
            let message = format!("a job must map keys to values, and is {}", node.describe());
            let error = Error::new(ErrorKind::Sweep, message);
            Err(match node.origin.is_known() {
                true => error.at(node.origin, "this one"),
                false => error.note(format!("in `{name}`, line {line}")),
            })
        }
    };
    rows.into_iter().map(row).collect()
}

/// A table whose first line names the keys. What a cell leaves empty stays as it is.
fn csv(name: &str, text: &str, sources: &SourceMap) -> Result<Vec<Row>> {
    let mut rows = records(text).map_err(|error| error.note(format!("in `{name}`")))?.into_iter();
    let Some((_, head)) = rows.next() else { return Ok(Vec::new()) };
    if let Some(twice) =
        (1..head.len()).find(|at| head[..*at].iter().any(|key| key.trim() == head[*at].trim()))
    {
        let message = format!("`{}` stands twice among the keys of `{name}`", head[twice].trim());
        return Err(Error::new(ErrorKind::Sweep, message).help("a job has one value of each key"));
    }
    let mut out = Vec::new();
    for (line, row) in rows {
        if row.len() != head.len() {
            let file = Source::new(SourceKind::File, name, text);
            let place = file.line_range(line);
            let message = format!("{} cells in a row, and {} keys in the first one", row.len(), head.len());
            let origin = Origin::new(sources.add(file), Span::new(place.start, place.end));
            return Err(Error::new(ErrorKind::Sweep, message).at(origin, "this row"));
        }
        let mut map = Map::default();
        for (key, cell) in head.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            map.set(key.trim().into(), scalar(&cell));
        }
        out.push(Row { line, map });
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(literal("k", &read_json("[1,\"a\"]", SourceId::NONE).unwrap()), "k=[1,'a']");
    }

    #[test]
    fn rows_and_keys_go_together() {
        let sources = Arc::new(SourceMap::default());
        let rows = csv("jobs.csv", "lr,+x\n1,\n\n,2\n", &sources).unwrap();
        let keys = |row: &Row| row.map.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>().join(" ");
        let found: Vec<_> = rows.iter().map(|row| (row.line, keys(row))).collect();
        assert_eq!(found, [(2, "lr".to_owned()), (4, "+x".to_owned())]);
        let error = csv("jobs.csv", "a,b\n1,2\n1\n", &sources).err().unwrap().located(&sources);
        let told = error.render(crate::diag::Style::Plain);
        assert!(
            told.contains("1 cells in a row, and 2 keys in the first one\n  jobs.csv:3:1\n  3 | 1\n"),
            "{told}"
        );
    }
}
