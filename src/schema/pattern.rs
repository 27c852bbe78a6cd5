//! A regular expression that text must match.

use std::fmt;

use regex_lite::Regex;

use crate::diag::{Error, ErrorKind, Result};

/// A regular expression, in the syntax of the crate `regex-lite`: linear in time, without look-around. It may match
/// anywhere; `^` and `$` bind it to the ends.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// It is none.
    pub fn new(text: &str) -> Result<Self> {
        Regex::new(text).map(Self).map_err(|error| {
            Error::new(ErrorKind::Constraint, format!("`{text}` is no regular expression: {error}"))
        })
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it matches somewhere in a text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
