//! What a call of a program came to.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Termination};
use std::time::Duration;

use crate::app::duration::duration;
use crate::app::output::Status;
use crate::app::program::job::shown;
use crate::app::program::outcome::Objective;
use crate::app::program::session::Session;
use crate::app::program::signals::Stop;
use crate::app::runs::results;
use crate::diag::visible;
use crate::run::{EarlyStop, Outcome, Rank};

/// What a call of a program came to. As the result of `main` it is the exit status: `fn main() -> Finished` may end with
/// [`App::run`](crate::app::App::run).
///
/// ```
/// use mainstem::app::{App, Bound, Configs, Finished, Minimize};
/// use mainstem::run::Run;
/// static CONF: &[(&str, &str)] = &[("config", "x: 3")];
/// let app = App::new("square", |config: &Bound, _: &Run| {
///     let x: f64 = config.read("x")?;
///     Ok::<_, mainstem::diag::Error>(Minimize(x * x))
/// });
/// let app = app.with_configs(Configs::embedded(CONF)).with_config_name("config");
/// let finished: Finished = app.run(["x=4", "--scratch"]);
/// assert_eq!(finished.status().code(), 0);
/// assert_eq!(finished.jobs()[0].objectives()[0].value, 16.0);
/// assert_eq!(finished.sweep(), None);
/// ```
#[derive(Debug)]
#[must_use = "the exit status is in it"]
pub struct Finished {
    pub(crate) status: Status,
    pub(crate) jobs: Vec<Job>,
    pub(crate) sweep: Option<PathBuf>,
}

/// One job that ran.
#[derive(Debug)]
pub struct Job {
    pub(crate) directory: PathBuf,
    pub(crate) outcome: Outcome,
    pub(crate) objectives: Vec<Objective>,
    pub(crate) stopped: Option<EarlyStop>,
}

impl Finished {
    pub(crate) fn without_jobs(status: Status) -> Self {
        Self { status, jobs: Vec::new(), sweep: None }
    }

    pub(crate) fn of(job: Job) -> Self {
        Self { status: job.status(), jobs: vec![job], sweep: None }
    }

    /// How it ended.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The jobs that ran in this process, in order: of a sweep, at most the first 1,000. All of them, wherever they ran, are
    /// in the journal of the sweep.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The directory of the sweep that ran: [`Progress`](crate::drive::Progress) reads what came of its jobs.
    pub fn sweep(&self) -> Option<&Path> {
        self.sweep.as_deref()
    }
}

impl Termination for Finished {
    fn report(self) -> ExitCode {
        self.into()
    }
}

impl From<Finished> for ExitCode {
    fn from(finished: Finished) -> Self {
        Self::from(u8::try_from(finished.status.code()).unwrap_or(1))
    }
}

impl Job {
    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What a sweep is to make large or small; empty if the job failed or said nothing.
    pub fn objectives(&self) -> &[Objective] {
        &self.objectives
    }

    /// Where the search that it is a part of has stopped it early, if it has.
    pub fn stopped(&self) -> Option<EarlyStop> {
        self.stopped
    }

    /// Says on a terminal where a run has left what it did; of one that failed it was said.
    pub(crate) fn tell(&self, session: &Session<'_>, took: Duration) {
        let Outcome::Completed(result) = &self.outcome else { return };
        let facts = session.composer.facts();
        let speaks = session.owns_process && std::io::stderr().is_terminal();
        if !speaks || Rank::of(&facts.env, &session.process()).is_some_and(|rank| !rank.leads()) {
            return;
        }
        let place = shown(&self.directory, &facts.cwd).display().to_string();
        let result = result.as_ref().map_or_else(String::new, |result| format!(", {}", results(result)));
        let took = duration(took.as_secs_f64());
        session.console.complain(&format!("{}  completed in {took}{result}\n", visible(&place)));
    }

    /// The exit status that it leads to.
    pub(crate) fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Completed(_) => Status::Success,
            Outcome::Failed(_) | Outcome::Panicked(_) => Status::Failure,
            Outcome::Interrupted(signal) => {
                let stop = Stop::named(signal.as_deref().unwrap_or_default());
                Status::Interrupted(u8::try_from(stop.0).unwrap_or(0))
            }
        }
    }

    /// What it came to.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}
