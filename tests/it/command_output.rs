//! What a command of `mainstem run` says, where its disk is full or nobody reads on.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;

use mainstem::drive::Progress;
use mainstem::run::Status;

use crate::run::disk::Disk;
use crate::sweeps::{mainstem, run, sandbox, wait};

const TOLD: &str = "cannot keep what the command says in";

#[test]
fn what_finds_no_room_is_shown_all_the_same() {
    let Some(disk) = Disk::new("64k") else {
        eprintln!("SKIPPED: a full disk, since this process may not mount a tmpfs (run as root)");
        return;
    };
    let sandbox = sandbox();
    let place = format!("hydra.run.dir={}", disk.path().join("r").display());
    let tell = |script: &str| run(mainstem(&sandbox, &["run", &place, "--", "sh", "-c", script]));
    let (code, out, err) = tell("yes | head -c 300000; exit 0");
    assert_eq!((code, out.len()), (Some(0), 300_000), "{err}");
    assert!(err.contains(TOLD) && err.contains("r/stdout.log") && err.contains("No space left"), "{err}");
    let (code, _, err) = tell("echo no data >&2; exit 3");
    assert!(code == Some(1) && err.contains("ended with status 3") && err.contains("no data\n"), "{err}");
}

#[test]
fn the_last_words_of_a_command_that_fills_the_disk_are_kept() {
    let Some(disk) = Disk::new("400k") else {
        eprintln!("SKIPPED: a full disk, since this process may not mount a tmpfs (run as root)");
        return;
    };
    let sandbox = sandbox();
    let (place, full) = (disk.path().join("r"), disk.path().join("z"));
    let directory = format!("hydra.run.dir={}", place.display());
    let script = format!("head -c 1000000 /dev/zero > {}; echo no data; exit 3", full.display());
    let (code, out, err) = run(mainstem(&sandbox, &["run", &directory, "--", "sh", "-c", &script]));
    assert_eq!((code, out.as_str()), (Some(1), "no data\n"), "{err}");
    assert_eq!(fs::read_to_string(place.join("stdout.log")).expect("a log"), "no data\n");
    // Says more than there is room for: what is lost, it is told that it is.
    fs::remove_file(full).expect("it is there");
    let (_, out, err) =
        run(mainstem(&sandbox, &["run", &directory, "--", "sh", "-c", "yes | head -c 900000"]));
    assert!(out.len() < 900_000 && err.contains("cannot keep all that the command says in"), "{err}");
}

#[test]
fn a_log_takes_no_more_room_than_it_needs() {
    let sandbox = sandbox();
    assert_eq!(run(mainstem(&sandbox, &["run", "hydra.run.dir=r", "--", "echo", "hi"])).0, Some(0));
    let log = fs::metadata(sandbox.path().join("r/stdout.log")).expect("a log");
    assert!(log.len() == 3 && log.blocks() * 512 < 1 << 16, "{} blocks", log.blocks());
    assert!(!sandbox.path().join("r/stderr.log").exists());
}

#[test]
fn a_job_goes_on_when_nobody_reads_on() {
    let script = "i=0; while [ $i -lt 20000 ]; do echo line$i; i=$((i+1)); done";
    let sandbox = sandbox();
    let first = |words: &[&str]| {
        let mut child = mainstem(&sandbox, words).stderr(Stdio::null()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        (line, wait(child))
    };
    let (line, code) = first(&["run", "hydra.run.dir=r", "--", "sh", "-c", script]);
    assert_eq!((line.as_str(), code), ("line0\n", Some(0)));
    let whole = |path: &str| sandbox.read(path).is_ok_and(|text| text.ends_with("line19999\n"));
    assert!(whole("r/stdout.log"));
    let (_, code) = first(&["run", "-m", "x=1,2,3", "hydra.sweep.dir=sw", "--", "sh", "-c", script, "{x}"]);
    let progress = Progress::read(&sandbox.path().join("sw")).expect("a journal");
    assert_eq!((code, progress.count(Status::Completed)), (Some(0), 3));
    assert!(whole("sw/2/stdout.log"));
}
