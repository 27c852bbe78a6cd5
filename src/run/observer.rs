//! Who looks at runs.

use std::cell::RefCell;
use std::path::Path;
use std::time::SystemTime;

use crate::durable::{Holder, Life, disk_clock};
use crate::facts::Process;
use crate::run::lease::{is_of_earlier_start, life_at};

/// A process that looks at many runs, and takes nothing from those that live. What time it is on a disk is asked for once,
/// since a file must be written there for that: who was silent for long enough then is so later, too.
#[derive(Debug)]
pub(super) struct Observer<'a> {
    pub(super) process: &'a Process,
    clocks: RefCell<Vec<(u64, SystemTime)>>,
}

impl<'a> Observer<'a> {
    pub(super) fn new(process: &'a Process) -> Self {
        Self { process, clocks: RefCell::default() }
    }

    /// Whether the holder of a lock in a directory lives. Who was silent for long, and was started on this machine before it
    /// started anew, has ended.
    pub(super) fn life(&self, holder: &Holder, directory: &Path) -> Life {
        match life_at(holder, self.process, || self.now(directory)) {
            Life::Silent if is_of_earlier_start(holder, self.process) => Life::Ended,
            life => life,
        }
    }

    fn now(&self, directory: &Path) -> SystemTime {
        let disk = disk_of(directory);
        let known = self.clocks.borrow().iter().find(|(of, _)| Some(*of) == disk).map(|(_, now)| *now);
        known.unwrap_or_else(|| {
            let Some(now) = disk_clock(directory) else { return self.process.clock.now().into() };
            self.clocks.borrow_mut().extend(disk.map(|disk| (disk, now)));
            now
        })
    }
}

/// The number of the file system that a directory lies on.
#[cfg(unix)]
fn disk_of(directory: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    directory.metadata().ok().map(|about| about.dev())
}

/// Elsewhere they have none.
#[cfg(not(unix))]
fn disk_of(_: &Path) -> Option<u64> {
    None
}
