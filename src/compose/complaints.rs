//! What is said about defaults lists that cannot be expanded.

use std::collections::BTreeSet;

use crate::compose::element::Choice;
use crate::compose::expand::Known;
use crate::compose::folders::{in_folder, other_level};
use crate::compose::item::{Item, Role};
use crate::compose::repository::Repository;
use crate::compose::request::{Chosen, Deletion, Who};
use crate::compose::slash::{of_override, once_found};
use crate::compose::slips::near_group;
use crate::compose::tree::{NodeId, Tree};
use crate::diag::{Error, ErrorKind, Origin, did_you_mean, listed, listed_near, shell_word};
use crate::value::{IndexMap, Text};

/// A choice that must be made.
pub(crate) fn missing_choice(repository: &Repository, item: &Item) -> Error {
    if !item.is_group() {
        return Error::new(ErrorKind::Defaults, "`???` can only stand for the option of a group")
            .at(item.why, "expected the path of a config")
            .help("write `- group: ???`");
    }
    let key = item.override_key();
    let error = Error::new(ErrorKind::MissingChoice, format!("an option of `{key}` must be chosen"))
        .at(item.why, "left open here");
    let options = repository.options(&item.group_path()).unwrap_or_default();
    let error = match options.as_slice() {
        [] => error,
        _ => error.note(format!("options: {}", listed(&options))),
    };
    error.help(format!("type `{key}={}`", options.first().map_or("OPTION", |o| o.as_str())))
}

fn options_of(repository: &Repository, group: &str) -> Vec<Text> {
    repository.options(group).unwrap_or_default()
}

/// What a group has to offer to somebody who typed an option that it has not.
struct Offer<'t> {
    /// Its options, as they are typed: those of the group inside it that was meant, if one was; then those groups.
    options: Vec<Text>,
    /// So many are options.
    own: usize,
    /// The group inside it that was meant.
    folder: String,
    /// What was typed, without the folder.
    name: &'t str,
}

impl<'t> Offer<'t> {
    fn new(repository: &Repository, group: &str, typed: &'t str) -> Self {
        let typed = typed.strip_suffix(".yaml").unwrap_or(typed);
        let (folder, name) = typed.rsplit_once('/').unwrap_or(("", typed));
        let inside = |folder: &str| match (group, folder) {
            ("", _) => folder.to_owned(),
            (_, "") => group.to_owned(),
            _ => format!("{group}/{folder}"),
        };
        let options = |folder: &str| options_of(repository, &inside(folder));
        // The folder may be mistyped as well.
        let typed_in = inside(folder);
        let meant = near_group(repository, &typed_in);
        let meant = meant.as_deref().unwrap_or(&typed_in);
        let folder =
            if meant == group { "" } else { meant.strip_prefix(group).unwrap_or("").trim_start_matches('/') };
        let found = options(folder);
        if folder.is_empty() || found.is_empty() {
            let mut options = options("");
            let own = options.len();
            let nested = repository.groups(group).unwrap_or_default();
            let nested = nested.into_iter().filter(|_| !group.is_empty());
            options.extend(nested.map(|name| Text::from(format!("{name}/…"))));
            return Self { options, own, folder: String::new(), name };
        }
        let options: Vec<Text> = found.iter().map(|name| Text::from(format!("{folder}/{name}"))).collect();
        Self { own: options.len(), options, folder: format!("{folder}/"), name }
    }

    /// The option that was probably meant.
    fn near(&self) -> Option<Text> {
        let named = |option: &'_ Text| option.get(self.folder.len()..).is_some_and(|name| name == self.name);
        let own = self.options.get(..self.own)?;
        if let Some(same) = own.iter().find(|option| named(option)) {
            return Some(same.clone());
        }
        let names = own.iter().filter_map(|option| option.get(self.folder.len()..));
        did_you_mean(self.name, names).map(|near| Text::from(format!("{}{near}", self.folder)))
    }
}

/// A config that no source has. What was meant is left out if nobody will read it.
pub(crate) fn not_found(repository: &Repository, tree: &Tree, id: NodeId, is_drawn: bool) -> Error {
    let item = tree.item(id);
    let path = item.config_path();
    let group = item.group_path();
    let name = path.strip_prefix(group.as_str()).map_or(path.as_str(), |rest| rest.trim_start_matches('/'));
    let offer = match item.primary && options_of(repository, &group).is_empty() {
        // `-cn conf/config`: the directory is named elsewhere.
        true => Offer::new(repository, "", name),
        false => Offer::new(repository, &group, name),
    };
    let options = &offer.options;
    let (message, label) = if item.primary {
        (format!("there is no config `{path}`"), "no such config".to_owned())
    } else if name.is_empty() && !options.is_empty() {
        (format!("no option of `{group}` is named"), "expected the name of an option".to_owned())
    } else if options.is_empty() {
        let message = match group.as_str() {
            "" => format!("there is no config `{path}`"),
            _ => format!("there is no config group `{group}` with an option `{name}`"),
        };
        (message, "no such config".to_owned())
    } else if group.is_empty() {
        (format!("there is no config `{path}`"), "no such config".to_owned())
    } else {
        (format!("the config group `{group}` has no option `{name}`"), "no such option".to_owned())
    };
    let mut error = Error::new(ErrorKind::NotFound, message).at(item.why, label);
    if item.overridden {
        error = error.at(item.origin, "chosen for this item");
    }
    if !is_drawn {
        return error;
    }
    if !options.is_empty() {
        let what = if group.is_empty() || item.primary { "configs" } else { "options" };
        error = error.note(format!("{what}: {}", listed_near(options, name)));
    }
    let before = error.notes().len();
    error = once_found(error, repository, tree, id);
    if error.notes().len() > before {
        return error;
    }
    let written = match &item.role {
        Role::Config { path, .. } if !item.primary => config_meant(repository, path),
        _ => None,
    };
    if let Some(line) = written {
        error = error.help(format!("did you mean `- {line}`?"));
    } else if let Some(line) = other_level(repository, item, name) {
        error = error.help(line);
    } else if let Some(near) = offer.near() {
        error = error.help(format!("did you mean `{near}`?"));
    } else if group.ends_with("optional") && item.is_group() {
        error =
            error.help(format!("to leave it out where it does not exist, write `- optional {name}: OPTION`"));
    } else if name.is_empty() && !item.primary {
        error = error.help(format!("type `~{}` to leave the group out", item.override_key()));
    }
    if let Role::Group { written: Some(written), group, .. } = &item.role {
        let rest = group.strip_prefix(written.as_str()).unwrap_or(group).trim_start_matches('/');
        error = error.note(format!("`{written}: {rest}/{name}` is read as `{group}: {name}`"));
    }
    if options.is_empty() {
        let path: Vec<String> = repository.search_path().iter().map(|p| p.source().location()).collect();
        error = error.note(format!("searched: {}", path.join(", ")));
    }
    error
}

/// A primary config whose name is a path of the file system: it leads out of the config directories, or goes back and
/// forth in them. `/name` is `name`.
pub(crate) fn astray(repository: &Repository, name: &str) -> Option<Error> {
    let back = name.split('/').any(|part| part == "." || part == "..");
    let absolute = name.strip_prefix('/');
    let there = |name: &str| !name.contains('/') || repository.has_config(name).unwrap_or(true);
    if !back && absolute.is_none_or(there) {
        return None;
    }
    let error =
        Error::new(ErrorKind::NotFound, format!("`{name}` is no name of a config in a config directory"));
    let dirs = repository.search_path().iter().map(|provided| provided.source().location());
    let dir = dirs.filter_map(|location| location.strip_prefix("file://").map(str::to_owned)).next();
    let start = if absolute.is_some() { "/" } else { dir.as_deref().unwrap_or("") };
    let (mut above, mut within): (Vec<&str>, Vec<&str>) = (start.split('/').collect(), Vec::new());
    for part in name.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match part {
            ".." => drop(within.pop().or_else(|| above.pop())),
            part => within.push(part),
        }
    }
    let within = within.join("/");
    let within = within.strip_suffix(".yaml").unwrap_or(&within);
    Some(match within.rsplit_once('/') {
        _ if within.is_empty() => error.help("name the config: `-cn NAME`"),
        _ if absolute.is_none() && above.join("/") == start => error.help(format!("type `-cn {within}`")),
        Some((folder, file)) if absolute.is_some() => {
            let folder = shell_word(folder).into_owned();
            error.help(format!("name its directory: `-cd /{folder} -cn {}`", shell_word(file)))
        }
        _ => {
            let above = above.join("/");
            let above = if above.is_empty() { "/" } else { &above };
            error.help(format!("name its directory: `-cd {} -cn {}`", shell_word(above), shell_word(within)))
        }
    })
}

/// The item that was probably meant by the path of a config.
fn config_meant(repository: &Repository, path: &str) -> Option<String> {
    if matches!(path, "self" | "_self" | "self_" | "__self__") {
        return Some("_self_".to_owned());
    }
    // `db:pg`, `db=pg`, `db pg`: no item is written so.
    if let Some((group, option)) = path.split_once([':', '=', ' ']) {
        let group = near_group(repository, group.trim())?;
        return Some(format!("{group}: {}", option.trim_start_matches([':', '=', ' '])));
    }
    let (group, option) = path.rsplit_once('/')?;
    let group = near_group(repository, group).filter(|near| near != group)?;
    Some(format!("{group}/{option}"))
}

/// Whether a config includes itself at the same package: then it would do so forever.
pub(crate) fn cycle(tree: &Tree, id: NodeId) -> Option<Error> {
    let path = tree.path(id);
    let above = tree.ancestors(id).find(|&a| tree.path(a) == path)?;
    if tree.item(above).final_package() != tree.item(id).final_package() {
        return None;
    }
    Some(circle(tree, above, id))
}

/// Configs that are nested too deep: mostly because one includes itself, each time a package deeper.
pub(crate) fn too_deep(tree: &Tree, id: NodeId, depth: usize) -> Error {
    let path = tree.path(id);
    match tree.ancestors(id).find(|&a| tree.path(a) == path) {
        Some(above) => circle(tree, above, id).note("each time at a deeper package"),
        None => {
            let error =
                Error::new(ErrorKind::Limit, format!("configs include each other more than {depth} deep"));
            chain(error, tree, id)
        }
    }
}

fn circle(tree: &Tree, above: NodeId, id: NodeId) -> Error {
    let mut round: Vec<NodeId> =
        std::iter::once(id).chain(tree.ancestors(id)).take_while(|&at| at != above).collect();
    round.reverse();
    let names = std::iter::once(above).chain(round.iter().copied()).map(|at| format!("`{}`", tree.path(at)));
    let names = names.collect::<Vec<_>>().join(" -> ");
    let message = if round.len() == 1 { "a config includes itself" } else { "configs include each other" };
    let error = Error::new(ErrorKind::Cycle, format!("{message}: {names}"));
    let error = round
        .into_iter()
        .fold(error, |error, at| error.at(tree.item(at).why, format!("includes `{}`", tree.path(at))));
    error.help("remove one of these items")
}

/// The places that lead to a node, nearest first, as far as they fit.
pub(crate) fn chain(error: Error, tree: &Tree, id: NodeId) -> Error {
    let steps = std::iter::once(id).chain(tree.ancestors(id)).take(8);
    steps.fold(error, |error, id| {
        let item = tree.item(id);
        error.at(item.why, format!("includes `{}`", tree.path(id)))
    })
}

/// A config whose list holds only overrides, beside something that an argument appends.
pub(crate) fn left_out(tree: &Tree, id: NodeId, item: &Item) -> Error {
    let path = tree.path(id);
    Error::new(ErrorKind::Defaults, format!("the values of `{path}` itself are left out"))
        .at(item.origin, "its defaults list holds only overrides, and `+` appends to it")
        .help("add `- _self_` to the defaults list, before the overrides")
}

/// Two different choices for one group.
pub(crate) fn conflict(key: &str, before: &Known, now: &Item) -> Error {
    let show = |name: Option<&str>| name.unwrap_or("null").to_owned();
    // The pass goes backwards: what was met before stands later.
    let (first, second) = (show(now.name()), show(before.name.as_deref()));
    if now.is_missing() && before.appended {
        let message = format!("`{key}` is left open in a defaults list, and `+` adds a second choice");
        return Error::new(ErrorKind::Defaults, message)
            .at(before.why, "added here")
            .at(now.why, "left open here")
            .help(format!("type `{key}={second}`"));
    }
    let error = Error::new(ErrorKind::Defaults, format!("two choices for `{key}`: `{first}` and `{second}`"))
        .at(before.why, format!("`{second}` here"))
        .at(now.why, format!("`{first}` here"));
    if now.is_appended() {
        return error.help(format!("`+` adds a group; to choose another option type `{key}={second}`"));
    }
    error.help(format!(
        "to change the choice write `- override /{key}: {second}`, or type `{key}={second}` without `+`"
    ))
}

/// So many names that cannot be computed are told with what was meant; it is looked up among all choices.
const GUESSED: usize = 50;

/// Names that are computed from choices that do not exist.
pub(crate) fn unresolved(
    tree: &Tree,
    waiting: &[NodeId],
    known: &IndexMap<Text, Known>,
    lists: &dyn Fn(&str) -> Option<Origin>,
) -> Vec<Error> {
    let nothing = IndexMap::default();
    let told = |(at, &id): (usize, &NodeId)| {
        not_computed(tree.item(id), if at < GUESSED { known } else { &nothing }, lists)
    };
    waiting.iter().enumerate().map(told).collect()
}

fn not_computed(item: &Item, known: &IndexMap<Text, Known>, lists: &dyn Fn(&str) -> Option<Origin>) -> Error {
    let text = match &item.role {
        Role::Config { path, .. } => path.as_str(),
        Role::Group { choice: Choice::One(pick), .. } => pick.name.as_str(),
        _ => "",
    };
    let inner = text.split("${").nth(1).and_then(|rest| rest.split('}').next()).unwrap_or(text).trim();
    if let Some(list) = lists(inner) {
        let message = format!("`{text}` cannot be computed: `{inner}` is a list of options");
        return Error::new(ErrorKind::Defaults, message)
            .at(list, "several options here")
            .at(item.why, "one name is needed here")
            .help(format!("choose one option of `{inner}`"));
    }
    let keys: Vec<&str> =
        known.iter().filter(|(_, k)| k.name.is_some()).map(|(key, _)| key.as_str()).collect();
    let mut error =
        Error::new(ErrorKind::Defaults, format!("`{text}` cannot be computed: no choice is named `{inner}`"))
            .at(item.why, "in a defaults list only choices of groups can be inserted");
    if inner.contains(':') {
        error = error.note("resolvers do not work in defaults lists");
    }
    let slashed = inner.replace('.', "/");
    let near =
        keys.iter().copied().find(|k| *k == slashed).or_else(|| did_you_mean(inner, keys.iter().copied()));
    if let Some(near) = near {
        error = error.help(format!("did you mean `${{{near}}}`?"));
    }
    let own: Vec<&str> = keys.into_iter().filter(|k| !k.starts_with("hydra/")).collect();
    if own.is_empty() { error } else { error.note(format!("choices: {}", listed_near(&own, inner))) }
}

/// Rejects `..` and `\` in paths. Returns whether all is well.
pub(crate) fn check_paths(item: &Item, errors: &mut Vec<Error>) -> bool {
    let mut paths: Vec<(&str, Origin)> = Vec::new();
    match &item.role {
        Role::Config { path, .. } => paths.push((path, item.why)),
        Role::Group { group, choice, .. } => {
            paths.push((group, item.origin));
            match choice {
                Choice::Null => {}
                Choice::One(pick) => paths.push((&pick.name, pick.origin)),
                Choice::Many(picks) => paths.extend(picks.iter().map(|p| (p.name.as_str(), p.origin))),
            }
        }
        Role::Itself | Role::Root => {}
    }
    let before = errors.len();
    for (path, origin) in paths {
        if path.contains('\\') {
            errors.push(
                Error::new(ErrorKind::Defaults, format!("`{path}`: `\\` does not separate groups"))
                    .at(origin, "expected `/`")
                    .help(format!("write `{}`", path.replace('\\', "/"))),
            );
        } else if path.split('/').any(|segment| segment == "..") {
            errors.push(
                Error::new(ErrorKind::Defaults, format!("`{path}`: `..` does not lead to the group above"))
                    .at(origin, "expected a path without `..`")
                    .help("start the path with `/` to count from the root: `/group: option`"),
            );
        }
    }
    errors.len() == before
}

/// An override that no item of the defaults list answers to.
pub(crate) fn unused_override(
    repository: &Repository,
    key: &Text,
    chosen: &Chosen,
    known: &IndexMap<Text, Known>,
) -> Error {
    let group = key.split('@').next().unwrap_or(key);
    let choice = &chosen.choice;
    if let Who::Item { key: written, shorthand } = &chosen.who {
        let error =
            Error::new(ErrorKind::Defaults, format!("`override {written}` has no earlier item to change"))
                .at(chosen.origin, format!("no item before it chooses `{key}`"));
        if let Some(shorthand) = shorthand {
            return of_override(error, (written, shorthand, choice), known);
        }
        return error.help(keys_of(group, key, known).map_or_else(
            || format!("write `- {written}: {choice}` to add it, or move it behind the item it changes"),
            |keys| format!("did you mean {keys}?"),
        ));
    }
    if let Some(error) = whole(key, chosen.origin) {
        return error;
    }
    let error = Error::new(ErrorKind::NotFound, format!("no defaults list chooses an option of `{key}`"))
        .at(chosen.origin, "nothing to change");
    if let Choice::One(pick) = choice
        && let Some(line) = in_folder(repository, group, &pick.name, known)
    {
        return error.help(format!("did you mean `{line}`?"));
    }
    let error = match keys_of(group, key, known) {
        Some(keys) => error.help(format!("did you mean {keys}?")),
        None => error,
    };
    let Choice::One(pick) = choice else { return error.help(format!("to add it type `+{key}={choice}`")) };
    if repository.has_config(&format!("{group}/{}", pick.name)).unwrap_or(true) {
        return error.help(format!(
            "to add it type `+{key}={choice}`, or add `- {key}: {choice}` to the defaults list of the config"
        ));
    }
    // To add it would be the next mistake.
    let offer = Offer::new(repository, group, &pick.name);
    let near = offer.near().map_or("OPTION".to_owned(), |near| near.to_string());
    error
        .note(format!(
            "`{group}` has no option `{}`; options: {}",
            pick.name,
            listed_near(&offer.options, &pick.name)
        ))
        .help(format!("to add one type `+{key}={near}`"))
}

/// The error of who wants to choose or to delete all that the program knows of itself.
fn whole(key: &str, origin: Origin) -> Option<Error> {
    let help = match key {
        "hydra" => "set what is in it: `hydra.run.dir=DIR`; or choose in it: `hydra/launcher=OPTION`",
        "mainstem" => "set what is in it: `mainstem.run.note=TEXT`",
        _ => return None,
    };
    let message = format!("`{key}` is no config group, but the settings of the program");
    Some(Error::new(ErrorKind::NotFound, message).at(origin, "cannot be replaced as a whole").help(help))
}

/// The keys under which a group was chosen.
fn keys_of(group: &str, not: &str, known: &IndexMap<Text, Known>) -> Option<String> {
    let keys: BTreeSet<&Text> =
        known.iter().filter(|(key, k)| k.group == group && *key != not).map(|(key, _)| key).collect();
    let keys: Vec<String> = keys.into_iter().map(|key| format!("`{key}`")).collect();
    (!keys.is_empty()).then(|| keys.join(" or "))
}

/// Something that was asked for and met nothing, in short: there are more mistakes than are drawn.
pub(crate) fn unused(key: &Text, origin: Origin) -> Error {
    Error::new(ErrorKind::NotFound, format!("no defaults list has `{key}`")).at(origin, "")
}

/// A deletion that met nothing.
pub(crate) fn unused_deletion(
    key: &Text,
    deletion: &Deletion,
    known: &IndexMap<Text, Known>,
    lists: &IndexMap<Text, Origin>,
) -> Error {
    let what = match &deletion.name {
        Some(name) => format!("{key}={name}"),
        None => key.to_string(),
    };
    if let Some(list) = lists.get(key) {
        return Error::new(
            ErrorKind::Override,
            format!("cannot delete `{what}`: `{key}` is a list of options"),
        )
        .at(deletion.origin, "only one option can be deleted")
        .at(*list, "several options here")
        .help(match &deletion.name {
            Some(_) => format!("name the options that stay: `{key}=[…]`"),
            None => format!("type `{key}=[]`"),
        });
    }
    if let Some(error) = whole(key, deletion.origin) {
        return error;
    }
    let error = Error::new(ErrorKind::NotFound, format!("cannot delete `{what}`: no defaults list has it"))
        .at(deletion.origin, "nothing to delete");
    if let Some(found) = known.get(key) {
        let name = found.name.as_deref().unwrap_or("null");
        return error.at(found.why, format!("`{key}` is `{name}`")).help(format!("type `~{key}`"));
    }
    let group = key.split('@').next().unwrap_or(key);
    match keys_of(group, key, known) {
        Some(keys) => error.help(format!("did you mean {keys}?")),
        None => error,
    }
}
