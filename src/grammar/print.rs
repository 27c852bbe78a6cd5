//! How overrides and values print: the form that reads back as the same value.

use std::fmt::{self, Display as _, Write as _};

use crate::grammar::scan;
use crate::grammar::value::{
    Choice, Number, NumberCast, Operand, Quote, Range, Sweep, SweepKind, Value, ValueKind,
};
use crate::value::{Text, write_float};

/// The form in which sweeps write the values of their jobs: no blanks, specials escaped, quotes kept. Text that
/// cannot stand unquoted is quoted.
///
/// What was parsed from literals reads back as the same value. Text that a function made (`str(1)`) prints
/// unquoted, as `1`, and so reads back as a number; a sweep of the `a,b` form inside a value prints as `choice(a,b)`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ValueKind::Null => f.write_str("null"),
            ValueKind::Bool(b) => f.write_str(boolean(*b)),
            ValueKind::Int(i) => write!(f, "{i}"),
            ValueKind::BigInt(digits) => f.write_str(digits),
            ValueKind::Float(x) => f.write_str(&float(*x)),
            ValueKind::Text(text) => plain(f, text),
            ValueKind::Quoted(text, quote) => f.write_str(&quoted(text, *quote)),
            ValueKind::List(list) if list.shuffle => {
                f.write_str("shuffle([")?;
                separated(f, &list.items)?;
                f.write_str("])")
            }
            ValueKind::List(list) => {
                f.write_str("[")?;
                separated(f, &list.items)?;
                f.write_str("]")
            }
            ValueKind::Map(pairs) => {
                f.write_str("{")?;
                for (i, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}:", if i > 0 { "," } else { "" })?;
                    inner(f, value)?;
                }
                f.write_str("}")
            }
            ValueKind::Sweep(sweep) => nested(f, sweep),
            ValueKind::Extend(items) => {
                f.write_str("extend_list(")?;
                arguments(f, items)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Sweep(sweep) => sweep.fmt(f),
        }
    }
}

/// As it would be typed: `a,b`, `range(0,3,1)`, `tag(t,choice(a,b))`.
impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tags.is_empty() {
            f.write_str("tag(")?;
            for tag in &self.tags {
                plain_argument(f, tag)?;
                f.write_str(",")?;
            }
            return write!(f, "{})", Self { tags: Default::default(), ..self.clone() });
        }
        match &self.kind {
            SweepKind::Choice(choice) => write_choice(f, choice),
            SweepKind::Range(range) => write_range(f, range),
            SweepKind::Interval { start, end } => write_interval(f, start, end),
            SweepKind::Glob { include, exclude } => {
                f.write_str("glob(")?;
                patterns(f, include)?;
                f.write_str(",exclude=")?;
                patterns(f, exclude)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => f.write_str(boolean(*b)),
            Self::Int(i) => write!(f, "{i}"),
            Self::BigInt(digits) => f.write_str(digits),
            Self::Float(x) => f.write_str(&float(*x)),
            Self::Decimal(decimal) => f.write_str(&float(decimal.to_float())),
        }
    }
}

fn write_choice(f: &mut fmt::Formatter<'_>, choice: &Choice) -> fmt::Result {
    if choice.shuffle {
        f.write_str("shuffle(")?;
    }
    if choice.simple && choice.shuffle {
        arguments(f, &choice.items)?;
    } else if choice.simple {
        separated(f, &choice.items)?;
    } else {
        f.write_str("choice(")?;
        arguments(f, &choice.items)?;
        f.write_str(")")?;
    }
    f.write_str(if choice.shuffle { ")" } else { "" })
}

fn write_range(f: &mut fmt::Formatter<'_>, range: &Range) -> fmt::Result {
    if range.shuffle {
        f.write_str("shuffle(")?;
    }
    for cast in range.casts.iter().rev() {
        f.write_str(match cast {
            NumberCast::Int => "int(",
            NumberCast::Float => "float(",
        })?;
    }
    write!(f, "range({},{},{})", range.start, range.stop, range.step)?;
    for _ in 0..range.casts.len() + usize::from(range.shuffle) {
        f.write_str(")")?;
    }
    Ok(())
}

/// The ends of an interval are floats unless it is cast.
fn write_interval(f: &mut fmt::Formatter<'_>, start: &Number, end: &Number) -> fmt::Result {
    match start {
        Number::Float(_) => write!(f, "interval({start},{end})"),
        _ => write!(f, "int(interval({start},{end}))"),
    }
}

/// A sweep inside another value. The `a,b` form would fall apart there.
fn nested(f: &mut fmt::Formatter<'_>, sweep: &Sweep) -> fmt::Result {
    match &sweep.kind {
        SweepKind::Choice(choice) if choice.simple && !choice.shuffle => {
            let kind = SweepKind::Choice(Choice { simple: false, ..choice.clone() });
            Sweep { kind, ..sweep.clone() }.fmt(f)
        }
        _ => sweep.fmt(f),
    }
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[Value]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        inner(f, item)?;
    }
    Ok(())
}

/// A value inside another one, where empty text needs quotes to be seen.
fn inner(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match &value.kind {
        ValueKind::Text(text) if text.is_empty() => f.write_str("''"),
        _ => value.fmt(f),
    }
}

/// Values as the arguments of a function, where quotes around the whole are taken away.
pub(crate) fn arguments(f: &mut fmt::Formatter<'_>, items: &[Value]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        f.write_str(if i > 0 { "," } else { "" })?;
        match &item.kind {
            ValueKind::Text(text) => plain_argument(f, text)?,
            _ => item.fmt(f)?,
        }
    }
    Ok(())
}

fn patterns(f: &mut fmt::Formatter<'_>, patterns: &[Value]) -> fmt::Result {
    if let [Value { kind: ValueKind::Text(_), .. }] = patterns {
        return arguments(f, patterns);
    }
    f.write_str("[")?;
    separated(f, patterns)?;
    f.write_str("]")
}

/// Unquoted text with its specials escaped. Characters that cannot be escaped stand only inside `${…}`, which is then
/// left as it is, or else the text is quoted.
fn plain(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if stands_unquoted(text) {
        return escaped(f, text);
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, behind) = rest.split_at(start);
        let Some(end) = behind.find('}').filter(|&end| end > 2) else { break };
        let (inner, after) = behind.split_at(end + 1);
        pieces.push((before, inner));
        rest = after;
    }
    if !pieces.iter().all(|(before, _)| stands_unquoted(before)) || !stands_unquoted(rest) {
        return f.write_str(&quoted(text, Quote::Single));
    }
    for (before, inner) in pieces {
        escaped(f, before)?;
        f.write_str(inner)?;
    }
    escaped(f, rest)
}

fn escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        if c.is_ascii() && scan::escapable(u8::try_from(c).unwrap_or(0)) {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    Ok(())
}

/// Text as an argument of a function, where quotes are taken away again: quoted if it would not be text otherwise.
fn plain_argument(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let whole = scan::lexeme(text.as_bytes(), 0).filter(|&(_, end)| end == text.len());
    match whole {
        Some((scan::Lexeme::Word, _)) => plain(f, text),
        _ => f.write_str(&quoted(text, Quote::Single)),
    }
}

/// Whether text can be written without quotes, with its specials escaped.
pub(crate) fn stands_unquoted(text: &str) -> bool {
    text.bytes().all(may_stand_unquoted)
}

fn may_stand_unquoted(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || scan::escapable(byte)
        || matches!(byte, b'_' | b'/' | b'-' | b'+' | b'.' | b'$' | b'%' | b'*' | b'@' | b'?' | b'|')
}

/// Text in quotes: backslashes are doubled before a quote and at the end, and nowhere else.
pub(crate) fn quoted(text: &str, quote: Quote) -> String {
    let mark = quote.char();
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    let mut slashes = 0;
    for c in text.chars() {
        if c == mark {
            out.extend(std::iter::repeat_n('\\', slashes + 1));
        }
        slashes = if c == '\\' { slashes + 1 } else { 0 };
        out.push(c);
    }
    out.extend(std::iter::repeat_n('\\', slashes));
    out.push(mark);
    out
}

/// `True`, `False`.
pub(crate) fn boolean(b: bool) -> &'static str {
    if b { "True" } else { "False" }
}

/// The shortest digits that read back as the same float: `1.0`, `1e-05`, `1e+16`.
pub(crate) fn float(x: f64) -> Text {
    let mut out = String::new();
    write_float(x, &mut out);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_double_the_backslashes_that_count() {
        assert_eq!(quoted(r"it's \ a\' \", Quote::Single), r"'it\'s \ a\\\' \\'");
        assert_eq!(quoted("it's", Quote::Double), "\"it's\"");
    }
}
