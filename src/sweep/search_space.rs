//! The search space that overrides span.

use crate::diag::{Error, ErrorKind, Result};
use crate::grammar::Override;
use crate::search::{Condition as When, Parameter, Point, Space, Value};
use crate::sweep::condition::{Condition, Required, check};
use crate::sweep::dimension::Dimension;
use crate::sweep::jobs::Jobs;
use crate::sweep::unmet::Unmet;
use crate::value::{IndexMap, Node};

/// What a search may try: the overrides of its jobs in the order in which they were typed, of which some have one value and
/// the others are searched.
///
/// Listed values are told apart and nothing more, unless they are numbers; a range is numbers at equal distances; an interval
/// is all that lies between its ends, which `tag(log,…)` searches on a logarithmic scale, and `int(…)` among the integers.
///
/// ```
/// use mainstem::diag::{Error, SourceId};
/// use mainstem::grammar::parse_overrides;
/// use mainstem::sweep::SearchSpace;
/// let mut errors: Vec<Error> = Vec::new();
/// let lines = ["lr=tag(log,interval(1e-5,0.1))", "model=knn,forest", "seed=1"].map(|line| (line, SourceId::NONE));
/// let space = SearchSpace::new(&parse_overrides(lines, &mut errors), &|_| Ok(Vec::new()), 0)?;
/// assert_eq!(space.space().parameters()[0].name, "lr");
/// // What is tried before anything is searched.
/// let corners: Vec<String> = space.corners()?.iter().map(|job| job.lines().join(" ")).collect();
/// assert_eq!(corners[0], "lr=1e-05 model=knn seed=1");
/// assert_eq!(corners.len(), 3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SearchSpace {
    parts: Vec<Part>,
    space: Space,
    /// What is swept, and applies nowhere.
    unmet: Vec<Unmet>,
}

/// Why a point is none of a search space.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Misfit {
    /// Nobody says a value of this parameter.
    Missing(String),
    /// This parameter cannot have that value.
    Outside(String, Node),
}

/// An override of all jobs, or of those in which it applies.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    key: String,
    dimension: Dimension,
    role: Role,
}

/// What a search does about an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Every job has it.
    Fixed,
    /// It is the parameter of that number.
    Searched(usize),
    /// No job has it.
    Never,
}

impl SearchSpace {
    /// What overrides span; `options` and `seed` are those of [`Jobs::new`]. One whose left side comes again later is
    /// replaced by the later one, in the place of the first.
    ///
    /// # Errors
    /// All mistakes together, as of [`Jobs::new`]; intervals without anything in them.
    pub fn new(
        overrides: &[Override],
        options: &dyn Fn(&str) -> Result<Vec<String>>,
        seed: u64,
    ) -> Result<Self> {
        let mut dimensions = IndexMap::default();
        let mut errors = Vec::new();
        for one in overrides {
            match Dimension::new(one, options, seed) {
                Ok(dimension) => drop(dimensions.insert(one.key_element(), dimension)),
                Err(error) => errors.push(error),
            }
        }
        if let Some(error) = Error::all(errors) {
            return Err(error);
        }
        let parts = dimensions.into_iter().map(|(key, dimension)| Part { key, dimension, role: Role::Fixed });
        let parts: Vec<Part> = parts.collect();
        let depends = vec![Depends::default(); parts.len()];
        Self::of(parts, &depends)
    }

    fn of(mut parts: Vec<Part>, depends: &[Depends]) -> Result<Self> {
        let mut count = 0;
        for (part, depends) in parts.iter_mut().zip(depends) {
            part.role = match depends {
                Depends { never: true, .. } => Role::Never,
                Depends { on, .. } if on.is_empty() && part.dimension.is_fixed() => Role::Fixed,
                _ => {
                    count += 1;
                    Role::Searched(count - 1)
                }
            };
        }
        let mut parameters = Vec::with_capacity(count);
        for (part, depends) in parts.iter().zip(depends) {
            if let Role::Searched(_) = part.role {
                let when = depends.on.iter().filter_map(|(on, among)| match parts.get(*on)?.role {
                    Role::Searched(on) => Some(When { on, among: among.clone() }),
                    // What every job has, has its one value.
                    Role::Fixed | Role::Never => None,
                });
                let (name, domain) = (part.key.clone(), part.dimension.domain());
                parameters.push(Parameter { name, domain, when: when.collect() });
            }
        }
        // Domains and circles were looked at, so that there is no flaw left that could be told better.
        let space = Space::new(parameters)
            .map_err(|flaw| Error::new(ErrorKind::Sweep, format!("the search space has a flaw: {flaw:?}")))?;
        Ok(Self { parts, space, unmet: Vec::new() })
    }

    /// The same with parameters that apply only where a condition holds, as [`Jobs::when`] says it.
    ///
    /// # Errors
    /// As of [`Jobs::when`]; a condition on what is searched in an interval.
    pub fn when(self, conditions: &[Condition], settled: &dyn Fn(&str) -> Option<Node>) -> Result<Self> {
        let keys: Vec<String> = self.parts.iter().map(|part| part.dimension.target()).collect();
        let conditions: Vec<&Condition> = conditions.iter().filter(|one| keys.contains(&one.key)).collect();
        check(&conditions, &keys, settled)?;
        let mut unmet = Vec::new();
        let mut depends = vec![Depends::default(); self.parts.len()];
        for condition in &conditions {
            for (depends, _) in depends.iter_mut().zip(&keys).filter(|(_, key)| **key == condition.key) {
                for required in &condition.requires {
                    match keys.iter().position(|key| *key == required.key) {
                        Some(on) => {
                            let among = self.allowed(on, required, condition)?;
                            if among.is_empty() {
                                let can = self.parts.get(on).map(|part| part.dimension.values());
                                unmet.push(Unmet::new(condition, required, can.unwrap_or_default()));
                            }
                            depends.on.push((on, among));
                        }
                        None => {
                            let value = settled(&required.key);
                            if !value.as_ref().is_some_and(|value| required.values.contains(value)) {
                                unmet.push(Unmet::new(condition, required, value.into_iter().collect()));
                                depends.never = true;
                            }
                        }
                    }
                }
            }
        }
        // What depends on what never applies never does: at most so many times until nothing changes.
        for _ in 0..depends.len() {
            let lost: Vec<bool> = depends
                .iter()
                .map(|own| {
                    own.on
                        .iter()
                        .any(|(on, among)| among.is_empty() || depends.get(*on).is_some_and(|on| on.never))
                })
                .collect();
            let lost = depends.iter_mut().zip(lost).filter(|(own, lost)| *lost && !own.never);
            if lost.map(|(own, _)| own.never = true).count() == 0 {
                break;
            }
        }
        Ok(Self { unmet, ..Self::of(self.parts, &depends)? })
    }

    /// What is swept and never applies, since no job can meet its condition.
    pub fn unmet(&self) -> impl Iterator<Item = Error> {
        self.unmet.iter().map(|one| one.told("searched"))
    }

    /// The value that every job has of what is given and not searched.
    pub fn fixed(&self, key: &str) -> Option<Node> {
        let is_fixed = |part: &&Part| part.role == Role::Fixed && part.dimension.target() == key;
        self.parts.iter().find(is_fixed)?.dimension.values().into_iter().next()
    }

    /// The values of a part that a condition allows.
    fn allowed(&self, part: usize, required: &Required, condition: &Condition) -> Result<Vec<Value>> {
        let Some(part) = self.parts.get(part) else { return Ok(Vec::new()) };
        if !part.dimension.has_numbers() {
            let message = format!("`{}` is searched in an interval, so nothing can depend on it", part.key);
            let error = Error::new(ErrorKind::Sweep, message).at(condition.origin, "asked for here");
            let error = error.at(part.dimension.origin(), "the interval");
            return Err(error.help("list its values, or take the condition away"));
        }
        Ok(part.dimension.numbered(|value| required.values.contains(value)))
    }

    /// What a sampler sees of it: the parameters in the order in which they were typed.
    pub fn space(&self) -> &Space {
        &self.space
    }

    fn searched(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| matches!(part.role, Role::Searched(_)))
    }

    /// The override that a value of a parameter is.
    pub fn at(&self, parameter: usize, value: Value) -> Option<Override> {
        self.searched().nth(parameter)?.dimension.at(value)
    }

    /// As they were typed: what is searched.
    pub fn typed(&self) -> impl Iterator<Item = &Override> {
        self.searched().map(|part| part.dimension.typed())
    }

    /// As they were typed: what is searched among all floats between two ends.
    pub fn intervals(&self) -> impl Iterator<Item = &Override> {
        let is_interval = |part: &&Part| part.dimension.domain().count().is_none();
        self.searched().filter(is_interval).map(|part| part.dimension.typed())
    }

    /// The overrides of the job at a point; none if it is none of this space.
    pub fn overrides(&self, point: &Point) -> Option<Vec<Override>> {
        let mut overrides = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let value = match part.role {
                Role::Fixed => part.dimension.corners().first().copied(),
                Role::Searched(parameter) => point.get(parameter).copied()?,
                Role::Never => None,
            };
            if let Some(value) = value {
                overrides.push(part.dimension.at(value)?);
            }
        }
        Some(overrides)
    }

    /// The point at which each parameter has the value that a function says for its key, with or without its prefix. What
    /// does not apply is not asked for.
    ///
    /// # Errors
    /// There is none such in the space.
    pub fn point(&self, value: &dyn Fn(&str) -> Option<Node>) -> std::result::Result<Point, Misfit> {
        let parts: Vec<&Part> = self.searched().collect();
        let mut point: Point = vec![None; parts.len()];
        for &parameter in self.space.order() {
            if !self.space.applies(parameter, &point) {
                continue;
            }
            let (Some(part), Some(slot)) = (parts.get(parameter), point.get_mut(parameter)) else { continue };
            let target = part.dimension.target();
            let Some(node) = value(&part.key).or_else(|| value(&target)) else {
                return Err(Misfit::Missing(target));
            };
            *slot = Some(part.dimension.value(&node).ok_or(Misfit::Outside(target, node))?);
        }
        Ok(point)
    }

    /// Jobs with every value that was listed, and with the ends of every range and interval. What is wrong with a value is
    /// wrong in one of these, as far as it can be known before a search begins.
    ///
    /// # Errors
    /// Too many to count.
    pub fn corners(&self) -> Result<Jobs> {
        let corners: Vec<Vec<Value>> = self.searched().map(|part| part.dimension.corners()).collect();
        let first: Vec<Option<Value>> = corners.iter().map(|values| values.first().copied()).collect();
        let each = corners
            .iter()
            .enumerate()
            .flat_map(|(at, values)| values.iter().skip(1).map(move |one| (at, *one)));
        let points = std::iter::once(first.clone()).chain(each.map(|(parameter, value)| {
            let mut point = first.clone();
            self.settle(parameter, value, &mut point);
            point
        }));
        let jobs = points.filter_map(|mut point| {
            for &parameter in self.space.order() {
                if !self.space.applies(parameter, &point) {
                    *point.get_mut(parameter)? = None;
                }
            }
            Some(Jobs::fixed(self.overrides(&point)?))
        });
        Jobs::union(jobs.collect::<Result<_>>()?)
    }

    /// Gives a parameter a value, and those that it depends on one with which it applies.
    fn settle(&self, parameter: usize, value: Value, point: &mut [Option<Value>]) {
        let mut wanted: Vec<Option<Value>> = vec![None; point.len()];
        if let Some(slot) = wanted.get_mut(parameter) {
            *slot = Some(value);
        }
        // What others depend on comes last.
        for &at in self.space.order().iter().rev() {
            let Some(value) = wanted.get(at).copied().flatten() else { continue };
            if let Some(slot) = point.get_mut(at) {
                *slot = Some(value);
            }
            for when in self.space.parameters().get(at).into_iter().flat_map(|one| &one.when) {
                let kept = point.get(when.on).copied().flatten().filter(|value| when.among.contains(value));
                if let Some(slot) = wanted.get_mut(when.on) {
                    *slot = slot.or(kept).or(when.among.first().copied());
                }
            }
        }
    }
}

/// Where an override applies.
#[derive(Clone, Debug, Default)]
struct Depends {
    /// Nowhere.
    never: bool,
    /// Where overrides of these numbers have one of these values.
    on: Vec<(usize, Vec<Value>)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Origin, SourceId};
    use crate::grammar::parse_overrides;

    fn parse(lines: &[&str]) -> Vec<Override> {
        let mut errors: Vec<Error> = Vec::new();
        let overrides = parse_overrides(lines.iter().map(|line| (*line, SourceId::NONE)), &mut errors);
        assert!(errors.is_empty());
        overrides
    }

    fn space(lines: &[&str]) -> Result<SearchSpace> {
        SearchSpace::new(&parse(lines), &|_| Ok(Vec::new()), 0)
    }

    fn condition(key: &str, requires: &[&str]) -> Condition {
        Condition::new(key, Origin::NONE, &parse(requires), &|_| Ok(Vec::new())).unwrap()
    }

    fn keys(space: &SearchSpace) -> Vec<&str> {
        space.space().parameters().iter().map(|one| one.name.as_str()).collect()
    }

    fn corners(space: &SearchSpace) -> Vec<String> {
        space.corners().unwrap().iter().map(|job| job.lines().join(" ")).collect()
    }

    #[test]
    fn corners_have_every_value_and_the_ends_of_what_has_no_values() {
        let space =
            space(&["a=x,y,z", "n=1", "b=int(interval(1,8))", "c=range(0,10,3)", "d=interval(0,1)"]).unwrap();
        assert_eq!(keys(&space), ["a", "b", "c", "d"]);
        assert_eq!(
            corners(&space),
            [
                "a=x n=1 b=1 c=0 d=0.0",
                "a=y n=1 b=1 c=0 d=0.0",
                "a=z n=1 b=1 c=0 d=0.0",
                "a=x n=1 b=8 c=0 d=0.0",
                "a=x n=1 b=1 c=9 d=0.0",
                "a=x n=1 b=1 c=0 d=1.0"
            ]
        );
    }

    #[test]
    fn a_value_is_tried_where_it_applies() {
        let space = space(&["k=1,2", "beta=0.5,0.9", "opt=sgd,adam", "off=1,2"]).unwrap();
        let conditions = [
            condition("beta", &["opt=adam"]),
            condition("k", &["beta=0.9"]),
            condition("off", &["mode=none"]),
        ];
        let space = space.when(&conditions, &|key| (key == "mode").then(|| Node::from("all"))).unwrap();
        assert_eq!(keys(&space), ["k", "beta", "opt"]);
        let unmet: Vec<String> = space.unmet().map(|error| error.message().to_owned()).collect();
        assert_eq!(unmet, ["`off` is never searched: it applies where `mode` is none, and `mode` is all"]);
        assert_eq!(space.space().order(), [2, 1, 0]);
        let point = space.point(&|key| match key {
            "opt" => Some(Node::from("adam")),
            "beta" => Some(Node::from(0.5)),
            _ => None,
        });
        let overrides = space.overrides(&point.unwrap()).unwrap();
        assert_eq!(
            overrides.iter().map(|one| one.line.as_str()).collect::<Vec<_>>(),
            ["beta=0.5", "opt=adam"]
        );
        assert_eq!(
            corners(&space),
            ["opt=sgd", "k=2 beta=0.9 opt=adam", "k=1 beta=0.9 opt=adam", "beta=0.5 opt=adam"]
        );
    }

    #[test]
    fn a_condition_that_no_job_meets_is_told() {
        let space = space(&["momentum=0.5,0.9", "opt=sgd,adam", "k=1,2", "n=7"]).unwrap();
        let conditions = [condition("momentum", &["opt=sdg"]), condition("k", &["momentum=0.5"])];
        let space = space.when(&conditions, &|_| None).unwrap();
        assert_eq!(keys(&space), ["opt"]);
        let unmet: Vec<Error> = space.unmet().collect();
        let told = "`momentum` is never searched: it applies where `opt` is sdg, and `opt` can be sgd, adam";
        assert_eq!((unmet.len(), unmet[0].message()), (1, told));
        assert_eq!(unmet[0].helps(), ["did you mean `sgd`?"]);
        assert_eq!((space.fixed("n"), space.fixed("k")), (Some(Node::from(7)), None));
    }

    #[test]
    fn why_a_point_is_none_is_told() {
        let space = space(&["a=interval(0,1)", "++b=1,2"]).unwrap();
        let point = |a: Option<f64>, b: i64| {
            space.point(&|key| if key == "a" { a.map(Node::from) } else { Some(Node::from(b)) })
        };
        assert!(point(Some(0.5), 2).is_ok());
        assert_eq!(point(None, 2), Err(Misfit::Missing("a".to_owned())));
        assert_eq!(point(Some(0.5), 3), Err(Misfit::Outside("b".to_owned(), Node::from(3))));
    }

    #[test]
    fn what_cannot_be_searched_is_told() {
        for (line, told) in [
            ("a=interval(2,1)", "the interval of `a` ends before it begins"),
            (
                "a=tag(log,interval(0,1))",
                "`a` is searched on a logarithmic scale, and its interval does not begin above 0",
            ),
            ("a=interval(0,inf)", "the interval of `a` has no finite length"),
            (
                "a=int(interval(0,9007199254740992))",
                "`a` is searched among integers that floats do not tell apart",
            ),
            ("a=int(interval(-1e30,1))", "`a` is searched among integers that floats do not tell apart"),
            ("a=range(0)", "`a` has no value to sweep over"),
        ] {
            assert_eq!(space(&[line]).unwrap_err().message(), told);
        }
        assert!(space(&["a=int(interval(-9007199254740991,9007199254740991))"]).is_ok());
        let space = space(&["a=interval(0,1)", "b=1,2"]).unwrap();
        let error = space.when(&[condition("b", &["a=0.5"])], &|_| None).unwrap_err();
        assert_eq!(error.message(), "`a` is searched in an interval, so nothing can depend on it");
    }
}
