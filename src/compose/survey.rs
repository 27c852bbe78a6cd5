//! Everything that a source holds, and what in it nothing can select: what `check` looks through.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::compose::config_source::{ConfigSource, Entry};
use crate::diag::{Error, ErrorKind};
use crate::value::Text;

/// What is in a source.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The paths of its configs.
    pub configs: Vec<Text>,
    /// What is there and cannot be read.
    pub errors: Vec<Error>,
    /// What is there and nothing can select, though it looks like a config or a group.
    pub warnings: Vec<Error>,
    /// Files that look like configs and whose names begin with a dot: they are not looked at.
    pub hidden: Vec<String>,
}

/// So deep may folders nest.
const DEPTH: usize = 64;
/// So many files and folders may a source hold.
const MEMBERS: usize = 200_000;
/// So often may links lead to folders that were read before: they multiply.
const AGAIN: usize = 500;

/// Walks a source group by group.
pub(crate) fn groups<S: ConfigSource + ?Sized>(source: &S) -> Survey {
    let mut survey = Survey::default();
    let mut open = vec![(Text::default(), 0)];
    while let Some((group, depth)) = open.pop() {
        let entries = match source.list(&group) {
            Ok(entries) => entries.unwrap_or_default(),
            Err(error) => {
                survey.errors.push(error);
                continue;
            }
        };
        for entry in entries {
            match entry {
                Entry::Config(name) => {
                    if name.is_empty() {
                        survey.warnings.push(nameless(&group));
                    }
                    survey.configs.push(below(&group, &name));
                }
                Entry::Group(name) if depth < DEPTH => open.push((below(&group, &name), depth + 1)),
                Entry::Group(name) => survey.errors.push(too_deep(&below(&group, &name))),
            }
        }
    }
    survey
}

/// Walks a directory; `shown` is its name in messages. Symbolic links are followed, but never back to a folder that
/// holds them.
pub(crate) fn directory(path: &Path, shown: &Path) -> Survey {
    let mut walk =
        Walk { survey: Survey::default(), above: Vec::new(), met: HashSet::new(), members: 0, again: 0 };
    match fs::canonicalize(path) {
        Ok(real) => {
            walk.above.push(real);
            walk.folder(path, shown, &Text::default());
        }
        Err(error) => walk.survey.errors.push(unreadable(shown, &error)),
    }
    if walk.members > MEMBERS || walk.again > AGAIN {
        let message = match walk.again > AGAIN {
            true => format!("links lead to the same folders more than {AGAIN} times"),
            false => format!("there are more than {MEMBERS} files and folders"),
        };
        walk.survey.errors.push(Error::new(ErrorKind::Limit, message).note("the rest is not checked"));
    }
    walk.survey
}

struct Walk {
    survey: Survey,
    /// The folders that hold the one being read, without links in their paths: what has the same path is the same
    /// folder.
    above: Vec<PathBuf>,
    /// All folders that were read: what is wrong in one is told once, by whatever name it is met again.
    met: HashSet<PathBuf>,
    members: usize,
    /// How many folders were met again.
    again: usize,
}

impl Walk {
    fn folder(&mut self, dir: &Path, shown: &Path, group: &Text) {
        let mut members = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(members) => members,
            Err(error) => return self.survey.errors.push(unreadable(shown, &error)),
        };
        // Links come last: what they lead to is known by its own name.
        members.sort_by_key(|member| (is_link(member), member.file_name()));
        for member in members {
            self.members += 1;
            if self.members > MEMBERS || self.again > AGAIN {
                return;
            }
            self.member(&member, &shown.join(member.file_name()), group);
        }
    }

    fn member(&mut self, member: &DirEntry, shown: &Path, group: &Text) {
        let (name, path) = (member.file_name(), member.path());
        if name.to_string_lossy().starts_with('.') {
            if name == ".yaml" {
                self.survey.warnings.push(nameless(group));
            } else if looks_like_config(&name) {
                self.survey.hidden.push(shown.display().to_string());
            }
            return;
        }
        let is_link = is_link(member);
        let found =
            if is_link { fs::metadata(&path).map(|found| found.file_type()) } else { member.file_type() };
        let kind = match found {
            Ok(kind) => kind,
            Err(error) => return self.survey.note(&name, broken(&path, shown, is_link, &error)),
        };
        if name == "__pycache__" || !kind.is_dir() && !looks_like_config(&name) {
            return;
        }
        let Some(name) = name.to_str() else {
            let error = Error::new(ErrorKind::NotFound, format!("no config can name `{}`", shown.display()));
            return self.survey.warnings.push(error.note("its name is not UTF-8").help("rename it"));
        };
        match name.strip_suffix(".yaml") {
            stem if kind.is_dir() => {
                if let Some(stem) = stem {
                    self.survey.warnings.push(named_like_a_config(shown, stem));
                }
                self.subfolder(&path, shown, is_link, &below(group, name));
            }
            Some(_) if !kind.is_file() => self.survey.errors.push(no_file(shown)),
            Some(stem) => self.survey.configs.push(below(group, stem)),
            None => self.survey.warnings.push(stray(shown)),
        }
    }

    fn subfolder(&mut self, path: &Path, shown: &Path, is_link: bool, group: &Text) {
        let name = path.file_name().unwrap_or_default();
        let real = match self.above.last() {
            Some(above) if !is_link => above.join(name),
            _ => match fs::canonicalize(path) {
                Ok(real) => real,
                Err(error) => return self.survey.errors.push(unreadable(shown, &error)),
            },
        };
        if self.above.contains(&real) {
            let error =
                Error::new(ErrorKind::Cycle, format!("`{}` links back to what holds it", shown.display()));
            let error = error.note(format!("it is the folder {}", real.display()));
            return self
                .survey
                .warnings
                .push(error.help("remove the link: its configs have endlessly many names"));
        }
        if self.above.len() > DEPTH {
            return self.survey.errors.push(too_deep(&shown.display().to_string()));
        }
        let before = (self.survey.errors.len(), self.survey.warnings.len(), self.survey.hidden.len());
        let is_new = self.met.insert(real.clone());
        self.again += usize::from(!is_new);
        self.above.push(real);
        self.folder(path, shown, group);
        self.above.pop();
        if !is_new {
            self.survey.errors.truncate(before.0);
            self.survey.warnings.truncate(before.1);
            self.survey.hidden.truncate(before.2);
        }
    }
}

impl Survey {
    /// Something that is there by name only: an error if it would be a config.
    fn note(&mut self, name: &OsStr, error: Error) {
        if looks_like_config(name) {
            self.errors.push(error);
        } else {
            self.warnings.push(error);
        }
    }
}

fn is_link(member: &DirEntry) -> bool {
    member.file_type().is_ok_and(|kind| kind.is_symlink())
}

fn below(group: &str, name: &str) -> Text {
    if group.is_empty() { name.into() } else { format!("{group}/{name}").into() }
}

/// Whether the name ends in `.yaml` or `.yml`, in capitals or not.
fn looks_like_config(name: &OsStr) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"))
}

fn unreadable(shown: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", name_of(shown)))
}

/// The directory itself may be shown as nothing.
fn name_of(shown: &Path) -> String {
    if shown.as_os_str().is_empty() { ".".to_owned() } else { shown.display().to_string() }
}

fn broken(path: &Path, shown: &Path, is_link: bool, error: &io::Error) -> Error {
    match fs::read_link(path) {
        Ok(target) if is_link && error.kind() == io::ErrorKind::NotFound => Error::new(
            ErrorKind::Io,
            format!("`{}` is a link to `{}`, which does not exist", shown.display(), target.display()),
        )
        .help("point the link at something, or remove it"),
        Ok(target) if is_link => Error::new(
            ErrorKind::Io,
            format!(
                "`{}` is a link to `{}`, which leads nowhere: {error}",
                shown.display(),
                target.display()
            ),
        ),
        _ => unreadable(shown, error),
    }
}

fn named_like_a_config(shown: &Path, stem: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("`{}` is a folder and no config", shown.display()))
        .help(format!("rename it to `{stem}` if it is a config group"))
}

fn no_file(shown: &Path) -> Error {
    Error::new(ErrorKind::Io, format!("`{}` is no file: it is a pipe, a socket or a device", shown.display()))
        .help("put a file there, or remove it")
}

/// The warning that a config is called `.yaml`.
fn nameless(group: &str) -> Error {
    let message = if group.is_empty() {
        "a config has no name, only an extension: `.yaml`".to_owned()
    } else {
        format!("an option of `{group}` has no name: `{group}=` selects it")
    };
    Error::new(ErrorKind::Defaults, message).help("rename the file")
}

fn stray(shown: &Path) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("nothing can select `{}`: configs end in `.yaml`", shown.display()),
    )
    .help(format!("rename it to `{}`", shown.with_extension("yaml").display()))
}

fn too_deep(place: &str) -> Error {
    Error::new(ErrorKind::Limit, format!("`{place}` lies more than {DEPTH} folders deep: it is not checked"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    fn messages(errors: &[Error]) -> Vec<&str> {
        errors.iter().map(Error::message).collect()
    }

    #[test]
    fn nothing_that_looks_like_a_config_is_passed_over() {
        let root = std::env::temp_dir().join(format!("mainstem-survey-{}", std::process::id()));
        fs::create_dir_all(root.join("db/inner")).unwrap();
        fs::write(root.join("config.yaml"), "").unwrap();
        fs::write(root.join("db/pg.yaml"), "").unwrap();
        fs::write(root.join("db/notes.txt"), "").unwrap();
        let _socket = UnixListener::bind(root.join("db/socket.yaml")).unwrap();
        fs::write(root.join("db").join(OsString::from_vec(b"p\xffg.yaml".to_vec())), "").unwrap();
        symlink("../..", root.join("db/inner/up")).unwrap();
        symlink("inner", root.join("db/same")).unwrap();
        symlink("b.yaml", root.join("a.yaml")).unwrap();
        symlink("a.yaml", root.join("b.yaml")).unwrap();
        let locked = root.join("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // Who may do everything can read it all the same.
        let is_locked = fs::read_dir(&locked).is_err();
        let survey = directory(&root, Path::new("conf"));
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(survey.configs, ["config", "db/pg"]);
        let mut errors = messages(&survey.errors);
        errors.retain(|message| !message.starts_with("cannot read `conf/locked`: "));
        assert_eq!(survey.errors.len() - errors.len(), usize::from(is_locked));
        assert_eq!(errors[0], "`conf/db/socket.yaml` is no file: it is a pipe, a socket or a device");
        assert!(
            errors[1].starts_with("`conf/a.yaml` is a link to `b.yaml`, which leads nowhere: "),
            "{errors:?}"
        );
        assert!(
            errors[2].starts_with("`conf/b.yaml` is a link to `a.yaml`, which leads nowhere: "),
            "{errors:?}"
        );
        assert_eq!(
            messages(&survey.warnings),
            [
                "`conf/db/inner/up` links back to what holds it",
                "no config can name `conf/db/p\u{fffd}g.yaml`"
            ]
        );
    }
    #[test]
    fn links_that_multiply_come_to_an_end() {
        let root = std::env::temp_dir().join(format!("mainstem-survey-links-{}", std::process::id()));
        for level in 0..20 {
            let dir = root.join(format!("d{level}"));
            fs::create_dir_all(&dir).unwrap();
            for name in ["a", "b"] {
                symlink(format!("../d{}", level + 1), dir.join(name)).unwrap();
            }
        }
        fs::create_dir(root.join("d20")).unwrap();
        let survey = directory(&root.join("d0"), Path::new("conf"));
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(messages(&survey.errors), ["links lead to the same folders more than 500 times"]);
    }
}
