//! JSON objects in the making.

use crate::value::{Key, Map, Node};

/// An object with one key.
pub(super) fn one(key: &str, node: impl Into<Node>) -> Map {
    with(Map::default(), key, node)
}

/// The object with one key more.
pub(super) fn with(mut map: Map, key: &str, node: impl Into<Node>) -> Map {
    map.set(Key::from(key), node.into());
    map
}

/// The object with one text more, if there is anything to say.
pub(super) fn with_text(map: Map, key: &str, text: &str) -> Map {
    if text.is_empty() { map } else { with(map, key, text) }
}

/// What is one of these.
pub(super) fn any_of(branches: impl IntoIterator<Item = Map>) -> Map {
    let mut branches: Vec<Map> = branches.into_iter().collect();
    match branches.len() {
        1 => branches.remove(0),
        _ => one("anyOf", branches.into_iter().map(Node::from).collect::<Node>()),
    }
}

/// What is defined under that name.
pub(super) fn reference(name: &str) -> Map {
    let mut pointer = String::from("#/$defs/");
    for c in name.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') => pointer.push(c),
            c => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    pointer.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    one("$ref", pointer.as_str())
}

/// The regular expression (of ECMAScript) that one of these words alone matches, as a group.
pub(super) fn alternatives<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut pattern = String::from("(");
    for (nth, word) in words.into_iter().enumerate() {
        if nth > 0 {
            pattern.push('|');
        }
        for c in word.chars() {
            if "\\^$.|?*+()[]{}/-".contains(c) {
                pattern.push('\\');
            }
            pattern.push(c);
        }
    }
    pattern + ")"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_can_be_referred_to() {
        assert_eq!(reference("a/b~c<é> d"), one("$ref", "#/$defs/a~1b~0c%3C%C3%A9%3E%20d"));
    }
}
