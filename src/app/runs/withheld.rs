//! What the record of a run hides, and who types it anew.

use crate::diag::{Error, ErrorKind, HIDDEN, Result, SourceId, shell_word};
use crate::grammar::{Operand, Override, Value, ValueKind, parse_override};
use crate::value::{Key, KeyPath};

/// Refuses arguments that nobody can type again. `word` is what the run was called.
///
/// # Errors
/// Every value that the record hides.
pub(super) fn check(arguments: &[String], word: &str) -> Result<()> {
    let hidden = arguments.iter().flat_map(|argument| hidden(argument)).map(|key| {
        let message = format!("the value of `{key}` is a secret, and not on record");
        let typed = format!("mainstem rerun {} {}=…", shell_word(word), shell_word(&key));
        Error::new(ErrorKind::MissingValue, message).help(format!("type it anew: `{typed}`"))
    });
    Error::all(hidden).map_or(Ok(()), Err)
}

/// Whether a word says what one of the arguments hides.
pub(super) fn reveals(arguments: &[String], word: &str) -> bool {
    let Some(new) = parse_override(word, SourceId::NONE, &mut ()) else { return false };
    arguments.iter().flat_map(|argument| hidden(argument)).any(|key| {
        let old = parse_override(&format!("{key}=x"), SourceId::NONE, &mut ());
        old.is_some_and(|old| old.target == new.target)
    })
}

/// An override without what it hides at the key of a newer one; none if it hides nothing there.
pub(super) fn without(old: &Override, new: &Override) -> Option<String> {
    let (path, place) = (old.target.path(), new.target.path());
    let below = place.keys().strip_prefix(path.keys()).filter(|below| !below.is_empty())?;
    let Some(Operand::Value(value)) = old.action.value() else { return None };
    let mut value = value.clone();
    let alike = old.target.package() == new.target.package();
    (alike && forget(&mut value, below)).then(|| old.with_value(value).line.to_string())
}

/// The keys of what an argument hides, as they are typed.
fn hidden(argument: &str) -> Vec<String> {
    let Some((key, text)) = argument.split_once('=').filter(|(_, text)| text.contains(HIDDEN)) else {
        return Vec::new();
    };
    let parsed = parse_override(argument, SourceId::NONE, &mut ());
    let mut found = Vec::new();
    if let Some(one) = &parsed
        && let Some(Operand::Value(value)) = one.action.value()
    {
        collect(value, &mut one.target.path(), &mut found);
    }
    let prefix = parsed.as_ref().map_or("", |one| one.action.prefix());
    // What is hidden within a text, a list or a function is typed anew as a whole.
    let whole = found.is_empty() || found.len() < text.matches(HIDDEN).count();
    if whole { vec![key.to_owned()] } else { found.iter().map(|path| format!("{prefix}{path}")).collect() }
}

/// The places of what is hidden in a mapping.
fn collect(value: &Value, path: &mut KeyPath, found: &mut Vec<KeyPath>) {
    let ValueKind::Map(pairs) = &value.kind else { return };
    for (key, value) in pairs {
        let Some(key) = key.identity() else { continue };
        path.push(key);
        match is_hidden(value) {
            true => found.push(path.clone()),
            false => collect(value, path, found),
        }
        path.pop();
    }
}

/// Takes what is hidden at a place out of a mapping. Whether it was there.
fn forget(value: &mut Value, path: &[Key]) -> bool {
    let (ValueKind::Map(pairs), Some((first, rest))) = (&mut value.kind, path.split_first()) else {
        return false;
    };
    let is_meant = |key: &Value| key.identity().as_ref() == Some(first);
    if !rest.is_empty() {
        return pairs.iter_mut().any(|(key, value)| is_meant(key) && forget(value, rest));
    }
    let before = pairs.len();
    let kept = std::mem::take(pairs).into_vec().into_iter();
    *pairs = kept.filter(|(key, value)| !(is_meant(key) && is_hidden(value))).collect();
    pairs.len() < before
}

fn is_hidden(value: &Value) -> bool {
    value.as_text().is_some_and(|text| text.as_str() == HIDDEN)
}
