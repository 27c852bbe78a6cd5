//! Whether the process of a run still lives.

use std::time::{Duration, SystemTime};

use crate::durable::Holder;
use crate::facts::Process;
use crate::run::record::Record;
use crate::value::Node;

/// How often a run shows that it lives.
pub(super) const BEAT: Duration = Duration::from_secs(15);

/// For so long nobody who cannot see the lock takes a run for dead. Clocks of machines differ, and file systems tell
/// each other late.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether the holder of a lock lives, as far as can be known on this machine. `record` is the run's.
///
/// Where the same system runs as did for the holder, the lock is the truth. From another machine (or after a start of
/// this one) it may not be seen, and what counts is how lately the holder showed that it lives.
pub(super) fn lives(holder: &Holder, record: &Record, process: &Process) -> bool {
    match holder.locked {
        Some(true) => true,
        Some(false) if same_system(record, process) => false,
        _ => {
            let now = SystemTime::from(process.clock.now());
            // A beat that is yet to come is a clock that goes wrong, and not old.
            holder
                .seen
                .is_some_and(|seen| now.duration_since(seen).is_ok_and(|age| age < PATIENCE) || seen > now)
        }
    }
}

fn same_system(record: &Record, process: &Process) -> bool {
    let text = |path: &str| record.get(path).and_then(Node::as_str);
    match (text("process.boot"), process.boot.as_deref()) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => text("process.host") == Some(process.host.as_str()),
    }
}
