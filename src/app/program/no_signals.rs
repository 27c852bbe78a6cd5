//! The same names where the system has no signals.

use crate::app::program::signals::Stop;
use crate::diag::Result;
use crate::launch::Halt;

/// Elsewhere the system ends the process as it always does.
pub(crate) fn watch(_: impl FnOnce(Stop) + Send + 'static) -> Result<()> {
    Ok(())
}

/// Nobody stops a process there.
pub(crate) fn stop_without_block() {}

/// Nothing is taken.
pub(crate) fn take_again(_: Stop) {}

/// Nothing is taken.
pub(crate) fn take_later(_: Stop) {}

/// There is nothing to keep.
pub(crate) fn hold() -> Result<()> {
    Ok(())
}

/// Ends the process.
#[expect(clippy::exit, reason = "the function of the job cannot be stopped in another way")]
pub(crate) fn end_in_order(stop: Stop) -> ! {
    std::process::exit(128 + stop.0)
}

/// Ends this process when the one that started it is no more.
pub(crate) fn end_with_driver() -> Result<()> {
    let watch = || {
        while matches!(std::io::Read::read(&mut std::io::stdin(), &mut [0]), Ok(1)) {}
        end_in_order(Stop(15))
    };
    std::thread::spawn(watch);
    Ok(())
}

/// Signals do not exist.
pub(crate) fn pass_on() {}

/// Signals do not exist.
pub(crate) type Watch = ();

/// Signals do not exist.
pub(crate) fn is_asked() -> bool {
    false
}

/// Signals do not exist.
pub(crate) fn settle(_: &()) -> bool {
    true
}

/// Signals do not exist.
pub(crate) fn taken() -> Option<Stop> {
    None
}

/// Signals do not exist.
pub(crate) fn end_children(_: Halt) {}

/// Nothing is left.
pub(crate) fn leave() {}

/// There is nothing to hear.
pub(crate) fn listen() -> Result<()> {
    Ok(())
}
