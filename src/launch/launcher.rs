//! What runs jobs.

use std::time::Duration;

use crate::diag::Result;

/// How a job is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halt {
    /// In order, as by Ctrl-C.
    Interrupt,
    /// In order.
    Terminate,
    /// At once, with all it has started.
    Kill,
    /// Not yet: its time comes to an end soon, and it is to save what it has.
    Notice,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<E> {
    /// A job has ended.
    Ended {
        /// Its number.
        job: u64,
        /// How.
        end: E,
    },
    /// This process was asked to stop.
    Asked(Halt),
    /// Nobody has to wait any more: the jobs go on without this process.
    Detached,
}

/// Runs jobs, some at a time.
pub trait Launcher {
    /// A job as it needs it.
    type Task;
    /// How it says that a job has ended.
    type End;

    /// How many more jobs may be submitted now.
    fn room(&self) -> usize;

    /// Takes a job.
    ///
    /// # Errors
    /// It cannot be started.
    fn submit(&mut self, job: u64, task: Self::Task) -> Result<()>;

    /// Takes over a job that a driver before had begun and that still runs: its end will be an event. Whether it can.
    fn adopt(&mut self, job: u64) -> bool {
        let _ = job;
        false
    }

    /// What happened next; `None` if nothing did for so long. Without a limit it waits until something does.
    ///
    /// # Errors
    /// Whatever keeps it from waiting.
    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<Self::End>>>;

    /// Takes back the jobs that were submitted and have not begun: they never will, and their ends are no events. Returns
    /// which ones they are.
    fn recall(&mut self) -> Vec<u64> {
        Vec::new()
    }

    /// Asks a job to end. That it has is an event as ever.
    fn halt(&mut self, job: u64, how: Halt);
}

impl<L: Launcher> Launcher for &mut L {
    type Task = L::Task;
    type End = L::End;

    fn room(&self) -> usize {
        (**self).room()
    }

    fn submit(&mut self, job: u64, task: L::Task) -> Result<()> {
        (**self).submit(job, task)
    }

    fn adopt(&mut self, job: u64) -> bool {
        (**self).adopt(job)
    }

    fn wait(&mut self, at_most: Option<Duration>) -> Result<Option<Event<L::End>>> {
        (**self).wait(at_most)
    }

    fn recall(&mut self) -> Vec<u64> {
        (**self).recall()
    }

    fn halt(&mut self, job: u64, how: Halt) {
        (**self).halt(job, how);
    }
}
