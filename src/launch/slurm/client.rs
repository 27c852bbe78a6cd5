//! The commands of Slurm.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::diag::{Error, ErrorKind, Result};
use crate::facts::Environment;
use crate::launch::slurm::queue::{FORMAT, Queued, queue};

/// Slurm, as its commands show it.
#[derive(Clone, Debug, Default)]
pub struct Slurm {
    /// Variables that the commands do not get: those of the job that this process is in.
    without: Vec<String>,
}

/// How Slurm says that a task has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// In its word: `COMPLETED`, `TIMEOUT`, `NODE_FAIL` …
    pub state: String,
}

impl Slurm {
    /// For a process with that environment, which may be in a job itself.
    pub fn new(env: &Environment) -> Self {
        let is_in_job = env.get("SLURM_JOB_ID").is_some();
        let of_a_job = |name: &str| {
            let beginnings = ["SLURM_", "SLURMD_", "SRUN_", "PMI_", "PMIX_"];
            beginnings.iter().any(|beginning| name.starts_with(beginning)) && name != "SLURM_CONF"
        };
        let names = env.iter().map(|(name, _)| name).filter(|name| is_in_job && of_a_job(name));
        Self { without: names.map(str::to_owned).collect() }
    }

    /// Submits a script. Returns the number of the job, or of the array.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: Slurm does not take it; there is no Slurm.
    pub fn submit(&self, script: &Path) -> Result<String> {
        let said = self.ask("sbatch", [OsStr::new("--parsable"), script.as_os_str()])?;
        // A site may say something before.
        let id = said.lines().last().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`sbatch` does not say which job it is: `{}`", said.trim());
            return Err(Error::new(ErrorKind::Job, message));
        }
        Ok(id.to_owned())
    }

    /// All that this user has in the queue.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: Slurm does not answer.
    pub fn queue(&self) -> Result<Vec<Queued>> {
        self.ask("squeue", ["--noheader", "--me", "-o", FORMAT]).map(|text| queue(&text))
    }

    /// Ends jobs. One that has ended needs no more.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: Slurm does not answer.
    pub fn cancel(&self, ids: &[String]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.ask("scancel", ["--quiet"].into_iter().chain(ids.iter().map(String::as_str))).map(drop)
    }

    /// Puts a job of ours back into the queue, to begin once more.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: Slurm does not do it.
    pub fn requeue(&self, id: &str) -> Result<()> {
        self.ask("scontrol", ["requeue", id]).map(drop)
    }

    /// How a task ended, by what keeps records here; none if nothing knows any more.
    pub fn end(&self, id: &str) -> Option<End> {
        self.accounted(id).or_else(|| self.remembered(id))
    }

    fn accounted(&self, id: &str) -> Option<End> {
        let said = self.ask("sacct", ["-X", "-n", "-P", "-o", "State", "-j", id]).ok()?;
        // `CANCELLED by 1000`
        let state = said.lines().last()?.split_whitespace().next()?;
        Some(End { state: state.trim_end_matches('+').to_owned() })
    }

    /// The controller knows for some minutes.
    fn remembered(&self, id: &str) -> Option<End> {
        let said = self.ask("scontrol", ["-o", "show", "job", id]).ok()?;
        let state = said.split_whitespace().find_map(|word| word.strip_prefix("JobState="))?;
        Some(End { state: state.to_owned() })
    }

    /// How many tasks an array can have here, if Slurm says it.
    pub fn largest_array(&self) -> Option<usize> {
        let said = self.ask("scontrol", ["show", "config"]).ok()?;
        let line = said.lines().find_map(|line| line.trim_start().strip_prefix("MaxArraySize"))?;
        line.trim_start().strip_prefix('=')?.trim().parse().ok()
    }

    fn ask<W: AsRef<OsStr>>(&self, program: &str, words: impl IntoIterator<Item = W>) -> Result<String> {
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null());
        for name in &self.without {
            command.env_remove(name);
        }
        // All of a list of tasks, and not its beginning.
        command.env("SLURM_BITSTR_LEN", "0");
        let output = command.output().map_err(|error| {
            let message = format!("cannot start `{program}`: {error}");
            Error::new(ErrorKind::Job, message).help("the commands of Slurm must be in `PATH`")
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().map_or_else(|| output.status.to_string(), str::to_owned);
        let first = first.strip_prefix(&format!("{program}: ")).unwrap_or(&first).to_owned();
        let error = Error::new(ErrorKind::Job, format!("`{program}` fails: {first}"));
        Err(lines.take(5).fold(error, |error, line| error.note(line)))
    }
}
