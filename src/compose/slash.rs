//! Options in folders, `model: lm/big`: since Hydra 1.4 the folder counts as a part of the group. Hydra 1.3 kept the
//! group as it was written, so that relative paths and overrides meant something else.

use crate::compose::element::Choice;
use crate::compose::expand::Known;
use crate::compose::item::{Item, Role};
use crate::compose::repository::Repository;
use crate::compose::tree::{NodeId, Tree};
use crate::diag::Error;
use crate::value::{IndexMap, Text};

/// The item as it was written, in these words: `model: lm/big`; and as it is read.
fn readings(item: &Item) -> Option<(String, String)> {
    let (Role::Group { group, .. }, Some(written), name) = (&item.role, item.shorthand(), item.name()?)
    else {
        return None;
    };
    let folder = group.strip_prefix(written.as_str())?.trim_start_matches('/');
    Some((format!("{written}: {folder}/{name}"), format!("{group}: {name}")))
}

/// Adds to the error about an item that names no config what it named in Hydra 1.3, if that is there.
pub(crate) fn once_found(error: Error, repository: &Repository, tree: &Tree, id: NodeId) -> Error {
    let item = tree.item(id);
    let Some((changed, path)) = once_named(tree, id) else { return error };
    if path == item.config_path() || !repository.has_config(&path).unwrap_or(false) {
        return error;
    }
    let Some((written, read)) = readings(changed) else { return error };
    let error = error.note(format!("`{path}` is there: Hydra 1.3 read this item so")).note(format!(
        "since 1.4 `{written}` is read as `{read}`, and relative paths below it count from `{}`",
        item.base
    ));
    let inside = path.strip_prefix(item.base.as_str()).and_then(|rest| rest.strip_prefix('/'));
    match (&item.role, inside) {
        (Role::Config { .. }, Some(inside)) => error.help(format!("write `- {inside}`")),
        (Role::Config { .. }, None) => error.help(format!("write `- /{path}`")),
        _ => error,
    }
}

/// The nearest item above that is read in another way, and the path that the item had when it was not.
fn once_named(tree: &Tree, id: NodeId) -> Option<(&Item, Text)> {
    let changed = tree.ancestors(id).map(|above| tree.item(above)).find(|item| item.shorthand().is_some())?;
    let mut line: Vec<NodeId> = std::iter::once(id).chain(tree.ancestors(id)).collect();
    line.reverse();
    let mut base = Text::default();
    let mut path = None;
    for at in line {
        let mut item = tree.item(at).clone();
        if let Role::Group { group, written: Some(written), .. } = &mut item.role {
            group.clone_from(written);
        }
        item.base = base;
        base = item.group_path();
        path = Some(item.config_path());
    }
    Some((changed, path?))
}

/// Adds to the error about `override /group: folder/option` that its key has the folder, and what has the key without.
pub(crate) fn of_override(
    error: Error,
    (key, shorthand, choice): (&str, &str, &Choice),
    known: &IndexMap<Text, Known>,
) -> Error {
    let folder = key.strip_prefix(shorthand).unwrap_or("").trim_start_matches('/');
    let error = error.note(format!(
        "since Hydra 1.4 `override {shorthand}: {folder}/{choice}` is read as `override {key}: {choice}`"
    ));
    let plain = shorthand.trim_start_matches('/');
    let Some(chosen) = known.get(plain) else { return error };
    let name = chosen.name.as_deref().unwrap_or("null");
    error.at(chosen.why, format!("`{plain}` is `{name}` here")).help(format!(
        "write `- {key}@{}: {choice}` in place of the override to add it",
        plain.replace('/', ".")
    ))
}
