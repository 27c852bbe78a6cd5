//! What a command says, kept beside its run while it is shown.
//!
//! The command writes into the files itself, and this process shows what comes: so a command that outlives this process goes
//! on writing, and what it has left in the background holds up nobody. What is said beyond the room of a disk nobody can read,
//! then: so some room is set aside ahead of what is said, and where there is none, the command is shown and not kept. Who looks at a terminal has a command that knows it
//! writes to one, with its colours and bars; what goes there is not kept.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::app::capture;
use crate::app::program::lifetime::Lifetime;
use crate::diag::{Error, ErrorKind, Result, Severity};
use crate::launch::{forget_silence, give_back, open_output, set_aside};

/// A stream of this process, and the file that what comes on it is kept in.
struct Stream {
    path: PathBuf,
    log: File,
    /// Up to where it was shown.
    shown: u64,
    /// Up to where room is set aside for it; `None` once the disk was full.
    room: Option<u64>,
    is_error: bool,
    /// Whether somebody still listens.
    is_open: bool,
}

/// The streams of a command that are kept.
pub(super) struct Kept(Vec<Stream>);

impl Kept {
    /// Of those streams of this process that are no terminals, kept in these files. Where the disk is full, which is told, the
    /// command has the stream itself.
    ///
    /// # Errors
    /// A file cannot be opened.
    pub(super) fn of(paths: [PathBuf; 2], command: &mut Command) -> Result<Self> {
        let mut streams = Vec::new();
        for (path, is_error) in paths.into_iter().zip([false, true]) {
            let is_terminal = if is_error { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
            if is_terminal || is_kept_already(&path, is_error) {
                continue;
            }
            let log = open_output(&path)?;
            let failed = |error: io::Error| {
                Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display()))
            };
            let shown = log.metadata().map_err(failed)?.len();
            let reader = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
            let room = match set_aside(&reader, shown) {
                Ok(room) => Some(room),
                Err(full) => {
                    drop(log);
                    forget_silence(&path);
                    let what = format!("cannot keep what the command says in `{}`: {full}", path.display());
                    tell(&what, "it is shown, and not kept");
                    continue;
                }
            };
            match is_error {
                true => command.stderr(log),
                false => command.stdout(log),
            };
            streams.push(Stream { path: path.clone(), log: reader, shown, room, is_error, is_open: true });
        }
        Ok(Self(streams))
    }

    /// Shows what the command says until it has ended, and then the rest of it.
    pub(super) fn show(&mut self, lifetime: &Lifetime) {
        loop {
            let last = lifetime.has_ended();
            let mut waits = false;
            self.0.iter_mut().for_each(Stream::make_room);
            for stream in self.0.iter_mut().filter(|stream| stream.is_open) {
                match stream.show() {
                    Ok(()) => {}
                    // Who reads this process says by it that there is no room just now.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => waits = true,
                    Err(error) => {
                        stream.is_open = false;
                        // Who has gone away (`| head`) wants no more of it; what cannot be shown is kept all the same.
                        if error.kind() != io::ErrorKind::BrokenPipe {
                            let what = format!("cannot show what the command says: {error}");
                            tell(&what, &format!("it is kept in `{}`", stream.path.display()));
                        }
                    }
                }
            }
            if last && !waits {
                return;
            }
            lifetime.step();
        }
    }

    /// A command that said nothing leaves no files that say so, and the others take no more room than they need.
    pub(super) fn tidy(&self) {
        for Stream { path, .. } in &self.0 {
            forget_silence(path);
            give_back(path);
        }
    }
}

impl Stream {
    /// Shows what is there by now. What comes meanwhile waits for the next time: somebody left in the background may write for ever.
    fn show(&mut self) -> io::Result<()> {
        let end = self.log.metadata()?.len();
        if end < self.shown {
            // The command has cut it off, and begins anew.
            self.shown = 0;
        }
        let mut buffer = [0; 1 << 14];
        while self.shown < end {
            self.log.seek(SeekFrom::Start(self.shown))?;
            let left = usize::try_from(end - self.shown).unwrap_or(buffer.len()).min(buffer.len());
            let read = self.log.read(&mut buffer[..left])?;
            if read == 0 {
                return Ok(());
            }
            self.pass_on(&buffer[..read])?;
        }
        Ok(())
    }

    /// Sets room aside for what the command says next. If there is none, that is told once.
    fn make_room(&mut self) {
        let Ok(end) = self.log.metadata().map(|file| file.len()) else { return };
        if self.room.is_some_and(|room| room.saturating_sub(end) < LOW) {
            self.room = set_aside(&self.log, end)
                .inspect_err(|full| {
                    let place = self.path.display();
                    let what = format!("cannot keep all that the command says in `{place}`: {full}");
                    tell(&what, "what finds no room there is not shown either");
                })
                .ok();
        }
    }

    /// Passes some of it on, as much as there is room for.
    fn pass_on(&mut self, said: &[u8]) -> io::Result<()> {
        let mut rest = said;
        while !rest.is_empty() {
            let written = match self.is_error {
                true => io::stderr().lock().write(rest),
                // What waits in its buffer counts as written.
                false => io::stdout().lock().write(rest),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.shown += written as u64;
                    rest = &rest[written..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.is_error { Ok(()) } else { io::stdout().lock().flush() }
    }
}

/// With less room than that, more is set aside.
const LOW: u64 = 1 << 15;

/// Says what does not happen to what a command says, and what does.
fn tell(what: &str, instead: &str) {
    let told = Error::new(ErrorKind::Io, what).note(instead);
    let drawn = told.render_as(Severity::Warning, capture::styles().1);
    // There is nobody left to tell that standard error is gone.
    let _ = io::stderr().lock().write_all(drawn.as_bytes());
}

/// Whether a stream of this process goes into that file by itself.
fn is_kept_already(path: &Path, is_error: bool) -> bool {
    let own = Path::new(if is_error { "/dev/fd/2" } else { "/dev/fd/1" });
    match (own.metadata(), path.metadata()) {
        (Ok(own), Ok(file)) => is_same(&own, &file),
        _ => false,
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}

/// The length of a file; of one that is not there, nothing.
pub(super) fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

/// The last line in a file that says something, behind the first `from` bytes.
pub(super) fn last_line(path: &Path, from: u64) -> Option<String> {
    const LOOKED_AT: u64 = 4096;
    let mut file = File::open(path).ok()?;
    let end = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(from.max(end.saturating_sub(LOOKED_AT)))).ok()?;
    let mut bytes = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}
