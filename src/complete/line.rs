//! A command line up to the cursor, split as a shell splits it.

/// A command line up to the cursor.
///
/// ```
/// use mainstem::complete::Line;
/// let line = Line::parse("train 'model=big net' db=p");
/// assert_eq!(line.before, ["train", "model=big net"]);
/// assert_eq!(line.word.text, "db=p");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The words that are finished, without their quotes.
    pub before: Vec<String>,
    /// The word at the cursor; empty if none is begun.
    pub word: Word,
}

/// The word at the cursor, as far as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// What it means: without quotes and escapes.
    pub text: String,
    /// As it is typed.
    raw: String,
    /// The quote that is open at the cursor, and how many bytes of `text` stand before it.
    open: Option<(char, usize)>,
}

impl Line {
    /// Splits a line that ends at the cursor. Quotes and backslashes mean what they mean to a POSIX shell.
    pub fn parse(line: &str) -> Self {
        let mut split = Self { before: Vec::new(), word: Word::default() };
        let mut chars = line.chars().peekable();
        let mut begun = false;
        while let Some(c) = chars.next() {
            let word = &mut split.word;
            if c.is_whitespace() && word.open.is_none() {
                if begun {
                    split.before.push(std::mem::take(word).text);
                }
                begun = false;
                continue;
            }
            begun = true;
            word.raw.push(c);
            match (c, word.open) {
                ('\'' | '"', None) => word.open = Some((c, word.text.len())),
                (c, Some((quote, _))) if c == quote => word.open = None,
                ('\\', open) if open.is_none_or(|(quote, _)| quote == '"') => {
                    let next = chars.next();
                    word.raw.extend(next);
                    // In double quotes a backslash escapes a few characters only.
                    if open.is_some() && !next.is_some_and(|c| "\"\\$`".contains(c)) {
                        word.text.push('\\');
                    }
                    word.text.extend(next);
                }
                (c, _) => word.text.push(c),
            }
        }
        split
    }
}

impl Word {
    /// A word without quotes.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { raw: text.clone(), text, open: None }
    }

    /// The quote that is open at the cursor.
    pub fn quote(&self) -> Option<char> {
        self.open.map(|(quote, _)| quote)
    }

    /// How many bytes of the text bash leaves alone: it completes from the last character on at which it breaks words,
    /// or from an open quote on.
    pub fn kept_by_bash(&self, breaks: &str) -> usize {
        if let Some((_, before)) = self.open {
            return before;
        }
        let (mut quote, mut kept, mut meant) = (None, 0, 0);
        let mut chars = self.raw.chars();
        while let Some(c) = chars.next() {
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('\\', None | Some('"')) => {
                    let next = chars.next();
                    if quote.is_some() && !next.is_some_and(|c| "\"\\$`".contains(c)) {
                        meant += 1;
                    }
                    meant += next.map_or(0, char::len_utf8);
                }
                (c, _) => {
                    if quote.is_none() && breaks.contains(c) {
                        // What begins with these is completed with them: hosts and variables.
                        kept = if "@$".contains(c) { meant } else { meant + c.len_utf8() };
                    }
                    meant += c.len_utf8();
                }
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> (Vec<String>, String, Option<char>) {
        let line = Line::parse(line);
        let quote = line.word.quote();
        (line.before, line.word.text, quote)
    }

    #[test]
    fn words_are_those_of_a_shell() {
        let cases: &[(&str, &[&str], &str, Option<char>)] = &[
            ("", &[], "", None),
            ("a  b ", &["a", "b"], "", None),
            (r"a\ b c\=", &["a b"], "c=", None),
            ("'a b' \"c d\"", &["a b"], "c d", None),
            ("x='a ", &[], "x=a ", Some('\'')),
            (r#"x="a\$b\c" y="#, &[r"x=a$b\c"], "y=", None),
            ("'' a", &[""], "a", None),
            ("a 'é", &["a"], "é", Some('\'')),
        ];
        for (line, before, text, quote) in cases {
            let expected = (before.iter().map(|s| (*s).to_owned()).collect(), (*text).to_owned(), *quote);
            assert_eq!(split(line), expected, "{line}");
        }
    }

    #[test]
    fn bash_completes_from_the_last_break_on() {
        let breaks = " \t\n\"'><=;|&(:@";
        for (word, kept) in [
            ("db=p", "db="),
            ("db.port", ""),
            ("db@backup=p", "db@backup="),
            ("db@ba", "db"),
            ("'db=p", ""),
            ("db='p q", "db="),
            (r"db\=p", ""),
            ("a='x=y'", "a="),
            ("a=pkg://x", "a=pkg:"),
            ("é=ü", "é="),
        ] {
            let word = Line::parse(word).word;
            assert_eq!(&word.text[..word.kept_by_bash(breaks)], kept, "{word:?}");
        }
    }
}
