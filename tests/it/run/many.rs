//! Many processes at once, and processes that are killed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use mainstem::diag::SourceId;
use mainstem::durable::whole_lines;
use mainstem::run::{CONFIG, HYDRA, OVERRIDES, RESOLVED, RUN, Record, Status, list};
use mainstem::value::read_json;
use mainstem::yaml;

use super::project::{Scratch, Start, files, spawn};

#[test]
fn fifty_at_the_same_instant_have_fifty_directories() {
    let scratch = Scratch::new();
    let children: Vec<_> = (0..50).map(|_| spawn(&scratch.0, "at once", &[], &[])).collect();
    fs::write(scratch.0.join("go"), "").expect("a file");
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let process = Start::new(&scratch.0, &[]).process;
    let (runs, errors) = list(&scratch.0, &process).expect("a directory");
    assert_eq!((runs.len(), errors.len()), (50, 0));
    let ids: BTreeSet<_> = runs.iter().map(|run| run.record.id()).collect();
    assert_eq!(ids.len(), 50);
    for run in runs {
        assert_eq!(run.record.status(), Status::Completed);
        let expected = [RESOLVED, CONFIG, HYDRA, "metrics.jsonl", OVERRIDES, RUN];
        assert_eq!(files(&run.directory), expected.map(|name| format!(".hydra/{name}")));
        let hydra = fs::read_to_string(run.folder.join(HYDRA)).expect("a file");
        assert!(hydra.contains(&format!("    output_dir: {}\n", run.directory.display())), "{hydra}");
        let name = run.directory.file_name().expect("a name").to_string_lossy().into_owned();
        let said = hydra.lines().nth(2).expect("hydra.run.dir");
        let free = said == "    dir: outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}";
        assert_eq!(free, !name.contains('_'), "{name}: {said}");
        assert!(free || said.ends_with(&name), "{name}: {said}");
    }
}

/// How a process that was to be killed ended: by the signal, or before it came.
fn kill_at_random(scratch: &Scratch, number: usize) -> bool {
    let directory = format!("hydra.run.dir=runs/{number}");
    let mut child = spawn(&scratch.0, "work", &[&directory], &[]);
    let number = number as u64;
    if number.is_multiple_of(2) {
        // Anywhere in the life of the process.
        std::thread::sleep(Duration::from_millis((number * 37 + 11) % 160));
    } else {
        // In the moments in which the directory is filled.
        while !scratch.0.join(format!("runs/{number}")).exists() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(number * 97 % 2500));
    }
    child.kill().expect("a signal");
    let output = child.wait_with_output().expect("it ends");
    assert!(
        output.status.success() || output.status.signal() == Some(9),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.status.success()
}

#[test]
fn who_is_killed_at_any_moment_leaves_whole_files_and_is_known_as_killed() {
    const KILLS: usize = 200;
    let scratch = Scratch::new();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let ended: Vec<(usize, bool)> = std::thread::scope(|threads| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                threads.spawn(|| {
                    let mut ended = Vec::new();
                    loop {
                        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if number >= KILLS {
                            return ended;
                        }
                        ended.push((number, kill_at_random(&scratch, number)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });

    let mut on_record = 0;
    // What lies in a folder that was not finished is not there yet.
    for file in scratch.files().into_iter().filter(|file| !file.contains(".whole~/")) {
        let path = scratch.0.join(&file);
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = fs::read(&path).expect("a file");
        let text = String::from_utf8(text).expect("text");
        match &*name {
            CONFIG | HYDRA | OVERRIDES | RESOLVED => {
                let mut errors = Vec::new();
                let parsed = yaml::parse(&text, SourceId::NONE, &yaml::Limits::default(), &mut errors);
                assert!(parsed.is_some() && errors.is_empty() && text.ends_with('\n'), "{file}");
            }
            RUN => {
                Record::parse(&file, &text).expect("a whole record");
                for told in [CONFIG, HYDRA, OVERRIDES, RESOLVED] {
                    assert!(path.with_file_name(told).is_file(), "{file}: no {told}");
                }
                on_record += 1;
            }
            "metrics.jsonl" => {
                for line in whole_lines(&text) {
                    read_json(line, SourceId::NONE).expect("a whole line");
                }
            }
            name if name.ends_with(".ckpt") => assert_eq!(text.len(), 100_000, "{file}"),
            name => assert!(name == ".run.lock" || name.ends_with("~"), "{file}"),
        }
    }

    let process = Start::new(&scratch.0, &[]).process;
    let (runs, errors) = list(&scratch.0.join("runs"), &process).expect("a directory");
    assert_eq!(errors.len(), 0, "{errors:?}");
    assert!(runs.len() >= on_record, "{} of {on_record}", runs.len());
    let mut killed = 0;
    for run in &runs {
        let number: usize = run
            .directory
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.parse().ok())
            .expect("a number");
        let by_itself = ended.contains(&(number, true));
        match run.record.status() {
            // It may have been killed when all was done.
            Status::Completed => assert!(run.record.result().is_some()),
            Status::Killed if !by_itself => killed += 1,
            status => panic!("{number}: {status:?}, by itself: {by_itself}"),
        }
    }
    // Else the moments are not where the work is.
    assert!(killed >= KILLS / 4, "{killed} of {} were killed", runs.len());
    eprintln!("{} runs left something, {on_record} a record, {killed} were killed", runs.len());

    // It is written down, and what was left is cleared away.
    for file in scratch.files() {
        assert!(!file.ends_with("~") || file.contains("checkpoints/"), "{file}");
        assert!(!file.contains(".whole~/"), "{file}");
        let left_by = runs.iter().find(|run| scratch.0.join(&file) == run.directory.join(".run.lock"));
        // Who was killed between its last word and the release of the lock leaves it, to whoever comes next.
        assert!(left_by.is_none_or(|run| run.record.status() == Status::Completed), "{file}");
    }
    let (again, _) = list(&scratch.0.join("runs"), &process).expect("a directory");
    let said = |runs: &[mainstem::run::Found]| -> Vec<_> {
        runs.iter().map(|run| (run.record.id(), run.record.status(), run.record.ended())).collect()
    };
    assert_eq!(said(&again), said(&runs));
}
