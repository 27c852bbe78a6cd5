//! `--dry-run`: the jobs as they would be typed, and what becomes of each.

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::output::{Status as Exit, unwritten};
use crate::app::program::bound::Bound;
use crate::app::program::finished::Finished;
use crate::app::program::job::shown as shown_path;
use crate::app::program::multirun::earlier::Taken;
use crate::app::program::multirun::host::{Base, shown};
use crate::app::program::multirun::slurm::{Board, Stands};
use crate::app::program::session::Session;
use crate::diag::Result;
use crate::drive::{Entry, Left, Policy, Progress, Standing, are_same};
use crate::facts::Process;
use crate::launch::slurm::Slurm;
use crate::run::Status;
use crate::sweep::{Job, Jobs};

/// What becomes of the jobs of a sweep that goes on.
pub(super) struct Outlook<'a> {
    base: Base<'a>,
    before: Progress,
    policy: &'a Policy,
    /// What the jobs changed that have begun.
    overrides: BTreeMap<u64, Vec<String>>,
    /// Those that were handed to Slurm, if any was.
    board: Option<Board>,
}

impl<'a> Outlook<'a> {
    /// What the journal and the records say, and Slurm's queue.
    ///
    /// # Errors
    /// One that cannot be read; Slurm does not answer.
    pub(super) fn new(
        base: Base<'a>,
        before: Progress,
        policy: &'a Policy,
        process: &Process,
    ) -> Result<Self> {
        let mut overrides = BTreeMap::new();
        Progress::each(&base.directory, |entry| {
            if let Entry::Started { job, overrides: said, .. } = entry {
                overrides.insert(*job, said.clone());
            }
        })?;
        let board = (!before.submissions.is_empty()).then(|| {
            let slurm = Slurm::new(&base.session.composer.facts().env);
            Board::of(&base.directory, &before, process, slurm)
        });
        if let Some(board) = &board {
            board.look_into_queue()?;
        }
        Ok(Self { base, before, policy, overrides, board })
    }

    /// What becomes of a job.
    fn of(&mut self, job: &Job) -> String {
        let shown = self.base.shown(job);
        let standing = match self.before.jobs.get(&job.index) {
            Some(_) if !self.overrides.get(&job.index).is_some_and(|was| are_same(was, &shown)) => None,
            Some(standing) => Some(standing.clone()),
            None => self.base.had(job).map(|(directory, _)| Standing::lost(directory)),
        };
        let Some(standing) = standing else { return "runs".to_owned() };
        let what = self.on_slurm(job.index, &standing).unwrap_or_else(|| self.here(job.index, &standing));
        match &standing.directory {
            Some(directory) => format!("{what}: {}", self.place(directory)),
            None => what.to_owned(),
        }
    }

    /// What becomes of a job by its record, and by who has its directory.
    fn here(&self, job: u64, standing: &Standing) -> &'static str {
        let left = match &standing.directory {
            Some(directory) if standing.status != Status::Completed => {
                self.base.look(job, directory, standing)
            }
            _ => Left::Nothing,
        };
        match left {
            Left::Running(_) => "still runs",
            Left::Ended(ended) => self.end_as(ended.status, standing),
            Left::Nothing => self.end(standing),
        }
    }

    /// What becomes of a job that was handed to Slurm, and has no end yet.
    fn on_slurm(&self, job: u64, standing: &Standing) -> Option<&'static str> {
        let board = self.board.as_ref().filter(|_| standing.status == Status::Running)?;
        Some(match board.stands(job)? {
            Stands::Waits => "waits in Slurm's queue",
            Stands::Runs => "still runs",
            Stands::Ended(record) => self.end_as(record.status(), standing),
            Stands::Gone if !board.has_begun(job) => "runs, has left Slurm's queue",
            Stands::Gone if board.fate(job).failed() => self.end_as(Status::Failed, standing),
            Stands::Gone => self.end(standing),
        })
    }

    fn end_as(&self, status: Status, standing: &Standing) -> &'static str {
        self.end(&Standing { status, again: false, ..standing.clone() })
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
