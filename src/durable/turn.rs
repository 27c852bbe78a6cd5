//! A file that several processes write anew, one after the other.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use crate::durable::lock::{is_at, lock};

/// The turn to write a file anew: who asks for it meanwhile waits. What is read from the file while one has it is what
/// one writes over. It ends when it is dropped, or with the process; nothing is left behind.
///
/// The lock is the system's, on the file itself. Where the file is not there yet, or the file system has no locks,
/// nobody waits for anybody.
#[derive(Debug)]
pub(crate) struct Turn {
    _file: Option<File>,
}

/// Who writes has the turn for a moment. Whoever holds it longer than so many times so long was stopped in the midst of it.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(5);

impl Turn {
    /// Waits for the turn, up to 3 seconds.
    ///
    /// # Errors
    /// Those of the system; of kind [`TimedOut`](io::ErrorKind::TimedOut) if somebody else keeps it.
    pub(crate) fn take(path: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            // Elsewhere than on Unix, and on some disks, who only reads cannot lock.
            let file = OpenOptions::new().read(true).write(true).open(path).or_else(|_| File::open(path));
            let file = match file {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { _file: None }),
                Err(error) => return Err(error),
            };
            match lock(&file)? {
                None => return Ok(Self { _file: None }),
                // Who had it may have put another file in the place of this one.
                Some(false) if is_at(&file, path)? => return Ok(Self { _file: Some(file) }),
                Some(false) => {}
                Some(true) => sleep(PAUSE),
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "another process is about to write it"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::durable::testing::Scratch;
    use crate::durable::write_whole;

    #[test]
    fn nobody_writes_over_what_another_one_wrote_meanwhile() {
        let scratch = Scratch::new("turn");
        let path = scratch.path().join("list");
        fs::write(&path, "").unwrap();
        std::thread::scope(|threads| {
            for name in 0..8 {
                let path = &path;
                threads.spawn(move || {
                    for number in 0..20 {
                        let _turn = Turn::take(path).unwrap();
                        let text = fs::read_to_string(path).unwrap();
                        write_whole(path, format!("{text}{name}-{number}\n")).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 160);
        assert_eq!(scratch.names(), ["list"]);
    }
}
