//! How one value is written: Python's printf directives (`%-8s`) and format specs (`{:>8}`).

use std::fmt::Write as _;

use crate::app::program::logging::field::{Of, Value};
use crate::diag::{Error, ErrorKind, Result};
use crate::value::{Node, write_repr};

/// How one value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    fill: char,
    align: Align,
    /// What stands before a number that is not negative.
    sign: Option<char>,
    /// Zeros between sign and digits, up to the width.
    zeros: bool,
    /// `#`: with `0x`, or with a point whatever follows it.
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    pub(super) conversion: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Left,
    Right,
    Centre,
}

/// More than a terminal has, and less than a disk.
const WIDEST: usize = 10_000;

impl Spec {
    /// A value as it is.
    pub(super) const PLAIN: Self = Self {
        fill: ' ',
        align: Align::Left,
        sign: None,
        zeros: false,
        alternate: false,
        width: 0,
        precision: None,
        conversion: 's',
    };

    /// Reads what follows `%(name)`, and returns what follows that.
    pub(super) fn of_percent<'t>(name: &str, of: Of, text: &'t str) -> Result<(Self, &'t str)> {
        let mut spec = Self { align: Align::Right, ..Self::PLAIN };
        let mut rest = text;
        let mut left = false;
        while let Some(flag) = rest.chars().next().filter(|c| "-+ 0#".contains(*c)) {
            match flag {
                '-' => left = true,
                '+' => spec.sign = Some('+'),
                ' ' => spec.sign = spec.sign.or(Some(' ')),
                '0' => spec.zeros = true,
                _ => spec.alternate = true,
            }
            rest = &rest[1..];
        }
        if left {
            (spec.align, spec.zeros) = (Align::Left, false);
        }
        let (width, more) = number(rest)?;
        rest = more;
        spec.width = width.unwrap_or(0);
        if let Some(more) = rest.strip_prefix('.') {
            let (precision, more) = number(more)?;
            spec.precision = Some(precision.unwrap_or(0));
            rest = more;
        }
        // Python takes the modifiers of C, which say nothing.
        rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
        let shown = |end: usize| format!("%({name}){}", &text[..end]);
        let Some(conversion) = rest.chars().next() else {
            let message = format!("the directive `{}` has no end", shown(text.len()));
            return Err(Error::new(ErrorKind::Constraint, message).help(format!("type `%({name})s`")));
        };
        let end = text.len() - rest.len() + conversion.len_utf8();
        spec.conversion = match conversion {
            'i' | 'u' => 'd',
            'r' | 'a' => 'r',
            's' | 'd' | 'x' | 'X' | 'o' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' => conversion,
            _ => {
                let message = format!("`{}` is no directive of a log format", shown(end));
                return Err(Error::new(ErrorKind::Constraint, message).help(format!("type `%({name})s`")));
            }
        };
        spec.fits(of, &shown(end), name)?;
        Ok((spec, &text[end..]))
    }

    /// Reads what stands behind the colon of `{name:>8}`. Grouping and percentages are not known.
    pub(super) fn of_braces(name: &str, of: Of, text: &str) -> Result<Self> {
        let mut spec = Self { align: if of == Of::Text { Align::Left } else { Align::Right }, ..Self::PLAIN };
        let align = |c: char| match c {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Centre),
            _ => None,
        };
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let mut rest = text;
        if let (Some(fill), Some(found)) = (first, second.and_then(align)) {
            (spec.fill, spec.align) = (fill, found);
            rest = chars.as_str();
        } else if let Some(found) = first.and_then(align) {
            spec.align = found;
            rest = &text[1..];
        }
        if of != Of::Text
            && let Some(sign) = rest.chars().next().filter(|c| "+- ".contains(*c))
        {
            spec.sign = Some(sign).filter(|sign| *sign != '-');
            rest = &rest[1..];
        }
        if let Some(more) = rest.strip_prefix('0').filter(|_| of != Of::Text) {
            spec.zeros = true;
            rest = more;
        }
        let (width, more) = number(rest)?;
        spec.width = width.unwrap_or(0);
        rest = more;
        if let Some(more) = rest.strip_prefix('.') {
            let (precision, more) = number(more)?;
            spec.precision = precision;
            rest = more;
        }
        let shown = format!("{{{name}:{text}}}");
        let unknown = || {
            let message = format!("`{shown}` is no directive of a log format");
            Error::new(ErrorKind::Constraint, message).help(format!("type `{{{name}}}`"))
        };
        let (numeric, textual) = (of != Of::Text, of == Of::Text);
        spec.conversion = match rest {
            "" if of == Of::Int => 'd',
            "" if of == Of::Float && spec.precision.is_some() => return Err(unknown()),
            "" => 's',
            "s" if textual => 's',
            "d" | "x" | "X" | "o" if of == Of::Int => rest.chars().next().unwrap_or('d'),
            "e" | "E" | "f" | "F" | "g" | "G" if numeric => rest.chars().next().unwrap_or('f'),
            _ => return Err(unknown()),
        };
        Ok(spec)
    }

    fn fits(self, of: Of, shown: &str, name: &str) -> Result<()> {
        let message = match (of, self.conversion) {
            (Of::Text, 's' | 'r') | (Of::Int, _) => return Ok(()),
            (Of::Float, 'x' | 'X' | 'o') => format!("`{shown}` writes an integer, and `{name}` is a float"),
            (Of::Float, _) => return Ok(()),
            (Of::Text, _) => format!("`{shown}` writes a number, and `{name}` is text"),
        };
        Err(Error::new(ErrorKind::Constraint, message).help(format!("type `%({name})s`")))
    }

    /// Writes a value.
    pub(super) fn write(self, value: &Value<'_>, out: &mut String) {
        let body = match (value, self.conversion) {
            (Value::Text(text), 's') => match self.precision {
                None if self.width == 0 => return out.push_str(text),
                None => text.clone().into_owned(),
                Some(most) => text.chars().take(most).collect(),
            },
            (Value::Text(text), _) => self.cut(&Node::from(text.as_ref())),
            (Value::Int(number), 's' | 'r') => self.cut(&Node::from(*number)),
            (Value::Float(number), 's' | 'r') => self.cut(&Node::from(*number)),
            (Value::Int(number), 'd' | 'x' | 'X' | 'o') => return self.integer(*number, out),
            #[expect(clippy::cast_possible_truncation, reason = "as `%d` does")]
            (Value::Float(number), 'd') => return self.integer(*number as i64, out),
            #[expect(clippy::cast_precision_loss, reason = "as Python's float() does")]
            (Value::Int(number), _) => return self.float(*number as f64, out),
            (Value::Float(number), _) => return self.float(*number, out),
        };
        Self { zeros: false, ..self }.pad("", &body, out);
    }

    fn cut(self, node: &Node) -> String {
        let mut text = String::new();
        write_repr(node, &mut text);
        match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        }
    }

    fn integer(self, number: i64, out: &mut String) {
        let magnitude = number.unsigned_abs();
        let (prefix, digits) = match self.conversion {
            'x' => ("0x", format!("{magnitude:x}")),
            'X' => ("0X", format!("{magnitude:X}")),
            'o' => ("0o", format!("{magnitude:o}")),
            _ => ("", magnitude.to_string()),
        };
        let digits = format!("{digits:0>least$}", least = self.precision.unwrap_or(0));
        let prefix = if self.alternate { prefix } else { "" };
        self.pad(&format!("{}{prefix}", self.sign_of(number < 0)), &digits, out);
    }

    fn float(self, number: f64, out: &mut String) {
        let precision = self.precision.unwrap_or(6);
        let magnitude = number.abs();
        let digits = match self.conversion {
            'e' | 'E' => exponential(magnitude, precision),
            'g' | 'G' => self.general(magnitude, precision.max(1)),
            _ => format!("{magnitude:.precision$}"),
        };
        let digits = if self.conversion.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
        self.pad(&self.sign_of(number.is_sign_negative()), &digits, out);
    }

    /// The shorter one of the two, with so many digits at most.
    fn general(self, number: f64, precision: usize) -> String {
        let scientific = exponential(number, precision - 1);
        let exponent: i64 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
        let digits = i64::try_from(precision).unwrap_or(i64::MAX);
        let stripped = |text: &str| match text.contains('.') && !self.alternate {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text.to_owned(),
        };
        if (-4..digits).contains(&exponent) {
            let after = usize::try_from(digits - 1 - exponent).unwrap_or(0);
            return stripped(&format!("{number:.after$}"));
        }
        match scientific.split_once('e') {
            Some((mantissa, exponent)) => format!("{}e{exponent}", stripped(mantissa)),
            None => scientific,
        }
    }

    fn sign_of(self, negative: bool) -> String {
        if negative { "-".to_owned() } else { self.sign.map(String::from).unwrap_or_default() }
    }

    /// Fills up to the width, between what comes first and the rest if by zeros.
    fn pad(self, first: &str, rest: &str, out: &mut String) {
        let missing = self.width.saturating_sub(first.chars().count() + rest.chars().count());
        let (before, between, after) = match self.align {
            _ if self.zeros => (0, missing, 0),
            Align::Left => (0, 0, missing),
            Align::Right => (missing, 0, 0),
            Align::Centre => (missing / 2, 0, missing - missing / 2),
        };
        out.extend(std::iter::repeat_n(self.fill, before));
        out.push_str(first);
        out.extend(std::iter::repeat_n('0', between));
        out.push_str(rest);
        out.extend(std::iter::repeat_n(self.fill, after));
    }
}

/// The digits at the beginning as a number, and what follows.
fn number(text: &str) -> Result<(Option<usize>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    match digits.parse() {
        Ok(number) if number <= WIDEST => Ok((Some(number), rest)),
        _ => {
            let message = format!("a log line cannot be {digits} characters wide");
            Err(Error::new(ErrorKind::Constraint, message).help(format!("at most {WIDEST}")))
        }
    }
}

/// As Python writes it: an exponent has a sign and two digits.
fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let mut out = mantissa.to_owned();
    let _ = write!(out, "e{sign}{digits:0>2}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(directive: &str, of: Of, value: &Value<'_>) -> String {
        let (spec, rest) = Spec::of_percent("x", of, directive).expect("a directive");
        assert_eq!(rest, "");
        let mut out = String::new();
        spec.write(value, &mut out);
        out
    }

    #[test]
    fn numbers_and_texts_are_written_as_python_writes_them() {
        let text = |directive| percent(directive, Of::Text, &Value::Text("añb".into()));
        let cases = [("s", "añb"), ("6s", "   añb"), ("-6s", "añb   "), ("05s", "  añb"), (".2s", "añ")];
        for (directive, expected) in cases {
            assert_eq!(text(directive), expected, "{directive}");
        }
        let int = |directive| percent(directive, Of::Int, &Value::Int(255));
        let cases = [
            ("d", "255"),
            ("05d", "00255"),
            ("-5d", "255  "),
            ("+d", "+255"),
            (" 6i", "   255"),
            ("x", "ff"),
            ("#X", "0XFF"),
            ("#010x", "0x000000ff"),
            (".5d", "00255"),
            ("s", "255"),
            ("f", "255.000000"),
            ("ld", "255"),
        ];
        for (directive, expected) in cases {
            let expected = if directive == " 6i" { "   255" } else { expected };
            assert_eq!(int(directive), expected, "{directive}");
        }
        let float = |directive| percent(directive, Of::Float, &Value::Float(1234.5));
        let cases = [
            ("d", "1234"),
            ("f", "1234.500000"),
            (".1f", "1234.5"),
            ("09.1f", "0001234.5"),
            ("e", "1.234500e+03"),
            ("g", "1234.5"),
            (".2g", "1.2e+03"),
            ("s", "1234.5"),
        ];
        for (directive, expected) in cases {
            assert_eq!(float(directive), expected, "{directive}");
        }
    }

    #[test]
    fn what_does_not_fit_the_value_is_a_mistake() {
        for (directive, of) in
            [("d", Of::Text), ("x", Of::Float), ("b", Of::Int), ("", Of::Int), ("9999999s", Of::Text)]
        {
            assert_eq!(
                Spec::of_percent("x", of, directive).map_err(|error| error.kind()),
                Err(ErrorKind::Constraint),
                "{directive}"
            );
        }
        for (spec, of) in [("d", Of::Text), (",", Of::Int), (".3", Of::Float), ("%", Of::Float)] {
            assert!(
                Spec::of_braces("x", of, spec).is_err_and(|e| e.kind() == ErrorKind::Constraint),
                "{spec}"
            );
        }
    }
}
