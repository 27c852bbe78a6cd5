//! Writing a file whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::diag::{Error, ErrorKind, Result};

/// Tells apart the temporary files of the threads of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// After so many names that were taken there is something wrong with the directory, not with the names.
pub(super) const TRIES: u32 = 1000;

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
    write_whole_with(path, Sync::Now, |file| file.write_all(bytes.as_ref()))
}

/// When what was written reaches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before the call returns: neither a crash of the program nor one of the machine can take it back.
    Now,
    /// When the system sees fit, or [`sync`] is called: it outlives the program, killed or not. A crash of the machine
    /// in the seconds before may leave the old content, or a file without content.
    Later,
}

/// As [`write_whole`], with the bytes that a function writes.
///
/// # Errors
/// As [`write_whole`], and those of the function.
pub fn write_whole_with(
    path: &Path,
    sync: Sync,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<()> {
    let failed = |error: &io::Error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        Error::new(ErrorKind::Io, message)
    };
    let Some(name) = path.file_name() else {
        return Err(failed(&io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file")));
    };
    let directory = path.parent().unwrap_or(Path::new(""));
    let (temporary, mut file) = create_temporary(directory, name).map_err(|e| failed(&e))?;
    let written = fill(&mut file)
        // Without this a power cut after the rename could leave the new name with no content.
        .and_then(|()| if sync == Sync::Now { file.sync_all() } else { Ok(()) })
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one to report; a leftover is hidden and harmless.
        let _ = fs::remove_file(&temporary);
        return Err(failed(&error));
    }
    if sync == Sync::Later {
        return Ok(());
    }
    sync_directory(directory).map_err(|e| failed(&e))
}

/// Writes a file over the one that is there, in the room that it takes up: for a disk that has no more. A crash in the
/// moment of it may leave a part of it, so it is for what cannot be written in another way.
///
/// # Errors
/// Of kind [`ErrorKind::Io`]: there is no such file, or it has not enough room. Then it is as it was.
pub(crate) fn write_over(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).open(path)?;
        if room(&file)? < text.len() as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // In one piece, so that who is killed has written all of it or nothing, as good as always.
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    };
    write().map_err(|error: io::Error| {
        Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()))
    })
}

/// How much a file can hold without more of the disk.
#[cfg(unix)]
fn room(file: &File) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().map(|file| file.len().max(file.blocks() * 512))
}

#[cfg(not(unix))]
fn room(file: &File) -> io::Result<u64> {
    file.metadata().map(|file| file.len())
}

/// Makes files that were written [`Sync::Later`], and their names in their directory, reach the disk.
///
/// # Errors
/// Of kind [`ErrorKind::Io`]: one that is not there, or that the disk does not take.
pub fn sync(directory: &Path, names: &[&str]) -> Result<()> {
    let failed = |path: &Path, error: &io::Error| {
        Error::new(ErrorKind::Io, format!("cannot make `{}` reach the disk: {error}", path.display()))
    };
    for name in names {
        let path = directory.join(name);
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| failed(&path, &error))?;
    }
    sync_directory(directory).map_err(|error| failed(directory, &error))
}

/// Removes the hidden files of writers that were killed before they could rename them. Only for a directory that
/// nobody writes to: a file that is being written looks the same.
///
/// # Errors
/// Those of the system.
pub fn remove_leftovers(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if is_leftover(&entry.file_name()) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes the hidden files of writers of a file that were killed before they could rename them. Only for who alone may
/// write it: a file that is being written looks the same.
///
/// # Errors
/// Those of the system.
#[cfg(feature = "app")]
pub(crate) fn remove_temporaries(target: &Path) -> io::Result<()> {
    let Some(name) = target.file_name() else { return Ok(()) };
    for entry in fs::read_dir(target.parent().unwrap_or(Path::new("")))? {
        let entry = entry?;
        if is_temporary(&entry.file_name(), name) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// How the names of temporary files end: nobody else's do.
const ENDING: &str = ".whole~";

/// A name for a temporary file or directory beside the target, which no other writer on this machine uses.
pub(super) fn temporary(directory: &Path, name: &OsStr) -> PathBuf {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}-{number}{ENDING}", std::process::id()));
    directory.join(hidden)
}

/// Whether a name is that of something that is being written, or was when its writer was killed.
pub(super) fn is_leftover(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && name.ends_with(ENDING.as_bytes())
}

/// Whether a name is a temporary one for a target of that name.
pub(super) fn is_temporary(found: &OsStr, name: &OsStr) -> bool {
    let rest = found.as_encoded_bytes().strip_prefix(b".");
    let rest = rest.and_then(|rest| rest.strip_prefix(name.as_encoded_bytes())?.strip_prefix(b"."));
    rest.is_some_and(|rest| rest.ends_with(ENDING.as_bytes()))
}

/// A new file beside the target, under a name that no other writer uses.
pub(super) fn create_temporary(directory: &Path, name: &OsStr) -> io::Result<(PathBuf, File)> {
    let mut taken = None;
    for _ in 0..TRIES {
        let path = temporary(directory, name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(taken.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
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
    fn what_a_killed_writer_left_is_removed_and_nothing_else() {
        let scratch = Scratch::new("leftovers");
        for name in [".run.json.7-0.whole~", "run.json", ".hidden", "x.whole~"] {
            fs::write(scratch.path().join(name), "x").unwrap();
        }
        fs::create_dir(scratch.path().join(".d.whole~")).unwrap();
        remove_leftovers(scratch.path()).unwrap();
        assert_eq!(scratch.names(), [".d.whole~", ".hidden", "run.json", "x.whole~"]);
    }

    #[test]
    fn what_is_synced_later_is_there_at_once() {
        let scratch = Scratch::new("later");
        let path = scratch.path().join("a");
        write_whole_with(&path, Sync::Later, |file| file.write_all(b"1")).unwrap();
        sync(scratch.path(), &["a"]).unwrap();
        assert_eq!((fs::read(&path).unwrap(), scratch.names()), (b"1".to_vec(), vec!["a".to_owned()]));
        assert_eq!(sync(scratch.path(), &["b"]).unwrap_err().kind(), ErrorKind::Io);
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
