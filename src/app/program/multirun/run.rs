//! `--multirun`, from the arguments to the exit status.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::capture;
use crate::app::output::Status;
use crate::app::program::bound::Bound;
use crate::app::program::callbacks::{Callbacks, Scope};
use crate::app::program::command;
use crate::app::program::finished::Finished;
use crate::app::program::found;
use crate::app::program::job::{Extent, call, shown as shown_path, with_mode};
use crate::app::program::logging::{Logging, hydra_log, install};
use crate::app::program::multirun::around::Around;
use crate::app::program::multirun::compact;
use crate::app::program::multirun::dry_run::{Outlook, show};
use crate::app::program::multirun::earlier::{Earlier, Taken, new_to, take_over};
use crate::app::program::multirun::host::Base;
use crate::app::program::multirun::hosted::Hosted;
use crate::app::program::multirun::identity::{MASTER, changed_values, identity, unchanged};
use crate::app::program::multirun::in_sweep::{bind_in_sweep, place_in_sweep};
use crate::app::program::multirun::inline::{Inline, carry_out};
use crate::app::program::multirun::jobs::{Checked, Composing};
use crate::app::program::multirun::plan::{How, Plan};
use crate::app::program::multirun::searching::{Searching, conclude};
use crate::app::program::multirun::slurm;
use crate::app::program::multirun::sought::{Sought, are_alike, said_goals, seek};
use crate::app::program::multirun::summary::LastWords;
use crate::app::program::multirun::watched::Watched;
use crate::app::program::multirun::workers::InWorkers;
use crate::app::program::session::{Session, setting};
use crate::app::program::signals::{self, Stop};
use crate::app::sweep::Space;
use crate::compose::{Arguments, Frozen, Mode};
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::drive::{Drive, Entry, Host, Identity, Journal, LOCK, Policy, Progress, Stopped, Summary};
use crate::durable::{Sync, create_exclusive, remove_temporaries, write_whole_with};
use crate::facts::{Clock, Process};
use crate::grammar::Override;
use crate::launch::{self, Bell, Halt, Launcher, Workers};
use crate::run::{Mandate, Outcome, Place, Rank};
use crate::sweep::{Goals, Grid, Sweeper, batches};
use crate::value::{Key, write_yaml};

/// A process that is one of several ranks runs no sweep: each of them would run all the jobs. A script of Slurm is a rank
/// too, and alone, where it asks for several tasks.
fn by_itself(session: &Session<'_>, process: &Process) -> Result<()> {
    let rank = Rank::of(&session.composer.facts().env, process);
    let Some(rank) = rank.filter(|rank| rank.launcher != "slurm" || !rank.leads()) else { return Ok(()) };
    let message = format!("a sweep is one process, and this is rank {} of {}", rank.number, rank.launcher);
    Err(Error::new(ErrorKind::Usage, message)
        .note("each rank would run all jobs of the sweep")
        .help("start the sweep alone, and the ranks in its jobs: `mainstem run -m … -- torchrun train.py`"))
}

/// Runs a sweep, or goes on with one. What is wrong with any of its jobs is told before the first one starts.
///
/// # Errors
/// A sweep or a job that cannot be composed; a journal that cannot be written.
pub(crate) fn run(session: &Session<'_>) -> Result<Finished> {
    if session.flags.scratch {
        let error =
            Error::new(ErrorKind::Usage, "`--scratch` keeps nothing, and a sweep needs its journal to go on");
        return Err(error.help("leave it away; `mainstem.sweep.record=compact` leaves few files"));
    }
    let arguments = arguments(session)?;
    let master = with_mode(session.bound(&arguments, Mode::Multirun)?, "MULTIRUN")?;
    session.warn(master.composed().warnings());
    let sweep = Space::new(&session.composer, session.config_name(), &arguments).sweep(master.composed())?;
    sweep.warnings().iter().for_each(|warning| session.warn(&[master.located(warning.clone())]));
    let searching =
        sweep.search.as_ref().map(|search| Searching::new(session, &master, search)).transpose()?;
    let plan = Plan::of(session, &master, sweep.search.as_ref())?;
    found::look(session, &master, !matches!(plan.how, How::Slurm(_)), sweep.count())?;
    let composing = Composing::new(session, &sweep);
    let callbacks = Callbacks::of(session, &master)?;
    let checked = check(session, &master, &composing, searching.as_ref())?;
    let plan = if checked.apart { plan.apart() } else { plan };
    plan.check()?;
    let process = session.process();
    let search = searching.as_ref().map(Searching::to_node);
    let goals = if searching.is_none() { said_goals(&master)? } else { None };
    let counted = (&sweep.jobs, sweep.count());
    let now = identity(session, &master, &process, counted, (search, goals.as_ref()), &checked.files);
    if session.flags.dry_run {
        let outlook = outlook(session, &composing, &master, &plan.policy, (now, &process))?;
        return Ok(match &searching {
            Some(searching) => searching.show(session),
            None => show(session, &master, &sweep.jobs, &checked.taken, outlook),
        });
    }

    by_itself(session, &process)?;
    let (directory, other) = directory(session, &master)?;
    let seeks = (now.search.clone(), now.overrides.clone());
    let (journal, mut before) = journal(session, &directory, now, &master, &process)?;
    if !matches!(plan.how, How::Slurm(_)) {
        slurm::leave_slurm(session, &directory, &before, &process)?;
    }
    seek(&journal, &mut before, seeks, &process)?;
    let master = match &other {
        Some(other) => master.with_fact(&["hydra", "sweep", "dir"], other.to_string_lossy().as_ref()),
        None => master,
    };
    write_master(&master, &directory)?;
    let taken = new_to(&before, checked.taken);
    take_over(&taken, &directory, &journal, &mut before, &process)?;
    let logging = Logging::of_hydra(&master, &session.console, session.composer.facts())?;
    let _installed = install(&logging);
    let _told = callbacks.during(|| Scope::Multirun(master.clone()));

    tell_taken(session, &taken, sweep.count());
    if session.resumed.is_some() {
        tell_completed(session, &before, sweep.count());
    }
    // A session runs one sweep.
    let _ = session.sweep.set(before.identity.id.clone());
    let mandate = journal.lease().mandate();
    let compact = compact::open(&master, &directory)?;
    let mut base = Base::new(session, &composing, (directory, other), &master, mandate, &process, &before);
    base.leave(&before, &plan.policy);
    base.compact = compact;
    base.unheard = searching.as_ref().and_then(|search| search.unheard(&base.directory));
    if session.resumed.is_some() {
        base.find_lost(&before, sweep.count())?;
    }
    Driving {
        session,
        results: searching.as_ref().map(Searching::name),
        goals: searching.as_ref().map(|search| search.goals().clone()).or(goals),
        sweeper: match searching {
            Some(searching) => Box::new(searching.sweeper()),
            None => Box::new(Grid::new(sweep.jobs.clone())),
        },
        count: sweep.count(),
        plan,
        configs: checked.files.frozen(),
        journal: Arc::new(journal),
        callbacks: Arc::clone(&callbacks),
        process,
        before,
    }
    .drive(base)
}

/// Composes the jobs, and finds the files that they are made of.
///
/// # Errors
/// All that is wrong with any of them; a file that cannot be read.
fn check(
    session: &Session<'_>,
    master: &Bound,
    composing: &Composing<'_>,
    searching: Option<&Searching<'_>>,
) -> Result<Checked> {
    let cwd = &session.composer.facts().cwd;
    let earlier = Earlier::find(session, master)?;
    let mut checked = composing.check(master, earlier.as_ref(), session.flags.dry_run)?;
    let schema = session.flags.schema_file.iter().map(|name| (name.clone(), cwd.join(name)));
    for (name, path) in command::files(&session.app.tail, cwd).into_iter().chain(schema) {
        let copy = session.snapshot.as_ref().and_then(|snapshot| snapshot.copy_of(&path));
        checked.files.add_file(&name, copy.unwrap_or(&path))?;
    }
    if let Some(name) = setting(master, "mainstem.sweep.jobs")? {
        checked.files.add_file(&name, &cwd.join(&name))?;
    }
    if let Some(searching) = searching {
        for (name, path) in searching.files() {
            checked.files.add_file(name, path)?;
        }
        searching.tell(session);
    }
    Ok(checked)
}

/// The journal of the sweep, taken up or begun, and how far it says that the sweep has come.
///
/// # Errors
/// Another process runs the sweep; it is not the one that was begun; the journal cannot be read or written.
fn journal(
    session: &Session<'_>,
    directory: &Path,
    now: Identity,
    master: &Bound,
    process: &Process,
) -> Result<(Journal, Progress)> {
    let lease = slurm::take_lease(session, directory, process)?;
    if session.resumed.is_some() {
        let before = progress(session, directory, now, master)?;
        return Ok((Journal::open(lease, Arc::clone(master.secrets()))?, before));
    }
    slurm::makes_room(session, directory, process)?;
    let (journal, earlier) =
        Journal::begin(lease, &Entry::Sweep(Box::new(now.clone())), Arc::clone(master.secrets()))?;
    if let Some(earlier) = earlier {
        session.note(&format!("the journal of the sweep before is now {earlier}"));
    }
    Ok((journal, Progress { identity: now, ..Progress::default() }))
}

/// How far a sweep has come that goes on.
///
/// # Errors
/// It is not the one that was begun; its journal cannot be read.
fn progress(session: &Session<'_>, directory: &Path, now: Identity, master: &Bound) -> Result<Progress> {
    let before = Progress::read(directory)?;
    if !session.flags.force {
        // A snapshot is of the program that began it.
        let program =
            if session.snapshot.is_some() { before.identity.program.clone() } else { now.program.clone() };
        // What its jobs change is in its arguments, and what it looks for may be said anew.
        let may_seek_anew = session.resumed.as_ref().is_some_and(|resumed| resumed.may_seek_anew);
        let is_other = before.identity.search != now.search;
        let overrides = if may_seek_anew && is_other && are_alike(&before.identity, &now) {
            before.identity.overrides.clone()
        } else {
            now.overrides.clone()
        };
        let typed = session.resumes(directory);
        let values = || changed_values(directory, &text_of_master(master));
        unchanged(&before.identity, &Identity { program, overrides, ..now }, values, &typed)?;
    }
    Ok(before)
}

/// What becomes of the jobs of a sweep that would go on; `None` of a new one.
///
/// # Errors
/// As of one that does.
fn outlook<'a>(
    session: &'a Session<'a>,
    composing: &'a Composing<'a>,
    master: &Bound,
    policy: &'a Policy,
    (now, process): (Identity, &Process),
) -> Result<Option<Outlook<'a>>> {
    let Some(resumed) = &session.resumed else { return Ok(None) };
    let count = now.jobs.unwrap_or_default();
    let before = progress(session, &resumed.directory, now, master)?;
    tell_completed(session, &before, count);
    // Nothing is ordered in its name.
    let mandate = Mandate { lock: resumed.directory.join(LOCK), id: String::new() };
    let place = (resumed.directory.clone(), None);
    let mut base = Base::new(session, composing, place, master, mandate, process, &before);
    base.find_lost(&before, count)?;
    Outlook::new(base, before, policy, process).map(Some)
}

/// Says how many jobs do not run again.
fn tell_completed(session: &Session<'_>, before: &Progress, count: u64) {
    let done = before.count(crate::run::Status::Completed);
    session.note(&format!("{done} of {count} jobs are completed"));
}

/// A sweep that is about to run.
struct Driving<'a> {
    session: &'a Session<'a>,
    sweeper: Box<dyn Sweeper + 'a>,
    /// What the file of its results calls it, if it is a search.
    results: Option<&'static str>,
    /// What makes a job the best, if the search or the config says it.
    goals: Option<Goals>,
    /// How many jobs there are, or are at most.
    count: u64,
    plan: Plan,
    configs: Frozen,
    journal: Arc<Journal>,
    callbacks: Arc<Callbacks>,
    process: Process,
    before: Progress,
}

impl Driving<'_> {
    fn drive(self, base: Base<'_>) -> Result<Finished> {
        let Self { session, sweeper, results, goals, count, plan, configs, .. } = self;
        let Self { journal, callbacks, process, before, .. } = self;
        let Plan { launcher: name, how, policy } = plan;
        let at_a_time = match &how {
            How::Inline => 1,
            How::Workers { slots, .. } => slots.len(),
            How::Slurm(settings) => settings.at_a_time.unwrap_or(usize::MAX >> 1),
        };
        journal.add(&Entry::Driver {
            time: process.clock.now(),
            process: process.id,
            host: process.host.clone(),
            launcher: name.to_owned(),
            slots: at_a_time,
            jobs: Some(count).filter(|_| results.is_some() && before.identity.jobs < Some(count)),
        })?;
        let (sweep, batch) = (base.directory.clone(), policy.batch);
        let batches = batches(count, batch);
        let is_told = matches!(how, How::Inline | How::Workers { to_files: false, .. });
        let last_words = LastWords::of(session, &sweep, count, &policy, is_told);
        let driven = Driven { sweeper, policy, journal: &journal, before, clock: process.clock.clone() };
        let (summary, interrupted, jobs) = match how {
            How::Inline => {
                let told = (&journal, &callbacks);
                let watch = || watch_inline(session, told, &last_words);
                let _watch = session.owns_process.then(watch).transpose()?;
                let mut host = Hosted { base, way: Inline::new(batches) };
                let launcher =
                    launch::Inline::new(|job, task| carry_out(session, told, &last_words, job, task));
                (driven.drive(launcher, &mut host)?, host.way.interrupted, host.way.jobs)
            }
            How::Slurm(settings) => {
                let Driven { sweeper, policy, journal, before, .. } = driven;
                let of_sweep = (sweeper, journal, before, &process);
                (slurm::drive(session, base, &settings, policy, of_sweep, &configs)?, None, Vec::new())
            }
            How::Workers { slots, to_files } => {
                let launcher = Workers::new(slots);
                let _watch = session.owns_process.then(|| watch(session, launcher.bell())).transpose()?;
                let way = InWorkers::new((count, at_a_time), to_files, Around::of(session));
                let host = Hosted { base, way };
                let mut host = Watched::new(host, (count, at_a_time), &driven.before, &driven.policy, goals);
                let shown_meanwhile = host.show();
                let summary = driven.drive(launcher, &mut host)?;
                drop(shown_meanwhile);
                let place = shown_path(&sweep, &session.composer.facts().cwd).display().to_string();
                if let Some(last) = host.last(&shell_word(&place)) {
                    session.note(&last);
                }
                (summary, None, Vec::new())
            }
        };
        let is_search = results.is_some();
        if let Some(name) = results {
            conclude(session, &sweep, name)?;
        }
        let finds_nothing = is_search && Sought::read(&sweep).is_ok_and(|sought| sought.found.is_none());
        last_words.say(&summary, finds_nothing);
        let status = interrupted.unwrap_or_else(|| status(&summary));
        Ok(Finished { status, jobs, sweep: Some(sweep) })
    }
}

/// What is driven, however its jobs run.
struct Driven<'a> {
    sweeper: Box<dyn Sweeper + 'a>,
    policy: Policy,
    journal: &'a Journal,
    before: Progress,
    clock: Clock,
}

impl Driven<'_> {
    fn drive<L: Launcher>(
        self,
        launcher: L,
        host: &mut impl Host<Task = L::Task, End = L::End>,
    ) -> Result<Summary> {
        let Self { sweeper, policy, journal, before, clock } = self;
        let elapsed = capture::stopwatch();
        Drive { sweeper, launcher, host, journal, policy, before, clock, elapsed: &elapsed }.run()
    }
}

/// Takes signals where no job of this process does: between jobs, and in pauses.
fn watch_inline(
    session: &Session<'_>,
    (journal, callbacks): (&Arc<Journal>, &Arc<Callbacks>),
    last_words: &LastWords,
) -> Result<impl Drop + use<>> {
    let (journal, callbacks) = (Arc::clone(journal), Arc::clone(callbacks));
    let (console, clock, last_words) = (session.console.clone(), session.process().clock, last_words.clone());
    signals::watch(move |stop: Stop| {
        let why = format!("interrupted by {}", stop.name());
        // The process ends in any case.
        let _ = journal.add(&Entry::Stopped { time: clock.now(), why });
        callbacks.end_all(&Outcome::Interrupted(Some(stop.name().to_owned())));
        console.mention(&format!("{}\n{}", stop.name(), last_words.of_interrupted(stop.how())));
        signals::end_in_order(stop)
    })
}

/// Passes on what this process is asked to.
fn watch(session: &Session<'_>, bell: Bell) -> Result<impl Drop + use<>> {
    let console = session.console.clone();
    signals::watch(move |stop: Stop| {
        bell.ring(stop.how());
        console
            .mention(&format!("{}: the jobs come to their ends; again to end them at once\n", stop.name()));
    })
}

fn status(summary: &Summary) -> Status {
    let failed = summary.failed + summary.failed_before;
    match &summary.stopped {
        Some(Stopped::Asked(Halt::Interrupt)) => Status::Interrupted(2),
        Some(Stopped::Asked(_)) => Status::Interrupted(signals::taken().map_or(15, Stop::number)),
        Some(Stopped::Failures(_)) => Status::Failure,
        Some(Stopped::Detached) if summary.broken.is_none() && failed == 0 => Status::Success,
        Some(Stopped::Detached) => Status::Failure,
        None if failed > 0 || summary.broken.is_some() => Status::Failure,
        None => Status::Success,
    }
}

/// Says which jobs are not run, since they have completed before.
fn tell_taken(session: &Session<'_>, taken: &[Taken], jobs: u64) {
    if taken.is_empty() {
        return;
    }
    let cwd = &session.composer.facts().cwd;
    session.note(&format!("{} of {jobs} jobs have completed before, and are not run again", taken.len()));
    for run in taken {
        let directory = crate::app::program::job::shown(&run.directory, cwd).display();
        hydra_log(&format!("\t#{} : {} : completed in {directory}", run.job, run.overrides.join(" ")));
    }
}

/// Does as this process is told as a worker: runs one job, of a sweep or alone.
///
/// # Errors
/// Whatever keeps it from starting.
pub(crate) fn work(session: &Session<'_>) -> Result<Finished> {
    let Some(job) = session.order.as_ref().and_then(|order| order.of_sweep.as_ref()) else {
        return crate::app::program::job::run(session);
    };
    let arguments = session.composer.arguments(session.config_name(), &job.overrides)?;
    let composed = session.compose(&arguments, Mode::Run)?;
    let bound = bind_in_sweep(session, composed, job.number, job.sweep.as_deref())?;
    let bound = match &job.scheduled {
        Some(id) => bound.with_fact(&["hydra", "job", "id"], id.as_str()),
        None => bound,
    };
    let place = place_in_sweep(&bound, job.directory.clone(), job.made, Some(job.mandate.clone()))?;
    let callbacks = Callbacks::of(session, &bound)?;
    let ran = call(session, bound, &place, Extent::OfSweep, callbacks)?;
    Ok(Finished::of(ran))
}

/// The arguments, with the mode if no one else says it.
pub(super) fn arguments(session: &Session<'_>) -> Result<Arguments> {
    let given = session.is_multirun()?;
    let more: &[&str] = if given { &[] } else { &["hydra.mode=MULTIRUN"] };
    let arguments = session.arguments(more)?;
    let run = |one: &Override| one.target.key() == "hydra.mode" && one.value_text() == Some("RUN");
    if arguments.overrides.iter().any(run) {
        let warning = Error::new(ErrorKind::Usage, "`--multirun` wins over `hydra.mode=RUN`");
        session.warn(&[warning]);
    }
    Ok(arguments)
}

/// The config of the sweep as a whole, as its file says it.
fn text_of_master(master: &Bound) -> String {
    // What Hydra does not know is in the record of each job.
    let mut root = master.root().clone();
    if let Some(map) = root.as_map_mut() {
        map.remove(&Key::from("mainstem"));
    }
    let mut yaml = String::new();
    write_yaml(&root, &mut yaml);
    yaml
}

/// Writes `multirun.yaml`.
fn write_master(master: &Bound, directory: &Path) -> Result<()> {
    let path = directory.join(MASTER);
    // What a driver left that was killed while it wrote stays hidden, and harms nobody.
    let _ = remove_temporaries(&path);
    write_whole_with(&path, Sync::Later, |file| file.write_all(text_of_master(master).as_bytes()))
}

/// The directory of the sweep, made; and how the config is to say it, if it is another one than it says.
fn directory(session: &Session<'_>, master: &Bound) -> Result<(PathBuf, Option<PathBuf>)> {
    let place = Place::of_sweep(&session.composer, master.root()).map_err(|error| master.located(error))?;
    let failed = |error: Error| master.located(error.at(place.origin, ""));
    if let Some(resumed) = &session.resumed {
        let directory = resumed.directory.clone();
        if directory == place.directory {
            return Ok((directory, None));
        }
        let beside = directory.parent() == place.directory.parent();
        let name = directory.file_name().filter(|_| beside);
        let other = name.map_or_else(|| directory.clone(), |name| place.named.with_file_name(name));
        return Ok((directory, Some(other)));
    }
    if !place.exclusive {
        make(&place.directory).map_err(failed)?;
        return Ok((place.directory, None));
    }
    let directory = create_exclusive(&place.directory).map_err(failed)?;
    let name = directory.file_name().filter(|_| directory != place.directory);
    let other = name.map(|name| place.named.with_file_name(name));
    Ok((directory, other))
}

fn make(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).map_err(|error| {
        Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", directory.display()))
    })
}
