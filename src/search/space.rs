//! The parameters that a search can change.

use crate::search::domain::{Domain, DomainFlaw, Value};

/// One parameter of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name; the search itself does not look at it.
    pub name: String,
    /// What values it can have.
    pub domain: Domain,
    /// When it has one at all: all of these must hold.
    pub when: Vec<Condition>,
}

/// A condition of a parameter: another one has one of some values.
///
/// It does not hold if that one has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The index of the other parameter.
    pub on: usize,
    /// The values that it may have.
    pub among: Vec<Value>,
}

impl Parameter {
    /// A parameter that always has a value.
    pub fn new(name: impl Into<String>, domain: Domain) -> Self {
        Self { name: name.into(), domain, when: Vec::new() }
    }

    /// The same with one more condition.
    #[must_use]
    pub fn when(mut self, on: usize, among: impl IntoIterator<Item = Value>) -> Self {
        self.when.push(Condition { on, among: among.into_iter().collect() });
        self
    }
}

/// A value for each parameter of a space, in its order; `None` where the parameter does not apply.
pub type Point = Vec<Option<Value>>;

/// What is wrong with a space: the parameter, by its index, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpaceFlaw {
    /// Its domain is none.
    Domain(usize, DomainFlaw),
    /// It has a condition on a parameter that does not exist.
    Unknown(usize),
    /// Whether it applies depends on itself.
    Circular(usize),
}

/// The parameters that a search can change.
///
/// ```
/// use mainstem::search::{Domain, Parameter, Space, Value};
/// let space = Space::new(vec![
///     Parameter::new("opt", Domain::choice(2)),
///     Parameter::new("lr", Domain::log_float(1e-5, 1.0)),
///     Parameter::new("momentum", Domain::float(0.0, 0.99)).when(0, [Value::Choice(1)]),
/// ])?;
/// assert_eq!(space.at(&[0.1, 1.0, 0.5]), [Some(Value::Choice(0)), Some(Value::Float(1.0)), None]);
/// # Ok::<(), mainstem::search::SpaceFlaw>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    parameters: Vec<Parameter>,
    /// Indices, each after those that it depends on.
    order: Vec<usize>,
}

impl Space {
    /// The space of these parameters, in this order.
    ///
    /// # Errors
    /// The first parameter whose domain or condition makes no sense.
    pub fn new(parameters: Vec<Parameter>) -> Result<Self, SpaceFlaw> {
        for (index, parameter) in parameters.iter().enumerate() {
            if let Some(flaw) = parameter.domain.flaw() {
                return Err(SpaceFlaw::Domain(index, flaw));
            }
            if parameter.when.iter().any(|condition| condition.on >= parameters.len()) {
                return Err(SpaceFlaw::Unknown(index));
            }
        }
        let mut order: Vec<usize> = Vec::new();
        let mut placed = vec![false; parameters.len()];
        while order.len() < parameters.len() {
            let ready: Vec<usize> = (0..parameters.len())
                .filter(|index| !placed[*index])
                .filter(|index| parameters[*index].when.iter().all(|condition| placed[condition.on]))
                .collect();
            if ready.is_empty() {
                return Err(SpaceFlaw::Circular(placed.iter().position(|placed| !placed).unwrap_or(0)));
            }
            for index in ready {
                placed[index] = true;
                order.push(index);
            }
        }
        Ok(Self { parameters, order })
    }

    /// Its parameters.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How many parameters it has.
    pub fn len(&self) -> usize {
        self.parameters.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// Whether some parameter does not always apply.
    pub fn conditional(&self) -> bool {
        self.parameters.iter().any(|parameter| !parameter.when.is_empty())
    }

    /// How many points there are, if none of the parameters is a float without steps and all always apply.
    pub fn points(&self) -> Option<u64> {
        if self.conditional() {
            return None;
        }
        self.parameters
            .iter()
            .try_fold(1_u64, |product, parameter| product.checked_mul(parameter.domain.count()?))
    }

    /// Indices of the parameters, each after those that it depends on.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Whether the parameter applies, by the values that are known of those that it depends on.
    pub(crate) fn applies(&self, index: usize, point: &[Option<Value>]) -> bool {
        self.parameters[index].when.iter().all(|condition| {
            point.get(condition.on).copied().flatten().is_some_and(|value| condition.among.contains(&value))
        })
    }

    /// The point at that place of the unit cube; a missing coordinate is a middle one.
    pub fn at(&self, units: &[f64]) -> Point {
        let mut point = vec![None; self.len()];
        for &index in &self.order {
            if self.applies(index, &point) {
                point[index] =
                    Some(self.parameters[index].domain.at(units.get(index).copied().unwrap_or(0.5)));
            }
        }
        point
    }

    /// Where in the unit cube the point lies; `absent` where a parameter does not apply.
    pub(crate) fn units(&self, point: &[Option<Value>], absent: f64) -> Vec<f64> {
        let at = |(index, parameter): (usize, &Parameter)| {
            point.get(index).copied().flatten().map_or(absent, |value| parameter.domain.unit(value))
        };
        self.parameters.iter().enumerate().map(at).collect()
    }

    /// Whether the point is one of this space: every value is one of its domain, and there is one where it applies.
    pub fn contains(&self, point: &[Option<Value>]) -> bool {
        point.len() == self.len()
            && self.parameters.iter().enumerate().all(|(index, parameter)| match point[index] {
                Some(value) => self.applies(index, point) && parameter.domain.contains(value),
                None => !self.applies(index, point),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_conditions_in_any_order() {
        let space = Space::new(vec![
            Parameter::new("c", Domain::float(0.0, 1.0)).when(1, [Value::Integer(2)]),
            Parameter::new("b", Domain::integer(1, 2)).when(2, [Value::Choice(1)]),
            Parameter::new("a", Domain::choice(2)),
        ])
        .unwrap();
        assert_eq!(space.order(), [2, 1, 0]);
        let all = space.at(&[0.5, 1.0, 1.0]);
        assert_eq!(all, [Some(Value::Float(0.5)), Some(Value::Integer(2)), Some(Value::Choice(1))]);
        let none = space.at(&[0.5, 1.0, 0.0]);
        assert_eq!(none, [None, None, Some(Value::Choice(0))]);
        assert!(space.contains(&all) && space.contains(&none));
        assert!(!space.contains(&[None, None, Some(Value::Choice(1))]));
        assert!(!space.contains(&[Some(Value::Float(0.5)), None, Some(Value::Choice(0))]));
        assert!(!space.contains(&[]));
        assert_eq!(space.units(&none, -1.0), [-1.0, -1.0, 0.25]);
    }

    #[test]
    fn flaws() {
        let bad = |parameters| Space::new(parameters).unwrap_err();
        assert_eq!(
            bad(vec![Parameter::new("a", Domain::choice(0))]),
            SpaceFlaw::Domain(0, DomainFlaw::Empty)
        );
        assert_eq!(bad(vec![Parameter::new("a", Domain::choice(2)).when(1, [])]), SpaceFlaw::Unknown(0));
        assert_eq!(bad(vec![Parameter::new("a", Domain::choice(2)).when(0, [])]), SpaceFlaw::Circular(0));
    }

    #[test]
    fn how_many_points() {
        let space = |domains: &[Domain]| {
            Space::new(domains.iter().map(|domain| Parameter::new("x", *domain)).collect()).unwrap()
        };
        assert_eq!(space(&[Domain::choice(3), Domain::integer(0, 4)]).points(), Some(15));
        assert_eq!(space(&[Domain::choice(3), Domain::float(0.0, 4.0)]).points(), None);
        assert_eq!(space(&[Domain::integer(i64::MIN, i64::MAX); 2]).points(), None);
    }
}
