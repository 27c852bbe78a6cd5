//! Sweeps on a Slurm that is none: its commands are scripts that answer what a test wants. What a real one does with them is
//! tried by `.ci/slurm.py`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use mainstem::app::Sandbox;
use mainstem::drive::{Entry, Progress};
use mainstem::run::Status;

use crate::sweeps::{app, kill, mainstem, run, sandbox, wait, wait_until};

/// Each command writes down that it was called, and says what a file beside it says.
const COMMAND: &str = r#"#!/bin/sh
case $0 in */srun) shift; exec "$@" ;; esac
cd "$(dirname "$0")" || exit 1
name=$(basename "$0")
echo "$name $*" >> calls
if [ -e "$name.fails" ]; then cat "$name.fails" >&2; exit 1; fi
case $name in
sbatch)
  for script; do :; done
  number=$(($(cat number) + 1)); echo $number > number
  cp "$script" "$number.sh"
  last=$(sed -n 's/^#SBATCH --array=0-\([0-9]*\).*/\1/p' "$script")
  echo "${number}_[0-$last]|PENDING|$script" >> squeue.says
  echo "$number" ;;
*) if [ -e "$name.says" ]; then cat "$name.says"; fi ;;
esac
"#;

/// What each sweep here says of Slurm.
const SETTINGS: [&str; 5] =
    ["-cd", "conf", "hydra/launcher=submitit_slurm", "hydra.sweep.dir=sw", "mainstem.slurm.snapshot=none"];

struct Slurm {
    sandbox: Sandbox,
}

impl Slurm {
    fn new() -> Self {
        let slurm = Self { sandbox: sandbox().with_file("bin/number", "0\n").expect("a file") };
        for name in ["sbatch", "srun", "squeue", "scancel", "scontrol", "sacct"] {
            slurm.write(name, COMMAND);
            let path = slurm.path(name);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
        }
        slurm
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path().join("bin").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    /// What is in the queue, of the array that was submitted first: its tasks, and how they stand.
    fn queue(&self, tasks: &[(&str, &str)]) {
        let script = self.sandbox.path().join("sw/.sweep/slurm/1/script.sh");
        let line = |(task, state): &(&str, &str)| format!("1_{task}|{state}|{}\n", script.display());
        self.write("squeue.says", &tasks.iter().map(line).collect::<String>());
    }

    /// How often a command was called, with words like these.
    fn calls(&self, words: &str) -> usize {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().filter(|line| line.contains(words)).count()
    }

    fn around(&self, mut command: Command) -> Command {
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("").display()));
        command
    }

    fn app(&self, more: &[&str]) -> Command {
        self.around(app(&self.sandbox, &[&SETTINGS[..], &["-m"], more].concat()))
    }

    fn resume(&self, more: &[&str]) -> Command {
        self.around(app(&self.sandbox, &[&["--resume", "sw"], more].concat()))
    }

    fn sweeps(&self, what: &[&str]) -> Command {
        let mut command = mainstem(&self.sandbox, &[&["sweeps"], what].concat());
        command.env("HC_CONFIG_NAME", "config");
        self.around(command)
    }

    /// Runs a task of an array, as Slurm would.
    fn task(&self, array: &str, task: &str) -> Command {
        let mut command = self.around(self.sandbox.command("/bin/sh"));
        command.arg(self.path(&format!("{array}.sh"))).env("HC_CONFIG_NAME", "config");
        command.env("SLURM_JOB_ID", array).env("SLURM_ARRAY_JOB_ID", array).env("SLURM_ARRAY_TASK_ID", task);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// A task has begun a job, and is no more.
    fn begun(&self, job: u64) {
        let claim = self.sandbox.path().join(format!("sw/.sweep/slurm/1/claims/{job}"));
        fs::write(claim, format!("{{\"id\":\"1_{job}.0\",\"timeouts\":0}}")).expect("a claim");
    }

    fn claims(&self, submission: u32) -> Vec<String> {
        let folder = self.sandbox.path().join(format!("sw/.sweep/slurm/{submission}/claims"));
        let files = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<String> = files.map(|file| file.file_name().display().to_string()).collect();
        names.sort();
        names
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let sweep = self.sandbox.path().join("sw");
        let _ = Progress::each(&sweep, |entry| entries.push(entry.clone()));
        entries
    }

    fn submitting(&self) -> usize {
        let entries = self.entries();
        entries.iter().filter(|entry| matches!(entry, Entry::Submitting { .. })).count()
    }

    /// Whether the journal says of a job that it ended so.
    fn ended(&self, number: u64, how: Status) -> bool {
        let entries = self.entries();
        entries.iter().any(
            |entry| matches!(entry, Entry::Ended { job, status, .. } if *job == number && *status == how),
        )
    }
}

/// Ends a driver that waits: its jobs stay in the queue.
fn leave(child: Child) {
    kill(child.id(), "INT");
    assert_eq!(wait(child), Some(0));
}

fn succeeds(command: Command) -> (String, String) {
    let (code, out, err) = run(command);
    assert_eq!(code, Some(0), "{out}{err}");
    (out, err)
}

#[test]
fn what_would_become_of_a_job_is_asked_of_the_queue() {
    let slurm = Slurm::new();
    succeeds(slurm.app(&["x=range(6)"]));
    succeeds(slurm.task("1", "0"));
    [2, 4, 5].into_iter().for_each(|job| slurm.begun(job));
    slurm.queue(&[("1", "PENDING"), ("2", "RUNNING")]);
    slurm.write("sacct.says", "1_4|FAILED\n1_5|CANCELLED by 0\n");
    let mut command = slurm.resume(&["--dry-run"]);
    command.stdout(Stdio::piped());
    let (out, _) = succeeds(command);
    let expected = "#0 : x=0  # completed: sw/0\n\
                    #1 : x=1  # waits in Slurm's queue: sw/1\n\
                    #2 : x=2  # still runs: sw/2\n\
                    #3 : x=3  # runs, has left Slurm's queue: sw/3\n\
                    #4 : x=4  # runs again, has failed: sw/4\n\
                    #5 : x=5  # runs again, had begun: sw/5\n";
    assert_eq!(out, expected);
    assert_eq!(slurm.claims(1), ["0", "2", "4", "5"], "nobody has claimed anything");
    slurm.write("squeue.fails", "slurm_load_jobs error: Unable to contact slurm controller\n");
    let (code, _, err) = run(slurm.resume(&["--dry-run"]));
    assert!(code == Some(1) && err.contains("`squeue` fails: slurm_load_jobs error"), "{err}");
}

#[test]
fn a_job_that_left_no_word_is_shown_with_what_slurm_says_of_it() {
    let slurm = Slurm::new();
    succeeds(slurm.app(&["x=range(6)"]));
    (0..5).for_each(|job| slurm.begun(job));
    slurm.queue(&[]);
    slurm.write("sacct.says", "1_0|NODE_FAIL\n1_1|OUT_OF_MEMORY\n1_2|TIMEOUT\n1_3|RUNNING\n");
    slurm.write("scontrol.says", "JobId=5 ArrayJobId=1 ArrayTaskId=3 JobState=FAILED\n");
    let (out, _) = succeeds(slurm.sweeps(&["show", "sw", "--format", "json"]));
    let expected = [
        ("interrupted", "\"Slurm says `NODE_FAIL`\""),
        ("failed", "\"Slurm says `OUT_OF_MEMORY`\""),
        ("failed", "\"it took longer than 60 min\""),
        ("failed", "\"Slurm says `FAILED`\""),
        ("failed", "\"it ended without a word, and Slurm does not know why\""),
        ("interrupted", "null"),
    ];
    assert_eq!(out.lines().count(), expected.len(), "{out}");
    for (line, (status, error)) in out.lines().zip(expected) {
        let says = |key: &str, value: &str| line.contains(&format!("\"{key}\":{value}"));
        assert!(says("status", &format!("\"{status}\"")) && says("error", error), "{line}");
    }
    assert_eq!((slurm.calls("sacct"), slurm.calls("show job")), (1, 1), "once for an array");
    // Several sweeps are one look into the queue.
    let copy = |name: &str| {
        let copied = slurm.sandbox.command("/bin/cp").args(["-r", "sw", name]).status();
        assert!(copied.is_ok_and(|status| status.success()));
    };
    ["sw2", "sw3"].into_iter().for_each(copy);
    let before = slurm.calls("squeue");
    succeeds(slurm.sweeps(&["ls"]));
    assert_eq!(slurm.calls("squeue") - before, 1);
}

#[test]
fn what_has_failed_by_itself_does_not_begin_again_when_accounts_are_late() {
    let slurm = Slurm::new();
    succeeds(slurm.app(&["x=range(3)"]));
    (0..3).for_each(|job| slurm.begun(job));
    slurm.queue(&[]);
    // The accounts know one end, know of another that it was lost once, and know nothing yet of the third.
    slurm.write("sacct.says", "1_0|FAILED\n1_1|NODE_FAIL\n");
    slurm.write(
        "scontrol.says",
        "JobId=2 ArrayTaskId=1 JobState=FAILED\nJobId=3 ArrayTaskId=2 JobState=FAILED\n",
    );
    let (code, _, err) = run(slurm.sweeps(&["watch", "sw"]));
    assert_eq!((code, slurm.calls("sbatch")), (Some(1), 1), "{err}");
    assert!((0..3).all(|job| slurm.ended(job, Status::Failed)), "{err}");
}

#[test]
fn a_queue_that_stays_full_fills_no_journal() {
    let slurm = Slurm::new();
    slurm.write("sbatch.fails", "sbatch: error: AssocMaxSubmitJobLimit\n");
    let child = slurm.app(&["x=range(4)"]).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it was tried several times", || slurm.calls("sbatch") >= 3);
    // All of them, half of them, one of them.
    let tried = slurm.submitting();
    let (out, _) = succeeds(slurm.sweeps(&["show", "sw", "--format", "csv"]));
    assert_eq!(out.matches(",waiting,").count(), 4, "{out}");
    wait_until("it is tried again", || slurm.calls("sbatch") >= 4);
    assert_eq!((tried, slurm.submitting()), (3, 3));
    fs::remove_file(slurm.path("sbatch.fails")).expect("a file");
    assert_eq!(wait(child), Some(0));
    let progress = Progress::read(&slurm.sandbox.path().join("sw")).expect("a journal");
    assert!(progress.submissions.values().all(Option::is_some), "{:?}", progress.submissions);
    // Each job is in one array.
    let tasks: usize = (1..=slurm.calls("sbatch"))
        .filter_map(|number| {
            let script = fs::read_to_string(slurm.path(&format!("{number}.sh"))).ok()?;
            let last = script.split("--array=0-").nth(1)?.split(['%', '\n']).next()?;
            Some(last.parse::<usize>().ok()? + 1)
        })
        .sum();
    assert_eq!(tasks, 4);
}

#[test]
fn what_slurm_refuses_is_told_once() {
    let slurm = Slurm::new();
    slurm.write("sbatch.fails", "sbatch: error: invalid partition specified: x\n");
    let (code, _, err) = run(slurm.app(&["x=range(20)"]));
    assert_eq!((code, err.matches("invalid partition").count()), (Some(1), 1), "{err}");
    assert!(err.contains("nothing of the sweep is in Slurm's queue"), "{err}");
    fs::remove_file(slurm.path("sbatch.fails")).expect("a file");
    succeeds(slurm.resume(&[]));
    assert_eq!(slurm.calls("sbatch"), 2);
}

#[test]
fn who_waits_keeps_what_slurm_did_not_answer_to() {
    let slurm = Slurm::new();
    slurm.write(
        "sbatch.fails",
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller\n",
    );
    let (code, _, err) = run(slurm.app(&["x=1,2"]));
    assert!(code == Some(1) && err.contains("Unable to contact slurm controller"), "{err}");
    let child =
        slurm.resume(&["mainstem.slurm.detach=false"]).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it was tried", || slurm.calls("sbatch") >= 2 && slurm.calls("squeue") >= 2);
    fs::remove_file(slurm.path("sbatch.fails")).expect("a file");
    wait_until("it is handed on", || slurm.sandbox.path().join("bin/1.sh").exists());
    for task in ["0", "1"] {
        succeeds(slurm.task("1", task));
    }
    assert_eq!(wait(child), Some(0));
    assert!(slurm.ended(0, Status::Completed) && slurm.ended(1, Status::Completed));
}

#[test]
fn a_task_that_slurm_has_ended_begins_again_while_somebody_waits() {
    let slurm = Slurm::new();
    let child =
        slurm.app(&["x=1", "mainstem.slurm.detach=false"]).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it is handed on", || slurm.sandbox.path().join("bin/1.sh").exists());
    wait_until("it is on record", || matches!(slurm.entries().last(), Some(Entry::Submitted { .. })));
    slurm.begun(0);
    slurm.write("sacct.says", "1_0|NODE_FAIL\n");
    slurm.queue(&[]);
    wait_until("it is handed on once more", || slurm.sandbox.path().join("bin/2.sh").exists());
    // Its first life finds the job taken.
    succeeds(slurm.task("1", "0"));
    assert!(!slurm.sandbox.path().join("sw/0/.hydra/run.json").exists());
    succeeds(slurm.task("2", "0"));
    assert_eq!(wait(child), Some(0));
    assert!(slurm.ended(0, Status::Completed) && !slurm.ended(0, Status::Failed));
}

#[test]
fn what_slurm_has_does_not_run_elsewhere_at_the_same_time() {
    let slurm = Slurm::new();
    succeeds(slurm.app(&["x=1,2"]));
    let (code, _, err) = run(slurm.resume(&["hydra/launcher=basic"]));
    assert!(code == Some(1) && err.contains("Slurm has jobs of this sweep: 1"), "{err}");
    let (code, _, err) = run(slurm.app(&["x=3,4"]));
    assert!(code == Some(1) && err.contains("Slurm has jobs of the sweep that is in `sw`: 1"), "{err}");
    // Out of the queue they go on, and a task that comes late finds its job taken.
    slurm.queue(&[]);
    succeeds(slurm.resume(&["hydra/launcher=basic"]));
    assert!(slurm.ended(0, Status::Completed) && slurm.ended(1, Status::Completed));
    let (_, err) = succeeds(slurm.task("1", "0"));
    assert!(err.contains("job 0 was taken back"), "{err}");
}

#[test]
fn only_a_driver_that_is_a_job_waits_for_the_one_before() {
    let slurm = Slurm::new();
    let child =
        slurm.app(&["x=1", "mainstem.slurm.detach=false"]).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it is handed on", || matches!(slurm.entries().last(), Some(Entry::Submitted { .. })));
    // A shell in an allocation is no driver.
    let mut command = slurm.resume(&[]);
    command.env("SLURM_JOB_ID", "77");
    let (code, _, err) = run(command);
    assert!(code == Some(1) && err.contains("another process runs the sweep"), "{err}");
    let mut command = slurm.resume(&["mainstem.slurm.detach=true"]);
    command.env("SLURM_JOB_ID", "1").env("SLURM_ARRAY_JOB_ID", "1").env("SLURM_ARRAY_TASK_ID", "0");
    let second = command.spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(700));
    leave(child);
    let said = second.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(
        said.status.success() && err.contains("waits up to 60 s for the driver before this one"),
        "{err}"
    );
    assert_eq!(err.matches("waits up to").count(), 1, "{err}");
}

#[test]
fn who_watches_waits_for_the_driver_and_then_for_the_jobs() {
    let slurm = Slurm::new();
    let child =
        slurm.app(&["x=1", "mainstem.slurm.detach=false"]).stderr(Stdio::null()).spawn().expect("it starts");
    wait_until("it is handed on", || matches!(slurm.entries().last(), Some(Entry::Submitted { .. })));
    let watching = slurm.sweeps(&["watch", "sw"]).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(700));
    leave(child);
    succeeds(slurm.task("1", "0"));
    let said = watching.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success() && err.contains("runs the sweep: waits for it"), "{err}");
    assert!(slurm.ended(0, Status::Completed), "{err}");
}

#[test]
fn a_share_of_failures_stops_a_search() {
    let slurm = Slurm::new();
    let search = [
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=4",
        "hydra.sweeper.n_jobs=1",
        "hydra.sweeper.max_failure_rate=0.0",
        "hydra.sweeper.direction=minimize",
        "mainstem.sweep.first_failures=null",
        "x=range(10)",
    ];
    let child = slurm.app(&search).spawn().expect("it starts");
    wait_until("it is handed on", || slurm.sandbox.path().join("bin/1.sh").exists());
    let mut task = slurm.task("1", "0");
    task.env("HC_RAISE", "1");
    assert_eq!(run(task).0, Some(1));
    let said = child.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(err.contains("the sweep was stopped: a job has failed; 3 jobs were not run"), "{err}");
}

#[test]
fn all_of_a_sweep_is_taken_out_of_the_queue_also_what_comes_late() {
    let slurm = Slurm::new();
    succeeds(slurm.app(&["x=1,2"]));
    let cancel = slurm.sweeps(&["cancel", "sw"]).spawn().expect("it starts");
    wait_until("it is asked to end", || slurm.calls("scancel --quiet 1") == 1);
    // Its driver has submitted another array before it ended.
    let journal = slurm.sandbox.path().join("sw/.sweep/journal.jsonl");
    let said = fs::read_to_string(&journal).expect("a journal");
    let is_about = |line: &&str| line.contains("\"submission\":1");
    let again = |line: &str| {
        format!("{}\n", line.replace("\"submission\":1", "\"submission\":2").replace("\"1\"", "\"2\""))
    };
    let more: String = said.lines().filter(is_about).map(again).collect();
    fs::write(&journal, said + &more).expect("it can be written");
    slurm.write("squeue.says", "2_[0-1]|PENDING|x\n");
    wait_until("that is asked to end, too", || slurm.calls("scancel --quiet 2") == 1);
    slurm.write("squeue.says", "");
    assert_eq!(wait(cancel), Some(0));
    assert_eq!((slurm.calls("scancel"), slurm.claims(1)), (2, vec!["0".to_owned(), "1".to_owned()]));
    assert!(slurm.calls("squeue") < 12, "{}", slurm.calls("squeue"));
}
