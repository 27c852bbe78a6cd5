//! What is said of runs that nobody can ask.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use chrono::TimeDelta;
use mainstem::durable::disk_clock;
use mainstem::facts::{Clock, Process};
use mainstem::run::{Found, Outcome, Record, Status, list};

use super::project::{Scratch, Start, run, spawn};

#[test]
fn who_runs_is_running_and_who_was_killed_is_killed() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &[]);
    let mut child = spawn(&scratch.0, "wait", &["hydra.run.dir=out"], &[]);
    while !scratch.0.join("out/waiting").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let directory = scratch.0.join("out");
    let running = Found::read(&directory, &start.process).expect("a run");
    assert_eq!(running.record.status(), Status::Running);
    let refused = running.remove(&start.process).expect_err("it runs");
    assert_eq!(refused.message(), format!("the run in `{}` is running", directory.display()));
    assert!(Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().is_err_and(|error| {
        error.message() == format!("the directory `{}` is in use by another run", directory.display())
    }));
    child.kill().expect("a signal");
    child.wait().expect("it ends");
    let killed = Record::read(&directory, &start.process).expect("a record");
    assert_eq!((killed.status(), killed.id()), (Status::Killed, running.record.id()));
    assert!(killed.ended() >= Some(killed.started()), "when it was last seen");
    let text = fs::read_to_string(directory.join(".hydra/run.json")).expect("a file");
    assert_eq!(Record::parse("run.json", &text).expect("a record"), killed);
    assert!(!directory.join(".run.lock").exists());
    run(&scratch.0, &["hydra.run.dir=out"]);
}

/// This process as another machine would be.
fn elsewhere(process: &Process) -> Process {
    Process { host: "elsewhere".to_owned(), boot: Some("another".to_owned()), ..process.clone() }
}

#[test]
fn from_another_machine_it_counts_when_a_run_was_last_seen() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let running = start.begin_alone().expect("it begins");
    let directory = running.run().dir().to_owned();
    let (file, lock) = (directory.join(".hydra/run.json"), directory.join(".run.lock"));
    let (record, about) = (fs::read(&file).expect("a file"), fs::read(&lock).expect("a file"));
    running.finish(&Outcome::Completed(None)).expect("it ends");
    drop(running);
    // As on a file system that shows no locks of others.
    let leave = |age: u64| {
        fs::write(&file, &record).expect("a file");
        fs::write(&lock, &about).expect("a file");
        let seen = disk_clock(&directory).expect("a moment") - Duration::from_secs(age);
        File::options().write(true).open(&lock).expect("a file").set_modified(seen).expect("a time");
    };
    let status = |process: &Process| Record::read(&directory, process).expect("a record").status();
    leave(30);
    assert_eq!(status(&elsewhere(&start.process)), Status::Running);
    let other =
        Start { process: elsewhere(&start.process), ..Start::new(&scratch.0, &["hydra.run.dir=out"]) };
    assert!(other.begin_alone().is_err_and(|error| {
        error.message() == format!("the directory `{}` is in use by another run", directory.display())
    }));
    leave(300);
    assert_eq!(status(&elsewhere(&start.process)), Status::Killed);
    // It may go on: no reader takes its lock, or writes into its record.
    assert_eq!(
        (fs::read(&file).expect("a file"), fs::read(&lock).expect("a file")),
        (record.clone(), about.clone())
    );
    // Here the lock says it at once.
    leave(0);
    assert_eq!(status(&start.process), Status::Killed);
    // A clock that goes wrong does not make a run dead.
    for seconds in [-1000, 1000] {
        leave(0);
        let wrong = start.process.clock.now() + TimeDelta::seconds(seconds);
        let machine = Process { clock: Clock::new(move || wrong), ..elsewhere(&start.process) };
        assert_eq!(status(&machine), Status::Running);
    }
}

#[test]
fn what_ran_before_the_machine_was_started_anew_is_set_right_once_it_is_silent() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    let names = ["a", "b", "c"];
    let leave = |age: u64| {
        for name in names {
            let running =
                Start::new(&scratch.0, &[&format!("hydra.run.dir={name}")]).begin_alone().expect("it begins");
            let directory = running.run().dir().to_owned();
            let (file, lock) = (directory.join(".hydra/run.json"), directory.join(".run.lock"));
            let (record, about) = (fs::read(&file).expect("a file"), fs::read(&lock).expect("a file"));
            drop(running);
            fs::write(&file, &record).expect("a file");
            fs::write(&lock, &about).expect("a file");
            let seen = disk_clock(&directory).expect("a moment") - Duration::from_secs(age);
            File::options().write(true).open(&lock).expect("a file").set_modified(seen).expect("a time");
            let left = File::create(directory.join(".clock.7-0.whole~")).expect("a file");
            left.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
            File::open(&directory)
                .expect("a directory")
                .set_modified(SystemTime::UNIX_EPOCH)
                .expect("a time");
        }
    };
    let statuses = |process: &Process| {
        let (runs, errors) = list(&scratch.0, process).expect("a directory");
        assert!(errors.is_empty(), "{errors:?}");
        runs.iter().filter(|run| run.is_latest()).map(|run| run.record.status()).collect::<Vec<_>>()
    };
    let on_record = || {
        names.map(|name| {
            let text = fs::read_to_string(scratch.0.join(name).join(".hydra/run.json")).expect("a file");
            Record::parse("run.json", &text).expect("a record").status()
        })
    };
    let touched = || {
        let is_new = |name: &&str| {
            let about = scratch.0.join(name).metadata().expect("a directory");
            about.modified().expect("a time") != SystemTime::UNIX_EPOCH
        };
        names.into_iter().filter(is_new).count()
    };
    let anew = Process { boot: Some("another".to_owned()), ..process.clone() };
    leave(30);
    assert_eq!((statuses(&anew), on_record()), (vec![Status::Running; 3], [Status::Running; 3]));
    leave(300);
    // Another machine leaves them as they are, and asks their disk for the time once.
    assert_eq!(statuses(&elsewhere(&process)), [Status::Killed; 3]);
    assert_eq!((on_record(), touched()), ([Status::Running; 3], 1));
    assert_eq!((statuses(&anew), on_record()), (vec![Status::Killed; 3], [Status::Killed; 3]));
    for name in names {
        let left = fs::read_dir(scratch.0.join(name)).expect("a directory").flatten();
        let left =
            left.map(|entry| entry.file_name()).filter(|name| !name.to_string_lossy().starts_with(".hydra"));
        assert_eq!(left.count(), 0, "{name}");
    }
}

#[test]
fn who_was_killed_before_it_was_on_record_is_known_by_its_lock() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out/first"]);
    let (reserved, _) = start.reserve(None).expect("a place");
    let lock = scratch.0.join("out/first/.run.lock");
    let about = fs::read(&lock).expect("a file");
    let (runs, _) = list(&scratch.0, &start.process).expect("a directory");
    assert_eq!(runs[0].record.status(), Status::Running);
    let id = reserved.id();
    drop(reserved);
    assert_eq!(list(&scratch.0, &start.process).expect("a directory").0.len(), 0);
    fs::write(&lock, about).expect("a file");
    for _ in 0..2 {
        let (runs, _) = list(&scratch.0, &start.process).expect("a directory");
        assert_eq!((runs.len(), runs[0].record.status(), runs[0].record.id()), (1, Status::Killed, id));
    }
    assert!(!lock.exists());
}

#[test]
fn who_was_killed_when_its_record_was_written_and_had_no_name_yet_has_all_of_it() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out/first"]);
    let (reserved, _) = start.reserve(None).expect("a place");
    let (first, lock) = (scratch.0.join("out/first"), scratch.0.join("out/first/.run.lock"));
    let about = fs::read(&lock).expect("a file");
    drop(reserved);
    fs::write(&lock, about).expect("a file");
    for (draft, file) in [("1-0", "config.yaml"), ("1-1", "config.yaml"), ("1-1", "run.json")] {
        let draft = first.join(format!("..hydra.{draft}.whole~"));
        fs::create_dir_all(&draft).expect("a directory");
        fs::write(draft.join(file), "a: 1\n").expect("a file");
    }
    let (runs, _) = list(&scratch.0, &start.process).expect("a directory");
    assert_eq!((runs.len(), runs[0].record.status()), (1, Status::Killed));
    assert_eq!(fs::read_to_string(first.join(".hydra/config.yaml")).expect("a file"), "a: 1\n");
    let left: Vec<_> =
        fs::read_dir(&first).expect("a directory").flatten().map(|one| one.file_name()).collect();
    assert_eq!(left, [".hydra"]);
}

#[test]
fn runs_of_hydra_and_records_that_are_broken_are_told_apart() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    let write = |path: &str, text: &str| {
        let path = scratch.0.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("outputs/a/.hydra/hydra.yaml", "hydra:\n  job:\n    name: python\n");
    write("outputs/a/.hydra/config.yaml", "x: 1\n");
    write("outputs/a/.hydra/overrides.yaml", "[]\n");
    write("conf/hydra.yaml", "x: 1\n");
    write("outputs/b/.hydra/run.json", "{\"schema\": 1,");
    write("outputs/c/.hydra/run.json", "{\"schema\": 2}");
    write("outputs/d/.hydra/run.json", "{\"schema\": 1, \"status\": \"well\"}");
    run(&scratch.0, &["hydra.run.dir=outputs/e"]);
    let (runs, errors) = list(&scratch.0, &process).expect("a directory");
    let mut said: Vec<_> = runs.iter().map(|run| (run.record.name(), run.record.status())).collect();
    said.sort();
    assert_eq!(said, [("python", Status::Unknown), ("train", Status::Completed)]);
    let mut told: Vec<_> =
        errors.iter().map(|error| error.message().replace(&*scratch.0.to_string_lossy(), "")).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "`/outputs/c/.hydra/run.json` was written by a newer program (schema 2)",
            "`/outputs/d/.hydra/run.json` is not the record of a run: its `status` is missing or wrong",
            "expected a key in double quotes, found the end of the text (byte 13)",
        ]
    );
}

#[test]
fn tags_that_are_given_while_it_runs_stay() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let running = start.begin_alone().expect("it begins");
    let mut found = Found::read(running.run().dir(), &start.process).expect("a run");
    found.tag(&["good".to_owned()], &[]).expect("a tag");
    running.finish(&Outcome::Completed(None)).expect("it ends");
    assert_eq!(Record::read(running.run().dir(), &start.process).expect("a record").tags(), ["good"]);
}

#[test]
fn who_tags_a_run_that_ends_takes_nothing_from_it_and_from_others_who_tag() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    for round in 0..8 {
        let running = start.begin_alone().expect("it begins");
        let dir = running.run().dir().to_owned();
        std::thread::scope(|threads| {
            for who in ["a", "b", "c"] {
                let mut found = Found::read(&dir, &start.process).expect("a run");
                threads.spawn(move || {
                    for number in 0..6 {
                        found.tag(&[format!("{who}{number}")], &[]).expect("a tag");
                    }
                });
            }
            running.finish(&Outcome::Completed(None)).expect("it ends");
        });
        let record = Record::read(&dir, &start.process).expect("a record");
        assert_eq!((record.status(), record.tags().len()), (Status::Completed, 18), "{round}");
    }
}

#[test]
fn a_run_that_was_killed_in_a_directory_of_others_is_told_from_them() {
    let scratch = Scratch::new();
    run(&scratch.0, &["hydra.run.dir=out"]);
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let (reserved, _) = start.reserve(None).expect("a place");
    let about = fs::read(scratch.0.join("out/.run.lock")).expect("a file");
    let id = reserved.id();
    drop(reserved);
    // Killed when the record of the first was put aside, and nothing was written yet.
    assert!(!scratch.0.join("out/.hydra").exists());
    fs::write(scratch.0.join("out/.run.lock"), about).expect("a file");
    let said = || {
        let (runs, errors) = list(&scratch.0, &start.process).expect("a directory");
        assert!(errors.is_empty(), "{errors:?}");
        runs.iter().map(|run| (run.record.status(), run.record.id() == id)).collect::<Vec<_>>()
    };
    assert_eq!(said(), [(Status::Completed, false), (Status::Killed, true)]);
    // One that says it runs, and was put aside by the next.
    let file = scratch.0.join("out/.hydra/run.json");
    let text = fs::read_to_string(&file).expect("a file").replace("\"killed\"", "\"running\"");
    fs::write(&file, text).expect("a file");
    run(&scratch.0, &["hydra.run.dir=out"]);
    assert_eq!(said(), [(Status::Completed, false), (Status::Killed, true), (Status::Completed, false)]);
}

#[test]
fn who_names_a_directory_that_is_passed_by_finds_what_is_in_it() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    for place in ["target/a/outputs/x", "cache/outputs/y", "node_modules/z", ".hidden/w", "checkpoints/v"] {
        run(&scratch.0, &[&format!("hydra.run.dir={place}")]);
    }
    let tag = "Signature: 8a477f597d28d172789f06886806bc55";
    fs::write(scratch.0.join("cache/CACHEDIR.TAG"), tag).expect("a file");
    let below = |root: &str| {
        let (runs, errors) = list(&scratch.0.join(root), &process).expect("a directory");
        assert!(errors.is_empty());
        let name = |run: &Found| run.directory.file_name().expect("a name").to_string_lossy().into_owned();
        let mut names: Vec<_> = runs.iter().map(name).collect();
        names.sort();
        names.concat()
    };
    assert_eq!(below(""), "vx");
    assert_eq!(["cache", "node_modules", ".hidden", "cache/outputs"].map(below), ["y", "z", "w", "y"]);
}
