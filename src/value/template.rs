//! Text with interpolations, parsed: what `${…}` means, without knowing how to resolve it.
//!
//! The grammar that makes these trees is `grammar/`; the engine that reads them is `resolve/`.

use crate::diag::Span;
use crate::value::node::{Kind, Text};

/// A string that holds `${`, be it escaped (`\${`): then all parts are text. Spans count bytes of `text`.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// As it was written (after YAML or quotes were taken away), and as it prints.
    pub text: Text,
    /// What it is made of, at least one part. Exactly one [`Part::Interpolation`] and no text: the value keeps its type.
    pub parts: Box<[Part]>,
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
