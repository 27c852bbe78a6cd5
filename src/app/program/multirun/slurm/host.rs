//! The program, for jobs on Slurm.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use chrono::{DateTime, FixedOffset};

use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::host::{Base, Placed, failure};
use crate::app::program::multirun::slurm::board::{Board, Stands};
use crate::app::program::multirun::slurm::fate::Fate;
use crate::app::program::multirun::slurm::launcher::End;
use crate::app::program::multirun::slurm::orders::JobOrder;
use crate::app::program::worker;
use crate::diag::{Error, Result, Severity};
use crate::drive::{Host, Left, Policy, Prepared, Standing, Verdict};
use crate::run::Status;
use crate::sweep::Job;

/// The program whose jobs run on Slurm.
pub(super) struct OnSlurm<'a> {
    pub(super) base: Base<'a>,
    pub(super) board: Rc<Board>,
}

impl OnSlurm<'_> {
    /// Without Slurm, or without its claim, nobody can say of a job that it does not run.
    fn doubt(&self, error: &Error) -> Left {
        let console = &self.base.session.console;
        console.complain(&error.render_as(Severity::Warning, console.err));
        Left::Running(None)
    }

    /// How a job has ended that left no word.
    fn silent(&self, job: u64, fate: Fate) -> Verdict {
        let directory = self.board.place(job).map(|place| place.directory);
        let name = self.base.session.app.name.as_str();
        let log = directory.as_deref().and_then(|directory| self.base.log(directory, name));
        Verdict { log, directory, ..Verdict::because(fate.why) }
    }
}

impl Host for OnSlurm<'_> {
    type Task = JobOrder;
    type End = End;

    fn prepare(&mut self, job: &Job, _: u32, before: Option<&Path>) -> Result<Prepared<JobOrder>> {
        let Placed { bound, directory, made, earlier } = self.base.place(job, before)?;
        let environment = worker::needed(self.base.session, &bound)?.unwrap_or_default();
        let relative = self.base.relative(&directory);
        hydra_log(&format!("\t#{} : {}", job.index, self.base.shown(job).join(" ")));
        let task = JobOrder {
            number: job.index,
            directory,
            made,
            earlier: earlier.map(|id| id.to_string()),
            overrides: self.base.composing.typed(job),
            environment,
        };
        Ok(Prepared { directory: relative, task })
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        self.base.shown(job)
    }

    fn judge(&mut self, job: u64, end: End) -> Verdict {
        match end {
            End::Recorded(record) => {
                let directory = self.board.place(job).map(|place| place.directory).unwrap_or_default();
                self.base.verdict(&record, &directory)
            }
            End::Gone(fate) => self.silent(job, fate),
            End::NotSubmitted(why) => Verdict::because(why),
        }
    }

    fn gave_up(&mut self, _: u64) {}

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
        // Of one whose end is known Slurm knows no more.
        let stands = (standing.status == Status::Running).then(|| self.board.stands(job)).flatten();
        match stands {
            Some(Stands::Waits | Stands::Runs) => Left::Running(None),
            Some(Stands::Ended(record)) => Left::Ended(self.base.verdict(&record, directory)),
            Some(Stands::Gone) => {
                // It may have failed while nobody waited.
                let fate = self.board.has_begun(job).then(|| self.board.fate(job));
                let failed = fate.filter(Fate::failed).map(|fate| self.silent(job, fate));
                match self.board.give_up(job) {
                    Ok(true) => failed.map_or(Left::Nothing, Left::Ended),
                    Ok(false) => Left::Running(None),
                    Err(error) => self.doubt(&error),
                }
            }
            // Whoever had it begun was killed before it was handed on, or did not run on Slurm.
            None => self.base.look(job, directory, standing),
        }
    }

    fn waits(&mut self, job: &Job, who: Option<&str>) {
        self.base.waits(job, who);
    }

    fn ended(&mut self, job: &Job, verdict: &Verdict, again: Option<f64>, _: &Policy) {
        if !matches!(verdict.status, Status::Completed | Status::Interrupted) {
            let error = failure(job, verdict, &self.base);
            let error = match again {
                Some(pause) => error.note(format!("it begins again in {pause} s")),
                None => error,
            };
            let console = &self.base.session.console;
            console.complain(&error.render(console.err));
        }
        self.base.listen(verdict);
        if verdict.status != Status::Interrupted {
            self.base.pack(verdict.directory.as_deref());
        }
    }
}
