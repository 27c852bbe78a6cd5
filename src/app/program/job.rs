//! One job: its directory, its record, its log, and the call of its function.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread;

use crate::app::program::app::Ready;
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::{Callbacks, Scope};
use crate::app::program::elsewhere::Elsewhere;
use crate::app::program::ending::Ending;
use crate::app::program::finished::{Finished, Job};
use crate::app::program::logging::{Known, Palette, Plan};
use crate::app::program::outcome::{Failed, Objective, directions, recorded};
use crate::app::program::reporting::reporting;
use crate::app::program::session::{Session, setting};
use crate::app::program::signals::{self, Stop};
use crate::app::program::values::with_values;
use crate::app::program::{command, found, logging, multirun, notice, panics, worker};
use crate::app::{capture, git};
use crate::compose::Mode;
use crate::diag::{Error, ErrorKind, Result};
use crate::durable::create_exclusive;
use crate::facts::Process;
use crate::run::{About, Failure, Outcome, Place, Rank, Record, Reserved, Run, Running, Status, Told};
use crate::value::{Kind, Node};

/// Runs the one job that the command line asks for.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn run(session: &Session<'_>) -> Result<Finished> {
    let arguments = session.arguments(&[])?;
    let composed =
        session.compose(&arguments, Mode::Run).map_err(|error| with_values(session, &arguments, error))?;
    session.warn(composed.warnings());
    let bound = with_mode(session.bind(composed), "RUN")?;
    let is_for_slurm = multirun::is_for_slurm(session, &bound)?;
    found::look(session, &bound, !is_for_slurm, 1)?;
    if let Some(environment) = worker::needed(session, &bound)? {
        return worker::run(session, environment).map(Finished::without_jobs);
    }
    if is_for_slurm {
        return multirun::submit_alone(session, &bound);
    }
    let callbacks = Callbacks::of(session, &bound)?;
    if session.flags.scratch {
        return scratch(session, bound, callbacks);
    }
    let place = Place::of(&session.composer, bound.root()).map_err(|error| bound.located(error))?;
    let since = capture::stopwatch();
    let job = call(session, bound, &place, Extent::Alone, callbacks)?;
    if let (Some(alone), Outcome::Interrupted(Some(signal))) = (&session.alone, &job.outcome)
        && signal == NOTICE
    {
        alone.requeue(&session.composer.facts().env, since())?;
    }
    job.tell(session, since());
    Ok(Finished::of(job))
}

/// What a scheduler says before the time of a job comes to an end.
const NOTICE: &str = "SIGUSR2";

/// The same config as one of a run, or of a sweep.
///
/// # Errors
/// `hydra.mode` says something else.
pub(crate) fn with_mode(bound: Bound, mode: &str) -> Result<Bound> {
    let found = bound.select("hydra.mode")?.unwrap_or_else(Node::null);
    match found.kind {
        Kind::Null => Ok(bound.with_fact(&["hydra", "mode"], mode)),
        _ if found.as_str() == Some(mode) => Ok(bound),
        _ => {
            let error =
                Error::new(ErrorKind::Defaults, "`hydra.mode` is set by a config that is chosen too late");
            Err(error
                .at(found.origin, "whether this is a sweep is known by now")
                .help("set it in the primary config or on the command line")
                .located(bound.composed().sources()))
        }
    }
}

/// Whether a job is a run of its own, or one of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Alone,
    OfSweep,
}

/// Calls the function of the job in its directory, and records it. A failure of the job is told, and no error.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn call(
    session: &Session<'_>,
    bound: Bound,
    place: &Place,
    extent: Extent,
    callbacks: Arc<Callbacks>,
) -> Result<Job> {
    let composer = &session.composer;
    let bound = worker::with_environment(bound)?;
    let mut process = session.process();
    process.arguments = bound.shown_arguments(process.arguments);
    let reserved = reserve(session, &bound, place, &process)?;
    let told = reserved.tell(composer, bound.root());
    let bound = bound.told(&told);
    let rank = reserved.rank().cloned();
    let ready = match ready(session, &bound) {
        Ok(ready) => ready,
        Err(error) => {
            reserved.give_up();
            return Err(error);
        }
    };
    if let Some(earlier) = reserved.earlier() {
        let earlier = shown(earlier, &composer.facts().cwd).display();
        session.note(&format!("the record of the run before is now {earlier}"));
    }
    // Of a sweep it was said before its first job.
    if extent == Extent::Alone {
        session.note_left_out([&ready.hydra_logging, &ready.job_logging]);
    }
    // From its first moment on record a run is told of signals, and until its outcome is.
    let held = match session.owns_process.then(signals::hold).transpose() {
        Ok(held) => held,
        Err(error) => {
            reserved.give_up();
            return Err(error);
        }
    };
    let in_sweep = session.interrupted.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    // The signal came between two jobs: the sweep ends, and this one does not begin.
    if in_sweep && signals::is_asked() {
        reserved.give_up();
        wait_for_end()
    }
    let begun = begin(session, reserved, &told, &process)?;
    if let Some(reporting) = reporting(&bound, place)? {
        begun.run().report_to(reporting);
    }
    if session.app.starts_command {
        // It may be left behind when this process is killed.
        begun.share()?;
    }
    let ending = Arc::new(Ending::new(begun, callbacks));
    let signals = session.owns_process.then(|| watch(session, &ending, extent)).transpose();
    drop(held);
    if session.is_scheduled() {
        let run = ending.run.clone();
        run.expect_notice();
        notice::take(move || run.notice())?;
    }
    let job = Call { session, bound: &bound, rank: rank.as_ref(), ending: &ending, extent };
    let ended = signals.as_ref().map_err(Error::clone).and_then(|_| carry_out(&job, ready));
    match ended {
        Ok(ended) => end(&ending, ended, signals?, in_sweep),
        // The run has begun, so that its record has to say how it ended.
        Err(error) => {
            let unwritten = ending.finish(&Outcome::Failed(Failure::of(&error))).err();
            ending.give_back();
            Err(Error::all([error.clone()].into_iter().chain(unwritten)).unwrap_or(error))
        }
    }
}

/// Gets the directory of a job.
///
/// # Errors
/// Another run has it, or it cannot be made.
fn reserve(session: &Session<'_>, bound: &Bound, place: &Place, process: &Process) -> Result<Reserved> {
    let (facts, composer) = (session.composer.facts(), &session.composer);
    let about = About::of(composer, bound.root()).map_err(|error| bound.located(error))?;
    let derived_from = session.derived_from.map(|id| id.to_string());
    let own_flags = session.flags.own.clone();
    let about = About { parent: session.sweep.get().cloned(), derived_from, own_flags, ..about };
    if session.owns_process {
        // Before the directory is taken: the thread that waits for signals sees to its signs of life, too.
        signals::listen()?;
    }
    let rank = Rank::of(&facts.env, process);
    let tell = |what: &str| session.note(what);
    let reserved = place.reserve_telling(&about, facts, process, rank, &tell);
    reserved.map_err(|error| bound.located(error))
}

/// Writes down how a job ended, and gives its directory back.
///
/// # Errors
/// It cannot be written.
fn end(
    ending: &Arc<Ending>,
    (outcome, objectives): (Outcome, Vec<Objective>),
    signals: Option<signals::Watch>,
    in_sweep: bool,
) -> Result<Job> {
    if let (Some(running), Some(directions)) = (&ending.running, directions(&objectives)) {
        running.say_directions(directions);
    }
    // A run that nobody can read about has not completed.
    let outcome = ending.finish(&outcome);
    // A signal that came at the end of this job is one to the sweep, which writes down how the job ended: once.
    // One that has ended this run ends the process, too, when the children have been asked: not before.
    let interrupted = outcome.as_ref().is_ok_and(|outcome| outcome.status() == Status::Interrupted);
    if let (true, Some(signals)) = (in_sweep || interrupted, &signals)
        && !signals::settle(signals)
        && !ending.run.asks()
    {
        wait_for_end()
    }
    ending.give_back();
    let outcome = outcome?;
    let late = in_sweep && outcome.status() != Status::Interrupted;
    drop(signals);
    if let Some(stop) = ending.signal().filter(|_| late) {
        signals::take_again(stop);
    }
    let stopped = ending.run.stopped().filter(|_| outcome.status() == Status::Completed);
    Ok(Job { directory: ending.run.dir().to_owned(), outcome, objectives, stopped })
}

/// What was read before the run begins: the job with its config, and how it logs.
pub(crate) struct Prepared {
    call: Ready,
    hydra_logging: Plan,
    job_logging: Plan,
}

/// Reads what the job needs of its config.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn ready(session: &Session<'_>, bound: &Bound) -> Result<Prepared> {
    let (call, (hydra_logging, job_logging)) = both(call_of(session, bound), plans(session, bound))?;
    Ok(Prepared { call, hydra_logging, job_logging })
}

/// Reads what a job will need, and leaves out what is the same as in the job before.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn check(session: &Session<'_>, bound: &Bound, known: &Known) -> Result<()> {
    let logging = match known.covers(bound) {
        true => Ok(()),
        false => plans(session, bound).map(|(hydra, job)| {
            session.note_left_out([&hydra, &job]);
            known.learn(bound);
        }),
    };
    both(call_of(session, bound), logging).map(drop)
}

/// What the function needs is read, which may run what its types check.
pub(super) fn call_of(session: &Session<'_>, bound: &Bound) -> Result<Ready> {
    let read = || (session.app.function)(bound, session.own.as_ref());
    let read = panics::guarded(false, bound.secrets(), read)
        .unwrap_or_else(|panicked| Err(Error::new(ErrorKind::Job, panicked.reading())));
    read.map_err(|error| bound.located(error))
}

/// How Hydra and the job log.
fn plans(session: &Session<'_>, bound: &Bound) -> Result<(Plan, Plan)> {
    let palette = Palette::of(session.composer.facts(), &session.console);
    // A Hydra program logs by itself, with whatever classes Python has.
    match command::runs_hydra(session) {
        true => Plan::of_hydra(bound, palette).map(|hydra| (hydra, Plan::nothing())),
        false => Plan::both(bound, palette),
    }
}

/// Both, or all that is wrong.
fn both<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(one), Err(other)) => Err(Error::all([one.clone(), other]).unwrap_or(one)),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

fn begin(session: &Session<'_>, reserved: Reserved, told: &Told, process: &Process) -> Result<Running> {
    // The jobs of one process have the same around them: what it runs was there when it started.
    if let Some(known) = session.surroundings.get() {
        return reserved.begin_with(told, known);
    }
    let (facts, process) = (session.composer.facts().clone(), process.clone());
    let found = Arc::clone(&session.surroundings);
    // A repository is asked at once, before the job can change it.
    let changes = git::may_have(&facts);
    let find_out = move || {
        let surroundings = git::surroundings(&facts, &process);
        found.get_or_init(|| surroundings).clone()
    };
    if changes { reserved.begin(told, find_out) } else { reserved.begin_lazily(told, find_out) }
}

/// A run without a record, in a directory that nobody keeps.
fn scratch(session: &Session<'_>, bound: Bound, callbacks: Arc<Callbacks>) -> Result<Finished> {
    let directory = create_exclusive(&env::temp_dir().join("mainstem-scratch"))?;
    let text = directory.to_string_lossy().into_owned();
    let bound =
        worker::with_environment(bound)?.with_fact(&["hydra", "runtime", "output_dir"], text.as_str());
    let ready = ready(session, &bound).inspect_err(|_| drop(fs::remove_dir_all(&directory)))?;
    session.note_left_out([&ready.hydra_logging, &ready.job_logging]);
    let run = Run::without_record(&directory, session.process().clock);
    let ending = Arc::new(Ending::unrecorded(run, callbacks));
    let job = Call { session, bound: &bound, rank: None, ending: &ending, extent: Extent::Alone };
    let signals = session.owns_process.then(|| watch(session, &ending, Extent::Alone)).transpose();
    let ended = signals.as_ref().map_err(Error::clone).and_then(|_| carry_out(&job, ready));
    // What cannot be removed lies where nobody minds.
    let _ = fs::remove_dir_all(&directory);
    let (outcome, objectives) = ended?;
    let job = Job { directory, outcome, objectives, stopped: None };
    Ok(Finished::of(job))
}

/// A job that is about to be called.
struct Call<'c> {
    session: &'c Session<'c>,
    bound: &'c Bound,
    rank: Option<&'c Rank>,
    ending: &'c Arc<Ending>,
    extent: Extent,
}

/// Sets up what the function finds, calls it, and puts everything back. Callbacks are told.
fn carry_out(job: &Call<'_>, prepared: Prepared) -> Result<(Outcome, Vec<Objective>)> {
    let Call { session, bound, ending, .. } = *job;
    let Prepared { call, hydra_logging, job_logging } = prepared;
    let _hydras = logging::install(&open(job, &hydra_logging, &session.composer.facts().cwd, None)?);
    let alone = job.extent == Extent::Alone;
    let begun = alone.then(|| ending.callbacks.begin(|| Scope::Run(bound.clone())));
    let ended = call_in_place(job, call, &job_logging);
    match (&begun, &ended) {
        (Some(begun), Ok((outcome, _))) => ending.callbacks.end(begun, outcome),
        (Some(begun), Err(error)) => {
            let failed = Outcome::Failed(Failure::of(error)).without(bound.secrets());
            ending.callbacks.end(begun, &failed);
        }
        (None, _) => {}
    }
    ended
}

/// Opens what a plan of logging names.
fn open(job: &Call<'_>, plan: &Plan, cwd: &Path, rank: Option<&Rank>) -> Result<Arc<logging::Logging>> {
    plan.open(&job.session.console, cwd, rank).map_err(|error| job.bound.located(error))
}

/// Calls the function in its directory, with its log.
fn call_in_place(job: &Call<'_>, ready: Ready, logging: &Plan) -> Result<(Outcome, Vec<Objective>)> {
    let Call { session, bound, rank, ending, .. } = *job;
    let (cwd, run) = (&session.composer.facts().cwd, &ending.run);
    // A command is started where it was typed.
    let chdir = !session.app.starts_command
        && setting(bound, "hydra.job.chdir")?.is_some_and(|chdir| chdir == "True");
    let elsewhere = chdir.then(|| Elsewhere::enter(session, run.dir())).transpose()?;
    let log = open(job, logging, if chdir { run.dir() } else { cwd }, rank)?;
    let _job = logging::install(&log);
    let aloud = session.composer.facts().env.get("RUST_BACKTRACE").is_some_and(|value| value != "0");
    let begun = ending.callbacks.begin(|| Scope::Job(bound.clone(), run.clone()));
    let called = panics::guarded(aloud, bound.secrets(), || ready(run));
    let (ended, objectives) = outcome(session, run, &log, called, ending.signal());
    let ended = ended.without(bound.secrets());
    ending.callbacks.end(&begun, &ended);
    if let Some(elsewhere) = elsewhere {
        elsewhere.leave()?;
    }
    Ok((ended, objectives))
}

/// What became of a call, told to the user if it is nothing good.
fn outcome(
    session: &Session<'_>,
    run: &Run,
    log: &logging::Logging,
    called: Result<std::result::Result<Vec<Objective>, Failed>, panics::Panicked>,
    signal: Option<Stop>,
) -> (Outcome, Vec<Objective>) {
    let place = format!("the run is in {}", shown(run.dir(), &session.composer.facts().cwd).display());
    let tell = |error: Error| {
        let error = error.note(place.as_str());
        logging::failed(log, &error);
        session.console.complain(&error.render(session.console.err));
    };
    match called {
        _ if signal.is_some() => {
            let signal = signal.map(|stop| stop.name().to_owned());
            (Outcome::Interrupted(signal), Vec::new())
        }
        // It saved what it has, and begins again.
        _ if run.was_told() => (Outcome::Interrupted(Some(NOTICE.to_owned())), Vec::new()),
        Ok(Ok(objectives)) => (Outcome::Completed(recorded(&objectives)), objectives),
        Ok(Err(failed)) => {
            tell(told(failed.as_ref()));
            (Outcome::Failed(Failure::of(failed.as_ref())), Vec::new())
        }
        Err(panicked) => {
            tell(Error::new(ErrorKind::Job, panicked.to_string()));
            (Outcome::Panicked(panicked.0), Vec::new())
        }
    }
}

/// The failure of a job as an error that can be drawn: our own as it is, any other with what caused it.
fn told(failed: &(dyn std::error::Error + Send + Sync + 'static)) -> Error {
    if let Some(error) = failed.downcast_ref::<Error>() {
        return error.clone();
    }
    let failure = Failure::of(failed);
    let error = Error::new(ErrorKind::Job, failure.message);
    failure.chain.iter().fold(error, |error, cause| error.note(format!("caused by: {cause}")))
}

/// Takes signals while the job runs. A job that asks whether it is to stop ends by itself; any other is ended.
fn watch(session: &Session<'_>, ending: &Arc<Ending>, extent: Extent) -> Result<signals::Watch> {
    let (ending, console) = (Arc::clone(ending), session.console.clone());
    let cwd = session.composer.facts().cwd.clone();
    let interrupted = session.interrupted.lock().unwrap_or_else(PoisonError::into_inner).take();
    let main = thread::current().id();
    // Whoever has started the worker of a sweep says it for all of them.
    let order = session.order.as_ref().and_then(|order| order.of_sweep.as_ref());
    let is_told = order.is_some_and(|job| job.scheduled.is_none());
    signals::watch(move |stop| {
        let mention = |text: &str| {
            if !is_told {
                console.mention(text);
            }
        };
        debug_assert_ne!(thread::current().id(), main, "a signal is taken beside the job");
        ending.take(stop);
        let place = shown(ending.run.dir(), &cwd).display().to_string();
        ending.run.interrupt();
        if ending.run.asks() {
            return mention(&format!("{}: the job comes to its end; again to end it at once\n", stop.name()));
        }
        let outcome = Outcome::Interrupted(Some(stop.name().to_owned()));
        // The record first: a callback may take its time, and then the second signal comes.
        let record = match ending.running.as_ref().map(|running| running.finish(&outcome)) {
            Some(Err(error)) => {
                console.mention(&error.render(console.err));
                None
            }
            Some(Ok(record)) => Some(record),
            None => None,
        };
        let status = record.as_ref().map_or(Status::Interrupted, Record::status);
        if status != Status::Interrupted && extent == Extent::Alone {
            // The job had come to its own end just before, and with it, most likely, the program.
            return signals::take_later(stop);
        }
        ending.callbacks.end_all(&outcome);
        if ending.running.is_none() {
            let _ = fs::remove_dir_all(ending.run.dir());
        }
        let of_sweep = interrupted.map(|interrupted| interrupted(stop, record.as_ref()));
        let of_sweep = of_sweep.unwrap_or_default();
        mention(&format!("{}: the run in {place} is {}\n{of_sweep}", stop.name(), status.name()));
        signals::end_in_order(stop)
    })
}

/// Does nothing more: the process ends by a signal.
pub(crate) fn wait_for_end() -> ! {
    loop {
        thread::park();
    }
}

/// A path as the user would type it.
pub(crate) fn shown<'p>(path: &'p Path, cwd: &Path) -> &'p Path {
    match path.strip_prefix(cwd) {
        Ok(relative) if relative.as_os_str().is_empty() => Path::new("."),
        Ok(relative) => relative,
        Err(_) => path,
    }
}
