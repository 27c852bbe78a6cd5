//! A program as a value.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use crate::app::capture;
use crate::app::complete::shell_completion;
use crate::app::output::Output;
use crate::app::program::bound::Bound;
use crate::app::program::configs::Configs;
use crate::app::program::console::Console;
use crate::app::program::describe::describe;
use crate::app::program::finished::Finished;
use crate::app::program::flags::{Ask, Flags, Help, Whose, parse};
use crate::app::program::multirun::{Alone, Task, resume};
use crate::app::program::order::Order;
use crate::app::program::outcome::{Declared, Failed, JobResult, Objective};
use crate::app::program::own::{OwnFlags, OwnValues};
use crate::app::program::session::Session;
use crate::app::program::snapshot::Snapshot;
use crate::app::program::world::World;
use crate::app::program::{derived, info, job, multirun, show, signals};
use crate::compose::{Checking, Report, Store};
use crate::diag::{Error, ErrorKind, Result};
use crate::resolve::{Resolver, Resolvers};
use crate::run::Run;
use crate::schema::{Schema, Type, Types};
use crate::settings::resolvers;
use crate::typed::{Components, Config};
use crate::value::Text;

/// A program: its name, where its configs lie, and the function that is its job.
///
/// It understands Hydra's flags and overrides, composes the config, makes the directory of the run, writes down what
/// ran, and calls the function. It prints what it has to say and reads environment, clock and working directory; it
/// does not end the process.
///
/// ```
/// use mainstem::app::{App, Bound, Configs};
/// use mainstem::run::Run;
/// static CONF: &[(&str, &str)] = &[("config", "lr: 0.1\nhydra: {output_subdir: null}")];
/// let app = App::new("train", |config: &Bound, _: &Run| -> Result<(), mainstem::diag::Error> {
///     let lr = config.select("lr")?;
///     assert_eq!(lr, Some(mainstem::value::Node::from(0.5)));
///     Ok(())
/// })
/// .with_configs(Configs::embedded(CONF))
/// .with_config_name("config");
/// let finished = app.run(["lr=0.5", "--scratch"]);
/// assert_eq!(finished.status().code(), 0);
/// ```
#[derive(Clone)]
pub struct App {
    pub(crate) name: Text,
    pub(crate) version: Text,
    pub(crate) configs: Configs,
    pub(crate) config_name: Option<Text>,
    pub(crate) resolvers: Resolvers,
    /// What the config of the job must be, and what it is where nobody says otherwise, if it is a type.
    pub(crate) typed: Option<Schema>,
    /// How that type describes itself, which depends on the components.
    describe: Option<fn(&mut Types) -> Type>,
    pub(crate) components: Components,
    /// Configs that stand in no file.
    pub(crate) store: Store,
    pub(crate) function: Arc<Function>,
    /// What the job will return, as far as its type says it.
    pub(crate) declared: Option<Vec<Declared>>,
    /// Whether the job is a command that is started.
    pub(crate) starts_command: bool,
    /// What the arguments of the process end with that are no arguments of the program: `--`, and a command.
    pub(crate) tail: Vec<OsString>,
    /// Flags beside Hydra's; not made before they are asked for.
    pub(crate) own: Option<fn() -> Result<OwnFlags>>,
}

/// Makes a job ready: what it needs of its config is read, so that a mistake is found before anything runs.
pub(crate) type Function = dyn Fn(&Bound, Option<&OwnValues>) -> Result<Ready> + Send + Sync;

/// A job that only needs its run.
pub(crate) type Ready = Box<dyn FnOnce(&Run) -> std::result::Result<Vec<Objective>, Failed>>;

impl App {
    /// A program of that name (`hydra.job.name`) whose job is that function. Its configs lie nowhere yet, and its
    /// primary config has no name.
    pub fn new<R: JobResult>(
        name: impl Into<Text>,
        job: impl Fn(&Bound, &Run) -> R + Send + Sync + 'static,
    ) -> Self {
        let job = Arc::new(job);
        let ready = move |bound: &Bound, _: Option<&OwnValues>| -> Result<Ready> {
            let (job, bound) = (Arc::clone(&job), bound.clone());
            Ok(Box::new(move |run| job(&bound, run).objectives()))
        };
        Self::of(name.into(), Arc::new(ready)).returning::<R>()
    }

    /// A program whose job gets its config as a type. The type is enforced while composing, and the config is read
    /// before the run begins: what is wrong with it is told with its place, and leaves nothing behind.
    ///
    /// `#[mainstem::pipeline_main]` writes this around a function.
    ///
    /// ```
    /// use mainstem::app::{App, Configs, Maximize, Sandbox};
    /// use mainstem::run::Run;
    /// use std::collections::BTreeMap;
    /// static CONF: &[(&str, &str)] = &[("config", "lr: 0.1\nmomentum: 0.9")];
    /// let app = App::typed("train", |config: BTreeMap<String, f64>, _: &Run| Maximize(config["lr"]))
    ///     .with_configs(Configs::embedded(CONF))
    ///     .with_config_name("config");
    /// let trial = Sandbox::new()?.run(&app, ["lr=fast"]);
    /// assert!(trial.err().starts_with("error[type]: `lr` must be a float, but is a string"), "{}", trial.err());
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn typed<T: Config, R: JobResult>(
        name: impl Into<Text>,
        job: impl Fn(T, &Run) -> R + Send + Sync + 'static,
    ) -> Self {
        let job = Arc::new(job);
        let ready = move |bound: &Bound, _: Option<&OwnValues>| -> Result<Ready> {
            // What holds components is read when the job begins: they are the job's own.
            let (job, bound, checked) = (Arc::clone(&job), bound.clone(), bound.check::<T>("")?);
            Ok(Box::new(move |run| {
                let config = checked.map_or_else(|| bound.read::<T>(""), Ok)?;
                job(config, run).objectives()
            }))
        };
        Self::of(name.into(), Arc::new(ready)).reading::<T>().returning::<R>()
    }

    /// With the type of what the job returns.
    pub(crate) fn returning<R: JobResult>(self) -> Self {
        Self { declared: R::declared(), ..self }
    }

    /// With the type of its config.
    pub(crate) fn reading<T: Config>(self) -> Self {
        Self { describe: Some(T::describe), ..self }.described()
    }

    fn described(self) -> Self {
        Self { typed: self.describe.map(|describe| self.components.describe(describe)), ..self }
    }

    /// A program whose job starts a command. `tail` is what the arguments of the process end with.
    pub(crate) fn starting(name: Text, function: Arc<Function>, tail: Vec<OsString>) -> Self {
        Self { starts_command: true, tail, ..Self::of(name, function) }
    }

    pub(crate) fn of(name: Text, function: Arc<Function>) -> Self {
        Self {
            name,
            version: Text::const_new(""),
            configs: Configs::none(),
            config_name: None,
            resolvers: resolvers(),
            typed: None,
            describe: None,
            components: Components::new(),
            store: Store::default(),
            function,
            declared: None,
            starts_command: false,
            tail: Vec::new(),
            own: None,
        }
    }

    /// With configs.
    #[must_use]
    pub fn with_configs(self, configs: Configs) -> Self {
        Self { configs, ..self }
    }

    /// With a primary config, unless `--config-name` names another one.
    #[must_use]
    pub fn with_config_name(self, name: impl Into<Text>) -> Self {
        Self { config_name: Some(name.into()), ..self }
    }

    /// With a version for `--version`: `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn with_version(self, version: impl Into<Text>) -> Self {
        Self { version: version.into(), ..self }
    }

    /// With a resolver: `${name:…}` in configs. A name that is there already, such as `oc.env`, is this one's from then on.
    ///
    /// ```
    /// use mainstem::app::{App, Bound, Configs, Sandbox};
    /// use mainstem::resolve::Invocation;
    /// use mainstem::run::Run;
    /// use mainstem::value::{Kind, Node};
    /// static CONF: &[(&str, &str)] = &[("config", "width: ${double:${depth}}\ndepth: 4")];
    /// let app = App::new("train", |_: &Bound, _: &Run| ())
    ///     .with_configs(Configs::embedded(CONF))
    ///     .with_config_name("config")
    ///     .with_resolver("double", |call: &Invocation<'_>| match call.argument(0)?.kind {
    ///         Kind::Int(number) => Ok(Node::from(number * 2)),
    ///         _ => Err(call.error("`double` needs an integer")),
    ///     });
    /// let trial = Sandbox::new()?.run(&app, ["--cfg", "job", "--resolve"]);
    /// assert_eq!(trial.out(), "width: 8\ndepth: 4\n");
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    #[must_use]
    pub fn with_resolver(self, name: &str, resolver: impl Resolver + 'static) -> Self {
        Self { resolvers: self.resolvers.with(name, resolver), ..self }
    }

    /// With components: what configs may choose where a [`Component`](crate::typed::Component) is wanted, and
    /// [callbacks](crate::app::Callback). A job gets its config with its components built, when it begins.
    ///
    /// ```
    /// use mainstem::app::{App, Configs, Minimize, Sandbox};
    /// use mainstem::run::Run;
    /// use mainstem::typed::{Component, Components, Registry};
    ///
    /// trait Loss {
    ///     fn of(&self, error: f64) -> f64;
    /// }
    ///
    /// struct Square;
    ///
    /// impl Loss for Square {
    ///     fn of(&self, error: f64) -> f64 {
    ///         error * error
    ///     }
    /// }
    ///
    /// #[derive(mainstem::Config)]
    /// struct Train {
    ///     loss: Component<dyn Loss>,
    /// }
    ///
    /// static CONF: &[(&str, &str)] = &[("config", "loss: square")];
    /// let losses = Registry::<dyn Loss>::new().with("square", |(): ()| Box::new(Square));
    /// let app = App::typed("train", |train: Train, _: &Run| Minimize(train.loss.of(0.5)))
    ///     .with_components(Components::new().with(losses))
    ///     .with_configs(Configs::embedded(CONF))
    ///     .with_config_name("config");
    ///
    /// let sandbox = Sandbox::new()?;
    /// assert_eq!(sandbox.run(&app, [] as [&str; 0]).jobs()[0].objectives()[0].value, 0.25);
    /// let refused = sandbox.run(&app, ["loss=squared"]);
    /// assert!(refused.err().starts_with("error[type]: `loss` must be one of square, but is `squared`"));
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    #[must_use]
    pub fn with_components(self, components: Components) -> Self {
        Self { components, ..self }.described()
    }

    /// With configs that the program registers: options of config groups, and types of them, that stand in no file. A file of
    /// the same name goes before.
    ///
    /// ```
    /// use mainstem::app::{App, Configs, Sandbox};
    /// use mainstem::compose::Store;
    /// use mainstem::run::Run;
    ///
    /// #[derive(mainstem::Config)]
    /// struct Train {
    ///     db: Db,
    /// }
    ///
    /// #[derive(mainstem::Config)]
    /// enum Db {
    ///     Mysql(MySql),
    ///     Sqlite { file: String },
    /// }
    ///
    /// #[derive(mainstem::Config)]
    /// struct MySql {
    ///     #[mainstem(default = 3306)]
    ///     port: u16,
    /// }
    ///
    /// static CONF: &[(&str, &str)] = &[("config", "defaults: [db: mysql]"), ("db/sqlite", "file: my.db")];
    /// let app = App::typed("train", |_: Train, _: &Run| ())
    ///     .with_configs(Configs::embedded(CONF))
    ///     .with_config_name("config")
    ///     .with_store(Store::default().option::<MySql>("db/mysql"));
    /// let sandbox = Sandbox::new()?;
    /// let trial = sandbox.run(&app, ["--cfg", "job"]);
    /// assert_eq!(trial.out(), "db:\n  type: mysql\n  port: 3306\n");
    /// assert!(sandbox.run(&app, ["--help"]).out().contains("db=mysql"));
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    #[must_use]
    pub fn with_store(self, store: Store) -> Self {
        Self { store, ..self }
    }

    /// Runs the program with the arguments of the process: the whole of a `main`.
    pub fn main(&self) -> ExitCode {
        self.run(capture::raw_arguments()).into()
    }

    /// Runs the program with these arguments: those behind the program's name, or behind a subcommand.
    pub fn run<A: Into<OsString>>(&self, arguments: impl IntoIterator<Item = A>) -> Finished {
        match World::capture() {
            Ok(world) => self.run_in(world, arguments),
            Err(error) => {
                let console = Console::process();
                Finished::without_jobs(console.write(Output::failure(&error, console.err)))
            }
        }
    }

    /// Checks the configs of the program without running it: its primary config composes, every option file can be
    /// read, and the options of config groups and the variants of enums stand for each other. For a test beside the
    /// program:
    ///
    /// ```
    /// use mainstem::app::{App, Configs};
    /// use mainstem::run::Run;
    /// #[derive(mainstem::Config)]
    /// struct Train {
    ///     model: Model,
    /// }
    /// #[derive(mainstem::Config)]
    /// enum Model {
    ///     Forest { trees: u32 },
    ///     Linear,
    /// }
    /// static CONF: &[(&str, &str)] = &[("config", "defaults: [model: forest]"), ("model/forest", "trees: 50")];
    /// let app = App::typed("train", |_: Train, _: &Run| ())
    ///     .with_configs(Configs::embedded(CONF))
    ///     .with_config_name("config");
    /// let error = app.check()?.into_result().unwrap_err();
    /// assert_eq!(error.message(), "no option of the config group `model` stands for the variant `linear`");
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    ///
    /// # Errors
    /// The configs are not there. What is wrong with them is in the report.
    pub fn check(&self) -> Result<Report> {
        let session = Session::open(self, World::capture()?, Flags::default(), Vec::new(), None)?;
        Ok(session.composer.check(Checking {
            providers: &["main"],
            config_name: self.config_name.as_deref(),
            overrides: &[],
            registers: &|_| false,
        }))
    }

    pub(crate) fn run_in<A: Into<OsString>>(
        &self,
        world: World,
        arguments: impl IntoIterator<Item = A>,
    ) -> Finished {
        let console = world.console.clone();
        let mut arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let mut world = world;
        let parsed = Order::take(&mut arguments).and_then(|order| {
            let (task, alone) = (Task::take(&mut arguments)?, Alone::take(&mut arguments)?);
            let now = task.as_ref().map(Task::now).or(alone.as_ref().map(Alone::now));
            if let Some(now) = now {
                world.facts.now = now.into();
            }
            let of_order = order.as_ref().and_then(|order| order.snapshot.as_deref());
            let of_task = task.as_ref().and_then(Task::snapshot);
            let snapshot = of_order.or(of_task).or(alone.as_ref().and_then(Alone::snapshot));
            world.snapshot = snapshot.map(Snapshot::read).transpose()?.map(Arc::new);
            let own = self.own.map(|make| make()).transpose()?;
            let known = own.as_ref().map_or(&[][..], |own| &own.flags);
            let words = arguments.iter().filter(|word| !derived::is_hidden(word)).cloned();
            let whose = if self.starts_command { Whose::Commands } else { Whose::Apps };
            let flags = parse(capture::texts(words)?, known, whose)?;
            match &order {
                Some(order) if order.watched => signals::end_with_driver()?,
                Some(order) => signals::end_with_parent(order.parent),
                None => {}
            }
            // Who asks for help may not know yet what is wrong.
            let values = match own {
                Some(own) if flags.help.is_none() => Some((own.read)(&flags.own)?),
                _ => None,
            };
            Ok((flags, (order, task, alone), values))
        });
        let (flags, order, values) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => return Finished::without_jobs(console.write(Output::failure(&error, console.err))),
        };
        self.answer(world, flags, arguments, order, values).unwrap_or_else(|error| {
            // The command line was understood: from here on there is one status for all that can go wrong.
            let status = crate::app::output::Status::Failure;
            Finished::without_jobs(console.write(Output { status, ..Output::failure(&error, console.err) }))
        })
    }

    fn answer(
        &self,
        world: World,
        flags: Flags,
        arguments: Vec<OsString>,
        (order, task, alone): (Option<Order>, Option<Task>, Option<Alone>),
        values: Option<OwnValues>,
    ) -> Result<Finished> {
        let console = world.console.clone();
        let print = |output: Output| Finished::without_jobs(console.write(output));
        if flags.help == Some(Help::Version) {
            return Ok(print(Output::success(
                format!("{} {}\n", self.name, self.version).replace(" \n", "\n"),
            )));
        }
        let help = flags.help;
        // What is wrong with the flags themselves is wrong usage, as where they are read.
        let refused = |error: Error| Ok(print(Output::failure(&error, console.err)));
        let ask = match flags.asked() {
            _ if help.is_some() => Ask::Run,
            Ok(ask) => ask,
            // As Hydra has it, flags that exclude each other are no wrong usage.
            Err(error) => return Err(error),
        };
        if ask == Ask::Completion {
            return shell_completion(self, &world, &flags).map_or_else(refused, |output| Ok(print(output)));
        }
        if flags.resume.is_some() && order.is_none() && task.is_none() && help.is_none() {
            return resume(self, world, &flags, &ask, arguments);
        }
        if help.is_some() || matches!(ask, Ask::Schema(_) | Ask::SchemaFile | Ask::Template) {
            return describe(self, world, flags, arguments, order, ask).map(print);
        }
        let session = Session { own: values, alone, ..Session::open(self, world, flags, arguments, order)? };
        if let Some(task) = task {
            return multirun::work_on_slurm(&session, task);
        }
        Ok(match ask {
            Ask::Show(shown) => print(show::config(&session, shown)?),
            Ask::Info(topic) => print(info::info(&session, topic)?),
            Ask::Explain(keys) => print(show::explain(&session, &keys)?),
            Ask::Multirun | Ask::Run if session.order.is_some() => {
                let finished = multirun::work(&session);
                signals::leave();
                finished?
            }
            Ask::Multirun | Ask::Run if session.composer.facts().cwd.to_str().is_none() => {
                let cwd = session.composer.facts().cwd.display().to_string();
                let error = Error::new(
                    ErrorKind::Io,
                    format!("the name of the working directory, `{cwd}`, is no UTF-8"),
                );
                return Err(error
                    .note("configs and records hold names as text")
                    .help("run it in another one"));
            }
            Ask::Multirun | Ask::Run
                if session.flags.force && (ask == Ask::Multirun || session.is_multirun()?) =>
            {
                let error = Error::new(ErrorKind::Usage, "`--force` goes with `--resume`");
                return refused(error.help("a new sweep needs none"));
            }
            Ask::Multirun => multirun::run(&session)?,
            Ask::Run | Ask::Completion | Ask::Schema(_) | Ask::SchemaFile | Ask::Template => {
                match session.is_multirun()? {
                    true => multirun::run(&session)?,
                    false => {
                        if let Err(error) = session.flags.of_one_job() {
                            return refused(error);
                        }
                        job::run(&session)?
                    }
                }
            }
        })
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .field("configs", &self.configs)
            .field("config_name", &self.config_name)
            .finish_non_exhaustive()
    }
}
