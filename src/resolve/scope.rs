//! The face of the engine: a tree in which values are looked up and resolved.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::resolve::context::{Context, Givers};
use crate::resolve::deep::Done;
use crate::resolve::place::{NotAnIndex, PlaceId, Places, Spot};
use crate::value::{Expression, HashMap, IndexMap, Key, KeyPath, Kind, Node, Part};

/// A tree whose interpolations can be resolved. What was resolved once is remembered, so a whole tree takes linear
/// time; nothing is resolved that is not asked for.
#[derive(Debug)]
pub struct Scope<'a> {
    pub(super) context: Context<'a>,
    pub(super) places: Places,
    /// What interpolations stand for.
    pub(super) followed: RefCell<HashMap<(PlaceId, usize), Spot>>,
    /// Containers without interpolations; `None` while one is being made.
    pub(super) resolved: RefCell<HashMap<PlaceId, Option<Done>>>,
    /// The interpolations that are being followed, in order.
    pub(super) following: RefCell<IndexMap<(PlaceId, usize), Spot>>,
    /// What leads into a circle, so that the circle is gone round once however many values lead there.
    pub(super) circles: RefCell<HashMap<(PlaceId, usize), Rc<Error>>>,
    pub(super) depth: Cell<u32>,
    /// Nobody reads what an error says.
    pub(super) quiet: Cell<bool>,
    /// How many bytes of text were put together.
    pub(super) written: Cell<usize>,
    /// What becomes of secrets in the texts that are put together.
    pub(super) texts: Texts,
}

/// What becomes of secrets where interpolations are put together to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    /// The text holds them, and is a secret.
    Whole,
    /// The text holds `***`, and may be shown.
    Masked,
}

impl<'a> Scope<'a> {
    /// Who gives values that nobody else wrote.
    pub(crate) fn givers(&self) -> Givers<'a> {
        self.context.givers
    }

    /// The scope of a tree.
    pub fn new(root: &Node, context: Context<'a>) -> Self {
        Self {
            context,
            places: Places::new(root),
            followed: RefCell::default(),
            resolved: RefCell::default(),
            following: RefCell::default(),
            circles: RefCell::default(),
            depth: Cell::new(0),
            quiet: Cell::new(false),
            written: Cell::new(0),
            texts: Texts::Whole,
        }
    }

    /// The same tree, for what is shown: a text that is put together holds `***` in place of every secret.
    ///
    /// ```
    /// use mainstem::facts::Facts;
    /// use mainstem::grammar::parse_template;
    /// use mainstem::resolve::{Cache, Context, Resolvers, Scope};
    /// use mainstem::value::{KeyPath, Kind, Map, Node};
    /// let template = parse_template("out/${oc.env:API_KEY}").unwrap().unwrap();
    /// let root = Node::from(Map::from([("dir", Node::from(Map::default()))]));
    /// let mut root = root;
    /// root.as_map_mut().unwrap().set("dir".into(), Node { kind: Kind::Template(template.into()), ..Node::null() });
    /// let facts = Facts { env: [("API_KEY", "sk-1234")].into_iter().collect(), ..Facts::default() };
    /// let (resolvers, cache) = (Resolvers::default(), Cache::default());
    /// let context = Context::new(&resolvers, &cache, &facts);
    /// let dir = |scope: Scope<'_>| scope.select(&KeyPath::parse("dir")).unwrap().unwrap();
    /// assert_eq!(dir(Scope::new(&root, context)), Node::from("out/sk-1234"));
    /// assert_eq!(dir(Scope::new(&root, context).masked()), Node::from("out/***"));
    /// ```
    #[must_use]
    pub fn masked(self) -> Self {
        Self { texts: Texts::Masked, ..self }
    }

    /// The scope of another tree in which secrets are treated as in this one.
    pub(super) fn of<'b>(&self, root: &Node, context: Context<'b>) -> Scope<'b> {
        Scope { texts: self.texts, ..Scope::new(root, context) }
    }

    /// The value at a path, with all interpolations in it and on the way to it resolved. `None` if there is none.
    /// A value that is `???` stays so; whatever lies below it is that too. What uses a resolver that is
    /// [declared](crate::resolve::Resolvers::declare) stays as it is written.
    ///
    /// # Errors
    /// An interpolation cannot be resolved, or a list is asked for something that is no index.
    pub fn select(&self, path: &KeyPath) -> Result<Option<Node>> {
        // `.a` is `a`, counted from here.
        if let [Key::Str(first), second, rest @ ..] = path.keys()
            && first.is_empty()
        {
            return self.select_from_root(&std::iter::once(second).chain(rest).cloned().collect());
        }
        self.select_from_root(path)
    }

    fn select_from_root(&self, path: &KeyPath) -> Result<Option<Node>> {
        if let Some(spot) = self.find(path)? {
            let given = !matches!(spot.node.kind, Kind::Missing);
            let node = self.kept(spot)?;
            // What refers to `???` by way of a resolver has no value, but it is not the one to be given.
            let none = given && matches!(node.kind, Kind::Missing);
            return Ok(Some(if none { Node::new(Kind::Null, node.origin) } else { node }));
        }
        let above = |end: usize| self.find(&path.keys()[..end].iter().cloned().collect());
        // From the root on, so that the length of the path does not matter: what is not there ends it.
        for end in 1..path.len() {
            match above(end)? {
                Some(spot) if matches!(spot.node.kind, Kind::Missing) => return Ok(Some(spot.node)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }

    /// The value at a path as it is written: interpolations on the way to it are resolved, the value is not.
    ///
    /// # Errors
    /// As [`Scope::select`].
    pub fn get(&self, path: &KeyPath) -> Result<Option<Node>> {
        Ok(self.find(path)?.map(|spot| spot.node))
    }

    /// The whole tree, with all interpolations in it resolved. What uses a resolver that is
    /// [declared](crate::resolve::Resolvers::declare) stays as it is written. To resolve a part of a tree as a tree of its own, make
    /// a scope of it; [`Hydra::Of`](crate::resolve::Hydra::Of) lets `${hydra:…}` still ask the whole.
    ///
    /// # Errors
    /// An interpolation cannot be resolved.
    pub fn resolve(&self) -> Result<Node> {
        self.kept(self.places.root())
    }

    /// The value of an expression that stands at the root, with all interpolations in it resolved.
    ///
    /// # Errors
    /// An interpolation cannot be resolved.
    pub fn evaluate(&self, expression: &Expression) -> Result<Node> {
        let id = self.places.fresh();
        let at =
            Spot { holder: Places::ROOT, key: Key::Null, id, node: Node::null(), real: false, config: false };
        self.value(&at, expression, true)
    }

    /// The places that a value's interpolations went through: that of the value at the path first, that of what it
    /// stands for last.
    ///
    /// # Errors
    /// An interpolation cannot be resolved.
    pub fn trail(&self, path: &KeyPath) -> Result<Vec<Origin>> {
        let Some(mut spot) = self.find(path)? else { return Ok(Vec::new()) };
        let mut trail = vec![spot.node.origin];
        let end = self.follow(spot.clone())?;
        while let (Kind::Template(template), true) = (&spot.node.kind, spot.identity() != end.identity()) {
            spot = self.step(&spot, template)?;
            trail.push(spot.node.origin);
        }
        Ok(trail)
    }

    /// The container that the interpolation at a path leads to, if every step on the way is a lone `${a.b}` and the
    /// tree itself has it: writing below the interpolation writes there. The path is taken key by key.
    ///
    /// # Errors
    /// An interpolation cannot be resolved.
    pub fn target(&self, path: &KeyPath) -> Result<Option<KeyPath>> {
        let Some(mut spot) = self.find_real(path)? else { return Ok(None) };
        let mut steps = 0_u32;
        while let Kind::Template(template) = &spot.node.kind {
            let [Part::Interpolation(Expression::Reference(_), _)] = &*template.parts else {
                return Ok(None);
            };
            if steps == 0 {
                self.follow(spot.clone())?;
            }
            steps += 1;
            spot = self.step(&spot, template)?;
        }
        Ok((spot.real && spot.node.is_container()).then(|| self.places.path_of(&spot)))
    }

    /// The path, free of interpolations, of what a path leads to. `None` if there is nothing, or a resolver made it.
    ///
    /// # Errors
    /// As [`Scope::select`].
    pub fn locate(&self, path: &KeyPath) -> Result<Option<KeyPath>> {
        let found = self.find(path)?.filter(|spot| spot.real);
        Ok(found.map(|spot| self.places.path_of(&spot)))
    }

    /// What the value at a path stands for; the interpolations inside are left. `None` if there is nothing.
    ///
    /// # Errors
    /// As [`Scope::select`].
    pub fn select_shallow(&self, path: &KeyPath) -> Result<Option<Node>> {
        match self.find(path)? {
            Some(spot) => Ok(Some(self.follow(spot)?.node)),
            None => Ok(None),
        }
    }

    /// The path of what the value at a path stands for, if the tree itself has it.
    ///
    /// # Errors
    /// As [`Scope::select`].
    pub fn extent(&self, path: &KeyPath) -> Result<Option<KeyPath>> {
        let Some(spot) = self.find(path)? else { return Ok(None) };
        let end = self.follow(spot)?;
        Ok(end.real.then(|| self.places.path_of(&end)))
    }

    /// The container that the interpolation at a path stands for, to be merged into. `None` if it stands for
    /// something else, or for nothing. The path is taken key by key.
    pub fn container(&self, path: &KeyPath) -> Option<Node> {
        self.quiet.set(true);
        let end = self.find_real(path).and_then(|spot| spot.map(|spot| self.follow(spot)).transpose());
        self.quiet.set(false);
        let end = end.ok()??;
        (end.node.is_container() && (end.real || end.config)).then_some(end.node)
    }

    pub(super) fn find_real(&self, path: &KeyPath) -> Result<Option<Spot>> {
        let mut spot = self.places.root();
        for key in path.keys() {
            let place = self.places.enter(&spot);
            match self.places.child(place, key) {
                Some(child) => spot = child,
                None => return Ok(None),
            }
        }
        Ok(Some(spot))
    }

    pub(super) fn find(&self, path: &KeyPath) -> Result<Option<Spot>> {
        self.walk(self.places.root(), path.keys(), Origin::NONE)
    }

    /// Goes down from a container by keys. `None` where there is nothing.
    pub(super) fn walk(&self, from: Spot, keys: &[Key], at: Origin) -> Result<Option<Spot>> {
        let mut spot = from;
        for key in keys {
            let container = self.follow(spot)?;
            if !container.node.is_container() {
                return Ok(None);
            }
            let place = self.places.enter(&container);
            let found = match key {
                Key::Str(text) => {
                    self.places.find(place, text).map_err(|NotAnIndex| self.no_index(&container, text, at))?
                }
                key => self.places.child(place, key),
            };
            match found {
                Some(found) => spot = found.tainted_by(&container),
                None => return Ok(None),
            }
        }
        Ok(Some(spot))
    }

    pub(super) fn no_index(&self, list: &Spot, key: &str, at: Origin) -> Error {
        let path = self.places.path_of(list);
        Error::new(ErrorKind::Type, format!("`{key}` is no index, and `{path}` is a list"))
            .at(at, "")
            .at(list.node.origin, "the list")
    }
}
