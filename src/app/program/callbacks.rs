//! The callbacks of one call of a program: who they are, and what has begun and must still end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use crate::app::program::bound::Bound;
use crate::app::program::callback::Callback;
use crate::app::program::console::Console;
use crate::app::program::outcome::Failed;
use crate::app::program::panics;
use crate::app::program::session::Session;
use crate::app::program::{command, job_info, log_return};
use crate::diag::{Error, ErrorKind, Origin, Result, Severity};
use crate::run::{Outcome, Run};
use crate::typed::{Component, Components, Registry};
use crate::value::{IndexMap, Kind};

/// The callbacks that the config names, in order. Whatever begins also ends, once: from the thread of the job, or from
/// that of a signal.
#[derive(Debug)]
pub(crate) struct Callbacks {
    state: Mutex<State>,
    console: Console,
}

/// How long the end of the process waits for a callback.
const PATIENCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
struct State {
    all: Vec<Named>,
    /// What has begun and not yet ended, in order, each with its number.
    open: Vec<(u64, Scope)>,
    begun: u64,
}

/// Something that has begun; nothing, if there is nobody to tell.
#[derive(Debug)]
#[must_use = "what has begun must end"]
pub(crate) struct Open(u64);

#[derive(Debug)]
struct Named {
    name: String,
    origin: Origin,
    callback: Component<dyn Callback>,
}

/// What begins and ends.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    Run(Bound),
    Multirun(Bound),
    Job(Bound, Run),
}

impl Callbacks {
    /// Builds the callbacks that a config names.
    ///
    /// # Errors
    /// One that is not registered, or that cannot be built.
    pub(crate) fn of(session: &Session<'_>, bound: &Bound) -> Result<Arc<Self>> {
        const KEY: &str = "hydra.callbacks";
        let mut all = Vec::new();
        let given = bound.select(KEY)?.filter(|node| !matches!(node.kind, Kind::Null));
        // Those of a Hydra program are classes of Python: it calls them itself.
        let given = given.filter(|_| !command::runs_hydra(session));
        if let Some(map) = given.as_ref().and_then(|node| node.as_map()).filter(|map| !map.is_empty()) {
            let components = Components::new().with(registry(&session.app.components));
            let bound = bound.clone().with_components(components);
            let read: IndexMap<String, Option<Component<dyn Callback>>> = bound.read(KEY)?;
            all.extend(read.into_iter().filter_map(|(name, callback)| {
                let origin = map.get_str(&name).map_or(Origin::NONE, |node| node.origin);
                Some(Named { name, origin, callback: callback? })
            }));
        }
        let state = Mutex::new(State { all, ..State::default() });
        Ok(Arc::new(Self { state, console: session.console.clone() }))
    }

    /// Tells that something begins. It is open from then on, even if someone fails to take it.
    pub(crate) fn begin(&self, scope: impl FnOnce() -> Scope) -> Open {
        let mut state = self.lock();
        state.begun += 1;
        let number = state.begun;
        if state.all.is_empty() {
            return Open(number);
        }
        let scope = scope();
        state.open.push((number, scope.clone()));
        for named in &mut state.all {
            named.tell(scope.start(), scope.bound(), &self.console, |callback| match &scope {
                Scope::Run(bound) => callback.on_run_start(bound),
                Scope::Multirun(bound) => callback.on_multirun_start(bound),
                Scope::Job(bound, run) => callback.on_job_start(bound, run),
            });
        }
        Open(number)
    }

    /// Tells that something begins, and that it has ended when the value is dropped.
    pub(crate) fn during(&self, scope: impl FnOnce() -> Scope) -> During<'_> {
        During(self, self.begin(scope))
    }

    /// Tells that something has ended; nothing, if that was told already.
    pub(crate) fn end(&self, open: &Open, outcome: &Outcome) {
        self.lock().end(open.0, outcome, &self.console);
    }

    /// Tells that all that has begun has ended, the last first. Nobody is told if a callback that is called now does
    /// not come back: the process that is to end must not wait for it.
    pub(crate) fn end_all(&self, outcome: &Outcome) {
        let free = (0..PATIENCE.as_millis() / STEP.as_millis()).find_map(|_| match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                thread::sleep(STEP);
                None
            }
        });
        let Some(mut state) = free else { return };
        while let Some((number, _)) = state.open.last() {
            let number = *number;
            state.end(number, outcome, &self.console);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something of which it does not matter how it ends.
#[must_use]
pub(crate) struct During<'c>(&'c Callbacks, Open);

impl Drop for During<'_> {
    fn drop(&mut self) {
        self.0.end(&self.1, &Outcome::Completed(None));
    }
}

impl State {
    fn end(&mut self, number: u64, outcome: &Outcome, console: &Console) {
        let Some(at) = self.open.iter().position(|(open, _)| *open == number) else { return };
        let (_, scope) = self.open.remove(at);
        for named in self.all.iter_mut().rev() {
            named.tell(scope.end(), scope.bound(), console, |callback| match &scope {
                Scope::Run(bound) => callback.on_run_end(bound, outcome),
                Scope::Multirun(bound) => callback.on_multirun_end(bound),
                Scope::Job(bound, run) => callback.on_job_end(bound, run, outcome),
            });
        }
    }
}

impl Scope {
    fn bound(&self) -> &Bound {
        match self {
            Self::Run(bound) | Self::Multirun(bound) | Self::Job(bound, _) => bound,
        }
    }

    fn start(&self) -> &'static str {
        match self {
            Self::Run(_) => "on_run_start",
            Self::Multirun(_) => "on_multirun_start",
            Self::Job(..) => "on_job_start",
        }
    }

    fn end(&self) -> &'static str {
        match self {
            Self::Run(_) => "on_run_end",
            Self::Multirun(_) => "on_multirun_end",
            Self::Job(..) => "on_job_end",
        }
    }
}

impl Named {
    /// Tells one callback. What it fails with is a warning.
    fn tell(
        &mut self,
        event: &str,
        bound: &Bound,
        console: &Console,
        call: impl FnOnce(&mut dyn Callback) -> std::result::Result<(), Failed>,
    ) {
        let callback = &mut *self.callback;
        let why = match panics::guarded(false, bound.secrets(), || call(callback)) {
            Ok(Ok(())) => return,
            Ok(Err(failed)) => failed.to_string(),
            Err(panicked) => match panicked.0.place {
                Some(place) => format!("it panicked at {place}: {}", panicked.0.message),
                None => format!("it panicked: {}", panicked.0.message),
            },
        };
        let message = format!("the callback `{}` failed at {event}: {why}", self.name);
        let warning = bound.located(Error::new(ErrorKind::Job, message).at(self.origin, ""));
        console.complain(&warning.render_as(Severity::Warning, console.err));
    }
}

/// The callbacks of the program, and Hydra's own two unless the program has others of their names.
fn registry(own: &Components) -> Registry<dyn Callback> {
    let registry = own.get::<dyn Callback>().cloned().unwrap_or_default().tag("_target_");
    let known: Vec<&str> = registry.names().collect();
    let (has_log, has_info) = (known.contains(&log_return::NAME), known.contains(&job_info::NAME));
    let registry = if has_log { registry } else { log_return::register(registry) };
    if has_info { registry } else { job_info::register(registry) }
}
