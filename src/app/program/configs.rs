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
///
/// ```
/// use mainstem::app::{App, Bound, Configs, Sandbox};
/// use mainstem::run::Run;
/// static CONF: &[(&str, &str)] = &[("config", "defaults: [{db: pg}]"), ("db/pg", "port: 5432")];
/// let app = App::new("serve", |_: &Bound, _: &Run| ())
///     .with_configs(Configs::embedded(CONF))
///     .with_config_name("config");
/// let trial = Sandbox::new()?.run(&app, ["--cfg", "job", "db.port=5433"]);
/// assert_eq!(trial.out(), "db:\n  port: 5433\n");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
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
            error
                .help("say where it is: `--config-path DIR`")
                .help("or compile the configs in: `#[pipeline_main(config_path = …, embed)]`")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::program::console::Console;
    use crate::facts::Facts;

    /// A world with a working directory, which is never looked into.
    fn world(env: &[(&str, &Path)], executable: &Path) -> World {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), value.display().to_string())).collect();
        World {
            facts: Facts { env, cwd: "/where/it/was/started".into(), ..Facts::default() },
            executable: Some(executable.to_owned()),
            console: Console::kept(),
            owns_process: false,
        }
    }

    #[test]
    fn the_folder_is_that_of_the_crate_while_cargo_is_near_and_else_beside_the_program() {
        let dir = crate::durable::create_exclusive(&std::env::temp_dir().join("mainstem-configs")).unwrap();
        let (krate, moved) = (dir.join("crate"), dir.join("bin/train"));
        let conf = Path::new("conf");
        for mark in ["CACHEDIR.TAG", ".rustc_info.json"] {
            let target = dir.join(mark).join("target");
            std::fs::create_dir_all(&target).unwrap();
            let built = ["debug/train", "release/examples/train", "riscv64/debug/examples/train"];
            for built in built.map(|path| target.join(path)) {
                let beside = built.parent().unwrap().join(conf);
                let found = |crate_dir: &Path| candidates(Some(crate_dir), conf, &world(&[], &built));
                assert_eq!(found(&krate), std::slice::from_ref(&beside));
                std::fs::write(target.join(mark), "").unwrap();
                assert_eq!(found(&krate), [krate.join(conf), beside]);
                std::fs::remove_file(target.join(mark)).unwrap();
            }
        }
        let beside = dir.join("bin/conf");
        assert_eq!(candidates(Some(&krate), conf, &world(&[], &moved)), std::slice::from_ref(&beside));
        assert_eq!(candidates(None, conf, &world(&[], &moved)), std::slice::from_ref(&beside));
        let by_cargo = world(&[("CARGO_MANIFEST_DIR", &krate)], &moved);
        assert_eq!(candidates(Some(&krate), conf, &by_cargo), [krate.join(conf), beside.clone()]);
        // Cargo runs another crate, whose program this one was started by.
        let by_other = world(&[("CARGO_MANIFEST_DIR", &dir)], &moved);
        assert_eq!(candidates(Some(&krate), conf, &by_other), [beside]);
        assert_eq!(candidates(Some(&krate), Path::new("/etc/conf"), &by_cargo), [Path::new("/etc/conf")]);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
