//! What to type where a config is missing that Python code registers.

use std::path::PathBuf;

use crate::app::python::Python;
use crate::compose::absent_config;
use crate::diag::Error;

/// The error with what to type, and whether it is about such a config: the code around the directories is read for that,
/// and never run.
pub(crate) fn registered(error: Error, dirs: &[PathBuf]) -> (Error, bool) {
    let Some(path) = absent_config(&error) else { return (error, false) };
    if !Python::around(dirs.iter().map(PathBuf::as_path)).registers(&path) {
        return (error, false);
    }
    let error = error
        .note(format!("Python code registers `{path}`, and no code is run here"))
        .help("write down once what it registers: `python -m mainstem.schema MODULE > schema.json`")
        .help("then type `--schema schema.json`");
    (error, true)
}
