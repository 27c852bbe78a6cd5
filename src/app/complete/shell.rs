//! The shells, and how each wants to be told.

use crate::app::args::wrong;
use crate::complete::{Candidate, Word};
use crate::diag::Result;

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    pub(crate) const NAMES: [(&'static str, Self); 3] =
        [("bash", Self::Bash), ("zsh", Self::Zsh), ("fish", Self::Fish)];

    /// The shell of that name, or whose file has that name.
    ///
    /// # Errors
    /// Another one.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let bare = name.rsplit('/').next().unwrap_or(name);
        let names = Self::NAMES.map(|(name, _)| name);
        match Self::NAMES.iter().find(|(known, _)| *known == bare) {
            Some((_, shell)) => Ok(*shell),
            None => Err(wrong(format!("there is no completion for the shell `{bare}`"))
                .help(format!("shells: {}", names.join(", ")))),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, shell)| *shell == self).map_or("", |(name, _)| name)
    }

    /// Whether it shows descriptions.
    pub(crate) fn describes(self) -> bool {
        self != Self::Bash
    }

    /// What its script reads: a line for each candidate. `breaks` are the characters at which bash breaks words.
    pub(crate) fn print(self, word: &Word, candidates: &[Candidate], breaks: &str) -> String {
        let mut out = String::new();
        let kept = word.kept_by_bash(breaks);
        for Candidate { text, about, whole } in candidates {
            match self {
                Self::Bash => {
                    // What bash keeps is what was typed, and so begins every candidate.
                    let Some(rest) = text.get(kept..) else { continue };
                    quote(rest, word.quote(), &mut out);
                    // A space ends what is finished; the script takes it off again.
                    out.push_str(if *whole { " " } else { "" });
                }
                Self::Zsh => {
                    out.push(if *whole { '+' } else { '-' });
                    out.push_str(&text.replace('\\', r"\\").replace(':', r"\:"));
                    if !about.is_empty() {
                        out.push(':');
                        out.push_str(about);
                    }
                }
                Self::Fish => {
                    out.push_str(text);
                    if !about.is_empty() {
                        out.push('\t');
                        out.push_str(about);
                    }
                }
            }
            out.push('\n');
        }
        out
    }
}

/// Text as it can stand behind what is typed, where a quote may be open.
fn quote(text: &str, open: Option<char>, out: &mut String) {
    for c in text.chars() {
        let plain = c.is_alphanumeric() || "_-./=+,:@%~".contains(c);
        match open {
            Some('\'') if c == '\'' => out.push_str(r"'\''"),
            Some('"') if "\"\\$`".contains(c) => out.extend(['\\', c]),
            None if !plain => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complete::Line;

    #[test]
    fn each_shell_is_told_in_its_own_way() {
        let candidates =
            [Candidate::open("db.").about("2 keys"), Candidate::whole("url='a b':1").about("now")];
        let told = |shell: Shell, typed: &str| {
            shell.print(&Line::parse(typed).word, &candidates, " \t\n\"'><=;|&(:@")
        };
        assert_eq!(told(Shell::Fish, ""), "db.\t2 keys\nurl='a b':1\tnow\n");
        assert_eq!(told(Shell::Zsh, ""), "-db.:2 keys\n+url='a b'\\:1:now\n");
        assert_eq!(told(Shell::Bash, ""), "db.\nurl=\\'a\\ b\\':1 \n");
        assert_eq!(told(Shell::Bash, "'"), "db.\nurl='\\''a b'\\'':1 \n");
        let url = [Candidate::whole("url='a b':1")];
        let word = Line::parse("url=").word;
        assert_eq!(Shell::Bash.print(&word, &url, "=:"), "\\'a\\ b\\':1 \n");
    }
}
