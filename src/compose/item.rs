//! An item of a defaults list in the tree of all of them: its paths, its package, its key for overrides.

use crate::compose::element::{Choice, Element, Pick, What};
use crate::diag::Origin;
use crate::value::Text;

/// The config that a composition without a primary config starts from: an empty one.
pub(crate) const EMPTY: &str = "_empty_";

/// The absolute package of the root.
pub(crate) const GLOBAL: &str = "_global_";

/// What kind of entry a node of the defaults tree is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    /// Holds the preludes and the primary config.
    Root,
    /// The body of the config above.
    Itself,
    /// One config, by path; or one option of a list of options, whose name is kept apart.
    Config { path: Text, option: Option<Text> },
    /// A choice in a group.
    Group { group: Text, choice: Choice, written: Option<Text>, is_override: bool, appended: bool },
}

/// A node of the defaults tree, without its children.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) role: Role,
    /// What stands behind `@`, `_here_` already taken away.
    pub(crate) package: Option<Text>,
    /// The package of the config's header, absolute.
    pub(crate) header: Option<Text>,
    /// The group that relative paths count from.
    pub(crate) base: Text,
    /// The package that relative packages count from.
    pub(crate) parent_package: Text,
    pub(crate) primary: bool,
    pub(crate) optional: bool,
    /// Taken away: by the argument of that place, or for want of a config if the place is not known.
    pub(crate) deleted: Option<Origin>,
    /// Where it stands in a defaults list, or the argument that added it.
    pub(crate) origin: Origin,
    /// Who made the choice: the item itself, an override, an argument.
    pub(crate) why: Origin,
    /// The choice is not the item's own.
    pub(crate) overridden: bool,
}

impl Item {
    pub(crate) fn new(role: Role, package: Option<Text>, origin: Origin) -> Self {
        Self {
            role,
            package,
            header: None,
            base: Text::default(),
            parent_package: Text::default(),
            primary: false,
            optional: false,
            deleted: None,
            origin,
            why: origin,
            overridden: false,
        }
    }

    pub(crate) fn config(path: Text, origin: Origin) -> Self {
        Self::new(Role::Config { path, option: None }, None, origin)
    }

    pub(crate) fn from_element(element: &Element) -> Self {
        let role = match &element.what {
            What::Itself => Role::Itself,
            What::Config(path) => Role::Config { path: path.clone(), option: None },
            What::Group { group, choice, written } => Role::Group {
                group: group.clone(),
                choice: choice.clone(),
                written: written.clone(),
                is_override: element.is_override,
                appended: false,
            },
        };
        let mut item = Self::new(role, element.package.clone(), element.origin);
        item.optional = element.optional;
        if let Some(origin) = item.choice().and_then(choice_origin) {
            item.why = origin;
        }
        item
    }

    pub(crate) fn choice(&self) -> Option<&Choice> {
        match &self.role {
            Role::Group { choice, .. } => Some(choice),
            _ => None,
        }
    }

    pub(crate) fn is_self(&self) -> bool {
        match &self.role {
            Role::Itself => true,
            Role::Group { choice: Choice::One(pick), .. } => pick.name == "_self_",
            _ => false,
        }
    }

    pub(crate) fn is_group(&self) -> bool {
        matches!(self.role, Role::Group { .. })
    }

    /// Whether it is one of a list of options.
    pub(crate) fn is_listed(&self) -> bool {
        matches!(self.role, Role::Config { option: Some(_), .. })
    }

    pub(crate) fn is_override(&self) -> bool {
        matches!(self.role, Role::Group { is_override: true, .. })
    }

    pub(crate) fn is_appended(&self) -> bool {
        matches!(self.role, Role::Group { appended: true, .. })
    }

    /// The name of the config inside its group; `None` for an empty choice and for lists of options.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.role {
            Role::Config { option: Some(option), .. } => Some(last(option)),
            Role::Config { path, .. } => Some(last(path)),
            Role::Group { choice: Choice::One(pick), .. } => Some(&pick.name),
            Role::Itself => Some("_self_"),
            Role::Group { .. } | Role::Root => None,
        }
    }

    /// The group as written, if a folder in the name of the option became a part of it.
    pub(crate) fn shorthand(&self) -> Option<&Text> {
        match &self.role {
            Role::Group { written, .. } => written.as_ref(),
            _ => None,
        }
    }

    /// Whether the choice is still to be made.
    pub(crate) fn is_missing(&self) -> bool {
        self.name() == Some("???")
    }

    /// Whether the name is computed from other choices.
    pub(crate) fn is_interpolated(&self) -> bool {
        match &self.role {
            Role::Config { path, .. } => path.contains("${"),
            Role::Group { choice: Choice::One(pick), .. } => pick.name.contains("${"),
            _ => false,
        }
    }

    /// The item itself, or for a list of options each of them as a config of its own, not yet hung.
    pub(crate) fn options(self) -> Vec<Self> {
        match self.choice() {
            Some(Choice::Many(picks)) => picks.iter().map(|pick| self.option(pick)).collect(),
            _ => vec![self],
        }
    }

    /// One option of a list of options, as a config of its own, hung as the list is.
    pub(crate) fn option(&self, pick: &Pick) -> Self {
        let group = match &self.role {
            Role::Group { group, appended: false, .. } => group.clone(),
            _ => self.group_path(),
        };
        let path = Text::from(format!("{group}/{}", pick.name));
        let role = Role::Config { path, option: Some(pick.name.clone()) };
        let mut option = Self::new(role, self.package.clone(), self.origin);
        option.optional = self.optional;
        option.why = pick.origin;
        option.overridden = self.overridden;
        if !self.is_appended() {
            option.hang(&self.base, &self.parent_package);
        }
        option
    }

    /// The group of the config, absolute.
    pub(crate) fn group_path(&self) -> Text {
        match &self.role {
            Role::Config { path, .. } => {
                let group = parent(path.strip_prefix('/').unwrap_or(path));
                if path.starts_with('/') { group.into() } else { join(&self.base, group, '/') }
            }
            Role::Group { group, appended, .. } => match group.strip_prefix('/') {
                Some(group) => group.into(),
                None if *appended => group.clone(),
                None => join(&self.base, group, '/'),
            },
            Role::Itself | Role::Root => Text::default(),
        }
    }

    /// The path of the config, absolute.
    pub(crate) fn config_path(&self) -> Text {
        match &self.role {
            Role::Root => Text::const_new("<root>"),
            Role::Itself => join(&self.base, "_self_", '/'),
            Role::Config { path, .. } => match path.strip_prefix('/') {
                Some(path) => path.into(),
                None => join(&self.base, path, '/'),
            },
            Role::Group { .. } => {
                let mut path = self.group_path();
                path.push('/');
                path.push_str(self.name().unwrap_or("null"));
                path
            }
        }
    }

    /// The group as written, without a leading `/`.
    fn relative_group(&self) -> &str {
        match &self.role {
            Role::Config { path, .. } => parent(path.strip_prefix('/').unwrap_or(path)),
            Role::Group { group, .. } => group.strip_prefix('/').unwrap_or(group),
            Role::Itself | Role::Root => "",
        }
    }

    /// Where the content lands: the package of the list before the header before the group's own.
    pub(crate) fn final_package(&self) -> Text {
        self.package_over(self.package.as_ref().or(self.header.as_ref()))
    }

    fn package_over(&self, package: Option<&Text>) -> Text {
        let above: &str = if self.is_appended() { "" } else { &self.parent_package };
        let own = match package {
            None => dotted(self.relative_group()),
            Some(package) if self.package.is_some() => match package.split_once('.').unwrap_or((package, ""))
            {
                ("_group_", rest) => {
                    let absolute = join(GLOBAL, &dotted(&self.group_path()), '.');
                    join(&absolute, rest, '.')
                }
                _ => package.clone(),
            },
            Some(package) => package.clone(),
        };
        after_global(join(above, &own, '.'))
    }

    /// The key by which overrides name the choice: `group`, or `group@package` if the package is not the usual one.
    pub(crate) fn override_key(&self) -> Text {
        let group = self.group_path();
        let package = self.package_over(self.package.as_ref());
        if is_dotted(&package, &group) {
            return group;
        }
        let shown = if package.is_empty() { GLOBAL } else { &package };
        join(&group, shown, '@')
    }

    /// The key as the defaults list that holds the item would write it.
    pub(crate) fn written_key(&self) -> Text {
        let Role::Group { group, .. } = &self.role else { return self.config_path() };
        match &self.package {
            Some(package) => join(group, if package.is_empty() { "_here_" } else { package }, '@'),
            None => group.clone(),
        }
    }

    /// Takes the package of a header, which is always absolute.
    pub(crate) fn set_header(&mut self, header: &str) {
        self.header = Some(match header.split('.').next() {
            Some(GLOBAL) => header.into(),
            _ => join(GLOBAL, header, '.'),
        });
    }

    /// Hangs the item below the config that lists it.
    pub(crate) fn hang(&mut self, base: &Text, parent_package: &Text) {
        self.base.clone_from(base);
        self.parent_package.clone_from(parent_package);
    }
}

/// The key of a group whose package is told by `_group_`.
pub(crate) fn group_key(group: &str, package: &str) -> Text {
    let role = Role::Group {
        group: group.into(),
        choice: Choice::Null,
        written: None,
        is_override: false,
        appended: false,
    };
    Item::new(role, Some(package.into()), Origin::NONE).override_key()
}

fn choice_origin(choice: &Choice) -> Option<Origin> {
    match choice {
        Choice::One(pick) => Some(pick.origin),
        Choice::Null | Choice::Many(_) => None,
    }
}

/// The part before the last `/`.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(head, _)| head)
}

/// The part behind the last `/`.
fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, tail)| tail)
}

fn dotted(group: &str) -> Text {
    let mut parts = group.split('/');
    let mut dotted = Text::from(parts.next().unwrap_or_default());
    for part in parts {
        dotted.push('.');
        dotted.push_str(part);
    }
    dotted
}

/// Whether the package is the group's own: [`dotted`], without making it.
fn is_dotted(package: &str, group: &str) -> bool {
    let own = group.bytes().map(|byte| if byte == b'/' { b'.' } else { byte });
    package.len() == group.len() && package.bytes().eq(own)
}

/// Both with the separator between them, or the one that is not empty.
fn join(a: &str, b: &str, separator: char) -> Text {
    if a.is_empty() {
        return b.into();
    }
    let mut joined = Text::from(a);
    if !b.is_empty() {
        joined.push(separator);
        joined.push_str(b);
    }
    joined
}

/// What follows the last `_global_`: everything before it does not count. As Hydra cuts it, it may be a part of a name,
/// and the character behind it goes, whatever it is: `__global__` is the root.
fn after_global(package: Text) -> Text {
    let Some(at) = package.rfind(GLOBAL) else { return package };
    let mut rest = package[at + GLOBAL.len()..].chars();
    rest.next();
    rest.as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(group: &str, package: Option<&str>, base: &str, above: &str) -> Item {
        let pick = Pick { name: "m".into(), origin: Origin::NONE };
        let role = Role::Group {
            group: group.into(),
            choice: Choice::One(pick),
            written: None,
            is_override: false,
            appended: false,
        };
        let mut item = Item::new(role, package.map(crate::compose::element::here), Origin::NONE);
        item.hang(&base.into(), &above.into());
        item
    }

    #[test]
    fn packages_follow_the_list_then_the_header_then_the_group() {
        let rows = [
            (group("/db", None, "s", "s"), "db/m", "s.db", "db@s.db"),
            (group("/db", Some("_here_"), "s", "s"), "db/m", "s", "db@s"),
            (group("/db", Some("_group_"), "s", "s"), "db/m", "db", "db"),
            (group("db", Some("_group_.x"), "s", "s"), "s/db/m", "s.db.x", "s/db@s.db.x"),
            (group("/db", Some("_global_.foo"), "s", "s"), "db/m", "foo", "db@foo"),
            (group("db", Some("_global_"), "", ""), "db/m", "", "db@_global_"),
            (group("db", Some("my_global_pkg"), "", ""), "db/m", "kg", "db@kg"),
            (group("db", Some("foo__global__"), "s", "s"), "s/db/m", "", "s/db@_global_"),
            (group("db", Some("_global_é.x"), "", ""), "db/m", ".x", "db@.x"),
            (group("db", Some("_global_global_"), "s", "s"), "s/db/m", "", "s/db@_global_"),
            (group("db", Some("__here__"), "s", "s"), "s/db/m", "s.__here__", "s/db@s.__here__"),
            (group("db", Some("x._group_"), "s", "s"), "s/db/m", "s.x._group_", "s/db@s.x._group_"),
            (group("db", None, "s", "adm"), "s/db/m", "adm.db", "s/db@adm.db"),
        ];
        for (item, path, package, key) in rows {
            assert_eq!((item.config_path().as_str(), item.final_package().as_str()), (path, package));
            assert_eq!(item.override_key(), key);
        }
    }

    #[test]
    fn a_header_is_absolute_and_yields_to_the_list() {
        let mut item = group("db", None, "s", "s");
        item.set_header("a.b");
        assert_eq!(item.final_package(), "a.b");
        assert_eq!(item.override_key(), "s/db");
        item.package = Some("q".into());
        assert_eq!(item.final_package(), "s.q");
        item.package = None;
        item.set_header("_global_");
        assert_eq!(item.final_package(), "");
    }
}
