//! What is said at the end of a sweep.

use std::path::Path;

use crate::app::program::job::shown;
use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind};
use crate::drive::{Limit, Stopped, Summary};

/// So many failures are listed.
const LISTED: usize = 20;

/// Says which jobs have failed, why the sweep ended before its last job, and how it goes on.
pub(super) fn tell(session: &Session<'_>, summary: &Summary, directory: &Path, jobs: u64) {
    let cwd = &session.composer.facts().cwd;
    if summary.failed == 0 && summary.stopped.is_none() && summary.broken.is_none() {
        return;
    }
    let place = shown(directory, cwd).display();
    let message = match (&summary.stopped, summary.failed) {
        (Some(Stopped::Asked(_)), _) => format!("the sweep in `{place}` was interrupted"),
        (_, 1) => format!("1 of {jobs} jobs failed"),
        (_, failed) => format!("{failed} of {jobs} jobs failed"),
    };
    let mut error = match &summary.broken {
        // What is wrong with the sweep itself comes first.
        Some(broken) if summary.failed > 0 => broken.clone().note(message),
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
    if summary.failed > LISTED as u64 {
        error = error.note(format!("and {} more", summary.failed - LISTED as u64));
    }
    let ended = summary.completed + summary.kept + summary.failed;
    let rest = jobs.saturating_sub(ended);
    match summary.stopped {
        Some(Stopped::Failures(limit)) => {
            error = error.note(format!("the sweep was stopped: {limit}; {rest} jobs were not run"));
            if let Limit::First(_) = limit {
                error =
                    error.help("`mainstem.sweep.first_failures=null` runs all jobs whatever comes of them");
            }
        }
        None if summary.broken.is_none() => {}
        Some(Stopped::Asked(_)) | None => {
            error = error.note(format!("{rest} of {jobs} jobs have not ended"));
        }
    }
    error = error.help(format!("`--resume {place}` goes on"));
    session.console.complain(&error.render(session.console.err));
}
