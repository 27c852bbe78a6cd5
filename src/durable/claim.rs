//! A file that the first one writes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::whole::create_temporary;

/// Writes a file whole, unless it is there: whether this call did. Of all processes that try, on this machine or on a shared
/// disk, one does, and nobody ever sees a part of it.
///
/// # Errors
/// Of kind [`ErrorKind::Io`].
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-claim", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let file = dir.join("claim");
/// assert!(mainstem::durable::write_first(&file, "mine")?);
/// assert!(!mainstem::durable::write_first(&file, "theirs")?);
/// assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn write_first(path: &Path, text: &str) -> Result<bool> {
    let failed =
        |error: io::Error| Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()));
    let directory = path.parent().unwrap_or(Path::new(""));
    let (temporary, mut file) =
        create_temporary(directory, path.file_name().unwrap_or_default()).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // A second name of the same file is made for one process only, also over NFS.
    let linked = written.and_then(|()| fs::hard_link(&temporary, path));
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(failed(error)),
        // A file system without second names.
        Err(_) => create_new(path, text).map_err(failed),
    }
}

fn create_new(path: &Path, text: &str) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn of_many_who_write_one_is_first() {
        let scratch = Scratch::new("claim");
        let path = scratch.path().join("claim");
        let first = std::thread::scope(|threads| {
            let path = &path;
            let writers: Vec<_> =
                (0..16).map(|i| threads.spawn(move || write_first(path, &i.to_string()).unwrap())).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
        });
        let winner = first.iter().position(|first| *first).unwrap();
        assert_eq!(first.iter().filter(|first| **first).count(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), winner.to_string());
        assert_eq!(scratch.names(), ["claim"]);
    }

    #[test]
    fn a_file_system_without_second_names_has_first_ones_all_the_same() {
        let scratch = Scratch::new("claim-new");
        let path = scratch.path().join("claim");
        assert!(create_new(&path, "a").unwrap() && !create_new(&path, "b").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "a");
    }
}
