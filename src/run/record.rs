//! What is written down of a run.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset, SecondsFormat, SubsecRound as _};

use crate::diag::{Error, ErrorKind, Result, Source, SourceKind, SourceMap};
use crate::durable::{Sync, write_over, write_whole_with};
use crate::facts::{Facts, Process};
use crate::run::about::About;
use crate::run::id::RunId;
use crate::run::outcome::{EarlyStop, Outcome, Status};
use crate::run::rank::Rank;
use crate::run::surroundings::Surroundings;
use crate::value::{JsonStyle, Key, KeyPath, Kind, Map, Node, read_json, write_json};

/// The version of the layout of `run.json`. A reader takes every version up to its own; keys that it does not know it
/// leaves as they are.
const SCHEMA: i64 = 1;

/// The record of one run: the tree that `run.json` holds.
///
/// | key | what it holds |
/// |---|---|
/// | `schema` | the version of this layout: 1 |
/// | `id` | the run's [`RunId`] |
/// | `name` | the name of the job |
/// | `status` | a [`Status`] |
/// | `started`, `ended` | moments, with the offset that held there; `ended` is `null` while it runs, and of a killed run when it was last seen alive |
/// | `result` | what the job returned, if it returned something |
/// | `direction` | which way that is better, if the job says it: `maximize` or `minimize`, or these by the names of several results |
/// | `stopped` | of a job that a search has stopped early: the `step` at which it was, and the `value` that it had reported |
/// | `error` | `message`, `headline` (the same in one line, if it has more), `chain` (its causes, nearest first), `code`, `panicked_at` |
/// | `tags`, `note` | what people said of it |
/// | `project`, `parent`, `derived_from` | a path, and two identifiers |
/// | `job` | its number in the sweep that is its parent |
/// | `arguments`, `cwd` | how and where it was started |
/// | `own_flags` | those of the arguments that are for flags of the program's own |
/// | `process` | `id`, `host`, `boot`, `user` |
/// | `directory` | `name`: the last part of its path; `made`: by this run; `record`: where in it the record lies; `earlier`: where the record was put that was there before |
/// | `distributed` | of a job of several processes: `rank`, `world`, `launcher`, `job` |
/// | `seed` | the seed in the job's config |
/// | `environment` | the variables that the config names |
/// | `program` | `path`, `size`, `modified` |
/// | `git` | `commit`, `branch`, `dirty`, `diff` (a file beside the record), `diff_cut` |
/// | `lock_files` | `path` and `sha256` of each |
/// | `container` | `kind`, `image` |
/// | `gpu` | `driver`, `devices` |
/// | `scheduler` | the variables of Slurm, PBS, LSF, … that name the job |
///
/// The keys from `program` on are written beside the job, and may be missing. Where a record is read as it is now
/// ([`Record::read`]), `distributed` has `ranks`, too: by its number, the `status`, `ended` and `error` of each rank.
///
/// ```
/// use mainstem::run::{Record, Status};
/// let text = r#"{"schema": 1, "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "name": "train", "status": "failed",
///     "started": "2026-11-24T12:00:00.000000+01:00", "ended": "2026-11-24T12:00:07.000000+01:00",
///     "error": {"message": "no data", "chain": ["no such file"]}, "git": {"branch": "main"}}"#;
/// let record = Record::parse("run.json", text)?;
/// assert_eq!((record.status(), record.error_line()), (Status::Failed, Some("no data")));
/// assert_eq!(record.ended().map(|ended| (ended - record.started()).num_seconds()), Some(7));
/// assert_eq!(record.get("git.branch").and_then(|node| node.as_str()), Some("main"));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    id: Option<RunId>,
    status: Status,
    started: DateTime<FixedOffset>,
    tree: Map,
}

impl Record {
    /// The record of a run that begins.
    pub(super) fn begin(
        id: RunId,
        started: DateTime<FixedOffset>,
        about: &About,
        facts: &Facts,
        process: &Process,
    ) -> Self {
        // As it is written down, so that what is read is the same.
        let started = started.trunc_subsecs(6);
        let text = |text: &Option<String>| Node::from(text.as_deref());
        let path = |path: &Path| Node::from(path.to_string_lossy().as_ref());
        let mut environment = Map::default();
        for (name, value) in &about.environment {
            environment.set(Key::from(name.as_str()), text(value));
        }
        let started_by = Map::from([
            ("id", Node::from(i64::from(process.id))),
            ("host", Node::from(process.host.as_str())),
            ("boot", text(&process.boot)),
            ("user", text(&process.user)),
        ]);
        let mut tree = Map::from([
            ("schema", Node::from(SCHEMA)),
            ("id", Node::from(id.to_string().as_str())),
            ("name", Node::from(about.name.as_str())),
            ("status", Node::from(Status::Running.name())),
            ("started", moment(started)),
            ("ended", Node::null()),
            ("result", Node::null()),
            ("error", Node::null()),
            ("tags", about.tags.iter().map(String::as_str).collect()),
            ("note", text(&about.note)),
            ("project", Node::from(about.project.as_deref().map(path))),
            ("parent", text(&about.parent)),
            ("job", Node::from(about.parent.as_ref().and(about.job.clone()))),
            ("derived_from", text(&about.derived_from)),
            ("arguments", process.arguments.iter().map(String::as_str).collect()),
            ("own_flags", about.own_flags.iter().map(String::as_str).collect()),
            ("cwd", path(&facts.cwd)),
            ("process", Node::from(started_by)),
            ("seed", Node::from(about.seed.clone())),
            ("environment", Node::from(environment)),
        ]);
        for said in ["name", "tags", "note", "arguments", "own_flags", "seed", "environment"] {
            if let Some(node) = tree.get_mut(&Key::from(said)) {
                *node = node.scrubbed(&about.secrets);
            }
        }
        Self { id: Some(id), status: Status::Running, started, tree }
    }

    /// The record of a run that nobody wrote down.
    pub(super) fn unknown(name: &str, started: DateTime<FixedOffset>) -> Self {
        let tree = Map::from([
            ("schema", Node::from(SCHEMA)),
            ("id", Node::null()),
            ("name", Node::from(name)),
            ("status", Node::from(Status::Unknown.name())),
            ("started", moment(started)),
        ]);
        Self { id: None, status: Status::Unknown, started, tree }
    }

    /// Reads the text of a `run.json`; `name` says where it stands.
    ///
    /// # Errors
    /// It is no JSON, or not the record of a run in a version that is known.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let sources = std::sync::Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::File, name, text));
        let read = || {
            let node = read_json(text, source)?;
            let wrong = |what: &str| {
                let at = node.as_map().and_then(|map| map.get_str(what)).map_or(node.origin, |n| n.origin);
                let message =
                    format!("`{name}` is not the record of a run: its `{what}` is missing or wrong");
                Error::new(ErrorKind::Json, message).at(at, "")
            };
            let get = |key: &str| node.as_map().and_then(|map| map.get_str(key));
            let text = |key: &str| get(key).and_then(Node::as_str);
            match get("schema").map(|node| &node.kind) {
                Some(Kind::Int(SCHEMA)) => {}
                Some(Kind::Int(newer)) if *newer > SCHEMA => {
                    let message = format!("`{name}` was written by a newer program (schema {newer})");
                    return Err(Error::new(ErrorKind::Json, message).help("update this program"));
                }
                _ => return Err(wrong("schema")),
            }
            let id = text("id").and_then(RunId::parse);
            let status = text("status").and_then(Status::parse).ok_or_else(|| wrong("status"))?;
            let started = text("started").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            let started = started.ok_or_else(|| wrong("started"))?;
            if id.is_none() && status != Status::Unknown {
                return Err(wrong("id"));
            }
            Ok(Self { id, status, started, tree: node.as_map().cloned().unwrap_or_default() })
        };
        read().map_err(|error: Error| error.located(&sources))
    }

    /// Reads a `run.json` as it stands. What it says may be no longer true: see [`list`](crate::run::list).
    pub(super) fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            let kind =
                if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
            Error::new(kind, format!("cannot read `{}`: {error}", path.display()))
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Writes it, whole or not at all.
    pub(super) fn save(&self, path: &Path, sync: Sync) -> Result<Saved> {
        self.save_with(|fill| write_whole_with(path, sync, fill))
    }

    /// Writes it by a function that gets what fills the file.
    pub(super) fn save_with(
        &self,
        write: impl FnOnce(&mut dyn FnMut(&mut File) -> io::Result<()>) -> Result<()>,
    ) -> Result<Saved> {
        let json = self.to_json();
        let mut saved = Saved::default();
        write(&mut |file| {
            file.write_all(json.as_bytes())?;
            saved = Saved::of(&file.metadata()?);
            Ok(())
        })?;
        Ok(saved)
    }

    fn to_json(&self) -> String {
        let mut json = String::new();
        write_json(&Node::from(self.tree.clone()), JsonStyle::Pretty, &mut json);
        json.push('\n');
        json
    }

    /// Writes it over the one that is there, on a disk that has no room for another one. If it is too long, it goes
    /// without what counts less than how the run ended.
    pub(super) fn save_over(&self, path: &Path) -> Result<()> {
        let mut brief = self.clone();
        let mut written = write_over(path, &brief.to_json());
        for key in SPARED {
            if written.is_ok() {
                break;
            }
            brief.set(key, Node::null());
            written = write_over(path, &brief.to_json());
        }
        written
    }

    /// Adds what stands around the run. What the config says of it stands.
    pub(super) fn surround(&mut self, surroundings: &Surroundings) {
        for (key, slot) in surroundings.keys.iter() {
            let key = key.to_string();
            if self.get(&key).is_none_or(|node| matches!(node.kind, Kind::Null)) {
                self.set(&key, slot.node.clone());
            }
        }
    }

    /// The identifier; runs of other programs have none.
    pub fn id(&self) -> Option<RunId> {
        self.id
    }

    /// What is known of it.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The name of the job.
    pub fn name(&self) -> &str {
        self.get("name").and_then(Node::as_str).unwrap_or_default()
    }

    /// When it began.
    pub fn started(&self) -> DateTime<FixedOffset> {
        self.started
    }

    /// When it ended.
    pub fn ended(&self) -> Option<DateTime<FixedOffset>> {
        self.get("ended").and_then(Node::as_str).and_then(|text| DateTime::parse_from_rfc3339(text).ok())
    }

    /// What the job returned.
    pub fn result(&self) -> Option<&Node> {
        self.get("result").filter(|node| !matches!(node.kind, Kind::Null))
    }

    /// Where the job was stopped early, if it was.
    pub fn stopped(&self) -> Option<EarlyStop> {
        self.get("stopped").and_then(EarlyStop::of)
    }

    /// What went wrong, in the words of the error.
    pub fn error(&self) -> Option<&str> {
        self.get("error.message").and_then(Node::as_str)
    }

    /// What went wrong, in one line.
    pub fn error_line(&self) -> Option<&str> {
        let text = self.get("error.headline").and_then(Node::as_str).or(self.error())?;
        Some(text.lines().next().unwrap_or_default())
    }

    /// What people call it.
    pub fn tags(&self) -> Vec<&str> {
        let tags = self.get("tags").and_then(Node::as_list).unwrap_or_default();
        tags.iter().filter_map(Node::as_str).collect()
    }

    /// Anything in it, by its path: `git.commit`.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let path = KeyPath::parse(path);
        let (first, rest) = path.keys().split_first()?;
        rest.iter()
            .try_fold(self.tree.get(first)?, |node, key| node.find(key.as_str()?)?.map(|(_, node)| node))
    }

    /// All of it.
    pub fn tree(&self) -> &Map {
        &self.tree
    }

    pub(super) fn set(&mut self, key: &str, node: Node) {
        self.tree.set(Key::from(key), node);
    }

    pub(super) fn set_directory(
        &mut self,
        directory: &Path,
        made: bool,
        earlier: Option<&Path>,
        record: Option<&Path>,
        rank: Option<&Rank>,
    ) {
        let text = |path: Option<&Path>| Node::from(path.map(Path::to_string_lossy).as_deref());
        let directory = Map::from([
            ("name", text(directory.file_name().map(Path::new))),
            ("made", Node::from(made)),
            ("record", text(record)),
            ("earlier", text(earlier)),
        ]);
        self.set("directory", Node::from(directory));
        self.set("distributed", Node::from(rank.map(Rank::to_node)));
    }

    /// What came out of it.
    pub(super) fn end(&mut self, outcome: &Outcome, ended: DateTime<FixedOffset>) {
        self.close(outcome.status(), Some(ended));
        self.set("result", outcome.result());
        self.set("error", outcome.error());
    }

    pub(super) fn close(&mut self, status: Status, ended: Option<DateTime<FixedOffset>>) {
        self.status = status;
        self.set("status", Node::from(status.name()));
        self.set("ended", Node::from(ended.map(moment)));
    }

    /// Takes over what people may have changed on disk since it was saved there.
    pub(super) fn keep_words_of(&mut self, path: &Path, saved: &Saved) {
        if saved.is_at(path) {
            return;
        }
        let Ok(there) = Self::load(path) else { return };
        if there.id == self.id {
            for key in WORDS {
                if let Some(node) = there.get(key) {
                    self.set(key, node.clone());
                }
            }
        }
    }

    /// Changes the tags.
    pub(super) fn set_tags(&mut self, tags: &[String]) {
        self.set("tags", tags.iter().map(String::as_str).collect());
    }
}

/// A file of a record, as it was written: whoever writes it anew puts another one in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Saved(Option<(u64, u64, SystemTime)>);

impl Saved {
    #[cfg(unix)]
    fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(file.modified().ok().map(|modified| (file.dev(), file.ino(), modified)))
    }

    /// Elsewhere files have no numbers.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(None)
    }

    /// Whether that very file is still there. What is not known is read.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.0.is_some() && fs::metadata(path).is_ok_and(|file| Self::of(&file) == *self)
    }
}

/// What a record goes without on a disk that is full, the first ones first.
const SPARED: [&str; 7] = ["gpu", "lock_files", "scheduler", "container", "program", "error", "environment"];

/// What is not the run's own to say.
const WORDS: [&str; 2] = ["tags", "note"];

/// A moment as records hold it: to the microsecond.
pub(super) fn moment(at: DateTime<FixedOffset>) -> Node {
    Node::from(at.to_rfc3339_opts(SecondsFormat::Micros, false).as_str())
}
