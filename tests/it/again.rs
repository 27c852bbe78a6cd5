//! Sweeps that go on as others than they were, and what is told once.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use mainstem::app::{App, Bound, Failed, Sandbox, Status};
use mainstem::run::Run;
use mainstem::value::Kind;

/// A program that keeps what its jobs were told, and where they ran.
fn noting() -> (App, Arc<Mutex<Vec<String>>>) {
    let ran = Arc::new(Mutex::new(Vec::new()));
    let said = Arc::clone(&ran);
    let app = App::new("train", move |config: &Bound, run: &Run| -> Result<(), Failed> {
        let Kind::Int(number) = config.require("x")?.kind else { return Err("no number".into()) };
        let directory = run.dir().file_name().unwrap_or_default().to_string_lossy().into_owned();
        said.lock().expect("nobody panics").push(format!("{number} in {directory}"));
        Ok(())
    });
    (app.with_config_name("config"), ran)
}

fn sandbox(config: &str) -> Sandbox {
    Sandbox::new().and_then(|sandbox| sandbox.with_file("conf/config.yaml", config)).expect("a directory")
}

#[test]
fn a_job_that_is_forced_to_be_another_one_is_a_new_job() {
    let (app, ran) = noting();
    let config = |values: &str| format!("x: 0\nhydra:\n  sweeper:\n    params: {{x: '{values}'}}\n");
    let sandbox = sandbox(&config("1,2,3"));
    let trial = sandbox.run(&app, ["-cd", "conf", "-m", "hydra.sweep.dir=sw"]);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    ran.lock().expect("nobody panics").clear();
    fs::write(sandbox.path().join("conf/config.yaml"), config("1,7,3")).expect("a file");
    let trial = sandbox.run(&app, ["--resume", "sw"]);
    assert!(trial.err().contains("its jobs change other values"), "{}", trial.err());
    let trial = sandbox.run(&app, ["--resume", "sw", "--force"]);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    let told = "job 1 changes other values than it did, and begins anew in a directory of its own";
    assert!(trial.err().contains(told), "{}", trial.err());
    // What lies in the directory of the other one is not its own.
    assert_eq!(*ran.lock().expect("nobody panics"), ["7 in 1_1"]);
    let overrides = |job: &str| sandbox.read(format!("sw/{job}/.hydra/overrides.yaml")).unwrap_or_default();
    assert_eq!((overrides("1"), overrides("1_1")), ("- x=2\n".to_owned(), "- x=7\n".to_owned()));
    let trial = sandbox.run(&app, ["--resume", "sw", "--force"]);
    assert!(trial.err().contains("3 of 3 jobs are completed"), "{}", trial.err());
    assert_eq!(ran.lock().expect("nobody panics").len(), 1, "nothing runs twice");
}

#[test]
fn how_jobs_run_may_be_said_anew_though_it_was_said_and_lies_in_a_file() {
    let (app, ran) = noting();
    let target = "_target_: hydra._internal.core_plugins.basic_launcher.BasicLauncher\n";
    let sandbox = sandbox("x: 0\n").with_file("conf/hydra/launcher/own.yaml", target).expect("a file");
    let words = ["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=sw", "hydra/launcher=basic"];
    let trial = sandbox.run(&app, words);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    for launcher in ["hydra/launcher=own", "hydra/launcher=basic"] {
        let trial = sandbox.run(&app, ["--resume", "sw", launcher]);
        assert_eq!(trial.status(), Status::Success, "{launcher}: {}", trial.err());
    }
    assert_eq!(ran.lock().expect("nobody panics").len(), 2);
}

#[test]
fn a_key_that_is_wrong_in_every_row_is_told_once() {
    let (app, _) = noting();
    let sandbox = sandbox("x: 0\nname: none\n").with_file("jobs.csv", "nmae,x\na,1\nb,2\nc,y\n");
    let sandbox = sandbox.expect("a file");
    let trial = sandbox.run(&app, ["-cd", "conf", "-m", "mainstem.sweep.jobs=jobs.csv", "--dry-run"]);
    assert_eq!(trial.status(), Status::Failure);
    assert_eq!(trial.err().matches("there is no key `nmae`").count(), 1, "{}", trial.err());
    assert!(trial.err().contains("in every job"), "{}", trial.err());
}

#[test]
fn a_new_job_that_could_not_begin_at_first_has_a_directory_of_its_own_all_the_same() {
    let (app, ran) = noting();
    let config = |values: &str| {
        let subdir = "a/${hydra.job.num}";
        format!("x: 0\nhydra:\n  sweep: {{subdir: '{subdir}'}}\n  sweeper:\n    params: {{x: '{values}'}}\n")
    };
    let sandbox = sandbox(&config("1,2,3"));
    let trial = sandbox.run(&app, ["-cd", "conf", "-m", "hydra.sweep.dir=sw"]);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    ran.lock().expect("nobody panics").clear();
    fs::write(sandbox.path().join("conf/config.yaml"), config("1,7,3")).expect("a file");
    // No directory can be made where it is to be.
    let [there, aside] = ["sw/a", "sw/aside"].map(|name| sandbox.path().join(name));
    fs::rename(&there, &aside).expect("a directory");
    fs::write(&there, "").expect("a file");
    let trial = sandbox.run(&app, ["--resume", "sw", "--force"]);
    assert_eq!(trial.status(), Status::Failure, "{}", trial.err());
    fs::remove_file(&there).expect("a file");
    fs::rename(&aside, &there).expect("a directory");
    let trial = sandbox.run(&app, ["--resume", "sw", "--force"]);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    assert_eq!(*ran.lock().expect("nobody panics"), ["7 in 1_1"]);
    let overrides = sandbox.read("sw/a/1/.hydra/overrides.yaml").expect("the record of the other one");
    assert_eq!(overrides, "- x=2\n");
}

#[test]
fn a_new_job_that_begins_once_more_has_a_directory_of_its_own_all_the_same() {
    let ran = Arc::new(Mutex::new(Vec::new()));
    let said = Arc::clone(&ran);
    let app = App::new("train", move |config: &Bound, run: &Run| -> Result<(), Failed> {
        let Kind::Int(number) = config.require("x")?.kind else { return Err("no number".into()) };
        let sweep = run.dir().parent().and_then(Path::parent).ok_or("no sweep")?;
        let directory = run.dir().strip_prefix(sweep)?.display().to_string();
        said.lock().expect("nobody panics").push(format!("{number} in {directory}"));
        if number == 9 {
            // Now there can be directories again.
            fs::remove_file(sweep.join("a"))?;
            fs::rename(sweep.join("aside"), sweep.join("a"))?;
        }
        Ok(())
    });
    let app = app.with_config_name("config");
    let rows = |rows: [&str; 3]| format!("x,at\n{}\n", rows.join("\n"));
    let sandbox = sandbox("x: 0\nat: a\nhydra:\n  sweep: {subdir: '${at}/${hydra.job.num}'}\n");
    let sandbox = sandbox.with_file("jobs.csv", rows(["1,a", "2,a", "3,b"])).expect("a file");
    let words = ["-cd", "conf", "-m", "mainstem.sweep.jobs=jobs.csv", "hydra.sweep.dir=sw"];
    let trial = sandbox.run(&app, words);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    ran.lock().expect("nobody panics").clear();
    fs::write(sandbox.path().join("jobs.csv"), rows(["1,a", "7,a", "9,b"])).expect("a file");
    let sweep = sandbox.path().join("sw");
    fs::rename(sweep.join("a"), sweep.join("aside")).expect("a directory");
    fs::write(sweep.join("a"), "").expect("a file");
    let words = ["--resume", "sw", "--force", "mainstem.sweep.retries=1", "mainstem.sweep.backoff=0.1"];
    let trial = sandbox.run(&app, words);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    assert_eq!(*ran.lock().expect("nobody panics"), ["9 in b/2_1", "7 in a/1_1"]);
}
