//! What a Hydra program is told in Python, and what it hands back there: what its function returns is the result of its job.
//!
//! Hydra loads every module below `hydra_plugins` that Python finds. Two of ours stand there while the command runs. So nothing
//! of them shows in the config or in the overrides, and where Python does not look at `PYTHONPATH` (`python -I`, a container) the
//! program runs with what its command line says.

use std::ffi::OsString;
use std::fs;

use crate::app::program::bound::Bound;
use crate::app::program::lent::Lent;

/// The modules by the names of their files.
const MODULES: [(&str, &str); 2] =
    [("mainstem_returned.py", include_str!("returned.py")), ("mainstem_told.py", include_str!("told.py"))];

/// Puts the modules, and what the program is told, into the folder that it is lent, and says so in the environment of its
/// command. What keeps them from being written keeps no program from running.
pub(super) fn listen(
    lent: &Lent,
    told: &str,
    bound: &Bound,
    environment: &mut Vec<(String, OsString)>,
) -> Option<()> {
    let separator = if cfg!(windows) { ';' } else { ':' };
    // A search path has no word for such a folder.
    let name = lent.path().to_str().filter(|name| !name.contains(separator))?.to_owned();
    let plugins = lent.path().join("hydra_plugins");
    fs::create_dir_all(&plugins).ok()?;
    fs::write(lent.path().join("told.yaml"), told).ok()?;
    for (name, text) in MODULES {
        fs::write(plugins.join(name), text).ok()?;
    }
    let said = environment.iter().rev().find(|(name, _)| name == VARIABLE).map(|(_, value)| value.clone());
    let said = said.or_else(|| bound.variable(VARIABLE).map(OsString::from)).filter(|said| !said.is_empty());
    let mut path = said.unwrap_or_default();
    // Behind all others: they take no module's place.
    if !path.is_empty() {
        path.push(separator.to_string());
    }
    path.push(name);
    environment.push((VARIABLE.to_owned(), path));
    Some(())
}

/// Where Python looks for modules.
const VARIABLE: &str = "PYTHONPATH";
