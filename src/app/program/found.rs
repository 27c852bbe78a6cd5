//! What can be said of a command before anything is made for it: that it is not there, and that it is told nothing.

use std::path::{Path, PathBuf};

use crate::app::program::advice::unread;
use crate::app::program::behind;
use crate::app::program::bound::Bound;
use crate::app::program::command::is_told_by_hydra;
use crate::app::program::placeholders::names;
use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind, Result, did_you_mean, shell_word};
use crate::durable::read_regular;
use crate::value::Kind;

/// Looks at the command of a program that starts one: once for a run, and for a sweep. `here` says that it is this machine
/// that starts it, `jobs` how often. What is suspicious is told.
///
/// # Errors
/// There is no such command; it has overrides of its own, which no record would tell; it is told nothing in a sweep, whose jobs
/// would all be the same.
pub(super) fn look(session: &Session<'_>, bound: &Bound, here: bool, jobs: u64) -> Result<()> {
    if !session.app.starts_command || session.order.is_some() || session.alone.is_some() {
        return Ok(());
    }
    if here && session.snapshot.is_none() {
        exists(session, bound)?;
    }
    let words = session.app.tail.get(1..).unwrap_or_default();
    let cwd = &session.composer.facts().cwd;
    if is_told_by_hydra(words, cwd)
        && let Some(error) = behind::check(words, cwd)
    {
        return Err(error);
    }
    let untold = untold(session, bound)?;
    // What has begun goes on as it began.
    if let Some(error) = untold.clone().filter(|_| jobs > 1 && session.resumed.is_none()) {
        return Err(error.note(format!("all {jobs} jobs of the sweep would be the same")));
    }
    let warnings: Vec<Error> = unread(session, bound).into_iter().chain(untold).collect();
    session.warn(&warnings);
    Ok(())
}

/// Whether the first word of the command can be started.
fn exists(session: &Session<'_>, bound: &Bound) -> Result<()> {
    let facts = session.composer.facts();
    let Some(program) = session.app.tail.get(1).and_then(|word| word.to_str()) else { return Ok(()) };
    let elsewhere = bound.select("hydra.job.env_set")?;
    let changes_path =
        elsewhere.is_some_and(|set| set.as_map().is_some_and(|set| set.get_str("PATH").is_some()));
    let (Some(path), false) = (facts.env.get("PATH"), program.contains('{') || changes_path) else {
        return Ok(());
    };
    let folders: Vec<PathBuf> = std::env::split_paths(path).map(|folder| facts.cwd.join(folder)).collect();
    let is_there = match program.contains('/') {
        true => facts.cwd.join(program).exists(),
        false => folders.iter().any(|folder| folder.join(program).is_file()),
    };
    if is_there || cfg!(windows) {
        return Ok(());
    }
    let error =
        Error::new(ErrorKind::NotFound, format!("cannot start `{program}`: there is no such command"));
    if program.contains('/') {
        return Err(error.note(format!("looked in `{}`", facts.cwd.display())));
    }
    if facts.cwd.join(program).is_file() {
        return Err(error.help(format!("a file beside you is typed `./{}`", shell_word(program))));
    }
    let entries = folders.iter().filter_map(|folder| folder.read_dir().ok()).flatten().flatten();
    let known: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    Err(match did_you_mean(program, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.note("looked in the directories of PATH"),
    })
}

/// What is said of a command that gets nothing of its config, as far as can be seen.
fn untold(session: &Session<'_>, bound: &Bound) -> Result<Option<Error>> {
    let (words, cwd) = (session.app.tail.get(1..).unwrap_or_default(), &session.composer.facts().cwd);
    let texts: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let reads = bound.select("mainstem.run.reads_config")?;
    let is_said = reads.is_some_and(|node| matches!(node.kind, Kind::Bool(true)));
    let reads_by_itself = texts.iter().any(|text| text.contains(VARIABLES) || mentions(&cwd.join(text)));
    if is_said || reads_by_itself || names(words).next().is_some() || is_told_by_hydra(words, cwd) {
        return Ok(None);
    }
    let is_own = |word: &&String| {
        let key = word.trim_start_matches(['+', '~']);
        !["hydra.", "hydra/", "mainstem."].iter().any(|start| key.starts_with(start))
    };
    let overrides: Vec<String> =
        session.flags.overrides.iter().filter(is_own).map(|word| shell_word(word).into_owned()).collect();
    let what = match (overrides.as_slice(), session.config_name()) {
        ([], None) => return Ok(None),
        ([], Some(_)) => "its config".to_owned(),
        (all, _) => format!("`{}`", all.join(" ")),
    };
    let typed: Vec<_> = texts.iter().map(|text| shell_word(text)).collect();
    let warning = Error::new(ErrorKind::Usage, format!("nothing tells the command {what}"))
        .help(format!(
            "type `-- {} {{flags}}`, and it gets each value as a flag: `--lr=0.1`",
            typed.join(" ")
        ))
        .help("`{lr}` is one value, `{config}` the path of all of them: `mainstem run --help` shows more")
        .help("a program that uses Hydra, behind a script of another name, takes `{hydra}` in place of `{flags}`")
        .help("a command that reads the file MAINSTEM_CONFIG by itself: `mainstem.run.reads_config=true`");
    Ok(Some(warning))
}

/// How the variables are called that tell a command of its run.
const VARIABLES: &str = "MAINSTEM_";

/// Whether a script asks for them.
fn mentions(path: &Path) -> bool {
    const LARGEST: u64 = 4 << 20;
    let asks = |bytes: Vec<u8>| bytes.windows(VARIABLES.len()).any(|part| part == VARIABLES.as_bytes());
    path.is_file() && read_regular(path, LARGEST).is_ok_and(asks)
}
