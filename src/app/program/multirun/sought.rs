//! How far a search has come to what it looks for, and what makes a job of another sweep the best.

use std::path::Path;

use crate::app::program::bound::Bound;
use crate::app::sweep::goal;
use crate::diag::Result;
use crate::drive::{Entry, Identity, Journal, Progress};
use crate::facts::Process;
use crate::run::Status;
use crate::sweep::Goals;
use crate::value::{Key, Node};

/// How far a sweep has come, and whether a search has found anything.
pub(super) struct Sought {
    pub(super) progress: Progress,
    /// The first job that has returned or reported what the search looks for; none in a sweep that does not search.
    pub(super) found: Option<u64>,
}

impl Sought {
    /// Reads the journal in the directory of a sweep.
    ///
    /// # Errors
    /// As of [`Progress::read`].
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let progress = Progress::read(directory)?;
        let search = progress.identity.search.as_ref().and_then(Node::as_map);
        let goals = search.and_then(|search| search.get_str("goals")).and_then(Goals::of);
        let mut found = None;
        if let Some(goals) = goals {
            Progress::each(directory, |entry| match entry {
                Entry::Ended { job, status: Status::Completed, result, stopped, .. } if found.is_none() => {
                    let is_found = stopped.is_some() || goals.values(result.as_ref()).is_ok();
                    found = is_found.then_some(*job);
                }
                _ => {}
            })?;
        }
        Ok(Self { progress, found })
    }
}

/// Writes down what a search looks for, if it has looked for something else.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn seek(
    journal: &Journal,
    before: &mut Progress,
    (search, overrides): (Option<Node>, Option<String>),
    process: &Process,
) -> Result<()> {
    if let Some(search) = search.filter(|search| before.identity.search.as_ref() != Some(search)) {
        let time = process.clock.now();
        journal.add(&Entry::Search { time, search: search.clone(), overrides: overrides.clone() })?;
        (before.identity.search, before.identity.overrides) = (Some(search), overrides);
    }
    Ok(())
}

/// Whether two searches are the same but for what they look for.
pub(super) fn are_alike(one: &Identity, other: &Identity) -> bool {
    let rest = |identity: &Identity| {
        let mut search = identity.search.clone()?;
        search.as_map_mut()?.remove(&Key::from("goals"));
        Some(search)
    };
    rest(one).is_some() && rest(one) == rest(other)
}

/// What makes a job of a sweep the best that is no search, if its config says it.
///
/// # Errors
/// A direction that there is not.
pub(super) fn said_goals(master: &Bound) -> Result<Option<Goals>> {
    let said = |key: &str| master.select(&format!("mainstem.search.{key}"));
    goal(said("direction")?.as_ref(), said("metric")?.as_ref()).map_err(|error| master.located(error))
}
