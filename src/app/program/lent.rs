//! A folder that a command is lent: what it finds there is for the time that it runs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::app::program::command::own_file;
use crate::diag::{Error, ErrorKind, Result};
use crate::durable::create_exclusive;
use crate::run::Run;

/// That folder; removed when this is dropped.
#[derive(Debug)]
pub(super) struct Lent(PathBuf);

impl Lent {
    /// Makes it: in the record of a run, where nothing else is of that name. Of a run without a record it lies elsewhere, since
    /// all that is in the directory may be somebody's.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn to(run: &Run) -> Result<Self> {
        let Some(record) = run.record_dir() else {
            return create_exclusive(&env::temp_dir().join("mainstem-lent")).map(Self);
        };
        let folder = record.join(own_file(run, "python"));
        fs::create_dir_all(&folder).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot make `{}`: {error}", folder.display()))
        })?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}
