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
        let begun = timeouts.is_some();
        let (fault, why) = match end.as_deref() {
            _ if timeouts.is_some_and(|times| times > most) => {
                (Some(Fault::Job), came_to_limit(timeouts.unwrap_or_default(), minutes, most))
            }
            Some("TIMEOUT") => (Some(Fault::Job), format!("it took longer than {minutes} min")),
            Some("COMPLETED") => (Some(Fault::Job), "its process ended before the job did".to_owned()),
            Some(state) => (Some(fault(state)), format!("Slurm says `{state}`")),
            None if begun => (None, "it ended without a word, and Slurm does not know why".to_owned()),
            None if unknown => (None, "Slurm has never had it".to_owned()),
            None => (None, "it has left Slurm's queue, and has not begun".to_owned()),
        };
        let interrupted = record.is_some_and(|record| record.status() == Status::Interrupted);
        Fate { why, fault, begun, interrupted, unknown }
    }
}

fn came_to_limit(timeouts: u64, minutes: u64, most: u64) -> String {
    let times = if timeouts == 1 { "once".to_owned() } else { format!("{timeouts} times") };
    format!("it has come {times} to its limit of {minutes} min (`hydra.launcher.max_num_timeout` is {most})")
}
