//! The program as the driver of its sweep sees it: what is the same however its jobs run, around what is not.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::app::program::multirun::host::{Base, failure};
use crate::diag::Result;
use crate::drive::{Host, Left, Policy, Prepared, Standing, Verdict};
use crate::run::Status;
use crate::sweep::Job;

/// One way in which jobs run.
pub(super) trait Way {
    type Task;
    type End;

    /// As [`Host::prepare`].
    fn prepare(
        &mut self,
        base: &mut Base<'_>,
        job: &Job,
        attempt: u32,
        before: Option<&Path>,
    ) -> Result<Prepared<Self::Task>>;

    /// As [`Host::judge`].
    fn judge(&mut self, base: &Base<'_>, job: u64, end: Self::End) -> Verdict;

    /// As [`Host::gave_up`].
    fn gave_up(&mut self, _: u64) {}

    /// As [`Host::look`].
    fn look(&mut self, base: &Base<'_>, job: u64, directory: &Path, standing: &Standing) -> Left {
        base.look(job, directory, standing)
    }

    /// Whether a job has told its failure itself, where this process speaks.
    fn is_told(&self, _: u64) -> bool {
        false
    }
}

/// The program, whose jobs run in some way.
pub(super) struct Hosted<'a, W> {
    pub(super) base: Base<'a>,
    pub(super) way: W,
}

impl<W: Way> Hosted<'_, W> {
    /// Says that a job has failed, and in how many seconds it begins again.
    fn tell(&self, job: &Job, verdict: &Verdict, again: Option<f64>) {
        let base = &self.base;
        if self.way.is_told(job.index) {
            if let Some(pause) = again {
                base.session.note(&format!("the job begins again in {pause} s"));
            }
            return;
        }
        let error = failure(job, verdict, base);
        let error = match again {
            Some(pause) => error.note(format!("it begins again in {pause} s")),
            None => error,
        };
        let console = &base.session.console;
        console.complain(&error.render(console.err));
    }
}

impl<W: Way> Host for Hosted<'_, W> {
    type Task = W::Task;
    type End = W::End;

    fn prepare(&mut self, job: &Job, attempt: u32, before: Option<&Path>) -> Result<Prepared<W::Task>> {
        self.way.prepare(&mut self.base, job, attempt, before)
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        self.base.shown(job)
    }

    fn judge(&mut self, job: u64, end: W::End) -> Verdict {
        self.way.judge(&self.base, job, end)
    }

    fn gave_up(&mut self, job: u64) {
        self.way.gave_up(job);
    }

    fn took_too_long(&mut self, verdict: &Verdict) {
        self.base.took_too_long(verdict);
    }

    fn had(&mut self, job: &Job) -> Option<(PathBuf, DateTime<FixedOffset>)> {
        self.base.had(job)
    }

    fn anew(&mut self, jobs: &[(u64, Standing)]) {
        self.base.anew(jobs);
    }

    fn gone(&mut self, directories: &[PathBuf]) {
        self.base.gone(directories);
    }

    fn look(&mut self, job: u64, directory: &Path, standing: &Standing) -> Left {
        self.way.look(&self.base, job, directory, standing)
    }

    fn waits(&mut self, job: &Job, who: Option<&str>) {
        self.base.waits(job, who);
    }

    fn ended(&mut self, job: &Job, verdict: &Verdict, again: Option<f64>, _: &Policy) {
        if !matches!(verdict.status, Status::Completed | Status::Interrupted) {
            self.tell(job, verdict, again);
        }
        self.base.listen(verdict);
        if verdict.status != Status::Interrupted {
            self.base.pack(verdict.directory.as_deref());
        }
    }
}
