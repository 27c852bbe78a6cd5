//! The grid of a sweep, and its jobs one by one.

use std::num::NonZeroU64;
use std::ops::Range;

use crate::diag::{Error, ErrorKind, Result};
use crate::grammar::Override;
use crate::sweep::axis::Axis;
use crate::value::IndexMap;

/// The jobs of a sweep: every combination of the values of its overrides, the last one changing fastest.
///
/// Jobs are made when they are asked for, any of them in constant time: a sweep over a million jobs is no list.
/// An override whose left side comes again later is replaced by the later one, in the place of the first.
///
/// ```
/// use mainstem::diag::{Error, SourceId};
/// use mainstem::grammar::parse_overrides;
/// use mainstem::sweep::Jobs;
/// let mut errors: Vec<Error> = Vec::new();
/// let lines = ["lr=0.1,0.01", "seed=range(2)", "name=x"].map(|line| (line, SourceId::NONE));
/// let overrides = parse_overrides(lines, &mut errors);
/// let jobs = Jobs::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap();
/// assert_eq!(jobs.len(), 4);
/// assert_eq!(jobs.get(1).unwrap().lines(), ["lr=0.1", "seed=1", "name=x"]);
/// ```
#[derive(Clone, Debug)]
pub struct Jobs {
    axes: Vec<Axis>,
    count: u64,
}

/// One job: its number, and the overrides it runs with.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The number, counted from 0.
    pub index: u64,
    /// One value each. The line of each says what the value is; its place is that of the sweep.
    pub overrides: Vec<Override>,
}

impl Job {
    /// The overrides as they would be typed.
    pub fn lines(&self) -> Vec<&str> {
        self.overrides.iter().map(|one| one.line.as_str()).collect()
    }
}

impl Jobs {
    /// The grid that overrides span. `options` lists the options of a config group, in order, for `glob`; `seed`
    /// draws the orders of `shuffle`.
    ///
    /// # Errors
    /// All mistakes together: intervals, which a sweeper must search; overrides without any value, such as an empty
    /// range or a glob that matches nothing; options that cannot be listed; sweeps inside values; grids too large to
    /// count.
    pub fn new(
        overrides: &[Override],
        options: &dyn Fn(&str) -> Result<Vec<String>>,
        seed: u64,
    ) -> Result<Self> {
        let mut axes = IndexMap::default();
        let mut errors = Vec::new();
        for one in overrides {
            match Axis::new(one, options, seed) {
                Ok(axis) => {
                    axes.insert(one.key_element(), (axis, one.origin));
                }
                Err(error) => errors.push(error),
            }
        }
        if let Some(error) = Error::all(errors) {
            return Err(error);
        }
        let mut count = 1_u64;
        for (axis, origin) in axes.values() {
            count = count.checked_mul(axis.len()).ok_or_else(|| {
                Error::new(ErrorKind::Limit, "the sweep has too many jobs to count").at(*origin, "up to here")
            })?;
        }
        Ok(Self { axes: axes.into_values().map(|(axis, _)| axis).collect(), count })
    }

    /// How many jobs: at least one.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a sweep without jobs is an error, so none is ever empty"
    )]
    pub fn len(&self) -> u64 {
        self.count
    }

    /// The job of that number.
    pub fn get(&self, index: u64) -> Option<Job> {
        if index >= self.count {
            return None;
        }
        let mut rest = index;
        let mut overrides = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            overrides.push(axis.get(rest % axis.len())?);
            rest /= axis.len();
        }
        overrides.reverse();
        Some(Job { index, overrides })
    }

    /// The jobs in order.
    pub fn iter(&self) -> impl Iterator<Item = Job> + '_ {
        (0..self.count).filter_map(|index| self.get(index))
    }

    /// The numbers of jobs to try before all are run: all of them, if they are at most `most`; else so many that every
    /// value that was listed, and the first and the last of every range, is in one of them.
    ///
    /// ```
    /// use mainstem::diag::{Error, SourceId};
    /// use mainstem::grammar::parse_overrides;
    /// use mainstem::sweep::Jobs;
    /// let mut errors: Vec<Error> = Vec::new();
    /// let overrides = parse_overrides(["a=x,y", "b=range(100)"].map(|line| (line, SourceId::NONE)), &mut errors);
    /// let jobs = Jobs::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap();
    /// assert_eq!(jobs.covering(4), [0, 100, 99]);
    /// assert_eq!(jobs.covering(200).len(), 200);
    /// ```
    pub fn covering(&self, most: u64) -> Vec<u64> {
        if self.count <= most {
            return (0..self.count).collect();
        }
        let mut numbers = vec![0];
        let mut below = self.count;
        for axis in &self.axes {
            below /= axis.len();
            let last = axis.len() - 1;
            if axis.is_listed() {
                numbers.extend((1..=last).map(|value| value * below));
            } else if last > 0 {
                numbers.push(last * below);
            }
        }
        numbers
    }

    /// The numbers of the jobs in batches of at most that many; without a size, all in one.
    pub fn batches(&self, size: Option<NonZeroU64>) -> impl Iterator<Item = Range<u64>> + use<> {
        let count = self.count;
        let size = size.map_or(count, NonZeroU64::get).max(1);
        (0..count.div_ceil(size)).map(move |batch| {
            let start = batch.saturating_mul(size);
            start..start.saturating_add(size).min(count)
        })
    }
}
