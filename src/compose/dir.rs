//! A directory of configs.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::compose::config_source::{ConfigSource, Content, Entry, bare};
use crate::compose::survey::{self, Survey};
use crate::diag::{Error, ErrorKind, Result, SourceKind};
use crate::durable::read_regular;
use crate::yaml::Limits;

/// A directory of `.yaml` files; its folders are config groups. A file may have as many bytes as
/// [`Limits`] allows by default: 64 MiB.
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
        let kind = match error.kind() {
            io::ErrorKind::FileTooLarge => ErrorKind::Limit,
            _ => ErrorKind::Io,
        };
        Error::new(kind, format!("cannot read `{}`: {error}", shown.display()))
    }

    /// The answer, or `None` if the system only says that there is no such thing.
    fn present<T>(&self, path: &Path, answer: io::Result<T>) -> Result<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    fn look(&self, path: &Path) -> Result<Option<Metadata>> {
        self.present(path, fs::metadata(path))
    }
}

/// Whether the error only says that there is no such thing. A file where a group would be says that too: `LICENSE=x`
/// is about a key, whatever lies in the directory.
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
        let limit = Limits::default().bytes as u64;
        let Some(bytes) = self.present(&file, read_regular(&file, limit))? else { return Ok(None) };
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
        let Some(members) = self.present(&dir, fs::read_dir(&dir))? else { return Ok(None) };
        let mut entries = Vec::new();
        for member in members {
            let member = member.map_err(|error| self.failed(&dir, &error))?;
            // A name that is not UTF-8 cannot be written in a config.
            let Ok(name) = member.file_name().into_string() else { continue };
            let mut kind = member.file_type().map_err(|error| self.failed(&dir, &error))?;
            if kind.is_symlink() {
                // A link may lead nowhere: editors leave such locks.
                let Some(target) = self.look(&member.path())? else { continue };
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

    /// Also of what is there and is no file: reading it says so.
    fn has_config(&self, config_path: &str) -> Result<bool> {
        Ok(self.look(&Self::file(&self.path, config_path))?.is_some_and(|found| !found.is_dir()))
    }

    fn has_group(&self, group: &str) -> Result<bool> {
        Ok(self.look(&self.path.join(group))?.is_some_and(|found| found.is_dir()))
    }

    fn survey(&self) -> Survey {
        survey::directory(&self.path, &self.shown)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("mainstem-dir-{}-{name}", std::process::id()));
            fs::create_dir_all(path.join("db")).expect("a directory");
            Self(path)
        }

        fn source(&self) -> Dir {
            Dir::new(&self.0).shown_as("conf")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_not_there_is_no_error() {
        let scratch = Scratch::new("absent");
        let source = scratch.source();
        fs::write(scratch.0.join("LICENSE"), "").unwrap();
        fs::create_dir(scratch.0.join("folder.yaml")).unwrap();
        symlink("nowhere", scratch.0.join("db/.#lock.yaml")).unwrap();
        let long = "x".repeat(5000);
        for path in ["no", "no/no", "LICENSE", "LICENSE/mit", "db/.#lock", "folder", "a\0b", &long] {
            assert!(matches!(source.read(path), Ok(None)), "{path:?}");
            assert!(!source.has_config(path).unwrap() && !source.has_group(path).unwrap(), "{path:?}");
            assert_eq!(source.list(path).unwrap(), None, "{path:?}");
        }
        assert_eq!(source.list("db").unwrap(), Some(Vec::new()));
        assert!(source.has_group("db").unwrap() && !source.has_config("db").unwrap());
    }

    #[test]
    fn what_is_there_and_cannot_be_had_is_an_error() {
        let scratch = Scratch::new("broken");
        let source = scratch.source();
        let loops = "Too many levels of symbolic links (os error 40)";
        symlink("a.yaml", scratch.0.join("a.yaml")).unwrap();
        symlink("loop", scratch.0.join("loop")).unwrap();
        for (path, shown) in [("a", "conf/a.yaml"), ("loop/b", "conf/loop/b.yaml")] {
            let expected = format!("cannot read `{shown}`: {loops}");
            assert_eq!(source.read(path).unwrap_err().message(), expected);
            assert_eq!(source.has_config(path).unwrap_err().message(), expected);
        }
        let expected = format!("cannot read `conf/loop`: {loops}");
        assert_eq!(source.list("loop").unwrap_err().message(), expected);
        assert_eq!(source.has_group("loop").unwrap_err().message(), expected);
        let of_a_member = source.list("").unwrap_err();
        assert_eq!(of_a_member.kind(), ErrorKind::Io);
    }

    #[test]
    fn a_pipe_is_refused() {
        let scratch = Scratch::new("pipe");
        assert!(Command::new("mkfifo").arg(scratch.0.join("db/p.yaml")).status().unwrap().success());
        let source = scratch.source();
        let error = source.read("db/p").unwrap_err();
        assert_eq!(error.message(), "cannot read `conf/db/p.yaml`: it is a pipe (FIFO), not a file");
        assert!(source.has_config("db/p").unwrap());
        assert_eq!(source.list("db").unwrap(), Some(Vec::new()));
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let scratch = Scratch::new("large");
        let file = fs::File::create(scratch.0.join("large.yaml")).unwrap();
        file.set_len(Limits::default().bytes as u64 + 1).unwrap();
        let error = scratch.source().read("large").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(
            error.message(),
            "cannot read `conf/large.yaml`: it has more bytes than the limit of 67108864"
        );
    }
}
