//! Warnings about fields and variants that should not be used any more.

use crate::compose::composed::RESERVED;
use crate::diag::{Error, ErrorKind, Origin, SourceKind, SourceMap};
use crate::schema::{Expected, Type};
use crate::value::{Key, KeyPath, Kind, Node};

/// Tells of every deprecated field that someone set, and of every deprecated variant that someone chose.
pub(crate) fn deprecated(root: &Node, expected: Expected<'_>, sources: &SourceMap, warn: &dyn Fn(Error)) {
    let mut walk = Walk { sources, warn, path: KeyPath::ROOT };
    walk.value(root, expected);
}

struct Walk<'a> {
    sources: &'a SourceMap,
    warn: &'a dyn Fn(Error),
    path: KeyPath,
}

impl Walk<'_> {
    fn value(&mut self, node: &Node, expected: Expected<'_>) {
        let expected = expected.required();
        match (expected.ty(), &node.kind) {
            (Type::Struct(_) | Type::Enum(_), Kind::Map(map)) => {
                let variant = expected.variant_of(node);
                if let (Some(message), Some(tag)) = (
                    variant.and_then(|variant| variant.deprecated.as_deref()),
                    expected
                        .as_enum()
                        .and_then(|variants| variants.tag.as_deref())
                        .and_then(|tag| map.get_str(tag)),
                ) {
                    let word = tag.as_str().unwrap_or_default();
                    self.tell(
                        format!("the variant `{word}` of `{}` is deprecated: {message}", self.path),
                        tag.origin,
                    );
                }
                let fields = expected.fields(variant);
                for (key, slot) in map.iter() {
                    // What the program itself owns has no such fields.
                    if self.path.is_empty() && key.as_str().is_some_and(|key| RESERVED.contains(&key)) {
                        continue;
                    }
                    let field = key.as_str().and_then(|key| fields?.fields.get(key));
                    self.path.push(key.clone());
                    if let Some((field, message)) =
                        field.and_then(|field| Some((field, field.deprecated.as_deref()?)))
                        && field.default.as_ref().is_none_or(|default| default.origin != slot.node.origin)
                        && self.is_said(slot.node.origin)
                    {
                        self.tell(format!("`{}` is deprecated: {message}", self.path), slot.node.origin);
                    }
                    if let Some(below) = expected.child_in(variant, key).filter(|below| below.is_container())
                    {
                        self.value(&slot.node, below);
                    }
                    self.path.pop();
                }
            }
            (Type::Dict(dict), Kind::Map(map)) if expected.other(&dict.value).is_container() => {
                for (key, slot) in map.iter() {
                    self.below(key.clone(), &slot.node, expected.other(&dict.value));
                }
            }
            (Type::List(element), Kind::List(items)) if expected.other(element).is_container() => {
                for (i, item) in items.iter().enumerate() {
                    self.below(Key::Int(i64::try_from(i).unwrap_or(i64::MAX)), item, expected.other(element));
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, key: Key, node: &Node, expected: Expected<'_>) {
        self.path.push(key);
        self.value(node, expected);
        self.path.pop();
    }

    /// Whether someone set it: a default of a type has no place, or one in code.
    fn is_said(&self, origin: Origin) -> bool {
        let source = self.sources.get(origin.source);
        source.is_some_and(|source| *source.kind() != SourceKind::Code)
    }

    fn tell(&self, message: String, origin: Origin) {
        (self.warn)(Error::new(ErrorKind::Constraint, message).at(origin, "set here"));
    }
}
