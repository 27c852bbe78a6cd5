//! What a journal can say.

use std::borrow::Cow;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, SecondsFormat};

use crate::diag::{Error, ErrorKind, Origin, Result, Secrets, SourceId};
use crate::run::{EarlyStop, Status};
use crate::value::{JsonStyle, Key, Kind, Map, Node, Slot, read_json, write_json};

/// The version of the layout of a journal. A reader takes every version up to its own, and leaves out events that it does
/// not know.
const FORMAT: i64 = 1;

/// What a sweep is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    /// Its identifier, in the manner of a run's.
    pub id: String,
    /// The name of the job.
    pub name: String,
    /// When it was started.
    pub started: DateTime<FixedOffset>,
    /// The instant of every `${now:…}` in it, as the clock on the wall showed it.
    pub now: String,
    /// How many jobs there are, if that is known.
    pub jobs: Option<u64>,
    /// The SHA-256 over what its jobs change, as it may be shown: without the secrets.
    pub overrides: Option<String>,
    /// What is searched, if it is a search: see [`Search`](crate::sweep::Search).
    pub search: Option<Node>,
    /// What makes a job the best, if it is no search and its config says it: see
    /// [`Goals::to_node`](crate::sweep::Goals::to_node).
    pub goals: Option<Node>,
    /// The arguments behind the program's name, as they were typed.
    pub arguments: Vec<String>,
    /// Whether secrets in the arguments are not written down.
    pub hides_secrets: bool,
    /// The working directory.
    pub cwd: PathBuf,
    /// The file of the program: path, size in bytes, and when it was changed.
    pub program: Option<(PathBuf, u64, String)>,
    /// The config files it is made of, and the SHA-256 of each.
    pub configs: Vec<(String, String)>,
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Entry {
    /// The first line: what the sweep is.
    Sweep(Box<Identity>),
    /// A process runs the sweep from here on.
    Driver {
        /// When it began.
        time: DateTime<FixedOffset>,
        /// Its number on its machine.
        process: u32,
        /// The name of the machine.
        host: String,
        /// How jobs run.
        launcher: String,
        /// How many run at a time.
        slots: usize,
        /// How many jobs there are from here on, if these are more than there were.
        jobs: Option<u64>,
    },
    /// The search looks for other numbers from here on, before it has found any.
    Search {
        /// When.
        time: DateTime<FixedOffset>,
        /// What is searched: see [`Identity::search`].
        search: Node,
        /// See [`Identity::overrides`].
        overrides: Option<String>,
    },
    /// A job has begun.
    Started {
        /// Its number.
        job: u64,
        /// How often it has begun, counted from 1; 0: it does not, since an earlier run has completed it.
        attempt: u32,
        /// When.
        time: DateTime<FixedOffset>,
        /// Its directory, seen from that of the sweep; `None`: it could not be made ready, and has none.
        directory: Option<PathBuf>,
        /// What it changes.
        overrides: Vec<String>,
    },
    /// A job has ended.
    Ended {
        /// Its number.
        job: u64,
        /// Which time; 0: elsewhere, before this sweep.
        attempt: u32,
        /// When.
        time: DateTime<FixedOffset>,
        /// How.
        status: Status,
        /// What it returned.
        result: Option<Node>,
        /// Where it was stopped early, if it was.
        stopped: Option<EarlyStop>,
        /// What went wrong.
        error: Option<String>,
        /// The file that says more.
        log: Option<PathBuf>,
        /// Whether it was to begin once more, so that this is not the last word.
        again: bool,
    },
    /// Jobs that have begun are about to be handed to a scheduler. What it makes of them is known by this number.
    Submitting {
        /// When.
        time: DateTime<FixedOffset>,
        /// Which of the submissions of the sweep it is.
        submission: u32,
        /// The numbers of the jobs in each of its tasks.
        tasks: Vec<Vec<u64>>,
    },
    /// The scheduler has taken them. A driver that is killed in between does not say so.
    Submitted {
        /// When.
        time: DateTime<FixedOffset>,
        /// Which of the submissions of the sweep it is.
        submission: u32,
        /// What the scheduler calls it.
        id: String,
    },
    /// The driver has left; the jobs that have begun go on without it.
    Detached {
        /// When.
        time: DateTime<FixedOffset>,
    },
    /// The sweep has ended before its last job, and why.
    Stopped {
        /// When.
        time: DateTime<FixedOffset>,
        /// Why.
        why: String,
    },
    /// All jobs have ended.
    Finished {
        /// When.
        time: DateTime<FixedOffset>,
    },
}

fn moment(at: DateTime<FixedOffset>) -> Node {
    Node::from(at.to_rfc3339_opts(SecondsFormat::Micros, false).as_str())
}

fn number(number: u64) -> Node {
    Node::from(i64::try_from(number).unwrap_or(i64::MAX))
}

fn path(path: &std::path::Path) -> Node {
    Node::from(path.to_string_lossy().as_ref())
}

fn texts(texts: &[String]) -> Node {
    texts.iter().map(String::as_str).collect()
}

/// What is said of a submission.
fn about(submission: u32, time: DateTime<FixedOffset>, more: (&str, Node)) -> Map {
    Map::from([("submission", number(u64::from(submission))), ("time", moment(time)), more])
}

/// An event as one line of JSON.
fn line(event: &str, rest: &Map) -> String {
    let mut map = Map::from([("event", Node::from(event))]);
    for (key, slot) in rest.iter() {
        map.set(key.clone(), slot.node.clone());
    }
    let mut json = String::new();
    write_json(&Node::from(map), JsonStyle::Compact, &mut json);
    json
}

impl Identity {
    fn to_map(&self) -> Map {
        let program = self.program.as_ref().map(|(file, size, modified)| {
            Map::from([
                ("path", path(file)),
                ("size", number(*size)),
                ("modified", Node::from(modified.as_str())),
            ])
        });
        let configs: Map = (self.configs.iter())
            .map(|(name, sum)| {
                (Key::from(name.as_str()), Slot { origin: Origin::NONE, node: Node::from(sum.as_str()) })
            })
            .collect();
        let mut map = Map::from([
            ("format", Node::from(FORMAT)),
            ("id", Node::from(self.id.as_str())),
            ("name", Node::from(self.name.as_str())),
            ("time", moment(self.started)),
            ("now", Node::from(self.now.as_str())),
            ("jobs", Node::from(self.jobs.map(number))),
            ("overrides", Node::from(self.overrides.as_deref())),
            ("arguments", texts(&self.arguments)),
            ("hides_secrets", Node::from(self.hides_secrets)),
            ("cwd", path(&self.cwd)),
            ("program", Node::from(program.map(Node::from))),
            ("configs", Node::from(configs)),
        ]);
        for (key, node) in [("search", &self.search), ("goals", &self.goals)] {
            if let Some(node) = node {
                map.set(Key::from(key), node.clone());
            }
        }
        map
    }

    fn of(fields: &Fields<'_>) -> Option<Self> {
        let program = fields.get("program").and_then(Node::as_map).map(Fields);
        let program = match program {
            Some(program) => Some((
                program.text("path")?.into(),
                program.number("size")?,
                program.text("modified")?.to_owned(),
            )),
            None => None,
        };
        let configs = fields.get("configs")?.as_map()?.iter();
        let config = |(key, slot): (&Key, &Slot)| Some((key.to_string(), slot.node.as_str()?.to_owned()));
        Some(Self {
            id: fields.text("id")?.to_owned(),
            name: fields.text("name")?.to_owned(),
            started: fields.time()?,
            now: fields.text("now")?.to_owned(),
            jobs: fields.number("jobs"),
            overrides: fields.text("overrides").map(str::to_owned),
            search: fields.get("search").filter(|node| node.as_map().is_some()).cloned(),
            goals: fields.get("goals").filter(|node| node.as_list().is_some()).cloned(),
            arguments: fields.texts("arguments")?,
            hides_secrets: fields.get("hides_secrets") == Some(&Node::from(true)),
            cwd: fields.text("cwd")?.into(),
            program,
            configs: configs.map(config).collect::<Option<_>>()?,
        })
    }
}

impl Entry {
    /// The entry as one line of JSON.
    ///
    /// ```
    /// use mainstem::drive::Entry;
    /// let time = chrono::DateTime::UNIX_EPOCH.fixed_offset();
    /// let line = Entry::Finished { time }.to_line();
    /// assert_eq!(line, r#"{"event":"finished","time":"1970-01-01T00:00:00.000000+00:00"}"#);
    /// assert_eq!(Entry::read(&line)?, Some(Entry::Finished { time }));
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn to_line(&self) -> String {
        let (event, rest) = match self {
            Self::Sweep(identity) => ("sweep", identity.to_map()),
            Self::Driver { time, process, host, launcher, slots, jobs } => {
                let mut map = Map::from([
                    ("time", moment(*time)),
                    ("process", number(u64::from(*process))),
                    ("host", Node::from(host.as_str())),
                    ("launcher", Node::from(launcher.as_str())),
                    ("slots", number(*slots as u64)),
                ]);
                if let Some(jobs) = jobs {
                    map.set(Key::from("jobs"), number(*jobs));
                }
                ("driver", map)
            }
            Self::Search { time, search, overrides } => (
                "search",
                Map::from([
                    ("time", moment(*time)),
                    ("search", search.clone()),
                    ("overrides", Node::from(overrides.as_deref())),
                ]),
            ),
            Self::Started { job, attempt, time, directory, overrides } => (
                "started",
                Map::from([
                    ("job", number(*job)),
                    ("attempt", number(u64::from(*attempt))),
                    ("time", moment(*time)),
                    ("directory", Node::from(directory.as_deref().map(path))),
                    ("overrides", texts(overrides)),
                ]),
            ),
            Self::Ended { job, attempt, time, status, result, stopped, error, log, again } => {
                let mut map = Map::from([
                    ("job", number(*job)),
                    ("attempt", number(u64::from(*attempt))),
                    ("time", moment(*time)),
                    ("status", Node::from(status.name())),
                ]);
                let log = log.as_deref().map(path);
                let error = error.as_deref().map(Node::from);
                let again = again.then(|| Node::from(true));
                let stopped = stopped.map(EarlyStop::to_node);
                let more = [
                    ("result", result.clone()),
                    ("stopped", stopped),
                    ("error", error),
                    ("log", log),
                    ("again", again),
                ];
                for (key, node) in more {
                    if let Some(node) = node {
                        map.set(Key::from(key), node);
                    }
                }
                ("ended", map)
            }
            Self::Submitting { time, submission, tasks } => {
                let tasks = tasks.iter().map(|jobs| jobs.iter().map(|job| number(*job)).collect::<Node>());
                let tasks = Node::from(tasks.collect::<Vec<_>>());
                ("submitting", about(*submission, *time, ("tasks", tasks)))
            }
            Self::Submitted { time, submission, id } => {
                ("submitted", about(*submission, *time, ("id", Node::from(id.as_str()))))
            }
            Self::Detached { time } => ("detached", Map::from([("time", moment(*time))])),
            Self::Stopped { time, why } => {
                ("stopped", Map::from([("time", moment(*time)), ("why", Node::from(why.as_str()))]))
            }
            Self::Finished { time } => ("finished", Map::from([("time", moment(*time))])),
        };
        line(event, &rest)
    }

    /// As [`Entry::to_line`], with `***` for every secret in what jobs are told and say.
    pub(super) fn to_line_without(&self, secrets: &Secrets) -> String {
        self.scrubbed(secrets).to_line()
    }

    fn scrubbed(&self, secrets: &Secrets) -> Cow<'_, Self> {
        let mut entry = Cow::Borrowed(self);
        if secrets.is_empty() || !matches!(self, Self::Started { .. } | Self::Ended { .. }) {
            return entry;
        }
        let scrub = |text: &mut String| *text = secrets.scrub(text).into_owned();
        match entry.to_mut() {
            Self::Started { overrides, .. } => overrides.iter_mut().for_each(scrub),
            Self::Ended { result, error, .. } => {
                *result = result.take().map(|result| result.scrubbed(secrets));
                error.iter_mut().for_each(scrub);
            }
            _ => {}
        }
        entry
    }

    /// Reads a line; `None` for an event that this version does not know.
    ///
    /// # Errors
    /// It is no JSON, an event that is known lacks something, or the sweep is a newer program's.
    pub fn read(line: &str) -> Result<Option<Self>> {
        let node = read_json(line, SourceId::NONE)?;
        let broken = || Error::new(ErrorKind::Json, format!("this is no entry of a journal: `{line}`"));
        let fields = Fields(node.as_map().ok_or_else(broken)?);
        let event = fields.text("event").ok_or_else(broken)?;
        if event == "sweep" && fields.number("format").is_some_and(|format| format > FORMAT.unsigned_abs()) {
            return Err(Error::new(ErrorKind::Json, "the journal was written by a newer program")
                .help("update this program"));
        }
        fields.entry(event).ok_or_else(broken)
    }
}

struct Fields<'a>(&'a Map);

impl<'a> Fields<'a> {
    fn get(&self, key: &str) -> Option<&'a Node> {
        self.0.get_str(key)
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.as_str()
    }

    fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)?.kind {
            Kind::Int(number) => u64::try_from(number).ok(),
            _ => None,
        }
    }

    fn time(&self) -> Option<DateTime<FixedOffset>> {
        DateTime::parse_from_rfc3339(self.text("time")?).ok()
    }

    fn texts(&self, key: &str) -> Option<Vec<String>> {
        self.get(key)?.as_list()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    }

    fn submission(&self) -> Option<u32> {
        u32::try_from(self.number("submission")?).ok()
    }

    fn tasks(&self) -> Option<Vec<Vec<u64>>> {
        let job = |node: &Node| match node.kind {
            Kind::Int(number) => u64::try_from(number).ok(),
            _ => None,
        };
        let task = |node: &Node| node.as_list()?.iter().map(job).collect();
        self.get("tasks")?.as_list()?.iter().map(task).collect()
    }

    /// `None` for a known event that lacks something, `Some(None)` for an unknown one.
    fn entry(&self, event: &str) -> Option<Option<Entry>> {
        let attempt = || u32::try_from(self.number("attempt")?).ok();
        Some(Some(match event {
            "sweep" => Entry::Sweep(Box::new(Identity::of(self)?)),
            "driver" => Entry::Driver {
                time: self.time()?,
                process: u32::try_from(self.number("process")?).ok()?,
                host: self.text("host")?.to_owned(),
                launcher: self.text("launcher")?.to_owned(),
                slots: usize::try_from(self.number("slots")?).ok()?,
                jobs: self.number("jobs"),
            },
            "search" => Entry::Search {
                time: self.time()?,
                search: self.get("search")?.clone(),
                overrides: self.text("overrides").map(str::to_owned),
            },
            "started" => Entry::Started {
                job: self.number("job")?,
                attempt: attempt()?,
                time: self.time()?,
                directory: self.text("directory").map(PathBuf::from),
                overrides: self.texts("overrides")?,
            },
            "ended" => Entry::Ended {
                job: self.number("job")?,
                attempt: attempt()?,
                time: self.time()?,
                status: Status::parse(self.text("status")?)?,
                result: self.get("result").cloned(),
                stopped: self.get("stopped").and_then(EarlyStop::of),
                error: self.text("error").map(str::to_owned),
                log: self.text("log").map(PathBuf::from),
                again: self.get("again") == Some(&Node::from(true)),
            },
            "submitting" => {
                Entry::Submitting { time: self.time()?, submission: self.submission()?, tasks: self.tasks()? }
            }
            "submitted" => Entry::Submitted {
                time: self.time()?,
                submission: self.submission()?,
                id: self.text("id")?.to_owned(),
            },
            "detached" => Entry::Detached { time: self.time()? },
            "stopped" => Entry::Stopped { time: self.time()?, why: self.text("why")?.to_owned() },
            "finished" => Entry::Finished { time: self.time()? },
            _ => return Some(None),
        }))
    }
}
