//! What a defaults list may choose from.

use crate::declared::editor::object::{alternatives, any_of, one, with, with_text};
use crate::declared::editor::types::Definitions;
use crate::value::{Map, Node, Text};

/// What a defaults list may choose from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// The config groups, those of the `hydra` node too.
    pub(crate) groups: Vec<Group>,
    /// The configs that are in no group.
    pub(crate) configs: Vec<Text>,
}

/// A config group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Its path: `db/engine`.
    pub(crate) path: Text,
    /// Its options, each with what it is for.
    pub(crate) options: Vec<(Text, Text)>,
    /// Whether a config says `override` to choose in it: something else has chosen before.
    pub(crate) is_chosen: bool,
}

impl Group {
    /// The path as a config writes it that lies in a group; none where only `/` leads there.
    fn seen_from<'g>(&'g self, at: &str) -> Option<&'g str> {
        below(&self.path, at)
    }
}

/// A path, seen from a group.
fn below<'p>(path: &'p str, at: &str) -> Option<&'p str> {
    if at.is_empty() { Some(path) } else { path.strip_prefix(at)?.strip_prefix('/') }
}

impl Choices {
    /// The schema of the defaults list of a config that lies in the group `at` (empty: in none).
    pub(super) fn list(&self, at: &str, definitions: &mut Definitions) -> Map {
        let items = any_of([self.config(at), self.choice(at, definitions)]);
        let list = with(one("type", "array"), "items", items);
        let doc = "What the config is made of, in order: `_self_` is this file, `GROUP: OPTION` a choice.";
        let list = definitions.define("defaults", with(list, "description", doc));
        // A list may come from elsewhere altogether.
        any_of([list, Definitions::open()])
    }

    /// An item that is text: another config.
    fn config(&self, at: &str) -> Map {
        let own = self.groups.iter().filter(|group| !group.is_chosen);
        let options = own.flat_map(|group| {
            group.options.iter().map(move |(option, _)| format!("{}/{option}", group.path))
        });
        let all: Vec<String> = self.configs.iter().map(Text::to_string).chain(options).collect();
        let far = alternatives(all.iter().map(String::as_str));
        let paths = match at {
            "" => format!(r"\/?{far}"),
            at => format!(r"({}|\/{far})", alternatives(all.iter().filter_map(|path| below(path, at)))),
        };
        let mut names = vec![String::from("_self_")];
        names.extend(self.configs.iter().filter_map(|path| below(path, at)).map(str::to_owned));
        let written = format!(r"^(optional +)?({paths}|\/?hydra\/.*)(\.yaml)?(@.*)?$|^optional |\$\{{");
        any_of([
            one("enum", names.iter().map(|name| Node::from(name.as_str())).collect::<Node>()),
            with(one("type", "string"), "pattern", written.as_str()),
        ])
    }

    /// An item that is a mapping: a choice in a group.
    fn choice(&self, at: &str, definitions: &mut Definitions) -> Map {
        let (mut plain, mut patterns) = (Map::default(), Map::default());
        for group in &self.groups {
            let options = self.options(group, definitions);
            let (near, far) = (group.seen_from(at), format!("/{}", group.path));
            let shown = match near {
                Some(near) => near.to_owned(),
                None => far.clone(),
            };
            let shown = if group.is_chosen { format!("override {shown}") } else { shown };
            plain = with(plain, &shown, options.clone());
            let names = alternatives(near.into_iter().chain([far.as_str()]));
            patterns = with(patterns, &format!("^(override +)?{names}(@.*)?$"), options);
        }
        patterns = with(patterns, r"^(override +)?optional |\$\{", true);
        let choice = with(one("type", "object"), "properties", plain);
        let choice = with(with(choice, "patternProperties", patterns), "additionalProperties", false);
        with(with(choice, "minProperties", 1), "maxProperties", 1)
    }

    /// What may be chosen in a group: an option, several, or none.
    fn options(&self, group: &Group, definitions: &mut Definitions) -> Map {
        let inner = self.groups.iter().filter_map(|one| Some((one, below(&one.path, &group.path)?)));
        let inner =
            inner.flat_map(|(one, near)| one.options.iter().map(move |(name, _)| format!("{near}/{name}")));
        let inner: Vec<String> = inner.collect();
        let all = group.options.iter().map(|(name, _)| name.as_str()).chain(inner.iter().map(String::as_str));
        let written =
            with(one("type", "string"), "pattern", format!(r"^{}(\.yaml)?$", alternatives(all)).as_str());
        let mut one_option: Vec<Map> = Vec::new();
        let mut words = Vec::new();
        for (name, doc) in &group.options {
            match doc.as_str() {
                "" => words.push(Node::from(name.clone())),
                doc => one_option.push(with_text(one("const", name.clone()), "description", doc)),
            }
        }
        if !words.is_empty() {
            one_option.push(one("enum", Node::from(words)));
        }
        one_option.extend([written, Definitions::open()]);
        let name = format!("group.{}", group.path.replace('/', "."));
        let one_option = definitions.define(&format!("{name}.option"), any_of(one_option));
        let several = with(one("type", "array"), "items", one_option.clone());
        let doc = format!("An option of the config group `{}`.", group.path);
        let options = any_of([one_option, one("type", "null"), several]);
        definitions.define(&name, with(options, "description", doc.as_str()))
    }
}
