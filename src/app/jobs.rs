//! `mainstem jobs`: which jobs a sweep would run.

use std::num::NonZeroU64;

use crate::app::args::{Args, Format};
use crate::app::json::{line, texts};
use crate::app::output::Output;
use crate::app::{project, sweep};
use crate::compose::Mode;
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::facts::Facts;
use crate::value::Node;

/// More jobs are not listed.
const LISTED: u64 = 1_000_000;

/// Expands the sweep that the overrides span.
///
/// # Errors
/// Overrides that cannot be read, or that make no sweep; jobs that cannot be composed.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: Facts) -> Result<Output> {
    let composer = project::open(args, facts)?;
    let arguments = project::arguments(&composer, args, &args.words)?;
    let jobs = sweep::jobs(&composer, args, &arguments)?;
    if jobs.len() > LISTED {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("the sweep has {} jobs, and at most {LISTED} are listed", jobs.len()),
        )
        .help("sweep over fewer values"));
    }
    sweep::try_jobs(&composer, args, &arguments, &jobs, Mode::Run)?;
    let size = args.max_batch_size.and_then(|size| NonZeroU64::new(size.try_into().unwrap_or(u64::MAX)));
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
    Ok(Output::success(out))
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
