//! A run from its beginning to its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Error, Result};
use crate::facts::Clock;
use crate::run::beside::{Shared, reach_disk};
use crate::run::files::{Folder, RUN, TOLD, write_told};
use crate::run::handle::Run;
use crate::run::home::Home;
use crate::run::lease::Lease;
use crate::run::outcome::{Failure, Outcome};
use crate::run::rank::Rank;
use crate::run::record::{Record, Saved};
use crate::run::reserve::{Reserved, Told};
use crate::run::surroundings::Surroundings;
use crate::value::Node;

/// A run whose job runs: on disk it is `running`, and its directory is locked.
///
/// Its end is recorded once, by whoever comes first: the thread of the job, or the one that takes signals. The directory
/// stays locked until it is dropped: a job may still write there when a signal has ended its run. When it is dropped
/// without an end, the run has failed.
///
/// When things reach the disk: the files of the beginning are there, whole, before the job begins, and reach the disk
/// beside it, in its first moments; the outcome, what was logged, and every checkpoint have reached it when the call
/// returns.
///
/// ```
/// use mainstem::compose::{Memory, Mode};
/// use mainstem::facts::{Facts, Process};
/// use mainstem::run::{About, Outcome, Place, Record, Status, Surroundings};
/// use mainstem::settings::project;
/// # let cwd = std::env::temp_dir().join(format!("mainstem-doc-{}-running", std::process::id()));
/// # std::fs::create_dir_all(&cwd).unwrap();
/// let (facts, process) = (Facts { cwd: cwd.clone(), ..Facts::default() }, Process::default());
/// let composer = project(Memory::new().text("config", "lr: 0.1"), facts.clone(), "train");
/// let arguments = composer.arguments(Some("config"), &["hydra.run.dir=out"])?;
/// let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
/// // Which directory, that it is this run's alone, and that the run is on record: each step is a type.
/// let place = Place::of(&composer, composed.root())?;
/// let about = About::of(&composer, composed.root())?;
/// let reserved = place.reserve(&about, &facts, &process, None)?;
/// let told = reserved.tell(&composer, composed.root());
/// let running = reserved.begin(&told, Surroundings::default)?;
/// let status = || Ok(Record::read(&cwd.join("out"), &process)?.status());
/// assert_eq!(status()?, Status::Running);
/// running.run().log_metric("loss", 0.5, 1)?;
/// running.finish(&Outcome::Completed(None))?;
/// assert_eq!(status()?, Status::Completed);
/// # std::fs::remove_dir_all(&cwd).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
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
    /// Of kind [`Io`](crate::diag::ErrorKind::Io), such as a disk that is full: then there is no record, and a directory that was made
    /// for the run is removed.
    pub fn begin(
        self,
        told: &Told,
        find_out: impl FnOnce() -> Surroundings + Send + 'static,
    ) -> Result<Running> {
        self.start(told, None, |shared, file| shared.start(file, Box::new(find_out)))
    }

    /// As [`Reserved::begin`], where what stands around the run does not change while it runs. If somebody shows within a
    /// second that this process lives, it is found out then, and at the end of a run that is over before; so there is no
    /// thread beside the job in its first moments.
    ///
    /// # Errors
    /// As [`Reserved::begin`].
    #[cfg(feature = "app")]
    pub(crate) fn begin_lazily(
        self,
        told: &Told,
        find_out: impl FnOnce() -> Surroundings + Send + 'static,
    ) -> Result<Running> {
        self.start(told, None, |shared, file| shared.start_soon(file, Box::new(find_out)))
    }

    /// As [`Reserved::begin`], where what stands around the run is known already. There is no thread beside the job, and the
    /// files of the beginning reach the disk when the run first shows that it lives, 15 seconds later at most.
    ///
    /// # Errors
    /// As [`Reserved::begin`].
    pub fn begin_with(mut self, told: &Told, surroundings: &Surroundings) -> Result<Running> {
        self.record.surround(surroundings);
        self.start(told, Some(surroundings), |shared, file| {
            if let (Some(lease), Some(file)) = (&shared.state().lease, file) {
                let beside = surroundings.names();
                lease.beside(move || drop(reach_disk(&file, &beside)));
            }
            Ok(())
        })
    }

    fn start(
        self,
        told: &Told,
        known: Option<&Surroundings>,
        beside: impl FnOnce(&Arc<Shared>, Option<PathBuf>) -> Result<()>,
    ) -> Result<Running> {
        let clean = Clean { folder: self.folder.clone(), made: self.made.then(|| self.directory.clone()) };
        let leads = self.rank.as_ref().is_none_or(Rank::leads);
        let name = self.rank.as_ref().map_or_else(|| RUN.to_owned(), |rank| rank.file_name(RUN));
        let file = self.folder.as_ref().map(|folder| folder.join(&name));
        let saved = self
            .folder
            .as_ref()
            .map_or(Ok(Saved::default()), |folder| self.write(folder, &name, told, known));
        let Self { directory, folder, rank, lease, record, process, secrets, .. } = self;
        let (id, clock) = (record.id(), process.clock);
        let (saved, written) = match saved {
            Ok(saved) => (saved, Ok(())),
            Err(error) => (Saved::default(), Err(error)),
        };
        let lock = lease.as_ref().map(Lease::lock);
        let home = Arc::new(Home::new(&directory, lock, file.clone().zip(id)));
        let shared = Shared::new(record, lease, Arc::clone(&home), saved);
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
            run: Run::new(directory, home, folder, rank, id, clock.clone(), secrets),
            file,
            clock,
            shared,
        })
    }

    /// Writes the first files of the record. Where the record is, all the others are.
    fn write(&self, path: &Path, name: &str, told: &Told, known: Option<&Surroundings>) -> Result<Saved> {
        // Ranks share a folder, and the record may lie among the files of the job.
        let shared = self.rank.is_some() || !self.made && path.exists() || *path == self.directory;
        let folder = Folder::open(&self.directory, path, shared)?;
        if self.rank.as_ref().is_none_or(Rank::leads) {
            write_told(&folder, told)?;
        }
        if let Some(known) = known {
            known.write(&folder)?;
        }
        let saved = self.record.save_with(|fill| folder.write(name, fill))?;
        folder.close()?;
        Ok(saved)
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
    /// Of kind [`Io`](crate::diag::ErrorKind::Io).
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

    /// Records how the job ended. Only the first call does; what came of it is returned by all. The directory stays locked.
    ///
    /// Waits up to 5 seconds for what is found out beside the job.
    ///
    /// # Errors
    /// Of kind [`Io`](crate::diag::ErrorKind::Io): the outcome cannot be written, or the directory was moved or removed. The record says `running` then, and whoever reads it
    /// finds that the run is no more. Of kind [`Job`](crate::diag::ErrorKind::Job): this process was taken for dead, and another run has the
    /// directory, where nothing is written then.
    pub fn finish(&self, outcome: &Outcome) -> Result<Record> {
        let mut state = self.shared.complete(self.file.as_deref());
        if state.ended {
            return state.written();
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
            let stands = state.home.stands().map_err(|error| error.note("how the run ended is not recorded"));
            errors.extend(stands.and_then(|()| state.save(file)).err());
        }
        state.unwritten = Error::all(errors);
        state.written()
    }

    /// Gives the directory back, once nothing of the job runs any more.
    pub(crate) fn give_back(&self) {
        self.shared.state().lease = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            let message = if std::thread::panicking() { "a panic" } else { "the program gave the run up" };
            let failure = Failure { message: message.to_owned(), ..Failure::default() };
            // There is nobody to tell; the record says `running`, and readers find that it is not.
            let _ = self.finish(&Outcome::Failed(failure));
        }
        self.give_back();
    }
}
