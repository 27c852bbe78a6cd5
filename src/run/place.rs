//! Which directory a run asks for.

use std::path::{Component, Path, PathBuf};

use chrono::TimeDelta;

use crate::compose::Composer;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::facts::{Facts, Now};
use crate::resolve::{Cache, Context, Scope};
use crate::run::lease::Mandate;
use crate::value::{KeyPath, Kind, Node};

/// The directory that a run asks for, and how.
///
/// A name that holds the moment of the run (`${now:…}`, or anything else that another run would not get, however it
/// comes into the name) is meant for one run: if it is taken, the run gets the next free one beside it. Every other
/// name (`.`, `out`, `runs/${seed}`) means that very directory: it is used again, by one run at a time.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory, absolute.
    pub directory: PathBuf,
    /// The directory as the config says it.
    pub named: PathBuf,
    /// Whether it is for one run only.
    pub exclusive: bool,
    /// Whether it is there already, and was made for this run.
    pub made: bool,
    /// Where in it the record lies; `None`: there is no record.
    pub record: Option<PathBuf>,
    /// The directory that all runs of the same config have in common: where the ranks of a job meet.
    pub common: PathBuf,
    /// Where the name stands.
    pub origin: Origin,
    /// On whose order the run is, if it is not its own.
    pub mandate: Option<Mandate>,
}

/// Another moment: later by a year and 36 days, 5 hours, 7 minutes, and 11 seconds and a bit, so that no part of the
/// date or the time is the same.
const LATER: TimeDelta = TimeDelta::milliseconds((((401 * 24 + 5) * 60 + 7) * 60 + 11) * 1000 + 123);

impl Place {
    /// What `hydra.run.dir` and `hydra.output_subdir` say in a whole tree.
    ///
    /// # Errors
    /// `hydra.run.dir` is no path, or one of the two cannot be resolved.
    pub fn of(composer: &Composer, root: &Node) -> Result<Self> {
        Self::named_by("hydra.run.dir", composer, root)
    }

    /// What `hydra.sweep.dir` says, which holds the directories of the jobs of a sweep.
    ///
    /// # Errors
    /// As [`Place::of`].
    pub fn of_sweep(composer: &Composer, root: &Node) -> Result<Self> {
        Self::named_by("hydra.sweep.dir", composer, root)
    }

    fn named_by(key: &str, composer: &Composer, root: &Node) -> Result<Self> {
        let path = KeyPath::parse(key);
        // Everybody sees the name of a directory.
        let scope = Scope::new(root, composer.context(&|_| {})).masked();
        let wanted = scope.select(&path)?.unwrap_or_else(Node::null);
        let Some(named) = text(&wanted).filter(|text| !text.is_empty()) else {
            let error = Error::new(ErrorKind::Type, format!("`{key}` must be the path of a directory"));
            return Err(error.at(wanted.origin, format!("this is {}", wanted.describe())));
        };
        let subdirectory = scope.select(&KeyPath::parse("hydra.output_subdir"))?;
        let directory = plain(&composer.facts().cwd.join(&named));
        let record = subdirectory.map(|node| Self::record_in(&node, &directory)).transpose()?.flatten();

        let written = scope.get(&path)?.unwrap_or_else(Node::null);
        let (exclusive, fixed) = match &written.kind {
            Kind::Template(template) => {
                let later = Now::from(composer.facts.now.get() + LATER);
                let elsewhere = Facts { now: later, ..composer.facts().clone() };
                let cache = Cache::default();
                let context = Context::new(&composer.resolvers, &cache, &elsewhere);
                let other = Scope::new(root, context).masked().select(&path)?;
                // What stands before the first interpolation, up to the last separator.
                let fixed = template.text.split("${").next().unwrap_or_default();
                let end = fixed.rfind(std::path::is_separator).map_or(0, |at| at + 1);
                (other.as_ref() != Some(&wanted), Path::new(&fixed[..end]))
            }
            _ => (false, Path::new(&named).parent().unwrap_or(Path::new(""))),
        };
        let cwd = &composer.facts.cwd;
        Ok(Self {
            directory,
            common: plain(&cwd.join(fixed)),
            named: PathBuf::from(named),
            exclusive,
            made: false,
            record,
            origin: wanted.origin,
            mandate: None,
        })
    }
}

impl Place {
    /// Where in the directory of a run its record lies, as `hydra.output_subdir` says; `None`: nowhere. An absolute path counts
    /// that leads into the directory.
    ///
    /// # Errors
    /// It is not in the directory: whoever puts records aside or removes them would do so with what is no run's.
    pub(crate) fn record_in(subdirectory: &Node, directory: &Path) -> Result<Option<PathBuf>> {
        let Some(name) = text(subdirectory) else { return Ok(None) };
        let path = Path::new(&name);
        let within = match path.is_absolute() {
            true => plain(path).strip_prefix(directory).map(Path::to_owned).ok(),
            false => Some(path.to_owned()),
        };
        if let Some(within) = within.filter(|within| is_inside(within)) {
            // The directory itself has a name, too.
            let is_itself = path.is_absolute() && within.as_os_str().is_empty();
            return Ok(Some(if is_itself { PathBuf::from(".") } else { within }));
        }
        let message = "`hydra.output_subdir` must name a folder in the directory of the run";
        let error = Error::new(ErrorKind::Type, message);
        Err(error.at(subdirectory.origin, format!("this is {}", subdirectory.describe())))
    }
}

/// Whether a path that is seen from a directory stays in it.
pub(super) fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Text, or a number that was meant as text: a directory may be called `7`.
fn text(node: &Node) -> Option<String> {
    match node.shown() {
        Kind::Str(text) => Some(text.to_string()),
        Kind::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The path without `.` and `..`, as Hydra writes it down.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
