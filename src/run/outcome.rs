//! How a job can end.

use std::any::Any;
use std::error::Error as StdError;
use std::panic::Location;

use crate::diag::{self, Secrets};
use crate::value::{Kind, Map, Node};

/// What is known of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It runs.
    Running,
    /// It came to its end.
    Completed,
    /// It ended with an error or a panic.
    Failed,
    /// It was asked to stop, and did.
    Interrupted,
    /// It is no longer there, and did not say how it ended: it was killed, or its machine went down.
    Killed,
    /// Nobody wrote it down: the run of another program, such as Hydra itself.
    Unknown,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Completed, Self::Failed, Self::Interrupted, Self::Killed, Self::Unknown];

    /// The word that records hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Killed => "killed",
            Self::Unknown => "unknown",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// How a job ended.
///
/// ```
/// use mainstem::run::{Failure, Outcome, Status};
/// use mainstem::value::Node;
/// assert_eq!(Outcome::Completed(Some(Node::from(0.9))).status(), Status::Completed);
/// assert_eq!(Outcome::Panicked(Failure::default()).status(), Status::Failed);
/// assert_eq!(Outcome::Interrupted(Some("SIGTERM".to_owned())).status().name(), "interrupted");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Well, with what it returned: the objective of a sweep, several of them as a mapping, or nothing.
    Completed(Option<Node>),
    /// With an error.
    Failed(Failure),
    /// With a panic.
    Panicked(Failure),
    /// On request, by the signal of that name if it was one: `SIGINT`.
    Interrupted(Option<String>),
}

/// Where a job was stopped early, since it did not promise enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStop {
    /// At this step, as the job counts.
    pub step: u64,
    /// What it had reported then.
    pub value: f64,
}

impl EarlyStop {
    /// As records and journals hold it.
    pub(crate) fn to_node(self) -> Node {
        let step = i64::try_from(self.step).unwrap_or(i64::MAX);
        Node::from(Map::from([("step", Node::from(step)), ("value", Node::from(self.value))]))
    }

    /// What [`EarlyStop::to_node`] has made.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        let step = match map.get_str("step")?.kind {
            Kind::Int(step) => u64::try_from(step).ok()?,
            _ => return None,
        };
        match map.get_str("value")?.kind {
            Kind::Float(value) => Some(Self { step, value }),
            _ => None,
        }
    }
}

impl Outcome {
    /// The status that it leads to.
    pub fn status(&self) -> Status {
        match self {
            Self::Completed(_) => Status::Completed,
            Self::Failed(_) | Self::Panicked(_) => Status::Failed,
            Self::Interrupted(_) => Status::Interrupted,
        }
    }

    /// The same, with `***` for every secret in its texts.
    #[must_use]
    pub fn without(self, secrets: &Secrets) -> Self {
        match self {
            Self::Completed(result) => Self::Completed(result.map(|node| node.scrubbed(secrets))),
            Self::Failed(failure) => Self::Failed(failure.without(secrets)),
            Self::Panicked(failure) => Self::Panicked(failure.without(secrets)),
            Self::Interrupted(signal) => Self::Interrupted(signal),
        }
    }

    /// What the record says as `result`.
    pub(crate) fn result(&self) -> Node {
        match self {
            Self::Completed(result) => Node::from(result.clone()),
            _ => Node::null(),
        }
    }

    /// What the record says as `error`.
    pub(crate) fn error(&self) -> Node {
        match self {
            Self::Completed(_) | Self::Interrupted(None) => Node::null(),
            Self::Failed(failure) | Self::Panicked(failure) => failure.to_node(),
            Self::Interrupted(Some(signal)) => {
                Failure { message: format!("interrupted by {signal}"), ..Failure::default() }.to_node()
            }
        }
    }
}

/// An error or a panic, as plain text.
///
/// ```
/// use mainstem::run::Failure;
/// #[derive(Debug)]
/// struct Outer(std::num::ParseIntError);
/// impl std::fmt::Display for Outer {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("cannot read the seed")
///     }
/// }
/// impl std::error::Error for Outer {
///     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
///         Some(&self.0)
///     }
/// }
/// let failure = Failure::of(&Outer("x".parse::<i32>().unwrap_err()));
/// assert_eq!(failure.message, "cannot read the seed");
/// assert_eq!(failure.chain, ["invalid digit found in string"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// What happened. An error of this library is drawn, in several lines.
    pub message: String,
    /// The same in few words, if the message has more.
    pub headline: Option<String>,
    /// What it was caused by, nearest first.
    pub chain: Vec<String>,
    /// The code of an error of this library.
    pub code: Option<String>,
    /// Where a panic began: file, line and column.
    pub place: Option<String>,
}

/// More causes than that are a circle.
const LONGEST_CHAIN: usize = 100;

impl Failure {
    /// An error with its causes.
    pub fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut chain = Vec::new();
        let mut cause = error.source();
        while let Some(next) = cause.filter(|_| chain.len() < LONGEST_CHAIN) {
            chain.push(next.to_string());
            cause = next.source();
        }
        let own = error.downcast_ref::<diag::Error>();
        Self {
            // An error of ours has several lines of use.
            message: own
                .map_or_else(|| error.to_string(), |error| format!("{error:#}").trim_end().to_owned()),
            headline: own.map(|error| error.message().to_owned()),
            chain,
            code: own.map(|error| error.kind().code().to_owned()),
            place: None,
        }
    }

    /// A panic: what it was begun with, and where, which only a panic hook learns.
    ///
    /// ```
    /// use mainstem::run::Failure;
    /// let panic = std::panic::catch_unwind(|| panic!("no data")).unwrap_err();
    /// assert_eq!(Failure::panic(&*panic, None).message, "no data");
    /// ```
    pub fn panic(payload: &(dyn Any + Send), place: Option<&Location<'_>>) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self {
            message: text.unwrap_or("a panic without text").to_owned(),
            place: place.map(ToString::to_string),
            ..Self::default()
        }
    }

    /// The same, with `***` for every secret in its texts.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Self {
        for text in std::iter::once(&mut self.message).chain(&mut self.headline).chain(&mut self.chain) {
            *text = secrets.scrub(text).into_owned();
        }
        self
    }

    /// What happened, in one line.
    ///
    /// ```
    /// use mainstem::diag::{Error, ErrorKind};
    /// use mainstem::run::Failure;
    /// let error = Error::new(ErrorKind::Range, "no such layer").help("there are 3");
    /// let failure = Failure::of(&error);
    /// assert_eq!(failure.message, "error[range]: no such layer\n  help: there are 3");
    /// assert_eq!(failure.line(), "no such layer");
    /// ```
    pub fn line(&self) -> &str {
        self.headline.as_deref().unwrap_or(&self.message).lines().next().unwrap_or_default()
    }

    pub(super) fn to_node(&self) -> Node {
        let mut map = Map::from([
            ("message", Node::from(self.message.as_str())),
            ("chain", self.chain.iter().map(String::as_str).collect()),
        ]);
        for (name, text) in [("headline", &self.headline), ("code", &self.code), ("panicked_at", &self.place)]
        {
            if let Some(text) = text {
                map.set(name.into(), Node::from(text.as_str()));
            }
        }
        Node::from(map)
    }
}
