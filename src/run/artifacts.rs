//! The files that a run left.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::durable::walk;
use crate::run::files::{CONFIG, HYDRA, RUN, TOLD};
use crate::run::list::Found;
use crate::run::metrics::{METRICS, PARAMS};
use crate::run::rank::rank_in;
use crate::run::reserve::LOCK;
use crate::value::Node;

/// A file that a run left in its directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Artifact {
    /// Its path, seen from the directory of the run.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub size: u64,
}

/// How much the clock of a file system may be behind.
const BEHIND: Duration = Duration::from_millis(100);

impl Found {
    /// The files of the run's directory, by path, without its record. Hidden files, links and the directories of other runs
    /// are left out, and so are installed code and caches (see [`list`](crate::run::list)); in a directory that was there before
    /// the run, so are the files that were not written since it began.
    ///
    /// ```
    /// use mainstem::app::{App, Bound, Failed, Sandbox};
    /// use mainstem::facts::Process;
    /// use mainstem::run::{Found, Run};
    /// let app = App::new("train", |_: &Bound, run: &Run| {
    ///     std::fs::write(run.artifact("model/best.bin")?, [0; 16])?;
    ///     Ok::<(), Failed>(())
    /// });
    /// let sandbox = Sandbox::new()?;
    /// sandbox.run(&app, ["hydra.run.dir=out"]);
    /// let found = Found::read(&sandbox.path().join("out"), &Process::default())?;
    /// let artifacts = found.artifacts();
    /// assert_eq!((artifacts[0].path.to_str(), artifacts[0].size), (Some("model/best.bin"), 16));
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    pub fn artifacts(&self) -> Vec<Artifact> {
        let since = self.since();
        let mut found = Vec::new();
        // What has just been removed, or may not be read, is none that could be shown.
        let _ = walk(&self.directory, |directory, folders| {
            folders.retain(|folder| *folder != self.folder && !is_of_a_run(folder));
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let Ok(about) = entry.metadata() else { continue };
                if about.is_file()
                    && !name.as_encoded_bytes().starts_with(b".")
                    && !(directory == self.folder && is_of_record(&name.to_string_lossy()))
                    && since.is_none_or(|since| about.modified().is_ok_and(|at| at >= since))
                    && let Ok(below) = entry.path().strip_prefix(&self.directory)
                {
                    found.push(Artifact { path: below.to_owned(), size: about.len() });
                }
            }
        });
        found.sort();
        found
    }

    /// Since when a file may be the run's, by the clock of the disk, which wrote down when the run was told its config; `None`
    /// in a directory that the run made. The clock of the machine counts where that is not known.
    fn since(&self) -> Option<SystemTime> {
        if self.record.get("directory.made") == Some(&Node::from(true)) {
            return None;
        }
        let told = self.folder.join(CONFIG).metadata().and_then(|config| config.modified());
        told.ok().or_else(|| SystemTime::from(self.record.started()).checked_sub(BEHIND))
    }
}

/// Whether a directory is that of a run, by what runs have unless they are told otherwise.
fn is_of_a_run(directory: &Path) -> bool {
    directory.join(LOCK).is_file()
        || [RUN, HYDRA].iter().any(|name| directory.join(".hydra").join(name).is_file())
}

/// Whether a file belongs to a record that lies among the files of the job.
fn is_of_record(name: &str) -> bool {
    TOLD.contains(&name) || [RUN, METRICS, PARAMS].iter().any(|own| rank_in(name, own).is_some())
}
