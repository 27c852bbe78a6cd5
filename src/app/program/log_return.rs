//! Hydra's `LogJobReturnCallback`: logs what a job came to.

use crate::app::program::bound::Bound;
use crate::app::program::callback::Callback;
use crate::app::program::outcome::Failed;
use crate::run::{Outcome, Run};
use crate::typed::Registry;
use crate::value::{Node, write_repr};

/// What it is registered under, beside Hydra's path.
pub(super) const NAME: &str = "log_job_return";

struct LogJobReturn;

pub(super) fn register(registry: Registry<dyn Callback>) -> Registry<dyn Callback> {
    registry
        .with(NAME, |(): ()| Box::new(LogJobReturn))
        .alias("hydra.experimental.callbacks.LogJobReturnCallback")
}

impl Callback for LogJobReturn {
    fn on_job_end(&mut self, _: &Bound, _: &Run, outcome: &Outcome) -> Result<(), Failed> {
        const TARGET: &str = "hydra::experimental::callbacks::LogJobReturnCallback";
        match outcome {
            Outcome::Completed(result) => {
                let mut text = String::new();
                write_repr(result.as_ref().unwrap_or(&Node::null()), &mut text);
                log::info!(target: TARGET, "Succeeded with return value: {text}");
            }
            Outcome::Failed(failure) | Outcome::Panicked(failure) => {
                let causes = failure.chain.iter().map(|cause| format!(": {cause}")).collect::<String>();
                let place = failure.place.iter().map(|place| format!(" at {place}")).collect::<String>();
                log::error!(target: TARGET, "Failed{place}: {}{causes}", failure.message);
            }
            Outcome::Interrupted(signal) => {
                log::error!(target: TARGET, "Interrupted by {}", signal.as_deref().unwrap_or("request"));
            }
        }
        Ok(())
    }
}
