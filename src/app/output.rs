//! What goes out, and with which status the program ends.

use std::io::{self, Write};

use crate::diag::{Error, ErrorKind, Severity, Style};

/// How the program ends.
///
/// ```
/// use mainstem::app::Status;
/// // SIGINT is signal 2.
/// let all = [Status::Success, Status::Failure, Status::Usage, Status::Interrupted(2)];
/// assert_eq!(all.map(Status::code), [0, 1, 2, 130]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All went well.
    Success,
    /// Something is wrong with the configs, the overrides, or the world.
    Failure,
    /// The command line cannot be understood.
    Usage,
    /// A signal of that number asked it to stop.
    Interrupted(u8),
}

impl Status {
    /// The number that the shell sees.
    pub fn code(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Interrupted(signal) => 128 + i32::from(signal),
        }
    }

    /// The status that an error leads to.
    pub(crate) fn of(error: &Error) -> Self {
        if error.kind() == ErrorKind::Usage { Self::Usage } else { Self::Failure }
    }
}

/// What a command has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// The result.
    pub(crate) out: String,
    /// Warnings and errors, drawn.
    pub(crate) err: String,
    pub(crate) status: Status,
}

impl Output {
    /// A result and nothing else.
    pub(crate) fn success(out: String) -> Self {
        Self { out, err: String::new(), status: Status::Success }
    }

    /// The same with warnings.
    pub(crate) fn warn(mut self, warnings: &[Error], style: Style) -> Self {
        if let Some(warnings) = Error::all(warnings.iter().cloned()) {
            self.err.push_str(&warnings.render_as(Severity::Warning, style));
        }
        self
    }

    /// The same with what is wrong and did not stand in the way.
    pub(crate) fn and_note(mut self, error: &Error, style: Style) -> Self {
        self.err.push_str(&error.render_as(Severity::Note, style));
        self
    }

    /// The same with an error at the end: what could be told is told.
    pub(crate) fn and_failure(mut self, error: &Error, style: Style) -> Self {
        self.err.push_str(&error.render(style));
        self.status = Status::of(error);
        self
    }

    /// An error and nothing else.
    pub(crate) fn failure(error: &Error, style: Style) -> Self {
        Self { out: String::new(), err: error.render(style), status: Status::of(error) }
    }

    /// Writes all of it, in one piece each.
    pub(crate) fn write(self) -> Status {
        // There is nobody left to tell that standard error is gone.
        let _ = io::stderr().lock().write_all(self.err.as_bytes());
        let mut stdout = io::stdout().lock();
        match stdout.write_all(self.out.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => self.status,
            Err(error) => unwritten(&error, self.status),
        }
    }
}

/// The status of a program whose result could not be written, which is told. Whoever closed the other end of a pipe has
/// what he wants, and a program ends as it would have.
pub(crate) fn unwritten(error: &io::Error, status: Status) -> Status {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return status;
    }
    let error = Error::new(ErrorKind::Io, format!("cannot write the result: {error}"));
    let _ = io::stderr().lock().write_all(error.render(Style::Plain).as_bytes());
    Status::Failure
}
