//! A whole program in a directory of its own, for tests.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::app::output::Status;
use crate::app::program::app::App;
use crate::app::program::console::Console;
use crate::app::program::finished::{Finished, Job};
use crate::app::program::world::World;
use crate::diag::{Error, ErrorKind, Result};
use crate::durable::create_exclusive;
use crate::facts::{Environment, Facts};

/// A temporary directory in which a program runs as if it were alone in the world: the directory is its working
/// directory, the environment is empty but for what the test puts there, and the clock stands at the first second of
/// 1970. The directory is removed when the value is dropped.
///
/// ```
/// use mainstem::app::{App, Bound, Configs, Maximize, Sandbox};
/// use mainstem::run::Run;
/// let app = App::new("train", |config: &Bound, _: &Run| -> Result<Maximize, mainstem::diag::Error> {
///     Ok(Maximize(if config.select("seed")? == Some(2.into()) { 0.9 } else { 0.5 }))
/// })
/// .with_config_name("config");
///
/// let sandbox = Sandbox::new()?.with_file("conf/config.yaml", "seed: 1")?;
/// let trial = sandbox.run(&app, ["-cd", "conf", "seed=2"]);
/// assert_eq!(trial.status().code(), 0);
/// assert_eq!(trial.jobs()[0].objectives()[0].value, 0.9);
/// let record = sandbox.read("outputs/1970-01-01/00-00-00/.hydra/overrides.yaml")?;
/// assert_eq!(record, "- seed=2\n");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Debug)]
pub struct Sandbox {
    path: PathBuf,
    env: Environment,
}

/// What a program did in a [`Sandbox`].
#[derive(Debug)]
pub struct Trial {
    finished: Finished,
    out: String,
    err: String,
}

impl Sandbox {
    /// An empty directory.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> Result<Self> {
        let wanted = std::env::temp_dir().join(format!("mainstem-sandbox-{}", std::process::id()));
        let path = create_exclusive(&wanted)?;
        // The name that the system would give it: a temporary directory is often a link.
        let path = path.canonicalize().unwrap_or(path);
        Ok(Self { path, env: Environment::default() })
    }

    /// With a file, in folders as needed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn with_file(self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> Result<Self> {
        let path = self.path.join(path);
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| failed("write", &path, &error))?;
        Ok(self)
    }

    /// With an environment variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        let known = self.env.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.env = known.chain([(name.to_owned(), value.to_owned())]).collect();
        self
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a program in this process. What its job prints by itself is not kept; `hydra.job.chdir` and
    /// `hydra.job.env_set` need a process of their own: see [`Sandbox::command`].
    pub fn run<A: Into<OsString>>(&self, app: &App, arguments: impl IntoIterator<Item = A>) -> Trial {
        let console = Console::kept();
        let world = World {
            facts: Facts { env: self.env.clone(), cwd: self.path.clone(), ..Facts::default() },
            executable: None,
            console: console.clone(),
            snapshot: None,
            owns_process: false,
        };
        let finished = app.run_in(world, arguments);
        let (out, err) = console.said();
        Trial { finished, out, err }
    }

    /// A program as a process: `sandbox.command(env!("CARGO_BIN_EXE_train"))`. Its clock is the real one.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.path).env_clear().envs(self.env.iter());
        command
    }

    /// The text of a file.
    ///
    /// # Errors
    /// It is not there.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<String> {
        let path = self.path.join(path);
        fs::read_to_string(&path).map_err(|error| failed("read", &path, &error))
    }

    /// All files, by their paths below the directory, sorted.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut open = vec![self.path.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).map_err(|error| failed("read", &folder, &error))? {
                let path = entry.map_err(|error| failed("read", &folder, &error))?.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(path.strip_prefix(&self.path).unwrap_or(&path).to_owned());
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary directory, where it disturbs no one.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Trial {
    /// How it ended.
    pub fn status(&self) -> Status {
        self.finished.status()
    }

    /// The jobs that ran, in order.
    pub fn jobs(&self) -> &[Job] {
        self.finished.jobs()
    }

    /// What the program said on standard output.
    pub fn out(&self) -> &str {
        &self.out
    }

    /// What the program said on standard error.
    pub fn err(&self) -> &str {
        &self.err
    }
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot {what} `{}`: {error}", path.display()))
}
