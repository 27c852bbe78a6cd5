//! A search: a space, a sampler, and what is known.

use crate::search::history::{History, Outcome, Trial};
use crate::search::pareto::front;
use crate::search::sampler::Sampler;
use crate::search::space::{Point, Space};

/// Which values of an objective are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Low ones.
    Minimize,
    /// High ones.
    Maximize,
}

impl Direction {
    /// A value as a loss, or a loss as a value.
    pub fn loss(self, value: f64) -> f64 {
        match self {
            Self::Minimize => value,
            Self::Maximize => -value,
        }
    }
}

/// A search that goes on by what it is asked and told, and by nothing else.
///
/// The same asks and tells in the same order lead to the same proposals, so it is resumed by doing them again.
///
/// ```
/// use mainstem::search::{Auto, Direction, Domain, Outcome, Parameter, Space, Study, Value};
/// let space = Space::new(vec![Parameter::new("x", Domain::float(-5.0, 5.0))])?;
/// let mut study = Study::new(space, vec![Direction::Maximize], Box::new(Auto::new(0)));
/// for number in 0..20 {
///     let point = study.ask(number);
///     let Some(Value::Float(x)) = point[0] else { continue };
///     study.tell(number, Outcome::Completed(vec![-(x - 2.0) * (x - 2.0)]));
/// }
/// let best = study.best().expect("trials have completed");
/// assert!(best.losses().is_some_and(|losses| losses[0] < 0.01));
/// # Ok::<(), mainstem::search::SpaceFlaw>(())
/// ```
pub struct Study {
    space: Space,
    directions: Vec<Direction>,
    sampler: Box<dyn Sampler>,
    first: Vec<Point>,
    history: History,
}

impl Study {
    /// A search that has not begun.
    pub fn new(space: Space, directions: Vec<Direction>, sampler: Box<dyn Sampler>) -> Self {
        Self { space, directions, sampler, first: Vec::new(), history: History::new() }
    }

    /// Trials 0, 1, … try these points. Those that are not in the space are left out.
    #[must_use]
    pub fn with_first(mut self, points: Vec<Point>) -> Self {
        self.first = points.into_iter().filter(|point| self.space.contains(point)).collect();
        self
    }

    /// The trial of that number begins: what it tries.
    pub fn ask(&mut self, number: u64) -> Point {
        let first = usize::try_from(number).ok().and_then(|number| self.first.get(number));
        let point =
            first.cloned().unwrap_or_else(|| self.sampler.suggest(&self.space, &self.history, number));
        self.history.ask(number, point.clone());
        point
    }

    /// The trial of that number has begun at this point, whoever chose it: an earlier search, or a journal. `false` if the
    /// point is not in the space; then nothing is known of it.
    pub fn know(&mut self, number: u64, point: Point) -> bool {
        let known = self.space.contains(&point);
        if known {
            self.history.ask(number, point);
        }
        known
    }

    /// The trial of that number has ended. Its values are as it returned them, each in the direction of its objective.
    /// A trial with another number of values than there are directions has failed.
    pub fn tell(&mut self, number: u64, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Completed(values) if values.len() == self.directions.len() => Outcome::Completed(
                values
                    .iter()
                    .zip(&self.directions)
                    .map(|(value, direction)| direction.loss(*value))
                    .collect(),
            ),
            Outcome::Completed(_) | Outcome::Failed => Outcome::Failed,
            Outcome::Stopped { step, loss } => {
                let direction = self.directions.first().copied().unwrap_or(Direction::Minimize);
                Outcome::Stopped { step, loss: direction.loss(loss) }
            }
        };
        self.history.tell(number, outcome);
    }

    /// The space that is searched.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Which values are better, for each objective.
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// What is known; as losses, whatever the directions.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The best trial by its first objective.
    pub fn best(&self) -> Option<&Trial> {
        self.history.best()
    }

    /// The trials that no other one dominates.
    pub fn front(&self) -> Vec<&Trial> {
        front(&self.history)
    }
}
