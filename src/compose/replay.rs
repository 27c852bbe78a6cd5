//! The composition once more, with someone who listens for what happens at a few paths.

use crate::compose::base::{parted, step};
use crate::compose::composed::Composed;
use crate::compose::composer::Composer;
use crate::diag::Origin;
use crate::merge::{Observer, assign};
use crate::resolve::Givers;
use crate::value::{Key, KeyPath, Kind, Map, Node, Text};

/// One thing that happened to a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What happened.
    pub change: Change,
    /// Where the new value is written; of a value that was taken away, who took it.
    pub origin: Origin,
    /// The value after the step; `None` if there is none.
    pub value: Option<Node>,
    /// What was set or taken away inside of it, if something was merged into it.
    pub inside: Vec<Inside>,
    /// Who did it.
    pub by: By,
}

/// A change inside of a mapping or a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Inside {
    /// Where, counted from the mapping or the list.
    pub path: KeyPath,
    /// The value that was put there; `None` if the one that was there was taken away.
    pub value: Option<Node>,
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
    /// An override of a value: its place among [`Composed::assignments`], counted from 0.
    Override(usize),
    /// The program itself, which fills in facts of the run.
    Program,
}

impl Composer {
    /// What happened at each of the paths, in order.
    pub(crate) fn replay(&self, composed: &Composed, paths: &[KeyPath]) -> Vec<Vec<Step>> {
        let context = self.merging(&|_| {});
        let mut root = Node::from(Map::default());
        let mut schema = context.schema.clone();
        let mut watch = Watch { paths, heard: paths.iter().map(|_| Heard::default()).collect() };
        let mut steps: Vec<Vec<Step>> = paths.iter().map(|_| Vec::new()).collect();
        let (preludes, others) = parted(composed.selection());
        let options = composed.selection().option_places();
        let givers = Givers { options: &options, ..context.givers };
        for included in preludes.iter().chain(self.own.as_deref()).chain(others) {
            // What was composed once composes again; where it cannot, what happened before is true still.
            let _ = step(&mut root, &mut schema, included, context.with_givers(givers), &mut watch);
            let by = By::Config {
                config_path: included.config_path.clone(),
                package: included.package.clone(),
                why: included.why,
            };
            watch.report(&root, included.document.origin(), &by, &mut steps);
        }
        for (index, assignment) in composed.assignments().iter().enumerate() {
            let context = context.with_schema(&schema).with_givers(givers);
            let _ = assign(&mut root, assignment, context, &mut watch);
            watch.report(&root, assignment.origin, &By::Override(index), &mut steps);
        }
        // What the program fills in is not merged: it is the difference that is left.
        for (path, heard) in paths.iter().zip(&mut watch.heard) {
            heard.compare(get(&root, path), get(composed.root(), path));
        }
        watch.report(composed.root(), Origin::NONE, &By::Program, &mut steps);
        steps
    }
}

/// Listens for what happens at paths, above them and below them.
struct Watch<'p> {
    paths: &'p [KeyPath],
    heard: Vec<Heard>,
}

/// What happened to one value in one step.
#[derive(Default)]
struct Heard {
    /// The value itself was set or taken away.
    whole: Option<Change>,
    /// It was taken away by something that was put in the place of what held it.
    replaced_at: Option<Origin>,
    /// It was merged into.
    merged: bool,
    inside: Vec<Inside>,
}

impl Heard {
    /// One value in the place of another.
    fn compare(&mut self, before: Option<&Node>, after: Option<&Node>) {
        match (before, after) {
            (None, None) => {}
            (None, Some(_)) => self.whole = Some(Change::Set),
            (Some(_), None) => self.whole = Some(Change::Removed),
            // A container keeps its place when it is changed; so does what a `${…}` stood for when it is merged into.
            (Some(before), Some(after)) if after.is_container() && before.origin == after.origin => {
                let found = self.inside.len();
                differences(before, after, &mut self.inside);
                self.merged |= self.inside.len() > found || !before.is_container();
            }
            (Some(before), Some(after)) => {
                if before.origin != after.origin || before != after {
                    self.whole = Some(Change::Set);
                }
            }
        }
    }
}

impl Observer for Watch<'_> {
    fn set(&mut self, at: &KeyPath, old: Option<&Node>, new: &Node) {
        for (path, heard) in self.paths.iter().zip(&mut self.heard) {
            if let Some(rest) = below(path, at) {
                let (before, after) = (old.and_then(|old| walk(old, rest)), walk(new, rest));
                // Set again is set, even to what it was.
                match (before, after) {
                    (Some(_), Some(after)) if rest.is_empty() && !after.is_container() => {
                        heard.whole = Some(Change::Set);
                    }
                    (before, after) => heard.compare(before, after),
                }
                heard.replaced_at = Some(new.origin);
            } else if let Some(rest) = below(at, path) {
                heard.merged = true;
                heard.inside.push(Inside { path: rest.iter().cloned().collect(), value: Some(new.clone()) });
            }
        }
    }

    fn removed(&mut self, at: &KeyPath, old: &Node) {
        for (path, heard) in self.paths.iter().zip(&mut self.heard) {
            if let Some(rest) = below(path, at) {
                if walk(old, rest).is_some() {
                    heard.whole = Some(Change::Removed);
                    heard.replaced_at = None;
                }
            } else if let Some(rest) = below(at, path) {
                heard.merged = true;
                heard.inside.push(Inside { path: rest.iter().cloned().collect(), value: None });
            }
        }
    }
}

impl Watch<'_> {
    /// Notes what was heard as the work of one; `by_origin` is its place.
    fn report(&mut self, root: &Node, by_origin: Origin, by: &By, steps: &mut [Vec<Step>]) {
        for ((path, heard), steps) in self.paths.iter().zip(&mut self.heard).zip(steps) {
            let Heard { whole, replaced_at, merged, inside } = std::mem::take(heard);
            let value = get(root, path);
            let step = |change, origin, inside| Step {
                change,
                origin,
                value: value.cloned(),
                inside,
                by: by.clone(),
            };
            // The tag of an option is there before what its defaults list brings in, and comes again with its body.
            let again = |step: &mut Step| {
                step.change == Change::Set
                    && step.origin.is_known()
                    && value.is_some_and(|value| {
                        value.origin == step.origin && step.value.as_ref() == Some(value)
                    })
            };
            if whole.is_some() {
                steps.pop_if(again);
            }
            steps.extend(match (whole, value) {
                (Some(_), Some(value)) => Some(step(Change::Set, value.origin, Vec::new())),
                (Some(_), None) => Some(step(Change::Removed, replaced_at.unwrap_or(by_origin), Vec::new())),
                (None, _) if merged => {
                    let first = inside.iter().find_map(|inside| inside.value.as_ref());
                    Some(step(Change::Merged, first.map_or(by_origin, |first| first.origin), inside))
                }
                (None, _) => None,
            });
        }
    }
}

/// The keys by which `path` goes on from `above`, if it leads there.
fn below<'p>(path: &'p KeyPath, above: &KeyPath) -> Option<&'p [Key]> {
    let (head, rest) = path.keys().split_at_checked(above.len())?;
    head.iter().zip(above.keys()).all(|(a, b)| same(a, b)).then_some(rest)
}

/// Whether both name the same value: an index of a list may be spelled as text.
fn same(a: &Key, b: &Key) -> bool {
    match (a, b) {
        (Key::Str(text), Key::Int(number)) | (Key::Int(number), Key::Str(text)) => {
            text.parse() == Ok(*number)
        }
        (a, b) => a == b,
    }
}

/// The value at a path, interpolations not followed.
pub(crate) fn get<'n>(root: &'n Node, path: &KeyPath) -> Option<&'n Node> {
    walk(root, path.keys())
}

fn walk<'n>(node: &'n Node, keys: &[Key]) -> Option<&'n Node> {
    keys.iter().try_fold(node, |node, key| match key {
        Key::Str(text) => node.find(text).flatten().map(|(_, child)| child),
        key => node.child(key),
    })
}

/// So many differences are told.
const TOLD: usize = 100;

/// What is new, other than before or gone inside of a container.
fn differences(before: &Node, after: &Node, out: &mut Vec<Inside>) {
    let mut stack = vec![(KeyPath::ROOT, before.clone(), after.clone())];
    while let Some((path, before, after)) = stack.pop() {
        if out.len() >= TOLD {
            return;
        }
        let keys = |node: &Node| -> Vec<Key> {
            match &node.kind {
                Kind::Map(map) => map.iter().map(|(key, _)| key.clone()).collect(),
                Kind::List(list) => {
                    (0..list.len()).filter_map(|i| i64::try_from(i).ok()).map(Key::Int).collect()
                }
                _ => Vec::new(),
            }
        };
        match (&before.kind, &after.kind) {
            (Kind::Map(a), Kind::Map(b)) if std::sync::Arc::ptr_eq(a, b) => continue,
            (Kind::List(a), Kind::List(b)) if std::sync::Arc::ptr_eq(a, b) => continue,
            (Kind::Map(_), Kind::Map(_)) | (Kind::List(_), Kind::List(_)) => {}
            (_, Kind::Map(_) | Kind::List(_)) if path.is_empty() => continue,
            (a, b) if a == b && before.origin == after.origin => continue,
            _ => {
                out.push(Inside { path, value: Some(after) });
                continue;
            }
        }
        for key in keys(&before).into_iter().filter(|key| after.child(key).is_none()) {
            out.push(Inside { path: path.child(key), value: None });
        }
        for key in keys(&after).into_iter().rev() {
            let Some(new) = after.child(&key) else { continue };
            match before.child(&key) {
                Some(old) => stack.push((path.child(key), old.clone(), new.clone())),
                None => out.push(Inside { path: path.child(key), value: Some(new.clone()) }),
            }
        }
    }
}
