//! One direction of a sweep: what it goes through while all others stand still.

use crate::diag::Origin;
use crate::grammar::Override;
use crate::sweep::axis::Axis;
use crate::sweep::jobs::Jobs;

/// One direction of a sweep.
#[derive(Clone, Debug)]
pub(super) enum Factor {
    /// The values of one override.
    Axis(Named),
    /// Overrides of as many values each, which go through them together.
    Together(Vec<Named>),
    /// Sweeps, one after the other.
    Either(Vec<Jobs>),
}

/// An axis, what stands on its left side, and where that stands.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) key: String,
    pub(super) origin: Origin,
    pub(super) axis: Axis,
}

impl Factor {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Axis(named) => named.axis.len(),
            Self::Together(all) => all.first().map_or(1, |named| named.axis.len()),
            Self::Either(parts) => parts.iter().fold(0, |sum, part| part.len().saturating_add(sum)),
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
            Self::Either(parts) => {
                let mut rest = index;
                for part in parts {
                    if rest < part.len() {
                        overrides.extend(part.get(rest)?.overrides);
                        return Some(());
                    }
                    rest -= part.len();
                }
                return None;
            }
        }
        Some(())
    }

    /// The left sides of its overrides, and where they stand.
    pub(super) fn keys(&self) -> Vec<(&str, Origin)> {
        match self {
            Self::Axis(named) => vec![(named.key.as_str(), named.origin)],
            Self::Together(all) => all.iter().map(|named| (named.key.as_str(), named.origin)).collect(),
            Self::Either(parts) => {
                parts.iter().flat_map(|part| part.factors().iter().flat_map(Self::keys)).collect()
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
                let mut begin = 0_u64;
                for part in parts {
                    let covered = part.covering(1).into_iter().chain([part.len() - 1]);
                    ends.extend(covered.map(|number| begin + number).filter(|number| *number > 0));
                    begin += part.len();
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
