//! The items of a defaults list as they are written.

use crate::diag::{Error, ErrorKind, Origin, Sink, did_you_mean};
use crate::value::{Key, Kind, Node, Text};

/// One item of a defaults list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// What it brings in.
    pub what: What,
    /// What stands behind `@`.
    pub package: Option<Text>,
    /// `optional`: a config that does not exist is left out.
    pub optional: bool,
    /// `override`: changes the choice of an earlier item.
    pub is_override: bool,
    /// The whole item, or its key.
    pub origin: Origin,
}

/// What an item brings in.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// `_self_`: the body of the config that holds the list.
    Itself,
    /// `path/config`: one config.
    Config(Text),
    /// `group: option`.
    Group {
        /// The group as written, with the part of the option before its last `/`.
        group: Text,
        /// What is chosen.
        choice: Choice,
        /// The group as written, where the option brought a part of it: `foo` of `foo: bar/baz`.
        written: Option<Text>,
    },
}

/// What is chosen in a group. `???` is the name of a choice that must still be made.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Nothing.
    Null,
    /// One option.
    One(Pick),
    /// Several options, merged from left to right.
    Many(Vec<Pick>),
}

/// An option and who picked it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// The name of the option; may hold `${…}`.
    pub name: Text,
    /// Where it is written.
    pub origin: Origin,
}

/// How the choice reads in a message.
impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::One(pick) => f.write_str(&pick.name),
            Self::Many(picks) => {
                let names: Vec<&str> = picks.iter().map(|p| p.name.as_str()).collect();
                write!(f, "[{}]", names.join(","))
            }
        }
    }
}

/// The text of a node that a defaults list reads as a name: text, an interpolation, `???`.
pub(crate) fn name_of(node: &Node) -> Option<Text> {
    match &node.kind {
        Kind::Str(text) => Some(text.clone()),
        Kind::Template(template) => Some(template.text.clone()),
        Kind::Missing => Some(Text::const_new("???")),
        _ => None,
    }
}

/// Reads a `defaults` node. Every malformed item is reported; the others are returned.
pub(crate) fn elements(defaults: &Node, sink: &mut dyn Sink) -> Vec<Element> {
    let Some(items) = defaults.as_list() else {
        let error = Error::new(
            ErrorKind::Defaults,
            format!("`defaults` must be a list, not {}", defaults.describe()),
        )
        .at(defaults.origin, "expected a list")
        .help("write one item a line, as `- group: option`");
        sink.push(error);
        return Vec::new();
    };
    items.iter().filter_map(|item| element(item).map_err(|error| sink.push(error)).ok()).collect()
}

fn element(item: &Node) -> Result<Element, Error> {
    if let Some(text) = name_of(item) {
        return config_element(&text, item.origin);
    }
    let Some(map) = item.as_map() else {
        return Err(Error::new(
            ErrorKind::Defaults,
            format!("a defaults item cannot be {}", item.describe()),
        )
        .at(item.origin, "expected `group: option` or `path/config`"));
    };
    let mut entries = map.iter();
    let Some((key, slot)) = entries.next() else {
        return Err(Error::new(ErrorKind::Defaults, "a defaults item has no group")
            .at(item.origin, "expected `group: option`"));
    };
    if let Some((second, slot)) = entries.next() {
        return Err(Error::new(ErrorKind::Defaults, "a defaults item has more than one key")
            .at(slot.origin, format!("`{second}` belongs to an item of its own"))
            .help(format!("put `- ` before `{second}`")));
    }
    group_element(key, slot.origin, &slot.node)
}

fn config_element(text: &str, origin: Origin) -> Result<Element, Error> {
    let (path, package) = split_package(text);
    let mut package = package.map(here);
    let what = if path == "_self_" {
        if package.take().is_some() {
            return Err(Error::new(ErrorKind::Defaults, "`_self_` cannot have a package")
                .at(origin, "remove what follows `_self_`")
                .help("a `# @package` header in the first line moves the whole config"));
        }
        What::Itself
    } else {
        What::Config(path.into())
    };
    Ok(Element { what, package, optional: false, is_override: false, origin })
}

fn group_element(key: &Key, origin: Origin, value: &Node) -> Result<Element, Error> {
    let Some(key) = key.as_str() else {
        return Err(
            Error::new(ErrorKind::Defaults, "the name of a config group must be text").at(origin, "quote it")
        );
    };
    let (words, package) = split_package(key);
    let (mut optional, mut is_override, mut group) = (false, false, None);
    for word in words.split_whitespace() {
        if let Some(keyword) = group.replace(word) {
            match keyword {
                "optional" => optional = true,
                "override" => is_override = true,
                other => return Err(unknown_keyword(other, origin)),
            }
        }
    }
    let Some(group) = group else {
        return Err(Error::new(ErrorKind::Defaults, "a defaults item has no group")
            .at(origin, "expected the name of a config group"));
    };
    if optional && is_override {
        return Err(Error::new(ErrorKind::Defaults, "`optional` and `override` cannot be combined")
            .at(origin, "keep one of them")
            .help("an override of an optional item stays optional"));
    }
    let choice = choice(value)?;
    let what = match choice {
        Choice::One(pick) if pick.name == "_self_" => What::Itself,
        Choice::One(pick) => shorthand(group, pick),
        choice => What::Group { group: group.into(), choice, written: None },
    };
    Ok(Element { what, package: package.map(here), optional, is_override, origin })
}

/// `foo: bar/baz` means `foo/bar: baz`, unless the option is still to be computed.
fn shorthand(group: &str, pick: Pick) -> What {
    match pick.name.rsplit_once('/') {
        Some((prefix, name)) if !pick.name.contains("${") && pick.name.split('/').all(|s| s != "..") => {
            What::Group {
                group: Text::from(format!("{group}/{prefix}")),
                choice: Choice::One(Pick { name: name.into(), origin: pick.origin }),
                written: Some(group.into()),
            }
        }
        _ => What::Group { group: group.into(), choice: Choice::One(pick), written: None },
    }
}

fn choice(value: &Node) -> Result<Choice, Error> {
    if let Some(name) = name_of(value) {
        return Ok(Choice::One(Pick { name, origin: value.origin }));
    }
    match &value.kind {
        Kind::Null => Ok(Choice::Null),
        Kind::List(items) => {
            let picks = items.iter().map(|item| match name_of(item) {
                Some(name) if name.contains("${") => {
                    Err(Error::new(ErrorKind::Defaults, "an interpolation cannot stand in a list of options")
                        .at(item.origin, "expected the name of an option")
                        .help("give it an item of its own: `- group: ${…}`"))
                }
                Some(name) => Ok(Pick { name, origin: item.origin }),
                None => Err(not_an_option(item)),
            });
            picks.collect::<Result<_, _>>().map(Choice::Many)
        }
        _ => Err(not_an_option(value)),
    }
}

fn not_an_option(value: &Node) -> Error {
    let error = Error::new(ErrorKind::Defaults, format!("an option must be text, not {}", value.describe()))
        .at(value.origin, "expected the name of an option");
    match value.kind {
        Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) | Kind::BigInt(_) => error.help("quote the name"),
        _ => error,
    }
}

fn unknown_keyword(word: &str, origin: Origin) -> Error {
    let error = Error::new(ErrorKind::Defaults, format!("`{word}` is not a keyword of defaults lists"))
        .at(origin, "expected `optional`, `override`, or only the group");
    match did_you_mean(word, ["optional", "override"]) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// Splits `group@package`. What follows a `:` in the package (an old way to rename) is ignored.
fn split_package(text: &str) -> (&str, Option<&str>) {
    match text.split_once('@') {
        None => (text, None),
        Some((group, package)) => (group, package.split(':').next()),
    }
}

/// `_here_` is the package of the config that holds the list: nothing is added to it.
pub(crate) fn here(package: &str) -> Text {
    if package == "_here_" { Text::default() } else { package.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

    fn group(key: &str, value: Node) -> Result<Element, Error> {
        let mut map = Map::default();
        map.set(Key::from(key), value);
        element(&Node::from(map))
    }

    #[test]
    fn keywords_packages_and_slashes_are_taken_apart() {
        let item = group("optional db@_here_", Node::from("a/b")).unwrap();
        assert!(item.optional && !item.is_override);
        assert_eq!(item.package.as_deref(), Some(""));
        let What::Group { group, choice, written } = item.what else { panic!("not a group") };
        assert_eq!(
            (group.as_str(), choice.to_string().as_str(), written.as_deref()),
            ("db/a", "b", Some("db"))
        );
    }

    #[test]
    fn mistakes_say_what_to_do() {
        let message = |key: &str, value: Node| group(key, value).unwrap_err().message().to_owned();
        assert_eq!(message("optonal db", Node::from("a")), "`optonal` is not a keyword of defaults lists");
        assert_eq!(
            message("optional override db", Node::from("a")),
            "`optional` and `override` cannot be combined"
        );
        assert_eq!(message("db", Node::from(5)), "an option must be text, not an integer");
        assert_eq!(message(" ", Node::from("a")), "a defaults item has no group");
        let mut errors = Vec::new();
        assert_eq!(elements(&Node::from("a"), &mut errors), []);
        assert_eq!(errors.len(), 1);
    }
}
