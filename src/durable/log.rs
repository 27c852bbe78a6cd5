//! A file to which whole lines are added.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::diag::{Error, ErrorKind, Result};
#[cfg(feature = "app")]
use crate::durable::lock::is_at;

/// A file of lines that one process adds to, from as many threads as it likes.
///
/// Every line is handed to the system in one piece: when the process is killed, all lines but perhaps the last are
/// whole, and [`whole_lines`] leaves that one out. A line that the disk did not take whole is taken back. Lines reach
/// the disk when the system sees fit; [`Log::sync`] waits for it.
///
/// ```
/// use mainstem::durable::{Log, whole_lines};
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-log", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let path = dir.join("metrics.jsonl");
/// std::fs::write(&path, "{\"a\":1}\n{\"a\":").unwrap(); // who wrote this was killed
/// let log = Log::open(&path)?;
/// log.append("{\"a\":2}")?;
/// let text = std::fs::read_to_string(&path).unwrap();
/// assert_eq!(whole_lines(&text).collect::<Vec<_>>(), ["{\"a\":1}", "{\"a\":2}"]);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Where the last whole line ends.
    end: u64,
    line: Vec<u8>,
    /// Whether a part of a line stands at the end, which could not be taken back.
    spoiled: bool,
}

impl Log {
    /// Opens the file, or makes it. A last line that was not finished is cut off.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub fn open(path: &Path) -> Result<Self> {
        let open = || -> io::Result<Open> {
            let mut file =
                OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            let end = end_of_last_line(&mut file)?;
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
            Ok(Open { file, end, line: Vec::new(), spoiled: false })
        };
        match open() {
            Ok(open) => Ok(Self { path: path.to_owned(), open: Mutex::new(open) }),
            Err(error) => Err(failed("open", path, &error)),
        }
    }

    /// Adds a line, or several that belong together. What was added by this or any earlier call is there for every
    /// reader when the call returns.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`], such as a disk that is full: then nothing of the line is left.
    pub fn append(&self, line: &str) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { file, end, line: buffer, spoiled } = &mut *open;
        if *spoiled {
            return Err(failed("write", &self.path, &io::Error::other("its last line is not whole")));
        }
        buffer.clear();
        buffer.extend_from_slice(line.as_bytes());
        buffer.push(b'\n');
        match file.write_all(buffer) {
            Ok(()) => {
                *end += buffer.len() as u64;
                Ok(())
            }
            Err(error) => {
                // A part of a line would spoil the next one. If it cannot be taken back, nothing comes behind it, and
                // opening the file again repairs it.
                *spoiled = file.set_len(*end).and_then(|()| file.seek(SeekFrom::Start(*end))).is_err();
                Err(failed("write", &self.path, &error))
            }
        }
    }

    /// Whether its file is the one that others find by its name.
    #[cfg(feature = "app")]
    pub(crate) fn is_there(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        is_at(&open.file, &self.path).unwrap_or(false)
    }

    /// Waits until all lines have reached the disk.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`].
    pub fn sync(&self) -> Result<()> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.file.sync_data().map_err(|error| failed("write", &self.path, &error))
    }
}

/// The lines that were written to their end.
pub fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot {what} `{}`: {error}", path.display()))
}

/// How much of the file are whole lines. Reads from the end, so that the length of the file does not matter.
fn end_of_last_line(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut chunk = [0_u8; 4096];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = &mut chunk[..usize::try_from(end - start).unwrap_or(0)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn threads_add_whole_lines() {
        let scratch = Scratch::new("log-threads");
        let path = scratch.path().join("log");
        let log = Log::open(&path).unwrap();
        std::thread::scope(|threads| {
            for thread in ["a", "b", "c", "d"] {
                let log = &log;
                threads.spawn(move || (0..100).for_each(|i| log.append(&thread.repeat(i)).unwrap()));
            }
        });
        log.sync().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(whole_lines(&text).count(), 400);
        for line in whole_lines(&text) {
            assert!(line.chars().all(|c| line.starts_with(c)), "{line}");
        }
    }

    #[test]
    fn a_torn_line_is_cut_off_wherever_it_begins() {
        let scratch = Scratch::new("log-torn");
        let path = scratch.path().join("log");
        for torn in [0, 1, 4095, 4096, 4097, 9000] {
            fs::write(&path, format!("first\n{}", "x".repeat(torn))).unwrap();
            Log::open(&path).unwrap().append("second").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "first\nsecond\n", "{torn}");
        }
        fs::write(&path, "x".repeat(5000)).unwrap();
        Log::open(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn what_cannot_be_opened_is_told() {
        let scratch = Scratch::new("log-open");
        let error = Log::open(scratch.path()).unwrap_err();
        assert!(
            error.message().starts_with(&format!("cannot open `{}`: ", scratch.path().display())),
            "{error}"
        );
    }
}
