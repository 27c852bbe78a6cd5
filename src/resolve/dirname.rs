//! `${hydra_override_dirname:}`: the job's overrides as the name of a directory.

use crate::diag::{Error, ErrorKind, HIDDEN, Result, Span};
use crate::grammar::parse_template;
use crate::resolve::resolver::Invocation;
use crate::value::{Argument, Call, Expression, Kind, Map, Name, Node, Part, Template, Text, write_str};

/// What separates keys from values, and overrides from each other; what is left out; what each override goes through.
struct Options {
    kv_sep: String,
    item_sep: String,
    exclude: Vec<String>,
    element_resolver: Option<Text>,
}

/// What an option is called.
const OPTIONS: [&str; 4] = ["kv_sep", "item_sep", "exclude_keys", "element_resolver"];

/// The overrides of the job, sorted and joined. Separators of paths become `_`, unless a resolver was named that each
/// override goes through: the name is one directory.
pub(super) fn answer(call: &Invocation<'_>) -> Result<Node> {
    let options = match call.arguments().first().filter(|node| !matches!(node.kind, Kind::Null)) {
        Some(given) => Options::given(call, given)?,
        None => Options::of_the_job(call)?,
    };
    let Some(task) = call.select("hydra.overrides.task")? else {
        return Err(call.error("there is no `hydra.overrides.task` here to name a directory after"));
    };
    let overrides = task.as_list().unwrap_or_default().iter().filter_map(Node::as_str);
    let mut items: Vec<&str> =
        overrides.filter(|line| !options.exclude.iter().any(|excluded| excluded == key(line))).collect();
    items.sort_unstable();
    let items = items.into_iter().map(|item| options.element(call, item)).collect::<Result<Vec<_>>>()?;
    let mut name = items.join(&options.item_sep);
    if options.element_resolver.is_none() {
        name = name.replace(['/', '\0'], "_");
    }
    Ok(Node::new(Kind::Str(name.into()), call.origin()))
}

impl Options {
    fn usual() -> Self {
        Self { kv_sep: "=".to_owned(), item_sep: ",".to_owned(), exclude: Vec::new(), element_resolver: None }
    }

    /// What `hydra.job.config.override_dirname` says.
    fn of_the_job(call: &Invocation<'_>) -> Result<Self> {
        let mut options = Self::usual();
        if let Some(map) = call.select("hydra.job.config.override_dirname")?.as_ref().and_then(Node::as_map) {
            options.read(call, map)?;
        }
        Ok(options)
    }

    /// What the call itself says; what it leaves out is as usual, whatever the job says.
    fn given(call: &Invocation<'_>, given: &Node) -> Result<Self> {
        let Some(map) = given.as_map() else {
            let found = given.describe();
            return Err(call.error(format!("`{}` takes a mapping of options, but got {found}", call.name())));
        };
        for (key, slot) in map {
            if !key.as_str().is_some_and(|key| OPTIONS.contains(&key)) {
                let error =
                    Error::new(ErrorKind::UnknownKey, format!("`{key}` is no option of `{}`", call.name()));
                let error = error.at(call.origin(), "").at(slot.origin, "");
                return Err(error.help(format!("the options are {}", OPTIONS.join(", "))));
            }
        }
        let mut options = Self::usual();
        options.read(call, map)?;
        Ok(options)
    }

    fn read(&mut self, call: &Invocation<'_>, map: &Map) -> Result<()> {
        let wrong = |key: &str, wanted: &str, node: &Node| {
            call.error(format!("`{key}` of `{}` must be {wanted}, not {}", call.name(), node.describe()))
        };
        let text = |key: &str| match map.get_str(key) {
            None => Ok(None),
            Some(node) => node.as_str().map(Some).ok_or_else(|| wrong(key, "text", node)),
        };
        if let Some(kv_sep) = text("kv_sep")? {
            kv_sep.clone_into(&mut self.kv_sep);
        }
        if let Some(item_sep) = text("item_sep")? {
            item_sep.clone_into(&mut self.item_sep);
        }
        if let Some(node) = map.get_str("exclude_keys") {
            let keys =
                node.as_list().and_then(|list| list.iter().map(Node::as_str).collect::<Option<Vec<_>>>());
            let keys = keys.ok_or_else(|| wrong("exclude_keys", "a list of texts", node))?;
            self.exclude = keys.into_iter().map(str::to_owned).collect();
        }
        if map.get_str("element_resolver").is_some_and(|node| !matches!(node.kind, Kind::Null)) {
            self.element_resolver = text("element_resolver")?.map(Text::from);
        }
        Ok(())
    }

    /// One override as it stands in the name.
    fn element(&self, call: &Invocation<'_>, item: &str) -> Result<String> {
        let mut item = item.replace('=', &self.kv_sep);
        let template = parse_template(&item)
            .map_err(|error| call.error(format!("cannot read `{item}`: {}", error.message)))?;
        if let Some(template) = template {
            item = call.resolved(&template)?;
        }
        let Some(resolver) = &self.element_resolver else { return Ok(item) };
        let argument = Argument { value: Expression::Literal(Kind::Str(item.into())), span: Span::default() };
        let ask = Call { name: Name::Literal(resolver.clone()), arguments: Box::new([argument]) };
        let node = call.scope.value(call.at, &Expression::Call(ask), true)?;
        let mut text = String::new();
        write_str(&node, &mut text);
        Ok(text)
    }
}

impl Invocation<'_> {
    /// Text with the interpolations in it resolved, as if it stood where the call stands.
    fn resolved(&self, template: &Template) -> Result<String> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Interpolation(expression, _) => {
                    let node = self.scope.value(self.at, expression, true)?;
                    // The name of a directory is shown everywhere.
                    match node.holds_secret() {
                        true => text.push_str(HIDDEN),
                        false => write_str(&node, &mut text),
                    }
                }
            }
        }
        Ok(text)
    }
}

/// The key of an override, without operator, package and value.
fn key(line: &str) -> &str {
    let key = line.trim_start_matches(['+', '~']);
    let key = key.split_once('=').map_or(key, |(key, _)| key);
    key.split_once('@').map_or(key, |(key, _)| key).trim_end()
}
