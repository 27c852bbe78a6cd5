//! Who has submitted the jobs of a sweep: in a folder of several people that may be somebody else.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The numbers of the users who own these scripts, and that of this one, if somebody else is among them; else none: Slurm shows
/// everybody their own jobs.
#[cfg(unix)]
pub(super) fn owners(scripts: impl Iterator<Item = PathBuf>) -> BTreeSet<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let own = rustix::process::geteuid().as_raw();
    let others = scripts.filter_map(|script| Some(script.metadata().ok()?.uid())).filter(|user| *user != own);
    let mut users: BTreeSet<u32> = others.collect();
    if !users.is_empty() {
        users.insert(own);
    }
    users
}

/// Nobody can tell.
#[cfg(not(unix))]
pub(super) fn owners(_: impl Iterator<Item = PathBuf>) -> BTreeSet<u32> {
    BTreeSet::new()
}
