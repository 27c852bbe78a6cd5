//! A search whose jobs report nothing, so that none can be stopped early.

use std::path::{Path, PathBuf};

use crate::app::program::multirun::host::Base;
use crate::app::program::reporting::NAME;
use crate::app::sweep::{REPORTS, Searched};
use crate::diag::{Error, ErrorKind};
use crate::drive::{FOLDER, Verdict};
use crate::run::Status;
use crate::sweep::Goals;

/// So many jobs that say nothing are no chance.
const FIRST: u64 = 3;

/// A pruner that has heard nothing yet.
#[derive(Debug)]
pub(super) struct Unheard {
    reports: PathBuf,
    /// After so many more jobs it is told.
    left: u64,
    all: u64,
    /// What a value that is reported is called.
    name: String,
}

impl Unheard {
    /// Of the search in a directory; none without a pruner, or if a job has reported before.
    pub(super) fn of(search: &Searched, goals: &Goals, directory: &Path) -> Option<Self> {
        search.asked.pruning?;
        let reports = directory.join(FOLDER).join(REPORTS);
        let all = FIRST.min(search.asked.trials);
        let name = goals.first().metric.clone().unwrap_or_else(|| NAME.to_owned());
        let unheard = Self { reports, left: all, all, name };
        (!unheard.has_heard()).then_some(unheard)
    }

    fn has_heard(&self) -> bool {
        self.reports.read_dir().is_ok_and(|mut files| files.next().is_some())
    }
}

impl Base<'_> {
    /// Takes in that a job has ended, and tells once that the first ones have reported nothing.
    pub(super) fn listen(&mut self, verdict: &Verdict) {
        let Some(unheard) = &mut self.unheard else { return };
        if verdict.status != Status::Completed {
            return;
        }
        if verdict.stopped.is_some() || unheard.has_heard() {
            self.unheard = None;
            return;
        }
        unheard.left = unheard.left.saturating_sub(1);
        if unheard.left > 0 {
            return;
        }
        let first =
            if unheard.all == 1 { "job has".to_owned() } else { format!("{} jobs have", unheard.all) };
        let message = format!("the first {first} reported nothing, so the pruner stops none");
        let warning = Error::new(ErrorKind::Sweep, message);
        let help = if self.session.app.starts_command {
            let line = format!("{{\"name\": \"{}\", \"value\": 0.5, \"step\": 1}}", unheard.name);
            format!("let the command add lines such as `{line}` to the file that `MAINSTEM_METRICS` names")
        } else {
            "let the job call `run.report(step, value)?`, and end when it says so".to_owned()
        };
        self.session.warn(&[warning.help(help)]);
        self.unheard = None;
    }
}
