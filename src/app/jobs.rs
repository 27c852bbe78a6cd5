//! `mainstem jobs`: which jobs a sweep would run.

use std::num::NonZeroU64;

use crate::app::args::{Args, Format};
use crate::app::json::{line, texts};
use crate::app::output::Output;
use crate::app::project;
use crate::app::sweep::{Space, try_jobs};
use crate::compose::{Composed, Composer, Mode};
use crate::diag::{Error, ErrorKind, Result, Style, shell_word};
use crate::facts::Facts;
use crate::resolve::Scope;
use crate::value::{KeyPath, Kind, Node};

/// More jobs are not listed.
const LISTED: u64 = 1_000_000;

/// Expands the sweep that the overrides span.
///
/// # Errors
/// Overrides that cannot be read, or that make no sweep; jobs that cannot be composed.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: Facts, err: Style) -> Result<Output> {
    let composer = project::open(args, facts)?;
    let arguments = project::arguments(&composer, args, &args.words)?;
    let config_name = args.config_name.as_deref();
    let space = Space::new(&composer, config_name, &arguments);
    let (sweep, own_size) = match config_name {
        Some(_) => {
            let whole = composer.compose(config_name, &arguments, Mode::Multirun)?;
            (space.sweep(&whole)?, batch_size(&composer, &whole)?)
        }
        None => (space.of_arguments()?, None),
    };
    let jobs = &sweep.jobs;
    if jobs.len() > LISTED {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("the sweep has {} jobs, and at most {LISTED} are listed", jobs.len()),
        )
        .help("sweep over fewer values"));
    }
    try_jobs(&composer, config_name, &sweep, Mode::Run)?;
    let size = args.max_batch_size.and_then(|size| NonZeroU64::new(size.try_into().unwrap_or(u64::MAX)));
    let size = size.or(own_size);
    let batches: Vec<Vec<Vec<String>>> = jobs
        .batches(size)
        .map(|batch| {
            let jobs = batch.filter_map(|index| jobs.get(index));
            jobs.map(|job| job.overrides.iter().map(|one| composer.shown_line(one)).collect()).collect()
        })
        .collect();
    let out = match args.format {
        Format::Json => json(&batches),
        _ => text(&batches),
    };
    Ok(Output::success(out).warn(sweep.warnings(), err))
}

/// `hydra.sweeper.max_batch_size`.
fn batch_size(composer: &Composer, whole: &Composed) -> Result<Option<NonZeroU64>> {
    let context = composer.context(&|_| {}).with_schema(whole.schema());
    let scope = Scope::new(whole.root(), context);
    let size = scope.select(&KeyPath::parse("hydra.sweeper.max_batch_size"));
    Ok(size.map_err(|error| error.located(whole.sources()))?.and_then(|node| match node.kind {
        Kind::Int(size) => u64::try_from(size).ok().and_then(NonZeroU64::new),
        _ => None,
    }))
}

fn json(batches: &[Vec<Vec<String>>]) -> String {
    let batch = |batch: &Vec<Vec<String>>| Node::from(batch.iter().map(texts).collect::<Vec<_>>());
    line(&Node::from(batches.iter().map(batch).collect::<Vec<_>>()))
}

/// A line for each job, quoted for a shell; an empty line between batches.
fn text(batches: &[Vec<Vec<String>>]) -> String {
    let job = |job: &Vec<String>| job.iter().map(|one| shell_word(one)).collect::<Vec<_>>().join(" ") + "\n";
    batches.iter().map(|batch| batch.iter().map(job).collect::<String>()).collect::<Vec<_>>().join("\n")
}
