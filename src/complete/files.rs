//! Names of files.

use std::fs;
use std::path::Path;

use crate::complete::candidate::Candidate;
use crate::facts::Facts;

/// Which files are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// Directories alone.
    Directories,
}

/// What a path can become, with `head` before it. It counts from the working directory; `~/` is the home directory.
/// Names that begin with a dot are found when the dot is typed.
pub fn files(path: &str, facts: &Facts, wanted: Wanted, head: &str) -> Vec<Candidate> {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (folder, begun) = path.split_at(at);
    let place = match (folder.strip_prefix("~/"), facts.env.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => facts.cwd.join(folder),
    };
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !name.starts_with(begun) || (name.starts_with('.') && !begun.starts_with('.')) {
            continue;
        }
        // A link to a directory is one.
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink())
            && fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
        let text = format!("{head}{folder}{name}");
        if is_dir {
            found.push(Candidate::open(text + "/"));
        } else if wanted == Wanted::Any {
            found.push(Candidate::whole(text));
        }
    }
    found.retain(Candidate::is_typable);
    found.sort();
    found
}
