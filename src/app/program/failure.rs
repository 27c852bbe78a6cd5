//! How the failure of a job is told.

use std::error::Error as StdError;
use std::path::Path;

use crate::diag::{Error, ErrorKind};

/// The failure of a job as an error that can be drawn: our own as it is, any other with what caused it.
pub(crate) fn told(failure: &(dyn StdError + Send + Sync + 'static), directory: &Path) -> Error {
    let place = format!("the run is in {}", directory.display());
    if let Some(error) = failure.downcast_ref::<Error>() {
        return error.clone().note(place);
    }
    let mut error = Error::new(ErrorKind::Job, failure.to_string());
    let mut cause = failure.source();
    while let Some(next) = cause {
        error = error.note(format!("caused by: {next}"));
        cause = next.source();
    }
    error.note(place)
}
