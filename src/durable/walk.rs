//! The directories below one, as runs and sweeps are looked for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::durable::whole::is_leftover;

/// Folders that hold no runs, and many files.
const PASSED_BY: [&str; 5] = ["node_modules", "__pycache__", "target", "site-packages", "checkpoints"];

/// How deep is looked.
const DEEPEST: usize = 32;

/// Shows a directory, and those below it, to a function with the folders that lie in each, by name. What it leaves of them
/// is gone into, except for hidden folders and those that are known to hold none of ours. Links are not followed.
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

fn is_open(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    !name.as_encoded_bytes().starts_with(b".") && !PASSED_BY.iter().any(|passed| name == *passed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn what_is_hidden_or_left_out_is_not_gone_into() {
        let scratch = Scratch::new("walk");
        for folder in ["a/b", "a/.c/d", "target/e", "f/g/h"] {
            fs::create_dir_all(scratch.path().join(folder)).unwrap();
        }
        let mut seen = Vec::new();
        walk(scratch.path(), |directory, folders| {
            let below = directory.strip_prefix(scratch.path()).unwrap().to_string_lossy().into_owned();
            seen.push(format!("{below}:{}", folders.len()));
            folders.retain(|folder| !folder.ends_with("g"));
        })
        .unwrap();
        seen.sort();
        assert_eq!(seen, [":3", "a/b:0", "a:2", "f:1"]);
        let error = walk(&scratch.path().join("nowhere"), |_, _| ()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
