//! Paths of keys: `a.b`, `a[b]`, `list.0`.

use std::fmt;

use compact_str::CompactString;

use crate::value::key::Key;
use crate::value::map::Map;
use crate::value::node::{Kind, Node};

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
        if text.is_empty() {
            return Self::ROOT;
        }
        if !text.contains(['[', ']', '\\']) {
            return Self(text.split('.').map(Key::from).collect());
        }
        let mut keys = Vec::new();
        let mut chars = text.chars().peekable();
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

/// The digits of text that Python's `int` reads (white space around, a sign, `_` between digits), as `-12`.
pub(crate) fn integer_text(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    if digits.split('_').any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let digits = digits.replace('_', "");
    match digits.trim_start_matches('0') {
        "" => Some("0".to_owned()),
        digits => Some(format!("{sign}{digits}")),
    }
}

impl Node {
    /// The value under a key as text says it, with the key as the container has it: in a mapping the text itself or
    /// the integer that it spells, in a list an index, which counts from the end if it is negative. `None`: a list
    /// has no such keys at all. `Some(None)`: there is nothing.
    ///
    /// ```
    /// use mainstem::value::{Key, Node};
    /// let list = Node::from(vec![Node::from("a"), Node::from("b")]);
    /// assert_eq!(list.find("-1"), Some(Some((Key::Int(1), &Node::from("b")))));
    /// assert_eq!(list.find("2"), Some(None));
    /// assert_eq!(list.find("x"), None);
    /// ```
    pub fn find(&self, text: &str) -> Option<Option<(Key, &Self)>> {
        match &self.kind {
            Kind::Map(map) => Some(find_key(map, text)),
            Kind::List(list) => {
                let digits = integer_text(text)?;
                let Ok(number) = digits.parse::<i64>() else { return Some(None) };
                let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
                let index = if number < 0 { number.saturating_add(length) } else { number };
                let child = usize::try_from(index).ok().and_then(|i| list.get(i));
                Some(child.map(|child| (Key::Int(index), child)))
            }
            _ => Some(None),
        }
    }

    /// The value under a key as the container has it; list indices are [`Key::Int`].
    pub fn child(&self, key: &Key) -> Option<&Self> {
        match (&self.kind, key) {
            (Kind::Map(map), key) => map.get(key),
            (Kind::List(list), Key::Int(i)) => list.get(usize::try_from(*i).ok()?),
            _ => None,
        }
    }
}

fn find_key<'n>(map: &'n Map, text: &str) -> Option<(Key, &'n Node)> {
    if let Some(child) = map.get_str(text) {
        return Some((Key::from(text), child));
    }
    let key = Key::Int(integer_text(text)?.parse().ok()?);
    // `true` and `1.0` equal `1` as keys, but are not spelled `1`.
    map.get_key(&key).filter(|key| matches!(key, Key::Int(_)))?;
    map.get(&key).map(|child| (key, child))
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
