//! Paths of keys: `a.b`, `a[b]`, `list.0`.

use std::fmt;

use compact_str::CompactString;

use crate::value::key::Key;

/// A path from the root to a value. Segments are text as written; whether `0` is an index or a key is decided by
/// the container it meets.
///
/// ```
/// use mainstem::value::KeyPath;
/// let path = KeyPath::parse("a.b[c].0");
/// assert_eq!(path.len(), 4);
/// assert_eq!(path.to_string(), "a.b.c.0");
/// assert_eq!(KeyPath::parse(r"a\.b").len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyPath(Vec<Key>);

impl KeyPath {
    /// The path of the root.
    pub const ROOT: Self = Self(Vec::new());

    /// Reads dots, brackets and backslash escapes (`\.` `\[` `\]` `\=`). The empty text is the root. Reading cannot
    /// fail: what is not a delimiter is part of a key, and an unclosed bracket ends the path, as in OmegaConf.
    pub fn parse(text: &str) -> Self {
        let mut keys = Vec::new();
        let mut chars = text.chars().peekable();
        if text.is_empty() {
            return Self::ROOT;
        }
        let mut bracket = chars.next_if_eq(&'[').is_some();
        loop {
            let mut key = CompactString::default();
            let mut closed = !bracket;
            while let Some(&c) = chars.peek() {
                match c {
                    ']' if bracket => {
                        chars.next();
                        closed = true;
                        break;
                    }
                    '.' | '[' if !bracket => break,
                    _ => {
                        chars.next();
                        match chars.peek() {
                            Some(&e) if c == '\\' && ".[]=".contains(e) => {
                                chars.next();
                                key.push(e);
                            }
                            _ => key.push(c),
                        }
                    }
                }
            }
            if closed {
                keys.push(Key::Str(key));
            }
            match chars.next() {
                Some('[') => bracket = true,
                Some('.') => bracket = chars.next_if_eq(&'[').is_some(),
                Some(_) | None => break,
            }
        }
        Self(keys)
    }

    /// The keys in order.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is the root.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The path of the container, and the last key. `None` for the root.
    pub fn split_last(&self) -> Option<(Self, &Key)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.to_vec()), last))
    }

    /// Goes one key deeper.
    pub fn push(&mut self, key: Key) {
        self.0.push(key);
    }

    /// Goes one key back; returns it.
    pub fn pop(&mut self) -> Option<Key> {
        self.0.pop()
    }

    /// The path with one more key.
    #[must_use]
    pub fn child(&self, key: Key) -> Self {
        let mut keys = Vec::with_capacity(self.0.len() + 1);
        keys.extend_from_slice(&self.0);
        keys.push(key);
        Self(keys)
    }

    /// Whether `self` is `other` or lies below it.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl FromIterator<Key> for KeyPath {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// Dots between keys; delimiters inside a key are escaped, so that reading gives the path again.
impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            for c in key.to_string().chars() {
                if ".[]=".contains(c) {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}
