//! `mainstem.sweep.record: compact`: a huge sweep in few files.

use std::fs;
use std::path::Path;

use crate::app::program::bound::Bound;
use crate::app::program::multirun::host::Base;
use crate::app::program::session::setting;
use crate::app::program::told_result::RESULT;
use crate::diag::{Result, Severity};
use crate::durable::Log;
use crate::run::{Pack, RECORDS};

/// The file into which records are packed, if the config asks for it.
///
/// # Errors
/// It cannot be opened.
pub(super) fn open(master: &Bound, directory: &Path) -> Result<Option<Log>> {
    let asked = setting(master, "mainstem.sweep.record")?.is_some_and(|record| record == "compact");
    asked.then(|| Log::open(&directory.join(RECORDS))).transpose()
}

impl Base<'_> {
    /// Packs the record of a job that has ended, and removes its directory if nothing else is in it. How the job ended has
    /// been written into the journal before. What cannot be packed stays as it is, and is told.
    pub(super) fn pack(&self, directory: Option<&Path>) {
        let Some((log, directory)) = self.compact.as_ref().zip(directory) else { return };
        // Of two processes that add lines to the file, one would write over the other's.
        if !self.mandate.stands() {
            return;
        }
        if let Err(error) = self.try_pack(log, &self.directory.join(directory)) {
            let console = &self.session.console;
            console.complain(&error.render_as(Severity::Warning, console.err));
        }
    }

    fn try_pack(&self, log: &Log, directory: &Path) -> Result<()> {
        // One that could not begin has no record.
        let Some(found) = self.found(directory) else { return Ok(()) };
        // What a command says of itself is in the record.
        let beside: &[&str] = if self.session.app.starts_command { &[RESULT] } else { &[] };
        let Some(pack) = Pack::of(&self.directory, &found, beside)? else { return Ok(()) };
        log.append(&pack.line)?;
        log.sync()?;
        pack.remove()?;
        remove_nothing(directory);
        // Those between it and the sweep.
        let between = directory.ancestors().skip(1).take_while(|above| *above != self.directory);
        let _ = between.map(fs::remove_dir).take_while(|removed| removed.is_ok()).count();
        Ok(())
    }
}

/// Removes files in which nothing is, such as a log to which nothing was written, and the directory if that was all.
fn remove_nothing(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.metadata().is_ok_and(|file| file.is_file() && file.len() == 0)
            && entry.path().extension().is_some_and(|ending| ending == "log")
        {
            // It does no harm if it stays, and so does the directory.
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_dir(directory);
}
