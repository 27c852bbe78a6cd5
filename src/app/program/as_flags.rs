//! A config as the flags of a program that knows nothing of it: `--optimizer.lr=0.1`.

use std::ffi::OsString;

use crate::app::program::bound::Bound;
use crate::app::program::session::setting;
use crate::app::program::words::{holds_secret, word_of};
use crate::diag::{Error, ErrorKind, Result};
use crate::value::{Kind, Map, Node};

/// How programs write what is true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Booleans {
    /// `--verbose`, or nothing.
    Switch,
    /// `--verbose`, or `--no-verbose`.
    No,
    /// `--verbose=true`, or `--verbose=false`.
    Value,
}

/// Every value below a mapping as a flag, by its path in it. All processes of a machine see the arguments of each other: a
/// secret must not stand there, and without it the command would be told something wrong.
///
/// # Errors
/// Every value that holds a secret.
pub(super) fn flags(bound: &Bound, map: &Map) -> Result<Vec<OsString>> {
    let booleans = match setting(bound, "mainstem.run.booleans")?.as_deref() {
        Some("no") => Booleans::No,
        Some("value") => Booleans::Value,
        _ => Booleans::Switch,
    };
    let mut writing = Writing { booleans, flags: Vec::new(), errors: Vec::new() };
    writing.all(map, "");
    match Error::all(writing.errors) {
        None => Ok(writing.flags),
        Some(error) => Err(bound.located(error)),
    }
}

struct Writing {
    booleans: Booleans,
    flags: Vec<OsString>,
    errors: Vec<Error>,
}

impl Writing {
    fn all(&mut self, map: &Map, above: &str) {
        for (key, slot) in map.iter() {
            let name = format!("{above}{key}");
            match slot.node.as_map() {
                Some(inner) => self.all(inner, &format!("{name}.")),
                None if holds_secret(&slot.node) => {
                    self.errors.push(shows_secret("{flags}", &name, &slot.node));
                }
                None => self.one(&name, &slot.node),
            }
        }
    }

    /// What has no value is left out, as whoever types a command leaves it out. A list is several words, as `nargs` reads them.
    fn one(&mut self, name: &str, node: &Node) {
        match (&node.kind, self.booleans) {
            (Kind::Missing | Kind::Null, _) | (Kind::Bool(false), Booleans::Switch) => {}
            (Kind::Bool(true), Booleans::Switch | Booleans::No) => {
                self.flags.push(format!("--{name}").into());
            }
            (Kind::Bool(false), Booleans::No) => self.flags.push(format!("--no-{name}").into()),
            _ => match node.as_list() {
                Some(items) => {
                    self.flags.push(format!("--{name}").into());
                    self.flags.extend(items.iter().map(|item| OsString::from(word_of(item))));
                }
                None => self.flags.push(format!("--{name}={}", word_of(node)).into()),
            },
        }
    }
}

/// That a placeholder would show a secret.
pub(super) fn shows_secret(placeholder: &str, name: &str, node: &Node) -> Error {
    Error::new(ErrorKind::Job, format!("`{placeholder}` would show the secret `{name}`"))
        .at(node.origin, "whoever lists processes sees the arguments of a command")
        .help("let the command read it from the environment, and hand over the rest by `{overrides}`")
}
