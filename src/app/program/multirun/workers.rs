//! Jobs in processes of their own, several at a time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::app::program::logging::hydra_log;
use crate::app::program::multirun::around::Around;
use crate::app::program::multirun::host::{Base, Placed};
use crate::app::program::multirun::hosted::Way;
use crate::app::program::order::OfSweep;
use crate::app::program::worker;
use crate::diag::{Error, ErrorKind, Result};
use crate::drive::{Prepared, Verdict};
use crate::launch::{Exit, OUTPUT, Output, Program, forget_silence};
use crate::run::{RunId, Status};
use crate::sweep::Job;

/// Jobs in processes of their own.
pub(super) struct InWorkers {
    /// Whether what jobs say goes to files.
    pub(super) to_files: bool,
    around: Around,
    /// How many jobs there are, and how many run at a time, until that is said.
    begins: Option<(u64, usize)>,
    running: BTreeMap<u64, Begun>,
    /// The job that has ended last, if it has told its failure itself where this process speaks.
    told: Option<u64>,
}

/// A job that runs.
struct Begun {
    directory: PathBuf,
    /// The record that was in it before.
    earlier: Option<RunId>,
}

impl InWorkers {
    /// `all`: how many jobs there are, and how many run at a time.
    pub(super) fn new(all: (u64, usize), to_files: bool, around: Around) -> Self {
        Self { to_files, around, begins: Some(all), running: BTreeMap::new(), told: None }
    }

    /// Says how many jobs run, as Hydra does, before the first of them.
    fn announce(&mut self, base: &Base<'_>) {
        let Some((jobs, slots)) = self.begins.take() else { return };
        let left = base.left(0..jobs);
        if !self.to_files {
            return hydra_log(&format!("Launching {left} jobs locally"));
        }
        let jobs = if left == 1 { "1 job".to_owned() } else { format!("{left} jobs") };
        let processes = if slots == 1 { "1 process".to_owned() } else { format!("{slots} processes") };
        hydra_log(&format!("Launching {jobs} in {processes}"));
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

impl Way for InWorkers {
    type Task = Program;
    type End = Exit;

    fn prepare(
        &mut self,
        base: &mut Base<'_>,
        job: &Job,
        _: u32,
        before: Option<&Path>,
    ) -> Result<Prepared<Program>> {
        self.announce(base);
        let Placed { bound, directory, made, earlier } = base.place(job, before)?;
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
            sweep: base.other.clone(),
            id: base.id.clone(),
            mandate: base.mandate.clone(),
            directory: directory.clone(),
            made: made || self.to_files && new,
            overrides: base.composing.typed(job),
            scheduled: None,
        };
        let environment = worker::needed(base.session, &bound)?.unwrap_or_default();
        let surroundings = self.around.now();
        let program = worker::of_sweep(base.session, environment, surroundings, of_sweep)?;
        hydra_log(&format!("\t#{} : {}", job.index, base.shown(job).join(" ")));
        let relative = base.relative(&directory);
        self.running.insert(job.index, Begun { directory: relative.clone(), earlier });
        Ok(Prepared { directory: relative, task: Program { output, ..program } })
    }

    fn judge(&mut self, base: &Base<'_>, job: u64, end: Exit) -> Verdict {
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
            let directory = base.directory.join(&directory);
            OUTPUT.iter().for_each(|name| forget_silence(&directory.join(name)));
        }
        match base.new_record(&directory, earlier) {
            // A record that does not say how it ended is that of a process that was killed.
            Some(record) if record.status() != Status::Killed && record.status() != Status::Running => {
                self.told = Some(job).filter(|_| !self.to_files);
                base.verdict(&record, &directory)
            }
            Some(_) if status == Status::Completed => {
                let error = Some("its process ended before the job did".to_owned());
                let log = base.log(&directory, &base.session.app.name);
                without_result(Status::Failed, error, log, directory)
            }
            _ => {
                let log = error.as_ref().and_then(|_| base.log(&directory, &base.session.app.name));
                without_result(status, error, log, directory)
            }
        }
    }

    fn gave_up(&mut self, job: u64) {
        self.running.remove(&job);
    }

    fn is_told(&self, job: u64) -> bool {
        self.told == Some(job)
    }
}
