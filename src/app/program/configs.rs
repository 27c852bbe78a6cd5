//! Where the configs of a program lie.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::program::world::World;
use crate::compose::{ConfigSource, Dir, Embedded, Provided};
use crate::diag::{Error, ErrorKind, Result};

/// Where the configs of a program lie: a folder that comes with it, or texts inside of it. Never the working
/// directory, unless a flag of the command line says so.
///
/// A folder is looked for
/// 1. in the program's crate, if cargo runs the program or it still lies where cargo built it;
/// 2. beside the program's file.
#[derive(Clone)]
pub struct Configs(Place);

#[derive(Clone)]
enum Place {
    Nowhere,
    Folder { crate_dir: Option<PathBuf>, path: PathBuf },
    Source(Arc<dyn Fn() -> Box<dyn ConfigSource> + Send + Sync>),
}

impl Configs {
    /// No configs of its own: the command line names them all.
    pub fn none() -> Self {
        Self(Place::Nowhere)
    }

    /// The folder `path` in the crate whose folder is `crate_dir`: `env!("CARGO_MANIFEST_DIR")`. If the program was
    /// moved elsewhere: the folder `path` beside its file.
    ///
    /// ```
    /// let configs = mainstem::app::Configs::in_crate(env!("CARGO_MANIFEST_DIR"), "conf");
    /// ```
    pub fn in_crate(crate_dir: impl Into<PathBuf>, path: impl Into<PathBuf>) -> Self {
        Self(Place::Folder { crate_dir: Some(crate_dir.into()), path: path.into() })
    }

    /// The folder `path` beside the program's file. An absolute path is that folder.
    pub fn beside(path: impl Into<PathBuf>) -> Self {
        Self(Place::Folder { crate_dir: None, path: path.into() })
    }

    /// Texts inside of the program: pairs of a config path (`db/pg`) and YAML.
    pub fn embedded(files: &'static [(&'static str, &'static str)]) -> Self {
        Self::source(Embedded::new("", files))
    }

    /// Any source of configs, such as [`Memory`](crate::compose::Memory).
    pub fn source(source: impl ConfigSource + Clone + 'static) -> Self {
        Self(Place::Source(Arc::new(move || Box::new(source.clone()))))
    }

    /// The source of the primary config.
    ///
    /// # Errors
    /// A folder that is nowhere.
    pub(crate) fn provide(&self, world: &World) -> Result<Option<Provided>> {
        Ok(match &self.0 {
            Place::Nowhere => None,
            Place::Source(make) => Some(Provided::boxed("main", make())),
            Place::Folder { .. } => {
                let dir = self.folder(world).transpose()?.unwrap_or_default();
                let shown = dir.strip_prefix(&world.facts.cwd).unwrap_or(&dir).to_owned();
                Some(Provided::new("main", Dir::new(dir).shown_as(shown)))
            }
        })
    }

    /// The folder of the configs, if they lie in one.
    pub(crate) fn folder(&self, world: &World) -> Option<Result<PathBuf>> {
        let Place::Folder { crate_dir, path } = &self.0 else { return None };
        let candidates = candidates(crate_dir.as_deref(), path, world);
        let found = candidates.iter().find(|dir| dir.is_dir()).cloned();
        Some(found.ok_or_else(|| {
            let message = format!("the folder `{}` of the program's configs is not there", path.display());
            let error = Error::new(ErrorKind::NotFound, message);
            let error = candidates
                .iter()
                .fold(error, |error, dir| error.note(format!("looked for {}", dir.display())));
            error.help("say where it is: `--config-path DIR`")
        }))
    }

    /// The folder of the program's project: that of its crate, or of its file.
    pub(crate) fn project(&self, world: &World) -> Option<PathBuf> {
        let folder = self.folder(world)?.ok()?;
        let Place::Folder { path, .. } = &self.0 else { return None };
        let depth = path.components().count();
        folder.ancestors().nth(if path.is_absolute() { 1 } else { depth }).map(Path::to_owned)
    }
}

/// Where the folder may be, best first.
fn candidates(crate_dir: Option<&Path>, path: &Path, world: &World) -> Vec<PathBuf> {
    if path.is_absolute() {
        return vec![path.to_owned()];
    }
    let mut candidates = Vec::new();
    if let Some(dir) = crate_dir
        && (world.facts.env.get("CARGO_MANIFEST_DIR").map(Path::new) == Some(dir)
            || is_where_cargo_built(world))
    {
        candidates.push(dir.join(path));
    }
    candidates.extend(world.executable.as_deref().and_then(Path::parent).map(|dir| dir.join(path)));
    candidates
}

/// Whether the program's file lies in a target folder of cargo. Those that cargo made are marked; in one that was there
/// already, such as a volume of a container, cargo leaves at least its notes on the compiler.
fn is_where_cargo_built(world: &World) -> bool {
    let above = world.executable.iter().flat_map(|file| file.ancestors().skip(1).take(4));
    let marks = ["CACHEDIR.TAG", ".rustc_info.json"];
    above.into_iter().any(|dir| marks.iter().any(|mark| dir.join(mark).is_file()))
}

impl fmt::Debug for Configs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Nowhere => f.write_str("Configs::none()"),
            Place::Folder { crate_dir, path } => {
                f.debug_struct("Configs").field("crate_dir", crate_dir).field("path", path).finish()
            }
            Place::Source(make) => f.debug_tuple("Configs").field(&make()).finish(),
        }
    }
}
