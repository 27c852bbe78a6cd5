//! What a job gets of its run.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diag::{Error, ErrorKind, Result, Secrets};
use crate::durable::Log;
use crate::facts::Clock;
use crate::run::checkpoints::Checkpoints;
use crate::run::home::Home;
use crate::run::id::RunId;
use crate::run::loggable::{Number, Param, Step};
use crate::run::metrics::{METRICS, Metric, PARAMS, param_lines};
use crate::run::outcome::EarlyStop;
use crate::run::rank::Rank;
use crate::run::reporting::Reporting;
use crate::run::reserve::LOCK;

/// The run that a job belongs to: its directory, and what it leaves there. Cheap to clone; every thread may use it.
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-handle", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// use mainstem::facts::Clock;
/// use mainstem::run::Run;
/// let run = Run::without_record(&dir, Clock::default());
/// std::fs::write(run.artifact("models/best.bin")?, "…").unwrap();
/// run.log_params([("optimizer", "adam")])?;
/// run.log_params([("layers", vec![64_usize, 32])])?;
/// for step in 0..3 {
///     run.log_metric("loss", 1.0 / (step + 1) as f64, step)?;
///     run.checkpoints().save(step, "…")?;
/// }
/// assert_eq!(mainstem::run::metrics(run.dir())?.len(), 3);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Run(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    home: Arc<Home>,
    folder: Option<PathBuf>,
    rank: Option<Rank>,
    id: Option<RunId>,
    clock: Clock,
    secrets: Arc<Secrets>,
    metrics: Mutex<Option<Arc<Log>>>,
    params: Mutex<Option<Arc<Log>>>,
    interrupted: AtomicBool,
    asks: AtomicBool,
    /// Whether somebody would say that its time comes to an end, whether that was said, and whether the job knows it.
    #[cfg(feature = "app")]
    expects: AtomicBool,
    noticed: AtomicBool,
    told: AtomicBool,
    reporting: Mutex<Option<Reporting>>,
    stopped: Mutex<Option<EarlyStop>>,
}

impl Run {
    pub(super) fn new(
        directory: PathBuf,
        home: Arc<Home>,
        folder: Option<PathBuf>,
        rank: Option<Rank>,
        id: Option<RunId>,
        clock: Clock,
        secrets: Arc<Secrets>,
    ) -> Self {
        let (metrics, params, interrupted) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        let asks = AtomicBool::new(false);
        let (noticed, told) = Default::default();
        Self(Arc::new(Inner {
            directory,
            home,
            folder,
            rank,
            id,
            clock,
            secrets,
            metrics,
            params,
            interrupted,
            asks,
            #[cfg(feature = "app")]
            expects: AtomicBool::default(),
            noticed,
            told,
            reporting: Mutex::default(),
            stopped: Mutex::default(),
        }))
    }

    /// A run in a directory that exists, of which nothing is recorded: for tests, and for who wants no record. What the
    /// job logs goes into the directory itself.
    pub fn without_record(directory: impl Into<PathBuf>, clock: Clock) -> Self {
        let directory = directory.into();
        let home = Arc::new(Home::new(&directory, None, None));
        Self::new(directory, home, None, None, None, clock, Arc::default())
    }

    /// What nothing that is written down of the run may hold: for who writes of it elsewhere.
    pub fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    /// The directory of the run.
    pub fn dir(&self) -> &Path {
        &self.0.directory
    }

    /// The identifier of the run, if it is recorded.
    pub fn id(&self) -> Option<RunId> {
        self.0.id
    }

    /// Which rank of a distributed job this process is.
    pub fn rank(&self) -> Option<&Rank> {
        self.0.rank.as_ref()
    }

    /// The folder of the record: `.hydra`, unless the config says otherwise; `None` if there is no record.
    pub fn record_dir(&self) -> Option<&Path> {
        self.0.folder.as_deref()
    }

    /// Where the job is to write a file that it leaves: in the directory of the run, whose folders are made as needed.
    /// Nothing is written here; a file of that name that is there stays.
    ///
    /// # Errors
    /// The name leads out of the directory or into the record, or names no file; a folder cannot be made; the directory was
    /// moved or removed, or another run has it.
    pub fn artifact(&self, name: impl AsRef<Path>) -> Result<PathBuf> {
        let name = name.as_ref();
        let refused = |why: &str| {
            let message = format!("`{}` is no name for an artifact: {why}", name.display());
            Error::new(ErrorKind::Io, message)
                .help("name a file in the run's directory, such as `models/best.bin`")
        };
        // Its folders are made: a directory that was moved or removed would be there again, with nothing else in it.
        self.0.home.stands()?;
        let mut path = self.0.directory.clone();
        for part in name.components() {
            match part {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                _ => return Err(refused("it leads out of the run's directory")),
            }
        }
        if path == self.0.directory {
            return Err(refused("it names no file"));
        }
        let folder = self.0.folder.as_ref().filter(|folder| **folder != self.0.directory);
        if folder.is_some_and(|folder| path.starts_with(folder)) || path == self.0.directory.join(LOCK) {
            return Err(refused("the record of the run is there"));
        }
        let failed = |path: &Path, error: &std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot make the directory `{}`: {error}", path.display()))
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
            // A folder may be a link.
            let real = |path: &Path| path.canonicalize().map_err(|error| failed(path, &error));
            if !real(parent)?.starts_with(real(&self.0.directory)?) {
                return Err(refused("a link on its way leads out of the run's directory"));
            }
        }
        Ok(path)
    }

    /// Writes down how much something is at a step. It is in the file when the call returns; a kill loses at most the
    /// last line. NaN and the infinities are kept. Numbers and steps may be of any width.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full; of kind [`ErrorKind::Range`], a step below 0. Of the first one: the directory was moved or removed, or another
    /// run has it ([`ErrorKind::Job`]).
    pub fn log_metric(&self, name: &str, value: impl Number, step: impl Step) -> Result<()> {
        self.log_number(name, value.to_f64(), step.to_u64()?)
    }

    /// Writes down what the run has come to at a step, for the search that it is a part of: the number that the search is
    /// after, as good as it is known by now. Whether the job is to stop, since others have come further by that step: then
    /// it returns what it has, and its record says where it was stopped. Never waits.
    ///
    /// The number is among the metrics of the run under the name that the search has for it, or as `objective`. Outside of a
    /// search that is all, and the answer is no.
    ///
    /// # Errors
    /// As [`Run::log_metric`].
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-report", std::process::id()));
    /// # std::fs::create_dir_all(&dir).unwrap();
    /// use mainstem::facts::Clock;
    /// use mainstem::run::Run;
    /// let run = Run::without_record(&dir, Clock::default());
    /// let mut loss = 1.0;
    /// for epoch in 1..=10 {
    ///     loss *= 0.9;
    ///     if run.report(epoch, loss)? {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(mainstem::run::metrics(run.dir())?.len(), 10);
    /// # std::fs::remove_dir_all(&dir).unwrap();
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn report(&self, step: impl Step, value: impl Number) -> Result<bool> {
        let (step, value) = (step.to_u64()?, value.to_f64());
        let name = self.report_name().unwrap_or_else(|| "objective".to_owned());
        self.log_number(&name, value, step)?;
        if self.reported(step, value)? {
            self.stop_early(EarlyStop { step, value });
        }
        Ok(self.stopped().is_some())
    }

    /// What a number that is reported is called among the metrics; none outside of a search.
    pub(crate) fn report_name(&self) -> Option<String> {
        self.reporting().as_ref().map(|reporting| reporting.name().to_owned())
    }

    /// As [`Run::report`], of a number that is among the metrics already: whether it is a reason to stop.
    pub(crate) fn reported(&self, step: u64, value: f64) -> Result<bool> {
        self.reporting().as_mut().map_or(Ok(false), |reporting| reporting.report(step, value))
    }

    /// The job is to stop. The first reason counts.
    pub(crate) fn stop_early(&self, stop: EarlyStop) {
        self.0.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(stop);
    }

    /// From here on what the job reports goes there, too.
    #[cfg(feature = "app")]
    pub(crate) fn report_to(&self, reporting: Reporting) {
        // Of a job in several processes one speaks for all.
        if self.rank().is_none_or(Rank::leads) {
            *self.reporting() = Some(reporting);
        }
    }

    fn reporting(&self) -> MutexGuard<'_, Option<Reporting>> {
        self.0.reporting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_number(&self, name: &str, value: f64, step: u64) -> Result<()> {
        let time = self.0.clock.now().timestamp_micros();
        #[expect(clippy::cast_precision_loss, reason = "microseconds of our time fit")]
        let time = time as f64 / 1e6;
        let metric = Metric { name: self.0.secrets.scrub(name).into_owned(), value, step, time };
        self.log(&self.0.metrics, METRICS)?.append(&metric.to_line_without(&self.0.secrets))
    }

    /// Writes down what the job found out or decided, by names: all of it in one piece. A secret is written as `***`.
    ///
    /// # Errors
    /// As [`Run::log_metric`].
    pub fn log_params<K: AsRef<str>, V: Param>(
        &self,
        params: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let secrets = &self.0.secrets;
        let shown = |(name, value): (K, V)| {
            (secrets.scrub(name.as_ref()).into_owned(), value.into_node().scrubbed(secrets))
        };
        let lines = param_lines(params.into_iter().map(shown));
        if lines.is_empty() {
            return Ok(());
        }
        self.log(&self.0.params, PARAMS)?.append(&lines)
    }

    /// The checkpoints of the run. Those of a run before, in a directory that is used again, are among them: a job can
    /// go on from the latest.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::within(&self.0.directory, Arc::clone(&self.0.home))
    }

    /// Whether the job was asked to stop: it is to come to an end soon, and may save a checkpoint.
    ///
    /// A job that calls this now and then is left to end by itself. One that never did is ended where it is.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-interrupted", std::process::id()));
    /// # std::fs::create_dir_all(&dir).unwrap();
    /// use mainstem::facts::Clock;
    /// use mainstem::run::Run;
    /// let run = Run::without_record(&dir, Clock::default());
    /// let mut step = 0;
    /// while !run.is_interrupted() {
    ///     step += 1;
    ///     if step == 3 {
    ///         run.interrupt(); // In a real run, Ctrl-C or the scheduler does.
    ///     }
    /// }
    /// run.checkpoints().save(step, "the state")?;
    /// assert_eq!(run.checkpoints().latest()?.map(|latest| latest.step), Some(3));
    /// # std::fs::remove_dir_all(&dir).unwrap();
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn is_interrupted(&self) -> bool {
        self.0.asks.store(true, Ordering::Relaxed);
        self.0.interrupted.load(Ordering::Relaxed)
    }

    /// Whether the job is to save a checkpoint and come to an end, since its time does: a scheduler has said that it will be
    /// stopped, or somebody asked it to. A job that ends after that has not completed: it begins again, where
    /// [`Run::checkpoints`] has what it saved.
    ///
    /// ```
    /// use mainstem::run::Run;
    /// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-notice", std::process::id()));
    /// # std::fs::create_dir_all(&dir).unwrap();
    /// let run = Run::without_record(&dir, Default::default());
    /// let first = run.checkpoints().latest()?.map_or(0, |last| last.step + 1);
    /// for step in first..10 {
    ///     // … the work of a step …
    ///     if run.should_checkpoint() {
    ///         run.checkpoints().save(step, "what the next life begins with")?;
    ///         break;
    ///     }
    /// #   if step == 3 { run.notice(); }
    /// }
    /// assert_eq!(run.checkpoints().latest()?.map(|last| last.step), Some(4));
    /// # std::fs::remove_dir_all(&dir).unwrap();
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn should_checkpoint(&self) -> bool {
        // In this order: whoever asks is left to end by itself.
        let asked = self.is_interrupted() | self.0.noticed.load(Ordering::Relaxed);
        if asked {
            self.0.told.store(true, Ordering::Relaxed);
        }
        asked
    }

    /// Says that the time of the job comes to an end.
    pub fn notice(&self) {
        self.0.noticed.store(true, Ordering::Relaxed);
    }

    /// From here on somebody says when the time of the job comes to an end.
    #[cfg(feature = "app")]
    pub(crate) fn expect_notice(&self) {
        self.0.expects.store(true, Ordering::Relaxed);
    }

    /// Whether somebody does.
    #[cfg(feature = "app")]
    pub(crate) fn expects_notice(&self) -> bool {
        self.0.expects.load(Ordering::Relaxed)
    }

    /// Whether that was said.
    #[cfg(feature = "app")]
    pub(crate) fn is_noticed(&self) -> bool {
        self.0.noticed.load(Ordering::Relaxed)
    }

    /// Whether the job knows it, by [`Run::should_checkpoint`].
    #[cfg(feature = "app")]
    pub(crate) fn was_told(&self) -> bool {
        self.0.told.load(Ordering::Relaxed)
    }

    /// Takes it that the job knows it.
    #[cfg(feature = "app")]
    pub(crate) fn tell(&self) {
        self.0.told.store(true, Ordering::Relaxed);
    }

    /// Whether the job ever asked whether it is to stop.
    pub fn asks(&self) -> bool {
        self.0.asks.load(Ordering::Relaxed)
    }

    /// Asks the job to stop.
    pub fn interrupt(&self) {
        self.0.interrupted.store(true, Ordering::Relaxed);
    }

    /// Where the search that the run is a part of has told it to stop, if it has.
    pub fn stopped(&self) -> Option<EarlyStop> {
        *self.0.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opened when the first line is written, so that there are no empty files.
    fn log(&self, slot: &Mutex<Option<Arc<Log>>>, name: &str) -> Result<Arc<Log>> {
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = &*slot {
            return Ok(Arc::clone(log));
        }
        // What is open goes on where it is; what is opened is opened by its name.
        self.0.home.keeps_record()?;
        let name = self.rank().map_or_else(|| name.to_owned(), |rank| rank.file_name(name));
        let folder = self.0.folder.as_ref().unwrap_or(&self.0.directory);
        let log = Arc::new(Log::open(&folder.join(name))?);
        // Another run may have come just now. It is open where that one is, and nothing is in it.
        self.0.home.keeps_record()?;
        *slot = Some(Arc::clone(&log));
        Ok(log)
    }

    /// Waits until what was logged has reached the disk.
    ///
    /// # Errors
    /// As [`Run::log_metric`].
    pub fn sync(&self) -> Result<()> {
        for slot in [&self.0.metrics, &self.0.params] {
            let log = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            log.map_or(Ok(()), |log| log.sync())?;
        }
        Ok(())
    }
}
