//! The directories below one, as runs and sweeps are looked for.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::durable::whole::is_leftover;

/// Folders of code that was installed: many files, and no runs.
const INSTALLED: [&str; 3] = ["node_modules", "site-packages", "__pycache__"];

/// The file by which a directory says that it is a cache, and what the file begins with: bford.info/cachedir.
const TAG: (&str, &[u8]) = ("CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55");

/// How deep is looked.
const DEEPEST: usize = 32;

/// Shows a directory, and those below it, to a function with the folders that lie in each, by name. What it leaves of them
/// is gone into, except for hidden folders, installed code (`node_modules`, `site-packages`, `__pycache__`) and caches, which
/// say by a `CACHEDIR.TAG` that they are, as `target` of Cargo does. Links are not followed. The first directory is gone into
/// whatever it is.
///
/// # Errors
/// The first directory cannot be read. One below it that cannot, or has just been removed, is none of ours.
pub fn walk(root: &Path, mut look: impl FnMut(&Path, &mut Vec<PathBuf>)) -> io::Result<()> {
    let mut open = vec![(root.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        let mut found = match folders(&directory) {
            Ok(found) => found,
            Err(_) if depth > 0 => continue,
            Err(error) => return Err(error),
        };
        look(&directory, &mut found);
        if depth < DEEPEST {
            open.extend(found.into_iter().filter(|folder| is_open(folder)).map(|folder| (folder, depth + 1)));
        }
    }
    Ok(())
}

/// Whether a function says so of one of the files below a directory: all of them, also those that [`walk`] passes by. Links
/// are not followed, and what is being made is not there yet.
///
/// # Errors
/// A directory cannot be read: then it is not known.
pub(crate) fn any_file(root: &Path, is: impl Fn(&Path) -> bool) -> io::Result<bool> {
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                if is(&entry.path()) {
                    return Ok(true);
                }
            } else if !is_leftover(&entry.file_name()) {
                open.push(entry.path());
            }
        }
    }
    Ok(false)
}

/// The folders in a directory, by name. One that is being made is not there yet.
///
/// # Errors
/// It cannot be read.
pub fn folders(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !is_leftover(&entry.file_name()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Whether [`walk`] goes into a folder.
pub(crate) fn is_open(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    let is_hidden = name.as_encoded_bytes().starts_with(b".");
    !is_hidden && !INSTALLED.iter().any(|passed| name == *passed) && !is_cache(folder)
}

fn is_cache(folder: &Path) -> bool {
    let (name, signature) = TAG;
    let mut begins = vec![0; signature.len()];
    // Opening what is no file, such as a pipe, might wait.
    let tag = folder.join(name);
    tag.is_file()
        && File::open(tag).and_then(|mut tag| tag.read_exact(&mut begins)).is_ok()
        && begins == signature
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn what_is_hidden_or_left_out_is_not_gone_into() {
        let scratch = Scratch::new("walk");
        for folder in ["a/b", "a/.c/d", "node_modules/e", "f/g/h", "target/outputs", "cache/outputs"] {
            fs::create_dir_all(scratch.path().join(folder)).unwrap();
        }
        let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# made by a test\n";
        fs::write(scratch.path().join("cache/CACHEDIR.TAG"), tag).unwrap();
        fs::write(scratch.path().join("target/CACHEDIR.TAG"), "a note of somebody").unwrap();
        let mut seen = Vec::new();
        walk(scratch.path(), |directory, folders| {
            let below = directory.strip_prefix(scratch.path()).unwrap().to_string_lossy().into_owned();
            seen.push(format!("{below}:{}", folders.len()));
            folders.retain(|folder| !folder.ends_with("g"));
        })
        .unwrap();
        seen.sort();
        assert_eq!(seen, [":5", "a/b:0", "a:2", "f:1", "target/outputs:0", "target:1"]);
        // Who names one means it.
        for (named, inside) in [("cache", 2), ("a/.c", 2), ("node_modules", 2)] {
            let mut seen = 0;
            walk(&scratch.path().join(named), |_, _| seen += 1).unwrap();
            assert_eq!(seen, inside, "{named}");
        }
        let error = walk(&scratch.path().join("nowhere"), |_, _| ()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
