//! The left side of an override.

use crate::diag::Span;
use crate::grammar::parse::Parser;
use crate::grammar::scan::{self, byte};
use crate::grammar::target::Target;

/// What one segment of a key is.
#[derive(Clone, Copy, PartialEq)]
enum Segment {
    /// Letters, digits, `_` and `-`.
    Id,
    /// The same with `$`.
    Special,
    /// A whole number.
    Number,
    /// With a backslash before `.`, `[`, `]` or `=`.
    Escaped,
}

/// What a run of segments is.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Empty,
    Id,
    Dotted,
    /// With brackets or escapes.
    Explicit,
}

impl Parser<'_, '_> {
    /// Reads the key from an offset to `=` or to the end, and says where the `=` stands.
    pub(super) fn target(&mut self, start: usize, deletes: bool) -> (Option<Target>, Option<usize>) {
        let bytes = self.text.as_bytes();
        let (shape, mut at) = path(bytes, start);
        if shape == Shape::Id {
            while byte(bytes, at) == b'/' {
                match path(bytes, at + 1) {
                    (Shape::Id, end) => at = end,
                    _ => return self.bad_key(start, at, deletes),
                }
            }
        }
        let key_end = at;
        let mut package = None;
        if byte(bytes, at) == b'@' && shape != Shape::Explicit {
            let (package_shape, end) = path(bytes, at + 1);
            if package_shape == Shape::Explicit {
                return self.bad_key(start, end, deletes);
            }
            package = Some(self.slice(at + 1, end).into());
            at = end;
        }
        let ends = at == bytes.len();
        let complete = if ends { deletes } else { byte(bytes, at) == b'=' };
        if !complete {
            return self.bad_key(start, at, deletes);
        }
        let key = self.slice(start, key_end).into();
        let target = Target::new(key, package, shape == Shape::Explicit, Span::new(start, at));
        (Some(target), (!ends).then_some(at))
    }

    /// Reports what is wrong at an offset, and finds the `=` to go on from.
    fn bad_key(&mut self, start: usize, at: usize, deletes: bool) -> (Option<Target>, Option<usize>) {
        let bytes = self.text.as_bytes();
        let equal = self.text.get(at..).and_then(|rest| rest.find('=')).map(|i| at + i);
        let found = self.text.get(at..).and_then(|rest| rest.chars().next());
        let span = Span::new(at, at + found.map_or(0, char::len_utf8));
        let key = self.slice(start, equal.unwrap_or(self.text.len())).trim().to_owned();
        let (message, help): (String, Vec<String>) = match found {
            None if self.text.is_empty() => ("an override is empty".into(), vec!["write `key=value`".into()]),
            None => {
                let whole = Span::new(start, at);
                let mut help = vec![format!("to set it, write `{}{key}=value`", self.slice(0, start))];
                if !deletes && start == 0 {
                    help.push(format!("to delete it, write `~{key}`"));
                }
                let help: Vec<&str> = help.iter().map(String::as_str).collect();
                self.report(whole, format!("`{}` has no value", self.text), &help);
                return (None, None);
            }
            Some(' ' | '\t') => (
                "a blank cannot stand in or beside a key".into(),
                vec!["write `key=value` without blanks before the `=`".into()],
            ),
            Some('[') => (
                "this `[` is not closed, or what it holds is no key".into(),
                vec!["write `list[0]`, or `list.0`".into()],
            ),
            Some('.') => (
                "a key is missing beside this `.`".into(),
                vec![r"a dot that belongs to a key is written `\.`".into()],
            ),
            Some('/') => (
                "`/` stands only between the names of config groups".into(),
                vec!["a group is `db/mysql`, a key is `db.mysql`".into()],
            ),
            Some('@') => ("a package cannot follow this".into(), vec!["write `group@package=option`".into()]),
            Some(':') if equal.is_none() && !key.contains('@') => {
                let value = self.slice(at + 1, bytes.len()).trim();
                let help = format!("write `{}={value}`", self.slice(0, at));
                ("`:` does not stand between a key and its value".into(), vec![help])
            }
            Some(':') => (
                "`:` cannot stand in a key".into(),
                vec!["write `key=value`, or `group@package=option`: a package is not renamed".into()],
            ),
            Some('+') if at > start && equal == Some(at + 1) => {
                let (key, value) = (self.slice(start, at), self.slice(at + 2, bytes.len()));
                let help = [
                    format!("to append to a list, write `{key}=extend_list({value})`"),
                    format!("to add a key, write `+{key}={value}`"),
                ];
                ("`+=` does not exist".into(), help.into())
            }
            Some('+' | '~') => ("a key starts with `+`, `++` or `~` at most".into(), vec![]),
            Some(quote @ ('\'' | '"')) if at == start && self.text.ends_with(quote) && equal.is_some() => {
                let inner = self.slice(at, bytes.len()).trim_matches(quote);
                let help = format!("take the quotes away: `{}{inner}`", self.slice(0, start));
                self.report(span, "an override as a whole is not quoted".to_owned(), &[&help]);
                return (None, None);
            }
            Some('\'' | '"') => {
                ("a key is not quoted".into(), vec![format!("write `{}`", key.replace(['\'', '"'], ""))])
            }
            Some('-') if at == start => {
                let help = format!("write `{}`", self.text.trim_start_matches('-'));
                ("a key cannot start with `-`".into(), vec![help])
            }
            Some(c) if c.is_ascii_digit() && at == start => {
                let help = match equal {
                    Some(_) => "an element of a list is `list.0`".to_owned(),
                    None => format!("write `key={}`", self.text),
                };
                ("a key cannot be a number".into(), vec![help])
            }
            Some(c) => (
                format!("`{c}` cannot stand in a key"),
                vec!["a key is made of letters, digits, `_`, `-` and `$`, with dots between".into()],
            ),
        };
        let help: Vec<&str> = help.iter().map(String::as_str).collect();
        self.report(span, message, &help);
        debug_assert!(at <= bytes.len(), "the mistake stands in the text");
        (None, equal)
    }
}

/// The path that starts at an offset, and where it ends.
fn path(bytes: &[u8], start: usize) -> (Shape, usize) {
    let Some((first, mut at)) = segment(bytes, start) else { return (Shape::Empty, start) };
    let mut shape = match first {
        Segment::Id => Shape::Id,
        Segment::Escaped => Shape::Explicit,
        Segment::Special | Segment::Number => Shape::Dotted,
    };
    let mut lone_number = first == Segment::Number;
    loop {
        match byte(bytes, at) {
            b'.' => match segment(bytes, at + 1) {
                Some((next, end)) => {
                    let explicit = next == Segment::Escaped || shape == Shape::Explicit;
                    shape = if explicit { Shape::Explicit } else { Shape::Dotted };
                    lone_number = false;
                    at = end;
                }
                None => break,
            },
            b'[' if !lone_number => match bracket(bytes, at) {
                Some(end) => {
                    shape = Shape::Explicit;
                    at = end;
                }
                None => break,
            },
            _ => break,
        }
    }
    if lone_number { (Shape::Empty, start) } else { (shape, at) }
}

/// One segment between dots.
fn segment(bytes: &[u8], start: usize) -> Option<(Segment, usize)> {
    let mut at = start;
    let (mut escaped, mut special) = (false, false);
    loop {
        match byte(bytes, at) {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => at += 1,
            b'$' => {
                special = true;
                at += 1;
            }
            b'\\' if escapes(byte(bytes, at + 1)) => {
                escaped = true;
                at += 2;
            }
            _ => break,
        }
    }
    match byte(bytes, start) {
        _ if escaped => Some((Segment::Escaped, at)),
        b'0'..=b'9' => Some((Segment::Number, scan::whole(bytes, start))),
        b'-' => None,
        _ if at == start => None,
        _ => Some((if special { Segment::Special } else { Segment::Id }, at)),
    }
}

/// `[key]`: where it ends.
fn bracket(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match byte(bytes, at) {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'$' => at += 1,
            b'\\' if escapes(byte(bytes, at + 1)) => at += 2,
            b']' if at > open + 1 => return Some(at + 1),
            _ => return None,
        }
    }
}

fn escapes(byte: u8) -> bool {
    matches!(byte, b'.' | b'[' | b']' | b'=')
}
