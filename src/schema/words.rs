//! What is said of mistakes, whether they are found while composing or while reading into Rust types.

use std::fmt;

use crate::diag::{Error, ErrorKind, Origin, did_you_mean, listed, listed_near};
use crate::value::{Key, KeyPath, Node};

/// A value, by its path.
pub(crate) struct Subject<'a>(pub(crate) &'a KeyPath);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("the value") } else { write!(f, "`{}`", self.0) }
    }
}

/// A value is something else than what is expected.
pub(crate) fn misfit(path: &KeyPath, expected: impl fmt::Display, found: &Node) -> Error {
    let message = format!("{} must be {expected}, but is {}", Subject(path), found.describe());
    Error::new(ErrorKind::Type, message).at(found.origin, format!("expected {expected}"))
}

/// A struct has no such field.
pub(crate) fn unknown_key<'k>(
    name: &str,
    known: impl Iterator<Item = &'k str> + Clone,
    key: &Key,
    path: &KeyPath,
) -> Error {
    let error = Error::new(ErrorKind::UnknownKey, format!("there is no key `{path}`"));
    if path.len() == 1 && key.as_str() == Some("default") {
        return error.help("a defaults list stands under `defaults`");
    }
    if let Some(field) = did_you_mean(&key.to_string(), known.clone()) {
        return error.help(format!("did you mean `{field}`?"));
    }
    let known: Vec<&str> = known.collect();
    match known.as_slice() {
        [] => error.help(format!("{name} has no keys")),
        known => error.help(format!("the keys of {name} are {}", listed_near(known, &key.to_string()))),
    }
}

/// An enum has no such variant.
pub(crate) fn unknown_variant<'k>(
    known: impl Iterator<Item = &'k str> + Clone,
    word: &str,
    path: &KeyPath,
    origin: Origin,
) -> Error {
    let all = listed_near(&known.clone().collect::<Vec<_>>(), word);
    let message = format!("{} must be one of {all}, but is `{word}`", Subject(path));
    let error = Error::new(ErrorKind::Type, message).at(origin, format!("expected one of {all}"));
    match did_you_mean(word, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// A mapping does not say which variant of an enum it is.
pub(crate) fn unnamed_variant<'k>(
    tag: &str,
    known: impl Iterator<Item = &'k str>,
    path: &KeyPath,
    origin: Origin,
) -> Error {
    let at = path.child(Key::from(tag));
    let message = format!("`{at}` must be given: it says which variant {} is", Subject(path));
    Error::new(ErrorKind::MissingValue, message)
        .at(origin, format!("there is no `{tag}` here"))
        .help(format!("the variants are {}", listed(&known.collect::<Vec<_>>())))
}

/// One value under two names.
pub(crate) fn twice(path: &KeyPath, alias: &Key, again: Origin, first: Origin) -> Error {
    let message = format!("`{path}` is given twice, once as `{alias}`");
    Error::new(ErrorKind::DuplicateKey, message).at(again, "again here").at(first, "first here")
}

/// A value is `???`.
pub(crate) fn missing(path: &KeyPath, origin: Origin) -> Error {
    let message = format!("{} must be given: it is `???`", Subject(path));
    let error = Error::new(ErrorKind::MissingValue, message).at(origin, "");
    if path.is_empty() {
        return error;
    }
    error.help(format!("set it in a config, or by `{path}=…` on the command line"))
}

/// A value is `???` that an option of a config group could be or hold, and no defaults list chooses one. `is_deleted`: it was
/// chosen, and the command line has taken it away.
pub(crate) fn unchosen(
    path: &KeyPath,
    origin: Origin,
    group: &str,
    options: &[&str],
    is_deleted: bool,
) -> Error {
    let error = Error::new(ErrorKind::MissingValue, format!("{} must be given: it is `???`", Subject(path)));
    let first = options.first().copied().unwrap_or("OPTION");
    let what = if path.to_string() == group.replace('/', ".") {
        "options".to_owned()
    } else {
        format!("options of `{group}`")
    };
    let error = error.at(origin, "").note(format!("{what}: {}", listed(options)));
    error.help(match is_deleted {
        true => format!("type `{group}={first}` in place of `~{group}`"),
        false => {
            format!("type `+{group}={first}`, or add `- {group}: {first}` to the defaults list of the config")
        }
    })
}

/// There is no value.
pub(crate) fn absent(path: &KeyPath, holder: Origin) -> Error {
    let error = Error::new(ErrorKind::MissingValue, format!("{} must be given", Subject(path)));
    let Some((_, key)) = path.split_last() else { return error.at(holder, "") };
    error
        .at(holder, format!("there is no `{key}` here"))
        .help(format!("add the key `{key}` to a config, or `+{path}=…` to the command line"))
}
