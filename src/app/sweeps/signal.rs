//! Signals to the process that runs a sweep.

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::process::{Pid, Signal, kill_process};

    use crate::diag::{Error, ErrorKind, Result};

    /// Whether a process has a file open, as far as the system tells: Linux does of the user's own processes. The number
    /// of a process alone says little: another one may have it by now.
    pub(in crate::app::sweeps) fn holds(process: u32, file: &Path) -> bool {
        let (Ok(file), Ok(open)) = (fs::metadata(file), fs::read_dir(format!("/proc/{process}/fd"))) else {
            return true;
        };
        let same = |link: fs::DirEntry| {
            fs::metadata(link.path()).is_ok_and(|one| (one.dev(), one.ino()) == (file.dev(), file.ino()))
        };
        open.flatten().any(same)
    }

    /// Asks a process to end: as Ctrl-C does, or as `kill` does where it was started without the other one, which a shell does
    /// with what a script puts into the background.
    ///
    /// # Errors
    /// It is another user's, or is no more.
    pub(in crate::app::sweeps) fn interrupt(process: u32) -> Result<()> {
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Io, format!("cannot ask process {process} to end: {why}"))
        };
        let pid =
            i32::try_from(process).ok().and_then(Pid::from_raw).ok_or_else(|| failed(&"there is none"))?;
        let signal = if ignores(process, Signal::INT) { Signal::TERM } else { Signal::INT };
        kill_process(pid, signal).map_err(|error| failed(&std::io::Error::from(error)))
    }

    /// Whether a process ignores a signal, as far as the system tells: Linux does.
    fn ignores(process: u32, signal: Signal) -> bool {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        mask >> (signal.as_raw() - 1) & 1 == 1
    }
}

#[cfg(unix)]
pub(super) use unix::{holds, interrupt};

/// Nobody can tell.
#[cfg(not(unix))]
pub(super) fn holds(_: u32, _: &std::path::Path) -> bool {
    true
}

/// Signals do not exist.
#[cfg(not(unix))]
pub(super) fn interrupt(process: u32) -> crate::diag::Result<()> {
    use crate::diag::{Error, ErrorKind};
    Err(Error::new(ErrorKind::Io, format!("cannot ask process {process} to end: this system has no signals")))
}
