//! The jobs of a sweep, composed: all of them before the first one runs, and each again when its turn comes.

use std::cell::{Cell, OnceCell, RefCell};

use crate::app::program::bound::Bound;
use crate::app::program::job::check;
use crate::app::program::logging::Known;
use crate::app::program::multirun::earlier::{Earlier, Taken};
use crate::app::program::multirun::host::{misplaced, shown, subdirectory};
use crate::app::program::multirun::identity::Files;
use crate::app::program::multirun::in_sweep::bind_in_sweep;
use crate::app::program::multirun::patience::Patience;
use crate::app::program::session::Session;
use crate::app::program::worker;
use crate::app::sweep::{Sweep, try_all, try_covering};
use crate::compose::{Composed, Mode};
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::grammar::{Action, Override};
use crate::sweep::Job;
use crate::value::{Key, Node};

/// Who only looks at so many jobs does not wait until all are composed.
const HUGE: u64 = 10_000;

/// What is known of the jobs of a sweep once all of them were composed.
pub(super) struct Checked {
    /// The files that they are made of.
    pub(super) files: Files,
    /// Whether one of them needs another environment than this process has.
    pub(super) apart: bool,
    /// Those that have completed before.
    pub(super) taken: Vec<Taken>,
}

/// How the jobs of a sweep are composed.
pub(super) struct Composing<'a> {
    session: &'a Session<'a>,
    sweep: &'a Sweep,
}

impl<'a> Composing<'a> {
    pub(super) fn new(session: &'a Session<'a>, sweep: &'a Sweep) -> Self {
        Self { session, sweep }
    }

    pub(super) fn compose(&self, job: &Job) -> Result<Composed> {
        self.session.compose(&self.sweep.arguments(job), Mode::Run)
    }

    /// The overrides of a job as they would be typed.
    pub(super) fn typed(&self, job: &Job) -> Vec<String> {
        self.sweep.arguments(job).overrides.iter().map(typed).collect()
    }

    /// Composes every job, and reads what each needs of its config. If a sweep is huge, and only looked at, so many are
    /// composed that every value that was typed is in one of them.
    ///
    /// # Errors
    /// All that is wrong with any of them, each mistake once.
    pub(super) fn check(
        &self,
        master: &Bound,
        earlier: Option<&Earlier>,
        is_looked_at: bool,
    ) -> Result<Checked> {
        let mut files = Files::default();
        files.add(master.composed());
        let (files, apart, logging) = (RefCell::new(files), Cell::new(false), Known::default());
        let shares = Cell::new(false);
        let (first, taken) = (OnceCell::new(), RefCell::new(Vec::new()));
        let jobs = self.sweep.jobs.len();
        let patience = Patience::new(self.session, jobs);
        let attempt = |job: &Job| {
            patience.step();
            let composed = self.compose(job)?;
            files.borrow_mut().add(&composed);
            let bound = bind_in_sweep(self.session, composed, job.index, None)?;
            self.same_machinery(master, &bound)?;
            self.same_sweep(&first, &bound)?;
            if let Some(earlier) = earlier {
                taken.borrow_mut().extend(earlier.of(job.index, &bound, || shown(master, job)));
            }
            // One job may have the directory of the sweep itself.
            if subdirectory(&bound)?.as_os_str().is_empty() && shares.replace(true) {
                return Err(misplaced(&bound, ""));
            }
            // Where it will be is not known yet, and a config may ask.
            let bound = bound.with_fact(&["hydra", "runtime", "output_dir"], ".");
            apart.set(apart.get() || worker::needed(self.session, &bound)?.is_some());
            check(self.session, &bound, &logging)
        };
        if is_looked_at && earlier.is_none() && jobs > HUGE {
            self.session
                .note(&format!("{jobs} jobs are too many to compose only to be looked at: some were"));
            try_covering(self.sweep, attempt)?;
        } else {
            try_all(self.sweep, attempt)?;
        }
        let mut taken = taken.into_inner();
        taken.sort_by_key(|run| run.job);
        Ok(Checked { files: files.into_inner(), apart: apart.get(), taken })
    }

    /// Where choices were not looked at, no job must say other things of the sweep than the first one does.
    fn same_sweep(&self, first: &OnceCell<Vec<Option<Node>>>, job: &Bound) -> Result<()> {
        if self.sweep.is_nested {
            return Ok(());
        }
        let own = defines(job);
        let changed = first.get_or_init(|| own.clone()).iter().zip(&own).find(|(first, own)| first != own);
        let Some((_, own)) = changed else { return Ok(()) };
        let origin = own.as_ref().map_or(Origin::NONE, |node| node.origin);
        let error = Error::new(ErrorKind::Sweep, "only this combination of choices brings in a sweep");
        Err(job.located(error.at(origin, "this").help("sweep over fewer choices at once")))
    }

    /// A job must not say how the sweep runs that it is a job of. What is swept it may say where its choices were looked
    /// at for that.
    fn same_machinery(&self, master: &Bound, job: &Bound) -> Result<()> {
        for name in ["launcher", "sweeper"] {
            let of = |bound: &Bound| {
                let hydra = bound.root().as_map().and_then(|root| root.get_str("hydra"));
                let mut node = hydra.and_then(Node::as_map).and_then(|hydra| hydra.get_str(name)).cloned()?;
                if self.sweep.is_nested && name == "sweeper" {
                    node.as_map_mut().map(|sweeper| sweeper.remove(&Key::from("params")));
                }
                Some(node)
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
}

/// What a config says of the jobs of its sweep, beside Hydra's own node.
fn defines(bound: &Bound) -> Vec<Option<Node>> {
    let at = |node: &Node, key: &str| node.as_map().and_then(|map| map.get_str(key)).cloned();
    let sweep = at(bound.root(), "mainstem").and_then(|node| at(&node, "sweep"));
    ["zip", "grids", "jobs", "when"].map(|key| sweep.as_ref().and_then(|sweep| at(sweep, key))).into()
}

/// An override as it is typed: what deletes whatever is there has no value, though its line says `null`.
fn typed(one: &Override) -> String {
    match one.action {
        Action::Delete(None) => one.key_element(),
        _ => one.line.to_string(),
    }
}
