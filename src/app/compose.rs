//! `mainstem compose`: prints the tree.

use std::cell::RefCell;
use std::mem::ManuallyDrop;

use crate::app::args::{Args, Format};
use crate::app::json::{object, optional};
use crate::app::output::Output;
use crate::app::project;
use crate::compose::{Composed, Composer, RESERVED};
use crate::diag::{Error, ErrorKind, Origin, Result, Style, did_you_mean, listed_near};
use crate::facts::Facts;
use crate::resolve::{Context, Hydra, Scope};
use crate::value::{JsonStyle, Key, KeyPath, Kind, Node, write_json, write_yaml};

/// Composes and prints.
///
/// # Errors
/// What cannot be composed, or resolved.
pub(crate) fn run(args: &Args, facts: Facts, style: Style) -> Result<Output> {
    // Nothing of this is dropped: the process ends when it is printed, and large trees take long to take apart.
    let composer = ManuallyDrop::new(project::open(args, facts)?);
    let composed = ManuallyDrop::new(compose(&composer, args)?);
    let warnings = RefCell::new(Vec::new());
    let shown =
        shown(args, &composer, &composed, &warnings).map_err(|error| error.located(composed.sources()))?;
    let mut out = String::with_capacity(1 << 14);
    let shown = ManuallyDrop::new(if args.choices { with_choices(shown, &composed) } else { shown });
    match args.format {
        Format::Json => {
            write_json(&shown, JsonStyle::Compact, &mut out);
            out.push('\n');
        }
        _ => write_yaml(&shown, &mut out),
    }
    let found: Vec<Error> =
        warnings.into_inner().into_iter().map(|w: Error| w.located(composed.sources())).collect();
    let output = Output::success(out).warn(composed.warnings(), style).warn(&found, style);
    let empty = shown.as_map().is_some_and(|map| map.is_empty());
    let nothing = if empty { project::nothing(&composer, args) } else { None };
    let broken = if args.multirun { project::broken_jobs(&composer, args, &args.words) } else { None };
    Ok(output.warn(nothing.as_slice(), style).warn(broken.as_slice(), style))
}

/// Composes as much as is to be printed.
fn compose(composer: &Composer, args: &Args) -> Result<Composed> {
    let more = args.hydra || args.resolve || args.choices || args.multirun || args.package.is_some();
    let compose = if more { project::compose } else { project::compose_job };
    compose(composer, args, &args.words)
}

/// What is to be printed.
fn shown(
    args: &Args,
    composer: &Composer,
    composed: &Composed,
    warnings: &RefCell<Vec<Error>>,
) -> Result<Node> {
    let warn = |warning: Error| warnings.borrow_mut().push(warning);
    let context = composer.context(&warn).with_schema(composed.schema());
    let whole = &if args.resolve { unfinished(composed.root(), context) } else { composed.root().clone() };
    // The package of the whole is called `_global_`.
    let Some(package) = args.package.as_deref().filter(|package| *package != "_global_") else {
        if args.hydra {
            return if args.resolve { Scope::new(whole, context).resolve() } else { Ok(whole.clone()) };
        }
        let job = composed.job();
        let context = context.with_hydra(Hydra::Of(whole));
        return if args.resolve { Scope::new(&job, context).resolve() } else { Ok(job) };
    };
    // A relative key counts from the root: `.a` is `a`.
    let path = KeyPath::parse(package.strip_prefix('.').unwrap_or(package));
    let reserved = path.keys().first().and_then(Key::as_str).is_some_and(|key| RESERVED.contains(&key));
    let (root, context) = if reserved {
        (whole.clone(), context)
    } else {
        (composed.job(), context.with_hydra(Hydra::Of(whole)))
    };
    let scope = Scope::new(&root, context);
    // A lone value that is not known yet is not `???` itself: the error says what is.
    let lone = matches!(Scope::new(composed.root(), context).get(&path)?, Some(node) if !node.is_container());
    let scope = if lone && reserved { Scope::new(composed.root(), context) } else { scope };
    let found = if args.resolve { scope.select(&path)? } else { scope.get(&path)? };
    let found = found.ok_or_else(|| absent(&root, &path))?;
    if args.resolve && matches!(found.kind, Kind::Missing) {
        return Err(not_given(&path, found.origin));
    }
    Ok(found)
}

/// The error of a value that is `???`.
pub(crate) fn not_given(path: &KeyPath, origin: Origin) -> Error {
    Error::new(ErrorKind::MissingValue, format!("`{path}` is ???: it must be given"))
        .at(origin, "not given")
        .help(format!("type `{path}=…`"))
}

/// The tree with `???` for every value of the `hydra` node that refers to one: only a run knows them all.
fn unfinished(root: &Node, context: Context<'_>) -> Node {
    let hydra = KeyPath::parse("hydra");
    let mut whole = root.clone();
    if let Some(node) = root.as_map().and_then(|map| map.get_str("hydra"))
        && let Some(node) = open(&Scope::new(root, context), &hydra, node)
        && let Some(map) = whole.as_map_mut()
    {
        map.set(Key::from("hydra"), node);
    }
    whole
}

/// The value with `???` in place of what refers to it; `None` if there is no such thing inside.
fn open(scope: &Scope<'_>, path: &KeyPath, node: &Node) -> Option<Node> {
    match &node.kind {
        Kind::Template(_) => {
            let error = scope.select_shallow(path).err()?;
            (error.kind() == ErrorKind::MissingValue).then(|| Node::new(Kind::Missing, node.origin))
        }
        Kind::Map(map) => {
            let changed: Vec<(Key, Node)> = map
                .iter()
                .filter_map(|(key, slot)| {
                    Some((key.clone(), open(scope, &path.child(key.clone()), &slot.node)?))
                })
                .collect();
            let mut whole = (!changed.is_empty()).then(|| node.clone())?;
            let map = whole.as_map_mut()?;
            for (key, node) in changed {
                map.set(key, node);
            }
            Some(whole)
        }
        _ => None,
    }
}

fn with_choices(config: Node, composed: &Composed) -> Node {
    let choices = composed.selection().choices().map(|(key, name)| (key, optional(name)));
    object([("config", config), ("choices", object(choices))])
}

/// The error of a key that is not there.
pub(crate) fn absent(root: &Node, path: &KeyPath) -> Error {
    let error = Error::new(ErrorKind::UnknownKey, format!("there is no `{path}` in the composed config"));
    let keys = path.keys();
    // The deepest mapping on the way knows what could have been meant.
    for known in (0..keys.len()).rev() {
        let at = keys[..known].iter().try_fold(root, |node, key| node.as_map()?.get(key));
        let Some(map) = at.and_then(Node::as_map) else { continue };
        let names = map.names(usize::MAX);
        let typed = keys[known].to_string();
        let above: String = keys[..known].iter().map(|key| format!("{key}.")).collect();
        return match did_you_mean(&typed, names.iter().map(AsRef::as_ref)) {
            Some(near) => error.help(format!("did you mean `{above}{near}`?")),
            None if names.is_empty() => error,
            None => error.help(format!("there are: {}", listed_near(&names, &typed))),
        };
    }
    error
}
