//! Reading a file whole, if it is one.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a regular file of at most `limit` bytes, following links. What can be opened and never ends, or never begins
/// (a pipe that no one writes to, a device, a socket), is refused without waiting for it.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::IsADirectory`]; [`io::ErrorKind::FileTooLarge`]; and
/// [`io::ErrorKind::Unsupported`] for what is neither a file nor a directory. Their texts follow "cannot read X: ".
///
/// ```
/// # let dir = std::env::temp_dir().join(format!("mainstem-regular-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let path = dir.join("a.txt");
/// std::fs::write(&path, "text").unwrap();
/// assert_eq!(mainstem::durable::read_regular(&path, 4)?, b"text");
/// let error = mainstem::durable::read_regular(&path, 3).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        // A socket cannot even be opened.
        Err(error) => return Err(fs::metadata(path).ok().and_then(|found| refusal(&found)).unwrap_or(error)),
    };
    let found = file.metadata()?;
    if let Some(refusal) = refusal(&found) {
        return Err(refusal);
    }
    // Files that the system makes up have no size before they are read.
    let size = if found.len() == 0 { limit.saturating_add(1) } else { found.len() };
    if found.len() > limit {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    // Not a byte more: whether one would come costs a call to the system.
    file.take(size).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// Opens for reading, without waiting for who may write.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more bytes than the limit of {limit}"))
}

/// What is said of something that is no file.
fn refusal(found: &Metadata) -> Option<io::Error> {
    match found.file_type() {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory")),
        kind => {
            let message = format!("it is {}, not a file", name(kind));
            Some(io::Error::new(io::ErrorKind::Unsupported, message))
        }
    }
}

#[cfg(unix)]
fn name(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        _ if kind.is_fifo() => "a pipe (FIFO)",
        _ if kind.is_socket() => "a socket",
        _ if kind.is_char_device() || kind.is_block_device() => "a device",
        _ => "something else",
    }
}

#[cfg(not(unix))]
fn name(_: FileType) -> &'static str {
    "something else"
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;
    use crate::durable::testing::Scratch;

    fn refused(path: &Path) -> String {
        read_regular(path, 10).expect_err("it is none").to_string()
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let scratch = Scratch::new("irregular");
        let at = |name: &str| scratch.path().join(name);
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        symlink("fifo", at("link")).unwrap();
        for (name, what) in [
            ("fifo", "it is a pipe (FIFO), not a file"),
            ("link", "it is a pipe (FIFO), not a file"),
            ("socket", "it is a socket, not a file"),
            ("device", "it is a device, not a file"),
            ("", "it is a directory"),
        ] {
            assert_eq!(refused(&at(name)), what);
        }
        assert_eq!(read_regular(&at("no"), 10).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let scratch = Scratch::new("regular");
        let path = scratch.path().join("file");
        for size in [0, 1, 10] {
            fs::write(&path, vec![b'x'; size]).unwrap();
            assert_eq!(read_regular(&path, 10).unwrap().len(), size);
        }
        fs::write(&path, [b'x'; 11]).unwrap();
        assert_eq!(refused(&path), "it has more bytes than the limit of 10");
        if cfg!(target_os = "linux") {
            // Its size is said to be 0.
            assert!(read_regular(Path::new("/proc/self/status"), 1 << 20).unwrap().starts_with(b"Name:"));
            assert_eq!(refused(Path::new("/proc/self/status")), "it has more bytes than the limit of 10");
        }
    }
}
