//! Which option of a config group was chosen, who chose it, and what else there is.

use crate::compose::composed::Composed;
use crate::compose::element::Choice;
use crate::compose::item::{Item, Role};
use crate::compose::selection::{Absent, absent};
use crate::compose::tree::NodeId;
use crate::diag::{Origin, Result};
use crate::value::Text;

/// The choice of one config group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupChoice {
    /// The group: `db`, `hydra/launcher`.
    pub group: Text,
    /// The key by which an override names the choice: the group, or `group@package`. The group if nothing is chosen.
    pub key: Text,
    /// Where the content of the option lands.
    pub package: Text,
    /// Who chose, in order; the last one is in force. Empty if no defaults list names the group.
    pub chosen: Vec<Chosen>,
    /// Why the choice adds nothing, if it does not.
    pub absent: Option<Absent>,
    /// The options that there are, sorted.
    pub options: Vec<Text>,
}

/// One who chose an option.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// The option; `None` if it is not known any more, or the group was emptied or deleted.
    pub option: Option<Text>,
    /// Where the choice is written: an item of a defaults list, or an argument.
    pub origin: Origin,
}

impl Composed {
    /// The choices of the config group of that name: of the group `db/engine`, of the key `db@backup`, or of the
    /// option whose content lands at `db.engine`. Empty if it is the name of no group.
    ///
    /// ```
    /// use mainstem::compose::{Composer, Memory, Mode, Provided, Repository};
    /// use mainstem::facts::Facts;
    /// let conf = Memory::new().text("config", "defaults: [db: pg]").text("db/pg", "").text("db/sqlite", "");
    /// let composer = Composer::new(Repository::new(vec![Provided::new("main", conf)]), Facts::default());
    /// let arguments = composer.arguments(Some("config"), &["db=sqlite"])?;
    /// let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
    /// let db = &composed.group_choices("db")?[0];
    /// assert_eq!(db.chosen.last().and_then(|last| last.option.as_deref()), Some("sqlite"));
    /// assert_eq!(db.options, ["pg", "sqlite"]);
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    ///
    /// # Errors
    /// A source whose groups cannot be listed.
    pub fn group_choices(&self, name: &str) -> Result<Vec<GroupChoice>> {
        let (selection, repository) = (self.selection(), self.selection().repository());
        let tree = &selection.tree;
        let mut found: Vec<GroupChoice> = Vec::new();
        for id in tree.all() {
            let item = tree.item(id);
            let Some((key, group)) = key_and_group(item) else { continue };
            let package = item.final_package();
            if key != name && group != name && (package != name || package.is_empty()) {
                continue;
            }
            let by_list = item.overridden.then_some(Chosen { option: None, origin: item.origin });
            let by_argument = item.deleted.filter(|by| by.is_known());
            let option = if by_argument.is_some() { None } else { item.name().map(Text::from) };
            let last = Chosen { option, origin: by_argument.unwrap_or(item.why) };
            let before = by_argument.filter(|_| !item.overridden);
            let before = before.map(|_| Chosen { option: item.name().map(Text::from), origin: item.why });
            let chosen = by_list.into_iter().chain(before).chain([last]).collect();
            let options = repository.options(&group)?;
            found.push(GroupChoice { group, key, package, chosen, absent: absent(tree, id), options });
        }
        if found.is_empty() && !name.is_empty() && repository.has_group(name)? {
            let options = repository.options(name)?;
            if !options.is_empty() {
                let group = Text::from(name);
                let (key, package) = (group.clone(), Text::default());
                found.push(GroupChoice { group, key, package, chosen: Vec::new(), absent: None, options });
            }
        }
        Ok(found)
    }
}

/// The key of a choice and the group it is made in, also of one option of several.
fn key_and_group(item: &Item) -> Option<(Text, Text)> {
    match &item.role {
        Role::Group { choice: Choice::One(_) | Choice::Null, .. } => {
            Some((item.override_key(), item.group_path()))
        }
        Role::Config { option: Some(_), path } if !path.contains("${") => {
            let group = item.group_path();
            Some((group.clone(), group))
        }
        _ => None,
    }
}

impl crate::compose::tree::Tree {
    /// All nodes in the order of the list.
    fn all(&self) -> impl Iterator<Item = NodeId> {
        let mut stack = vec![NodeId::ROOT];
        std::iter::from_fn(move || {
            let id = stack.pop()?;
            stack.extend(self.children(id).iter().rev());
            Some(id)
        })
    }
}
