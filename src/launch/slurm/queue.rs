//! What `squeue` says.

use std::path::{Path, PathBuf};

/// The format that [`queue`] reads: the job, its state, and the script, which may hold anything.
pub(super) const FORMAT: &str = "%i|%T|%o";

/// Tasks of an array, or a job without one, that have not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The number of the array or the job.
    pub id: u64,
    /// Which tasks of the array.
    pub tasks: Tasks,
    /// Whether they run.
    pub state: State,
    /// The script that was submitted.
    pub script: PathBuf,
}

/// Which tasks of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// It is no array.
    None,
    /// Ranges, both ends included, and their steps.
    Ranges(Vec<(usize, usize, usize)>),
    /// It could not be read, and may be any.
    Unknown,
}

/// Whether a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits, for the first time or again.
    Waits,
    /// It runs, or comes to its end.
    Runs,
}

impl State {
    fn named(name: &str) -> Self {
        match name {
            "RUNNING" | "COMPLETING" | "CONFIGURING" | "SUSPENDED" | "STOPPED" | "SIGNALING"
            | "STAGE_OUT" | "RESIZING" => Self::Runs,
            // Also what this version does not know: whoever is in the queue has not ended.
            _ => Self::Waits,
        }
    }
}

impl Queued {
    /// Whether a task of an array is among them.
    pub fn holds(&self, task: usize) -> bool {
        match &self.tasks {
            Tasks::None => task == 0,
            Tasks::Unknown => true,
            Tasks::Ranges(ranges) => ranges.iter().any(|&(first, last, step)| {
                (first..=last).contains(&task) && (task - first).is_multiple_of(step.max(1))
            }),
        }
    }

    /// Whether that script was submitted.
    pub fn is_of(&self, script: &Path) -> bool {
        self.script == script
    }
}

/// Reads what `squeue` printed. Lines that say something else are passed by.
///
/// ```
/// use mainstem::launch::slurm::{State, queue};
/// let queue = queue("12_[3-5,7%2]|PENDING|/s/script.sh\n12_1|RUNNING|/s/script.sh\n");
/// assert_eq!((queue[0].id, queue[0].state), (12, State::Waits));
/// assert!(queue[0].holds(4) && queue[0].holds(7) && !queue[0].holds(6));
/// assert!(queue[1].holds(1) && queue[1].state == State::Runs);
/// ```
pub fn queue(text: &str) -> Vec<Queued> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Queued> {
    let mut parts = line.splitn(3, '|');
    let (name, state, script) = (parts.next()?.trim(), parts.next()?.trim(), parts.next()?.trim_end());
    let (id, tasks) = match name.split_once('_') {
        None => (name, Tasks::None),
        Some((id, tasks)) => (id, ranges(tasks)),
    };
    // Of a job on several clusters or with components only the first number counts.
    let digits = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
    Some(Queued { id: id[..digits].parse().ok()?, tasks, state: State::named(state), script: script.into() })
}

/// `3`, `[3-5,7]`, `[0-9:2%4]`; a list that was cut off may hold anything.
fn ranges(text: &str) -> Tasks {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let inner = inner.split('%').next().unwrap_or(inner);
    let range = |part: &str| {
        let (range, step) = part.split_once(':').unwrap_or((part, "1"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.parse().ok()?, last.parse().ok()?, step.parse().ok()?))
    };
    inner.split(',').map(range).collect::<Option<_>>().map_or(Tasks::Unknown, Tasks::Ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_list_of_tasks_is_read() {
        for (text, held, not_held) in [
            ("3", &[3][..], &[0, 2, 4][..]),
            ("[0-2]", &[0, 1, 2], &[3]),
            ("[0-8:4%2]", &[0, 4, 8], &[1, 2, 9]),
            ("[1,5-6%3]", &[1, 5, 6], &[0, 2, 4, 7]),
        ] {
            let queued = &queue(&format!("9_{text}|PENDING|/a|b c"))[0];
            assert!(held.iter().all(|task| queued.holds(*task)), "{text}");
            assert!(!not_held.iter().any(|task| queued.holds(*task)), "{text}");
            assert!(queued.is_of(Path::new("/a|b c")));
        }
        // What was cut off may be any, and who may be there is not begun once more.
        assert!(queue("9_[1,3,...]|PENDING|x")[0].holds(77));
        assert!(queue("9|RUNNING|x")[0].holds(0) && !queue("9|RUNNING|x")[0].holds(1));
        assert_eq!(queue("slurm_load_jobs error: nobody answers\n\n"), []);
    }
}
