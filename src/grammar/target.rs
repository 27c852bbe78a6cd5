//! What an override changes: a key or a config group, and a package.

use crate::diag::Span;
use crate::value::{Key, KeyPath, Text};

/// The left side of an override, without its `+`, `++` or `~`.
#[derive(Clone, Debug)]
pub struct Target {
    key: Text,
    package: Option<Text>,
    explicit: bool,
    span: Span,
}

impl Target {
    pub(crate) fn new(key: Text, package: Option<Text>, explicit: bool, span: Span) -> Self {
        Self { key, package, explicit, span }
    }

    /// The key or the config group as it was written: `a.b`, `db/mysql`, `list[0]`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What stands behind `@`; empty text for the root.
    pub fn package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    /// Whether the key has brackets or escapes: then it can never be a config group.
    pub fn is_explicit_path(&self) -> bool {
        self.explicit
    }

    /// Where it stands in the line, in bytes.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The key as a path: `a.b[0]` has three keys.
    pub fn path(&self) -> KeyPath {
        KeyPath::parse(&self.key)
    }

    /// Whether it belongs to the `hydra` node: `hydra.…` or a group `hydra/…`.
    pub fn is_hydra(&self) -> bool {
        if self.explicit {
            return self.path().keys().first().and_then(Key::as_str) == Some("hydra");
        }
        self.key.strip_prefix("hydra").is_some_and(|rest| rest.starts_with(['.', '/']))
    }
}

/// Equality ignores where it stands.
impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.package == other.package
    }
}

/// `key`, or `key@package`.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.key)?;
        match &self.package {
            Some(package) => write!(f, "@{package}"),
            None => Ok(()),
        }
    }
}
