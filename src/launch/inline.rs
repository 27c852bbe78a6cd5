//! Jobs in this process, one after the other.

use std::time::Duration;

use crate::diag::Result;
use crate::launch::launcher::{Event, Halt, Launcher};

/// Calls a function for each job, when it is waited for.
///
/// ```
/// use mainstem::launch::{Event, Inline, Launcher};
/// let mut launcher = Inline::new(|_, text: &str| text.len());
/// launcher.submit(0, "four")?;
/// assert_eq!(launcher.room(), 0);
/// assert_eq!(launcher.wait(None)?, Some(Event::Ended { job: 0, end: 4 }));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Debug)]
pub struct Inline<T, F> {
    call: F,
    next: Option<(u64, T)>,
}

impl<T, E, F: FnMut(u64, T) -> E> Inline<T, F> {
    /// Jobs that are calls of a function, which gets the number of the job.
    pub fn new(call: F) -> Self {
        Self { call, next: None }
    }
}

impl<T, E, F: FnMut(u64, T) -> E> Launcher for Inline<T, F> {
    type Task = T;
    type End = E;

    fn room(&self) -> usize {
        usize::from(self.next.is_none())
    }

    fn submit(&mut self, job: u64, task: T) -> Result<()> {
        self.next = Some((job, task));
        Ok(())
    }

    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<E>>> {
        match self.next.take() {
            Some((job, task)) => Ok(Some(Event::Ended { job, end: (self.call)(job, task) })),
            None => {
                std::thread::sleep(at_most.unwrap_or_default());
                Ok(None)
            }
        }
    }

    /// Whoever is called cannot be stopped from here.
    fn halt(&mut self, _: u64, _: Halt) {}
}
