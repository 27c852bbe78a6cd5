//! What the function of a job may return.

use std::error::Error as StdError;

use crate::search::Direction;
use crate::value::{Key, Map, Node, Slot};

/// A number that a sweep looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// What it is called; empty if there is only one.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Which way is better; none where the sweeper's settings say it.
    pub direction: Option<Direction>,
}

/// A number of which more is better, such as an accuracy.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Maximize(pub f64);

/// A number of which less is better, such as a loss.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Minimize(pub f64);

/// Any error, as jobs fail with it.
pub type Failed = Box<dyn StdError + Send + Sync>;

/// What the function of a job may return: nothing, a number to be made large or small, several of them, or any of
/// these behind a `Result` whose error can be boxed.
///
/// ```
/// use mainstem::app::{JobResult, Maximize};
/// fn job() -> Result<Maximize, std::num::ParseFloatError> {
///     Ok(Maximize("0.5".parse()?))
/// }
/// assert_eq!(job().objectives().unwrap()[0].value, 0.5);
/// ```
#[diagnostic::on_unimplemented(
    message = "a job cannot return `{Self}`",
    label = "is nothing that a job may return",
    note = "a job returns nothing, `Maximize`, `Minimize`, a type that derives `Objectives`, or one of these behind a \
            `Result`",
    note = "the error of the `Result` is `mainstem::app::Failed`, which is `Box<dyn Error + Send + Sync>`, \
            `anyhow::Error`, or any error of your own"
)]
pub trait JobResult {
    /// What a sweep is to look at.
    ///
    /// # Errors
    /// Why the job failed.
    fn objectives(self) -> Result<Vec<Objective>, Failed>;

    /// What it will be, as far as the type alone says it; none if only a value can say it. So a search that looks for
    /// something else is refused before its first job.
    fn declared() -> Option<Vec<Declared>> {
        None
    }
}

/// An objective whose value is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What it is called; empty if there is only one.
    pub name: String,
    /// Which way is better; none where the sweeper's settings say it.
    pub direction: Option<Direction>,
}

/// One number that a sweep looks at: a field of a struct that derives [`Objectives`](crate::Objectives).
///
/// ```
/// use mainstem::app::{Direction, IntoObjective, Minimize};
/// let loss = Minimize(0.1).into_objective("loss");
/// assert_eq!((loss.name.as_str(), loss.direction), ("loss", Some(Direction::Minimize)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no objective",
    label = "is no number that a sweep looks at",
    note = "an objective is a `Maximize` or a `Minimize`",
    note = "leave other fields out with `#[mainstem(skip)]`"
)]
pub trait IntoObjective {
    /// The objective under that name.
    fn into_objective(self, name: &str) -> Objective;

    /// Which way it is better, if the type says it.
    fn direction() -> Option<Direction> {
        None
    }
}

impl IntoObjective for Maximize {
    fn into_objective(self, name: &str) -> Objective {
        Objective { name: name.to_owned(), value: self.0, direction: Some(Direction::Maximize) }
    }

    fn direction() -> Option<Direction> {
        Some(Direction::Maximize)
    }
}

impl IntoObjective for Minimize {
    fn into_objective(self, name: &str) -> Objective {
        Objective { name: name.to_owned(), value: self.0, direction: Some(Direction::Minimize) }
    }

    fn direction() -> Option<Direction> {
        Some(Direction::Minimize)
    }
}

/// The sweeper's settings say which way is better.
impl IntoObjective for f64 {
    fn into_objective(self, name: &str) -> Objective {
        Objective { name: name.to_owned(), value: self, direction: None }
    }
}

fn one(value: f64, direction: Option<Direction>) -> Result<Vec<Objective>, Failed> {
    Ok(vec![Objective { name: String::new(), value, direction }])
}

fn declared_one(direction: Option<Direction>) -> Option<Vec<Declared>> {
    Some(vec![Declared { name: String::new(), direction }])
}

impl JobResult for () {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        Ok(Vec::new())
    }

    fn declared() -> Option<Vec<Declared>> {
        Some(Vec::new())
    }
}

impl JobResult for Maximize {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        one(self.0, Some(Direction::Maximize))
    }

    fn declared() -> Option<Vec<Declared>> {
        declared_one(Some(Direction::Maximize))
    }
}

impl JobResult for Minimize {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        one(self.0, Some(Direction::Minimize))
    }

    fn declared() -> Option<Vec<Declared>> {
        declared_one(Some(Direction::Minimize))
    }
}

/// A number of which the sweeper's settings say which way is better.
impl JobResult for f64 {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        one(self, None)
    }

    fn declared() -> Option<Vec<Declared>> {
        declared_one(None)
    }
}

/// Several, each with its name.
impl JobResult for Vec<Objective> {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        Ok(self)
    }
}

/// `None` is a job that has nothing to say.
impl<T: JobResult> JobResult for Option<T> {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        self.map_or(Ok(Vec::new()), T::objectives)
    }

    fn declared() -> Option<Vec<Declared>> {
        T::declared()
    }
}

impl<T: JobResult, E: Into<Failed>> JobResult for Result<T, E> {
    fn objectives(self) -> Result<Vec<Objective>, Failed> {
        self.map_err(Into::into).and_then(T::objectives)
    }

    fn declared() -> Option<Vec<Declared>> {
        T::declared()
    }
}

/// Which way objectives are better, in the form of [`recorded`]; none if none of them says it.
pub(crate) fn directions(objectives: &[Objective]) -> Option<Node> {
    let word = |one: &Objective| one.direction.map(Direction::name);
    match objectives {
        [one] if one.name.is_empty() => word(one).map(Node::from),
        several => {
            let said = several.iter().filter_map(|one| Some((Key::from(one.name.as_str()), word(one)?)));
            let slot = |word: &str| Slot { origin: crate::diag::Origin::NONE, node: Node::from(word) };
            let map: Map = said.map(|(name, word)| (name, slot(word))).collect();
            (!map.is_empty()).then(|| Node::from(map))
        }
    }
}

/// Objectives as a record holds them: a number, or numbers by name; none if there are none.
pub(crate) fn recorded(objectives: &[Objective]) -> Option<Node> {
    match objectives {
        [] => None,
        [one] if one.name.is_empty() => Some(Node::from(one.value)),
        several => {
            let slot =
                |one: &Objective| Slot { origin: crate::diag::Origin::NONE, node: Node::from(one.value) };
            let map: Map = several.iter().map(|one| (Key::from(one.name.as_str()), slot(one))).collect();
            Some(Node::from(map))
        }
    }
}
