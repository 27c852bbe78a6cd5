//! The steps from arguments to a composed tree.

use std::cell::RefCell;
use std::sync::Arc;

use crate::compose::aliases::Aliases;
use crate::compose::composed::Composed;
use crate::compose::composer::{Asked, Composer, Mode, Others, Preludes};
use crate::compose::deprecated::deprecated;
use crate::compose::plan::{self, Plan, may_add, plan};
use crate::compose::runtime::{Lines, fill};
use crate::compose::secrets::Secrecy;
use crate::compose::selection::Selection;
use crate::compose::slips::Slips;
use crate::compose::torn::{Gathered, Piece, gather};
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceKind, SourceMap, Span};
use crate::grammar::{Override, parse_override};
use crate::merge::Assignment;
use crate::value::{Kind, Node};

/// The overrides of one composition, with their texts.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// The overrides in order.
    pub overrides: Vec<Override>,
    /// The texts that their places point into, on top of those of the repository.
    pub sources: Arc<SourceMap>,
}

/// What overrides ask for, worked out: which configs, and what to assign.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The configs, in order.
    pub selection: Arc<Selection>,
    /// The overrides of values, in order.
    pub assignments: Vec<Assignment>,
    /// What is suspicious and no error.
    pub warnings: Vec<Error>,
    pub(crate) lines: Lines,
}

/// What cannot be selected, and the overrides of values, which were not looked at.
pub(crate) struct Unselected {
    pub(crate) error: Error,
    pub(crate) assignments: Vec<Assignment>,
}

impl From<Error> for Unselected {
    fn from(error: Error) -> Self {
        Self { error, assignments: Vec::new() }
    }
}

/// What was read of the arguments.
struct Parsed {
    overrides: Vec<Override>,
    /// Those that cannot be read; `None` if nobody knows, as the aliases cannot be read.
    unread: Option<Vec<String>>,
    errors: Vec<Error>,
}

/// A tree in which nothing is.
static NOTHING: Node = Node { origin: Origin::NONE, kind: Kind::Null };

/// Reads one argument, counted from 1.
fn read<'a>(text: &'a str, aliases: &Aliases, number: usize, sources: &SourceMap) -> Piece<'a> {
    let expanded = match aliases.expand(text) {
        Ok(expanded) => expanded,
        Err(error) => return Piece { text, origin: Origin::NONE, read: Err(vec![error]) },
    };
    let source = sources.add(Source::new(SourceKind::Argument(number), "", &*expanded));
    let origin = Origin::new(source, Span::new(0, expanded.len()));
    let mut errors: Vec<Error> = Vec::new();
    let read = parse_override(&expanded, source, &mut errors).ok_or(errors);
    Piece { text, origin, read }
}

impl Composer {
    /// Parses overrides, counted from 1 in messages. Aliases of the primary config are expanded first.
    ///
    /// # Errors
    /// Every override that cannot be parsed; a primary config that cannot be read. With them comes what is wrong with
    /// the configs and the other overrides, as far as it would be whatever the first ones were meant to say.
    pub fn arguments<S: AsRef<str>>(&self, config_name: Option<&str>, texts: &[S]) -> Result<Arguments> {
        let sources = Arc::new(self.sources());
        let Parsed { overrides, unread, errors } = self.parse(config_name, texts, &sources);
        if !errors.is_empty() {
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            self.secrecy().hide_unread(&texts, &sources);
            self.secrecy().hide_overrides(&overrides, &sources);
            self.secrecy().hide_named(&overrides, &sources);
        }
        let error = match errors.as_slice() {
            [] => None,
            _ => self.with_others(errors, config_name, &overrides, unread.as_deref()),
        };
        match error {
            None => Ok(Arguments { overrides, sources }),
            Some(error) => Err(error.located(&sources)),
        }
    }

    /// What the schema says of secrets, before anything is composed.
    fn secrecy(&self) -> Secrecy<'_> {
        Secrecy { root: &NOTHING, schema: &self.schema, typed: self.has_secrets }
    }

    /// An override as it is typed; one that gives a secret of the schema as it is shown: `api_key=***`.
    pub fn shown_line(&self, one: &Override) -> String {
        self.secrecy().masked(one).unwrap_or_else(|| one.line.to_string())
    }

    fn parse<S: AsRef<str>>(&self, config_name: Option<&str>, texts: &[S], sources: &SourceMap) -> Parsed {
        let mut errors = Vec::new();
        if texts.is_empty() {
            return Parsed { overrides: Vec::new(), unread: Some(Vec::new()), errors };
        }
        let aliases = self.aliases(config_name).map_err(|error| errors.push(error)).ok();
        let known = aliases.is_some();
        let aliases = aliases.unwrap_or_default();
        let mut pieces = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let text = text.as_ref();
            // Without a value it may be an alias, if only they were known.
            if known || text.contains('=') {
                pieces.push(read(text, &aliases, index + 1, sources));
            }
        }
        let Gathered { overrides, unread, errors: wrong } = gather(pieces);
        errors.extend(wrong);
        Parsed { overrides, unread: known.then_some(unread), errors }
    }

    /// Works out which configs the overrides select, and which values they assign.
    ///
    /// # Errors
    /// Every override that asks for what is not there; everything that is wrong with the defaults lists.
    pub fn select(&self, config_name: Option<&str>, arguments: &Arguments, mode: Mode) -> Result<Selected> {
        self.select_beside(config_name, &arguments.overrides, mode, Others::None, Preludes::Merged)
            .map_err(|Unselected { error, .. }| self.located(error, arguments))
    }

    /// An error of a command line with its places. It shows no secret, whether its argument is what was meant or not.
    fn located(&self, error: Error, arguments: &Arguments) -> Error {
        self.secrecy().hide_named(&arguments.overrides, &arguments.sources);
        error.located(&arguments.sources)
    }

    /// Selects; there may be other overrides, which cannot be read.
    pub(crate) fn select_beside(
        &self,
        config_name: Option<&str>,
        overrides: &[Override],
        mode: Mode,
        others: Others,
        preludes: Preludes,
    ) -> Result<Selected, Unselected> {
        let mut warnings = Vec::new();
        let argument = plan::searchpath(overrides);
        let (repository, searchpath) =
            self.repository_for(config_name, argument.as_ref(), &mut |warning| warnings.push(warning))?;
        let mut errors = Vec::new();
        let Plan { requests, mut assignments, lines } = plan(overrides, &repository, mode, &mut errors);
        if self.is_open {
            assignments.iter_mut().for_each(may_add);
        }
        let asked = Asked { config_name, mode, others, searchpath, preludes };
        let selection = self.expand(&repository, asked, requests, &mut errors);
        // The pass over the lists goes backwards; people read forwards.
        errors.sort_by_key(|error| error.labels().first().map(|label| label.origin));
        match (selection, Error::all(errors)) {
            (Some(selection), None) => {
                warnings.extend(selection.warnings().iter().cloned());
                Ok(Selected { selection, assignments, warnings, lines })
            }
            // A place that is not there may be why something is not found.
            (_, Some(error)) => {
                let told = |error: Error, warning: &Error| {
                    warning.helps().iter().fold(error.note(warning.message()), |error, help| error.help(help))
                };
                let error = warnings.iter().fold(error, told);
                Err(Unselected { error, assignments })
            }
            (None, None) => {
                Err(Error::new(ErrorKind::Defaults, "the defaults lists cannot be expanded").into())
            }
        }
    }

    /// Composes: selects, merges (or takes what was merged before), assigns.
    ///
    /// ```
    /// use mainstem::compose::{Composer, Memory, Mode, Provided, Repository};
    /// use mainstem::facts::Facts;
    /// let conf = Memory::new()
    ///     .text("config", "defaults: [db: mysql]")
    ///     .text("db/mysql", "port: 3306")
    ///     .text("db/pg", "port: 5432");
    /// let composer = Composer::new(Repository::new(vec![Provided::new("main", conf)]), Facts::default());
    /// let arguments = composer.arguments(Some("config"), &["db=pg", "+db.user=me"])?;
    /// let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
    /// let db = composed.root().as_map().and_then(|root| root.get_str("db")).unwrap();
    /// assert_eq!(db.as_map().unwrap().len(), 2);
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Composer::select`]; configs that cannot be merged; overrides that cannot be applied.
    pub fn compose(&self, config_name: Option<&str>, arguments: &Arguments, mode: Mode) -> Result<Composed> {
        self.compose_unlocated(config_name, arguments, mode).map_err(|error| self.located(error, arguments))
    }

    fn compose_unlocated(
        &self,
        config_name: Option<&str>,
        arguments: &Arguments,
        mode: Mode,
    ) -> Result<Composed> {
        let sources = &arguments.sources;
        if self.has_secrets {
            // Before anything can be wrong with them.
            self.secrecy().hide_overrides(&arguments.overrides, sources);
        }
        let selected =
            self.select_beside(config_name, &arguments.overrides, mode, Others::None, Preludes::Merged);
        let selected =
            selected.map_err(|Unselected { error, assignments }| self.with_typed(error, &assignments))?;
        let Selected { selection, assignments, mut warnings, lines } = selected;
        let base = self.base(&selection).map_err(|error| {
            self.secrecy().hide_configs(&selection, sources);
            self.with_typed(error, &assignments)
        })?;
        warnings.extend(base.warnings.iter().cloned());
        let found = RefCell::new(warnings);
        let warn = |warning: Error| found.borrow_mut().push(warning);
        let slips = Slips { root: base.root(), selection: &selection, typed: sources, before: 0 };
        assignments.iter().filter_map(|assignment| slips.suspect(assignment)).for_each(warn);
        let secrecy = Secrecy { root: base.root(), schema: base.schema(), typed: base.has_secrets };
        if base.has_secrets {
            secrecy.hide_overrides(&arguments.overrides, sources);
        }
        let mut root = base.apply_typed(&assignments, self.merging(&warn), sources).inspect_err(|_| {
            secrecy.hide_named(&arguments.overrides, sources);
            secrecy.hide_configs(&selection, sources);
        })?;
        deprecated(&root, base.schema().expected(), sources, &warn);
        let lines = {
            let written = root.clone();
            let secrecy = Secrecy { root: &written, ..secrecy };
            secrecy.hide_overrides(&arguments.overrides, sources);
            secrecy.warn_of_sweeps(&arguments.overrides, &warn);
            secrecy.mark(&mut root, sources, &warn)?;
            lines.masked(&arguments.overrides, secrecy)
        };
        if let Some(runtime) = &self.runtime {
            fill(&mut root, runtime, &selection, self.merging(&|_| {}), mode, lines)?;
        }
        let warnings = found.take().into_iter().map(|warning| warning.located(sources)).collect();
        Ok(Composed { root, base, assignments, sources: Arc::clone(sources), warnings })
    }
}
