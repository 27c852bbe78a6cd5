//! Options that lie in a folder deeper, or higher, than they were typed.

use crate::compose::expand::Known;
use crate::compose::item::Item;
use crate::compose::repository::Repository;
use crate::value::{IndexMap, Text};

/// What to type where the option that was named is a group, or an option of the group above.
pub(crate) fn other_level(repository: &Repository, item: &Item, name: &str) -> Option<String> {
    let group = item.group_path();
    if !item.is_group() || item.primary || name.is_empty() || group.is_empty() {
        return None;
    }
    let plus = if item.is_appended() { "+" } else { "" };
    let inner = format!("{group}/{name}");
    if repository.has_group(&inner).unwrap_or(false) {
        let options = repository.options(&inner).unwrap_or_default();
        let option = options.first().map_or("OPTION", |option| option.as_str());
        return Some(match (item.overridden || item.is_appended(), plus) {
            (true, "+") => format!("`{name}` is a group in it: type `+{inner}={option}`"),
            (true, _) => format!("`{name}` is a group in it: type `{group}={name}/{option}`"),
            (false, _) => format!("`{name}` is a group in it: write `{name}/{option}`"),
        });
    }
    let above = above_with(repository, &group, name)?;
    (item.overridden || item.is_appended()).then(|| format!("did you mean `{plus}{above}={name}`?"))
}

/// The nearest group above that has an option of that name.
pub(crate) fn above_with<'g>(repository: &Repository, group: &'g str, name: &str) -> Option<&'g str> {
    let has = |group: &&str| repository.has_config(&format!("{group}/{name}")).unwrap_or(false);
    group.rmatch_indices('/').map(|(at, _)| &group[..at]).find(has)
}

/// The override that chooses an option in a folder of a group above that is chosen from, or an option of that group.
pub(crate) fn in_folder(
    repository: &Repository,
    group: &str,
    name: &str,
    known: &IndexMap<Text, Known>,
) -> Option<String> {
    let above =
        group.rmatch_indices('/').map(|(at, _)| &group[..at]).find(|above| known.contains_key(*above))?;
    let folder = &group[above.len() + 1..];
    let options = [format!("{folder}/{name}"), name.to_owned()];
    let found =
        options.iter().find(|option| repository.has_config(&format!("{above}/{option}")).unwrap_or(false))?;
    Some(format!("{above}={found}"))
}
