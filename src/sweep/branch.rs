//! A sweep taken apart: a sweep for each combination of the values that something depends on.

use std::collections::BTreeMap;

use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::grammar::Override;
use crate::sweep::factor::{Factor, Named, Parts};
use crate::sweep::jobs::Jobs;
#[cfg(feature = "app")]
use crate::value::HashSet;
use crate::value::Text;

/// The jobs of a sweep in which some overrides have the same values.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    /// Those overrides, each with its one value.
    pub(crate) decided: Vec<Override>,
    /// The jobs, which have them too.
    pub(crate) jobs: Jobs,
}

/// A factor in which what decides has one value.
struct Way {
    decided: Vec<Override>,
    factors: Vec<Factor>,
}

/// A sweep is taken apart into so many at most: they are kept, and its jobs are not.
const MOST: usize = 1 << 16;

impl Jobs {
    /// The sweep taken apart by all overrides that `decides` takes, which is shown one value of each. The branches come in
    /// the order of the jobs if these overrides changed slowest, and each lists its overrides as the whole does.
    pub(crate) fn branches(&self, decides: &dyn Fn(&Override) -> bool) -> Result<Vec<Branch>> {
        let mut branches = vec![Way { decided: Vec::new(), factors: Vec::new() }];
        for factor in self.factors() {
            let Some(ways) = factor.ways(decides)? else {
                branches.iter_mut().for_each(|branch| branch.factors.push(factor.clone()));
                continue;
            };
            if branches.len().saturating_mul(ways.len()) > MOST {
                let message = format!("the rest of the sweep depends on more than {MOST} combinations");
                let origin = factor.keys().first().map_or(Origin::NONE, |(_, origin)| *origin);
                return Err(Error::new(ErrorKind::Limit, message).at(origin, "up to here"));
            }
            let each = |branch: &Way, way: &Way| Way {
                decided: branch.decided.iter().chain(&way.decided).cloned().collect(),
                factors: branch.factors.iter().chain(&way.factors).cloned().collect(),
            };
            branches =
                branches.iter().flat_map(|branch| ways.iter().map(move |way| each(branch, way))).collect();
        }
        let branch = |Way { decided, factors }| Ok(Branch { decided, jobs: Self::of(factors)? });
        branches.into_iter().map(branch).collect()
    }

    /// What `decides` takes alone, without all that goes along with it.
    #[cfg(feature = "app")]
    pub(crate) fn only(&self, decides: &dyn Fn(&Override) -> bool) -> Result<Self> {
        let mut factors = Vec::new();
        for factor in self.factors() {
            match factor {
                Factor::Axis(named) if named.decides(decides) => factors.push(factor.clone()),
                Factor::Axis(_) => {}
                Factor::Together(all) if all.iter().any(|named| named.decides(decides)) => {
                    let all = all.iter().filter(|named| named.decides(decides)).cloned();
                    factors.push(Factor::Together(all.collect()));
                }
                Factor::Together(_) => {}
                Factor::Either(parts) => {
                    let parts = parts.jobs().iter().map(|part| part.only(decides));
                    let parts = parts.collect::<Result<Vec<_>>>()?;
                    if parts.iter().any(|part| !part.factors().is_empty()) {
                        factors.extend(Parts::new(parts).map(Factor::Either));
                    }
                }
            }
        }
        Self::of(factors)
    }

    /// The left sides of all its overrides.
    #[cfg(feature = "app")]
    pub(crate) fn keys(&self) -> HashSet<String> {
        self.factors().iter().flat_map(Factor::keys).map(|(key, _)| key.to_owned()).collect()
    }

    /// The numbers of all jobs, in an order in which those follow each other that have the same of what `decides` takes.
    #[cfg(feature = "app")]
    pub(crate) fn grouped(&self, decides: &dyn Fn(&Override) -> bool) -> impl Iterator<Item = u64> + use<> {
        let mut below = self.len();
        let place = |factor: &Factor| {
            below /= factor.len();
            (!factor.has(decides), factor.len(), below)
        };
        let mut places: Vec<(bool, u64, u64)> = self.factors().iter().map(place).collect();
        places.sort_by_key(|(rest, ..)| *rest);
        let count = self.len();
        (0..count).map(move |at| {
            let (mut rest, mut below, mut number) = (at, count, 0);
            for (_, len, weight) in &places {
                below /= len;
                number += rest / below * weight;
                rest %= below;
            }
            number
        })
    }

    /// The sweep without the overrides of some left sides, and whether it had any. What goes together is left out
    /// together; what then comes twice in a list of sweeps stays once.
    pub(super) fn without(&self, is_left_out: &dyn Fn(&str) -> bool) -> Result<(Self, bool)> {
        let (mut factors, mut has_changed) = (Vec::new(), false);
        for factor in self.factors() {
            match factor {
                Factor::Axis(named) if is_left_out(&named.key) => has_changed = true,
                Factor::Axis(_) => factors.push(factor.clone()),
                Factor::Together(all) => match torn(all, is_left_out) {
                    Some(error) => return Err(error),
                    None if all.iter().any(|named| is_left_out(&named.key)) => has_changed = true,
                    None => factors.push(factor.clone()),
                },
                Factor::Either(parts) => {
                    let parts = parts.jobs().iter().map(|part| part.without(is_left_out));
                    let parts = parts.collect::<Result<Vec<_>>>()?;
                    if parts.iter().any(|(_, changed)| *changed) {
                        has_changed = true;
                        factors.extend(Parts::new(once(parts)).map(Factor::Either));
                    } else {
                        factors.push(factor.clone());
                    }
                }
            }
        }
        Ok((Self::of(factors)?, has_changed))
    }
}

/// Sweeps, each once: one that was changed is left out if it has become as one before it.
pub(super) fn once(parts: impl IntoIterator<Item = (Jobs, bool)>) -> Vec<Jobs> {
    let mut kept: Vec<Jobs> = Vec::new();
    // By their first jobs, so that few are compared.
    let mut known: BTreeMap<Vec<Text>, Vec<usize>> = BTreeMap::new();
    for (jobs, has_changed) in parts {
        let first = jobs.get(0).map(|job| job.overrides).unwrap_or_default();
        let alike = known.entry(first.into_iter().map(|one| one.line).collect()).or_default();
        if !has_changed || alike.iter().filter_map(|at| kept.get(*at)).all(|other| *other != jobs) {
            alike.push(kept.len());
            kept.push(jobs);
        }
    }
    kept
}

/// What is wrong with leaving out some of what goes together, and not the rest.
fn torn(all: &[Named], is_left_out: &dyn Fn(&str) -> bool) -> Option<Error> {
    let out = all.iter().find(|named| is_left_out(&named.key))?;
    let stays = all.iter().find(|named| !is_left_out(&named.key))?;
    let message =
        format!("`{}` goes together with `{}`, which applies where it does not", out.key, stays.key);
    let error = Error::new(ErrorKind::Sweep, message).at(out.origin, "").at(stays.origin, "together with it");
    Some(error.help("give both the same condition"))
}

impl Named {
    fn decides(&self, decides: &dyn Fn(&Override) -> bool) -> bool {
        self.axis.get(0).is_some_and(|one| decides(&one))
    }
}

impl Factor {
    /// Whether something in it decides.
    #[cfg(feature = "app")]
    fn has(&self, decides: &dyn Fn(&Override) -> bool) -> bool {
        match self {
            Self::Axis(named) => named.decides(decides),
            Self::Together(all) => all.iter().any(|named| named.decides(decides)),
            Self::Either(parts) => {
                parts.jobs().iter().any(|part| part.factors().iter().any(|factor| factor.has(decides)))
            }
        }
    }

    /// One for each value of what decides; `None` if nothing in it does.
    fn ways(&self, decides: &dyn Fn(&Override) -> bool) -> Result<Option<Vec<Way>>> {
        let count = usize::try_from(self.len()).unwrap_or(usize::MAX);
        let too_many = || {
            let message = format!("the rest of the sweep depends on {count} values, and can on {MOST}");
            let origin = self.keys().first().map_or(Origin::NONE, |(_, origin)| *origin);
            Error::new(ErrorKind::Limit, message).at(origin, "here")
        };
        match self {
            Self::Axis(named) if named.decides(decides) => {
                if count > MOST {
                    return Err(too_many());
                }
                let way = |one: Override| Way {
                    factors: vec![Self::Axis(named.fixed(one.clone()))],
                    decided: vec![one],
                };
                Ok(Some((0..self.len()).filter_map(|at| named.axis.get(at)).map(way).collect()))
            }
            Self::Together(all) if all.iter().any(|named| named.decides(decides)) => {
                if count > MOST {
                    return Err(too_many());
                }
                let way = |at: u64| {
                    let fixed = all.iter().filter_map(|named| Some(named.fixed(named.axis.get(at)?)));
                    let fixed: Vec<Named> = fixed.collect();
                    let decided = fixed.iter().filter_map(|named| named.axis.get(0));
                    Way {
                        decided: decided.filter(|one| decides(one)).collect(),
                        factors: vec![Self::Together(fixed)],
                    }
                };
                Ok(Some((0..self.len()).map(way).collect()))
            }
            Self::Axis(_) | Self::Together(_) => Ok(None),
            Self::Either(parts) => {
                let mut ways = Vec::new();
                for part in parts.jobs() {
                    let branches = part.branches(decides)?;
                    ways.extend(
                        branches
                            .into_iter()
                            .map(|Branch { decided, jobs }| Way { decided, factors: jobs.into_factors() }),
                    );
                }
                Ok(ways.iter().any(|way| !way.decided.is_empty()).then_some(ways))
            }
        }
    }
}

#[cfg(all(test, feature = "app"))]
mod tests {
    use super::*;
    use crate::diag::SourceId;
    use crate::grammar::parse_overrides;

    #[test]
    fn grouped_jobs_are_all_jobs() {
        let lines = ["a=1,2,3", "m=x,y", "b=range(4)", "n=u,v"].map(|line| (line, SourceId::NONE));
        let overrides = parse_overrides(lines, &mut ());
        let jobs = Jobs::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap();
        let decides = |one: &Override| matches!(one.target.key(), "m" | "n");
        let numbers: Vec<u64> = jobs.grouped(&decides).collect();
        let choice = |number: u64| {
            let lines = jobs.get(number).unwrap().overrides;
            lines.into_iter().filter(decides).map(|one| one.line).collect::<Vec<_>>()
        };
        let choices: Vec<_> = numbers.iter().map(|number| choice(*number)).collect();
        let changes = choices.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert_eq!(changes, 3);
        let mut sorted = numbers;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..jobs.len()));
    }
}
