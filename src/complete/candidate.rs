//! One thing that a word can become.

use crate::diag::visible;

/// What the word at the cursor can become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The whole word, without quotes of a shell.
    pub text: String,
    /// What it is, for shells that show it; may be empty.
    pub about: String,
    /// Whether nothing more can follow in this word.
    pub whole: bool,
}

/// A longer description is cut, in characters.
const LONGEST: usize = 70;

impl Candidate {
    /// A word that is finished.
    ///
    /// ```
    /// use mainstem::complete::Candidate;
    /// let pg = Candidate::whole("db=pg").about("conf/db/pg.yaml");
    /// assert!(pg.whole);
    /// ```
    pub fn whole(text: impl Into<String>) -> Self {
        Self { text: text.into(), about: String::new(), whole: true }
    }

    /// A word that goes on: `db=`, `model.`.
    pub fn open(text: impl Into<String>) -> Self {
        Self { whole: false, ..Self::whole(text) }
    }

    /// With a description of one line, which is cut if it is long.
    #[must_use]
    pub fn about(self, about: &str) -> Self {
        let line = about.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let mut about: String = visible(line).chars().take(LONGEST + 1).collect();
        if about.chars().count() > LONGEST {
            about.pop();
            about.push('…');
        }
        Self { about, ..self }
    }

    /// Whether it can be typed: a terminal obeys control characters.
    pub(super) fn is_typable(&self) -> bool {
        !self.text.contains(char::is_control)
    }
}
