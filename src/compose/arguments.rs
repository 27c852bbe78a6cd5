//! The steps from arguments to a composed tree.

use std::cell::RefCell;
use std::sync::Arc;

use crate::compose::composed::{Composed, finish};
use crate::compose::composer::{Composer, Mode, Preludes};
use crate::compose::plan::{self, Plan, plan};
use crate::compose::runtime::Lines;
use crate::compose::selection::Selection;
use crate::diag::{Error, ErrorKind, Result, Source, SourceKind, SourceMap};
use crate::grammar::{Override, parse_override};
use crate::merge::Assignment;

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

impl Composer {
    /// Parses overrides, counted from 1 in messages. Aliases of the primary config are expanded first.
    ///
    /// # Errors
    /// Every override that cannot be parsed; a primary config that cannot be read.
    pub fn arguments<S: AsRef<str>>(&self, config_name: Option<&str>, texts: &[S]) -> Result<Arguments> {
        let sources = Arc::new(self.sources());
        let parsed = self.parse(config_name, texts, &sources);
        let overrides = parsed.map_err(|error| error.located(&sources))?;
        Ok(Arguments { overrides, sources })
    }

    fn parse<S: AsRef<str>>(
        &self,
        config_name: Option<&str>,
        texts: &[S],
        sources: &SourceMap,
    ) -> Result<Vec<Override>> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let aliases = self.aliases(config_name)?;
        let mut errors: Vec<Error> = Vec::new();
        let mut overrides = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let expanded = match aliases.expand(text.as_ref()) {
                Ok(expanded) => expanded,
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            let source = sources.add(Source::new(SourceKind::Argument(index + 1), "", &*expanded));
            overrides.extend(parse_override(&expanded, source, &mut errors));
        }
        Error::all(errors).map_or(Ok(overrides), Err)
    }

    /// Works out which configs the overrides select, and which values they assign.
    ///
    /// # Errors
    /// Every override that asks for what is not there; everything that is wrong with the defaults lists.
    pub fn select(&self, config_name: Option<&str>, arguments: &Arguments, mode: Mode) -> Result<Selected> {
        self.select_unlocated(config_name, &arguments.overrides, mode, Preludes::Merged)
            .map_err(|error| error.located(&arguments.sources))
    }

    pub(crate) fn select_unlocated(
        &self,
        config_name: Option<&str>,
        overrides: &[Override],
        mode: Mode,
        preludes: Preludes,
    ) -> Result<Selected> {
        let mut warnings = Vec::new();
        let argument = plan::searchpath(overrides);
        let (repository, searchpath) =
            self.repository_for(config_name, argument.as_ref(), &mut |warning| warnings.push(warning))?;
        let mut errors = Vec::new();
        let Plan { requests, assignments, lines } = plan(overrides, &repository, mode, &mut errors);
        let selection =
            self.expand(&repository, config_name, mode, requests, searchpath, preludes, &mut errors);
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
                Err(warnings.iter().fold(error, told))
            }
            (None, None) => Err(Error::new(ErrorKind::Defaults, "the defaults lists cannot be expanded")),
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
        self.compose_unlocated(config_name, arguments, mode)
            .map_err(|error| error.located(&arguments.sources))
    }

    fn compose_unlocated(
        &self,
        config_name: Option<&str>,
        arguments: &Arguments,
        mode: Mode,
    ) -> Result<Composed> {
        let sources = &arguments.sources;
        let selected = self.select_unlocated(config_name, &arguments.overrides, mode, Preludes::Merged)?;
        let Selected { selection, assignments, warnings, lines } = selected;
        let base = self.base(&selection)?;
        let found = RefCell::new(warnings);
        let warn = |warning: Error| found.borrow_mut().push(warning);
        let mut root = base.apply(&assignments, self.merging(&warn))?;
        finish(&mut root, self.runtime.as_ref(), &selection, &self.facts, lines)?;
        let warnings = found.take().into_iter().map(|warning| warning.located(sources)).collect();
        Ok(Composed { root, base, assignments, sources: Arc::clone(sources), warnings })
    }
}
