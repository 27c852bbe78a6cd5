//! The jobs of a sweep, composed: all of them before the first one runs, and each again when its turn comes.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;

use crate::app::program::bound::Bound;
use crate::app::program::job::{bind_in_sweep, ready};
use crate::app::program::multirun::identity::Files;
use crate::app::program::multirun::listed::listed;
use crate::app::program::session::Session;
use crate::app::program::worker;
use crate::app::sweep::try_all;
use crate::compose::{Arguments, Composed, Mode};
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceKind, Span};
use crate::grammar::{Action, Override, parse_override};
use crate::sweep::{Job, Jobs};
use crate::value::{Node, write_str};

/// The seed of `shuffle`: the same sweep has the same order every time.
const SEED: u64 = 0;

/// What is known of the jobs of a sweep once all of them were composed.
pub(super) struct Checked {
    /// The files that they are made of.
    pub(super) files: Files,
    /// Whether one of them needs another environment than this process has.
    pub(super) apart: bool,
}

/// How the jobs of a sweep are composed.
pub(super) struct Composing<'a> {
    session: &'a Session<'a>,
    arguments: Arguments,
    /// What the command line says of the `hydra` node, which every job has.
    own: Vec<Override>,
}

impl<'a> Composing<'a> {
    pub(super) fn new(session: &'a Session<'a>, arguments: &Arguments) -> Self {
        let own = arguments.overrides.iter().filter(|one| one.target.is_hydra()).cloned().collect();
        Self { session, arguments: arguments.clone(), own }
    }

    pub(super) fn compose(&self, job: &Job) -> Result<Composed> {
        let overrides = self.own.iter().chain(&job.overrides).cloned().collect();
        let arguments = Arguments { overrides, sources: Arc::clone(&self.arguments.sources) };
        self.session.compose(&arguments, Mode::Run)
    }

    /// The overrides of a job as they would be typed.
    pub(super) fn typed(&self, job: &Job) -> Vec<String> {
        self.own.iter().chain(&job.overrides).map(typed).collect()
    }

    /// Composes every job, and reads what each needs of its config.
    ///
    /// # Errors
    /// All that is wrong with any of them, each mistake once.
    pub(super) fn check(&self, master: &Bound, jobs: &Jobs) -> Result<Checked> {
        let mut files = Files::default();
        files.add(master.composed());
        let (files, apart) = (RefCell::new(files), Cell::new(false));
        try_all(jobs, &self.arguments.sources, |job| {
            let composed = self.compose(job)?;
            files.borrow_mut().add(&composed);
            let bound = bind_in_sweep(self.session, composed, job.index, None)?;
            same_machinery(master, &bound)?;
            // Where it will be is not known yet, and a config may ask.
            let bound = bound.with_fact(&["hydra", "runtime", "output_dir"], ".");
            apart.set(apart.get() || worker::needed(self.session, &bound)?.is_some());
            ready(self.session, &bound).map(drop)
        })?;
        Ok(Checked { files: files.into_inner(), apart: apart.get() })
    }
}

/// A job must not say how the sweep runs that it is a job of.
fn same_machinery(master: &Bound, job: &Bound) -> Result<()> {
    for name in ["launcher", "sweeper"] {
        let of = |bound: &Bound| {
            let hydra = bound.root().as_map().and_then(|root| root.get_str("hydra"));
            hydra.and_then(Node::as_map).and_then(|hydra| hydra.get_str(name)).cloned()
        };
        let (expected, found) = (of(master), of(job));
        if expected == found {
            continue;
        }
        let origin = found.map_or(Origin::NONE, |node| node.origin);
        let error = Error::new(ErrorKind::Sweep, format!("a job of the sweep changes `hydra.{name}`"));
        return Err(job.located(
            error
                .at(origin, "from here")
                .help("set it in the primary config or on the command line: all jobs have the same"),
        ));
    }
    Ok(())
}

/// The jobs that `hydra.sweeper.params` and the arguments span.
pub(super) fn jobs(cwd: &Path, master: &Bound, arguments: &Arguments) -> Result<Jobs> {
    let mut errors: Vec<Error> = Vec::new();
    let mut overrides = Vec::new();
    let params = master.select("hydra.sweeper.params")?;
    for (key, slot) in params.as_ref().and_then(Node::as_map).into_iter().flatten() {
        let mut line = format!("{key}=");
        write_str(&slot.node, &mut line);
        let source = Source::new(SourceKind::Memory, "hydra.sweeper.params", line.as_str());
        let source = arguments.sources.add(source);
        if slot.node.holds_secret() {
            arguments.sources.hide(Origin::new(source, Span::new(key.to_string().len() + 1, line.len())));
        }
        overrides.extend(parse_override(&line, source, &mut errors));
    }
    let own = |one: &&Override| !one.target.is_hydra() && !is_about_sweep(one);
    overrides.extend(arguments.overrides.iter().filter(own).cloned());
    let repository = master.composed().selection().repository();
    let options = |group: &str| -> Result<Vec<String>> {
        Ok(repository.options(group)?.iter().map(ToString::to_string).collect())
    };
    let all = || {
        if let Some(error) = Error::all(errors) {
            return Err(error);
        }
        let jobs = Jobs::new(&overrides, &options, SEED)?;
        listed(cwd, master, &arguments.sources, jobs, &|overrides| Jobs::new(overrides, &options, SEED))
    };
    all().map_err(|error| error.located(&arguments.sources).located(master.composed().sources()))
}

/// Whether an override says how the sweep runs, which is no business of its jobs.
pub(super) fn is_about_sweep(one: &Override) -> bool {
    one.target.key().starts_with("mainstem.sweep.") || one.target.key() == "mainstem.sweep"
}

/// An override as it is typed: what deletes whatever is there has no value, though its line says `null`.
fn typed(one: &Override) -> String {
    match one.action {
        Action::Delete(None) => one.key_element(),
        _ => one.line.to_string(),
    }
}
