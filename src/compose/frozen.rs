//! Config files as they were at some moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compose::config_source::{ConfigSource, Content, Entry, bare};
use crate::compose::repository::{Provided, Repository};
use crate::compose::sources::members;
use crate::diag::{Origin, Result, SourceKind};
use crate::schema::Schema;
use crate::value::{Key, Map, Node, Slot};

/// The config files that compositions have read, by the places they lie in. What composes from them sees no other file of
/// these places, and none of their changes.
///
/// ```
/// use mainstem::compose::{Dir, Frozen, Provided, Repository};
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-frozen", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// std::fs::write(dir.join("config.yaml"), "lr: 1").unwrap();
/// let repository = || Repository::new(vec![Provided::new("main", Dir::new(&dir))]);
/// let now = repository();
/// let then = now.load("config")?.unwrap().root.clone();
/// let mut frozen = Frozen::default();
/// frozen.add(&now);
/// std::fs::write(dir.join("config.yaml"), "lr: 2").unwrap();
/// assert_eq!(repository().frozen(frozen.into()).load("config")?.unwrap().root, then);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frozen(BTreeMap<String, Files>);

/// Labels and texts, by config paths.
type Files = BTreeMap<String, (String, String)>;

impl Frozen {
    /// Adds what a repository has read from files.
    pub fn add(&mut self, repository: &Repository) {
        for provided in repository.search_path().iter().filter(|provided| is_of_files(provided.source())) {
            let files = self.0.entry(provided.source().location()).or_default();
            provided.each_file(repository, |path, label, text| {
                files.insert(path.to_owned(), (label.to_owned(), text.to_owned()));
            });
        }
    }

    /// The source as it was; itself, if it is none of files.
    pub(super) fn freeze(self: &Arc<Self>, provided: Provided) -> Provided {
        let known = self.0.get(&provided.source().location()).filter(|_| is_of_files(provided.source()));
        match known {
            Some(files) => {
                Provided::new(provided.provider.clone(), Place { files: files.clone(), live: provided })
            }
            None => provided,
        }
    }

    /// As a tree, to be written.
    pub fn to_node(&self) -> Node {
        let map = |pairs: Vec<(&String, Node)>| -> Node {
            let slot =
                |(key, node): (&String, Node)| (Key::from(key.as_str()), Slot { origin: Origin::NONE, node });
            Node::from(pairs.into_iter().map(slot).collect::<Map>())
        };
        let files = |files: &Files| {
            let file =
                |(label, text): &(String, String)| [label, text].into_iter().map(String::as_str).collect();
            map(files.iter().map(|(path, one)| (path, file(one))).collect())
        };
        map(self.0.iter().map(|(location, one)| (location, files(one))).collect())
    }

    /// What [`Frozen::to_node`] made; none if it is something else.
    pub fn of_node(node: &Node) -> Option<Self> {
        let file = |(path, slot): (&Key, &Slot)| {
            let [label, text] = slot.node.as_list()? else { return None };
            Some((path.to_string(), (label.as_str()?.to_owned(), text.as_str()?.to_owned())))
        };
        let place = |(location, slot): (&Key, &Slot)| {
            let files = slot.node.as_map()?.iter().map(file).collect::<Option<_>>()?;
            Some((location.to_string(), files))
        };
        node.as_map()?.iter().map(place).collect::<Option<_>>().map(Self)
    }
}

fn is_of_files(source: &dyn ConfigSource) -> bool {
    !source.is_builtin() && ["file://", "pkg://"].iter().any(|scheme| source.location().starts_with(scheme))
}

/// A place as it was.
#[derive(Debug)]
struct Place {
    files: Files,
    /// As it is now: what it is called, and the types that belong to its configs.
    live: Provided,
}

impl ConfigSource for Place {
    fn location(&self) -> String {
        self.live.source().location()
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        Ok(self.files.get(bare(config_path)).map(|(label, text)| Content::Text {
            kind: SourceKind::File,
            label: label.clone(),
            text: text.clone(),
        }))
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        Ok(members(group, self.files.keys().map(String::as_str)))
    }

    fn schema(&self, config_path: &str) -> Option<Schema> {
        self.live.source().schema(config_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Dir;
    use crate::durable::testing::Scratch;

    #[test]
    fn what_was_not_read_is_not_there_and_what_was_is_as_it_was() {
        let scratch = Scratch::new("frozen");
        let write = |name: &str, text: &str| {
            let path = scratch.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for (name, text) in [("a/config.yaml", "x: 1"), ("a/db/pg.yaml", "y: 1"), ("a/db/my.yaml", "y: 2")] {
            write(name, text);
        }
        std::fs::create_dir(scratch.path().join("b")).unwrap();
        let path = || ["b", "a"].map(|name| Provided::new(name, Dir::new(scratch.path().join(name)))).into();
        let repository = Repository::new(path());
        repository.load("config").unwrap().unwrap();
        repository.load("db/pg").unwrap().unwrap();
        let mut frozen = Frozen::default();
        frozen.add(&repository);
        let frozen = Frozen::of_node(&frozen.to_node()).unwrap();
        write("a/db/pg.yaml", "y: 3");
        // Another file of that name would come first.
        write("b/config.yaml", "x: 2");
        let again = Repository::new(path()).frozen(Arc::new(frozen));
        for name in ["config", "db/pg"] {
            let of = |repository: &Repository| repository.load(name).unwrap().unwrap();
            let (then, now) = (of(&repository), of(&again));
            assert_eq!((&then.root, &then.provider), (&now.root, &now.provider));
            let label = |repository: &Repository, source| {
                repository.sources().get(source).unwrap().label().to_owned()
            };
            assert_eq!(label(&repository, then.source), label(&again, now.source));
        }
        assert!(again.load("db/my").unwrap().is_none() && again.has_group("db").unwrap());
        let locations = |repository: &Repository| -> Vec<String> {
            repository.search_path().iter().map(|one| one.source().location()).collect()
        };
        assert_eq!(locations(&repository), locations(&again));
    }
}
