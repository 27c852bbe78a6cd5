//! What a shell asks.

use crate::complete::Line;
use crate::facts::Facts;

/// The question of a shell: the line up to the cursor, as bash says it in the environment.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: Line,
    /// The characters at which the shell breaks words; none but bash says so.
    pub(crate) breaks: String,
}

impl Asked {
    /// Reads `COMP_LINE`, `COMP_POINT` (in characters) and `COMP_WORDBREAKS`; `None` if no shell asks.
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        let line = facts.env.get("COMP_LINE")?;
        let point = facts.env.get("COMP_POINT").and_then(|point| point.trim().parse().ok());
        let cut = point.and_then(|point| line.char_indices().nth(point)).map_or(line.len(), |(at, _)| at);
        let breaks = facts.env.get("COMP_WORDBREAKS").unwrap_or_default().to_owned();
        Some(Self { line: Line::parse(&line[..cut]), breaks })
    }

    /// Takes the program's name off the line, with the variables that are set before it.
    pub(crate) fn behind_program(mut self) -> Self {
        let is_variable = |word: &String| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            })
        };
        let variables = self.line.before.iter().take_while(|word| is_variable(word)).count();
        self.line.before.drain(..(variables + 1).min(self.line.before.len()));
        self
    }

    /// Takes all up to the script of that name off the line; `None` if it does not stand there.
    pub(crate) fn behind_script(mut self, script: &str) -> Option<Self> {
        let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
        let at = self.line.before.iter().position(|word| name(word) == name(script))?;
        self.line.before.drain(..=at);
        Some(self)
    }
}
