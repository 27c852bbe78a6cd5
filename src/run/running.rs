//! A run from its beginning to its end.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Sync, Turn};
use crate::facts::Clock;
use crate::run::beside::{Shared, State};
use crate::run::files::{RUN, TOLD, write_told};
use crate::run::handle::Run;
#[cfg(feature = "app")]
use crate::run::lease::Lease;
use crate::run::outcome::{Failure, Outcome};
use crate::run::rank::Rank;
use crate::run::record::{Record, Saved};
use crate::run::reserve::{Reserved, Told};
use crate::run::surroundings::Surroundings;
use crate::value::Node;

/// A run whose job runs: on disk it is `running`, and its directory is locked.
///
/// Its end is recorded once, by whoever comes first: the thread of the job, or the one that takes signals. When it is
/// dropped without an end, the run has failed.
///
/// When things reach the disk: the files of the beginning are there, whole, before the job begins, and reach the disk
/// beside it, in its first moments; the outcome, what was logged, and every checkpoint have reached it when the call
/// returns.
#[derive(Debug)]
pub struct Running {
    run: Run,
    file: Option<PathBuf>,
    clock: Clock,
    shared: Arc<Shared>,
}

impl Reserved {
    /// Writes down what the run was told, and that it runs. What takes longer to find out (`find_out`, see
    /// [`surroundings`](crate::run::surroundings)) is added beside the job, from a thread of its own.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full: then there is no record, and a directory that was made
    /// for the run is removed.
    pub fn begin(
        self,
        told: &Told,
        find_out: impl FnOnce() -> Surroundings + Send + 'static,
    ) -> Result<Running> {
        self.start(told, |shared, file| shared.start(file, find_out))
    }

    /// As [`Reserved::begin`], where what stands around the run is known already. There is no thread beside the job, and the
    /// files of the beginning reach the disk when the system sees fit.
    ///
    /// # Errors
    /// As [`Reserved::begin`].
    pub fn begin_with(mut self, told: &Told, surroundings: &Surroundings) -> Result<Running> {
        self.record.surround(surroundings);
        let folder = self.folder.clone();
        self.start(told, |_, _| folder.map_or(Ok(()), |folder| surroundings.write(&folder)))
    }

    fn start(
        self,
        told: &Told,
        beside: impl FnOnce(&Arc<Shared>, Option<PathBuf>) -> Result<()>,
    ) -> Result<Running> {
        let clean = Clean { folder: self.folder.clone(), made: self.made.then(|| self.directory.clone()) };
        let leads = self.rank.as_ref().is_none_or(Rank::leads);
        let name = self.rank.as_ref().map_or_else(|| RUN.to_owned(), |rank| rank.file_name(RUN));
        let file = self.folder.as_ref().map(|folder| folder.join(name));
        let written = match &self.folder {
            Some(folder) if leads => write_told(folder, &told.root, &told.job, &told.resolved),
            Some(folder) => fs::create_dir_all(folder).map_err(|error| {
                Error::new(
                    ErrorKind::Io,
                    format!("cannot make the directory `{}`: {error}", folder.display()),
                )
            }),
            None => Ok(()),
        };
        // The record comes last: where it is, all the other files are.
        let saved = written.and_then(|()| match &file {
            Some(file) => self.record.save(file, Sync::Later),
            None => Ok(Saved::default()),
        });
        let Self { directory, folder, rank, lease, record, process, secrets, .. } = self;
        let (id, clock) = (record.id(), process.clock);
        let (saved, written) = match saved {
            Ok(saved) => (saved, Ok(())),
            Err(error) => (Saved::default(), Err(error)),
        };
        let shared = Shared::new(record, lease, saved);
        if let Err(error) = written.and_then(|()| beside(&shared, file.clone())) {
            if leads {
                clean.up();
            }
            // The lock goes last, with its file, and then the directory can.
            drop(shared);
            if leads && let Some(made) = clean.made {
                let _ = fs::remove_dir(made);
            }
            return Err(error);
        }
        Ok(Running {
            run: Run::new(directory, folder, rank, id, clock.clone(), secrets),
            file,
            clock,
            shared,
        })
    }
}

/// What is removed when a run could not begin.
struct Clean {
    folder: Option<PathBuf>,
    made: Option<PathBuf>,
}

impl Clean {
    /// First errors are the ones to report; what cannot be removed stays.
    fn up(&self) {
        let Some(folder) = &self.folder else { return };
        for name in TOLD.into_iter().chain([RUN]) {
            let _ = fs::remove_file(folder.join(name));
        }
        if self.made.as_ref() != Some(folder) {
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Running {
    /// What the job gets.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Lets the processes that the job starts from here on hold the directory, too: if this process is killed, the run has
    /// not ended before they have.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    #[cfg(feature = "app")]
    pub(crate) fn share(&self) -> Result<()> {
        self.shared.state().lease.as_ref().map_or(Ok(()), Lease::share)
    }

    /// Whether the end is recorded.
    pub fn has_ended(&self) -> bool {
        self.shared.state().ended
    }

    /// Records which way the result will be better: `maximize` or `minimize`, or these by the names of several results.
    pub fn say_directions(&self, directions: Node) {
        self.shared.state().record.set("direction", directions);
    }

    /// Records how the job ended, and frees the directory. Only the first call does; what it wrote is returned by all.
    ///
    /// Waits up to 5 seconds for what is found out beside the job.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: the outcome cannot be written. The record says `running` then, and whoever reads it
    /// finds that the run is no more.
    pub fn finish(&self, outcome: &Outcome) -> Result<Record> {
        let mut state = self.shared.complete();
        if state.ended {
            return Ok(state.record.clone());
        }
        state.ended = true;
        // What a job says of its end may hold what it was told.
        if let (Some(stop), Outcome::Completed(_)) = (self.run.stopped(), outcome) {
            state.record.set("stopped", stop.to_node());
        }
        state.record.end(&outcome.clone().without(self.run.secrets()), self.clock.now());
        let mut errors = Vec::new();
        errors.extend(self.run.sync().err());
        if let Some(file) = &self.file {
            let State { record, saved, .. } = &mut *state;
            // What somebody else keeps too long is written all the same.
            let _turn = Turn::take(file);
            record.keep_words_of(file, saved);
            // Where there is no room for another file there is that of the one that is there.
            let written = record.save(file, Sync::Now).map(drop);
            errors.extend(written.or_else(|error| record.save_over(file).map_err(|_| error)).err());
        }
        state.lease = None;
        match Error::all(errors) {
            None => Ok(state.record.clone()),
            Some(error) => Err(error),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        let message = if std::thread::panicking() { "a panic" } else { "the program gave the run up" };
        // There is nobody to tell; the record says `running`, and readers find that it is not.
        let _ = self.finish(&Outcome::Failed(Failure { message: message.to_owned(), ..Failure::default() }));
    }
}
