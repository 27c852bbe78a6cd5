//! The only reader of environment, working directory, clock and terminal.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::diag::{Error, ErrorKind, Result, Style};
use crate::facts::{Environment, Facts, Now};

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
    let text = |text: OsString| text.into_string().unwrap_or_else(|text| text.to_string_lossy().into_owned());
    let env: Environment = env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    let instant = chrono::Utc::now();
    let now = Now::when_asked(move || instant.with_timezone(&chrono::Local).naive_local());
    Ok(Facts { env, cwd, now })
}

/// The arguments behind the program's name. What is no Unicode cannot be an override.
///
/// # Errors
/// Such an argument.
pub fn arguments() -> Result<Vec<String>> {
    let read = |(i, argument): (usize, OsString)| {
        argument.into_string().map_err(|argument| {
            let shown = argument.to_string_lossy().into_owned();
            Error::new(ErrorKind::Usage, format!("argument {} is not UTF-8: `{shown}`", i + 1))
        })
    };
    env::args_os().skip(1).enumerate().map(read).collect()
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
