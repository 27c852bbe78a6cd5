//! The project that the flags point at: its search path, and a composer over it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use crate::app::args::{Args, Command};
use crate::app::capture::absolute;
use crate::app::packages::Folders;
use crate::app::registered::registered;
use crate::app::sweep;
use crate::compose::{Arguments, Composed, Composer, Dir, Mode, Packages, Provided, Selection, Store};
use crate::declared::SchemaFile;
use crate::diag::{
    Error, ErrorKind, Result, Source, SourceKind, SourceMap, did_you_mean, listed, shell_word,
};
use crate::durable::read_regular;
use crate::facts::Facts;
use crate::settings::{composer, resolvers};
use crate::value::Text;

/// What `hydra.job.name` says where no program has a name.
const JOB_NAME: &str = "app";

/// Composes what the flags ask for.
pub(crate) fn open(args: &Args, facts: Facts) -> Result<Composer> {
    let placed = args.config_path.is_some() || !args.config_dirs.is_empty();
    let words: &[String] = match args.command {
        Command::Check | Command::Completion => &[],
        // A key may well be called as a directory.
        Command::Explain if placed => &[],
        _ => &args.words,
    };
    if let Some(error) = Error::all(words.iter().filter_map(|word| misplaced(word, &facts))) {
        return Err(error);
    }
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
    let composer = composer(main, more, facts, JOB_NAME).with_packages(folders).with_resolvers(resolvers);
    match args.schema.as_deref() {
        Some(path) => with_schema_file(composer, path, None),
        None => Ok(composer),
    }
}

/// So large may a schema file be, in bytes.
const LARGEST: u64 = 64 << 20;

fn schema_text(path: &str, place: &Path) -> Result<String> {
    let wrong =
        |why: String| Error::new(ErrorKind::Io, format!("cannot read the schema file `{path}`: {why}"));
    let bytes = read_regular(place, LARGEST).map_err(|error| wrong(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))
}

/// The composer with what a schema file says; with what its copy says, if there is one.
///
/// # Errors
/// It cannot be read; what is wrong with it.
pub(crate) fn with_schema_file(composer: Composer, path: &str, copy: Option<&Path>) -> Result<Composer> {
    let place = copy.map_or_else(|| absolute(composer.facts(), path), Path::to_path_buf);
    let text = schema_text(path, &place)?;
    let sources = composer.repository().sources();
    let file = SchemaFile::read(Source::new(SourceKind::File, path, text), sources);
    let file = file.map_err(|error| error.located(sources))?;
    let composer = composer.with_store(Store::of_file(path, file.configs));
    Ok(composer.with_schema(file.schema))
}

/// How to compose.
pub(crate) fn mode(args: &Args) -> Mode {
    if args.multirun { Mode::Multirun } else { Mode::Run }
}

/// The directory that the user named: a path, or `pkg://x.conf`.
pub(crate) fn directory(path: &str, facts: &Facts, folders: &Folders) -> Result<Dir> {
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
    let wrong = match fs::metadata(&place) {
        Ok(found) if found.is_dir() => None,
        Ok(_) => Some((ErrorKind::NotFound, "is no directory".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some((ErrorKind::NotFound, "does not exist".to_owned()))
        }
        Err(error) => Some((ErrorKind::Io, format!("cannot be opened: {error}"))),
    };
    if let Some((kind, what)) = wrong {
        let error = Error::new(kind, format!("the config directory `{path}` {what}"));
        return Err(match near(path, &place) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
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

/// What was probably meant by a directory that is none: the one that holds this file, or one with a similar name.
fn near(path: &str, place: &Path) -> Option<String> {
    let (above, name) = match path.rsplit_once('/') {
        Some((above, name)) => (Some(above), name),
        None => (None, path),
    };
    if place.is_file() {
        let name = name.strip_suffix(".yaml")?;
        return Some(format!("-cd {} -cn {name}", above.unwrap_or(".")));
    }
    let entries = place.parent()?.read_dir().ok()?.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let near = did_you_mean(name, names.iter().map(String::as_str))?;
    Some(above.map_or_else(|| near.to_owned(), |above| format!("{above}/{near}")))
}

/// What to say where nothing is to be seen for want of a primary config.
pub(crate) fn nothing(composer: &Composer, args: &Args) -> Option<Error> {
    let named = args.config_name.is_some() || !args.words.is_empty();
    if !named && args.config_path.is_none() && args.config_dirs.is_empty() {
        let error = Error::new(ErrorKind::Usage, "nothing is composed: no config directory is named");
        return Some(error.help("type `-cd DIR -cn NAME` for the config `NAME.yaml` of the directory `DIR`"));
    }
    let names = primaries(composer);
    if !named && names.is_empty() {
        let error =
            Error::new(ErrorKind::Usage, "nothing is composed: the directory holds no primary config");
        return Some(error.help("a primary config is a `.yaml` file outside of any group: name it by `-cn`"));
    }
    let error = || Error::new(ErrorKind::Usage, "nothing is composed: no primary config is named");
    (!named && !names.is_empty()).then(|| name_one(error(), &names))
}

/// An error of composing, with what to type.
pub(crate) fn advised(error: Error, composer: &Composer, args: &Args) -> Error {
    let placed = args.config_path.is_some() || !args.config_dirs.is_empty();
    let error = unnamed(without_directory(error, placed, composer.facts()), composer, args);
    let dirs = args.config_path.iter().chain(&args.config_dirs);
    let dirs: Vec<PathBuf> = dirs.map(|dir| absolute(composer.facts(), dir)).collect();
    registered(error, &dirs).0
}

/// What is not there without a primary config mostly is not there for that reason.
fn unnamed(error: Error, composer: &Composer, args: &Args) -> Error {
    let absent =
        matches!(error.kind(), ErrorKind::UnknownKey | ErrorKind::NotFound | ErrorKind::Interpolation);
    let names = primaries(composer);
    if args.config_name.is_some() || !absent || names.is_empty() {
        return error;
    }
    name_one(error.note("no primary config is named"), &names)
}

/// What is not there without a config directory mostly is not there for that reason.
pub(crate) fn without_directory(error: Error, placed: bool, facts: &Facts) -> Error {
    let absent = matches!(error.kind(), ErrorKind::UnknownKey | ErrorKind::NotFound);
    if placed || !absent {
        return error;
    }
    let error = error.note("no config directory is named");
    if absolute(facts, "conf").is_dir() {
        error.help("type `-cd conf`")
    } else {
        error.help("name one: `-cd DIR`")
    }
}

/// The names of the primary configs that there are.
fn primaries(composer: &Composer) -> Vec<Text> {
    composer.repository().options("").unwrap_or_default()
}

fn name_one(error: Error, names: &[Text]) -> Error {
    let first = names.iter().find(|name| *name == "config").or(names.first());
    let first = first.map_or("NAME", Text::as_str);
    error.note(format!("primary configs: {}", listed(names))).help(format!("type `-cn {first}`"))
}

/// A word that is no override, but a directory or a config in one: what was meant.
fn misplaced(word: &str, facts: &Facts) -> Option<Error> {
    if word.is_empty() || word.contains('=') || word.starts_with(['~', '+']) {
        return None;
    }
    let place = absolute(facts, word);
    if place.is_dir() {
        let error = Error::new(
            ErrorKind::Usage,
            format!("`{word}` is a directory, and directories are named by `-cd`"),
        );
        return Some(error.help(format!("did you mean `-cd {}`?", shell_word(word))));
    }
    let (folder, file) = word.rsplit_once('/').unwrap_or((".", word));
    let name = file.strip_suffix(".yaml").filter(|name| !name.is_empty() && place.is_file())?;
    let error =
        Error::new(ErrorKind::Usage, format!("`{word}` is a file, and configs are named by `-cd` and `-cn`"));
    Some(error.help(format!("did you mean `-cd {} -cn {}`?", shell_word(folder), shell_word(name))))
}

/// The overrides among the words, parsed.
pub(crate) fn arguments(composer: &Composer, args: &Args, words: &[String]) -> Result<Arguments> {
    composer.arguments(args.config_name.as_deref(), words)
}

/// Composes with the overrides among the words.
pub(crate) fn compose(composer: &Composer, args: &Args, words: &[String]) -> Result<Composed> {
    let arguments = arguments(composer, args, words)?;
    let composed = composer.compose(args.config_name.as_deref(), &arguments, mode(args));
    composed.map_err(|error| advised(error, composer, args))
}

/// What is wrong with the jobs of the sweep among the words. The sweep as a whole composes all the same.
pub(crate) fn broken_jobs(composer: &Composer, args: &Args, words: &[String]) -> Option<Error> {
    arguments(composer, args, words).and_then(|arguments| sweep::try_whole(composer, args, &arguments)).err()
}

/// As [`compose`], of what the job gets alone, as it is written: see [`Composer::compose_job`].
pub(crate) fn compose_job(composer: &Composer, args: &Args, words: &[String]) -> Result<Composed> {
    let arguments = arguments(composer, args, words)?;
    let composed = composer.compose_job(args.config_name.as_deref(), &arguments, mode(args));
    composed.map_err(|error| advised(error, composer, args))
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
    let selected = composer.select(args.config_name.as_deref(), &arguments, mode(args));
    let selected = selected.map_err(|error| advised(error, composer, args))?;
    Ok((selected.selection, arguments.sources))
}
