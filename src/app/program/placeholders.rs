//! What stands in braces in the words of a command: `{config}`, `{flags:opt}`, `{opt.lr}`.
//!
//! Only an identifier, or several with dots between them, is a placeholder; JSON and the languages of shells and awk mean
//! other things by braces, and stay as they are. `${name}` is the shell's. `{{name}}` is written for `{name}` itself.

use std::ffi::OsString;

/// Those that stand for several words, and for themselves.
pub(super) const WHOLE: [&str; 3] = ["overrides", "flags", "hydra"];

/// Those that stand for a path, in a word too.
pub(super) const PATHS: [&str; 3] = ["config", "config.json", "run"];

/// What asks for the flags of a part of the config.
const FLAGS_OF: &str = "flags:";

/// A piece of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'w> {
    Text(&'w str),
    /// `{name}`
    Name(&'w str),
    /// `{{name}}`
    Doubled(&'w str),
}

/// The pieces of a word, in order.
pub(super) fn pieces(word: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(open) = word[at..].find('{').map(|found| at + found) {
        let doubled = word[open..].starts_with("{{");
        let start = open + 1 + usize::from(doubled);
        let end = if doubled { "}}" } else { "}" };
        let name = name(&word[start..]).filter(|name| word[start + name.len()..].starts_with(end));
        let is_shells = word[..open].ends_with('$');
        match name.filter(|_| !is_shells) {
            Some(name) => {
                pieces.extend((from < open).then(|| Piece::Text(&word[from..open])));
                pieces.push(if doubled { Piece::Doubled(name) } else { Piece::Name(name) });
                at = start + name.len() + end.len();
                from = at;
            }
            None => at = start,
        }
    }
    pieces.extend((from < word.len()).then(|| Piece::Text(&word[from..])));
    pieces
}

/// The name that a text begins with: identifiers with dots between them, and perhaps `flags:` before them.
fn name(text: &str) -> Option<&str> {
    let prefix = if text.starts_with(FLAGS_OF) { FLAGS_OF.len() } else { 0 };
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let rest = &text[prefix..];
    let length = rest.find(|c: char| !is_part(c) && c != '.').unwrap_or(rest.len());
    let path = &rest[..length];
    let mut parts = path.split('.');
    let begins = path.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (begins && parts.all(|part| !part.is_empty())).then(|| &text[..prefix + length])
}

/// The part of the config whose flags are asked for.
pub(super) fn flags_of(name: &str) -> Option<&str> {
    name.strip_prefix(FLAGS_OF)
}

/// Whether a name is no key of a config.
pub(super) fn is_own(name: &str) -> bool {
    WHOLE.contains(&name) || PATHS.contains(&name) || flags_of(name).is_some()
}

/// The names in the words of a command, in order.
pub(super) fn names(words: &[OsString]) -> impl Iterator<Item = &str> {
    let texts = words.iter().filter_map(|word| word.to_str()).filter(|text| text.contains('{'));
    texts.flat_map(pieces).filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) | Piece::Doubled(_) => None,
    })
}

/// The name that is a whole word.
pub(super) fn whole(word: &str) -> Option<&str> {
    match pieces(word)[..] {
        [Piece::Name(name)] => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identifiers_in_braces_are_placeholders() {
        use Piece::{Doubled, Name, Text};
        for (word, expected) in [
            ("{config}", &[Name("config")][..]),
            ("--lr={opt.lr}", &[Text("--lr="), Name("opt.lr")]),
            ("{flags:opt}", &[Name("flags:opt")]),
            ("{a}{b.0}x", &[Name("a"), Name("b.0"), Text("x")]),
            (r#"{"lr":{lr},"x":{}}"#, &[Text(r#"{"lr":"#), Name("lr"), Text(r#","x":{}}"#)]),
            ("{{lr}}", &[Doubled("lr")]),
            ("{{lr}", &[Text("{{lr}")]),
            ("${HOME} ${lr}", &[Text("${HOME} ${lr}")]),
            ("{print $1} {0} {a,b} {a.} {.a} { a } {", &[Text("{print $1} {0} {a,b} {a.} {.a} { a } {")]),
            ("{flags:}", &[Text("{flags:}")]),
            ("é{é}é", &[Text("é"), Name("é"), Text("é")]),
            ("", &[]),
        ] {
            assert_eq!(pieces(word), expected, "{word}");
        }
    }
}
