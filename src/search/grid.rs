//! Every point once.

use std::collections::BTreeSet;

use crate::search::history::History;
use crate::search::sampler::Sampler;
use crate::search::sobol::Sobol;
use crate::search::space::{Point, Space};

/// Every point of a space once, in an order in which any part of the space gets its share early on.
///
/// Points that were tried before are left out; when all were tried, it begins anew. A space whose points cannot be counted
/// ([`Space::points`]) is filled evenly, as by [`Sobol`].
///
/// ```
/// use mainstem::search::{Domain, GridSearch, History, Outcome, Parameter, Sampler, Space};
/// let parameters = [("a", 3), ("b", 2)].map(|(name, count)| Parameter::new(name, Domain::choice(count)));
/// let space = Space::new(parameters.to_vec())?;
/// let mut history = History::new();
/// for number in 0..6 {
///     let point = GridSearch::new(7).suggest(&space, &history, number);
///     assert!(history.pending().all(|(_, tried)| *tried != point));
///     history.ask(number, point);
/// }
/// # Ok::<(), mainstem::search::SpaceFlaw>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GridSearch {
    seed: u64,
}

impl GridSearch {
    /// The search that begins where the seed says.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl Sampler for GridSearch {
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point {
        let Some(count) = space.points() else {
            return Sobol::new(self.seed).suggest(space, history, number);
        };
        let mut tried = history.tried(space, index);
        let runs: BTreeSet<u64> = history.pending().filter_map(|(_, point)| index(space, point)).collect();
        let step = step(count);
        let at_place = |at: u64| place(at, self.seed, step, count);
        // What was told stays told, so the places before are never free again; what runs may have been elsewhere first.
        let (seed, from) = tried.from;
        let begin = if seed == self.seed { from } else { 0 };
        let first = (begin..count).find(|at| !tried.points.contains(&at_place(*at))).unwrap_or(count);
        tried.from = (self.seed, first);
        // As many places are looked at as can be taken, and one more.
        let free = (first..count)
            .map(at_place)
            .take((tried.points.len() + runs.len()).saturating_add(1))
            .find(|place| !tried.points.contains(place) && !runs.contains(place));
        nth(space, free.unwrap_or_else(|| at_place(number)))
    }
}

/// The place that comes at a time: steps of one length lead through all places if it has no divisor in common with their
/// number.
fn place(at: u64, seed: u64, step: u64, count: u64) -> u64 {
    let far = u128::from(at) * u128::from(step) + u128::from(seed);
    u64::try_from(far % u128::from(count)).unwrap_or(0)
}

/// The length of a step: near the golden section of the whole, which leaves no gaps for long.
fn step(count: u64) -> u64 {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let wanted = ((count as f64 * GOLDEN) as u64).clamp(1, count);
    (wanted..=count).find(|step| divisor(*step, count) == 1).unwrap_or(1)
}

fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// The point of that number; the last parameter changes fastest.
fn nth(space: &Space, number: u64) -> Point {
    let mut left = number;
    let mut point: Point = vec![None; space.len()];
    for (parameter, slot) in space.parameters().iter().zip(&mut point).rev() {
        let count = parameter.domain.count().unwrap_or(1).max(1);
        *slot = Some(parameter.domain.nth(left % count));
        left /= count;
    }
    point
}

/// The number of a point, if it has one.
fn index(space: &Space, point: &Point) -> Option<u64> {
    space.parameters().iter().zip(point).try_fold(0_u64, |before, (parameter, value)| {
        let index = parameter.domain.index((*value)?);
        before.checked_mul(parameter.domain.count()?)?.checked_add(index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::Domain;
    use crate::search::history::Outcome;
    use crate::search::space::Parameter;

    fn space(counts: &[usize]) -> Space {
        Space::new(counts.iter().map(|count| Parameter::new("x", Domain::choice(*count))).collect()).unwrap()
    }

    #[test]
    fn every_point_comes_once_and_its_number_is_its_own() {
        for counts in [&[3, 4, 5][..], &[1, 1], &[2], &[7, 7], &[6, 10]] {
            let space = space(counts);
            let count = space.points().unwrap();
            let mut history = History::new();
            let mut seen = BTreeSet::new();
            for number in 0..count {
                let point = GridSearch::new(number * 31).suggest(&space, &history, number);
                assert!(seen.insert(index(&space, &point).unwrap()), "{counts:?}");
                history.ask(number, point);
            }
            // All were tried: it begins anew.
            assert!(space.contains(&GridSearch::new(3).suggest(&space, &history, count)));
        }
    }

    /// A history that forgets nothing of what it has read is asked as one that reads all each time.
    #[test]
    fn it_does_not_matter_how_often_a_history_was_asked() {
        let space = space(&[6, 10]);
        let (mut history, mut foreign) = (History::new(), 1000);
        for number in 0..90 {
            let point = GridSearch::new(5).suggest(&space, &history, number);
            // A copy has read nothing yet.
            assert_eq!(GridSearch::new(5).suggest(&space, &history.clone(), number), point);
            // Somebody else asks with another order.
            GridSearch::new(8).suggest(&space, &history, number);
            history.ask(number, point);
            if number % 3 != 0 {
                history.tell(number, Outcome::Failed);
            }
            if number % 7 == 0 {
                history.ask(foreign, nth(&space, number * 17 % 60));
                history.tell(foreign, Outcome::Failed);
                history.tell(foreign, Outcome::Completed(vec![1.0]));
                foreign += 1;
            }
        }
    }

    #[test]
    fn a_large_grid_is_read_once() {
        let space = space(&[300, 200]);
        let mut history = History::new();
        #[expect(clippy::disallowed_methods, reason = "a test looks how long it takes")]
        let begun = std::time::Instant::now();
        for number in 0..60_000 {
            let point = GridSearch::new(1).suggest(&space, &history, number);
            history.ask(number, point);
            history.tell(number, Outcome::Failed);
        }
        // It took minutes when each suggestion read all of it.
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
    }

    #[test]
    fn every_part_gets_its_share_early_on() {
        let space = space(&[4, 4, 8]);
        let mut history = History::new();
        for number in 0..32 {
            let point = GridSearch::new(0).suggest(&space, &history, number);
            history.ask(number, point);
        }
        let firsts: BTreeSet<String> =
            history.pending().map(|(_, point)| format!("{:?}", &point[..2])).collect();
        assert!(firsts.len() >= 12, "{}", firsts.len());
    }
}
