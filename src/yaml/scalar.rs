//! What an unquoted scalar is.

use crate::value::Kind;
use crate::yaml::number::{self, Number};

/// An unquoted scalar by the implicit rules.
#[derive(Debug, PartialEq)]
pub(super) enum Plain {
    /// Text.
    Text,
    /// Something else.
    Is(Kind),
    /// `<<`: merges mappings, as a key.
    Merge,
    /// `=`: text as a key, nothing as a value.
    Default,
    /// It looks like a number and is none.
    Broken,
}

/// Classifies by the first byte: most text is known by it.
pub(super) fn classify(text: &str) -> Plain {
    let Some(first) = text.as_bytes().first() else { return Plain::Is(Kind::Null) };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => match number::read(text) {
            Number::Is(kind) => Plain::Is(kind),
            Number::Text => Plain::Text,
            Number::Broken => Plain::Broken,
        },
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if text.len() <= 5 => word(text),
        b'~' if text.len() == 1 => Plain::Is(Kind::Null),
        b'<' if text == "<<" => Plain::Merge,
        b'=' if text.len() == 1 => Plain::Default,
        _ => Plain::Text,
    }
}

fn word(text: &str) -> Plain {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Plain::Is(Kind::Bool(true)),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Plain::Is(Kind::Bool(false))
        }
        "null" | "Null" | "NULL" => Plain::Is(Kind::Null),
        _ => Plain::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_case_sensitive() {
        assert_eq!(classify("yes"), Plain::Is(Kind::Bool(true)));
        assert_eq!(classify("Off"), Plain::Is(Kind::Bool(false)));
        assert_eq!(classify(""), Plain::Is(Kind::Null));
        for text in ["y", "N", "tRue", "none", "nan", "inf", "~x", "<<<", "2020-01-01"] {
            assert_eq!(classify(text), Plain::Text, "{text}");
        }
    }
}
