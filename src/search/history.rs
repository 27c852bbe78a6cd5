//! What a search knows: what was asked and what was told, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::search::space::{Point, Space};

/// How a trial ended. All numbers are losses: the lower, the better.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Well, with a loss for each objective. One that is no number counts as a failure.
    Completed(Vec<f64>),
    /// It was stopped early, with the last loss that it had reported.
    Stopped {
        /// At this step.
        step: u64,
        /// What it had reported then.
        loss: f64,
    },
    /// It came to nothing.
    Failed,
}

/// A trial that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number.
    pub number: u64,
    /// What was tried.
    pub point: Point,
    /// What came of it.
    pub outcome: Outcome,
}

impl Trial {
    /// Its losses, if it has completed with numbers.
    pub fn losses(&self) -> Option<&[f64]> {
        match &self.outcome {
            Outcome::Completed(losses) if !losses.is_empty() && losses.iter().all(|loss| !loss.is_nan()) => {
                Some(losses)
            }
            _ => None,
        }
    }
}

/// What a search knows: a fold over what was asked and told.
///
/// The same asks and tells in the same order make the same history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    told: Vec<Trial>,
    /// The numbers of those.
    numbers: BTreeSet<u64>,
    pending: BTreeMap<u64, Point>,
    tried: Memo,
}

/// The points of a space whose numbers are known to have been told, so that who asks again and again reads each once.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// Of which space.
    space: Option<Space>,
    /// So many of those that were told have been read.
    read: usize,
    /// The numbers of their points.
    pub(super) points: BTreeSet<u64>,
    /// For who goes through places in the order of a seed: the seed, and the first place that may be free.
    pub(super) from: (u64, u64),
}

/// What can be worked out again at any time: it is no part of what a history is.
#[derive(Debug, Default)]
struct Memo(Mutex<Tried>);

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl History {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The trial of that number has begun at that point. A number that was asked before begins anew.
    pub fn ask(&mut self, number: u64, point: Point) {
        self.pending.insert(number, point);
    }

    /// The trial of that number has ended. The last word counts; a number that was never asked is left out.
    pub fn tell(&mut self, number: u64, outcome: Outcome) {
        let is_known = !self.numbers.insert(number);
        let before = if is_known { self.told.iter().position(|trial| trial.number == number) } else { None };
        let point = match (self.pending.remove(&number), before) {
            (Some(point), _) => point,
            (None, Some(before)) => self.told[before].point.clone(),
            (None, None) => {
                self.numbers.remove(&number);
                return;
            }
        };
        if let Some(before) = before {
            self.told.remove(before);
            self.tried = Memo::default();
        }
        self.told.push(Trial { number, point, outcome });
    }

    /// The trials that have ended, in the order in which they were told.
    pub fn told(&self) -> &[Trial] {
        &self.told
    }

    /// The trials that have begun and not ended, by their numbers.
    pub fn pending(&self) -> impl Iterator<Item = (u64, &Point)> {
        self.pending.iter().map(|(number, point)| (*number, point))
    }

    /// The points that were told, by the numbers that a function gives them. It reads those alone that it has not read yet.
    pub(super) fn tried(
        &self,
        space: &Space,
        number: impl Fn(&Space, &Point) -> Option<u64>,
    ) -> MutexGuard<'_, Tried> {
        let mut tried = self.tried.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.space.as_ref() != Some(space) {
            *tried = Tried { space: Some(space.clone()), ..Tried::default() };
        }
        let new = self.told.iter().skip(tried.read);
        tried.points.extend(new.filter_map(|trial| number(space, &trial.point)));
        tried.read = self.told.len();
        tried
    }

    /// The trial with the lowest first loss, the earliest told of equal ones.
    pub fn best(&self) -> Option<&Trial> {
        let loss = |trial: &Trial| trial.losses().map(|losses| losses[0]);
        self.told.iter().filter(|trial| loss(trial).is_some()).min_by(|a, b| {
            let (a, b) = (loss(a).unwrap_or(f64::INFINITY), loss(b).unwrap_or(f64::INFINITY));
            a.total_cmp(&b)
        })
    }

    /// One finite loss for each trial that was told, for who needs one of all.
    ///
    /// A trial that was stopped has the loss that it had, but is not better than half of the completed ones. One that
    /// failed, or that ended in no finite number, is as bad as the worst. If nothing finite is known, all are equal.
    pub fn single(&self, objective: usize) -> Vec<f64> {
        let finite = |trial: &Trial| {
            trial.losses().and_then(|losses| losses.get(objective)).copied().filter(|loss| loss.is_finite())
        };
        let mut known: Vec<f64> = self.told.iter().filter_map(finite).collect();
        known.sort_by(f64::total_cmp);
        let middle = known.get(known.len() / 2).copied();
        let worst = known.last().copied();
        let best = known.first().copied().unwrap_or(0.0);
        self.told
            .iter()
            .map(|trial| match (&trial.outcome, trial.losses()) {
                (Outcome::Completed(_), Some(losses)) => match losses.get(objective) {
                    Some(loss) if loss.is_finite() => *loss,
                    Some(loss) if *loss < 0.0 => best,
                    _ => worst.unwrap_or(0.0),
                },
                (Outcome::Stopped { loss, .. }, _) if loss.is_finite() => {
                    middle.map_or(*loss, |middle| loss.max(middle))
                }
                _ => worst.unwrap_or(0.0),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::Value;

    fn point(value: f64) -> Point {
        vec![Some(Value::Float(value))]
    }

    fn told(outcomes: &[Outcome]) -> History {
        let mut history = History::new();
        for (number, outcome) in outcomes.iter().enumerate() {
            history.ask(number as u64, point(number as f64));
            history.tell(number as u64, outcome.clone());
        }
        history
    }

    fn done(loss: f64) -> Outcome {
        Outcome::Completed(vec![loss])
    }

    #[test]
    fn the_last_word_counts() {
        let mut history = told(&[Outcome::Failed, done(2.0)]);
        history.tell(0, done(1.0));
        history.tell(7, done(0.0));
        let numbers: Vec<u64> = history.told().iter().map(|trial| trial.number).collect();
        assert_eq!(numbers, [1, 0]);
        assert_eq!(history.best().unwrap().point, point(0.0));
        history.ask(0, point(9.0));
        history.tell(0, Outcome::Failed);
        assert_eq!(history.best().unwrap().number, 1);
        assert_eq!(history.pending().count(), 0);
    }

    #[test]
    fn each_trial_has_a_finite_loss() {
        let stopped = |loss| Outcome::Stopped { step: 1, loss };
        let history = told(&[
            done(1.0),
            done(3.0),
            done(2.0),
            done(f64::NAN),
            done(f64::INFINITY),
            Outcome::Failed,
            stopped(0.5),
            stopped(2.5),
            stopped(f64::NAN),
            Outcome::Completed(Vec::new()),
            done(f64::NEG_INFINITY),
        ]);
        assert_eq!(history.single(0), [1.0, 3.0, 2.0, 3.0, 3.0, 3.0, 2.0, 2.5, 3.0, 3.0, 1.0]);
        assert_eq!(told(&[Outcome::Failed, done(f64::NAN)]).single(0), [0.0, 0.0]);
    }
}
