//! The left side of an override.

use crate::diag::Span;
use crate::grammar::bad_key::{BadKey, Told};
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
        let Told { span, message, help, equal } = BadKey { text: self.text, start, at, deletes }.told();
        let help: Vec<&str> = help.iter().map(String::as_str).collect();
        self.report(span, message, &help);
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
