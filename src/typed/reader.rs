//! Reads a tree: knows where it is, and takes all mistakes.

use crate::diag::{Error, ErrorKind, Origin, listed};
use crate::resolve::Scope;
use crate::schema::{Constraint, Type, absent, misfit, missing, unchosen};
use crate::typed::components::Components;
use crate::typed::entries::Entries;
use crate::typed::slot::Slot;
use crate::typed::violation::{self, Violation};
use crate::value::{Key, KeyPath, Kind, Node, Text};

/// So deep may a tree be that is read into a type. Recursive types are read recursively.
pub(super) const DEPTH: usize = 128;

/// Reads a tree into Rust types. Knows the path of what is being read, resolves interpolations as they are met, and
/// takes every mistake.
#[derive(Debug)]
pub struct Reader<'a> {
    scope: Option<&'a Scope<'a>>,
    path: KeyPath,
    /// Paths of the interpolations that led to what is being read, the outermost first.
    via: Vec<KeyPath>,
    errors: Vec<Error>,
    parts: Parts<'a>,
    /// The config groups of which nothing is chosen.
    open: &'a [OpenGroup],
    /// Where nothing is known: mistakes there are not told.
    unknown: &'a [KeyPath],
}

/// A config group that an argument may choose from, and no defaults list does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenGroup {
    /// Where its options land.
    pub(crate) path: KeyPath,
    pub(crate) group: Text,
    pub(crate) options: Vec<Text>,
    /// Whether the command line has deleted what was chosen.
    pub(crate) is_deleted: bool,
}

/// The components that may be read, and what becomes of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Parts<'a> {
    /// There are none.
    #[default]
    None,
    /// Their arguments are read, and they are not built: whoever holds one is not read to its end.
    Checked(&'a Components),
    /// They are built.
    Built(&'a Components),
}

/// Proof that a mistake was told to the reader, or that it does not want the value. Only the reader makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported(());

impl<'a> Reader<'a> {
    /// A reader of what stands at a path.
    pub(super) fn new(scope: Option<&'a Scope<'a>>, path: KeyPath) -> Self {
        Self { scope, path, via: Vec::new(), errors: Vec::new(), parts: Parts::None, open: &[], unknown: &[] }
    }

    /// The same with config groups of which nothing is chosen.
    pub(super) fn with_open(self, open: &'a [OpenGroup]) -> Self {
        Self { open, ..self }
    }

    /// The same where nothing is known of some places.
    pub(super) fn with_unknown(self, unknown: &'a [KeyPath]) -> Self {
        Self { unknown, ..self }
    }

    /// The same with components.
    pub(super) fn with_parts(self, parts: Parts<'a>) -> Self {
        Self { parts, ..self }
    }

    pub(super) fn parts(&self) -> Parts<'a> {
        self.parts
    }

    /// A value that is right, and that nobody wants yet.
    pub(super) fn unwanted(&self) -> Reported {
        Reported(())
    }

    pub(super) fn finish(self) -> Vec<Error> {
        self.errors
    }

    pub(super) fn scope(&self) -> Option<&'a Scope<'a>> {
        if self.via.is_empty() { self.scope } else { None }
    }

    /// The path of the value that is being read.
    pub fn path(&self) -> &KeyPath {
        &self.path
    }

    /// Takes a mistake. The interpolations that led to the value are added to its places.
    pub fn report(&mut self, mut error: Error) -> Reported {
        // What is in such a place is unknown, and so is what it is a part of.
        let above = |place: &KeyPath| !self.path.is_empty() && place.starts_with(&self.path);
        if self.unknown.iter().any(|place| self.path.starts_with(place) || above(place)) {
            return Reported(());
        }
        for path in self.via.iter().rev() {
            let Some(Ok(trail)) = self.scope.map(|scope| scope.trail(path)) else { continue };
            let links = trail.split_last().map_or(&[] as &[Origin], |(_, links)| links);
            for link in links {
                if !error.labels().iter().any(|label| label.origin == *link) {
                    error = error.at(*link, "through this interpolation");
                }
            }
        }
        self.errors.push(error);
        Reported(())
    }

    /// Refuses a value for a reason of one's own: `3 is odd`.
    pub fn refuse(&mut self, at: Slot<'_>, why: impl std::fmt::Display) -> Reported {
        let prefix = if self.path.is_empty() { String::new() } else { format!("`{}`: ", self.path) };
        let message = format!("{prefix}{why}");
        self.report(Error::new(ErrorKind::Constraint, message).at(at.origin(), ""))
    }

    /// Reads what stands under a key of the value that is being read.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn under<T>(
        &mut self,
        key: Key,
        at: Slot<'_>,
        read: impl FnOnce(Slot<'_>, &mut Self) -> Result<T, Reported>,
    ) -> Result<T, Reported> {
        self.path.push(key);
        let result = self.enter(at, read);
        self.path.pop();
        result
    }

    /// Reads a value; an interpolation is followed first.
    pub(super) fn enter<T>(
        &mut self,
        at: Slot<'_>,
        read: impl FnOnce(Slot<'_>, &mut Self) -> Result<T, Reported>,
    ) -> Result<T, Reported> {
        if self.path.len() > DEPTH {
            return Err(self.report(too_deep(&self.path, at.origin(), DEPTH)));
        }
        match (at.node(), self.scope()) {
            (Some(node), Some(scope)) if matches!(node.kind, Kind::Template(_)) => {
                let resolved = scope.select(&self.path);
                let node = match resolved {
                    Ok(Some(node)) => node,
                    Ok(None) => Node::new(Kind::Missing, node.origin),
                    Err(error) => {
                        let mut all = error.each().into_iter();
                        let reported = self.tell(all.next());
                        all.for_each(|error| self.errors.push(error));
                        return Err(reported);
                    }
                };
                self.via.push(self.path.clone());
                let result = read(Slot::of(&node), self);
                self.via.pop();
                result
            }
            _ => read(at, self),
        }
    }

    /// Takes a mistake as it is.
    fn tell(&mut self, error: Option<Error>) -> Reported {
        self.errors.extend(error);
        Reported(())
    }

    /// The value, which must be given.
    ///
    /// # Errors
    /// Nothing stands there, or `???`, or an interpolation that nobody has resolved.
    pub fn given<'n>(&mut self, at: Slot<'n>) -> Result<&'n Node, Reported> {
        self.given_or(at, |error| error)
    }

    /// As [`Reader::given`], for one of several variants: where none is given, they are told.
    pub(super) fn given_of<'n>(
        &mut self,
        at: Slot<'n>,
        variants: impl Iterator<Item = &'static str>,
    ) -> Result<&'n Node, Reported> {
        self.given_or(at, |error| error.note(format!("options: {}", listed(&variants.collect::<Vec<_>>()))))
    }

    fn given_or<'n>(
        &mut self,
        at: Slot<'n>,
        more: impl FnOnce(Error) -> Error,
    ) -> Result<&'n Node, Reported> {
        let error = match at.node() {
            None => more(absent(&self.path, at.origin())),
            Some(node) => match node.kind {
                // What is not given may come with an option of the group that it lies in.
                Kind::Missing => match self.open.iter().find(|open| self.path.starts_with(&open.path)) {
                    Some(OpenGroup { group, options, is_deleted, .. }) => {
                        let options: Vec<&str> = options.iter().map(Text::as_str).collect();
                        unchosen(&self.path, node.origin, group, &options, *is_deleted)
                    }
                    None => more(missing(&self.path, node.origin)),
                },
                Kind::Template(_) => unresolved(&self.path, node.origin),
                _ => return Ok(node),
            },
        };
        Err(self.report(error))
    }

    /// The value as a type without names wants it: text that spells a number as a number, and so on.
    ///
    /// # Errors
    /// It is not given, or does not fit.
    pub fn fit(&mut self, at: Slot<'_>, ty: &Type) -> Result<Node, Reported> {
        let node = self.given(at)?;
        let mut errors = Vec::new();
        let fitted = ty.fit(node.clone(), &self.path, &mut errors);
        let mut reported = None;
        for error in errors {
            reported = Some(self.report(error));
        }
        reported.map_or(Ok(fitted), Err)
    }

    /// Reads a key as a value; what is told of it says that it is the key.
    pub(super) fn of_key<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.errors.len();
        let result = read(self);
        for error in self.errors.split_off(before) {
            self.errors.push(error.note("this is the key, not the value under it"));
        }
        result
    }

    /// The error that a value is not what is expected.
    pub(super) fn misfit(&mut self, expected: impl std::fmt::Display, found: &Node) -> Reported {
        let error = misfit(&self.path, expected, found);
        self.report(error)
    }

    /// The elements of a list.
    ///
    /// # Errors
    /// It is no list.
    pub fn list<'n>(&mut self, at: Slot<'n>) -> Result<&'n [Node], Reported> {
        let node = self.given(at)?;
        match node.as_list() {
            Some(list) => Ok(list),
            None => Err(self.misfit("a list", node)),
        }
    }

    /// The entries of a mapping, to be read as fields of the type of that name. Where nothing stands, there are
    /// none.
    ///
    /// # Errors
    /// It is no mapping.
    pub fn entries<'n>(&mut self, at: Slot<'n>, name: &'static str) -> Result<Entries<'n>, Reported> {
        if at.node().is_none() {
            return Ok(Entries::new(None, at.origin(), name));
        }
        let node = self.given(at)?;
        match node.as_map() {
            Some(map) => Ok(Entries::new(Some(map), node.origin, name)),
            None => Err(self.misfit(format_args!("a mapping ({name})"), node)),
        }
    }

    /// Checks limits on a value that was read from there.
    ///
    /// # Errors
    /// It breaks one of them; all that it breaks are told.
    pub fn check(&mut self, at: Slot<'_>, value: &Node, limits: &[Constraint]) -> Result<(), Reported> {
        let value = value.clone().from_origin(at.origin());
        let mut reported = None;
        for limit in limits {
            if let Some(error) = limit.violation(&value, &self.path) {
                reported = Some(self.report(error));
            }
        }
        reported.map_or(Ok(()), Err)
    }

    /// Takes the answer of a rule over a whole value that was read from there.
    ///
    /// # Errors
    /// The rule is broken.
    pub fn check_rule<V: Into<Violation>>(
        &mut self,
        at: Slot<'_>,
        answer: Result<(), V>,
    ) -> Result<(), Reported> {
        answer.or_else(|violation| {
            let find = |path: &KeyPath| at.node().and_then(|node| violation::below(node, path.keys()));
            let given = at.node().and_then(Node::as_map).into_iter().flatten();
            let given = violation::set(given.map(|(key, slot)| (key.to_string(), slot)), self);
            let places = |path: &KeyPath| match path.is_empty() && !given.is_empty() {
                true => given.clone(),
                false => vec![(find(path).map_or(at.origin(), |node| node.origin), String::new())],
            };
            violation.into().report(places, self).map_or(Ok(()), Err)
        })
    }

    /// Whether the defaults of a type are what stands there.
    pub(super) fn is_default(&self, origin: Origin) -> bool {
        self.scope.is_some_and(|scope| scope.givers().defaults.contains(&origin.source))
    }

    /// The value with everything in it resolved.
    ///
    /// # Errors
    /// It is not given, or something in it is not, or an interpolation cannot be resolved.
    pub fn whole(&mut self, at: Slot<'_>) -> Result<Node, Reported> {
        let node = self.given(at)?;
        match self.scope() {
            Some(scope) => match scope.select(&self.path) {
                Ok(found) => Ok(found.unwrap_or_else(|| node.clone())),
                Err(error) => Err(self.tell(Some(error))),
            },
            None => Ok(node.clone()),
        }
    }
}

/// An interpolation stands where a value is needed.
pub(super) fn unresolved(path: &KeyPath, origin: Origin) -> Error {
    let prefix = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
    Error::new(ErrorKind::Interpolation, format!("{prefix}the interpolation is unresolved"))
        .at(origin, "")
        .help("resolve the tree before reading it as a type")
}

/// A tree goes deeper than recursion may.
pub(super) fn too_deep(path: &KeyPath, origin: Origin, limit: usize) -> Error {
    // The whole path would fill the screen.
    let start: KeyPath = path.keys().iter().take(4).cloned().collect();
    let prefix = if path.is_empty() { String::new() } else { format!("`{start}`: ") };
    Error::new(ErrorKind::Limit, format!("{prefix}nested deeper than {limit} levels")).at(origin, "")
}
