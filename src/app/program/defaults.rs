//! The defaults of a typed config, as a config that everything else is merged over.

use crate::compose::{ConfigSource, Content, Entry};
use crate::diag::Result;
use crate::value::{Map, Node};

/// The defaults of a type.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    /// The tree, with `???` where a value must be given.
    pub(crate) tree: Node,
    /// What they are those of, for people.
    pub(crate) name: String,
}

impl Defaults {
    /// Where they stand among the configs: the name says whose they are.
    pub(crate) fn config_path(&self) -> String {
        format!("mainstem/{}", self.name)
    }
}

impl ConfigSource for Defaults {
    fn location(&self) -> String {
        "struct://".to_owned() + &self.name
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        // A type whose values must be given as a whole has no defaults.
        let tree = Some(&self.tree).filter(|tree| tree.as_map().is_some()).cloned();
        Ok((config_path == self.config_path()).then(|| Content::Tree {
            label: self.name.clone(),
            root: tree.unwrap_or_else(|| Node::from(Map::default())),
            package: Some("_global_".into()),
        }))
    }

    fn list(&self, _: &str) -> Result<Option<Vec<Entry>>> {
        // No option that anyone could choose.
        Ok(None)
    }
}
