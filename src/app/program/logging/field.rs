//! What a line can say of a record: the attributes of Python's `LogRecord`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use chrono::{DateTime, FixedOffset};

use crate::app::program::logging::entry::Entry;

/// An attribute of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    AscTime,
    Created,
    Filename,
    FuncName,
    LevelName,
    LevelNumber,
    Line,
    Message,
    Module,
    Msecs,
    Name,
    Pathname,
    Process,
    ProcessName,
    RelativeCreated,
    Thread,
    ThreadName,
}

/// What kind of value it has, which says how it can be formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Text,
    Int,
    Float,
}

/// A value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Int(i64),
    Float(f64),
}

const ALL: [(&str, Field, Of); 18] = [
    ("asctime", Field::AscTime, Of::Text),
    ("created", Field::Created, Of::Float),
    ("filename", Field::Filename, Of::Text),
    ("funcName", Field::FuncName, Of::Text),
    ("levelname", Field::LevelName, Of::Text),
    ("levelno", Field::LevelNumber, Of::Int),
    ("lineno", Field::Line, Of::Int),
    ("message", Field::Message, Of::Text),
    ("msg", Field::Message, Of::Text),
    ("module", Field::Module, Of::Text),
    ("msecs", Field::Msecs, Of::Float),
    ("name", Field::Name, Of::Text),
    ("pathname", Field::Pathname, Of::Text),
    ("process", Field::Process, Of::Int),
    ("processName", Field::ProcessName, Of::Text),
    ("relativeCreated", Field::RelativeCreated, Of::Float),
    ("thread", Field::Thread, Of::Int),
    ("threadName", Field::ThreadName, Of::Text),
];

/// When the first record could be made: what `relativeCreated` counts from.
static BEGINNING: OnceLock<DateTime<FixedOffset>> = OnceLock::new();

/// Says that now is the beginning, unless there was one.
pub(super) fn begin(now: DateTime<FixedOffset>) {
    BEGINNING.get_or_init(|| now);
}

impl Field {
    /// The attribute of that name, and what it is.
    pub(super) fn named(name: &str) -> Option<(Self, Of)> {
        ALL.iter().find(|(known, ..)| *known == name).map(|(_, field, of)| (*field, *of))
    }

    /// All names.
    pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
        ALL.iter().map(|(name, ..)| *name)
    }

    /// Its value in a record; `time` writes the moment as the formatter says.
    pub(super) fn value<'a>(self, entry: &Entry<'a>, time: impl FnOnce() -> String) -> Value<'a> {
        let path = || entry.file.map(Path::new);
        // What Python says of a record whose place it does not know.
        let part = |part: Option<&'a std::ffi::OsStr>, unknown: &'a str| {
            Value::Text(part.and_then(|part| part.to_str()).unwrap_or(unknown).into())
        };
        match self {
            Self::AscTime => Value::Text(time().into()),
            Self::Created => Value::Float(seconds(entry.at)),
            Self::Filename => part(path().and_then(Path::file_name), "(unknown file)"),
            // A record of Rust does not know the function that it is from.
            Self::FuncName => Value::Text("(unknown function)".into()),
            Self::LevelName => Value::Text(entry.level.name().into()),
            Self::LevelNumber => Value::Int(entry.level.number()),
            Self::Line => Value::Int(i64::from(entry.line.unwrap_or(0))),
            Self::Message => Value::Text(entry.message.into()),
            Self::Module => part(path().and_then(Path::file_stem), "(unknown file)"),
            Self::Msecs => Value::Float(f64::from(entry.at.timestamp_subsec_millis())),
            Self::Name => Value::Text(entry.name.into()),
            Self::Pathname => Value::Text(entry.file.unwrap_or("(unknown file)").into()),
            Self::Process => Value::Int(i64::from(std::process::id())),
            Self::ProcessName => Value::Text("MainProcess".into()),
            Self::RelativeCreated => {
                let since = entry.at - *BEGINNING.get_or_init(|| entry.at);
                #[expect(clippy::cast_precision_loss, reason = "microseconds of a run fit")]
                let micros = since.num_microseconds().unwrap_or(0) as f64;
                Value::Float(micros / 1000.0)
            }
            Self::Thread => Value::Int(thread_number()),
            Self::ThreadName => Value::Text(match thread::current().name() {
                // As Python calls it.
                Some("main") => "MainThread".into(),
                Some(name) => name.to_owned().into(),
                None => format!("Thread-{}", thread_number()).into(),
            }),
        }
    }
}

fn seconds(at: DateTime<FixedOffset>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "as Python's time.time() does")]
    let micros = at.timestamp_micros() as f64;
    micros / 1e6
}

/// The number of this thread, which the standard library only prints.
fn thread_number() -> i64 {
    let printed = format!("{:?}", thread::current().id());
    printed.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0)
}
