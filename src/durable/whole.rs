//! Writing a file whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::diag::{Error, ErrorKind, Result};

/// Tells apart the temporary files of the threads of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// After so many names that were taken there is something wrong with the directory, not with the names.
const TRIES: u32 = 1000;

/// Writes a file so that a reader, or a crash at any moment, sees the old content or the new one, never a part.
///
/// The bytes go to a hidden file in the same directory, reach the disk, and are renamed over the target. The
/// directory must exist. A symbolic link is replaced, not followed.
///
/// # Errors
/// Of kind [`ErrorKind::Io`], with the path and the system's words. The temporary file is removed.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let file = dir.join("metrics.json");
/// mainstem::durable::write_whole(&file, "{}\n")?;
/// assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}\n");
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn write_whole(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let failed = |error: &io::Error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Error::new(ErrorKind::Io, message)
    };
    let Some(name) = path.file_name() else {
        return Err(failed(&io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file")));
    };
    let directory = path.parent().unwrap_or(Path::new(""));
    let (temporary, file) = create_temporary(directory, name).map_err(|e| failed(&e))?;
    let written = fill(file, bytes.as_ref()).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one to report; a leftover is hidden and harmless.
        let _ = fs::remove_file(&temporary);
        return Err(failed(&error));
    }
    sync_directory(directory).map_err(|e| failed(&e))
}

/// A new file beside the target, under a name that no other writer uses.
fn create_temporary(directory: &Path, name: &std::ffi::OsStr) -> io::Result<(PathBuf, File)> {
    let mut taken = None;
    for _ in 0..TRIES {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{number}.tmp", std::process::id()));
        let path = directory.join(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(taken.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    // Without this a power cut after the rename could leave the new name with no content.
    file.sync_all()
}

/// Makes the rename itself last. Only Unix can open a directory for that; elsewhere the file system sees to it.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let scratch = Scratch::new("whole");
        let path = scratch.path().join("a.txt");
        write_whole(&path, "old and long").unwrap();
        write_whole(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(scratch.names(), ["a.txt"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_content_and_no_temporary() {
        let scratch = Scratch::new("fails");
        let target = scratch.path().join("taken");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("inside"), "kept").unwrap();
        let error = write_whole(&target, "new").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().starts_with(&format!("cannot write `{}`: ", target.display())), "{error}");
        assert_eq!(fs::read_to_string(target.join("inside")).unwrap(), "kept");
        assert_eq!(scratch.names(), ["taken"]);
    }

    #[test]
    fn a_missing_directory_and_a_nameless_path_are_errors() {
        let scratch = Scratch::new("missing");
        let error = write_whole(&scratch.path().join("no/a.txt"), "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        let error = write_whole(Path::new(".."), "x").unwrap_err();
        assert_eq!(error.message(), "cannot write `..`: the path does not name a file");
    }

    #[test]
    fn readers_beside_many_writers_never_see_a_part() {
        let scratch = Scratch::new("readers");
        let path = scratch.path().join("a.txt");
        let contents: Vec<String> = ["a", "b", "c"].map(|c| c.repeat(100_000)).into();
        write_whole(&path, &contents[0]).unwrap();
        std::thread::scope(|threads| {
            let write = |content: &str| (0..5).for_each(|_| write_whole(&path, content).unwrap());
            let writers: Vec<_> =
                contents.iter().map(|content| threads.spawn(move || write(content))).collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                let seen = fs::read_to_string(&path).unwrap();
                assert!(contents.contains(&seen), "saw a part of {} bytes", seen.len());
            }
        });
        assert_eq!(scratch.names(), ["a.txt"]);
    }
}
