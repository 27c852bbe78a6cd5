//! `hydra.aliases`: short names for long override keys, or for whole overrides.

use std::borrow::Cow;

use crate::compose::composer::Composer;
use crate::compose::item::Item;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::value::{IndexMap, Key, Kind, Node, Text};

/// The aliases of a primary config.
///
/// ```
/// use mainstem::compose::{Composer, Memory, Provided, Repository};
/// let conf = Memory::new().text("config", "hydra: {aliases: {lr: optimizer.lr, fast: trainer=fast}}");
/// let composer = Composer::new(Repository::new(vec![Provided::new("main", conf)]), Default::default());
/// let aliases = composer.aliases(Some("config"))?;
/// assert_eq!(aliases.expand("lr=0.1")?, "optimizer.lr=0.1");
/// assert_eq!(aliases.expand("+fast")?, "+trainer=fast");
/// assert_eq!(aliases.expand("seed=1")?, "seed=1");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aliases(IndexMap<Text, Alias>);

#[derive(Clone, Debug, PartialEq)]
struct Alias {
    target: Text,
    origin: Origin,
}

/// An override in three: the operator, the key as it is spelled, and what follows with its `=`.
pub(crate) fn split(text: &str) -> (&str, &str, Option<&str>) {
    let operator = ["++", "+", "~"].into_iter().find(|operator| text.starts_with(operator)).unwrap_or("");
    let rest = &text[operator.len()..];
    let mut escaped = false;
    let equals = rest.char_indices().find(|&(_, c)| {
        let found = c == '=' && !escaped;
        escaped = c == '\\' && !escaped;
        found
    });
    match equals {
        Some((at, _)) => (operator, &rest[..at], Some(&rest[at..])),
        None => (operator, rest, None),
    }
}

impl Aliases {
    /// Reads the `hydra.aliases` node.
    fn read(node: &Node) -> Result<Self> {
        let literal = |origin| {
            Error::new(
                ErrorKind::Type,
                "`hydra.aliases` must be a mapping from names to override keys or overrides",
            )
            .at(origin, "expected plain text")
        };
        let Some(map) = node.as_map() else { return Err(literal(node.origin)) };
        let mut aliases = Self::default();
        let mut errors = Vec::new();
        for (names, slot) in map {
            let (Some(names), Some(target)) = (names.as_str(), slot.node.as_str()) else {
                errors.push(literal(slot.node.origin));
                continue;
            };
            let (operator, key, value) = split(target);
            if key.is_empty() || !operator.is_empty() && value.is_none() {
                let error =
                    Error::new(ErrorKind::Override, format!("`{target}` cannot be the target of an alias"));
                errors.push(error.at(slot.node.origin, "expected a key, or a whole override with its value"));
                continue;
            }
            for name in names.split(',').map(str::trim) {
                let alias = Alias { target: target.into(), origin: slot.origin };
                if let Err(error) = aliases.add(name, alias) {
                    errors.push(error);
                }
            }
        }
        Error::all(errors).map_or(Ok(aliases), Err)
    }

    fn add(&mut self, name: &str, alias: Alias) -> Result<()> {
        let (operator, key, value) = split(name);
        if key.is_empty() || !operator.is_empty() || value.is_some() {
            return Err(Error::new(ErrorKind::Override, format!("`{name}` cannot be the name of an alias"))
                .at(alias.origin, "expected a key without operator and value"));
        }
        if let Some(before) = self.0.get(name) {
            return Err(Error::new(ErrorKind::DuplicateKey, format!("the alias `{name}` is defined twice"))
                .at(alias.origin, "again here")
                .at(before.origin, "first here"));
        }
        self.0.insert(name.into(), alias);
        Ok(())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and what they stand for, as written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, alias)| (name.as_str(), alias.target.as_str()))
    }

    /// The argument with its key replaced, if that is an alias; otherwise as it is.
    ///
    /// # Errors
    /// An alias of a key that is used without a value.
    pub fn expand<'a>(&self, argument: &'a str) -> Result<Cow<'a, str>> {
        let (operator, key, value) = split(argument);
        let Some(alias) = self.0.get(key) else { return Ok(Cow::Borrowed(argument)) };
        let (own, target, fixed) = split(&alias.target);
        match (fixed, value) {
            (Some(_), Some(_)) => Ok(Cow::Borrowed(argument)),
            (Some(fixed), None) => {
                let operator = if operator.is_empty() { own } else { operator };
                Ok(Cow::Owned(format!("{operator}{target}{fixed}")))
            }
            (None, None) if operator != "~" => {
                Err(Error::new(ErrorKind::Override, format!("the alias `{key}` needs a value"))
                    .at(alias.origin, format!("it stands for `{target}`"))
                    .help(format!("type `{key}=…`")))
            }
            (None, value) => Ok(Cow::Owned(format!("{operator}{target}{}", value.unwrap_or("")))),
        }
    }
}

impl Composer {
    /// The aliases that a primary config defines. A config that does not land at the root defines none.
    ///
    /// # Errors
    /// A primary config that cannot be read; aliases that are no plain texts.
    pub fn aliases(&self, config_name: Option<&str>) -> Result<Aliases> {
        let Some(name) = config_name else { return Ok(Aliases::default()) };
        let Some(document) = self.repository().load(name)? else { return Ok(Aliases::default()) };
        let mut item = Item::config(name.into(), document.origin());
        if let Some((header, _)) = &document.header {
            item.set_header(header);
        }
        let hydra = document.root.as_map().and_then(|map| map.get(&Key::from("hydra")));
        match (item.final_package().is_empty(), hydra.map(|hydra| &hydra.kind)) {
            (true, Some(Kind::Map(hydra))) => {
                hydra.get_str("aliases").map_or_else(|| Ok(Aliases::default()), Aliases::read)
            }
            _ => Ok(Aliases::default()),
        }
    }
}
