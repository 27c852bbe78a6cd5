//! The log of a job, behind the `log` crate: Hydra's own logging configs, as far as they name streams and files.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError, RwLock};

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::app::capture;
use crate::app::program::bound::Bound;
use crate::app::program::console::Console;
use crate::diag::{Error, ErrorKind, Result, Secrets};
use crate::run::Rank;
use crate::value::{Node, write_str};

/// Where lines go, from which level on.
#[derive(Debug)]
pub(crate) struct Logging {
    level: LevelFilter,
    /// Loggers that say everything.
    verbose: Vec<String>,
    handlers: Vec<Handler>,
    /// What no line may hold.
    secrets: Arc<Secrets>,
}

#[derive(Debug)]
struct Handler {
    format: String,
    to: To,
}

#[derive(Debug)]
enum To {
    Out(Console),
    Err(Console),
    File(Mutex<File>),
}

/// What log lines go to now. There is one for the process, as there is one `log`.
static CURRENT: RwLock<Option<Arc<Logging>>> = RwLock::new(None);

/// Puts back what was before.
#[must_use]
#[derive(Debug)]
pub(crate) struct Installed(Option<Option<Arc<Logging>>>);

impl Logging {
    /// `hydra.job_logging`; none if it leaves everything as it is.
    ///
    /// # Errors
    /// A config that cannot be resolved; a file that cannot be opened.
    pub(crate) fn of_job(
        bound: &Bound,
        console: &Console,
        cwd: &Path,
        rank: Option<&Rank>,
    ) -> Result<Option<Arc<Self>>> {
        Self::read(bound, "hydra.job_logging", console, cwd, rank)
    }

    /// `hydra.hydra_logging`.
    ///
    /// # Errors
    /// As [`Logging::of_job`].
    pub(crate) fn of_hydra(bound: &Bound, console: &Console, cwd: &Path) -> Result<Option<Arc<Self>>> {
        Self::read(bound, "hydra.hydra_logging", console, cwd, None)
    }

    fn read(
        bound: &Bound,
        key: &str,
        console: &Console,
        cwd: &Path,
        rank: Option<&Rank>,
    ) -> Result<Option<Arc<Self>>> {
        // The names of files are shown everywhere.
        let Some(node) = bound.select_shown(key)? else { return Ok(None) };
        let Some(root) = at(&node, &["root"]).filter(|root| root.as_map().is_some()) else { return Ok(None) };
        let mut level = level(at(root, &["level"]).and_then(Node::as_str).unwrap_or("WARNING"));
        let mut verbose = Vec::new();
        match bound.select("hydra.verbose")? {
            Some(said) if said == Node::from(true) => level = level.max(LevelFilter::Debug),
            Some(said) => verbose.extend(
                said.as_str()
                    .into_iter()
                    .chain(said.as_list().into_iter().flatten().filter_map(Node::as_str))
                    .map(str::to_owned),
            ),
            None => {}
        }
        let mut handlers = Vec::new();
        for name in at(root, &["handlers"])
            .and_then(Node::as_list)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_str)
        {
            let Some(handler) = at(&node, &["handlers", name]) else { continue };
            let text = |key: &str| at(handler, &[key]).map(shown);
            let format = text("formatter")
                .and_then(|formatter| at(&node, &["formatters", &formatter, "format"]).map(shown));
            let format = format.unwrap_or_else(|| "%(message)s".to_owned());
            let to = match (text("class").as_deref(), text("stream").as_deref()) {
                (Some("logging.FileHandler"), _) => {
                    let mut path = cwd.join(text("filename").unwrap_or_default());
                    // Each rank of a distributed job has a log of its own.
                    if let (Some(rank), Some(name)) = (rank, path.file_name().and_then(OsStr::to_str)) {
                        path.set_file_name(rank.file_name(name));
                    }
                    To::File(Mutex::new(open(&path, text("mode").as_deref())?))
                }
                (Some("logging.StreamHandler"), Some("ext://sys.stdout")) => To::Out(console.clone()),
                (Some("logging.StreamHandler"), _) => To::Err(console.clone()),
                _ => continue,
            };
            handlers.push(Handler { format, to });
        }
        let secrets = Arc::clone(bound.secrets());
        Ok(Some(Arc::new(Self { level, verbose, handlers, secrets })))
    }

    fn allows(&self, level: Level, name: &str) -> bool {
        level <= self.level || level <= Level::Debug && self.verbose.iter().any(|known| is_below(name, known))
    }

    fn write(&self, level: Level, name: &str, message: &str, files_only: bool) {
        let now = capture::now().format("%Y-%m-%d %H:%M:%S,%3f").to_string();
        for handler in &self.handlers {
            let line = format!("{}\n", fill(&handler.format, &now, level, name, message));
            let line = self.secrets.scrub(&line);
            match &handler.to {
                To::File(file) => {
                    // A full disk must not end the job that only wanted to say something.
                    let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
                }
                To::Out(console) if !files_only => console.say(&line),
                To::Err(console) if !files_only => console.complain(&line),
                To::Out(_) | To::Err(_) => {}
            }
        }
    }
}

/// Lets log lines go there, until the result is dropped.
pub(crate) fn install(logging: Option<&Arc<Logging>>) -> Installed {
    static FRONT: Once = Once::new();
    // A program that has a logger of its own keeps it.
    FRONT.call_once(|| drop(log::set_logger(&Front)));
    let Some(logging) = logging else { return Installed(None) };
    let before = CURRENT.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(logging));
    set_max_level(Some(logging));
    Installed(Some(before))
}

impl Drop for Installed {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            set_max_level(before.as_ref());
            *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = before;
        }
    }
}

fn set_max_level(logging: Option<&Arc<Logging>>) {
    let level = logging.map_or(LevelFilter::Off, |logging| {
        if logging.verbose.is_empty() { logging.level } else { logging.level.max(LevelFilter::Debug) }
    });
    log::set_max_level(level);
}

fn current() -> Option<Arc<Logging>> {
    CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Says something about the sweep.
pub(crate) fn hydra_log(message: &str) {
    if let Some(logging) = current().filter(|logging| logging.allows(Level::Info, "HYDRA")) {
        logging.write(Level::Info, "HYDRA", message, false);
    }
}

/// Writes the failure of a job into the files of its log: it is told on the terminal anyway.
pub(crate) fn failed(error: &Error) {
    if let Some(logging) = current().filter(|logging| logging.allows(Level::Error, "mainstem")) {
        logging.write(Level::Error, "mainstem", &format!("Job failed\n{error:#}"), true);
    }
}

/// What the `log` crate speaks to.
struct Front;

impl Log for Front {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        current().is_some_and(|logging| logging.allows(metadata.level(), metadata.target()))
    }

    fn log(&self, record: &Record<'_>) {
        let Some(logging) = current().filter(|logging| logging.allows(record.level(), record.target()))
        else {
            return;
        };
        let name = record.target().replace("::", ".");
        logging.write(record.level(), &name, &record.args().to_string(), false);
    }

    fn flush(&self) {}
}

fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.as_map()?.get_str(key))
}

fn shown(node: &Node) -> String {
    let mut text = String::new();
    write_str(node, &mut text);
    text
}

fn open(path: &Path, mode: Option<&str>) -> Result<File> {
    let anew = mode.is_some_and(|mode| mode.starts_with('w'));
    OpenOptions::new().create(true).append(!anew).write(true).truncate(anew).open(path).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot open the log file `{}`: {error}", path.display()))
    })
}

/// Python's levels.
fn level(name: &str) -> LevelFilter {
    match name {
        "DEBUG" | "NOTSET" => LevelFilter::Debug,
        "INFO" => LevelFilter::Info,
        "ERROR" | "CRITICAL" | "FATAL" => LevelFilter::Error,
        _ => LevelFilter::Warn,
    }
}

/// Whether a logger is one of that name, or below it. Names are those of modules: `a::b` is `a.b`.
fn is_below(name: &str, known: &str) -> bool {
    let name = name.replace("::", ".");
    name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Fills in `%(name)s` and its kin.
fn fill(format: &str, now: &str, level: Level, name: &str, message: &str) -> String {
    let mut out = String::with_capacity(format.len() + message.len());
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let field = rest.strip_prefix("%(").and_then(|inner| inner.split_once(")s"));
        rest = match field {
            Some((field, more)) if !field.contains('%') => {
                out.push_str(match field {
                    "asctime" => now,
                    "name" => name,
                    "message" => message,
                    "levelname" => match level {
                        Level::Error => "ERROR",
                        Level::Warn => "WARNING",
                        Level::Info => "INFO",
                        Level::Debug => "DEBUG",
                        Level::Trace => "TRACE",
                    },
                    _ => "",
                });
                more
            }
            _ => {
                out.push('%');
                rest.strip_prefix("%%").unwrap_or(&rest[1..])
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_as_hydra_writes_them() {
        let line = |format| fill(format, "2026-01-01 00:00:00,001", Level::Warn, "a.b", "100 % sure");
        let hydras = "[%(asctime)s][%(name)s][%(levelname)s] - %(message)s";
        assert_eq!(line(hydras), "[2026-01-01 00:00:00,001][a.b][WARNING] - 100 % sure");
        assert_eq!(line("5%% %(message)s %(x"), "5% 100 % sure %(x");
    }
}
