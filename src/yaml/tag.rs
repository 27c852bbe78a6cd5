//! Explicit tags: `!!int '3'`.

use std::sync::Arc;

use crate::value::Kind;
use crate::yaml::number::{self, Number};

/// What a tag asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tag {
    /// `!`: as if there were no tag.
    Plain,
    Null,
    Bool,
    Int,
    Float,
    Str,
    Binary,
    Merge,
    Default,
    Map,
    Seq,
    /// `!!pairs`, `!!omap`: a list of pairs.
    Pairs,
    /// A Python path: text.
    Path,
    Timestamp,
    Set,
    Unknown,
}

const CORE: &str = "tag:yaml.org,2002:";
const PATH: &str = "python/object/apply:pathlib.";

/// The meaning of a tag, its handle already expanded.
pub(super) fn read(prefix: &str, suffix: &str) -> Tag {
    if (prefix == "!" && suffix.is_empty()) || (prefix.is_empty() && suffix == "!") {
        return Tag::Plain;
    }
    let joined;
    let name = match suffix {
        suffix if prefix == CORE => suffix,
        suffix => {
            joined = format!("{prefix}{suffix}");
            match joined.strip_prefix(CORE) {
                Some(name) => name,
                None => return Tag::Unknown,
            }
        }
    };
    match name {
        "null" => Tag::Null,
        "bool" => Tag::Bool,
        "int" => Tag::Int,
        "float" => Tag::Float,
        "str" => Tag::Str,
        "binary" => Tag::Binary,
        "merge" => Tag::Merge,
        "value" => Tag::Default,
        "map" => Tag::Map,
        "seq" => Tag::Seq,
        "pairs" | "omap" => Tag::Pairs,
        "timestamp" => Tag::Timestamp,
        "set" => Tag::Set,
        _ => match name.strip_prefix(PATH) {
            Some(class) => match class.strip_prefix("_local.").unwrap_or(class) {
                "Path" | "PosixPath" | "WindowsPath" => Tag::Path,
                _ => Tag::Unknown,
            },
            None => Tag::Unknown,
        },
    }
}

/// Text forced to a type; `None` if it is not of that type.
pub(super) fn convert(tag: Tag, text: &str) -> Option<Kind> {
    match tag {
        Tag::Null => Some(Kind::Null),
        Tag::Str => Some(Kind::Str(text.into())),
        Tag::Bool => match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" => Some(Kind::Bool(true)),
            "no" | "false" | "off" => Some(Kind::Bool(false)),
            _ => None,
        },
        Tag::Int => match integer(&text.replace('_', "")) {
            Number::Is(kind) => Some(kind),
            Number::Text | Number::Broken => None,
        },
        Tag::Float => float(&text.replace('_', "").to_lowercase()).map(Kind::Float),
        Tag::Binary => base64(text).map(|bytes| Kind::Bytes(Arc::from(bytes))),
        _ => None,
    }
}

fn integer(text: &str) -> Number {
    let (negative, rest) = number::split_sign(text);
    let digits = |text: &str, base| number::radix(negative, text.as_bytes(), base);
    match rest.as_bytes() {
        b"0" => Number::Is(Kind::Int(0)),
        [b'0', b'b', ..] => digits(&rest[2..], 2),
        [b'0', b'x', ..] => digits(&rest[2..], 16),
        [b'0', b'o' | b'O', ..] => digits(rest[2..].trim_end(), 8),
        [b'0', ..] => digits(rest.trim_end(), 8),
        _ if rest.contains(':') => number::sixty(negative, rest),
        _ => {
            let (inner, rest) = number::split_sign(rest.trim());
            number::radix(negative != inner, rest.as_bytes(), 10)
        }
    }
}

fn float(text: &str) -> Option<f64> {
    let (negative, rest) = number::split_sign(text);
    let value = match rest {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if rest.contains(':') => number::sixty_float(rest)?,
        _ => rest.trim().parse().ok()?,
    };
    Some(if negative { -value } else { value })
}

/// Decodes base64 leniently: what is not of its alphabet is skipped. `None` if digits or padding are missing.
fn base64(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut place, mut pads) = (0_u32, 0, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if place >= 2 => {
                pads += 1;
                if place + pads >= 4 {
                    return Some(out);
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        bits = bits << 6 | u32::from(value);
        if place > 0 {
            let [.., next] = (bits >> (6 - 2 * place)).to_be_bytes();
            out.push(next);
        }
        place = (place + 1) % 4;
    }
    (place == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn force_a_type() {
        assert_eq!(convert(Tag::Int, "0o17"), Some(Kind::Int(15)));
        assert_eq!(convert(Tag::Int, "1:2:3"), Some(Kind::Int(3723)));
        assert_eq!(convert(Tag::Int, " 3 "), Some(Kind::Int(3)));
        assert_eq!(convert(Tag::Float, "017"), Some(Kind::Float(17.0)));
        assert_eq!(convert(Tag::Float, "12:30:45"), Some(Kind::Float(45045.0)));
        assert_eq!(convert(Tag::Bool, "ON"), Some(Kind::Bool(true)));
        for (tag, text) in [(Tag::Int, ""), (Tag::Int, "1.0"), (Tag::Float, "0x10"), (Tag::Bool, "y")] {
            assert_eq!(convert(tag, text), None, "{text}");
        }
    }

    #[test]
    fn base64_of_every_length() {
        assert_eq!(base64("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(base64("aGVs\n bG8h"), Some(b"hello!".to_vec()));
        assert_eq!(base64("aA=="), Some(b"h".to_vec()));
        assert_eq!(base64(""), Some(Vec::new()));
        assert_eq!(base64("a"), None);
        assert_eq!(base64("aGk"), None);
    }
}
