//! A disk that is full.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use mainstem::diag::ErrorKind;
use mainstem::durable::whole_lines;
use mainstem::run::{Outcome, RUN, Record, Status, metrics};

use super::project::{Scratch, Start};

/// A small file system of its own; `None` where this process may mount none.
pub(crate) struct Disk(Scratch);

impl Disk {
    pub(crate) fn new(size: &str) -> Option<Self> {
        let scratch = Scratch::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&scratch.0)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(scratch))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.0
    }

    /// Fills it up to the last byte, but for some.
    fn fill(&self, but: u64) {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).expect("a file");
        while file.write_all(&[0; 512]).is_ok() {}
        let size = file.metadata().expect("its size").len();
        file.set_len(size.saturating_sub(but)).expect("less is possible");
    }

    /// Gives it another size.
    pub(crate) fn resize(&self, size: &str) {
        let options = format!("remount,size={size}");
        let grown = Command::new("mount").args(["-o", &options]).arg(self.path()).status();
        assert!(grown.expect("it starts").success());
    }

    fn empty(&self) {
        let path = self.path().join("ballast");
        // A process that another test starts just now may still have the file open: then removing it makes no room.
        File::create(&path).expect("it is there");
        fs::remove_file(path).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_is_an_error_and_leaves_no_part_of_a_record() {
    let Some(disk) = Disk::new("256k") else {
        eprintln!("SKIPPED: a full disk, since this process may not mount a tmpfs (run as root)");
        return;
    };
    let start = Start::new(disk.path(), &["hydra.run.dir=runs/out"]);
    let (mut refused, mut begun) = (0, 0);
    for free in (0..16).map(|pages| pages * 4096) {
        disk.fill(free);
        match start.begin_alone() {
            Err(error) => {
                refused += 1;
                assert_eq!(error.kind(), ErrorKind::Io);
                assert!(error.message().contains("No space left on device"), "{error}");
                assert!(!disk.path().join("runs/out").exists(), "{free}");
            }
            Ok(running) => {
                begun += 1;
                running.finish(&Outcome::Completed(None)).map_or_else(
                    |error| assert!(error.message().contains("No space left on device"), "{error}"),
                    |record| assert_eq!(record.status(), Status::Completed),
                );
                let text = fs::read_to_string(disk.path().join("runs/out/.hydra").join(RUN)).expect("a file");
                Record::parse(RUN, &text).expect("a whole record");
                fs::remove_dir_all(disk.path().join("runs")).expect("it may go");
            }
        }
        disk.empty();
    }
    assert!(refused > 2 && begun > 2, "{refused} refused, {begun} begun");
}

#[test]
fn a_disk_that_fills_up_takes_nothing_back() {
    let Some(disk) = Disk::new("256k") else {
        eprintln!("SKIPPED: a disk that fills up, since this process may not mount a tmpfs (run as root)");
        return;
    };
    let start = Start::new(disk.path(), &["hydra.run.dir=runs/out"]);
    let running = start.begin_alone().expect("it begins");
    let run = running.run();
    run.checkpoints().save(1, "first").expect("a checkpoint");
    run.log_metric("loss", 1.0, 0).expect("a metric");
    disk.fill(0);
    let mut logged = 1;
    let error = loop {
        match run.log_metric("loss", 0.5, logged) {
            Ok(()) => logged += 1,
            Err(error) => break error,
        }
    };
    assert!(error.message().contains("No space left on device"), "{error}");
    let error = run.checkpoints().save(2, "second").expect_err("it is full");
    assert!(error.message().contains("No space left on device"), "{error}");
    assert_eq!(run.checkpoints().latest().expect("a directory").map(|latest| latest.step), Some(1));
    let error = running.finish(&Outcome::Completed(None)).expect_err("it is full");
    assert!(error.message().contains("No space left on device"), "{error}");
    let folder = run.dir().join(".hydra");
    let text = fs::read_to_string(folder.join(RUN)).expect("a file");
    assert_eq!(Record::parse(RUN, &text).expect("a whole record").status(), Status::Running);
    disk.empty();
    run.log_metric("loss", 0.25, logged).expect("there is room again");
    let text = fs::read_to_string(folder.join("metrics.jsonl")).expect("a file");
    assert_eq!(whole_lines(&text).count() as u64, logged + 1);
    assert_eq!(metrics(&folder).expect("metrics").last().map(|last| last.value), Some(0.25));
    assert_eq!(Record::read(run.dir(), &start.process).expect("a record").status(), Status::Killed);
}
