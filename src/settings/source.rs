//! The built-in configs as sources, and the search path that they make with the user's own.

use crate::compose::{ConfigSource, Content, Entry, Provided, RESERVED, SCHEMA, members};
#[cfg(any(test, feature = "app"))]
use crate::diag::SourceId;
use crate::diag::{Result, SourceKind};
use crate::schema::{Schema, Type};
use crate::settings::hydra::{HYDRA_NODE, MAINSTEM_NODE};
use crate::settings::plugins::plugin;
use crate::settings::table::{COLORLOG, File, HYDRA, STORE};
#[cfg(any(test, feature = "app"))]
use crate::value::Node;
#[cfg(any(test, feature = "app"))]
use crate::yaml;

/// Configs that are merged before the primary one: the defaults of the nodes `mainstem` and `hydra`.
pub const PRELUDES: [&str; 2] = ["mainstem/config", "hydra/config"];

/// A part of the built-in configs.
#[derive(Clone, Copy, Debug)]
struct Builtin {
    location: &'static str,
    files: &'static [File],
    is_typed: bool,
}

/// The whole search path, first wins: Hydra's files, the user's sources, the files of plugins, more sources of the
/// user, and last what Hydra's plugins register in code.
pub fn search_path(
    main: impl IntoIterator<Item = Provided>,
    more: impl IntoIterator<Item = Provided>,
) -> Vec<Provided> {
    let builtin = |location, files, is_typed| Builtin { location, files, is_typed };
    let mut path = vec![Provided::new("hydra", builtin("pkg://hydra.conf", HYDRA, false))];
    path.extend(main);
    path.push(Provided::new(
        "hydra-colorlog",
        builtin("pkg://hydra_plugins.hydra_colorlog.conf", COLORLOG, false),
    ));
    path.extend(more);
    path.push(Provided::new(SCHEMA, builtin("structured://", STORE, true)));
    path
}

/// What the config of that path must be, if it is one of the built-in ones that are closed.
fn schema(config_path: &str) -> Option<Type> {
    match config_path {
        "hydra/config" => Some(HYDRA_NODE.to_type()),
        "mainstem/config" => Some(MAINSTEM_NODE.to_type()),
        _ => plugin(config_path).map(|shape| shape.to_type()),
    }
}

/// The nodes that the program itself owns, with their types.
#[cfg(feature = "app")]
pub(crate) fn nodes() -> [(&'static str, Type); 2] {
    [("hydra", HYDRA_NODE.to_type()), ("mainstem", MAINSTEM_NODE.to_type())]
}

/// A built-in config as it is before anybody changes it.
#[cfg(feature = "app")]
pub(crate) fn builtin(config_path: &str) -> Option<Node> {
    let (_, text) = STORE.iter().find(|(path, _)| *path == config_path)?;
    yaml::parse(text, SourceId::NONE, &yaml::Limits::default(), &mut ()).map(|parsed| parsed.root)
}

impl ConfigSource for Builtin {
    fn location(&self) -> String {
        self.location.to_owned()
    }

    fn is_builtin(&self) -> bool {
        true
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        let path = config_path.strip_suffix(".yaml").unwrap_or(config_path);
        Ok(self.files.iter().find(|(name, _)| *name == path).map(|&(name, text)| Content::Text {
            kind: SourceKind::Embedded,
            label: name.to_owned(),
            text: text.to_owned(),
        }))
    }

    fn schema(&self, config_path: &str) -> Option<Schema> {
        if self.is_typed { schema(config_path).map(Schema::from) } else { None }
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        Ok(members(group, self.files.iter().map(|(name, _)| *name)))
    }

    fn has_config(&self, config_path: &str) -> Result<bool> {
        let path = config_path.strip_suffix(".yaml").unwrap_or(config_path);
        Ok(self.files.iter().any(|(name, _)| *name == path))
    }

    fn has_group(&self, group: &str) -> Result<bool> {
        let inside = |path: &str| path.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'));
        Ok(group.is_empty() || self.files.iter().any(|(name, _)| inside(name)))
    }
}

/// Whether a config belongs to a node that the program itself owns, and not to the job.
pub fn is_reserved(config_path: &str) -> bool {
    RESERVED.iter().any(|node| {
        config_path.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Origin;
    use crate::schema::Struct;
    use crate::value::{Key, KeyPath, Kind, Map, Text};

    /// Keys in order, of a mapping and of the struct that it must be.
    fn agree(path: &str, closed: &Struct, map: &Map, wrong: &mut Vec<String>) {
        let unwritten = |key: &&Text| matches!(key.as_str(), "env" | "search_space");
        let fields: Vec<_> =
            closed.fields.keys().filter(|key| !unwritten(key)).map(Text::to_string).collect();
        let keys: Vec<_> =
            map.iter().map(|(key, _)| key.to_string()).filter(|key| key != "defaults").collect();
        if fields != keys {
            wrong.push(format!("{path}: fields {fields:?}, keys {keys:?}"));
        }
        for (key, slot) in map {
            if let (Some(Type::Struct(inner)), Some(map)) =
                (closed.fields.get(key.to_string().as_str()).map(|field| &field.ty), slot.node.as_map())
            {
                agree(&format!("{path}.{key}"), inner, map, wrong);
            }
        }
    }

    #[test]
    fn every_builtin_parses_and_fits_its_type() {
        let mut wrong = Vec::new();
        for (path, text) in HYDRA.iter().chain(COLORLOG).chain(STORE) {
            let mut errors = Vec::new();
            let parsed = yaml::parse(text, SourceId::NONE, &yaml::Limits::default(), &mut errors);
            wrong.extend(errors.drain(..).map(|e| format!("{path}: {e}")));
            let Some(mut root) = parsed.map(|parsed| parsed.root) else { continue };
            let Some(Type::Struct(closed)) = schema(path) else { continue };
            let map = root.as_map_mut().expect("a typed config is a mapping");
            map.remove(&Key::from("defaults"));
            agree(path, &closed, map, &mut wrong);
            let fitted = Type::Struct(closed).fit(root.clone(), &KeyPath::ROOT, &mut errors);
            wrong.extend(errors.drain(..).map(|e| format!("{path}: {e}")));
            if fitted != root {
                wrong.push(format!("{path}: a default value is not of its type"));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn everything_in_the_store_is_typed() {
        let untyped: Vec<_> =
            STORE.iter().map(|(path, _)| *path).filter(|path| schema(path).is_none()).collect();
        assert_eq!(untyped, [""; 0]);
    }

    #[test]
    fn a_struct_rejects_what_it_does_not_know() {
        let mut map = Map::default();
        map.insert(Key::from("n_job"), Origin::NONE, Node::from(4));
        let mut errors = Vec::new();
        let joblib = schema("hydra/launcher/joblib").expect("joblib is typed");
        let node = joblib.fit(Node::from(map), &KeyPath::parse("hydra.launcher"), &mut errors);
        assert!(matches!(node.kind, Kind::Map(_)));
        assert_eq!(errors[0].message(), "there is no key `hydra.launcher.n_job`");
    }
}
