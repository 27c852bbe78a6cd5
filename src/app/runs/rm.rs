//! `mainstem runs rm`: runs that nobody needs any more.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use crate::app::args::wrong;
use crate::app::output::Output;
use crate::app::runs::args::Args;
use crate::app::runs::filter::Filter;
use crate::app::runs::find::Runs;
use crate::app::runs::logs::remove_logs;
use crate::app::runs::ls;
use crate::app::runs::view::View;
use crate::diag::{Error, Result, Style, shell_word, visible};
use crate::run::Found;

/// Removes the runs that are named, and those that a filter means.
///
/// # Errors
/// A word that is neither a run nor a filter; a filter where nobody can be asked.
pub(super) fn remove(args: &Args, runs: &Runs, err: Style) -> Result<Output> {
    // All are found before one goes, so that `last` is one run and a slip removes nothing.
    let (mut found, mut of_filters, mut broken) = (Vec::<Found>::new(), 0, Vec::new());
    for word in &args.words {
        let known = runs.find(word).or_else(|error| runs.unread(word).ok_or(error));
        let meant = match known {
            Ok(run) => vec![run],
            Err(error) if !asks(word) => return Err(error),
            Err(_) => {
                let (all, _) = runs.all()?;
                let all = if args.all { all } else { ls::without_attempts(all) };
                // A slip in a key means nothing, or everything.
                let slips = ls::slips(word, &all)?;
                if let Some(error) = Error::all(slips) {
                    return Err(error.note("nothing was removed"));
                }
                let meant = ls::filtered(word, all, &mut broken)?;
                of_filters += meant.len();
                meant.into_iter().map(|view| view.found).collect()
            }
        };
        for run in meant {
            if !found.iter().any(|known| known.folder == run.folder) {
                found.push(run);
            }
        }
    }
    if of_filters > 0 && !args.yes && !agreed(args, runs, &found)? {
        return Ok(Output { err: "nothing was removed\n".to_owned(), ..Output::success(String::new()) });
    }
    let mut text = String::new();
    let mut errors = Vec::new();
    for run in found {
        let mut tell = |removed: PathBuf| {
            let removed = removed.strip_prefix(&runs.facts.cwd).unwrap_or(&removed);
            text.push_str(&format!("removed {}\n", visible(&removed.display().to_string())));
        };
        let removed = run.remove(&runs.process).map(&mut tell);
        match removed.and_then(|()| remove_logs(&run)) {
            Ok(logs) => logs.into_iter().for_each(tell),
            Err(error) => errors.push(error),
        }
    }
    let output = Output::success(text).warn(&broken, err);
    Ok(match Error::all(errors) {
        None => output,
        Some(error) => output.and_failure(&error, err),
    })
}

/// Whether a word compares something: the name of a run that is not there is no filter.
fn asks(word: &str) -> bool {
    word.contains(['=', '<', '>', '~', ' ']) && Filter::parse(word).is_ok()
}

/// Asks whether all of them are to go.
fn agreed(args: &Args, runs: &Runs, found: &[Found]) -> Result<bool> {
    let count = if found.len() == 1 { "1 run".to_owned() } else { format!("{} runs", found.len()) };
    let words: Vec<_> = args.words.iter().map(|word| shell_word(word)).collect();
    let words = words.join(" ");
    let list = || {
        let views: Vec<View> = found.iter().cloned().map(View::new).collect();
        ls::text(&Args { columns: Vec::new(), ..args.clone() }, &views, &runs.facts.cwd, Style::Plain)
    };
    let typed = (format!("mainstem runs ls {words}"), format!("mainstem runs rm {words} --yes"));
    ask(&count, list, &typed)
}

/// Asks whether so many of something are to go, which are listed first. `typed`: the command that shows them, and the one
/// that removes them without a question.
///
/// # Errors
/// Nobody can be asked.
pub(crate) fn ask(
    count: &str,
    list: impl FnOnce() -> String,
    (shows, removes): &(String, String),
) -> Result<bool> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(wrong(format!("{count} would be removed, and nobody can be asked"))
            .help(format!("`{shows}` shows them"))
            .help(format!("`{removes}` removes them")));
    }
    let said = format!("{}remove {count}? [y/N] ", list());
    let mut answer = String::new();
    let asked = io::stderr().lock().write_all(said.as_bytes());
    let heard = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
    Ok(heard.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
