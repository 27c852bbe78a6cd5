//! Where a config gives overrides of a sweep, and what they are for.

use crate::value::{Key, KeyPath, Kind, Node};

/// Where a config gives overrides of a sweep: mappings whose keys are theirs. `*` is every element.
pub(super) const GIVEN: [&[&str]; 4] = [
    &["hydra", "sweeper", "params"],
    &["mainstem", "sweep", "grids", "*"],
    &["mainstem", "sweep", "when", "*"],
    &["mainstem", "search", "first", "*"],
];

/// Shows the entries of the mappings at a place, as far as they are in the value at a path, or it in one of them.
pub(super) fn entries(
    node: &Node,
    path: &mut KeyPath,
    place: &[&str],
    show: &mut dyn FnMut(&Key, &Node, &KeyPath),
) {
    let is_meant = |key: &Key, name: &str| name == "*" || key.as_str() == Some(name);
    if !path.keys().iter().zip(place).all(|(key, name)| is_meant(key, name)) {
        return;
    }
    if let Some(name) = path.keys().get(place.len()).cloned() {
        return show(&name, node, path);
    }
    let name = place.get(path.len()).copied().unwrap_or("*");
    let mut below = |key: Key, child: &Node| {
        path.push(key);
        entries(child, path, place, show);
        path.pop();
    };
    match &node.kind {
        Kind::Map(map) if name == "*" => map.iter().for_each(|(key, slot)| below(key.clone(), &slot.node)),
        Kind::Map(map) => map.get_str(name).into_iter().for_each(|child| below(Key::from(name), child)),
        Kind::List(items) if name == "*" => {
            items.iter().enumerate().for_each(|(i, item)| below(index(i), item));
        }
        _ => {}
    }
}

/// What the entry so deep in a path is for, and what stands below it.
pub(super) fn target_at(path: &KeyPath, depth: usize) -> KeyPath {
    let name = path.keys().get(depth).map(ToString::to_string).unwrap_or_default();
    let target = KeyPath::parse(name.trim_start_matches(['+', '~']));
    let below = path.keys().get(depth + 1..).unwrap_or_default();
    target.keys().iter().chain(below).cloned().collect()
}

/// What an override is for that a config gives at a path.
pub(super) fn target_of(path: &KeyPath) -> Option<KeyPath> {
    let lies = |place: &&&[&str]| {
        let same = |(key, name): (&Key, &&str)| *name == "*" || key.as_str() == Some(name);
        path.len() > place.len() && path.keys().iter().zip(place.iter()).all(same)
    };
    GIVEN.iter().find(lies).map(|place| target_at(path, place.len()))
}

/// The key of an element of a list.
pub(super) fn index(i: usize) -> Key {
    Key::Int(i64::try_from(i).unwrap_or(i64::MAX))
}
