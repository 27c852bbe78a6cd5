//! What the jobs of a sweep have in common, wherever they run.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::app::program::bound::Bound;
use crate::app::program::multirun::in_sweep::bind_in_sweep;
use crate::app::program::multirun::jobs::Composing;
use crate::app::program::multirun::unheard::Unheard;
use crate::app::program::session::{Session, shown_setting};
use crate::diag::{Error, ErrorKind, Origin, Result, Severity};
use crate::drive::{FOLDER, Left, Policy, Progress, Standing, Verdict};
use crate::durable::{Log, create_exclusive};
use crate::facts::Process;
use crate::launch::OUTPUT;
use crate::run::{Found, Mandate, PackedRuns, Record, RunId, Status, Tenant, list_without};
use crate::sweep::Job;
use crate::value::{HashSet, Kind, Node};

/// A sweep in its directory.
pub(super) struct Base<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) composing: &'a Composing<'a>,
    /// The directory, absolute.
    pub(super) directory: PathBuf,
    /// The directory as the config is to say it, if it is another one than it says.
    pub(super) other: Option<PathBuf>,
    /// The config of the sweep as a whole.
    pub(super) master: Bound,
    /// The identifier of the sweep.
    pub(super) id: String,
    /// In whose name jobs are ordered elsewhere.
    pub(super) mandate: Mandate,
    pub(super) process: Process,
    /// Whether a pruner still waits for the first report of a job.
    pub(super) unheard: Option<Unheard>,
    /// Where records go when jobs have ended, if not each has files of its own.
    pub(super) compact: Option<Log>,
    packed: RefCell<PackedRuns>,
    /// The directories that jobs have and had, a number for each, and whose they are; `None`: of one that is no more.
    taken: BTreeMap<u64, Option<u64>>,
    /// The directories that were made for jobs because others have those that they were to have.
    made: BTreeMap<u64, PathBuf>,
    /// The directories of jobs that have records, and that the journal says nothing of, seen from that of the sweep, and when
    /// they began.
    lost: BTreeMap<u64, (PathBuf, DateTime<FixedOffset>)>,
    /// The jobs that do not begin any more.
    settled: BTreeSet<u64>,
}

/// A job in its directory.
pub(super) struct Placed {
    pub(super) bound: Bound,
    /// Absolute.
    pub(super) directory: PathBuf,
    /// Whether it was made just now.
    pub(super) made: bool,
    /// The record that was there before.
    pub(super) earlier: Option<RunId>,
}

impl<'a> Base<'a> {
    pub(super) fn new(
        session: &'a Session<'a>,
        composing: &'a Composing<'a>,
        (directory, other): (PathBuf, Option<PathBuf>),
        master: &Bound,
        mandate: Mandate,
        process: &Process,
        before: &Progress,
    ) -> Self {
        let had = before.directories();
        let taken = had.map(|(job, had)| (number(&directory.join(had)), job)).collect();
        let packed = RefCell::new(PackedRuns::new(&directory));
        Self {
            session,
            composing,
            directory,
            other,
            master: master.clone(),
            id: before.identity.id.clone(),
            mandate,
            process: process.clone(),
            unheard: None,
            compact: None,
            packed,
            taken,
            made: BTreeMap::new(),
            lost: BTreeMap::new(),
            settled: BTreeSet::new(),
        }
    }

    /// Leaves jobs as they are that the driver before has settled.
    pub(super) fn leave(&mut self, before: &Progress, policy: &Policy) {
        let settled = before.jobs.iter().filter(|(_, standing)| standing.is_settled(policy));
        self.settled = settled.map(|(job, _)| *job).collect();
    }

    /// How many of these jobs are left to run.
    pub(super) fn left(&self, jobs: Range<u64>) -> u64 {
        let settled = self.settled.range(jobs.clone()).count() as u64;
        (jobs.end - jobs.start).saturating_sub(settled)
    }

    /// Looks for jobs that the journal says nothing of, though their records say that this sweep had begun them. Of those
    /// that it tells of nothing is read; what cannot be read may be one that runs again, and is told. There are `count` jobs.
    ///
    /// # Errors
    /// The directory of the sweep cannot be read.
    pub(super) fn find_lost(&mut self, before: &Progress, count: u64) -> Result<()> {
        // With `--force` jobs may be others than those of the records.
        if self.session.flags.force || before.jobs.len() as u64 >= count {
            return Ok(());
        }
        let known: HashSet<PathBuf> =
            before.directories().map(|(_, known)| self.directory.join(known)).collect();
        let (runs, unreadable) =
            list_without(&self.directory, &self.process, &|directory| known.contains(directory))?;
        self.session.warn(&unreadable);
        for run in runs {
            let number = job_of(&run.record).filter(|_| self.is_ours(&run.record) && run.is_latest());
            let Some(number) = number else { continue };
            if !before.jobs.contains_key(&number) {
                self.taken.insert(self::number(&run.directory), Some(number));
                self.lost.insert(number, (self.relative(&run.directory), run.record.started()));
            }
        }
        Ok(())
    }

    /// The directory of a job by its record, and when it began, if the journal says nothing of it.
    pub(super) fn had(&mut self, job: &Job) -> Option<(PathBuf, DateTime<FixedOffset>)> {
        self.lost.remove(&job.index)
    }

    /// Jobs of these numbers were others.
    pub(super) fn anew(&mut self, jobs: &[(u64, Standing)]) {
        const NAMED: usize = 8;
        for (job, _) in jobs {
            self.settled.remove(job);
        }
        let mut names: Vec<String> = jobs.iter().take(NAMED).map(|(job, _)| job.to_string()).collect();
        if jobs.len() > NAMED {
            names.push("…".to_owned());
        }
        let (count, names) = (jobs.len(), names.join(", "));
        self.session.note(&match count {
            1 => format!("job {names} changes other values than it did, and begins anew in a directory of its own"),
            _ => format!("{count} jobs change other values than they did ({names}), and begin anew in directories of their own"),
        });
    }

    /// These directories are those of jobs that are no more: nobody else gets them.
    pub(super) fn gone(&mut self, directories: &[PathBuf]) {
        let all = directories.iter().map(|directory| (number(&self.directory.join(directory)), None));
        self.taken.extend(all);
    }

    /// Composes a job, and finds its directory: the one it had, or one that no other job of the sweep has.
    pub(super) fn place(&mut self, job: &Job, before: Option<&Path>) -> Result<Placed> {
        let bound =
            bind_in_sweep(self.session, self.composing.compose(job)?, job.index, self.other.as_deref())?;
        if let Some(before) = before {
            let earlier = self.record(before).and_then(|record| record.id());
            return Ok(Placed { bound, directory: self.directory.join(before), made: false, earlier });
        }
        let wanted = self.directory.join(subdirectory(&bound)?);
        // One that could not begin, and begins again, has it already.
        let own = Some(job.index);
        let made = self.taken.get(&number(&wanted)).is_some_and(|owner| *owner != own);
        if made && wanted == self.directory.join("") {
            // Beside it would be outside of the sweep.
            return Err(misplaced(&bound, ""));
        }
        let directory = if made { self.make(job, &wanted)? } else { wanted };
        self.taken.insert(number(&directory), own);
        let earlier = self.record(&directory).and_then(|record| record.id());
        Ok(Placed { bound, directory, made, earlier })
    }

    /// The directory of a job that cannot have the one that it was to have.
    fn make(&mut self, job: &Job, wanted: &Path) -> Result<PathBuf> {
        if let Some(made) = self.made.get(&job.index) {
            return Ok(made.clone());
        }
        let made = create_exclusive(wanted)?;
        self.made.insert(job.index, made.clone());
        Ok(made)
    }

    /// The overrides of a job without the secrets in them.
    pub(super) fn shown(&self, job: &Job) -> Vec<String> {
        shown(&self.master, job)
    }

    /// A path as the journal says it.
    pub(super) fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.directory).unwrap_or(path).to_owned()
    }

    /// What the record of a job says, if it is that of this sweep.
    pub(super) fn record(&self, directory: &Path) -> Option<Record> {
        let record = self.found(&self.directory.join(directory))?.record;
        self.is_ours(&record).then_some(record)
    }

    /// The run in a directory, be its record packed or not.
    pub(super) fn found(&self, directory: &Path) -> Option<Found> {
        let packed = &mut |directory: &Path| self.packed.borrow_mut().of(directory);
        Found::read_or(directory, &self.process, packed).ok()
    }

    fn is_ours(&self, record: &Record) -> bool {
        record.get("parent").and_then(Node::as_str) == Some(self.id.as_str())
    }

    /// As [`Base::record`], for a job that has ended just now: the record of the time before is none.
    pub(super) fn new_record(&self, directory: &Path, earlier: Option<RunId>) -> Option<Record> {
        self.record(directory).filter(|record| earlier.is_none() || record.id() != earlier)
    }

    /// What became of a job by its record, which says how it ended.
    pub(super) fn verdict(&self, record: &Record, directory: &Path) -> Verdict {
        let error = record.error_line().map(str::to_owned);
        Verdict {
            status: record.status(),
            result: record.result().cloned(),
            direction: record.get("direction").cloned(),
            stopped: record.stopped(),
            log: error.as_ref().and_then(|_| self.log(directory, record.name())),
            error,
            asked: None,
            directory: Some(directory.to_owned()),
            ended: None,
        }
    }

    /// Writes into the record of a job that has ended why it was asked to.
    pub(super) fn took_too_long(&self, verdict: &Verdict) {
        let Some((directory, why)) = verdict.directory.as_ref().zip(verdict.error.as_ref()) else { return };
        let found = self.found(&self.directory.join(directory)).filter(|found| self.is_ours(&found.record));
        let Some(Err(error)) = found.map(|mut found| found.fail(why)) else { return };
        let console = &self.session.console;
        console.complain(&error.render_as(Severity::Warning, console.err));
    }

    /// The file that says most about a failure.
    pub(super) fn log(&self, directory: &Path, name: &str) -> Option<PathBuf> {
        let [out, err] = OUTPUT.map(str::to_owned);
        let candidates = [err, format!("{name}.log"), out];
        // The log of a command holds what this program says of it, which is told already.
        let is_said = |path: &String| *path == candidates[1] && self.session.app.starts_command;
        let wrote = |path: &PathBuf| self.directory.join(path).metadata().is_ok_and(|file| file.len() > 0);
        candidates.iter().filter(|name| !is_said(name)).map(|name| directory.join(name)).find(wrote)
    }

    /// What there is of a job whose driver was killed. While its process lives, wherever that is, it has the directory,
    /// whether it is on record yet or not; and it is on record how it ended before it lets go.
    pub(super) fn look(&self, job: u64, directory: &Path, standing: &Standing) -> Left {
        let ended = || {
            // A folder that was copied has the record of another job.
            let record = self.record(directory).filter(|record| job_of(record) == Some(job));
            let record = record.filter(|record| says_more(record, standing));
            record.map(|record| {
                let ended = record.ended();
                Left::Ended(Verdict { ended, ..self.verdict(&record, directory) })
            })
        };
        let runs = || {
            let tenant = Tenant::of_run(&self.directory.join(directory), &self.process)?;
            Some(Left::Running(tenant.who()))
        };
        ended().or_else(runs).or_else(ended).unwrap_or(Left::Nothing)
    }

    /// Says that a job waits for its own end.
    pub(super) fn waits(&self, job: &Job, who: Option<&str>) {
        let who = who.map_or_else(String::new, |who| format!(" as {who}"));
        self.session
            .note(&format!("job {} still runs{who}: it does not begin again before it has ended", job.index));
    }
}

/// The overrides of a job without the secrets in them, as far as they are known by now.
pub(super) fn shown(master: &Bound, job: &Job) -> Vec<String> {
    job.lines().into_iter().map(|line| shown_line(master, line.to_owned())).collect()
}

/// An override without the secrets in it, as far as they are known by now.
pub(super) fn shown_line(master: &Bound, line: String) -> String {
    let line = master.composed().shown_argument(line);
    master.secrets().scrub(&line).into_owned()
}

/// Where in the directory of its sweep a job has its own.
///
/// # Errors
/// It would be outside, or be the sweep's, or lie in what is the sweep's.
pub(super) fn subdirectory(bound: &Bound) -> Result<PathBuf> {
    let text = shown_setting(bound, "hydra.sweep.subdir")?.unwrap_or_default();
    let path = Path::new(&text);
    // Whoever names another place means it.
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => plain.push(name),
            _ => return Err(misplaced(bound, &text)),
        }
    }
    let first = plain.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned());
    match first {
        Some(first) if first.starts_with(FOLDER) => Err(misplaced(bound, &text)),
        _ => Ok(plain),
    }
}

/// Where the directory of a job cannot be.
pub(super) fn misplaced(bound: &Bound, text: &str) -> Error {
    let message = "`hydra.sweep.subdir` must name a folder of the job in the directory of the sweep";
    let origin = bound.select("hydra.sweep.subdir").ok().flatten().map_or(Origin::NONE, |node| node.origin);
    bound.located(
        Error::new(ErrorKind::Type, message)
            .at(origin, format!("this is `{text}`"))
            .help("such as `${hydra.job.num}`"),
    )
}

/// Whether a record says how a job ended of which the journal says less. A failure may be that of the time before: who
/// reads it knows by when it began.
fn says_more(record: &Record, standing: &Standing) -> bool {
    match record.status() {
        Status::Completed => true,
        Status::Failed if standing.status == Status::Running => {
            standing.attempt <= 1 || standing.began <= record.started()
        }
        _ => false,
    }
}

/// Which job of its sweep a record is of.
fn job_of(record: &Record) -> Option<u64> {
    match record.get("job")?.kind {
        Kind::Int(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

fn number(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// The error of a failure that is told while the sweep goes on.
pub(super) fn failure(job: &Job, verdict: &Verdict, base: &Base<'_>) -> Error {
    let why = verdict.error.as_deref().unwrap_or("it failed");
    let error = Error::new(ErrorKind::Job, format!("job {} failed: {why}", job.index));
    let error = match base.shown(job).join(" ") {
        line if line.is_empty() => error,
        line => error.note(line),
    };
    match &verdict.log {
        Some(log) => {
            let path = base.directory.join(log);
            let cwd = &base.session.composer.facts().cwd;
            error.note(format!("see {}", crate::app::program::job::shown(&path, cwd).display()))
        }
        None => error,
    }
}
