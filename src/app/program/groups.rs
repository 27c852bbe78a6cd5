//! The config groups of a program: what is chosen of them, and what their options say.

use crate::app::program::help::group_paths;
use crate::compose::{Composed, Repository};
use crate::diag::Result;
use crate::schema::{Enum, Expected};
use crate::settings::is_reserved;
use crate::value::{KeyPath, Node, Text};

/// The config groups of a program, but for those of the `hydra` node.
pub(crate) struct Groups<'r> {
    repository: &'r Repository,
    all: Vec<Group>,
}

struct Group {
    name: String,
    options: Vec<Text>,
    /// The keys that defaults lists choose it by, with what is chosen; a group may be chosen for several packages.
    chosen: Vec<(String, Option<String>)>,
}

/// An option that stands for a variant of an enum.
pub(crate) struct Standing {
    pub(crate) name: Text,
    pub(crate) body: Node,
}

/// Whether a config of a type has a place for what the options of a group hold. A folder may serve several programs, and what one
/// of them has no field for is no choice of its user. What cannot be read is told to who chooses it.
pub(crate) fn has_room(
    repository: &Repository,
    expected: Expected<'_>,
    group: &str,
    options: &[Text],
) -> bool {
    let at = |package: &str| {
        let mut here = expected;
        KeyPath::parse(package).keys().iter().all(|key| match here.required().as_closed() {
            None => true,
            Some(_) => here.required().child(key).map(|inner| here = inner).is_some(),
        })
    };
    expected.as_closed().is_none()
        || options.iter().any(|option| {
            let path = format!("{group}/{option}");
            repository.load(&path).ok().flatten().is_none_or(|document| at(&document.package(&path)))
        })
}

impl<'r> Groups<'r> {
    /// The groups that a composition could choose from.
    ///
    /// # Errors
    /// A source that cannot be listed.
    pub(crate) fn of(composed: &'r Composed) -> Result<Self> {
        let selection = composed.selection();
        let expected = composed.schema().expected();
        let repository: &Repository = selection.repository();
        let mut all = Vec::new();
        for name in group_paths(repository)?.into_iter().filter(|name| !is_reserved(name)) {
            let options = repository.options(&name)?;
            let of_group = selection.choices().filter(|(key, _)| key.split('@').next() == Some(&name));
            let chosen: Vec<_> =
                of_group.map(|(key, option)| (key.to_owned(), option.map(str::to_owned))).collect();
            let at_home = !chosen.is_empty() || has_room(repository, expected, &name, &options);
            if !options.is_empty() && at_home {
                all.push(Group { name, options, chosen });
            }
        }
        Ok(Self { repository, all })
    }

    fn find(&self, group: &str) -> Option<&Group> {
        self.all.iter().find(|one| one.name == group)
    }

    /// What is typed before `=OPTION`; `None` if there is no such group. One that no defaults list names is added.
    pub(crate) fn key(&self, group: &str) -> Option<String> {
        self.find(group).map(|one| if one.chosen.is_empty() { format!("+{group}") } else { group.to_owned() })
    }

    /// The option that is chosen where the group's own name says.
    pub(crate) fn chosen(&self, group: &str) -> Option<&str> {
        self.find(group)?.chosen.iter().find(|(key, _)| key == group)?.1.as_deref()
    }

    /// The options of a group; none if there is no such group.
    pub(crate) fn options(&self, group: &str) -> Vec<Text> {
        self.find(group).map(|one| one.options.clone()).unwrap_or_default()
    }

    /// Every group's keys, with what is chosen, and its options.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (String, &[Text])> {
        self.all.iter().flat_map(|group| {
            let chosen = group.chosen.iter().map(|(key, option)| match option {
                Some(option) => format!("{key}={option}"),
                None => format!("{key}=null"),
            });
            let added = group.chosen.is_empty().then(|| format!("+{}=", group.name));
            chosen.chain(added).map(|key| (key, group.options.as_slice()))
        })
    }

    /// The options that stand for a variant. One that cannot be read stands for none: who composes it is told.
    pub(crate) fn of_variant(&self, group: &str, variants: &Enum, name: &str) -> Vec<Standing> {
        let Some(found) = self.find(group) else { return Vec::new() };
        let standing = found.options.iter().filter_map(|option| {
            let path = format!("{group}/{option}");
            let document = self.repository.load(&path).ok().flatten()?;
            let tag = document.root.as_map().zip(variants.tag.as_ref());
            let word = tag.and_then(|(map, tag)| map.get_str(tag)?.as_str());
            let (variant, _) = match word {
                Some(word) => variants.variant(word)?,
                None => variants.option(option)?,
            };
            let lands = document.package(&path) == group.replace('/', ".");
            (lands && variant == name).then(|| Standing { name: option.clone(), body: document.root.clone() })
        });
        standing.collect()
    }
}
