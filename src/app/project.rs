//! The project that the flags point at: its search path, and a composer over it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::args::Args;
use crate::app::capture::absolute;
use crate::app::packages::Folders;
use crate::app::sweep;
use crate::compose::{Arguments, Composed, Composer, Dir, Mode, Packages, Provided, Repository, Selection};
use crate::diag::{Error, ErrorKind, Result, SourceMap};
use crate::facts::Facts;
use crate::settings::{composer, resolvers};
use crate::value::Text;

/// What `hydra.job.name` says where no program has a name.
const JOB_NAME: &str = "app";

/// Composes what the flags ask for.
pub(crate) fn open(args: &Args, facts: Facts) -> Result<Composer> {
    let mut dirs: Vec<&str> = args.config_dirs.iter().map(String::as_str).collect();
    let main = match &args.config_path {
        Some(path) => Some(path.as_str()),
        None if dirs.is_empty() => None,
        None => Some(dirs.remove(0)),
    };
    let folders = Folders::new(&args.maps, &facts)?;
    let mut errors = Vec::new();
    let mut provide = |provider: &'static str, path: &str| match directory(path, &facts, &folders) {
        Ok(dir) => Some(Provided::new(provider, dir)),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    let main = main.and_then(|path| provide("main", path));
    let more: Vec<_> = dirs.into_iter().filter_map(|path| provide("command-line", path)).collect();
    if let Some(error) = Error::all(errors) {
        return Err(error);
    }
    let resolvers = resolvers().declare(args.declared.iter().map(String::as_str));
    Ok(composer(main, more, facts, JOB_NAME).with_packages(folders).with_resolvers(resolvers))
}

/// How to compose.
pub(crate) fn mode(args: &Args) -> Mode {
    if args.multirun { Mode::Multirun } else { Mode::Run }
}

/// The directory that the user named: a path, or `pkg://x.conf`.
fn directory(path: &str, facts: &Facts, folders: &Folders) -> Result<Dir> {
    let (place, location): (PathBuf, Option<&str>) = match path.strip_prefix("pkg://") {
        Some(package) => {
            let found = folders.find(package).ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("there is no folder for `{path}`"))
                    .help(format!("say where it is: `--map {path}=DIR`"))
            })?;
            (found, Some(path))
        }
        None => (absolute(facts, path), None),
    };
    if !place.is_dir() {
        let what = if place.exists() { "is no directory" } else { "does not exist" };
        return Err(Error::new(ErrorKind::NotFound, format!("the config directory `{path}` {what}")));
    }
    Ok(match location {
        Some(location) => Dir::new(place).located_at(location),
        None => {
            let shown = path.strip_prefix("file://").unwrap_or(path);
            Dir::new(place).shown_as(shown.strip_prefix("./").unwrap_or(if shown == "." {
                ""
            } else {
                shown
            }))
        }
    })
}

/// The names of the primary configs of the user's own sources.
pub(crate) fn primaries(composer: &Composer) -> Vec<Text> {
    let repository: &Arc<Repository> = composer.repository();
    repository.options("").unwrap_or_default()
}

/// The overrides among the words, parsed.
pub(crate) fn arguments(composer: &Composer, args: &Args, words: &[String]) -> Result<Arguments> {
    composer.arguments(args.config_name.as_deref(), words)
}

/// Composes with the overrides among the words.
pub(crate) fn compose(composer: &Composer, args: &Args, words: &[String]) -> Result<Composed> {
    let arguments = arguments(composer, args, words)?;
    if args.multirun {
        sweep::try_whole(composer, args, &arguments)?;
    }
    composer.compose(args.config_name.as_deref(), &arguments, mode(args))
}

/// Expands the defaults lists with the overrides among the words.
pub(crate) fn select(
    composer: &Composer,
    args: &Args,
    words: &[String],
) -> Result<(Arc<Selection>, Arc<SourceMap>)> {
    let mut arguments = arguments(composer, args, words)?;
    // The values of a sweep are chosen by its jobs, not by the list.
    arguments.overrides.retain(|one| !one.is_sweep());
    let selected = composer.select(args.config_name.as_deref(), &arguments, mode(args))?;
    Ok((selected.selection, arguments.sources))
}
