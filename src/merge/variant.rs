//! A value that becomes another variant of an enum.

use crate::diag::{Error, ErrorKind, Origin};
use crate::merge::observer::Observer;
use crate::resolve::Givers;
use crate::schema::{Expected, Variant};
use crate::value::{Key, KeyPath, Kind, Map, Node, Slot, Text};

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
    let same =
        variant(expected, was).zip(variant(expected, is)).is_none_or(|(was, is)| std::ptr::eq(was, is));
    if same {
        return Vec::new();
    }
    misplaced(Some(was), map, is, expected, path, false).into_iter().map(|(_, error)| error).collect()
}

/// As [`stale`]; also what was given to any variant that the mapping was in between, and though it is now what it was, or
/// was none before.
pub(crate) fn stale_of_any(
    was: Option<&Map>,
    is: &Map,
    expected: Expected<'_>,
    path: &KeyPath,
) -> Vec<(Key, Error)> {
    misplaced(was, is, is, expected, path, true)
}

fn misplaced(
    was: Option<&Map>,
    map: &Map,
    is: &Map,
    expected: Expected<'_>,
    path: &KeyPath,
    of_any: bool,
) -> Vec<(Key, Error)> {
    let Some((new, variant, said)) = named(expected, is) else { return Vec::new() };
    let before = was.and_then(|was| named(expected, was)).map(|(old, before, _)| (old, before));
    let others = expected.as_enum().filter(|_| of_any).into_iter().flat_map(|all| &all.variants);
    let others: Vec<(&Text, &Variant)> = before.into_iter().chain(others).collect();
    let error = |(key, slot): (&Key, &Slot)| {
        let name = key.as_str()?;
        let (owner, _) = others.iter().find(|(_, other)| other.content.fields.contains_key(name))?;
        if expected.child_in(Some(variant), key).is_some() || expected.alias(Some(variant), key).is_some() {
            return None;
        }
        let at = path.child(key.clone());
        let message = format!("`{at}` belongs to `{owner}`, and `{path}` is `{new}` now");
        let error =
            Error::new(ErrorKind::UnknownKey, message).at(slot.origin, format!("set for `{owner}` here"));
        Some((key.clone(), error.at(said, format!("`{new}` since here"))))
    };
    map.iter().filter_map(error).collect()
}

/// The variant that a mapping is when another one has been merged into it. If it was another one before, what stands
/// there only as a default of that one goes, as does what was given to it by who is said to; and the defaults of the new
/// one come.
pub(super) fn becomes<'s, O: Observer>(
    there: &mut Map,
    comes: &Map,
    expected: Expected<'s>,
    path: &KeyPath,
    givers: Givers<'_>,
    observer: &mut O,
) -> Option<&'s Variant> {
    expected.as_enum()?;
    let (old, new) = (variant(expected, there), named(expected, comes));
    let Some((_, new, said)) = new.filter(|(_, new, _)| old.is_none_or(|old| !std::ptr::eq(old, *new)))
    else {
        return old;
    };
    if let Some(old) = old {
        forget(there, old, expected, path, givers, observer);
    }
    remember(there, new, said, expected, path, observer);
    Some(new)
}

/// Removes what equals the defaults of a variant, and what was given to it.
fn forget<O: Observer>(
    map: &mut Map,
    variant: &Variant,
    expected: Expected<'_>,
    path: &KeyPath,
    givers: Givers<'_>,
    observer: &mut O,
) {
    for (name, field) in &variant.content.fields {
        let default = || expected.required().default_of(field);
        let gave = |origin| givers.gave(path, origin);
        let key = Key::Str(name.clone());
        if map.slot(&key).is_some_and(|slot| slot.node == default() || is_given(slot, &gave)) {
            let old = map.remove(&key);
            if let (true, Some(old)) = (O::LISTENS, &old) {
                observer.removed(&path.child(key), old);
            }
        }
    }
}

/// Whether all of a value was given, but for the defaults that filled it up.
fn is_given(slot: &Slot, gave: &dyn Fn(Origin) -> bool) -> bool {
    let inside = |origin: Origin| !origin.is_known() || gave(origin);
    gave(slot.origin) && all_given(&slot.node, &inside)
}

fn all_given(node: &Node, gave: &dyn Fn(Origin) -> bool) -> bool {
    match &node.kind {
        Kind::Map(map) => map.iter().all(|(_, slot)| gave(slot.origin) && all_given(&slot.node, gave)),
        Kind::List(items) => items.iter().all(|item| all_given(item, gave)),
        _ => gave(node.origin),
    }
}

/// Adds the defaults of a variant for what is not there. What must be given is missing from where the variant is `said`.
fn remember<O: Observer>(
    map: &mut Map,
    variant: &Variant,
    said: Origin,
    expected: Expected<'_>,
    path: &KeyPath,
    observer: &mut O,
) {
    for (name, field) in &variant.content.fields {
        if map.get_str(name).is_none() {
            let (key, mut value) = (Key::Str(name.clone()), expected.required().default_of(field));
            if matches!(value.kind, Kind::Missing) && !value.origin.is_known() {
                value.origin = said;
            }
            if O::LISTENS {
                observer.set(&path.child(key.clone()), None, &value);
            }
            map.insert(key, value.origin, value);
        }
    }
}
