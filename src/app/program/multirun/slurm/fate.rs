//! What became of a job that has left the queue without a record of its end.

use crate::app::program::multirun::slurm::board::Board;
use crate::launch::slurm::{Fault, fault};
use crate::run::Status;

/// What became of a job that left no word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    /// In words.
    pub(crate) why: String,
    /// Whose doing it was, as far as anybody knows.
    pub(super) fault: Option<Fault>,
    /// Whether a task had begun it.
    pub(crate) begun: bool,
    /// Its record says that it was asked to end.
    interrupted: bool,
    /// Nobody knows whether Slurm ever had it.
    unknown: bool,
}

impl Fate {
    /// Whether the job has failed. What Slurm itself or somebody has ended, or what nobody has begun, has not.
    pub(crate) fn failed(&self) -> bool {
        // One that was asked to end, and says so, may have had to end for Slurm.
        let is_its_own = self.fault.map_or(!self.interrupted, |fault| fault == Fault::Job);
        self.begun && is_its_own
    }

    /// Whether its task is to begin once more: Slurm itself has ended it, or never had it.
    pub(super) fn goes_again(&self) -> bool {
        self.fault == Some(Fault::Slurm) || (self.unknown && !self.begun)
    }

    /// Whether there is more to say than that it was interrupted: its record says that much.
    pub(crate) fn says_more(&self) -> bool {
        self.begun && !(self.interrupted && matches!(self.fault, None | Some(Fault::Somebody)))
    }
}

impl Board {
    /// What became of a job that is gone. Slurm is asked once for its array.
    pub(crate) fn fate(&self, job: u64) -> Fate {
        let (timeouts, end) = (self.timeouts(job), self.end(job));
        let place = self.place(job);
        let unknown = place.as_ref().is_some_and(|place| self.id(place.submission).is_none());
        let record = place.as_ref().and_then(|place| self.record(place));
        let head = place.and_then(|place| self.folder(place.submission).head().ok()).unwrap_or_default();
        let (minutes, most) = (head.minutes, head.max_timeouts);
        let (fault, why) = became(end.as_deref(), timeouts, unknown, (minutes, most));
        let interrupted = record.is_some_and(|record| record.status() == Status::Interrupted);
        Fate { why, fault, begun: timeouts.is_some(), interrupted, unknown }
    }
}

/// Whose doing it was that a job is gone, as far as anybody knows, and why. Slurm has said how its task ended; a task had begun it
/// and come to its limit of so many minutes so often, or none had begun it; nobody knows whether Slurm ever had it.
fn became(
    end: Option<&str>,
    timeouts: Option<u64>,
    unknown: bool,
    (minutes, most): (u64, u64),
) -> (Option<Fault>, String) {
    match end {
        _ if timeouts.is_some_and(|times| times > most) => {
            (Some(Fault::Job), came_to_limit(timeouts.unwrap_or_default(), minutes, most))
        }
        Some("TIMEOUT") => (Some(Fault::Job), format!("it took longer than {minutes} min")),
        Some("COMPLETED") => (Some(Fault::Job), "its process ended before the job did".to_owned()),
        Some(state) => (Some(fault(state)), format!("Slurm says `{state}`")),
        None if timeouts.is_some() => {
            (None, "it ended without a word, and Slurm does not know why".to_owned())
        }
        None if unknown => (None, "Slurm has never had it".to_owned()),
        None => (None, "it has left Slurm's queue, and has not begun".to_owned()),
    }
}

fn came_to_limit(timeouts: u64, minutes: u64, most: u64) -> String {
    let times = if timeouts == 1 { "once".to_owned() } else { format!("{timeouts} times") };
    format!("it has come {times} to its limit of {minutes} min (`hydra.launcher.max_num_timeout` is {most})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_slurm_has_ended_goes_again() {
        let (fails, again) = ((true, false), (false, true));
        for (end, (failed, goes_again), why) in [
            ("OUT_OF_MEMORY", fails, "Slurm says `OUT_OF_MEMORY`"),
            ("FAILED", fails, "Slurm says `FAILED`"),
            ("TIMEOUT", fails, "it took longer than 60 min"),
            ("DEADLINE", fails, "Slurm says `DEADLINE`"),
            ("COMPLETED", fails, "its process ended before the job did"),
            ("NODE_FAIL", again, "Slurm says `NODE_FAIL`"),
            ("PREEMPTED", again, "Slurm says `PREEMPTED`"),
            ("CANCELLED", (false, false), "Slurm says `CANCELLED`"),
        ] {
            let (fault, said) = became(Some(end), Some(0), false, (60, 0));
            let fate =
                |begun, interrupted| Fate { why: said.clone(), fault, begun, interrupted, unknown: false };
            assert_eq!((said.as_str(), fate(true, false).failed()), (why, failed), "{end}");
            assert_eq!(fate(true, true).failed(), failed, "{end}: it may have said that it was asked to end");
            assert_eq!(fate(true, false).goes_again(), goes_again, "{end}");
            // What nobody has begun has not failed.
            assert!(!fate(false, false).failed(), "{end}");
        }
    }

    #[test]
    fn what_nobody_knows_of_has_failed_unless_it_says_that_it_was_asked_to_end() {
        let fate = |timeouts: Option<u64>, interrupted, unknown| {
            let (fault, why) = became(None, timeouts, unknown, (60, 0));
            Fate { why, fault, begun: timeouts.is_some(), interrupted, unknown }
        };
        let decided = |fate: &Fate| (fate.failed(), fate.goes_again(), fate.says_more());
        assert_eq!(decided(&fate(Some(0), false, false)), (true, false, true));
        assert_eq!(decided(&fate(Some(0), true, false)), (false, false, false));
        assert_eq!(decided(&fate(None, false, false)), (false, false, false));
        // Slurm has never had it: it is handed on once more.
        assert_eq!(decided(&fate(None, false, true)), (false, true, false));
        assert_eq!(fate(None, false, true).why, "Slurm has never had it");
        // Its claim says that it came to its limit too often.
        let limit = fate(Some(1), true, false);
        assert_eq!(decided(&limit), (true, false, true));
        assert_eq!(
            limit.why,
            "it has come once to its limit of 60 min (`hydra.launcher.max_num_timeout` is 0)"
        );
    }
}
