//! What a job in a process of its own is told, and how.

use std::fs;

use mainstem::run::Record;
use mainstem::value::Node;

use crate::sweeps::{app, run, sandbox};

#[test]
fn jobs_of_a_sweep_are_told_without_a_file() {
    let sandbox = sandbox();
    let mut command = app(&sandbox, &["-cd", "conf", "-m", "x=1,2,3", "hydra.sweep.dir=sw", "-j", "2"]);
    // There is nowhere to put one.
    command.env("TMPDIR", sandbox.path().join("nowhere"));
    let (code, _, err) = run(command);
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn a_job_is_data_that_any_process_of_the_program_can_run() {
    let sandbox = sandbox();
    let order = sandbox.path().join("order.json");
    let text = format!(
        r#"{{"now":"2026-01-02T03:04:05","before":{{}},"parent":{},"watched":false,"surroundings":{{"keys":{{"git":{{"commit":"c0ffee"}}}},"files":[{{"name":"git.diff","bytes":"+one\n"}}]}},"of_sweep":null}}"#,
        std::process::id()
    );
    fs::write(&order, text).expect("a file");
    let path = order.display().to_string();
    let arguments = ["__mainstem-worker", &path, "-cd", "conf", "x=7", "hydra.run.dir=out/${now:%Y}"];
    let (code, _, err) = run(app(&sandbox, &arguments));
    assert_eq!(code, Some(0), "{err}");
    assert!(!order.exists(), "it is gone once it was read");
    let record = sandbox.read("out/2026/.hydra/run.json").expect("the moment is that of the order");
    let record = Record::parse("run.json", &record).expect("a record");
    assert_eq!(record.get("git.commit"), Some(&Node::from("c0ffee")));
    assert_eq!(sandbox.read("out/2026/.hydra/git.diff").expect("a file"), "+one\n");
}
