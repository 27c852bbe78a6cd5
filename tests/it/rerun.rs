//! Runs that are run again, by the program that ran and by another one.

use std::fs;
use std::process::{Command, Output, Stdio};

use mainstem::app::{facts, process};
use mainstem::run::Record;

use crate::app::example;
use crate::cli::Scratch;

const CONFIG: &str = "defaults: [{model: forest}, _self_]\nlr: 0.1\n";

fn project() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", CONFIG);
    scratch.write("conf/model/forest.yaml", "defaults: [{opt: adam}]\ntrees: 50\n");
    scratch.write("conf/model/tree.yaml", "depth: 3\n");
    scratch.write("conf/model/opt/adam.yaml", "beta: 0.9\n");
    scratch.write("conf/model/opt/sgd.yaml", "momentum: 0.9\n");
    scratch
}

fn run(scratch: &Scratch, program: &str, arguments: &[&str]) -> Output {
    let program =
        if program == "mainstem" { env!("CARGO_BIN_EXE_mainstem").into() } else { example(program) };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(&scratch.0).stdin(Stdio::null());
    command.output().expect("it starts")
}

fn record(scratch: &Scratch, directory: &str) -> Record {
    let process = process(&facts().expect("facts"));
    Record::read(&scratch.0.join(directory), &process).expect("a record")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_run_says_which_one_it_is_derived_from_in_a_process_of_its_own_too() {
    let scratch = project();
    let first = ["-cd", "conf", "-cn", "config", "hydra.run.dir=a", "+hydra.job.env_set.X=1"];
    assert!(run(&scratch, "app", &first).status.success());
    let output = run(&scratch, "mainstem", &["rerun", "a", "lr=0.2", "hydra.run.dir=b"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (a, b) = (record(&scratch, "a"), record(&scratch, "b"));
    let id = a.id().map(|id| id.to_string());
    assert_eq!(b.get("derived_from").and_then(|node| node.as_str()), id.as_deref());
    assert_eq!(a.get("derived_from").and_then(|node| node.as_str()), None);
    let json = fs::read_to_string(scratch.0.join("b/.hydra/run.json")).expect("a file");
    assert!(!json.contains("__mainstem"), "{json}");
    // In place of the first ones, not behind them.
    let arguments = b.get("arguments").and_then(|node| node.as_list()).expect("a list");
    assert_eq!(
        arguments[1..].iter().filter_map(|node| node.as_str()).collect::<Vec<_>>(),
        ["-cd", "conf", "-cn", "config", "+hydra.job.env_set.X=1", "lr=0.2", "hydra.run.dir=b"]
    );
}

#[test]
fn options_that_were_chosen_are_chosen_again_and_all_else_that_is_other_is_told() {
    let scratch = project();
    assert!(run(&scratch, "app", &["-cd", "conf", "-cn", "config", "hydra.run.dir=a"]).status.success());
    scratch.write("conf/config.yaml", "defaults: [{model: tree}, _self_]\nlr: 0.3\n");
    scratch.write("conf/model/forest.yaml", "defaults: [{opt: sgd}]\ntrees: 50\n");
    let output = run(&scratch, "mainstem", &["rerun", "a", "--dry-run"]);
    let out = text(&output.stdout);
    let expected = "chosen as it was then: model=forest model/opt=adam\n\nconfig\n  lr  0.1 → 0.3\n\ncd ";
    assert!(out.starts_with(expected), "{out}{}", text(&output.stderr));
    let output = run(&scratch, "mainstem", &["rerun", "a", "--exact"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error[constraint]: the run cannot be repeated exactly"));
    assert_eq!(fs::read_dir(&scratch.0).expect("a directory").count(), 2, "nothing ran");
    scratch.write("conf/config.yaml", CONFIG);
    scratch.write("conf/model/forest.yaml", "defaults: [{opt: adam}]\ntrees: 50\n");
    let output = run(&scratch, "mainstem", &["rerun", "a", "--exact"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(scratch.0.join("a/.hydra.1").is_dir(), "it ran");
}

#[test]
fn exactly_is_not_with_another_state_of_the_project() {
    let scratch = project();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=x", "-c", "user.email=x@example.org"]).args(arguments);
        assert!(git.current_dir(&scratch.0).output().expect("git starts").status.success(), "{arguments:?}");
    };
    scratch.write("data.txt", "1\n");
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "all"]);
    assert!(run(&scratch, "app", &["-cd", "conf", "-cn", "config", "hydra.run.dir=a"]).status.success());
    let exact = || run(&scratch, "mainstem", &["rerun", "a", "--exact", "--dry-run"]);
    assert!(exact().status.success(), "{}", text(&exact().stdout));
    scratch.write("data.txt", "2\n");
    let output = exact();
    assert_eq!(output.status.code(), Some(1));
    let out = text(&output.stdout);
    assert!(out.starts_with("run\n  git.dirty  false → true\n  git.diff   "), "{out}");
}

#[test]
fn a_run_of_hydra_is_run_again_by_the_program_that_is_named() {
    let scratch = project();
    let hydra = "hydra:
  mode: RUN
  overrides:
    hydra: [hydra.run.dir=b]
    task: [lr=0.7]
  job: {name: train, config_name: config}
  runtime:
    cwd: DIR
    choices: {model: tree}
    config_sources: [{path: conf, schema: file, provider: command-line}]
";
    scratch.write("a/.hydra/hydra.yaml", &hydra.replace("DIR", &scratch.0.display().to_string()));
    scratch.write("a/.hydra/config.yaml", "model: {depth: 3}\nlr: 0.7\n");
    scratch.write("a/.hydra/overrides.yaml", "- lr=0.7\n");
    let program = example("app").display().to_string();
    let output = run(&scratch, "mainstem", &["rerun", "a", "--", &program]);
    let err = text(&output.stderr);
    assert!(output.status.success(), "{err}");
    assert!(err.starts_with("chosen as it was then: model=tree\n"), "{err}");
    assert!(text(&output.stdout).starts_with("model:\n  depth: 3\nlr: 0.7\n"), "{}", text(&output.stdout));
    assert_eq!(record(&scratch, "b").get("derived_from").and_then(|node| node.as_str()), None);
}

#[cfg(unix)]
#[test]
fn a_program_that_knows_nothing_of_us_says_its_metrics_by_name_and_value() {
    let scratch = project();
    let lines = r#"echo '{"name": "loss", "value": 0.123456789}' >> "$MAINSTEM_METRICS""#;
    scratch.write("measure.sh", lines);
    assert!(
        run(&scratch, "mainstem", &["run", "hydra.run.dir=a", "--", "sh", "measure.sh"]).status.success()
    );
    let listed = run(&scratch, "mainstem", &["runs", "ls", "loss<1", "--columns", "loss"]);
    assert!(text(&listed.stdout).contains("  0.123457  "), "{}", text(&listed.stdout));
    assert_eq!(text(&listed.stderr), "");
}

#[cfg(unix)]
#[test]
fn what_mainstem_run_has_started_is_started_again_and_not_before_it_is_asked_for() {
    let scratch = project();
    let command = ["--", "sh", "-c", "echo $0 >> started; exit 0", "{overrides}"];
    let first =
        [&["run", "-cd", "conf", "-cn", "config", "lr=0.2", "hydra.run.dir=a"], &command[..]].concat();
    assert!(run(&scratch, "mainstem", &first).status.success());
    let sweep = ["run", "-m", "-j", "2", "-cd", "conf", "-cn", "config", "lr=1,2", "hydra.sweep.dir=sw"];
    assert!(run(&scratch, "mainstem", &[&sweep, &command[..]].concat()).status.success());
    fs::remove_file(scratch.0.join("started")).expect("it has started");

    let output = run(&scratch, "mainstem", &["rerun", "a", "lr=0.3", "--dry-run"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.contains("lr  0.2 → 0.3"), "{out}");
    assert!(out.contains("hydra.run.dir=a lr=0.3 -- sh -c"), "{out}");
    assert!(!scratch.0.join("started").exists(), "nothing runs");
    assert!(!scratch.0.join("a/.hydra.1").exists(), "nothing is recorded");

    for (again, started) in [
        (&["rerun", "a", "lr=0.3", "hydra.run.dir=b"][..], "lr=0.3\n"),
        (&["rerun", "sw/1", "hydra.run.dir=c"], "lr=0.3\nlr=2\n"),
        (
            &["rerun", "a", "hydra.run.dir=d", "--", "sh", "-c", "echo other >> started"],
            "lr=0.3\nlr=2\nother\n",
        ),
    ] {
        let output = run(&scratch, "mainstem", again);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(fs::read_to_string(scratch.0.join("started")).expect("a file"), started);
    }
    let id = record(&scratch, "a").id().map(|id| id.to_string());
    assert_eq!(record(&scratch, "b").get("derived_from").and_then(|node| node.as_str()), id.as_deref());
}

#[test]
fn runs_are_found_where_they_are_put_and_what_is_not_there_is_told() {
    let scratch = project();
    fs::create_dir_all(scratch.0.join("disk")).expect("a folder");
    std::os::unix::fs::symlink("disk", scratch.0.join("outputs")).expect("a link");
    let first = ["-cd", "conf", "-cn", "config", "hydra.run.dir=outputs/a"];
    assert!(run(&scratch, "app", &first).status.success());
    fs::rename(scratch.0.join("disk"), scratch.0.join("target")).expect("it moves");
    fs::remove_file(scratch.0.join("outputs")).expect("a link");
    std::os::unix::fs::symlink("target", scratch.0.join("outputs")).expect("a link");
    for arguments in [&["runs", "ls"][..], &["runs", "ls", "outputs"], &["runs", "ls", "target", "lr=0.1"]] {
        let output = run(&scratch, "mainstem", arguments);
        assert_eq!(text(&output.stdout).lines().count(), 2, "{arguments:?} {}", text(&output.stdout));
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
    let told = |arguments: &[&str]| text(&run(&scratch, "mainstem", arguments).stderr);
    let none = told(&["runs", "ls", "lrr<1"]);
    assert!(none.contains("no run has a `lrr`") && none.contains("none of 1 runs"), "{none}");
    assert!(told(&["runs", "ls", "--sort", "nope"]).contains("no run has a `nope`"));
    assert!(told(&["runs", "ls", "lr=1", "lr=2"]).contains("`runs ls` takes one filter"));
    let output = run(&scratch, "mainstem", &["runs", "rm", "last", "outputs/a"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 1, "{}", text(&output.stdout));
}

#[test]
fn of_a_run_that_was_killed_it_is_known_how_long_it_was_seen() {
    let scratch = project();
    let mut command = Command::new(example("app"));
    command.args(["-cd", "conf", "-cn", "config", "hydra.run.dir=a"]).current_dir(&scratch.0);
    command.env("HC_SLEEP", "60").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    crate::app::wait_for(&scratch.0.join("a/.hydra/run.json"));
    child.kill().expect("it may be killed");
    child.wait().expect("it ends");
    for arguments in [&["runs", "ls"][..], &["runs", "show", "a"]] {
        let out = text(&run(&scratch, "mainstem", arguments).stdout);
        assert!(out.contains("killed") && out.contains('≥'), "{out}");
    }
}

#[test]
fn where_names_are_no_text_nothing_is_run() {
    use std::os::unix::ffi::OsStrExt as _;
    let scratch = project();
    let odd = scratch.0.join(std::ffi::OsStr::from_bytes(b"bad\xff"));
    if fs::create_dir(&odd).is_err() {
        return;
    }
    fs::rename(scratch.0.join("conf"), odd.join("conf")).expect("it moves");
    let mut command = Command::new(example("app"));
    command.args(["-cd", "conf", "-cn", "config", "hydra.run.dir=a"]).current_dir(&odd).stdin(Stdio::null());
    let output = command.output().expect("it starts");
    let told = text(&output.stderr);
    assert!(!output.status.success() && told.contains("the name of the working directory"), "{told}");
    assert_eq!(fs::read_dir(&odd).expect("a directory").count(), 1, "nothing is left");
}

/// Runs again, and says what the new run holds at `path` of its config.
fn again(scratch: &Scratch, program: &str, typed: &[&str]) -> (Output, String) {
    let typed: Vec<&str> = ["rerun", "a", "hydra.run.dir=b"].iter().chain(typed).copied().collect();
    let output = run(scratch, program, &typed);
    let config = fs::read_to_string(scratch.0.join("b/.hydra/config.yaml")).unwrap_or_default();
    (output, config)
}

#[test]
fn a_secret_that_is_not_on_record_is_typed_anew() {
    let scratch = project();
    let first = ["-cd", "conf", "-cn", "config", "hydra.run.dir=a", "+hydra.job.env_set.API_KEY=first-key"];
    assert!(run(&scratch, "app", &first).status.success());
    let (output, _) = again(&scratch, "mainstem", &["lr=0.5"]);
    let told = text(&output.stderr);
    assert!(told.contains("`mainstem rerun a +hydra.job.env_set.API_KEY=…`"), "{told}");
    let (output, config) = again(&scratch, "mainstem", &["lr=0.5", "+hydra.job.env_set.API_KEY=other-key"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(config.contains("lr: 0.5"), "{config}");
}

#[test]
fn of_a_mapping_only_the_secret_is_typed_anew() {
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", "{headers: {}, mirrors: [], keys: []}");
    let store = "store={password: first-one, url: https://else.where}";
    assert!(run(&scratch, "secret", &["-cd", "conf", "hydra.run.dir=a", store]).status.success());
    let (output, _) = again(&scratch, "mainstem", &["hub=x"]);
    let told = text(&output.stderr);
    assert!(told.contains("`mainstem rerun a store.password=…`"), "{told}");
    let (output, config) = again(&scratch, "mainstem", &["store.password=other-one"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(config.contains("url: https://else.where") && config.contains("password: '***'"), "{config}");
}

#[test]
fn a_run_whose_option_is_gone_is_repaired_by_another_one() {
    let scratch = project();
    let first = ["-cd", "conf", "-cn", "config", "hydra.run.dir=a", "model=tree"];
    assert!(run(&scratch, "app", &first).status.success());
    fs::rename(scratch.0.join("conf/model/tree.yaml"), scratch.0.join("conf/model/bush.yaml"))
        .expect("it moves");
    let (output, _) = again(&scratch, "mainstem", &["lr=0.5"]);
    let told = text(&output.stderr);
    assert!(told.contains("cannot compose the config of the run any more"), "{told}");
    let (output, config) = again(&scratch, "mainstem", &["model=bush"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(config.contains("depth: 3"), "{config}");
    // The first attempt, without it, is nobody's affair.
    assert!(!text(&output.stderr).contains("error"), "{}", text(&output.stderr));
    // What an option brings with it is not held to what was chosen before.
    scratch.write("conf/model/bush.yaml", "defaults: [{opt: sgd}]\ndepth: 3\n");
    let first = ["-cd", "conf", "-cn", "config", "hydra.run.dir=a", "model=forest"];
    assert!(run(&scratch, "app", &first).status.success());
    let (_, config) = again(&scratch, "mainstem", &["model=bush"]);
    assert!(config.contains("momentum: 0.9"), "{config}");
}

#[test]
fn a_run_with_overrides_behind_two_dashes_is_run_again() {
    let scratch = project();
    let first = ["-cd", "conf", "-cn", "config", "hydra.run.dir=a", "--", "lr=0.2"];
    assert!(run(&scratch, "app", &first).status.success());
    let (output, config) = again(&scratch, "mainstem", &["model=tree"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(config.contains("lr: 0.2") && config.contains("depth: 3"), "{config}");
    assert!(record(&scratch, "b").get("derived_from").and_then(|node| node.as_str()).is_some());
}

#[test]
fn a_run_shows_its_choices_and_what_it_left_and_nothing_that_is_not_there() {
    let scratch = project();
    let first = ["-cd", "conf", "-cn", "config", "model=tree", "hydra.run.dir=a"];
    assert!(run(&scratch, "app", &first).status.success());
    fs::create_dir_all(scratch.0.join("a/models")).expect("a folder");
    fs::write(scratch.0.join("a/models/best.bin"), vec![0; 3 << 10]).expect("a file");
    // Another run lies in it.
    assert!(run(&scratch, "app", &["-cd", "conf", "-cn", "config", "hydra.run.dir=a/b"]).status.success());
    let shown = text(&run(&scratch, "mainstem", &["runs", "show", "a"]).stdout);
    let line = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(line("choices "), Some("model=tree"), "{shown}");
    assert_eq!(line("overrides "), Some("model=tree"), "{shown}");
    assert_eq!(line("in "), scratch.0.canonicalize().expect("it is there").to_str());
    assert!(shown.contains("\nartifacts\n  app.log          0 B\n  models/best.bin  3.0 KiB\n"), "{shown}");
    for absent in ["null", "error", "note", "tags", "parent", "ranks"] {
        assert!(!shown.contains(absent), "`{absent}` in {shown}");
    }
    let json = text(&run(&scratch, "mainstem", &["runs", "show", "a", "--format", "json"]).stdout);
    for there in [
        r#""choices":{"model":"tree"}"#,
        r#"{"path":"models/best.bin","size":3072}"#,
        r#""error":null"#,
        r#""schema":1"#,
    ] {
        assert!(json.contains(there), "{there} is not in {json}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_is_not_called_by_the_text_of_a_script() {
    let scratch = project();
    for (command, name) in [
        (&["sh", "-c", "true /x/tok=SECRET.txt; true"][..], "sh"),
        (&["sh", "-ec", "true a.b"], "sh"),
        (&["env", "KEY=a.b", "true"], "env"),
        (&["sh", "step.sh", "-c", "x"], "step"),
    ] {
        scratch.write("step.sh", "true\n");
        let arguments = [&["run", "hydra.run.dir=n", "--"], command].concat();
        assert!(run(&scratch, "mainstem", &arguments).status.success(), "{command:?}");
        assert_eq!(record(&scratch, "n").name(), name, "{command:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_command_of_each_rank_has_files_of_its_own() {
    let scratch = project();
    let script = r#"echo "{\"rank\": $RANK}" > $MAINSTEM_RESULT; echo "{\"name\": \"r$RANK\", \"value\": 1}" >> $MAINSTEM_METRICS"#;
    let start = |rank: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mainstem"));
        command.args(["run", "hydra.run.dir=mr", "--", "sh", "-c", script]).current_dir(&scratch.0);
        command.envs([("RANK", rank), ("WORLD_SIZE", "2"), ("TORCHELASTIC_RUN_ID", "jo")]);
        command.stdin(Stdio::null()).spawn().expect("it starts")
    };
    for mut child in ["0", "1"].map(start) {
        assert!(child.wait().expect("it ends").success());
    }
    for (file, rank) in [("result.json", 0), ("result.rank1.json", 1)] {
        let told = fs::read_to_string(scratch.0.join("mr").join(file)).expect(file);
        assert_eq!(told, format!("{{\"rank\": {rank}}}\n"));
    }
    for (file, rank) in [("metrics.jsonl", 0), ("metrics.rank1.jsonl", 1)] {
        let told = fs::read_to_string(scratch.0.join("mr/.hydra").join(file)).expect(file);
        assert_eq!(told, format!("{{\"name\": \"r{rank}\", \"value\": 1}}\n"));
    }
}

#[test]
fn no_secret_that_is_typed_anew_is_shown() {
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", "{headers: {}, mirrors: [], keys: []}\n");
    let first = ["-cd", "conf", "store.password=first-canary"];
    for directory in ["hydra.run.dir=a", "hydra.run.dir=b"] {
        assert!(run(&scratch, "secret", &[&first[..], &[directory]].concat()).status.success());
    }
    let dry = |word: &str| {
        let words = ["rerun", "a", "store.password=new-canary", "store.url=x", word, "--dry-run"];
        let output = run(&scratch, "mainstem", &words);
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (good, out, err) = dry("store.url=y");
    assert!(good && out.contains("store.password=***") && out.contains("store.url=y"), "{out}{err}");
    assert!(!out.contains("canary") && !err.contains("canary"), "{out}{err}");
    let (good, out, err) = dry("store.pasword=new-canary");
    assert!(!good && !out.contains("canary") && !err.contains("canary"), "{out}{err}");
    let output = run(&scratch, "mainstem", &["runs", "diff", "a", "b"]);
    let said = text(&output.stdout);
    assert_eq!(said, "no difference\n`store.password` is a secret in both: not compared\n");
}

#[test]
fn ranks_run_no_sweep() {
    let scratch = project();
    let mut command = Command::new(example("app"));
    command.args(["-cd", "conf", "-cn", "config", "-m", "lr=1,2", "hydra.sweep.dir=sw"]);
    command.envs([("RANK", "1"), ("WORLD_SIZE", "2")]).current_dir(&scratch.0);
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let err = text(&output.stderr);
    assert!(!output.status.success() && err.contains("and this is rank 1 of torchrun"), "{err}");
    assert!(!scratch.0.join("sw").exists());
}
