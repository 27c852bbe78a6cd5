//! The format string of a line, in each of Python's three styles.

use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::field::{Field, Of, Value};
use crate::app::program::logging::spec::Spec;
use crate::diag::{Error, ErrorKind, Result, did_you_mean};

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Field(Field, Spec),
    /// The colour that a table has for the level.
    Colour(usize, Spec),
}

/// What a name in a format string stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Named {
    Field(Field, Of),
    /// A text that is the same in all lines.
    Text(String),
    Colour(usize),
}

/// How a format string marks what is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `%(name)s`
    Percent,
    /// `{name}`
    Brace,
    /// `$name`
    Dollar,
}

/// What the names of a format string stand for.
pub(super) trait Names {
    fn named(&self, name: &str) -> Option<Named>;

    /// All of them, for who took a wrong one.
    fn all(&self) -> Vec<String>;
}

/// Reads a format string.
///
/// # Errors
/// The first directive that is none, or names what no record has.
pub(super) fn parse(text: &str, style: Style, names: &dyn Names) -> Result<Vec<Piece>> {
    let mut reading = Reading { pieces: Vec::new(), names };
    match style {
        Style::Percent => reading.percent(text)?,
        Style::Brace => reading.braces(text)?,
        Style::Dollar => reading.dollars(text)?,
    }
    Ok(reading.pieces)
}

/// Writes a line.
pub(super) fn fill(
    pieces: &[Piece],
    entry: &Entry<'_>,
    time: impl Fn() -> String,
    colour: impl Fn(usize) -> String,
    out: &mut String,
) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Field(field, spec) => spec.write(&field.value(entry, &time), out),
            Piece::Colour(table, spec) => spec.write(&Value::Text(colour(*table).into()), out),
        }
    }
}

struct Reading<'a> {
    pieces: Vec<Piece>,
    names: &'a dyn Names,
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Constraint, message)
}

impl Reading<'_> {
    fn text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    fn named(&self, name: &str) -> Result<Named> {
        self.names.named(name).ok_or_else(|| {
            let known = self.names.all();
            let error = wrong(format!("no record of a log has `{name}`"));
            match did_you_mean(name, known.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => {
                    error.note(format!("a record has: {}", Field::names().collect::<Vec<_>>().join(", ")))
                }
            }
        })
    }

    fn add(&mut self, named: Named, spec: Spec) {
        match named {
            Named::Field(field, _) => self.pieces.push(Piece::Field(field, spec)),
            Named::Colour(table) => self.pieces.push(Piece::Colour(table, spec)),
            Named::Text(text) => {
                let mut shown = String::new();
                spec.write(&Value::Text(text.into()), &mut shown);
                self.text(&shown);
            }
        }
    }

    fn percent(&mut self, text: &str) -> Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            self.text(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(more) = rest.strip_prefix('%') {
                self.text("%");
                rest = more;
                continue;
            }
            let Some((name, more)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) else {
                let shown: String = rest.chars().take(1).collect();
                return Err(wrong(format!("`%{shown}` is no directive of a log format"))
                    .help("type `%(name)s` for what a record has, and `%%` for `%`"));
            };
            let named = self.named(name)?;
            let (spec, more) = Spec::of_percent(name, named.of(), more)?;
            self.add(named, spec);
            rest = more;
        }
        self.text(rest);
        Ok(())
    }

    fn braces(&mut self, text: &str) -> Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            self.text(&rest[..at]);
            let (brace, more) = rest[at..].split_at(1);
            if let Some(more) = more.strip_prefix(brace) {
                self.text(brace);
                rest = more;
                continue;
            }
            let Some((inner, more)) = more.split_once('}').filter(|_| brace == "{") else {
                return Err(wrong(format!("a single `{brace}` in a log format"))
                    .help(format!("type `{brace}{brace}`")));
            };
            let (name, spec) = inner.split_once(':').unwrap_or((inner, ""));
            let (name, repr) = match name.split_once('!') {
                None | Some((_, "s")) => (name.split('!').next().unwrap_or(name), false),
                Some((name, "r" | "a")) => (name, true),
                Some((_, flag)) => return Err(wrong(format!("there is no conversion `!{flag}`"))),
            };
            let named = self.named(name)?;
            let of = if repr { Of::Text } else { named.of() };
            let mut spec = Spec::of_braces(name, of, spec)?;
            if repr {
                spec.conversion = 'r';
            }
            self.add(named, spec);
            rest = more;
        }
        self.text(rest);
        Ok(())
    }

    fn dollars(&mut self, text: &str) -> Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            self.text(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(more) = rest.strip_prefix('$') {
                self.text("$");
                rest = more;
                continue;
            }
            let name = |text: &str| {
                text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
            };
            let (name, more) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some(found) => found,
                None => rest.split_at(name(rest)),
            };
            if name.is_empty() {
                return Err(wrong("a single `$` in a log format".to_owned()).help("type `$$`"));
            }
            let named = self.named(name)?;
            self.add(named, Spec::PLAIN);
            rest = more;
        }
        self.text(rest);
        Ok(())
    }
}

impl Named {
    fn of(&self) -> Of {
        match self {
            Self::Field(_, of) => *of,
            Self::Text(_) | Self::Colour(_) => Of::Text,
        }
    }
}
