//! The entries of a mapping that is read into fields.

use crate::diag::{Error, ErrorKind, Origin};
use crate::schema::{Constraint, twice, unknown_key};
use crate::typed::config::Config;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::typed::violation::{self, Violation};
use crate::value::{Key, KeyPath, Map, Node};

/// The entries of a mapping, taken one by one by the fields that they belong to.
#[derive(Debug)]
pub struct Entries<'n> {
    map: Option<&'n Map>,
    origin: Origin,
    /// Whose fields they are, for messages.
    name: &'static str,
    /// Names of fields that were asked for.
    known: Vec<&'static str>,
    /// Other names that fields go by.
    aliases: Vec<&'static str>,
}

/// A field that is about to be read.
#[derive(Debug)]
pub struct Member<'e, 'n> {
    entries: &'e mut Entries<'n>,
    name: &'static str,
    aliases: &'static [&'static str],
    limits: Vec<Constraint>,
}

impl<'n> Entries<'n> {
    pub(super) fn new(map: Option<&'n Map>, origin: Origin, name: &'static str) -> Self {
        Self { map, origin, name, known: Vec::new(), aliases: Vec::new() }
    }

    /// Where the mapping was written.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Marks a key as known that was read already.
    pub(super) fn taken(&mut self, name: &'static str) {
        self.known.push(name);
    }

    /// The field of that name.
    pub fn member(&mut self, name: &'static str) -> Member<'_, 'n> {
        Member { entries: self, name, aliases: &[], limits: Vec::new() }
    }

    /// All that no field has taken, in order: a flattened mapping takes it.
    pub fn rest(&mut self) -> Vec<(&'n Key, Slot<'n>)> {
        let rest = self.left().map(|(key, slot)| (key, Slot::of(&slot.node))).collect();
        self.map = None;
        rest
    }

    fn left(&self) -> impl Iterator<Item = (&'n Key, &'n crate::value::Slot)> {
        let is_known = |key: &Key| {
            key.as_str().is_some_and(|name| self.known.contains(&name) || self.aliases.contains(&name))
        };
        self.map.into_iter().flatten().filter(move |(key, _)| !is_known(key))
    }

    /// How many fields were asked for so far: the first of those that a rule is about.
    #[doc(hidden)]
    pub fn mark(&self) -> usize {
        self.known.len()
    }

    /// Takes the answer of a rule over several fields.
    ///
    /// # Errors
    /// The rule is broken.
    pub fn check_rule<V: Into<Violation>>(
        &self,
        cx: &mut Reader<'_>,
        answer: Result<(), V>,
    ) -> Result<(), Reported> {
        self.check_rule_since(0, cx, answer)
    }

    /// As [`Entries::check_rule`], of the fields that were asked for since a mark.
    ///
    /// # Errors
    /// The rule is broken.
    #[doc(hidden)]
    pub fn check_rule_since<V: Into<Violation>>(
        &self,
        mark: usize,
        cx: &mut Reader<'_>,
        answer: Result<(), V>,
    ) -> Result<(), Reported> {
        let find = |path: &KeyPath| {
            let (first, below) = path.keys().split_first()?;
            let node = self.map?.get(first)?;
            violation::below(node, below).map(|node| node.origin)
        };
        answer.or_else(|violation| {
            let own = self.known.get(mark..).unwrap_or_default();
            let given = own.iter().filter_map(|name| {
                let key = Key::from(*name);
                self.map?.slot(&key).map(|slot| (key.to_string(), slot))
            });
            let given = violation::set(given, cx);
            let places = |path: &KeyPath| match path.is_empty() && !given.is_empty() {
                true => given.clone(),
                false => vec![(find(path).unwrap_or(self.origin), String::new())],
            };
            violation.into().report(places, cx).map_or(Ok(()), Err)
        })
    }

    /// Tells of every entry that no field has taken.
    ///
    /// # Errors
    /// There is one.
    pub fn finish(self, cx: &mut Reader<'_>) -> Result<(), Reported> {
        let mut reported = None;
        for (key, slot) in self.left() {
            let path = cx.path().child(key.clone());
            let error = unknown_key(self.name, self.known.iter().copied(), key, &path);
            reported = Some(cx.report(error.at(slot.origin, "no such key")));
        }
        reported.map_or(Ok(()), Err)
    }
}

impl Member<'_, '_> {
    /// Other names that it may be given under.
    #[must_use]
    pub fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Limits on its value.
    #[must_use]
    pub fn limits(mut self, limits: impl IntoIterator<Item = Constraint>) -> Self {
        self.limits.extend(limits);
        self
    }

    /// Reads it. Where it is not given, its type says what that means.
    ///
    /// # Errors
    /// Those of [`Config::read`]; the value breaks a limit; the field is given under two of its names.
    pub fn read<T: Config>(self, cx: &mut Reader<'_>) -> Result<T, Reported> {
        self.read_with(cx, T::read, T::write)
    }

    /// Reads it; where it is not given it has a default.
    ///
    /// # Errors
    /// As [`Member::read`].
    pub fn read_or<T: Config>(self, cx: &mut Reader<'_>, default: impl FnOnce() -> T) -> Result<T, Reported> {
        self.read_with_or(cx, T::read, T::write, default)
    }

    /// As [`Member::read`], by functions instead of a [`Config`]: `#[mainstem(with = …)]`.
    ///
    /// # Errors
    /// As [`Member::read`].
    pub fn read_with<T>(
        self,
        cx: &mut Reader<'_>,
        read: impl FnOnce(Slot<'_>, &mut Reader<'_>) -> Result<T, Reported>,
        write: impl FnOnce(&T) -> Node,
    ) -> Result<T, Reported> {
        let (name, limits, at) = self.take(cx)?;
        cx.under(Key::from(name), at, |at, cx| checked(at, cx, read, write, &limits))
    }

    /// As [`Member::read_or`], by functions instead of a [`Config`]: `#[mainstem(with = …)]`.
    ///
    /// # Errors
    /// As [`Member::read`].
    pub fn read_with_or<T>(
        self,
        cx: &mut Reader<'_>,
        read: impl FnOnce(Slot<'_>, &mut Reader<'_>) -> Result<T, Reported>,
        write: impl FnOnce(&T) -> Node,
        default: impl FnOnce() -> T,
    ) -> Result<T, Reported> {
        let (name, limits, at) = self.take(cx)?;
        if at.node().is_none() {
            return Ok(default());
        }
        cx.under(Key::from(name), at, |at, cx| checked(at, cx, read, write, &limits))
    }

    fn take<'n>(self, cx: &mut Reader<'_>) -> Result<(&'static str, Vec<Constraint>, Slot<'n>), Reported>
    where
        Self: 'n,
    {
        let Self { entries, name, aliases, limits } = self;
        let mut reported = None;
        let is_taken = |key: &&str| entries.known.contains(key) || entries.aliases.contains(key);
        if let Some(key) = std::iter::once(&name).chain(aliases).find(|key| is_taken(key)) {
            reported = Some(cx.report(taken_twice(cx.path(), key, entries.origin)));
        }
        entries.known.push(name);
        entries.aliases.extend(aliases);
        let mut found: Option<&'n crate::value::Slot> = None;
        for &spelled in std::iter::once(&name).chain(aliases) {
            let key = Key::from(spelled);
            let Some(slot) = entries.map.and_then(|map| map.slot(&key)) else { continue };
            match found {
                None => found = Some(slot),
                Some(first) => {
                    let path = cx.path().child(Key::from(name));
                    reported = Some(cx.report(twice(&path, &key, slot.origin, first.origin)));
                }
            }
        }
        let at = found.map_or(Slot::absent(entries.origin), |slot| Slot::of(&slot.node));
        reported.map_or(Ok((name, limits, at)), Err)
    }
}

/// A key belongs to two fields: of structs that are flattened into one, none of which knows of the other.
fn taken_twice(path: &KeyPath, key: &str, origin: Origin) -> Error {
    let message = format!("`{}` is a key of two fields of the program", path.child(Key::from(key)));
    Error::new(ErrorKind::DuplicateKey, message)
        .at(origin, "")
        .help("rename one of them: `#[mainstem(rename = \"…\")]`")
}

fn checked<T>(
    at: Slot<'_>,
    cx: &mut Reader<'_>,
    read: impl FnOnce(Slot<'_>, &mut Reader<'_>) -> Result<T, Reported>,
    write: impl FnOnce(&T) -> Node,
    limits: &[Constraint],
) -> Result<T, Reported> {
    let value = read(at, cx)?;
    if !limits.is_empty() {
        cx.check(at, &write(&value), limits)?;
    }
    Ok(value)
}
