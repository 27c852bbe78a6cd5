//! Checks a value against a type, and converts it where Hydra's schemas convert.

use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, did_you_mean};
use crate::schema::definition::{Enum, Struct, Variant};
use crate::schema::duration::read_duration;
use crate::schema::expected::Expected;
use crate::schema::limit::{Bound, Constraint};
use crate::schema::ty::Type;
use crate::schema::words;
use crate::value::{Key, KeyPath, Kind, Map, Node, Text, integer_text, write_str};

impl Type {
    /// Makes a value fit a type without names. See [`Expected::fit`].
    #[must_use]
    pub fn fit(&self, node: Node, path: &KeyPath, errors: &mut Vec<Error>) -> Node {
        Expected::new(self).fit(node, path, errors)
    }
}

impl Expected<'_> {
    /// Makes a value fit. Interpolations and `???` fit everything: what they stand for is checked when it is known.
    /// Keys that are not there are no mistake: they may still come. Every mistake in the value goes to `errors`;
    /// then the value is returned as it was.
    ///
    /// ```
    /// use mainstem::schema::{Expected, Type};
    /// use mainstem::value::{KeyPath, Node};
    /// let mut errors = Vec::new();
    /// let number = Expected::new(&Type::INT);
    /// let fits = number.fit(Node::from("12"), &KeyPath::parse("a"), &mut errors);
    /// assert_eq!(fits, Node::from(12));
    /// let _ = number.fit(Node::from("x"), &KeyPath::parse("a"), &mut errors);
    /// assert_eq!(errors[0].message(), "`a` must be an integer, but is a string");
    /// ```
    #[must_use]
    pub fn fit(self, node: Node, path: &KeyPath, errors: &mut Vec<Error>) -> Node {
        let node = if self.is_secret() { node.secret() } else { node };
        if self.is_any() || matches!(node.kind, Kind::Template(_) | Kind::Missing) {
            return node;
        }
        match (self.ty(), &node.kind) {
            (Type::Optional(_), Kind::Null) => node,
            (Type::Optional(inner), _) => self.other(inner).fit(node, path, errors),
            (Type::Limited(limited), _) => {
                let before = errors.len();
                let given = node.clone();
                let node = self.other(&limited.ty).fit(node, path, errors);
                // A value of another type is told once, with what the limits want of it.
                if errors.len() == before {
                    errors.extend(limited.constraints.iter().filter_map(|one| one.violation(&node, path)));
                } else if matches!(
                    self.required().ty(),
                    Type::Int(_) | Type::Float | Type::Float32 | Type::Duration
                ) {
                    errors.truncate(before);
                    // A number that its width cannot hold may be no more than out of range.
                    let is_float = matches!(self.required().ty(), Type::Float32);
                    let is_number = match given.kind {
                        Kind::Int(_) | Kind::BigInt(_) => true,
                        Kind::Float(_) => is_float,
                        _ => false,
                    };
                    let violated = || limited.constraints.iter().find_map(|one| one.violation(&given, path));
                    let violated = if is_number { violated() } else { None };
                    errors.push(violated.unwrap_or_else(|| self.misfit(&given, path)));
                }
                node
            }
            (Type::List(element), Kind::List(items)) => {
                let element = self.other(element);
                if element.is_any() {
                    return node;
                }
                let fit =
                    |(i, item): (usize, &Node)| element.fit(item.clone(), &path.child(index(i)), errors);
                let items = items.iter().enumerate().map(fit).collect();
                Node::new(Kind::List(Arc::new(items)), node.origin)
            }
            (Type::Tuple(elements), Kind::List(items)) if elements.len() == items.len() => {
                let fit = |(i, (ty, item)): (usize, (&Type, &Node))| {
                    self.other(ty).fit(item.clone(), &path.child(index(i)), errors)
                };
                let items = elements.iter().zip(&**items).enumerate().map(fit).collect();
                Node::new(Kind::List(Arc::new(items)), node.origin)
            }
            (Type::Dict(dict), Kind::Map(map)) => {
                let (of_key, of_value) = (self.other(&dict.key), self.other(&dict.value));
                if of_key.is_any() && of_value.is_any() {
                    return node;
                }
                let mut fitted = Map::default();
                for (key, slot) in map.iter() {
                    errors.extend(self.wrong_key(key, path, slot.origin));
                    let path = path.child(key.clone());
                    fitted.insert(key.clone(), slot.origin, of_value.fit(slot.node.clone(), &path, errors));
                }
                Node::new(Kind::Map(Arc::new(fitted)), node.origin)
            }
            (Type::Struct(fields), Kind::Map(map)) => {
                let fitted = self.fit_fields(fields, None, map, path, errors);
                Node::new(Kind::Map(Arc::new(fitted)), node.origin)
            }
            (Type::Enum(variants), _) => self.fit_variant(variants, node, path, errors),
            _ => match self.convert(&node.kind) {
                Some(kind) => Node::new(kind, node.origin),
                None => {
                    errors.push(self.misfit(&node, path));
                    node
                }
            },
        }
    }

    /// The fields of a struct, or of a variant whose enum has that tag.
    fn fit_fields(
        self,
        fields: &Struct,
        tag: Option<&Text>,
        map: &Map,
        path: &KeyPath,
        errors: &mut Vec<Error>,
    ) -> Map {
        let mut fitted = Map::default();
        for (key, slot) in map {
            let at = path.child(key.clone());
            if tag.is_some_and(|tag| key.as_str() == Some(tag)) {
                fitted.insert(key.clone(), slot.origin, slot.node.clone());
                continue;
            }
            let (name, expected) = match key.as_str().and_then(|name| fields.field(name)) {
                Some((name, field)) => (Key::Str(name.clone()), self.of_field(field)),
                None => match &fields.rest {
                    Some(rest) => (key.clone(), self.other(rest)),
                    None => {
                        errors.push(fields.unknown(key, &at).at(slot.origin, "no such key"));
                        continue;
                    }
                },
            };
            let node = expected.fit(slot.node.clone(), &at, errors);
            if let Err(other) = fitted.insert_new(name.clone(), slot.origin, node) {
                errors.push(words::twice(&path.child(name), key, slot.origin, other.origin));
            }
        }
        fitted
    }

    /// One of several variants; of one that is not named yet, only what all of them agree on is known.
    fn fit_variant(self, variants: &Enum, node: Node, path: &KeyPath, errors: &mut Vec<Error>) -> Node {
        match (&node.kind, &variants.tag) {
            (Kind::Str(word), tag) => match (variants.variant(word), tag) {
                (Some((name, _)), None) => Node::new(Kind::Str(name.clone()), node.origin),
                // A word names a variant all of whose fields have defaults.
                (Some((name, _)), Some(tag)) => {
                    let mut map = Map::default();
                    let name = Node::new(Kind::Str(name.clone()), node.origin);
                    map.insert(Key::Str(tag.clone()), node.origin, name);
                    Node::new(Kind::Map(Arc::new(map)), node.origin)
                }
                (None, _) => {
                    errors.push(variants.unknown(word, path, node.origin));
                    node
                }
            },
            (Kind::Map(map), Some(tag)) => {
                let Some(word) = map.get_str(tag) else {
                    return Node::new(
                        Kind::Map(Arc::new(self.fit_any_variant(map, path, errors))),
                        node.origin,
                    );
                };
                let Some((name, variant)) = word.as_str().and_then(|word| variants.variant(word)) else {
                    if !matches!(word.kind, Kind::Template(_) | Kind::Missing) {
                        let path = path.child(Key::Str(tag.clone()));
                        errors.push(match word.as_str() {
                            Some(text) => variants.unknown(text, &path, word.origin),
                            None => Expected::new(&variants.words).misfit(word, &path),
                        });
                    }
                    return node;
                };
                let mut fitted = self.fit_fields(&variant.content, Some(tag), map, path, errors);
                if let Some(slot) = fitted.slot_mut(&Key::Str(tag.clone())) {
                    slot.node.kind = Kind::Str(name.clone());
                }
                Node::new(Kind::Map(Arc::new(fitted)), node.origin)
            }
            _ => {
                errors.push(self.misfit(&node, path));
                node
            }
        }
    }

    fn fit_any_variant(self, map: &Map, path: &KeyPath, errors: &mut Vec<Error>) -> Map {
        let mut fitted = Map::default();
        for (key, slot) in map {
            let at = path.child(key.clone());
            match self.child(key) {
                Some(expected) => {
                    fitted.insert(key.clone(), slot.origin, expected.fit(slot.node.clone(), &at, errors));
                }
                None => {
                    if let Some(variants) = self.as_enum() {
                        errors.push(variants.no_field(key, &at).at(slot.origin, "no such key"));
                    }
                }
            }
        }
        fitted
    }

    /// A scalar as the type wants it; `None` if it cannot be.
    fn convert(self, kind: &Kind) -> Option<Kind> {
        let fits = match (self.ty(), kind) {
            (Type::Bool, Kind::Bool(_))
            | (Type::Float, Kind::Float(_))
            | (Type::Str | Type::Path, Kind::Str(_))
            | (Type::Bytes, Kind::Bytes(_)) => true,
            (Type::Int(width), Kind::Int(_) | Kind::BigInt(_)) => width.holds(kind),
            (Type::Duration, _) => read_duration(kind).is_some(),
            (Type::Time(moment), Kind::Str(text)) => moment.reads(text),
            _ => false,
        };
        if fits {
            return Some(kind.clone());
        }
        match (self.ty(), kind) {
            (Type::Bool, Kind::Int(i)) => Some(Kind::Bool(*i != 0)),
            (Type::Bool, Kind::BigInt(_)) => Some(Kind::Bool(true)),
            (Type::Bool, Kind::Str(text)) => boolean(text).map(Kind::Bool),
            (Type::Int(width), Kind::Str(text)) => integer(text).filter(|number| width.holds(number)),
            (Type::Float, _) => number(kind).map(Kind::Float),
            (Type::Float32, _) => number(kind).filter(|x| !is_beyond(*x)).map(Kind::Float),
            (Type::Str, Kind::Bool(b)) => Some(Kind::Str(if *b { "True" } else { "False" }.into())),
            (Type::Str | Type::Path, Kind::Int(_) | Kind::BigInt(_) | Kind::Float(_)) => {
                let mut text = String::new();
                write_str(&Node::new(kind.clone(), Origin::NONE), &mut text);
                Some(Kind::Str(text.into()))
            }
            (Type::OneOf(words), Kind::Str(text)) => {
                let word = text.rsplit_once('.').map_or(text.as_str(), |(_, word)| word);
                words.iter().find(|w| w.as_str() == text || w.as_str() == word).cloned().map(Kind::Str)
            }
            _ => None,
        }
    }

    /// The error that a key cannot be one of the mapping at a path; `None` if it can.
    pub(crate) fn wrong_key(self, key: &Key, path: &KeyPath, origin: Origin) -> Option<Error> {
        let here = self.required();
        let Type::Dict(dict) = here.ty() else { return None };
        let of_key = here.other(&dict.key);
        if of_key.is_any() {
            return None;
        }
        of_key.unfit_key(key, &path.child(key.clone())).map(|error| error.at(origin, "this key"))
    }

    /// The error that a key of a mapping does not fit. Overrides can only write text, so text that spells a number
    /// or a boolean is one.
    fn unfit_key(self, key: &Key, path: &KeyPath) -> Option<Error> {
        let kind = match key {
            Key::Str(text) => Kind::Str(text.clone()),
            Key::Int(i) => Kind::Int(*i),
            Key::Float(x) => Kind::Float(*x),
            Key::Bool(b) => Kind::Bool(*b),
            Key::Null => Kind::Null,
            Key::Bytes(bytes) => Kind::Bytes(Arc::clone(bytes)),
        };
        let mut errors = Vec::new();
        let _ = self.fit(Node::new(kind, Origin::NONE), path, &mut errors);
        (!errors.is_empty()).then(|| {
            Error::new(ErrorKind::Type, format!("the key `{path}` must be {self}, but is {}", describe(key)))
        })
    }

    /// The error that a key stands where none of that name may; `None` if it may.
    pub(crate) fn unknown(
        self,
        variant: Option<&Variant>,
        key: &Key,
        path: &KeyPath,
        origin: Origin,
    ) -> Option<Error> {
        let error = match (variant, self.as_closed(), self.as_enum()) {
            (Some(variant), _, _) => variant.content.unknown(key, path),
            (None, Some(closed), _) => closed.unknown(key, path),
            (None, None, Some(variants)) => variants.no_field(key, path),
            (None, None, None) => return None,
        };
        Some(error.at(origin, "no such key"))
    }

    /// The error that a value does not fit.
    pub fn misfit(self, node: &Node, path: &KeyPath) -> Error {
        let subject = words::Subject(path);
        if let (Type::Float32, Some(x)) = (self.required().ty(), number(&node.kind).filter(|x| is_beyond(*x)))
        {
            let end = |x: f32| Some(Bound::inclusive(Node::from(shortest(x))));
            let range = Constraint::Range { min: end(f32::MIN), max: end(f32::MAX) };
            let found = Node::from(x).from_origin(node.origin);
            if let Some(error) = range.violation(&found, path) {
                return error;
            }
        }
        let message = match (self.required().ty(), &node.kind) {
            _ if node.origin.is_secret() => return words::misfit(path, self, node),
            (Type::OneOf(_), Kind::Str(text)) => format!("{subject} must be {self}, but is `{text}`"),
            (Type::Int(width), Kind::Int(_) | Kind::BigInt(_)) => {
                let mut text = String::new();
                write_str(node, &mut text);
                format!("{subject} must be {}, but is {text}", width.describe())
            }
            (Type::Tuple(_), Kind::List(items)) => {
                format!("{subject} must be {self}, but its length is {}", items.len())
            }
            _ => return words::misfit(path, self, node),
        };
        let error = Error::new(ErrorKind::Type, message).at(node.origin, format!("expected {self}"));
        let (Type::OneOf(known), Kind::Str(text)) = (self.ty(), &node.kind) else { return error };
        match did_you_mean(text, known.iter().map(|w| w.as_str())) {
            Some(word) => error.help(format!("did you mean `{word}`?")),
            None => error,
        }
    }
}

impl Struct {
    /// The error that a key is no field.
    pub fn unknown(&self, key: &Key, path: &KeyPath) -> Error {
        words::unknown_key(&self.name, self.fields.keys().map(|field| field.as_str()), key, path)
    }
}

impl Enum {
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.variants.keys().map(|word| word.as_str())
    }

    /// The error that a word names no variant.
    pub fn unknown(&self, word: &str, path: &KeyPath, origin: Origin) -> Error {
        words::unknown_variant(self.names(), word, path, origin)
    }

    /// The error that none of the variants has a field of that name.
    pub fn no_field(&self, key: &Key, path: &KeyPath) -> Error {
        let mut fields: Vec<&str> = Vec::new();
        for name in self.variants.values().flat_map(|variant| variant.content.fields.keys()) {
            if !fields.contains(&name.as_str()) {
                fields.push(name);
            }
        }
        words::unknown_key(
            &self.name,
            self.tag.as_deref().into_iter().chain(fields.iter().copied()),
            key,
            path,
        )
    }

    /// The error that a mapping does not say which variant it is.
    pub fn unnamed(&self, path: &KeyPath, origin: Origin) -> Error {
        words::unnamed_variant(self.tag.as_deref().unwrap_or_default(), self.names(), path, origin)
    }
}

fn index(i: usize) -> Key {
    Key::Int(i64::try_from(i).unwrap_or(i64::MAX))
}

/// What a key is, in a word.
fn describe(key: &Key) -> &'static str {
    match key {
        Key::Str(_) => "a string",
        Key::Int(_) => "an integer",
        Key::Float(_) => "a float",
        Key::Bool(_) => "a boolean",
        Key::Null => "null",
        Key::Bytes(_) => "bytes",
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

/// What a float field takes.
fn number(kind: &Kind) -> Option<f64> {
    match kind {
        Kind::Float(x) => Some(*x),
        #[expect(clippy::cast_precision_loss, reason = "a float field takes integers as Python does")]
        Kind::Int(i) => Some(*i as f64),
        Kind::BigInt(digits) => digits.parse().ok(),
        Kind::Str(text) => float(text),
        _ => None,
    }
}

/// Whether a number is too large for 32 bits, which would make it infinite.
#[expect(clippy::cast_possible_truncation, reason = "that is the question")]
fn is_beyond(x: f64) -> bool {
    x.is_finite() && (x as f32).is_infinite()
}

/// A float of 32 bits as its own shortest text says it, and not as the double that is nearest to it.
pub(crate) fn shortest(x: f32) -> f64 {
    x.to_string().parse().unwrap_or(f64::from(x))
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
    use crate::schema::definition::Field;
    use crate::value::Text;

    fn fit(ty: &Type, node: impl Into<Node>) -> Result<Node, String> {
        let mut errors = Vec::new();
        let node = ty.fit(node.into(), &KeyPath::parse("k"), &mut errors);
        errors.first().map_or(Ok(node), |e| Err(e.to_string()))
    }

    fn refusal(ty: &Type, node: impl Into<Node>) -> String {
        fit(ty, node).expect_err("it does not fit")
    }

    #[test]
    fn scalars_convert_as_in_hydras_schemas() {
        for (text, number) in [("5", 5), (" 5 ", 5), ("1_000", 1000), ("010", 10), ("-3", -3)] {
            assert_eq!(fit(&Type::INT, text), Ok(Node::from(number)), "{text}");
        }
        for text in ["5.0", "1e3", "0x10", " ", "1__0", "_1"] {
            assert_eq!(refusal(&Type::INT, text), "`k` must be an integer, but is a string", "{text}");
        }
        assert_eq!(refusal(&Type::INT, ""), "`k` must be an integer, but is an empty string");
        assert_eq!(refusal(&Type::INT, 5.0), "`k` must be an integer, but is a float");
        assert_eq!(refusal(&Type::INT, true), "`k` must be an integer, but is a boolean");
        assert_eq!(fit(&Type::Float, "1e3"), Ok(Node::from(1000.0)));
        assert_eq!(fit(&Type::Float, 2), Ok(Node::from(2.0)));
        assert_eq!(refusal(&Type::Float, true), "`k` must be a float, but is a boolean");
        assert_eq!(fit(&Type::Str, true), Ok(Node::from("True")));
        assert_eq!(fit(&Type::Str, 1.5), Ok(Node::from("1.5")));
        assert_eq!(refusal(&Type::Str, Node::null()), "`k` must be a string, but is null");
        for (text, value) in [("yes", true), ("OFF", false), ("2", true), ("0", false)] {
            assert_eq!(fit(&Type::Bool, text), Ok(Node::from(value)), "{text}");
        }
        for text in ["t", "1.0"] {
            assert_eq!(refusal(&Type::Bool, text), "`k` must be a boolean, but is a string", "{text}");
        }
        assert_eq!(refusal(&Type::Bool, ""), "`k` must be a boolean, but is an empty string");
        assert_eq!(fit(&Type::Optional(Arc::new(Type::INT)), Node::null()), Ok(Node::null()));
    }

    #[test]
    fn every_mistake_of_a_mapping_is_told() {
        let fields =
            [(Text::from("lr"), Field::new(Type::Float)), (Text::from("name"), Field::new(Type::Str))];
        let ty = Type::Struct(Arc::new(Struct {
            name: "Train".into(),
            fields: fields.into_iter().collect(),
            ..Struct::default()
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
