//! What is drawn: the trials of a search.

use crate::plot::scale::Scale;

/// A search, for drawing.
#[derive(Clone, Debug)]
pub(crate) struct Trials {
    /// What was looked for, in a few words.
    pub(crate) goal: String,
    /// Whether more of it is better.
    pub(crate) maximize: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// In order.
    pub(crate) trials: Vec<Trial>,
}

/// A parameter, and the scale on which it was searched.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) scale: Scale,
}

/// One trial.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) number: u64,
    /// What came of it, a number, and how.
    pub(crate) value: f64,
    pub(crate) end: End,
    /// For each parameter a number, or that of its name; none where it did not apply.
    pub(crate) at: Vec<Option<f64>>,
}

/// How a trial came to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It came to its end.
    Completed,
    /// It was stopped early.
    Stopped,
}

impl Trials {
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.trials.iter().map(|trial| trial.value)
    }

    /// The scale of the values of trials that came to their ends, as far as there are some. Where others lie far away, which
    /// were stopped since they promised nothing, they are not to push these together.
    pub(super) fn scale(&self) -> Scale {
        let completed = self.trials.iter().filter(|trial| trial.end == End::Completed);
        let completed = completed.map(|trial| trial.value);
        match completed.clone().count() {
            0 | 1 => Scale::around(self.values()),
            _ => Scale::around(completed),
        }
    }

    /// Whether one value is better than another.
    pub(super) fn is_better(&self, one: f64, other: f64) -> bool {
        if self.maximize { one > other } else { one < other }
    }

    /// The completed trial with the best value.
    pub(super) fn best(&self) -> Option<&Trial> {
        let completed =
            self.trials.iter().filter(|trial| trial.end == End::Completed && !trial.value.is_nan());
        completed.reduce(|best, trial| if self.is_better(trial.value, best.value) { trial } else { best })
    }

    /// How good a trial is among all, from 0 to 1.
    pub(super) fn rank(&self, trial: &Trial) -> f64 {
        let worse = self.trials.iter().filter(|other| self.is_better(trial.value, other.value)).count();
        #[expect(clippy::cast_precision_loss, reason = "a colour")]
        let rank = worse as f64 / self.trials.len().saturating_sub(1).max(1) as f64;
        rank
    }
}
