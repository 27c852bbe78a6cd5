//! What is wrong with the left side of an override, and what to type instead.

use crate::diag::Span;

/// A left side that cannot be read from an offset on.
pub(super) struct BadKey<'t> {
    pub(super) text: &'t str,
    /// Where the key begins.
    pub(super) start: usize,
    /// Where it goes wrong.
    pub(super) at: usize,
    /// Whether the override deletes.
    pub(super) deletes: bool,
}

/// What is said of it.
pub(super) struct Told {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: Vec<String>,
    /// Where the value begins that is to be read all the same, by the `=` before it.
    pub(super) equal: Option<usize>,
}

impl BadKey<'_> {
    pub(super) fn told(&self) -> Told {
        let found = self.from(self.at).chars().next();
        let span = Span::new(self.at, self.at + found.map_or(0, char::len_utf8));
        let told = |message: String, help: Vec<String>| Told { span, message, help, equal: self.equal() };
        match found {
            None => self.end(),
            Some(quote @ ('\'' | '"')) if self.is_quoted(quote) => {
                let inner = self.from(self.at).trim_matches(quote);
                let help = format!("take the quotes away: `{}{inner}`", self.between(0, self.start));
                let message = "an override as a whole is not quoted".to_owned();
                Told { equal: None, ..told(message, vec![help]) }
            }
            Some(c) => {
                let (message, help) = self.sign(c).or_else(|| self.beginning(c)).unwrap_or_else(|| {
                    let help = "a key is made of letters, digits, `_`, `-` and `$`, with dots between";
                    (format!("`{c}` cannot stand in a key"), vec![help.to_owned()])
                });
                told(message, help)
            }
        }
    }

    /// The text ends where something is missing.
    fn end(&self) -> Told {
        let told = |span, message: String, help| Told { span, message, help, equal: None };
        if self.text.is_empty() {
            let help = vec!["write `key=value`".to_owned()];
            return told(Span::new(self.at, self.at), "an override is empty".to_owned(), help);
        }
        let key = self.key();
        if !key.starts_with(|c: char| c.is_alphanumeric() || "_$\\".contains(c)) {
            let help = format!("write `{}key=value`", self.between(0, self.start));
            let help = if self.deletes { "write `~key`".to_owned() } else { help };
            return told(Span::new(0, self.at), format!("`{}` names no key", self.text), vec![help]);
        }
        let mut help = vec![format!("to set it, write `{}{key}=value`", self.between(0, self.start))];
        if let Some((group, option)) = key.rsplit_once('/').filter(|_| !self.deletes) {
            help = vec![format!(
                "to choose the option, write `{}{group}={option}`",
                self.between(0, self.start)
            )];
        }
        if matches!(self.text, "help" | "version") {
            help = vec![format!("did you mean `--{key}`?")];
        } else if !self.deletes && self.start == 0 {
            help.push(format!("to delete it, write `~{key}`"));
        }
        told(Span::new(self.start, self.at), format!("`{}` has no value", self.text), help)
    }

    /// A sign that has a meaning elsewhere.
    fn sign(&self, c: char) -> Option<(String, Vec<String>)> {
        let (message, help) = match c {
            ' ' | '\t' => {
                ("a blank cannot stand in or beside a key", "write `key=value` without blanks before the `=`")
            }
            '[' => ("this `[` is not closed, or what it holds is no key", "write `list[0]`, or `list.0`"),
            '.' => ("a key is missing beside this `.`", r"a dot that belongs to a key is written `\.`"),
            '/' => (
                "`/` stands only between the names of config groups",
                "a group is `db/mysql`, a key is `db.mysql`",
            ),
            '@' => ("a package cannot follow this", "write `group@package=option`"),
            ':' => return Some(self.colon()),
            '+' | '~' => return Some(self.prefix(c)),
            '\'' | '"' => {
                let help = format!("write `{}`", self.key().replace(['\'', '"'], ""));
                return Some(("a key is not quoted".to_owned(), vec![help]));
            }
            _ => return None,
        };
        Some((message.to_owned(), vec![help.to_owned()]))
    }

    fn colon(&self) -> (String, Vec<String>) {
        if self.equal().is_none() && !self.key().contains('@') {
            let (key, value) = (self.between(0, self.at), self.from(self.at + 1).trim());
            let message = "`:` does not stand between a key and its value";
            return (message.to_owned(), vec![format!("write `{key}={value}`")]);
        }
        let help = "write `key=value`, or `group@package=option`: a package is not renamed";
        ("`:` cannot stand in a key".to_owned(), vec![help.to_owned()])
    }

    /// What only stands before a key.
    fn prefix(&self, c: char) -> (String, Vec<String>) {
        if c == '+' && self.at > self.start && self.equal() == Some(self.at + 1) {
            let (key, value) = (self.between(self.start, self.at), self.from(self.at + 2));
            let help = [
                format!("to append to a list, write `{key}=extend_list({value})`"),
                format!("to add a key, write `+{key}={value}`"),
            ];
            return ("`+=` does not exist".to_owned(), help.into());
        }
        let (key, signs) = (self.between(self.start, self.at), self.from(self.at));
        let help = match signs {
            "+" | "++" if !key.is_empty() => vec![format!("write `{signs}{key}=value`")],
            "~" if !key.is_empty() => vec![format!("write `~{key}`")],
            _ => Vec::new(),
        };
        ("a key starts with `+`, `++` or `~` at most".to_owned(), help)
    }

    /// What stands in keys, and begins none.
    fn beginning(&self, c: char) -> Option<(String, Vec<String>)> {
        if self.at != self.start {
            return None;
        }
        let (message, help) = match c {
            '-' => (
                "a key cannot start with `-`",
                match self.text.trim_start_matches('-') {
                    rest if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                        format!("write `{rest}`")
                    }
                    _ => "write `key=value`".to_owned(),
                },
            ),
            c if c.is_ascii_digit() => (
                "a key cannot be a number",
                match self.equal() {
                    Some(_) => "an element of a list is `list.0`".to_owned(),
                    None => format!("write `key={}`", self.text),
                },
            ),
            _ => return None,
        };
        Some((message.to_owned(), vec![help]))
    }

    /// Whether the whole of it stands between quotes.
    fn is_quoted(&self, quote: char) -> bool {
        self.at == self.start && self.text.ends_with(quote) && self.equal().is_some()
    }

    /// Where the first `=` stands behind the mistake.
    fn equal(&self) -> Option<usize> {
        self.from(self.at).find('=').map(|found| self.at + found)
    }

    /// What was to be the key.
    fn key(&self) -> &str {
        self.between(self.start, self.equal().unwrap_or(self.text.len())).trim()
    }

    fn from(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    fn between(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }
}
