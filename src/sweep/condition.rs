//! Parameters that apply only where another one has some value.

use crate::diag::{Error, ErrorKind, Origin, Result, did_you_mean, listed};
use crate::grammar::Override;
use crate::sweep::axis::Axis;
use crate::sweep::branch::{Branch, once};
use crate::sweep::factor::Factor;
use crate::sweep::glob::Options;
use crate::sweep::jobs::Jobs;
use crate::sweep::unmet::Wishes;
use crate::value::{HashMap, HashSet, Node};

/// Where a parameter of a sweep applies.
#[derive(Clone, Debug)]
pub struct Condition {
    pub(super) key: String,
    pub(super) origin: Origin,
    pub(super) requires: Vec<Required>,
}

/// A parameter that must have one of some values.
#[derive(Clone, Debug)]
pub(super) struct Required {
    pub(super) key: String,
    pub(super) values: Vec<Node>,
}

/// A parameter is compared with so many values.
const MOST: u64 = 1 << 16;

impl Condition {
    /// The parameter `key` applies where each of `requires` holds: `opt=sgd`, or `opt=sgd,adam` for one of both.
    /// `options` is asked as by [`Jobs::new`].
    ///
    /// # Errors
    /// As of [`Jobs::new`]; too many values to compare with.
    pub fn new(
        key: &str,
        origin: Origin,
        requires: &[Override],
        options: &dyn Fn(&str) -> Result<Vec<String>>,
    ) -> Result<Self> {
        let requires = requires.iter().map(|one| Required::new(one, options)).collect::<Result<_>>()?;
        Ok(Self { key: key.to_owned(), origin, requires })
    }
}

impl Required {
    fn new(one: &Override, options: Options<'_>) -> Result<Self> {
        let axis = Axis::new(one, options, 0)?;
        if axis.len() > MOST {
            let message = format!("`{}` stands for more than {MOST} values", one.line);
            return Err(Error::new(ErrorKind::Limit, message).at(one.origin, ""));
        }
        let values = (0..axis.len()).filter_map(|at| axis.get(at)).filter_map(|one| value(&one));
        Ok(Self { key: one.target.to_string(), values: values.collect() })
    }
}

/// The value that an override gives.
fn value(one: &Override) -> Option<Node> {
    one.assignment(0).ok()?.action.value().cloned()
}

/// The left side of an override without its `+`, `++` or `~`.
fn target(key: &str) -> &str {
    key.trim_start_matches(['+', '~'])
}

impl Jobs {
    /// The same with parameters that apply only where a condition holds. Elsewhere they are left out, and combinations
    /// that differ in nothing else are one job. What others depend on changes slowest. A parameter that does not apply has
    /// no value that others could ask for. Several conditions for one parameter must all hold.
    ///
    /// `settled` gives the value of what is not swept.
    ///
    /// ```
    /// use mainstem::diag::{Error, Origin, SourceId};
    /// use mainstem::grammar::parse_overrides;
    /// use mainstem::sweep::{Condition, Jobs};
    /// let mut errors: Vec<Error> = Vec::new();
    /// let mut parse = |lines: &[&str]| {
    ///     parse_overrides(lines.iter().map(|line| (*line, SourceId::NONE)), &mut errors)
    /// };
    /// let none = |_: &str| Ok(Vec::new());
    /// let jobs = Jobs::new(&parse(&["momentum=0,0.9", "opt=sgd,adam"]), &none, 0)?;
    /// let condition = Condition::new("momentum", Origin::NONE, &parse(&["opt=sgd"]), &none)?;
    /// let jobs = jobs.when(&[condition], &|_| None)?;
    /// let lines: Vec<String> = jobs.iter().map(|job| job.lines().join(" ")).collect();
    /// assert_eq!(lines, ["momentum=0 opt=sgd", "momentum=0.9 opt=sgd", "opt=adam"]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// A condition on what is neither swept nor settled, or that leads back to itself; parameters that go together and do
    /// not apply together; too many combinations of values that others depend on.
    pub fn when(self, conditions: &[Condition], settled: &dyn Fn(&str) -> Option<Node>) -> Result<Self> {
        self.when_wished(conditions, settled, &mut Wishes::default())
    }

    /// The same, and whether any job has what the conditions ask for.
    pub(crate) fn when_wished(
        self,
        conditions: &[Condition],
        settled: &dyn Fn(&str) -> Option<Node>,
        wishes: &mut Wishes,
    ) -> Result<Self> {
        let swept: Vec<String> =
            self.factors().iter().flat_map(Factor::keys).map(|(key, _)| target(key).to_owned()).collect();
        let conditions: Vec<&Condition> =
            conditions.iter().filter(|condition| swept.contains(&condition.key)).collect();
        if conditions.is_empty() {
            return Ok(self);
        }
        check(&conditions, &swept, settled)?;
        let asked = |one: &Override| {
            let key = one.target.to_string();
            conditions.iter().flat_map(|condition| &condition.requires).any(|required| required.key == key)
        };
        let branches = self.branches(&asked)?;
        let mut parts = Vec::with_capacity(branches.len());
        for Branch { decided, jobs } in branches {
            let decided = decided.iter().map(|one| (one.target.to_string(), value(one))).collect();
            let mut case = Case { conditions: &conditions, settled, decided, known: HashMap::default() };
            case.look(&jobs, wishes);
            let left_out: HashSet<&str> = conditions
                .iter()
                .map(|condition| condition.key.as_str())
                .filter(|key| !case.applies(key))
                .collect();
            let (jobs, _) = jobs.without(&|key| left_out.contains(target(key)))?;
            parts.push((jobs, case.decided.keys().any(|key| left_out.contains(key.as_str()))));
        }
        match once(parts) {
            mut one if one.len() == 1 => one.pop().map_or_else(|| Self::of(Vec::new()), Ok),
            parts => Self::union(parts),
        }
    }
}

/// Conditions where what they ask for has one value each.
struct Case<'a> {
    conditions: &'a [&'a Condition],
    settled: &'a dyn Fn(&str) -> Option<Node>,
    /// What is swept, by the values of this case.
    decided: HashMap<String, Option<Node>>,
    /// Which parameters apply, as far as that was looked at.
    known: HashMap<&'a str, bool>,
}

impl<'a> Case<'a> {
    /// Whether a parameter applies.
    fn applies(&mut self, key: &'a str) -> bool {
        if let Some(known) = self.known.get(key) {
            return *known;
        }
        let conditions = self.conditions;
        let mut required =
            conditions.iter().filter(|condition| condition.key == key).flat_map(|one| &one.requires);
        let applies = required.all(|required| self.holds(required));
        self.known.insert(key, applies);
        applies
    }

    /// Takes down what the conditions of all that is swept find.
    fn look(&self, jobs: &Jobs, wishes: &mut Wishes) {
        let keys: HashSet<&str> =
            jobs.factors().iter().flat_map(Factor::keys).map(|(key, _)| target(key)).collect();
        for condition in self.conditions.iter().filter(|condition| keys.contains(condition.key.as_str())) {
            for required in &condition.requires {
                let value = self.decided.get(&required.key).cloned();
                let value = value.unwrap_or_else(|| (self.settled)(&required.key));
                wishes.look(condition, required, value.as_ref());
            }
        }
    }

    fn holds(&mut self, required: &'a Required) -> bool {
        let value = match self.decided.get(&required.key) {
            Some(value) => value.clone(),
            None => {
                return (self.settled)(&required.key).is_some_and(|value| required.values.contains(&value));
            }
        };
        value.is_some_and(|value| required.values.contains(&value)) && self.applies(&required.key)
    }
}

/// That everything that is asked for is known, and nothing leads back to itself.
pub(super) fn check(
    conditions: &[&Condition],
    swept: &[String],
    settled: &dyn Fn(&str) -> Option<Node>,
) -> Result<()> {
    let known = |required: &Required| swept.contains(&required.key) || settled(&required.key).is_some();
    let required = conditions.iter().flat_map(|one| one.requires.iter().map(|required| (*one, required)));
    let unknown = required.filter(|(_, required)| !known(required));
    let errors = unknown.map(|(condition, required)| unknown_key(condition, required, swept));
    Error::all(errors.chain(circles(conditions)).collect::<Vec<_>>()).map_or(Ok(()), Err)
}

fn unknown_key(condition: &Condition, required: &Required, swept: &[String]) -> Error {
    let message =
        format!("`{}` is neither swept nor in the config, so nothing can depend on it", required.key);
    let error = Error::new(ErrorKind::Sweep, message).at(condition.origin, "asked for here");
    match did_you_mean(&required.key, swept.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.note(format!("swept are {}", listed(swept))),
    }
}

/// An error for each condition that leads back to itself.
fn circles(conditions: &[&Condition]) -> Vec<Error> {
    let mut errors = Vec::new();
    for condition in conditions {
        let (mut seen, mut open) = (Vec::new(), vec![condition.key.as_str()]);
        while let Some(key) = open.pop() {
            let own = conditions.iter().filter(|other| other.key == key);
            for required in own.flat_map(|other| &other.requires) {
                if required.key == condition.key {
                    let message = format!("whether `{}` applies depends on itself", condition.key);
                    let error = Error::new(ErrorKind::Sweep, message);
                    errors.push(error.at(condition.origin, "its condition leads back to it"));
                } else if !seen.contains(&required.key.as_str()) {
                    seen.push(required.key.as_str());
                    open.push(required.key.as_str());
                }
            }
        }
    }
    errors
}
