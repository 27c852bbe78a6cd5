//! The commands of Slurm.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::diag::{Error, ErrorKind, Result};
use crate::facts::Environment;
use crate::launch::slurm::ends::Ends;
use crate::launch::slurm::queue::{FORMAT, Queued, queue};
use crate::launch::slurm::time::span;

/// Slurm, as its commands show it.
#[derive(Clone, Debug, Default)]
pub struct Slurm {
    /// Variables that the commands do not get: those of the job that this process is in.
    without: Vec<String>,
}

/// What came of submitting a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// It is in the queue, as the job or the array of that number.
    Taken(String),
    /// Nothing of it is: so many more jobs than there are may not be in the queue. Why, in Slurm's words.
    Full(String),
    /// Nobody knows whether it is in the queue: Slurm did not answer. Why, in its words.
    Unknown(String),
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

    /// Submits a script.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: Slurm does not take it; there is no Slurm.
    pub fn submit(&self, script: &Path) -> Result<Submission> {
        let said = match self.ask("sbatch", [OsStr::new("--parsable"), script.as_os_str()]) {
            Err(error) if is_full(&error) => return Ok(Submission::Full(error.message().to_owned())),
            Err(error) if is_silent(&error) => return Ok(Submission::Unknown(error.message().to_owned())),
            said => said?,
        };
        // A site may say something before.
        let id = said.lines().last().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`sbatch` does not say which job it is: `{}`", said.trim());
            return Err(Error::new(ErrorKind::Job, message));
        }
        Ok(Submission::Taken(id.to_owned()))
    }

    /// Submits a script that nobody submits later if there is no room now. Returns the number of the job, or of the array.
    ///
    /// # Errors
    /// As [`Slurm::submit`]; there are too many jobs in the queue.
    pub fn submit_now(&self, script: &Path) -> Result<String> {
        match self.submit(script)? {
            Submission::Taken(id) => Ok(id),
            Submission::Full(why) => Err(Error::new(ErrorKind::Job, why)
                .note("the site limits how many jobs you may have in the queue")
                .help("try it again when some of them have ended")),
            Submission::Unknown(why) => Err(Error::new(ErrorKind::Job, why)
                .note("it may be in the queue all the same")
                .help("look with `squeue --me`, and try it again")),
        }
    }

    /// All that users of these numbers have in the queue, as far as Slurm shows it; of none, what this user has.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Job`]: Slurm does not answer.
    pub fn queue(&self, users: &BTreeSet<u32>) -> Result<Vec<Queued>> {
        let numbers: Vec<_> = users.iter().map(u32::to_string).collect();
        let whose =
            if users.is_empty() { "--me".to_owned() } else { format!("--user={}", numbers.join(",")) };
        self.ask("squeue", ["--noheader", &whose, "-o", FORMAT]).map(|text| queue(&text))
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

    /// How the tasks of an array have ended, by who keeps accounts here. Nobody may.
    pub fn ends(&self, array: &str) -> Ends {
        let said = self.ask("sacct", ["-X", "-n", "-P", "-o", "JobID,State", "-j", array]);
        said.map_or_else(|_| Ends::default(), |said| Ends::accounted(&said))
    }

    /// What the controller says of the tasks of an array, for [`Ends::of`]. It forgets them after some minutes.
    pub fn remembered(&self, array: &str) -> String {
        self.ask("scontrol", ["-o", "show", "job", array]).unwrap_or_default()
    }

    /// How much time a task that runs has left, if Slurm says it.
    pub fn time_left(&self, id: &str) -> Option<Duration> {
        span(&self.ask("squeue", ["--noheader", "-o", "%L", "-j", id]).ok()?)
    }

    /// How many tasks an array can have here, if Slurm says it.
    pub fn largest_array(&self) -> Option<usize> {
        largest(&self.ask("scontrol", ["show", "config"]).ok()?)
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

/// Whether nobody has answered.
fn is_silent(error: &Error) -> bool {
    const WORDS: [&str; 6] = [
        "Unable to contact slurm controller",
        "timed out",
        "Connection refused",
        "Zero Bytes were transmitted",
        "standby mode",
        "Transport endpoint is not connected",
    ];
    says(error, &WORDS)
}

/// Whether one of the lines of an error has one of the words in it.
fn says(error: &Error, words: &[&str]) -> bool {
    let notes = error.notes().iter().map(AsRef::as_ref);
    std::iter::once(error.message()).chain(notes).any(|said| words.iter().any(|word| said.contains(word)))
}

/// Whether Slurm refuses a script because there are too many jobs in the queue: of this user, of the account, or of all.
fn is_full(error: &Error) -> bool {
    says(error, &["SubmitJob", "Resource temporarily unavailable", "temporarily unable to accept"])
}

/// `MaxArraySize = 1001`, which no number of a task reaches, and `max_array_tasks=500` among the parameters of the scheduler.
fn largest(config: &str) -> Option<usize> {
    let size = config.lines().find_map(|line| line.trim_start().strip_prefix("MaxArraySize"));
    let size = size.and_then(|rest| rest.trim_start().strip_prefix('=')?.trim().parse().ok());
    let words = config.split(|c: char| c.is_whitespace() || c == ',');
    let tasks = words.filter_map(|word| word.strip_prefix("max_array_tasks=")?.parse().ok());
    tasks.chain(size).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_of_an_array_counts() {
        let config = "MaxArraySize            = 1001\nSchedulerParameters     = a=1,max_array_tasks=50,b\n";
        assert_eq!(largest(config), Some(50));
        assert_eq!(largest("  MaxArraySize = 20\n"), Some(20));
        assert_eq!(largest("MaxJobCount = 5\n"), None);
    }

    #[test]
    fn only_a_limit_of_the_queue_is_waited_for() {
        let said = |message: &str, note: &str| Error::new(ErrorKind::Job, message).note(note);
        for error in [
            said("`sbatch` fails: error: AssocMaxSubmitJobLimit", "x"),
            said("`sbatch` fails: error: QOSMaxSubmitJobPerUserLimit", "x"),
            said("`sbatch` fails: x", "error: Batch job submission failed: Resource temporarily unavailable"),
        ] {
            assert!(is_full(&error), "{error:?}");
        }
        let policy = said(
            "`sbatch` fails: error: QOSMaxWallDurationPerJobLimit",
            "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
        );
        assert!(!is_full(&policy));
    }

    #[test]
    fn who_does_not_answer_has_not_refused() {
        let said = |note: &str| Error::new(ErrorKind::Job, "`sbatch` fails: error: x").note(note);
        for note in [
            "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
            "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
        ] {
            assert!(is_silent(&said(note)) && !is_full(&said(note)), "{note}");
        }
        assert!(!is_silent(&said("Batch job submission failed: Invalid partition name specified")));
    }
}
