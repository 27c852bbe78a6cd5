//! What a sweeper went through before, once more.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diag::{Error, ErrorKind, Result};
use crate::drive::entry::Entry;
use crate::drive::host::told;
use crate::drive::policy::Policy;
use crate::drive::progress::{Progress, Standing};
use crate::run::Status;
use crate::sweep::{Ask, Job, Sweeper, Told};
use crate::value::Node;

/// A sweep that goes on, as far as it had come.
pub(super) struct Replayed {
    /// The jobs that had begun and are not done with, by their numbers.
    pub(super) left: BTreeMap<u64, (Job, Standing)>,
    /// How many are.
    pub(super) kept: u64,
    /// Those that are not asked for yet and have completed elsewhere, with what they returned.
    pub(super) elsewhere: Elsewhere,
}

/// Jobs that have completed elsewhere, with what they returned.
pub(super) type Elsewhere = BTreeMap<u64, Option<Node>>;

/// Asks and tells a sweeper what it was asked and told before, in the order of the journal.
///
/// # Errors
/// The journal cannot be read; the sweeper fails, or says other jobs than it did.
pub(super) fn replay(
    sweeper: &mut impl Sweeper,
    directory: &Path,
    before: Progress,
    policy: &Policy,
) -> Result<Replayed> {
    let mut jobs = before.jobs;
    let mut replayed = Replayed { left: BTreeMap::new(), kept: 0, elsewhere: BTreeMap::new() };
    let mut failed = None;
    let mut see = |entry: &Entry| match entry {
        Entry::Started { job, attempt: 1, .. } => {
            let Some(asked) = ask(sweeper, *job, &mut replayed)? else { return Ok(()) };
            match jobs.remove(job) {
                Some(standing) if !is_settled(&standing, policy) => {
                    replayed.left.insert(*job, (asked, standing));
                }
                _ => replayed.kept += 1,
            }
            Ok(())
        }
        Entry::Ended { job, attempt: 0, result, .. } if jobs.contains_key(job) => {
            replayed.elsewhere.insert(*job, result.clone());
            Ok(())
        }
        Entry::Ended { job, status: status @ Status::Completed, result, stopped, .. } => {
            sweeper.tell(*job, told(*status, *stopped, result.as_ref(), None))
        }
        Entry::Ended { job, status: Status::Failed, again: false, .. } => sweeper.tell(*job, Told::Failed),
        _ => Ok(()),
    };
    Progress::each(directory, |entry| {
        if failed.is_none() {
            failed = see(entry).err();
        }
    })?;
    failed.map_or(Ok(replayed), Err)
}

/// The job of that number; none if there is none any more, since the sweep has become another one.
fn ask(sweeper: &mut impl Sweeper, number: u64, replayed: &mut Replayed) -> Result<Option<Job>> {
    loop {
        match sweeper.ask()? {
            Ask::Job(job) if job.index == number => return Ok(Some(job)),
            Ask::Job(other) => {
                let Some(result) = replayed.elsewhere.remove(&other.index) else {
                    let message =
                        format!("what chooses the jobs said job {number}, and now says job {}", other.index);
                    return Err(Error::new(ErrorKind::Sweep, message)
                        .note("it has to say the same jobs in the same order"));
                };
                replayed.kept += 1;
                sweeper.tell(other.index, Told::Completed { result: result.as_ref(), direction: None })?;
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

/// Whether a job that had begun before is left as it is.
fn is_settled(standing: &Standing, policy: &Policy) -> bool {
    match standing.status {
        Status::Completed => true,
        Status::Failed => !standing.again && !policy.retry_failed,
        _ => false,
    }
}
