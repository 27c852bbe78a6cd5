//! A panic of the user's code is a failed job, with its place.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::borrow::Cow;
use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Once, PoisonError, RwLock};
use std::thread;

use crate::diag::Secrets;
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

impl Panicked {
    /// The same of what reads the config, before there is a job.
    pub(crate) fn reading(&self) -> String {
        let place = self.0.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
        format!("reading the config panicked{place}: {}", self.0.message)
    }
}

/// A job that runs on this thread.
struct Watch {
    place: Option<String>,
    /// What was said of its panics: of one that it catches itself nothing else is heard.
    words: Vec<String>,
    /// The usual hook speaks too, since somebody wants a backtrace.
    aloud: bool,
}

/// What no words about a panic may hold, on whichever thread it is, while a job runs.
static HIDDEN: RwLock<Option<Arc<Secrets>>> = RwLock::new(None);

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Calls a function and catches its panic. `aloud` lets the usual words about a panic be printed too; those that hold a
/// secret are printed without it.
///
/// # Errors
/// The panic.
pub(crate) fn guarded<T>(
    aloud: bool,
    secrets: &Arc<Secrets>,
    call: impl FnOnce() -> T,
) -> Result<T, Panicked> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if noticed(info) {
                return;
            }
            match words(info) {
                Some((words, true)) => drop(io::stderr().lock().write_all(words.as_bytes())),
                _ => usual(info),
            }
        }));
    });
    let before = WATCH.replace(Some(Watch { place: None, words: Vec::new(), aloud }));
    let hidden =
        |secrets| std::mem::replace(&mut *HIDDEN.write().unwrap_or_else(PoisonError::into_inner), secrets);
    let hidden_before = hidden(Some(Arc::clone(secrets)));
    let called = panic::catch_unwind(AssertUnwindSafe(call));
    hidden(hidden_before);
    let mut watch = WATCH.replace(before);
    if let Some(watch) = &mut watch {
        // The one that ended the job is told by who called it.
        let caught = watch.words.len() - usize::from(called.is_err() && !watch.words.is_empty());
        for words in &watch.words[..caught] {
            let _ = io::stderr().lock().write_all(words.as_bytes());
        }
    }
    called.map_err(|thrown| {
        let place = watch.and_then(|watch| watch.place);
        Panicked(Failure { place, ..Failure::panic(thrown.as_ref(), None) })
    })
}

/// The words about a panic without the secrets in them, and whether there were any; `None` if it says nothing.
fn words(info: &PanicHookInfo<'_>) -> Option<(String, bool)> {
    let secrets = HIDDEN.try_read().ok()?.clone()?;
    let said = info.payload().downcast_ref::<&str>().copied();
    let said = said.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str))?;
    let shown = secrets.scrub(said);
    let thread = thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let trace = Backtrace::capture();
    let trace = match trace.status() {
        BacktraceStatus::Captured => format!("stack backtrace:\n{trace}"),
        _ => String::new(),
    };
    let words = format!("thread '{name}' panicked at {place}:\n{shown}\n{trace}");
    Some((words, matches!(shown, Cow::Owned(_))))
}

/// A job that goes on after so many panics has said enough.
const REMEMBERED: usize = 16;

/// Whether a panic was taken note of and needs no words now.
fn noticed(info: &PanicHookInfo<'_>) -> bool {
    // A thread that is being taken down has no watch any more.
    let noted = WATCH.try_with(|watch| {
        let Ok(mut watch) = watch.try_borrow_mut() else { return false };
        let Some(watch) = watch.as_mut() else { return false };
        watch.place = info.location().map(ToString::to_string);
        if !watch.aloud && watch.words.len() < REMEMBERED {
            watch.words.extend(words(info).map(|(words, _)| words));
        }
        !watch.aloud
    });
    noted.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_and_where() {
        let secrets = Arc::default();
        let line = line!() + 1;
        let panicked = guarded(false, &secrets, || panic!("{} is too much", 5)).unwrap_err().to_string();
        assert!(
            panicked.starts_with(&format!("the job panicked at src/app/program/panics.rs:{line}:")),
            "{panicked}"
        );
        assert!(panicked.ends_with(": 5 is too much"), "{panicked}");
        assert!(guarded(false, &secrets, || guarded(false, &secrets, || panic!("inner")).is_err()).unwrap());
    }
}
