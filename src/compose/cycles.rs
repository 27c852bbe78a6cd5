//! Interpolations that lead back to themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::compose::dangling::{Dangle, roots};
use crate::diag::{Error, ErrorKind, Origin};
use crate::resolve::{Context, Scope};
use crate::value::{Key, KeyPath, Kind, Node, Template};

/// So deep may values nest.
const DEPTH: usize = 300;

/// What following every interpolation of a tree shows.
#[derive(Default)]
pub(crate) struct Followed {
    /// Circles, each once; and a value that is too large, behind which nothing is followed.
    pub(crate) circles: Vec<Error>,
    /// What refers to something that is not there.
    pub(crate) dangling: Vec<Dangle>,
    /// What leads somewhere.
    pub(crate) fine: Vec<Origin>,
}

/// Follows all interpolations. What cannot be resolved for another reason is passed over.
pub(crate) fn followed(root: &Node, context: Context<'_>) -> Followed {
    let mut found = Followed::default();
    let mut links = Vec::new();
    collect(root, &mut KeyPath::default(), &mut links);
    if links.is_empty() {
        return found;
    }
    let scope = Scope::new(root, context);
    let mut told: HashSet<Origin> = HashSet::new();
    let mut rings = Rings::default();
    for (path, origin, template) in links {
        match scope.extent(&path) {
            Err(error) if error.kind() == ErrorKind::Cycle => {
                // Every link of a circle finds it.
                let fresh = !error.labels().iter().any(|label| told.contains(&label.origin));
                told.extend(error.labels().iter().map(|label| label.origin));
                if fresh {
                    found.circles.push(error);
                }
            }
            Ok(Some(target))
                if scope.select_shallow(&path).is_ok_and(|end| end.is_some_and(|end| end.is_container())) =>
            {
                rings.links.push(Link { path, target, origin });
                found.fine.push(origin);
            }
            // What comes behind it would fail after as much work.
            Err(error) if error.kind() == ErrorKind::Limit => {
                found.circles.push(error);
                break;
            }
            // What it refers to may dangle itself: that is told there.
            Err(error) if error.kind() == ErrorKind::Interpolation && error.is_about(origin) => {
                let roots = roots(&template);
                found.dangling.push(Dangle { origin, error, roots });
            }
            Ok(_) => found.fine.push(origin),
            Err(_) => {}
        }
    }
    found.circles.extend(rings.find());
    found
}

fn collect(node: &Node, path: &mut KeyPath, links: &mut Vec<(KeyPath, Origin, Arc<Template>)>) {
    if path.len() > DEPTH {
        return;
    }
    let mut below = |key: Key, node: &Node| {
        if node.is_container() || matches!(node.kind, Kind::Template(_)) {
            path.push(key);
            collect(node, path, links);
            path.pop();
        }
    };
    match &node.kind {
        Kind::Map(map) => map.iter().for_each(|(key, slot)| below(key.clone(), &slot.node)),
        Kind::List(items) => (0_i64..).zip(items.iter()).for_each(|(i, item)| below(Key::Int(i), item)),
        Kind::Template(template) => links.push((path.clone(), node.origin, Arc::clone(template))),
        _ => {}
    }
}

/// A value that stands for a mapping or a list elsewhere.
struct Link {
    path: KeyPath,
    target: KeyPath,
    origin: Origin,
}

/// Mappings and lists that hold each other by way of links: none of them ends.
#[derive(Default)]
struct Rings {
    links: Vec<Link>,
}

/// How far a target is searched.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Done,
}

impl Rings {
    /// The links inside of every target.
    fn inside(&self) -> HashMap<&KeyPath, Vec<usize>> {
        let mut inside: HashMap<&KeyPath, Vec<usize>> =
            self.links.iter().map(|link| (&link.target, Vec::new())).collect();
        for (index, link) in self.links.iter().enumerate() {
            let mut above = link.path.clone();
            while above.pop().is_some() {
                if let Some(links) = inside.get_mut(&above) {
                    links.push(index);
                }
            }
        }
        inside
    }

    /// Goes from target to target, depth first; a target that is met again while it is open closes a ring.
    fn find(&self) -> Vec<Error> {
        let inside = self.inside();
        let mut states: HashMap<&KeyPath, State> = HashMap::new();
        let mut found = Vec::new();
        // Many links may close the same ring.
        let mut closed: HashSet<(&KeyPath, &KeyPath)> = HashSet::new();
        for start in 0..self.links.len() {
            // The link that was taken, and how many of the links inside its target were.
            let mut trail: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((link, next)) = trail.last_mut() {
                let target = &self.links[*link].target;
                if *next == 0 && states.get(target) == Some(&State::Done) {
                    trail.pop();
                    continue;
                }
                states.insert(target, State::Open);
                let Some(&below) = inside.get(target).and_then(|links| links.get(*next)) else {
                    states.insert(target, State::Done);
                    trail.pop();
                    continue;
                };
                *next += 1;
                let back = &self.links[below].target;
                if states.get(back) == Some(&State::Open) {
                    if !closed.insert((target, back)) {
                        continue;
                    }
                    let ring = trail.iter().map(|(link, _)| *link).chain([below]);
                    let from = trail.iter().position(|(link, _)| self.links[*link].target == *back);
                    found.push(self.ring(&ring.skip(from.unwrap_or(0) + 1).collect::<Vec<_>>()));
                } else {
                    trail.push((below, 0));
                }
            }
        }
        found
    }

    fn ring(&self, links: &[usize]) -> Error {
        let links: Vec<&Link> = links.iter().map(|&link| &self.links[link]).collect();
        let names: Vec<String> =
            links.iter().take(8).map(|link| format!("`{}` is `{}`", link.path, link.target)).collect();
        let error =
            Error::new(ErrorKind::Cycle, format!("values hold each other without end: {}", names.join(", ")));
        links
            .into_iter()
            .take(8)
            .fold(error, |error, link| error.at(link.origin, format!("`{}`", link.target)))
    }
}
