//! The program, for jobs on Slurm.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::host::{Base, Placed, failure};
use crate::app::program::multirun::slurm::board::{Board, Stands};
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
    /// How many minutes a job may take.
    pub(super) minutes: u64,
    /// How often a job that has come to its limit begins again.
    pub(super) max_timeouts: u64,
}

impl OnSlurm<'_> {
    /// Without Slurm, or without its claim, nobody can say of a job that it does not run.
    fn doubt(&self, error: &Error) -> Left {
        let console = &self.base.session.console;
        console.complain(&error.render_as(Severity::Warning, console.err));
        Left::Running(None)
    }

    /// What became of a job that left no word.
    fn silent(&self, job: u64) -> Verdict {
        let directory = self.board.place(job).map(|place| place.directory);
        let timeouts = self.board.timeouts(job).unwrap_or(0);
        let error = match self.board.end(job).as_deref() {
            _ if timeouts > self.max_timeouts => self.came_to_limit(timeouts),
            Some("TIMEOUT") => format!("it took longer than {} min", self.minutes),
            Some("COMPLETED") => "its process ended before the job did".to_owned(),
            Some(state) => format!("Slurm says `{state}`"),
            None => "it is not in Slurm's queue any more, and did not say how it ended".to_owned(),
        };
        let name = self.base.session.app.name.as_str();
        let log = directory.as_deref().and_then(|directory| self.base.log(directory, name));
        Verdict { log, directory, ..Verdict::because(error) }
    }

    fn came_to_limit(&self, timeouts: u64) -> String {
        let times = if timeouts == 1 { "once".to_owned() } else { format!("{timeouts} times") };
        let (minutes, most) = (self.minutes, self.max_timeouts);
        format!(
            "it has come {times} to its limit of {minutes} min (`hydra.launcher.max_num_timeout` is {most})"
        )
    }

    /// How a job failed that ended without a word while nobody waited. What Slurm itself has ended, or what nobody has begun,
    /// has not.
    fn failed_alone(&self, job: u64) -> Option<Verdict> {
        let timeouts = self.board.timeouts(job)?;
        let is_its_own =
            |state: &str| !matches!(state, "CANCELLED" | "PREEMPTED" | "NODE_FAIL" | "BOOT_FAIL" | "REVOKED");
        let failed = timeouts > self.max_timeouts || self.board.end(job).as_deref().is_some_and(is_its_own);
        failed.then(|| self.silent(job))
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
            End::Gone => self.silent(job),
            End::NotSubmitted(why) => Verdict::because(why),
        }
    }

    fn gave_up(&mut self, _: u64) {}

    fn had(&mut self, job: &Job) -> Option<PathBuf> {
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
                let failed = self.failed_alone(job);
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
