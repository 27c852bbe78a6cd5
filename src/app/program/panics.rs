//! A panic of the user's code is a failed job, with its place.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::run::Failure;

/// What a job said when it panicked, and where.
#[derive(Clone, Debug)]
pub(crate) struct Panicked(pub(crate) Failure);

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.place {
            Some(place) => write!(f, "the job panicked at {place}: {}", self.0.message),
            None => write!(f, "the job panicked: {}", self.0.message),
        }
    }
}

impl StdError for Panicked {}

/// A job that runs on this thread.
struct Watch {
    place: Option<String>,
    /// The usual hook speaks too, since somebody wants a backtrace.
    aloud: bool,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Calls a function and catches its panic. `aloud` lets the usual words about a panic be printed too.
///
/// # Errors
/// The panic.
pub(crate) fn guarded<T>(aloud: bool, call: impl FnOnce() -> T) -> Result<T, Panicked> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !noticed(info) {
                usual(info);
            }
        }));
    });
    let before = WATCH.replace(Some(Watch { place: None, aloud }));
    let called = panic::catch_unwind(AssertUnwindSafe(call));
    let watch = WATCH.replace(before);
    called.map_err(|thrown| {
        let place = watch.and_then(|watch| watch.place);
        Panicked(Failure { place, ..Failure::panic(thrown.as_ref(), None) })
    })
}

/// Whether a panic was taken note of and needs no words now.
fn noticed(info: &PanicHookInfo<'_>) -> bool {
    // A thread that is being taken down has no watch any more.
    let noted = WATCH.try_with(|watch| {
        let Ok(mut watch) = watch.try_borrow_mut() else { return false };
        let Some(watch) = watch.as_mut() else { return false };
        watch.place = info.location().map(ToString::to_string);
        !watch.aloud
    });
    noted.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_and_where() {
        let line = line!() + 1;
        let panicked = guarded(false, || panic!("{} is too much", 5)).unwrap_err().to_string();
        assert!(
            panicked.starts_with(&format!("the job panicked at src/app/program/panics.rs:{line}:")),
            "{panicked}"
        );
        assert!(panicked.ends_with(": 5 is too much"), "{panicked}");
        assert!(guarded(false, || guarded(false, || panic!("inner")).is_err()).unwrap());
    }
}
