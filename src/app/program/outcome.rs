//! What a job comes to, and what a job's function may return.

use std::error::Error as StdError;

/// What a job came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It came to its end, with what a sweep is to make large or small, if it said so.
    Completed(Vec<Objective>),
    /// It did not.
    Failed(Box<dyn StdError + Send + Sync>),
}

/// A number that a sweep looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// What it is called, where there are several.
    pub name: Option<String>,
    /// The number.
    pub value: f64,
    /// Which way is better; none where the sweeper's settings say it.
    pub direction: Option<Direction>,
}

/// Which way a number is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The larger, the better.
    Maximize,
    /// The smaller, the better.
    Minimize,
}

/// A number of which more is better, such as an accuracy.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Maximize(pub f64);

/// A number of which less is better, such as a loss.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Minimize(pub f64);

/// What the function of a job may return: nothing, a number to be made large or small, or either behind a `Result`
/// with any error that can be boxed.
///
/// ```
/// use mainstem::app::{IntoOutcome, Maximize, Outcome};
/// fn job() -> Result<Maximize, std::num::ParseFloatError> {
///     Ok(Maximize("0.5".parse()?))
/// }
/// assert!(matches!(job().into_outcome(), Outcome::Completed(objectives) if objectives[0].value == 0.5));
/// ```
pub trait IntoOutcome {
    /// The outcome that this value stands for.
    fn into_outcome(self) -> Outcome;
}

fn one(value: f64, direction: Option<Direction>) -> Outcome {
    Outcome::Completed(vec![Objective { name: None, value, direction }])
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl IntoOutcome for () {
    fn into_outcome(self) -> Outcome {
        Outcome::Completed(Vec::new())
    }
}

impl IntoOutcome for Maximize {
    fn into_outcome(self) -> Outcome {
        one(self.0, Some(Direction::Maximize))
    }
}

impl IntoOutcome for Minimize {
    fn into_outcome(self) -> Outcome {
        one(self.0, Some(Direction::Minimize))
    }
}

impl IntoOutcome for f64 {
    fn into_outcome(self) -> Outcome {
        one(self, None)
    }
}

impl<T: IntoOutcome> IntoOutcome for Option<T> {
    /// `None` is a job without an objective.
    fn into_outcome(self) -> Outcome {
        self.map_or(Outcome::Completed(Vec::new()), T::into_outcome)
    }
}

impl<T: IntoOutcome, E: Into<Box<dyn StdError + Send + Sync>>> IntoOutcome for Result<T, E> {
    fn into_outcome(self) -> Outcome {
        self.map_or_else(|error| Outcome::Failed(error.into()), T::into_outcome)
    }
}
