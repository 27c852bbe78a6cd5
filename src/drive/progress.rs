//! How far a sweep has come, by its journal.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::drive::entry::{Entry, Identity};
use crate::drive::journal::{FOLDER, JOURNAL};
use crate::drive::policy::Policy;
use crate::durable::walk;
use crate::run::{RECORDS, RUN, Status};

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How often it has begun.
    pub attempt: u32,
    /// How it ended; `Running` if it has begun and nothing more is known.
    pub status: Status,
    /// Whether it failed, and was to begin once more.
    pub again: bool,
    /// When it began, this time.
    pub began: DateTime<FixedOffset>,
    /// Its directory, seen from that of the sweep, if it came to have one.
    pub directory: Option<PathBuf>,
    /// The submission to a scheduler, and the task of it, if it was handed to one.
    pub task: Option<(u32, usize)>,
}

impl Standing {
    /// That of a job that has begun in a directory, of which its journal says nothing.
    pub(crate) fn lost(directory: PathBuf) -> Self {
        let (status, began, directory) = (Status::Running, DateTime::default(), Some(directory));
        Self { attempt: 1, status, again: false, began, directory, task: None }
    }

    /// Whether the job is left as it is when the sweep goes on.
    pub(crate) fn is_settled(&self, policy: &Policy) -> bool {
        match self.status {
            Status::Completed => true,
            Status::Failed => !self.again && !policy.retry_failed,
            _ => false,
        }
    }
}

/// How far a sweep has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// What the sweep is.
    pub identity: Identity,
    /// The jobs that have begun, by their numbers.
    pub jobs: BTreeMap<u64, Standing>,
    /// What the scheduler calls each submission; none if whoever made it was killed before it was told.
    pub submissions: BTreeMap<u32, Option<String>>,
    /// How jobs run that the last driver begins.
    pub(crate) launcher: Option<String>,
    /// Whether the driver has left on purpose, and nobody has gone on since.
    pub detached: bool,
    /// When something happened last.
    pub last: DateTime<FixedOffset>,
    /// Why it stopped, if it did and nobody has gone on with it.
    pub stopped: Option<String>,
    /// Whether all jobs have ended.
    pub finished: bool,
    /// How many jobs there are, if a driver has raised their number.
    pub(crate) raised: Option<u64>,
    /// Whether a driver has changed what a search looks for.
    pub(crate) sought_anew: bool,
    /// The job of which the last line says that it has completed elsewhere, with its directory. The next one confirms it.
    pub(crate) elsewhere: Option<(u64, Option<PathBuf>)>,
    /// The directories that jobs had before those that they have, which may be none.
    pub(crate) left: Vec<PathBuf>,
}

impl Progress {
    /// Reads the journal in the directory of a sweep.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::NotFound`] if there is none; one that cannot be read.
    pub fn read(directory: &Path) -> Result<Self> {
        Self::each(directory, |_| ())
    }

    /// As [`Progress::read`], showing every entry to a function.
    ///
    /// # Errors
    /// As [`Progress::read`].
    pub fn each(directory: &Path, see: impl FnMut(&Entry)) -> Result<Self> {
        Self::each_in(&directory.join(FOLDER), see)
    }

    /// The same of a journal in its folder, which may be that of a sweep that another one came after.
    pub(crate) fn each_in(folder: &Path, mut see: impl FnMut(&Entry)) -> Result<Self> {
        let (directory, path) = (folder.parent().unwrap_or(folder), folder.join(JOURNAL));
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                let message = format!("there is no sweep in `{}`", directory.display());
                Error::new(ErrorKind::NotFound, message)
                    .help("`mainstem sweeps ls` shows those that are there")
            }
            _ => Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display())),
        };
        let mut file = BufReader::new(File::open(&path).map_err(failed)?);
        let mut progress = None;
        let mut line = String::new();
        for number in 1_u64.. {
            line.clear();
            file.read_line(&mut line).map_err(failed)?;
            // Who wrote the last line was killed in the middle of it.
            let Some(text) = line.strip_suffix('\n') else { break };
            let entry = Entry::read(text)
                .map_err(|error| error.note(format!("line {number} of `{}`", path.display())))?;
            let Some(entry) = entry else { continue };
            see(&entry);
            match (&mut progress, entry) {
                (None, Entry::Sweep(identity)) => {
                    let last = identity.started;
                    progress = Some(Self { identity: *identity, last, ..Self::default() });
                }
                (None, _) => break,
                (Some(progress), entry) => progress.take(entry),
            }
        }
        progress.ok_or_else(|| headless(directory, &path))
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            // There is one of them, and it is the first line.
            Entry::Sweep(_) => {}
            Entry::Driver { time, launcher, jobs, .. } => {
                self.last = time;
                self.launcher = Some(launcher);
                if jobs.is_some() {
                    self.identity.jobs = jobs;
                    self.raised = jobs;
                }
                self.stopped = None;
                self.finished = false;
                self.detached = false;
            }
            Entry::Search { time, search, overrides } => {
                self.last = time;
                self.identity.search = Some(search);
                self.identity.overrides = overrides;
                self.sought_anew = true;
            }
            // That an earlier run has completed a job is said by two lines; one alone says nothing.
            Entry::Started { job, attempt: 0, time, directory, .. } => {
                self.last = time;
                self.elsewhere = Some((job, directory));
            }
            Entry::Ended { job, attempt: 0, time, status, again, .. } => {
                self.last = time;
                let told = self.elsewhere.take().filter(|(told, _)| *told == job);
                if let Some((_, directory)) = told {
                    self.stands(
                        job,
                        Standing { attempt: 0, status, again, began: time, directory, task: None },
                    );
                }
            }
            Entry::Started { job, attempt, time, directory, .. } => {
                self.last = time;
                let (status, again, task) = (Status::Running, false, None);
                self.stands(job, Standing { attempt, status, again, began: time, directory, task });
            }
            Entry::Ended { job, time, status, again, .. } => {
                self.last = time;
                if let Some(standing) = self.jobs.get_mut(&job) {
                    standing.status = status;
                    standing.again = again;
                }
            }
            Entry::Submitting { time, submission, tasks } => {
                self.last = time;
                self.submissions.insert(submission, None);
                for (task, jobs) in tasks.iter().enumerate() {
                    for job in jobs {
                        if let Some(standing) = self.jobs.get_mut(job) {
                            standing.task = Some((submission, task));
                        }
                    }
                }
            }
            Entry::Submitted { time, submission, id } => {
                self.last = time;
                if let Some(known) = self.submissions.get_mut(&submission) {
                    *known = Some(id);
                }
            }
            Entry::Detached { time } => {
                self.last = time;
                self.detached = true;
            }
            Entry::Stopped { time, why } => {
                self.last = time;
                self.stopped = Some(why);
            }
            Entry::Finished { time } => {
                self.last = time;
                self.finished = true;
            }
        }
    }

    /// Whether all jobs have come to their ends, whether anybody has written so or not.
    pub fn has_ended(&self) -> bool {
        let is_over = |job: &Standing| matches!(job.status, Status::Completed | Status::Failed);
        self.identity.jobs == Some(self.jobs.values().filter(|job| is_over(job)).count() as u64)
    }

    fn stands(&mut self, job: u64, standing: Standing) {
        let now = standing.directory.clone();
        let was = self.jobs.insert(job, standing).and_then(|was| was.directory);
        self.left.extend(was.filter(|was| now.as_ref() != Some(was)));
    }

    /// All directories that jobs have and had, seen from that of the sweep, with the job that has it: one that a job had
    /// before is nobody's.
    pub(crate) fn directories(&self) -> impl Iterator<Item = (Option<u64>, &Path)> {
        let have =
            self.jobs.iter().filter_map(|(job, standing)| Some((Some(*job), standing.directory.as_deref()?)));
        self.left.iter().map(|directory| (None, directory.as_path())).chain(have)
    }

    /// How many jobs stand like that.
    pub fn count(&self, status: Status) -> usize {
        self.jobs.values().filter(|job| job.status == status).count()
    }
}

/// Why a journal does not say what its sweep is: nothing had begun, or jobs have run and its first line was lost.
fn headless(directory: &Path, path: &Path) -> Error {
    let message = format!("the journal in `{}` does not say what the sweep is", path.display());
    let error = Error::new(ErrorKind::Json, message);
    let mut jobs = 0;
    // What cannot be looked through has nothing to tell.
    let _ = walk(directory, |_, folders| {
        jobs += usize::from(folders.iter().any(|folder| folder.join(RUN).is_file()));
    });
    let packed = fs::read(directory.join(RECORDS)).unwrap_or_default();
    jobs += packed.iter().filter(|byte| **byte == b'\n').count();
    if jobs == 0 {
        return error.note("whoever began it was killed before any job").help("start the sweep anew");
    }
    let what = match path.metadata() {
        Ok(file) if file.len() > 0 => "its first line is lost",
        _ => "it is empty",
    };
    let place = directory.to_string_lossy();
    let named = shell_word(&place);
    let jobs = if jobs == 1 { "1 job has run".to_owned() } else { format!("{jobs} jobs have run") };
    error
        .note(format!("{what}, although {jobs}: with it went the arguments that the sweep was begun with"))
        .help(format!(
            "type the sweep anew, with `mainstem.sweep.skip_completed={named}`: what has completed does not run again"
        ))
        .help(format!("`mainstem runs ls --root {named}` shows the jobs that have run"))
}

/// What the sweep in a directory is, by the first line of its journal, and what it searches by now.
///
/// # Errors
/// As of [`Progress::read`].
pub fn identity(directory: &Path) -> Result<Identity> {
    let path = directory.join(FOLDER).join(JOURNAL);
    let failed = |why: String| Error::new(ErrorKind::Io, format!("cannot read `{}`: {why}", path.display()));
    let mut line = String::new();
    let mut file = BufReader::new(File::open(&path).map_err(|error| failed(error.to_string()))?);
    file.read_line(&mut line).map_err(|error| failed(error.to_string()))?;
    let Some(Entry::Sweep(mut identity)) = Entry::read(line.trim_end_matches('\n'))? else {
        return Err(failed("it does not say what the sweep is".to_owned()));
    };
    // Nothing else is taken apart: every job of a search reads this.
    while identity.search.is_some() {
        line.clear();
        file.read_line(&mut line).map_err(|error| failed(error.to_string()))?;
        let Some(text) = line.strip_suffix('\n') else { break };
        if text.starts_with(r#"{"event":"search""#)
            && let Some(Entry::Search { search, .. }) = Entry::read(text)?
        {
            identity.search = Some(search);
        }
    }
    Ok(*identity)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::drive::{Journal, lease};
    use crate::durable::testing::Scratch;
    use crate::facts::Process;
    use crate::run::EarlyStop;
    use crate::value::{Map, Node};

    fn entries() -> Vec<Entry> {
        let time = DateTime::parse_from_rfc3339("2026-01-02T03:04:05.000006+01:00").unwrap();
        let identity = Identity {
            id: "01".to_owned(),
            name: "train".to_owned(),
            started: time,
            now: "2026-01-02T03:04:05".to_owned(),
            jobs: Some(3),
            overrides: Some("ee".to_owned()),
            search: Some(Node::from(Map::from([("sampler", Node::from("random"))]))),
            goals: Some(Node::from(vec![Node::from(Map::from([("metric", Node::from("acc"))]))])),
            arguments: vec!["-m".to_owned(), "a=1,2".to_owned()],
            hides_secrets: true,
            cwd: "/w".into(),
            program: Some(("/bin/train".into(), 7, "x".to_owned())),
            configs: vec![("conf/a.yaml".to_owned(), "ff".to_owned())],
        };
        let started = |job, attempt| Entry::Started {
            job,
            attempt,
            time,
            directory: (job > 0).then(|| job.to_string().into()),
            overrides: vec![format!("a=\"{job}\n\"")],
        };
        let ended = |job, attempt, status, result: Option<Node>| Entry::Ended {
            job,
            attempt,
            time,
            status,
            result,
            stopped: (job == 0).then_some(EarlyStop { step: 3, value: 0.25 }),
            error: Some("x".to_owned()),
            log: Some("0/err".into()),
            again: job == 1,
        };
        vec![
            Entry::Sweep(Box::new(identity)),
            Entry::Driver {
                time,
                process: 3,
                host: "h".to_owned(),
                launcher: "joblib".to_owned(),
                slots: 2,
                jobs: None,
            },
            Entry::Search {
                time,
                search: Node::from(Map::from([("sampler", Node::from("tpe"))])),
                overrides: Some("aa".to_owned()),
            },
            started(0, 1),
            started(1, 1),
            ended(1, 1, Status::Failed, None),
            started(1, 2),
            ended(0, 1, Status::Completed, Some(Node::from(0.5))),
            Entry::Submitting { time, submission: 1, tasks: vec![vec![0, 2], vec![1]] },
            Entry::Submitted { time, submission: 1, id: "17".to_owned() },
            Entry::Detached { time },
            Entry::Stopped { time, why: "enough".to_owned() },
            Entry::Finished { time },
        ]
    }

    fn begin(scratch: &Scratch, first: &Entry) -> (Journal, Option<String>) {
        let driver = lease(scratch.path(), &Process::default()).unwrap();
        Journal::begin(driver, first, Arc::default()).unwrap()
    }

    fn open(scratch: &Scratch) -> Journal {
        Journal::open(lease(scratch.path(), &Process::default()).unwrap(), Arc::default()).unwrap()
    }

    fn write(scratch: &Scratch, entries: &[Entry]) -> PathBuf {
        let (journal, _) = begin(scratch, &entries[0]);
        entries[1..].iter().for_each(|entry| journal.add(entry).unwrap());
        scratch.path().join(FOLDER).join(JOURNAL)
    }

    #[test]
    fn what_is_written_is_read() {
        let scratch = Scratch::new("journal");
        write(&scratch, &entries());
        let mut seen = Vec::new();
        let progress = Progress::each(scratch.path(), |entry| seen.push(entry.clone())).unwrap();
        assert_eq!(seen, entries());
        let Entry::Search { search, overrides, .. } = &entries()[2] else { panic!() };
        assert_eq!(progress.identity.search.as_ref(), Some(search));
        assert_eq!((&progress.identity.overrides, progress.sought_anew), (overrides, true));
        assert_eq!(identity(scratch.path()).unwrap().search.as_ref(), Some(search));
        let standing = |job: u64| progress.jobs.get(&job).map(|job| (job.attempt, job.status));
        assert_eq!(standing(0), Some((1, Status::Completed)));
        assert_eq!((standing(1), standing(2)), (Some((2, Status::Running)), None));
        assert!(progress.finished && progress.stopped.as_deref() == Some("enough"));
        // Whoever goes on has not finished yet.
        let driver = entries().swap_remove(1);
        open(&scratch).add(&driver).unwrap();
        assert!(!Progress::read(scratch.path()).unwrap().finished);
        let (_, earlier) = begin(&scratch, &entries()[0]);
        assert_eq!(earlier.as_deref(), Some(".sweep.1"));
        assert!(Progress::read(scratch.path()).unwrap().jobs.is_empty());
    }

    #[test]
    fn a_journal_cut_at_any_byte_is_that_of_a_sweep_that_has_not_come_so_far() {
        let scratch = Scratch::new("journal-cut");
        let entries = entries();
        let path = write(&scratch, &entries);
        let whole = fs::read(&path).unwrap();
        for end in 0..=whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            let mut seen = Vec::new();
            let progress = Progress::each(scratch.path(), |entry| seen.push(entry.clone()));
            let lines = whole[..end].iter().filter(|&&byte| byte == b'\n').count();
            assert_eq!(seen, entries[..lines], "{end}");
            assert_eq!(progress.is_ok(), lines > 0, "{end}");
            // Whoever goes on spoils nothing.
            open(&scratch).add(&entries[9]).unwrap();
            let all = fs::read_to_string(&path).unwrap();
            assert!(all.lines().all(|line| Entry::read(line).is_ok()), "{end}");
        }
    }

    #[test]
    fn events_of_later_versions_are_left_out_and_broken_lines_told() {
        let scratch = Scratch::new("journal-broken");
        let path = write(&scratch, &entries()[..2]);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{{\"event\":\"paused\"}}\n")).unwrap();
        assert!(Progress::read(scratch.path()).is_ok());
        fs::write(&path, format!("{text}nonsense\n{text}")).unwrap();
        let error = Progress::read(scratch.path()).unwrap_err();
        assert!(error.notes()[0].starts_with("line 3 of "), "{error:#}");
        let newer = text.replace("\"format\":1", "\"format\":2");
        fs::write(&path, newer).unwrap();
        assert!(Progress::read(scratch.path()).unwrap_err().message().contains("newer"));
        let none = Progress::read(&scratch.path().join("no")).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NotFound);
    }
}
