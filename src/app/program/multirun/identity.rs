//! What a sweep is, and whether it is still the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::app::program::bound::Bound;
use crate::app::program::derived;
use crate::app::program::multirun::host::shown_line;
use crate::app::program::session::Session;
use crate::app::runs::{Difference, compare, leaves};
use crate::app::sweep::LARGEST;
use crate::compose::{Composed, Frozen, Included, Repository};
use crate::diag::{Error, ErrorKind, Result, SourceId, SourceKind};
use crate::drive::Identity;
use crate::durable::read_regular;
use crate::facts::{Process, date_of};
use crate::run::RunId;
use crate::sweep::{Goals, Jobs, Seen};
use crate::value::{HashSet, JsonStyle, Key, Node, write_json};
use crate::yaml;

/// The files that a sweep is made of, with the SHA-256 of each.
#[derive(Debug, Default)]
pub(super) struct Files {
    sums: BTreeMap<String, String>,
    seen: HashSet<usize>,
    /// The repositories that they were read by.
    repositories: Vec<Arc<Repository>>,
}

impl Files {
    /// Adds the config files of a composition.
    pub(super) fn add(&mut self, composed: &Composed) {
        let selection = composed.selection();
        let repository = selection.repository();
        if !self.repositories.iter().any(|known| Arc::ptr_eq(known, repository)) {
            self.repositories.push(Arc::clone(repository));
        }
        // How jobs run may be another way when a sweep goes on.
        let is_part = |one: &&Included| !one.config_path.starts_with("hydra/launcher/");
        for included in selection.included().iter().filter(is_part) {
            let document = &included.document;
            // Documents are shared by all jobs, and live as long as the repository.
            if !self.seen.insert(Arc::as_ptr(document) as usize) {
                continue;
            }
            let source = selection.repository().sources().get(document.source);
            if let Some(source) = source.filter(|source| *source.kind() == SourceKind::File) {
                self.sums.insert(source.label().to_owned(), sum(source.text().as_bytes()));
            }
        }
    }

    /// The config files with their texts.
    pub(super) fn frozen(&self) -> Frozen {
        let mut frozen = Frozen::default();
        self.repositories.iter().for_each(|repository| frozen.add(repository));
        frozen
    }

    /// Adds a file of the program. One that takes long to read, such as data, is known by its size and when it was changed.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn add_file(&mut self, name: &str, path: &Path) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot read `{name}`, which is part of the sweep: {error}"))
        };
        let file = path.metadata().map_err(failed)?;
        let known = if file.len() > LARGEST {
            let modified = date_of(file.modified().map_err(failed)?).map(|date| date.to_rfc3339());
            format!("{} bytes of {}", file.len(), modified.unwrap_or_default())
        } else {
            sum(&read_regular(path, LARGEST).map_err(failed)?)
        };
        self.sums.insert(name.to_owned(), known);
        Ok(())
    }
}

fn sum(bytes: &[u8]) -> String {
    hex(hmac_sha256::Hash::hash(bytes))
}

fn hex(sum: [u8; 32]) -> String {
    sum.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The SHA-256 over what the jobs change. A secret is not in it: a sum would let others find a short one by trying.
fn overrides(master: &Bound, jobs: &Jobs, search: Option<&Node>) -> String {
    let mut hash = hmac_sha256::Hash::new();
    if let Some(search) = search {
        let mut json = String::new();
        write_json(search, JsonStyle::Compact, &mut json);
        hash.update(format!("search {json}\0"));
    }
    jobs.show(&mut |seen| match seen {
        Seen::Sweep(factors) => hash.update(format!("sweep {factors}\0")),
        Seen::Factor(values) => hash.update(format!("factor {values}\0")),
        Seen::Override(one) => {
            let line = shown_line(master, one.line.to_string());
            hash.update(format!("override {} ", line.len()));
            hash.update(line);
        }
    });
    hex(hash.finalize())
}

/// The form of the moment of a sweep in its journal.
pub(super) const NOW: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// What the sweep of a session is: with its jobs, or the ends of what it searches, how many there are, and what is searched;
/// or what makes a job of one the best that is no search.
pub(super) fn identity(
    session: &Session<'_>,
    master: &Bound,
    process: &Process,
    (jobs, count): (&Jobs, u64),
    (search, goals): (Option<Node>, Option<&Goals>),
    files: &Files,
) -> Identity {
    let facts = session.composer.facts();
    let started = process.clock.now();
    let own = session.arguments.iter().filter(|argument| !derived::is_hidden(argument));
    let typed: Vec<String> =
        own.chain(&session.app.tail).map(|one| one.to_string_lossy().into_owned()).collect();
    let shown = master.shown_arguments(typed.clone()).into_iter();
    let arguments: Vec<String> = shown.map(|one| master.secrets().scrub(&one).into_owned()).collect();
    Identity {
        id: RunId::new(process, started).to_string(),
        name: session.app.name.to_string(),
        started,
        now: facts.now.get().format(NOW).to_string(),
        jobs: Some(count),
        overrides: Some(overrides(master, jobs, search.as_ref())),
        search,
        goals: goals.map(Goals::to_node),
        hides_secrets: arguments != typed,
        arguments,
        cwd: facts.cwd.clone(),
        program: process.program.as_deref().and_then(|path| {
            let file = path.metadata().ok()?;
            Some((path.to_owned(), file.len(), date_of(file.modified().ok()?)?.to_rfc3339()))
        }),
        configs: files.sums.iter().map(|(name, sum)| (name.clone(), sum.clone())).collect(),
    }
}

/// The file in the directory of a sweep that holds its config as a whole.
pub(super) const MASTER: &str = "multirun.yaml";

/// So many values are named that are other than they were.
const NAMED: usize = 10;

/// The values of the config of a sweep as a whole, given as its text, that are other than its file says, in words.
pub(super) fn changed_values(directory: &Path, now: &str) -> Vec<String> {
    let values = |text: &str| {
        let mut root = yaml::parse(text, SourceId::NONE, &yaml::Limits::default(), &mut ())?.root;
        root.as_map_mut()?.remove(&Key::from("hydra"));
        Some(leaves(&root))
    };
    let before = read_regular(&directory.join(MASTER), LARGEST).ok();
    let before = before.and_then(|bytes| values(&String::from_utf8(bytes).ok()?));
    let Some((before, now)) = before.zip(values(now)) else { return Vec::new() };
    let found = compare("config", before, now);
    let mut told: Vec<String> = found.iter().take(NAMED).map(Difference::told).collect();
    if found.len() > NAMED {
        told.push(format!("and {} other values", found.len() - NAMED));
    }
    told
}

/// Whether a sweep can go on as what it is now. `values` says which values are other ones, and `typed` is how it is told to.
///
/// # Errors
/// Configs, jobs or the program have changed, each of which is told.
pub(super) fn unchanged(
    before: &Identity,
    now: &Identity,
    values: impl FnOnce() -> Vec<String>,
    typed: &str,
) -> Result<()> {
    let mut changes = Vec::new();
    // A search goes on to more jobs as it would have, had it been asked for so many from the beginning.
    let goes_on = before.search.is_some() && now.jobs > before.jobs;
    if before.jobs != now.jobs && !goes_on {
        let count = |jobs: Option<u64>| jobs.map_or("?".to_owned(), |jobs| jobs.to_string());
        changes.push(format!("it had {} jobs, and has {} now", count(before.jobs), count(now.jobs)));
    } else if before.overrides != now.overrides {
        changes.push("its jobs change other values".to_owned());
    }
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (before.configs.iter().cloned().collect(), now.configs.iter().cloned().collect());
    for (name, sum) in &old {
        match new.get(name) {
            None => changes.push(format!("`{name}` is no part of it any more")),
            Some(other) if other != sum => changes.push(format!("`{name}` has changed")),
            Some(_) => {}
        }
    }
    changes.extend(new.keys().filter(|name| !old.contains_key(*name)).map(|name| format!("`{name}` is new")));
    if before.program != now.program {
        let said = |program: &Option<(std::path::PathBuf, u64, String)>| match program {
            Some((path, size, modified)) => format!("`{}` ({size} bytes, {modified})", path.display()),
            None => "an unknown one".to_owned(),
        };
        changes.push(format!("the program was {}, and is {} now", said(&before.program), said(&now.program)));
    }
    if changes.is_empty() {
        return Ok(());
    }
    let error = Error::new(ErrorKind::Job, "the sweep is not the one that was begun");
    let error = changes.into_iter().chain(values()).fold(error, Error::note);
    Err(error
        .help(format!("`{typed} --force` goes on all the same"))
        .help("without `--resume` it starts anew"))
}
