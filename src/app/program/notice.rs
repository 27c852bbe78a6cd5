//! `SIGUSR2`: the time of this process comes to an end, and what it has is to be saved.

use crate::diag::Result;

/// Calls a function whenever it comes, from a thread of its own.
///
/// # Errors
/// The system has no thread left.
#[cfg(unix)]
pub(crate) fn take(notice: impl Fn() + Send + 'static) -> Result<()> {
    use crate::diag::{Error, ErrorKind};
    use signal_hook::consts::SIGUSR2;
    let failed = |error| Error::new(ErrorKind::Io, format!("cannot take signals: {error}"));
    let mut signals = signal_hook::iterator::Signals::new([SIGUSR2]).map_err(failed)?;
    let run = move || signals.forever().for_each(|_| notice());
    std::thread::Builder::new().name("notice".to_owned()).spawn(run).map(drop).map_err(failed)
}

/// Elsewhere there is no such signal.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same everywhere")]
pub(crate) fn take(_: impl Fn() + Send + 'static) -> Result<()> {
    Ok(())
}
