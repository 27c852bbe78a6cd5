//! Jobs of several processes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use mainstem::diag::ErrorKind;
use mainstem::run::{Failure, Found, Outcome, Rank, Record, Running, Status, list, metrics};
use mainstem::value::Node;

use crate::sweeps::{app, kill, sandbox};

use super::project::{Scratch, Start, files, spawn};

#[test]
fn the_ranks_of_a_job_share_a_directory() {
    let scratch = Scratch::new();
    let env = |rank: &'static str| [("SLURM_JOB_ID", "77"), ("SLURM_PROCID", rank), ("SLURM_NTASKS", "4")];
    // The first rank comes last.
    let children: Vec<_> =
        ["3", "2", "1", "0"].map(|rank| spawn(&scratch.0, "at once", &[], &env(rank))).into_iter().collect();
    fs::write(scratch.0.join("go"), "").expect("a file");
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let process = Start::new(&scratch.0, &[]).process;
    let (runs, errors) = list(&scratch.0, &process).expect("a directory");
    assert_eq!((runs.len(), errors.len()), (1, 0));
    assert_eq!(runs[0].record.get("distributed.world"), Some(&Node::from(4)));
    let names: Vec<_> = fs::read_dir(&runs[0].folder)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    for rank in 1..4 {
        for name in [format!("run.rank{rank}.json"), format!("metrics.rank{rank}.jsonl")] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
    }
    assert_eq!(metrics(&runs[0].folder).expect("metrics").len(), 4);
    let second = fs::read_to_string(runs[0].folder.join("run.rank2.json")).expect("a file");
    let second = Record::parse("run.rank2.json", &second).expect("a record");
    assert_eq!((second.id(), second.status().name()), (runs[0].record.id(), "completed"));
}

#[test]
fn a_job_of_the_same_name_that_comes_later_has_another_directory() {
    let scratch = Scratch::new();
    let rank =
        |number| Rank { number, world: Some(2), job: "torchrun-none".to_owned(), launcher: "torchrun" };
    let start = Start::new(&scratch.0, &[]);
    let go = |number| {
        let (reserved, told) = start.reserve(Some(rank(number))).expect("a place");
        let running = reserved.begin(&told, Default::default).expect("it begins");
        running.finish(&Outcome::Completed(None)).expect("it ends");
        running.run().dir().to_owned()
    };
    let first = (go(0), go(1));
    assert_eq!(first.0, first.1);
    let second = thread::scope(|threads| {
        // It waits, since it was in the first one already.
        let waiting = threads.spawn(|| go(1));
        thread::sleep(Duration::from_millis(50));
        (go(0), waiting.join().expect("no panic"))
    });
    assert_eq!(second.0, second.1);
    assert_ne!(first.0, second.0);
}

#[test]
fn a_rank_that_there_cannot_be_is_told_at_once() {
    let scratch = Scratch::new();
    let rank = Rank { number: 3, world: Some(3), job: "torchrun-x".to_owned(), launcher: "torchrun" };
    let error = Start::new(&scratch.0, &[]).reserve(Some(rank)).expect_err("it is none");
    assert_eq!(error.message(), "there is no rank 3 among 3: they are counted from 0");
}

#[test]
fn a_rank_that_cannot_tell_the_others_gives_the_directory_back() {
    let scratch = Scratch::new();
    let rank = || Rank { number: 0, world: Some(2), job: "torchrun-x".to_owned(), launcher: "torchrun" };
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    start.begin_alone().expect("it begins").finish(&Outcome::Completed(None)).expect("it ends");
    // Where they would meet is no folder.
    fs::write(scratch.0.join(".ranks"), "").expect("a file");
    let before = files(&scratch.0);
    let error = start.reserve(Some(rank())).expect_err("nobody can be told");
    assert_eq!(error.kind(), ErrorKind::Io, "{error:#}");
    assert_eq!(files(&scratch.0), before);
    let start = Start::new(&scratch.0, &["hydra.run.dir=d/${now:%Y}"]);
    fs::create_dir(scratch.0.join("d")).expect("a directory");
    fs::write(scratch.0.join("d/.ranks"), "").expect("a file");
    start.reserve(Some(rank())).expect_err("nobody can be told");
    let left = fs::read_dir(scratch.0.join("d")).expect("a directory").count();
    assert_eq!(left, 1, "what was made for it is gone");
}

/// Two ranks that run, in one directory.
fn two(start: &Start) -> [Running; 2] {
    [0, 1].map(|number| {
        let job = "torchrun-two".to_owned();
        let rank = Rank { number, world: Some(2), job, launcher: "torchrun" };
        let (reserved, told) = start.reserve(Some(rank)).expect("a place");
        reserved.begin(&told, Default::default).expect("it begins")
    })
}

fn failed(message: &str) -> Outcome {
    Outcome::Failed(Failure { message: message.to_owned(), ..Failure::default() })
}

#[test]
fn a_rank_that_failed_is_seen_in_the_run_whatever_the_first_one_says() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &[]);
    let [first, second] = two(&start);
    let folder = first.run().record_dir().expect("a record").to_owned();
    let seen = || {
        let (runs, errors) = list(&scratch.0, &start.process).expect("a directory");
        assert_eq!((runs.len(), errors.len()), (1, 0));
        runs.into_iter().next().expect("a run").record
    };
    let said = |record: &Record| (record.status(), record.error_line().map(str::to_owned));
    let refused = || {
        let found = Found::read(first.run().dir(), &start.process).expect("a run");
        found.remove(&start.process).expect_err("it runs").message().to_owned()
    };
    assert_eq!(said(&seen()), (Status::Running, None));
    // Nobody waits for anybody, and the job has not ended before its last rank has.
    first.finish(&Outcome::Completed(Some(Node::from(0.5)))).expect("it ends");
    assert_eq!(said(&seen()), (Status::Running, None));
    assert_eq!(seen().ended(), None);
    assert!(refused().ends_with("is running"));
    let before = fs::read_to_string(folder.join("run.json")).expect("a file");
    second.finish(&failed("no memory")).expect("it ends");
    let record = seen();
    assert_eq!(said(&record), (Status::Failed, Some("rank 1: no memory".to_owned())));
    assert!(record.ended().is_some());
    let of_rank = |number: &str| record.get(&format!("distributed.ranks.{number}.status")).cloned();
    assert_eq!([of_rank("0"), of_rank("1")], ["completed", "failed"].map(|one| Some(Node::from(one))));
    // Who reads writes nothing for others.
    assert_eq!(fs::read_to_string(folder.join("run.json")).expect("a file"), before);
}

#[test]
fn a_job_whose_ranks_have_all_completed_is_completed() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &[]);
    let ranks = two(&start);
    let mut ended: Vec<Record> = Vec::new();
    for rank in &ranks {
        ended.push(rank.finish(&Outcome::Completed(None)).expect("it ends"));
    }
    let found = Found::read(ranks[0].run().dir(), &start.process).expect("a run");
    assert_eq!((found.record.status(), found.record.ended()), (Status::Completed, ended[1].ended()));
    assert!(ended[0].ended() < ended[1].ended());
    assert!(found.record.get("distributed.ranks.1").is_some());
    drop(ranks);
    assert!(!found.directory.join(".run.rank1.lock").exists());
    assert_eq!(found.remove(&start.process).expect("nobody runs"), found.directory);
}

#[test]
fn a_rank_that_was_killed_takes_the_job_with_it() {
    let scratch = Scratch::new();
    let env = |rank: &'static str| [("SLURM_JOB_ID", "78"), ("SLURM_PROCID", rank), ("SLURM_NTASKS", "2")];
    let start = Start::new(&scratch.0, &[]);
    let mut children = ["0", "1"].map(|rank| spawn(&scratch.0, "wait", &["hydra.run.dir=out"], &env(rank)));
    let place = scratch.0.join("out");
    let begun = || ["run.json", "run.rank1.json"].iter().all(|name| place.join(".hydra").join(name).exists());
    for _ in 0..12_000 {
        if begun() {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert!(begun(), "both ranks are on record within a minute");
    let status = || Record::read(&place, &start.process).expect("a record").status();
    assert_eq!(status(), Status::Running);
    children[1].kill().expect("it is killed");
    children[1].wait().expect("it ends");
    assert_eq!(status(), Status::Killed);
    let own = fs::read_to_string(place.join(".hydra/run.rank1.json")).expect("a file");
    assert_eq!(Record::parse("run.rank1.json", &own).expect("a record").status(), Status::Killed);
    let first = fs::read_to_string(place.join(".hydra/run.json")).expect("a file");
    assert_eq!(Record::parse("run.json", &first).expect("a record").status(), Status::Running);
    children[0].kill().expect("it is killed");
    children[0].wait().expect("it ends");
}

#[test]
fn a_rank_that_another_run_has_left_behind_opens_no_log_in_its_record() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out"]);
    let [first, second] = two(&start);
    second.run().log_metric("loss", 0.5, 0).expect("a metric");
    first.finish(&Outcome::Completed(None)).expect("it ends");
    drop(first);
    // Nobody waits for the second rank, whose own lock stands.
    let next = start.begin_alone().expect("it is free");
    // The other run may be writing its record just now.
    let whole = || {
        let mut all = files(next.run().dir());
        all.retain(|name| !name.ends_with(".whole~"));
        all
    };
    let theirs = whole();
    let refused = second.run().log_params([("depth", 3)]).expect_err("the record is another one's");
    assert_eq!(refused.kind(), ErrorKind::Job, "{refused:#}");
    assert_eq!(whole(), theirs);
    // What is open goes on where it is.
    second.run().log_metric("loss", 0.25, 1).expect("a metric");
    assert_eq!(whole(), theirs);
}

#[test]
fn a_run_without_a_record_opens_no_log_where_another_one_was() {
    let scratch = Scratch::new();
    let start = Start::new(&scratch.0, &["hydra.run.dir=out", "hydra.output_subdir=null"]);
    let silent = start.begin_alone().expect("it begins");
    // Who was taken for dead finds that its lock is gone, with the one who took it.
    fs::remove_file(scratch.0.join("out/.run.lock")).expect("a lock");
    drop(start.begin_alone().expect("it is free"));
    let refused = silent.run().log_metric("loss", 0.5, 0).expect_err("another one had it");
    assert_eq!(refused.kind(), ErrorKind::Job, "{refused:#}");
    assert!(files(&scratch.0.join("out")).is_empty());
}

#[test]
fn a_rank_that_waits_says_for_whom_and_where() {
    let sandbox = sandbox();
    let ranked = |rank: &str| {
        let mut command = app(&sandbox, &["-cd", "conf", "hydra.run.dir=out"]);
        command.env("RANK", rank).env("WORLD_SIZE", "2").env("TORCHELASTIC_RUN_ID", "a");
        command.stderr(Stdio::piped());
        command.spawn().expect("it starts")
    };
    let mut second = ranked("1");
    let mut lines = BufReader::new(second.stderr.take().expect("a pipe")).lines();
    let (sender, said) = channel();
    let reader = thread::spawn(move || {
        let _ = sender.send(lines.next());
        lines.map_while(Result::ok).collect::<Vec<_>>()
    });
    let line = said.recv_timeout(Duration::from_secs(60));
    if line.is_err() {
        kill(second.id(), "KILL");
    }
    let line = line.expect("it says something within a minute").expect("a line").expect("text");
    let place = sandbox.path().join(".ranks");
    assert!(line.starts_with("note: waiting for rank 0 of the job `torchrun-a"), "{line}");
    assert!(line.contains(&place.display().to_string()), "{line}");
    let mut first = ranked("0");
    assert!(first.wait().expect("it ends").success());
    assert!(second.wait().expect("it ends").success());
    assert_eq!(reader.join().expect("no panic").len(), 0, "it is said once");
}
