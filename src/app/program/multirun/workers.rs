//! Jobs in processes of their own, several at a time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::around::Around;
use crate::app::program::multirun::host::{Base, Placed, failure};
use crate::app::program::order::OfSweep;
use crate::app::program::worker;
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Host, Left, Policy, Prepared, Standing, Verdict};
use crate::launch::{Exit, OUTPUT, Output, Program, forget_silence};
use crate::run::{RunId, Status};
use crate::sweep::Job;

/// The program, for jobs in processes of their own.
pub(super) struct InWorkers<'a> {
    pub(super) base: Base<'a>,
    /// Whether what jobs say goes to files.
    pub(super) to_files: bool,
    around: Around,
    running: BTreeMap<u64, Begun>,
}

/// A job that runs.
struct Begun {
    directory: PathBuf,
    /// The record that was in it before.
    earlier: Option<RunId>,
}

impl<'a> InWorkers<'a> {
    pub(super) fn new(base: Base<'a>, to_files: bool, around: Around) -> Self {
        Self { base, to_files, around, running: BTreeMap::new() }
    }
}

/// What became of a job that did not say it itself.
fn without_result(
    status: Status,
    error: Option<String>,
    log: Option<PathBuf>,
    directory: PathBuf,
) -> Verdict {
    Verdict { status, log, directory: Some(directory), error, ..Verdict::because("") }
}

impl Host for InWorkers<'_> {
    type Task = Program;
    type End = Exit;

    fn prepare(&mut self, job: &Job, _: u32, before: Option<&Path>) -> Result<Prepared<Program>> {
        let Placed { bound, directory, made, earlier } = self.base.place(job, before)?;
        let new = !made && !directory.exists();
        let mut output = Output::Inherited;
        if self.to_files {
            fs::create_dir_all(&directory).map_err(|error| {
                let message = format!("cannot make the directory `{}`: {error}", directory.display());
                Error::new(ErrorKind::Io, message)
            })?;
            let [out, err] = OUTPUT.map(|name| directory.join(name));
            output = Output::Files { out, err };
        }
        let of_sweep = OfSweep {
            number: job.index,
            sweep: self.base.other.clone(),
            id: self.base.id.clone(),
            mandate: self.base.mandate.clone(),
            directory: directory.clone(),
            made: made || self.to_files && new,
            overrides: self.base.composing.typed(job),
            scheduled: None,
        };
        let environment = worker::needed(self.base.session, &bound)?.unwrap_or_default();
        let surroundings = self.around.now();
        let program = worker::of_sweep(self.base.session, environment, surroundings, of_sweep)?;
        hydra_log(&format!("\t#{} : {}", job.index, self.base.shown(job).join(" ")));
        let relative = self.base.relative(&directory);
        self.running.insert(job.index, Begun { directory: relative.clone(), earlier });
        Ok(Prepared { directory: relative, task: Program { output, ..program } })
    }

    fn judge(&mut self, job: u64, end: Exit) -> Verdict {
        let begun = self.running.remove(&job);
        let (directory, earlier) =
            begun.map_or_else(Default::default, |begun| (begun.directory, begun.earlier));
        let (status, error) = match end {
            Exit::Code(0) => (Status::Completed, None),
            Exit::Code(code @ 129..=159) => {
                (Status::Interrupted, Some(format!("ended by signal {}", code - 128)))
            }
            Exit::Code(code) => (Status::Failed, Some(format!("exit status {code}"))),
            Exit::Signal(signal) => (Status::Failed, Some(format!("killed by signal {signal}"))),
            Exit::Lost => (Status::Failed, Some("nobody knows how its process ended".to_owned())),
        };
        if self.to_files {
            let directory = self.base.directory.join(&directory);
            OUTPUT.iter().for_each(|name| forget_silence(&directory.join(name)));
        }
        match self.base.new_record(&directory, earlier) {
            // A record that does not say how it ended is that of a process that was killed.
            Some(record) if record.status() != Status::Killed && record.status() != Status::Running => {
                self.base.verdict(&record, &directory)
            }
            Some(_) if status == Status::Completed => {
                let error = Some("its process ended before the job did".to_owned());
                let log = self.base.log(&directory, &self.base.session.app.name);
                without_result(Status::Failed, error, log, directory)
            }
            _ => {
                let log = error.as_ref().and_then(|_| self.base.log(&directory, &self.base.session.app.name));
                without_result(status, error, log, directory)
            }
        }
    }

    fn took_too_long(&mut self, verdict: &Verdict) {
        self.base.took_too_long(verdict);
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        self.base.shown(job)
    }

    fn gave_up(&mut self, job: u64) {
        self.running.remove(&job);
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
        self.base.look(job, directory, standing)
    }

    fn waits(&mut self, job: &Job, who: Option<&str>) {
        self.base.waits(job, who);
    }

    fn ended(&mut self, job: &Job, verdict: &Verdict, again: Option<f64>, _: &Policy) {
        match verdict.status {
            Status::Completed | Status::Interrupted => {}
            _ => {
                let console = &self.base.session.console;
                let error = failure(job, verdict, &self.base);
                let error = match again {
                    Some(pause) => error.note(format!("it begins again in {pause} s")),
                    None => error,
                };
                console.complain(&error.render(console.err));
            }
        }
        self.base.listen(verdict);
        if verdict.status != Status::Interrupted {
            self.base.pack(verdict.directory.as_deref());
        }
    }
}
