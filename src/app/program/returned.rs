//! What the function of a Hydra program returns is the result of its job.
//!
//! Hydra loads every module below `hydra_plugins` that Python finds. One of ours stands there while the command runs. So nothing
//! of it shows in the config or in the overrides, and where Python does not look at `PYTHONPATH` (`python -I`, a container) the
//! program runs as it did.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::app::program::bound::Bound;
use crate::app::program::command::own_file;
use crate::run::Run;

const MODULE: &str = include_str!("returned.py");

/// The folder that Python finds it in; removed when this is dropped.
#[derive(Debug)]
pub(super) struct Returned(PathBuf);

impl Returned {
    /// Puts the module beside the record of a run, and says so in the environment of its command. What keeps it from being
    /// written keeps no program from running.
    pub(super) fn listen(
        run: &Run,
        bound: &Bound,
        environment: &mut Vec<(String, OsString)>,
    ) -> Option<Self> {
        let folder = run.record_dir().unwrap_or(run.dir()).join(own_file(run, "python"));
        let separator = if cfg!(windows) { ';' } else { ':' };
        // A search path has no word for such a folder.
        let name = folder.to_str().filter(|name| !name.contains(separator))?.to_owned();
        let listening = Self(folder);
        let plugins = listening.0.join("hydra_plugins");
        fs::create_dir_all(&plugins).ok()?;
        fs::write(plugins.join("mainstem_returned.py"), MODULE).ok()?;
        let said =
            environment.iter().rev().find(|(name, _)| name == VARIABLE).map(|(_, value)| value.clone());
        let said =
            said.or_else(|| bound.variable(VARIABLE).map(OsString::from)).filter(|said| !said.is_empty());
        let mut path = said.unwrap_or_default();
        // Behind all others: it takes no module's place.
        if !path.is_empty() {
            path.push(separator.to_string());
        }
        path.push(name);
        environment.push((VARIABLE.to_owned(), path));
        Some(listening)
    }
}

/// Where Python looks for modules.
const VARIABLE: &str = "PYTHONPATH";

impl Drop for Returned {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}
