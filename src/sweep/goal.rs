//! What a search is after: numbers of a result, and which way each is better.

use crate::diag::{Error, ErrorKind, Result, did_you_mean, listed};
use crate::search::Direction;
use crate::sweep::dimension::number;
use crate::value::{Map, Node};

impl Direction {
    /// The word that configs and records hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Maximize => "maximize",
            Self::Minimize => "minimize",
        }
    }

    /// The direction of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Maximize, Self::Minimize].into_iter().find(|direction| direction.name() == name)
    }
}

/// One number of a result that a search looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// What it is called; none: the number in that place.
    pub metric: Option<String>,
    /// Which way it is better.
    pub direction: Direction,
}

/// All of them, of which there is at least one.
///
/// ```
/// use mainstem::search::Direction;
/// use mainstem::sweep::{Goal, Goals};
/// use mainstem::value::{Map, Node};
/// let accuracy = Goal { metric: Some("accuracy".to_owned()), direction: Direction::Maximize };
/// let goals = Goals::new(accuracy, []);
/// let result = Node::from(Map::from([("accuracy", Node::from(0.9)), ("seconds", Node::from(3.0))]));
/// assert_eq!(goals.losses(Some(&result))?, [-0.9]);
/// assert_eq!(goals.losses(None).unwrap_err().message(), "the job returned nothing, and the search looks for `accuracy`");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goals {
    first: Goal,
    more: Vec<Goal>,
}

impl Goals {
    /// The first one, and more.
    pub fn new(first: Goal, more: impl IntoIterator<Item = Goal>) -> Self {
        Self { first, more: more.into_iter().collect() }
    }

    /// As a journal holds them.
    pub fn to_node(&self) -> Node {
        let goal = |goal: &Goal| {
            let metric = Node::from(goal.metric.as_deref());
            Node::from(Map::from([("metric", metric), ("direction", Node::from(goal.direction.name()))]))
        };
        Node::from(self.iter().map(goal).collect::<Vec<_>>())
    }

    /// What [`Goals::to_node`] has made.
    pub fn of(node: &Node) -> Option<Self> {
        let goal = |node: &Node| {
            let map = node.as_map()?;
            let direction = Direction::parse(map.get_str("direction")?.as_str()?)?;
            Some(Goal { metric: map.get_str("metric").and_then(Node::as_str).map(str::to_owned), direction })
        };
        let goals: Vec<Goal> = node.as_list()?.iter().map(goal).collect::<Option<_>>()?;
        let mut goals = goals.into_iter();
        Some(Self::new(goals.next()?, goals))
    }

    /// The first one, which alone counts where there can be one only, such as when a job is stopped early.
    pub fn first(&self) -> &Goal {
        &self.first
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &Goal> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Whether several numbers are told apart by their places alone.
    pub(super) fn are_in_place(&self) -> bool {
        !self.is_one() && self.iter().all(|goal| goal.metric.is_none())
    }

    fn is_one(&self) -> bool {
        self.more.is_empty()
    }

    fn sought(&self) -> String {
        let names: Vec<String> =
            self.iter().filter_map(|goal| Some(format!("`{}`", goal.metric.as_ref()?))).collect();
        match (names.len(), self.is_one()) {
            (0, true) => "a number".to_owned(),
            (0, false) => format!("{} numbers", self.more.len() + 1),
            _ => names.join(" and "),
        }
    }

    /// The numbers of a result, in order.
    ///
    /// # Errors
    /// What is looked for is not in it, or is no number.
    pub fn values(&self, result: Option<&Node>) -> Result<Vec<f64>> {
        let sought = |what: String| {
            Error::new(
                ErrorKind::Job,
                format!("the job returned {what}, and the search looks for {}", self.sought()),
            )
        };
        let Some(result) = result else {
            let error = sought("nothing".to_owned());
            return Err(error.help("what `@hydra.main` returns is the result of a Hydra program").help(
                "any other command writes it as JSON to the file that MAINSTEM_RESULT names: `0.9`, or `{\"accuracy\": 0.9}`",
            ));
        };
        let Some(map) = result.as_map() else {
            return match (number(result), &self.first.metric) {
                (Some(number), None) if self.is_one() => Ok(vec![number]),
                (Some(_), Some(_)) => {
                    let error = sought("a number without a name".to_owned());
                    Err(error.help("leave `mainstem.search.metric` away"))
                }
                (Some(_), None) => Err(sought("one number".to_owned())),
                (None, _) => Err(sought(result.describe().to_owned())),
            };
        };
        let names = || listed(&map.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>());
        let unnamed = self.iter().filter(|goal| goal.metric.is_none()).count();
        if unnamed > 0 && map.len() != self.more.len() + 1 {
            let error = sought(format!("the numbers {}", names()));
            return Err(error.help("choose by name: `mainstem.search.metric=NAME`, or a list of names"));
        }
        let found =
            self.iter().zip(map.iter().map(|(_, slot)| Some(&slot.node)).chain(std::iter::repeat(None)));
        let found = found.map(|(goal, in_place)| {
            let found = goal.metric.as_ref().map_or(in_place, |name| map.get_str(name));
            found.and_then(number).ok_or_else(|| {
                let all: Vec<String> = map.iter().map(|(key, _)| key.to_string()).collect();
                let sought = sought(names());
                match goal
                    .metric
                    .as_deref()
                    .and_then(|name| did_you_mean(name, all.iter().map(String::as_str)))
                {
                    Some(near) => sought.help(format!("did you mean `mainstem.search.metric={near}`?")),
                    None => sought,
                }
            })
        });
        found.collect()
    }

    /// The same as losses: the lower, the better.
    ///
    /// # Errors
    /// As of [`Goals::values`].
    pub fn losses(&self, result: Option<&Node>) -> Result<Vec<f64>> {
        let values = self.values(result)?;
        Ok(self.iter().zip(values).map(|(goal, value)| goal.direction.loss(value)).collect())
    }

    /// That a result does not say the other way: `said` is the word of its only number, or the words of its numbers by
    /// their names.
    ///
    /// # Errors
    /// One says the other way.
    pub fn agree(&self, said: &Node) -> Result<()> {
        let in_place =
            said.as_map().map(|map: &Map| map.iter().map(|(_, slot)| &slot.node).collect::<Vec<_>>());
        for (at, goal) in self.iter().enumerate() {
            let word = match (said.as_map(), &goal.metric) {
                (Some(map), Some(name)) => map.get_str(name),
                // A map says of those alone that say something: in their places it can be read if all do.
                (Some(_), None) => in_place
                    .as_ref()
                    .filter(|all| all.len() == self.more.len() + 1)
                    .and_then(|all| all.get(at).copied()),
                (None, _) => Some(said),
            };
            let Some(own) = word.and_then(Node::as_str).and_then(Direction::parse) else { continue };
            if own != goal.direction {
                let what =
                    goal.metric.as_ref().map_or_else(|| "its result".to_owned(), |name| format!("`{name}`"));
                let message = format!(
                    "the search is to {}, and the job says to {} {what}",
                    goal.direction.name(),
                    own.name()
                );
                return Err(Error::new(ErrorKind::Job, message)
                    .help("one of both is a slip: change the config or the job"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goals(metrics: &[Option<&str>]) -> Goals {
        let goal = |metric: &Option<&str>| Goal {
            metric: metric.map(str::to_owned),
            direction: Direction::Minimize,
        };
        let mut all: Vec<Goal> = metrics.iter().map(goal).collect();
        let first = all.remove(0);
        Goals::new(first, all)
    }

    #[test]
    fn numbers_are_found_by_name_or_in_their_places() {
        let both = Node::from(Map::from([("a", Node::from(1)), ("b", Node::from(2.5))]));
        let one = Node::from(Map::from([("a", Node::from(1))]));
        for (metrics, result, found) in [
            (&[None][..], Node::from(3), Ok(vec![3.0])),
            (&[None], one, Ok(vec![1.0])),
            (&[Some("b")], both.clone(), Ok(vec![2.5])),
            (&[Some("b"), Some("a")], both.clone(), Ok(vec![2.5, 1.0])),
            (&[None, None], both.clone(), Ok(vec![1.0, 2.5])),
            (
                &[None],
                both.clone(),
                Err("the job returned the numbers a, b, and the search looks for a number"),
            ),
            (&[Some("c")], both, Err("the job returned a, b, and the search looks for `c`")),
            (
                &[Some("c")],
                Node::from(1),
                Err("the job returned a number without a name, and the search looks for `c`"),
            ),
            (
                &[None, None],
                Node::from(1),
                Err("the job returned one number, and the search looks for 2 numbers"),
            ),
            (&[None], Node::from("x"), Err("the job returned a string, and the search looks for a number")),
        ] {
            let values = goals(metrics).values(Some(&result));
            match found {
                Ok(found) => assert_eq!(values.unwrap(), found),
                Err(told) => assert_eq!(values.unwrap_err().message(), told),
            }
        }
    }

    #[test]
    fn a_job_that_says_the_other_way_is_told() {
        let goals = goals(&[Some("a")]);
        let said = |word: &str| Node::from(Map::from([("a", Node::from(word))]));
        goals.agree(&said("minimize")).unwrap();
        goals.agree(&Node::from(Map::from([("b", Node::from("maximize"))]))).unwrap();
        for other in [said("maximize"), Node::from("maximize")] {
            let error = goals.agree(&other).unwrap_err();
            assert_eq!(error.message(), "the search is to minimize, and the job says to maximize `a`");
        }
    }
}
