//! What the crate `log` speaks to, and the program itself.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use log::{LevelFilter, Log, Metadata, Record};

use crate::app::capture;
use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::field;
use crate::app::program::logging::level::Level;
use crate::app::program::logging::loggers::Logging;
use crate::diag::Error;

/// What log lines go to now. There is one for the process, as there is one `log`.
static CURRENT: RwLock<Option<Arc<Logging>>> = RwLock::new(None);

/// The logger that Hydra's launcher has: configs name it, or one above it.
const LAUNCHER: &str = "hydra._internal.core_plugins.basic_launcher";

/// Puts back what was before.
#[must_use]
#[derive(Debug)]
pub(crate) struct Installed(Option<Arc<Logging>>);

/// Lets log lines go there, until the result is dropped.
pub(crate) fn install(logging: &Arc<Logging>) -> Installed {
    field::begin(capture::now());
    let before = CURRENT.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(logging));
    listen(Some(logging));
    Installed(before)
}

impl Drop for Installed {
    fn drop(&mut self) {
        let before = self.0.take();
        listen(before.as_ref());
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = before;
    }
}

/// Says which records are worth making. A program that has a logger of its own keeps it, and its levels.
fn listen(logging: Option<&Arc<Logging>>) {
    static OURS: OnceLock<bool> = OnceLock::new();
    if *OURS.get_or_init(|| log::set_logger(&Front).is_ok()) {
        log::set_max_level(logging.map_or(LevelFilter::Off, |logging| logging.widest()));
    }
    #[cfg(feature = "tracing")]
    super::events::listen();
}

pub(super) fn current() -> Option<Arc<Logging>> {
    CURRENT.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Says something about the sweep.
pub(crate) fn hydra_log(message: &str) {
    if let Some(logging) = current().filter(|logging| logging.allows(Level::INFO, LAUNCHER)) {
        logging.handle(&of_program(Level::INFO, LAUNCHER, message));
    }
}

/// Writes the failure of a job into the files of its log: it is told on the terminal anyway.
pub(crate) fn failed(logging: &Logging, error: &Error) {
    if logging.allows(Level::ERROR, "mainstem") {
        let message = format!("Job failed\n{error:#}");
        logging.handle_in_files(&of_program(Level::ERROR, "mainstem", &message));
    }
}

fn of_program<'a>(level: Level, name: &'a str, message: &'a str) -> Entry<'a> {
    Entry { level, name, message, file: None, line: None, at: capture::now() }
}

/// The name of a logger as it is shown: that of a module with dots.
pub(super) fn shown(target: &str) -> Cow<'_, str> {
    match target {
        "" => Cow::Borrowed("root"),
        _ if target.contains("::") => Cow::Owned(target.replace("::", ".")),
        _ => Cow::Borrowed(target),
    }
}

/// What the crate `log` speaks to.
struct Front;

impl Log for Front {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        current().is_some_and(|logging| logging.allows(Level::of(metadata.level()), metadata.target()))
    }

    fn log(&self, record: &Record<'_>) {
        let level = Level::of(record.level());
        let Some(logging) = current().filter(|logging| logging.allows(level, record.target())) else {
            return;
        };
        // Outside of any lock: what is said may say something itself.
        let message = record.args().as_str().map_or_else(|| record.args().to_string().into(), Cow::Borrowed);
        logging.handle(&Entry {
            level,
            name: &shown(record.target()),
            message: &message,
            file: record.file(),
            line: record.line(),
            at: capture::now(),
        });
    }

    fn flush(&self) {}
}
