//! What a check found.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result, SourceMap, listed};
use crate::value::Text;

/// What was found. Everything in it is located: it can draw itself.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What cannot be composed or read.
    pub errors: Vec<Error>,
    /// What works and is hardly meant so: shadowed files, options that nothing can select, headers without effect.
    pub warnings: Vec<Error>,
    /// What is worth knowing: what must be given, and what cannot be known without running the program.
    pub notes: Vec<Note>,
    /// The primary configs that were composed.
    pub composed: Vec<Text>,
    /// How many primary configs there are.
    pub primaries: usize,
    /// How many configs were read.
    pub read: usize,
}

impl Report {
    /// Nothing, if all is well.
    ///
    /// # Errors
    /// All errors and warnings in one.
    pub fn into_result(self) -> Result<()> {
        Error::all(self.errors.into_iter().chain(self.warnings)).map_or(Ok(()), Err)
    }
}

/// Something worth knowing, at one place.
#[derive(Clone, Debug)]
pub struct Note {
    /// What about.
    pub topic: Topic,
    /// What it is about by name: a key, a variable, a resolver, something of Python, a config.
    pub name: Text,
    /// The note as it is drawn.
    pub error: Error,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Topic {
    /// A value that is `???`.
    Missing,
    /// An environment variable that is not set and has no default.
    Environment,
    /// A resolver that is not known.
    Resolver,
    /// A config that code registers.
    Registered,
    /// A `_target_`.
    Target,
    /// A file that is not looked at, since its name begins with a dot.
    Hidden,
    /// An option that changes the whole config and was not composed: there are too many.
    Untried,
}

/// Mistakes as they are met: each is told once, with the compositions that meet it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    met: Vec<(Error, Vec<Text>)>,
    known: HashMap<Mistake, usize>,
    /// Where something that is named is not found.
    absent: HashSet<Origin>,
}

/// What makes two errors one mistake: the place, and what is said of it.
type Mistake = (Option<Origin>, String);

fn key(error: &Error) -> Mistake {
    (error.labels().first().map(|label| label.origin), error.message().to_owned())
}

impl Tally {
    /// Takes a mistake, met by composing a config or without.
    pub(crate) fn add(&mut self, error: Error, composition: Option<&Text>) {
        if let (ErrorKind::NotFound, Some(label)) = (error.kind(), error.labels().first()) {
            self.absent.insert(label.origin);
        }
        let at = *self.known.entry(key(&error)).or_insert_with(|| {
            self.met.push((error, Vec::new()));
            self.met.len() - 1
        });
        // One config may be composed twice.
        let met = &mut self.met[at].1;
        if met.last() != composition {
            met.extend(composition.cloned());
        }
    }

    /// How many mistakes were taken.
    pub(crate) fn len(&self) -> usize {
        self.met.len()
    }

    /// The same mistake, as it was taken before.
    pub(crate) fn same(&self, error: &Error) -> Option<&Error> {
        self.known.get(&key(error)).and_then(|&at| self.met.get(at)).map(|(met, _)| met)
    }

    /// Whether the mistake was taken before.
    pub(crate) fn has(&self, error: &Error) -> bool {
        self.known.contains_key(&key(error))
    }

    /// Whether both say that what is named at one place is not found; the place may be read in several ways.
    pub(crate) fn has_place(&self, error: &Error) -> bool {
        let label = error.labels().first();
        error.kind() == ErrorKind::NotFound && label.is_some_and(|label| self.absent.contains(&label.origin))
    }

    /// Whether the same was said of any place.
    pub(crate) fn says(&self, error: &Error) -> bool {
        self.met.iter().any(|(met, _)| met.kind() == error.kind() && met.message() == error.message())
    }

    /// Those that the other has not.
    pub(crate) fn without(mut self, other: &Self) -> Self {
        self.met.retain(|(error, _)| !other.has(error));
        self
    }

    /// All mistakes, located, in the order of files and lines.
    pub(crate) fn finish(self, sources: &Arc<SourceMap>) -> Vec<Error> {
        let mut all: Vec<Error> = self
            .met
            .into_iter()
            .map(|(error, met)| {
                let error = match met.as_slice() {
                    [] | [_] => error,
                    [first, rest @ ..] => error.note(format!(
                        "met composing `{first}`, and in {} more composition{}: {}",
                        rest.len(),
                        if rest.len() == 1 { "" } else { "s" },
                        listed(rest)
                    )),
                };
                error.located(sources)
            })
            .collect();
        all.sort_by_cached_key(|error| {
            let origin = error.labels().first().map(|label| label.origin)?;
            let file = error.sources()?.get(origin.source)?.to_string();
            Some((file, origin.span.start))
        });
        all
    }
}
