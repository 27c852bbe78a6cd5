//! Who set a value, and who was overridden: the composition is replayed, and one path watched.

use crate::compose::base::step;
use crate::compose::composed::Composed;
use crate::compose::composer::Composer;
use crate::diag::{Error, ErrorKind, Origin, Result, did_you_mean};
use crate::merge::assign;
use crate::resolve::{Context, Scope};
use crate::value::{Expression, Key, KeyPath, Kind, Map, Name, Node, Part, Reference, Text};

/// The history of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Where the value stands.
    pub path: KeyPath,
    /// The value as it is written; `None` if the last step took it away.
    pub value: Option<Node>,
    /// What happened to it, in order. The last step is in force.
    pub steps: Vec<Step>,
    /// The histories of the values that it refers to.
    pub targets: Vec<Explanation>,
}

/// One thing that happened to a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What happened.
    pub change: Change,
    /// Where the new value (or what replaced it) is written.
    pub origin: Origin,
    /// The value after the step; `None` if there is none.
    pub value: Option<Node>,
    /// Who did it.
    pub by: By,
}

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It was set, alone or with what holds it.
    Set,
    /// Something was merged into it.
    Merged,
    /// It was taken away, alone or with what held it.
    Removed,
}

/// Who changed a value.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// A config.
    Config {
        /// Its path.
        config_path: Text,
        /// Where its content lands.
        package: Text,
        /// What brought it in.
        why: Origin,
    },
    /// An override, counted from 0.
    Override(usize),
    /// The program itself, which fills in facts of the run.
    Program,
}

/// So many references are followed in a row.
const FOLLOWED: usize = 16;

impl Composer {
    /// Replays a composition and notes everything that happens to the value at a path.
    ///
    /// # Errors
    /// There never was such a value.
    pub fn explain(&self, composed: &Composed, path: &KeyPath) -> Result<Explanation> {
        let mut seen = Vec::new();
        let found = self.history(composed, path, &mut seen);
        found.ok_or_else(|| unknown(composed.root(), path).located(composed.sources()))
    }

    fn history(&self, composed: &Composed, path: &KeyPath, seen: &mut Vec<KeyPath>) -> Option<Explanation> {
        if seen.len() >= FOLLOWED || seen.contains(path) {
            return None;
        }
        seen.push(path.clone());
        let steps = self.steps(composed, path);
        let value = get(composed.root(), path).cloned();
        if steps.is_empty() && value.is_none() {
            return None;
        }
        let paths = value.as_ref().map(|node| referred(composed.root(), path, node, self.context(&|_| {})));
        let targets =
            paths.unwrap_or_default().iter().filter_map(|path| self.history(composed, path, seen)).collect();
        Some(Explanation { path: path.clone(), value, steps, targets })
    }

    fn steps(&self, composed: &Composed, path: &KeyPath) -> Vec<Step> {
        let context = self.merging(&|_| {});
        let mut root = Node::from(Map::default());
        let mut schema = context.schema.clone();
        let mut steps = Vec::new();
        let mut watch = |root: &Node, before: Option<Node>, by: By| {
            steps.extend(changed(root, path, before.as_ref(), by));
        };
        for included in composed.selection().included() {
            let before = get(&root, path).cloned();
            // What was composed once composes again.
            let _ = step(&mut root, &mut schema, included, context, &mut ());
            let by = By::Config {
                config_path: included.config_path.clone(),
                package: included.package.clone(),
                why: included.why,
            };
            watch(&root, before, by);
        }
        for (index, assignment) in composed.assignments().iter().enumerate() {
            let before = get(&root, path).cloned();
            let _ = assign(&mut root, assignment, context.with_schema(&schema), &mut ());
            watch(&root, before, By::Override(index));
        }
        let before = get(&root, path).cloned();
        watch(composed.root(), before, By::Program);
        steps
    }
}

/// What became of the value at the path.
fn changed(root: &Node, path: &KeyPath, before: Option<&Node>, by: By) -> Option<Step> {
    let after = get(root, path);
    let (change, origin) = match (before, after) {
        (None, None) => return None,
        (None, Some(after)) => (Change::Set, after.origin),
        (Some(_), None) => (Change::Removed, nearest(root, path)),
        (Some(before), Some(after)) => {
            let both = before.is_container() && after.is_container();
            if before.origin != after.origin || !both && before != after {
                (Change::Set, after.origin)
            } else if !both || newest(before, after).is_none() {
                return None;
            } else {
                (Change::Merged, newest(before, after).unwrap_or(after.origin))
            }
        }
    };
    Some(Step { change, origin, value: after.cloned(), by })
}

/// Whether both are one and the same container.
fn shared(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Map(a), Kind::Map(b)) => std::sync::Arc::ptr_eq(a, b),
        (Kind::List(a), Kind::List(b)) => std::sync::Arc::ptr_eq(a, b),
        _ => false,
    }
}

/// The place of the first value inside that is new or other than before.
fn newest(before: &Node, after: &Node) -> Option<Origin> {
    let mut stack = vec![(before.clone(), after.clone())];
    while let Some((before, after)) = stack.pop() {
        if before.origin != after.origin {
            return Some(after.origin);
        }
        if shared(&before, &after) {
            continue;
        }
        match (&before.kind, &after.kind) {
            (Kind::Map(before), Kind::Map(after)) => {
                for (key, slot) in after.iter() {
                    match before.get(key) {
                        Some(old) => stack.push((old.clone(), slot.node.clone())),
                        None => return Some(slot.node.origin),
                    }
                }
                if before.len() > after.len() {
                    return Some(Origin::NONE);
                }
            }
            (a, b) if a == b => {}
            _ => return Some(after.origin),
        }
    }
    None
}

/// The value at a path, interpolations not followed.
fn get<'n>(root: &'n Node, path: &KeyPath) -> Option<&'n Node> {
    path.keys().iter().try_fold(root, |node, key| match key {
        Key::Str(text) => node.find(text).flatten().map(|(_, child)| child),
        key => node.child(key),
    })
}

/// The place of the nearest thing above a path that exists.
fn nearest(root: &Node, path: &KeyPath) -> Origin {
    let mut at = path.clone();
    while at.pop().is_some() {
        if let Some(node) = get(root, &at) {
            return node.origin;
        }
    }
    Origin::NONE
}

/// The paths that a value refers to.
fn referred(root: &Node, path: &KeyPath, node: &Node, context: Context<'_>) -> Vec<KeyPath> {
    let Kind::Template(template) = &node.kind else { return Vec::new() };
    let references = template.parts.iter().filter_map(|part| match part {
        Part::Interpolation(Expression::Reference(reference), _) => Some(reference),
        _ => None,
    });
    let scope = Scope::new(root, context);
    let literal = references.filter_map(|reference| target(path, reference));
    let mut paths: Vec<KeyPath> = literal.collect();
    if paths.is_empty()
        && let Ok(Some(target)) = scope.target(path)
        && target != *path
    {
        paths.push(target);
    }
    paths
}

/// Where a reference with a literal path leads.
fn target(from: &KeyPath, reference: &Reference) -> Option<KeyPath> {
    let up = usize::try_from(reference.up).ok()?;
    let kept = if up == 0 { 0 } else { from.len().checked_sub(up)? };
    let mut path: KeyPath = from.keys().iter().take(kept).cloned().collect();
    for name in &reference.path {
        match name {
            Name::Literal(text) => path.push(Key::Str(text.clone())),
            Name::Parts(_) => return None,
        }
    }
    Some(path)
}

fn unknown(root: &Node, path: &KeyPath) -> Error {
    let error = Error::new(ErrorKind::UnknownKey, format!("there is no key `{path}`"));
    let mut at = path.clone();
    while let Some(key) = at.pop() {
        if let Some(map) = get(root, &at).and_then(Node::as_map) {
            let names: Vec<String> = map.iter().map(|(key, _)| key.to_string()).collect();
            let typed = key.to_string();
            return match did_you_mean(&typed, names.iter().map(String::as_str)) {
                Some(near) => error.help(format!("did you mean `{}`?", at.child(Key::from(near)))),
                None if at.is_empty() => error,
                None => error.note(format!("keys of `{at}`: {}", names.join(", "))),
            };
        }
    }
    error
}
