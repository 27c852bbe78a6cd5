//! The one public error: one word wide, several mistakes in one value, drawn with excerpts.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::diag::render::{self, Severity, Style};
use crate::diag::source::{Origin, SourceMap};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// So many mistakes are drawn at most: what only helps to read a mistake is not worked out for others.
pub(crate) const DRAWN: usize = 100;

/// What went wrong, coarsely enough to match on. The name in square brackets of a drawn error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Text that is not YAML, or YAML that the config language does not have.
    Yaml,
    /// Text that is not JSON.
    Json,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// An override that does not follow the grammar.
    Override,
    /// A `${…}` that does not follow the grammar.
    Template,
    /// A config, a group or an option that does not exist.
    NotFound,
    /// A defaults list that cannot be expanded.
    Defaults,
    /// A choice that must be made (`???`).
    MissingChoice,
    /// Configs that include each other, or values that refer to each other.
    Cycle,
    /// A key that does not exist where one must.
    UnknownKey,
    /// A key that exists where none may.
    KeyExists,
    /// Values that cannot be merged: a mapping and a list.
    Merge,
    /// A value of the wrong type.
    Type,
    /// A number out of its range.
    Range,
    /// A value that breaks a rule of its field or of its struct.
    Constraint,
    /// A component that cannot be built: it is not registered, or its constructor refuses its arguments.
    Component,
    /// A value that is needed and is `???`.
    MissingValue,
    /// A secret that is written where others can read it, or whose value is not there.
    Secret,
    /// A `${…}` whose target does not exist.
    Interpolation,
    /// A resolver that is not known, or that failed.
    Resolver,
    /// A value that another program alone can resolve: its resolver was declared, and is not known here.
    Elsewhere,
    /// A sweep where a single value must stand.
    Sweep,
    /// Text or a tree that is larger or deeper than the limits.
    Limit,
    /// A file or a directory that could not be read or written.
    Io,
    /// A job that failed, by its own account or by a panic.
    Job,
    /// A command line that the program does not understand.
    Usage,
}

impl ErrorKind {
    /// The code shown in square brackets: stable, for searching the documentation.
    pub fn code(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::DuplicateKey => "duplicate-key",
            Self::Override => "override",
            Self::Template => "template",
            Self::NotFound => "not-found",
            Self::Defaults => "defaults",
            Self::MissingChoice => "missing-choice",
            Self::Cycle => "cycle",
            Self::UnknownKey => "unknown-key",
            Self::KeyExists => "key-exists",
            Self::Merge => "merge",
            Self::Type => "type",
            Self::Range => "range",
            Self::Constraint => "constraint",
            Self::Component => "component",
            Self::MissingValue => "missing-value",
            Self::Secret => "secret",
            Self::Interpolation => "interpolation",
            Self::Resolver => "resolver",
            Self::Elsewhere => "elsewhere",
            Self::Sweep => "sweep",
            Self::Limit => "limit",
            Self::Io => "io",
            Self::Job => "job",
            Self::Usage => "usage",
        }
    }
}

/// A place that an error points at, with the words beside the caret (may be empty).
#[derive(Clone, Debug)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// What stands beside the caret.
    pub text: String,
}

/// One mistake or several, each with its places and what to do about it.
///
/// `{}` gives one line; `{:#}` draws the mistakes with file, line, excerpt and help. Both show characters that a
/// terminal would obey as escapes, and shorten what is huge; [`Error::message`] and its like are as they are. Deep code raises an error
/// with [`Origin`]s; the public boundary attaches the texts once, by [`Error::located`].
///
/// ```
/// use mainstem::diag::{Error, ErrorKind};
/// let error = Error::new(ErrorKind::UnknownKey, "there is no key `modle`").help("did you mean `model`?");
/// assert_eq!(error.to_string(), "there is no key `modle`");
/// assert_eq!(error.kind(), ErrorKind::UnknownKey);
/// ```
// Making one is cold: where nothing is wrong, code that makes errors is in nobody's way.
#[derive(Clone)]
pub struct Error(Box<Repr>);

#[derive(Clone)]
pub(crate) struct Repr {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) labels: Vec<Label>,
    pub(crate) notes: Vec<String>,
    pub(crate) help: Vec<String>,
    pub(crate) also: Vec<Error>,
    pub(crate) unchecked: Option<String>,
    pub(crate) sources: Option<Arc<SourceMap>>,
}

impl Error {
    /// An error of that kind. The message is a lowercase fragment without a final period.
    #[cold]
    #[inline(never)]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Repr {
            kind,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            also: Vec::new(),
            unchecked: None,
            sources: None,
        }))
    }

    /// Adds a place. The first one is the culprit; later ones give context, such as the other side of a conflict.
    /// An unknown place is left out.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn at(mut self, origin: Origin, text: impl Into<String>) -> Self {
        if origin.is_known() {
            self.0.labels.push(Label { origin, text: text.into() });
        }
        self
    }

    /// The same, with what is said about one place said about another, such as a more exact one.
    #[must_use]
    pub(crate) fn moved(mut self, from: Origin, to: Origin) -> Self {
        for label in self.0.labels.iter_mut().filter(|label| label.origin == from) {
            label.origin = to;
        }
        self.0.also = self.0.also.into_iter().map(|error| error.moved(from, to)).collect();
        self
    }

    /// Whether something is said about a place, or about a part of it.
    pub(crate) fn is_about(&self, place: Origin) -> bool {
        let inside = |at: Origin| {
            at.source == place.source && at.span.start >= place.span.start && at.span.end <= place.span.end
        };
        self.labels().iter().any(|label| inside(label.origin))
    }

    /// Adds a line that says what to do or type instead.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.0.help.push(text.into());
        self
    }

    /// Adds a line of context.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.0.notes.push(text.into());
        self
    }

    /// Adds a line below all mistakes: what could not be looked at because of them.
    #[must_use]
    pub fn unchecked(mut self, text: impl Into<String>) -> Self {
        self.0.unchecked = Some(text.into());
        self
    }

    /// Whether it is said below the mistakes what could not be looked at because of them.
    #[cfg(feature = "app")]
    pub(crate) fn leaves_unchecked(&self) -> bool {
        self.iter().any(|one| one.0.unchecked.is_some())
    }

    /// Joins several errors into one; `None` if there are none.
    pub fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.0.also.extend(errors);
        Some(first)
    }

    /// What went wrong (of the first mistake, if there are several).
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message of the first mistake, in one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The places of the first mistake, culprit first.
    pub fn labels(&self) -> &[Label] {
        &self.0.labels
    }

    /// Lines of context of the first mistake.
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// What to do about the first mistake.
    pub fn helps(&self) -> &[String] {
        &self.0.help
    }

    /// The texts that the places point into, once attached.
    pub fn sources(&self) -> Option<&Arc<SourceMap>> {
        self.0.sources.as_ref()
    }

    /// Every mistake, this one first.
    pub fn iter(&self) -> impl Iterator<Item = &Self> {
        let mut stack = vec![self];
        std::iter::from_fn(move || {
            let next = stack.pop()?;
            stack.extend(next.0.also.iter().rev());
            Some(next)
        })
    }

    /// Every mistake as an error of its own.
    pub fn each(mut self) -> Vec<Self> {
        let mut rest = std::mem::take(&mut self.0.also);
        let mut all = vec![self];
        while !rest.is_empty() {
            let inner: Vec<Self> = rest.iter_mut().flat_map(|e| std::mem::take(&mut e.0.also)).collect();
            all.append(&mut rest);
            rest = inner;
        }
        all
    }

    /// Attaches the texts that the places point into, so that the error can draw itself. The first map wins.
    #[must_use]
    pub fn located(mut self, sources: &Arc<SourceMap>) -> Self {
        if self.0.sources.is_none() {
            self.0.sources = Some(Arc::clone(sources));
        }
        self.0.also = self.0.also.into_iter().map(|e| e.located(sources)).collect();
        self
    }

    /// Draws the mistakes with their excerpts, in colour or plain. Of more than a hundred, the first hundred are drawn
    /// and the others counted.
    pub fn render(&self, style: Style) -> String {
        self.render_as(Severity::Error, style)
    }

    /// As [`Error::render`], of something less bad than an error.
    pub fn render_as(&self, severity: Severity, style: Style) -> String {
        let drawn = self.iter().take(DRAWN).map(|e| render::draw(e.repr(), severity, style));
        let more = self.iter().count().saturating_sub(DRAWN);
        let rest = (more > 0).then(|| render::and_more(more, severity));
        let unchecked: BTreeSet<&String> = self.iter().filter_map(|e| e.0.unchecked.as_ref()).collect();
        let unchecked = unchecked.into_iter().map(|text| render::draw_unchecked(text, style));
        drawn.chain(rest).chain(unchecked).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn repr(&self) -> &Repr {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.write_str(&self.render(Style::Plain));
        }
        f.write_str(&render::told(&self.0.message, self.repr()))?;
        match self.iter().count() - 1 {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::source::{Source, SourceKind, Span};

    #[test]
    fn is_one_word_and_can_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn draws_both_places_of_a_conflict() {
        let map = Arc::new(SourceMap::default());
        let id = map.add(Source::new(SourceKind::File, "conf/a.yaml", "a: 1\nb: 2\na: 3\n"));
        let error = Error::new(ErrorKind::DuplicateKey, "key `a` stands twice")
            .at(Origin::new(id, Span::new(10, 11)), "again here")
            .at(Origin::new(id, Span::new(0, 1)), "first here")
            .help("remove one of them")
            .located(&map);
        let expected = "\
error[duplicate-key]: key `a` stands twice
  conf/a.yaml:3:1
  3 | a: 3
    | ^ again here
  conf/a.yaml:1:1
  1 | a: 1
    | ^ first here
  help: remove one of them
";
        assert_eq!(format!("{error:#}"), expected);
    }
}
