//! Jobs of several processes.

use std::fs;

use mainstem::run::{Outcome, Rank, Record, metrics};
use mainstem::value::Node;

use super::project::{Scratch, Start, spawn};

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
    let (runs, errors) = mainstem::run::list(&scratch.0, &process).expect("a directory");
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
    let second = std::thread::scope(|threads| {
        // It waits, since it was in the first one already.
        let waiting = threads.spawn(|| go(1));
        std::thread::sleep(std::time::Duration::from_millis(50));
        (go(0), waiting.join().expect("no panic"))
    });
    assert_eq!(second.0, second.1);
    assert_ne!(first.0, second.0);
}
