//! What a driver does with the jobs that one before it has left.

use super::*;

#[test]
fn a_job_whose_driver_was_killed_begins_again_unless_its_record_says_that_it_has_completed() {
    let scratch = Scratch::new("engine-killed");
    let journal = begin(&scratch);
    for job in [0, 1] {
        let (time, directory) = (Clock::default().now(), Some(job.to_string().into()));
        journal
            .add(&Entry::Started { job, attempt: 1, time, directory, overrides: vec![format!("x={job}")] })
            .unwrap();
    }
    drop(journal);
    let (_, said, _) = run("", PLAIN(3), |_, _| (1, Status::Completed), Some(&scratch));
    assert_eq!(said.join(" "), "+0.2 -1 completed +2.1 -0 completed -2 completed finished");
}

#[test]
fn a_job_that_the_journal_has_lost_does_not_run_again_if_its_record_says_that_it_has_completed() {
    let scratch = Scratch::new("engine-lost-line");
    drop(begin(&scratch));
    // The record of job 1 says that it has completed, that of job 2 that it had begun.
    let sweep = Sweep { slots: 1, lost: &[1, 2], ..PLAIN(3) };
    let (summary, said, _) = run("", sweep, |_, _| (1, Status::Completed), Some(&scratch));
    let expected = "+0.1 -0 completed +1.1 -1 completed +2.1 +2.2 -2 completed finished";
    assert_eq!((said.join(" ").as_str(), summary.completed, summary.kept), (expected, 2, 1));
    let (summary, said, _) = run("", PLAIN(3), |_, _| (1, Status::Failed), Some(&scratch));
    assert_eq!((said.join(" ").as_str(), summary.kept), ("finished", 3));
}

#[test]
fn a_job_that_changes_other_values_than_the_journal_says_is_another_one() {
    let scratch = Scratch::new("engine-changed");
    let all = |_, _| (1, Status::Completed);
    let sweep = |values| Sweep { slots: 1, values: Some(values), ..PLAIN(0) };
    drop(begin(&scratch));
    run("", sweep("0,1,2"), all, Some(&scratch));
    let (summary, said, _) = run("", sweep("0,7,2,3"), all, Some(&scratch));
    let expected = "+1.2 -1 completed +3.1 -3 completed finished";
    assert_eq!((said.join(" ").as_str(), summary.kept), (expected, 2));
    // It is known by what it changes now.
    let (_, said, _) = run("", sweep("0,7,2,3"), all, Some(&scratch));
    assert_eq!(said.join(" "), "finished");
    let (_, said, _) = run("", sweep("0,1,2,3"), all, Some(&scratch));
    assert_eq!(said.join(" "), "+1.3 -1 completed finished");
}

#[test]
fn the_directory_of_a_job_that_is_no_more_is_told_also_after_the_new_one_could_not_begin() {
    let scratch = Scratch::new("engine-changed-failed");
    let sweep = |values| Sweep { slots: 1, values: Some(values), ..PLAIN(0) };
    let directory = || Progress::read(scratch.path()).unwrap().jobs[&1].directory.clone();
    drop(begin(&scratch));
    run("", sweep("0,1"), |_, _| (1, Status::Completed), Some(&scratch));
    assert_eq!(directory(), Some("1".into()));
    run("", sweep("0,7"), |_, _| (1, Status::Unknown), Some(&scratch));
    assert_eq!(directory(), None);
    let had = Progress::read(scratch.path()).unwrap();
    let had: Vec<_> = had.directories().map(|(job, had)| (job, had.to_owned())).collect();
    assert_eq!(had, [(None, "1".into()), (Some(0), "0".into())]);
    let (_, said, _) = run("", sweep("0,7"), |_, _| (1, Status::Completed), Some(&scratch));
    assert_eq!((said.join(" ").as_str(), directory()), ("+1.3 -1 completed finished", Some("1.anew".into())));
}

#[test]
fn what_has_completed_elsewhere_counts_for_the_job_that_it_was() {
    let scratch = Scratch::new("engine-changed-elsewhere");
    let journal = begin(&scratch);
    [0, 1].iter().for_each(|job| completed(&journal, *job, 0));
    drop(journal);
    let sweep = Sweep { slots: 1, values: Some("0,7"), ..PLAIN(0) };
    let (summary, said, _) = run("", sweep, |_, _| (1, Status::Completed), Some(&scratch));
    assert_eq!((said.join(" ").as_str(), summary.kept), ("+1.1 -1 completed finished", 1));
}

#[test]
fn a_job_that_another_one_was_taken_over_for_begins_for_the_first_time() {
    let scratch = Scratch::new("engine-anew-elsewhere");
    let journal = begin(&scratch);
    // Job 0 has completed elsewhere, and job 1 here, for which job 0 is asked for again.
    completed(&journal, 0, 0);
    completed(&journal, 1, 1);
    drop(journal);
    let sweep = Sweep { slots: 1, values: Some("7,1"), ..PLAIN(0) };
    let (summary, said, _) = run("", sweep, |_, _| (1, Status::Completed), Some(&scratch));
    assert_eq!((said.join(" ").as_str(), summary.kept), ("+0.1 -0 completed finished", 1));
}

#[test]
fn a_job_that_still_runs_does_not_begin_again_before_it_has_ended() {
    let scratch = Scratch::new("engine-orphan");
    let (time, directory) = (Clock::default().now(), Some("0".into()));
    let started = Entry::Started { job: 0, attempt: 1, time, directory, overrides: vec!["x=0".to_owned()] };
    begin(&scratch).add(&started).unwrap();
    let sweep = Sweep { slots: 1, alive: 5, ..PLAIN(3) };
    let (_, said, time) = run("", sweep, |_, _| (1, Status::Completed), Some(&scratch));
    let expected = "+0.2 -0 completed +1.1 -1 completed +2.1 -2 completed finished";
    assert_eq!((said.join(" ").as_str(), time), (expected, 8));
    let scratch = Scratch::new("engine-orphan-beside");
    begin(&scratch).add(&started).unwrap();
    let (_, said, time) =
        run("", Sweep { alive: 5, ..PLAIN(3) }, |_, _| (1, Status::Completed), Some(&scratch));
    let expected = "+1.1 -1 completed +2.1 -2 completed +0.2 -0 completed finished";
    assert_eq!((said.join(" ").as_str(), time), (expected, 6));
}
