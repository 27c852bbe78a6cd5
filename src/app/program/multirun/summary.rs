//! What is said at the end of a sweep.

use std::path::Path;

use crate::app::program::job::shown;
use crate::app::program::multirun::tail::tail;
use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind, visible};
use crate::drive::{Limit, Stopped, Summary};
use crate::launch::OUTPUT;

/// So many failures are listed.
const LISTED: usize = 20;

/// Says which jobs have failed, why the sweep ended before its last job, and how it goes on.
/// `finds_nothing`: it is a search, and no job has returned what it looks for.
pub(super) fn tell(
    session: &Session<'_>,
    summary: &Summary,
    directory: &Path,
    jobs: u64,
    finds_nothing: bool,
) {
    let cwd = &session.composer.facts().cwd;
    let is_over = !matches!(summary.stopped, Some(Stopped::Asked(_) | Stopped::Failures(_)));
    let failed = summary.failed + summary.failed_before;
    if failed == 0 && is_over && summary.broken.is_none() {
        return;
    }
    let place = shown(directory, cwd).display();
    let message = match (&summary.stopped, failed) {
        (Some(Stopped::Asked(_)), _) => format!("the sweep in `{place}` was interrupted"),
        (_, 1) => format!("1 of {jobs} jobs failed"),
        (_, failed) => format!("{failed} of {jobs} jobs failed"),
    };
    let mut error = match &summary.broken {
        // What is wrong with the sweep itself comes first.
        Some(broken) if failed > 0 => broken.clone().note(message),
        Some(broken) => broken.clone(),
        None => Error::new(ErrorKind::Job, message),
    };
    for failure in summary.failures.iter().take(LISTED) {
        let mut line = format!("#{} {}: {}", failure.job, failure.overrides.join(" "), failure.error);
        if let Some(log) = &failure.log {
            line.push_str(&format!(" ({})", shown(&directory.join(log), cwd).display()));
        }
        error = error.note(line);
    }
    if failed > LISTED as u64 {
        error = error.note(format!("and {} more", failed - LISTED as u64));
    }
    let ended = summary.completed + summary.kept + failed;
    let rest = jobs.saturating_sub(ended);
    match summary.stopped {
        Some(Stopped::Failures(_)) if rest == 0 && summary.broken.is_none() => {}
        Some(Stopped::Failures(limit)) => {
            error = error.note(format!("the sweep was stopped: {limit}; {} not run", jobs_were(rest)));
            if let Limit::First(_) = limit {
                error =
                    error.help("`mainstem.sweep.first_failures=null` runs all jobs whatever comes of them");
            }
        }
        None if summary.broken.is_none() => {}
        Some(Stopped::Asked(_) | Stopped::Detached) | None => {
            error = error.note(format!("{rest} of {jobs} jobs have not ended"));
        }
    }
    // A search that looks for what its jobs do not return does so for ever.
    error = match &summary.broken {
        Some(broken) if broken.kind() == ErrorKind::Job && finds_nothing => {
            error.help(format!("`--resume {place} mainstem.search.metric=NAME` goes on, and looks for that"))
        }
        Some(broken) if broken.kind() == ErrorKind::Job => error.help(format!(
            "begin another one with what is known: `sweeps show {place} --format csv > known.csv`, and \
             `mainstem.search.from=known.csv`"
        )),
        _ if session.app.starts_command => error.help(format!("`mainstem run --resume {place}` goes on")),
        _ => error.help(format!("`--resume {place}` goes on")),
    };
    // A program of ours has said by its error what went wrong; of any other only its status is known.
    let mut text = if session.app.starts_command { ends(summary, directory, cwd) } else { String::new() };
    text.push_str(&error.render(session.console.err));
    session.console.complain(&text);
}

fn jobs_were(count: u64) -> String {
    match count {
        1 => "1 job was".to_owned(),
        count => format!("{count} jobs were"),
    }
}

/// The logs of so many failures are looked at.
const LOOKED_AT: usize = 3;

/// The ends of the first logs.
fn ends(summary: &Summary, directory: &Path, cwd: &Path) -> String {
    let mut text = String::new();
    for failure in summary.failures.iter().take(LOOKED_AT) {
        let Some(log) = failure.log.as_ref().filter(|log| log.ends_with(OUTPUT[1])) else { continue };
        let log = directory.join(log);
        let lines = tail(&log, &failure.error);
        if lines.is_empty() {
            continue;
        }
        let place = shown(&log, cwd).display().to_string();
        text.push_str(&format!("job {}, the end of {}:\n", failure.job, visible(&place)));
        lines.iter().for_each(|line| text.push_str(&format!("  | {line}\n")));
        text.push('\n');
    }
    text
}
