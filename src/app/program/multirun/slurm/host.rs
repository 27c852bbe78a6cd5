//! Jobs on Slurm.

use std::path::Path;
use std::rc::Rc;

use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::host::{Base, Placed};
use crate::app::program::multirun::hosted::Way;
use crate::app::program::multirun::slurm::board::{Board, Stands};
use crate::app::program::multirun::slurm::fate::Fate;
use crate::app::program::multirun::slurm::launcher::End;
use crate::app::program::multirun::slurm::orders::JobOrder;
use crate::app::program::worker;
use crate::diag::{Error, Result, Severity};
use crate::drive::{Left, Prepared, Standing, Verdict};
use crate::run::Status;
use crate::sweep::Job;

/// Jobs on Slurm.
pub(super) struct OnSlurm {
    pub(super) board: Rc<Board>,
}

impl OnSlurm {
    /// Without Slurm, or without its claim, nobody can say of a job that it does not run.
    fn doubt(base: &Base<'_>, error: &Error) -> Left {
        let console = &base.session.console;
        console.complain(&error.render_as(Severity::Warning, console.err));
        Left::Running(None)
    }

    /// How a job has ended that left no word.
    fn silent(&self, base: &Base<'_>, job: u64, fate: Fate) -> Verdict {
        let directory = self.board.place(job).map(|place| place.directory);
        let name = base.session.app.name.as_str();
        let log = directory.as_deref().and_then(|directory| base.log(directory, name));
        Verdict { log, directory, ..Verdict::because(fate.why) }
    }
}

impl Way for OnSlurm {
    type Task = JobOrder;
    type End = End;

    fn prepare(
        &mut self,
        base: &mut Base<'_>,
        job: &Job,
        _: u32,
        before: Option<&Path>,
    ) -> Result<Prepared<JobOrder>> {
        let Placed { bound, directory, made, earlier } = base.place(job, before)?;
        let environment = worker::needed(base.session, &bound)?.unwrap_or_default();
        let relative = base.relative(&directory);
        hydra_log(&format!("\t#{} : {}", job.index, base.shown(job).join(" ")));
        let task = JobOrder {
            number: job.index,
            directory,
            made,
            earlier: earlier.map(|id| id.to_string()),
            overrides: base.composing.typed(job),
            environment,
        };
        Ok(Prepared { directory: relative, task })
    }

    fn judge(&mut self, base: &Base<'_>, job: u64, end: End) -> Verdict {
        match end {
            End::Recorded(record) => {
                let directory = self.board.place(job).map(|place| place.directory).unwrap_or_default();
                base.verdict(&record, &directory)
            }
            End::Gone(fate) => self.silent(base, job, fate),
            End::NotSubmitted(why) => Verdict::because(why),
        }
    }

    fn look(&mut self, base: &Base<'_>, job: u64, directory: &Path, standing: &Standing) -> Left {
        // Of one whose end is known Slurm knows no more.
        let stands = (standing.status == Status::Running).then(|| self.board.stands(job)).flatten();
        match stands {
            Some(Stands::Waits | Stands::Runs) => Left::Running(None),
            Some(Stands::Ended(record)) => Left::Ended(base.verdict(&record, directory)),
            Some(Stands::Gone) => {
                // It may have failed while nobody waited.
                let fate = self.board.has_begun(job).then(|| self.board.fate(job));
                let failed = fate.filter(Fate::failed).map(|fate| self.silent(base, job, fate));
                match self.board.give_up(job) {
                    Ok(true) => failed.map_or(Left::Nothing, Left::Ended),
                    Ok(false) => Left::Running(None),
                    Err(error) => Self::doubt(base, &error),
                }
            }
            // Whoever had it begun was killed before it was handed on, or did not run on Slurm.
            None => base.look(job, directory, standing),
        }
    }
}
