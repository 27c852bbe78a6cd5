//! How the jobs of a sweep run, by `hydra.launcher`, `mainstem.sweep` and `-j`.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::app::program::bound::Bound;
use crate::app::program::multirun::slurm::Settings;
use crate::app::program::session::{Session, setting};
use crate::app::sweep::Searched;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::drive::Policy;
use crate::launch::{Slot, devices, slots};
use crate::value::{Kind, Node, write_str};

/// What the journal calls jobs that run on Slurm.
pub(crate) const SLURM: &str = "submitit_slurm";

/// How jobs run.
#[derive(Debug)]
pub(super) struct Plan {
    /// The name of the launcher.
    pub(super) launcher: &'static str,
    pub(super) how: How,
    pub(super) policy: Policy,
}

#[derive(Debug)]
pub(super) enum How {
    /// In this process, one after the other.
    Inline,
    /// In processes of their own. What they say goes to files, or to where this process speaks.
    Workers { slots: Vec<Slot>, to_files: bool },
    /// As tasks of Slurm.
    Slurm(Box<Settings>),
}

/// Numbers of the launcher's config.
struct Launcher<'a>(&'a Bound);

impl Launcher<'_> {
    fn number(&self, key: &str) -> Result<Option<(i64, Origin)>> {
        let node = self.0.select(&format!("hydra.launcher.{key}"))?;
        Ok(node.and_then(|node| match node.kind {
            Kind::Int(number) => Some((number, node.origin)),
            _ => None,
        }))
    }

    fn count(&self, key: &str) -> Result<Option<usize>> {
        Ok(self
            .number(key)?
            .and_then(|(number, _)| usize::try_from(number).ok())
            .filter(|number| *number > 0))
    }
}

impl Plan {
    /// What the config of a sweep as a whole says; what it searches was found out before.
    ///
    /// # Errors
    /// A launcher that there is not; settings that exclude each other.
    pub(super) fn of(session: &Session<'_>, master: &Bound, search: Option<&Searched>) -> Result<Self> {
        let target = setting(master, "hydra.launcher._target_")?.unwrap_or_default();
        let class = target.rsplit('.').next().unwrap_or_default();
        let sweeper = setting(master, "hydra.sweeper._target_")?.unwrap_or_default();
        let sweeper = sweeper.rsplit('.').next().unwrap_or_default();
        if sweeper != "BasicSweeper" && search.is_none() {
            return Err(unknown(master, "sweeper", sweeper)?.help("it can be basic"));
        }
        if class == "SlurmLauncher" {
            return Self::on_slurm(session, master, search);
        }
        let settings = Launcher(master);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut policy = policy(master, search)?;
        let (launcher, count, per_slot) = match class {
            "BasicLauncher" => {
                policy.batch =
                    setting(master, "hydra.sweeper.max_batch_size")?.and_then(|size| size.parse().ok());
                ("basic", None, 1)
            }
            "JoblibLauncher" => {
                policy.time_limit = policy.time_limit.or(seconds(master, "hydra.launcher.timeout")?);
                ("joblib", Some(joblib_slots(&settings, master, cores)?), 1)
            }
            "LocalLauncher" => {
                let limit = settings
                    .count("timeout_min")?
                    .map(|minutes| Duration::from_secs((minutes as u64).saturating_mul(60)));
                policy.time_limit = policy.time_limit.or(limit);
                let per_job = settings.count("cpus_per_task")?.unwrap_or(1);
                (
                    "submitit_local",
                    Some((cores / per_job).max(1)),
                    settings.count("gpus_per_node")?.unwrap_or(0).min(MOST),
                )
            }
            _ => {
                return Err(unknown(master, "launcher", class)?.help(
                    "it can be basic, joblib, submitit_local or submitit_slurm; `-j N` runs N jobs at a time",
                ));
            }
        };
        let workers = session.flags.workers.map(usize::from);
        if let Some(workers) = workers.filter(|workers| *workers > MOST) {
            let error = Error::new(ErrorKind::Range, format!("{workers} jobs cannot run at a time"));
            return Err(error.help(format!("`-j` takes at most {MOST}")));
        }
        let at_a_time = search.and_then(|search| search.asked.at_a_time).unwrap_or(usize::MAX);
        let count = workers.or(count.map(|count| count.min(at_a_time)));
        let how = match count {
            Some(count) => {
                let env = &session.composer.facts().env;
                let devices = gpus(master)?.unwrap_or_else(|| devices(env));
                How::Workers { slots: slots(count, &devices, per_slot, cores, env), to_files: true }
            }
            // What is started must not outlive this process, so that another one has to watch over it.
            None if session.app.starts_command => {
                How::Workers { slots: vec![Slot::default()], to_files: false }
            }
            None => How::Inline,
        };
        let launcher =
            if launcher == "basic" && matches!(how, How::Workers { .. }) { "workers" } else { launcher };
        Ok(Self { launcher, how, policy })
    }

    fn on_slurm(session: &Session<'_>, master: &Bound, search: Option<&Searched>) -> Result<Self> {
        let policy = policy(master, search)?;
        if policy.time_limit.is_some() {
            let error = Error::new(ErrorKind::Job, "nobody ends a job on Slurm at `mainstem.sweep.timeout`");
            return Err(error.help("say it to Slurm: `hydra.launcher.timeout_min=60`"));
        }
        let mut settings = Settings::of(session, master)?;
        if let Some(search) = search {
            settings.follow(search.asked.at_a_time);
            if settings.most() as u64 >= search.asked.trials && search.asked.trials > 1 {
                session.note("all jobs are chosen before one of them has ended: `-j 8` lets later ones learn of earlier ones");
            }
        }
        let settings = Box::new(settings);
        Ok(Self { launcher: SLURM, how: How::Slurm(settings), policy })
    }

    /// The same with every job in a process of its own, still one after the other: a job needs another environment than
    /// this process has.
    pub(super) fn apart(self) -> Self {
        let how = match self.how {
            How::Inline => How::Workers { slots: vec![Slot::default()], to_files: false },
            how @ (How::Workers { .. } | How::Slurm(_)) => how,
        };
        Self { how, ..self }
    }

    /// That all of it can be done.
    ///
    /// # Errors
    /// A limit on the time of jobs that nobody can end.
    pub(super) fn check(&self) -> Result<()> {
        if self.policy.time_limit.is_some() && matches!(self.how, How::Inline) {
            let error = Error::new(ErrorKind::Job, "a job that runs in this process cannot be ended in time");
            return Err(error.help("run the jobs in processes of their own: `-j 1`"));
        }
        Ok(())
    }
}

/// The error of a plugin that there is not.
fn unknown(master: &Bound, what: &str, class: &str) -> Result<Error> {
    let target = master.select(&format!("hydra.{what}._target_"))?;
    let error = Error::new(ErrorKind::Job, format!("there is no {what} `{class}` here"));
    let error = error.at(target.map_or(Origin::NONE, |node| node.origin), "this one");
    Ok(master.located(error.note(format!("it is chosen by `hydra/{what}`"))))
}

/// As joblib counts: -1 is all cores, -2 all but one.
fn joblib_slots(settings: &Launcher<'_>, master: &Bound, cores: usize) -> Result<usize> {
    let Some((number, origin)) = settings.number("n_jobs")? else { return Ok(cores) };
    match number {
        0 => {
            let error = Error::new(ErrorKind::Range, "`hydra.launcher.n_jobs` must not be 0");
            Err(master
                .located(error.at(origin, "how many jobs run at a time").help("-1 is one for each core")))
        }
        below if below < 0 => {
            let less = usize::try_from(below.unsigned_abs() - 1).unwrap_or(usize::MAX);
            Ok(cores.saturating_sub(less).max(1))
        }
        count => Ok(usize::try_from(count).unwrap_or(usize::MAX).min(MOST)),
    }
}

/// More processes than that are a slip.
const MOST: usize = 4096;

fn gpus(master: &Bound) -> Result<Option<Vec<String>>> {
    let node = master.select("mainstem.sweep.gpus")?;
    let list = node.as_ref().and_then(Node::as_list);
    Ok(list.map(|list| {
        let text = |node: &Node| {
            let mut text = String::new();
            write_str(node, &mut text);
            text
        };
        list.iter().map(text).collect()
    }))
}

fn policy(master: &Bound, search: Option<&Searched>) -> Result<Policy> {
    let number = |key: &str| -> Result<Option<u64>> {
        let path = format!("mainstem.sweep.{key}");
        let Some(node) = master.select(&path)? else { return Ok(None) };
        match node.kind {
            Kind::Int(number) if number >= 0 => Ok(Some(number.unsigned_abs())),
            Kind::Int(_) => {
                let error = Error::new(ErrorKind::Range, format!("`{path}` must not be negative"));
                Err(master.located(error.at(node.origin, "a number from 0 on")))
            }
            _ => Ok(None),
        }
    };
    let retry_failed = master.select("mainstem.sweep.retry_failed")? != Some(Node::from(false));
    let may_fail = search.and_then(|search| most_failures(search.asked.may_fail?, search.asked.trials));
    Ok(Policy {
        max_failures: number("max_failures")?.and_then(NonZeroU64::new).or(may_fail),
        first_failures: number("first_failures")?.and_then(NonZeroU64::new),
        retries: number("retries")?.map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX)),
        backoff: seconds(master, "mainstem.sweep.backoff")?.unwrap_or_default(),
        time_limit: seconds(master, "mainstem.sweep.timeout")?,
        retry_failed,
        batch: None,
    })
}

/// The first number of failures that is more than a share of all jobs.
fn most_failures(share: f64, trials: u64) -> Option<NonZeroU64> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of jobs"
    )]
    let most = (share * trials as f64) as u64;
    NonZeroU64::new(most.saturating_add(1))
}

fn seconds(master: &Bound, key: &str) -> Result<Option<Duration>> {
    let Some(node) = master.select(key)? else { return Ok(None) };
    let number = match node.kind {
        Kind::Float(number) => number,
        #[expect(clippy::cast_precision_loss, reason = "no time limit has so many seconds")]
        Kind::Int(number) => number as f64,
        _ => return Ok(None),
    };
    match Duration::try_from_secs_f64(number) {
        Ok(time) => Ok(Some(time)),
        Err(_) => {
            let error = Error::new(ErrorKind::Range, format!("`{key}` must be a number of seconds"));
            Err(master.located(error.at(node.origin, "from 0 on")))
        }
    }
}
