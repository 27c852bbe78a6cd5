//! What was typed. Hydra's flags have one dash and two letters (`-cn`), may stand before, between and after
//! overrides, and overrides may hold nearly every character: so the arguments are read here, by a table.

use std::iter::Peekable;

use crate::app::complete::{Face, Holds};
use crate::app::help;
use crate::app::hydra_flags::{Instead, instead};
use crate::app::runs::another_name;
use crate::diag::{Error, ErrorKind, Result, did_you_mean, shell_word};

/// A command of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Compose,
    Explain,
    Defaults,
    Check,
    ParseOverrides,
    Jobs,
    Completion,
}

impl Command {
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("compose", Self::Compose),
        ("explain", Self::Explain),
        ("defaults", Self::Defaults),
        ("check", Self::Check),
        ("parse-overrides", Self::ParseOverrides),
        ("jobs", Self::Jobs),
        ("completion", Self::Completion),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, command)| *command == self).map_or("", |(name, _)| name)
    }

    /// How results can be printed; the first is the default.
    fn formats(self) -> &'static [Format] {
        match self {
            Self::Compose => &[Format::Yaml, Format::Json],
            Self::Defaults => &[Format::Table, Format::Tree, Format::Json],
            Self::Explain | Self::Check | Self::ParseOverrides | Self::Jobs | Self::Completion => {
                &[Format::Text, Format::Json]
            }
        }
    }
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Yaml,
    Json,
    Tree,
    Table,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Tree => "tree",
            Self::Table => "table",
        }
    }
}

/// What the program is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Help(Option<Command>),
    Version,
    Run(Box<Args>),
}

/// A command with its flags and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) command: Command,
    pub(crate) format: Format,
    pub(crate) config_path: Option<String>,
    pub(crate) config_dirs: Vec<String>,
    pub(crate) config_name: Option<String>,
    pub(crate) package: Option<String>,
    pub(crate) schema: Option<String>,
    /// The Python program to complete.
    pub(crate) script: Option<String>,
    /// Who asks for completions.
    pub(crate) query: Option<String>,
    pub(crate) maps: Vec<String>,
    pub(crate) declared: Vec<String>,
    pub(crate) max_batch_size: Option<usize>,
    pub(crate) resolve: bool,
    pub(crate) multirun: bool,
    pub(crate) choices: bool,
    pub(crate) hydra: bool,
    pub(crate) deny_warnings: bool,
    pub(crate) verbose: bool,
    /// What is no flag, in order: overrides, keys, directories.
    pub(crate) words: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    ConfigDir,
    ConfigPath,
    ConfigName,
    Package,
    Map,
    Declare,
    Schema,
    For,
    Query,
    Format,
    MaxBatchSize,
    Deny,
    Resolve,
    Multirun,
    Choices,
    Hydra,
    Verbose,
    Help,
    Version,
}

/// Long name, short name, flag, whether it takes a value, the commands that know it (none: all).
type Row = (&'static str, &'static str, Flag, bool, &'static [Command]);

const SOURCES: &[Command] = &[
    Command::Compose,
    Command::Explain,
    Command::Defaults,
    Command::Check,
    Command::Jobs,
    Command::Completion,
];

const FLAGS: &[Row] = &[
    ("--config-dir", "-cd", Flag::ConfigDir, true, SOURCES),
    ("--config-path", "-cp", Flag::ConfigPath, true, SOURCES),
    ("--config-name", "-cn", Flag::ConfigName, true, SOURCES),
    ("--package", "-p", Flag::Package, true, &[Command::Compose]),
    ("--map", "", Flag::Map, true, SOURCES),
    ("--declare", "", Flag::Declare, true, SOURCES),
    ("--schema", "", Flag::Schema, true, SOURCES),
    ("--for", "", Flag::For, true, &[Command::Completion]),
    ("--query", "", Flag::Query, true, &[Command::Completion]),
    ("--format", "", Flag::Format, true, &[]),
    ("--max-batch-size", "", Flag::MaxBatchSize, true, &[Command::Jobs]),
    ("--deny", "", Flag::Deny, true, &[Command::Check]),
    ("--resolve", "", Flag::Resolve, false, &[Command::Compose]),
    (
        "--multirun",
        "-m",
        Flag::Multirun,
        false,
        &[Command::Compose, Command::Explain, Command::Defaults, Command::Jobs],
    ),
    ("--choices", "", Flag::Choices, false, &[Command::Compose]),
    ("--hydra", "", Flag::Hydra, false, &[Command::Compose, Command::Defaults]),
    ("--verbose", "-v", Flag::Verbose, false, &[Command::Check]),
    ("--help", "-h", Flag::Help, false, &[]),
    ("--version", "", Flag::Version, false, &[]),
];

/// The names of the flags that a command knows, long and short.
pub(crate) fn flags(command: Command) -> impl Iterator<Item = &'static str> {
    let known = FLAGS.iter().filter(move |row| row.4.is_empty() || row.4.contains(&command));
    known.flat_map(|row| [row.0, row.1]).filter(|name| !name.is_empty())
}

/// Reads the arguments behind the program's name.
///
/// # Errors
/// Wrong usage: everything that is wrong, at once.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Asked> {
    let mut arguments = arguments.into_iter().peekable();
    let Some(first) = arguments.next() else { return Ok(Asked::Help(None)) };
    let command = match first.as_str() {
        "--help" | "-h" => return Ok(Asked::Help(None)),
        "--version" | "-V" => return Ok(Asked::Version),
        "help" => {
            let command = arguments.next().map(|word| command(&word)).transpose()?;
            return Ok(Asked::Help(command));
        }
        name => command(name)?,
    };
    let mut reading = Reading::new(command);
    if let Some(asked) = reading.all(arguments) {
        return Ok(asked);
    }
    match Error::all(reading.errors) {
        None => Ok(Asked::Run(Box::new(reading.args))),
        Some(error) => Err(error),
    }
}

/// Reads what can be read of the arguments behind a command.
pub(crate) fn read(command: Command, arguments: impl IntoIterator<Item = String>) -> Args {
    let mut reading = Reading::new(command);
    // Help, too, may be asked for in the middle of a line.
    let _ = reading.all(arguments.into_iter().peekable());
    reading.args
}

/// The flags of a command as they are completed.
pub(crate) fn faces(command: Command) -> Vec<Face> {
    let known = FLAGS.iter().filter(|row| row.4.is_empty() || row.4.contains(&command));
    known
        .map(|&(long, short, flag, takes_value, _)| {
            let holds = match flag {
                _ if !takes_value => Holds::Nothing,
                Flag::ConfigDir | Flag::ConfigPath => Holds::Directory,
                Flag::ConfigName => Holds::ConfigName,
                Flag::Package => Holds::Key,
                Flag::Schema | Flag::For => Holds::File,
                Flag::Format => Holds::Words(command.formats().iter().map(|format| format.name()).collect()),
                Flag::Deny => Holds::Words(vec!["warnings"]),
                Flag::Query => Holds::Words(vec!["bash", "zsh", "fish", "lines"]),
                _ => Holds::Text,
            };
            Face {
                long: long.into(),
                short: short.into(),
                holds,
                about: help::about(help::text(Some(command)), long),
            }
        })
        .collect()
}

/// The error of a call that cannot be understood.
pub(crate) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message)
}

fn command(name: &str) -> Result<Command> {
    if let Some((_, command)) = Command::ALL.iter().find(|(known, _)| *known == name) {
        return Ok(*command);
    }
    let names: Vec<&str> = Command::ALL
        .iter()
        .map(|(known, _)| *known)
        .chain(help::OTHERS.iter().map(|(known, _)| *known))
        .collect();
    if let Some(Instead { help, .. }) = instead(name, None) {
        return Err(wrong(format!("`{name}` is a flag of Hydra's programs")).help(help));
    }
    if let Some(near) = did_you_mean(name, ["--version", "--help"]).filter(|_| name.starts_with("--")) {
        return Err(wrong(format!("there is no flag `{name}`")).help(format!("did you mean `{near}`?")));
    }
    if name.starts_with('-') || name.contains('=') {
        return Err(wrong(format!("expected a command first, found `{name}`"))
            .help(format!("type `mainstem compose {name} …`"))
            .help(format!("commands: {}", names.join(", "))));
    }
    let error = wrong(format!("there is no command `{name}`"));
    if let Some(of_runs) = another_name(name) {
        return Err(error.help(format!("did you mean `mainstem runs {of_runs}`?")));
    }
    Err(match did_you_mean(name, names.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("commands: {}", names.join(", "))),
    })
}

struct Reading {
    args: Args,
    errors: Vec<Error>,
}

impl Reading {
    /// Reads all of it. Returns what to do instead, if a flag says so.
    fn all(&mut self, mut arguments: Peekable<impl Iterator<Item = String>>) -> Option<Asked> {
        while let Some(word) = arguments.next() {
            if word == "--" {
                for word in arguments {
                    self.behind(&word);
                    self.args.words.push(word);
                }
                break;
            }
            match word.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => {
                    if let Some(asked) = self.flag(&word, &mut arguments) {
                        return Some(asked);
                    }
                }
                _ => self.args.words.push(word),
            }
        }
        None
    }

    fn new(command: Command) -> Self {
        let args = Args {
            command,
            format: command.formats().first().copied().unwrap_or(Format::Text),
            config_path: None,
            config_dirs: Vec::new(),
            config_name: None,
            package: None,
            schema: None,
            script: None,
            query: None,
            maps: Vec::new(),
            declared: Vec::new(),
            max_batch_size: None,
            resolve: false,
            multirun: false,
            choices: false,
            hydra: false,
            deny_warnings: false,
            verbose: false,
            words: Vec::new(),
        };
        Self { args, errors: Vec::new() }
    }

    /// No override can look like a flag, so a flag behind `--` stands on the wrong side.
    fn behind(&mut self, word: &str) {
        if !word.is_empty() && FLAGS.iter().any(|row| row.0 == word || row.1 == word) {
            self.errors
                .push(wrong(format!("the flag `{word}` stands behind `--`")).help("put it before `--`"));
        }
    }

    /// Takes a flag and its value. Returns what to do instead, if the flag says so.
    fn flag(&mut self, text: &str, more: &mut Peekable<impl Iterator<Item = String>>) -> Option<Asked> {
        let (name, attached) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let row = FLAGS.iter().find(|row| row.0 == name || row.1 == name);
        let Some(&(long, _, flag, takes_value, commands)) = row else {
            let next = more.peek().map(String::as_str);
            if let Some(Instead { help, takes_value }) = instead(name, attached.as_deref().or(next)) {
                if takes_value && attached.is_none() {
                    more.next();
                }
                self.errors.push(wrong(format!("`{name}` is a flag of Hydra's programs")).help(help));
                return None;
            }
            self.errors.push(self.unknown(name, attached.as_deref(), next));
            return None;
        };
        if !commands.is_empty() && !commands.contains(&self.args.command) {
            self.errors.push(wrong(format!("`{}` has no flag `{long}`", self.args.command.name())).help(
                format!(
                    "`{long}` belongs to {}",
                    commands.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ")
                ),
            ));
        }
        if !takes_value {
            if attached.is_some() {
                self.errors.push(
                    wrong(format!("`{long}` takes no value, found `{text}`")).help(format!("type `{long}`")),
                );
            }
            return self.switch(flag);
        }
        match attached.or_else(|| more.next()) {
            Some(value) => self.value(flag, value),
            None => self.errors.push(
                wrong(format!("`{name}` needs a value")).help(format!("type `{name} {}`", example(flag))),
            ),
        }
        None
    }

    fn switch(&mut self, flag: Flag) -> Option<Asked> {
        match flag {
            Flag::Help => return Some(Asked::Help(Some(self.args.command))),
            Flag::Version => return Some(Asked::Version),
            Flag::Resolve => self.args.resolve = true,
            Flag::Multirun => self.args.multirun = true,
            Flag::Choices => self.args.choices = true,
            Flag::Hydra => self.args.hydra = true,
            Flag::Verbose => self.args.verbose = true,
            _ => {}
        }
        None
    }

    fn value(&mut self, flag: Flag, value: String) {
        if value.is_empty() {
            let row = FLAGS.iter().find(|row| row.2 == flag).map_or("", |row| row.0);
            let message = format!("`{row}` needs a value, found empty text");
            self.errors.push(wrong(message).help(format!("type `{row} {}`", example(flag))));
            return;
        }
        let args = &mut self.args;
        match flag {
            Flag::ConfigDir => args.config_dirs.push(value),
            Flag::ConfigPath => args.config_path = Some(value),
            Flag::ConfigName => args.config_name = Some(value),
            Flag::Package => args.package = Some(value),
            Flag::Schema => args.schema = Some(value),
            Flag::For => args.script = Some(value),
            Flag::Query => args.query = Some(value),
            Flag::Map => args.maps.push(value),
            Flag::Declare => args.declared.extend(value.split(',').map(str::to_owned)),
            Flag::Format => match args.command.formats().iter().find(|format| format.name() == value) {
                Some(format) => args.format = *format,
                None => {
                    let names: Vec<_> = args.command.formats().iter().map(|format| format.name()).collect();
                    let message = format!("`{}` cannot print `{value}`", args.command.name());
                    self.errors.push(wrong(message).help(format!("formats: {}", names.join(", "))));
                }
            },
            Flag::MaxBatchSize => match value.parse() {
                Ok(size) if size > 0 => args.max_batch_size = Some(size),
                _ => self
                    .errors
                    .push(wrong(format!("`--max-batch-size` must be an integer from 1 on, found `{value}`"))),
            },
            Flag::Deny if value == "warnings" => args.deny_warnings = true,
            Flag::Deny => self.errors.push(wrong(format!("`--deny` knows `warnings` only, found `{value}`"))),
            _ => {}
        }
    }

    /// A flag that nobody knows: a slip, or an override in the manner of other programs.
    fn unknown(&self, name: &str, attached: Option<&str>, next: Option<&str>) -> Error {
        let error = wrong(format!("there is no flag `{name}`"));
        let key = name.trim_start_matches('-');
        let names = flags(self.args.command);
        // Two dashes are common to all.
        let near = match name.strip_prefix("--") {
            Some(key) => did_you_mean(key, names.filter_map(|name| name.strip_prefix("--"))),
            None => did_you_mean(
                key,
                names.filter(|name| !name.starts_with("--")).filter_map(|name| name.strip_prefix('-')),
            ),
        };
        let dashes = &name[..name.len() - key.len()];
        let error = match near {
            Some(near) => error.help(format!("did you mean `{dashes}{near}`?")),
            None => error,
        };
        let value = match (attached, next) {
            (Some(value), _) => Some(value),
            (None, Some(next)) if !next.starts_with('-') && !next.contains('=') && near.is_none() => {
                Some(next)
            }
            _ => None,
        };
        match value {
            Some(value) if !key.is_empty() => {
                error.help(format!("an override has no dashes: {}", shell_word(&format!("{key}={value}"))))
            }
            _ if near.is_some() => error,
            _ => error.help(format!("`mainstem {} --help` shows all", self.args.command.name())),
        }
    }
}

fn example(flag: Flag) -> &'static str {
    match flag {
        Flag::ConfigDir | Flag::ConfigPath => "conf",
        Flag::ConfigName => "config",
        Flag::Package => "db.port",
        Flag::Map => "pkg://x.conf=DIR",
        Flag::Declare => "RESOLVER",
        Flag::Schema => "schema.json",
        Flag::For => "train.py",
        Flag::Query => "bash",
        Flag::Format => "json",
        Flag::MaxBatchSize => "8",
        Flag::Deny => "warnings",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &[&str]) -> Args {
        match parse(line.iter().map(|s| (*s).to_owned())) {
            Ok(Asked::Run(args)) => *args,
            other => panic!("{line:?}: {other:?}"),
        }
    }

    fn error(line: &[&str]) -> String {
        match parse(line.iter().map(|s| (*s).to_owned())) {
            Err(error) => format!("{error:#}"),
            other => panic!("{line:?}: {other:?}"),
        }
    }

    #[test]
    fn flags_stand_anywhere() {
        let a =
            args(&["compose", "a=1", "-cd", "x", "b=2", "--config-dir=y", "-cn=n", "-m", "--", "-c=3", "--"]);
        assert_eq!(a.config_dirs, ["x", "y"]);
        assert_eq!(a.config_name.as_deref(), Some("n"));
        assert!(a.multirun);
        assert_eq!(a.words, ["a=1", "b=2", "-c=3", "--"]);
    }

    #[test]
    fn every_mistake_is_told_with_what_to_type() {
        let told = error(&["compose", "--conifg-name", "--format", "toml", "--deny", "warnings", "-p"]);
        let expected = "\
error[usage]: there is no flag `--conifg-name`
  help: did you mean `--config-name`?

error[usage]: `compose` cannot print `toml`
  help: formats: yaml, json

error[usage]: `compose` has no flag `--deny`
  help: `--deny` belongs to check

error[usage]: `-p` needs a value
  help: type `-p db.port`
";
        assert_eq!(told, expected);
        assert!(error(&["copmose"]).contains("did you mean `compose`?"));
        assert!(error(&["db=pg"]).contains("type `mainstem compose db=pg …`"));
    }
}
