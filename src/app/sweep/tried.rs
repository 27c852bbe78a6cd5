//! The jobs of a sweep, tried out: what is wrong with one of them is told before the first one runs.

use indexmap::IndexMap;

use crate::app::args::Args;
use crate::app::sweep::space::{Space, Sweep};
use crate::compose::{Arguments, Composer, Mode, Repository};
use crate::diag::{Error, ErrorKind, Origin, Result, SourceKind, SourceMap, did_you_mean, listed_near};
use crate::grammar::{Action, Operand, Override, SweepKind, Value, ValueKind};
use crate::sweep::Job;
use crate::value::Text;

/// Sweeps of so many jobs are tried job by job; of larger ones every value that was listed is tried once.
const TRIED: u64 = 256;

/// Composes the jobs of a sweep, or as many as cover every value, in the given mode. Without a primary config only the
/// options of groups are looked up.
///
/// # Errors
/// Everything that is wrong with some job, each mistake once.
pub(crate) fn try_jobs(
    composer: &Composer,
    config_name: Option<&str>,
    sweep: &Sweep,
    mode: Mode,
) -> Result<()> {
    let numbers = sweep.jobs.covering(TRIED).into_iter();
    if config_name.is_some() {
        return try_some(sweep, numbers, |job| {
            composer.compose(config_name, &sweep.arguments(job), mode).map(drop)
        });
    }
    let repository = composer.repository_of(None, &[])?;
    try_some(sweep, numbers, |job| job.overrides.iter().try_for_each(|one| choice(one, &repository)))
}

/// Tries every job of a sweep.
///
/// # Errors
/// Everything that is wrong with some job, each mistake once.
pub(crate) fn try_all(sweep: &Sweep, attempt: impl Fn(&Job) -> Result<()>) -> Result<()> {
    try_some(sweep, sweep.grouped(), attempt)
}

/// Tries so many jobs of a large sweep that every value that was listed is in one of them.
///
/// # Errors
/// Everything that is wrong with some of them, each mistake once.
pub(crate) fn try_covering(sweep: &Sweep, attempt: impl Fn(&Job) -> Result<()>) -> Result<()> {
    try_some(sweep, sweep.jobs.covering(TRIED).into_iter(), attempt)
}

/// So many different mistakes are told; more of them nobody reads.
const MISTAKES: usize = 200;

fn try_some(
    sweep: &Sweep,
    numbers: impl Iterator<Item = u64>,
    attempt: impl Fn(&Job) -> Result<()>,
) -> Result<()> {
    let (jobs, sources) = (&sweep.jobs, sweep.sources());
    let mut found: IndexMap<(Option<Origin>, String), (Error, Job, u64)> = IndexMap::new();
    let mut tried_jobs = 0;
    for job in numbers.filter_map(|number| jobs.get(number)) {
        tried_jobs += 1;
        for error in attempt(&job).err().map(Error::each).unwrap_or_default() {
            let key = (place(&error, sources), error.message().to_owned());
            let (_, first, met) = found.entry(key).or_insert_with(|| (error, job.clone(), 0));
            *met += 1;
            if job.index < first.index {
                *first = job.clone();
            }
        }
        if found.len() >= MISTAKES {
            break;
        }
    }
    found.sort_by_key(|_, (_, job, _)| job.index);
    let errors = found.into_values().map(|(error, job, met)| {
        let error = error.located(sources);
        let job = job.lines().join(" ");
        match met {
            _ if jobs.len() == 1 => error,
            all if all == tried_jobs => error.note(format!("in every job, such as `{job}`")),
            1 => error.note(format!("in the job `{job}`")),
            some => error.note(format!("in the job `{job}`, and in {} more", some - 1)),
        }
    });
    Error::all(errors).map_or(Ok(()), Err)
}

/// Where a mistake is. A key that is wrong in each row of a file of jobs is wrong once.
fn place(error: &Error, sources: &SourceMap) -> Option<Origin> {
    let origin = error.labels().first()?.origin;
    let in_row = sources.get(origin.source).is_some_and(|source| *source.kind() == SourceKind::Line);
    (!in_row || origin.span.start > 0).then_some(origin)
}

/// Tries the jobs of a sweep as a whole, if the overrides are one. Intervals are left to sweepers that search; one of
/// their values stands for all. A group that a defaults list names and that has no files is left to code, which may
/// register it.
///
/// # Errors
/// As [`try_jobs`]; a sweep without jobs.
pub(crate) fn try_whole(composer: &Composer, args: &Args, arguments: &Arguments) -> Result<()> {
    if args.config_name.is_none() || !arguments.overrides.iter().any(Override::is_sweep) {
        return Ok(());
    }
    let mut listed = arguments.clone();
    let selected = composer.select(args.config_name.as_deref(), arguments, Mode::Multirun)?.selection;
    let repository = selected.repository();
    listed.overrides.retain(|one| {
        let key = one.target.to_string();
        let is_chosen = selected.choices().any(|(known, _)| known == key);
        !one.is_sweep() || !is_chosen || repository.has_group(one.target.key()).unwrap_or(true)
    });
    for one in &mut listed.overrides {
        if let Some(Operand::Sweep(sweep)) = one.action.value()
            && let SweepKind::Interval { start, .. } = &sweep.kind
        {
            let value = Value::new(ValueKind::Text(start.to_string().into()), sweep.span);
            *one = one.with_value(value);
        }
    }
    let config_name = args.config_name.as_deref();
    let whole = composer.compose(config_name, &listed, Mode::Multirun)?;
    let sweep = Space::new(composer, config_name, &listed).sweep(&whole)?;
    try_jobs(composer, config_name, &sweep, Mode::Multirun)
}

/// Whether a group has the option that is chosen.
fn choice(one: &Override, repository: &Repository) -> Result<()> {
    let (Action::Change(Operand::Value(value)) | Action::Add(Operand::Value(value))) = &one.action else {
        return Ok(());
    };
    let (group, Some(name)) = (one.target.key(), value.as_text()) else { return Ok(()) };
    if one.target.is_explicit_path() || !repository.has_group(group)? {
        return Ok(());
    }
    if repository.has_config(&format!("{group}/{name}"))? {
        return Ok(());
    }
    let options = repository.options(group)?;
    let names = options.iter().map(Text::as_str);
    let error = Error::new(ErrorKind::NotFound, format!("the config group `{group}` has no option `{name}`"))
        .at(one.origin.at(value.span), "no such option")
        .note(format!("options: {}", listed_near(&options, name)));
    Err(match did_you_mean(name, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}
