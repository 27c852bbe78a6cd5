//! The one thread of a process that waits for what comes from outside. It waits for no disk: what may take its time is done
//! beside.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

use crate::app::capture;
use crate::durable::BEAT;
use crate::run::beat_beside;

/// What is listened to.
#[derive(Debug)]
pub(crate) struct Ears {
    signals: SignalDelivery<UnixStream, SignalOnly>,
    driver: Option<File>,
}

/// When this process shows for the first time that it lives, and when what waits for that is done: a run that is over by
/// then needs no other thread.
const FIRST: Duration = Duration::from_secs(1);

/// How long nobody waits again, should the system refuse to.
const PAUSE: Duration = Duration::from_millis(10);

impl Ears {
    /// Signals are kept from here on until somebody listens. `driver` is a pipe that ends with the process that started this
    /// one.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn open(signals: impl Iterator<Item = i32>, driver: Option<File>) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        Ok(Self { signals: SignalDelivery::with_pipe(read, write, SignalOnly, signals)?, driver })
    }

    /// Waits for ever: for signals, which are taken, for the end of the driver, which is told, and for the time to show that
    /// this process lives.
    pub(crate) fn listen(mut self, take: impl Fn(i32), ended: impl Fn()) {
        let (mut silent, mut due) = (capture::stopwatch(), FIRST);
        loop {
            let left = due.saturating_sub(silent());
            if left.is_zero() {
                due = if beat_beside() { BEAT } else { PAUSE };
                silent = capture::stopwatch();
            } else {
                self.wait(left);
            }
            self.signals.pending().for_each(&take);
            if self.driver.as_mut().is_some_and(has_ended) {
                self.driver = None;
                ended();
            }
        }
    }

    /// Waits until there may be something to hear, not longer than that.
    fn wait(&self, at_most: Duration) {
        let signals = self.signals.get_read().as_fd();
        let driver = self.driver.as_ref().map(|driver| driver.as_fd());
        let heard = |file| PollFd::from_borrowed_fd(file, PollFlags::IN);
        let mut all: Vec<_> = [Some(signals), driver].into_iter().flatten().map(heard).collect();
        let at_most = Timespec::try_from(at_most).ok();
        // Who was woken up by a signal that somebody else takes, or a debugger, looks and waits again.
        if poll(&mut all, at_most.as_ref()).is_err_and(|error| error != Errno::INTR) {
            thread::sleep(PAUSE);
        }
    }
}

/// Whether nobody has the other end of a pipe any more. One that cannot be read counts as such.
fn has_ended(pipe: &mut File) -> bool {
    let mut heard = [PollFd::new(pipe, PollFlags::IN)];
    if !matches!(poll(&mut heard, Some(&Timespec::default())), Ok(1..)) {
        return false;
    }
    match pipe.read(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != io::ErrorKind::Interrupted,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn a_driver_has_ended_when_nobody_can_write_to_it_any_more() {
        let (read, mut write) = UnixStream::pair().unwrap();
        let mut read = File::from(OwnedFd::from(read));
        assert!(!has_ended(&mut read));
        write.write_all(b"x").unwrap();
        assert!(!has_ended(&mut read));
        assert!(!has_ended(&mut read), "what was written is not heard twice");
        drop(write);
        assert!(has_ended(&mut read));
    }
}
