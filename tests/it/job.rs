//! The job's tree is the same whether or not what the preludes bring is merged; it is merged where it might matter.

use mainstem::compose::{Memory, Mode};
use mainstem::facts::Facts;
use mainstem::settings::project;

/// Whether the preludes are left out of the job's tree, which must be as it is with them.
fn left_out(configs: Memory, arguments: &[&str]) -> Option<bool> {
    let composer = project(configs, Facts::default(), "app");
    let arguments = composer.arguments(Some("config"), arguments).expect("overrides");
    let whole = composer.compose(Some("config"), &arguments, Mode::Run);
    let alone = composer.compose_job(Some("config"), &arguments, Mode::Run);
    match (whole, alone) {
        (Ok(whole), Ok(alone)) => {
            assert_eq!(alone.job(), whole.job());
            Some(alone.hydra().is_none())
        }
        (Err(whole), Err(alone)) => {
            assert_eq!(format!("{alone:#}"), format!("{whole:#}"));
            None
        }
        (whole, alone) => {
            assert_eq!(whole.is_ok(), alone.is_ok(), "{whole:?}\n{alone:?}");
            None
        }
    }
}

fn configs() -> Memory {
    Memory::new()
        .text("config", "defaults: [db: pg, _self_]\na: 1\nname: ${hydra.job.name}\nto: ${hydra:job.name}\n")
        .text("db/pg", "port: 1\nname: ${a}")
        .text("db/lite", "file: ${db.port}")
}

#[test]
fn preludes_that_nobody_asks_for_are_left_out() {
    let usual: [&[&str]; 4] = [&[], &["a=2"], &["db=lite", "+b={c: 1}"], &["~db", "++a=x"]];
    for arguments in usual {
        assert_eq!(left_out(configs(), arguments), Some(true), "{arguments:?}");
    }
}

#[test]
fn whoever_asks_for_preludes_gets_them() {
    let asks: [&[&str]; 5] = [
        &["hydra.job.name=x"],
        &["hydra/job_logging=disabled"],
        &["+hydra.job.env_set.A=b"],
        &["+to='${hydra.help}'", "+to.b=1"],
        &["mainstem={}"],
    ];
    for arguments in asks {
        assert_ne!(left_out(configs(), arguments), Some(true), "{arguments:?}");
    }
    let texts = [
        ("config", "hydra: {job: {name: x}}\na: 1"),
        ("config", "defaults: [override hydra/job_logging: none]\na: 1"),
        ("config", "defaults: [_self_, db: pg, more]\ndb: ${hydra.sweep}"),
        ("more", "\"\\x68ydra\": {job: {name: x}}"),
        ("hydra/launcher/basic", "# @package _global_\nb: 1"),
        ("db/pg", "# @package hydra.job\nname: pg"),
    ];
    for (path, text) in texts {
        let primary = "defaults: [db: pg, _self_, more]\na: 1";
        let conf = Memory::new().text("config", primary).text("more", "b: 1").text("db/pg", "port: 1");
        assert_eq!(left_out(conf.text(path, text), &[]), Some(false), "{path}: {text}");
    }
}

#[test]
fn mistakes_are_told_as_with_the_preludes() {
    for arguments in [&["c=1"][..], &["db=mysql"], &["hydra/nope=x"], &["~hydra.nope"], &["to.x=1"]] {
        assert_eq!(left_out(configs(), arguments), None, "{arguments:?}");
    }
}
