//! Which directory a run gets, and what is in it.

use std::fs;

use mainstem::diag::ErrorKind;
use mainstem::facts::{Clock, Process};
use mainstem::run::{Failure, Found, Outcome, Record, Status, list, metrics, params};
use mainstem::value::Node;

use super::project::{Scratch, Start, files, run};

#[test]
fn a_name_with_the_moment_in_it_is_one_runs_alone() {
    let scratch = Scratch::new();
    for (name, second) in [
        ("d/${now:%Y}", "_1"),
        ("d/${.name}-x", "_1"),
        ("e/${train.lr}", ""),
        ("e/${hydra.job.name}", ""),
        ("e/plain", ""),
        ("${hydra.runtime.cwd}", ""),
    ] {
        let wanted = format!("hydra.run.dir={name}");
        let overrides = [wanted.as_str(), "+hydra.env.name=${now:%M%S}"];
        let overrides = if name.contains(".name}-x") {
            ["hydra.run.dir=d/${hydra.env.name}-x", overrides[1]]
        } else {
            overrides
        };
        let start = Start::new(&scratch.0, &overrides);
        let begin = || {
            let running = start.begin_alone().expect("it begins");
            running.finish(&Outcome::Completed(None)).expect("it ends");
            running.run().dir().to_owned()
        };
        let (first, again) = (begin(), begin());
        assert_eq!(again.display().to_string(), format!("{}{second}", first.display()), "{name}");
    }
}

#[test]
fn a_run_that_was_killed_as_it_began_leaves_no_part_of_a_record() {
    let scratch = Scratch::new();
    let directory = scratch.0.join("out");
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let begun = || {
        let (reserved, told) = start.reserve(None).expect("it is free");
        // The folder of the record comes with all that is in it.
        assert!(!directory.join(".hydra").exists());
        let running = reserved.begin(&told, Default::default).expect("it begins");
        running.finish(&Outcome::Completed(None)).expect("it ends");
    };
    let left = directory.join("..hydra.7-0.whole~");
    fs::create_dir_all(&left).expect("a directory");
    fs::write(left.join("run.json"), "half of").expect("a file");
    let (runs, errors) = list(&scratch.0, &start.process).expect("a directory");
    assert!(runs.is_empty() && errors.is_empty(), "{errors:?}");
    begun();
    let names = |folder: &str| {
        let entries = fs::read_dir(directory.join(folder)).expect("a directory").flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().expect("text")).collect();
        names.sort();
        names
    };
    assert_eq!(names(""), [".hydra"]);
    let files = ["config.resolved.yaml", "config.yaml", "hydra.yaml", "overrides.yaml", "run.json"];
    assert_eq!(names(".hydra"), files);
    begun();
    assert_eq!(names(""), [".hydra", ".hydra.1"]);
    assert_eq!(
        (names(".hydra"), names(".hydra.1")),
        (files.map(String::from).into(), files.map(String::from).into())
    );
}

#[test]
fn a_directory_that_is_used_again_keeps_what_was_there() {
    let scratch = Scratch::new();
    let directory = run(&scratch.0, &["hydra.run.dir=out", "seed=1"]);
    fs::write(directory.join("model.bin"), "1").expect("an artifact");
    let start = Start::new(&scratch.0, &["hydra.run.dir=out", "seed=2"]);
    let (reserved, told) = start.reserve(None).expect("it is free");
    assert_eq!(reserved.earlier(), Some(&*directory.join(".hydra.1")));
    let running = reserved.begin(&told, Default::default).expect("it begins");
    let record = running.finish(&Outcome::Completed(None)).expect("it ends");
    assert_eq!(record.get("directory.earlier"), Some(&Node::from(".hydra.1")));
    drop(running);
    run(&scratch.0, &["hydra.run.dir=out", "seed=3"]);
    assert_eq!(fs::read_to_string(directory.join("model.bin")).expect("it is there"), "1");
    let seed =
        |folder: &str| fs::read_to_string(directory.join(folder).join("overrides.yaml")).expect("a file");
    assert_eq!([".hydra.1", ".hydra.2", ".hydra"].map(seed), ["- seed=1\n", "- seed=2\n", "- seed=3\n"]);
    let (runs, errors) = list(&scratch.0, &start.process).expect("a directory");
    assert!(errors.is_empty());
    assert_eq!(runs.iter().map(Found::is_latest).collect::<Vec<_>>(), [false, false, true]);
    let latest = Found::read(&directory, &start.process).expect("a run");
    assert_eq!((latest.record.id(), latest.is_latest()), (runs[2].record.id(), true));

    // The first of them made the directory; others have it since.
    for (run, left) in runs.iter().zip([2, 1, 0]) {
        run.remove(&start.process).expect("it may go");
        assert_eq!(list(&scratch.0, &start.process).expect("a directory").0.len(), left);
    }
    assert!(directory.join("model.bin").exists());
}

#[test]
fn no_other_run_goes_with_a_directory_wherever_it_lies_in_it() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    for (place, keeps) in [("checkpoints/warm", true), (".cache/x", true), ("target/y", true), ("", false)] {
        let directory = run(&scratch.0, &["hydra.run.dir=out"]);
        fs::create_dir_all(directory.join("target")).expect("a folder");
        let tag = "Signature: 8a477f597d28d172789f06886806bc55";
        fs::write(directory.join("target/CACHEDIR.TAG"), tag).expect("a file");
        // One that has a record, and one that has none and runs.
        for record in [".hydra", "null"].into_iter().filter(|_| keeps) {
            let (of_other, folder) =
                (format!("hydra.run.dir=out/{place}"), format!("hydra.output_subdir={record}"));
            let other = Start::new(&scratch.0, &[&of_other, &folder]).begin_alone().expect("it begins");
            // The lock is given back; the record stays.
            let runs = if record == "null" { Some(other) } else { None };
            let found = Found::read(&directory, &process).expect("a run");
            assert_eq!(found.remove(&process).expect("its record may go"), directory.join(".hydra"));
            assert!(scratch.0.join("out").join(place).is_dir(), "{place}");
            drop(runs);
            fs::remove_dir_all(scratch.0.join("out").join(place)).expect("it may go");
            fs::remove_dir_all(&directory).expect("it may go");
            run(&scratch.0, &["hydra.run.dir=out"]);
        }
        let found = Found::read(&directory, &process).expect("a run");
        assert_eq!(found.remove(&process).expect("nobody else is in it"), directory);
    }
}

#[test]
fn a_record_that_was_copied_takes_nothing_along_when_it_is_removed() {
    let scratch = Scratch::new();
    let directory = run(&scratch.0, &["hydra.run.dir=out/a"]);
    let process = Start::new(&scratch.0, &[]).process;
    fs::create_dir_all(scratch.0.join("kept")).expect("a directory");
    fs::write(scratch.0.join("kept/thesis"), "1").expect("a file");
    fs::rename(directory.join(".hydra"), scratch.0.join("kept/.hydra")).expect("it moves");
    let copied = Found::read(&scratch.0.join("kept"), &process).expect("a run");
    copied.remove(&process).expect("it may go");
    assert!(scratch.files().contains(&"kept/thesis".to_owned()), "{:?}", scratch.files());

    for folder in ["..", "../b", "a/../../b", "/b"] {
        let start =
            Start::new(&scratch.0, &["hydra.run.dir=out/c", &format!("hydra.output_subdir={folder}")]);
        let error = start.begin_alone().expect_err("it is not in the directory");
        assert_eq!(error.message(), "`hydra.output_subdir` must name a folder in the directory of the run");
    }
}

#[test]
fn a_record_may_be_named_by_its_whole_path_in_the_directory() {
    let scratch = Scratch::new();
    let dir = scratch.0.join("out/a").display().to_string();
    for (named, folder) in [("code/hydra", "code/hydra"), ("../a/./r", "r"), ("", "")] {
        let subdir = format!("hydra.output_subdir=${{hydra.run.dir}}/{named}");
        let directory = run(&scratch.0, &[&format!("hydra.run.dir={dir}"), &subdir]);
        assert!(directory.join(folder).join("hydra.yaml").is_file(), "{named}: {:?}", scratch.files());
    }
}

#[test]
fn a_record_of_hydra_itself_may_lie_deep_in_the_directory() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    let write = |folder: &str, subdir: &str, output: &str| {
        let folder = scratch.0.join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        let hydra = format!(
            "hydra:\n  job: {{name: fit}}\n  output_subdir: {subdir}\n  runtime: {{output_dir: {output}}}\n"
        );
        fs::write(folder.join("hydra.yaml"), hydra).expect("a file");
        fs::write(folder.join("config.yaml"), "{}\n").expect("a file");
        fs::write(folder.join("overrides.yaml"), "[]\n").expect("a file");
    };
    write("a/.hydra", ".hydra", "/elsewhere/a");
    write("b/code/hydra", "code/hydra", "/elsewhere/was_b");
    write("c/code/hydra", "${hydra.run.dir}/code/hydra", "/elsewhere/c");
    write("d/record", "record", "/elsewhere/d");
    let (runs, errors) = list(&scratch.0, &process).expect("a directory");
    assert!(errors.is_empty(), "{errors:?}");
    let mut found: Vec<_> = runs.iter().map(|run| run.directory.file_name().expect("a name")).collect();
    found.sort();
    assert_eq!(found, ["a", "b", "c", "d"]);
}

#[test]
fn a_record_is_of_the_directory_that_it_says() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    for (place, record) in [("out/a", "."), ("out/b", "."), ("out/c", "r/s"), ("out/d", "r"), ("out/a", ".")]
    {
        run(&scratch.0, &[&format!("hydra.run.dir={place}"), &format!("hydra.output_subdir={record}")]);
    }
    let places = || {
        let (runs, errors) = list(&scratch.0, &process).expect("a directory");
        assert!(errors.is_empty(), "{errors:?}");
        let place = |run: Found| {
            let within =
                |path: &std::path::Path| path.strip_prefix(&scratch.0).expect("within").display().to_string();
            (within(&run.directory), within(&run.folder))
        };
        runs.into_iter().map(place).collect::<Vec<_>>()
    };
    let expected = [
        ("out/a", "out/a/earlier"),
        ("out/b", "out/b"),
        ("out/c", "out/c/r/s"),
        ("out/d", "out/d/r"),
        ("out/a", "out/a"),
    ];
    assert_eq!(places(), expected.map(|(place, folder)| (place.to_owned(), folder.to_owned())));
    // Each is found by its directory and by its folder, and by nothing else.
    for (asked, place, folder) in [
        ("out/a", "out/a", "out/a"),
        ("out/a/earlier", "out/a", "out/a/earlier"),
        ("out/c", "out/c", "out/c/r/s"),
        ("out/c/r/s", "out/c", "out/c/r/s"),
        ("out/d", "out/d", "out/d/r"),
        ("out/d/r", "out/d", "out/d/r"),
    ] {
        let found = Found::read(&scratch.0.join(asked), &process).expect(asked);
        assert_eq!(
            (found.directory, found.folder),
            (scratch.0.join(place), scratch.0.join(folder)),
            "{asked}"
        );
    }
    for asked in ["out", "out/c/r"] {
        let error = Found::read(&scratch.0.join(asked), &process).expect_err(asked);
        assert_eq!(error.message(), format!("there is no run in `{}`", scratch.0.join(asked).display()));
        assert!(Found::unread(&scratch.0.join(asked)).is_none(), "{asked}");
    }
    let deep = Found::read(&scratch.0.join("out/c"), &process).expect("a run");
    assert_eq!(deep.remove(&process).expect("it may go"), scratch.0.join("out/c"));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let scratch = Scratch::new();
    let directory = run(&scratch.0, &["hydra.run.dir=out"]);
    let found = Found::read(&directory, &Start::new(&scratch.0, &[]).process).expect("a run");
    for name in ["metrics.jsonl", "git.diff"] {
        let fifo = std::process::Command::new("mkfifo").arg(found.folder.join(name)).status();
        assert!(fifo.expect("it starts").success());
    }
    let refused = |error: mainstem::diag::Error| {
        assert!(error.message().ends_with("it is a pipe (FIFO), not a file"), "{error}");
    };
    refused(found.metrics().expect_err("a pipe"));
    refused(found.text("git.diff").expect_err("a pipe"));
}

#[test]
fn configs_that_are_called_as_a_record_of_hydra_are_not_removed() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    fs::create_dir_all(scratch.0.join("p/conf")).expect("a directory");
    for name in ["config.yaml", "hydra.yaml", "overrides.yaml"] {
        fs::write(scratch.0.join("p/conf").join(name), "hydra: {job: {name: x}}").expect("a file");
    }
    let before = scratch.files();
    let found = Found::read(&scratch.0.join("p"), &process).expect("what looks like a run");
    assert_eq!(found.remove(&process).expect_err("it is none").kind(), ErrorKind::NotFound);
    assert_eq!(scratch.files(), before);
}

#[test]
fn two_runs_never_have_one_directory_at_once() {
    let scratch = Scratch::new();
    let first = Start::new(&scratch.0, &["hydra.run.dir=."]).begin_alone().expect("it begins");
    let start = Start::new(&scratch.0, &["hydra.run.dir=.", "hydra.output_subdir=null"]);
    let error = start.begin_alone().expect_err("it is in use");
    assert_eq!(error.kind(), ErrorKind::Io);
    let expected = format!("the directory `{}` is in use by another run", scratch.0.display());
    assert_eq!(error.message(), expected);
    assert!(
        error.notes()[0].starts_with(&format!("`train`, process {} on ", std::process::id())),
        "{error:#}"
    );
    // A signal ends the run while the function of its job still writes there.
    first.finish(&Outcome::Interrupted(Some("SIGINT".to_owned()))).expect("it is on record");
    assert_eq!(start.begin_alone().expect_err("it is in use").message(), expected);
    drop(first);
    let second = start.begin_alone().expect("it is free");
    second.run().log_metric("x", 1.0, 0).expect("a metric");
    second.finish(&Outcome::Completed(None)).expect("it ends");
    drop(second);
    let outside: Vec<_> = scratch.files().into_iter().filter(|file| !file.contains('/')).collect();
    assert_eq!(outside, ["metrics.jsonl"]);
}

#[test]
fn who_has_lost_the_directory_writes_nothing_there() {
    let scratch = Scratch::new();
    let first = Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().expect("it begins");
    let [lock, other] = [".run.lock", "other"].map(|name| scratch.0.join("out").join(name));
    // Another machine, which does not see the lock, takes over after a long silence.
    fs::write(&other, "{}").expect("a file");
    fs::rename(&other, &lock).expect("it may");
    let record = scratch.0.join("out/.hydra/run.json");
    let before = fs::read(&record).expect("a record");
    let error = first.finish(&Outcome::Completed(None)).expect_err("it is another one's");
    assert_eq!(error.kind(), ErrorKind::Job, "{error:#}");
    let run = first.run();
    for refused in [
        run.artifact("x").map(drop),
        run.checkpoints().save(1, "x").map(drop),
        run.log_metric("loss", 0.5, 0),
    ] {
        assert_eq!(refused.expect_err("it is another one's").kind(), ErrorKind::Job);
    }
    assert_eq!(scratch.files().len(), 6, "{:?}", scratch.files());
    drop(first);
    assert_eq!(fs::read(&record).expect("a record"), before);
    assert!(lock.exists(), "it is the other one's");
    // Where somebody has only removed the lock, nobody else is.
    let second = Start::new(&scratch.0, &["hydra.run.dir=else"]).begin_alone().expect("it begins");
    fs::remove_file(scratch.0.join("else/.run.lock")).expect("it is there");
    second.finish(&Outcome::Completed(None)).expect("it ends");
}

#[test]
fn an_outcome_that_could_not_be_written_is_an_error_each_time() {
    let scratch = Scratch::new();
    let running = Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().expect("it begins");
    fs::remove_dir_all(scratch.0.join("out/.hydra")).expect("it may go");
    for _ in 0..2 {
        let error = running.finish(&Outcome::Completed(None)).expect_err("there is no room for it");
        assert_eq!(error.kind(), ErrorKind::Io, "{error:#}");
    }
}

#[test]
fn a_record_that_cannot_be_read_is_nobody_elses() {
    let scratch = Scratch::new();
    let running = Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().expect("it begins");
    let (file, aside) = (scratch.0.join("out/.hydra/run.json"), scratch.0.join("aside"));
    let refused = || running.run().log_metric("loss", 0.5, 0).expect_err("its record is not there");
    fs::rename(&file, &aside).expect("it may go");
    let error = refused();
    assert_eq!(error.kind(), ErrorKind::Io, "{error:#}");
    assert!(error.message().ends_with("was removed while its run was in the directory"), "{error:#}");
    fs::create_dir(&file).expect("a directory");
    let error = refused();
    assert_eq!(error.kind(), ErrorKind::Io, "{error:#}");
    assert!(error.message().starts_with("cannot read `"), "{error:#}");
    fs::remove_dir(&file).expect("it is empty");
    fs::rename(&aside, &file).expect("it may come back");
    running.run().log_metric("loss", 0.5, 0).expect("it is its own");
}

#[test]
fn the_record_among_the_files_of_the_job_is_put_aside_too() {
    let scratch = Scratch::new();
    for _ in 0..2 {
        run(&scratch.0, &["hydra.run.dir=out", "hydra.output_subdir=."]);
    }
    let names = ["config.resolved.yaml", "config.yaml"];
    let aside = names.map(|name| format!("out/earlier/{name}"));
    assert!(aside.iter().all(|file| scratch.files().contains(file)), "{:?}", scratch.files());
    assert!(scratch.files().contains(&"out/run.json".to_owned()));
}

#[test]
fn what_is_written_says_what_ran() {
    let scratch = Scratch::new();
    let overrides = [
        "hydra.run.dir=out",
        "open=1",
        "mainstem.run.tags=[a,b]",
        "mainstem.run.note='to try'",
        "mainstem.run.environment=[HOME_OF_NOBODY]",
    ];
    let start = Start::new(&scratch.0, &overrides);
    let running = start.begin().expect("it begins");
    let run = running.run();
    run.log_metric("loss", f64::NAN, 1).expect("a metric");
    run.log_metric("loss", 0.25, 2).expect("a metric");
    run.log_params([("optimizer", Node::from("adam")), ("beta", Node::from(0.9))]).expect("parameters");
    let before = Record::read(run.dir(), &start.process).expect("a record");
    assert_eq!((before.status(), before.ended()), (Status::Running, None));
    let outcome = Outcome::Completed(Some(Node::from(0.5)));
    let record = running.finish(&outcome).expect("it ends");
    assert!(running.finish(&Outcome::Interrupted(None)).expect("it has ended") == record);
    let read = Record::read(run.dir(), &start.process).expect("a record");
    assert!(read == record);
    assert_eq!((read.status(), read.name(), read.tags()), (Status::Completed, "train", vec!["a", "b"]));
    assert!(read.ended() >= Some(read.started()));
    assert_eq!(read.result(), Some(&Node::from(0.5)));
    for (path, value) in [
        ("seed", Node::from(7)),
        ("note", Node::from("to try")),
        ("environment.HOME_OF_NOBODY", Node::null()),
        ("cwd", Node::from(scratch.0.to_string_lossy().as_ref())),
        ("process.id", Node::from(i64::from(std::process::id()))),
        ("directory.made", Node::from(true)),
    ] {
        assert_eq!(read.get(path), Some(&value), "{path}");
    }
    assert!(read.get("program.size").is_some() && read.get("lock_files").is_some());

    let folder = run.dir().join(".hydra");
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    assert_eq!(
        text("config.yaml"),
        "seed: 7\ntrain:\n  lr: 0.1\n  copy: ${train.lr}\nopen: 1\nbroken: ${nowhere}\n"
    );
    assert_eq!(
        text("config.resolved.yaml"),
        "seed: 7\ntrain:\n  lr: 0.1\n  copy: 0.1\nopen: 1\nbroken: ${nowhere}\n"
    );
    let logged = metrics(&folder).expect("metrics");
    assert_eq!(
        logged.iter().map(|m| (m.name.as_str(), m.step)).collect::<Vec<_>>(),
        [("loss", 1), ("loss", 2)]
    );
    assert!(logged[0].value.is_nan() && logged[0].time > 1e9);
    assert_eq!(params(&folder).expect("parameters").get_str("beta"), Some(&Node::from(0.9)));
}

#[test]
fn an_artifact_lies_in_the_directory() {
    let scratch = Scratch::new();
    let running = Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().expect("it begins");
    let run = running.run();
    assert_eq!(run.artifact("a/./b.bin").expect("a name"), scratch.0.join("out/a/b.bin"));
    assert!(scratch.0.join("out/a").is_dir());
    std::os::unix::fs::symlink("/", run.dir().join("link")).expect("a link");
    for (name, why) in [
        ("../x", "it leads out of the run's directory"),
        ("a/../../x", "it leads out of the run's directory"),
        ("/etc/passwd", "it leads out of the run's directory"),
        ("", "it names no file"),
        (".", "it names no file"),
        (".hydra/run.json", "the record of the run is there"),
        (".run.lock", "the record of the run is there"),
        ("link/x", "a link on its way leads out of the run's directory"),
    ] {
        let error = run.artifact(name).expect_err("it is refused");
        assert_eq!(error.message(), format!("`{name}` is no name for an artifact: {why}"));
    }
}

#[test]
fn every_end_is_on_record() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    let end = |outcome: &Outcome| {
        let running = Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().expect("it begins");
        running.finish(outcome).expect("it ends");
        Record::read(running.run().dir(), &process).expect("a record")
    };
    let error = fs::read("/nowhere").map_err(|error| anyhow(&error)).expect_err("nothing there");
    let failed = end(&Outcome::Failed(Failure::of(&*error)));
    assert_eq!((failed.status(), failed.error()), (Status::Failed, Some("no data")));
    let chain = failed.get("error.chain").and_then(Node::as_list).expect("a chain");
    assert_eq!(chain, [Node::from("No such file or directory (os error 2)")]);

    let here = std::panic::Location::caller();
    let payload =
        std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("boom"))).expect_err("a panic");
    let panicked = end(&Outcome::Panicked(Failure::panic(&*payload, Some(here))));
    assert_eq!((panicked.status(), panicked.error()), (Status::Failed, Some("boom")));
    assert_eq!(panicked.get("error.panicked_at"), Some(&Node::from(here.to_string().as_str())));

    let stopped = end(&Outcome::Interrupted(Some("SIGTERM".to_owned())));
    assert_eq!((stopped.status(), stopped.error()), (Status::Interrupted, Some("interrupted by SIGTERM")));

    let dropped = Start::new(&scratch.0, &["hydra.run.dir=dropped"]).begin_alone().expect("it begins");
    drop(dropped);
    let dropped = Record::read(&scratch.0.join("dropped"), &process).expect("a record");
    assert_eq!((dropped.status(), dropped.error()), (Status::Failed, Some("the program gave the run up")));
}

/// An error with a cause.
fn anyhow(cause: &std::io::Error) -> Box<dyn std::error::Error> {
    #[derive(Debug)]
    struct NoData(std::io::Error);
    impl std::fmt::Display for NoData {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no data")
        }
    }
    impl std::error::Error for NoData {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    Box::new(NoData(std::io::Error::from_raw_os_error(cause.raw_os_error().unwrap_or_default())))
}

#[test]
fn the_commit_and_what_was_changed_since_are_on_record() {
    let scratch = Scratch::new();
    let git = |arguments: &[&str]| {
        std::process::Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=trunk"])
            .args(arguments)
            .current_dir(&scratch.0)
            .output()
    };
    if git(&["init"]).is_err() {
        eprintln!("SKIPPED: what git says, since there is no git");
        return;
    }
    fs::write(scratch.0.join("train.py"), "lr = 1\n").expect("a file");
    git(&["add", "train.py"]).expect("git");
    git(&["commit", "-m", "first"]).expect("git");
    let record = || {
        let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
        let (reserved, told) = start.reserve(None).expect("a place");
        let (facts, process) = (start.facts.clone(), start.process);
        let running =
            reserved.begin(&told, move || mainstem::app::surroundings(&facts, &process)).expect("it begins");
        running.finish(&Outcome::Completed(None)).expect("it ends")
    };
    let clean = record();
    let commit = clean.get("git.commit").and_then(Node::as_str).expect("a commit");
    assert_eq!((commit.len(), clean.get("git.branch")), (40, Some(&Node::from("trunk"))));
    assert_eq!((clean.get("git.dirty"), clean.get("git.diff")), (Some(&Node::from(false)), None));
    assert_eq!(clean.get("project"), Some(&Node::from(scratch.0.to_string_lossy().as_ref())));
    fs::write(scratch.0.join("train.py"), "lr = 2\n").expect("a file");
    let dirty = record();
    assert_eq!(
        (dirty.get("git.dirty"), dirty.get("git.diff")),
        (Some(&Node::from(true)), Some(&Node::from("git.diff")))
    );
    let diff = fs::read_to_string(scratch.0.join("out/.hydra/git.diff")).expect("a file");
    assert!(diff.contains("-lr = 1\n+lr = 2\n"), "{diff}");
}

#[test]
fn what_is_found_out_too_late_or_not_at_all_keeps_nobody_waiting() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let (reserved, told) = start.reserve(None).expect("a place");
    let running = reserved.begin(&told, || std::panic::resume_unwind(Box::new("no"))).expect("it begins");
    let record = running.finish(&Outcome::Completed(None)).expect("it ends");
    assert_eq!((record.status(), record.get("program")), (Status::Completed, None));
    assert!(running.has_ended());
    drop(running);
    // Another thread ends it while the job still runs: the signals'.
    let running = Start::new(&scratch.0, &["hydra.run.dir=out"]).begin_alone().expect("it begins");
    std::thread::scope(|threads| {
        threads.spawn(|| {
            running.run().interrupt();
            running.finish(&Outcome::Interrupted(Some("SIGINT".to_owned()))).expect("it ends")
        });
    });
    assert!(running.run().is_interrupted());
    let record = running.finish(&Outcome::Completed(None)).expect("it has ended");
    assert_eq!(record.status(), Status::Interrupted);
}

#[test]
fn a_directory_that_is_moved_while_its_run_is_in_it_is_told_and_nobody_elses_record_is_written() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    for is_taken_again in [false, true] {
        let running = start.begin_alone().expect("it begins");
        let run = running.run().clone();
        run.log_metric("loss", 0.5, 0).expect("a metric");
        let (place, moved) = (scratch.0.join("out"), scratch.0.join(format!("moved-{is_taken_again}")));
        fs::rename(&place, &moved).expect("it can be moved");
        let next = is_taken_again.then(|| start.begin_alone().expect("it is free"));
        // What is open goes on where it is.
        run.log_metric("loss", 0.25, 1).expect("a metric");
        if let Some(next) = &next {
            next.run().checkpoints().save(0, "theirs").expect("a checkpoint");
        }
        let theirs = next.as_ref().map(|_| files(&place));
        let what = if is_taken_again { "another one has it" } else { "was moved or removed" };
        let kind = if is_taken_again { ErrorKind::Job } else { ErrorKind::Io };
        for refused in [
            run.artifact("models/best.bin").map(drop),
            run.checkpoints().save(1, "x").map(drop),
            run.checkpoints().keep(0),
            run.log_params([("a", 1)]),
            running.finish(&Outcome::Completed(None)).map(drop),
        ] {
            let error = refused.expect_err("the directory is gone");
            assert!(error.message().contains(what), "{error:#}");
            assert_eq!(error.kind(), kind, "{error:#}");
        }
        assert_eq!((place.exists().then(|| files(&place)), place.exists()), (theirs, is_taken_again));
        drop(running);
        assert_eq!(metrics(&moved.join(".hydra")).expect("metrics").len(), 2);
        let found = Found::read(&moved, &start.process).expect("a run");
        assert_eq!((found.record.status(), found.record.id()), (Status::Killed, run.id()));
        if let Some(next) = next {
            let theirs = Found::read(&place, &start.process).expect("a run").record;
            assert_eq!((theirs.status(), theirs.id()), (Status::Running, next.run().id()));
            next.finish(&Outcome::Completed(None)).expect("it ends");
            drop(next);
            // No lock says any more whose it is, but the record does.
            let refused = run.checkpoints().save(2, "x").expect_err("it is another one's");
            assert_eq!(refused.kind(), ErrorKind::Job, "{refused:#}");
        }
    }
}

#[test]
fn a_run_whose_record_is_broken_can_be_removed_by_its_directory() {
    let scratch = Scratch::new();
    let process = Start::new(&scratch.0, &[]).process;
    for (broken, named) in [("{", "out"), ("{\"schema\": 1}", "out/.hydra")] {
        let directory = run(&scratch.0, &["hydra.run.dir=out"]);
        fs::write(directory.join("model.bin"), "1").expect("an artifact");
        fs::write(directory.join(".hydra/run.json"), broken).expect("a file");
        let named = scratch.0.join(named);
        Found::read(&named, &process).expect_err("it cannot be read");
        let found = Found::unread(&named).expect("there is a record");
        assert_eq!((found.record.status(), found.record.name()), (Status::Unknown, "out"));
        assert_eq!(found.remove(&process).expect("it may go"), directory.join(".hydra"));
        // Who made the directory is not known any more.
        assert!(directory.join("model.bin").exists());
        assert!(Found::unread(&named).is_none());
    }
    let others = scratch.0.join("data");
    fs::create_dir_all(others.join("results")).expect("a folder");
    fs::write(others.join("results/run.json"), "{").expect("a file");
    assert!(Found::unread(&others).is_none(), "a file of this name is no record yet");
    let running = Start::new(&scratch.0, &["hydra.run.dir=busy"]).begin_alone().expect("it begins");
    fs::write(running.run().dir().join(".hydra/run.json"), "{").expect("a file");
    let found = Found::unread(running.run().dir()).expect("there is a record");
    assert!(found.remove(&process).expect_err("it runs").message().ends_with("is running"));
}

#[test]
fn what_a_run_left_is_listed_with_its_sizes() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let directory = scratch.0.join("out");
    for (made, expected) in [(true, vec![("models/best.bin", 3)]), (false, vec![("new.txt", 1)])] {
        let running = start.begin_alone().expect("it begins");
        let file = running.run().artifact(if made { "models/best.bin" } else { "new.txt" }).expect("a name");
        fs::write(&file, if made { "abc" } else { "x" }).expect("a file");
        fs::write(directory.join(".hidden"), "x").expect("a file");
        running.finish(&Outcome::Completed(None)).expect("it ends");
        run(&scratch.0, &["hydra.run.dir=out/inner"]);
        fs::write(scratch.0.join("out/inner/x"), "x").expect("a file");
        let found = Found::read(&directory, &start.process).expect("a run").artifacts();
        let found: Vec<_> = found.iter().map(|one| (one.path.to_str().expect("text"), one.size)).collect();
        assert_eq!(found, expected);
        // Written long before the next one begins.
        let old = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options().write(true).open(&file).expect("a file").set_modified(old).expect("a moment");
    }
    // What was installed is none, and a clock that is ahead of that of the disk hides nothing.
    let ahead = start.process.clock.now() + chrono::TimeDelta::hours(1);
    let process = Process { clock: Clock::new(move || ahead), ..start.process.clone() };
    let running = Start { process, ..start }.begin_alone().expect("it begins");
    for name in ["late.txt", "node_modules/a/b.js"] {
        fs::write(running.run().artifact(name).expect("a name"), "x").expect("a file");
    }
    running.finish(&Outcome::Completed(None)).expect("it ends");
    let process = Start::new(&scratch.0, &[]).process;
    let found = Found::read(&directory, &process).expect("a run").artifacts();
    assert_eq!(found.iter().map(|one| one.path.to_str()).collect::<Vec<_>>(), [Some("late.txt")]);
}
