//! Becoming another program.

use std::process::Command;

use crate::app::output::Output;
#[cfg(not(unix))]
use crate::app::output::Status;

/// Becomes the program, so that its signals and its status are its own.
///
/// # Errors
/// It cannot be started.
#[cfg(unix)]
pub(crate) fn exec(mut command: Command) -> std::io::Result<Output> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

/// Runs the program and ends as it does.
///
/// # Errors
/// It cannot be started.
#[cfg(not(unix))]
pub(crate) fn exec(mut command: Command) -> std::io::Result<Output> {
    let status = command.status()?;
    let status = if status.success() { Status::Success } else { Status::Failure };
    Ok(Output { status, ..Output::success(String::new()) })
}
