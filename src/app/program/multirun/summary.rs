//! What is said at the end of a sweep.

use std::path::{Path, PathBuf};

use crate::app::program::console::Console;
use crate::app::program::job::shown;
use crate::app::program::multirun::tail::tail;
use crate::app::program::session::Session;
use crate::diag::{Error, ErrorKind, shell_word, visible};
use crate::drive::{Limit, Policy, Stopped, Summary};
use crate::launch::{Halt, OUTPUT};

/// So many failures are listed.
const LISTED: usize = 20;

/// What is said at the end of a sweep, by its driver or by who takes its signals.
#[derive(Clone, Debug)]
pub(super) struct LastWords {
    console: Console,
    cwd: PathBuf,
    /// The directory of the sweep.
    directory: PathBuf,
    /// How many jobs there are, or are at most.
    jobs: u64,
    policy: Policy,
    /// Whether its jobs are commands.
    starts_command: bool,
    /// Whether its jobs say themselves what goes wrong, where this process speaks.
    is_told: bool,
    /// The line that goes on with it.
    resumes: String,
}

impl LastWords {
    /// `is_told`: its jobs say themselves what goes wrong, where this process speaks.
    pub(super) fn of(
        session: &Session<'_>,
        directory: &Path,
        jobs: u64,
        policy: &Policy,
        is_told: bool,
    ) -> Self {
        Self {
            console: session.console.clone(),
            cwd: session.composer.facts().cwd.clone(),
            directory: directory.to_owned(),
            jobs,
            policy: policy.clone(),
            starts_command: session.app.starts_command,
            is_told,
            resumes: session.resumes(directory),
        }
    }

    /// Says which jobs have failed, why the sweep ended before its last job, and how it goes on.
    /// `finds_nothing`: it is a search, and no job has returned what it looks for.
    pub(super) fn say(&self, summary: &Summary, finds_nothing: bool) {
        self.console.complain(&self.text(summary, finds_nothing));
    }

    /// What is to be said of a sweep that a signal ends at once, by its journal.
    pub(super) fn of_interrupted(&self, how: Halt) -> String {
        // A journal that cannot be read is told by who goes on.
        let summary = Summary::of_journal(&self.directory, &self.policy, Stopped::Asked(how));
        summary.map(|summary| self.text(&summary, false)).unwrap_or_default()
    }

    fn text(&self, summary: &Summary, finds_nothing: bool) -> String {
        let is_over = !matches!(summary.stopped, Some(Stopped::Asked(_) | Stopped::Failures(_)));
        let failed = summary.failed + summary.failed_before;
        if failed == 0 && is_over && summary.broken.is_none() {
            return String::new();
        }
        let error = self.failures(summary, failed);
        let error = self.rest(error, summary, failed);
        let error = self.advice(error, summary, finds_nothing);
        // A program of ours has said by its error what went wrong; of any other only its status is known.
        let mut text = if self.starts_command && !self.is_told {
            ends(summary, &self.directory, &self.cwd)
        } else {
            String::new()
        };
        text.push_str(&error.render(self.console.err));
        text
    }

    /// What went wrong with the sweep, and in which jobs.
    fn failures(&self, summary: &Summary, failed: u64) -> Error {
        let (directory, cwd, jobs) = (&self.directory, &self.cwd, self.jobs);
        let message = match (&summary.stopped, failed) {
            (Some(Stopped::Asked(_)), _) => {
                format!("the sweep in `{}` was interrupted", shown(directory, cwd).display())
            }
            (_, 1) => format!("1 of {jobs} jobs failed"),
            (_, failed) => format!("{failed} of {jobs} jobs failed"),
        };
        let mut error = match &summary.broken {
            // What is wrong with the sweep itself comes first.
            Some(broken) if failed > 0 => broken.clone().note(message),
            Some(broken) => broken.clone(),
            None => Error::new(ErrorKind::Job, message),
        };
        for (nth, failure) in summary.failures.iter().enumerate().take(LISTED) {
            let mut line = format!("#{} {}", failure.job, failure.overrides.join(" "));
            // Those from before come first.
            if !self.is_told || (nth as u64) < summary.failed_before {
                line.push_str(&format!(": {}", failure.error));
            }
            if let Some(log) = &failure.log {
                line.push_str(&format!(" ({})", shown(&directory.join(log), cwd).display()));
            }
            error = error.note(line);
        }
        if failed > LISTED as u64 {
            error = error.note(format!("and {} more", failed - LISTED as u64));
        }
        error
    }

    /// How many jobs have not run, and why.
    fn rest(&self, error: Error, summary: &Summary, failed: u64) -> Error {
        let jobs = self.jobs;
        let rest = jobs.saturating_sub(summary.completed + summary.kept + failed);
        match summary.stopped {
            Some(Stopped::Failures(_)) if rest == 0 && summary.broken.is_none() => error,
            Some(Stopped::Failures(limit)) => {
                let error =
                    error.note(format!("the sweep was stopped: {limit}; {} not run", jobs_were(rest)));
                match limit {
                    Limit::First(_) => error
                        .help("`mainstem.sweep.first_failures=null` runs all jobs whatever comes of them"),
                    _ => error,
                }
            }
            None if summary.broken.is_none() => error,
            Some(Stopped::Asked(_) | Stopped::Detached) | None => {
                error.note(format!("{rest} of {jobs} jobs have not ended"))
            }
        }
    }

    /// What to type.
    fn advice(&self, error: Error, summary: &Summary, finds_nothing: bool) -> Error {
        let place = shown(&self.directory, &self.cwd).to_string_lossy();
        let (place, goes_on) = (shell_word(&place), &self.resumes);
        match &summary.broken {
            // A search that looks for what its jobs do not return does so for ever.
            Some(broken) if broken.kind() == ErrorKind::Job && finds_nothing => {
                error.help(format!("`{goes_on} mainstem.search.metric=NAME` goes on, and looks for that"))
            }
            Some(broken) if broken.kind() == ErrorKind::Job => error.help(format!(
                "begin another one with what is known: `mainstem sweeps show {place} --format csv > known.csv`, and \
                 `mainstem.search.from=known.csv`"
            )),
            _ => error.help(format!("`{goes_on}` goes on")),
        }
    }
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
