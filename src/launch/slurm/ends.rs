//! How tasks have ended, in Slurm's words.

use std::collections::BTreeMap;

/// Whose doing it was that a task has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What ran in it: it came to its end, failed, or took more than it was given.
    Job,
    /// Slurm's, or that of its machines. The task can begin once more.
    Slurm,
    /// Somebody has ended it.
    Somebody,
}

/// Whose doing a state is that a task has ended with.
///
/// ```
/// use mainstem::launch::slurm::{Fault, fault};
/// assert_eq!([fault("NODE_FAIL"), fault("CANCELLED"), fault("OUT_OF_MEMORY")], [Fault::Slurm, Fault::Somebody, Fault::Job]);
/// ```
pub fn fault(state: &str) -> Fault {
    match state {
        "PREEMPTED" | "NODE_FAIL" | "BOOT_FAIL" | "LAUNCH_FAILED" | "RECONFIG_FAIL" | "REVOKED" => {
            Fault::Slurm
        }
        "CANCELLED" => Fault::Somebody,
        _ => Fault::Job,
    }
}

/// The states of what has not ended.
const GOES_ON: [&str; 13] = [
    "PENDING",
    "RUNNING",
    "REQUEUED",
    "REQUEUE_HOLD",
    "REQUEUE_FED",
    "SPECIAL_EXIT",
    "RESIZING",
    "SIGNALING",
    "STOPPED",
    "SUSPENDED",
    "COMPLETING",
    "CONFIGURING",
    "STAGE_OUT",
];

/// How the tasks of an array have ended, as far as somebody has asked: who keeps accounts, and the controller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    accounted: BTreeMap<usize, String>,
    /// `None`: it was not asked yet.
    remembered: Option<BTreeMap<usize, String>>,
}

impl Ends {
    /// What accounts say: the output of `sacct -n -P -o JobID,State`, a line for each task, such as `12_3|CANCELLED by 1000`.
    pub fn accounted(said: &str) -> Self {
        let line = |line: &str| {
            let (id, state) = line.split_once('|')?;
            let task = id.split_once('_').map_or(Some(0), |(_, task)| task.parse().ok())?;
            let state = state.split_whitespace().next()?;
            Some((task, state.trim_end_matches('+').to_owned()))
        };
        Self { accounted: said.lines().filter_map(line).filter(has_ended).collect(), remembered: None }
    }

    /// How a task has ended. The controller is asked, once for the array, if accounts know nothing of the task: they may come
    /// later. So it is if Slurm is to blame, since that may be the end of an earlier life of the task. It says what
    /// `scontrol -o show job` prints, and knows it for some minutes.
    ///
    /// ```
    /// use mainstem::launch::slurm::Ends;
    /// let mut ends = Ends::accounted("12_0|FAILED\n12_1|RUNNING\n");
    /// assert_eq!(ends.of(0, || unreachable!()).as_deref(), Some("FAILED"));
    /// let said = "JobId=15 ArrayJobId=12 ArrayTaskId=1 JobState=TIMEOUT";
    /// assert_eq!(ends.of(1, || said.to_owned()).as_deref(), Some("TIMEOUT"));
    /// assert_eq!(ends.of(2, || unreachable!()), None);
    /// ```
    pub fn of(&mut self, task: usize, controller: impl FnOnce() -> String) -> Option<String> {
        let accounted = self.accounted.get(&task);
        if accounted.is_some_and(|state| fault(state) == Fault::Job) {
            return accounted.cloned();
        }
        let remembered = self.remembered.get_or_insert_with(|| remembered(&controller()));
        remembered.get(&task).or(accounted).cloned()
    }
}

/// `JobId=15 ArrayJobId=12 ArrayTaskId=3 … JobState=FAILED …`: a line for each task.
fn remembered(said: &str) -> BTreeMap<usize, String> {
    let line = |line: &str| {
        let value = |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name));
        let task = value("ArrayTaskId=").map_or(Some(0), |task| task.parse().ok())?;
        Some((task, value("JobState=")?.to_owned()))
    };
    said.lines().filter_map(line).filter(has_ended).collect()
}

fn has_ended((_, state): &(usize, String)) -> bool {
    !GOES_ON.contains(&state.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(ends: &[(usize, &str)]) -> BTreeMap<usize, String> {
        ends.iter().map(|(task, state)| (*task, (*state).to_owned())).collect()
    }

    #[test]
    fn how_tasks_ended_is_read_from_both() {
        let said = "12_0|COMPLETED\n12_1|CANCELLED by 0\n12_[4-7]|PENDING\n12_2|OUT_OF_ME+\n12_3|REQUEUED\n";
        let expected = [(0, "COMPLETED"), (1, "CANCELLED"), (2, "OUT_OF_ME")];
        assert_eq!(Ends::accounted(said).accounted, ends(&expected));
        let said = "JobId=13 ArrayJobId=12 ArrayTaskId=0 JobName=a JobState=TIMEOUT Reason=x\n\
                    JobId=12 ArrayJobId=12 ArrayTaskId=4-7%2 JobName=a JobState=PENDING Reason=x\n";
        assert_eq!(remembered(said), ends(&[(0, "TIMEOUT")]));
        assert_eq!(remembered("JobId=9 JobName=a JobState=FAILED"), ends(&[(0, "FAILED")]));
        assert_eq!(remembered("slurm_load_jobs error: Invalid job id specified"), BTreeMap::new());
    }

    #[test]
    fn accounts_that_are_late_are_not_the_last_word() {
        let mut asked = 0;
        let mut known = Ends::accounted("12_0|FAILED\n12_1|NODE_FAIL\n12_2|RUNNING\n12_3|PREEMPTED\n");
        let said = "JobId=14 ArrayTaskId=1 JobState=FAILED\nJobId=15 ArrayTaskId=2 JobState=OUT_OF_MEMORY\n";
        let mut end = |task| {
            let end = known.of(task, || {
                asked += 1;
                said.to_owned()
            });
            (end, asked)
        };
        let expected = |state: &str, asked| (Some(state.to_owned()), asked);
        assert_eq!(end(0), expected("FAILED", 0));
        assert_eq!(end(1), expected("FAILED", 1));
        assert_eq!(end(2), expected("OUT_OF_MEMORY", 1));
        assert_eq!(end(3), expected("PREEMPTED", 1));
        assert_eq!(end(4), (None, 1));
    }
}
