//! The engine: follows interpolations, puts texts together, and makes containers free of interpolations.
//!
//! Lone references (`a: ${b}`) are followed in a loop, so chains may be long; everything else nests, and nesting is
//! limited.

use std::rc::Rc;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, HIDDEN, Origin, Result, Span};
use crate::resolve::builtin::{SECRET, of_secrets};
use crate::resolve::context::Hydra;
use crate::resolve::place::{NotAnIndex, PlaceId, Places, Spot};
use crate::resolve::resolver::Entry;
use crate::resolve::scope::{Scope, Texts};
use crate::value::{
    Argument, Call, Expression, Key, KeyPath, Kind, Map, Name, Node, Part, Reference, Template, write_str,
};

/// How deep interpolations and containers may nest while they are resolved.
const DEPTH: u32 = 256;
/// How many references may lead from one to the next.
const LINKS: usize = 200_000;
/// How many bytes of text interpolations may make.
const WRITTEN: usize = 1 << 26;
/// So many keys are looked at for what a reference was probably meant to name.
const LOOKED_AT: usize = 200;

/// Gives the level back.
pub(super) struct Level<'s>(&'s std::cell::Cell<u32>);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Scope<'_> {
    pub(super) fn deeper(&self, at: &Spot) -> Result<Level<'_>> {
        if self.depth.get() >= DEPTH {
            let path = self.places.path_of(at);
            let message = format!("resolving `{path}` nests deeper than {DEPTH} levels");
            return Err(Error::new(ErrorKind::Limit, message).at(at.node.origin, ""));
        }
        self.depth.set(self.depth.get() + 1);
        Ok(Level(&self.depth))
    }

    /// What a value stands for: not an interpolation any more, but there may be some inside.
    pub(super) fn follow(&self, spot: Spot) -> Result<Spot> {
        if !matches!(spot.node.kind, Kind::Template(_)) {
            return Ok(spot);
        }
        let _level = self.deeper(&spot)?;
        let mark = self.following.borrow().len();
        let node = spot.node.clone();
        let result = self.follow_chain(spot).and_then(|end| {
            let links: Vec<Spot> = self.following.borrow().values().skip(mark).cloned().collect();
            self.keep(links, &end)
        });
        if let Err(error) = &result
            && error.kind() == ErrorKind::Cycle
            && !self.quiet.get()
        {
            let (following, error) = (self.following.borrow(), Rc::new(error.clone()));
            let links = following.values().skip(mark).map(|link| (link.identity(), Rc::clone(&error)));
            self.circles.borrow_mut().extend(links);
        }
        self.following.borrow_mut().truncate(mark);
        // What is remembered of a chain may be no secret, and be asked for by way of one.
        let result = result.map(|end| if node.origin.is_secret() { end.hidden() } else { end });
        result.map_err(|error| {
            // The outermost interpolation is the one that was asked for.
            let told = mark > 0 || error.is_about(node.origin);
            if told { error } else { error.at(lone_place(&node), "needed here") }
        })
    }

    fn follow_chain(&self, mut spot: Spot) -> Result<Spot> {
        loop {
            let Kind::Template(template) = &spot.node.kind else { return Ok(spot) };
            if let Some(end) = self.followed.borrow().get(&spot.identity()) {
                return Ok(end.clone().tainted_by(&spot));
            }
            if let Some(error) = self.circles.borrow().get(&spot.identity()) {
                return Err(Error::clone(error));
            }
            if let Some(start) = self.following.borrow().get_index_of(&spot.identity()) {
                return Err(self.cycle(start));
            }
            if self.following.borrow().len() >= LINKS {
                let message = format!("resolving takes more than {LINKS} steps");
                return Err(Error::new(ErrorKind::Limit, message).at(spot.node.origin, ""));
            }
            self.following.borrow_mut().insert(spot.identity(), spot.clone());
            let template = Arc::clone(template);
            spot = self.step(&spot, &template)?;
        }
    }

    /// Remembers where a chain ended, for every link of it; returns the end for the first one.
    fn keep(&self, links: Vec<Spot>, end: &Spot) -> Result<Spot> {
        let mut value = end.clone();
        let last = links.last().cloned();
        for link in links.into_iter().rev() {
            self.not_above(&link, end)?;
            value = self.typed(&link, value, last.as_ref())?.tainted_by(&link);
            self.followed.borrow_mut().insert(link.identity(), value.clone());
        }
        if value.node.origin.is_secret() {
            value.node.tell(self.context.cache.secrets());
        }
        Ok(value)
    }

    /// A value may not refer to what holds it.
    fn not_above(&self, link: &Spot, end: &Spot) -> Result<()> {
        if !end.node.is_container() || !self.places.holds(self.places.enter(end), link.holder) {
            return Ok(());
        }
        let (path, above) = (self.places.path_of(link), self.places.path_of(end));
        let message = format!("`{path}` refers to `{above}`, which holds it");
        Err(Error::new(ErrorKind::Cycle, message).at(link.node.origin, "refers to what holds it"))
    }

    /// Converts what an interpolation stands for to the type that its place wants. `last` is the link that the value is from.
    fn typed(&self, link: &Spot, end: Spot, last: Option<&Spot>) -> Result<Spot> {
        if !link.real || self.context.schema.is_any() {
            return Ok(end);
        }
        let path = self.places.path_of(link);
        let ty = self.context.schema.at(&path);
        if ty.is_any() || end.node.is_container() {
            return Ok(end);
        }
        let mut errors = Vec::new();
        let fitted = ty.fit(end.node.clone(), &path, &mut errors);
        match Error::all(errors) {
            Some(error) => {
                let error = match last.filter(|_| !end.real) {
                    Some(last) => self.told_of(error, last, &end.node),
                    None => error,
                };
                Err(if error.is_about(link.node.origin) {
                    error
                } else {
                    error.at(link.node.origin, "for this")
                })
            }
            None if fitted == end.node => Ok(end),
            None => Ok(self.places.made(link, fitted, false)),
        }
    }

    fn cycle(&self, start: usize) -> Error {
        let following = self.following.borrow();
        let links: Vec<&Spot> = following.values().skip(start).collect();
        let mut names: Vec<String> = links.iter().map(|spot| self.places.path_of(spot).to_string()).collect();
        names.extend(names.first().cloned());
        let shown = match names.len() {
            0..=12 => names.join(" → "),
            n => format!("{} → … ({} more) → {}", names[..8].join(" → "), n - 10, names[n - 2..].join(" → ")),
        };
        let error = Error::new(ErrorKind::Cycle, format!("interpolations refer to each other: {shown}"));
        links.iter().take(8).fold(error, |error, link| error.at(link.node.origin, ""))
    }

    /// One interpolation further.
    pub(super) fn step(&self, spot: &Spot, template: &Template) -> Result<Spot> {
        if let Hydra::LeftOut(followed) = self.context.hydra {
            followed.set(true);
        }
        match &*template.parts {
            [Part::Interpolation(Expression::Reference(reference), span)] => {
                self.refer(spot, reference).map_err(|error| exact(spot, *span, error))
            }
            [Part::Interpolation(Expression::Call(call), span)] => {
                self.call(spot, call).map_err(|error| exact(spot, *span, error))
            }
            parts => Ok(self.places.made(spot, self.concat(spot, parts)?, false)),
        }
    }

    /// The value that a reference names, not followed.
    pub(super) fn refer(&self, at: &Spot, reference: &Reference) -> Result<Spot> {
        let origin = at.node.origin;
        let (mut up, mut keys) = (reference.up, Vec::with_capacity(reference.path.len()));
        for name in &reference.path {
            match name {
                Name::Literal(text) => keys.push(Key::Str(text.clone())),
                Name::Parts(parts) => {
                    let text = self.key_text(at, parts)?;
                    let dots =
                        if keys.is_empty() { text.bytes().take_while(|&b| b == b'.').count() } else { 0 };
                    up = up.saturating_add(u32::try_from(dots).unwrap_or(u32::MAX));
                    keys.extend(KeyPath::parse(&text[dots..]).keys().iter().cloned());
                }
            }
        }
        let mut place = if up == 0 { Places::ROOT } else { at.holder };
        for _ in 1..up {
            place = self.places.up(place).ok_or_else(|| {
                let message = format!("`{}` goes above the root", shown(up, &keys));
                Error::new(ErrorKind::Interpolation, message).at(origin, "too many dots")
            })?;
        }
        self.go(at, place, up, &keys)
    }

    /// Goes down by the keys of a reference; every one must be there.
    fn go(&self, at: &Spot, from: PlaceId, up: u32, keys: &[Key]) -> Result<Spot> {
        let origin = at.node.origin;
        let mut place = from;
        let mut found: Option<Spot> = None;
        // A value in a secret is one.
        let mut is_secret = false;
        for (i, key) in keys.iter().enumerate() {
            if let Some(above) = found.take() {
                let container = self.follow(above)?;
                if !container.node.is_container() {
                    let message = format!(
                        "`{}` is {}, so there is no `{key}` in it",
                        self.places.path_of(&container),
                        container.node.describe()
                    );
                    let error = Error::new(ErrorKind::Interpolation, message).at(origin, "refers into it");
                    return Err(error.at(container.node.origin, "the value"));
                }
                place = self.places.enter(&container);
                is_secret |= container.node.origin.is_secret();
            }
            let text = key.as_str().unwrap_or_default();
            let spot = match self.places.find(place, text) {
                Ok(Some(spot)) => spot,
                Ok(None) => return Err(self.dangling(at, place, up, keys, text)),
                Err(NotAnIndex) => {
                    let list = Spot { node: self.places.node(place), ..self.places.root() };
                    let path = self.places.path(place);
                    let message = format!("`{text}` is no index, and `{path}` is a list");
                    let error = Error::new(ErrorKind::Interpolation, message).at(origin, "");
                    return Err(error.at(list.node.origin, "the list"));
                }
            };
            if matches!(spot.node.kind, Kind::Missing) {
                let message = format!("`{}` must be given: it is ???", self.places.path_of(&spot));
                let error = Error::new(ErrorKind::MissingValue, message).at(origin, "needed here");
                return Err(error.at(spot.node.origin, "not given"));
            }
            let spot = if is_secret { spot.hidden() } else { spot };
            if i + 1 == keys.len() {
                return Ok(spot);
            }
            found = Some(spot);
        }
        Err(Error::new(ErrorKind::Interpolation, "an interpolation names no key").at(origin, ""))
    }

    fn dangling(&self, at: &Spot, place: PlaceId, up: u32, keys: &[Key], key: &str) -> Error {
        if self.quiet.get() {
            return Error::new(ErrorKind::Interpolation, "refers to what does not exist");
        }
        let path = self.places.path(place).child(Key::from(key));
        let node = self.places.node(place);
        let message = format!("`${{{}}}` refers to `{path}`, which does not exist", shown(up, keys));
        let error = Error::new(ErrorKind::Interpolation, message).at(at.node.origin, "");
        match node.as_map().and_then(|map| map.nearest(key, LOOKED_AT)) {
            Some(name) if up == 0 => {
                let near = self.places.path(place).child(Key::from(&*name));
                error.help(format!("did you mean `{near}`?"))
            }
            Some(name) => error.help(format!("did you mean `{name}`?")),
            None => error,
        }
    }

    /// A key or a name made of interpolations: text, or an integer as text.
    pub(super) fn key_text(&self, at: &Spot, parts: &[Part]) -> Result<String> {
        let mut text = String::new();
        for part in parts {
            let (expression, span) = match part {
                Part::Text(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Interpolation(expression, span) => (expression, *span),
            };
            let node = self.value(at, expression, false).map_err(|error| exact(at, span, error))?;
            match &node.kind {
                Kind::Str(_) | Kind::Int(_) | Kind::BigInt(_) => write_str(&node, &mut text),
                _ => {
                    let message = format!("a key must be a string or an integer, but is {}", node.describe());
                    let error = Error::new(ErrorKind::Interpolation, message).at(at.node.origin, "");
                    return Err(exact(at, span, error.at(node.origin, "the key")));
                }
            }
        }
        Ok(text)
    }

    /// Texts and interpolations put together: a secret if one of them is, unless secrets are masked.
    fn concat(&self, at: &Spot, parts: &[Part]) -> Result<Node> {
        let mut text = String::new();
        // Of texts that double in each step, the one that is too long is never made.
        let left = WRITTEN.saturating_sub(self.written.get());
        let mut origin = at.node.origin;
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Interpolation(expression, span) => {
                    let value = self.value(at, expression, false);
                    let value = value.map_err(|error| self.needed(at, *span, exact(at, *span, error)))?;
                    if text.len() + value.as_str().map_or(0, str::len) > left {
                        return Err(self.too_much_text(at));
                    }
                    match self.texts {
                        _ if !value.holds_secret() => write_str(&value, &mut text),
                        Texts::Masked => text.push_str(HIDDEN),
                        Texts::Whole => {
                            origin = origin.secret();
                            write_str(&value, &mut text);
                        }
                    }
                }
            }
        }
        if text.len() > left {
            return Err(self.too_much_text(at));
        }
        self.written.set(self.written.get() + text.len());
        Ok(Node::new(Kind::Str(text.into()), origin))
    }

    fn too_much_text(&self, at: &Spot) -> Error {
        // Nothing more is put together: what comes next would fail after as much work.
        self.written.set(WRITTEN);
        let message = format!("interpolations make more than {} MiB of text", WRITTEN >> 20);
        Error::new(ErrorKind::Limit, message)
            .at(at.node.origin, "reached here")
            .help("a value that holds another one twice doubles it: write the text once")
    }

    /// An argument of a resolver, an element of a literal. Containers come with the interpolations inside resolved
    /// if `deep`, else as they are written.
    pub(super) fn value(&self, at: &Spot, expression: &Expression, deep: bool) -> Result<Node> {
        let node = |kind| Node::new(kind, at.node.origin);
        match expression {
            Expression::Literal(Kind::Missing) => Ok(node(Kind::Str("???".into()))),
            Expression::Literal(kind) => Ok(node(kind.clone())),
            Expression::Concat(parts) => self.concat(at, parts),
            Expression::Reference(reference) => {
                let end = self.follow(self.refer(at, reference)?)?;
                self.not_above(at, &end)?;
                self.settle(end, deep)
            }
            Expression::Call(call) => self.settle(self.call(at, call)?, deep),
            Expression::List(items) => {
                let items = items.iter().map(|item| self.element(at, item, deep));
                Ok(node(Kind::List(Arc::new(items.collect::<Result<_>>()?))))
            }
            Expression::Map(entries) => {
                let mut map = Map::default();
                for (key, value) in entries {
                    let key = literal_key(key).ok_or_else(|| {
                        Error::new(ErrorKind::Interpolation, "this cannot be a key").at(at.node.origin, "")
                    })?;
                    map.insert(key, at.node.origin, self.element(at, value, deep)?);
                }
                Ok(node(Kind::Map(Arc::new(map))))
            }
        }
    }

    fn settle(&self, spot: Spot, deep: bool) -> Result<Node> {
        if deep { self.deep(spot) } else { Ok(self.follow(spot)?.node) }
    }

    /// The answer of a resolver, not followed.
    fn call(&self, at: &Spot, call: &Call) -> Result<Spot> {
        // `oc.decode` can be told by the environment to decode itself again.
        let _level = self.deeper(at)?;
        let name = match &call.name {
            Name::Literal(name) => name.clone(),
            Name::Parts(parts) => self.key_text(at, parts)?.into(),
        };
        let answer = match self.context.resolvers.get(&name) {
            Some(Entry::Builtin(builtin)) => builtin.answer(self, at, &name, call)?,
            Some(Entry::Own { resolver, cached }) => {
                let arguments = self.arguments(at, call, true)?;
                let node = self.ask(at, &name, &**resolver, *cached, &arguments)?;
                let node = if name == SECRET { node.secret() } else { of_secrets(node, &arguments) };
                self.places.made(at, node, false)
            }
            Some(Entry::Declared) | None => {
                return Err(self.context.resolvers.unknown(&name).at(at.node.origin, "needed here"));
            }
        };
        if !answer.real && (matches!(answer.node.kind, Kind::Missing) || answer.node.as_str() == Some("???"))
        {
            let message = format!("resolver `{name}` answered ???");
            return Err(Error::new(ErrorKind::MissingValue, message).at(at.node.origin, ""));
        }
        Ok(answer)
    }

    pub(super) fn arguments(&self, at: &Spot, call: &Call, deep: bool) -> Result<Vec<Node>> {
        call.arguments.iter().map(|argument| self.element(at, argument, deep)).collect()
    }

    fn element(&self, at: &Spot, argument: &Argument, deep: bool) -> Result<Node> {
        self.value(at, &argument.value, deep).map_err(|error| exact(at, argument.span, error))
    }

    /// Says which of several interpolations was asked for, if nothing is said about the value yet.
    fn needed(&self, at: &Spot, span: Span, error: Error) -> Error {
        let Kind::Template(template) = &at.node.kind else { return error };
        if self.following.borrow().len() > 1 || error.is_about(at.node.origin) {
            return error;
        }
        error.at(template.place(span, at.node.origin), "needed here")
    }
}

/// What is said about a value is said about the range of its text where the mistake is.
fn exact(at: &Spot, span: Span, error: Error) -> Error {
    match &at.node.kind {
        Kind::Template(template) => {
            let origin = at.node.origin;
            error.moved(origin, template.place(span, origin))
        }
        _ => error,
    }
}

/// The place of a value; of its interpolation, if it is nothing else.
fn lone_place(node: &Node) -> Origin {
    match &node.kind {
        Kind::Template(template) => match *template.parts {
            [Part::Interpolation(_, span)] => template.place(span, node.origin),
            _ => node.origin,
        },
        _ => node.origin,
    }
}

/// A literal key of a mapping.
fn literal_key(kind: &Kind) -> Option<Key> {
    match kind {
        Kind::Str(text) => Some(Key::Str(text.clone())),
        Kind::Int(number) => Some(Key::Int(*number)),
        Kind::Float(number) => Some(Key::Float(*number)),
        Kind::Bool(truth) => Some(Key::Bool(*truth)),
        Kind::Null => Some(Key::Null),
        _ => None,
    }
}

/// A reference as it is written.
fn shown(up: u32, keys: &[Key]) -> String {
    let dots = ".".repeat(up.min(64) as usize);
    let keys: KeyPath = keys.iter().cloned().collect();
    format!("{dots}{keys}")
}
