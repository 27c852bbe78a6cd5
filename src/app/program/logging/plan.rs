//! A logging config as data: what `logging.config.dictConfig` would do with it, read before anything runs.

use std::sync::Arc;

use crate::app::program::bound::Bound;
use crate::app::program::console::Console;
use crate::app::program::logging::formatter::Formatter;
use crate::app::program::logging::handler::{Declared, HandlerPlan};
use crate::app::program::logging::level::Level;
use crate::app::program::logging::part::{Part, no_such};
use crate::diag::{Error, ErrorKind, Result, Style};
use crate::facts::Facts;
use crate::value::{Kind, Node};

/// What a config changes about logging.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// None: everything stays as it is, but for the verbose loggers.
    pub(super) changes: Option<Changes>,
    /// `hydra.verbose`: the loggers that say everything; the empty name is the root.
    pub(super) verbose: Vec<String>,
    /// What of it is left out, for people.
    pub(crate) notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Changes {
    pub(super) handlers: Vec<HandlerPlan>,
    pub(super) root: Option<LoggerPlan>,
    pub(super) loggers: Vec<(String, LoggerPlan)>,
    /// Loggers that the config does not name, nor one above them, say nothing.
    pub(super) only_named: bool,
}

#[derive(Clone, Debug)]
pub(super) struct LoggerPlan {
    pub(super) level: Option<Level>,
    /// Places among the handlers.
    pub(super) handlers: Vec<usize>,
    pub(super) filters: Vec<String>,
    pub(super) propagates: Option<bool>,
}

/// Whether colours are seen where lines go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    /// `FORCE_COLOR` is set.
    pub(super) forced: bool,
    /// `NO_COLOR` is set.
    pub(super) forbidden: bool,
    /// The two streams are terminals.
    pub(super) out: bool,
    pub(super) err: bool,
}

impl Palette {
    pub(crate) fn of(facts: &Facts, console: &Console) -> Self {
        let set = |name: &str| facts.env.get(name).is_some();
        let coloured = |style| style == Style::Coloured;
        Self {
            forced: set("FORCE_COLOR"),
            forbidden: set("NO_COLOR"),
            out: coloured(console.out),
            err: coloured(console.err),
        }
    }
}

/// What Hydra sets up where a config says `null`.
const USUAL: &str = "[%(asctime)s][%(name)s][%(levelname)s] - %(message)s";

impl Plan {
    /// Reads `hydra.hydra_logging` and `hydra.job_logging`, and with each `hydra.verbose`.
    ///
    /// # Errors
    /// Everything in them that is not known here, each with its place.
    pub(crate) fn both(bound: &Bound, palette: Palette) -> Result<(Self, Self)> {
        let [hydra, job] = Self::read(bound, ["hydra.hydra_logging", "hydra.job_logging"], palette)?;
        Ok((hydra, job))
    }

    /// Reads `hydra.hydra_logging` alone.
    ///
    /// # Errors
    /// As [`Plan::both`].
    pub(crate) fn of_hydra(bound: &Bound, palette: Palette) -> Result<Self> {
        let [plan] = Self::read(bound, ["hydra.hydra_logging"], palette)?;
        Ok(plan)
    }

    /// Leaves everything as it is.
    pub(crate) fn nothing() -> Self {
        Self { changes: None, verbose: Vec::new(), notes: Vec::new() }
    }

    /// Reads logging configs.
    ///
    /// # Errors
    /// As [`Plan::both`].
    pub(super) fn read<const N: usize>(
        bound: &Bound,
        keys: [&str; N],
        palette: Palette,
    ) -> Result<[Self; N]> {
        let said = bound.select("hydra.verbose")?;
        let mut errors = Vec::new();
        let verbose = said.map(|node| verbose(&node, &mut errors)).unwrap_or_default();
        let plans = keys.map(|key| {
            let mut notes = Vec::new();
            // The names of files are shown everywhere.
            let changes = match bound.select_shown(key) {
                Ok(Some(node)) if !matches!(node.kind, Kind::Null) => {
                    let part = Part::of(key.to_owned(), &node, &mut errors);
                    part.and_then(|part| Changes::read(&part, palette, &mut notes, &mut errors))
                }
                Ok(_) => Some(Changes::usual()),
                Err(error) => {
                    errors.push(error);
                    None
                }
            };
            Self { changes, verbose: verbose.clone(), notes }
        });
        match Error::all(errors) {
            Some(error) => Err(bound.located(error)),
            None => Ok(plans),
        }
    }
}

/// The loggers that `hydra.verbose` names.
fn verbose(node: &Node, errors: &mut Vec<Error>) -> Vec<String> {
    let names: Option<Vec<String>> = match &node.kind {
        Kind::Null | Kind::Bool(false) => Some(Vec::new()),
        Kind::Bool(true) => Some(vec![String::new()]),
        Kind::Str(name) => Some(vec![dotted(name)]),
        Kind::List(list) => list.iter().map(|name| name.as_str().map(dotted)).collect(),
        _ => None,
    };
    names.unwrap_or_else(|| {
        let message =
            format!("`hydra.verbose` must be true, false, or names of loggers, and is {}", node.describe());
        errors.push(Error::new(ErrorKind::Type, message).at(node.origin, "expected a boolean or names"));
        Vec::new()
    })
}

/// The name of a logger with dots, as the names of modules are shown; that of the root is empty.
pub(super) fn dotted(name: &str) -> String {
    if name == "root" { String::new() } else { name.replace("::", ".") }
}

/// Hydra's own config has a logger that only Hydra's tests have. Whoever lets it say everything lets every `debug!` of
/// the program be made ready for a logger that never comes.
const NOBODY: &str = "logging_example";

impl Changes {
    fn usual() -> Self {
        let root =
            LoggerPlan { level: Some(Level::INFO), handlers: vec![0], filters: Vec::new(), propagates: None };
        Self {
            handlers: vec![HandlerPlan::to_stdout(USUAL)],
            root: Some(root),
            loggers: Vec::new(),
            only_named: false,
        }
    }

    /// None if the config says `root: null`, with which Hydra leaves everything as it is.
    fn read(
        part: &Part<'_>,
        palette: Palette,
        notes: &mut Vec<String>,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        part.get("root")?;
        let known =
            ["version", "formatters", "filters", "handlers", "loggers", "root", "disable_existing_loggers"];
        part.knows(&known, errors);
        match part.get("version") {
            Some(version) if *version == Node::from(1) => {}
            found => {
                let message = format!("`{}.version` must be 1", part.path);
                let origin = found.unwrap_or(part.node).origin;
                errors.push(
                    Error::new(ErrorKind::Constraint, message).at(origin, "").help("write `version: 1`"),
                );
            }
        }
        let formatters = part.parts("formatters", errors).into_iter();
        let formatters = formatters
            .map(|(name, part)| (name, Arc::new(Formatter::read(&part, &palette, errors))))
            .collect();
        let filters = part.parts("filters", errors).into_iter();
        let filters = filters
            .map(|(name, part)| {
                part.knows(&["name"], errors);
                (name, part.text("name", errors).map(|name| dotted(&name)).unwrap_or_default())
            })
            .collect();
        let declared = Declared { formatters, filters };
        let mut parts = part.parts("handlers", errors);
        // As Python does it.
        parts.sort_by(|(a, _), (b, _)| a.cmp(b));
        let names: Vec<String> = parts.iter().map(|(name, _)| name.clone()).collect();
        let handlers: Vec<HandlerPlan> = parts
            .into_iter()
            .filter_map(|(name, part)| HandlerPlan::read(name, &part, &declared, notes, errors))
            .collect();
        let named = Named { declared: &declared, handlers: &handlers, names: &names };
        let loggers = part.parts("loggers", errors).into_iter().filter(|(name, _)| name != NOBODY);
        let loggers =
            loggers.map(|(name, part)| (dotted(&name), named.logger(&part, true, errors))).collect();
        let root = part.part("root", errors).map(|part| named.logger(&part, false, errors));
        let only_named = part.flag("disable_existing_loggers", errors).unwrap_or(true);
        Some(Self { handlers, root, loggers, only_named })
    }
}

/// What loggers can name.
struct Named<'a> {
    declared: &'a Declared,
    handlers: &'a [HandlerPlan],
    /// Of all handlers, also of those with a mistake.
    names: &'a [String],
}

impl Named<'_> {
    fn logger(&self, part: &Part<'_>, propagates: bool, errors: &mut Vec<Error>) -> LoggerPlan {
        let known: &[&str] = &["level", "handlers", "filters", "propagate"];
        part.knows(if propagates { known } else { &known[..3] }, errors);
        let level = part.get("level").map(Level::read).transpose();
        let level = level.unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let mut handlers = Vec::new();
        for (name, node) in part.texts("handlers", errors) {
            match self.handlers.iter().position(|handler| handler.name == name) {
                Some(place) if !handlers.contains(&place) => handlers.push(place),
                Some(_) => {}
                None if self.names.iter().any(|known| known == name) => {}
                None => {
                    errors.push(no_such("handler", name, node, self.names.iter().map(String::as_str)));
                }
            }
        }
        LoggerPlan {
            level,
            handlers,
            filters: self.declared.filters_of(part, errors),
            propagates: part.flag("propagate", errors),
        }
    }
}
