//! The sources there are: a directory, files inside the program, configs made in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::compose::config_source::{ConfigSource, Content, Entry, bare};
use crate::compose::survey::{self, Survey};
use crate::diag::{Error, ErrorKind, Result, SourceKind};
use crate::value::{Node, Text};

/// A directory of `.yaml` files; its folders are config groups.
#[derive(Clone, Debug)]
pub struct Dir {
    /// What is opened.
    path: PathBuf,
    /// What is shown: the path as the user wrote it.
    shown: PathBuf,
    location: String,
}

impl Dir {
    /// The directory at `path`, which must not depend on the working directory if that may change.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let location = format!("file://{}", path.display());
        Self { shown: path.clone(), path, location }
    }

    /// The same directory under another name in messages and provenance: a relative path as it was typed.
    #[must_use]
    pub fn shown_as(mut self, shown: impl Into<PathBuf>) -> Self {
        self.shown = shown.into();
        self
    }

    /// The same directory under another location in the list of sources, such as `pkg://x.conf`.
    #[must_use]
    pub fn located_at(mut self, location: impl Into<String>) -> Self {
        self.location = location.into();
        self
    }

    fn file(root: &Path, config_path: &str) -> PathBuf {
        let mut file = String::with_capacity(config_path.len() + 5);
        file.push_str(bare(config_path));
        file.push_str(".yaml");
        root.join(file)
    }

    fn failed(&self, path: &Path, error: &io::Error) -> Error {
        let shown =
            path.strip_prefix(&self.path).map_or_else(|_| path.to_path_buf(), |rest| self.shown.join(rest));
        Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", shown.display()))
    }
}

/// Whether the error only says that there is no such thing.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::NotFound | K::NotADirectory | K::IsADirectory | K::InvalidInput | K::InvalidFilename
    )
}

impl ConfigSource for Dir {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn is_available(&self) -> bool {
        self.path.is_dir()
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        let file = Self::file(&self.path, config_path);
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.failed(&file, &error)),
        };
        let label = Self::file(&self.shown, config_path).display().to_string();
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line =
                error.as_bytes().get(..at).map_or(1, |head| head.iter().filter(|&&b| b == b'\n').count() + 1);
            Error::new(ErrorKind::Yaml, format!("`{label}` is not UTF-8 text, from line {line} on"))
                .help("save the file as UTF-8")
        })?;
        Ok(Some(Content::Text { kind: SourceKind::File, label, text }))
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        let dir = self.path.join(group);
        let members = match fs::read_dir(&dir) {
            Ok(members) => members,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.failed(&dir, &error)),
        };
        let mut entries = Vec::new();
        for member in members {
            let member = member.map_err(|error| self.failed(&dir, &error))?;
            // A name that is not UTF-8 cannot be written in a config.
            let Ok(name) = member.file_name().into_string() else { continue };
            let mut kind = member.file_type().map_err(|error| self.failed(&dir, &error))?;
            if kind.is_symlink() {
                let Ok(target) = fs::metadata(member.path()) else { continue };
                kind = target.file_type();
            }
            match name.strip_suffix(".yaml") {
                Some(stem) if kind.is_file() => entries.push(Entry::Config(stem.into())),
                _ if kind.is_dir() && name != "__pycache__" => entries.push(Entry::Group(name.into())),
                _ => {}
            }
        }
        Ok(Some(entries))
    }

    fn has_config(&self, config_path: &str) -> Result<bool> {
        Ok(Self::file(&self.path, config_path).is_file())
    }

    fn has_group(&self, group: &str) -> Result<bool> {
        Ok(self.path.join(group).is_dir())
    }

    fn survey(&self) -> Survey {
        survey::directory(&self.path, &self.shown)
    }
}

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
