//! A panic of the user's code is a failed job, with its place.

use std::any::Any;
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
    /// What no words about them may hold.
    secrets: Arc<Secrets>,
    /// Its panics, of which it may catch some itself.
    noted: Vec<Noted>,
    /// The usual hook speaks too, since somebody wants a backtrace.
    aloud: bool,
}

/// A panic.
struct Noted {
    place: Option<String>,
    /// Its text, if it is one.
    said: Option<String>,
    /// What is said of it, unless it was said at once: of one that the job catches itself nothing else is heard.
    words: Option<String>,
}

/// What no words about a panic on another thread may hold, while a job runs.
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
    let (called, others) = watched(aloud, secrets, call);
    for words in others {
        let _ = io::stderr().lock().write_all(words.as_bytes());
    }
    called
}

/// Has panics of jobs told in our words.
fn hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if noticed(info) {
                return;
            }
            let hidden = HIDDEN.try_read().ok().and_then(|hidden| hidden.clone());
            match hidden.map(|secrets| words(info, &secrets)) {
                Some((words, true)) => drop(io::stderr().lock().write_all(words.as_bytes())),
                _ => usual(info),
            }
        }));
    });
}

/// Calls a function: what came of it, and the words about those of its panics that it has caught itself.
fn watched<T>(
    aloud: bool,
    secrets: &Arc<Secrets>,
    call: impl FnOnce() -> T,
) -> (Result<T, Panicked>, Vec<String>) {
    hook();
    let before = WATCH.replace(Some(Watch { secrets: Arc::clone(secrets), noted: Vec::new(), aloud }));
    let hidden =
        |secrets| std::mem::replace(&mut *HIDDEN.write().unwrap_or_else(PoisonError::into_inner), secrets);
    let hidden_before = hidden(Some(Arc::clone(secrets)));
    let called = panic::catch_unwind(AssertUnwindSafe(call));
    hidden(hidden_before);
    let mut noted = WATCH.replace(before).map(|watch| watch.noted).unwrap_or_default();
    // The one that ended the job is told by who called it. It need not be the last one: a job may go on with an earlier one.
    let last = called.as_ref().err().and_then(|thrown| {
        let at = noted.iter().rposition(|noted| noted.said.as_deref() == text_of(thrown.as_ref()))?;
        Some(noted.remove(at))
    });
    let called = called.map_err(|thrown| {
        let place = last.and_then(|last| last.place);
        Panicked(Failure { place, ..Failure::panic(thrown.as_ref(), None) })
    });
    (called, noted.into_iter().filter_map(|noted| noted.words).collect())
}

/// What a panic says, if that is a text.
fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let said = payload.downcast_ref::<&str>().copied();
    said.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// The words about a panic without the secrets in them, and whether there were any.
fn words(info: &PanicHookInfo<'_>, secrets: &Secrets) -> (String, bool) {
    let shown = secrets.scrub(text_of(info.payload()).unwrap_or("a panic without text"));
    let thread = thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let trace = Backtrace::capture();
    let trace = match trace.status() {
        BacktraceStatus::Captured => format!("stack backtrace:\n{trace}"),
        _ => String::new(),
    };
    let words = format!("thread '{name}' panicked at {place}:\n{shown}\n{trace}");
    (words, matches!(shown, Cow::Owned(_)))
}

/// A job that goes on after so many panics has said enough.
const REMEMBERED: usize = 16;

/// Whether a panic was taken note of and needs no words now.
fn noticed(info: &PanicHookInfo<'_>) -> bool {
    // A thread that is being taken down has no watch any more.
    let noted = WATCH.try_with(|watch| {
        let Ok(mut watch) = watch.try_borrow_mut() else { return false };
        let Some(watch) = watch.as_mut() else { return false };
        // Room for the one that may end it.
        watch.noted.truncate(REMEMBERED);
        watch.noted.push(Noted {
            place: info.location().map(ToString::to_string),
            said: text_of(info.payload()).map(str::to_owned),
            words: (!watch.aloud).then(|| words(info, &watch.secrets).0),
        });
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

    #[test]
    fn what_a_job_catches_is_told_and_not_what_ends_it() {
        let secrets = Arc::default();
        let of = |ends: &dyn Fn()| {
            let caught = |number: u32| {
                let _ = panic::catch_unwind(|| panic!("caught {number}"));
            };
            let call = || {
                (0..20).for_each(caught);
                ends();
            };
            let (called, others) = watched(false, &secrets, call);
            let others: Vec<_> =
                others.iter().filter_map(|said| said.lines().nth(1).map(str::to_owned)).collect();
            (called.unwrap_err().0, others)
        };
        let (ended, others) = of(&|| panic!("the end"));
        assert_eq!((ended.message.as_str(), others.len()), ("the end", 16));
        assert_eq!((others[0].as_str(), others[15].as_str()), ("caught 0", "caught 15"));
        let line = line!() + 1;
        let (ended, others) = of(&|| panic::panic_any(5));
        assert_eq!(ended.place, Some(format!("src/app/program/panics.rs:{line}:38")));
        assert_eq!((others.len(), others[15].as_str()), (16, "caught 15"));
        // It goes on with one that it had caught, and has caught another one since.
        let line = line!() + 2;
        let again = || {
            let first = panic::catch_unwind(|| panic!("first")).unwrap_err();
            let _ = panic::catch_unwind(|| panic!("second"));
            panic::resume_unwind(first);
        };
        let (called, others) = watched(false, &secrets, again);
        let ended = called.unwrap_err().0;
        assert_eq!(ended.message, "first");
        assert!(ended.place.unwrap().starts_with(&format!("src/app/program/panics.rs:{line}:")));
        assert!(others.len() == 1 && others[0].contains("\nsecond\n"), "{others:?}");
        let (called, others) = watched(false, &secrets, || {
            let _ = panic::catch_unwind(|| panic::panic_any(5));
        });
        assert!(called.is_ok() && others[0].contains("a panic without text"), "{others:?}");
    }
}
