//! `mainstem runs` and `mainstem rerun` beside runs of commands, and what is typed in their place.

use mainstem::app::Sandbox;

use crate::sweeps::{kill, mainstem, run, sandbox, wait, wait_until};

fn told(sandbox: &Sandbox, line: &[&str]) -> (Option<i32>, String, String) {
    run(mainstem(sandbox, line))
}

fn echoes(sandbox: &Sandbox) {
    for (directory, lr) in [("a", "0.5"), ("b", "0.9")] {
        let words = ["run", &format!("hydra.run.dir={directory}"), "--", "echo", "--lr", lr];
        assert_eq!(told(sandbox, &words).0, Some(0));
    }
}

#[test]
fn runs_of_commands_are_told_apart_by_them() {
    let sandbox = sandbox();
    echoes(&sandbox);
    let (_, out, err) = told(&sandbox, &["runs", "diff", "a", "b"]);
    assert_eq!(out, "run\n  command  echo --lr 0.5 → echo --lr 0.9\n", "{err}");
    let (_, out, _) = told(&sandbox, &["runs", "ls"]);
    assert!(out.contains("-- echo --lr 0.5\n") && out.contains("-- echo --lr 0.9\n"), "{out}");
    let (code, out, err) = told(&sandbox, &["rerun", "a", "--dry-run", "--", "echo", "--lr", "7"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("run\n  command  echo --lr 0.5 → echo --lr 7\n"), "{out}");
    let (_, out, _) = told(&sandbox, &["rerun", "a", "--dry-run"]);
    assert!(out.starts_with("no difference\n"), "{out}");
}

#[test]
fn any_part_of_an_identifier_that_no_other_has_names_a_run() {
    let sandbox = sandbox();
    echoes(&sandbox);
    let (_, out, _) = told(&sandbox, &["runs", "ls", "--limit", "1"]);
    let shown = out.lines().nth(1).expect("a run").split(' ').next().expect("an identifier").to_owned();
    for part in [&shown[..7], &shown[1..7], &shown.to_lowercase()[2..]] {
        let (code, out, err) = told(&sandbox, &["runs", "show", part]);
        assert!(code == Some(0) && out.contains("/b\n"), "{part}: {out}{err}");
    }
}

#[test]
fn many_are_removed_only_if_that_is_said() {
    let sandbox = sandbox();
    echoes(&sandbox);
    let (_, _, _) = told(&sandbox, &["run", "hydra.run.dir=c", "--", "false"]);
    let (code, out, err) = told(&sandbox, &["runs", "rm", "status=completed"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("2 runs would be removed, and nobody can be asked"), "{err}");
    assert!(
        err.contains("`mainstem runs rm 'status=completed' --yes`")
            || err.contains("rm status=completed --yes`"),
        "{err}"
    );
    assert!(sandbox.path().join("a").is_dir());
    // What no run has is other than anything.
    let (code, out, err) = told(&sandbox, &["runs", "rm", "statsu!=running", "--yes"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("did you mean `status`?") && sandbox.path().join("a").is_dir(), "{err}");
    let (code, out, err) = told(&sandbox, &["runs", "rm", "status=completed", "--yes"]);
    assert_eq!((code, out.as_str()), (Some(0), "removed a\nremoved b\n"), "{err}");
    assert!(sandbox.path().join("c").is_dir());
    let (code, _, err) = told(&sandbox, &["runs", "rm", "nothing", "--yes"]);
    assert!(code == Some(1) && err.contains("there is no run `nothing`"), "{err}");
}

#[test]
fn where_nothing_is_it_is_said_where_was_looked() {
    let sandbox = sandbox();
    let place = sandbox.path().display();
    let (code, out, err) = told(&sandbox, &["runs", "ls"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert_eq!(err, format!("no runs below `{place}`; `--root DIR` looks elsewhere\n"));
    let (code, out, err) = told(&sandbox, &["sweeps", "ls"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert_eq!(err, format!("no sweeps below `{place}`; `mainstem sweeps ls DIR` looks elsewhere\n"));
}

#[test]
fn attempts_that_another_came_after_are_no_runs_of_their_own() {
    let sandbox = sandbox();
    let script = "[ -e once ] || { touch once; exit 3; }";
    let settings = ["mainstem.sweep.retries=1", "mainstem.sweep.backoff=0", "hydra.sweep.dir=sw"];
    let words = [&["run", "-m", "x=1"][..], &settings, &["--", "sh", "-c", script]].concat();
    assert_eq!(told(&sandbox, &words).0, Some(0));
    let listed = |more: &[&str]| {
        let (_, out, _) = told(&sandbox, &[&["runs", "ls", "--format", "csv"][..], more].concat());
        out.lines().skip(1).map(|line| line.contains(",completed,")).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), [true]);
    assert_eq!(listed(&["--all"]), [false, true]);
    // A run that has the directory of another one is one of its own.
    for lr in ["1", "2"] {
        assert_eq!(told(&sandbox, &["run", "hydra.run.dir=a", "--", "echo", lr]).0, Some(0));
    }
    assert_eq!(listed(&["name=echo"]), [true, true]);
}

#[test]
fn a_slip_is_told_where_it_was_typed() {
    let sandbox = sandbox().with_file("conf/t.yaml", "model: {trees: 3}\nlr: 1\n").expect("a file");
    let words = ["run", "-cd", "conf", "-cn", "t", "lr=2", "hydra.run.dir=a", "--", "echo", "{lr}"];
    assert_eq!(told(&sandbox, &words).0, Some(0));
    let (code, _, err) = told(&sandbox, &["rerun", "a", "mdoel.trees=300"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("there is no key `mdoel`") && err.contains("command line, argument 1\n"), "{err}");
    assert!(err.contains("the run cannot be composed with what was typed"), "{err}");
    assert!(!err.contains("any more"), "{err}");
    let (_, _, err) = told(&sandbox, &["runs", "ls", "--columns", "model.tree"]);
    assert!(
        err.contains("no run has a `model.tree`") && err.contains("did you mean `model.trees`?"),
        "{err}"
    );
    for (line, meant) in [
        (&["ls"][..], "mainstem runs ls"),
        (&["run", "ls"], "mainstem runs ls"),
        (&["runs", "list"], "mainstem runs ls"),
    ] {
        let (code, _, err) = told(&sandbox, line);
        assert!(code == Some(2) && err.contains(&format!("did you mean `{meant}`?")), "{err}");
    }
    let (_, _, err) = told(&sandbox, &["runs", "diff", "a", "b", "c"]);
    assert!(err.contains("`runs diff` compares two runs, and 3 are named"), "{err}");
    let (code, out, _) = told(&sandbox, &["help", "run"]);
    assert!(code == Some(0) && out.starts_with("mainstem run: "), "{out}");
}

#[test]
fn a_warning_of_the_program_is_told_once() {
    let sandbox = sandbox();
    echoes(&sandbox);
    for dry in [&["--dry-run"][..], &[]] {
        let words = [&["rerun", "a", "+hydra.job.env_set.API_TOKEN=abc"][..], dry].concat();
        let (code, _, err) = told(&sandbox, &words);
        assert_eq!((code, err.matches("warning[secret]").count()), (Some(0), 1), "{err}");
    }
}

#[test]
fn a_sweep_is_no_run() {
    let sandbox = sandbox();
    let words = ["run", "-m", "x=1,2", "hydra.sweep.dir=sw", "--", "echo", "{x}"];
    assert_eq!(told(&sandbox, &words).0, Some(0));
    for command in [&["runs", "show", "sw"][..], &["rerun", "sw"]] {
        let (code, _, err) = told(&sandbox, command);
        assert!(code == Some(1) && err.contains("`mainstem sweeps show sw` shows its jobs"), "{err}");
    }
}

#[test]
fn the_last_tag_that_goes_leaves_no_empty_line() {
    let sandbox = sandbox();
    echoes(&sandbox);
    assert_eq!(told(&sandbox, &["runs", "tag", "a", "good"]).1, "good\n");
    assert_eq!(told(&sandbox, &["runs", "tag", "a", "--remove", "good"]).1, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_was_seen_as_long_as_it_logged() {
    let sandbox = sandbox();
    let script = r#"sleep 1.2; echo '{"name": "loss", "value": 1}' >> $MAINSTEM_METRICS; exec sleep 100"#;
    let words = ["run", "hydra.run.dir=a", "--", "sh", "-c", script];
    let child = mainstem(&sandbox, &words).spawn().expect("it starts");
    wait_until("it logs", || sandbox.path().join("a/.hydra/metrics.jsonl").is_file());
    let shell = crate::sweeps::children(child.id());
    kill(child.id(), "KILL");
    shell.iter().for_each(|id| kill(*id, "KILL"));
    wait(child);
    // The shell is nobody's child any more: when it is gone cannot be waited for.
    let list = || told(&sandbox, &["runs", "ls"]).1;
    wait_until("it is dead", || list().contains("killed"));
    let out = list();
    assert!(out.contains("≥1.") || out.contains("≥2.") || out.contains("≥3."), "{out}");
}

#[test]
fn a_run_of_hydras_differs_from_ours_in_what_was_set_alone() {
    let sandbox = sandbox().with_file("conf/out.yaml", "x: 1\nout: runs/${x}\n").expect("a file");
    for (directory, x) in [("a", "x=1"), ("b", "x=2")] {
        let own = format!("hydra.run.dir={directory}");
        let words = ["run", "-cd", "conf", "-cn", "out", x, &own, "--", "true"];
        assert_eq!(told(&sandbox, &words).0, Some(0));
    }
    // Hydra leaves three files.
    for file in ["run.json", "config.resolved.yaml"] {
        std::fs::remove_file(sandbox.path().join("b/.hydra").join(file)).expect("it is there");
    }
    for runs in [["a", "b"], ["b", "a"]] {
        let (_, out, err) = told(&sandbox, &["runs", "diff", runs[0], runs[1]]);
        assert!(out.contains("x ") && !out.contains("out "), "{out}{err}");
    }
}

#[test]
fn what_a_run_has_said_goes_with_its_record_and_nothing_else_does() {
    let sandbox = sandbox().with_file("own/notes.txt", "mine").expect("a file");
    let sandbox = sandbox.with_file("own/stderr.log", "mine\n").expect("a file");
    let words = ["run", "hydra.run.dir=own", "--", "sh", "-c", "echo out; echo err >&2; echo x > out.txt"];
    // Only what is older than the run is known not to be its own.
    std::thread::sleep(std::time::Duration::from_millis(100));
    // One that was put aside still has the logs, too.
    for _ in 0..2 {
        assert_eq!(told(&sandbox, &words).0, Some(0));
    }
    let removed = || {
        let (code, out, err) = told(&sandbox, &["runs", "rm", "own"]);
        assert_eq!(code, Some(0), "{err}");
        out
    };
    assert_eq!(removed(), "removed own/.hydra\n");
    assert!(sandbox.path().join("own/stdout.log").exists());
    assert_eq!(removed(), "removed own/.hydra.1\nremoved own/sh.log\nremoved own/stdout.log\n");
    assert_eq!(sandbox.read("own/stderr.log").expect("a file"), "mine\nerr\nerr\n");
    assert!(sandbox.path().join("own/notes.txt").exists() && sandbox.path().join("out.txt").exists());
}
