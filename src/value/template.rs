//! Text with interpolations, parsed: what `${…}` means, without knowing how to resolve it.
//!
//! The grammar that makes these trees is `grammar/`; the engine that reads them is `resolve/`.

use crate::diag::{Origin, Span};
use crate::value::node::{Kind, Text};

/// A string that holds `${`, be it escaped (`\${`): then all parts are text. Spans count bytes of `text`.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// As it was written (after YAML or quotes were taken away), and as it prints.
    pub text: Text,
    /// What it is made of, at least one part. Exactly one [`Part::Interpolation`] and no text: the value keeps its type.
    pub parts: Box<[Part]>,
    /// Where the parts stand in what the text was read from.
    pub written: Written,
}

/// Where the interpolations of a template are written, in bytes from the start of the place of its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// Not known: the text was made, or reads otherwise than it is written.
    #[default]
    Unknown,
    /// The text is written as it reads, from there on.
    From(u32),
    /// There is more or less between the interpolations than the text has (escapes, folded lines), but they are
    /// written as they read: the start of each one among the parts, in order.
    Each(Box<[u32]>),
}

impl Template {
    /// The same, read from `raw`, which is what stands at the place of its value.
    #[must_use]
    pub fn written_as(mut self, raw: &str) -> Self {
        self.written = match start_of(&self.text, raw) {
            Some(start) => Written::From(start),
            None => {
                let dollars = Dollars::new(&self.text, raw);
                let whole = |span: Span, found: &Span| found.end - found.start == span.end - span.start;
                let find = |span: Span| dollars.find(span).filter(|found| whole(span, found));
                let starts = self.spans().map(|span| find(span).map(|found| found.start));
                starts.collect::<Option<_>>().map_or(Written::Unknown, Written::Each)
            }
        };
        self
    }

    /// The place of a range of the text; that of the whole value if it is not known more exactly.
    pub fn place(&self, span: Span, value: Origin) -> Origin {
        let length = value.span.end - value.span.start;
        let shift = match &self.written {
            Written::Unknown => None,
            // A value that was moved elsewhere is not written there.
            Written::From(start) => {
                let fits = u32::try_from(self.text.len()).is_ok_and(|text| text + 2 * start == length);
                fits.then_some(i64::from(*start))
            }
            Written::Each(starts) => {
                let around = self
                    .spans()
                    .zip(starts)
                    .find(|(part, _)| part.start <= span.start && span.end <= part.end);
                around.map(|(part, start)| i64::from(*start) - i64::from(part.start))
            }
        };
        let moved = |at: u32| u32::try_from(i64::from(at) + shift?).ok().filter(|&at| at <= length);
        match (moved(span.start), moved(span.end)) {
            (Some(start), Some(end)) => value.at(Span { start, end }.shifted(value.span.start)),
            _ => value,
        }
    }

    /// Whether there is no interpolation in it, only an escaped one.
    pub(crate) fn is_text(&self) -> bool {
        self.spans().next().is_none()
    }

    /// The defaults that it gives `oc.env`: what it says itself where it stands for a secret. Text around interpolations
    /// is no secret: `Bearer ${secret:TOKEN}`.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &Kind> {
        self.parts.iter().filter_map(|part| match part {
            Part::Interpolation(Expression::Call(call), _) => {
                let asks = matches!(&call.name, Name::Literal(name) if name == "oc.env");
                match &call.arguments.get(1).filter(|_| asks)?.value {
                    Expression::Literal(Kind::Str(text)) if text.is_empty() => None,
                    Expression::Literal(Kind::Null | Kind::Missing) => None,
                    Expression::Literal(kind) => Some(kind),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// The ranges of the interpolations.
    fn spans(&self) -> impl Iterator<Item = Span> {
        self.parts.iter().filter_map(|part| match part {
            Part::Interpolation(_, span) => Some(*span),
            Part::Text(_) => None,
        })
    }
}

/// Where a range of a text stands in `raw`, which the text was read from; `None` if that cannot be told.
pub(crate) fn find_written(text: &str, raw: &str, span: Span) -> Option<Span> {
    match start_of(text, raw) {
        Some(start) => Some(span.shifted(start)),
        None => Dollars::new(text, raw).find(span),
    }
}

/// Where the text starts if it is written as it reads, alone or between quotes.
fn start_of(text: &str, raw: &str) -> Option<u32> {
    let quoted = || raw.len() == text.len() + 2 && raw.get(1..raw.len() - 1) == Some(text);
    if raw == text { Some(0) } else { quoted().then_some(1) }
}

/// Where `${` stands in a text and in what it was read from: the same number of times, or it is not known which is
/// which.
struct Dollars<'t> {
    text: &'t str,
    raw: &'t str,
    pairs: Vec<(usize, usize)>,
}

impl<'t> Dollars<'t> {
    fn new(text: &'t str, raw: &'t str) -> Self {
        let opens = |text: &str, at: usize| text[at..].starts_with("${");
        let all = |text: &str| {
            text.match_indices('$').map(|(at, _)| at).filter(|&at| opens(text, at)).collect::<Vec<_>>()
        };
        let (read, written) = (all(text), all(raw));
        let known = read.len() == written.len();
        let pairs = if known { read.into_iter().zip(written).collect() } else { Vec::new() };
        Self { text, raw, pairs }
    }

    /// Where a range stands that begins at or behind some `${`: as much of it as is written as it reads from there on.
    fn find(&self, span: Span) -> Option<Span> {
        let (start, end) = (span.start as usize, span.end as usize);
        let at = self.pairs.partition_point(|&(read, _)| read <= start).checked_sub(1)?;
        let &(read, written) = self.pairs.get(at)?;
        let (text, raw) = (self.text.get(read..end)?, self.raw.get(written..)?);
        let same = text.bytes().zip(raw.bytes()).take_while(|(a, b)| a == b).count();
        let start = (start - read <= same).then_some(written + (start - read))?;
        Some(Span::new(start, written + same))
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Literal text, escapes already taken away.
    Text(Text),
    /// A `${…}`, with its range in the text.
    Interpolation(Expression, Span),
}

/// What stands inside `${…}`, or as an argument of a resolver.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `${a.b}`: another node of the tree.
    Reference(Reference),
    /// `${name:args}`: a resolver.
    Call(Call),
    /// A literal scalar: null, boolean, number, text; [`Kind::Missing`] for `???`, which a resolver gets as that
    /// text.
    Literal(Kind),
    /// Text with interpolations in it, quoted or not: a string when resolved. (A lone interpolation is
    /// [`Expression::Reference`] or [`Expression::Call`] and keeps its type.)
    Concat(Box<[Part]>),
    /// `[a, b]`.
    List(Box<[Argument]>),
    /// `{a: b}`; keys are literal scalars.
    Map(Box<[(Kind, Argument)]>),
}

/// `${a.b[c]}`, `${..x}`: a path, absolute or relative, whose keys may be interpolations themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Leading dots: 0 counts from the root, 1 from the siblings, each further one a level higher.
    pub up: u32,
    /// The keys. A literal is one key. A key with interpolations gives text that is a path again
    /// ([`KeyPath::parse`](crate::value::KeyPath::parse)): `${${x}}` may lead through several keys, and leading dots
    /// of the first one count as `up`; `${a[${x}]}` has its brackets as text parts, so that it is a single key.
    pub path: Box<[Name]>,
}

/// `${name:a,b}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The resolver's name with its dots: `oc.env`. May hold interpolations.
    pub name: Name,
    /// The arguments; the text of each is what caches and `oc.env` style resolvers see.
    pub arguments: Box<[Argument]>,
}

/// An argument of a resolver or an element of a literal list: what it means and how it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// What it means.
    pub value: Expression,
    /// How it was written, in bytes of the template's text.
    pub span: Span,
}

/// A name that is literal or built from interpolations: `a`, `${b}`, `oc.${c}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// Known as it stands.
    Literal(Text),
    /// Known after resolving.
    Parts(Box<[Part]>),
}
