//! Jobs in processes of their own, as somebody looks at them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use crate::app::capture;
use crate::app::program::multirun::hosted::Hosted;
use crate::app::program::multirun::view::{Begun, SHOWN, View};
use crate::app::program::multirun::workers::InWorkers;
use crate::app::program::screen::{self, Shown};
use crate::app::sweep::REPORTS;
use crate::diag::{Result, visible};
use crate::drive::{Entry, FOLDER, Host, Left, Policy, Prepared, Progress, Standing, Verdict};
use crate::launch::{Exit, Program};
use crate::run::{Status, last_report};
use crate::sweep::{Goals, Job};
use crate::value::Node;

/// The program whose jobs run, and what a terminal shows of them.
pub(super) struct Watched<'a> {
    pub(super) host: Hosted<'a, InWorkers>,
    view: Arc<Mutex<View>>,
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// What the sweep is after; where nobody says that, the jobs say which way is better.
    goals: Option<Goals>,
    /// Whether anybody looks.
    shown: bool,
}

impl<'a> Watched<'a> {
    pub(super) fn new(
        host: Hosted<'a, InWorkers>,
        (all, slots): (u64, usize),
        before: &Progress,
        policy: &Policy,
        goals: Option<Goals>,
    ) -> Self {
        let failed = if policy.retry_failed { 0 } else { before.count(Status::Failed) as u64 };
        let ended = before.count(Status::Completed) as u64 + failed;
        let view = View { all, slots, ended, failed, ..View::default() };
        let (view, elapsed) = (Arc::new(Mutex::new(view)), Arc::new(capture::stopwatch()));
        Self { host, view, elapsed, goals, shown: false }
    }

    /// Shows it, as long as what is returned lives, if there is a terminal and the jobs do not write to it themselves.
    pub(super) fn show(&mut self) -> Option<Shown> {
        let session = self.host.base.session;
        if !(self.host.way.to_files && session.owns_process && session.console.is_screen()) {
            return None;
        }
        self.shown = true;
        self.look_back();
        let (view, elapsed, style) = (Arc::clone(&self.view), Arc::clone(&self.elapsed), session.console.err);
        let reports = self.goals.as_ref().map(|_| self.host.base.directory.join(FOLDER).join(REPORTS));
        screen::show(move |size| {
            if let Some(reports) = &reports {
                hear(&view, reports);
            }
            lock(&view).lines(elapsed(), size, style)
        })
    }

    /// The last word about a sweep all of whose jobs have completed, if anybody looks.
    pub(super) fn last(&self, place: &str) -> Option<String> {
        let view = self.view();
        (self.shown && view.failed == 0 && view.ended == view.all).then(|| view.last(place))
    }

    fn view(&self) -> MutexGuard<'_, View> {
        lock(&self.view)
    }

    /// Takes in what jobs returned before this process went on with the sweep.
    fn look_back(&self) {
        let (mut view, mut direction) = (self.view(), None);
        let mut told = std::collections::BTreeMap::new();
        // A journal that cannot be read has been told by whoever read it before.
        let _ = Progress::each(&self.host.base.directory, |entry| match entry {
            Entry::Started { job, directory: Some(directory), overrides, .. } => {
                told.insert(*job, (directory.clone(), overrides.join(" ")));
            }
            Entry::Ended { job, result: Some(result), status: Status::Completed, stopped: None, .. } => {
                let Some((directory, overrides)) = told.get(job) else { return };
                if let Some(goals) = &self.goals {
                    return view.compare_by(goals, *job, &visible(overrides), result);
                }
                // All jobs say the same about it.
                let direction = direction.get_or_insert_with(|| self.direction(directory));
                if let Some(direction) = direction {
                    view.compare(*job, &visible(overrides), result, direction);
                }
            }
            _ => {}
        });
    }

    /// Which way the result of a job is better.
    fn direction(&self, directory: &Path) -> Option<Node> {
        self.host.base.record(directory)?.get("direction").cloned()
    }
}

/// Takes in what the jobs that are shown have reported last. Nobody waits for the disk meanwhile.
fn hear(view: &Mutex<View>, reports: &Path) {
    let shown: Vec<u64> = lock(view).running.keys().take(SHOWN).copied().collect();
    for job in shown {
        let Some(report) = last_report(reports, job) else { continue };
        if let Some(begun) = lock(view).running.get_mut(&job) {
            begun.report = Some(report);
        }
    }
}

fn lock(view: &Mutex<View>) -> MutexGuard<'_, View> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Host for Watched<'_> {
    type Task = Program;
    type End = Exit;

    fn prepare(&mut self, job: &Job, attempt: u32, before: Option<&Path>) -> Result<Prepared<Program>> {
        let prepared = self.host.prepare(job, attempt, before)?;
        let overrides = visible(&self.host.shown(job).join(" ")).into_owned();
        let since = (self.elapsed)();
        let mut view = self.view();
        view.waiting.remove(&job.index);
        view.running.insert(job.index, Begun { since, overrides, report: None });
        drop(view);
        Ok(prepared)
    }

    fn shown(&self, job: &Job) -> Vec<String> {
        self.host.shown(job)
    }

    fn judge(&mut self, job: u64, end: Exit) -> Verdict {
        self.host.judge(job, end)
    }

    fn gave_up(&mut self, job: u64) {
        self.view().running.remove(&job);
        self.host.gave_up(job);
    }

    fn took_too_long(&mut self, verdict: &Verdict) {
        self.host.took_too_long(verdict);
    }

    fn had(&mut self, job: &Job) -> Option<(PathBuf, DateTime<FixedOffset>)> {
        self.host.had(job)
    }

    fn anew(&mut self, jobs: &[(u64, Standing)]) {
        let mut view = self.view();
        for (_, was) in jobs {
            let failed = was.status == Status::Failed && view.failed > 0;
            view.ended -= u64::from(failed || was.status == Status::Completed).min(view.ended);
            view.failed -= u64::from(failed);
        }
        drop(view);
        self.host.anew(jobs);
    }

    fn gone(&mut self, directories: &[PathBuf]) {
        self.host.gone(directories);
    }

    fn look(&mut self, job: u64, directory: &Path, standing: &Standing) -> Left {
        let left = self.host.look(job, directory, standing);
        // One that has failed begins again, or is told as one that ends now.
        if let Left::Ended(Verdict { status: Status::Completed, .. }) = &left {
            self.view().ended += 1;
        }
        left
    }

    fn waits(&mut self, job: &Job, who: Option<&str>) {
        self.host.waits(job, who);
    }

    fn ended(&mut self, job: &Job, verdict: &Verdict, again: Option<f64>, policy: &Policy) {
        let now = (self.elapsed)();
        let says = self.shown && self.goals.is_none();
        let direction = verdict.result.as_ref().and(verdict.directory.as_deref()).filter(|_| says);
        let direction = direction.and_then(|directory| self.direction(directory));
        let mut view = self.view();
        let begun = view.running.remove(&job.index);
        match (verdict.status, again) {
            (Status::Interrupted, _) => {}
            (_, Some(_)) => drop(view.waiting.insert(job.index)),
            (status, None) => {
                view.waiting.remove(&job.index);
                view.ended += 1;
                view.failed += u64::from(status != Status::Completed);
                view.stopped += u64::from(status == Status::Completed && verdict.stopped.is_some());
            }
        }
        if let Some(begun) = begun.filter(|_| verdict.status != Status::Interrupted) {
            view.took += now.saturating_sub(begun.since);
            view.timed = view.timed.saturating_add(1);
            match (&verdict.result, &self.goals, &direction) {
                (Some(result), Some(goals), _) if verdict.stopped.is_none() => {
                    view.compare_by(goals, job.index, &begun.overrides, result);
                }
                (Some(result), None, Some(direction)) => {
                    view.compare(job.index, &begun.overrides, result, direction);
                }
                _ => {}
            }
        }
        drop(view);
        self.host.ended(job, verdict, again, policy);
    }
}
