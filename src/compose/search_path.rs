//! `hydra.searchpath`: more directories behind the ones that the program was started with.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compose::config_source::{ConfigSource, Content, Entry};
use crate::compose::dir::Dir;
use crate::compose::element::name_of;
use crate::compose::repository::Provided;
use crate::diag::{Error, ErrorKind, Origin, Result, did_you_mean, listed};
use crate::value::{Kind, Node, Text};

/// Finds the folder of a Python package without running Python: `x.conf` is the folder `x/conf` somewhere.
///
/// A closure that takes the dotted name will do.
pub trait Packages: Send + Sync {
    /// The folder; `None` if it is nowhere.
    fn find(&self, package: &str) -> Option<PathBuf>;
}

impl<F: Fn(&str) -> Option<PathBuf> + Send + Sync> Packages for F {
    fn find(&self, package: &str) -> Option<PathBuf> {
        self(package)
    }
}

/// A source that was asked for and is not there: empty, but named in the list of sources.
struct Nowhere(String);

impl fmt::Debug for Nowhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nowhere({})", self.0)
    }
}

impl ConfigSource for Nowhere {
    fn location(&self) -> String {
        self.0.clone()
    }

    fn is_available(&self) -> bool {
        false
    }

    fn read(&self, _: &str) -> Result<Option<Content>> {
        Ok(None)
    }

    fn list(&self, _: &str) -> Result<Option<Vec<Entry>>> {
        Ok(None)
    }
}

/// Opens the places that a `hydra.searchpath` names. A place that is not there is a warning; it stays in the list.
///
/// # Errors
/// A value that is no list of texts, and places of a kind that is not known.
pub(crate) fn open(
    searchpath: &Node,
    provider: &str,
    cwd: &Path,
    packages: Option<&Arc<dyn Packages>>,
    warn: &mut dyn FnMut(Error),
) -> Result<Vec<Provided>> {
    let Some(entries) = searchpath.as_list() else {
        return Err(Error::new(ErrorKind::Type, "`hydra.searchpath` must be a list of texts")
            .at(searchpath.origin, format!("expected a list, found {}", searchpath.describe()))
            .help("write `[file://DIR]`"));
    };
    let mut opened = Vec::with_capacity(entries.len());
    let mut errors = Vec::new();
    for entry in entries {
        match place(entry, cwd, packages) {
            Ok(source) => {
                if !source.is_available() {
                    warn(missing(&source.location(), entry.origin));
                }
                opened.push(Provided::boxed(Text::from(provider), source));
            }
            Err(error) => errors.push(error),
        }
    }
    match Error::all(errors) {
        Some(error) => Err(error),
        None => Ok(opened),
    }
}

fn missing(location: &str, origin: Origin) -> Error {
    let error = Error::new(
        ErrorKind::NotFound,
        format!("`{location}` is not there: the search path goes on without it"),
    )
    .at(origin, "no such directory");
    match location.strip_prefix("pkg://") {
        Some(_) => error.help(format!("say where it is: `--map {location}=DIR`")),
        None => error.help("relative directories count from the working directory"),
    }
}

fn place(entry: &Node, cwd: &Path, packages: Option<&Arc<dyn Packages>>) -> Result<Box<dyn ConfigSource>> {
    let text = match &entry.kind {
        Kind::Str(_) => name_of(entry),
        _ => None,
    };
    let Some(text) = text else {
        return Err(Error::new(ErrorKind::Type, "`hydra.searchpath` must be a list of texts")
            .at(entry.origin, format!("expected text, found {}", entry.describe())));
    };
    let (scheme, rest) = text.split_once("://").unwrap_or(("file", &text));
    match scheme {
        "file" => Ok(Box::new(Dir::new(cwd.join(rest)).shown_as(rest).located_at(format!("file://{rest}")))),
        "pkg" => {
            let folder = packages.and_then(|packages| packages.find(rest));
            Ok(match folder {
                Some(folder) => Box::new(Dir::new(folder).located_at(text.as_str())),
                None => Box::new(Nowhere(text.to_string())),
            })
        }
        "structured" => Ok(Box::new(Nowhere(text.to_string()))),
        other => {
            let known = ["file", "pkg"];
            let error = Error::new(
                ErrorKind::Usage,
                format!("`{other}://` is not a kind of place for configs"),
            )
            .at(entry.origin, format!("expected one of {}", listed(&known.map(|k| format!("{k}://")))));
            Err(match did_you_mean(other, known) {
                Some(near) => error.help(format!("did you mean `{near}://{rest}`?")),
                None => error,
            })
        }
    }
}
