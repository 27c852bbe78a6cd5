//! An override as far as it is typed.

use crate::compose::split_override;

/// An override as far as it is typed, in parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typed<'w> {
    /// `+`, `++`, `~` or nothing.
    pub(super) operator: &'w str,
    /// The key as it is spelled.
    pub(super) key: &'w str,
    /// What stands behind the `=`, if there is one.
    pub(super) value: Option<&'w str>,
}

impl<'w> Typed<'w> {
    pub(super) fn new(word: &'w str) -> Self {
        let (operator, key, value) = split_override(word);
        Self { operator, key, value: value.map(|value| &value[1..]) }
    }

    /// Operator, key and `=`.
    pub(super) fn left(self) -> String {
        format!("{}{}=", self.operator, self.key)
    }

    /// The group that the key names: without the package.
    pub(super) fn group(self) -> &'w str {
        self.key.split_once('@').map_or(self.key, |(group, _)| group)
    }
}

/// A value as far as it is typed: in a list or a sweep the last item is being typed.
#[derive(Clone, Debug)]
pub(super) struct Items<'v> {
    /// All that stands before the last item.
    pub(super) head: &'v str,
    /// The item at the cursor.
    pub(super) item: &'v str,
    /// Whether the value can end behind the item: no bracket is open.
    pub(super) is_last: bool,
    /// The items before it.
    given: Vec<&'v str>,
}

impl<'v> Items<'v> {
    pub(super) fn new(value: &'v str) -> Self {
        let mut start = 0;
        let mut given = Vec::new();
        let (mut quote, mut depth) = (None, 0_usize);
        for (at, c) in value.char_indices() {
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (',', None) => {
                    given.push(value[start..at].trim());
                    start = at + 1;
                }
                ('(' | '[', None) => {
                    depth += 1;
                    start = at + 1;
                }
                (')' | ']', None) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let rest = &value[start..];
        let start = start + (rest.len() - rest.trim_start().len());
        let (head, item) = value.split_at(start);
        Self { head, item, is_last: depth == 0, given }
    }

    /// Whether a value is what the item can become: it begins so, and is no item already.
    pub(super) fn takes(&self, value: &str) -> bool {
        value.starts_with(self.item) && !self.given.contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_item_of_a_sweep_is_typed() {
        for (value, head, item) in [
            ("", "", ""),
            ("pg", "", "pg"),
            ("pg,my", "pg,", "my"),
            ("pg, my", "pg, ", "my"),
            ("choice(pg,my", "choice(pg,", "my"),
            ("[pg,", "[pg,", ""),
            ("'a,b", "", "'a,b"),
        ] {
            let items = Items::new(value);
            assert_eq!((items.head, items.item), (head, item), "{value}");
        }
        assert!(Items::new("[a],b").is_last && !Items::new("[a,b").is_last);
        let items = Items::new("pg,");
        assert!(items.takes("my") && !items.takes("pg"));
    }
}
