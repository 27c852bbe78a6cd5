//! Sweeps: cases under `tests/cases/sweep`. A case is overrides, one a line, a line `---`, and the jobs, one a line with
//! an empty line between batches, or the errors. A line `# batch N` sets the size of a batch, `# group NAME OPTION…`
//! the options of a config group, `# seed N` the seed, `# when KEY OVERRIDE…` a condition, `# settled KEY VALUE` what is
//! not swept, `# zip KEY…` what goes together.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use mainstem::diag::{Error, Origin, Result, Source, SourceId, SourceKind, SourceMap, Style};
use mainstem::grammar::{parse_override, parse_overrides};
use mainstem::sweep::{Condition, Jobs};
use mainstem::value::Node;

fn run(input: &str) -> String {
    let map = Arc::new(SourceMap::default());
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut size, mut seed) = (None, 0);
    let mut lines: Vec<(&str, SourceId)> = Vec::new();
    let (mut conditions, mut settled, mut zips) = (Vec::new(), BTreeMap::new(), Vec::new());
    for line in input.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", "batch", number] => size = number.parse::<NonZeroU64>().ok(),
            ["#", "seed", number] => seed = number.parse().expect("a number"),
            ["#", "group", name, ref options @ ..] => {
                groups.insert(name, options.iter().map(|&option| option.to_owned()).collect());
            }
            ["#", "when", key, ref requires @ ..] => conditions.push((key, requires.to_vec())),
            ["#", "settled", key, value] => {
                let one =
                    parse_override(&format!("{key}={value}"), SourceId::NONE, &mut ()).expect("a value");
                let value = one.assignment(0).expect("one value").action.value().cloned();
                settled.insert(key, value.expect("a value"));
            }
            ["#", "zip", ref keys @ ..] => zips.push(keys.to_vec()),
            _ => {
                let source = Source::new(SourceKind::Argument(lines.len() + 1), "", line);
                lines.push((line, map.add(source)));
            }
        }
    }
    let mut errors: Vec<Error> = Vec::new();
    let overrides = parse_overrides(lines, &mut errors);
    let options = |group: &str| Ok(groups.get(group).cloned().unwrap_or_default());
    let made = || -> Result<Jobs> {
        let mut jobs = Error::all(errors).map_or_else(|| Jobs::new(&overrides, &options, seed), Err)?;
        for keys in &zips {
            jobs = jobs.zip(keys, Origin::NONE)?;
        }
        let condition = |(key, requires): &(&str, Vec<&str>)| {
            let mut errors: Vec<Error> = Vec::new();
            let source = |line: &str| map.add(Source::new(SourceKind::Memory, "when", line));
            let requires = parse_overrides(requires.iter().map(|line| (*line, source(line))), &mut errors);
            let first = requires.first().map_or(Origin::NONE, |one| one.origin);
            Error::all(errors).map_or_else(|| Condition::new(key, first, &requires, &options), Err)
        };
        let conditions = conditions.iter().map(condition).collect::<Result<Vec<_>>>()?;
        jobs.when(&conditions, &|key| -> Option<Node> { settled.get(key).cloned() })
    };
    let jobs = match made() {
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

/// What a job of a grid leaves out where its conditions do not hold: the meaning, word by word.
fn pruned(job: &[(&str, u32)], conditions: &[(&str, &str, u32)]) -> Vec<(String, u32)> {
    let applies = |key: &str| {
        let mut open = vec![key.to_owned()];
        while let Some(key) = open.pop() {
            for (_, parent, value) in conditions.iter().filter(|(child, ..)| *child == key) {
                if !job.contains(&(*parent, *value)) {
                    return false;
                }
                open.push((*parent).to_owned());
            }
        }
        true
    };
    job.iter().filter(|(key, _)| applies(key)).map(|(key, value)| ((*key).to_owned(), *value)).collect()
}

#[test]
fn conditions_leave_what_pruning_the_whole_grid_leaves() {
    const KEYS: [&str; 4] = ["a", "b", "c", "d"];
    // Each key may depend on a later one, so that none depends on itself.
    for choice in 0_u32..4 * 3 * 2 {
        for both in [false, true] {
            let mut conditions = Vec::new();
            for (key, parent, value) in [
                ("a", ["b", "c", "d"].get((choice % 4) as usize), 1),
                ("b", ["c", "d"].get((choice / 4 % 3) as usize), 0),
                ("c", ["d"].get((choice / 12) as usize), 1),
            ] {
                conditions.extend(parent.map(|parent| (key, *parent, value)));
            }
            if both {
                conditions.push(("a", "d", 0));
            }
            let mut expected = Vec::new();
            for number in 0..81 {
                let digit = |at: u32| number / 3_u32.pow(3 - at) % 3;
                let job: Vec<(&str, u32)> = KEYS.iter().zip(0..).map(|(key, at)| (*key, digit(at))).collect();
                let job = pruned(&job, &conditions);
                if !expected.contains(&job) {
                    expected.push(job);
                }
            }
            let made = conditions.iter().map(|(key, parent, value)| {
                let line = format!("{parent}={value}");
                let requires = parse_overrides([(line.as_str(), SourceId::NONE)], &mut ());
                Condition::new(key, Origin::NONE, &requires, &|_| Ok(Vec::new())).expect("a condition")
            });
            let made: Vec<Condition> = made.collect();
            let lines = KEYS.map(|key| format!("{key}=0,1,2"));
            let sweep = jobs(&lines.each_ref().map(String::as_str)).when(&made, &|_| None).expect("a sweep");
            let lines = |job: &[(String, u32)]| {
                job.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
            };
            let mut expected: Vec<String> = expected.iter().map(|job| lines(job)).collect();
            let mut found: Vec<String> = sweep.iter().map(|job| job.lines().join(" ")).collect();
            assert_eq!(sweep.len(), expected.len() as u64, "{conditions:?}");
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{conditions:?}");
        }
    }
}

#[test]
fn a_condition_makes_no_list_of_jobs() {
    let sweep = jobs(&["a=range(1000000)", "b=range(1000000)", "c=x,y,z"]);
    let requires = parse_overrides([("c=x,z", SourceId::NONE)], &mut ());
    let condition = Condition::new("a", Origin::NONE, &requires, &|_| Ok(Vec::new())).expect("a condition");
    let sweep = sweep.when(&[condition], &|_| None).expect("a sweep");
    assert_eq!(sweep.len(), 2_000_001_000_000);
    assert_eq!(sweep.get(1_000_000_000_000).expect("a job").lines(), ["b=0", "c=y"]);
    let last = sweep.get(sweep.len() - 1).expect("the last job");
    assert_eq!(last.lines(), ["a=999999", "b=999999", "c=z"]);
}
