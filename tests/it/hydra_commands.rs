//! `mainstem run` of programs that use Hydra: how they are known, and what they are told. A script of the shell stands for them;
//! `.ci/programs.py` runs real ones.

use std::fs;

use mainstem::app::Sandbox;

use crate::sweeps::{mainstem, run, sandbox};

/// A script that shows its words, one a line, and what it is lent.
const SHOW: &str = "shift; for word; do echo \"$word\"; done; cat ${PYTHONPATH##*:}/told.yaml\n";

fn project() -> Sandbox {
    sandbox()
        .with_file("conf/parts.yaml", "lr: 0.1\nwhere: ${hydra:run.dir}\n")
        .and_then(|sandbox| sandbox.with_file("own.py", "import hydra\n"))
        .and_then(|sandbox| sandbox.with_file("show.sh", SHOW))
        .expect("files")
}

fn shown(sandbox: &Sandbox, words: &[&str], command: &[&str]) -> (Option<i32>, String, String) {
    let command = [&["--", "sh", "show.sh"][..], command].concat();
    let mut command = mainstem(sandbox, &[&["run"][..], words, &command].concat());
    command.env_remove("PYTHONPATH");
    run(command)
}

#[test]
fn whether_the_directory_changes_is_told_where_somebody_said_it() {
    let sandbox = project().with_file("conf/moves.yaml", "hydra: {job: {chdir: true}}\n").expect("a file");
    for (directory, words, expected) in [
        ("a", &["-cn", "parts"][..], None),
        ("b", &["-cn", "parts", "hydra.job.chdir=null"], None),
        ("c", &["-cn", "parts", "hydra.job.chdir=false"], Some("chdir: false")),
        ("d", &["-cn", "moves"], Some("chdir: true")),
    ] {
        let dir = format!("hydra.run.dir={directory}");
        let (code, _, err) = shown(&sandbox, &[&["-cd", "conf", &dir][..], words].concat(), &["own.py"]);
        assert_eq!(code, Some(0), "{err}");
        let told = sandbox.read(format!("{directory}/.hydra/program.yaml")).expect("what is handed over");
        let found = told.lines().map(str::trim).find(|line| line.starts_with("chdir"));
        assert_eq!(found, expected, "{words:?}: {told}");
    }
}

#[test]
fn a_program_is_told_of_its_run_what_the_record_says() {
    let sandbox = project();
    let words = ["-cd", "conf", "-cn", "parts", "lr=1", "hydra.run.dir=a"];
    let (code, out, err) = shown(&sandbox, &words, &["own.py"]);
    assert_eq!(code, Some(0), "{err}");
    for line in [
        "hydra.output_subdir=null\n",
        "overrides.hydra:\n- hydra.run.dir=a\n",
        "\n  hydra/job_logging: default\n",
        "\nmode: RUN\n",
        "\nrun.dir: a\n",
        "\noutput_subdir: .hydra\n",
        "\njob.config_name: parts\n",
        "\njob.override_dirname: lr=1\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    // What composes its config itself knows the rest.
    let (code, out, err) = shown(&sandbox, &["lr=1", "hydra.run.dir=b"], &["own.py"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.ends_with("overrides.hydra:\n- hydra.run.dir=b\nmode: RUN\nrun.dir: b\n"), "{out}");
}

#[test]
fn a_job_of_a_sweep_knows_its_place_though_the_program_composes_its_config() {
    let sandbox = project();
    let (code, out, err) = shown(&sandbox, &["-m", "lr=1,2", "hydra.sweep.dir=sw"], &["own.py"]);
    assert_eq!(code, Some(0), "{err}");
    for number in 0..2 {
        let place = format!(
            "lr={}\nhydra.job.num={number}\nhydra.job.id='{number}'\nhydra.sweep.dir='sw'\nhydra.sweep.subdir='{number}'\n",
            number + 1
        );
        assert!(out.contains(&place), "{place}\n{out}");
    }
    // One that runs alone has none.
    let (_, out, _) = shown(&sandbox, &["lr=1", "hydra.run.dir=a"], &["own.py"]);
    assert!(!out.contains("hydra.job.num"), "{out}");
}

#[test]
fn a_program_that_uses_hydra_is_known_however_it_is_started() {
    let text = "import os, hydra\n";
    let sandbox = project()
        .with_file("list.py", text)
        .and_then(|sandbox| sandbox.with_file("train", format!("#!/usr/bin/env python3\n{text}")))
        .and_then(|sandbox| sandbox.with_file("plain", text))
        .and_then(|sandbox| sandbox.with_file("pk/__main__.py", text))
        .and_then(|sandbox| sandbox.with_file("pk/fit.py", text))
        .expect("files");
    for command in
        [&["list.py"][..], &["./train"], &["python", "plain"], &["pk"], &["-m", "pk"], &["-m", "pk.fit"]]
    {
        let (code, out, err) = shown(&sandbox, &["lr=1"], command);
        assert_eq!(code, Some(0), "{command:?}: {err}");
        assert!(out.contains("lr=1\nhydra.output_subdir=.hydra/program\n"), "{command:?}: {out}");
        let behind = [command, &["lr=2"]].concat();
        let (code, _, err) = shown(&sandbox, &[], &behind);
        assert!(code == Some(1) && err.contains("`lr=2` behind the command"), "{command:?}: {err}");
    }
    let (_, _, err) = shown(&sandbox, &["lr=1"], &["./plain"]);
    assert!(err.contains("nothing tells the command `lr=1`"), "{err}");
}

#[test]
fn a_sweep_of_which_the_command_is_told_nothing_does_not_begin() {
    let sandbox = project();
    let words = ["run", "-m", "lr=1,2,3", "hydra.sweep.dir=sw"];
    let (code, _, err) = run(mainstem(&sandbox, &[&words[..], &["--", "true"]].concat()));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.starts_with("error[usage]: nothing tells the command `lr=1,2,3`\n"), "{err}");
    assert!(err.contains("note: all 3 jobs of the sweep would be the same\n"), "{err}");
    assert!(err.contains("mainstem.run.reads_config=true"), "{err}");
    assert!(!sandbox.path().join("sw").exists());
    let words = [&words[..], &["mainstem.run.reads_config=true", "--", "true"]].concat();
    assert_eq!(run(mainstem(&sandbox, &words)).0, Some(0));
}

#[test]
fn a_run_without_a_record_hands_its_config_over_and_touches_nothing_of_its_directory() {
    let sandbox = project()
        .with_file("python/keep.txt", "mine")
        .and_then(|sandbox| {
            let show = "for word; do case $word in --config-path=*) echo $word; cat ${word#*=}/config.yaml;; esac; done\n";
            sandbox.with_file("show.sh", show)
        })
        .expect("files");
    let words = ["-cd", "conf", "-cn", "parts", "hydra.run.dir=.", "hydra.output_subdir=null"];
    let (code, out, err) = shown(&sandbox, &words, &["own.py"]);
    assert_eq!(code, Some(0), "{err}");
    let (path, config) = out.split_once('\n').expect("two lines");
    assert_eq!(config, "lr: 0.1\nwhere: ${hydra:run.dir}\n");
    let folder = path.strip_prefix("--config-path=").expect("a folder");
    assert!(!fs::exists(folder).expect("a path"), "{folder} is gone with the command");
    assert_eq!(sandbox.read("python/keep.txt").expect("a file"), "mine");
    assert!(!sandbox.path().join(".hydra").exists());
    let words = [&["run"][..], &words, &["--", "cat", "{config}"]].concat();
    let (code, out, err) = run(mainstem(&sandbox, &words));
    assert_eq!((code, out.as_str()), (Some(0), "lr: 0.1\nwhere: .\n"), "{err}");
}
