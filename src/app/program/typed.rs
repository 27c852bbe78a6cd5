//! A program as somebody types it, for advice that can be pasted.

use std::ffi::OsString;
use std::path::Path;

use crate::app::capture;
use crate::app::program::app::App;
use crate::app::program::job::shown;
use crate::app::program::session::Session;
use crate::app::program::snapshot::Snapshot;
use crate::diag::shell_word;

impl Session<'_> {
    /// The program, with what stands before its own arguments: `./train`, `target/debug/tool fit`, `mainstem run`.
    pub(crate) fn typed(&self) -> String {
        let (snapshot, cwd) = (self.snapshot.as_deref(), &self.composer.facts().cwd);
        called(self.app, self.prefix().filter(|_| self.owns_process), snapshot, cwd)
    }

    /// The line that goes on with the sweep in a directory.
    pub(crate) fn resumes(&self, directory: &Path) -> String {
        let place = shown(directory, &self.composer.facts().cwd).to_string_lossy();
        format!("{} --resume {}", self.typed(), shell_word(&place))
    }
}

/// As [`Session::typed`]. `prefix` is what stands between the program's name and its own arguments; `None` if it was not
/// called as a process.
pub(crate) fn called(
    app: &App,
    prefix: Option<Vec<OsString>>,
    snapshot: Option<&Snapshot>,
    cwd: &Path,
) -> String {
    if app.starts_command {
        return "mainstem run".to_owned();
    }
    let Some(prefix) = prefix else { return app.name.to_string() };
    let name = || capture::called().map(|name| shell_word(&name.to_string_lossy()).into_owned());
    let program = match snapshot {
        // What runs is a copy of it.
        Some(snapshot) => Some(path(&snapshot.program, cwd)),
        None => name(),
    };
    let words = prefix.iter().map(|word| shell_word(&word.to_string_lossy()).into_owned());
    let program = program.unwrap_or_else(|| app.name.to_string());
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

/// The file of a program, as it is started from a directory.
pub(crate) fn path(program: &Path, cwd: &Path) -> String {
    let shown = match program.strip_prefix(cwd) {
        // A shell looks for a bare name elsewhere.
        Ok(name) if name.components().count() == 1 => Path::new(".").join(name),
        Ok(relative) => relative.to_owned(),
        Err(_) => program.to_owned(),
    };
    shell_word(&shown.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_typed_so_that_a_shell_finds_it() {
        for (program, expected) in [
            ("/w/train", "./train"),
            ("/w/target/debug/train", "target/debug/train"),
            ("/opt/my tools/train", "'/opt/my tools/train'"),
        ] {
            assert_eq!(path(Path::new(program), Path::new("/w")), expected);
        }
    }
}
