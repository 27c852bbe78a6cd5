//! Where lines go, as a config says it.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use crate::app::program::console::Console;
use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::formatter::Formatter;
use crate::app::program::logging::level::Level;
use crate::app::program::logging::part::{Part, no_such};
use crate::app::program::logging::rich::{self, Frame, RICH};
use crate::app::program::logging::sink::{FileSink, Mode, Rotation, Sink};
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::run::Rank;

/// A handler of a config, before anything is opened.
#[derive(Clone, Debug)]
pub(super) struct HandlerPlan {
    pub(super) name: String,
    level: Level,
    formatter: Arc<Formatter>,
    filters: Vec<String>,
    /// What stands before and behind what the formatter makes.
    frame: Option<Frame>,
    to: To,
}

#[derive(Clone, Debug)]
enum To {
    Out,
    Err,
    Nowhere,
    File { path: String, origin: Origin, mode: Mode, delay: bool, rotation: Option<Rotation> },
}

/// A handler at work.
#[derive(Debug)]
pub(super) struct Handler {
    level: Level,
    formatter: Arc<Formatter>,
    filters: Vec<String>,
    frame: Option<Frame>,
    sink: Sink,
}

const STREAM: &str = "logging.StreamHandler";
const FILE: &str = "logging.FileHandler";
const ROTATING: &str = "logging.handlers.RotatingFileHandler";
const NULL: &str = "logging.NullHandler";
const CLASSES: [&str; 5] = [STREAM, FILE, ROTATING, NULL, RICH];
const COMMON: [&str; 5] = ["class", "()", "level", "formatter", "filters"];

/// What a config has declared by the time its handlers are read.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) formatters: Vec<(String, Arc<Formatter>)>,
    /// Filters, by name: the logger whose records pass, and those below it.
    pub(super) filters: Vec<(String, String)>,
}

impl Declared {
    /// The filters that a logger or a handler names.
    pub(super) fn filters_of(&self, part: &Part<'_>, errors: &mut Vec<Error>) -> Vec<String> {
        let named = part.texts("filters", errors).into_iter();
        named
            .filter_map(|(name, node)| {
                let found = self.filters.iter().find(|(known, _)| known == name);
                if found.is_none() {
                    let known = self.filters.iter().map(|(name, _)| name.as_str());
                    errors.push(no_such("filter", name, node, known));
                }
                found.map(|(_, logger)| logger.clone())
            })
            .collect()
    }
}

impl HandlerPlan {
    /// What a config says of a handler; nothing if it cannot be understood.
    pub(super) fn read(
        name: String,
        part: &Part<'_>,
        declared: &Declared,
        notes: &mut Vec<String>,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        let key = if part.get("()").is_some() { "()" } else { "class" };
        let Some(class) = part.text(key, errors) else {
            if part.get(key).is_none() {
                let message = format!("`{}` has no `class`", part.path);
                let error = Error::new(ErrorKind::MissingValue, message).at(part.node.origin, "");
                errors.push(error.help(format!("classes: {}", CLASSES.join(", "))));
            }
            return None;
        };
        let level = part.get("level").map(Level::read);
        let level = level.transpose().unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let formatter = part.text("formatter", errors).zip(part.get("formatter")).and_then(|(name, node)| {
            let found = declared.formatters.iter().find(|(known, _)| *known == name);
            if found.is_none() {
                let known = declared.formatters.iter().map(|(name, _)| name.as_str());
                errors.push(no_such("formatter", &name, node, known));
            }
            found.map(|(_, formatter)| Arc::clone(formatter))
        });
        let filters = declared.filters_of(part, errors);
        let own: &[&str] = match class.as_str() {
            STREAM => &["stream"],
            FILE => &["filename", "mode", "encoding", "delay", "errors"],
            ROTATING => &["filename", "mode", "maxBytes", "backupCount", "encoding", "delay", "errors"],
            NULL => &[],
            RICH => &rich::FIELDS,
            _ => {
                let node = part.get(key).unwrap_or(part.node);
                let error = no_such("handler class", &class, node, CLASSES.into_iter());
                errors.push(error.help("a class of Python's own cannot be called from here"));
                return None;
            }
        };
        let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
        part.knows(&known, errors);
        let to = match class.as_str() {
            STREAM => stream(part, errors)?,
            NULL => To::Nowhere,
            RICH => To::Out,
            _ => file(part, class == ROTATING, errors)?,
        };
        let frame = (class == RICH).then(|| Frame::read(part, notes, errors));
        let formatter = formatter.unwrap_or_else(|| Arc::new(Formatter::message()));
        Some(Self { name, level: level.unwrap_or(Level::NOTSET), formatter, filters, frame, to })
    }

    /// What writes to standard output in that format.
    pub(super) fn to_stdout(format: &str) -> Self {
        let formatter = Arc::new(Formatter::of(format));
        let (name, filters) = (String::new(), Vec::new());
        Self { name, level: Level::NOTSET, formatter, filters, frame: None, to: To::Out }
    }

    /// Opens what it writes to. Files count from `cwd`; those of a rank carry its number.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub(super) fn open(&self, console: &Console, cwd: &Path, rank: Option<&Rank>) -> Result<Handler> {
        let sink = match &self.to {
            To::Out => Sink::Out(console.clone()),
            To::Err => Sink::Err(console.clone()),
            To::Nowhere => Sink::Nowhere,
            To::File { path, origin, mode, delay, rotation } => {
                let mut path = cwd.join(path);
                // Each rank of a distributed job has a log of its own.
                if let (Some(rank), Some(name)) = (rank, path.file_name().and_then(OsStr::to_str)) {
                    path.set_file_name(rank.file_name(name));
                }
                let file = FileSink::new(path, *mode, *rotation, console.clone());
                if !delay {
                    file.open().map_err(|error| error.at(*origin, ""))?;
                }
                Sink::File(Box::new(file))
            }
        };
        let (formatter, filters) = (Arc::clone(&self.formatter), self.filters.clone());
        Ok(Handler { level: self.level, formatter, filters, frame: self.frame.clone(), sink })
    }
}

fn stream(part: &Part<'_>, errors: &mut Vec<Error>) -> Option<To> {
    let Some((text, node)) = part.text("stream", errors).zip(part.get("stream")) else {
        return Some(To::Err);
    };
    match text.as_str() {
        "ext://sys.stdout" => Some(To::Out),
        "ext://sys.stderr" => Some(To::Err),
        _ => {
            errors.push(no_such("stream", &text, node, ["ext://sys.stdout", "ext://sys.stderr"].into_iter()));
            None
        }
    }
}

fn file(part: &Part<'_>, rotating: bool, errors: &mut Vec<Error>) -> Option<To> {
    if let Some((encoding, node)) = part.text("encoding", errors).zip(part.get("encoding")) {
        let plain = encoding.to_ascii_lowercase().replace(['-', '_'], "");
        if plain != "utf8" && plain != "ascii" {
            errors.push(no_such("encoding", &encoding, node, ["utf-8"].into_iter()));
        }
    }
    let mode = match part.text("mode", errors).as_deref() {
        None | Some("a" | "at") => Mode::Append,
        Some("w" | "wt") => Mode::Anew,
        Some("x" | "xt") => Mode::New,
        Some(other) => {
            let node = part.get("mode").unwrap_or(part.node);
            errors.push(no_such("mode of a file", other, node, ["a", "w", "x"].into_iter()));
            Mode::Append
        }
    };
    let rotation = rotating
        .then(|| Rotation {
            most: part.count("maxBytes", errors).unwrap_or(0),
            kept: part.count("backupCount", errors).unwrap_or(0),
        })
        .filter(|rotation| rotation.most > 0);
    let delay = part.flag("delay", errors).unwrap_or(false);
    let Some(path) = part.text("filename", errors) else {
        if part.get("filename").is_none() {
            let message = format!("`{}` has no `filename`", part.path);
            errors.push(Error::new(ErrorKind::MissingValue, message).at(part.node.origin, ""));
        }
        return None;
    };
    let origin = part.get("filename").map_or(Origin::NONE, |node| node.origin);
    // A file that rotates is appended to.
    let mode = if rotation.is_some() { Mode::Append } else { mode };
    Some(To::File { path, origin, mode, delay, rotation })
}

impl Handler {
    /// Writes a record, if it is grave enough and from whom it should be.
    pub(super) fn emit(&self, entry: &Entry<'_>) {
        if entry.level < self.level || !passes(&self.filters, entry.name) {
            return;
        }
        if !matches!(self.sink, Sink::Nowhere) {
            let mut line = self.formatter.line(entry);
            if let Some(frame) = &self.frame {
                line = frame.around(&line, entry);
            }
            line.push('\n');
            self.sink.write(&line);
        }
    }

    /// Whether it writes to a file.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.sink, Sink::File(_))
    }
}

/// Whether a record of that logger passes all filters.
pub(super) fn passes(filters: &[String], name: &str) -> bool {
    filters.iter().all(|logger| logger.is_empty() || super::loggers::is_below(name, logger))
}
