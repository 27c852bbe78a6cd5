//! What a sweep tries next.

use crate::diag::Result;
use crate::sweep::jobs::{Job, Jobs};
use crate::value::Node;

/// What a sweeper wants.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ask {
    /// This job is to run.
    Job(Job),
    /// Nothing before another job has ended.
    Wait,
    /// Nothing any more.
    Done,
}

/// How a job ended, as its sweeper is told.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Told<'a> {
    /// Well.
    Completed {
        /// What it returned.
        result: Option<&'a Node>,
        /// Which way that is better, as far as its record says it: a word, or words by name. Not known of a job of which the
        /// journal alone is left.
        direction: Option<&'a Node>,
    },
    /// It was stopped early, since it did not promise enough.
    Stopped {
        /// At this step, as the job counts.
        step: u64,
        /// What it had reported then.
        value: f64,
    },
    /// It failed for good.
    Failed,
}

/// Says which jobs run, one by one, and learns how they ended.
///
/// It is asked whenever there is room for a job. What it is asked and told is in the journal of the sweep. A sweep that is
/// resumed asks for the same jobs again, and tells the same results, in the order of the journal, before anything runs: what
/// a sweeper knows is what it makes of them, and of nothing else. So it draws by a seed and the number of the job, and what
/// it says when there is nothing ([`Ask::Wait`], [`Ask::Done`]) leaves it as it was.
///
/// A job that failed and begins anew when the sweep is resumed is told twice: the last word counts.
pub trait Sweeper {
    /// The next job.
    ///
    /// # Errors
    /// Whatever keeps it from making one.
    fn ask(&mut self) -> Result<Ask>;

    /// A job has ended.
    ///
    /// # Errors
    /// Whatever keeps it from taking that in.
    fn tell(&mut self, job: u64, told: Told<'_>) -> Result<()>;
}

impl<S: Sweeper + ?Sized> Sweeper for Box<S> {
    fn ask(&mut self) -> Result<Ask> {
        (**self).ask()
    }

    fn tell(&mut self, job: u64, told: Told<'_>) -> Result<()> {
        (**self).tell(job, told)
    }
}

/// All jobs of a grid in order, whatever comes of them.
///
/// ```
/// use mainstem::diag::{Error, SourceId};
/// use mainstem::grammar::parse_overrides;
/// use mainstem::sweep::{Ask, Grid, Jobs, Sweeper};
/// let mut errors: Vec<Error> = Vec::new();
/// let overrides = parse_overrides([("lr=0.1,0.01", SourceId::NONE)], &mut errors);
/// let mut grid = Grid::new(Jobs::new(&overrides, &|_| Ok(Vec::new()), 0)?);
/// let Ask::Job(first) = grid.ask()? else { panic!() };
/// assert_eq!(first.lines(), ["lr=0.1"]);
/// grid.ask()?;
/// assert_eq!(grid.ask()?, Ask::Done);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grid {
    jobs: Jobs,
    next: u64,
}

impl Grid {
    /// From the first job on.
    pub fn new(jobs: Jobs) -> Self {
        Self { jobs, next: 0 }
    }
}

impl Sweeper for Grid {
    fn ask(&mut self) -> Result<Ask> {
        let Some(job) = self.jobs.get(self.next) else { return Ok(Ask::Done) };
        self.next += 1;
        Ok(Ask::Job(job))
    }

    fn tell(&mut self, _: u64, _: Told<'_>) -> Result<()> {
        Ok(())
    }
}
