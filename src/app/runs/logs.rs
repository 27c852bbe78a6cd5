//! What a run has left beside its record in a directory that was there before.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::diag::{Error, ErrorKind, Result};
use crate::launch::OUTPUT;
use crate::run::{Found, has_record, rank_in};

/// The clock of a disk may lag behind that of the machine by so much.
const LAG: Duration = Duration::from_millis(10);

/// Removes what a run has said whose record is gone: its log, and what it wrote to standard output and error. What was there before the run, or belongs to another one as well, stays. Returns what was removed.
///
/// # Errors
/// A file cannot be removed.
pub(crate) fn remove_logs(run: &Found) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    let entries: Vec<PathBuf> =
        fs::read_dir(&run.directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    if run.folder == run.directory || entries.iter().any(|path| path.is_dir() && has_record(path)) {
        return Ok(removed);
    }
    let log = format!("{}.log", run.record.name());
    let [out, err] = OUTPUT;
    let is_log = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        [log.as_str(), out, err].iter().any(|known| rank_in(&name, known).is_some())
    };
    let began = SystemTime::from(run.record.started()) - LAG;
    let is_own = |path: &PathBuf| {
        let about = path.symlink_metadata().ok().filter(fs::Metadata::is_file);
        about.and_then(|about| about.created().ok()).is_some_and(|created| created >= began)
    };
    for path in entries.into_iter().filter(|path| is_log(path) && is_own(path)) {
        fs::remove_file(&path).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot remove `{}`: {error}", path.display()))
        })?;
        removed.push(path);
    }
    removed.sort();
    Ok(removed)
}
