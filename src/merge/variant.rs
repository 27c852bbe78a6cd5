//! A value that becomes another variant of an enum.

use crate::merge::observer::Observer;
use crate::schema::{Enum, Expected, Variant};
use crate::value::{Key, KeyPath, Map, Node};

/// The variant that a mapping names; `None` if it names none, or is no enum.
pub(super) fn variant<'s>(expected: Expected<'s>, map: &Map) -> Option<(&'s Enum, &'s Variant)> {
    let variants = expected.as_enum()?;
    let word = map.get_str(variants.tag.as_ref()?)?.as_str()?;
    variants.variant(word).map(|(_, variant)| (variants, variant))
}

/// The variant that a mapping is when another one has been merged into it. If it was another one before, what stands
/// there only as a default of that one goes, and the defaults of the new one come.
pub(super) fn becomes<'s, O: Observer>(
    there: &mut Map,
    comes: &Map,
    expected: Expected<'s>,
    path: &KeyPath,
    observer: &mut O,
) -> Option<&'s Variant> {
    expected.as_enum()?;
    let old = variant(expected, there).map(|(_, variant)| variant);
    let new = variant(expected, comes).map(|(_, variant)| variant);
    if let (Some(old), Some(new)) = (old, new)
        && !std::ptr::eq(old, new)
    {
        forget(there, old, expected, path, observer);
    }
    if let Some(new) = new.filter(|new| old.is_none_or(|old| !std::ptr::eq(old, *new))) {
        remember(there, new, expected, path, observer);
    }
    new.or(old)
}

/// Removes what equals the defaults of a variant.
fn forget<O: Observer>(
    map: &mut Map,
    variant: &Variant,
    expected: Expected<'_>,
    path: &KeyPath,
    observer: &mut O,
) {
    for (name, field) in &variant.content.fields {
        let default = || expected.required().default_of(field);
        if map.get_str(name).is_some_and(|value: &Node| *value == default()) {
            let key = Key::Str(name.clone());
            let old = map.remove(&key);
            if let (true, Some(old)) = (O::LISTENS, &old) {
                observer.removed(&path.child(key), old);
            }
        }
    }
}

/// Adds the defaults of a variant for what is not there.
fn remember<O: Observer>(
    map: &mut Map,
    variant: &Variant,
    expected: Expected<'_>,
    path: &KeyPath,
    observer: &mut O,
) {
    for (name, field) in &variant.content.fields {
        if map.get_str(name).is_none() {
            let (key, value) = (Key::Str(name.clone()), expected.required().default_of(field));
            if O::LISTENS {
                observer.set(&path.child(key.clone()), None, &value);
            }
            map.insert(key, value.origin, value);
        }
    }
}
