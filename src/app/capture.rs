//! The only reader of environment, working directory, clock and terminal.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, IsTerminal, Read as _};
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result, Style};
use crate::facts::{Clock, Environment, Facts, Now, Process};

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

/// What `TZ` says, which the clock of this process goes by.
#[expect(clippy::disallowed_methods, reason = "the clock goes by it, too")]
pub(crate) fn time_zone() -> Option<String> {
    env::var("TZ").ok()
}

/// The arguments behind the program's name.
pub(crate) fn raw_arguments() -> impl Iterator<Item = OsString> {
    env::args_os().skip(1)
}

/// The name by which the program was called.
pub(crate) fn called() -> Option<OsString> {
    env::args_os().next()
}

/// The name by which the program was called, without folders.
pub(crate) fn program_name() -> Option<String> {
    let name = PathBuf::from(called()?);
    name.file_name()?.to_str().map(str::to_owned)
}

/// This process, and a clock. `facts` are those of the same start.
pub fn process(facts: &Facts) -> Process {
    process_of(facts, env::current_exe().ok())
}

/// The same, where the program's own file is known.
#[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
pub(crate) fn process_of(facts: &Facts, program: Option<PathBuf>) -> Process {
    let clock = Clock::new(|| chrono::Local::now().fixed_offset());
    let line = |path: &str| String::from_utf8(told_by_system(path)).ok().map(|text| text.trim().to_owned());
    let named = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| facts.env.get(name));
        values.find(|value| !value.is_empty()).map(str::to_owned)
    };
    let host =
        hostname().or_else(|| named(&["HOSTNAME", "COMPUTERNAME"])).unwrap_or_else(|| "localhost".to_owned());
    #[cfg(unix)]
    let parent = Some(std::os::unix::process::parent_id());
    #[cfg(not(unix))]
    let parent = None;
    Process {
        id: std::process::id(),
        parent,
        host,
        boot: line("/proc/sys/kernel/random/boot_id").filter(|boot| !boot.is_empty()),
        user: named(&["USER", "LOGNAME", "USERNAME"]).or_else(user),
        arguments: env::args_os().map(|text| text.to_string_lossy().into_owned()).collect(),
        program: program.map(|path| without_deleted(&path)),
        random: random(),
        clock,
    }
}

/// What this machine calls the user of the process, where no variable does, as in a container.
#[cfg(unix)]
fn user() -> Option<String> {
    let id = rustix::process::getuid().as_raw().to_string();
    let known = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut entries = known.lines().map(|line| line.split(':'));
    entries.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn user() -> Option<String> {
    None
}

/// What stands in a file that the system makes when it is read: it gives all of it to one read. Nothing if it has no such file.
pub(crate) fn told_by_system(path: &str) -> Vec<u8> {
    let mut text = vec![0; 1024];
    let read = File::open(path).and_then(|mut file| file.read(&mut text)).unwrap_or(0);
    text.truncate(read);
    text
}

/// What the system calls the machine, if it has a name.
#[cfg(unix)]
fn hostname() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(not(unix))]
fn hostname() -> Option<String> {
    None
}

/// Linux says ` (deleted)` behind the path of a program that was built anew since it was started.
fn without_deleted(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    text.strip_suffix(" (deleted)").map_or_else(|| path.to_owned(), PathBuf::from)
}

/// Bytes that nobody else draws. The standard library keys its hashes with randomness of the system, another key each
/// time: what comes out tells neither the key nor the next one.
#[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
pub(crate) fn random() -> [u8; 10] {
    let draw = || RandomState::new().hash_one(std::process::id()).to_le_bytes();
    let (first, second) = (draw(), draw());
    std::array::from_fn(|i| first.get(i).or_else(|| second.get(i - first.len())).copied().unwrap_or(0))
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
    // Linux names the file itself, and no link to it.
    let resolved = if cfg!(target_os = "linux") { None } else { file.canonicalize().ok() };
    Some(resolved.unwrap_or(file))
}

/// How much time has gone by since the call.
#[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
pub(crate) fn stopwatch() -> impl Fn() -> std::time::Duration {
    let start = std::time::Instant::now();
    move || start.elapsed()
}

/// Local time, for lines of a log.
#[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
pub(crate) fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

/// How to draw what goes to standard output and to standard error.
pub(crate) fn styles() -> (Style, Style) {
    #[expect(clippy::disallowed_methods, reason = "facts are captured here, and nowhere else")]
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    let style = |terminal: bool| if terminal && !plain { Style::Coloured } else { Style::Plain };
    (style(io::stdout().is_terminal()), style(io::stderr().is_terminal()))
}

/// How large a terminal is, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// What a terminal is taken for that does not say how large it is.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// How wide the terminal is that standard output goes to; `None` if it goes elsewhere.
pub(crate) fn columns() -> Option<usize> {
    io::stdout().is_terminal().then(|| size(io::stdout()).columns)
}

/// How large the terminal is that standard error goes to; `None` if it goes elsewhere.
pub(crate) fn screen() -> Option<Size> {
    io::stderr().is_terminal().then(|| size(io::stderr()))
}

#[cfg(unix)]
fn size(of: impl std::os::fd::AsFd) -> Size {
    let said = rustix::termios::tcgetwinsize(of).ok().filter(|said| said.ws_col > 0 && said.ws_row > 0);
    said.map_or(USUAL, |said| Size { columns: said.ws_col.into(), rows: said.ws_row.into() })
}

#[cfg(not(unix))]
fn size<T>(_: T) -> Size {
    USUAL
}

/// A path of the user as an absolute one.
pub(crate) fn absolute(facts: &Facts, path: &str) -> PathBuf {
    facts.cwd.join(path.strip_prefix("file://").unwrap_or(path))
}
