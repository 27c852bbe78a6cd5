//! The grid of a sweep, and its jobs one by one.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::grammar::Override;
use crate::sweep::axis::Axis;
use crate::sweep::factor::{Factor, Named, Parts};
use crate::value::{HashSet, IndexMap};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Jobs {
    factors: Vec<Factor>,
    count: u64,
}

/// What tells a sweep from others, piece by piece.
#[cfg(feature = "app")]
pub(crate) enum Seen<'a> {
    /// A sweep of so many factors.
    Sweep(usize),
    /// One of them, with so many values, which follow.
    Factor(u64),
    /// A value.
    Override(&'a Override),
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
    /// The grid that overrides span. `options` lists what is in a config group, in order, for `glob`: its options, and
    /// the groups in it with a `/` behind their names. `seed` draws the orders of `shuffle`.
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
        let axis =
            |(key, (axis, origin)): (_, (_, _))| Factor::Axis(Named { key, origin, axis: Arc::new(axis) });
        Self::of(axes.into_iter().map(axis).collect())
    }

    pub(super) fn of(factors: Vec<Factor>) -> Result<Self> {
        let mut count = 1_u64;
        for factor in &factors {
            count = count.checked_mul(factor.len()).ok_or_else(|| {
                let error = Error::new(ErrorKind::Limit, "the sweep has too many jobs to count");
                let place = factor.keys().first().map_or(Origin::NONE, |(_, origin)| *origin);
                error.at(place, "up to here")
            })?;
        }
        Ok(Self { factors, count })
    }

    /// One job, with these overrides.
    pub(super) fn fixed(overrides: Vec<Override>) -> Result<Self> {
        let axis = |one: Override| {
            let (key, origin) = (one.key_element(), one.origin);
            Factor::Axis(Named { key, origin, axis: Arc::new(Axis::fixed(one)) })
        };
        Self::of(overrides.into_iter().map(axis).collect())
    }

    pub(super) fn factors(&self) -> &[Factor] {
        &self.factors
    }

    pub(super) fn into_factors(self) -> Vec<Factor> {
        self.factors
    }

    /// Shows what tells the sweep from others, in time that grows with what was written down and not with its jobs.
    #[cfg(feature = "app")]
    pub(crate) fn show(&self, see: &mut dyn FnMut(Seen<'_>)) {
        see(Seen::Sweep(self.factors.len()));
        for factor in &self.factors {
            factor.show(see);
        }
    }

    /// The same with the values of some overrides taken together, the first with the first, instead of each with each.
    ///
    /// # Errors
    /// A key that is not swept, or stands twice; as many values as another one must have.
    ///
    /// ```
    /// use mainstem::diag::{Error, Origin, SourceId};
    /// use mainstem::grammar::parse_overrides;
    /// use mainstem::sweep::Jobs;
    /// let mut errors: Vec<Error> = Vec::new();
    /// let lines = ["lr=0.1,0.01", "seed=1,2", "decay=0,1e-4"].map(|line| (line, SourceId::NONE));
    /// let jobs = Jobs::new(&parse_overrides(lines, &mut errors), &|_| Ok(Vec::new()), 0)?;
    /// let jobs = jobs.zip(&["lr", "decay"], Origin::NONE)?;
    /// assert_eq!(jobs.len(), 4);
    /// assert_eq!(jobs.get(2).unwrap().lines(), ["lr=0.01", "decay=0.0001", "seed=1"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn zip(self, keys: &[&str], origin: Origin) -> Result<Self> {
        let mut errors = Vec::new();
        let mut together: Vec<Option<Named>> = keys.iter().map(|_| None).collect();
        let mut factors = Vec::new();
        let mut place = None;
        for factor in self.factors {
            match factor {
                Factor::Axis(named) if keys.contains(&named.key.as_str()) => {
                    place.get_or_insert(factors.len());
                    let slot = keys.iter().position(|key| *key == named.key);
                    if let Some(slot) = slot.and_then(|at| together.get_mut(at)) {
                        *slot = Some(named);
                    }
                }
                factor => factors.push(factor),
            }
        }
        for (key, found) in keys.iter().zip(&together) {
            if found.is_none() {
                let error =
                    Error::new(ErrorKind::Sweep, format!("`{key}` is not swept, so nothing can go with it"));
                errors
                    .push(error.at(origin, "together with it").help(format!("give it values: `{key}=a,b`")));
            }
        }
        let together: Vec<Named> = together.into_iter().flatten().collect();
        if let Some(first) = together.first() {
            for other in together.iter().filter(|other| other.axis.len() != first.axis.len()) {
                let message = format!(
                    "`{}` has {} values, and `{}` has {}",
                    first.key,
                    first.axis.len(),
                    other.key,
                    other.axis.len()
                );
                let error = Error::new(ErrorKind::Sweep, message).at(first.origin, "taken together with");
                errors.push(error.at(other.origin, "this").help("give both as many"));
            }
        }
        if let Some(error) = Error::all(errors) {
            return Err(error);
        }
        if let Some(place) = place {
            factors.insert(place, Factor::Together(together));
        }
        Self::of(factors)
    }

    /// Sweeps one after the other, as one.
    ///
    /// # Errors
    /// There are none; too many jobs to count.
    pub fn union(parts: Vec<Self>) -> Result<Self> {
        if parts.is_empty() {
            return Err(Error::new(ErrorKind::Sweep, "a list of sweeps has none"));
        }
        let parts = Parts::new(parts)
            .ok_or_else(|| Error::new(ErrorKind::Limit, "the sweep has too many jobs to count"))?;
        Self::of(vec![Factor::Either(parts)])
    }

    /// Each job with each of another sweep, whose number changes fastest.
    ///
    /// # Errors
    /// Both set the same; too many jobs to count.
    pub fn times(mut self, other: Self) -> Result<Self> {
        let known: HashSet<&str> = self.factors.iter().flat_map(Factor::keys).map(|(key, _)| key).collect();
        let twice = other.factors.iter().flat_map(Factor::keys).filter(|(key, _)| known.contains(key));
        let errors = twice.map(|(key, origin)| {
            let error = Error::new(ErrorKind::Sweep, format!("`{key}` is swept in two ways at once"));
            error.at(origin, "one of them")
        });
        if let Some(error) = Error::all(errors.collect::<Vec<_>>()) {
            return Err(error);
        }
        self.factors.extend(other.factors);
        Self::of(self.factors)
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
        let mut below = self.count;
        let mut overrides = Vec::with_capacity(self.factors.len());
        for factor in &self.factors {
            below /= factor.len();
            factor.get(rest / below, &mut overrides)?;
            rest %= below;
        }
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
        for factor in &self.factors {
            below /= factor.len();
            numbers.extend(factor.telling().into_iter().map(|value| value * below));
        }
        numbers
    }

    /// The numbers of the jobs in batches of at most that many; without a size, all in one.
    pub fn batches(&self, size: Option<NonZeroU64>) -> impl Iterator<Item = Range<u64>> + use<> {
        batches(self.count, size)
    }
}

/// The numbers of so many jobs in batches of at most that many; without a size, all in one.
pub fn batches(count: u64, size: Option<NonZeroU64>) -> impl Iterator<Item = Range<u64>> + use<> {
    let size = size.map_or(count, NonZeroU64::get).max(1);
    (0..count.div_ceil(size)).map(move |batch| {
        let start = batch.saturating_mul(size);
        start..start.saturating_add(size).min(count)
    })
}
