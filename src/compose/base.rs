//! The tree of a selection, before any value is overridden: shared by all jobs that select the same configs.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::compose::selection::{Included, Selection, option_places};
use crate::compose::variant::{contradiction, named, named_first};
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::merge::{Observer, merge, too_deep};
use crate::resolve::{Context, Givers};
use crate::schema::{Schema, places};
use crate::value::{DEEPEST, Key, KeyPath, Kind, Map, Node};

/// All configs of a selection, merged. Immutable and shared; [`Base::apply`] works on a copy-on-write clone.
#[derive(Debug)]
pub struct Base {
    pub(crate) root: Node,
    pub(crate) selection: Arc<Selection>,
    pub(crate) schema: Schema,
    /// Whether a field of the schema is a secret.
    pub(crate) has_secrets: bool,
    /// What was suspicious when it was merged: told to everyone who uses it.
    pub(crate) warnings: Vec<Error>,
}

impl Base {
    /// The tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// What the tree must be: the schemas of all its configs.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The configs it is made of.
    pub fn selection(&self) -> &Arc<Selection> {
        &self.selection
    }

    /// Merges the configs of a selection on top of the preludes, which are merged already.
    pub(crate) fn merge(
        selection: &Arc<Selection>,
        preludes: &Merged,
        context: Context<'_>,
    ) -> Result<(Self, Lasting)> {
        let (_, own) = parted(selection);
        let merged = preludes.clone().merge_all(own, context);
        let Merged { root, schema, errors, warnings, lasting } = merged;
        match Error::all(errors) {
            Some(error) => Err(error),
            None => {
                let has_secrets = schema.has_secrets();
                let selection = Arc::clone(selection);
                Ok((Self { root, selection, schema, has_secrets, warnings }, lasting))
            }
        }
    }

    /// The same tree for a selection of the same configs that other arguments brought in.
    pub(crate) fn selected_by(&self, selection: &Arc<Selection>) -> Self {
        Self {
            root: self.root.clone(),
            selection: Arc::clone(selection),
            schema: self.schema.clone(),
            has_secrets: self.has_secrets,
            warnings: self.warnings.clone(),
        }
    }
}

/// The preludes of a selection, and all its other configs.
pub(crate) fn parted(selection: &Selection) -> (&[Included], &[Included]) {
    let included = selection.included();
    included.split_at(included.iter().take_while(|included| included.prelude).count())
}

/// Whether what was merged may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// Merging it again gives the same.
    Yes,
    /// A resolver was asked whose answer may be another one the next time.
    No,
}

/// A tree in the making, with what it must be so far, and what was found on the way.
#[derive(Clone, Debug)]
pub(crate) struct Merged {
    root: Node,
    schema: Schema,
    errors: Vec<Error>,
    warnings: Vec<Error>,
    pub(crate) lasting: Lasting,
}

impl Merged {
    /// Merges what stands before all other configs: preludes, and the defaults of the composer's schema.
    pub(crate) fn first(preludes: &[Included], own: Option<&Included>, context: Context<'_>) -> Self {
        let start = Self {
            root: Node::from(Map::default()),
            schema: context.schema.clone(),
            errors: Vec::new(),
            warnings: Vec::new(),
            lasting: Lasting::Yes,
        };
        let mut merged = start.merge_all(preludes, context);
        let before = merged.errors.len();
        merged = merged.merge_all(own.map_or(&[], std::slice::from_ref), context);
        if let (Some(own), true) = (own, merged.errors.len() > before) {
            let told = broken_defaults(own, context.schema);
            if !told.is_empty() {
                merged.errors.truncate(before);
                merged.errors.extend(told);
            }
        }
        merged
    }

    /// Whether all went well.
    pub(crate) fn is_whole(&self) -> bool {
        self.errors.is_empty()
    }

    fn merge_all(mut self, all: &[Included], context: Context<'_>) -> Self {
        let (warnings, lasting) = (RefCell::new(std::mem::take(&mut self.warnings)), Cell::new(self.lasting));
        let warn = |warning: Error| warnings.borrow_mut().push(warning);
        let fleeting = || lasting.set(Lasting::No);
        let context = context.with_warnings(&warn).with_fleeting(&fleeting);
        let is_typed = !self.schema.is_any() || all.iter().any(|one| one.document.schema.is_some());
        let options = if is_typed { option_places(all) } else { Vec::new() };
        let context = context.with_givers(Givers { options: &options, ..context.givers });
        for included in all {
            self.errors.extend(restricted(included));
            if let Some(error) = self.contradiction(all, included) {
                // Of a list of options that contradict each other it is said once.
                if self.errors.iter().all(|known| known.message() != error.message()) {
                    self.errors.push(error);
                }
                continue;
            }
            if let Err(error) = step(&mut self.root, &mut self.schema, included, context, &mut ()) {
                self.errors
                    .push(error.at(included.why, format!("`{}` is included here", included.config_path)));
            }
        }
        Self { warnings: warnings.take(), lasting: lasting.get(), ..self }
    }
}

impl Merged {
    /// The error that an option cannot be merged beside those that were chosen together with it.
    fn contradiction(&self, all: &[Included], included: &Included) -> Option<Error> {
        if !included.is_option || included.override_key.is_some() || self.schema.is_any() {
            return None;
        }
        let package = KeyPath::parse(&included.package);
        contradiction(all, included, self.schema.expected().at_in(&self.root, &package))
    }
}

/// The defaults of a type that it does not allow itself: whoever runs the program can do nothing about them.
fn broken_defaults(own: &Included, schema: &Schema) -> Vec<Error> {
    let name = schema.expected().as_struct().map_or("the type", |fields| fields.name.as_str());
    let told = places(schema.expected()).into_iter().flat_map(|place| {
        let mut errors = Vec::new();
        let down = |node: &'_ Node, key| node.as_map().and_then(|map| map.get(key)).cloned();
        let root = own.document.root.clone();
        let found = place.path.keys().iter().try_fold(root, |node, key| down(&node, key));
        // What stands in a struct is a place of its own.
        if let (Some(node), None, None) = (found, place.expected.as_struct(), place.expected.as_enum()) {
            let _ = place.expected.fit(node, &place.path, &mut errors);
        }
        let field = match place.path.keys() {
            [key] => format!("`{name}::{key}`"),
            _ => format!("`{}` in `{name}`", place.path),
        };
        errors.into_iter().map(move |error| error.help(format!("change `default` of {field} in the program")))
    });
    told.collect()
}

/// Merges one config into the tree; an option that stands for a variant says so, before what its defaults list brings in
/// lands in it. From then on the tree must be what the config's schema says.
pub(crate) fn step<O: Observer>(
    root: &mut Node,
    schema: &mut Schema,
    included: &Included,
    context: Context<'_>,
    observer: &mut O,
) -> Result<()> {
    let package = KeyPath::parse(&included.package);
    let body = &included.document.root;
    if package.is_empty() && body.as_map().is_none() {
        return Err(Error::new(
            ErrorKind::Merge,
            format!("`{}` is a list and cannot be the root", included.config_path),
        )
        .at(body.origin, "expected a mapping")
        .help("put the list below a key, or give the config a package"));
    }
    // Reading has counted the levels, so that a document whose levels are few is not walked through.
    if package.len() + included.document.height > DEEPEST
        && let Some(error) = too_deep(package.len(), body)
    {
        return Err(error.at(body.origin, format!("below a package of {} keys", package.len())));
    }
    if let Some(ty) = &included.document.schema {
        may_be_placed(included, &package, ty, schema)?;
        // Its values are what its own type wants; the type that was known before may have less fields.
        merge(root, &package, body, context.with_schema(Schema::ANY), observer)?;
        schema.place(&package, ty.clone());
        return Ok(());
    }
    for option in included.within.iter().filter(|_| !schema.is_any()) {
        let package = KeyPath::parse(&option.package);
        if let Some(named) = named_first(option, schema.expected().at_in(root, &package)) {
            merge(root, &package, &named, context.with_schema(schema), observer)?;
        }
    }
    let named = named(included, schema.expected().at_in(root, &package));
    let body = named.as_ref().unwrap_or(body);
    merge(root, &package, body, context.with_schema(schema), observer)
}

/// Whether a config that has a type may stand where it lands: there is such a place, and where a struct is expected it
/// is that one or a special case of it.
fn may_be_placed(included: &Included, package: &KeyPath, ty: &Schema, schema: &Schema) -> Result<()> {
    let mut here = schema.expected();
    let mut at = KeyPath::ROOT;
    for key in package.keys() {
        let below = here.child(key);
        let Some(below) = below else {
            at.push(key.clone());
            let error = here.as_closed().map(|fields| fields.unknown(key, &at));
            let error =
                error.unwrap_or_else(|| Error::new(ErrorKind::UnknownKey, format!("there is no key `{at}`")));
            return Err(error.at(included.document.origin(), "its content lands there"));
        };
        at.push(key.clone());
        here = below;
    }
    match (ty.expected().as_struct(), here.as_struct()) {
        (Some(new), Some(known)) if !new.is_a(known) => {
            let what = if package.is_empty() { "the root".to_owned() } else { format!("`{package}`") };
            let message =
                format!("{what} must be a {}, but `{}` is a {}", known.name, included.config_path, new.name);
            let error = Error::new(ErrorKind::Type, message);
            Err(error
                .at(included.document.origin(), "registered here")
                .help(format!("{} must name {} as one of its bases", new.name, known.name)))
        }
        _ => Ok(()),
    }
}

/// The value at a path below a node, without resolving anything.
pub(crate) fn find<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| node.as_map()?.get_str(key))
}

/// Keys of the `hydra` node that only the primary config may set.
fn restricted(included: &Included) -> Vec<Error> {
    if included.primary || included.prelude {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for key in ["searchpath", "aliases"] {
        let path = match included.package.as_str() {
            "" => vec!["hydra", key],
            "hydra" => vec![key],
            _ => continue,
        };
        let set = find(&included.document.root, &path);
        if let Some(node) = set.filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing)) {
            errors.push(
                Error::new(
                    ErrorKind::Defaults,
                    format!("`hydra.{key}` can only be set in the primary config"),
                )
                .at(node.origin, "set here")
                .at(included.why, "included here")
                .help("move it to the primary config"),
            );
        }
    }
    errors
}

/// Sets a value that the program itself provides; mappings on the way are made.
pub(crate) fn put(root: &mut Node, path: &[&str], value: Node) {
    let mut at = root;
    let Some((last, above)) = path.split_last() else { return };
    for key in above {
        if at.as_map().is_none() {
            *at = Node::from(Map::default());
        }
        let Some(map) = at.as_map_mut() else { return };
        at = map.get_or_insert(Key::from(*key), Origin::NONE);
    }
    if at.as_map().is_none() {
        *at = Node::from(Map::default());
    }
    if let Some(map) = at.as_map_mut() {
        map.set(Key::from(*last), value);
    }
}
