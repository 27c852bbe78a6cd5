//! The flags of a program: Hydra's, and a few more.

use std::num::NonZeroUsize;

use crate::app::argv::{Flag, Found, Takes, scan};
use crate::app::complete::{Face, Holds};
use crate::app::program::own::OwnFlag;
use crate::app::program::table;
use crate::diag::{Error, ErrorKind, Result};

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) ask: Vec<Ask>,
    pub(crate) resolve: bool,
    pub(crate) package: Option<String>,
    pub(crate) config_path: Option<String>,
    pub(crate) config_name: Option<String>,
    pub(crate) config_dirs: Vec<String>,
    pub(crate) env_files: Vec<String>,
    /// Resolvers that only the command knows.
    pub(crate) declared: Vec<String>,
    /// The schema file that says what the config of a command must be.
    pub(crate) schema_file: Option<String>,
    pub(crate) scratch: bool,
    /// How many jobs of a sweep run at a time.
    pub(crate) workers: Option<NonZeroUsize>,
    /// The sweep that is to go on: in that directory, or (empty) the one that is found.
    pub(crate) resume: Option<String>,
    /// Whether it goes on though something has changed.
    pub(crate) force: bool,
    /// Whether the jobs of the sweep are shown and not run.
    pub(crate) dry_run: bool,
    pub(crate) help: Option<Help>,
    pub(crate) overrides: Vec<String>,
    /// What is for the program's own flags.
    pub(crate) own: Vec<String>,
}

/// Whose flags a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A Python program's that uses Hydra.
    Hydras,
    /// A program's that is built on this library.
    Apps,
    /// `mainstem run`'s: all that there are.
    Commands,
}

/// A text to be printed instead of running, whatever else is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Help {
    App,
    Hydra,
    Version,
}

/// What is to be done. Only one of them can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Run,
    Multirun,
    Show(Shown),
    Info(Topic),
    Explain(Vec<String>),
    /// The JSON Schema of the primary config, or of another one, or of the options of a group.
    Schema(Option<String>),
    /// What the command checks configs by.
    SchemaFile,
    Template,
    Completion,
}

/// Which part of the config `--cfg` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Job,
    Hydra,
    All,
}

/// What `--info` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    All,
    Aliases,
    Config,
    Defaults,
    DefaultsTree,
    Plugins,
    SearchPath,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Help,
    HydraHelp,
    Version,
    Cfg,
    Resolve,
    Package,
    Run,
    Multirun,
    ShellCompletion,
    ConfigPath,
    ConfigName,
    ConfigDir,
    Info,
    Explain,
    Schema,
    SchemaFile,
    Template,
    EnvFile,
    Declare,
    Scratch,
    Jobs,
    Resume,
    Force,
    DryRun,
}

const SHOWN: &[&str] = &["job", "hydra", "all"];
const TOPICS: &[&str] = &["all", "aliases", "config", "defaults", "defaults-tree", "plugins", "searchpath"];

/// Long and short name, what stands behind it, and what the help says.
type Row = (Flag<Id>, &'static str);

const fn hydras(long: &'static str, short: &'static str, id: Id, takes: Takes, help: &'static str) -> Row {
    (Flag { long, short, id, takes, ours: false }, help)
}

const fn ours(long: &'static str, id: Id, takes: Takes, help: &'static str) -> Row {
    (Flag { long, short: "", id, takes, ours: true }, help)
}

const ROWS: &[Row] = &[
    hydras("--help", "-h", Id::Help, Takes::Nothing, "what the program is, its config groups and its config"),
    hydras("--hydra-help", "", Id::HydraHelp, Takes::Nothing, "this help"),
    hydras("--version", "", Id::Version, Takes::Nothing, "the program's version"),
    hydras("--cfg", "-c", Id::Cfg, Takes::OneOf(SHOWN), "print the config and do not run: job, hydra or all"),
    hydras("--resolve", "", Id::Resolve, Takes::Nothing, "with --cfg or --help: with ${...} resolved"),
    hydras("--package", "-p", Id::Package, Takes::Value("db"), "with --cfg: only the value at that key"),
    hydras("--run", "-r", Id::Run, Takes::Nothing, "run one job, as without any flag"),
    hydras(
        "--multirun",
        "-m",
        Id::Multirun,
        Takes::Nothing,
        "run a job for each combination: -m lr=0.1,0.01",
    ),
    hydras(
        "--shell-completion",
        "-sc",
        Id::ShellCompletion,
        Takes::Nothing,
        "install, uninstall or query completion",
    ),
    hydras("--config-path", "-cp", Id::ConfigPath, Takes::Value("conf"), "where the configs lie, from here"),
    hydras("--config-name", "-cn", Id::ConfigName, Takes::Value("config"), "the primary config"),
    hydras("--config-dir", "-cd", Id::ConfigDir, Takes::Value("more"), "one more directory of configs"),
    hydras("--info", "-i", Id::Info, Takes::Perhaps(TOPICS), "how the config comes about: all, defaults ..."),
    ours("--explain", Id::Explain, Takes::Value("db.port"), "who set a value, and who was overridden"),
    ours("--schema", Id::Schema, Takes::Maybe("model"), "JSON Schema for editors: of the config, or a group"),
    ours("--schema-file", Id::SchemaFile, Takes::Nothing, "the types, for `mainstem check --schema FILE`"),
    ours("--template", Id::Template, Takes::Nothing, "a YAML file with every field and what it is for"),
    ours(
        "--env-file",
        Id::EnvFile,
        Takes::Value("local.env"),
        "more environment variables, beside those of .env",
    ),
    ours("--scratch", Id::Scratch, Takes::Nothing, "run in a temporary directory and keep no record"),
    (
        Flag { long: "--jobs", short: "-j", id: Id::Jobs, takes: Takes::Value("4"), ours: true },
        "with --multirun: N jobs at a time, a process each",
    ),
    ours(
        "--resume",
        Id::Resume,
        Takes::Maybe("multirun/DIR"),
        "go on with a sweep: the latest, or that in DIR",
    ),
    ours("--force", Id::Force, Takes::Nothing, "with --resume: though configs or program have changed"),
    ours("--dry-run", Id::DryRun, Takes::Nothing, "with --multirun: show the jobs and run none"),
];

/// What a program of ours knows of itself, and a command cannot say.
const OF_COMMANDS: &[Row] = &[ours(
    "--declare",
    Id::Declare,
    Takes::Value("RESOLVER"),
    "resolvers that only the command knows: their values stay text",
)];

fn rows(whose: Whose) -> impl Iterator<Item = &'static Row> {
    let more = if whose == Whose::Commands { OF_COMMANDS } else { &[] };
    ROWS.iter().chain(more).filter(move |(flag, _)| whose != Whose::Hydras || !flag.ours)
}

/// Reads the arguments behind the program's name.
///
/// # Errors
/// Wrong usage: everything that is wrong, at once.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = String>,
    own: &[OwnFlag],
    whose: Whose,
) -> Result<Flags> {
    let (flags, errors) = read(arguments, own, whose);
    Error::all(errors).map_or(Ok(flags), Err)
}

/// Reads what can be read of the arguments, and what is wrong with the others.
pub(crate) fn read(
    arguments: impl IntoIterator<Item = String>,
    own: &[OwnFlag],
    whose: Whose,
) -> (Flags, Vec<Error>) {
    let table: Vec<Flag<Id>> = rows(whose).map(|(flag, _)| *flag).collect();
    let (found, mut errors) = scan(&table, own, arguments);
    let mut flags = Flags::default();
    let mut keys = Vec::new();
    for found in found {
        match found {
            Found::Word(word) => flags.overrides.push(word),
            Found::Own(word) => flags.own.push(word),
            Found::Switch(id) => match id {
                Id::Help => flags.help = flags.help.or(Some(Help::App)),
                Id::HydraHelp => flags.help = flags.help.or(Some(Help::Hydra)),
                Id::Version => flags.help = Some(Help::Version),
                Id::Resolve => flags.resolve = true,
                Id::Scratch => flags.scratch = true,
                Id::Force => flags.force = true,
                Id::DryRun => flags.dry_run = true,
                Id::Run => flags.ask(Ask::Run),
                Id::Multirun => flags.ask(Ask::Multirun),
                Id::SchemaFile => flags.ask(Ask::SchemaFile),
                Id::Template => flags.ask(Ask::Template),
                Id::ShellCompletion => flags.ask(Ask::Completion),
                _ => {}
            },
            Found::Value(id, value) => match id {
                Id::Cfg => flags.ask(Ask::Show(match value.as_str() {
                    "hydra" => Shown::Hydra,
                    "all" => Shown::All,
                    _ => Shown::Job,
                })),
                Id::Info => flags.ask(Ask::Info(match value.as_str() {
                    "aliases" => Topic::Aliases,
                    "config" => Topic::Config,
                    "defaults" => Topic::Defaults,
                    "defaults-tree" => Topic::DefaultsTree,
                    "plugins" => Topic::Plugins,
                    "searchpath" => Topic::SearchPath,
                    _ => Topic::All,
                })),
                Id::Explain => keys.push(value),
                // A command has no types to show: it is told them.
                Id::Schema if whose == Whose::Commands && value.ends_with(".json") => {
                    flags.schema_file = Some(value);
                }
                Id::Schema => flags.ask(Ask::Schema(Some(value).filter(|value| !value.is_empty()))),
                Id::Package => flags.package = Some(value),
                Id::ConfigPath => flags.config_path = Some(value),
                Id::ConfigName => flags.config_name = Some(value),
                Id::ConfigDir => flags.config_dirs.push(value),
                Id::EnvFile => flags.env_files.push(value),
                Id::Declare => flags.declared.extend(value.split(',').map(str::to_owned)),
                Id::Resume => flags.resume = Some(value),
                Id::Jobs => match value.parse() {
                    Ok(count) => flags.workers = Some(count),
                    Err(_) => {
                        let message = format!("`--jobs` must be a number from 1 on, found `{value}`");
                        errors.push(Error::new(ErrorKind::Usage, message));
                    }
                },
                _ => {}
            },
        }
    }
    if !keys.is_empty() {
        flags.ask(Ask::Explain(keys));
    }
    (flags, errors)
}

/// The flags as they are completed.
pub(crate) fn faces(whose: Whose) -> Vec<Face> {
    rows(whose)
        .map(|&(flag, about)| {
            let holds = match (flag.takes, flag.id) {
                (Takes::Nothing, _) => Holds::Nothing,
                (Takes::OneOf(words), _) => Holds::Words(words.to_vec()),
                (Takes::Perhaps(words), _) => Holds::Perhaps(words.to_vec()),
                (Takes::Value(_), Id::ConfigName) => Holds::ConfigName,
                (Takes::Value(_), Id::Package | Id::Explain) => Holds::Key,
                (Takes::Value(_), Id::EnvFile) => Holds::File,
                (Takes::Value(_), Id::Jobs) => Holds::Nothing,
                (Takes::Value(_), Id::Declare) => Holds::Text,
                (Takes::Value(_), _) => Holds::Directory,
                (Takes::Maybe(_), Id::Schema) if whose == Whose::Commands => Holds::File,
                (Takes::Maybe(_), Id::Schema) => Holds::Group,
                (Takes::Maybe(_), _) => Holds::Directory,
            };
            Face { long: flag.long.into(), short: flag.short.into(), holds, about: about.to_owned() }
        })
        .collect()
}

/// The flags and words among arguments, each flag by its long name.
pub(crate) fn names(arguments: impl IntoIterator<Item = String>) -> (Vec<Found<&'static str>>, Vec<Error>) {
    let named = |(flag, _): &Row| Flag {
        long: flag.long,
        short: flag.short,
        id: flag.long,
        takes: flag.takes,
        ours: flag.ours,
    };
    scan(&rows(Whose::Commands).map(named).collect::<Vec<_>>(), &[], arguments)
}

impl Flags {
    fn ask(&mut self, ask: Ask) {
        let same = |known: &Ask| std::mem::discriminant(known) == std::mem::discriminant(&ask);
        match self.ask.iter_mut().find(|known| same(known)) {
            Some(known) => *known = ask,
            None => self.ask.push(ask),
        }
    }

    /// Whether nothing is said that only a sweep can do.
    ///
    /// # Errors
    /// Such a flag.
    pub(crate) fn of_one_job(&self) -> Result<()> {
        let flags =
            [("--jobs", self.workers.is_some()), ("--dry-run", self.dry_run), ("--force", self.force)];
        let found = flags.into_iter().filter(|(_, is_there)| *is_there);
        let wrong = found.map(|(name, _)| {
            let error =
                Error::new(ErrorKind::Usage, format!("`{name}` is about sweeps, and this is one job"));
            error.help("add `--multirun`")
        });
        Error::all(wrong).map_or(Ok(()), Err)
    }

    /// The one thing to do.
    ///
    /// # Errors
    /// Flags that exclude each other.
    pub(crate) fn asked(&self) -> Result<Ask> {
        let wrong = |message: &str| Error::new(ErrorKind::Usage, message);
        match &*self.ask {
            [] if self.resolve => {
                Err(wrong("`--resolve` is about what is printed").help("add `--cfg job` or `--help`"))
            }
            [] => Ok(Ask::Run),
            [Ask::Show(shown)] => Ok(Ask::Show(*shown)),
            [_] if self.resolve => {
                Err(wrong("`--resolve` is about what is printed").help("use it with `--cfg job` or `--help`"))
            }
            [one] => Ok(one.clone()),
            _ => Err(wrong("these flags exclude each other: --run, --multirun, --cfg, --info, --explain, --schema, --schema-file, --template, --shell-completion")
                .help("take one of them")),
        }
    }
}

/// The flag of that name: its long name, what it does, and whose it is.
#[cfg(feature = "clap")]
pub(crate) fn known(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let (flag, help) = ROWS.iter().find(|(flag, _)| flag.long == name || flag.short == name)?;
    Some((flag.long, help, if flag.ours { "mainstem's" } else { "Hydra's" }))
}

/// All flags with what they do, a line each, and the line about overrides.
pub(crate) fn described() -> String {
    let name = |flag: &Flag<Id>| {
        let short = if flag.short.is_empty() { String::new() } else { format!("{}, ", flag.short) };
        let value = match flag.takes {
            Takes::Nothing => "",
            Takes::Perhaps(_) => " [TOPIC]",
            Takes::Maybe(_) if flag.id == Id::Resume => " [DIR]",
            Takes::Maybe(_) => " [GROUP]",
            Takes::OneOf(_) => " WHAT",
            Takes::Value(_) => match flag.id {
                Id::Package | Id::Explain => " KEY",
                Id::ConfigName => " NAME",
                Id::EnvFile => " FILE",
                Id::Jobs => " N",
                _ => " DIR",
            },
        };
        format!("{short}{}{value}", flag.long)
    };
    let rows = ROWS.iter().map(|(flag, help)| table::Row::Entry(name(flag), (*help).to_owned()));
    let change = "change the config: db=pg db.port=5432 +new=1 ~old".to_owned();
    let rows: Vec<table::Row> = rows.chain([table::Row::Entry("KEY=VALUE ...".to_owned(), change)]).collect();
    table::table(&rows).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(line: &str) -> Flags {
        parse(line.split_whitespace().map(str::to_owned), &[], Whose::Apps)
            .expect("a command line that is right")
    }

    #[test]
    fn one_thing_at_a_time() {
        assert_eq!(flags("a=1").asked().ok(), Some(Ask::Run));
        assert_eq!(flags("-c job -c all --resolve").asked().ok(), Some(Ask::Show(Shown::All)));
        assert_eq!(flags("-i").asked().ok(), Some(Ask::Info(Topic::All)));
        let keys = Ask::Explain(vec!["a".to_owned(), "b.c".to_owned()]);
        assert_eq!(flags("--explain a x=1 --explain=b.c").asked().ok(), Some(keys));
        for line in ["--cfg job -m", "-r -m", "-m --resolve", "--resolve"] {
            assert_eq!(flags(line).asked().map_err(|error| error.kind()), Err(ErrorKind::Usage), "{line}");
        }
    }

    #[test]
    fn every_flag_is_described_and_no_name_stands_twice() {
        let mut names: Vec<&str> = ROWS
            .iter()
            .flat_map(|(flag, _)| [flag.long, flag.short])
            .filter(|name| !name.is_empty())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        let text = described();
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
    }

    #[test]
    fn only_a_command_reads_a_schema_file() {
        let read = |whose| {
            parse(["--schema", "s.json"].map(str::to_owned), &[], whose)
                .expect("a command line that is right")
        };
        let flags = read(Whose::Commands);
        assert_eq!((flags.schema_file.as_deref(), flags.asked().ok()), (Some("s.json"), Some(Ask::Run)));
        let flags = read(Whose::Apps);
        assert_eq!(flags.schema_file, None);
        assert_eq!(flags.asked().ok(), Some(Ask::Schema(Some("s.json".to_owned()))));
    }

    #[test]
    fn only_a_command_has_resolvers_that_are_declared() {
        let words = || ["--declare=a,b", "--declare", "c"].map(str::to_owned);
        let flags = parse(words(), &[], Whose::Commands).map(|flags| flags.declared);
        assert_eq!(flags.ok(), Some(["a", "b", "c"].map(str::to_owned).to_vec()));
        let error = parse(words(), &[], Whose::Apps).err().map(|error| error.message().to_owned());
        assert_eq!(error.as_deref().map(|text| text.contains("--declare")), Some(true), "{error:?}");
        assert!(!described().contains("--declare"));
    }
}
