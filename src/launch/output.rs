//! Where a job writes to.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};

/// The files of what a job says, in its directory: standard output, and standard error.
pub const OUTPUT: [&str; 2] = ["stdout.log", "stderr.log"];

/// Where a process writes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Where this process does.
    #[default]
    Inherited,
    /// To the ends of files, which are made as needed.
    Files {
        /// Standard output.
        out: PathBuf,
        /// Standard error.
        err: PathBuf,
    },
}

/// Opens a file for a process that is to write to its end, and makes it if it is not there. As long as that process, or one
/// that it has left in the background, has it open, [`forget_silence`] leaves it alone.
///
/// # Errors
/// Of kind [`ErrorKind::Io`]: it cannot be opened, or is no regular file.
pub fn open_output(path: &Path) -> Result<File> {
    let failed =
        |error: io::Error| Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", path.display()));
    // Nobody may read what is no file, and opening it would wait for who does.
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")));
    }
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    // The lock goes to who gets the file, and to whom that hands it on. Elsewhere than on Unix it would keep them from writing.
    #[cfg(unix)]
    let _ = file.try_lock_shared();
    Ok(file)
}

/// Removes a file that nothing was said in, unless somebody may still write into it. A job that said nothing leaves no files
/// that say so.
pub fn forget_silence(path: &Path) {
    let is_silent = || path.metadata().is_ok_and(|file| file.is_file() && file.len() == 0);
    // Looked at once more when nobody can write: who has just let go may have said something.
    if is_silent() && is_left(path) && is_silent() {
        // It does no harm if it stays.
        let _ = fs::remove_file(path);
    }
}

/// What is set aside for a file that a process writes to: on a disk that others fill, that much of what it says last finds room.
const ASIDE: u64 = 1 << 16;

/// Sets room aside behind the first `end` bytes of a file. Up to where that reaches; where a disk cannot, nothing is known, and
/// the file is taken as long as it likes.
///
/// # Errors
/// The disk is full, or what one may have of it.
#[cfg(target_os = "linux")]
pub fn set_aside(file: &File, end: u64) -> io::Result<u64> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::KEEP_SIZE, end, ASIDE) {
        Err(full @ (Errno::NOSPC | Errno::DQUOT)) => Err(full.into()),
        Err(_) => Ok(u64::MAX),
        Ok(()) => Ok(end.saturating_add(ASIDE)),
    }
}

/// Elsewhere nothing is known of it.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn set_aside(_: &File, _: u64) -> io::Result<u64> {
    Ok(u64::MAX)
}

/// Gives back what was set aside for a file and nobody has used, unless somebody may still write into it.
pub fn give_back(path: &Path) {
    let Ok(file) = OpenOptions::new().write(true).open(path) else { return };
    // As long as this is held, nobody makes it longer; what is behind its end goes.
    if file.try_lock().is_ok()
        && let Ok(there) = file.metadata()
    {
        // It does no harm if it stays.
        let _ = file.set_len(there.len());
    }
}

/// Whether nobody has a file any more that [`open_output`] has opened. Where the disk knows no locks, that is not known.
#[cfg(unix)]
fn is_left(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Elsewhere the system removes no file that somebody has open.
#[cfg(not(unix))]
fn is_left(_: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn what_somebody_may_still_write_into_stays() {
        let scratch = Scratch::new("output");
        let path = scratch.path().join("out");
        let file = open_output(&path).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "read go; echo late"]).stdin(Stdio::piped()).stdout(file);
        let mut child = command.spawn().unwrap();
        drop(command);
        forget_silence(&path);
        assert!(path.exists());
        drop(child.stdin.take());
        child.wait().unwrap();
        forget_silence(&path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "late\n");
        fs::write(&path, "").unwrap();
        forget_silence(&path);
        assert!(!path.exists());
    }
}
