//! The only reader of environment, working directory, clock and terminal.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::diag::{Error, ErrorKind, Result, Style};
use crate::facts::{Environment, Facts};

/// What the world looks like now. Text of the environment that is no Unicode is shown with replacement characters.
///
/// # Errors
/// The working directory does not exist any more.
#[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
pub fn facts() -> Result<Facts> {
    let cwd = env::current_dir().map_err(|error| {
        Error::new(ErrorKind::Io, format!("there is no working directory: {error}"))
            .help("go to another one: `cd ~`")
    })?;
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let env: Environment = env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    Ok(Facts { env, cwd, now: chrono::Local::now().naive_local() })
}

/// The arguments behind the program's name.
pub(crate) fn raw_arguments() -> impl Iterator<Item = OsString> {
    env::args_os().skip(1)
}

/// The arguments behind the program's name. What is no Unicode cannot be an override.
///
/// # Errors
/// Such an argument.
pub fn arguments() -> Result<Vec<String>> {
    texts(raw_arguments())
}

/// Arguments as texts.
///
/// # Errors
/// One that is no Unicode.
pub(crate) fn texts(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<String>> {
    let read = |(i, argument): (usize, OsString)| {
        argument.into_string().map_err(|argument| {
            let shown = argument.to_string_lossy().into_owned();
            Error::new(ErrorKind::Usage, format!("argument {} is not UTF-8: `{shown}`", i + 1))
        })
    };
    arguments.into_iter().enumerate().map(read).collect()
}

/// The program's own file; none if the system does not say it.
pub(crate) fn executable() -> Option<PathBuf> {
    let file = env::current_exe().ok()?;
    Some(file.canonicalize().unwrap_or(file))
}

/// Local time, for lines of a log.
#[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
pub(crate) fn now() -> chrono::NaiveDateTime {
    chrono::Local::now().naive_local()
}

/// How to draw what goes to standard output and to standard error.
pub(crate) fn styles() -> (Style, Style) {
    #[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    let style = |terminal: bool| if terminal && !plain { Style::Coloured } else { Style::Plain };
    (style(io::stdout().is_terminal()), style(io::stderr().is_terminal()))
}

/// A path of the user as an absolute one.
pub(crate) fn absolute(facts: &Facts, path: &str) -> PathBuf {
    facts.cwd.join(path.strip_prefix("file://").unwrap_or(path))
}
