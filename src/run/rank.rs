//! The processes of one distributed job.

use crate::facts::{Environment, Process};
use crate::value::{Map, Node};

/// Which of the processes of a distributed job this is, as the one who started them says in the environment.
///
/// Known are torchrun (`RANK`, `WORLD_SIZE`), Open MPI (`OMPI_COMM_WORLD_RANK`), MPICH and Intel MPI (`PMI_RANK`), and
/// Slurm (`SLURM_PROCID`), in this order, since torchrun and MPI are often started by Slurm, once for each machine.
///
/// ```
/// use mainstem::facts::{Environment, Process};
/// use mainstem::run::Rank;
/// let env = [("SLURM_PROCID", "1"), ("SLURM_NTASKS", "4"), ("SLURM_JOB_ID", "77"), ("SLURM_STEP_ID", "0")];
/// let rank = Rank::of(&env.into_iter().collect(), &Process::default()).unwrap();
/// assert_eq!((rank.number, rank.world, rank.job.as_str()), (1, Some(4), "slurm-77-0"));
/// assert_eq!(rank.file_name("train.log"), "train.rank1.log");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rank {
    /// Counted from 0, over all machines.
    pub number: u32,
    /// How many there are.
    pub world: Option<u32>,
    /// What all ranks of the job have in common and no other job has; good as the name of a file.
    pub job: String,
    /// Who started them.
    pub launcher: &'static str,
}

/// Who starts ranks: a name, the variable of the rank, those of how many there are, and those that name the job.
struct Launcher {
    name: &'static str,
    rank: &'static str,
    worlds: &'static [&'static str],
    /// Whether a rank alone, without the number of all, means nothing: the name is too common.
    needs_world: bool,
    /// How many ranks run on this machine.
    local: &'static str,
    job: &'static [&'static str],
}

const LAUNCHERS: [Launcher; 4] = [
    Launcher {
        name: "torchrun",
        rank: "RANK",
        worlds: &["WORLD_SIZE"],
        needs_world: true,
        local: "LOCAL_WORLD_SIZE",
        job: &["TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT"],
    },
    Launcher {
        name: "openmpi",
        rank: "OMPI_COMM_WORLD_RANK",
        worlds: &["OMPI_COMM_WORLD_SIZE"],
        needs_world: false,
        local: "OMPI_COMM_WORLD_LOCAL_SIZE",
        job: &["PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid"],
    },
    Launcher {
        name: "mpi",
        rank: "PMI_RANK",
        worlds: &["PMI_SIZE"],
        needs_world: false,
        local: "MPI_LOCALNRANKS",
        job: &["PMI_JOBID", "PMI_PORT"],
    },
    Launcher {
        name: "slurm",
        rank: "SLURM_PROCID",
        worlds: &["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"],
        needs_world: false,
        local: "",
        job: &[],
    },
];

/// Variables of a scheduler that name a job for all who are started in it.
const SCHEDULED: [&str; 6] =
    ["SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT", "PBS_JOBID", "LSB_JOBID", "JOB_ID"];

impl Rank {
    /// The rank that the environment says; `None` for a process on its own, and for a job of one.
    pub fn of(env: &Environment, process: &Process) -> Option<Self> {
        LAUNCHERS
            .iter()
            .find_map(|launcher| {
                let number = |name: &str| env.get(name)?.trim().parse::<u32>().ok();
                let rank = number(launcher.rank)?;
                let world = launcher.worlds.iter().find_map(|name| number(name));
                if launcher.needs_world && world.is_none() {
                    return None;
                }
                let mut job = vec![launcher.name.to_owned()];
                let named = SCHEDULED.iter().chain(launcher.job).filter_map(|name| env.get(name));
                job.extend(named.map(str::to_owned));
                // All of them were started by one process: it is theirs alone.
                if world.is_some() && number(launcher.local) == world {
                    job.push(format!("{}-{}", process.host, process.parent.unwrap_or(0)));
                }
                let job =
                    job.join("-").chars().map(|c| if is_plain(c) { c } else { '_' }).take(200).collect();
                Some(Self { number: rank, world, job, launcher: launcher.name })
            })
            .filter(|rank| rank.world != Some(1))
    }

    /// Whether it is the one that writes what all have in common.
    pub fn leads(&self) -> bool {
        self.number == 0
    }

    /// The name of the file that is this rank's own: `train.rank1.log` for `train.log`, which is the first rank's.
    pub fn file_name(&self, name: &str) -> String {
        file_name(self.number, name)
    }

    pub(super) fn to_node(&self) -> Node {
        Node::from(Map::from([
            ("rank", Node::from(i64::from(self.number))),
            ("world", Node::from(self.world.map(i64::from))),
            ("launcher", Node::from(self.launcher)),
            ("job", Node::from(self.job.as_str())),
        ]))
    }
}

/// As [`Rank::file_name`].
pub(super) fn file_name(number: u32, name: &str) -> String {
    if number == 0 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}.rank{number}.{ending}"),
        _ => format!("{name}.rank{number}"),
    }
}

/// Whose file it is, if it is that of a rank for `name`.
pub(crate) fn rank_in(file: &str, name: &str) -> Option<u32> {
    if file == name {
        return Some(0);
    }
    let digits = file.split_once(".rank")?.1.split('.').next()?;
    let number = digits.parse().ok()?;
    (file_name(number, name) == file).then_some(number)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(env: &[(&str, &str)]) -> Option<(u32, Option<u32>, String)> {
        let process = Process { host: "node1".to_owned(), parent: Some(9), ..Process::default() };
        Rank::of(&env.iter().copied().collect(), &process).map(|rank| (rank.number, rank.world, rank.job))
    }

    #[test]
    fn the_innermost_launcher_says_the_rank() {
        assert_eq!(rank(&[]), None);
        assert_eq!(rank(&[("RANK", "1")]), None);
        assert_eq!(rank(&[("RANK", "0"), ("WORLD_SIZE", "1")]), None);
        assert_eq!(rank(&[("RANK", "x"), ("WORLD_SIZE", "2")]), None);
        let torch = [("RANK", "3"), ("WORLD_SIZE", "4"), ("MASTER_ADDR", "a/b"), ("MASTER_PORT", "29500")];
        assert_eq!(rank(&torch), Some((3, Some(4), "torchrun-a_b-29500".to_owned())));
        let slurm = [("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2"), ("SLURM_JOB_ID", "7")];
        let both: Vec<_> = torch.into_iter().chain(slurm).collect();
        assert_eq!(rank(&both), Some((3, Some(4), "torchrun-7-a_b-29500".to_owned())));
        let local: Vec<_> = torch.into_iter().chain([("LOCAL_WORLD_SIZE", "4")]).collect();
        assert_eq!(rank(&local), Some((3, Some(4), "torchrun-a_b-29500-node1-9".to_owned())));
        assert_eq!(rank(&[("OMPI_COMM_WORLD_RANK", "2")]), Some((2, None, "openmpi".to_owned())));
        assert_eq!(rank(&[("PMI_RANK", "2"), ("PMI_SIZE", "3")]), Some((2, Some(3), "mpi".to_owned())));
    }

    #[test]
    fn each_rank_has_files_of_its_own() {
        let file = |number, name| {
            Rank { number, world: None, job: String::new(), launcher: "slurm" }.file_name(name)
        };
        assert_eq!(file(0, "train.log"), "train.log");
        assert_eq!(file(12, "a.b.log"), "a.b.rank12.log");
        assert_eq!(file(1, "log"), "log.rank1");
        assert_eq!(file(1, ".log"), ".log.rank1");
        for name in ["train.log", ".run.lock", "log", ".log", "run.json"] {
            for number in [0, 1, 12] {
                assert_eq!(rank_in(&file(number, name), name), Some(number), "{name}");
            }
        }
        for no in ["train.rank1.txt", "train.rank01.log", "train.rank.log", "other.rank1.log", "x"] {
            assert_eq!(rank_in(no, "train.log"), None, "{no}");
        }
    }
}
