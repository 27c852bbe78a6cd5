//! A project as version control has it now, in a folder of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::diag::{Error, ErrorKind, Result};

/// Makes a worktree of the last commit in a folder that is not there yet, and puts into it what was changed since in files under
/// version control. Returns the directory in it that a directory of the project is.
///
/// # Errors
/// The directory lies in no repository; `git` is not there, or fails.
pub(crate) fn worktree(cwd: &Path, folder: &Path) -> Result<PathBuf> {
    let prefix = git(cwd, &["rev-parse", "--show-prefix"], None)?;
    let named = folder.to_string_lossy();
    git(cwd, &["worktree", "add", "--quiet", "--detach", &named, "HEAD"], None)?;
    let top = cwd.join(text(&git(cwd, &["rev-parse", "--show-cdup"], None)?));
    let changes =
        git(&top, &["diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv", "--no-color"], None)?;
    if !changes.stdout.is_empty() {
        git(folder, &["apply", "--whitespace=nowarn"], Some(&changes.stdout))?;
    }
    Ok(folder.join(text(&prefix)))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
}

fn git(cwd: &Path, words: &[&str], input: Option<&[u8]>) -> Result<Output> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Job, format!("`git {}` fails: {why}", words[0]))
            .help("`mainstem.slurm.snapshot=files` needs no repository")
    };
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut command = Command::new("git");
    command.args(words).current_dir(cwd).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    if let (Some(bytes), Some(mut pipe)) = (input, child.stdin.take()) {
        pipe.write_all(bytes).map_err(|error| failed(&error))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    match output.status.success() {
        true => Ok(output),
        false => Err(failed(&String::from_utf8_lossy(&output.stderr).trim())),
    }
}
