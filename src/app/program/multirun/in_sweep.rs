//! What a job of a sweep is told that one alone is not: its number, and its directory.

use std::path::{Path, PathBuf};

use crate::app::program::bound::Bound;
use crate::app::program::job::with_mode;
use crate::app::program::session::Session;
use crate::compose::Composed;
use crate::diag::{Origin, Result};
use crate::run::{Mandate, Place};

/// The directory of a job of a sweep.
///
/// # Errors
/// `hydra.output_subdir` cannot be resolved, or leads out of the directory.
pub(super) fn place_in_sweep(
    bound: &Bound,
    directory: PathBuf,
    made: bool,
    mandate: Option<Mandate>,
) -> Result<Place> {
    let origin = bound.select("hydra.sweep.subdir")?.map_or(Origin::NONE, |node| node.origin);
    let subdirectory = bound.select("hydra.output_subdir")?;
    let record = subdirectory.map(|node| Place::record_in(&node, &directory)).transpose();
    let record = record.map_err(|error| bound.located(error))?.flatten();
    Ok(Place {
        named: directory.clone(),
        common: directory.parent().unwrap_or(&directory).to_owned(),
        directory,
        exclusive: false,
        made,
        record,
        origin,
        mandate,
    })
}

/// Composes, and binds the facts of a job of a sweep.
///
/// # Errors
/// A mode that changed.
pub(super) fn bind_in_sweep(
    session: &Session<'_>,
    composed: Composed,
    number: u64,
    sweep: Option<&Path>,
) -> Result<Bound> {
    let bound = session
        .bind(composed)
        .with_fact(&["hydra", "job", "id"], number.to_string().as_str())
        .with_fact(&["hydra", "job", "num"], i64::try_from(number).unwrap_or(i64::MAX));
    let bound = match sweep {
        Some(sweep) => bound.with_fact(&["hydra", "sweep", "dir"], sweep.to_string_lossy().as_ref()),
        None => bound,
    };
    with_mode(bound, "MULTIRUN")
}
