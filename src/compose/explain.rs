//! Who set a value, and who was overridden; and what it takes from elsewhere.

use std::collections::HashSet;

use crate::compose::composed::{Composed, RESERVED};
use crate::compose::composer::Composer;
use crate::compose::replay::{Step, get};
use crate::compose::slips::Slips;
use crate::diag::{Error, ErrorKind, Result, did_you_mean, listed_near};
use crate::resolve::{Input, Scope};
use crate::value::{Key, KeyPath, Kind, Node};

/// The history of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Where the value stands, as it was asked for: interpolations may be on the way to it.
    pub path: KeyPath,
    /// The value as it is written; `None` if there is none: the last step took it away, or there never was one.
    pub value: Option<Node>,
    /// What happened to it, in order. The last step is in force.
    pub steps: Vec<Step>,
    /// The histories of the values that it refers to, or that lead to it.
    pub targets: Vec<Explanation>,
    /// What else it takes from outside of itself.
    pub inputs: Vec<Input>,
    /// How much of this is told.
    pub told: Told,
}

/// How much of a history is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// All of it.
    Here,
    /// Only that it is there: the rest is told above, where it was met first. Values that refer to each other end so.
    Above,
    /// Only that it is there: so many values lead to it that this one is left out.
    Not,
}

/// So many references are followed in a row.
const DEEPEST: usize = 64;
/// The histories of so many values are told.
const MOST: usize = 500;

impl Composer {
    /// Replays a composition and notes everything that happens to the value at a path, and to those it refers to.
    ///
    /// ```
    /// use mainstem::compose::{Change, Composer, Memory, Mode, Provided, Repository};
    /// use mainstem::facts::Facts;
    /// use mainstem::value::KeyPath;
    /// let conf = Memory::new().text("config", "a: {b: 1}\nc: ${a}");
    /// let composer = Composer::new(Repository::new(vec![Provided::new("main", conf)]), Facts::default());
    /// let arguments = composer.arguments(Some("config"), &["a.b=2"])?;
    /// let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
    /// let found = composer.explain(&composed, &KeyPath::parse("c.b"))?;
    /// let [c, ab] = &*found.targets else { panic!() };
    /// assert_eq!((c.path.to_string(), ab.path.to_string()), ("c".to_owned(), "a.b".to_owned()));
    /// assert_eq!(ab.steps.len(), 2);
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    ///
    /// # Errors
    /// There never was such a value.
    pub fn explain(&self, composed: &Composed, path: &KeyPath) -> Result<Explanation> {
        let scope = Scope::new(composed.root(), self.context(&|_| {}).with_schema(composed.schema()));
        let mut teller = Teller { root: composed.root(), scope, told: HashSet::new(), paths: Vec::new() };
        let mut found = teller.tell(path, 0);
        let mut steps = self.replay(composed, &teller.paths).into_iter();
        give(&mut found, &mut steps);
        if found.value.is_none() && found.steps.is_empty() && found.targets.is_empty() {
            return Err(unknown(composed, path).located(composed.sources()));
        }
        composed.secrecy().veil(&mut found);
        Ok(found)
    }
}

/// Hands out the steps in the order in which the values were met.
fn give(found: &mut Explanation, steps: &mut impl Iterator<Item = Vec<Step>>) {
    if found.told == Told::Here {
        found.steps = steps.next().unwrap_or_default();
    }
    for target in &mut found.targets {
        give(target, steps);
    }
}

/// Goes from a value to those that it refers to.
struct Teller<'a> {
    root: &'a Node,
    scope: Scope<'a>,
    /// Told in full.
    told: HashSet<String>,
    /// Whose steps are wanted, in the order in which they were met.
    paths: Vec<KeyPath>,
}

impl Teller<'_> {
    fn tell(&mut self, path: &KeyPath, depth: usize) -> Explanation {
        let value = get(self.root, path).cloned();
        if depth >= DEEPEST || self.paths.len() >= MOST {
            return Explanation { told: Told::Not, ..alone(path, value) };
        }
        if !self.told.insert(path.to_string()) {
            return Explanation { told: Told::Above, ..alone(path, value) };
        }
        self.paths.push(path.clone());
        match value {
            Some(value) => self.with_inputs(alone(path, Some(value)), depth),
            None => self.through(path, depth),
        }
    }

    /// What an interpolation takes from elsewhere.
    fn with_inputs(&mut self, mut found: Explanation, depth: usize) -> Explanation {
        for input in self.scope.inputs(&found.path) {
            match input {
                Input::Value(target) => found.targets.push(self.tell(&target, depth + 1)),
                input => found.inputs.push(input),
            }
        }
        found
    }

    /// A value that is not there as the path has it: an interpolation on the way may lead to it.
    fn through(&mut self, path: &KeyPath, depth: usize) -> Explanation {
        let mut found = alone(path, None);
        let Some((above, rest)) = interpolation_above(self.root, path) else { return found };
        found.value = self.scope.get(path).ok().flatten();
        let target = match self.scope.extent(&above) {
            Ok(Some(target)) => target.keys().iter().chain(rest).cloned().collect(),
            // What it stands for has no place in the tree: whoever makes it is told with it.
            _ => above.clone(),
        };
        if target != above {
            self.paths.push(above.clone());
            found.targets.push(alone(&above, get(self.root, &above).cloned()));
        } else if found.value.is_none() {
            return found;
        }
        found.targets.push(self.tell(&target, depth + 1));
        found
    }
}

fn alone(path: &KeyPath, value: Option<Node>) -> Explanation {
    let path = path.clone();
    Explanation { path, value, steps: Vec::new(), targets: Vec::new(), inputs: Vec::new(), told: Told::Here }
}

/// The interpolation on the way to a path, and the keys that go on from it.
fn interpolation_above<'p>(root: &Node, path: &'p KeyPath) -> Option<(KeyPath, &'p [Key])> {
    let keys = path.keys();
    let mut above = KeyPath::ROOT;
    for (i, key) in keys.iter().enumerate() {
        let node = get(root, &above)?;
        if matches!(node.kind, Kind::Template(_)) {
            return Some((above, &keys[i..]));
        }
        above.push(key.clone());
    }
    None
}

fn unknown(composed: &Composed, path: &KeyPath) -> Error {
    let root = composed.root();
    let error = Error::new(ErrorKind::UnknownKey, format!("there is no key `{path}`"));
    let mut at = path.clone();
    while let Some(key) = at.pop() {
        if let Some(map) = get(root, &at).and_then(Node::as_map) {
            let names = map.names(usize::MAX);
            let typed = key.to_string();
            return match did_you_mean(&typed, names.iter().map(AsRef::as_ref)) {
                Some(near) => error.help(format!("did you mean `{}`?", at.child(Key::from(near)))),
                None if at.is_empty() => {
                    let selection = composed.selection();
                    let slips = Slips { root, selection, typed: composed.sources(), before: 0 };
                    let elsewhere = slips.elsewhere(path.keys().last());
                    if !elsewhere.is_empty() {
                        let named: Vec<String> = elsewhere.iter().map(|path| format!("`{path}`")).collect();
                        return error.help(format!("did you mean {}?", named.join(" or ")));
                    }
                    // Those that are always there tell nothing about a config.
                    let own: Vec<_> =
                        names.iter().filter(|name| !RESERVED.contains(&name.as_ref())).cloned().collect();
                    if own.is_empty() {
                        error
                    } else {
                        error.note(format!("keys: {}", listed_near(&own, &typed)))
                    }
                }
                None => error.note(format!("keys of `{at}`: {}", listed_near(&names, &typed))),
            };
        }
    }
    error
}
