//! Flags of a program by clap (feature `clap`). Hydra's are taken out before clap sees anything, since it would read
//! `-cn config` as `-c n`.

use std::sync::Arc;

use ::clap::{ArgMatches, Args, Command, ValueHint};

use crate::app::complete::Holds;
use crate::app::program::app::{App, Function, Ready};
use crate::app::program::bound::Bound;
use crate::app::program::flags::known;
use crate::app::program::outcome::JobResult;
use crate::app::program::own::{OwnFlag, OwnFlags, OwnValues};
use crate::diag::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::typed::Config;
use crate::value::Text;

impl App {
    /// As [`App::new`], with flags of the program's own beside Hydra's: any type that derives `clap::Args` or
    /// `clap::Parser`. They may stand anywhere among the arguments, `--help` shows them, and every job gets them. A
    /// flag that Hydra has is refused when the program starts.
    ///
    /// ```
    /// use mainstem::app::{App, Bound, Sandbox};
    /// use mainstem::run::Run;
    /// #[derive(clap::Args)]
    /// struct Extra {
    ///     /// Train on the first batch alone.
    ///     #[arg(long)]
    ///     quick: bool,
    /// }
    /// let app = App::with_args("train", |_: &Bound, extra: Extra, _: &Run| assert!(extra.quick));
    /// let trial = Sandbox::new()?.run(&app, ["+lr=0.1", "--quick", "+seed=1"]);
    /// assert_eq!((trial.status().code(), trial.err()), (0, ""));
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn with_args<A: Args + 'static, R: JobResult>(
        name: impl Into<Text>,
        job: impl Fn(&Bound, A, &Run) -> R + Send + Sync + 'static,
    ) -> Self {
        let job = Arc::new(job);
        let ready = move |bound: &Bound, values: Option<&OwnValues>| -> Result<Ready> {
            let (job, bound, args) = (Arc::clone(&job), bound.clone(), args::<A>(values)?);
            Ok(Box::new(move |run| job(&bound, args, run).objectives()))
        };
        Self::with_own_flags::<A>(name.into(), Arc::new(ready)).returning::<R>()
    }

    /// As [`App::typed`], with flags of the program's own: see [`App::with_args`]. `#[mainstem::pipeline_main(args =
    /// Extra)]` writes this around a function.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use mainstem::app::{App, Maximize, Sandbox};
    /// use mainstem::run::Run;
    /// #[derive(clap::Args)]
    /// struct Extra {
    ///     #[arg(long, default_value_t = 1.0)]
    ///     scale: f64,
    /// }
    /// let job = |config: BTreeMap<String, f64>, extra: Extra, _: &Run| Maximize(config["lr"] * extra.scale);
    /// let app = App::typed_with_args("train", job);
    /// let trial = Sandbox::new()?.run(&app, ["--scale", "3", "+lr=0.5"]);
    /// assert_eq!(trial.jobs()[0].objectives()[0].value, 1.5);
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn typed_with_args<T: Config, A: Args + 'static, R: JobResult>(
        name: impl Into<Text>,
        job: impl Fn(T, A, &Run) -> R + Send + Sync + 'static,
    ) -> Self {
        let job = Arc::new(job);
        let ready = move |bound: &Bound, values: Option<&OwnValues>| -> Result<Ready> {
            let args = args::<A>(values)?;
            // As for `App::typed`: what holds components is read when the job begins.
            let (job, bound, checked) = (Arc::clone(&job), bound.clone(), bound.check::<T>("")?);
            Ok(Box::new(move |run| {
                let config = checked.map_or_else(|| bound.read::<T>(""), Ok)?;
                job(config, args, run).objectives()
            }))
        };
        Self::with_own_flags::<A>(name.into(), Arc::new(ready)).reading::<T>().returning::<R>()
    }

    fn with_own_flags<A: Args + 'static>(name: Text, function: Arc<Function>) -> Self {
        let mut app = Self::of(name, function);
        app.own = Some(own_flags::<A>);
        app
    }
}

fn command<A: Args>() -> Command {
    let command =
        Command::new("args").no_binary_name(true).disable_help_flag(true).disable_version_flag(true);
    // It would add a subcommand that nobody wrote.
    let command = command.disable_help_subcommand(true);
    A::augment_args(command.help_template("{options}"))
}

/// The flags of a type.
///
/// # Errors
/// What is no flag, and flags that are taken.
fn own_flags<A: Args>() -> Result<OwnFlags> {
    let mut command = command::<A>();
    command.build();
    let path = std::any::type_name::<A>();
    let called = path.rsplit_once("::").map_or(path, |(_, name)| name).to_owned();
    let mut errors = Vec::new();
    let mut flags = Vec::new();
    for arg in command.get_arguments() {
        let field = arg.get_id().to_string();
        if arg.is_positional() {
            let message = format!("`{field}` of {called} is no flag, and words are overrides");
            errors.push(
                Error::new(ErrorKind::Usage, message)
                    .help("make it a flag: `#[arg(long)]`, or a key of the config"),
            );
            continue;
        }
        let long = arg.get_long_and_visible_aliases().unwrap_or_default();
        let long = long.into_iter().chain(arg.get_aliases().unwrap_or_default());
        let short = arg.get_short_and_visible_aliases().unwrap_or_default();
        let names =
            long.map(|name| format!("--{name}")).chain(short.into_iter().map(|name| format!("-{name}")));
        let (least, most) = match (arg.get_action().takes_values(), arg.get_num_args()) {
            (false, _) => (0, 0),
            (true, Some(number)) => (number.min_values(), number.max_values()),
            (true, None) => (1, 1),
        };
        let holds = match arg.get_value_hint() {
            _ if most == 0 => Holds::Nothing,
            ValueHint::DirPath => Holds::Directory,
            ValueHint::AnyPath | ValueHint::FilePath => Holds::File,
            _ => Holds::Text,
        };
        flags.push(OwnFlag { field, names: names.collect(), least, most, holds });
    }
    for sub in command.get_subcommands() {
        let message = format!("`{}` of {called} is a subcommand, and words are overrides", sub.get_name());
        let help = "parse the subcommands yourself and run the program in them: `App::run`";
        errors.push(Error::new(ErrorKind::Usage, message).help(help));
    }
    errors.extend(flags.iter().flat_map(|flag| taken(flag, &called)));
    if let Some(error) = Error::all(errors) {
        return Err(error);
    }
    let help = command.render_help().to_string();
    Ok(OwnFlags { flags, help, read: read::<A> })
}

/// What is wrong with the names of a flag: Hydra has them, or we do.
fn taken(flag: &OwnFlag, called: &str) -> Vec<Error> {
    let taken = flag.names.iter().filter_map(|name| Some((name, known(name)?)));
    let told = |(name, (long, help, whose)): (&String, (&str, &str, &str))| {
        let message = format!("the flag `{name}` of {called} is {whose} `{long}`");
        let kind = if name.starts_with("--") { "long = \"…\"" } else { "short = '…'" };
        Error::new(ErrorKind::Usage, message)
            .note(format!("`{long}`: {help}"))
            .help(format!("give the field `{}` another name: `#[arg({kind})]`", flag.field))
    };
    taken.map(told).collect()
}

fn read<A: Args>(words: &[String]) -> Result<OwnValues> {
    match command::<A>().try_get_matches_from(words) {
        Ok(matches) => Ok(Arc::new(matches)),
        Err(error) => Err(told(&error)),
    }
}

fn args<A: Args>(values: Option<&OwnValues>) -> Result<A> {
    let matches = match values.and_then(|values| values.downcast_ref::<ArgMatches>()) {
        Some(matches) => A::from_arg_matches(matches),
        // A program that was called without any.
        None => A::from_arg_matches(&ArgMatches::default()),
    };
    matches.map_err(|error| told(&error))
}

/// A mistake that clap found, as all others are told.
fn told(error: &::clap::Error) -> Error {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("wrong flags");
    let mut told = Error::new(ErrorKind::Usage, first.strip_prefix("error: ").unwrap_or(first));
    for line in lines {
        if line.starts_with("Usage:") || line.starts_with("For more information") {
            continue;
        }
        told = match line.strip_prefix("tip: ") {
            Some(tip) => told.help(tip),
            None => told.note(line),
        };
    }
    told
}
