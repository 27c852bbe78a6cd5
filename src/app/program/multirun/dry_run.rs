//! `--dry-run`: the jobs as they would be typed, and what becomes of each.

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::output::{Status as Exit, unwritten};
use crate::app::program::bound::Bound;
use crate::app::program::finished::Finished;
use crate::app::program::job::shown as shown_path;
use crate::app::program::multirun::earlier::Taken;
use crate::app::program::multirun::host::{Base, shown};
use crate::app::program::session::Session;
use crate::diag::Result;
use crate::drive::{Entry, Left, Policy, Progress, Standing, are_same};
use crate::run::Status;
use crate::sweep::{Job, Jobs};

/// What becomes of the jobs of a sweep that goes on.
pub(super) struct Outlook<'a> {
    base: Base<'a>,
    before: Progress,
    policy: &'a Policy,
    /// What the jobs changed that have begun.
    overrides: BTreeMap<u64, Vec<String>>,
}

impl<'a> Outlook<'a> {
    /// What the journal and the records say.
    ///
    /// # Errors
    /// One that cannot be read.
    pub(super) fn new(base: Base<'a>, before: Progress, policy: &'a Policy) -> Result<Self> {
        let mut overrides = BTreeMap::new();
        Progress::each(&base.directory, |entry| {
            if let Entry::Started { job, overrides: said, .. } = entry {
                overrides.insert(*job, said.clone());
            }
        })?;
        Ok(Self { base, before, policy, overrides })
    }

    /// What becomes of a job.
    fn of(&mut self, job: &Job) -> String {
        let shown = self.base.shown(job);
        let standing = match self.before.jobs.get(&job.index) {
            Some(_) if !self.overrides.get(&job.index).is_some_and(|was| are_same(was, &shown)) => None,
            Some(standing) => Some(standing.clone()),
            None => self.base.had(job).map(Standing::lost),
        };
        let Some(standing) = standing else { return "runs".to_owned() };
        let left = match &standing.directory {
            Some(directory) if standing.status != Status::Completed => {
                self.base.look(job.index, directory, &standing)
            }
            _ => Left::Nothing,
        };
        let what = match left {
            Left::Running(_) => "still runs",
            Left::Ended(ended) => {
                self.end(&Standing { status: ended.status, again: false, ..standing.clone() })
            }
            Left::Nothing => self.end(&standing),
        };
        match &standing.directory {
            Some(directory) => format!("{what}: {}", self.place(directory)),
            None => what.to_owned(),
        }
    }

    fn end(&self, standing: &Standing) -> &'static str {
        match standing.status {
            Status::Completed => "completed",
            Status::Failed if standing.is_settled(self.policy) => "failed",
            Status::Failed => "runs again, has failed",
            _ => "runs again, had begun",
        }
    }

    fn place(&self, directory: &Path) -> String {
        let session = self.base.session;
        let place = session.absolute(self.base.directory.join(directory));
        shown_path(&place, &session.composer.facts().cwd).display().to_string()
    }
}

/// Shows the jobs, a line each, as they would be typed, and what is known of them.
pub(super) fn show(
    session: &Session<'_>,
    master: &Bound,
    jobs: &Jobs,
    taken: &[Taken],
    mut outlook: Option<Outlook<'_>>,
) -> Finished {
    let cwd = &session.composer.facts().cwd;
    let mut taken = taken.iter().peekable();
    let mut lines = jobs.iter().map(|job| {
        let known = match (taken.next_if(|run| run.job == job.index), &mut outlook) {
            (Some(run), _) => format!("  # completed: {}", shown_path(&run.directory, cwd).display()),
            (None, Some(outlook)) => format!("  # {}", outlook.of(&job)),
            (None, None) => String::new(),
        };
        format!("#{} : {}{known}\n", job.index, shown(master, &job).join(" "))
    });
    let said = lines.try_for_each(|line| session.console.say(&line));
    Finished::without_jobs(said.map_or_else(|error| unwritten(&error, Exit::Success), |()| Exit::Success))
}
