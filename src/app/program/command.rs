//! Any program as a job: `mainstem run OVERRIDES -- CMD ARGS…`.

use std::ffi::OsString;
use std::path::Path;

use crate::app::program::app::App;

/// The same program with another command.
pub(crate) fn with_tail(app: &App, tail: Vec<OsString>) -> App {
    App { tail, ..app.clone() }
}

/// The files that a command names.
pub(crate) fn add_files(app: &App, cwd: &Path, add: &mut dyn FnMut(&str, &Path)) {
    for word in app.tail.iter().skip(1).filter_map(|word| word.to_str()) {
        let path = cwd.join(word);
        if path.is_file() {
            add(word, &path);
        }
    }
}
