//! Keys of mappings. YAML keys keep their type: `1`, `"1"` and `null` are three keys.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use compact_str::CompactString;

use crate::value::print::write_key_repr;

/// A key. Equality is Python's, because the trees are: `1`, `1.0` and `true` are one key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Key {
    /// Text: nearly all keys.
    Str(CompactString),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// `null`.
    Null,
    /// Bytes (`!!binary`).
    Bytes(Arc<[u8]>),
}

impl Key {
    /// The text, if the key is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer that a numeric key equals.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be integral and in range first")]
    fn integral(&self) -> Option<i64> {
        match *self {
            Self::Int(i) => Some(i),
            Self::Bool(b) => Some(i64::from(b)),
            Self::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Some(f as i64),
            _ => None,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Null, Self::Null) => true,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            _ => self.integral().is_some_and(|a| other.integral() == Some(a)),
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Str(text) => text.as_str().hash(state),
            Self::Null => 1_u8.hash(state),
            Self::Bytes(bytes) => bytes.hash(state),
            Self::Float(f) if self.integral().is_none() => f.to_bits().hash(state),
            _ => self.integral().hash(state),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<CompactString> for Key {
    fn from(text: CompactString) -> Self {
        Self::Str(text)
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// The key as messages show it: text as it is, everything else as Python prints it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Str(text) = self {
            return f.write_str(text);
        }
        let mut repr = String::new();
        write_key_repr(self, &mut repr);
        f.write_str(&repr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_keys_meet_as_in_python() {
        assert_eq!(Key::Int(1), Key::Bool(true));
        assert_eq!(Key::Int(2), Key::Float(2.0));
        assert_ne!(Key::Int(1), Key::from("1"));
        assert_ne!(Key::Null, Key::from("null"));
    }

    #[test]
    fn keys_are_shown_as_python_shows_them() {
        for (key, shown) in [
            (Key::Float(1e16), "1e+16"),
            (Key::Float(1e-7), "1e-07"),
            (Key::Float(1.0), "1.0"),
            (Key::Float(-0.0), "-0.0"),
            (Key::Float(f64::INFINITY), "inf"),
            (Key::Bool(true), "True"),
            (Key::Null, "None"),
            (Key::Int(-1), "-1"),
            (Key::from("a'b"), "a'b"),
            (Key::Bytes((*b"a\"\0'").into()), r#"b'a"\x00\''"#),
        ] {
            assert_eq!(key.to_string(), shown);
        }
    }
}
