//! Sources without a disk: files inside the program, configs made in memory.

use std::collections::BTreeMap;

use crate::compose::config_source::{ConfigSource, Content, Entry, bare};
use crate::diag::{Result, SourceKind};
use crate::value::{Node, Text};

/// YAML files that are compiled into the program.
///
/// ```
/// use mainstem::compose::{ConfigSource, Embedded, Entry};
/// static CONF: &[(&str, &str)] = &[("config", "a: 1"), ("db/mysql", "port: 3306")];
/// let source = Embedded::new("app", CONF);
/// assert!(source.has_group("db").unwrap());
/// assert_eq!(source.list("db").unwrap(), Some(vec![Entry::Config("mysql".into())]));
/// ```
#[derive(Clone, Debug)]
pub struct Embedded {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
}

impl Embedded {
    /// Pairs of config path and text. The name is what the source is called in the list of sources.
    pub const fn new(name: &'static str, files: &'static [(&'static str, &'static str)]) -> Self {
        Self { name, files }
    }
}

impl ConfigSource for Embedded {
    fn location(&self) -> String {
        format!("embedded://{}", self.name)
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        let path = bare(config_path);
        let found = self.files.iter().find(|(name, _)| *name == path);
        Ok(found.map(|&(name, text)| Content::Text {
            kind: SourceKind::Embedded,
            label: name.to_owned(),
            text: text.to_owned(),
        }))
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        Ok(members(group, self.files.iter().map(|(name, _)| *name)))
    }
}

/// Configs made in memory, as text or as trees.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    configs: BTreeMap<String, Content>,
}

impl Memory {
    /// No configs yet; [`Memory::text`] and [`Memory::tree`] add them.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a config as YAML text.
    #[must_use]
    pub fn text(mut self, config_path: &str, text: impl Into<String>) -> Self {
        let path = bare(config_path).to_owned();
        let content = Content::Text { kind: SourceKind::Memory, label: path.clone(), text: text.into() };
        self.configs.insert(path, content);
        self
    }

    /// With a config as a tree.
    #[must_use]
    pub fn tree(mut self, config_path: &str, root: Node) -> Self {
        let path = bare(config_path).to_owned();
        self.configs.insert(path.clone(), Content::Tree { label: path, root, package: None });
        self
    }
}

impl ConfigSource for Memory {
    fn location(&self) -> String {
        "memory://".to_owned()
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        Ok(self.configs.get(bare(config_path)).cloned())
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        Ok(members(group, self.configs.keys().map(String::as_str)))
    }

    fn has_config(&self, config_path: &str) -> Result<bool> {
        Ok(self.configs.contains_key(bare(config_path)))
    }
}

/// The members of a group among config paths. The root group is always there.
pub fn members<'a>(group: &str, paths: impl Iterator<Item = &'a str>) -> Option<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for path in paths {
        let rest = if group.is_empty() {
            Some(path)
        } else {
            path.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'))
        };
        let Some(rest) = rest else { continue };
        let entry = match rest.split_once('/') {
            None => Entry::Config(Text::from(rest)),
            Some((head, _)) => Entry::Group(Text::from(head)),
        };
        if entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }
    entries.sort();
    entries.dedup();
    (group.is_empty() || !entries.is_empty()).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_group_are_its_own_level() {
        let paths = ["a", "db/x", "db/x/y", "db/z.v1", "dbx/q"];
        assert_eq!(
            members("db", paths.into_iter()).unwrap(),
            [Entry::Config("x".into()), Entry::Config("z.v1".into()), Entry::Group("x".into())]
        );
        assert_eq!(members("nope", paths.into_iter()), None);
        assert_eq!(members("", paths.into_iter()).unwrap().len(), 3);
    }
}
