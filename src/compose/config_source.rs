//! Where configs come from: the trait, and what a source hands out.

use std::fmt;

use crate::compose::survey::{self, Survey};
use crate::diag::{Result, SourceKind};
use crate::schema::Schema;
use crate::value::{Node, Text};

/// One place that holds configs and config groups: a directory, files inside the program, a map in memory.
///
/// A config path is a name with `/` between groups and without extension: `db/mysql`. The root group is `""`.
/// A source answers for itself alone; which one wins is the business of the [`Repository`](crate::compose::Repository).
pub trait ConfigSource: fmt::Debug + Send + Sync {
    /// Where it is, as the user would write it: `file:///home/me/conf`, `pkg://hydra.conf`.
    fn location(&self) -> String;

    /// Whether the place exists at all.
    fn is_available(&self) -> bool {
        true
    }

    /// Whether it ships with the program: nothing in it is the user's.
    fn is_builtin(&self) -> bool {
        false
    }

    /// The config at a path; `None` if there is none.
    ///
    /// # Errors
    /// A config that exists and cannot be read.
    fn read(&self, config_path: &str) -> Result<Option<Content>>;

    /// What a group holds, in any order; `None` if there is no such group.
    ///
    /// # Errors
    /// A group that exists and cannot be listed.
    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>>;

    /// What the config at a path must be, from where it is merged on; `None` if it may be anything.
    fn schema(&self, config_path: &str) -> Option<Schema> {
        let _ = config_path;
        None
    }

    /// Whether there is such a config, without reading it.
    ///
    /// # Errors
    /// As [`ConfigSource::read`].
    fn has_config(&self, config_path: &str) -> Result<bool> {
        Ok(self.read(config_path)?.is_some())
    }

    /// Whether there is such a group.
    ///
    /// # Errors
    /// As [`ConfigSource::list`].
    fn has_group(&self, group: &str) -> Result<bool> {
        Ok(self.list(group)?.is_some())
    }

    /// Everything in it, and what is wrong with it as a place: for [`Composer::check`](crate::compose::Composer::check).
    fn survey(&self) -> Survey {
        survey::groups(self)
    }
}

/// A config as a source holds it.
#[derive(Clone, Debug)]
pub enum Content {
    /// YAML text, to be parsed.
    Text {
        /// What the text is: decides how places in it are shown.
        kind: SourceKind,
        /// The name shown to people, such as the path of the file.
        label: String,
        /// The text.
        text: String,
    },
    /// A tree that needs no parsing. A `defaults` key is its defaults list.
    Tree {
        /// The name shown to people.
        label: String,
        /// The tree.
        root: Node,
        /// What a `# @package` header would say.
        package: Option<Text>,
    },
}

/// A member of a config group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A config: an option of the group.
    Config(Text),
    /// A group inside the group.
    Group(Text),
}

/// The config path without the extension that users may write.
pub(crate) fn bare(config_path: &str) -> &str {
    config_path.strip_suffix(".yaml").unwrap_or(config_path)
}
