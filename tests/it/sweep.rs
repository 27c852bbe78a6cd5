//! Sweeps: cases under `tests/cases/sweep`. A case is overrides, one a line, a line `---`, and the jobs, one a line with
//! an empty line between batches, or the errors. A line `# batch N` sets the size of a batch, `# group NAME OPTION…`
//! the options of a config group, `# seed N` the seed.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use mainstem::diag::{Error, Source, SourceId, SourceKind, SourceMap, Style};
use mainstem::grammar::parse_overrides;
use mainstem::sweep::Jobs;

fn run(input: &str) -> String {
    let map = Arc::new(SourceMap::default());
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut size, mut seed) = (None, 0);
    let mut lines: Vec<(&str, SourceId)> = Vec::new();
    for line in input.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", "batch", number] => size = number.parse::<NonZeroU64>().ok(),
            ["#", "seed", number] => seed = number.parse().expect("a number"),
            ["#", "group", name, ref options @ ..] => {
                groups.insert(name, options.iter().map(|&option| option.to_owned()).collect());
            }
            _ => {
                let source = Source::new(SourceKind::Argument(lines.len() + 1), "", line);
                lines.push((line, map.add(source)));
            }
        }
    }
    let mut errors: Vec<Error> = Vec::new();
    let overrides = parse_overrides(lines, &mut errors);
    let options = |group: &str| Ok(groups.get(group).cloned().unwrap_or_default());
    let jobs = match Error::all(errors).map_or_else(|| Jobs::new(&overrides, &options, seed), Err) {
        Ok(jobs) => jobs,
        Err(error) => return error.located(&map).render(Style::Plain),
    };
    let batches = jobs.batches(size).map(|batch| {
        let lines = batch.map(|index| {
            let job = jobs.get(index).expect("a job of the batch");
            assert_eq!(job.index, index);
            job.lines().join(" ") + "\n"
        });
        lines.collect::<String>()
    });
    batches.collect::<Vec<_>>().join("\n")
}

#[test]
fn cases() {
    crate::cases::run("sweep", run);
}

fn jobs(lines: &[&str]) -> Jobs {
    let mut errors: Vec<Error> = Vec::new();
    let overrides = parse_overrides(lines.iter().map(|&line| (line, SourceId::NONE)), &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    Jobs::new(&overrides, &|_| Ok(Vec::new()), 7).expect("a sweep")
}

#[test]
fn a_job_of_a_large_sweep_is_made_alone() {
    let sweep = jobs(&["a=range(1000000)", "b=shuffle(range(0,1e6,0.5))", "c=x,y"]);
    assert_eq!(sweep.len(), 4_000_000_000_000);
    let job = sweep.get(3_999_999_999_999).expect("the last job");
    assert_eq!((job.lines()[0], job.lines()[2]), ("a=999999", "c=y"));
    assert!(sweep.get(4_000_000_000_000).is_none());
}

#[test]
fn a_job_holds_what_its_lines_say() {
    for job in jobs(&[
        "a=str(1,2)",
        "+b=choice('x y','a,b')",
        "c={k:[1,'2']},3",
        "~d",
        "~e=5",
        "f=range(0,1,0.25)",
        "g=extend_list(a,'b c')",
    ])
    .iter()
    {
        let mut errors: Vec<Error> = Vec::new();
        for (one, line) in job.overrides.iter().zip(job.lines()) {
            let again = parse_overrides([(line, SourceId::NONE)], &mut errors);
            assert!(errors.is_empty(), "{line}: {errors:?}");
            assert_eq!(again, std::slice::from_ref(one), "{line}");
        }
    }
}

#[test]
fn the_seed_alone_draws_the_order() {
    let order = |seed| {
        let mut errors: Vec<Error> = Vec::new();
        let overrides = parse_overrides([("a=shuffle(range(20))", SourceId::NONE)], &mut errors);
        let jobs = Jobs::new(&overrides, &|_| Ok(Vec::new()), seed).expect("a sweep");
        jobs.iter().map(|job| job.overrides[0].line.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(order(1)), sorted(order(2)));
}

#[test]
fn the_jobs_of_many_sweeps_are_found_by_their_numbers() {
    const PARTS: u64 = 30_000;
    let part = |number: u64| jobs(&[&format!("a={number},x"), "b=1"]);
    let union = Jobs::union((0..PARTS).map(part).collect()).expect("parts");
    assert_eq!(union.len(), 2 * PARTS);
    for job in union.iter() {
        let expected = if job.index % 2 == 0 { format!("a={}", job.index / 2) } else { "a=x".to_owned() };
        assert_eq!(job.lines()[0], expected);
    }
}
