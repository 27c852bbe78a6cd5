//! Python's `strftime` over chrono.
//!
//! The two differ: `%f` is microseconds in Python and nanoseconds in chrono, glibc passes unknown directives
//! through, and chrono fails on them.

use std::fmt::Write as _;

use chrono::format::{Item, StrftimeItems};
use chrono::{Datelike as _, NaiveDateTime, Timelike as _};

use crate::diag::{Error, ErrorKind, Result};

/// The time as a pattern of Python's `strftime` says.
///
/// # Errors
/// A directive that there is not.
pub(crate) fn format(now: NaiveDateTime, pattern: &str) -> Result<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let directive = &rest[at + 1..];
        let mut chars = directive.char_indices();
        let Some((_, mut letter)) = chars.next() else {
            out.push('%');
            return Ok(out);
        };
        let mut flag = None;
        if matches!(letter, '-' | '_' | '0' | '^' | '#') {
            flag = Some(letter);
            match chars.next() {
                Some((_, next)) => letter = next,
                None => {
                    out.push('%');
                    out.push(letter);
                    return Ok(out);
                }
            }
        }
        rest = chars.as_str();
        match one(now, flag, letter) {
            Some(text) => out.push_str(&text),
            None => {
                let flag = flag.map(String::from).unwrap_or_default();
                let message = format!("`%{flag}{letter}` is no directive of a time format");
                return Err(Error::new(ErrorKind::Constraint, message));
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What one directive stands for.
fn one(now: NaiveDateTime, flag: Option<char>, letter: char) -> Option<String> {
    let text = match letter {
        '%' => "%".to_owned(),
        'f' => format!("{:06}", now.nanosecond() / 1000 % 1_000_000),
        // The time is local, and says nothing of its zone.
        'z' | 'Z' => String::new(),
        'c' => chrono(now, "%a %b %e %H:%M:%S %Y")?,
        'x' | 'D' => chrono(now, "%m/%d/%y")?,
        'X' | 'T' => chrono(now, "%H:%M:%S")?,
        'h' => chrono(now, "%b")?,
        'P' => chrono(now, "%P")?,
        'Y' => now.year().to_string(),
        'C' => format!("{:02}", now.year().div_euclid(100)),
        's' => now.and_utc().timestamp().to_string(),
        'a' | 'A' | 'b' | 'B' | 'd' | 'e' | 'F' | 'G' | 'g' | 'H' | 'I' | 'j' | 'k' | 'l' | 'M' | 'm'
        | 'n' | 'p' | 'R' | 'r' | 'S' | 't' | 'U' | 'u' | 'V' | 'v' | 'W' | 'w' | 'y' => {
            chrono(now, &format!("%{letter}"))?
        }
        _ => return None,
    };
    Some(match flag {
        Some('-') => trimmed(&text),
        Some('_') => {
            let bare = trimmed(&text);
            format!("{}{bare}", " ".repeat(text.chars().count().saturating_sub(bare.chars().count())))
        }
        Some('0') => text.replace(' ', "0"),
        Some('^') => text.to_uppercase(),
        Some('#') if letter == 'p' => text.to_lowercase(),
        Some('#') => text.to_uppercase(),
        _ => text,
    })
}

/// Without leading zeros and spaces, but with one digit left.
fn trimmed(text: &str) -> String {
    let bare = text.trim_start_matches([' ', '0']);
    if bare.is_empty() && !text.is_empty() { "0".to_owned() } else { bare.to_owned() }
}

fn chrono(now: NaiveDateTime, pattern: &str) -> Option<String> {
    let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
    if items.contains(&Item::Error) {
        return None;
    }
    let mut text = String::new();
    write!(text, "{}", now.format_with_items(items.into_iter())).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_directives() {
        let now =
            chrono::NaiveDate::from_ymd_opt(2024, 3, 7).unwrap().and_hms_micro_opt(14, 5, 9, 42).unwrap();
        let cases = [
            ("%Y-%m-%d/%H-%M-%S", "2024-03-07/14-05-09"),
            ("%f", "000042"),
            ("%j %U %W %w %u", "067 09 10 4 4"),
            ("%a %A %b %B %p %I", "Thu Thursday Mar March PM 02"),
            ("%c", "Thu Mar  7 14:05:09 2024"),
            ("100%%", "100%"),
            ("%-d.%-m.", "7.3."),
            ("%y%C%e", "2420 7"),
            ("%", "%"),
            ("x", "x"),
            ("%Z%z", ""),
        ];
        for (pattern, expected) in cases {
            assert_eq!(format(now, pattern).unwrap(), expected, "{pattern}");
        }
        for (pattern, directive) in [("%Q", "%Q"), ("%Y%-é", "%-é")] {
            let expected = format!("`{directive}` is no directive of a time format");
            assert_eq!(format(now, pattern).unwrap_err().message(), expected);
        }
    }
}
