//! `mainstem sweeps`: which sweeps there are, and how their jobs stand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::app::args::wrong;
use crate::app::capture;
use crate::app::complete::{Face, Holds};
use crate::app::json::line;
use crate::app::output::Output;
use crate::app::runs::{brief, duration};
use crate::diag::{Error, ErrorKind, Result, Style, did_you_mean, shell_word, visible};
use crate::drive::{Entry, FOLDER, JOURNAL, Progress, is_driven};
use crate::facts::{Facts, Process};
use crate::run::Status;
use crate::value::{Map, Node};

/// What `mainstem sweeps --help` prints.
pub(crate) const HELP: &str = "\
mainstem sweeps: how sweeps stand, by their journals.

  mainstem sweeps ls [ROOT]            all sweeps below a directory, the oldest
                                       first
  mainstem sweeps show [DIR] [--json]  the jobs of a sweep: how each stands, and
                                       what came of it; without DIR, or as
                                       `last`, of the latest below here

A sweep goes on by `--resume DIR` of the program that began it.
";

/// The commands.
pub(crate) const COMMANDS: [(&str, &str); 2] =
    [("ls", "all sweeps below a directory"), ("show", "the jobs of a sweep: how each stands")];

/// The flags as they are completed.
pub(crate) fn faces() -> [Face; 1] {
    let about = "a JSON object a line".to_owned();
    [Face { long: "--json".into(), short: "".into(), holds: Holds::Nothing, about }]
}

/// Runs `mainstem sweeps`.
///
/// # Errors
/// Wrong usage; a sweep that there is not; a journal that cannot be read.
pub(crate) fn run(arguments: &[String], out: Style, err: Style) -> Result<Output> {
    let json = arguments.iter().any(|word| word == "--json");
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--json").collect();
    if let Some(flag) = words.iter().find(|word| word.starts_with('-') && !["--help", "-h"].contains(word)) {
        return Err(wrong(format!("`sweeps` has no flag `{flag}`")).help("it has `--json`"));
    }
    let facts = capture::facts()?;
    let process = capture::process(&facts);
    match &*words {
        [] | ["--help" | "-h" | "help"] => Ok(Output::success(HELP.to_owned())),
        ["ls"] => ls(&facts, &process, &facts.cwd, json, err),
        ["ls", root] => ls(&facts, &process, &capture::absolute(&facts, root), json, err),
        ["show"] => show(&process, &latest(&facts.cwd)?, json, out),
        ["show", "last"] if !capture::absolute(&facts, "last").is_dir() => {
            show(&process, &latest(&facts.cwd)?, json, out)
        }
        ["show", directory] => show(&process, &capture::absolute(&facts, directory), json, out),
        ["ls" | "show", ..] => Err(wrong("`sweeps` takes one directory")),
        [other, ..] => {
            let error = wrong(format!("there is no command `sweeps {other}`"));
            Err(match did_you_mean(other, COMMANDS.map(|(name, _)| name)) {
                Some(near) => error.help(format!("did you mean `sweeps {near}`?")),
                None => error.help("commands: sweeps ls, sweeps show"),
            })
        }
    }
}

/// How a sweep stands, in a word.
fn state(progress: &Progress, directory: &Path, process: &Process) -> &'static str {
    let all = progress.identity.jobs;
    let failed = progress.jobs.values().any(|job| job.status == Status::Failed);
    let completed = progress.count(Status::Completed) as u64;
    if is_driven(directory, process) {
        "running"
    } else if all == Some(completed) {
        "completed"
    } else if progress.finished && failed {
        "failed"
    } else if progress.stopped.is_some() {
        "stopped"
    } else {
        "killed"
    }
}

/// The sweep below a directory that began last, among those whose journals can be read; if none can, why not.
fn latest(root: &Path) -> Result<PathBuf> {
    let (mut last, mut broken) = (None, None);
    for directory in find(root)? {
        match Progress::read(&directory) {
            Ok(progress) => last = last.max(Some((progress.identity.started, directory))),
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    last.map(|(_, directory)| directory).ok_or_else(|| {
        if let Some(error) = broken {
            return error;
        }
        Error::new(ErrorKind::NotFound, "there is no sweep")
            .note(format!("looked in `{}`", root.display()))
            .help("type `mainstem sweeps show DIR`, or go to where the program ran")
    })
}

fn ls(facts: &Facts, process: &Process, root: &Path, json: bool, err: Style) -> Result<Output> {
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    for directory in find(root)? {
        match Progress::read(&directory) {
            Ok(progress) => rows.push((directory, progress)),
            Err(error) => broken.push(error),
        }
    }
    rows.sort_by(|a, b| (a.1.identity.started, &a.0).cmp(&(b.1.identity.started, &b.0)));
    let mut text = String::new();
    let mut table = vec![["STARTED", "STATE", "COMPLETED", "FAILED", "NAME", "DIRECTORY"].map(str::to_owned)];
    for (directory, progress) in &rows {
        let identity = &progress.identity;
        let (completed, failed) = (progress.count(Status::Completed), progress.count(Status::Failed));
        let state = state(progress, directory, process);
        let shown = directory.strip_prefix(&facts.cwd).unwrap_or(directory).display().to_string();
        if json {
            let count = |number: usize| Node::from(i64::try_from(number).unwrap_or(i64::MAX));
            let jobs = identity.jobs.map(|jobs| i64::try_from(jobs).unwrap_or(i64::MAX));
            let map = Map::from([
                ("id", Node::from(identity.id.as_str())),
                ("name", Node::from(identity.name.as_str())),
                ("started", Node::from(identity.started.to_rfc3339().as_str())),
                ("state", Node::from(state)),
                ("jobs", Node::from(jobs.map(Node::from))),
                ("completed", count(completed)),
                ("failed", count(failed)),
                ("directory", Node::from(shown.as_str())),
            ]);
            text.push_str(&line(&Node::from(map)));
            continue;
        }
        let of = identity.jobs.map_or_else(|| "?".to_owned(), |jobs| jobs.to_string());
        let started = identity.started.format("%Y-%m-%d %H:%M:%S").to_string();
        let (completed, failed) = (format!("{completed}/{of}"), failed.to_string());
        let [name, shown] = [&identity.name, &shown].map(|text| visible(text).into_owned());
        table.push([started, state.to_owned(), completed, failed, name, shown]);
    }
    if !json && table.len() > 1 {
        text = columns(&table);
    }
    Ok(Output::success(text).warn(&broken, err))
}

/// Rows under each other.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    // What jobs were told, and what they say, must not steer a terminal.
    let shown = |row: &[String; N]| row.each_ref().map(|cell| visible(cell).into_owned());
    let rows: Vec<_> = rows.iter().map(shown).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// How deep sweeps are looked for.
const DEEPEST: usize = 16;

/// The directories of sweeps below one, itself included. Hidden folders, and what lies in a sweep, are passed by.
fn find(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        if directory.join(FOLDER).join(JOURNAL).is_file() {
            found.push(directory);
            continue;
        }
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(_) if depth > 0 => continue,
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", directory.display());
                return Err(Error::new(ErrorKind::Io, message));
            }
        };
        let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let visible = folders.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
        if depth < DEEPEST {
            open.extend(visible.map(|entry| (entry.path(), depth + 1)));
        }
    }
    Ok(found)
}

/// One job as it is shown.
#[derive(Default)]
struct Row {
    attempt: u32,
    status: &'static str,
    overrides: String,
    directory: String,
    started: Option<chrono::DateTime<chrono::FixedOffset>>,
    seconds: Option<f64>,
    result: Option<Node>,
    error: Option<String>,
}

fn show(process: &Process, directory: &Path, json: bool, out: Style) -> Result<Output> {
    let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
    let progress = Progress::each(directory, |entry| match entry {
        Entry::Started { job, attempt, time, directory, overrides } => {
            let row = Row {
                attempt: *attempt,
                status: Status::Running.name(),
                overrides: overrides.join(" "),
                directory: directory.as_ref().map_or_else(String::new, |path| path.display().to_string()),
                started: Some(*time),
                ..Row::default()
            };
            rows.insert(*job, row);
        }
        Entry::Ended { job, time, status, result, error, .. } => {
            let row = rows.entry(*job).or_default();
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of our time fit")]
            let seconds = row.started.map(|started| (*time - started).num_milliseconds() as f64 / 1000.0);
            row.status = status.name();
            row.seconds = seconds;
            row.result.clone_from(result);
            row.error.clone_from(error);
        }
        _ => {}
    })?;
    if !is_driven(directory, process) {
        // Nobody runs it: whoever did was killed.
        rows.values_mut()
            .filter(|row| row.status == Status::Running.name())
            .for_each(|row| row.status = Status::Interrupted.name());
    }
    if json {
        return Ok(Output::success(rows.iter().map(|(job, row)| line(&row.to_node(*job))).collect()));
    }
    let identity = &progress.identity;
    let typed: Vec<_> = identity.arguments.iter().map(|word| shell_word(word)).collect();
    let state = state(&progress, directory, process);
    let of = identity.jobs.map_or_else(|| "?".to_owned(), |jobs| jobs.to_string());
    let completed = progress.count(Status::Completed);
    let mut text = format!(
        "{}  {state}, {completed} of {of} jobs completed\n",
        out.paint("1", &visible(&identity.name))
    );
    if let Some(why) = progress.stopped.as_ref().filter(|_| state == "stopped") {
        text.push_str(&format!("stopped: {}\n", visible(why)));
    }
    text.push_str(&format!(
        "begun {} with `{}`\n\n",
        identity.started.format("%Y-%m-%d %H:%M:%S"),
        visible(&typed.join(" "))
    ));
    let mut table = vec![["JOB", "STATUS", "TIME", "RESULT", "OVERRIDES", ""].map(str::to_owned)];
    for (job, row) in &rows {
        let result = row.result.as_ref().map(brief).unwrap_or_default();
        let seconds = row.seconds.map_or_else(String::new, duration);
        let error = row.error.clone().unwrap_or_default();
        table.push([job.to_string(), row.status.to_owned(), seconds, result, row.overrides.clone(), error]);
    }
    text.push_str(&columns(&table));
    Ok(Output::success(text))
}

impl Row {
    fn to_node(&self, job: u64) -> Node {
        let map = Map::from([
            ("job", Node::from(i64::try_from(job).unwrap_or(i64::MAX))),
            ("status", Node::from(self.status)),
            ("attempt", Node::from(i64::from(self.attempt))),
            ("directory", Node::from(self.directory.as_str())),
            ("overrides", Node::from(self.overrides.as_str())),
            ("started", Node::from(self.started.map(|time| time.to_rfc3339()).as_deref())),
            ("seconds", Node::from(self.seconds.map(Node::from))),
            ("result", Node::from(self.result.clone())),
            ("error", Node::from(self.error.as_deref())),
        ]);
        Node::from(map)
    }
}
