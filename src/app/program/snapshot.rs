//! A program as it was when its jobs were queued: a rebuild or an edit does not change what waits.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::worktree::worktree;
use crate::compose::Frozen;
use crate::diag::{Error, ErrorKind, Origin, Result, SourceId};
use crate::durable::{create_exclusive, read_regular};
use crate::value::{JsonStyle, Key, Map, Node, Slot, read_json, write_json};

/// A folder with what a program is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The folder, absolute.
    pub(crate) folder: PathBuf,
    /// The file of the program when it was started.
    pub(crate) program: PathBuf,
    /// Its copy.
    pub(crate) copy: PathBuf,
    /// The config files.
    pub(crate) configs: Arc<Frozen>,
    /// The files that a command names, and their copies.
    pub(crate) files: Vec<(PathBuf, PathBuf)>,
    /// Where a command is started in place of the working directory: in a worktree of the project.
    pub(crate) worktree: Option<PathBuf>,
}

/// What of a command is kept as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    /// The files that it names.
    Files(&'a [PathBuf]),
    /// What version control knows of the project of that directory.
    Worktree(&'a Path),
}

/// What is in the folder, in its own words.
const INDEX: &str = "snapshot.json";

/// A file of a command that is larger is taken for data, and stays where it is.
const LARGEST_FILE: u64 = 16 << 20;

/// The configs of a huge project.
const LARGEST: u64 = 1 << 30;

impl Snapshot {
    /// Makes a snapshot, in a folder of that name or the next free one.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full.
    pub(crate) fn take(wanted: &Path, program: &Path, configs: Frozen, kept: Kept<'_>) -> Result<Self> {
        let folder = create_exclusive(wanted)?;
        let copied = |from: &Path, to: PathBuf| -> Result<PathBuf> {
            let failed = |error: std::io::Error| {
                let message = format!("cannot copy `{}` to `{}`: {error}", from.display(), to.display());
                Error::new(ErrorKind::Io, message)
            };
            fs::create_dir_all(to.parent().unwrap_or(&folder)).map_err(failed)?;
            fs::copy(from, &to).map_err(failed)?;
            Ok(to)
        };
        let copy = copied(program, folder.join("program").join(program.file_name().unwrap_or_default()))?;
        let mut files = Vec::new();
        let (named, worktree) = match kept {
            Kept::Files(named) => (named, None),
            Kept::Worktree(cwd) => (&[][..], Some(worktree(cwd, &folder.join("worktree"))?)),
        };
        for (nth, path) in named.iter().enumerate() {
            if path.metadata().is_ok_and(|file| file.len() <= LARGEST_FILE) {
                let name = path.file_name().unwrap_or_default();
                let copy = copied(path, folder.join("files").join(nth.to_string()).join(name))?;
                files.push((path.clone(), copy));
            }
        }
        let configs = Arc::new(configs);
        let snapshot = Self { folder, program: program.to_owned(), copy, configs, files, worktree };
        snapshot.write()?;
        Ok(snapshot)
    }

    fn write(&self) -> Result<()> {
        let path = |path: &Path| Node::from(path.to_string_lossy().as_ref());
        let files: Map = (self.files.iter())
            .map(|(from, to)| {
                let slot = Slot { origin: Origin::NONE, node: path(to) };
                (Key::from(from.to_string_lossy().as_ref()), slot)
            })
            .collect();
        let map = Map::from([
            ("program", path(&self.program)),
            ("copy", path(&self.copy)),
            ("files", Node::from(files)),
            ("worktree", Node::from(self.worktree.as_deref().map(path))),
            ("configs", self.configs.to_node()),
        ]);
        let mut json = String::new();
        write_json(&Node::from(map), JsonStyle::Compact, &mut json);
        // Configs may hold what is for nobody else to read.
        let index = self.folder.join(INDEX);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&index).and_then(|mut file| file.write_all(json.as_bytes()));
        written.map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", index.display()))
        })
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// It is not there, or no snapshot of this version.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let index = folder.join(INDEX);
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Job, format!("cannot read `{}`: {why}", index.display()))
        };
        let bytes = read_regular(&index, LARGEST).map_err(|error| failed(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
        let node = read_json(&text, SourceId::NONE).map_err(|error| failed(&error.message()))?;
        Self::of(folder, &node).ok_or_else(|| failed(&"it is another version's"))
    }

    fn of(folder: &Path, node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        let path = |key: &str| Some(PathBuf::from(map.get_str(key)?.as_str()?));
        let file = |(from, slot): (&Key, &Slot)| Some((from.to_string().into(), slot.node.as_str()?.into()));
        Some(Self {
            folder: folder.to_owned(),
            program: path("program")?,
            copy: path("copy")?,
            worktree: path("worktree"),
            files: map.get_str("files")?.as_map()?.iter().map(file).collect::<Option<_>>()?,
            configs: Arc::new(Frozen::of_node(map.get_str("configs")?)?),
        })
    }

    /// The copy of a file that a command names.
    pub(crate) fn copy_of(&self, path: &Path) -> Option<&Path> {
        self.files.iter().find(|(from, _)| from == path).map(|(_, to)| to.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn a_snapshot_is_read_as_it_was_taken_and_keeps_what_files_said() {
        let scratch = Scratch::new("snapshot");
        let [program, script] = ["train", "fit.py"].map(|name| scratch.path().join(name));
        fs::write(&program, "old").unwrap();
        fs::write(&script, "old").unwrap();
        let wanted = scratch.path().join("snapshot");
        let taken =
            Snapshot::take(&wanted, &program, Frozen::default(), Kept::Files(std::slice::from_ref(&script)))
                .unwrap();
        fs::write(&program, "new").unwrap();
        fs::write(&script, "new").unwrap();
        let read = Snapshot::read(&wanted).unwrap();
        assert_eq!(read, taken);
        assert_eq!(fs::read_to_string(&read.copy).unwrap(), "old");
        assert_eq!(fs::read_to_string(read.copy_of(&script).unwrap()).unwrap(), "old");
        assert_eq!(read.copy_of(&program), None);
        assert_eq!(Snapshot::read(scratch.path()).unwrap_err().kind(), ErrorKind::Job);
    }
}
