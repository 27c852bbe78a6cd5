//! Which trials are stopped early.

use std::collections::BTreeMap;

use crate::random::mix;

/// What trials have reported so far: losses by step. A fold over the reports, in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reports {
    by_trial: BTreeMap<u64, BTreeMap<u64, f64>>,
}

impl Reports {
    /// Nothing was reported.
    pub fn new() -> Self {
        Self::default()
    }

    /// The trial has reported this loss at this step. The last word counts; what is no number is as bad as can be.
    pub fn report(&mut self, trial: u64, step: u64, loss: f64) {
        let loss = if loss.is_nan() { f64::INFINITY } else { loss };
        self.by_trial.entry(trial).or_default().insert(step, loss);
    }

    /// What the trial has reported, by step.
    pub fn of(&self, trial: u64) -> impl Iterator<Item = (u64, f64)> {
        self.by_trial.get(&trial).into_iter().flatten().map(|(step, loss)| (*step, *loss))
    }

    /// The latest step of a trial.
    pub fn latest(&self, trial: u64) -> Option<u64> {
        self.by_trial.get(&trial)?.last_key_value().map(|(step, _)| *step)
    }

    /// The best loss of a trial up to a step; `None` if it had reported none by then.
    fn best(&self, trial: u64, until: u64) -> Option<f64> {
        self.by_trial.get(&trial)?.range(..=until).map(|(_, loss)| *loss).min_by(f64::total_cmp)
    }

    /// The losses of the other trials at the latest of their steps that is not after `step`, of those that came so far.
    fn others(&self, trial: u64, step: u64) -> Vec<f64> {
        self.by_trial
            .iter()
            .filter(|(other, _)| **other != trial)
            .filter(|(_, reports)| reports.last_key_value().is_some_and(|(last, _)| *last >= step))
            .filter_map(|(_, reports)| reports.range(..=step).next_back())
            .map(|(_, loss)| *loss)
            .collect()
    }
}

/// Says which trials are stopped.
///
/// It is a pure function of what was reported until now, so any process that sees the reports comes to the same answer.
pub trait Pruner {
    /// Whether the trial, which has just reported, is to stop.
    fn stops(&self, reports: &Reports, trial: u64) -> bool;
}

/// Stops a trial whose best loss so far is worse than that of a share of the others at the same step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentile {
    percentile: f64,
    startup: usize,
    warmup: u64,
}

impl Percentile {
    /// Stops what is not among this percentage of the best, such as 25.0.
    pub fn new(percentile: f64) -> Self {
        Self { percentile: percentile.clamp(0.0, 100.0), startup: 5, warmup: 0 }
    }

    /// Stops what is worse than the median.
    pub fn median() -> Self {
        Self::new(50.0)
    }

    /// Stops nothing before so many others have come as far; 5 unless said otherwise.
    #[must_use]
    pub fn with_startup(self, startup: usize) -> Self {
        Self { startup, ..self }
    }

    /// Stops nothing before this step.
    #[must_use]
    pub fn with_warmup(self, warmup: u64) -> Self {
        Self { warmup, ..self }
    }
}

impl Pruner for Percentile {
    fn stops(&self, reports: &Reports, trial: u64) -> bool {
        let Some(step) = reports.latest(trial) else { return false };
        let mut others = reports.others(trial, step);
        if step < self.warmup || others.is_empty() || others.len() < self.startup {
            return false;
        }
        others.sort_by(f64::total_cmp);
        let rank = self.percentile / 100.0 * (others.len() - 1) as f64;
        let (below, part) = (rank as usize, rank.fract());
        let (low, high) = (others[below], others[(below + 1).min(others.len() - 1)]);
        let limit = if part > 0.0 && high.is_finite() { low + part * (high - low) } else { low };
        reports.best(trial, step).is_some_and(|best| best > limit || best == f64::INFINITY)
    }
}

/// Asynchronous successive halving (Li et al., 2020): at each rung only the best of those that have come so far go on.
///
/// Rungs lie at `first`, `first * factor`, `first * factor²`, … steps. A trial that reaches a rung goes on if it is among
/// the best `1 / factor` of all that have reached it by then, itself included; nobody waits for anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asha {
    first: u64,
    factor: u64,
}

impl Asha {
    /// The first rung, in steps, and how many times as many steps the next one is away; at least 1 and 2.
    pub fn new(first: u64, factor: u64) -> Self {
        Self { first: first.max(1), factor: factor.max(2) }
    }

    /// The rungs up to a step.
    fn rungs(&self, until: u64) -> impl Iterator<Item = u64> {
        let factor = self.factor;
        std::iter::successors(Some(self.first), move |rung| rung.checked_mul(factor))
            .take_while(move |rung| *rung <= until)
    }

    fn stops_among(&self, reports: &Reports, trial: u64, counts: impl Fn(u64) -> bool) -> bool {
        let Some(step) = reports.latest(trial) else { return false };
        // A trial that did not report at the rung itself is judged by the first report after it.
        let before =
            reports.of(trial).map(|(step, _)| step).filter(|other| *other < step).last().unwrap_or(0);
        let Some(rung) = self.rungs(step).last().filter(|rung| *rung > before) else { return false };
        let reached = |reports: &BTreeMap<u64, f64>| -> Option<f64> {
            let (last, _) = reports.range(rung..).next()?;
            reports.range(..=*last).map(|(_, loss)| *loss).min_by(f64::total_cmp)
        };
        let mut losses: Vec<f64> = reports
            .by_trial
            .iter()
            .filter(|(other, _)| **other != trial && counts(**other))
            .filter_map(|(_, reports)| reached(reports))
            .collect();
        let Some(own) = reports.by_trial.get(&trial).and_then(reached) else { return false };
        if own == f64::INFINITY {
            return true;
        }
        losses.push(own);
        losses.sort_by(f64::total_cmp);
        let survivors = (losses.len() / self.factor as usize).max(1);
        own > losses[survivors - 1]
    }
}

impl Pruner for Asha {
    fn stops(&self, reports: &Reports, trial: u64) -> bool {
        self.stops_among(reports, trial, |_| true)
    }
}

/// Hyperband (Li et al., 2018) without waiting: several [`Asha`]s with later and later first rungs, each trial in one.
///
/// So what begins slowly has a chance in the later ones. A trial belongs to a bracket by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hyperband {
    first: u64,
    last: u64,
    factor: u64,
}

impl Hyperband {
    /// From a first rung of `first` steps to trials of `last` steps; rungs are `factor` times as far as the one before.
    pub fn new(first: u64, last: u64, factor: u64) -> Self {
        let first = first.max(1);
        Self { first, last: last.max(first), factor: factor.max(2) }
    }

    /// The first rungs of the brackets.
    fn brackets(&self) -> Vec<u64> {
        Asha::new(self.first, self.factor).rungs(self.last).collect()
    }

    /// Which bracket a trial is in: the more rungs one has, the more trials, as the budget of each is the same.
    fn bracket(&self, trial: u64) -> usize {
        let brackets = self.brackets().len();
        let shares: Vec<f64> = (0..brackets)
            .map(|bracket| {
                (self.factor as f64).powi((brackets - 1 - bracket) as i32) * brackets as f64
                    / (brackets - bracket) as f64
            })
            .collect();
        let mut left = (mix(trial) >> 11) as f64 / (1_u64 << 53) as f64 * shares.iter().sum::<f64>();
        shares
            .iter()
            .position(|share| {
                left -= share;
                left < 0.0
            })
            .unwrap_or(0)
    }
}

impl Pruner for Hyperband {
    fn stops(&self, reports: &Reports, trial: u64) -> bool {
        let bracket = self.bracket(trial);
        let Some(first) = self.brackets().get(bracket).copied() else { return false };
        // The last rung is the end of the trial.
        if reports.latest(trial).is_some_and(|step| step >= self.last) {
            return false;
        }
        Asha::new(first, self.factor).stops_among(reports, trial, |other| self.bracket(other) == bracket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn reports(losses: &[f64]) -> Reports {
        let mut reports = Reports::new();
        for (trial, loss) in losses.iter().enumerate() {
            reports.report(trial as u64, 1, *loss);
        }
        reports
    }

    #[test]
    fn median_and_percentile() {
        let reports = reports(&[1.0, 2.0, 3.0, 4.0, 5.0, 2.5, f64::NAN]);
        let median = Percentile::median();
        let stopped: Vec<u64> = (0..7).filter(|trial| median.stops(&reports, *trial)).collect();
        assert_eq!(stopped, [3, 4, 6]);
        let stopped: Vec<u64> =
            (0..7).filter(|trial| Percentile::new(25.0).stops(&reports, *trial)).collect();
        assert_eq!(stopped, [2, 3, 4, 5, 6]);
        assert!(!median.with_startup(7).stops(&reports, 4));
        assert!(!median.with_warmup(2).stops(&reports, 4));
        assert!(!median.stops(&reports, 99));
    }

    #[test]
    fn only_those_that_came_so_far_are_compared() {
        let mut reports = reports(&[1.0, 1.0, 1.0, 1.0, 1.0, 5.0]);
        reports.report(5, 2, 5.0);
        assert!(!Percentile::median().stops(&reports, 5));
        assert!(Percentile::median().with_startup(0).stops(&self::reports(&[1.0, 5.0]), 1));
    }

    #[test]
    fn a_rung_lets_a_share_go_on() {
        let mut reports = Reports::new();
        let asha = Asha::new(1, 3);
        let mut went_on = Vec::new();
        for (trial, loss) in [5.0, 4.0, 6.0, 3.0, 4.5, 7.0, 2.0].into_iter().enumerate() {
            reports.report(trial as u64, 1, loss);
            if !asha.stops(&reports, trial as u64) {
                went_on.push(trial);
            }
        }
        assert_eq!(went_on, [0, 1, 3, 6]);
        reports.report(6, 2, 9.0);
        assert!(!asha.stops(&reports, 6), "2 is no rung");
    }

    #[test]
    fn brackets_begin_later_and_have_fewer_trials() {
        let hyperband = Hyperband::new(1, 27, 3);
        assert_eq!(hyperband.brackets(), [1, 3, 9, 27]);
        let mut counts = [0; 4];
        for trial in 0..1000 {
            counts[hyperband.bracket(trial)] += 1;
        }
        assert!(counts.windows(2).all(|pair| pair[0] > pair[1]) && counts[3] > 0, "{counts:?}");
    }

    const EPOCHS: u64 = 81;
    const TRIALS: u64 = 200;

    /// A made-up task of training: trials differ in how good they get and in how quickly, the slow ones look bad for long.
    fn loss(task: u64, trial: u64, epoch: u64) -> f64 {
        let mut stream = Stream::new(task, trial);
        let (end, rate) = (0.1 + stream.unit().powi(2), 0.05 + 0.3 * stream.unit());
        end + 2.0 * (-rate * epoch as f64).exp()
    }

    /// The loss of the trial that looks best at the end, and how many epochs were run.
    fn train(task: u64, pruner: Option<&dyn Pruner>) -> (f64, u64) {
        let (mut reports, mut best, mut epochs) = (Reports::new(), (f64::INFINITY, 0), 0);
        // Eight at a time, in lock step: a trial that stops makes room for the next.
        let (mut running, mut next): (Vec<(u64, u64)>, u64) = (Vec::new(), 0);
        loop {
            while running.len() < 8 && next < TRIALS {
                running.push((next, 0));
                next += 1;
            }
            if running.is_empty() {
                return (loss(task, best.1, EPOCHS), epochs);
            }
            running.retain_mut(|(trial, epoch)| {
                *epoch += 1;
                epochs += 1;
                let noise = 0.002 * Stream::new(mix(task) ^ *trial, *epoch).normal();
                let seen = loss(task, *trial, *epoch) + noise;
                reports.report(*trial, *epoch, seen);
                if *epoch == EPOCHS && seen < best.0 {
                    best = (seen, *trial);
                }
                *epoch < EPOCHS && !pruner.is_some_and(|pruner| pruner.stops(&reports, *trial))
            });
        }
    }

    #[test]
    fn asha_finds_the_best_of_full_runs_for_a_quarter_of_the_epochs() {
        let tasks = 10;
        let mut lost = 0.0;
        for task in 0..tasks {
            let (full, all) = train(task, None);
            assert_eq!(all, TRIALS * EPOCHS);
            let (best, epochs) = train(task, Some(&Asha::new(3, 3)));
            assert!(epochs * 4 <= all, "{epochs}");
            lost += best / full - 1.0;
        }
        // One task may have a winner that begins so slowly that no early look at it tells.
        assert!(lost / tasks as f64 <= 0.02, "{lost}");
    }

    #[test]
    fn what_begins_slowly_survives_the_patient_pruners() {
        let (full, all) = train(7, None);
        let (best, epochs) = train(7, Some(&Hyperband::new(3, 81, 3)));
        assert!(best <= full * 1.1 && epochs * 2 <= all, "{best} {full} {epochs}");
        let (best, epochs) = train(7, Some(&Percentile::median()));
        assert!(best <= full * 1.02 && epochs < all, "{best} {full} {epochs}");
    }
}
