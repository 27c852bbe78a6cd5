//! What is a secret in a composed tree: fields that the schema says so of, and variables of the job that are named so.

use std::sync::Arc;

use crate::compose::explain::Explanation;
use crate::compose::given::{GIVEN, entries, index, target_at, target_of};
use crate::compose::secret_advice::{withheld, written};
use crate::compose::selection::Selection;
use crate::diag::{Error, HIDDEN, Origin, SourceKind, SourceMap, Span};
use crate::facts::names_secret;
use crate::grammar::{List, Operand, Override, SweepKind, Value, ValueKind, parse_override};
use crate::resolve::Input;
use crate::schema::{Expected, Schema};
use crate::value::{Key, KeyPath, Kind, Node};

/// The variables that a job gets.
pub(super) const VARIABLES: [&str; 3] = ["hydra", "job", "env_set"];
/// Tells which places of a tree are secrets. Where no type says so, it costs a look at the variables of the job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secrecy<'a> {
    /// The tree: it says which variants of enums it is.
    pub(crate) root: &'a Node,
    pub(crate) schema: &'a Schema,
    /// Whether any field of the schema is a secret.
    pub(crate) typed: bool,
}

/// A secret that is no container, with its place.
pub(super) struct Leaf {
    path: KeyPath,
    node: Node,
}

impl Leaf {
    /// Whether the secret itself is written there.
    fn is_literal(&self) -> bool {
        literal(&self.node)
    }
}

/// Whether a secret is written as it is, not by way of an interpolation.
fn literal(node: &Node) -> bool {
    let secret = node.clone().secret();
    *secret.shown() == Kind::Str(HIDDEN.into())
}

impl Secrecy<'_> {
    /// The secrets in the value at a path.
    fn leaves(self, node: &Node, path: &KeyPath) -> Vec<Leaf> {
        let mut found = Vec::new();
        if self.typed {
            let expected = self.schema.expected().at_in(self.root, path);
            collect(node, expected, &mut path.clone(), &mut found);
        }
        entries(node, &mut path.clone(), &VARIABLES, &mut |name, node, path| {
            if names_secret(&name.to_string()) {
                all(node, &mut path.clone(), &mut found);
            }
        });
        for place in GIVEN {
            entries(node, &mut path.clone(), place, &mut |_, node, path| {
                found.extend(self.given(node, path, place.len()));
            });
        }
        found
    }

    /// The secrets in what an override of a sweep gives, whose key is that of the entry so deep in the path.
    fn given(self, node: &Node, path: &KeyPath, depth: usize) -> Vec<Leaf> {
        let target = target_at(path, depth);
        let mut leaves = self.leaves(node, &target);
        if let Some(text) = node.as_str().filter(|text| leaves.is_empty() && text.contains('{')) {
            // A mapping as it would be typed.
            let one = parse_override(&format!("{target}={text}"), Origin::NONE.source, &mut ());
            if one.is_some_and(|one| self.is_told_by(&one)) {
                leaves.push(Leaf { path: target.clone(), node: node.clone() });
            }
        }
        for leaf in &mut leaves {
            let below = leaf.path.keys().get(target.len()..).unwrap_or_default();
            leaf.path = path.keys().iter().chain(below).cloned().collect();
        }
        leaves
    }

    /// Whether what stands at a path would be a secret, whatever it is.
    pub(crate) fn is_secret(self, path: &KeyPath) -> bool {
        !self.leaves(&Node::from("x"), path).is_empty()
    }

    /// The value at a path with the taint on all that is a secret.
    pub(crate) fn veiled(self, mut node: Node, path: &KeyPath) -> Node {
        for leaf in self.leaves(&node, path) {
            taint(&mut node, leaf.path.keys().get(path.len()..).unwrap_or_default());
        }
        node
    }

    /// Whether an override gives a secret as it is.
    pub(crate) fn is_told_by(self, one: &Override) -> bool {
        if one.target.package().is_some() || !(self.typed || one.target.is_hydra()) {
            return false;
        }
        let path = one.target.path();
        match one.action.value() {
            None => false,
            Some(Operand::Sweep(sweep)) => {
                let text = one.value_text().filter(|text| says_something(text));
                let whole = text
                    .is_some_and(|text| self.leaves(&Node::from(text), &path).iter().any(Leaf::is_literal));
                // Of a mapping, each of the values says for itself whether there is one in it.
                whole
                    || matches!(&sweep.kind, SweepKind::Choice(choice) if choice
                        .items
                        .iter()
                        .any(|item| is_container(item) && self.is_told_by(&one.with_value(item.clone()))))
            }
            Some(Operand::Value(_)) => {
                let assignment = one.assignment(0).ok();
                let value = assignment.as_ref().and_then(|one| one.action.value());
                value.is_some_and(|value| self.leaves(value, &path).iter().any(Leaf::is_literal))
            }
        }
    }

    /// Says of every sweep over secrets what to write instead.
    pub(crate) fn warn_of_sweeps(self, overrides: &[Override], warn: &dyn Fn(Error)) {
        for one in overrides.iter().filter(|one| one.is_sweep() && self.is_told_by(one)) {
            warn(written(&one.target.path(), value_of(one), &SourceKind::Argument(0)));
        }
    }

    /// An override as it is shown, if it gives a secret: `api_key=***`, `store={url:x,password:***}`.
    pub(crate) fn masked(self, one: &Override) -> Option<String> {
        if !self.is_told_by(one) {
            return None;
        }
        let told = self.told_in_mapping(one);
        let is_told = |span: Span| told.iter().any(|leaf| leaf.node.origin.span == span);
        let veiled = match one.action.value() {
            Some(Operand::Value(value)) if !told.is_empty() => {
                Some(one.with_value(veil_written(value, &is_told)).line.to_string())
            }
            _ => None,
        };
        Some(veiled.unwrap_or_else(|| format!("{}={HIDDEN}", one.key_element())))
    }

    /// An argument as it is shown. What is no override is shown as it is.
    pub(crate) fn argument(self, text: String) -> String {
        let mut errors: Vec<Error> = Vec::new();
        let source = Origin::NONE.source;
        let one = text.contains('=').then(|| parse_override(&text, source, &mut errors)).flatten();
        one.and_then(|one| self.masked(&one)).unwrap_or(text)
    }

    /// Lets no excerpt and no message show the secrets that overrides give.
    pub(crate) fn hide_overrides(self, overrides: &[Override], sources: &SourceMap) {
        for one in overrides.iter().filter(|one| self.is_told_by(one)) {
            let mapping = self.told_in_mapping(one);
            for leaf in &mapping {
                hide(leaf, sources);
                sources.secrets().add(one.line.get(leaf.node.origin.span.range()).unwrap_or_default());
            }
            if mapping.is_empty() {
                sources.hide(value_of(one));
                pieces(one.value_text().unwrap_or_default(), sources);
            }
        }
    }

    /// The secrets that the mapping of an override, or a list that is no secret as a whole, gives as they are.
    fn told_in_mapping(self, one: &Override) -> Vec<Leaf> {
        let Some(Operand::Value(value)) = one.action.value() else { return Vec::new() };
        let is_list = matches!(value.kind, ValueKind::List(_));
        let in_parts = is_container(value) && !(is_list && self.is_secret(&one.target.path()));
        let node = in_parts.then(|| value.node(&one.line, one.origin.source, 0).ok()).flatten();
        let leaves = node.map(|node| self.leaves(&node, &one.target.path())).unwrap_or_default();
        leaves.into_iter().filter(Leaf::is_literal).collect()
    }

    /// Lets no excerpt and no message show the secrets that configs give.
    pub(crate) fn hide_configs(self, selection: &Selection, sources: &SourceMap) {
        for included in selection.included() {
            let (root, mut package) = (&included.document.root, KeyPath::parse(&included.package));
            let mut found = self.leaves(root, &package);
            self.named_leaves(root, &mut package, &mut found);
            found.iter().for_each(|leaf| hide(leaf, sources));
        }
    }

    /// Marks all secrets of the tree; says of each that is written as it is what to write instead.
    ///
    /// # Errors
    /// A secret that is `***`, as records show it.
    pub(crate) fn mark(
        self,
        root: &mut Node,
        sources: &SourceMap,
        warn: &dyn Fn(Error),
    ) -> Result<(), Error> {
        let mut errors = Vec::new();
        let mut warned: Option<KeyPath> = None;
        for leaf in self.leaves(self.root, &KeyPath::ROOT) {
            taint(root, leaf.path.keys());
            if !leaf.is_literal() {
                continue;
            }
            if leaf.node.as_str() == Some(HIDDEN) {
                errors.push(withheld(&leaf.path.to_string()).at(leaf.node.origin, "not the secret itself"));
                continue;
            }
            hide(&leaf, sources);
            let source = sources.get(leaf.node.origin.source);
            let kind = source.as_ref().map(|source| source.kind().clone());
            // One word for all the elements of a list.
            let above: KeyPath = match leaf.path.keys() {
                [above @ .., Key::Int(_)] => above.iter().cloned().collect(),
                all => all.iter().cloned().collect(),
            };
            if warned.as_ref() != Some(&above) {
                if let Some(kind) = kind.filter(|kind| *kind != SourceKind::Code) {
                    warn(written(&above, leaf.node.origin, &kind));
                }
                warned = Some(above);
            }
        }
        Error::all(errors).map_or(Ok(()), Err)
    }

    /// What is told of a value, with the taint on all that is a secret.
    pub(crate) fn veil(self, told: &mut Explanation) {
        let path = told.path.clone();
        let covered = |node: &mut Node, path: &KeyPath| {
            *node = self.veiled(std::mem::replace(node, Node::null()), path);
        };
        if let Some(value) = &mut told.value {
            covered(value, &path);
            if *value.shown() == Kind::Str(HIDDEN.into()) {
                told.inputs.iter_mut().for_each(hide_default);
            }
        }
        for step in &mut told.steps {
            step.value.iter_mut().for_each(|value| covered(value, &path));
            for inside in &mut step.inside {
                let at = path.keys().iter().chain(inside.path.keys()).cloned().collect();
                inside.value.iter_mut().for_each(|value| covered(value, &at));
            }
        }
        told.targets.iter_mut().for_each(|target| self.veil(target));
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Map(_) | ValueKind::List(_))
}

/// A written value with `***` in place of those parts.
fn veil_written(value: &Value, is_told: &dyn Fn(Span) -> bool) -> Value {
    let kind = match &value.kind {
        ValueKind::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.clone(), veil_written(value, is_told)));
            ValueKind::Map(pairs.collect())
        }
        ValueKind::List(list) => {
            let items = list.items.iter().map(|item| veil_written(item, is_told)).collect();
            ValueKind::List(List { items, shuffle: list.shuffle })
        }
        _ if is_told(value.span) => return Value::text(HIDDEN, value.span),
        kind => kind.clone(),
    };
    Value::new(kind, value.span)
}

/// A default that stands in a secret is a secret.
fn hide_default(input: &mut Input) {
    if let Input::Variable { default: Some(default), .. } | Input::Absent { default: Some(default), .. } =
        input
    {
        *default = HIDDEN.into();
    }
}

/// Goes where types are, and takes what is a secret.
fn collect(node: &Node, expected: Expected<'_>, path: &mut KeyPath, found: &mut Vec<Leaf>) {
    if expected.is_secret() {
        return all(node, path, found);
    }
    if !expected.is_container() {
        return;
    }
    let mut below = |key: Key, child: &Node| {
        if let Some(expected) = expected.child_of(node, &key) {
            path.push(key);
            collect(child, expected, path, found);
            path.pop();
        }
    };
    match &node.kind {
        Kind::Map(map) => map.iter().for_each(|(key, slot)| below(key.clone(), &slot.node)),
        Kind::List(items) => items.iter().enumerate().for_each(|(i, item)| below(index(i), item)),
        _ => {}
    }
}

/// Everything in a value that is no container.
pub(super) fn all(node: &Node, path: &mut KeyPath, found: &mut Vec<Leaf>) {
    let mut below = |key: Key, child: &Node| {
        path.push(key);
        all(child, path, found);
        path.pop();
    };
    match &node.kind {
        Kind::Map(map) => map.iter().for_each(|(key, slot)| below(key.clone(), &slot.node)),
        Kind::List(items) => items.iter().enumerate().for_each(|(i, item)| below(index(i), item)),
        _ => found.push(Leaf { path: path.clone(), node: node.clone() }),
    }
}

/// Where the value of an override stands: all behind its key.
pub(super) fn value_of(one: &Override) -> Origin {
    let start = one.target.span().end + 1;
    one.origin.at(Span { start, end: one.origin.span.end.max(start) })
}

/// Puts the taint on what stands at a path.
fn taint(node: &mut Node, keys: &[Key]) {
    let Some((first, rest)) = keys.split_first() else {
        *node = std::mem::replace(node, Node::null()).secret();
        return;
    };
    match (&mut node.kind, first) {
        (Kind::Map(map), key) => {
            if let Some(child) = Arc::make_mut(map).get_mut(key) {
                taint(child, rest);
            }
        }
        (Kind::List(items), Key::Int(i)) => {
            let child = usize::try_from(*i).ok().and_then(|i| Arc::make_mut(items).get_mut(i));
            if let Some(child) = child {
                taint(child, rest);
            }
        }
        _ => {}
    }
}

fn hide(leaf: &Leaf, sources: &SourceMap) {
    if !leaf.is_literal() {
        return;
    }
    leaf.node.tell(sources.secrets());
    if target_of(&leaf.path).is_some() {
        // It may be several values, one for each job.
        pieces(leaf.node.as_str().unwrap_or_default(), sources);
    }
    if leaf.node.origin.is_known() {
        sources.hide(leaf.node.origin);
    }
}

/// Text that cannot be read, or holds several values: whatever in it may be one.
pub(super) fn pieces(text: &str, sources: &SourceMap) {
    let ends = |c: char| c.is_whitespace() || ",[]{}()'\"".contains(c);
    for piece in text.split(ends).filter(|piece| !piece.contains("${")) {
        sources.secrets().add(piece);
        // What stands behind the name of a key, or of a function's parameter.
        if let Some((_, value)) = piece.split_once([':', '=']) {
            sources.secrets().add(value);
        }
    }
}

/// Whether there is a letter or a digit outside of interpolations.
fn says_something(text: &str) -> bool {
    let (mut depth, mut before) = (0_u32, ' ');
    text.chars().any(|c| {
        match c {
            '{' if depth > 0 || before == '$' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = c;
        depth == 0 && c.is_alphanumeric()
    })
}
