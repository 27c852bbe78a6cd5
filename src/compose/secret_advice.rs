//! What is said of a secret that stands where others can read it, and what to type in its place.

use crate::compose::given::target_of;
use crate::compose::secrets::VARIABLES;
use crate::diag::{Error, ErrorKind, HIDDEN, Origin, SourceKind};
use crate::value::{Key, KeyPath};

/// A secret that stands where others can read it.
pub(super) fn written(path: &KeyPath, origin: Origin, kind: &SourceKind) -> Error {
    let variable = variable(path);
    let target = target_of(path);
    let is_given = target.is_some();
    let key = target.unwrap_or_else(|| path.clone());
    let error = |why: &str| {
        Error::new(ErrorKind::Secret, format!("`{key}` is a secret, and {why}"))
            .at(origin, "a secret as it is")
    };
    match kind {
        SourceKind::Argument(_) if is_given => error("process lists and the shell's history keep it")
            .help(format!("set the variable {variable} and write `${{secret:{variable}}}` in its place"))
            .help("or keep it in a file of its own and write `${secret:file:PATH}`"),
        SourceKind::Argument(_) => instead(error("process lists and the shell's history keep it"), path),
        _ => error("whoever reads this file reads it")
            .help(format!("set the variable {variable} and write `${{secret:{variable}}}`"))
            .help("or keep it in a file of its own and write `${secret:file:PATH}`"),
    }
}

/// A value that a record shows in place of a secret.
pub(crate) fn withheld(key: &str) -> Error {
    let message = format!("`{key}` is `{HIDDEN}`, which records show in place of a secret");
    instead(Error::new(ErrorKind::Secret, message), &KeyPath::parse(key))
}

/// With what to type in place of a secret.
fn instead(error: Error, path: &KeyPath) -> Error {
    let variable = variable(path);
    // Which variables there are is open.
    let sign = if path.keys().iter().zip(VARIABLES).all(|(key, name)| key.as_str() == Some(name)) {
        "++"
    } else {
        ""
    };
    error
        .help(format!("set the variable {variable} and type `{sign}{path}='${{secret:{variable}}}'`"))
        .help(format!("or keep it in a file of its own and type `{sign}{path}='${{secret:file:PATH}}'`"))
}

/// What a variable for a secret may well be called: `DB_PASSWORD` for `db.password`.
fn variable(path: &KeyPath) -> String {
    if let Some(target) = target_of(path) {
        return variable(&target);
    }
    let names: Vec<String> = match path.keys() {
        // What a variable of the job is to hold may well come from one of that name.
        [a, b, c, rest @ ..] if VARIABLES.map(Some) == [a, b, c].map(Key::as_str) => {
            rest.iter().filter_map(Key::as_str).map(str::to_owned).collect()
        }
        all => all.iter().map(ToString::to_string).collect(),
    };
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    names.join("_").chars().map(plain).collect()
}
