//! A directory that is this run's.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::Duration;

use crate::compose::{Composer, RESERVED};
use crate::diag::{Error, ErrorKind, Result, Secrets, SourceId};
use crate::durable::{Sync, create_exclusive, remove_drafts, write_whole_with};
use crate::facts::{Facts, Process};
use crate::resolve::{Hydra, Scope};
use crate::run::about::About;
use crate::run::aside::{bring_back, set_aside};
use crate::run::files::{RUN, resolved};
use crate::run::id::RunId;
use crate::run::lease::{Lease, Mandate, Tenant};
use crate::run::place::Place;
use crate::run::rank::Rank;
use crate::run::record::Record;
use crate::value::{JsonStyle, Key, KeyPath, Kind, Map, Node, read_json, to_yaml, write_json};

/// The lock of a run's directory. It is there while the run is, or after it was killed.
pub(super) const LOCK: &str = ".run.lock";

/// Where the ranks of a job meet: a folder in the directory that all of them know.
const MEETING: &str = ".ranks";

/// How long a rank waits for the first one to have a directory.
const PATIENCE: Duration = Duration::from_secs(120);

/// After so long it says for whom it waits.
const SILENT: Duration = Duration::from_secs(3);

/// A directory that no other running process has, with nothing written about the run yet.
#[derive(Debug)]
pub struct Reserved {
    pub(super) directory: PathBuf,
    /// The directory as the config is to say it, if it is another one than the config says.
    other: Option<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    pub(super) earlier: Option<PathBuf>,
    pub(super) made: bool,
    pub(super) rank: Option<Rank>,
    pub(super) lease: Option<Lease>,
    pub(super) record: Record,
    pub(super) process: Process,
    pub(super) secrets: Arc<Secrets>,
}

/// The trees of a run that has its directory.
#[derive(Clone, Debug)]
pub struct Told {
    /// The whole tree, with what is known now: `hydra.run.dir`, `hydra.runtime.output_dir`, `hydra.mode`.
    pub root: Node,
    /// The config of the job as it was composed.
    pub job: Node,
    /// The config of the job, resolved. What cannot be resolved is as it was composed.
    pub resolved: Node,
    /// The config of the job as YAML, once somebody has asked for it.
    pub(crate) yaml: Arc<OnceLock<String>>,
}

impl Place {
    /// Gets the directory: makes it, or takes the one that is there. A record in it is put aside; [`Reserved::earlier`]
    /// says where.
    ///
    /// The first rank of a distributed job does so, and the others wait for it and get the same directory.
    ///
    /// # Errors
    /// The directory is in use by another run, or cannot be made or locked; the first rank does not come within two
    /// minutes.
    pub fn reserve(
        &self,
        about: &About,
        facts: &Facts,
        process: &Process,
        rank: Option<Rank>,
    ) -> Result<Reserved> {
        self.reserve_telling(about, facts, process, rank, &|_| {})
    }

    /// As [`Place::reserve`]. Who waits for the first rank says so, once, if that takes longer than three seconds: for whom,
    /// and where.
    ///
    /// # Errors
    /// As [`Place::reserve`].
    pub fn reserve_telling(
        &self,
        about: &About,
        facts: &Facts,
        process: &Process,
        rank: Option<Rank>,
        tell: &dyn Fn(&str),
    ) -> Result<Reserved> {
        match rank {
            Some(Rank { number, world: Some(world), launcher, .. }) if number >= world => {
                let message = format!("there is no rank {number} among {world}: they are counted from 0");
                Err(Error::new(ErrorKind::Usage, message)
                    .note(format!("so says the environment, as {launcher} sets it")))
            }
            Some(rank) if !rank.leads() => self.join(about, facts, process, rank, tell),
            rank => {
                let reserved = self.take(about, facts, process, rank)?;
                match reserved.rank.as_ref().map_or(Ok(()), |rank| self.announce(rank, &reserved)) {
                    Ok(()) => Ok(reserved),
                    Err(error) => {
                        reserved.give_up();
                        Err(error)
                    }
                }
            }
        }
    }

    fn take(&self, about: &About, facts: &Facts, process: &Process, rank: Option<Rank>) -> Result<Reserved> {
        let (directory, made) = self.make()?;
        self.fill(directory.clone(), made, about, facts, process, rank).inspect_err(|_| {
            // What nobody has been in yet goes again.
            if made {
                let _ = fs::remove_dir(&directory);
            }
        })
    }

    /// The directory, and whether it was not there before.
    fn make(&self) -> Result<(PathBuf, bool)> {
        if self.exclusive {
            let made = create_exclusive(&self.directory).map_err(|error| error.at(self.origin, ""))?;
            return Ok((made, true));
        }
        let made = make(&self.directory).map_err(|error| {
            let message = format!("cannot make the directory `{}`: {error}", self.directory.display());
            Error::new(ErrorKind::Io, message).at(self.origin, "")
        })?;
        Ok((self.directory.clone(), made || self.made))
    }

    fn fill(
        &self,
        directory: PathBuf,
        made: bool,
        about: &About,
        facts: &Facts,
        process: &Process,
        rank: Option<Rank>,
    ) -> Result<Reserved> {
        let started = process.clock.now();
        let mut record = Record::begin(RunId::new(process, started), started, about, facts, process);
        record.set_directory(&directory, made, None, self.record.as_deref(), rank.as_ref());
        let lease = self.lease(&directory.join(LOCK), &record, process)?;
        self.ordered()?;
        if !made {
            // What cannot be removed is hidden and harmless.
            let _ = lease.lock().clear();
        }
        let folder = self.record.as_ref().map(|name| directory.join(name));
        let earlier = match &folder {
            // Nobody had it before.
            Some(_) if self.exclusive => None,
            Some(folder) => set_aside(&directory, folder)?,
            None => None,
        };
        if let Some(folder) = folder.as_ref().filter(|_| !made) {
            // What cannot be removed is hidden and harmless.
            let _ = remove_drafts(folder);
        }
        let earlier_name = earlier.as_ref().and_then(|path| path.strip_prefix(&directory).ok());
        record.set_directory(&directory, made, earlier_name, self.record.as_deref(), rank.as_ref());
        let other = self.other(&directory);
        let (process, lease) = (process.clone(), Some(lease));
        let secrets = Arc::clone(&about.secrets);
        Ok(Reserved { directory, other, folder, earlier, made, rank, lease, record, process, secrets })
    }

    /// The name for the config of a directory that is not the one it says.
    fn other(&self, directory: &Path) -> Option<PathBuf> {
        if directory == self.directory {
            return None;
        }
        // The next free one differs in its last part; where the first rank went may be anywhere.
        let beside = directory.parent() == self.directory.parent();
        let name = directory.file_name().filter(|_| beside);
        Some(name.map_or_else(|| directory.to_owned(), |name| self.named.with_file_name(name)))
    }

    fn lease(&self, lock: &Path, record: &Record, process: &Process) -> Result<Lease> {
        Lease::take(lock, record.tree(), process)?.map_err(|tenant| {
            let directory = lock.parent().unwrap_or(lock);
            let message = format!("the directory `{}` is in use by another run", directory.display());
            let mut error = Error::new(ErrorKind::Io, message).at(self.origin, "");
            if let Ok(record) = Record::parse(LOCK, &tenant.about) {
                let since = record.started().format("%Y-%m-%d %H:%M:%S");
                let who = tenant.who().unwrap_or_default();
                error = error.note(format!("`{}`, {who}, since {since}", record.name()));
            }
            error.help("wait for it, or choose another one: `hydra.run.dir=…`")
        })
    }

    /// Whether the run is still wanted, now that everybody sees that it has the directory.
    fn ordered(&self) -> Result<()> {
        if self.mandate.as_ref().is_none_or(Mandate::stands) {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Job, "who ordered this job does not run its sweep any more");
        Err(error.note("it does not run, so that it does not run twice"))
    }

    fn meeting(&self, rank: &Rank) -> PathBuf {
        self.common.join(MEETING).join(&rank.job)
    }

    /// Tells the other ranks where to come.
    fn announce(&self, rank: &Rank, reserved: &Reserved) -> Result<()> {
        let meeting = self.meeting(rank);
        if let Some(folder) = meeting.parent() {
            fs::create_dir_all(folder).map_err(|error| {
                Error::new(
                    ErrorKind::Io,
                    format!("cannot make the directory `{}`: {error}", folder.display()),
                )
            })?;
        }
        let told = Map::from([
            ("directory", Node::from(reserved.directory.to_string_lossy().as_ref())),
            ("id", Node::from(reserved.record.id().map(|id| id.to_string()).as_deref())),
        ]);
        let mut json = String::new();
        write_json(&Node::from(told), JsonStyle::Compact, &mut json);
        write_whole_with(&meeting, Sync::Later, |file| file.write_all(json.as_bytes()))
    }

    /// Goes where the first rank went.
    fn join(
        &self,
        about: &About,
        facts: &Facts,
        process: &Process,
        rank: Rank,
        tell: &dyn Fn(&str),
    ) -> Result<Reserved> {
        let meeting = self.meeting(&rank);
        let mut waited = Duration::ZERO;
        let mut pause = Duration::from_millis(1);
        let mut is_told = false;
        loop {
            if let Some((directory, id)) = invitation(&meeting) {
                let folder = self.record.as_ref().map(|name| directory.join(name));
                // A rank that was there before belongs to an earlier job of the same name.
                let was_there = |folder: &PathBuf| folder.join(rank.file_name(RUN)).exists();
                if !folder.as_ref().is_some_and(was_there) {
                    let mut record = Record::begin(id, process.clock.now(), about, facts, process);
                    record.set_directory(&directory, false, None, self.record.as_deref(), Some(&rank));
                    // A lock of its own tells whether this rank lives, whatever the first one does.
                    let lock = directory.join(rank.file_name(LOCK));
                    let lease = Some(self.lease(&lock, &record, process)?);
                    let (other, process) = (self.other(&directory), process.clone());
                    let (earlier, made, rank) = (None, false, Some(rank));
                    return Ok(Reserved {
                        directory,
                        other,
                        folder,
                        earlier,
                        made,
                        rank,
                        lease,
                        record,
                        process,
                        secrets: Arc::clone(&about.secrets),
                    });
                }
            }
            if waited >= PATIENCE {
                let message = format!(
                    "rank 0 of the job `{}` has had no directory for {} s",
                    rank.job,
                    PATIENCE.as_secs()
                );
                return Err(Error::new(ErrorKind::Io, message)
                    .note(format!("rank {} waited for `{}`", rank.number, meeting.display()))
                    .help(format!("start all ranks of {} in one working directory", rank.launcher)));
            }
            if waited >= SILENT && !is_told {
                is_told = true;
                tell(&format!(
                    "waiting for rank 0 of the job `{}`, up to {} s: it says in `{}` where the run is",
                    rank.job,
                    PATIENCE.as_secs(),
                    meeting.display()
                ));
            }
            sleep(pause);
            waited += pause;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

impl Tenant {
    /// The run that has a directory now, as far as can be known from here, on record or not.
    pub fn of_run(directory: &Path, process: &Process) -> Option<Self> {
        Self::find(&directory.join(LOCK), process)
    }
}

/// Where the first rank went, once it has said so.
fn invitation(meeting: &Path) -> Option<(PathBuf, RunId)> {
    let told = read_json(&fs::read_to_string(meeting).ok()?, SourceId::NONE).ok()?;
    let text = |key| told.as_map()?.get_str(key)?.as_str();
    Some((PathBuf::from(text("directory")?), RunId::parse(text("id")?)?))
}

/// Makes a directory and those above it. Whether it was not there before.
fn make(directory: &Path) -> io::Result<bool> {
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::create_dir(directory) {
        Ok(()) => Ok(true),
        Err(_) if directory.is_dir() => Ok(false),
        Err(error) => Err(error),
    }
}

impl Reserved {
    /// Gives the directory back, if the run cannot begin. One that was made for it is removed, unless somebody put
    /// something into it; the record that was put aside comes back.
    pub fn give_up(self) {
        let Self { directory, folder, earlier, made, lease, .. } = self;
        if let Some(folder) = folder {
            // Nothing is lost with what cannot be removed: it is empty.
            let _ = fs::remove_dir(&folder);
            // What cannot be brought back is listed where it is.
            let _ = earlier.map_or(Ok(()), |earlier| bring_back(&earlier, &folder));
        }
        drop(lease);
        if made {
            let _ = fs::remove_dir(directory);
        }
    }

    /// The directory, absolute.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the record of the run was put that had the directory before. Worth a word to the user.
    pub fn earlier(&self) -> Option<&Path> {
        self.earlier.as_deref()
    }

    /// The rank that this process has in a distributed job.
    pub fn rank(&self) -> Option<&Rank> {
        self.rank.as_ref()
    }

    /// The identifier of the run.
    pub fn id(&self) -> Option<RunId> {
        self.record.id()
    }

    /// The directory as the config is to say it, if it is another one than the config says.
    pub fn other(&self) -> Option<&Path> {
        self.other.as_deref()
    }

    /// The trees with what is known now, from the whole tree that was composed.
    ///
    /// `hydra.run.dir` stays as it is written unless the directory is another one than it says.
    pub fn tell(&self, composer: &Composer, root: &Node) -> Told {
        let mut root = root.clone();
        if let Some(hydra) = root.as_map_mut().and_then(|root| child(root, "hydra")) {
            // A sweep says so before.
            if hydra.get_str("mode").is_none_or(|mode| matches!(mode.kind, Kind::Null)) {
                hydra.set(Key::from("mode"), Node::from("RUN"));
            }
            if let Some(runtime) = child(hydra, "runtime") {
                runtime.set(Key::from("output_dir"), Node::from(self.directory.to_string_lossy().as_ref()));
            }
            if let (Some(named), Some(run)) = (&self.other, child(hydra, "run")) {
                run.set(Key::from("dir"), Node::from(named.to_string_lossy().as_ref()));
            }
        }
        Told::new(composer, root)
    }
}

impl Told {
    /// The trees of a whole one in which all is said.
    pub fn new(composer: &Composer, root: Node) -> Self {
        let mut job = root.clone();
        for name in RESERVED {
            // Looked at first: a shared mapping is copied when it is asked for to be changed.
            if job.as_map().is_some_and(|map| map.get_str(name).is_some())
                && let Some(map) = job.as_map_mut()
            {
                map.remove(&Key::from(name));
            }
        }
        let context = composer.context(&|_| {}).with_hydra(Hydra::Of(&root));
        let resolved = resolved(&Scope::new(&job, context), &KeyPath::ROOT, &job);
        Self { root, job, resolved, yaml: Arc::default() }
    }

    /// The config of the job as it was composed, as YAML.
    pub(super) fn yaml(&self) -> &str {
        self.yaml.get_or_init(|| to_yaml(&self.job))
    }
}

/// The mapping under a key, to be changed.
fn child<'a>(map: &'a mut Map, key: &str) -> Option<&'a mut Map> {
    map.get_mut(&Key::from(key))?.as_map_mut()
}
