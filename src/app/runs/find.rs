//! Which run a word means.

use std::path::{Path, PathBuf};

use crate::app::args::wrong;
use crate::app::capture;
use crate::app::runs::view::View;
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::drive::{FOLDER, JOURNAL};
use crate::facts::{Facts, Process};
use crate::run::{Found, list};
use crate::value::HashSet;

/// Whether a directory is that of a sweep.
fn is_sweep(directory: &Path) -> bool {
    directory.join(FOLDER).join(JOURNAL).is_file()
}

/// The error of a sweep where a run is meant.
fn of_sweep(word: &str) -> Error {
    let typed = shell_word(word);
    Error::new(ErrorKind::NotFound, format!("there is a sweep in `{word}`, which is many runs"))
        .help(format!("`mainstem sweeps show {typed}` shows its jobs"))
        .help(format!("each is a run: `{}`", shell_word(&Path::new(word).join("0").to_string_lossy())))
}

/// Where runs and sweeps are put unless a config says otherwise.
const USUAL: [&str; 2] = ["outputs", "multirun"];

/// The runs below some directories, as they are found from here.
pub(super) struct Runs {
    pub(super) facts: Facts,
    pub(super) process: Process,
    roots: Vec<PathBuf>,
}

impl Runs {
    /// Those below these directories; of none, those below the working directory.
    ///
    /// # Errors
    /// There is no working directory.
    pub(super) fn below(roots: &[String]) -> Result<Self> {
        let facts = capture::facts()?;
        let mut roots: Vec<_> = roots.iter().map(|root| capture::absolute(&facts, root)).collect();
        if roots.is_empty() {
            roots.push(facts.cwd.clone());
        }
        // Links are not followed, but for those that stand where runs are put: on a larger disk, as often as not.
        let usual: Vec<_> = roots.iter().flat_map(|root| USUAL.map(|name| root.join(name))).collect();
        // They come first: a run is called by the name under which it was put.
        roots.splice(0..0, usual.into_iter().filter(|place| place.is_symlink() && place.is_dir()));
        Ok(Self { process: capture::process(&facts), facts, roots })
    }

    /// All runs, each once, and what cannot be read.
    pub(super) fn all(&self) -> Result<(Vec<View>, Vec<Error>)> {
        let (mut all, mut broken) = (Vec::<Found>::new(), Vec::new());
        for root in &self.roots {
            let (found, errors) = list(root, &self.process)?;
            all.extend(found);
            broken.extend(errors);
        }
        // A root may lie in another one, by a link as well.
        if self.roots.len() > 1 {
            let mut seen = HashSet::default();
            all.retain(|run| seen.insert(run.folder.canonicalize().unwrap_or_else(|_| run.folder.clone())));
        }
        all.sort_by(|a, b| (a.record.started(), &a.folder).cmp(&(b.record.started(), &b.folder)));
        Ok((all.into_iter().map(View::new).collect(), broken))
    }

    /// The run that a word means: a directory, a part of an identifier, or `last`.
    pub(super) fn find(&self, word: &str) -> Result<Found> {
        let path = capture::absolute(&self.facts, word);
        if path.is_dir() {
            return Found::read(&path, &self.process).map_err(|error| match is_sweep(&path) {
                true => of_sweep(word),
                false => error,
            });
        }
        // A run whose record is one of many may have no directory.
        if let Ok(found) = Found::read(&path, &self.process) {
            return Ok(found);
        }
        let (mut all, _) = self.all()?;
        if word == "last" {
            let last = all.pop().map(|view| view.found);
            return last.ok_or_else(|| self.none("there is no run"));
        }
        let asked = word.to_uppercase();
        let all: Vec<Found> = all.into_iter().map(|view| view.found).collect();
        let those = |is_meant: &dyn Fn(&str) -> bool| -> Vec<Found> {
            let id = |found: &&Found| found.record.id().map(|id| id.to_string()).unwrap_or_default();
            all.iter().filter(|found| !asked.is_empty() && is_meant(&id(found))).cloned().collect()
        };
        // Any other rule may mean another run than the one who asks, and `rm` would remove it.
        let mut meant = those(&|id| id.contains(&asked));
        match (meant.pop(), meant.is_empty()) {
            (Some(found), true) => Ok(found),
            (None, _) => Err(self.none(&format!("there is no run `{word}`"))),
            (Some(last), false) => {
                let ids = meant.iter().chain([&last]).take(10).filter_map(|found| found.record.id());
                let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
                let message = format!("`{word}` means {} runs", meant.len() + 1);
                Err(wrong(message).help(format!("say more of the ID: {}", ids.join(", "))))
            }
        }
    }

    /// The run in a directory whose record cannot be read.
    pub(super) fn unread(&self, word: &str) -> Option<Found> {
        Found::unread(&capture::absolute(&self.facts, word))
    }

    fn none(&self, message: &str) -> Error {
        Error::new(ErrorKind::NotFound, message)
            .note(format!("looked in {}", self.places()))
            .help("`mainstem runs ls --root DIR` shows those that are there")
    }

    /// Where runs are looked for.
    pub(super) fn places(&self) -> String {
        let roots: Vec<_> = self.roots.iter().map(|root| format!("`{}`", root.display())).collect();
        roots.join(", ")
    }
}
