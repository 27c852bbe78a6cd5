//! Texts that must not be shown, wherever they turn up: the second line of defence behind the taint of origins.

use std::borrow::Cow;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use crate::diag::visible::visible;

/// What is shown in place of a secret.
pub const HIDDEN: &str = "***";

/// Shorter texts, in characters, are not looked for: they stand in too many words.
const SHORTEST: usize = 4;
/// Shorter lines of a secret of several lines are not looked for on their own.
const SHORTEST_LINE: usize = 8;

/// The secrets that a program came to know. They are replaced in text that it does not make itself: the message of an
/// error of the job, a line of its log.
///
/// Looked for are texts of at least four characters, as they are and as a Rust program prints them in quotes; each line
/// of a text of several lines. What was encoded, cut or turned around is not found.
///
/// ```
/// use mainstem::diag::Secrets;
/// let secrets = Secrets::default();
/// secrets.add("hf_abcdef");
/// secrets.add("no");
/// assert_eq!(secrets.scrub("no access with hf_abcdef"), "no access with ***");
/// ```
#[derive(Default)]
pub struct Secrets {
    /// The longest first, so that none is a part of one that comes later.
    known: RwLock<Vec<Box<str>>>,
}

impl Secrets {
    /// One more text that must not be shown.
    pub fn add(&self, text: &str) {
        self.add_form(text, SHORTEST);
        let quoted = format!("{text:?}");
        for form in [quoted.get(1..quoted.len() - 1).unwrap_or_default(), &visible(text)] {
            if form != text {
                self.add_form(form, SHORTEST);
            }
        }
        if text.contains('\n') {
            text.lines().for_each(|line| self.add_form(line.trim(), SHORTEST_LINE));
        }
    }

    fn add_form(&self, text: &str, shortest: usize) {
        if text.chars().nth(shortest - 1).is_none() || text == HIDDEN {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|one| **one == *text) {
            let at = known.partition_point(|one| one.len() >= text.len());
            known.insert(at, text.into());
        }
    }

    /// Whether nothing is to be looked for.
    pub fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The text with `***` for every secret in it.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(Cow::Borrowed(text), |text, secret| match text.contains(&**secret) {
            true => Cow::Owned(text.replace(&**secret, HIDDEN)),
            false => text,
        })
    }
}

/// How many there are, and no more.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Secrets({})", known.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_goes_first_and_quoted_forms_are_found() {
        let secrets = Secrets::default();
        assert!(secrets.is_empty());
        secrets.add("abcd");
        secrets.add("abcdef");
        secrets.add("a\"b\\c");
        secrets.add("-----BEGIN KEY-----\nc2VjcmV0bGluZQ\n");
        let said = format!("abcdef abcd {:?} c2VjcmV0bGluZQ", "a\"b\\c");
        assert_eq!(secrets.scrub(&said), "*** *** \"***\" ***");
        assert_eq!(secrets.scrub("abc"), "abc");
    }
}
