//! What the user of `mainstem run` is told of configs: where they are missing, and where nobody reads them.

use std::path::PathBuf;

use crate::app::program::bound::Bound;
use crate::app::program::command;
use crate::app::program::session::Session;
use crate::app::project;
use crate::app::registered::registered;
use crate::diag::{Error, ErrorKind, listed, shell_word};

/// An error of composing, with what to type.
pub(super) fn advised(session: &Session<'_>, error: Error) -> Error {
    if !session.app.starts_command {
        return error;
    }
    let dirs: Vec<PathBuf> =
        directories(session).map(|path| session.composer.facts().cwd.join(path)).collect();
    let error = project::without_directory(error, !dirs.is_empty(), session.composer.facts());
    match registered(error, &dirs) {
        (error, true) if session.config_name().is_some() && command::runs_hydra(session) => error.help(
            "or leave `-cn` away: then the program composes its config itself, of all that it registers",
        ),
        (error, _) => error,
    }
}

fn directories<'s>(session: &'s Session<'_>) -> impl Iterator<Item = &'s String> {
    session.flags.config_path.iter().chain(&session.flags.config_dirs)
}

/// That nothing is read from the directories that were named, since no config is.
pub(super) fn unread(session: &Session<'_>, bound: &Bound) -> Option<Error> {
    let dirs: Vec<&String> = directories(session).collect();
    if dirs.is_empty() || session.config_name().is_some() {
        return None;
    }
    let repository = bound.composed().selection().repository();
    let is_theirs = |provider: &str| matches!(provider, "main" | "command-line");
    let included = bound.composed().selection().included();
    let chooses = |word: &String| {
        let key = word.trim_start_matches(['+', '~']).split(['=', '@']).next().unwrap_or_default();
        key.contains('/') || repository.has_group(key).unwrap_or(true)
    };
    if included.iter().any(|one| is_theirs(&one.document.provider))
        || session.flags.overrides.iter().any(chooses)
    {
        return None;
    }
    let typed: Vec<String> = dirs.iter().map(|dir| format!("-cd {}", shell_word(dir))).collect();
    let message = format!("nothing is read from `{}`: no primary config is named", typed.join(" "));
    let error = Error::new(ErrorKind::Usage, message);
    let names = repository.options("").unwrap_or_default();
    let first = names.iter().find(|name| *name == "config").or(names.first());
    let error = match first {
        Some(first) => {
            error.note(format!("primary configs: {}", listed(&names))).help(format!("type `-cn {first}`"))
        }
        None => error.help("name it: `-cn NAME`"),
    };
    Some(match command::runs_hydra(session) {
        true => error.note("the program composes its config itself, of its own directory"),
        false => error,
    })
}
