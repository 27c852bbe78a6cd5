//! What a handler writes to: a stream of the console, or a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::app::program::console::Console;
use crate::diag::{Error, ErrorKind, Result, Severity};

/// Where lines go. Each is written in one piece, whoever else writes.
#[derive(Debug)]
pub(super) enum Sink {
    Out(Console),
    Err(Console),
    Nowhere,
    File(Box<FileSink>),
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// What is there stays.
    Append,
    /// What is there goes.
    Anew,
    /// Nothing may be there.
    New,
}

/// When a file is put aside and begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    /// Its size may not reach this, in bytes.
    pub(super) most: u64,
    /// So many files that were put aside are kept; with none, the file grows on.
    pub(super) kept: u64,
}

/// A file of a log.
#[derive(Debug)]
pub(super) struct FileSink {
    path: PathBuf,
    mode: Mode,
    rotation: Option<Rotation>,
    console: Console,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    file: Option<File>,
    size: u64,
    /// A line was begun and could not be written to its end.
    torn: bool,
    /// It was told that lines are lost.
    told: bool,
}

impl Sink {
    /// Writes a line.
    pub(super) fn write(&self, line: &str) {
        match self {
            // A job does not end because its log cannot be shown.
            Self::Out(console) => drop(console.say(line)),
            Self::Err(console) => console.complain(line),
            Self::Nowhere => {}
            Self::File(file) => file.write(line),
        }
    }
}

impl FileSink {
    pub(super) fn new(path: PathBuf, mode: Mode, rotation: Option<Rotation>, console: Console) -> Self {
        Self { path, mode, rotation, console, state: Mutex::default() }
    }

    /// Opens the file, before the first line needs it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(&self) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open(&self.path, self.mode).map(drop).map_err(|error| self.failed("open", &error))
    }

    fn failed(&self, what: &str, error: &io::Error) -> Error {
        Error::new(ErrorKind::Io, format!("cannot {what} the log file `{}`: {error}", self.path.display()))
    }

    /// Writes a line. A full disk does not end the job that only wanted to say something: it is told once.
    fn write(&self, line: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.write(&self.console.shown(line), self);
        let Err(error) = written else { return };
        if !std::mem::replace(&mut state.told, true) {
            // The console may be one that waits for this file.
            drop(state);
            let error =
                self.failed("write to", &error).note("what is logged from here on may be missing in it");
            self.console.complain(&error.render_as(Severity::Warning, self.console.err));
        }
    }
}

impl State {
    fn open(&mut self, path: &Path, mode: Mode) -> io::Result<&mut File> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            match mode {
                // Also what is begun anew is written at its end: another process may write to it, too.
                Mode::Append | Mode::Anew => options.create(true),
                Mode::New => options.create_new(true),
            };
            if mode == Mode::Anew {
                File::create(path)?;
            }
            let file = options.append(true).open(path)?;
            self.size = file.metadata()?.len();
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write(&mut self, line: &str, sink: &FileSink) -> io::Result<()> {
        self.open(&sink.path, sink.mode)?;
        let length = line.len() as u64;
        if let Some(rotation) = sink.rotation.filter(|rotation| rotation.kept > 0)
            && self.size > 0
            && self.size + length >= rotation.most
            && sink.path.is_file()
        {
            self.file = None;
            rotate(&sink.path, rotation.kept)?;
        }
        let torn = std::mem::take(&mut self.torn);
        let file = self.open(&sink.path, Mode::Append)?;
        let before = file.metadata()?.len();
        let written = if torn {
            file.write_all(format!("\n{line}").as_bytes())
        } else {
            file.write_all(line.as_bytes())
        };
        if written.is_err() {
            // The next line begins where a line begins.
            self.torn = torn || file.metadata().is_ok_and(|data| data.len() > before);
        }
        self.size += length;
        written
    }
}

/// Puts a file aside as `.1`, and those that were put aside before one further.
fn rotate(path: &Path, kept: u64) -> io::Result<()> {
    let aside = |number: u64| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    for number in (1..kept).rev() {
        let from = aside(number);
        if from.exists() {
            fs::rename(from, aside(number + 1))?;
        }
    }
    fs::rename(path, aside(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_rotates_keeps_so_many_of_its_kind() {
        let folder = std::env::temp_dir().join(format!("mainstem-{}-rotates", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.log");
        let rotation = Some(Rotation { most: 12, kept: 2 });
        let sink = FileSink::new(path, Mode::Append, rotation, Console::kept());
        for number in 0..6 {
            sink.write(&format!("line {number}\n"));
        }
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let found = ["a.log", "a.log.1", "a.log.2", "a.log.3"].map(read);
        let expected = [Some("line 5\n"), Some("line 4\n"), Some("line 3\n"), None];
        assert_eq!(found, expected.map(|text| text.map(str::to_owned)));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn lines_of_many_threads_stay_whole() {
        let path = std::env::temp_dir().join(format!("mainstem-{}-threads.log", std::process::id()));
        let sink = FileSink::new(path.clone(), Mode::Anew, None, Console::kept());
        let line = |thread: u32| format!("{thread}").repeat(3000) + "\n";
        std::thread::scope(|threads| {
            for thread in 0..8 {
                threads.spawn({
                    let sink = &sink;
                    move || (0..50).for_each(|_| sink.write(&line(thread)))
                });
            }
        });
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(text.lines().count(), 400);
        assert!(text.lines().all(|line| line.len() == 3000 && line.bytes().all(|c| c == line.as_bytes()[0])));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_once_and_does_not_end_the_job() {
        let console = Console::kept();
        let sink = FileSink::new(PathBuf::from("/dev/full"), Mode::Append, None, console.clone());
        sink.open().unwrap();
        (0..3).for_each(|_| sink.write("line\n"));
        let expected = "\
warning[io]: cannot write to the log file `/dev/full`: No space left on device (os error 28)
  note: what is logged from here on may be missing in it
";
        assert_eq!(console.said().1, expected);
    }
}
