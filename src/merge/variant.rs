//! A value that becomes another variant of an enum.

use crate::diag::{Error, ErrorKind, Origin};
use crate::merge::observer::Observer;
use crate::schema::{Expected, Variant};
use crate::value::{Key, KeyPath, Map, Node, Slot, Text};

/// The variant that a mapping names, with its name and where it says so; `None` if it names none, or is no enum.
fn named<'s>(expected: Expected<'s>, map: &Map) -> Option<(&'s Text, &'s Variant, Origin)> {
    let variants = expected.as_enum()?;
    let word = map.get_str(variants.tag.as_ref()?)?;
    variants.variant(word.as_str()?).map(|(name, variant)| (name, variant, word.origin))
}

fn variant<'s>(expected: Expected<'s>, map: &Map) -> Option<&'s Variant> {
    named(expected, map).map(|(_, variant, _)| variant)
}

/// What was given to the variant that a mapping was and what the one that it is has no place for: an error for each. It is no
/// default, so somebody wrote it, and nobody drops in silence what is written. `is` names the variant.
pub(crate) fn stale(was: &Map, map: &Map, is: &Map, expected: Expected<'_>, path: &KeyPath) -> Vec<Error> {
    let (Some((old, before, _)), Some((new, variant, said))) = (named(expected, was), named(expected, is))
    else {
        return Vec::new();
    };
    if std::ptr::eq(before, variant) {
        return Vec::new();
    }
    let is_left = |key: &&Key| {
        let of_old = key.as_str().is_some_and(|key| before.content.fields.contains_key(key));
        of_old
            && expected.child_in(Some(variant), key).is_none()
            && expected.alias(Some(variant), key).is_none()
    };
    let error = |(key, slot): (&Key, &Slot)| {
        let at = path.child(key.clone());
        let message = format!("`{at}` belongs to `{old}`, and `{path}` is `{new}` now");
        Error::new(ErrorKind::UnknownKey, message)
            .at(slot.origin, format!("set for `{old}` here"))
            .at(said, format!("`{new}` since here"))
    };
    map.iter().filter(|(key, _)| is_left(key)).map(error).collect()
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
    let (old, new) = (variant(expected, there), variant(expected, comes));
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
