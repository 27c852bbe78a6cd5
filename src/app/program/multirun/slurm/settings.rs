//! What the config says of Slurm: `hydra.launcher` in submitit's words, and `mainstem.slurm`.

use std::path::{Component, Path, PathBuf};

use crate::app::program::bound::Bound;
use crate::app::program::multirun::slurm::orders::Head;
use crate::app::program::session::{Session, setting, shown_setting};
use crate::diag::{Error, ErrorKind, Result};
use crate::launch::slurm::{Batch, span};
use crate::value::{Kind, Node, write_str};

/// How a sweep runs on Slurm.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What each task is given.
    pub(crate) batch: Batch,
    /// The folder that Slurm writes to.
    pub(super) logs: PathBuf,
    /// Whether standard error goes to the same file.
    pub(super) one_log: bool,
    /// How many tasks run at a time.
    pub(crate) at_a_time: Option<usize>,
    /// How many jobs of a search are chosen before one of them has ended.
    chosen: Option<usize>,
    pub(super) jobs_per_task: usize,
    /// How many jobs of a task run at a time.
    pub(super) jobs_at_a_time: usize,
    /// How many minutes a task may take.
    pub(super) minutes: u64,
    /// How often a task that was ended at its limit begins once more.
    pub(super) max_timeouts: u64,
    pub(super) largest_array: Option<usize>,
    /// How many tasks are in the queue at most.
    pub(super) max_queued: Option<usize>,
    pub(super) detach: bool,
    /// Whether the driver is a job of its own.
    pub(super) driver: bool,
    /// Whether what runs is the program as it was when its jobs were queued.
    pub(super) takes_snapshot: bool,
    /// Whether a command runs in a worktree of its project.
    pub(super) takes_worktree: bool,
}

/// Fields of submitit and the options of `sbatch` that they are, where the value is the same.
const OPTIONS: [(&str, &str); 15] = [
    ("name", "job-name"),
    ("partition", "partition"),
    ("qos", "qos"),
    ("comment", "comment"),
    ("constraint", "constraint"),
    ("exclude", "exclude"),
    ("gres", "gres"),
    ("account", "account"),
    ("nodes", "nodes"),
    ("tasks_per_node", "ntasks-per-node"),
    ("cpus_per_task", "cpus-per-task"),
    ("cpus_per_gpu", "cpus-per-gpu"),
    ("gpus_per_node", "gpus-per-node"),
    ("gpus_per_task", "gpus-per-task"),
    ("timeout_min", "time"),
];

/// Two more, of text.
const MEMORY: [(&str, &str); 2] = [("mem_per_gpu", "mem-per-gpu"), ("mem_per_cpu", "mem-per-cpu")];

impl Settings {
    /// What the config of a sweep as a whole says.
    ///
    /// # Errors
    /// A value that cannot be resolved, or that Slurm could not use.
    pub(crate) fn of(session: &Session<'_>, master: &Bound) -> Result<Self> {
        let launcher = |key: &str| setting(master, &format!("hydra.launcher.{key}"));
        let mut options = Vec::new();
        for (field, option) in OPTIONS.into_iter().chain(MEMORY) {
            options.extend(launcher(field)?.map(|value| (option.to_owned(), Some(value))));
        }
        options.extend(launcher("mem_gb")?.map(|gb| ("mem".to_owned(), Some(format!("{gb}GB")))));
        // As in submitit, what is said there wins.
        for (name, value) in additional(master)? {
            options.retain(|(known, _)| *known != name);
            options.push((name, value));
        }
        let setup = list(master, "hydra.launcher.setup")?;
        let prefix = list(master, "mainstem.slurm.container")?;
        let srun = match launcher("use_srun")?.is_none_or(|yes| yes == "True") {
            true => Some(list(master, "hydra.launcher.srun_args")?),
            false => None,
        };
        let number = |key: &str, least: i64| count(master, key, least);
        let notice = number("hydra.launcher.signal_delay_s", 0)?.unwrap_or(0) as u64;
        let size = |key: &str| number(key, 1);
        let folder = shown_setting(master, "hydra.launcher.submitit_folder")?.unwrap_or_default();
        let sweep = shown_setting(master, "hydra.sweep.dir")?.unwrap_or_default();
        let minutes = minutes(&options).unwrap_or(60);
        let workers = session.flags.workers.map(usize::from);
        Ok(Self {
            batch: Batch { options, notice, setup, prefix, srun },
            logs: logs(&session.absolute(folder), &session.absolute(sweep)),
            one_log: launcher("stderr_to_stdout")?.is_some_and(|yes| yes == "True"),
            at_a_time: workers.or(size("hydra.launcher.array_parallelism")?),
            jobs_per_task: size("mainstem.slurm.jobs_per_task")?.unwrap_or(1),
            jobs_at_a_time: size("mainstem.slurm.jobs_at_a_time")?.unwrap_or(1),
            chosen: None,
            minutes,
            max_timeouts: number("hydra.launcher.max_num_timeout", 0)?.unwrap_or(0) as u64,
            largest_array: size("mainstem.slurm.largest_array")?,
            max_queued: size("mainstem.slurm.max_queued")?,
            takes_worktree: setting(master, "mainstem.slurm.snapshot")?
                .is_some_and(|what| what == "worktree"),
            takes_snapshot: setting(master, "mainstem.slurm.snapshot")?.is_none_or(|what| what != "none"),
            driver: setting(master, "mainstem.slurm.driver")?.is_some_and(|yes| yes == "True"),
            detach: setting(master, "mainstem.slurm.detach")?.is_none_or(|yes| yes == "True"),
        })
    }
}

impl Settings {
    /// As a search needs it: somebody stays who chooses the next job by what came of those before, and no more of them are
    /// chosen at a time than run, or than the search says.
    pub(crate) fn follow(&mut self, at_a_time: Option<usize>) {
        self.detach = false;
        self.at_a_time = match (self.at_a_time, at_a_time) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.chosen = self.at_a_time.map(|tasks| tasks.saturating_mul(self.jobs_per_task));
    }

    /// How many jobs are handed on, and have not ended, at most.
    pub(crate) fn most(&self) -> usize {
        // Nobody counts so far.
        const MANY: usize = 1 << 40;
        let of_tasks = |tasks: usize| tasks.saturating_mul(self.jobs_per_task);
        // Whoever hands them on by and by hands on what can run.
        let queued = self.max_queued.map(|most| of_tasks(most.min(self.at_a_time.unwrap_or(most))));
        queued.into_iter().chain(self.chosen).min().unwrap_or(MANY)
    }

    /// What the orders say of it.
    pub(super) fn head(&self) -> Head {
        Head {
            jobs_at_a_time: self.jobs_at_a_time,
            minutes: self.minutes,
            notice: self.batch.notice,
            max_timeouts: self.max_timeouts,
            ..Head::default()
        }
    }

    /// The same for a process that only waits, beside the containers of the tasks.
    pub(super) fn of_driver(&self) -> Batch {
        let kept = ["partition", "qos", "account", "comment", "constraint", "exclude", "job-name"];
        let options = self.batch.options.iter().filter(|(name, _)| kept.contains(&name.as_str())).cloned();
        let small = [("cpus-per-task", "1"), ("mem", "512M")]
            .map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        // It calls the commands of Slurm, which a container need not have.
        let (options, prefix) = (options.chain(small).collect(), Vec::new());
        Batch { options, prefix, srun: None, ..self.batch.clone() }
    }
}

/// The logs lie in the folder that is named, up to the first part with a number of Slurm's: there is no such folder before
/// the job is submitted, and Slurm makes none. What the directory of the sweep is called is no such part.
fn logs(folder: &Path, sweep: &Path) -> PathBuf {
    let is_fixed = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains('%');
    let (known, rest) = match folder.strip_prefix(sweep) {
        Ok(rest) => (sweep, rest),
        Err(_) => (Path::new(""), folder),
    };
    known.components().chain(rest.components().take_while(is_fixed)).collect()
}

/// How many minutes a task may take, by the option that says it.
fn minutes(options: &[(String, Option<String>)]) -> Option<u64> {
    let (_, value) = options.iter().rfind(|(name, _)| name == "time")?;
    Some(span(value.as_deref()?)?.as_secs().div_ceil(60))
}

fn list(master: &Bound, key: &str) -> Result<Vec<String>> {
    let node = master.select(key)?;
    Ok(node.as_ref().and_then(Node::as_list).unwrap_or_default().iter().map(text).collect())
}

fn text(node: &Node) -> String {
    let mut text = String::new();
    write_str(node, &mut text);
    text
}

/// `additional_parameters`: options of `sbatch` by their names, with `_` or `-`. As in submitit, `true` stands for an option
/// without a value.
fn additional(master: &Bound) -> Result<Vec<(String, Option<String>)>> {
    let key = "hydra.launcher.additional_parameters";
    let Some(node) = master.select(key)? else { return Ok(Vec::new()) };
    let mut options = Vec::new();
    for (name, slot) in node.as_map().into_iter().flatten() {
        let name = name.to_string().replace('_', "-");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            let error = Error::new(ErrorKind::UnknownKey, format!("`{name}` is no option of `sbatch`"));
            return Err(master.located(error.at(slot.node.origin, "letters, digits and `-`")));
        }
        let value = match slot.node.kind {
            Kind::Bool(true) | Kind::Null => None,
            Kind::Bool(false) => continue,
            _ => Some(text(&slot.node)),
        };
        options.push((name, value));
    }
    Ok(options)
}

/// A whole number that is not too small.
fn count(master: &Bound, key: &str, least: i64) -> Result<Option<usize>> {
    let Some(node) = master.select(key)? else { return Ok(None) };
    match node.kind {
        Kind::Int(number) if number >= least => Ok(usize::try_from(number).ok()),
        Kind::Int(_) => {
            let error = Error::new(ErrorKind::Range, format!("`{key}` must be at least {least}"));
            Err(master.located(error.at(node.origin, "this is less")))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_lie_where_submitit_has_its_folders() {
        for (folder, expected) in [
            ("/sw/.submitit/%j", "/sw/.submitit"),
            ("/logs/%x/%j", "/logs"),
            ("/logs", "/logs"),
            ("/5%/a/.submitit/%j", "/5%/a/.submitit"),
            ("/5%/b/.submitit/%j", "/"),
        ] {
            assert_eq!(logs(folder.as_ref(), Path::new("/5%/a")), PathBuf::from(expected));
        }
    }

    #[test]
    fn the_last_word_on_the_time_of_a_task_counts() {
        let minutes = |said: &[(&str, &str)]| {
            let option = |(name, value): &(&str, &str)| ((*name).to_owned(), Some((*value).to_owned()));
            minutes(&said.iter().map(option).collect::<Vec<_>>())
        };
        assert_eq!(minutes(&[("time", "60")]), Some(60));
        assert_eq!(minutes(&[("mem", "1"), ("time", "1-0:30")]), Some(1470));
        assert_eq!(minutes(&[("time", "60"), ("time", "0:30")]), Some(1));
        assert_eq!(minutes(&[("time", "soon")]), None);
    }
}
