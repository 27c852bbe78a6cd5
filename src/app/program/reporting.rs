//! Where the job of a search reports what it has come to as it goes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::app::program::bound::Bound;
use crate::app::program::command::own_file;
use crate::app::sweep::{Pruning, REPORTS};
use crate::diag::Result;
use crate::drive::{FOLDER, JOURNAL, identity};
use crate::durable::whole_lines;
use crate::run::{EarlyStop, METRICS, Place, Reporting, Run};
use crate::search::Direction;
use crate::sweep::Goals;
use crate::value::{Kind, read_python_json};

/// What a value that is reported is called among the metrics, unless the search is after one with a name.
pub(super) const NAME: &str = "objective";

/// Where the job of a search reports; none for any other job.
///
/// # Errors
/// The journal of the sweep cannot be read; what the job reported the time before cannot be put away.
pub(super) fn reporting(bound: &Bound, place: &Place) -> Result<Option<Reporting>> {
    let Some(mandate) = &place.mandate else { return Ok(None) };
    // The lock is that of the sweep, or a claim deep in what the sweep keeps for itself.
    let holds_journal = |folder: &&Path| folder.join(FOLDER).join(JOURNAL).is_file();
    let Some(directory) = mandate.lock.ancestors().skip(1).find(holds_journal) else { return Ok(None) };
    let Some(search) = identity(directory)?.search else { return Ok(None) };
    let Some(search) = search.as_map() else { return Ok(None) };
    let number = bound.select("hydra.job.num")?;
    let Some(trial) = number.and_then(|node| match node.kind {
        Kind::Int(number) => u64::try_from(number).ok(),
        _ => None,
    }) else {
        return Ok(None);
    };
    let Some(goals) = search.get_str("goals").and_then(Goals::of) else { return Ok(None) };
    let pruner = search.get_str("pruner").filter(|node| !matches!(node.kind, Kind::Null));
    let pruner = pruner.map(Pruning::of).transpose()?.map(Pruning::pruner);
    let loss = match goals.first().direction {
        Direction::Maximize => |value: f64| -value,
        Direction::Minimize => |value: f64| value,
    };
    let name = goals.first().metric.clone().unwrap_or_else(|| NAME.to_owned());
    Reporting::begin(directory.join(FOLDER).join(REPORTS), trial, pruner, loss, name).map(Some)
}

/// What a command reports: those of its metrics that have the name of what its search is after.
pub(super) struct Reported {
    path: PathBuf,
    name: String,
    read: u64,
}

impl Reported {
    /// Of a run of a search.
    pub(super) fn of(run: &Run) -> Option<Self> {
        Some(Self { path: run.record_dir()?.join(own_file(run, METRICS)), name: run.report_name()?, read: 0 })
    }

    /// Takes in what was reported since the last time: the first that is a reason to stop. What cannot be read, or written
    /// down for the others, is none.
    pub(super) fn stop(&mut self, run: &Run) -> Option<EarlyStop> {
        if self.path.metadata().map_or(0, |file| file.len()) <= self.read {
            return None;
        }
        let text = self.rest().ok()?;
        let mut stop = None;
        for line in whole_lines(&text) {
            self.read += line.len() as u64 + 1;
            let Some((step, value)) = self.report(line) else { continue };
            if run.reported(step, value).is_ok_and(|stops| stops) {
                stop = stop.or(Some(EarlyStop { step, value }));
            }
        }
        stop
    }

    fn rest(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn report(&self, line: &str) -> Option<(u64, f64)> {
        let node = read_python_json(line).ok()?;
        let map = node.as_map()?;
        if map.get_str("name")?.as_str()? != self.name {
            return None;
        }
        let step = match map.get_str("step").map(|step| &step.kind) {
            Some(Kind::Int(step)) => u64::try_from(*step).ok()?,
            _ => return None,
        };
        #[expect(clippy::cast_precision_loss, reason = "whoever wrote an integer there meant a float")]
        let value = match map.get_str("value")?.kind {
            Kind::Float(value) => value,
            Kind::Int(value) => value as f64,
            _ => return None,
        };
        Some((step, value))
    }
}
