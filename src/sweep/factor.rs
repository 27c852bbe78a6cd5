//! One direction of a sweep: what it goes through while all others stand still.

use std::sync::Arc;

use crate::diag::Origin;
use crate::grammar::Override;
use crate::sweep::axis::Axis;
use crate::sweep::jobs::Jobs;
#[cfg(feature = "app")]
use crate::sweep::jobs::Seen;

/// One direction of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Factor {
    /// The values of one override.
    Axis(Named),
    /// Overrides of as many values each, which go through them together.
    Together(Vec<Named>),
    /// Sweeps, one after the other.
    Either(Parts),
}

/// An axis, what stands on its left side, and where that stands.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) key: String,
    pub(super) origin: Origin,
    /// Shared by the branches of a sweep.
    pub(super) axis: Arc<Axis>,
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && (Arc::ptr_eq(&self.axis, &other.axis) || self.axis == other.axis)
    }
}

impl Named {
    /// The same with one of its values alone.
    pub(super) fn fixed(&self, one: Override) -> Self {
        Self { key: self.key.clone(), origin: self.origin, axis: Arc::new(Axis::fixed(one)) }
    }
}

/// Sweeps one after the other, and the number at which each ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts {
    jobs: Vec<Jobs>,
    ends: Vec<u64>,
}

impl Parts {
    /// `None`: there are too many jobs to count.
    pub(super) fn new(jobs: Vec<Jobs>) -> Option<Self> {
        let mut end = 0_u64;
        let ends = jobs.iter().map(|part| {
            end = end.checked_add(part.len())?;
            Some(end)
        });
        let ends = ends.collect::<Option<_>>()?;
        Some(Self { jobs, ends })
    }

    pub(super) fn jobs(&self) -> &[Jobs] {
        &self.jobs
    }

    /// Each, and the number of its first job.
    fn iter(&self) -> impl Iterator<Item = (u64, &Jobs)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.jobs)
    }

    fn get(&self, index: u64) -> Option<Vec<Override>> {
        let at = self.ends.partition_point(|end| *end <= index);
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.jobs.get(at)?.get(index - start).map(|job| job.overrides)
    }
}

#[cfg(feature = "app")]
impl Named {
    /// Shows its values: all that were listed, and enough of those that were counted off to tell them from others.
    fn show(&self, see: &mut dyn FnMut(Seen<'_>)) {
        const COUNTED: u64 = 64;
        let len = self.axis.len();
        let first = if self.axis.is_listed() { len } else { len.min(COUNTED) };
        let last = (first < len).then(|| len - 1);
        for one in (0..first).chain(last).filter_map(|index| self.axis.get(index)) {
            see(Seen::Override(&one));
        }
    }
}

impl Factor {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Axis(named) => named.axis.len(),
            Self::Together(all) => all.first().map_or(1, |named| named.axis.len()),
            Self::Either(parts) => parts.ends.last().copied().unwrap_or(0),
        }
    }

    /// Adds the overrides of that number.
    pub(super) fn get(&self, index: u64, overrides: &mut Vec<Override>) -> Option<()> {
        match self {
            Self::Axis(named) => overrides.push(named.axis.get(index)?),
            Self::Together(all) => {
                for named in all {
                    overrides.push(named.axis.get(index)?);
                }
            }
            Self::Either(parts) => overrides.extend(parts.get(index)?),
        }
        Some(())
    }

    /// Shows what tells it from others.
    #[cfg(feature = "app")]
    pub(super) fn show(&self, see: &mut dyn FnMut(Seen<'_>)) {
        see(Seen::Factor(self.len()));
        match self {
            Self::Axis(named) => named.show(see),
            Self::Together(all) => all.iter().for_each(|named| named.show(see)),
            Self::Either(parts) => parts.jobs.iter().for_each(|part| part.show(see)),
        }
    }

    /// The left sides of its overrides, and where they stand.
    pub(super) fn keys(&self) -> Vec<(&str, Origin)> {
        match self {
            Self::Axis(named) => vec![(named.key.as_str(), named.origin)],
            Self::Together(all) => all.iter().map(|named| (named.key.as_str(), named.origin)).collect(),
            Self::Either(parts) => {
                parts.jobs.iter().flat_map(|part| part.factors().iter().flat_map(Self::keys)).collect()
            }
        }
    }

    /// The numbers behind the first that show everything that was listed, and the ends of what was counted.
    pub(super) fn telling(&self) -> Vec<u64> {
        let last = self.len().saturating_sub(1);
        let is_listed = match self {
            Self::Axis(named) => named.axis.is_listed(),
            Self::Together(all) => all.iter().any(|named| named.axis.is_listed()),
            Self::Either(parts) => {
                let mut ends = Vec::new();
                for (begin, part) in parts.iter() {
                    let covered = part.covering(1).into_iter().chain([part.len() - 1]);
                    ends.extend(covered.map(|number| begin + number).filter(|number| *number > 0));
                }
                ends.dedup();
                return ends;
            }
        };
        match last {
            0 => Vec::new(),
            _ if is_listed => (1..=last).collect(),
            _ => vec![last],
        }
    }
}
