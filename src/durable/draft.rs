//! Making a directory whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::whole::{TRIES, is_temporary, temporary};

/// A directory that nobody sees yet. Its files are written one after the other, and come to be seen all at once: whoever
/// is killed before leaves a hidden directory, which [`remove_drafts`] removes.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Draft {
    /// Begins a directory. The one that it will lie in must exist.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub(crate) fn begin(target: &Path) -> Result<Self> {
        let directory = target.parent().unwrap_or(Path::new(""));
        let make = || {
            let Some(name) = target.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
            for _ in 0..TRIES {
                let path = temporary(directory, name);
                match fs::create_dir(&path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    made => return made.map(|()| path),
                }
            }
            Err(io::ErrorKind::AlreadyExists.into())
        };
        let path = make().map_err(|error| failed(target, &error))?;
        Ok(Self { path, target: target.to_owned(), published: false })
    }

    /// Writes a file, which reaches the disk when the system sees fit.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], with the name that the file was to have.
    pub(crate) fn write(&self, name: &str, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.path.join(name));
        file.and_then(|mut file| fill(&mut file)).map_err(|error| {
            let path = self.target.join(name);
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()))
        })
    }

    /// Gives the directory its name.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as that something of that name is there.
    pub(crate) fn publish(mut self) -> Result<()> {
        fs::rename(&self.path, &self.target).map_err(|error| failed(&self.target, &error))?;
        self.published = true;
        Ok(())
    }
}

/// What was not published goes again.
impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // A leftover is hidden and harmless.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn failed(target: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", target.display()))
}

/// Gives the draft of a process that was killed its name, if it has the file that is written `last` and nothing of that name is
/// there. Only for who alone may make it.
pub(crate) fn publish_left(target: &Path, last: &str) {
    let (Some(name), Some(above)) = (target.file_name(), target.parent()) else { return };
    let Ok(entries) = fs::read_dir(above) else { return };
    let mut left = entries.flatten().filter(|entry| is_temporary(&entry.file_name(), name));
    if let Some(whole) = left.find(|entry| entry.path().join(last).is_file())
        && fs::symlink_metadata(target).is_err()
    {
        // What cannot be named is removed as what is not whole.
        let _ = fs::rename(whole.path(), target);
    }
}

/// Removes the drafts of a directory that were left by processes that were killed. Only for who alone may make it: a draft
/// that is being written looks the same.
///
/// # Errors
/// Those of the system.
pub(crate) fn remove_drafts(target: &Path) -> io::Result<()> {
    let Some(name) = target.file_name() else { return Ok(()) };
    for entry in fs::read_dir(target.parent().unwrap_or(Path::new("")))? {
        let entry = entry?;
        if is_temporary(&entry.file_name(), name) && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::durable::testing::Scratch;

    fn written(draft: &Draft) {
        draft.write("a", |file| file.write_all(b"1")).unwrap();
        draft.write("b", |file| file.write_all(b"2")).unwrap();
    }

    #[test]
    fn all_files_are_there_at_once() {
        let scratch = Scratch::new("draft");
        let target = scratch.path().join("record");
        let draft = Draft::begin(&target).unwrap();
        written(&draft);
        assert!(!target.exists());
        draft.publish().unwrap();
        let read = |name| fs::read_to_string(target.join(name)).unwrap();
        assert_eq!((read("a"), read("b")), ("1".to_owned(), "2".to_owned()));
        assert_eq!(scratch.names(), ["record"]);
    }

    #[test]
    fn what_is_not_published_leaves_nothing() {
        let scratch = Scratch::new("draft-dropped");
        let target = scratch.path().join("record");
        let draft = Draft::begin(&target).unwrap();
        written(&draft);
        let error = draft.write("a", |_| Ok(())).unwrap_err();
        assert!(
            error.message().starts_with(&format!("cannot write `{}`: ", target.join("a").display())),
            "{error}"
        );
        drop(draft);
        assert_eq!(scratch.names(), [""; 0]);
        fs::create_dir(&target).unwrap();
        fs::write(target.join("theirs"), "").unwrap();
        let draft = Draft::begin(&target).unwrap();
        written(&draft);
        assert_eq!(draft.publish().unwrap_err().kind(), ErrorKind::Io);
        assert_eq!(scratch.names(), ["record"]);
        assert!(target.join("theirs").exists() && !target.join("a").exists());
        assert_eq!(Draft::begin(&scratch.path().join("no/record")).unwrap_err().kind(), ErrorKind::Io);
        assert_eq!(Draft::begin(Path::new("..")).unwrap_err().kind(), ErrorKind::Io);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let scratch = Scratch::new("draft-killed");
        let target = scratch.path().join("record");
        fs::create_dir(scratch.path().join(".record.1-0.whole~")).unwrap();
        let other = Draft::begin(&scratch.path().join("other")).unwrap();
        fs::write(scratch.path().join(".record.1-1.whole~"), "a file").unwrap();
        remove_drafts(&target).unwrap();
        let names = scratch.names();
        assert_eq!(names.len(), 2, "{names:?}");
        drop(other);
        assert_eq!(scratch.names(), [".record.1-1.whole~"]);
    }
}
