//! What a program does beside its jobs, when they begin and when they end.

use crate::app::program::bound::Bound;
use crate::app::program::outcome::Failed;
use crate::run::{Outcome, Run};

/// The examples of the page run.
#[cfg(all(doctest, feature = "derive"))]
#[doc = include_str!("../../../docs/COMPONENTS.md")]
struct Page;

/// What is done when runs, jobs and sweeps begin and end: report a result, send a message, move files.
///
/// Callbacks are components: a program registers them by name, and the config chooses under `hydra.callbacks`. Several
/// are told of a beginning in the order of the config, and of an end in the reverse order. Whatever has begun also ends,
/// after a failure or a panic and on Ctrl-C too; then `outcome` says so. A callback that fails or panics is a warning, and
/// no more.
///
/// A single run is told of as `on_run_start`, `on_job_start`, `on_job_end`, `on_run_end`; a sweep as
/// `on_multirun_start`, the jobs one by one, `on_multirun_end`.
///
/// ```
/// use mainstem::app::{App, Bound, Callback, Configs, Failed, Sandbox};
/// use mainstem::run::{Outcome, Run};
/// use mainstem::typed::{Components, Registry};
///
/// /// Writes how each job ended to a file.
/// #[derive(mainstem::Config)]
/// struct Ledger {
///     path: String,
/// }
///
/// impl Callback for Ledger {
///     fn on_job_end(&mut self, _: &Bound, run: &Run, outcome: &Outcome) -> Result<(), Failed> {
///         Ok(std::fs::write(run.artifact(&self.path)?, outcome.status().name())?)
///     }
/// }
///
/// let callbacks = Registry::<dyn Callback>::new().with("ledger", |ledger: Ledger| Box::new(ledger));
/// let app = App::new("train", |_: &Bound, _: &Run| Err::<(), _>("no luck"))
///     .with_components(Components::new().with(callbacks));
///
/// let sandbox = Sandbox::new()?;
/// sandbox.run(&app, ["hydra.run.dir=out", "+hydra.callbacks.a={_target_: ledger, path: end.txt}"]);
/// assert_eq!(sandbox.read("out/end.txt")?, "failed");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[expect(unused_variables, reason = "what does nothing needs none of them, and names are documentation")]
pub trait Callback: Send {
    /// A single run is about to begin. Its directory is there.
    ///
    /// # Errors
    /// Whatever is to be told as a warning.
    fn on_run_start(&mut self, config: &Bound) -> Result<(), Failed> {
        Ok(())
    }

    /// A single run has ended.
    ///
    /// # Errors
    /// Whatever is to be told as a warning.
    fn on_run_end(&mut self, config: &Bound, outcome: &Outcome) -> Result<(), Failed> {
        Ok(())
    }

    /// A sweep is about to begin; `config` is that of the sweep as a whole.
    ///
    /// # Errors
    /// Whatever is to be told as a warning.
    fn on_multirun_start(&mut self, config: &Bound) -> Result<(), Failed> {
        Ok(())
    }

    /// A sweep has ended.
    ///
    /// # Errors
    /// Whatever is to be told as a warning.
    fn on_multirun_end(&mut self, config: &Bound) -> Result<(), Failed> {
        Ok(())
    }

    /// A job, of a sweep or alone, is about to begin.
    ///
    /// # Errors
    /// Whatever is to be told as a warning.
    fn on_job_start(&mut self, config: &Bound, run: &Run) -> Result<(), Failed> {
        Ok(())
    }

    /// A job has ended. What is written to the directory of its run is still part of the run.
    ///
    /// # Errors
    /// Whatever is to be told as a warning.
    fn on_job_end(&mut self, config: &Bound, run: &Run, outcome: &Outcome) -> Result<(), Failed> {
        Ok(())
    }
}
