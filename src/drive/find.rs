//! Which sweeps there are.

use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};
use crate::drive::journal::{FOLDER, JOURNAL};
use crate::drive::progress::Progress;
use crate::durable::walk;

/// The directories of the sweeps below one, itself included, in no order. What lies in a sweep are its jobs. What is passed by
/// is the same as for runs: [`list`](crate::run::list).
///
/// # Errors
/// Of kind [`ErrorKind::Io`]: the directory cannot be read.
pub fn sweeps(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let looked = walk(root, |directory, folders| {
        if directory.join(FOLDER).join(JOURNAL).is_file() {
            found.push(directory.to_owned());
            folders.clear();
        }
    });
    let failed = |error| Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", root.display()));
    looked.map(|()| found).map_err(failed)
}

/// The sweep below a directory that began last, among those whose journals can be read; `None` if there is none at all.
///
/// # Errors
/// The directory cannot be read; there are sweeps, and no journal can be read: why not.
pub fn latest(root: &Path) -> Result<Option<PathBuf>> {
    let (mut last, mut broken) = (None, None);
    for directory in sweeps(root)? {
        match Progress::read(&directory) {
            Ok(progress) => last = last.max(Some((progress.identity.started, directory))),
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    match (last, broken) {
        (None, Some(error)) => Err(error),
        (last, _) => Ok(last.map(|(_, directory)| directory)),
    }
}
