//! Python's levels.

use log::LevelFilter;

use crate::diag::{Error, ErrorKind, Result, did_you_mean};
use crate::value::{Kind, Node};

/// How grave a record is: a number, as in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(i64);

impl Level {
    /// Of a logger: what the one above it says.
    pub(super) const NOTSET: Self = Self(0);
    pub(super) const DEBUG: Self = Self(10);
    pub(super) const INFO: Self = Self(20);
    pub(super) const WARNING: Self = Self(30);
    pub(super) const ERROR: Self = Self(40);

    /// The names that a config can say, the first of each number being the one that lines say. Python has no `TRACE`.
    const NAMES: [(&'static str, i64); 9] = [
        ("CRITICAL", 50),
        ("FATAL", 50),
        ("ERROR", 40),
        ("WARNING", 30),
        ("WARN", 30),
        ("INFO", 20),
        ("DEBUG", 10),
        ("TRACE", 5),
        ("NOTSET", 0),
    ];

    pub(super) fn of(level: log::Level) -> Self {
        match level {
            log::Level::Error => Self::ERROR,
            log::Level::Warn => Self::WARNING,
            log::Level::Info => Self::INFO,
            log::Level::Debug => Self::DEBUG,
            log::Level::Trace => Self(5),
        }
    }

    pub(super) fn number(self) -> i64 {
        self.0
    }

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, number)| *number == self.0).map_or("", |(name, _)| name)
    }

    /// Whether it is the name of a level.
    pub(super) fn is_name(name: &str) -> bool {
        Self::NAMES.iter().any(|(known, _)| *known == name)
    }

    /// What of the crate `log` is at least as grave.
    pub(super) fn filter(self) -> LevelFilter {
        let all = log::Level::iter().filter(|level| Self::of(*level) >= self);
        all.max().map_or(LevelFilter::Off, |level| level.to_level_filter())
    }

    /// The level that a config says, by name or as a number.
    ///
    /// # Errors
    /// It says something else.
    pub(super) fn read(node: &Node) -> Result<Self> {
        if let Kind::Int(number) = node.kind {
            return Ok(Self(number));
        }
        let names = || Self::NAMES.iter().map(|(name, _)| *name);
        let Some(text) = node.as_str() else {
            let message = format!("a level must be a name or an integer, and is {}", node.describe());
            return Err(Error::new(ErrorKind::Type, message).at(node.origin, "expected a level"));
        };
        if let Some((_, number)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(Self(*number));
        }
        let error = Error::new(ErrorKind::Constraint, format!("there is no level `{text}`"));
        let error = error.at(node.origin, "no such level");
        let near =
            names().find(|name| name.eq_ignore_ascii_case(text)).or_else(|| did_you_mean(text, names()));
        Err(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.note(format!("levels: {}", names().collect::<Vec<_>>().join(", "))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_a_number_between_two_levels_is_what_is_above_it() {
        assert_eq!(Level(0).filter(), LevelFilter::Trace);
        assert_eq!(Level(6).filter(), LevelFilter::Debug);
        assert_eq!(Level(25).filter(), LevelFilter::Warn);
        assert_eq!(Level(40).filter(), LevelFilter::Error);
        assert_eq!(Level(41).filter(), LevelFilter::Off);
    }
}
