//! The loggers that are in force.

use std::path::Path;
use std::sync::Arc;

use log::LevelFilter;

use crate::app::program::bound::Bound;
use crate::app::program::console::Console;
use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::front::current;
use crate::app::program::logging::handler::{Handler, passes};
use crate::app::program::logging::level::Level;
use crate::app::program::logging::plan::{LoggerPlan, Palette, Plan};
use crate::diag::Result;
use crate::facts::Facts;
use crate::run::Rank;

/// Which loggers there are, how grave a record must be for each of them, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Logging {
    root: Logger,
    /// By their names, with dots.
    named: Vec<(String, Logger)>,
    /// Loggers that are not named, nor below one that is, say nothing.
    only_named: bool,
    console: Console,
}

#[derive(Clone, Debug)]
struct Logger {
    /// `NOTSET`: what the one above it says.
    level: Level,
    handlers: Vec<Arc<Handler>>,
    filters: Vec<String>,
    propagates: bool,
}

impl Logger {
    fn new(level: Level) -> Self {
        Self { level, handlers: Vec::new(), filters: Vec::new(), propagates: true }
    }

    fn follow(&mut self, plan: &LoggerPlan, handlers: &[Arc<Handler>]) {
        self.level = plan.level.unwrap_or(self.level);
        self.handlers = plan.handlers.iter().map(|place| Arc::clone(&handlers[*place])).collect();
        self.filters.extend(plan.filters.iter().cloned());
        self.propagates = plan.propagates.unwrap_or(self.propagates);
    }
}

impl Logging {
    /// `hydra.hydra_logging`, over what is in force.
    ///
    /// # Errors
    /// A config that cannot be understood; a file that cannot be opened.
    pub(crate) fn of_hydra(bound: &Bound, console: &Console, facts: &Facts) -> Result<Arc<Self>> {
        let plan = Plan::of_hydra(bound, Palette::of(facts, console))?;
        plan.open(console, &facts.cwd, None).map_err(|error| bound.located(error))
    }

    /// As Python is before anyone sets it up.
    fn before(console: &Console) -> Self {
        Self {
            root: Logger::new(Level::WARNING),
            named: Vec::new(),
            only_named: false,
            console: console.clone(),
        }
    }

    fn named_mut(&mut self, name: &str) -> &mut Logger {
        if name.is_empty() {
            return &mut self.root;
        }
        let place = self.named.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.named.push((name.to_owned(), Logger::new(Level::NOTSET)));
            self.named.len() - 1
        });
        &mut self.named[place].1
    }

    /// Whether anything is to be done for a record of that kind. `name` is that of a logger, or of a Rust module.
    pub(super) fn allows(&self, level: Level, name: &str) -> bool {
        if self.named.is_empty() {
            return level >= self.root.level && (!self.only_named || is_root(name));
        }
        let above = self.named.iter().filter(|(known, _)| is_below(name, known));
        let mut nearest: Option<(usize, Level)> = None;
        let mut any = false;
        for (known, logger) in above {
            any = true;
            if logger.level != Level::NOTSET && nearest.is_none_or(|(length, _)| known.len() > length) {
                nearest = Some((known.len(), logger.level));
            }
        }
        (any || !self.only_named || is_root(name))
            && level >= nearest.map_or(self.root.level, |(_, level)| level)
    }

    /// The least grave level that any logger lets pass.
    pub(super) fn widest(&self) -> LevelFilter {
        let named = self.named.iter().map(|(_, logger)| logger.level).filter(|level| *level != Level::NOTSET);
        named.chain([self.root.level]).min().map_or(LevelFilter::Off, Level::filter)
    }

    /// Hands a record to all handlers that it reaches. Where there is none, a warning goes to standard error as it is.
    pub(super) fn handle(&self, entry: &Entry<'_>) {
        // Before a format cuts it: a part of a secret is not known as one.
        let message = self.console.shown(entry.message);
        let entry = &Entry { message: &message, ..*entry };
        if self.reach(entry, |handler| handler.emit(entry)) == 0 && entry.level >= Level::WARNING {
            self.console.complain(&format!("{}\n", entry.message));
        }
    }

    /// Hands a record to the handlers that write to files.
    pub(super) fn handle_in_files(&self, entry: &Entry<'_>) {
        let message = self.console.shown(entry.message);
        let entry = &Entry { message: &message, ..*entry };
        self.reach(entry, |handler| {
            if handler.is_file() {
                handler.emit(entry);
            }
        });
    }

    /// From the record's own logger up to the root, or to one that does not hand on. How many handlers there are.
    fn reach(&self, entry: &Entry<'_>, tell: impl Fn(&Handler)) -> usize {
        let own = self.named.iter().find(|(known, _)| known == entry.name).map(|(_, logger)| logger);
        let own = own.or_else(|| is_root(entry.name).then_some(&self.root));
        if own.is_some_and(|logger| !passes(&logger.filters, entry.name)) {
            return usize::MAX;
        }
        let mut above: Vec<_> = self.named.iter().filter(|(known, _)| is_below(entry.name, known)).collect();
        above.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        let mut found = 0;
        for logger in above.into_iter().map(|(_, logger)| logger).chain([&self.root]) {
            for handler in &logger.handlers {
                tell(handler);
                found += 1;
            }
            if !logger.propagates {
                break;
            }
        }
        found
    }
}

impl Plan {
    /// Opens what the config names, and puts it over what is in force, as `logging.config.dictConfig` does. Files count
    /// from `cwd`.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub(crate) fn open(&self, console: &Console, cwd: &Path, rank: Option<&Rank>) -> Result<Arc<Logging>> {
        let mut logging =
            current().map_or_else(|| Logging::before(console), |before| Logging::clone(&before));
        if let Some(changes) = &self.changes {
            let handlers = changes.handlers.iter().map(|plan| plan.open(console, cwd, rank).map(Arc::new));
            let handlers = handlers.collect::<Result<Vec<_>>>()?;
            logging.only_named = changes.only_named;
            // Those below a logger that is named now are as new.
            let is_old =
                |known: &str| !changes.loggers.iter().any(|(name, _)| name != known && is_below(known, name));
            logging.named.retain(|(known, _)| !changes.only_named && is_old(known));
            for (name, plan) in &changes.loggers {
                logging.named_mut(name).follow(plan, &handlers);
            }
            if let Some(plan) = &changes.root {
                logging.root.follow(plan, &handlers);
            }
        }
        for name in &self.verbose {
            logging.named_mut(name).level = Level::DEBUG;
        }
        Ok(Arc::new(logging))
    }
}

fn is_root(name: &str) -> bool {
    name.is_empty() || name == "root"
}

/// Whether a logger is one of that name, or below it. The logger's name may be that of a Rust module: `a::b` is `a.b`.
pub(super) fn is_below(name: &str, known: &str) -> bool {
    let mut rest = name;
    for (i, part) in known.split('.').enumerate() {
        if i > 0 {
            match rest.strip_prefix("::").or_else(|| rest.strip_prefix('.')) {
                Some(more) => rest = more,
                None => return false,
            }
        }
        match rest.strip_prefix(part) {
            Some(more) => rest = more,
            None => return false,
        }
    }
    rest.is_empty() || rest.starts_with('.') || rest.starts_with("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_below_loggers_by_whole_names() {
        for name in ["a.b", "a::b", "a::b::c", "a.b.c"] {
            assert!(is_below(name, "a.b"), "{name}");
        }
        for name in ["a", "a.bc", "a::bc", "ab", "b.a.b", ""] {
            assert!(!is_below(name, "a.b"), "{name}");
        }
    }
}
