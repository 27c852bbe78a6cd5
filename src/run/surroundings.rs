//! What stands around a run: found out by reading files, beside the job.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hmac_sha256::Hash;

use crate::diag::Result;
use crate::facts::{Environment, Facts, Process, date_of};
use crate::run::files::Folder;
use crate::run::record::moment;
use crate::value::{Key, Map, Node};

/// What was found out beside the job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Keys for the record.
    pub keys: Map,
    /// Files to lie beside the record: name and content.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Surroundings {
    /// Writes the files beside a record. They reach the disk when the system sees fit.
    pub(super) fn write(&self, folder: &Folder) -> Result<()> {
        self.files.iter().try_for_each(|(name, bytes)| folder.write(name, |file| file.write_all(bytes)))
    }

    /// The names of the files that are written.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// What is found out about the program, the project and the machine: the keys `project`, `program`, `lock_files`,
/// `container`, `gpu` and `scheduler` of a [`Record`](crate::run::Record). Reads files, and starts no program; what
/// cannot be read is left out.
pub fn surroundings(facts: &Facts, process: &Process) -> Surroundings {
    let project = project(&facts.cwd);
    let text = |path: &Path| Node::from(path.to_string_lossy().as_ref());
    let keys = Map::from([
        ("project", Node::from(project.as_deref().map(text))),
        ("program", Node::from(process.program.as_deref().and_then(program))),
        ("lock_files", lock_files(&facts.cwd, project.as_deref())),
        ("container", Node::from(container(&facts.env))),
        ("gpu", Node::from(gpu(Path::new("/proc/driver/nvidia"), Path::new("/sys/module/amdgpu/version")))),
        ("scheduler", Node::from(scheduler(&facts.env))),
    ]);
    Surroundings { keys, files: Vec::new() }
}

/// What tells the root of a project.
const ROOTS: [&str; 4] = [".git", "pyproject.toml", "Cargo.toml", "setup.py"];

/// The nearest directory, from here upwards, that is under version control; else the nearest that is a package.
fn project(cwd: &Path) -> Option<PathBuf> {
    ROOTS.iter().find_map(|name| cwd.ancestors().find(|path| path.join(name).exists())).map(Path::to_owned)
}

/// The file of a program: path, size, and when it was changed.
pub(crate) fn program(path: &Path) -> Option<Map> {
    let data = fs::metadata(path).ok()?;
    let modified = data.modified().ok().and_then(date_of).map(|at| moment(at.fixed_offset()));
    Some(Map::from([
        ("path", Node::from(path.to_string_lossy().as_ref())),
        ("size", Node::from(i64::try_from(data.len()).unwrap_or(i64::MAX))),
        ("modified", Node::from(modified)),
    ]))
}

/// Files that say which versions of what else a program is made of.
const LOCK_FILES: [&str; 12] = [
    "Cargo.lock",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pylock.toml",
    "requirements.txt",
    "requirements.lock",
    "environment.yml",
    "environment.yaml",
    "conda-lock.yml",
    "pixi.lock",
];

fn lock_files(cwd: &Path, project: Option<&Path>) -> Node {
    let folders = project.filter(|project| *project != cwd).into_iter().chain([cwd]);
    let files = folders.flat_map(|folder| LOCK_FILES.map(|name| folder.join(name)));
    let hashed = files.filter_map(|path| {
        let sha256 = sha256(&path).ok()?;
        Some(Map::from([
            ("path", Node::from(path.to_string_lossy().as_ref())),
            ("sha256", Node::from(sha256.as_str())),
        ]))
    });
    hashed.collect()
}

/// The SHA-256 of a file, as `sha256sum` prints it.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut hash = Hash::new();
    let mut chunk = vec![0_u8; 1 << 16];
    loop {
        let read = io::Read::read(&mut file, &mut chunk)?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Where containers name their image, by variable.
const IMAGES: [(&str, &str); 6] = [
    ("apptainer", "APPTAINER_CONTAINER"),
    ("singularity", "SINGULARITY_CONTAINER"),
    ("docker", "DOCKER_IMAGE"),
    ("oci", "CONTAINER_IMAGE"),
    ("enroot", "ENROOT_ROOTFS"),
    ("kubernetes", "KUBERNETES_SERVICE_HOST"),
];

fn container(env: &Environment) -> Option<Map> {
    let described = |kind: &str, image: Option<&str>| {
        Map::from([("kind", Node::from(kind)), ("image", Node::from(image))])
    };
    for (kind, variable) in IMAGES {
        if let Some(image) = env.get(variable).filter(|image| !image.is_empty()) {
            return Some(described(kind, (kind != "kubernetes").then_some(image)));
        }
    }
    if let Ok(text) = fs::read_to_string("/run/.containerenv") {
        let image =
            text.lines().find_map(|line| line.strip_prefix("image=")).map(|image| image.trim_matches('"'));
        return Some(described("podman", image));
    }
    Path::new("/.dockerenv").exists().then(|| described("docker", None))
}

fn gpu(nvidia: &Path, amd: &Path) -> Option<Map> {
    if let Ok(version) = fs::read_to_string(nvidia.join("version")) {
        let driver = version.lines().next().unwrap_or_default();
        let driver = driver.split_once("Kernel Module").map_or(driver, |(_, rest)| rest);
        let driver = driver.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let mut cards: Vec<_> = fs::read_dir(nvidia.join("gpus"))
            .into_iter()
            .flatten()
            .filter_map(|card| fs::read_to_string(card.ok()?.path().join("information")).ok())
            .collect();
        cards.sort();
        let card = |text: &String| {
            let value = |name: &str| {
                let line =
                    text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
                Node::from(line.map(str::trim))
            };
            Map::from([("model", value("Model")), ("uuid", value("GPU UUID"))])
        };
        return Some(Map::from([
            ("kind", Node::from("nvidia")),
            ("driver", Node::from(driver)),
            ("devices", cards.iter().map(card).collect()),
        ]));
    }
    let version = fs::read_to_string(amd).ok()?;
    Some(Map::from([("kind", Node::from("amd")), ("driver", Node::from(version.trim()))]))
}

/// What schedulers name a job by: the variable that tells the scheduler, and what belongs to it.
const SCHEDULERS: [(&str, &str, &[&str]); 6] = [
    (
        "slurm",
        "SLURM_JOB_ID",
        &[
            "SLURM_JOB_NAME",
            "SLURM_STEP_ID",
            "SLURM_ARRAY_JOB_ID",
            "SLURM_ARRAY_TASK_ID",
            "SLURM_CLUSTER_NAME",
            "SLURM_JOB_PARTITION",
            "SLURM_JOB_NODELIST",
            "SLURM_RESTART_COUNT",
        ],
    ),
    ("pbs", "PBS_JOBID", &["PBS_JOBNAME", "PBS_QUEUE", "PBS_ARRAY_INDEX"]),
    ("lsf", "LSB_JOBID", &["LSB_JOBNAME", "LSB_QUEUE", "LSB_JOBINDEX"]),
    ("sge", "SGE_TASK_ID", &["JOB_ID", "JOB_NAME", "QUEUE"]),
    ("htcondor", "_CONDOR_SLOT", &["_CONDOR_JOB_AD"]),
    ("kubernetes", "JOB_COMPLETION_INDEX", &["HOSTNAME"]),
];

fn scheduler(env: &Environment) -> Option<Map> {
    SCHEDULERS.iter().find_map(|(kind, tell, more)| {
        env.get(tell)?;
        let mut variables = Map::default();
        for name in std::iter::once(tell).chain(*more) {
            if let Some(value) = env.get(name) {
                variables.set(Key::from(*name), Node::from(value));
            }
        }
        Some(Map::from([("kind", Node::from(*kind)), ("variables", Node::from(variables))]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduler_is_known_by_its_variables() {
        let env = [("SLURM_JOB_ID", "7"), ("SLURM_STEP_ID", "0"), ("PATH", "/bin")].into_iter().collect();
        let found = scheduler(&env).unwrap();
        assert_eq!(found.get_str("kind"), Some(&Node::from("slurm")));
        let variables = found.get_str("variables").and_then(Node::as_map).unwrap();
        assert_eq!(variables.len(), 2);
        assert_eq!(scheduler(&Environment::default()), None);
        let image = container(&[("APPTAINER_CONTAINER", "/x.sif")].into_iter().collect()).unwrap();
        assert_eq!(image.get_str("image"), Some(&Node::from("/x.sif")));
    }

    #[test]
    fn cards_and_lock_files_are_read() {
        let dir = std::env::temp_dir().join(format!("mainstem-{}-surroundings", std::process::id()));
        let card = dir.join("gpus/0000:01:00.0");
        fs::create_dir_all(&card).unwrap();
        let version =
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.08  Mon Jan  1\nGCC version: 12\n";
        fs::write(dir.join("version"), version).unwrap();
        fs::write(card.join("information"), "Model: \t\t NVIDIA A100\nIRQ:   1\nGPU UUID: \t GPU-7\n")
            .unwrap();
        let found = Node::from(gpu(&dir, &dir).unwrap());
        let mut json = String::new();
        crate::value::write_json(&found, crate::value::JsonStyle::Compact, &mut json);
        let expected =
            r#"{"kind":"nvidia","driver":"535.161.08","devices":[{"model":"NVIDIA A100","uuid":"GPU-7"}]}"#;
        assert_eq!(json, expected);
        fs::write(dir.join("uv.lock"), "abc").unwrap();
        let hashed = lock_files(&dir, None);
        let first = hashed.as_list().unwrap()[0].as_map().unwrap().get_str("sha256").cloned();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(first, Some(Node::from(known)));
        fs::remove_dir_all(&dir).unwrap();
    }
}
