//! One call of a program: its flags, its world, and a composer over its configs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use crate::app::packages::Folders;
use crate::app::program::advice::advised;
use crate::app::program::app::App;
use crate::app::program::bound::Bound;
use crate::app::program::console::Console;
use crate::app::program::derived;
use crate::app::program::flags::Flags;
use crate::app::program::logging::Plan;
use crate::app::program::multirun::{ALONE, Alone, Resumed, TASK};
use crate::app::program::order::{Order, WORKER};
use crate::app::program::own::OwnValues;
use crate::app::program::signals::Stop;
use crate::app::program::snapshot::Snapshot;
use crate::app::program::world::World;
use crate::app::{capture, dotenv, project};
use crate::compose::{Arguments, Composed, Composer, Mode, Provided, Repository};
use crate::diag::{Error, ErrorKind, Result};
use crate::facts::Process;
use crate::grammar::{Action, Operand};
use crate::resolve::Scope;
use crate::run::{Record, RunId, Surroundings};
use crate::settings::composer;
use crate::value::{KeyPath, Kind, Node, write_str};

/// One call of a program.
pub(crate) struct Session<'a> {
    pub(crate) app: &'a App,
    pub(crate) flags: Flags,
    pub(crate) console: Console,
    pub(crate) composer: Arc<Composer>,
    pub(crate) owns_process: bool,
    pub(crate) executable: Option<PathBuf>,
    /// The program as it was, if that is what runs.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// The arguments of the program, without those of a worker: those of a sweep that is resumed are its own.
    pub(crate) arguments: Vec<OsString>,
    /// The last arguments of the process, which are the program's.
    pub(crate) given: Vec<OsString>,
    /// What this process is told, if it is a worker.
    pub(crate) order: Option<Order>,
    /// The single run that Slurm has begun, if it is this process.
    pub(crate) alone: Option<Alone>,
    /// The identifier of the sweep whose jobs run.
    pub(crate) sweep: OnceLock<String>,
    /// The sweep that goes on.
    pub(crate) resumed: Option<Resumed>,
    /// What is to be done before a signal ends the process in the next job.
    pub(crate) interrupted: Mutex<Option<Interrupted>>,
    /// The run that is to be run again.
    pub(crate) derived_from: Option<RunId>,
    /// What was read of the program's own flags.
    pub(crate) own: Option<OwnValues>,
    /// What stands around the jobs of this process, once it was found out beside the first of them, or if its order says it.
    pub(crate) surroundings: Arc<OnceLock<Surroundings>>,
    pub(crate) process: Process,
}

/// Called when a signal ends the process, with the record of the job. Returns what is to be said of it.
pub(crate) type Interrupted = Box<dyn FnOnce(Stop, Option<&Record>) -> String + Send>;

impl<'a> Session<'a> {
    /// Finds the configs.
    ///
    /// # Errors
    /// Every place that is not there.
    pub(crate) fn open(
        app: &'a App,
        world: World,
        flags: Flags,
        arguments: Vec<OsString>,
        order: Option<Order>,
    ) -> Result<Self> {
        let (session, missing) = Self::open_what_is_there(app, world, flags, arguments, order)?;
        missing.map_or(Ok(session), Err)
    }

    /// As [`Session::open`], without the places that are not there; beside it, what is wrong with them.
    ///
    /// # Errors
    /// Flags that cannot be read.
    pub(crate) fn open_what_is_there(
        app: &'a App,
        mut world: World,
        flags: Flags,
        arguments: Vec<OsString>,
        order: Option<Order>,
    ) -> Result<(Self, Option<Error>)> {
        if let Some(order) = &order {
            world.facts = order.restore(world.facts);
        }
        let own_file = world.executable.clone();
        if let Some(snapshot) = &world.snapshot {
            // What lies beside the program lies beside its file, and not beside the copy.
            world.executable = Some(snapshot.program.clone());
        }
        let mut errors = Vec::new();
        let project = app.configs.project(&world).unwrap_or_else(|| world.facts.cwd.clone());
        match dotenv::extend(&world.facts, &project, &flags.env_files) {
            Ok(env) => world.facts.env = env,
            Err(error) => errors.push(error),
        }
        let composer = Arc::new(composer_of(app, &world, &flags, &mut errors)?);
        let World { console, owns_process, snapshot, .. } = world;
        console.hide(composer.secrets());
        let derived_from = derived::from(&arguments);
        let sweep = OnceLock::new();
        let process = process(&composer, order.is_some(), own_file.clone());
        if let Some(job) = order.as_ref().and_then(|order| order.of_sweep.as_ref()) {
            let _ = sweep.set(job.id.clone());
        }
        let surroundings = Arc::new(OnceLock::new());
        if let Some(known) = order.as_ref().and_then(|order| order.surroundings.clone()) {
            let _ = surroundings.set(known);
        }
        let session = Self {
            app,
            flags,
            console,
            composer,
            owns_process,
            executable: own_file,
            snapshot,
            given: arguments.clone(),
            arguments,
            order,
            alone: None,
            derived_from,
            sweep,
            resumed: None,
            interrupted: Mutex::default(),
            own: None,
            surroundings,
            process,
        };
        Ok((session, Error::all(errors)))
    }

    /// Whether this process runs its job for a scheduler.
    pub(crate) fn is_scheduled(&self) -> bool {
        let of_sweep = self.order.as_ref().and_then(|order| order.of_sweep.as_ref());
        self.alone.is_some() || of_sweep.is_some_and(|job| job.scheduled.is_some())
    }

    /// The name of the primary config.
    pub(crate) fn config_name(&self) -> Option<&str> {
        self.flags.config_name.as_deref().or(self.app.config_name.as_deref())
    }

    /// The overrides of the command line, and more. A job of a sweep has its own.
    pub(crate) fn arguments(&self, more: &[&str]) -> Result<Arguments> {
        let texts: Vec<&str> =
            self.flags.overrides.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.composer.arguments(self.config_name(), &texts)
    }

    /// Where the configs come from, as far as that can be known; beside it, what is wrong with the rest.
    pub(crate) fn repository(&self) -> (Arc<Repository>, Option<Error>) {
        let whole = self
            .arguments(&[])
            .and_then(|arguments| self.composer.repository_of(self.config_name(), &arguments.overrides));
        match whole {
            Ok(repository) => (repository, None),
            Err(error) => (Arc::clone(self.composer.repository()), Some(error)),
        }
    }

    /// Composes, and says what is suspicious.
    pub(crate) fn compose(&self, arguments: &Arguments, mode: Mode) -> Result<Composed> {
        let composed = self.composer.compose(self.config_name(), arguments, mode);
        composed.map_err(|error| advised(self, error))
    }

    /// Composes, for reading.
    pub(crate) fn bound(&self, arguments: &Arguments, mode: Mode) -> Result<Bound> {
        Ok(self.bind(self.compose(arguments, mode)?))
    }

    /// A composition, for reading.
    pub(crate) fn bind(&self, composed: Composed) -> Bound {
        let bound = Bound::new(&self.composer, composed).with_components(self.app.components.clone());
        match &self.snapshot {
            Some(snapshot) => bound.of_snapshot(snapshot),
            None => bound,
        }
    }

    /// This process, as records name it. Two calls differ in what is drawn at random. Its arguments hold secrets as they
    /// were typed: see [`Bound::shown_arguments`].
    pub(crate) fn process(&self) -> Process {
        Process { random: capture::random(), ..self.process.clone() }
    }

    /// The arguments of the process that stand before those of the program, such as a subcommand; none if the program
    /// was called with others than those of the process.
    pub(crate) fn prefix(&self) -> Option<Vec<OsString>> {
        prefix(self.app, &self.given)
    }

    /// Whether `hydra.mode` asks for a sweep: on the command line, or in the primary config.
    ///
    /// # Errors
    /// A mode that there is not.
    pub(crate) fn is_multirun(&self) -> Result<bool> {
        let arguments = self.arguments(&[])?;
        let mode = KeyPath::parse("hydra.mode");
        let given = arguments.overrides.iter().rev().find(|one| {
            one.target.package().is_none()
                && !matches!(one.action, Action::Delete(_))
                && one.target.path() == mode
        });
        let node = match given {
            Some(one) if matches!(one.action.value(), Some(Operand::Sweep(_))) => None,
            Some(one) => one.assignment(0).ok().and_then(|one| one.action.value().cloned()),
            None => self.mode_of_primary()?,
        };
        let Some(node) = node else { return Ok(false) };
        match node.as_str() {
            Some("MULTIRUN") => Ok(true),
            // What is no mode is told when it is composed.
            _ => Ok(false),
        }
    }

    fn mode_of_primary(&self) -> Result<Option<Node>> {
        let Some(name) = self.config_name() else { return Ok(None) };
        // What is wrong with the file is told when it is composed, with its place.
        let Ok(Some(document)) = self.composer.repository().load(name) else { return Ok(None) };
        if document.root.as_map().is_none_or(|root| root.get_str("hydra").is_none()) {
            return Ok(None);
        }
        let scope = Scope::new(&document.root, self.composer.context(&|_| {}));
        let found = scope.select(&KeyPath::parse("hydra.mode"));
        // An interpolation that only the whole config resolves is no mode of the primary config.
        Ok(found.ok().flatten().filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing)))
    }

    /// Says what is suspicious about a composition.
    pub(crate) fn warn(&self, warnings: &[Error]) {
        if self.order.is_some() {
            // Told by the program that started this worker.
            return;
        }
        for warning in warnings {
            let severity = crate::diag::Severity::Warning;
            self.console.complain(&warning.render_as(severity, self.console.err));
        }
    }

    /// Says what of logging configs is left out.
    pub(crate) fn note_left_out(&self, plans: [&Plan; 2]) {
        plans.iter().flat_map(|plan| &plan.notes).for_each(|note| self.note(note));
    }

    /// Says what is worth knowing.
    pub(crate) fn note(&self, text: &str) {
        self.console.complain(&format!("{}: {text}\n", self.console.err.paint("1;36", "note")));
    }

    /// A path of the user as an absolute one.
    pub(crate) fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        let mut absolute = PathBuf::new();
        for part in self.composer.facts().cwd.join(path).components() {
            match part {
                std::path::Component::CurDir => {}
                std::path::Component::ParentDir => {
                    absolute.pop();
                }
                part => absolute.push(part),
            }
        }
        absolute
    }
}

/// As [`Session::prefix`], for a program with these last arguments.
pub(crate) fn prefix(app: &App, given: &[OsString]) -> Option<Vec<OsString>> {
    let mut all: Vec<OsString> = capture::raw_arguments().collect();
    if !app.tail.is_empty() && all.ends_with(&app.tail) {
        all.truncate(all.len() - app.tail.len());
    }
    let own = all.len().checked_sub(given.len())?;
    (all[own..] == *given).then(|| {
        all.truncate(own);
        let hidden = all.iter().position(|word| word == TASK || word == ALONE);
        all.truncate(hidden.unwrap_or(all.len()));
        all
    })
}

/// A composer over the configs of a program, with what its flags name. What is not there is told by `errors`.
///
/// # Errors
/// Folders of packages that cannot be read.
fn composer_of(app: &App, world: &World, flags: &Flags, errors: &mut Vec<Error>) -> Result<Composer> {
    let folders = Folders::new(&[], &world.facts)?;
    let main = match &flags.config_path {
        Some(path) => {
            project::directory(path, &world.facts, &folders).map(|dir| Some(Provided::new("main", dir)))
        }
        None => app.configs.provide(world),
    };
    let main = main.unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let mut more = Vec::new();
    for path in &flags.config_dirs {
        match project::directory(path, &world.facts, &folders) {
            Ok(dir) => more.push(Provided::new("command-line", dir)),
            Err(error) => errors.push(error),
        }
    }
    let composer = composer(main, more, world.facts.clone(), &app.name);
    let composer = match &world.snapshot {
        Some(snapshot) => composer.with_frozen(Arc::clone(&snapshot.configs)),
        None => composer,
    };
    let composer = composer
        .with_packages(folders)
        .with_resolvers(app.resolvers.clone().declare(flags.declared.iter().map(String::as_str)));
    let composer = if app.store.is_empty() { composer } else { composer.with_store(app.store.clone()) };
    // Without a config there is nothing that an override could change: it adds.
    let composer = if app.starts_command && flags.config_name.is_none() { composer.open() } else { composer };
    if let Some(path) = &flags.schema_file {
        let snapshot = world.snapshot.as_deref();
        let copy = snapshot.and_then(|snapshot| snapshot.copy_of(&world.facts.cwd.join(path)));
        return project::with_schema_file(composer, path, copy);
    }
    // The defaults of its struct come before any config.
    Ok(match &app.typed {
        Some(schema) => {
            schema.check()?;
            composer.with_schema(schema.clone())
        }
        None => composer,
    })
}

/// This process, without what only a worker or a run that is derived from another one is told.
fn process(composer: &Composer, is_worker: bool, own_file: Option<PathBuf>) -> Process {
    let mut process = match own_file {
        Some(own) => capture::process_of(composer.facts(), Some(own)),
        None => capture::process(composer.facts()),
    };
    process.arguments.retain(|argument| !derived::is_hidden(argument.as_ref()));
    // How the user would start it.
    let is_ours =
        |argument: &String| argument == TASK || argument == ALONE || argument == WORKER && is_worker;
    let hidden = process.arguments.iter().position(is_ours);
    if let Some(at) = hidden {
        process.arguments.drain(at..(at + 2).min(process.arguments.len()));
    }
    process
}

/// Text of the `hydra` node: numbers are text too. `None` for `null`.
///
/// # Errors
/// A value that cannot be resolved, is missing, or is no text.
pub(crate) fn setting(bound: &Bound, key: &str) -> Result<Option<String>> {
    text_of(bound, key, bound.select(key)?)
}

/// The same as it may be shown: with `***` in place of every secret. For what names a file or a directory.
///
/// # Errors
/// As [`setting`].
pub(crate) fn shown_setting(bound: &Bound, key: &str) -> Result<Option<String>> {
    text_of(bound, key, bound.select_shown(key)?)
}

fn text_of(bound: &Bound, key: &str, node: Option<Node>) -> Result<Option<String>> {
    let Some(node) = node else { return Ok(None) };
    match node.kind {
        Kind::Null => Ok(None),
        Kind::Missing => bound.require(key).map(|_| None),
        Kind::Map(_) | Kind::List(_) => {
            let error =
                Error::new(ErrorKind::Type, format!("`{key}` must be text, and is {}", node.describe()));
            Err(error.at(node.origin, "expected text").located(bound.composed().sources()))
        }
        _ => {
            let mut text = String::new();
            write_str(&node, &mut text);
            Ok(Some(text))
        }
    }
}
