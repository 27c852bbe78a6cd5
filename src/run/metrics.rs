//! Numbers and parameters that a job writes down as it goes.

use std::fs;
use std::io;
use std::path::Path;

use crate::diag::{Error, ErrorKind, HIDDEN, Result, Secrets};
use crate::durable::read_regular;
use crate::run::rank::rank_in;
use crate::value::{JsonStyle, Key, Kind, Map, Node, read_python_json, write_json, write_str};

/// The file of the metrics, beside the record: a JSON object a line.
pub(crate) const METRICS: &str = "metrics.jsonl";
/// The file of the parameters, beside the record: a JSON object a line.
pub(super) const PARAMS: &str = "params.jsonl";

/// A number that a job wrote down.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What it measures.
    pub name: String,
    /// How much it is.
    pub value: f64,
    /// Which step of the job it belongs to: counted as the job counts. Of a line that does not say it, 0.
    pub step: u64,
    /// When it was written down: seconds since 1970. Of a line that does not say it, 0.
    pub time: f64,
}

impl Metric {
    /// In one line. What is no number in JSON is `{"$float":"nan"}`, `{"$float":"inf"}` or `{"$float":"-inf"}`.
    pub(super) fn to_line(&self) -> String {
        self.line_with(Node::from(self.value))
    }

    /// The same with `***` in place of a value that is a secret: a line that says that there was one, and not which.
    pub(super) fn to_line_without(&self, secrets: &Secrets) -> String {
        let mut text = String::new();
        write_str(&Node::from(self.value), &mut text);
        let whole = text.strip_suffix(".0").unwrap_or(&text);
        if secrets.scrub(whole) == HIDDEN { self.line_with(Node::from(HIDDEN)) } else { self.to_line() }
    }

    fn line_with(&self, value: Node) -> String {
        line(&Map::from([
            ("name", Node::from(self.name.as_str())),
            ("value", value),
            ("step", Node::from(i64::try_from(self.step).unwrap_or(i64::MAX))),
            ("time", Node::from(self.time)),
        ]))
    }

    fn of(map: &Map) -> Option<Self> {
        // Whoever wrote an integer there meant a float.
        let float = Node::as_f64;
        let step = match map.get_str("step").map(|node| &node.kind) {
            Some(Kind::Int(step)) => u64::try_from(*step).ok()?,
            Some(_) => return None,
            None => 0,
        };
        let time = map.get_str("time").map_or(Some(0.0), float)?;
        let name = map.get_str("name")?.as_str()?.to_owned();
        Some(Self { name, value: float(map.get_str("value")?)?, step, time })
    }
}

/// The lines for parameters.
pub(super) fn param_lines<K: AsRef<str>, V: Into<Node>>(params: impl IntoIterator<Item = (K, V)>) -> String {
    let param = |(name, value): (K, V)| {
        line(&Map::from([("name", Node::from(name.as_ref())), ("value", value.into())]))
    };
    params.into_iter().map(param).collect::<Vec<_>>().join("\n")
}

fn line(map: &Map) -> String {
    let mut out = String::new();
    write_json(&Node::from(map.clone()), JsonStyle::Compact, &mut out);
    out
}

/// The metrics in the folder of a record, in the order in which they were written, those of other ranks behind those
/// of the first. What a kill left of a last line is not there.
///
/// # Errors
/// A file cannot be read, or holds something else.
pub fn metrics(folder: &Path) -> Result<Vec<Metric>> {
    whole(metrics_in(&Logs::of(folder)?)?)
}

/// The same, as far as they can be read.
#[cfg(feature = "app")]
pub(crate) fn readable_metrics(folder: &Path) -> Vec<Metric> {
    Logs::of(folder).and_then(|logs| metrics_in(&logs)).map(|(read, _)| read).unwrap_or_default()
}

/// What could be read, and what is wrong with the rest.
pub(super) type Read<T> = (T, Option<Error>);

/// All of it, or what is wrong.
pub(super) fn whole<T>((read, wrong): Read<T>) -> Result<T> {
    wrong.map_or(Ok(read), Err)
}

/// The same where the logs are, as far as the lines can be read.
pub(super) fn metrics_in(logs: &Logs<'_>) -> Result<Read<Vec<Metric>>> {
    let mut all = Vec::new();
    let wrong = logs.each(METRICS, r#"`{"name": "loss", "value": 0.5, "step": 1}`"#, |map| {
        all.push(Metric::of(map)?);
        Some(())
    })?;
    Ok((all, wrong))
}

/// The parameters in the folder of a record; of a name that was given twice, the last value.
///
/// # Errors
/// As [`metrics`].
pub fn params(folder: &Path) -> Result<Map> {
    whole(params_in(&Logs::of(folder)?)?)
}

/// The same where the logs are, as far as the lines can be read.
pub(super) fn params_in(logs: &Logs<'_>) -> Result<Read<Map>> {
    let mut all = Map::default();
    let wrong = logs.each(PARAMS, r#"`{"name": "depth", "value": 3}`"#, |map| {
        all.set(Key::from(map.get_str("name")?.as_str()?), map.get_str("value")?.clone());
        Some(())
    })?;
    Ok((all, wrong))
}

/// Reads a file by its name.
type Open<'a> = Box<dyn Fn(&str) -> Result<String> + 'a>;

/// Files of logs, wherever they are: the folder by which they are called, their names, and how each is read.
pub(super) struct Logs<'a> {
    pub(super) folder: &'a Path,
    pub(super) names: Vec<String>,
    pub(super) read: Open<'a>,
}

impl<'a> Logs<'a> {
    /// Those in a folder.
    pub(super) fn of(folder: &'a Path) -> Result<Self> {
        let failed = |path: &Path, error: &io::Error| {
            Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display()))
        };
        let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        let read = move |name: &str| {
            let path = folder.join(name);
            let bytes = read_regular(&path, u64::MAX).map_err(|error| failed(&path, &error))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        Ok(Self { folder, names, read: Box::new(read) })
    }

    /// Every line of a log and of those that other ranks have beside it. A line that says something else loses no other: it
    /// is told at the end. A last line without an end counts if it is whole all the same: a command may write it so.
    fn each(
        &self,
        name: &str,
        sample: &str,
        mut take: impl FnMut(&Map) -> Option<()>,
    ) -> Result<Option<Error>> {
        let (mut wrong, mut first) = (0_usize, None);
        let rank = |file: &String| rank_in(file, name);
        let mut files: Vec<_> = self.names.iter().filter_map(|file| Some((rank(file)?, file))).collect();
        files.sort();
        for (_, file) in files {
            for (i, line) in (self.read)(file)?.split_inclusive('\n').enumerate() {
                let node = read_python_json(line).ok();
                let taken = node.as_ref().and_then(Node::as_map).and_then(&mut take);
                if taken.is_none() && line.ends_with('\n') {
                    wrong += 1;
                    first = first.or_else(|| Some((i + 1, self.folder.join(file))));
                }
            }
        }
        Ok(first.map(|(number, path)| {
            let path = path.display();
            let (message, help) = match wrong {
                1 => (
                    format!("line {number} of `{path}` holds no name with a value"),
                    "take it out, or write it as",
                ),
                _ => (
                    format!(
                        "{wrong} lines hold no name with a value, the first is line {number} of `{path}`"
                    ),
                    "take them out, or write them as",
                ),
            };
            Error::new(ErrorKind::Json, message).help(format!("{help} {sample}"))
        }))
    }
}
