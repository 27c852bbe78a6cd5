//! The resolvers that OmegaConf and Hydra bring.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Result, did_you_mean};
use crate::durable::read_regular;
use crate::facts::names_secret;
use crate::grammar::{parse_element, parse_template};
use crate::resolve::context::Hydra;
use crate::resolve::dirname;
use crate::resolve::now;
use crate::resolve::place::{Places, Spot};
use crate::resolve::resolver::{Invocation, Resolver};
use crate::resolve::scope::Scope;
use crate::schema::Type;
use crate::value::{
    Call, Expression, Key, KeyPath, Kind, Map, Name, Node, Part, Reference, Slot, Template, Written,
    write_repr, write_str,
};

/// A resolver of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    Env,
    Select,
    Decode,
    Create,
    Coerce,
    Keys,
    Values,
    Deprecated,
    Hydra,
    Now,
    PythonVersion,
    Dirname,
    Secret,
}

/// The resolver whose answers are secrets, whoever answers.
pub(super) const SECRET: &str = "secret";

/// The answer of a resolver, as a secret if an argument is one. Whatever was read out of a text that is one, keys too.
pub(super) fn of_secrets(answer: Node, arguments: &[Node]) -> Node {
    if arguments.iter().any(|argument| argument.origin.is_secret()) {
        answer.secret_with_keys()
    } else if arguments.iter().any(Node::holds_secret) {
        answer.secret()
    } else {
        answer
    }
}

/// So large may the file of a secret be, in bytes.
const LARGEST: u64 = 64 << 10;

impl Builtin {
    pub(super) const ALL: [(&'static str, Self); 14] = [
        ("oc.env", Self::Env),
        ("oc.select", Self::Select),
        ("oc.decode", Self::Decode),
        ("oc.create", Self::Create),
        ("oc.coerce", Self::Coerce),
        ("oc.dict.keys", Self::Keys),
        ("oc.dict.values", Self::Values),
        ("oc.deprecated", Self::Deprecated),
        ("hydra", Self::Hydra),
        ("now", Self::Now),
        ("python_version", Self::PythonVersion),
        ("hydra_override_dirname", Self::Dirname),
        ("hydra_deprecated_override_dirname", Self::Dirname),
        (SECRET, Self::Secret),
    ];

    /// How many arguments it takes: at least, at most.
    fn arity(self) -> (usize, usize) {
        match self {
            Self::Env | Self::Select | Self::Deprecated => (1, 2),
            Self::Decode | Self::Keys | Self::Values | Self::Hydra | Self::Now | Self::Secret => (1, 1),
            Self::Coerce => (2, 2),
            Self::Create | Self::PythonVersion | Self::Dirname => (0, 1),
        }
    }

    pub(super) fn answer(self, scope: &Scope<'_>, at: &Spot, name: &str, call: &Call) -> Result<Spot> {
        let arguments = scope.arguments(at, call, matches!(self, Self::Dirname))?;
        let (least, most) = self.arity();
        if arguments.len() < least || arguments.len() > most {
            let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let message = format!("resolver `{name}` takes {takes} arguments, but got {}", arguments.len());
            return Err(Error::new(ErrorKind::Resolver, message).at(at.node.origin, ""));
        }
        let ask = Ask { scope, at, name, arguments: &arguments };
        let mut answer = self.ask(&ask)?;
        // What is made of a secret is one.
        answer.node = of_secrets(answer.node, &arguments);
        Ok(answer)
    }

    fn ask(self, ask: &Ask<'_>) -> Result<Spot> {
        let Ask { scope, at, name, arguments } = *ask;
        match self {
            Self::Env => ask.env(),
            Self::Secret => ask.secret(),
            Self::Select => ask.select(),
            Self::Decode => ask.decode(),
            Self::Create => ask.create(),
            Self::Coerce => ask.coerce(),
            Self::Keys => ask.keys(),
            Self::Values => ask.values(),
            Self::Deprecated => ask.deprecated(),
            Self::Hydra => ask.hydra(),
            Self::Now => {
                let pattern = ask.text(0)?;
                let text = now::format(scope.context.facts.now.get(), pattern)
                    .map_err(|error| ask.error(error.message().to_owned()))?;
                Ok(ask.made(Kind::Str(text.into())))
            }
            Self::PythonVersion => ask.python_version(),
            Self::Dirname => {
                let invocation = Invocation { scope, at, name, arguments };
                Ok(scope.places.made(at, dirname::answer(&invocation)?, false))
            }
        }
    }
}

/// One call of a builtin.
struct Ask<'a> {
    scope: &'a Scope<'a>,
    at: &'a Spot,
    name: &'a str,
    arguments: &'a [Node],
}

impl Ask<'_> {
    fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Resolver, message).at(self.at.node.origin, "")
    }

    fn made(&self, kind: Kind) -> Spot {
        self.scope.places.made(self.at, Node::new(kind, self.at.node.origin), false)
    }

    fn existing(&self, node: &Node) -> Spot {
        self.scope.places.made(self.at, node.clone(), false)
    }

    fn text(&self, index: usize) -> Result<&str> {
        let Some(node) = self.arguments.get(index) else { return Ok("") };
        node.as_str().ok_or_else(|| {
            self.error(format!("resolver `{}` needs a string, but got {}", self.name, node.describe()))
        })
    }

    fn env(&self) -> Result<Spot> {
        let variable = self.text(0)?;
        let facts = self.scope.context.facts;
        if let Some(value) = facts.env.get(variable) {
            let value = Kind::Str(value.into());
            return Ok(if names_secret(variable) { self.hidden(value) } else { self.made(value) });
        }
        match self.arguments.get(1) {
            Some(default) if matches!(default.kind, Kind::Null) => Ok(self.existing(default)),
            Some(default) => {
                let mut text = String::new();
                write_str(default, &mut text);
                Ok(self.made(Kind::Str(text.into())))
            }
            None => {
                let error = self.error(format!("environment variable `{variable}` is not set"));
                Err(match did_you_mean(variable, facts.env.iter().map(|(name, _)| name)) {
                    Some(name) => error.help(format!("did you mean `{name}`?")),
                    None => error.help(format!("set it, or give a default: ${{oc.env:{variable},default}}")),
                })
            }
        }
    }

    /// `${secret:NAME}`: an environment variable; `${secret:file:PATH}`: the text of a file, without a line break at
    /// its end.
    fn secret(&self) -> Result<Spot> {
        let source = self.text(0)?;
        let facts = self.scope.context.facts;
        let lost = |message: String| Error::new(ErrorKind::Secret, message).at(self.at.node.origin, "");
        let Some(path) = source.strip_prefix("file:") else {
            let Some(value) = facts.env.get(source) else {
                let error =
                    lost(format!("there is no secret `{source}`: no such environment variable is set"));
                return Err(match did_you_mean(source, facts.env.iter().map(|(name, _)| name)) {
                    Some(name) => error.help(format!("did you mean `{name}`?")),
                    None => error.help("set it, or read the secret from a file: `${secret:file:PATH}`"),
                });
            };
            return Ok(self.hidden(Kind::Str(value.into())));
        };
        let unread = |why: &str| lost(format!("cannot read the secret in `{path}`: {why}"));
        let bytes = read_regular(&facts.cwd.join(path), LARGEST).map_err(|e| unread(&e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| unread("it is no text"))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        Ok(self.hidden(Kind::Str(text.strip_suffix('\r').unwrap_or(text).into())))
    }

    /// As [`Ask::made`], of what must not be shown.
    fn hidden(&self, kind: Kind) -> Spot {
        let node = Node::new(kind, self.at.node.origin.secret());
        node.tell(self.scope.context.cache.secrets());
        self.scope.places.made(self.at, node, false)
    }

    fn select(&self) -> Result<Spot> {
        match (self.scope.look_up(self.at, self.text(0)?)?, self.arguments.get(1)) {
            (Some(found), _) => Ok(found),
            (None, Some(default)) => Ok(self.existing(default)),
            (None, None) => Ok(self.made(Kind::Null)),
        }
    }

    fn decode(&self) -> Result<Spot> {
        if matches!(self.arguments.first().map(|node| &node.kind), Some(Kind::Null)) {
            return Ok(self.made(Kind::Null));
        }
        let text = self.text(0)?;
        let element = parse_element(text).map_err(|error| match self.arguments.first() {
            Some(given) if given.origin.is_secret() => self.error("cannot decode a secret"),
            _ => self.error(format!("cannot decode `{text}`: {}", error.message)),
        })?;
        // Ranges of the element count in the decoded text, not in that of the value.
        let at = Spot { node: Node::null().from_origin(self.at.node.origin), ..self.at.clone() };
        let node = self.scope.value(&at, &element, true)?;
        Ok(self.existing(&node))
    }

    fn create(&self) -> Result<Spot> {
        let Some(node) = self.arguments.first() else { return Ok(self.made(Kind::Map(Arc::default()))) };
        if let (Some(text), Some(read)) = (node.as_str(), self.scope.context.resolvers.read_yaml()) {
            let node = read(text).map_err(|error| self.error(error.message()))?;
            return Ok(self.scope.places.made(self.at, node.from_origin(self.at.node.origin), true));
        }
        match &node.kind {
            Kind::Null => Ok(self.made(Kind::Null)),
            Kind::Map(_) | Kind::List(_) => Ok(self.scope.places.made(self.at, self.as_config(node)?, true)),
            _ => {
                let found = node.describe();
                Err(self
                    .error(format!("resolver `{}` needs a mapping or a list, but got {found}", self.name)))
            }
        }
    }

    /// The value with interpolations in its texts alive.
    fn as_config(&self, node: &Node) -> Result<Node> {
        let kind = match &node.kind {
            Kind::Str(text) if text == "???" => Kind::Missing,
            Kind::Str(text) if text.contains("${") => match parse_template(text) {
                Ok(Some(template)) => Kind::Template(Arc::new(template)),
                Ok(None) => node.kind.clone(),
                Err(error) => return Err(self.error(format!("cannot read `{text}`: {}", error.message))),
            },
            Kind::List(items) => {
                let items = items.iter().map(|item| self.as_config(item)).collect::<Result<_>>()?;
                Kind::List(Arc::new(items))
            }
            Kind::Map(map) => {
                let mut config = Map::default();
                for (key, slot) in &**map {
                    if matches!(key, Key::Null) {
                        return Err(self.error("null cannot be a key"));
                    }
                    config.insert(key.clone(), slot.origin, self.as_config(&slot.node)?);
                }
                Kind::Map(Arc::new(config))
            }
            other => other.clone(),
        };
        Ok(Node::new(kind, node.origin))
    }

    fn coerce(&self) -> Result<Spot> {
        let ty = match self.text(0)? {
            "bool" => Type::Bool,
            "float" => Type::Float,
            "int" => Type::INT,
            "str" => Type::Str,
            other => {
                return Err(self
                    .error(format!("`{other}` is no type"))
                    .help("the types are bool, float, int, str"));
            }
        };
        let Some(node) = self.arguments.get(1) else { return Ok(self.made(Kind::Null)) };
        let mut errors = Vec::new();
        let fitted = ty.fit(node.clone(), &self.scope.places.path_of(self.at), &mut errors);
        match Error::all(errors) {
            Some(error) => Err(error.at(self.at.node.origin, "")),
            None => Ok(self.existing(&fitted)),
        }
    }

    /// The mapping that the first argument names.
    fn mapping(&self) -> Result<(Arc<Map>, &str)> {
        let key = self.text(0)?;
        let Some(found) = self.scope.look_up(self.at, key)? else {
            return Err(self.error(format!("resolver `{}` finds no `{key}`", self.name)));
        };
        match &found.node.kind {
            Kind::Map(map) => Ok((Arc::clone(map), key)),
            _ => {
                let error =
                    self.error(format!("`{key}` must be a mapping, but is {}", found.node.describe()));
                Err(error.at(found.node.origin, "the value"))
            }
        }
    }

    fn keys(&self) -> Result<Spot> {
        let (map, _) = self.mapping()?;
        // Where keys are secrets, so is where they stand.
        let keys = map.iter().map(|(key, slot)| Node::new(key_value(key), slot.origin)).collect();
        Ok(self.config(keys))
    }

    fn values(&self) -> Result<Spot> {
        let (map, key) = self.mapping()?;
        // The list that is made is one level more between the reference and what it counts from.
        let key = if key.starts_with('.') { format!(".{key}") } else { key.to_owned() };
        let up = key.bytes().take_while(|&b| b == b'.').count();
        let above = KeyPath::parse(&key[up..]);
        let refer = |(key, slot): (&Key, &Slot)| {
            let path = above.child(key.clone());
            let names = path.keys().iter().map(|key| Name::Literal(key.to_string().into())).collect();
            let up = u32::try_from(up).unwrap_or(u32::MAX);
            let mut text = String::from("${");
            let _ = write!(text, "{}{path}}}", ".".repeat(up as usize));
            let reference = Expression::Reference(Reference { up, path: names });
            let span = crate::diag::Span::new(0, text.len());
            let parts = Box::new([Part::Interpolation(reference, span)]);
            let template = Template { text: text.into(), parts, written: Written::Unknown };
            Node::new(Kind::Template(Arc::new(template)), slot.node.origin)
        };
        Ok(self.config(map.iter().map(refer).collect()))
    }

    fn config(&self, items: Vec<Node>) -> Spot {
        let node = Node::new(Kind::List(Arc::new(items)), self.at.node.origin);
        self.scope.places.made(self.at, node, true)
    }

    fn deprecated(&self) -> Result<Spot> {
        let key = self.text(0)?;
        let message = match self.arguments.get(1) {
            Some(_) => self.text(1)?,
            None => "'$OLD_KEY' is deprecated. Use '$NEW_KEY'",
        };
        let Some(found) = self.scope.look_up_any(self.at, key)? else {
            return Err(self.error(format!("resolver `{}` finds no `{key}`", self.name)));
        };
        let path = |spot| self.scope.places.path_of(spot).to_string();
        let (old, new) = (path(self.at), path(&found));
        let mut told = message.to_owned();
        for (name, path) in [("OLD_KEY", &old), ("NEW_KEY", &new)] {
            told = told.replace(&format!("${{{name}}}"), path).replace(&format!("${name}"), path);
        }
        let warning = Error::new(ErrorKind::Resolver, told).at(self.at.node.origin, "");
        (self.scope.context.warn)(warning.at(found.node.origin, "stands here now"));
        Ok(found)
    }

    /// `${hydra:a.b}`: the value of `hydra.a.b`, or null.
    fn hydra(&self) -> Result<Spot> {
        match self.scope.context.hydra {
            Hydra::Own => {}
            Hydra::Unfinished | Hydra::LeftOut(_) => {
                return Err(self
                    .error("the `hydra` node cannot be asked before all is composed")
                    .help("refer to it where the value is only read, not merged into or deleted"));
            }
            Hydra::Of(whole) => {
                let path = KeyPath::parse(&format!("hydra.{}", self.text(0)?));
                let found = self.scope.of(whole, self.scope.context.with_hydra(Hydra::Own)).select(&path)?;
                let found = found.unwrap_or_else(Node::null);
                let kind = if matches!(found.kind, Kind::Missing) { Kind::Null } else { found.kind };
                return Ok(if found.origin.is_secret() { self.hidden(kind) } else { self.made(kind) });
            }
        }
        let root = self.scope.places.root();
        let Some(hydra) = self.scope.places.child(Places::ROOT, &Key::from("hydra")) else {
            return Err(self.error("there is no `hydra` node here to ask").at(root.node.origin, ""));
        };
        let path = KeyPath::parse(self.text(0)?);
        match self.scope.walk(hydra, path.keys(), self.at.node.origin)? {
            Some(found) if !matches!(found.node.kind, Kind::Missing) => Ok(found),
            _ => Ok(self.made(Kind::Null)),
        }
    }

    fn python_version(&self) -> Result<Spot> {
        let Some(version) = self.scope.context.resolvers.python() else {
            return Err(self.error("it is not known which Python will run").help("say which"));
        };
        let parts = match self.arguments.first() {
            None => 2,
            Some(_) => match self.text(0)? {
                "major" => 1,
                "minor" => 2,
                "micro" => 3,
                _ => return Ok(self.made(Kind::Null)),
            },
        };
        let text = version.split('.').take(parts).collect::<Vec<_>>().join(".");
        Ok(self.made(Kind::Str(text.into())))
    }
}

fn key_value(key: &Key) -> Kind {
    match key {
        Key::Str(text) => Kind::Str(text.clone()),
        Key::Int(number) => Kind::Int(*number),
        Key::Float(number) => Kind::Float(*number),
        Key::Bool(truth) => Kind::Bool(*truth),
        Key::Bytes(bytes) => Kind::Bytes(Arc::clone(bytes)),
        Key::Null => Kind::Null,
        #[expect(unreachable_patterns, reason = "kinds of keys may be added")]
        _ => Kind::Null,
    }
}

impl Scope<'_> {
    /// Asks a resolver of the user's own.
    pub(super) fn ask(
        &self,
        at: &Spot,
        name: &str,
        resolver: &dyn Resolver,
        cached: bool,
        arguments: &[Node],
    ) -> Result<Node> {
        let ask = || {
            let answer = resolver.call(&Invocation { scope: self, at, name, arguments });
            answer.map_err(|error| match error.labels() {
                [] => error.at(at.node.origin, "answers this"),
                _ => error,
            })
        };
        if !cached {
            (self.context.fleeting)();
            return ask();
        }
        let mut key = String::new();
        for argument in arguments {
            write_repr(argument, &mut key);
            key.push(',');
        }
        match self.context.cache.get(name, &key) {
            Some(answer) => Ok(answer),
            None => Ok(self.context.cache.keep(name, &key, ask()?)),
        }
    }

    /// The value at a key as resolvers take it: followed, absolute or counted from the siblings. `None` if there is
    /// none or it is `???`.
    pub(super) fn look_up(&self, at: &Spot, key: &str) -> Result<Option<Spot>> {
        Ok(self.look_up_any(at, key)?.filter(|found| !matches!(found.node.kind, Kind::Missing)))
    }

    /// The same, but `???` is a value.
    fn look_up_any(&self, at: &Spot, key: &str) -> Result<Option<Spot>> {
        let up = key.bytes().take_while(|&b| b == b'.').count();
        let mut place = if up == 0 { Places::ROOT } else { at.holder };
        for _ in 1..up {
            match self.places.up(place) {
                Some(above) => place = above,
                None => return Ok(None),
            }
        }
        let path = KeyPath::parse(&key[up..]);
        let from = self.places.spot_of(place);
        match self.walk(from, path.keys(), at.node.origin)? {
            Some(found) => self.follow(found).map(Some),
            None => Ok(None),
        }
    }
}
