//! Checks a value against a type, and converts it where Hydra's schemas convert.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, did_you_mean};
use crate::schema::ty::{Struct, Type};
use crate::value::{Key, KeyPath, Kind, Map, Node, integer_text, write_str};

impl Type {
    /// Makes a value fit the type. Interpolations and `???` fit everything: what they stand for is checked when it
    /// is known. Every mistake in the value goes to `errors`; then the value is returned as it was.
    ///
    /// ```
    /// use mainstem::schema::Type;
    /// use mainstem::value::{KeyPath, Node};
    /// let mut errors = Vec::new();
    /// let fits = Type::Int.fit(Node::from("12"), &KeyPath::parse("a"), &mut errors);
    /// assert_eq!(fits, Node::from(12));
    /// Type::Int.fit(Node::from("x"), &KeyPath::parse("a"), &mut errors);
    /// assert_eq!(errors[0].message(), "`a` must be an integer, but is a string");
    /// ```
    #[must_use]
    pub fn fit(&self, node: Node, path: &KeyPath, errors: &mut Vec<Error>) -> Node {
        if matches!(self, Self::Any) || matches!(node.kind, Kind::Template(_) | Kind::Missing) {
            return node;
        }
        match (self, &node.kind) {
            (Self::Optional(_), Kind::Null) => node,
            (Self::Optional(inner), _) => inner.fit(node, path, errors),
            (Self::List(element), Kind::List(items)) => {
                if matches!(**element, Self::Any) {
                    return node;
                }
                let fit = |(i, item): (usize, &Node)| {
                    let key = Key::Int(i64::try_from(i).unwrap_or(i64::MAX));
                    element.fit(item.clone(), &path.child(key), errors)
                };
                let items = items.iter().enumerate().map(fit).collect();
                Node::new(Kind::List(Arc::new(items)), node.origin)
            }
            (Self::Dict(_) | Self::Struct(_), Kind::Map(map)) => {
                if matches!(self, Self::Dict(value) if matches!(**value, Self::Any)) {
                    return node;
                }
                let fitted = self.fit_map(map, path, errors);
                Node::new(Kind::Map(Arc::new(fitted)), node.origin)
            }
            _ => match self.convert(&node.kind) {
                Some(kind) => Node::new(kind, node.origin),
                None => {
                    errors.push(self.misfit(&node, path));
                    node
                }
            },
        }
    }

    fn fit_map(&self, map: &Map, path: &KeyPath, errors: &mut Vec<Error>) -> Map {
        let mut fitted = Map::default();
        for (key, slot) in map {
            let path = path.child(key.clone());
            match self.child(key) {
                Some(ty) => {
                    fitted.insert(key.clone(), slot.origin, ty.fit(slot.node.clone(), &path, errors));
                }
                None => {
                    if let Some(closed) = self.as_closed() {
                        errors.push(closed.unknown(key, &path).at(slot.origin, "no such key"));
                    }
                }
            }
        }
        fitted
    }

    /// A scalar as the type wants it; `None` if it cannot be.
    fn convert(&self, kind: &Kind) -> Option<Kind> {
        match (self, kind) {
            (Self::Bool, Kind::Bool(_)) | (Self::Int, Kind::Int(_) | Kind::BigInt(_)) => Some(kind.clone()),
            (Self::Float, Kind::Float(_)) | (Self::Str, Kind::Str(_)) => Some(kind.clone()),
            (Self::Bool, Kind::Int(i)) => Some(Kind::Bool(*i != 0)),
            (Self::Bool, Kind::BigInt(_)) => Some(Kind::Bool(true)),
            (Self::Bool, Kind::Str(text)) => boolean(text).map(Kind::Bool),
            (Self::Int, Kind::Str(text)) => integer(text),
            #[expect(clippy::cast_precision_loss, reason = "a float field takes integers as Python does")]
            (Self::Float, Kind::Int(i)) => Some(Kind::Float(*i as f64)),
            (Self::Float, Kind::BigInt(digits)) => digits.parse().ok().map(Kind::Float),
            (Self::Float, Kind::Str(text)) => float(text).map(Kind::Float),
            (Self::Str, Kind::Bool(b)) => Some(Kind::Str(if *b { "True" } else { "False" }.into())),
            (Self::Str, Kind::Int(_) | Kind::BigInt(_) | Kind::Float(_)) => {
                let mut text = String::new();
                write_str(&Node::new(kind.clone(), Origin::NONE), &mut text);
                Some(Kind::Str(text.into()))
            }
            (Self::OneOf(words), Kind::Str(text)) => {
                let word = text.rsplit_once('.').map_or(text.as_str(), |(_, word)| word);
                words.iter().find(|w| w.as_str() == text || w.as_str() == word).cloned().map(Kind::Str)
            }
            _ => None,
        }
    }

    /// The error that a value does not fit.
    pub fn misfit(&self, node: &Node, path: &KeyPath) -> Error {
        let message = match (self, &node.kind) {
            (Self::OneOf(_), Kind::Str(text)) => format!("`{path}` must be {self}, but is `{text}`"),
            _ => format!("`{path}` must be {self}, but is {}", node.describe()),
        };
        let error = Error::new(ErrorKind::Type, message).at(node.origin, format!("expected {self}"));
        let (Self::OneOf(words), Kind::Str(text)) = (self, &node.kind) else { return error };
        match did_you_mean(text, words.iter().map(|w| w.as_str())) {
            Some(word) => error.help(format!("did you mean `{word}`?")),
            None => error,
        }
    }
}

impl Struct {
    /// The error that a key is no field.
    pub fn unknown(&self, key: &Key, path: &KeyPath) -> Error {
        let error = Error::new(ErrorKind::UnknownKey, format!("there is no key `{path}`"));
        let fields = || self.fields.keys().map(|field| field.as_str());
        match did_you_mean(&key.to_string(), fields()) {
            Some(field) => error.help(format!("did you mean `{field}`?")),
            None => error.help(format!(
                "the keys of {} are {}",
                self.name,
                fields().collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    if let Some(kind) = integer(text) {
        return Some(kind != Kind::Int(0));
    }
    match text.to_lowercase().as_str() {
        "yes" | "y" | "on" | "true" => Some(true),
        "no" | "n" | "off" | "false" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<Kind> {
    let digits = integer_text(text)?;
    Some(digits.parse().map_or_else(|_| Kind::BigInt(digits.into()), Kind::Int))
}

fn float(text: &str) -> Option<f64> {
    let text = text.trim();
    let between = |i: usize| {
        let digit =
            |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        digit(i.checked_sub(1)) && digit(i.checked_add(1))
    };
    if text.bytes().enumerate().any(|(i, b)| b == b'_' && !between(i)) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    fn fit(ty: &Type, node: impl Into<Node>) -> Result<Node, String> {
        let mut errors = Vec::new();
        let node = ty.fit(node.into(), &KeyPath::parse("k"), &mut errors);
        errors.first().map_or(Ok(node), |e| Err(e.to_string()))
    }

    #[test]
    fn scalars_convert_as_in_hydras_schemas() {
        for (text, number) in [("5", 5), (" 5 ", 5), ("1_000", 1000), ("010", 10), ("-3", -3)] {
            assert_eq!(fit(&Type::Int, text), Ok(Node::from(number)), "{text}");
        }
        for text in ["5.0", "1e3", "0x10", "", "1__0", "_1"] {
            assert!(fit(&Type::Int, text).is_err(), "{text}");
        }
        assert!(fit(&Type::Int, 5.0).is_err());
        assert!(fit(&Type::Int, true).is_err());
        assert_eq!(fit(&Type::Float, "1e3"), Ok(Node::from(1000.0)));
        assert_eq!(fit(&Type::Float, 2), Ok(Node::from(2.0)));
        assert!(fit(&Type::Float, true).is_err());
        assert_eq!(fit(&Type::Str, true), Ok(Node::from("True")));
        assert_eq!(fit(&Type::Str, 1.5), Ok(Node::from("1.5")));
        assert!(fit(&Type::Str, Node::null()).is_err());
        for (text, value) in [("yes", true), ("OFF", false), ("2", true), ("0", false)] {
            assert_eq!(fit(&Type::Bool, text), Ok(Node::from(value)), "{text}");
        }
        for text in ["t", "", "1.0"] {
            assert!(fit(&Type::Bool, text).is_err(), "{text}");
        }
        assert_eq!(fit(&Type::Optional(Arc::new(Type::Int)), Node::null()), Ok(Node::null()));
    }

    #[test]
    fn every_mistake_of_a_mapping_is_told() {
        let fields = [(Text::from("lr"), Type::Float), (Text::from("name"), Type::Str)];
        let ty = Type::Struct(Arc::new(Struct {
            name: "Train".into(),
            fields: fields.into_iter().collect(),
            rest: None,
        }));
        let mut map = Map::default();
        map.set(Key::from("lr"), Node::from("fast"));
        map.set(Key::from("nmae"), Node::from("x"));
        let mut errors = Vec::new();
        let _ = ty.fit(Node::from(map), &KeyPath::parse("train"), &mut errors);
        let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["`train.lr` must be a float, but is a string", "there is no key `train.nmae`"]);
    }
}
