//! One override, parsed; and what becomes of it when a single value must stand.

use std::fmt;

use crate::diag::{Error, ErrorKind, Origin, Result, Sink};
use crate::grammar::expand;
use crate::grammar::print;
use crate::grammar::target::Target;
use crate::grammar::value::{Operand, SweepKind, Value, ValueKind};
use crate::value::{Node, Text};

/// `key=value` and its kin. `V` says what may stand on the right: an [`Operand`] as parsed, which may be a sweep,
/// or a [`Node`], which is what composing takes.
#[derive(Clone, Debug)]
pub struct Override<V = Operand> {
    /// What it changes.
    pub target: Target,
    /// How, and to what.
    pub action: Action<V>,
    /// The whole override.
    pub origin: Origin,
    /// As it was typed.
    pub line: Text,
}

/// An override that composing takes: with one value, or none.
pub type Assignment = Override<Node>;

/// What an override does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action<V> {
    /// `key=value`: changes what is there, or chooses another option of a group.
    Change(V),
    /// `+key=value`: adds what is not there.
    Add(V),
    /// `++key=value`: changes or adds.
    ForceAdd(V),
    /// `~key`, or `~key=value`: deletes, if the value is as said.
    Delete(Option<V>),
    /// `key=extend_list(a,b)`: adds to the end of a list. The value is a list.
    Extend(V),
}

impl<V> Action<V> {
    /// The right side.
    pub fn value(&self) -> Option<&V> {
        match self {
            Self::Change(value) | Self::Add(value) | Self::ForceAdd(value) | Self::Extend(value) => {
                Some(value)
            }
            Self::Delete(value) => value.as_ref(),
        }
    }

    /// The same action with another right side.
    ///
    /// # Errors
    /// Those of `f`.
    pub fn try_map<W, E>(self, f: impl FnOnce(V) -> Result<W, E>) -> Result<Action<W>, E> {
        Ok(match self {
            Self::Change(value) => Action::Change(f(value)?),
            Self::Add(value) => Action::Add(f(value)?),
            Self::ForceAdd(value) => Action::ForceAdd(f(value)?),
            Self::Extend(value) => Action::Extend(f(value)?),
            Self::Delete(value) => Action::Delete(value.map(f).transpose()?),
        })
    }

    /// What stands before the key.
    pub fn prefix(&self) -> &'static str {
        match self {
            Self::Change(_) | Self::Extend(_) => "",
            Self::Add(_) => "+",
            Self::ForceAdd(_) => "++",
            Self::Delete(_) => "~",
        }
    }
}

impl<V> Override<V> {
    /// The left side with its prefix: `+db@backup`. Overrides with the same one replace each other in a sweep.
    pub fn key_element(&self) -> String {
        format!("{}{}", self.action.prefix(), self.target)
    }

    /// The right side as it was typed; `None` if there is no `=`.
    pub fn value_text(&self) -> Option<&str> {
        let start = self.action.prefix().len() + self.target.span().range().len();
        self.line.get(start..)?.strip_prefix('=')
    }

    /// Where the key stands.
    pub fn key_origin(&self) -> Origin {
        self.origin.at(self.target.span())
    }
}

impl Override {
    /// Whether it stands for several jobs.
    pub fn is_sweep(&self) -> bool {
        matches!(self.action.value(), Some(Operand::Sweep(_)))
    }

    /// The override with its one value as a node. `seed` draws the order of a `shuffle([…])`.
    ///
    /// ```
    /// use mainstem::diag::{Error, SourceId};
    /// use mainstem::grammar::{Action, parse_override};
    /// use mainstem::value::Node;
    /// let mut errors: Vec<Error> = Vec::new();
    /// let one = parse_override("a.b=1", SourceId::NONE, &mut errors).unwrap();
    /// assert_eq!(one.assignment(0).unwrap().action, Action::Change(Node::from(1)));
    /// let many = parse_override("a.b=1,2", SourceId::NONE, &mut errors).unwrap();
    /// assert_eq!(many.assignment(0).unwrap_err().message(), "ambiguous value: `a.b=1,2` is a sweep");
    /// ```
    ///
    /// # Errors
    /// A sweep, since it needs `--multirun`; a sweep inside a value; text with a broken `${…}`.
    pub fn assignment(&self, seed: u64) -> Result<Assignment> {
        if let Some(Operand::Sweep(sweep)) = self.action.value() {
            let origin = self.origin.at(sweep.span);
            return Err(match &sweep.kind {
                SweepKind::Choice(choice) if choice.simple => {
                    let error =
                        Error::new(ErrorKind::Sweep, format!("ambiguous value: `{}` is a sweep", self.line));
                    let key = self.key_element();
                    let text = self.value_text().unwrap_or_default();
                    error
                        .at(origin, "several values for one key")
                        .help(format!("a list is `{key}=[{text}]`"))
                        .help(format!("text is quoted: `{key}={}`", suggest_quotes(text)))
                        .help("a sweep needs `--multirun`")
                }
                _ => Error::new(ErrorKind::Sweep, format!("the sweep `{}` requires --multirun", self.line))
                    .at(origin, "")
                    .help("add `--multirun`, or give one value"),
            });
        }
        let source = self.origin.source;
        let action = self.action.clone().try_map(|operand| match operand {
            Operand::Value(value) => value.node(&self.line, source, seed),
            Operand::Sweep(sweep) => {
                let span = sweep.span;
                Err(expand::misfit(
                    &Value::new(ValueKind::Sweep(Box::new(sweep)), span),
                    self.origin.at(span),
                ))
            }
        })?;
        Ok(Override { target: self.target.clone(), action, origin: self.origin, line: self.line.clone() })
    }

    /// The override with one value in place of its own: what one job of a sweep gets. Its line says just that.
    ///
    /// The value is what the line says: text that a function made becomes a number if it looks like one.
    #[must_use]
    pub fn with_value(&self, value: Value) -> Self {
        let line = format!("{}={value}", self.key_element()).into();
        let value = Operand::Value(value.reread());
        let action = match &self.action {
            Action::Change(_) => Action::Change(value),
            Action::Add(_) => Action::Add(value),
            Action::ForceAdd(_) => Action::ForceAdd(value),
            Action::Extend(_) => Action::Extend(value),
            Action::Delete(_) => Action::Delete(Some(value)),
        };
        let one = Self { target: self.target.clone(), action, origin: self.origin, line };
        match &one.action {
            // The list alone would replace what is there.
            Action::Extend(_) => Self { line: one.to_string().into(), ..one },
            _ => one,
        }
    }

    /// The override as jobs of a sweep get it: in canonical form, its lists in the order that `seed` draws.
    ///
    /// `~key` stays as it is. (Hydra hands its jobs `~key=null`, which deletes nothing but a `null`.)
    ///
    /// # Errors
    /// A sweep, alone or inside a value.
    pub fn canonical(&self, seed: u64) -> Result<Self> {
        match self.action.value() {
            None => Ok(Self { line: self.key_element().into(), ..self.clone() }),
            Some(Operand::Value(value)) => match value.misfit() {
                Some(misfit) => Err(expand::misfit(misfit, self.origin.at(misfit.span))),
                None => Ok(self.with_value(value.clone().drawn(Some(seed)))),
            },
            Some(Operand::Sweep(sweep)) => {
                Err(Error::new(ErrorKind::Sweep, "a single value must stand here")
                    .at(self.origin.at(sweep.span), "this is a sweep"))
            }
        }
    }
}

/// Turns overrides into assignments; each that cannot be one is an error of its own.
pub fn assignments(overrides: &[Override], seed: u64, sink: &mut dyn Sink) -> Vec<Assignment> {
    let mut out = Vec::with_capacity(overrides.len());
    for one in overrides {
        match one.assignment(seed) {
            Ok(assignment) => out.push(assignment),
            Err(error) => sink.push(error),
        }
    }
    out
}

/// Quotes that a text does not hold itself.
pub(crate) fn suggest_quotes(text: &str) -> String {
    use crate::grammar::print::quoted;
    use crate::grammar::value::Quote;
    quoted(text, if text.contains('\'') { Quote::Double } else { Quote::Single })
}

/// Equality ignores where it stands and how it was typed.
impl<V: PartialEq> PartialEq for Override<V> {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target && self.action == other.action
    }
}

/// The canonical form: what reads back as the same override, without blanks.
impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.action.prefix(), self.target)?;
        match &self.action {
            Action::Extend(Operand::Value(Value { kind: ValueKind::List(list), .. })) => {
                f.write_str("=extend_list(")?;
                print::arguments(f, &list.items)?;
                f.write_str(")")
            }
            action => match action.value() {
                Some(value) => write!(f, "={value}"),
                None => Ok(()),
            },
        }
    }
}
