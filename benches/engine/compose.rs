//! Folders to composed trees, with ten overrides of values and of groups. Reading files is left out: the texts are
//! in memory.

use divan::Bencher;
use mainstem::compose::{Composed, Composer, Memory, Mode, Provided, Repository};
use mainstem::facts::Facts;

use crate::workload::{SIZES, Size, files};

fn composer(size: Size) -> Composer {
    let memory = files(size)
        .into_iter()
        .fold(Memory::new(), |memory, (path, text)| memory.text(path.trim_end_matches(".yaml"), text));
    Composer::new(Repository::new(vec![Provided::new("main", memory)]), Facts::default())
}

/// Six values, and the options of four groups: 81 choices, which is more than a composer remembers.
fn overrides(value: usize, choice: usize) -> Vec<String> {
    let values = (0..6).map(|i| format!("+added.key{i}={value}"));
    let options = (0..4).map(|group| format!("group{group}=option{}", choice / 3_usize.pow(group) % 3));
    values.chain(options).collect()
}

fn compose(composer: &Composer, overrides: &[String]) -> Composed {
    let arguments = composer.arguments(Some("config"), overrides);
    let composed = arguments.and_then(|arguments| composer.compose(Some("config"), &arguments, Mode::Run));
    composed.unwrap_or_else(|error| unreachable!("{error:#}"))
}

/// Everything is read and merged.
#[divan::bench(args = SIZES)]
fn cold(bencher: Bencher<'_, '_>, size: Size) {
    bencher.with_inputs(|| (composer(size), overrides(0, 0))).bench_values(|(composer, overrides)| {
        let composed = compose(&composer, &overrides);
        (composed, composer)
    });
}

/// The same options each time, other values.
#[divan::bench(args = SIZES)]
fn warm_same_options(bencher: Bencher<'_, '_>, size: Size) {
    let composer = composer(size);
    compose(&composer, &overrides(0, 0));
    let mut count = 0;
    let inputs = || {
        count += 1;
        overrides(count, 0)
    };
    bencher.with_inputs(inputs).bench_local_values(|overrides| compose(&composer, &overrides));
}

/// Other options each time; all files were read before.
#[divan::bench(args = SIZES)]
fn warm_other_options(bencher: Bencher<'_, '_>, size: Size) {
    let composer = composer(size);
    (0..81).for_each(|choice| drop(compose(&composer, &overrides(0, choice))));
    let mut count = 0;
    let inputs = || {
        count += 1;
        overrides(count, count)
    };
    bencher.with_inputs(inputs).bench_local_values(|overrides| compose(&composer, &overrides));
}
