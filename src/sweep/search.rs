//! A sweep that looks for the best.

use std::fmt;

use crate::diag::{Error, ErrorKind, Result, listed};
use crate::search::{History, Outcome, Point, Sampler};
use crate::sweep::goal::Goals;
use crate::sweep::jobs::Job;
use crate::sweep::search_space::SearchSpace;
use crate::sweep::sweeper::{Ask, Sweeper, Told};
use crate::value::Node;

/// So many jobs, each where a sampler expects the most of it by what is known when it begins.
///
/// ```
/// use mainstem::diag::{Error, SourceId};
/// use mainstem::grammar::parse_overrides;
/// use mainstem::search::{Direction, RandomSearch};
/// use mainstem::sweep::{Ask, Goal, Goals, Search, SearchSpace, Sweeper, Told};
/// use mainstem::value::Node;
/// let mut errors: Vec<Error> = Vec::new();
/// let overrides = parse_overrides([("lr=interval(0,1)", SourceId::NONE)], &mut errors);
/// let space = SearchSpace::new(&overrides, &|_| Ok(Vec::new()), 0)?;
/// let goals = Goals::new(Goal { metric: None, direction: Direction::Minimize }, []);
/// let mut search = Search::new(space, Box::new(RandomSearch::new(7)), goals, 2);
/// for number in 0..2 {
///     let Ask::Job(job) = search.ask()? else { panic!() };
///     assert_eq!((job.index, &job.lines()[0][..3]), (number, "lr="));
///     search.tell(number, Told::Completed { result: Some(&Node::from(0.5)), direction: None })?;
/// }
/// assert_eq!(search.ask()?, Ask::Done);
/// # Ok::<(), Error>(())
/// ```
pub struct Search {
    space: SearchSpace,
    sampler: Box<dyn Sampler>,
    goals: Goals,
    trials: u64,
    /// What is tried before the sampler is asked.
    first: Vec<Point>,
    history: History,
    next: u64,
    /// Whether a job has returned what the search looks for. From then on one that does not has failed.
    has_found: bool,
    /// The names of numbers that are looked at by their place, as the first job has them.
    names: Option<Vec<String>>,
}

impl Search {
    /// A search of that many jobs.
    pub fn new(space: SearchSpace, sampler: Box<dyn Sampler>, goals: Goals, trials: u64) -> Self {
        let (first, history) = (Vec::new(), History::new());
        Self { space, sampler, goals, trials, first, history, next: 0, has_found: false, names: None }
    }

    /// The same that begins with these points.
    #[must_use]
    pub fn beginning_with(self, first: Vec<Point>) -> Self {
        Self { first, ..self }
    }

    /// The same that knows what came of trials before it.
    #[must_use]
    pub fn knowing(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// What came of a job that has completed.
    fn outcome(&mut self, result: Option<&Node>) -> Result<Outcome> {
        let losses = match self.goals.losses(result) {
            Ok(losses) => losses,
            Err(_) if self.has_found => return Ok(Outcome::Failed),
            Err(error) => return Err(error),
        };
        self.has_found = true;
        if let Some(map) = result.and_then(Node::as_map).filter(|_| self.goals.are_in_place()) {
            let names: Vec<String> = map.iter().map(|(key, _)| key.to_string()).collect();
            let first = self.names.get_or_insert_with(|| names.clone());
            if *first != names {
                let message = format!("a job returned {}, and another one {}", listed(first), listed(&names));
                let help = format!("say which is which: `mainstem.search.metric=[{}]`", first.join(","));
                return Err(Error::new(ErrorKind::Job, message).help(help));
            }
        }
        Ok(Outcome::Completed(losses))
    }

    /// What it knows.
    pub fn history(&self) -> &History {
        &self.history
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { space, goals, trials, history, next, .. } = self;
        let mut shown = f.debug_struct("Search");
        shown.field("space", space).field("goals", goals).field("trials", trials).field("history", history);
        shown.field("next", next).finish_non_exhaustive()
    }
}

impl Sweeper for Search {
    fn ask(&mut self) -> Result<Ask> {
        let index = self.next;
        if index >= self.trials {
            return Ok(Ask::Done);
        }
        let first = usize::try_from(index).ok().and_then(|at| self.first.get(at)).cloned();
        let point = first.unwrap_or_else(|| self.sampler.suggest(self.space.space(), &self.history, index));
        let overrides = self.space.overrides(&point).ok_or_else(|| {
            let error = Error::new(ErrorKind::Sweep, "the sampler wants what is not in the search space");
            error.note(format!("{point:?}"))
        })?;
        self.history.ask(index, point);
        self.next = index.saturating_add(1);
        Ok(Ask::Job(Job { index, overrides }))
    }

    fn tell(&mut self, job: u64, told: Told<'_>) -> Result<()> {
        let in_job = |error: Error| error.note(format!("job {job}"));
        let outcome = match told {
            Told::Completed { result, direction } => {
                direction.map_or(Ok(()), |said| self.goals.agree(said)).map_err(in_job)?;
                self.outcome(result).map_err(in_job)?
            }
            Told::Stopped { step, value } => {
                Outcome::Stopped { step, loss: self.goals.first().direction.loss(value) }
            }
            Told::Failed => Outcome::Failed,
        };
        self.history.tell(job, outcome);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::SourceId;
    use crate::grammar::parse_overrides;
    use crate::search::Direction;
    use crate::search::{RandomSearch, Value};
    use crate::sweep::goal::Goal;
    use crate::value::Map;

    fn search(trials: u64) -> Search {
        let overrides =
            parse_overrides(["n=1", "lr=interval(0,1)", "m=a,b"].map(|line| (line, SourceId::NONE)), &mut ());
        let space = SearchSpace::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap();
        let goals = Goals::new(Goal { metric: None, direction: Direction::Maximize }, []);
        Search::new(space, Box::new(RandomSearch::new(1)), goals, trials)
    }

    fn completed(result: Option<&Node>) -> Told<'_> {
        Told::Completed { result, direction: None }
    }

    fn next(search: &mut Search) -> String {
        match search.ask().unwrap() {
            Ask::Job(job) => job.lines().join(" "),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_job_has_its_overrides_in_the_order_in_which_they_were_typed() {
        let first = vec![Some(Value::Float(0.25)), Some(Value::Choice(1))];
        let mut search = search(2).beginning_with(vec![first]);
        assert_eq!(next(&mut search), "n=1 lr=0.25 m=b");
        let drawn = next(&mut search);
        assert!(drawn.starts_with("n=1 lr=0."), "{drawn}");
        assert_eq!(next(&mut search), "Done");
    }

    #[test]
    fn once_the_number_is_known_a_job_without_it_has_failed() {
        let mut search = search(3);
        for _ in 0..3 {
            next(&mut search);
        }
        // It may be that none ever returns it.
        let error = search.tell(0, completed(None)).unwrap_err();
        assert_eq!(error.message(), "the job returned nothing, and the search looks for a number");
        search.tell(1, completed(Some(&Node::from(2)))).unwrap();
        search.tell(2, completed(None)).unwrap();
        search.tell(0, completed(Some(&Node::from("x")))).unwrap();
        let told = search.history().told();
        let failed = told.iter().filter(|trial| trial.outcome == Outcome::Failed).count();
        assert_eq!((told.len(), failed), (3, 2));
    }

    #[test]
    fn numbers_in_their_places_have_the_same_names_in_every_job() {
        let overrides = parse_overrides([("lr=interval(0,1)", SourceId::NONE)], &mut ());
        let space = SearchSpace::new(&overrides, &|_| Ok(Vec::new()), 0).unwrap();
        let goal = |direction| Goal { metric: None, direction };
        let goals = Goals::new(goal(Direction::Minimize), [goal(Direction::Maximize)]);
        let mut search = Search::new(space, Box::new(RandomSearch::new(1)), goals, 2);
        let result = |names: [&'static str; 2]| {
            Node::from(Map::from([(names[0], Node::from(1.0)), (names[1], Node::from(2.0))]))
        };
        for _ in 0..2 {
            next(&mut search);
        }
        search.tell(0, completed(Some(&result(["loss", "acc"])))).unwrap();
        let error = search.tell(1, completed(Some(&result(["acc", "loss"])))).unwrap_err();
        assert_eq!(error.message(), "a job returned loss, acc, and another one acc, loss");
    }

    #[test]
    fn what_is_told_is_a_loss_and_the_last_word_counts() {
        let mut search = search(3);
        for _ in 0..3 {
            next(&mut search);
        }
        search.tell(0, Told::Failed).unwrap();
        search.tell(0, Told::Completed { result: Some(&Node::from(2)), direction: None }).unwrap();
        search.tell(1, Told::Stopped { step: 3, value: 0.5 }).unwrap();
        let told: Vec<_> = search.history().told().iter().map(|trial| trial.outcome.clone()).collect();
        assert_eq!(told, [Outcome::Completed(vec![-2.0]), Outcome::Stopped { step: 3, loss: -0.5 }]);
        let (result, direction) = (Node::from(2), Node::from("minimize"));
        let error = search
            .tell(2, Told::Completed { result: Some(&result), direction: Some(&direction) })
            .unwrap_err();
        assert_eq!(error.message(), "the search is to maximize, and the job says to minimize its result");
    }
}
