//! Directories that no one else has.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};

/// How many names are tried. Runs that start in the same second are few; a full series is a mistake.
const TRIES: u32 = 100_000;

/// Makes a directory that did not exist before, and returns its path: `wanted`, or the first free one of
/// `wanted_1`, `wanted_2` … Of all processes and threads that ask for the same path, on this machine or on a shared
/// file system, each gets another one. Parents are made as needed.
///
/// # Errors
/// Of kind [`ErrorKind::Io`]: no permission, a parent that is a file, a path without a last name that could be
/// varied (such as `.`).
///
/// ```
/// # let base = std::env::temp_dir().join(format!("mainstem-doc-{}-dir", std::process::id()));
/// let first = mainstem::durable::create_exclusive(&base.join("12-30-00"))?;
/// let second = mainstem::durable::create_exclusive(&base.join("12-30-00"))?;
/// assert!(first.ends_with("12-30-00") && second.ends_with("12-30-00_1"));
/// # std::fs::remove_dir_all(&base).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn create_exclusive(wanted: &Path) -> Result<PathBuf> {
    let failed = |path: &Path, reason: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {reason}", path.display()))
    };
    let Some(name) = wanted.file_name().filter(|_| !ends_in_dot(wanted)) else {
        return Err(failed(wanted, &"the path names no new directory")
            .help("end it with a name, such as `outputs/first`"));
    };
    if let Some(parent) = wanted.parent() {
        fs::create_dir_all(parent).map_err(|e| failed(parent, &e))?;
    }
    let mut path = wanted.to_owned();
    for number in 1..=TRIES {
        // `create_dir` is the one call that says "made" to exactly one caller.
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut varied = name.to_owned();
                varied.push(format!("_{number}"));
                path.set_file_name(varied);
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    Err(failed(wanted, &format!("it exists already, and so do {TRIES} others of that name")))
}

/// Whether a path means the directory that its last name is, and not one to be made: `runs/.`. (A [`Path`] does not
/// show this in its parts.)
fn ends_in_dot(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes
        .strip_suffix(b".")
        .and_then(<[u8]>::last)
        .is_some_and(|&before| std::path::is_separator(before.into()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn counts_up_past_directories_and_files() {
        let scratch = Scratch::new("counts");
        let wanted = scratch.path().join("a/b/run.d");
        assert_eq!(create_exclusive(&wanted).unwrap(), wanted);
        fs::write(scratch.path().join("a/b/run.d_1"), "").unwrap();
        assert_eq!(
            create_exclusive(&scratch.path().join("a/b/run.d/")).unwrap(),
            scratch.path().join("a/b/run.d_2")
        );
    }

    #[test]
    fn many_at_once_share_nothing() {
        let scratch = Scratch::new("at-once");
        let wanted = scratch.path().join("outputs/12-00-00");
        let made: BTreeSet<PathBuf> = std::thread::scope(|threads| {
            let runs: Vec<_> =
                (0..16).map(|_| threads.spawn(|| create_exclusive(&wanted).unwrap())).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(made.len(), 16);
        assert!(made.contains(&wanted) && made.contains(&scratch.path().join("outputs/12-00-00_15")));
    }

    #[test]
    fn says_what_stands_in_the_way() {
        let scratch = Scratch::new("in-the-way");
        let here = [".", "..", "a/.", "a/.."].map(|path| scratch.path().join(path));
        for path in here.into_iter().chain(["".into(), ".".into(), "/".into()]) {
            let words =
                format!("cannot make the directory `{}`: the path names no new directory", path.display());
            assert_eq!(create_exclusive(&path).unwrap_err().message(), words);
        }
        assert_eq!(scratch.names(), [""; 0]);
        let file = scratch.path().join("file");
        fs::write(&file, "").unwrap();
        let error = create_exclusive(&file.join("run")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(
            error.message().starts_with(&format!("cannot make the directory `{}`: ", file.display())),
            "{error}"
        );
    }
}
