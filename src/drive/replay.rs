//! What a sweeper went through before, once more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, HIDDEN, Result};
use crate::drive::entry::Entry;
use crate::drive::host::told;
use crate::drive::policy::Policy;
use crate::drive::progress::{Progress, Standing};
use crate::drive::summary::{Failure, KEPT, unsaid};
use crate::run::Status;
use crate::sweep::{Ask, Job, Sweeper, Told};
use crate::value::Node;

/// A sweep that goes on, as far as it had come.
#[derive(Default)]
pub(super) struct Replayed {
    /// The jobs that had begun and are not done with, by their numbers.
    pub(super) left: BTreeMap<u64, (Job, Standing)>,
    /// How many have completed.
    pub(super) kept: u64,
    /// How many have failed, and are left as they are.
    pub(super) failed: u64,
    /// The first of these.
    pub(super) failures: Vec<Failure>,
    /// Those that are not asked for yet and have completed elsewhere.
    pub(super) elsewhere: Elsewhere,
    /// Those among the ones that are left whose numbers other jobs had, and how these stood.
    pub(super) changed: Vec<(u64, Standing)>,
    /// The directories of jobs that other ones have the numbers of now.
    pub(super) gone: Vec<PathBuf>,
}

/// Jobs that have completed elsewhere: what they changed, and what they returned.
#[derive(Default)]
pub(super) struct Elsewhere(BTreeMap<u64, (Vec<String>, Option<Node>)>);

impl Elsewhere {
    /// What a job returned that has completed elsewhere; `None` if it has not, or if that was another job of its number.
    pub(super) fn take(&mut self, job: &Job, shown: &[String]) -> Option<Option<Node>> {
        let (overrides, result) = self.0.remove(&job.index)?;
        are_same(&overrides, shown).then_some(result)
    }
}

/// A job that the sweeper was asked for once more.
struct Asked {
    job: Job,
    /// Whether it is the one that the journal speaks of.
    same: bool,
    /// Whether it returned what its sweeper makes nothing of.
    useless: bool,
    /// What its last line says went wrong, and the log that says more.
    wrong: Option<(String, Option<PathBuf>)>,
}

/// Asks and tells a sweeper what it was asked and told before, in the order of the journal. `shown` is what a job changes, as
/// it may be shown: one that changes other values than the journal says has not run yet.
///
/// # Errors
/// The journal cannot be read; the sweeper fails, or says other jobs than it did.
pub(super) fn replay(
    sweeper: &mut impl Sweeper,
    directory: &Path,
    before: Progress,
    policy: &Policy,
    shown: &dyn Fn(&Job) -> Vec<String>,
) -> Result<Replayed> {
    let (mut replayed, mut asked) = (Replayed::default(), BTreeMap::<u64, Asked>::new());
    let (mut elsewhere, mut failed, mut gone) = (None, None, Vec::new());
    let mut see = |entry: &Entry| match entry {
        Entry::Started { job, attempt, overrides, directory, .. } => {
            if let Some(known) = asked.get_mut(job) {
                known.same = are_same(overrides, &shown(&known.job));
                (known.useless, known.wrong) = (false, None);
            } else if *attempt == 0 {
                elsewhere = Some(overrides.clone());
            } else if *attempt == 1
                && let Some(said) = ask(sweeper, *job, &mut replayed, shown)?
            {
                let same = are_same(overrides, &shown(&said));
                asked.insert(*job, Asked { job: said, same, useless: false, wrong: None });
            }
            gone.extend(directory.clone().filter(|_| asked.get(job).is_some_and(|asked| !asked.same)));
            Ok(())
        }
        Entry::Ended { job, attempt: 0, result, .. } if !asked.contains_key(job) => {
            if let Some(overrides) = elsewhere.take() {
                replayed.elsewhere.0.insert(*job, (overrides, result.clone()));
            }
            Ok(())
        }
        // What came of another job of that number says nothing of this one.
        Entry::Ended { job, .. } if !asked.get(job).is_some_and(|asked| asked.same) => Ok(()),
        Entry::Ended { job, status: status @ Status::Completed, result, stopped, .. } => {
            match sweeper.tell(*job, told(*status, *stopped, result.as_ref(), None)) {
                // Whatever made it useless may have been mended.
                Err(error) if error.kind() == ErrorKind::Job && policy.retry_failed => {
                    if let Some(known) = asked.get_mut(job) {
                        known.useless = true;
                    }
                    sweeper.tell(*job, Told::Failed)
                }
                told => told,
            }
        }
        Entry::Ended { job, status: Status::Failed, again: false, error, log, .. } => {
            if let Some(known) = asked.get_mut(job) {
                known.wrong = Some((error.clone().unwrap_or_else(unsaid), log.clone()));
            }
            sweeper.tell(*job, Told::Failed)
        }
        _ => Ok(()),
    };
    Progress::each(directory, |entry| {
        if failed.is_none() {
            failed = see(entry).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    replayed.gone = gone;
    replayed.sort_out(asked, before.jobs, policy, shown);
    Ok(replayed)
}

impl Replayed {
    /// Parts the jobs that are done with from those that begin once more.
    fn sort_out(
        &mut self,
        asked: BTreeMap<u64, Asked>,
        mut standings: BTreeMap<u64, Standing>,
        policy: &Policy,
        shown: &dyn Fn(&Job) -> Vec<String>,
    ) {
        for (number, Asked { job, same, useless, wrong }) in asked {
            match standings.remove(&number) {
                Some(standing) if !same => self.begin_anew(job, standing),
                Some(standing) if useless => {
                    // Its record says that it has completed, and is not asked.
                    let (status, directory) = (Status::Unknown, None);
                    self.left.insert(number, (job, Standing { status, directory, ..standing }));
                }
                Some(standing) if !standing.is_settled(policy) => {
                    self.left.insert(number, (job, standing));
                }
                Some(standing) if standing.status == Status::Failed => {
                    let (error, log) = wrong.unwrap_or_else(|| (unsaid(), None));
                    self.failed += 1;
                    if self.failures.len() < KEPT {
                        let overrides = shown(&job);
                        self.failures.push(Failure { job: number, overrides, error, log });
                    }
                }
                _ => self.kept += 1,
            }
        }
    }

    /// A job is left whose number another one had.
    fn begin_anew(&mut self, job: Job, was: Standing) {
        let (status, directory) = (Status::Unknown, None);
        let standing = Standing { status, again: false, directory, task: None, ..was };
        self.changed.push((job.index, was));
        self.left.insert(job.index, (job, standing));
    }
}

/// The job of that number; none if there is none any more, since the sweep has become another one.
fn ask(
    sweeper: &mut impl Sweeper,
    number: u64,
    replayed: &mut Replayed,
    shown: &dyn Fn(&Job) -> Vec<String>,
) -> Result<Option<Job>> {
    loop {
        match sweeper.ask()? {
            Ask::Job(job) if job.index == number => return Ok(Some(job)),
            Ask::Job(other) if replayed.elsewhere.0.contains_key(&other.index) => {
                match replayed.elsewhere.take(&other, &shown(&other)) {
                    Some(result) => {
                        replayed.kept += 1;
                        let told = Told::Completed { result: result.as_ref(), direction: None };
                        sweeper.tell(other.index, told)?;
                    }
                    None => {
                        // It was taken over, and has never begun here.
                        let (attempt, status, directory) = (0, Status::Completed, None);
                        let was = Standing { attempt, status, directory, ..Standing::lost(PathBuf::new()) };
                        replayed.begin_anew(other, was);
                    }
                }
            }
            Ask::Job(other) => {
                let message =
                    format!("what chooses the jobs said job {number}, and now says job {}", other.index);
                return Err(Error::new(ErrorKind::Sweep, message)
                    .note("it has to say the same jobs in the same order"));
            }
            Ask::Wait => {
                let message = format!("what chooses the jobs said job {number}, and now waits");
                return Err(Error::new(ErrorKind::Sweep, message)
                    .note("it has to say the same jobs in the same order"));
            }
            Ask::Done => return Ok(None),
        }
    }
}

/// Whether two jobs change the same. What is hidden of one of them may be anything.
pub(crate) fn are_same(one: &[String], other: &[String]) -> bool {
    let same = |(one, other): (&String, &String)| one == other || covers(one, other) || covers(other, one);
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Whether a text is one that another one may be that hides something.
fn covers(hiding: &str, text: &str) -> bool {
    let parts: Vec<&str> = hiding.split(HIDDEN).collect();
    let [first, middle @ .., last] = parts.as_slice() else { return false };
    let Some(rest) = text.strip_prefix(first) else { return false };
    let rest = middle.iter().try_fold(rest, |rest, part| Some(rest.split_once(part)?.1));
    rest.is_some_and(|rest| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_may_be_anything() {
        let same = |one: &str, other: &str| are_same(&[one.to_owned()], &[other.to_owned()]);
        for (one, other) in
            [("a=1", "a=1"), ("a=***", "a=x"), ("a=x", "a=***"), ("a={b:***,c:***}", "a={b:x,c:y}")]
        {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [("a=1", "a=2"), ("a=***", "b=x"), ("a=***,b", "a=x,c"), ("a=***b***c", "a=xcb")]
        {
            assert!(!same(one, other), "{one} {other}");
        }
        assert!(!are_same(&[], &["a=1".to_owned()]));
    }
}
